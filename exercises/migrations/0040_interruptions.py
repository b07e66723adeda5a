"""Submissions count what the platform cut short, and pause afterwards.

The count has a default in the database, so that a web process of the release before, still running
during an upgrade, can write rows.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exercises', '0030_draining_and_request_ids'),
    ]

    operations = [
        migrations.AddField(
            model_name='submission',
            name='interruptions',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='interruptions'),
        ),
        migrations.AddField(
            model_name='submission',
            name='not_before',
            field=models.DateTimeField(blank=True, null=True, verbose_name='not tried before'),
        ),
    ]
