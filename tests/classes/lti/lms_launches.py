"""What the tests' learning platform knows, and how it signs people in and starts the tool."""

from __future__ import annotations

import html
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import jwt
from jwcrypto.jwk import JWK
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request

CLIENT, DEPLOYMENT = "whybox-client", "dep-1"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
SCOPES = {
    "items": "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "scores": "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    "members": ("https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"),
}
PAGE = 100


def new_key() -> JWK:
    """Return a new RSA key."""
    return JWK.generate(kty="RSA", size=2048, kid=uuid.uuid4().hex, use="sig", alg="RS256")


@dataclass
class Platform:
    """The platform's state; `knobs` are what a test lets go wrong."""

    base: str
    tool: str
    key: JWK = field(default_factory=new_key)
    other_key: JWK = field(default_factory=new_key)
    knobs: dict[str, Any] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)
    assertions: set[str] = field(default_factory=set)
    tokens: dict[str, tuple[set[str], str]] = field(default_factory=dict)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    score_posts: int = 0
    content: list[Any] = field(default_factory=list)
    hits: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    registered: dict[str, Any] = field(default_factory=dict)
    members: int = 230

    def fresh(self) -> Platform:
        """Return a platform with these keys that knows nothing of what a test has left."""
        return Platform(self.base, self.tool, self.key, self.other_key)

    def jwks(self) -> dict[str, Any]:
        """Return the public keys."""
        return {"keys": [json.loads(self.key.export_public())]}

    def sign(self, claims: dict[str, Any], *, key: JWK | None = None, kid: str = "") -> str:
        """Sign claims, by default with the platform's key."""
        signer = key or self.key
        return jwt.encode(
            claims,
            signer.export_to_pem(private_key=True, password=None),
            "RS256",
            {"kid": kid or signer["kid"]},
        )


class Configuration(LTI1P3PlatformConfAbstract):  # type: ignore[misc]  # untyped
    """The library's view of the registration."""

    def init_platform_config(self, platform: Platform) -> None:
        """Take the platform."""
        self.platform = platform
        self.get_registration()

    def get_registration_by_params(self, **_facts: Any) -> Registration:
        """Return the tool's registration."""
        platform = self.platform
        private = platform.key.export_to_pem(private_key=True, password=None).decode()
        tool = platform.tool
        return (
            Registration()
            .set_iss(platform.base)
            .set_client_id(CLIENT)
            .set_deployment_id(DEPLOYMENT)
            .set_launch_url(platform.knobs.get("target", f"{tool}/lti/launch/"))
            .set_deeplink_launch_url(f"{tool}/lti/content/")
            .set_oidc_login_url(f"{tool}/lti/login/")
            .set_tool_key_set_url(f"{tool}/lti/jwks/")
            .set_platform_private_key(private)
            .set_platform_public_key(platform.key.export_to_pem().decode())
        )


class Asked(Request):  # type: ignore[misc]  # untyped
    """A request, as the library wants it."""

    def build_metadata(self, metadata: Any) -> Any:
        """Return it as it is."""
        return metadata


class Login(OIDCLoginAbstract):  # type: ignore[misc]  # untyped
    """The library's login."""

    def set_lti_message_hint(self, hint: str) -> None:
        """Set the hint."""
        self._lti_message_hint = hint

    def get_redirect(self, url: str) -> str:
        """Return the address."""
        return url


class Launch(LTIAdvantageMessageLaunchAbstract):  # type: ignore[misc]  # untyped
    """The library's launch."""

    def render_launch_form(self, launch_data: dict[str, Any], **_facts: Any) -> dict[str, Any]:
        """Return what the form holds."""
        return launch_data


class Refused(Exception):  # noqa: N818  # what happened
    """The platform does not accept a request."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.status = status


@dataclass
class Call:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str]

    @property
    def form(self) -> dict[str, str]:
        """Return the body as a form."""
        return dict(parse_qsl(self.body.decode()))

    def asked(self) -> Asked:
        """Return it as the library's request."""
        return Asked(
            {
                "method": self.method,
                "form_data": {},
                "get_data": self.query,
                "headers": self.headers,
                "content_type": self.headers.get("Content-Type"),
                "path": self.path,
                "json": None,
            }
        )


Answer = tuple[int, Any, dict[str, str]]


