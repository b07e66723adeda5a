"""The composition of the site: settings, root URLs, Celery app, process manager."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
