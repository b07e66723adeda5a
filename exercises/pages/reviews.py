"""Pages for reviewers: the projects due for review, and one project with its rubric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from courses.accounts.roles import SiteRight
from courses.models import User
from exercises.feedback import notebooks
from exercises.feedback.messages import notes_for_reviewer
from exercises.models import State, Submission
from exercises.pages.forms import ReviewForm
from exercises.reviews import record_review, rubric_of
from exercises.submissions import files
from exercises.submissions.visibility import may_review

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

    from exercises.models import SubmissionQuerySet

PER_PAGE = 25
LATEST = 10
"""Latest reviews that the list shows too, so that they can be changed."""


@require_safe
@login_required
def reviews(request: HttpRequest) -> HttpResponse:
    """List the projects due for review, oldest first, and the latest reviews."""
    _reviewer(request)
    page = Paginator(Submission.objects.to_review(), PER_PAGE).get_page(request.GET.get("page"))
    facts = {"page": page, "reviewed": Submission.objects.reviewed()[:LATEST]}
    return render(request, "exercises/reviews.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def review(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a project with its rubric, and record the review."""
    passed = Submission.objects.for_page().select_related("user").filter(state=State.GRADED)
    shown, reviewer = _to_review(request, passed.filter(passed=True), pk)
    rubric = rubric_of(shown)
    if rubric is None:
        raise Http404
    earlier = getattr(shown, "review", None)
    initial = {}
    if earlier:
        initial = {f"points_{name}": f"{value:g}" for name, value in earlier.points.items()}
        initial["comment"] = earlier.comment
    form = ReviewForm(request.POST or None, rubric=rubric, initial=initial)
    if form.is_valid():
        record_review(
            submission=shown,
            reviewer=reviewer,
            points=form.points,
            comment=form.cleaned_data["comment"],
        )
        messages.success(request, _("Review submitted. The learner can see it now."))
        return redirect(
            "exercises:reviews" if reviewer.may(SiteRight.REVIEW) else shown.get_absolute_url()
        )
    facts = {
        "submission": shown,
        "exercise": shown.exercise,
        "rubric": rubric,
        "form": form,
        "earlier": earlier,
        "notes": notes_for_reviewer(shown),
    }
    return render(request, "exercises/review.html", facts, status=422 if form.errors else 200)


@require_safe
@login_required
def submitted_notebook(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Download a project as it was submitted, to run it locally."""
    shown, _who = _to_review(request, Submission.objects.for_page(), pk)
    name = f"{shown.exercise.slug}-{shown.attempt}.ipynb"
    return notebooks.download(files.notebook(shown.pk), name=name)


def _to_review(
    request: HttpRequest, among: SubmissionQuerySet, pk: uuid.UUID
) -> tuple[Submission, User]:
    """Return a project and its reviewer: with a role of the site, or teaching whoever did it.

    Raises:
        PermissionDenied: for everybody else, whether there is such a project or not.
    """
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    shown = among.filter(pk=pk).first()
    if shown is None and user.may(SiteRight.REVIEW):
        raise Http404
    if shown is None or not may_review(user, shown):
        raise PermissionDenied
    return shown, user


def _reviewer(request: HttpRequest) -> User:
    if not isinstance(request.user, User) or not request.user.may(SiteRight.REVIEW):
        raise PermissionDenied
    return request.user