def start(platform: Platform, call: Call) -> Answer:
    """Somebody clicks on the link: go to the tool's login."""
    login = Login(call.asked(), Configuration(platform=platform))
    kind = call.query.get("kind", "resource")
    login.set_lti_message_hint(kind)
    if kind == "content":
        login.set_deeplinking_launch_url()
    address = login.initiate_login(call.query.get("user", "u1"))
    if call.query.get("frame"):
        return page(f'<iframe id="tool" width="900" height="700" src="{html.escape(address)}">')
    return 302, b"", {"Location": address}


def auth(platform: Platform, call: Call) -> Answer:
    """Check the tool's authentication request, and post a signed message to it."""
    asked, knobs = call.query, platform.knobs
    expected = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": CLIENT,
        "redirect_uri": f"{platform.tool}/lti/launch/",
    }
    for name, value in expected.items():
        if asked.get(name) != value:
            raise Refused(f"{name} is {asked.get(name)}, not {value}")
    if len(asked.get("nonce", "")) < 20 or len(asked.get("state", "")) < 20:
        raise Refused("nonce or state is missing or short")
    if asked["nonce"] in platform.nonces:
        raise Refused("this nonce was used before")
    platform.nonces.add(asked["nonce"])
    if "error" in knobs:
        fields = {"error": knobs["error"], "state": asked["state"]}
        return posted(asked["redirect_uri"], fields, call)
    form = message(platform, call)
    return posted(form.pop("launch_url"), form, call)


def message(platform: Platform, call: Call) -> dict[str, str]:
    """Let the library build the launch, then change what the test wants changed."""
    user, knobs = call.query["login_hint"], platform.knobs
    launch = Launch(call.asked(), Configuration(platform=platform))
    role = "Instructor" if user.startswith("t") else "Learner"
    email = knobs.get("email", f"{user}@lms.example.org")
    launch.set_user_data(user, [MEMBERSHIP + role], knobs.get("name", f"Name {user}"), email)
    link = knobs.get("link", "rl-1")
    launch.set_resource_link_claim(link, title=knobs.get("title", "Exercise 1"))
    kind = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"
    launch.set_launch_context_claim("ctx-1", [kind], "Explainable models", "XAI")
    launch.set_launch_presentation_claim("window", f"{platform.base}/return")
    launch.set_ags(f"{platform.base}/items?course=7")
    launch.set_nrps(f"{platform.base}/members")
    if call.query.get("lti_message_hint") == "content":
        launch.set_dl(f"{platform.base}/return?a=1&b=%22%3E", extra_data="opaque")
    form: dict[str, str] = launch.lti_launch()
    claims = jwt.decode(form["id_token"], options={"verify_signature": False})
    if call.query.get("lti_message_hint") != "content":
        claims[f"{CLAIM}target_link_uri"] = knobs.get("target", f"{platform.tool}/lti/launch/")
    shift = knobs.get("clock", 0)
    claims |= {name: claims[name] + shift for name in ("iat", "exp")}
    claims |= knobs.get("claims", {})
    for name in knobs.get("without", ()):
        claims.pop(name, None)
    key = platform.other_key if knobs.get("forged") else platform.key
    kid = knobs.get("kid") or platform.key["kid"]
    form["id_token"] = platform.sign(claims, key=key, kid=kid)
    return form


def posted(address: str, fields: dict[str, str], call: Call) -> Answer:
    """Return the page whose form goes to the tool; a browser sends it at once."""
    inputs = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in fields.items()
    )
    script = "<script>document.forms[0].submit()</script>" if "Mozilla" in agent(call) else ""
    return page(f'<form method="post" action="{html.escape(address)}">{inputs}</form>{script}')


def agent(call: Call) -> str:
    """Return the browser's name."""
    return call.headers.get("User-Agent", "")


def page(body: str) -> Answer:
    """Return an HTML page."""
    words = f"<!doctype html><title>LMS</title><body>{body}</body>"
    return 200, words.encode(), {"Content-Type": "text/html"}


def decoded(platform: Platform, token: str, **expected: Any) -> dict[str, Any]:
    """Check a message of the tool: signature by its published keys, and what is expected."""
    claims: dict[str, Any] = Configuration(platform=platform).tool_validate_and_decode(token)
    jwt.decode(token, options={"verify_signature": False, "verify_exp": True})
    for name, value in expected.items():
        if claims.get(name) != value:
            raise Refused(f"{name} is {claims.get(name)}, not {value}", 401)
    if not claims.get("jti") or claims["jti"] in platform.assertions:
        raise Refused("jti is missing or used", 401)
    platform.assertions.add(claims["jti"])
    if not time.time() - 5 < claims["iat"] <= time.time() + 5 < claims["exp"] + 5:
        raise Refused("wrong times", 401)
    return claims
