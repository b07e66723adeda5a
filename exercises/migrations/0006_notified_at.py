from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('exercises', '0005_what_waits_for_a_reviewer'),
    ]

    operations = [
        migrations.RenameField(
            model_name='submission',
            old_name='nudged_at',
            new_name='notified_at',
        ),
    ]
