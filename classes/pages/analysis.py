"""Insight into a class: item analysis, exercises with their misconceptions, similar code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from classes.analysis.exercises import analyse_exercise, by_misconception, stuck_now
from classes.analysis.items import FEWEST, analyse_quiz
from classes.integrity import passed_answers
from classes.integrity.asking import ask, side_by_side
from classes.models import Member, Similarity
from classes.pages.access import DO, READ, class_page, done, page
from classes.records import columns_of
from classes.rights import Access, Right
from exercises.models import Exercise, Submission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

    from classes.records import Column


@class_page(Right.SEE, READ)
def insight(request: HttpRequest, access: Access) -> HttpResponse:
    """Show who is stuck on what now, and lead to each part's figures."""
    columns = columns_of(access.klass)
    titles = {one.scheduled.slug: one for one in columns if one.scheduled.is_exercise}
    members = _learners(access)
    troubles = stuck_now(list(titles), members)
    stuck_in = {one.slug for one in troubles}
    shown = {slug: column for slug, column in titles.items() if slug in stuck_in}
    rows = by_misconception(troubles, list(shown))
    may_review = access.may(Right.REVIEW)
    passed = passed_answers.counts(access.klass, titles) if may_review else {}
    facts = {
        "stuck_in": list(shown.values()),
        "rows": [(row, list(zip(shown.values(), row.places, strict=True))) for row in rows],
        "most": max((len(row.members) for row in rows), default=0),
        "quizzes": [one for one in columns if _quiz_of(one) is not None],
        "exercises": [(one, passed.get(slug, 0)) for slug, one in titles.items()],
        "may_review": may_review,
    }
    return page(request, access, "classes/insight.html", facts)


@class_page(Right.SEE, READ)
def quiz_figures(request: HttpRequest, access: Access, part_pk: int) -> HttpResponse:
    """Show the item analysis of a quiz, of first attempts unless all are wished."""
    column = _column(access, part_pk)
    quiz = _quiz_of(column)
    if quiz is None:
        raise Http404
    first = request.GET.get("attempts") != "latest"
    users = [one.user_id for one in _learners(access) if one.user_id is not None]
    figures = analyse_quiz(quiz, users, first_only=first)
    facts = {"column": column, "figures": figures, "first": first, "fewest": FEWEST}
    return page(request, access, "classes/quiz_figures.html", facts)


@class_page(Right.SEE, READ)
def exercise_figures(request: HttpRequest, access: Access, part_pk: int) -> HttpResponse:
    """Show what an exercise's submissions say: criteria, misconceptions, who is stuck."""
    column = _column(access, part_pk)
    exercise = _exercise_of(column)
    figures = analyse_exercise(exercise, _learners(access))
    most = max((number for _attempt, number in figures.spread), default=0)
    facts = {
        "column": column,
        "exercise": exercise,
        "figures": figures,
        "bars": [(at, number, round(100 * number / most)) for at, number in figures.spread],
    }
    return page(request, access, "classes/exercise_figures.html", facts)


@class_page(Right.REVIEW, READ)
def similar(request: HttpRequest, access: Access, part_pk: int) -> HttpResponse:
    """Show what was found: answers of other variants, and submissions whose code is alike."""
    column = _column(access, part_pk)
    _exercise_of(column)
    found = Similarity.objects.filter(klass=access.klass, subject=column.scheduled.subject).first()
    facts = {
        "column": column,
        "found": found,
        "pairs": _named(access, found),
        "passed_answers": passed_answers.found_in(access.klass, column.scheduled.slug),
    }
    return page(request, access, "classes/similar.html", facts)


@class_page(Right.REVIEW, DO)
def compare(request: HttpRequest, access: Access, part_pk: int) -> HttpResponse:
    """Ask a worker for a new comparison."""
    column = _column(access, part_pk)
    _exercise_of(column)
    ask(access.klass, column.scheduled.subject)
    message = _("The submissions are being compared; reload this page in a moment.")
    return done(request, access, "similar", message, part_pk)


@class_page(Right.REVIEW, READ)
def pair(
    request: HttpRequest, access: Access, part_pk: int, first: uuid.UUID, second: uuid.UUID
) -> HttpResponse:
    """Show two submissions of the list side by side."""
    column = _column(access, part_pk)
    found = get_object_or_404(access.klass.similarities, subject=column.scheduled.subject)
    line = next((one for one in found.pairs if one[:2] == [str(first), str(second)]), None)
    if line is None:
        raise Http404
    rows = Submission.objects.select_related("user").in_bulk([first, second])
    if len(rows) < 2:  # noqa: PLR2004  # one of the two is gone with its account
        raise Http404
    texts = side_by_side(first, second)
    facts = {
        "column": column,
        "percent": round(100 * line[2]),
        "sides": list(zip((rows[first], rows[second]), texts, strict=True)),
    }
    return page(request, access, "classes/pair.html", facts)


def _learners(access: Access) -> list[Member]:
    return list(access.klass.members.learning())


def _column(access: Access, part_pk: int) -> Column:
    for one in columns_of(access.klass):
        if one.scheduled.pk == part_pk:
            return one
    raise Http404


def _quiz_of(column: Column) -> Any:
    lesson = column.part.lesson if column.part is not None else None
    return getattr(lesson, "quiz", None)


def _exercise_of(column: Column) -> Exercise:
    if not column.scheduled.is_exercise:
        raise Http404
    return get_object_or_404(Exercise, slug=column.scheduled.slug)


def _named(access: Access, found: Similarity | None) -> list[dict[str, Any]]:
    """Return the pairs with names; people of earlier terms by theirs, too, for those who review."""
    if found is None:
        return []
    keys = {key for line in found.pairs for key in line[:2]}
    rows = {
        str(row.pk): row
        for row in Submission.objects.filter(pk__in=keys).select_related("user").defer("report")
    }
    here = {one.user_id for one in access.klass.members.all()}
    return [
        {
            "first": rows[first],
            "second": rows[second],
            "earlier": rows[first].user_id not in here or rows[second].user_id not in here,
            "percent": round(100 * share),
            "shared": shared,
        }
        for first, second, share, shared in found.pairs
        if first in rows and second in rows
    ]
