"""The app of exercises."""

from django.apps import AppConfig


class ExercisesConfig(AppConfig):
    """Exercises and the submissions to them."""

    name = "exercises"
    default_auto_field = "django.db.models.BigAutoField"
