from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('exercises', '0006_notified_at'),
    ]

    operations = [
        migrations.RenameField(
            model_name='worker',
            old_name='remedy',
            new_name='fix',
        ),
    ]
