"""The app of exercises."""

from django.apps import AppConfig


class ExercisesConfig(AppConfig):
    """Exercises and what learners hand in for them."""

    name = "exercises"
    default_auto_field = "django.db.models.BigAutoField"
