"""The WSGI application, for gunicorn."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
_django = get_wsgi_application()

from config.body_limits import measure_chunked_bodies  # noqa: E402  # it reads the settings
from courses.certificates.keys import check_key  # noqa: E402  # the same

for _error in check_key():  # gunicorn runs no system checks
    raise ImproperlyConfigured(str(_error))

application = measure_chunked_bodies(_django)
