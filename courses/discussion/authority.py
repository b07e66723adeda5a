"""Who may moderate a post: moderators of the site, and whoever teaches its author.

Who teaches whom is known in a layer above: it registers its rule here when the site starts. Nobody
but a superuser moderates their own posts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from courses.accounts.models import User
from courses.accounts.roles import SiteRight
from courses.audit.recording import record_change

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Mapping

    from django.contrib.auth.models import AnonymousUser

    from courses.discussion.models import Post


class ModerationRule(Protocol):
    """What a layer above knows of moderation."""

    def moderated(self, user: User, posts: Collection[Post]) -> set[uuid.UUID]:
        """Return the keys of those posts that `user` may moderate, whatever their number."""

    def note(self, actor: User, action: str, post: Post, facts: Mapping[str, Any]) -> None:
        """Write an action into audits of its own, in the caller's transaction."""


_rules: list[ModerationRule] = []


def register(rule: ModerationRule) -> None:
    """Add a rule; a second time changes nothing."""
    if rule not in _rules:
        _rules.append(rule)


def moderated_posts(user: User | AnonymousUser, posts: Collection[Post]) -> set[uuid.UUID]:
    """Return the keys of those posts that somebody may moderate; no query for site moderators."""
    if not isinstance(user, User):
        return set()
    if user.is_superuser:
        return {post.pk for post in posts}
    others = [post for post in posts if post.author_id != user.pk]
    if user.may(SiteRight.MODERATE):
        return {post.pk for post in others}
    found: set[uuid.UUID] = set()
    for rule in _rules if others else ():
        found |= rule.moderated(user, others)
    return found


def may_moderate(user: User | AnonymousUser, post: Post) -> bool:
    """Say whether somebody may moderate a post."""
    return post.pk in moderated_posts(user, [post])


def record_action(
    actor: User, action: str, post: Post, facts: Mapping[str, Any] | None = None
) -> None:
    """Write what a moderator did into the site's audit, and those of the author's classes."""
    record_change(actor, action, person=post.author, post_id=post.pk, facts=facts)
    for rule in _rules:
        rule.note(actor, action, post, facts or {})
