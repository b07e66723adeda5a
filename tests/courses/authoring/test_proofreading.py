"""What a proofreader marks: each check finds its fault, and our own content has none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from courses.authoring.coverage import coverage_page, coverage_problems, read_subject
from courses.authoring.identities import identity_problems, record_identities
from courses.authoring.loading import check
from courses.authoring.proofreading import proofread
from courses.authoring.spelling import spelling_problems
from courses.authoring.tree import read_tree
from courses.markup.problems import InvalidContentError

if TYPE_CHECKING:
    from tests.courses.material import Material

CONTENT = Path(__file__).resolve().parents[3] / "content"
COURSE = "courses/tiny/course.yaml"
LESSON = "courses/tiny/01-page-1/lesson.md"
QUIZ = "courses/tiny/01-page-1/quiz.yaml"
PATH = "paths/path.yaml"
READING = "reading/reading.yaml"
FIFTH = """\
  - id: again
    kind: single
    prompt: Which one now?
    choices:
      - {id: this, text: This one, correct: true, explanation: "It is."}
      - {id: that, text: That one, explanation: "It is not."}
    explanation: As said.
"""
SUBJECT = """\
- part: All of it
  lines:
    - {id: bars, words: "Bars", taught: [tiny/01-page-1]}
    - {id: toys, words: "Toys", taught: ["exercise:toy"]}
"""


TASK = """
```yaml task
id: why
kind: defend
prompt: Why does the upper bar win?
model: Because it is the longer one of the two.
rubric: [the upper bar, its length]
```
"""


@pytest.fixture
def sound(material: Material) -> Material:
    """Return content in which a proofreader finds nothing."""
    material.course(lessons=1).path()
    material.replace(
        LESSON,
        "Two bars, the upper one longer.",
        "Two bars: the upper one is longer than the other.",
    )
    quiz = material.root / QUIZ
    quiz.write_text(quiz.read_text() + FIFTH)
    material.write(
        READING,
        """\
        - {kind: book, title: B, authors: A. U., year: 2020, language: en, blurb: G., fits: [tiny]}
        """,
    )
    material.write("subject.yaml", SUBJECT)
    record_identities(material.root, read_tree(material.root))
    return material


def marks(material: Material) -> list[str]:
    """Return what the proofreader finds."""
    return [str(problem) for problem in proofread(read_tree(material.root))]


def test_sound_content_has_no_marks(sound: Material) -> None:
    """What the other tests break is whole before."""
    check(sound.root)

    assert marks(sound) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "reason"),
    [
        (LESSON, "Words before", "All 53 lessons stand before", "'53 lessons' is a count"),
        (COURSE, "It has **parts**.", "It has two graded notebooks.", "is a count"),
        (QUIZ, "Which one now?", "Which of the six courses?", "'six courses' is a count"),
        (LESSON, "Words before", "Words <b>before</b>", "'<b>' would be shown literally"),
        (LESSON, "Words before", "Words&amp;nbsp;before", "'&nbsp;' would be shown"),
        (LESSON, "Words before", "Words ** before", "'**' would be shown"),
        (LESSON, "Words before", "\\\\frac before", "'\\\\frac' would be shown"),
        (LESSON, "Two bars: the upper one is longer than the other.", "Bars.", "not only name it"),
        (
            LESSON,
            '"Bars with $x$."',
            '"Two bars: the upper one is longer than the other."',
            "repeats its caption",
        ),
        (LESSON, "[links](https://example.org/)", "[links](#nowhere)", "section '#nowhere'"),
        (
            LESSON,
            "[links](https://example.org/)",
            "[links](/nowhere/)",
            "'/nowhere/' does not exist",
        ),
        (
            LESSON,
            "[links](https://example.org/)",
            "[links](/courses/tiny/page-2/)",
            "names no lesson",
        ),
        (
            LESSON,
            "[links](https://example.org/)",
            "[links](/courses/tiny/page-1/#lost)",
            "The section '/courses/tiny/page-1/#lost' does not exist",
        ),
        (LESSON, "[links](https://example.org/)", "[links](/courses/huge/)", "names no course"),
        (
            LESSON,
            "[links](https://example.org/)",
            "[links](https://example)",
            "not a valid address",
        ),
        (LESSON, "https://example.org/1953", "https://example/1953", "This is not a valid address"),
        (
            LESSON,
            "Words before",
            "Nobody and others (1953) put words before",
            "Nobody (1953) is cited",
        ),
        (
            LESSON,
            "By [links](https://example.org/).",
            "",
            "The section 'How one is misled' is empty",
        ),
        (QUIZ, "Which one now?", '"[](https://example.org/)"', "A part of it would be empty"),
        (PATH, "text: |\n  ## What it is\n\n  A path.\n", "", "The path's page would be empty"),
        (READING, "fits: [tiny]", "fits: [huge]", "There is no course or lesson huge"),
        (READING, "fits:", "url: 'https://example/', fits:", "This is not a valid address"),
    ],
)
def test_each_fault_is_marked_with_its_file(
    sound: Material, path: str, old: str, new: str, reason: str
) -> None:
    """One fault gives one kind of mark, in the file where it stands."""
    sound.replace(path, old, new)

    found = marks(sound)

    assert any(reason in mark for mark in found), found
    assert {mark.split(":")[0] for mark in found} == {f"content/{path}"}


def test_a_figure_that_nothing_shows_is_marked(sound: Material) -> None:
    """Left over in the folder, in one theme or both."""
    sound.write("courses/tiny/01-page-1/figures/gone.light.svg", "<svg/>")

    assert marks(sound) == [f"content/{LESSON}:2: figures/gone.light.svg is not shown anywhere."]


def test_a_sentence_that_stands_twice_is_marked(sound: Material) -> None:
    """In two lessons or in a lesson and its quiz; formulas and code count as words."""
    sentence = "One sentence of nine or more words stands here"
    sound.replace(LESSON, "Words before", f"{sentence} with $x$. Words before")
    sound.replace(QUIZ, "As said.", f"{sentence} with $y$.")
    assert marks(sound) == []

    sound.replace(QUIZ, "$y$", "$x$")

    [mark] = marks(sound)
    assert mark.startswith(f"content/{QUIZ}:")
    assert f"The same sentence appears in content/{LESSON}:" in mark


def test_a_poor_quiz_is_marked(sound: Material) -> None:
    """Five questions of three kinds are the least."""
    quiz = sound.root / QUIZ
    quiz.write_text(quiz.read_text().replace(FIFTH, ""))

    [mark] = marks(sound)

    assert "at least 5 questions of 3 kinds; here are 4 of 4" in mark


def test_a_course_without_lessons_a_lesson_without_quiz_or_sources(sound: Material) -> None:
    """Pages that would come up empty, and claims that nobody can follow up."""
    (sound.root / QUIZ).unlink()
    text = (sound.root / LESSON).read_text()
    start, end = text.index("sources:"), text.index("---", 4)
    (sound.root / LESSON).write_text(text[:start] + "sources: []\n" + text[end:])
    sound.course("empty", lessons=0)

    found = " ".join(marks(sound))

    assert "The lesson has no quiz." in found
    assert "The lesson names no source." in found
    assert "The course would have no lesson." in found


def test_a_number_of_other_things_is_no_count_of_ours(sound: Material) -> None:
    """Rows, people and years may be counted in the text."""
    sound.replace(LESSON, "Words before", "Two panels, 40 patients and six rows stand before")

    assert marks(sound) == []


def test_a_renamed_id_is_told_and_a_new_one_asked_for(sound: Material) -> None:
    """Learners' rows refer to ids, so the list of what was published is compared."""
    tree = read_tree(sound.root)
    assert identity_problems(sound.root, tree) == []

    sound.replace(QUIZ, "id: steps", "id: stairs")
    found = identity_problems(sound.root, read_tree(sound.root))

    gone, new = sorted(found, key=lambda problem: "not in it yet" in problem.reason)
    assert "'tiny/page-1 question steps' was published and is gone" in gone.reason
    assert "tiny/page-1 question stairs" in new.reason
    record_identities(sound.root, read_tree(sound.root))
    [gone] = identity_problems(sound.root, read_tree(sound.root))
    assert "steps" in gone.reason


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("[tiny/01-page-1]", "[]", "'Bars' is taught nowhere."),
        ("tiny/01-page-1", "tiny/02-page-2", "'Bars': there is no 'tiny/02-page-2'."),
        ("id: toys", "id: bars", "The id 'bars' appears twice."),
    ],
)
def test_a_line_of_the_subject_is_taught_somewhere(
    sound: Material, old: str, new: str, reason: str
) -> None:
    """A line without a place, at a place that is none, or with an id taken already."""
    line = sound.replace("subject.yaml", old, new)
    subject = read_subject(sound.root)
    assert subject is not None

    [found] = coverage_problems(subject, read_tree(sound.root))

    assert found.reason == reason
    assert found.line in {line, line + 1}


