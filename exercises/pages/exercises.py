"""Pages: an exercise, a submission and its live state, the executed notebook."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Subquery
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from courses.accounts.roles import SiteRight
from courses.catalogue.models import COURSE_TEXTS, below
from courses.catalogue.translations import apply_translations
from courses.learners.progress import Done, done_by, exercise_completed, progress_in
from courses.models import Certificate, Part
from exercises.catalogue import folders
from exercises.catalogue.awaited_models import awaited_models
from exercises.catalogue.translations import apply_exercise_translation, with_translation
from exercises.feedback import notebooks
from exercises.feedback.messages import feedback_for
from exercises.feedback.plot import plot_of
from exercises.models import DiagnosisAnswer, Exercise, ModelSolution, State, Submission
from exercises.pages.forms import DiagnosisForm, UploadForm
from exercises.reviews import review_lines
from exercises.submissions import attempts, files, lifecycle
from exercises.submissions.attempts import Standing, SubmissionRefused
from exercises.submissions.visibility import may_see
from exercises.submissions.waiting import watched
from exercises.workbench.page import notebook_page
from exercises.workbench.workspaces import exercise_workspace

if TYPE_CHECKING:
    import uuid

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from courses.models import User
    from exercises.catalogue.translations import ExerciseTranslation
    from exercises.submissions.waiting import Watched

HISTORY_LENGTH = 20
"""Submissions that an exercise's page lists; older ones count, but are not shown."""


