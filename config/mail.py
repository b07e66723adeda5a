"""The Celery app of the process that sends what is in outboxes, emails and scores, and no more."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")

app = Celery("whybox-mail")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["courses", "classes.lti"])
