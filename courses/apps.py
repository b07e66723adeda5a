"""The app of courses."""

from django.apps import AppConfig


class CoursesConfig(AppConfig):
    """Courses, learners, progress and certificates."""

    name = "courses"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let a copy of one's data hold certificates."""
        from courses.privacy import certificate_files, files  # noqa: PLC0415  # its models are ready now

        files.register("certificates", certificate_files.personal_files)
