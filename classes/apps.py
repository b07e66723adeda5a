"""The app of classes."""

from django.apps import AppConfig


class ClassesConfig(AppConfig):
    """Classes, their members, schedules and marks."""

    name = "classes"
    default_auto_field = "django.db.models.BigAutoField"
