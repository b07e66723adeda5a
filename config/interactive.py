"""The Celery app of the processes that take runs and editors' questions: only those tasks."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")

app = Celery("whybox-interactive")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["exercises.workbench"])
