"""The latest attempt on the dashboard, with where it stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Concat

from courses.catalogue.models import ORIGINAL_LANGUAGE, Translation
from courses.catalogue.translations import language_shown
from courses.models import User
from exercises.catalogue.translations import ORIGINAL, ExerciseTranslation
from exercises.feedback.messages import feedback_for
from exercises.models import Submission

if TYPE_CHECKING:
    from django.template import Context

register = template.Library()


@register.inclusion_tag("exercises/_last_attempt.html", takes_context=True)
def last_attempt(context: Context) -> dict[str, Any]:
    """Return the latest submission of whoever is signed in, and what it said: one query."""
    user = context["request"].user
    if not isinstance(user, User):
        return {}
    language = language_shown()
    translations = Translation.objects.filter(
        language=language, subject=Concat(Value("exercise:"), OuterRef("exercise__slug"))
    )
    # Found in an index: a sort would read each submission of the learner, with its report.
    latest = Submission.objects.filter(user=user).order_by("-created_at")
    found = (
        Submission.objects.filter(
            user=user,
            exercise=Subquery(latest.values("exercise")[:1]),
            created_at=Subquery(latest.values("created_at")[:1]),
        )
        .select_related("exercise")
        .annotate(translated=Subquery(translations.values("fields")[:1]))
        .first()
    )
    if found is None:
        return {}
    fields = found.translated  # type: ignore[attr-defined]  # annotated
    translation = ORIGINAL
    if language != ORIGINAL_LANGUAGE:
        translation = ExerciseTranslation(fields or {}, foreign=True)
    return {
        "submission": found,
        "exercise": found.exercise,
        "title": translation.words(found.exercise.title, "title"),
        "feedback": feedback_for(found, translation),
    }
