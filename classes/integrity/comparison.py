"""Compare the submissions of a class for one exercise with each other and with earlier terms."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

from django.utils import timezone

from classes.integrity.fingerprints import code_of, fingerprints, rare
from classes.models import Class, Member, Similarity
from exercises.catalogue.folders import starter_notebook
from exercises.models import State, Submission
from exercises.submissions import files

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

FEWEST_SHARED: Final = 5
"""Fewer common fingerprints than this are chance."""
LEAST_SHARE: Final = 0.5
"""Pairs are listed from this share of the shorter one's own fingerprints."""
COMMON: Final = 0.3
"""What a larger share of the submissions has in common is how the task is done."""
MOST_PAIRS: Final = 100
MOST_TERMS: Final = 5
MOST_SUBMISSIONS: Final = 3000


class Pair(NamedTuple):
    """Two submissions whose code is alike.

    Attributes:
        share: of the shorter one's own fingerprints, from 0 to 1.
        shared: common fingerprints, neither in the starter nor common in the class.
    """

    first: uuid.UUID
    second: uuid.UUID
    share: float
    shared: int


def compare(klass: Class, subject: str) -> Similarity:
    """Compare the class's submissions for a part, and store the list: what a worker does.

    Looked at is each learner's last submission of this class and of those it was copied from.
    Pairs from earlier terms alone are left out.
    """
    slug = subject.partition(":")[2]
    terms = _terms(klass)
    mine = _latest(slug, [klass])
    submissions = mine | _latest(slug, terms)
    codes = {key: code_of(files.notebook(key)) for key in list(submissions)[:MOST_SUBMISSIONS]}
    pairs = alike(
        {key: fingerprints(code) for key, code in codes.items()},
        fingerprints(code_of(starter_notebook(slug))),
    )
    kept = [
        one
        for one in pairs
        if (one.first in mine or one.second in mine)
        and submissions[one.first] != submissions[one.second]
    ]
    found, _made = Similarity.objects.update_or_create(
        klass=klass,
        subject=subject,
        defaults={
            "compared": len(codes),
            "made_at": timezone.now(),
            "pairs": [
                [str(one.first), str(one.second), round(one.share, 4), one.shared]
                for one in kept[:MOST_PAIRS]
            ],
        },
    )
    return found


def alike(prints: Mapping[uuid.UUID, frozenset[int]], starter: frozenset[int]) -> list[Pair]:
    """Return the pairs that share much, most first.

    Args:
        prints: of each submission's code.
        starter: of what everybody was given.
    """
    most = max(3, int(COMMON * len(prints)))
    own = rare(prints, starter, most)
    holders: dict[int, list[uuid.UUID]] = defaultdict(list)
    for key, values in own.items():
        for one in values:
            holders[one].append(key)
    shared: Counter[tuple[uuid.UUID, uuid.UUID]] = Counter()
    for keys in holders.values():
        shared.update(combinations(sorted(keys), 2))
    pairs = [
        Pair(first, second, number / min(len(own[first]), len(own[second])), number)
        for (first, second), number in shared.items()
        if number >= FEWEST_SHARED
    ]
    listed = [one for one in pairs if one.share >= LEAST_SHARE]
    return sorted(listed, key=lambda one: (-one.share, -one.shared, one.first, one.second))


def _terms(klass: Class) -> list[Class]:
    terms: list[Class] = []
    before = klass.copied_from
    while before is not None and len(terms) < MOST_TERMS and before not in terms:
        terms.append(before)
        before = before.copied_from
    return terms


def _latest(slug: str, classes: list[Class]) -> dict[uuid.UUID, int]:
    """Return each learner's last graded submission, with the learner."""
    rows = Submission.objects.filter(
        exercise__slug=slug,
        state=State.GRADED,
        user__in=Member.objects.filter(klass__in=classes, role="learner").values("user"),
    ).order_by("user_id", "-created_at")
    latest: dict[int, uuid.UUID] = {}
    for key, user in rows.values_list("pk", "user_id"):
        latest.setdefault(user, key)
    return {key: user for user, key in latest.items()}
