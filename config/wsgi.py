"""The WSGI application, for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
_django = get_wsgi_application()

from config.body_limits import measure_chunked_bodies  # noqa: E402  # it reads the settings

application = measure_chunked_bodies(_django)
