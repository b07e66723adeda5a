"""Content files become rows: all or nothing, idempotent, with errors that name the line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.authoring.files import parse_yaml
from courses.authoring.loading import check, load
from courses.learners.enrolment import enrol, remember_place
from courses.markup.problems import InvalidContentError
from courses.models import Course, Enrolment, Lesson, Part, Quiz, Reading, Translation, User
from courses.models import Path as LearningPath

if TYPE_CHECKING:
    from pathlib import Path

    from tests.courses.material import Material

LESSON = "courses/tiny/01-page-1/lesson.md"
QUIZ = "courses/tiny/01-page-1/quiz.yaml"
COURSE = "courses/tiny/course.yaml"


def problems(material: Material) -> list[str]:
    """Return what loading refuses."""
    with pytest.raises(InvalidContentError) as refused:
        load(material.root)
    return [str(problem) for problem in refused.value.problems]


def test_a_course_becomes_rows_with_computed_numbers(course: Course) -> None:
    """Parts stand in the file's order; minutes are the lessons' and the exercise's together."""
    parts = list(course.parts.all())

    assert [part.kind for part in parts] == ["lesson", "lesson", "exercise"]
    assert [part.title for part in parts] == ["Page 1", "Page 2", "The toy exercise"]
    assert course.minutes == sum(part.minutes for part in parts) == 32
    assert Lesson.objects.get(slug="page-1").quiz.pass_percent == 75


