"""From ids to messages: what a stored report shows its learner, for page and API alike.

Nothing here computes; a report that an older grader wrote is still shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from courses.catalogue.models import ORIGINAL_LANGUAGE
from courses.catalogue.translations import language_shown
from exercises.catalogue.awaited_models import awaited_models
from exercises.catalogue.translations import ORIGINAL, Words
from exercises.models import State
from grader.family_texts import FAMILIES, with_nouns
from grader.messages import MESSAGES
from grader.sandbox.job import MIB, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exercises.catalogue.translations import ExerciseTranslation
    from exercises.models import Submission

OR = " or "
"""Between the names of mistakes that an answer does not tell apart."""
NOTHING = Words("")
AUTHORS_WORDS = ("text", "message")
"""Facts that may be a whole message: what the exercise's author says of a criterion or mistake."""


@dataclass(frozen=True)
class CriterionFeedback:
    """The result of one criterion."""

    id: str
    title: Words
    points: float
    max_points: float
    passed: bool
    message: Words
    figures: Mapping[str, float]


@dataclass(frozen=True)
class MisconceptionFeedback:
    """The misconception that the outputs match.

    Attributes:
        id: several ids, joined by ``|``, when the outputs do not tell them apart.
        title: the misconception as a noun phrase; empty where none is named.
        message: what happened, in the author's words where it is said plainly.
        certainty: ``match`` is said plainly, ``resembles`` is hedged, ``unknown`` names none.
        question: something that the learner can check.
        output: the output that shows it.
    """

    id: str
    title: Words
    message: Words
    certainty: str
    question: Words
    output: str = ""


@dataclass(frozen=True)
class ErrorFeedback:
    """Where and how the learner's code failed; `cell` counts code cells from 0."""

    cell: int | None
    name: str
    message: str
    line: int | None
    traceback: str


@dataclass(frozen=True)
class Feedback:
    """Everything that a finished submission shows."""

    headline: str
    explanation: str
    criteria: tuple[CriterionFeedback, ...]
    misconception: MisconceptionFeedback | None
    error: ErrorFeedback | None
    further: tuple[MisconceptionFeedback, ...] = ()
    """The misconceptions of further outputs."""
    title: Words = NOTHING
    """What the page says first: the diagnosis, or how the submission ended."""


def feedback_for(submission: Submission, translation: ExerciseTranslation = ORIGINAL) -> Feedback:
    """Return what a submission shows; little while it is queued.

    Args:
        submission: with its report.
        translation: of its exercise, whose author's words a report repeats.
    """
    report: dict[str, Any] = submission.report or {}
    lines = report.get("criteria", ())
    diagnosis = report.get("misconception")
    others = diagnosis.get("others", ()) if diagnosis else ()
    headline = _headline(submission)
    misconception = _misconception(diagnosis, translation) if diagnosis else None
    return Feedback(
        headline=headline,
        explanation=_awaited(submission)
        or explanation_of(submission.verdict, report.get("limit"), report.get("peak")),
        criteria=tuple(_criterion(line, lines, translation) for line in lines),
        misconception=misconception,
        error=_error(report.get("error")),
        further=tuple(_misconception(each, translation) for each in others),
        title=misconception.message if misconception and not submission.passed else Words(headline),
    )


def notes_for_reviewer(submission: Submission) -> tuple[tuple[str, str], ...]:
    """Return what the checks passed but want a person to look at: title of the check and note."""
    report: dict[str, Any] = submission.report or {}
    return tuple(
        (line["title"], str(line.get("facts", {}).get("text", "")))
        for line in report.get("criteria", ())
        if line["message_id"] == "criterion.passed_note"
    )


def _headline(submission: Submission) -> str:
    if submission.state == State.FAILED:
        return _("Something went wrong on our side")
    if submission.state != State.GRADED:
        return ""
    if submission.passed:
        return _("Passed")
    return {
        Verdict.RUNTIME_ERROR: _("Your notebook stopped with an error"),
        Verdict.TIME_LIMIT: _("Your notebook ran out of time"),
        Verdict.MEMORY_LIMIT: _("Your notebook ran out of memory"),
        Verdict.OUTPUT_LIMIT: _("Your notebook printed too much"),
        Verdict.BAD_OUTPUT: _("An output doesn't match its declaration"),
    }.get(Verdict(submission.verdict), _("Not yet passed"))


def _awaited(submission: Submission) -> str:
    """Return which models a submission could not be graded without; empty when all are there."""
    if submission.state != State.FAILED:
        return ""
    names = awaited_models(submission.exercise.description)
    if not names:
        return ""
    return _(
        "This exercise opens a real network that isn't on this site's machine yet: %(names)s."
        " It is being fetched in the background. This attempt doesn't count; please submit again"
        " once it has arrived."
    ) % {"names": ", ".join(names)}


def explanation_of(verdict: str, limit: float | None, peak: float | None) -> str:
    """Return which limit ended a run, and how far it went; empty when none did."""
    facts = {"limit": _amount(verdict, limit), "peak": _amount(verdict, peak)}
    if verdict == Verdict.INTERNAL_ERROR:
        return _("Grading failed on our side. This attempt doesn't count; please submit again.")
    if limit is None:
        return ""
    if verdict == Verdict.TIME_LIMIT:
        return _("The time limit is %(limit)s. Your run was stopped after %(peak)s.") % facts
    if verdict == Verdict.MEMORY_LIMIT:
        return _("The memory limit is %(limit)s. Your run reached %(peak)s.") % facts
    if verdict == Verdict.OUTPUT_LIMIT:
        return _("The output limit is %(limit)s. Your run was stopped at %(peak)s.") % facts
    return ""


