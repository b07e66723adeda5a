"""Names of files in storage beside the columns that held their contents."""


from django.db import migrations, models

import exercises.models.submission


def file_field(label: str) -> models.FileField:
    """Return a field that names a file of a submission."""
    return models.FileField(
        blank=True,
        default="",
        storage=exercises.models.submission.submission_storage,
        upload_to="",
        verbose_name=label,
    )


class Migration(migrations.Migration):
    dependencies = [("exercises", "0013_model_solutions")]

    operations = [
        migrations.RenameField("submissionfiles", "notebook", "notebook_bytes"),
        migrations.RenameField("submissionfiles", "executed", "executed_text"),
        migrations.RenameField("submissionfiles", "answers", "answers_bytes"),
        migrations.AlterField("submissionfiles", "notebook_bytes", models.BinaryField(default=b"")),
        migrations.AddField("submissionfiles", "notebook", file_field("submitted notebook")),
        migrations.AddField("submissionfiles", "executed", file_field("executed notebook")),
        migrations.AddField("submissionfiles", "page", file_field("executed notebook as HTML")),
        migrations.AddField("submissionfiles", "answers", file_field("collected outputs")),
    ]
