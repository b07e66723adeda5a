"""One's classes on the dashboard; what is due in each is fetched once the page is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from classes.models import Member
from courses.models import User

if TYPE_CHECKING:
    from django.template import Context

register = template.Library()

MOST_CLASSES = 4


@register.inclusion_tag("classes/_my_classes.html", takes_context=True)
def my_classes(context: Context) -> dict[str, Any]:
    """Return the running classes of whoever is signed in: one query."""
    user = context["request"].user
    if not isinstance(user, User):
        return {"members": []}
    mine = (
        Member.objects.present()
        .filter(user=user, klass__archived_at=None)
        .select_related("klass")
        .order_by("-klass__starts_on")[:MOST_CLASSES]
    )
    return {"members": list(mine)}
