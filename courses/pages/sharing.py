"""What a page says of itself where its link is shared, and the pictures' addresses."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from courses.catalogue.translations import apply_translations
from courses.certificates.facts import facts_of
from courses.certificates.typesetting import TypesettingError
from courses.models import Certificate, Course
from courses.pages.access import find_lesson
from courses.pages.certificate_files import NOT_FOR_SEARCH_ENGINES
from courses.pages.sharing_pictures import (
    certificate_picture,
    course_picture,
    lesson_picture,
    site_picture,
)

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django.http import HttpRequest

    from courses.models import Lesson

A_DAY: Final = 24 * 3600
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sharing:
    """A page as other sites preview it; addresses are absolute, as they have to be."""

    title: str
    description: str
    address: str
    picture: str


def of_site() -> Sharing:
    """Return how the home page is previewed."""
    return Sharing(
        _("Why did the model say that?"),
        _("Learn to explain what machine learning models do, and prove it."),
        settings.SITE_URL + reverse("courses:home"),
        settings.SITE_URL + reverse("courses:sharing_site"),
    )


def of_course(course: Course) -> Sharing:
    """Return how a course is previewed."""
    picture = reverse("courses:sharing_course", args=[course.slug])
    return _sharing(course.title, course.summary, course.get_absolute_url(), picture)


def of_lesson(lesson: Lesson) -> Sharing:
    """Return how a lesson is previewed."""
    picture = reverse("courses:sharing_lesson", args=[lesson.course.slug, lesson.slug])
    return _sharing(lesson.title, lesson.summary, lesson.get_absolute_url(), picture)


def of_certificate(certificate: Certificate) -> Sharing:
    """Return how a certificate is previewed."""
    facts = facts_of(certificate)
    title = _("Certificate: %(course)s") % {"course": facts.course}
    picture = reverse("courses:sharing_certificate", args=[certificate.pk])
    return _sharing(title, facts.proof, certificate.get_absolute_url(), picture)


def _sharing(title: str, description: str, address: str, picture: str) -> Sharing:
    return Sharing(title, description, settings.SITE_URL + address, settings.SITE_URL + picture)


@require_safe
@vary_on_headers("Accept-Language")
def site(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # a view's first one
    """Answer with the picture of the site."""
    return _png(site_picture)


@require_safe
@vary_on_headers("Accept-Language")
def course(request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG001  # a view's first one
    """Answer with the picture of a course."""
    found = get_object_or_404(Course.objects.listed(), slug=slug)
    apply_translations([found])
    return _png(lambda: course_picture(found))


@require_safe
@vary_on_headers("Accept-Language")
def lesson(request: HttpRequest, course: str, lesson: str) -> HttpResponse:  # noqa: ARG001  # a view's first one
    """Answer with the picture of a lesson."""
    found = find_lesson(course, lesson)
    apply_translations([found, found.course])
    return _png(lambda: lesson_picture(found))


@require_safe
def certificate(request: HttpRequest, key: uuid.UUID) -> HttpResponse:  # noqa: ARG001  # a view's first one
    """Answer with the picture of a certificate, as it stands now."""
    found = get_object_or_404(Certificate.objects.with_subject(), pk=key)
    response = _png(lambda: certificate_picture(found), kept=False)
    response["X-Robots-Tag"] = NOT_FOR_SEARCH_ENGINES
    return response


def _png(draw: Callable[[], bytes], *, kept: bool = True) -> HttpResponse:
    """Answer with a picture; `kept` lets browsers and proxies keep it for a day."""
    try:
        response = HttpResponse(draw(), content_type="image/png")
    except TypesettingError:
        logger.exception("a picture for sharing could not be drawn")
        response = HttpResponse(status=503)
        patch_cache_control(response, no_store=True)
        return response
    if kept:
        patch_cache_control(response, public=True, max_age=A_DAY)
    else:
        patch_cache_control(response, private=True, no_cache=True)
    return response