def _amount(verdict: str, amount: float | None) -> str:
    """Seconds for time, bytes otherwise: in the unit that one would say."""
    if amount is None:
        return _("an unknown amount")
    if verdict == Verdict.TIME_LIMIT:
        return _("%(seconds)s seconds") % {"seconds": f"{amount:.3g}"}
    return _("%(mib)s MiB") % {"mib": f"{amount / MIB:.3g}"}


def _criterion(
    line: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], translation: ExerciseTranslation
) -> CriterionFeedback:
    facts = dict(line.get("facts", {}))
    if line["message_id"] == "criterion.failed_text":
        facts["text"] = translation.words(
            str(facts.get("text", "")), "criteria", line["id"], "failed"
        )
    elif "text" in facts:
        facts["text"] = translation.original(str(facts["text"]))
    if line["message_id"] == "criterion.requires":
        above = next((one["id"] for one in lines if one["title"] == facts.get("title")), "")
        facts["title"] = translation.words(str(facts.get("title", "")), "criteria", above, "title")
    return CriterionFeedback(
        id=line["id"],
        title=translation.words(line["title"], "criteria", line["id"], "title"),
        points=line["points"],
        max_points=line["max_points"],
        passed=line["passed"],
        message=say(line["message_id"], facts),
        figures=line.get("figures", {}),
    )


def _misconception(
    diagnosis: Mapping[str, Any], translation: ExerciseTranslation
) -> MisconceptionFeedback:
    facts = {**diagnosis.get("facts", {}), **_words_of_mistake(diagnosis, translation)}
    return MisconceptionFeedback(
        id="|".join(diagnosis["ids"]),
        title=facts["mistake"],
        message=say(diagnosis["message_id"], facts),
        certainty=diagnosis["certainty"],
        question=facts["question"],
        output=str(diagnosis.get("output", "")),
    )


def _words_of_mistake(
    diagnosis: Mapping[str, Any], translation: ExerciseTranslation
) -> dict[str, Words]:
    """The facts that are words: translated if the exercise's author names each of the ids."""
    ids, facts = diagnosis["ids"], diagnosis.get("facts", {})
    titles = [translation.words("", "misconceptions", each, "title") for each in ids]
    texts = {name: str(facts.get(name, "")) for name in ("mistake", "message", "question")}
    if not titles or not all(titles):
        ready = _family_words(ids, facts)
        return {
            name: Words(ready[name]) if name in ready else translation.original(text)
            for name, text in texts.items()
        }
    named = titles[0]
    for title in titles[1:]:
        named = Words(_("%(one)s or %(other)s") % {"one": named, "other": title})
    first = {
        part: translation.words(texts[part], "misconceptions", ids[0], part)
        for part in ("message", "question")
    }
    return {**first, "mistake": named}


def _error(error: Mapping[str, Any] | None) -> ErrorFeedback | None:
    if error is None:
        return None
    return ErrorFeedback(
        cell=error["cell"],
        name=error["name"],
        message=error["message"],
        line=error.get("line"),
        traceback=error.get("traceback", ""),
    )


def say(message_id: str, facts: Mapping[str, Any]) -> Words:
    """The message in the reader's language; an id of an older grader is shown as it is."""
    template = MESSAGES.get(message_id)
    if template is None:
        return Words(message_id)
    shown = _(template)
    whole = next((name for name in AUTHORS_WORDS if template == f"{{{name}}}"), None)
    if whole is not None:
        language = getattr(facts.get(whole), "language", "")
    else:
        is_original = shown == template and language_shown() != ORIGINAL_LANGUAGE
        language = ORIGINAL_LANGUAGE if is_original else ""
    return Words(shown.format_map(_Facts(_translated(facts))), language)


def _translated(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with what entries of axes are called in the reader's language."""
    return {key: _(str(facts[key])) for key in ("axis", "rows") if facts.get(key)} | {
        key: value for key, value in facts.items() if key not in {"axis", "rows"}
    }


def _family_words(ids: Sequence[str], facts: Mapping[str, Any]) -> dict[str, str]:
    """The ready-made words of a family in the reader's language, by fact; none are left out.

    An author's own words, and those that an older grader wrote, are not among them.
    """
    if "rows" not in facts or "columns" not in facts:
        return {}
    nouns = str(facts["rows"]), str(facts["columns"])

    def told(text: str, part: int) -> str:
        for each in ids:
            ready = FAMILIES.get(each, ("", "", ""))[part]
            if ready and text == with_nouns(ready, *nouns):
                return with_nouns(_(ready), *map(_, nouns))
        return ""

    named = str(facts.get("mistake", ""))
    titles = [told(title, 0) for title in (named.split(OR) if len(ids) > 1 else [named])]
    words = {
        "mistake": _(" or ").join(titles) if all(titles) else "",
        "message": told(str(facts.get("message", "")), 1),
        "question": told(str(facts.get("question", "")), 2),
    }
    return {name: text for name, text in words.items() if text}


class _Facts(dict[str, Any]):
    """Facts of a message; what an older grader did not write is left out."""

    def __missing__(self, name: str) -> str:
        return ""
