"""The app of courses."""

from django.apps import AppConfig


class CoursesConfig(AppConfig):
    """Courses, learners, progress and certificates."""

    name = "courses"
    default_auto_field = "django.db.models.BigAutoField"
