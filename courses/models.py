"""All tables of this app, each defined beside its subject."""

from courses.accounts.models import User

__all__ = ["User"]
