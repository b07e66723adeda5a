"""Exercise folders become rows: idempotent, all or nothing, errors that name the place."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from exercises.catalogue import folders, loading
from exercises.models import Exercise
from grader.errors import ExerciseContentError
from tests.exercises.worker_process import CONTENT, SLUG

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A copy of the tests' content that may be changed."""
    return shutil.copytree(CONTENT, tmp_path / "content")


def test_a_folder_becomes_a_row(content: Path) -> None:
    """Loading makes the row with rendered task and hints, and nothing that helps to cheat."""
    assert loading.load(content=content) == [SLUG]
    exercise = Exercise.objects.get()
    assert exercise.max_score == 10.0
    assert "<math" in exercise.description["statement_html"]
    assert len(exercise.description["hints_html"]) == 4
    assert "threshold" not in str(exercise.description)


def test_loading_again_writes_nothing(content: Path, django_assert_num_queries: Any) -> None:
    """A second load of the same files only reads."""
    loading.load(content=content)
    with django_assert_num_queries(3):  # savepoint, read, release
        assert loading.load(content=content) == []


def test_what_is_gone_becomes_inactive(content: Path) -> None:
    """An exercise without a folder is offered no more, and comes back with it."""
    loading.load(content=content)
    folder = (content / "exercises" / SLUG).rename(content / "elsewhere")
    assert loading.load(content=content) == [SLUG]
    assert not Exercise.objects.active().exists()
    folder.rename(content / "exercises" / SLUG)
    loading.load(content=content)
    assert Exercise.objects.active().exists()


def test_a_wrong_file_loads_nothing(content: Path, settings: Any) -> None:
    """An error in one exercise names file and key, and no row of any exercise is written."""
    good = content / "exercises" / SLUG
    bad = shutil.copytree(good, content / "exercises" / "zz-broken")
    text = (bad / "exercise.yaml").read_text().replace("pass_score: 8", "pass_score: 80")
    (bad / "exercise.yaml").write_text(text)
    settings.CONTENT_DIR = content
    with pytest.raises(CommandError, match=r"zz-broken/exercise\.yaml:\d+: pass_score"):
        call_command("load_exercises")
    assert not Exercise.objects.exists()


def test_wrong_markdown_is_refused(content: Path, settings: Any) -> None:
    """A formula that cannot be read is an error of the content, named by its file."""
    file = content / "exercises" / SLUG / "exercise.yaml"
    file.write_text(file.read_text().replace("$f(x)", r"$\frac{f(x)"))
    settings.CONTENT_DIR = content
    with pytest.raises(CommandError, match="linear-parts"):
        call_command("load_exercises")


def test_a_changed_file_is_read_again(content: Path, settings: Any) -> None:
    """The worker's copy of an exercise follows its files."""
    settings.CONTENT_DIR = content
    assert folders.read(SLUG).pass_score == 8
    file = content / "exercises" / SLUG / "exercise.yaml"
    file.write_text(file.read_text().replace("pass_score: 8", "pass_score: 7"))
    assert folders.read(SLUG).pass_score == 7


@pytest.mark.parametrize("length", [3, 3000])
@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("minutes: 5", "minutes: {}", "is not of type 'integer'"),
        ("level: introductory", "level: {}", "is not one of"),
    ],
)
def test_a_content_error_gives_the_reason_first_and_the_value_whole(
    tmp_path: Path, old: str, new: str, reason: str, length: int
) -> None:
    """However long a wrong value is, what is wrong with it stands before it, and nothing is cut."""
    shutil.copytree(CONTENT, tmp_path / "content")
    changed = tmp_path / "content/exercises" / SLUG / "exercise.yaml"
    text = changed.read_text()
    assert old in text
    value = "x" * length
    changed.write_text(text.replace(old, new.format(value)))

    with pytest.raises(ExerciseContentError) as refused:
        loading.load(content=tmp_path / "content")

    message = str(refused.value)
    assert message.startswith(f"{changed}:")
    assert 0 < message.index(reason) < message.index(value)
    assert "…" not in message
