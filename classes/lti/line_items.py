"""Assignment and Grade Services: a link's column in the platform's gradebook, and its scores."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from classes.lti import platform_calls
from classes.lti.claims import (
    LINE_ITEM_TYPE,
    LINE_ITEMS_TYPE,
    SCOPE_LINE_ITEM,
    SCOPE_SCORE,
    SCORE_TYPE,
)
from classes.lti.models import ResourceLink
from classes.lti.models.passbacks import Progress
from classes.lti.models.platforms import ADDRESS_LENGTH
from classes.lti.outbound import OutboundError

if TYPE_CHECKING:
    from datetime import datetime

    from classes.lti.models import Passback, Platform

MAXIMUM: Final = 100
"""Scores are percentages, whatever an exercise's points: a maximum is never 0."""

_PROGRESS: Final = {
    Progress.STARTED: ("InProgress", "FullyGraded"),
    Progress.COMPLETED: ("Completed", "FullyGraded"),
    Progress.REVIEW: ("Submitted", "PendingManual"),
}


def send_score(passback: Passback, *, at: datetime) -> None:
    """Send a score; its column is found or created first where the launch named none.

    Raises:
        OutboundError: the platform did not accept it.
    """
    link, platform = passback.link, passback.account.platform
    address = link.line_item_url or _find_column(link, platform)
    activity, grading = _PROGRESS[Progress(passback.progress)]
    score = {
        "userId": passback.account.subject,
        "scoreGiven": passback.percent,
        "scoreMaximum": MAXIMUM,
        "activityProgress": activity,
        "gradingProgress": grading,
        "timestamp": at.isoformat(timespec="milliseconds"),
    }
    try:
        platform_calls.call(
            platform,
            [SCOPE_SCORE],
            "POST",
            with_path(address, "/scores"),
            accept="application/json",
            content=score,
            content_type=SCORE_TYPE,
        )
    except OutboundError as error:
        if error.status == HTTPStatus.NOT_FOUND and link.line_item_found:
            # Somebody has deleted the column that we had found: the next attempt looks again.
            ResourceLink.objects.filter(pk=link.pk).update(line_item_url="", line_item_found=False)
        raise


def with_path(address: str, end: str) -> str:
    """Return an address with more path, its query kept, as the specification asks."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + end))


def _find_column(link: ResourceLink, platform: Platform) -> str:
    """Return the link's column: the one that the platform has for it, else a new one."""
    if not link.line_items_url or SCOPE_LINE_ITEM not in link.scopes:
        raise OutboundError("The platform has no column for this link and lets us create none.")
    found = _existing(link, platform) or _created(link, platform)
    ResourceLink.objects.filter(pk=link.pk).update(line_item_url=found, line_item_found=True)
    link.line_item_url, link.line_item_found = found, True
    return found


def _existing(link: ResourceLink, platform: Platform) -> str:
    lists = platform_calls.pages(
        platform, [SCOPE_LINE_ITEM], link.line_items_url, accept=LINE_ITEMS_TYPE
    )
    for page in lists:
        for item in page if isinstance(page, list) else ():
            if isinstance(item, dict) and item.get("resourceLinkId") == link.link_id:
                return _id(item)
    return ""


def _created(link: ResourceLink, platform: Platform) -> str:
    answer = platform_calls.call(
        platform,
        [SCOPE_LINE_ITEM],
        "POST",
        link.line_items_url,
        accept=LINE_ITEM_TYPE,
        content={
            "label": link.title or link.target or link.link_id,
            "scoreMaximum": MAXIMUM,
            "resourceLinkId": link.link_id,
            "resourceId": link.target,
            "tag": "whybox",
        },
        content_type=LINE_ITEM_TYPE,
    )
    return _id(answer.json())


def _id(item: Any) -> str:
    found = item.get("id") if isinstance(item, dict) else None
    if not isinstance(found, str) or not 0 < len(found) <= ADDRESS_LENGTH:
        raise OutboundError("The platform's column has no address.")
    return found