def test_a_subject_of_another_shape_is_refused(sound: Material) -> None:
    """The file has a schema like all others."""
    sound.replace("subject.yaml", "words:", "word:")

    with pytest.raises(InvalidContentError, match="'words' is a required property"):
        read_subject(sound.root)


def test_the_page_links_each_line_to_its_places(sound: Material) -> None:
    """The table names lessons and exercises, and its numbers are counted."""
    subject = read_subject(sound.root)
    assert subject is not None

    page = coverage_page(subject, read_tree(sound.root))

    assert "| Bars | [Page 1](../../content/courses/tiny/01-page-1/lesson.md) |" in page
    assert "[The toy exercise](../../content/exercises/toy/exercise.yaml) (exercise)" in page
    assert "2 lines in 1 parts" in page
    assert "(1 of 1 in all)" in page


def test_the_command_finds_a_stale_page_and_writes_it(sound: Material) -> None:
    """`check_content` fails until `--write` was run, and again when a title changes."""
    sound.replace(LESSON, "## Method", f"{TASK}\n## Method")
    with pytest.raises(CommandError, match="The page is stale"):
        call_command("check_content", str(sound.root))

    (sound.root.parent / "docs/features").mkdir(parents=True)
    call_command("check_content", str(sound.root), "--write")
    call_command("check_content", str(sound.root))

    sound.replace(LESSON, "title: Page 1", "title: Page One")
    with pytest.raises(CommandError, match="The page is stale"):
        call_command("check_content", str(sound.root))


def test_a_misspelt_word_is_found_and_a_word_of_the_list_is_known(sound: Material) -> None:
    """Hunspell knows English, words.txt the rest; code and other languages are left alone."""
    sound.write("words.txt", "# names\nShapley\nnobodys\n")
    sound.replace(QUIZ, "$r$ight", "right")
    sound.replace(LESSON, "Words before", "Wrods of Shapley's before `tpyo` and $tpyo$")

    found = [str(problem) for problem in spelling_problems(sound.root, read_tree(sound.root))]

    assert len(found) == 2
    assert found[0].startswith(f"content/{LESSON}:")
    assert "'Wrods' is misspelt" in found[0]
    assert found[1] == "content/words.txt:3: 'nobodys' is not used anywhere: remove it."
    with pytest.raises(CommandError, match="'Wrods' is misspelt"):
        call_command("check_spelling", str(sound.root))
