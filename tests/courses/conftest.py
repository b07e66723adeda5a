"""What tests of courses share: a content folder, a course that is loaded, learners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

from courses.authoring.loading import load
from courses.models import Course, User
from tests.courses.material import Material

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_django.fixtures import Settings


@pytest.fixture
def material(tmp_path: Path, settings: Settings) -> Material:
    """An empty content folder that the site serves figures from."""
    root = tmp_path / "content"
    root.mkdir()
    settings.CONTENT_DIR = root
    return Material(root)


@pytest.fixture
def course(material: Material, db: None) -> Course:
    """A loaded course of two lessons with quizzes and one exercise."""
    load(material.course().root)
    return Course.objects.get()


@pytest.fixture
def learner(db: None) -> User:
    """A learner with a name."""
    return User.objects.create_user("lena@example.org", "a good long password", name="Lena Lind")


@pytest.fixture(autouse=True)
def _fresh_throttles() -> Iterator[None]:
    """Forget who asked how often: throttles count in the cache."""
    cache.clear()
    yield
    cache.clear()
