"""Whether a quiz can be passed by test-wisdom alone: what the choices give away by their form.

Somebody who knows nothing of the subject picks the longest choice, the one that says "may" or
"usually", and two boxes where two were right the last time. Over a course, none of this may help.
A single question proves nothing, so all limits are on a course in one language.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final

from courses.markup.cleaning import plain_text
from courses.markup.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from courses.authoring.content_files import QuizFile, Tree
    from courses.quizzes.questions import Question

LONGEST_KEYS: Final = (0.1, 0.35)
"""Least and greatest share of single-choice questions whose key is the longest choice, ties
included. A key that is never the longest gives one choice away, too."""
RATIO: Final = (0.8, 1.25)
"""Of the key's length to the median length of the question's distractors; its median."""
MOST_OF_ONE_PLACE: Final = 0.5
"""Share of keys at one place when choices are ordered by length: second longest, say."""
MOST_HEDGING_DIFFERENCE: Final = 0.05
"""Between the shares of keys and of distractors that hedge."""
LEAST_QUESTIONS: Final = 8
"""With fewer questions of a kind a share says nothing and is not judged."""
MOST_OF_ONE_NUMBER: Final = 0.5
"""Share of multiple-choice questions that have the same number of right choices."""

_HEDGES: Final = {
    "en": (
        r"may|might|can|could|often|usually|sometimes|generally|typically|mostly|mainly|largely"
        r"|probably|perhaps|possibly|likely|tends?|partly|roughly|in general|as a rule|hardly"
    ),
    "fr": (
        r"peut|peuvent|pourrai(?:t|ent)|souvent|parfois|généralement|en général|habituellement"
        r"|principalement|surtout|probablement|peut-être|sans doute|plutôt|à peine|guère|presque"
    ),
}
_HEDGE: Final = {
    language: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for language, words in _HEDGES.items()
}


@dataclass
class Statistics:
    """What was counted in the quizzes of one course in one language.

    Attributes:
        file: that a problem is reported in.
        single: the number of single-choice questions.
        longest: in how many of them the key is the longest choice, ties included.
        places: how many keys are the longest choice (1), the second longest (2), and so on.
        ratios: of the key's length to the median of its distractors, one a question.
        keys: for each right choice of a single or multiple question, whether it hedges; empty in
            languages whose hedges are not known.
        distractors: wrong ones, likewise.
        right: how many multiple-choice questions have each number of right choices.
        all_right: multiple-choice questions in which every choice is right.
    """

    course: str
    language: str
    file: str
    single: int = 0
    longest: int = 0
    places: Counter[int] = field(default_factory=Counter)
    ratios: list[float] = field(default_factory=list)
    keys: list[bool] = field(default_factory=list)
    distractors: list[bool] = field(default_factory=list)
    right: Counter[int] = field(default_factory=Counter)
    all_right: int = 0

    @property
    def share_longest(self) -> float:
        """Return the share of single-choice questions in which the key is the longest choice."""
        return self.longest / max(1, self.single)

    @property
    def ratio(self) -> float:
        """Return the median ratio of lengths; 1 where there is none."""
        return median(self.ratios or [1.0])

    @property
    def hedging_keys(self) -> float:
        """Return the share of right choices that hedge."""
        return sum(self.keys) / max(1, len(self.keys))

    @property
    def hedging_distractors(self) -> float:
        """Return the share of wrong choices that hedge."""
        return sum(self.distractors) / max(1, len(self.distractors))

    def count(self, questions: Iterable[Question]) -> None:
        """Count the questions of a quiz."""
        hedge = _HEDGE.get(self.language[:2])
        for question in questions:
            right = [plain_text(one.html) for one in question.choices if one.correct]
            wrong = [plain_text(one.html) for one in question.choices if not one.correct]
            if hedge is not None:
                self.keys += [bool(hedge.search(text)) for text in right]
                self.distractors += [bool(hedge.search(text)) for text in wrong]
            if question.kind == "single":
                key, lengths = len(right[0]), [len(text) for text in wrong]
                self.single += 1
                self.longest += key >= max(lengths)
                self.places[1 + sum(length > key for length in lengths)] += 1
                self.ratios.append(key / median(lengths))
            elif question.kind == "multiple":
                self.right[len(right)] += 1
                self.all_right += not wrong

    def faults(self) -> Iterator[str]:
        """Say what gives the keys away."""
        if self.single >= LEAST_QUESTIONS:
            least, most = LONGEST_KEYS
            if not least <= self.share_longest <= most:
                yield (
                    f"The right choice is the longest in {self.longest} of {self.single} "
                    f"single-choice questions; the share must lie from {least:.0%} to {most:.0%}."
                )
            place, often = self.places.most_common(1)[0]
            if often / self.single > MOST_OF_ONE_PLACE:
                yield (
                    f"Of {self.single} right choices {often} are at place {place} by length: at "
                    f"most {MOST_OF_ONE_PLACE:.0%} may be."
                )
            low, high = RATIO
            if not low <= self.ratio <= high:
                yield (
                    f"Right choices have {self.ratio:.2f} times the length of wrong ones; "
                    f"the median must lie from {low} to {high}."
                )
        if min(len(self.keys), len(self.distractors)) >= LEAST_QUESTIONS:
            difference = self.hedging_keys - self.hedging_distractors
            if abs(difference) > MOST_HEDGING_DIFFERENCE:
                yield (
                    f"{self.hedging_keys:.0%} of the right choices hedge (may, often, ...) and "
                    f"{self.hedging_distractors:.0%} of the wrong ones: the shares must be alike."
                )
        yield from self._numbers_of_right_choices()

    def _numbers_of_right_choices(self) -> Iterator[str]:
        if self.right.total() < LEAST_QUESTIONS:
            return
        number, often = self.right.most_common(1)[0]
        if often / self.right.total() > MOST_OF_ONE_NUMBER:
            yield (
                f"{often} of {self.right.total()} multiple-choice questions have {number} right "
                "choices: the number gives them away."
            )
        if not self.right[1] or not self.all_right:
            yield "Among the multiple-choice questions, one right choice and all must occur."


def question_statistics(tree: Tree) -> list[Statistics]:
    """Return what is counted in each course, in each language that its quizzes are in."""
    found: dict[tuple[str, str], Statistics] = {}
    for course, quiz in _quizzes(tree):
        file = quiz.document.file.split(f"/{course}/")[0] + f"/{course}/course.yaml"
        key = (course, quiz.language)
        found.setdefault(key, Statistics(*key, file)).count(quiz.questions())
    return list(found.values())


def question_problems(tree: Tree) -> list[Problem]:
    """Return the courses whose questions can be answered by their form."""
    return [
        Problem(one.file, 1, reason) for one in question_statistics(tree) for reason in one.faults()
    ]


def question_table(tree: Tree) -> str:
    """Return the statistics as a table in Markdown."""
    head = (
        "| course | language | single | key longest | by length | key / distractors | hedging keys "
        "| hedging distractors | multiple: right choices |"
    )
    lines = [head, "|---|---|--:|--:|---|--:|--:|--:|---|"]
    lines += [
        f"| {one.course} | {one.language} | {one.single} "
        f"| {one.longest} ({one.share_longest:.0%}) | {_counts(one.places)} | {one.ratio:.2f} "
        f"| {one.hedging_keys:.0%} "
        f"| {one.hedging_distractors:.0%} | {_counts(one.right)}; all: {one.all_right} |"
        for one in question_statistics(tree)
    ]
    return "\n".join(lines)


def _counts(counted: Counter[int]) -> str:
    return ", ".join(f"{number}: {often}" for number, often in sorted(counted.items()))


def _quizzes(tree: Tree) -> Iterator[tuple[str, QuizFile]]:
    for course in tree.courses:
        for lesson in course.lessons.values():
            if lesson.quiz is not None:
                yield course.slug, lesson.quiz
    for translation in tree.translations:
        if translation.lesson is not None and translation.lesson.quiz is not None:
            course_slug = translation.subject.removeprefix("lesson:").partition("/")[0]
            yield course_slug, translation.lesson.quiz
