"""Deep linking: what an instructor chose goes back to the platform in a signed answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classes.lti import tool_keys
from classes.lti.claims import CLAIM, CONTENT_RESPONSE, DEEP_LINKING, VERSION
from classes.lti.line_items import MAXIMUM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classes.lti.models import Launch
    from classes.lti.targets import Content

ANSWER_SECONDS = 300
"""How long the answer is valid: a person's browser carries it."""


def answer(launch: Launch, chosen: Sequence[Content]) -> str:
    """Return the signed answer to a launch that asked for content."""
    if launch.platform is None:
        raise ValueError("the launch's platform is gone")
    asked = launch.facts["content"]
    claims: dict[str, Any] = {
        "iss": launch.platform.client_id,
        "aud": [launch.platform.issuer],
        "nonce": tool_keys.new_nonce(),
        f"{CLAIM}deployment_id": launch.deployment_id,
        f"{CLAIM}message_type": CONTENT_RESPONSE,
        f"{CLAIM}version": VERSION,
        f"{DEEP_LINKING}content_items": [_item(one, asked["line_items"]) for one in chosen],
    }
    if asked["data"] is not None:
        claims[f"{DEEP_LINKING}data"] = asked["data"]
    return tool_keys.sign(claims, seconds=ANSWER_SECONDS)


def _item(content: Content, with_line_item: bool) -> dict[str, Any]:  # noqa: FBT001  # private
    item: dict[str, Any] = {
        "type": "ltiResourceLink",
        "title": content.title,
        "url": content.target.address,
        "window": {"targetName": "_blank"},
    }
    if with_line_item:
        item["lineItem"] = {
            "label": content.title,
            "scoreMaximum": MAXIMUM,
            "resourceId": content.target.key,
            "tag": "whybox",
        }
    return item
