import courses.accounts.models
from django.db import migrations, models


def follow_the_browser(apps, schema_editor):
    # UTC was what everybody had who never chose.
    apps.get_model('courses', 'User').objects.filter(time_zone='UTC').update(time_zone='')


def name_utc(apps, schema_editor):
    apps.get_model('courses', 'User').objects.filter(time_zone='').update(time_zone='UTC')


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0007_questions_by_an_index_of_their_own'),
    ]

    operations = [
        migrations.AlterField(
            model_name='user',
            name='time_zone',
            field=models.CharField(blank=True, help_text='Empty means: what the browser says.', max_length=64, validators=[courses.accounts.models.validate_time_zone], verbose_name='time zone'),
        ),
        migrations.RunPython(follow_the_browser, name_utc),
    ]
