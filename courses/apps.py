"""The app of courses."""

from django.apps import AppConfig
from django.core import checks


class CoursesConfig(AppConfig):
    """Courses, learners, progress and certificates."""

    name = "courses"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Refuse a site that cannot sign certificates."""
        from courses.certificates.keys import check_key  # noqa: PLC0415  # its models are ready now

        checks.register(check_key)
