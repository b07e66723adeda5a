"""The services of the tests' learning platform: tokens, columns, scores, members, content."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from tests.classes.lti.lms_launches import (
    CLAIM,
    CLIENT,
    DEEP_LINKING,
    DEPLOYMENT,
    PAGE,
    SCOPES,
    SCORE_TYPE,
    TOOL_CONFIGURATION,
    Answer,
    Call,
    Configuration,
    Platform,
    Refused,
    decoded,
    page,
)


def token(platform: Platform, call: Call) -> Answer:
    """Give an access token for scopes."""
    form = call.form
    issuer = {"iss": CLIENT, "sub": CLIENT, "aud": f"{platform.base}/token"}
    decoded(platform, form.get("client_assertion", ""), **issuer)
    facts: dict[str, Any] = dict(Configuration(platform=platform).get_access_token(form))
    scopes = set(form["scope"].split())
    platform.tokens[facts["access_token"]] = (scopes, platform.key["kid"])
    return 200, facts, {}


def authorised(platform: Platform, call: Call, scope: str) -> None:
    """Refuse a call without a token for this scope; tokens of a key that was changed are dead."""
    given = call.headers.get("Authorization", "").removeprefix("Bearer ")
    scopes, kid = platform.tokens.get(given, (set(), ""))
    if kid != platform.key["kid"]:
        raise Refused("unknown or dead token", 401)
    if SCOPES[scope] not in scopes:
        raise Refused("the token lacks the scope", 403)


def items(platform: Platform, call: Call) -> Answer:
    """Line items and scores; lists come one a page."""
    found = re.fullmatch(r"/items(?:/(\w+))?(/scores)?", call.path)
    if not found:
        raise Refused("no such address", 404)
    authorised(platform, call, "scores" if found[2] else "items")
    if found[2]:
        return score(platform, call, found[1])
    if call.method == "POST":
        facts = json.loads(call.body)
        if facts.get("scoreMaximum", 0) <= 0 or not facts.get("label"):
            raise Refused("a line item needs a label and a maximum above 0")
        key = uuid.uuid4().hex[:8]
        platform.items[key] = {**facts, "id": f"{platform.base}/items/{key}?course=7"}
        return 201, platform.items[key], {}
    listed, at = list(platform.items.values()), int(call.query.get("at", 0))
    more = f"<{platform.base}/items?course=7&at={at + 1}>; rel=next"
    return 200, listed[at : at + 1], {"Link": more} if at + 1 < len(listed) else {}


def score(platform: Platform, call: Call, key: str) -> Answer:
    """Take a score."""
    platform.score_posts += 1
    if key not in platform.items:
        raise Refused("no such line item", 404)
    facts = json.loads(call.body)
    if call.query != {"course": "7"} or call.headers.get("Content-Type") != SCORE_TYPE:
        raise Refused("the query or the media type of the score is wrong")
    if not 0 <= facts["scoreGiven"] <= facts["scoreMaximum"] or facts["scoreMaximum"] <= 0:
        raise Refused("the score is not within its maximum")
    old = platform.scores.get(f"{key}/{facts['userId']}")
    if old and old["timestamp"] >= facts["timestamp"]:
        raise Refused("an older timestamp", 409)
    platform.scores[f"{key}/{facts['userId']}"] = facts
    platform.history.append({"item": key, **facts})
    return 204, b"", {}


def members(platform: Platform, call: Call) -> Answer:
    """Give a page of members; addresses of pages differ by case only."""
    authorised(platform, call, "members")
    cursors = ["", "Abc", "aBc", "abC"]
    at = cursors.index(call.query.get("cursor", ""))
    first = at * PAGE
    people = [
        {
            "user_id": f"u{number}",
            "name": f"Name {number}",
            "email": f"u{number}@lms.example.org",
            "status": "Active",
            "roles": ["Learner"],
        }
        for number in range(first, min(first + PAGE, platform.members))
    ]
    listed = {"id": call.path, "context": {"id": "ctx-1"}, "members": people}
    if first + PAGE >= platform.members:
        return 200, listed, {}
    base = platform.knobs.get("next", platform.base)
    link = f'<{base}/members?cursor={cursors[at + 1]}>; REL="Next"; title="a, <b>; rel=prev"'
    return 200, listed, {"Link": link}


def deep_linked(platform: Platform, call: Call) -> Answer:
    """Take what was chosen."""
    claims = decoded(platform, call.form.get("JWT", ""), iss=CLIENT, aud=[platform.base])
    if claims.get("nonce", "") in platform.nonces | {""}:
        raise Refused("the nonce is missing or used")
    platform.nonces.add(claims["nonce"])
    if claims[f"{CLAIM}deployment_id"] != DEPLOYMENT or call.query != {"a": "1", "b": '">'}:
        raise Refused("another deployment or another address")
    if claims.get(f"{DEEP_LINKING}data") != "opaque":
        raise Refused("the data did not come back")
    platform.content.append(claims[f"{DEEP_LINKING}content_items"])
    return page("<h1>Content added</h1>")


def configuration(platform: Platform, _call: Call) -> Answer:
    """Describe the platform for dynamic registration."""
    base = platform.base
    described = {
        "issuer": base,
        "authorization_endpoint": f"{base}/auth",
        "token_endpoint": f"{base}/token",
        "jwks_uri": f"{base}/jwks",
        "registration_endpoint": f"{base}/register",
    }
    return 200, described | platform.knobs.get("configuration", {}), {}


def register(platform: Platform, call: Call) -> Answer:
    """Register a tool."""
    if call.headers.get("Authorization") != "Bearer registration-token":
        raise Refused("no registration token", 401)
    platform.registered = json.loads(call.body)
    settings = {**platform.registered[TOOL_CONFIGURATION], "deployment_id": DEPLOYMENT}
    return 200, {**platform.registered, "client_id": CLIENT, TOOL_CONFIGURATION: settings}, {}
