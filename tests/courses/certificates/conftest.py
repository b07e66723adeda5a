"""A certificate that was issued, for the tests of what it becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.cache import caches

from courses.certificates.issuing import issue, show_name

if TYPE_CHECKING:
    from courses.models import Certificate, Course, User


@pytest.fixture
def certificate(course: Course, learner: User) -> Certificate:
    """A certificate whose holder shows the name."""
    caches["documents"].clear()
    found = issue(user=learner, course=course, parts=list(course.parts.for_outlines()))
    show_name(certificate=found, public=True)
    return found
