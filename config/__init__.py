"""Where the site is put together: settings, root urls, the Celery app."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
