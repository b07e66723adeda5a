"""A learning platform beside the site: each learner's scores go back to it while faults strike.

The platform is the one of the tests, a process of its own that checks every message. It has a
column for each exercise and one for the course, whose score grows with each exercise passed.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import requests

from bench.chaos.material import COURSE, SLUGS
from tests.classes.lti.lms_launches import CLIENT, DEPLOYMENT, SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.classes.lti.platform_process import PlatformProcess

TARGETS: Final = (*(f"exercise:{slug}" for slug in SLUGS), f"course:{COURSE}")
NEAR: Final = 0.005
"""Scores have two decimals."""


def enrol(platform: PlatformProcess, *, site: str) -> None:
    """Register the platform with the site, with links that every learner has opened."""
    from classes.lti import tool_keys  # noqa: PLC0415  # Django is set up by now
    from classes.lti.models import (  # noqa: PLC0415  # the same
        Context,
        Deployment,
        LmsAccount,
        Passback,
        Platform,
        ResourceLink,
    )
    from courses.models import User  # noqa: PLC0415  # the same

    base = platform.base
    platform.set(tool=site)
    row = Platform.objects.create(
        name="Campus",
        issuer=base,
        client_id=CLIENT,
        auth_url=f"{base}/auth",
        token_url=f"{base}/token",
        jwks_url=f"{base}/jwks",
    )
    deployment = Deployment.objects.create(platform=row, deployment_id=DEPLOYMENT)
    context = Context.objects.create(deployment=deployment, context_id="ctx-1")
    tool_keys.published()
    people = [
        LmsAccount.objects.create(platform=row, subject=f"u{user.pk}", user=user)
        for user in User.objects.order_by("pk")
    ]
    for target in TARGETS:
        link = ResourceLink.objects.create(
            deployment=deployment,
            context=context,
            link_id=target,
            title=target,
            target=target,
            line_items_url=f"{base}/items?course=7",
            scopes=list(SCOPES.values()),
        )
        Passback.objects.bulk_create(Passback(link=link, account=person) for person in people)


def true_scores() -> dict[tuple[str, str], float]:
    """Return what each learner has earned, by link and person: only those who have a score."""
    from classes.lti import marks  # noqa: PLC0415  # Django is set up by now
    from classes.lti.models import LmsAccount, ResourceLink  # noqa: PLC0415  # the same

    people = dict(LmsAccount.objects.values_list("user_id", "subject"))
    return {
        (link.link_id, people[user]): score.percent
        for link in ResourceLink.objects.select_related("context__klass")
        for user, score in marks.scores(link, people).items()
    }


def owed() -> int:
    """Count the scores that the platform has not accepted yet, as far as the site knows."""
    from classes.lti.models import Passback  # noqa: PLC0415  # Django is set up by now

    rows = Passback.objects.values_list("link__link_id", "account__subject", "sent_percent")
    sent = {(link, person): percent for link, person, percent in rows}
    return sum(sent.get(key) != percent for key, percent in true_scores().items())


def hurry() -> None:
    """Cut the pauses of the outbox of scores short."""
    from django.db.models.functions import Now  # noqa: PLC0415  # Django is set up by now

    from classes.lti.models import Passback  # noqa: PLC0415  # the same

    Passback.objects.filter(next_attempt_at__gt=Now()).update(next_attempt_at=Now())


def pause(platform: PlatformProcess, *, is_down: bool) -> int:
    """Let the platform answer 503 from now on, or end that."""
    try:
        platform.set(down=is_down)
    except requests.RequestException:
        return 0
    return 1


def wrong(told: Mapping[str, Any], true: dict[tuple[str, str], float]) -> dict[str, list[str]]:
    """Compare all scores that the platform has ever accepted with what was earned.

    Args:
        told: what the platform tells about itself.
        true: from `true_scores`.
    """
    columns = [item["resourceLinkId"] for item in told["items"]]
    names = {item["id"].partition("?")[0].rpartition("/")[2]: item for item in told["items"]}
    history: dict[tuple[str, str], list[float]] = defaultdict(list)
    for accepted in told["history"]:
        link = names[accepted["item"]]["resourceLinkId"]
        history[link, accepted["userId"]].append(accepted["scoreGiven"])
    last = {key: values[-1] for key, values in history.items()}
    return {
        "scores that never arrived": _named(key for key in true if key not in last),
        "scores that are lower than earned": _named(
            key for key in true if last.get(key, true[key]) < true[key] - NEAR
        ),
        "scores that are higher than earned": _named(
            key for key, value in last.items() if value > true.get(key, 0) + NEAR
        ),
        "scores of an exercise sent with two values": _named(
            key
            for key, values in history.items()
            if key[0].startswith("exercise:") and len(set(values)) > 1
        ),
        "scores of the course that went back": _named(
            key for key, values in history.items() if values != sorted(values)
        ),
        "columns made twice": sorted({one for one in columns if columns.count(one) > 1}),
    }


def _named(keys: Iterable[tuple[str, str]]) -> list[str]:
    return sorted(f"{link} {person}" for link, person in keys)
