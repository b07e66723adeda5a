"""The final count: what each accepted submission came to, and what is left behind."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import Now
from django.utils import timezone

from bench.chaos import campus
from bench.chaos.material import SLUGS
from courses.models import Certificate, Completion, OutgoingMail
from exercises.models import DraftRun, EditorQuestion, State, Submission, SubmissionFiles
from exercises.submissions import files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bench.chaos.editor import RunsTold

TRIGGER: Final = {
    "postgresql": (
        "CREATE TABLE chaos_ended (submission uuid, state text)",
        """CREATE FUNCTION chaos_ended_note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO chaos_ended VALUES (NEW.id, NEW.state); RETURN NEW; END $$""",
        """CREATE TRIGGER chaos_ended_note
        AFTER UPDATE OF state ON exercises_submission FOR EACH ROW
        WHEN (NEW.state IN ('graded', 'failed')) EXECUTE FUNCTION chaos_ended_note()""",
    ),
    "sqlite": (
        "CREATE TABLE chaos_ended (submission text, state text)",
        """CREATE TRIGGER chaos_ended_note
        AFTER UPDATE OF state ON exercises_submission FOR EACH ROW
        WHEN NEW.state IN ('graded', 'failed')
        BEGIN INSERT INTO chaos_ended VALUES (NEW.id, NEW.state); END""",
    ),
}


@dataclass
class Findings:
    """The final count; everything in `wrong` is a fault."""

    accepted: int = 0
    stored: int = 0
    graded: int = 0
    interrupted: int = 0
    set_aside: int = 0
    certificates: int = 0
    mails: int = 0
    mails_twice: int = 0
    runs: int = 0
    runs_closed: int = 0
    runs_done: int = 0
    runs_lost: int = 0
    runs_repeated: int = 0
    scores: int = 0
    scores_accepted: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def expect(self, what: str, offenders: list[str]) -> None:
        """Note what must not be there."""
        if offenders:
            self.wrong[what] = offenders


def note_ends() -> None:
    """Let the database itself note each end of a submission, whoever writes it."""
    with connection.cursor() as cursor:
        for statement in TRIGGER[connection.vendor]:
            cursor.execute(statement)


def pending() -> dict[str, int]:
    """Count what is still going on."""
    return {
        "submissions": Submission.objects.unfinished().count(),
        "runs": DraftRun.objects.going_on().count(),
        "mails": OutgoingMail.objects.filter(next_attempt_at__isnull=False).count(),
        "scores": campus.owed(),
    }


def wait_for_end(*, seconds: float, skip_after: float) -> dict[str, int]:
    """Wait until nothing is going on; return what still is after so many seconds.

    Waiting times that the site imposes on itself (an email whose sender was killed, a submission
    whose workers were, a run whose page was closed) are cut short after `skip_after` seconds.
    """
    started = time.monotonic()
    while any((left := pending()).values()) and time.monotonic() - started < seconds:
        if time.monotonic() - started > skip_after:
            OutgoingMail.objects.filter(next_attempt_at__gt=Now()).update(next_attempt_at=Now())
            campus.hurry()
            DraftRun.objects.going_on().update(seen_at=F("seen_at") - timedelta(seconds=60))
            Submission.objects.queued().filter(not_before__gt=Now()).update(not_before=Now())
            skip_after += 5.0
        time.sleep(0.5)
    return {name: count for name, count in left.items() if count}


def count(*, accepted: set[str], runs: RunsTold, mails: Mapping[str, int]) -> Findings:
    """Compare what the learners were told with what is there."""
    rows = {str(row.pk): row for row in Submission.objects.defer("report")}
    found = Findings(accepted=len(accepted), stored=len(rows))
    graded = {key for key, row in rows.items() if row.state == State.GRADED}
    found.graded = len(graded)
    found.interrupted = sum(row.tries > 1 for row in rows.values())
    found.set_aside = sum(row.state == State.FAILED for row in rows.values())
    found.expect("accepted and not there", sorted(accepted - set(rows)))
    found.expect("not graded", sorted(set(rows) - graded))
    found.expect("not passed", [key for key in graded if not rows[key].passed])
    ends = Counter(_ends())
    found.expect("ended twice", [key for key, times in ends.items() if times > 1])
    found.expect("attempts that do not count from 1 without a gap", _gaps())
    found.certificates = Certificate.objects.count()
    issued = Counter(Certificate.objects.values_list("user", flat=True))
    found.expect("certificates", issued_wrongly(issued))
    found.mails = sum(mails.values())
    found.mails_twice = sum(times > 1 for times in mails.values())
    found.expect("graded without an email", [key for key in graded if not mails.get(key)])
    found.expect("more than two emails", [key for key, times in mails.items() if times > 2])  # noqa: PLR2004  # once or twice
    found.runs, found.runs_closed = len(runs.asked), len(runs.closed)
    found.runs_done = runs.ends["done"]
    found.runs_lost = runs.ends["lost"] + runs.ends["missing"]
    found.runs_repeated = runs.repeated
    for what, who in runs.wrong().items():
        found.expect(what, who)
    found.expect("questions of editors left", [str(q) for q in EditorQuestion.objects.all()])
    _count_files(found)
    return found


def count_scores(found: Findings, told: Mapping[str, Any]) -> None:
    """Compare what the learning platform has accepted with what was earned."""
    earned = campus.true_scores()
    found.scores, found.scores_accepted = len(earned), len(told["history"])
    for what, who in campus.wrong(told, earned).items():
        found.expect(what, who)


def _ends() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT submission FROM chaos_ended")
        return [str(row[0]) for row in cursor.fetchall()]


def _gaps() -> list[str]:
    rows = Submission.objects.counted().values("user", "exercise").order_by()
    counted = rows.annotate(number=Count("pk"), first=Min("attempt"), last=Max("attempt"))
    return [str(row) for row in counted.filter(~Q(first=1) | ~Q(last=F("number")))]


def issued_wrongly(issued: Mapping[int, int]) -> list[str]:
    """Return who has not exactly one certificate after having completed everything, or has one.

    Args:
        issued: how many certificates each person has, by key.
    """
    completed = Completion.objects.values("user").annotate(number=Count("pk")).order_by()
    earned = {row["user"] for row in completed if row["number"] == len(SLUGS)}
    return [
        f"user {user}: {issued.get(user, 0)}"
        for user in earned | set(issued)
        if issued.get(user, 0) != (1 if user in earned else 0)
    ]


def _count_files(found: Findings) -> None:
    """Every file that a row names is there, and pruning removes every other."""
    files.delete_unnamed(now=timezone.now() + timedelta(days=3))
    place = files.storage()
    named = {
        name for row in SubmissionFiles.objects.values_list(*files.KINDS) for name in row if name
    }
    stored = set()
    for shelf in place.listdir("")[0]:
        for folder in place.listdir(shelf)[0]:
            there = place.listdir(f"{shelf}/{folder}")[1]
            stored |= {f"{shelf}/{folder}/{name}" for name in there}
    found.expect("files that are missing", sorted(named - stored))
    found.expect("files that nothing names", sorted(stored - named))


def temporary_files(folder: Path) -> list[str]:
    """Return what is left below a site's folder of files that were to be there for a moment."""
    places = [folder / "tmp", folder / "references", folder / "var"]
    files_ = [file for place in places for file in place.rglob("*") if file.is_file()]
    return [
        str(file.relative_to(folder))
        for file in files_
        if file.parts[-2] == "tmp" or file.name.startswith("tmp") or file.suffix == ".part"
    ]
