"""The Celery app of those who send tasks and of the workers that grade.

Three queues: `grading` (runs notebooks), `default` (maintenance) and `mail` (`config.mail`).
"""

import os

from celery import Celery
from celery.signals import setup_logging
from kombu.transport import TRANSPORT_ALIASES

from config.logs import keep_logging

TRANSPORT_ALIASES["filesystem"] = "config.broker:Transport"
setup_logging.connect(keep_logging)  # of every Celery process: each imports this package first
for _scheme in ("redis", "rediss"):
    TRANSPORT_ALIASES[_scheme] = "config.redis_broker:Transport"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")

app = Celery("whybox")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["exercises.submissions"])
