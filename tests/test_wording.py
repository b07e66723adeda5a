"""Retired words stay out of the interface, the code and the documentation.

A second word for the same thing is a defect, and so is a metaphor where the field has a term. Each
entry of `RETIRED` is what must not return, with the term to use instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from config.environment import BASE_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGES = ("bench", "classes", "config", "courses", "exercises", "grader")
AREAS = ("templates", "messages", *PACKAGES, "docs")
INTERFACE = ("templates", "messages", "config", "courses", "exercises", "grader")


@dataclass(frozen=True)
class Retired:
    """A word or sentence that must not return.

    Attributes:
        pattern: a regular expression; a space in it is any white space, also across the
            lines of a comment or a message. Case counts.
        instead: the term to use.
        areas: where it is looked for.
    """

    pattern: str
    instead: str
    areas: tuple[str, ...] = AREAS

    def find(self, text: str) -> Iterator[re.Match[str]]:
        """Return each place in `text` where it stands."""
        return re.compile(self.pattern.replace(" ", r"[\s#\"]+")).finditer(text)


def sentence(pattern: str, instead: str) -> Retired:
    """Return an entry for a text that a learner, an author or an operator would read."""
    return Retired(pattern, instead, INTERFACE)


RETIRED = (
    # --- terms of code and documentation ------------------------------------------------------
    Retired(r"(?<!by\s)(?<!other\s)\b[Hh]and(s|ing)? in\b", "submit"),
    Retired(r"\b[Hh]anded(?: \w+){0,2} in\b", "submitted"),
    Retired(r"\b[Hh]and (?:it|them|this|the notebook|a notebook) in\b", "submit"),
    Retired(r"\bhand(?:ed)?_in\b", "submit, submitted"),
    Retired(r"\b[Nn]udg(?:e|es|ed|ing|ed_at)\b", "notification, notified_at"),
    Retired(r"\b[Ww]ardens?\b|\b_keep_watch\b", "supervisor, reaper"),
    Retired(r"\b[Kk]eepers?\b", "supervisor, reaper, cleanup process"),
    Retired(r"\bHeart\b|\bheart(?:\.py\b| import\b)|\.heart\b", "heartbeat"),
    Retired(r"\b(?<!back\s)(?<!next\s)[Dd]oors?\b", "entry point, task"),
    Retired(r"\b[Mm]end(?:s|ed|ing)?\b", "fix"),
    Retired(r"\b[Rr]emed(?:y|ies)\b", "fix"),
    Retired(r"\bdear(?:er|est|ly)?\b", "expensive"),
    Retired(r"\b[Tt]he row is the truth\b", "the database is the source of truth"),
    Retired(
        r"\b(?:our|our own) fault\b|\b(?:faults?|failures?) of ours\b|\bOurFault\b",
        "platform error",
    ),
    Retired(r"\blearner's faults?\b|\bLearnerFault\b", "learner error"),
    Retired(r"\b[Tt]he story of (?:one|a) grading\b", "the grading pipeline"),
    Retired(r"\b[Hh]onest (?:work|rejected|failed|forms?|notebooks?)\b", "correct"),
    Retired(
        r"\bWalls?Sandbox\b|\b(?:without|behind|inside|its|such) walls\b|\bsandbox[./]walls\b",
        "sandbox, isolation",
    ),
    Retired(r"\bConductor\b|\bsandbox[./]conduct\b|\bimport conduct\b", "run monitor"),
    Retired(r"\b(?:process's|its|their) last words\b|\blast_words\b", "stderr tail"),
    Retired(r"\b_be_process_one\b", "run as init (PID 1)"),
    Retired(r"\blay_over\w*|\b[Ll]aid over\b|\b[Ll]ays? (?:it|them) over\b", "apply_translations"),
    Retired(r"\bPATIENT\b", "what it does, as LOW_PRIORITY"),
    Retired(r"\btest_house\b", "test_architecture"),
    Retired(
        r"\b(?:packages|rooms) on (?:three|four) floors\b|\bPython rooms\b|'s floors\b",
        "packages in layers",
    ),
    Retired(r"\bas (?:many|much|often)(?: \w+){0,2} as one likes\b", "any number of"),
    Retired(r"\bdebris\b", "leftover markup"),
    Retired(r"\bemptiness\b", "empty sections"),
    Retired(r"\b[Ww]hat stands there\b", "contents"),
    Retired(r"\b[Ss]ay so if it\b", "please open an issue"),
    Retired(r"\bplays? (?:one|a) learner through\b", "run a scripted learner"),
    # --- sentences of the interface -----------------------------------------------------------
    Retired(r"\b[Ee]-mails?\b", "email", ("templates", "messages")),
    sentence(r"\bMail me (?:when|if)\b", "Email me when"),
    sentence(r"\b(?:when|until) it is marked\b", "when it's graded"),
    sentence(r"\bWhat (?:was|is) marked\b", "Results by criterion, Grading criteria"),
    sentence(r"\bMarking failed\b|\bbeing marked\b", "Grading failed, being graded"),
    sentence(r"\bThis is marked once\b", "Graded after ... passes"),
    sentence(r"\bAs it should be\.", "Correct."),
    sentence(
        r"\bis not what the task (?:asks for|declares)\b", "doesn't match the expected values"
    ),
    sentence(r"\bare not those of the task\b", "differ from the ones in the task"),
    sentence(r"\bholds one and the same value\b", "is still the placeholder"),
    sentence(r"\bdoes not follow from your own\b", "is inconsistent with your other outputs"),
    sentence(r"\bIt is none of the mistakes\b", "We don't recognise this mistake"),
    sentence(r"\bNot there yet\b", "Not yet passed"),
    sentence(r"\bhints? that (?:is|are) open\b", "See your hints"),
    sentence(r"\bwhere it should lie\b|\bwithin (?:their|its) bands?\b", "expected range"),
    sentence(r"\b(?:has|have) another sign\b|\banother sign than\b", "wrong sign"),
    sentence(r"\bThe same as a table\b", "Show as table"),
    sentence(r"\bmust leave behind\b|\bvariables behind\b", "Required variables"),
    sentence(r"\bA run may (?:take|use|print)\b", "Time limit"),
    sentence(r"\bYour notebook, as it ran\b", "Executed notebook"),
    sentence(r"\b(?:Take|take) this course\b", "Start course"),
    sentence(r"\bBegin with the first\b", "Start learning"),
    sentence(r"\bGo on (?:learning|where)\b", "Continue learning"),
    sentence(r"\band their relatives\b", "and related methods"),
    sentence(r"\b[Ss]how that you can\b", "prove it"),
    sentence(r"\bFor whom\b", "Who it's for"),
    sentence(r"\bTime in all\b", "Total time"),
    sentence(r"\bWhat to read besides\b", "Further reading"),
    sentence(r"\bNo course fits\b", "No courses match"),
    sentence(r"\bWhat you can do afterwards\b", "What you'll learn"),
    sentence(r"\bHow do you find this course\b", "Rate this course"),
    sentence(r"\bno longer (?:taught|offered)\b", "retired"),
    sentence(r"\bHow one is misled\b", "Common pitfalls"),
    sentence(r"\bMark as read and go on\b", "Mark complete and continue"),
    sentence(r"\b[Rr]ightly left out\b|\bYour choice, not right\b", "Correctly left unselected"),
    sentence(r"\bis no choice here\b", "is not one of the options"),
    sentence(r"\bhas no such question\b", "Unknown question id"),
    sentence(
        r"\b[Aa]s the browser (?:asks|says)\b|\bwhat the browser asks for\b", "Use browser language"
    ),
    sentence(r"\bAs it shall stand\b", "Shown on your certificates"),
    sentence(r"\bTake the token away\b|\bMake a new token\b", "Revoke token, Generate token"),
    sentence(r"\bErase my account\b|\baccount is erased\b", "Delete my account"),
    sentence(r"\bHave you an account\b", "Already have an account?"),
    sentence(r"\bunwanted mail\b", "spam"),
    sentence(r"\bkeeps the name private\b", "Name withheld by the holder"),
    sentence(r"\bWithhold my name\b", "Hide my name"),
    sentence(r"\bin a line what you ask\b", "Add a title"),
    sentence(r"\b[Tt]ells a solution\b", "Spoiler"),
    sentence(r"\bTell the staff\b|\bSomebody will look at it\b", "Report to moderators"),
    sentence(r"\bmany posts for an hour\b", "You're posting too fast"),
    sentence(r"\bsomeone who has left\b", "deleted user"),
    sentence(r"\bKeep this review\b|\breview is kept\b", "Submit review"),
    sentence(r"\bthen read by a person\b", "includes a human review"),
    sentence(r"\bNothing waits\b", "No projects waiting"),
    sentence(
        r"\bSomebody has read attempt\b|\bRead by a reviewer\b", "Your project has been reviewed"
    ),
    sentence(r"\bNot yours to see\b", "You don't have access"),
    sentence(r"\bnot your doing\b|\bSomething broke on our side\b", "It's not your fault"),
    sentence(r"\ba letter of the address\b", "check the address for typos"),
    sentence(r"\bGo to the first page\b", "Go to the home page"),
    sentence(r"\btakes nothing\b", "not accepting jobs"),
    sentence(r"\bNo certificate waits for that\b", "Projects aren't required for the certificate"),
    sentence(r"\bdo not belong together\b", "Incorrect email or password."),
    sentence(r"\bholds something that cannot be accepted\b", "Invalid request."),
)
"""Two sentences of a quiz are prescribed and stay: they are in no entry."""


def english(catalogue: str) -> str:
    """Return the English messages of a gettext catalogue: everything that is not a translation."""
    kept, translating = [], False
    for line in catalogue.splitlines():
        if line.startswith("msg"):
            translating = line.startswith("msgstr")
        elif not line.startswith('"'):
            translating = False
        kept.append("" if translating or line.startswith("#") else line)
    return "\n".join(kept)


def sources(area: str) -> Iterator[tuple[Path, str]]:
    """Return the files of an area with their text."""
    if area == "templates":
        for path in sorted((BASE_DIR / "templates").rglob("*.*")):
            yield path, path.read_text()
    elif area == "messages":
        for path in sorted(BASE_DIR.glob("*/locale/**/*.po")):
            yield path, english(path.read_text())
    elif area == "docs":
        for path in sorted([*BASE_DIR.glob("*.md"), *(BASE_DIR / "docs").rglob("*.md")]):
            yield path, path.read_text()
    else:
        for path in sorted((BASE_DIR / area).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text()


@pytest.mark.parametrize("area", AREAS)
def test_no_retired_word_returns(area: str) -> None:
    """No file of the area holds a retired word or sentence; each finding names the term to use."""
    entries = [entry for entry in RETIRED if area in entry.areas]

    found = [
        f"{path.relative_to(BASE_DIR)}:{text.count(chr(10), 0, match.start()) + 1}: "
        f"{' '.join(match.group().split())!r} is {entry.instead!r}"
        for path, text in sources(area)
        for entry in entries
        for match in entry.find(text)
    ]

    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "wrong",
    [
        "Hand in",
        "what was handed in so far",
        "hand the notebook in again",
        "hand_in(learner)",
        "a message is only a nudge",
        "from exercises.heart import Heart",
        "by another door",
        "what mends it",
        "cache what is dear",
        "The row\n# is the truth.",
        "a failure of ours",
        "Take the token away",
        "as the browser asks",
        "lay_over_parts(parts)",
        "as many workers as one likes",
    ],
)
def test_a_retired_word_is_found(wrong: str) -> None:
    """Each form of a retired word is found, across the lines of a comment too."""
    assert any(list(entry.find(wrong)) for entry in RETIRED)


@pytest.mark.parametrize(
    "right",
    [
        "Shapley values by hand in the lesson",
        "on the other hand in text models",
        "a heartbeat renews the lease",
        "wall_seconds and wall time",
        "math.floor(low / step)",
        "We recommend it. Amend the commit.",
        "Dear Ada,",
        "an honest answer to a hard question",
        "You missed! Try again.",
        "You are right! Congratulations, now go to the next page.",
        "a row of the table",
        "tamper with the outdoors data set",
    ],
)
def test_ordinary_sentences_are_free(right: str) -> None:
    """Words that only resemble a retired one are not reported."""
    assert [match.group() for entry in RETIRED for match in entry.find(right)] == []


def test_translations_are_not_read() -> None:
    """Of a message file only the English messages are read, however many lines they take."""
    catalogue = (
        'msgid ""\n"Hand "\n"over"\nmsgstr ""\n"dear"\n\n#: nudge.py\nmsgid "Next"\nmsgstr "mend"\n'
    )

    read = english(catalogue)

    assert "Hand" in read
    assert "Next" in read
    assert not re.search("dear|nudge|mend", read)