@pytest.mark.django_db
def test_loading_twice_writes_nothing(material: Material) -> None:
    """The second load of unchanged files reads rows and writes none."""
    material.course().path()
    load(material.root)

    with CaptureQueriesContext(connection) as queries:
        report = load(material.root)

    assert (report.written, report.removed) == (0, 0)
    assert report.unchanged > 0
    verbs = {query["sql"].split()[0] for query in queries.captured_queries}
    assert verbs <= {"SELECT", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"}


def test_a_changed_lesson_is_the_only_row_written(course: Course, material: Material) -> None:
    """Changing one lesson's words rewrites that lesson and nothing else."""
    material.replace(LESSON, "Words before", "Other words before")

    report = load(material.root)

    assert report.written == 1
    assert "Other words before" in Lesson.objects.get(slug="page-1").html


def test_rows_keep_their_keys_when_lessons_are_renumbered(
    course: Course, material: Material, learner: User
) -> None:
    """Swapping two lessons keeps them, and where a learner was, the same rows."""
    first = Part.objects.get(position=1)
    enrol(user=learner, course=course)
    remember_place(user=learner, part=first)
    keys = dict(Lesson.objects.values_list("slug", "pk"))
    root = material.root / "courses/tiny"
    (root / "01-page-1").rename(root / "03-page-1")
    material.replace(
        COURSE,
        "  - lesson: 01-page-1\n  - lesson: 02-page-2",
        "  - lesson: 02-page-2\n  - lesson: 03-page-1",
    )

    load(material.root)

    assert dict(Lesson.objects.values_list("slug", "pk")) == keys
    assert [part.title for part in course.parts.all()] == ["Page 2", "Page 1", "The toy exercise"]
    assert Enrolment.objects.get().last_part_id == first.pk


@pytest.mark.parametrize(
    ("path", "old", "new", "reason"),
    [
        (QUIZ, 'explanation: "Because."', "explanation: [", "Invalid YAML"),
        (COURSE, "exercise: toy", "exercise: toy\n    lesson: 01-page-1", "is valid under each of"),
        (COURSE, "01-page-1", "01-page-1\n    required: false", "'exercise' is a dependency"),
        (
            QUIZ,
            '{id: left, text: The left, explanation: "That is a mirror."}',
            "{id: left, text: The left}",
            "'explanation' is a required property",
        ),
        (
            QUIZ,
            'correct: true, explanation: "Because."',
            'explanation: "Because."',
            "Exactly one choice must be correct; 0 are.",
        ),
        (QUIZ, "answer: 2 * a + b", "answer: 2 * a + q", "The name 'q' is not drawn."),
        (QUIZ, "answer: 2 * a + b", "answer: b / (a - 7)", "division by zero"),
        (QUIZ, "id: many", "id: one", "'one' is taken already."),
        (QUIZ, "Which *one*?", "Which $\\nosuch$?", "the command \\nosuch is unknown"),
        (QUIZ, "pass_percent: 75", "pass_percent: 101", "is greater than the maximum of 100: 101"),
        (QUIZ, "kind: multiple", "kind: several", ": 'several'"),
        (LESSON, "$f(x) = x^2$", "$\\frac{1}{x$", "the braces do not match"),
        (LESSON, "figures/bars.svg", "figures/lost.svg", "figures/lost.light.svg is missing"),
        (
            LESSON,
            "![Two bars, the upper one longer.]",
            "![]",
            "needs an alternative text",
        ),
        (LESSON, "https://example.org/)", "../02-page-2/lesson.md)", "is broken"),
        (LESSON, "```python run", "```pyton run", "The programming language 'pyton' is unknown."),
        (LESSON, "topics: [shap]", "topics: SHAP", "is not of type 'array': 'SHAP'"),
        (COURSE, "level: beginner", "level: easy", ": 'easy'"),
        (COURSE, "level: beginner", "level: beginner\nlevel: advanced", "appears twice"),
        (COURSE, 'version: "1.0"', "version: 1.0", "is not of type 'string': 1.0"),
        (COURSE, "lesson: 02-page-2", "lesson: 02-page-9", "02-page-9 is missing"),
        (COURSE, "exercise: toy", "exercise: gone", "There is no exercise 'gone'"),
    ],
)
@pytest.mark.django_db
def test_a_wrong_file_is_named_with_its_line(
    material: Material, path: str, old: str, new: str, reason: str
) -> None:
    """Each kind of mistake is refused with file, line and reason."""
    material.course()
    line = material.replace(path, old, new)

    found = problems(material)

    assert len(found) >= 1
    file, said_line, _said = found[0].split(":", 2)
    assert file == f"content/{path}"
    assert reason in " ".join(found)
    assert line - 1 <= int(said_line) <= line + 1
    assert not Course.objects.exists()


@pytest.mark.django_db
def test_a_missing_part_is_refused(material: Material) -> None:
    """A lesson fills the required roles; the message names the one that is missing."""
    material.course()
    material.replace(LESSON, "## Method", "## Feeling")

    [found] = problems(material)

    assert "No part has the role {method}" in found


def test_one_broken_file_loads_nothing(course: Course, material: Material) -> None:
    """A new lesson is not loaded beside a broken quiz: all or nothing."""
    material.replace(LESSON, "Words before", "New words before")
    material.replace("courses/tiny/02-page-2/quiz.yaml", "id: right", "id: left")

    problems(material)

    assert "New words" not in Lesson.objects.get(slug="page-1").html


@pytest.mark.django_db
def test_all_problems_are_told_at_once(material: Material) -> None:
    """Two broken files give two problems."""
    material.course()
    material.replace(LESSON, "$f(x) = x^2$", "$\\nosuch$")
    material.replace("courses/tiny/02-page-2/quiz.yaml", "Which *one*?", "Which $\\nosuch$?")

    assert [problem.split(":")[0] for problem in problems(material)] == [
        "content/courses/tiny/01-page-1/lesson.md",
        "content/courses/tiny/02-page-2/quiz.yaml",
    ]


def test_a_course_whose_files_are_gone_is_withdrawn(course: Course, material: Material) -> None:
    """The row stays, since certificates refer to it; it comes back with its files."""
    folder = material.root / "courses/tiny"
    folder.rename(material.root / "tiny-elsewhere")
    load(material.root)
    assert Course.objects.get(pk=course.pk).withdrawn

    (material.root / "tiny-elsewhere").rename(folder)
    load(material.root)
    assert not Course.objects.get(pk=course.pk).withdrawn


def test_a_lesson_without_its_quiz_file_has_no_quiz(course: Course, material: Material) -> None:
    """Taking the file away takes the quiz away."""
    (material.root / QUIZ).unlink()

    load(material.root)

    assert [quiz.lesson.slug for quiz in Quiz.objects.select_related("lesson")] == ["page-2"]


@pytest.mark.django_db
def test_paths_and_reading_list_are_loaded_in_order(material: Material) -> None:
    """A path keeps its order of courses, and the catalogue follows it."""
    material.course("alpha").course("beta").path(courses=("beta", "alpha"))
    material.write(
        "reading/reading.yaml",
        """\
        - {kind: book, title: B, authors: A. U., year: 2020, language: en, blurb: G., fits: [beta]}
        """,
    )

    load(material.root)

    steps = LearningPath.objects.get().steps.select_related("course")
    assert [step.course.slug for step in steps] == ["beta", "alpha"]
    assert [found.slug for found in Course.objects.listed()] == ["beta", "alpha"]
    assert Reading.objects.get().fits == ["beta"]

    material.path(courses=("alpha",))
    (material.root / "reading/reading.yaml").unlink()
    load(material.root)
    assert [step.course.slug for step in LearningPath.objects.get().steps.all()] == ["alpha"]
    assert not Reading.objects.exists()


@pytest.mark.django_db
def test_a_path_to_no_course_is_refused(material: Material) -> None:
    """The problem stands at the line of the slug."""
    material.course().path(courses=("tiny", "huge"))

    assert problems(material) == ["content/paths/path.yaml:4: There is no course 'huge'."]


@pytest.mark.django_db
def test_a_translation_with_other_answers_is_refused(material: Material) -> None:
    """A translated quiz asks the same: ids, right choices and numbers."""
    material.course()
    material.lesson("l10n/fr/courses/tiny/01-page-1", "Première page")
    material.replace(
        "l10n/fr/courses/tiny/01-page-1/quiz.yaml", "answer: 2 * a + b", "answer: 3 * a + b"
    )

    assert "Ids and answers must be those of content/courses/tiny" in problems(material)[0]


@pytest.mark.django_db
def test_translations_go_when_their_files_go(material: Material) -> None:
    """The rows of translations follow the files."""
    material.course()
    material.lesson("l10n/fr/courses/tiny/01-page-1", "Première page")
    load(material.root)
    assert Translation.objects.get().fields["title"] == "Première page"

    (material.root / "l10n/fr/courses/tiny/01-page-1/lesson.md").unlink()
    load(material.root)
    assert not Translation.objects.exists()


@pytest.mark.django_db
def test_forty_lessons_load_within_ten_seconds(material: Material) -> None:
    """A whole curriculum is loaded quickly, and again at once."""
    for number in range(5):
        material.course(f"course-{number}", lessons=8)

    start = time.process_time()
    load(material.root)
    first = time.process_time() - start

    assert Lesson.objects.count() == 40
    assert first < 10


@pytest.mark.django_db
def test_the_command_names_what_to_mend(
    material: Material, capsys: pytest.CaptureFixture[str]
) -> None:
    """load_content reports its work, or ends with the problems."""
    material.course()
    call_command("load_content", str(material.root))
    assert "written" in capsys.readouterr().out

    material.replace(COURSE, "level: beginner", "level: easy")
    with pytest.raises(CommandError, match=r"course\.yaml:5: level"):
        call_command("load_content", str(material.root))


def test_check_content_needs_no_database(material: Material) -> None:
    """Content is checked, rendering included, without a single query."""
    material.course().path()
    check(material.root)

    material.replace(QUIZ, "Which *one*?", "Which $\\nosuch$?")
    with pytest.raises(InvalidContentError, match="nosuch"):
        check(material.root)


@pytest.mark.parametrize("text", ["a: [1", "a: 1\na: 2", "1: a", "a: &x [*y]", "- \x00", "\t- a"])
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever is no YAML of ours is a content error, never another one."""
    with pytest.raises(InvalidContentError):
        parse_yaml(text, "file.yaml")


def test_a_missing_folder_is_no_crash(tmp_path: Path) -> None:
    """A folder that is not there is named, with the variable that sets it."""
    with pytest.raises(CommandError, match="WHYBOX_CONTENT"):
        call_command("load_content", str(tmp_path / "nowhere"))


@pytest.mark.parametrize("length", [3, 3000])
def test_a_content_error_gives_the_reason_first_and_the_value_whole(
    material: Material, db: None, length: int
) -> None:
    """However long a wrong value is, what is wrong with it stands before it, and nothing is cut."""
    value = "x" * length
    material.course()
    material.replace("courses/tiny/course.yaml", "level: beginner", f"level: {value}")

    with pytest.raises(InvalidContentError) as refused:
        load(material.root)

    message = str(refused.value)
    assert message.index("is not one of") < message.index(value)
    assert "…" not in message
