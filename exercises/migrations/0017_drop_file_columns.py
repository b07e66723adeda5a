"""Drop the columns whose contents are in storage now."""

from django.db import migrations, models

import exercises.models.submission


def file_field(label: str) -> models.FileField:
    """Return a field that names a file of a submission."""
    return models.FileField(
        blank=True,
        storage=exercises.models.submission.submission_storage,
        upload_to="",
        verbose_name=label,
    )


class Migration(migrations.Migration):
    dependencies = [("exercises", "0016_move_files_to_storage")]

    operations = [
        migrations.AlterField("submissionfiles", "executed_text", models.TextField(default="")),
        migrations.RemoveField("submissionfiles", "notebook_bytes"),
        migrations.RemoveField("submissionfiles", "executed_text"),
        migrations.RemoveField("submissionfiles", "answers_bytes"),
        migrations.AlterField("submissionfiles", "notebook", file_field("submitted notebook")),
        migrations.AlterField("submissionfiles", "executed", file_field("executed notebook")),
        migrations.AlterField("submissionfiles", "page", file_field("executed notebook as HTML")),
        migrations.AlterField("submissionfiles", "answers", file_field("collected outputs")),
    ]
