"""The app of classes."""

from django.apps import AppConfig


class ClassesConfig(AppConfig):
    """Classes, their members, schedules and marks."""

    name = "classes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let whoever teaches a class open its submissions and moderate its questions.

        A copy of one's data holds the marks. Exercises and courses know nothing of classes.
        """
        from classes.moderation import ModerationInClasses  # noqa: PLC0415  # its models are ready now
        from classes.personal_data import personal_files  # noqa: PLC0415  # the same
        from classes.rights import teaches  # noqa: PLC0415  # the same
        from courses.discussion import authority  # noqa: PLC0415  # the same
        from courses.privacy import files  # noqa: PLC0415  # the same
        from exercises.submissions import visibility  # noqa: PLC0415  # the same

        authority.register(ModerationInClasses())
        visibility.register(teaches)
        files.register("marks", personal_files)