@require_safe
def exercise(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the task, the required variables, and earlier submissions."""
    shown = get_object_or_404(_on_a_page(), slug=slug)
    wanted = request.user.is_authenticated and _user(request).mail_grading
    return _exercise_page(request, shown, form=UploadForm(exercise=shown, mail_wanted=wanted))


@require_safe
def starter(request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG001  # a view's first one
    """Download the notebook that one begins with."""
    shown = get_object_or_404(Exercise.objects.active(), slug=slug)
    return notebooks.download(folders.starter_notebook(shown.slug), name=f"{shown.slug}.ipynb")


@require_safe
@never_cache
@login_required
def solution(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the model solution, and what the exercise teaches, to those who have completed it.

    Raises:
        PermissionDenied: to everybody else who may not see solutions.
    """
    shown = get_object_or_404(Exercise.objects.active().select_related("solution"), slug=slug)
    found: ModelSolution | None = getattr(shown, "solution", None)
    if found is None:
        raise Http404
    user = _user(request)
    if not user.may(SiteRight.SEE_SOLUTIONS) and not exercise_completed(user, slug):
        raise PermissionDenied
    found.html = apply_exercise_translation(shown).original(found.html)
    facts = {"exercise": shown, "solution": found, **place_of(shown)}
    facts["crumbs"] = [
        *facts["crumbs"][:-1],
        (shown.title, shown.get_absolute_url()),
        (_("Model solution"), ""),
    ]
    return render(request, "exercises/solution.html", facts)


@require_POST
@login_required
def submit(request: HttpRequest, slug: str) -> HttpResponse:
    """Accept a notebook; a refused one is answered with the reason."""
    shown = get_object_or_404(_on_a_page(), slug=slug)
    form = UploadForm(request.POST, request.FILES, exercise=shown)
    if form.is_valid():
        try:
            submitted = lifecycle.submit(
                user=_user(request),
                exercise=shown,
                notebook=form.cleaned_data["notebook"],
                mail_wanted=form.cleaned_data["mail_wanted"],
            )
        except SubmissionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("exercises:submission", pk=submitted.pk)
    return _exercise_page(request, shown, form=form, status=422)


@require_safe
@never_cache
@login_required
def submission(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a submission's state and verdict; htmx polls the part that changes."""
    shown = _visible(request, pk)
    now = watched(shown)
    is_poll: bool = request.htmx  # type: ignore[attr-defined]  # set by django-htmx
    if is_poll and request.GET.get("seen") == now.seen:
        return HttpResponse(status=204)
    template = "exercises/_submission.html" if is_poll else "exercises/submission.html"
    return render(request, template, _submission_facts(shown, now))


@require_safe
@login_required
@xframe_options_sameorigin
@csp_replace(notebooks.FRAME_POLICY)  # type: ignore[arg-type]  # its types know no arguments
def executed(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the executed notebook, for a sandboxed frame."""
    shown = _visible(request, pk)
    page = files.page(shown.pk)
    if not page:
        raise Http404
    return notebooks.framed(request, page)


@require_safe
@xframe_options_sameorigin
@csp_replace(notebooks.FRAME_POLICY)  # type: ignore[arg-type]  # its types know no arguments
def evidence(request: HttpRequest, key: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Show a project, as it ran, that the holder of a certificate lets everybody see."""
    certificate = get_object_or_404(
        Certificate, pk=key, evidence_public=True, revoked_at=None, user__isnull=False
    )
    linked = {entry.get("evidence") for entry in certificate.passed}
    shown = get_object_or_404(Submission, pk=pk, user__pk=certificate.user_id)
    page = files.page(shown.pk) if str(shown.pk) in linked else ""
    if not page:
        raise Http404
    return notebooks.framed(request, page)


@require_POST
@login_required
def diagnosis(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Store whether the diagnosis was right."""
    shown = get_object_or_404(Submission, pk=pk, user=_user(request), state=State.GRADED)
    form = DiagnosisForm(request.POST)
    if form.is_valid():
        answer = DiagnosisAnswer(form.cleaned_data["answer"])
        lifecycle.answer_diagnosis(submission=shown, answer=answer)
        shown.diagnosis_answer = answer
    if request.htmx:  # type: ignore[attr-defined]  # set by django-htmx
        return render(request, "exercises/_diagnosis_answer.html", {"submission": shown})
    return HttpResponseRedirect(shown.get_absolute_url() + "#diagnosis")


def _on_a_page() -> QuerySet[Exercise]:
    """Return exercises with their translations, and whether there is a model solution."""
    solutions = ModelSolution.objects.filter(exercise=OuterRef("pk"))
    return with_translation(Exercise.objects.active()).annotate(has_solution=Exists(solutions))


def _exercise_page(
    request: HttpRequest, shown: Exercise, *, form: UploadForm, status: int = 200
) -> HttpResponse:
    original = copy(shown)
    apply_exercise_translation(shown)
    facts: dict[str, Any] = {
        "exercise": shown,
        "description": shown.description,
        "form": form,
        "awaited_models": awaited_models(shown.description),
        **place_of(shown),
    }
    done = done_by(_user(request)) if request.user.is_authenticated else Done()
    if facts["course"]:
        facts["progress"] = progress_in(facts["parts"], done)
    if request.user.is_authenticated:
        facts |= _learner_facts(_user(request), shown, done)
        facts["workbench"] = _workbench(_user(request), original, facts)
    return render(request, "exercises/exercise.html", facts, status=status)


def _learner_facts(user: User, shown: Exercise, done: Done) -> dict[str, Any]:
    mine = Submission.objects.history(user_id=user.pk, exercise_id=shown.pk).with_newest_report()
    history = list(attempts.with_standing(mine)[:HISTORY_LENGTH])
    standing = attempts.standing_in(history, shown)
    is_completed = shown.slug in done.exercises
    hints = shown.description["hints_html"]
    unlocked = _hints_open(shown, standing)
    return {
        "history": history,
        "standing": standing,
        "solution_open": standing.passed and is_completed and shown.has_solution,  # type: ignore[attr-defined]  # annotated
        "unfinished": next((s for s in history if not s.finished), None),
        "hints": hints[:unlocked],
        "hints_locked": len(hints) - unlocked,
    }


def _workbench(user: User, shown: Exercise, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook that is worked on in the page."""
    submission = next(iter(facts["history"]), None)
    if submission is not None:
        submission.user, submission.exercise = user, shown
        submission.report = submission.newest_report
    address = reverse("exercises:exercise", args=[shown.slug])
    return {
        "api": reverse("api:draft", args=[shown.slug]),
        "page": reverse("exercises:notebook", args=[shown.slug]),
        "login": f"{reverse('account_login')}?next={address}",
        **notebook_page(
            user=user,
            exercise=shown,
            workspace=exercise_workspace(shown.slug),
            standing=facts["standing"],
            submission=submission,
            place={key: facts.get(key) for key in ("course", "next_part")},
        ),
    }


def _hints_open(shown: Exercise, standing: Standing) -> int:
    """One hint more after each attempt that did not pass; all after one that did."""
    hints = len(shown.description["hints_html"])
    return hints if standing.passed else min(standing.graded, hints)


def _submission_facts(shown: Submission, now: Watched) -> dict[str, Any]:
    standing = attempts.standing(user=shown.user, exercise=shown.exercise)
    translation = apply_exercise_translation(shown.exercise)
    plot = plot_of(shown.report, translation)
    return {
        "submission": shown,
        "exercise": shown.exercise,
        "standing": standing,
        "hints_open": _hints_open(shown.exercise, standing),
        **_solution_facts(shown, translation, passed=standing.passed),
        "waiting": now.waiting,
        "seen": now.seen,
        "poll_ms": now.poll_ms,
        "feedback": feedback_for(shown, translation),
        "failing_source": (shown.report or {}).get("failing_source", ""),
        "plot": plot,
        "evidence": plot.evidence if plot else None,
        **_review_facts(shown),
        "answers": [choice for choice in DiagnosisAnswer.choices if choice[0]],
        **place_of(shown.exercise),
    }


def _solution_facts(
    shown: Submission, translation: ExerciseTranslation, *, passed: bool
) -> dict[str, Any]:
    """Return whether the model solution is open, and one thing worth remembering.

    It is the first of the mistakes that the exercise tells from the right answer.
    """
    if not passed or not exercise_completed(shown.user, shown.exercise.slug):
        return {"solution_open": False}
    found = ModelSolution.objects.filter(exercise=shown.exercise).only("lessons").first()
    if found is None:
        return {"solution_open": False}
    insight = next(iter(found.lessons), None)
    words = {
        key: translation.original(str(text).replace("`", ""))
        for key, text in (insight or {}).items()
    }
    return {"solution_open": True, "insight": words}


def _review_facts(shown: Submission) -> dict[str, Any]:
    return {"review": getattr(shown, "review", None), "review_lines": review_lines(shown)}


def place_of(shown: Exercise) -> dict[str, Any]:
    """Return where the exercise stands in a course, for breadcrumbs and navigation."""
    named = Part.objects.filter(exercise_slug=shown.slug, course__withdrawn=False)
    first = named.order_by("course__position").values("course")[:1]
    rows = Part.objects.for_outlines().filter(course=Subquery(first)).select_related("course")
    rows = rows.defer(*below("course", COURSE_TEXTS))
    parts = {one.position: one for one in rows}
    here = next((one for one in parts.values() if one.exercise_slug == shown.slug), None)
    if here is None:
        return {"crumbs": [(shown.title, "")], "course": None, "part": None}
    for one in parts.values():
        one.course = here.course
    apply_translations([here.course], parts.values())
    return {
        "crumbs": [
            (_("Courses"), reverse("courses:catalogue")),
            (here.course.title, f"{here.course.get_absolute_url()}#outline"),
            (shown.title, ""),
        ],
        "course": here.course,
        "part": here,
        "parts": list(parts.values()),
        "previous_part": parts.get(here.position - 1),
        "next_part": parts.get(here.position + 1),
    }


def _visible(request: HttpRequest, pk: uuid.UUID) -> Submission:
    """One's own submission, those of whom one teaches, any for staff; others' do not exist."""
    user = _user(request)
    shown = get_object_or_404(Submission.objects.for_page().select_related("user"), pk=pk)
    if not may_see(user, shown):
        raise Http404
    if shown.user_id == user.pk:
        shown.user = user
    return shown


def _user(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]  # every caller requires a login
