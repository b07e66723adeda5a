"""The app of the LTI tool."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LtiConfig(AppConfig):
    """Launches from learning management systems, and the scores that go back to them."""

    name = "classes.lti"
    label = "lti"
    verbose_name = _("LTI")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Log who registers, changes or removes a platform."""
        from classes.lti.models import Deployment, Platform  # noqa: PLC0415  # they are ready now
        from courses.audit import staff_log  # noqa: PLC0415  # the same

        addresses = ("auth_url", "token_url", "jwks_url", "token_audience", "frame_origins")
        staff_log.watch(Platform, fields=("name", "issuer", "client_id", "active", *addresses))
        staff_log.watch(Deployment, fields=("platform", "deployment_id"))
