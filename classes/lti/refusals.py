"""Why a launch is refused: a code for administrators, a sentence for the person, a status."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Code(StrEnum):
    """The codes; each is in docs/features/lti.md, with the test that shows it."""

    MISSING_PARAMETER = "missing_parameter"
    UNKNOWN_PLATFORM = "unknown_platform"
    FOREIGN_TARGET = "foreign_target"
    PLATFORM_ERROR = "platform_error"
    STATE_INVALID = "state_invalid"
    STATE_EXPIRED = "state_expired"
    COOKIE_MISSING = "cookie_missing"
    MALFORMED_TOKEN = "malformed_token"  # noqa: S105  # a code, no secret
    KEYS_UNAVAILABLE = "keys_unavailable"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    BAD_NONCE = "bad_nonce"
    REPLAYED = "replayed"
    WRONG_VERSION = "wrong_version"
    WRONG_MESSAGE = "wrong_message"
    MISSING_CLAIM = "missing_claim"
    UNKNOWN_DEPLOYMENT = "unknown_deployment"
    CONTENT_TYPE = "content_type"
    NOT_AN_INSTRUCTOR = "not_an_instructor"
    NOTHING_LINKED = "nothing_linked"
    LAUNCH_ENDED = "launch_ended"
    ACCOUNT_INACTIVE = "account_inactive"
    ACCOUNT_TAKEN = "account_taken"
    REGISTRATION_CLOSED = "registration_closed"
    REGISTRATION_FAILED = "registration_failed"


class Refused(Exception):  # noqa: N818  # named after what happened, as in grader.errors
    """A launch that goes no further.

    Attributes:
        detail: for the log and staff, such as the id of an unknown deployment; never a token.
    """

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail[:300]


_AGAIN = _("Go back to your course and open the link again.")
_ADMIN = _("Ask the administrator of your learning platform to check the registration.")

SENTENCES: Final[dict[Code, tuple[_StrPromise, _StrPromise]]] = {
    Code.MISSING_PARAMETER: (_("The launch is incomplete."), _ADMIN),
    Code.UNKNOWN_PLATFORM: (_("This learning platform isn't registered here."), _ADMIN),
    Code.FOREIGN_TARGET: (_("The link leads to an address that isn't part of this site."), _ADMIN),
    Code.PLATFORM_ERROR: (_("Your learning platform ended the launch with an error."), _AGAIN),
    Code.STATE_INVALID: (_("The launch doesn't belong to this site."), _AGAIN),
    Code.STATE_EXPIRED: (_("The launch took too long."), _AGAIN),
    Code.COOKIE_MISSING: (
        _("The launch wasn't started in this browser, or the browser blocks cookies."),
        _("Go back to your course and open the link again, in a new window if you can."),
    ),
    Code.MALFORMED_TOKEN: (_("The launch data couldn't be read."), _ADMIN),
    Code.KEYS_UNAVAILABLE: (
        _("Your learning platform's keys couldn't be loaded."),
        _("Wait a minute, then open the link again."),
    ),
    Code.UNKNOWN_KEY: (_("The launch is signed with an unknown key."), _ADMIN),
    Code.BAD_SIGNATURE: (_("The launch's signature is wrong."), _ADMIN),
    Code.EXPIRED: (_("The launch has expired."), _AGAIN),
    Code.NOT_YET_VALID: (
        _("The launch is dated in the future: your learning platform's clock is wrong."),
        _ADMIN,
    ),
    Code.WRONG_ISSUER: (_("The launch comes from another learning platform."), _ADMIN),
    Code.WRONG_AUDIENCE: (_("The launch is meant for another tool."), _ADMIN),
    Code.BAD_NONCE: (_("The launch doesn't answer this browser's request."), _AGAIN),
    Code.REPLAYED: (_("This launch has been used already."), _AGAIN),
    Code.WRONG_VERSION: (_("The launch doesn't follow LTI 1.3."), _ADMIN),
    Code.WRONG_MESSAGE: (_("This kind of launch isn't supported."), _ADMIN),
    Code.MISSING_CLAIM: (_("The launch lacks information that LTI 1.3 requires."), _ADMIN),
    Code.UNKNOWN_DEPLOYMENT: (_("This deployment isn't registered here."), _ADMIN),
    Code.CONTENT_TYPE: (
        _("Your learning platform doesn't accept links to this tool here."),
        _ADMIN,
    ),
    Code.NOT_AN_INSTRUCTOR: (
        _("Only instructors can choose content for a course."),
        _("Ask your instructor."),
    ),
    Code.NOTHING_LINKED: (
        _("This link doesn't lead to a course, lesson or exercise yet."),
        _("Ask your instructor to choose the content for this link."),
    ),
    Code.LAUNCH_ENDED: (_("This launch has been used or has expired."), _AGAIN),
    Code.ACCOUNT_INACTIVE: (
        _("Your account here has been deactivated."),
        _("Ask the staff of this site."),
    ),
    Code.ACCOUNT_TAKEN: (
        _("This account is linked to another person of the same learning platform."),
        _("Sign in with your own account, or create one."),
    ),
    Code.REGISTRATION_CLOSED: (
        _("This registration link has been used or has expired."),
        _("Ask the staff of this site for a new one."),
    ),
    Code.REGISTRATION_FAILED: (
        _("The registration didn't succeed."),
        _("The staff of this site can register the platform by hand."),
    ),
}

_BAD_REQUEST: Final = frozenset(
    {
        Code.MISSING_PARAMETER,
        Code.UNKNOWN_PLATFORM,
        Code.FOREIGN_TARGET,
        Code.MALFORMED_TOKEN,
        Code.WRONG_VERSION,
        Code.WRONG_MESSAGE,
        Code.MISSING_CLAIM,
        Code.CONTENT_TYPE,
    }
)


def status_of(code: Code) -> int:
    """Return the HTTP status of a refusal."""
    if code in {Code.KEYS_UNAVAILABLE, Code.REGISTRATION_FAILED}:
        return 502
    if code is Code.NOTHING_LINKED:
        return 404
    return 400 if code in _BAD_REQUEST else 403
