"""The tag by which a lesson's page learns that its code can be run in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.urls import reverse

from courses.models import User
from exercises.workbench.page import lesson_facts
from exercises.workbench.workspaces import lesson_workspace

if TYPE_CHECKING:
    from django.template import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def live_code(context: Context) -> dict[str, Any] | None:
    """Return what the scripts of a lesson's code need; None without code, or for a visitor.

    The page asks in two of its blocks; it is looked up once.
    """
    request, lesson = context["request"], context["lesson"]
    if not isinstance(request.user, User):
        return None
    known: dict[str, Any] | None = getattr(request, "live_code", None)
    if known is None:
        workspace = lesson_workspace(lesson)
        if not workspace.starter["cells"]:
            return None
        known = {
            "api": reverse("api:lesson-draft:draft", args=[lesson.course.slug, lesson.slug]),
            "facts": lesson_facts(user=request.user, workspace=workspace),
        }
        request.live_code = known
    return known
