"""Posts as one person sees them: what is hidden from whom, and what each may do with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from courses.accounts.models import User
from courses.discussion import posts as post_rules
from courses.discussion.authority import moderated_posts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AnonymousUser

    from courses.discussion.models import Post
    from courses.discussion.subjects import Subject


@dataclass(frozen=True)
class ShownPost:
    """A post as one person sees it.

    Attributes:
        spoils: it contains a solution that the person has not found yet.
        own: the person wrote it.
        moderates: the person may moderate it.
        may_delete: the person may delete or restore it.
        closed: its thread takes neither answers nor edits.
    """

    post: Post
    spoils: bool
    own: bool
    moderates: bool
    may_delete: bool
    closed: bool
    accepted: bool = False

    @property
    def hidden(self) -> bool:
        """Say whether a moderator has hidden it."""
        return self.post.hidden_at is not None

    @property
    def readable(self) -> bool:
        """Say whether the person may read its text: of what is taken away, few may."""
        if self.post.deleted_at is not None:
            return self.moderates
        if self.hidden:
            return self.own or self.moderates
        return True

    @property
    def readable_text(self) -> bool:
        """Say whether the text is sent: it is readable, and spoils nothing."""
        return self.readable and not self.spoils

    @property
    def may_edit(self) -> bool:
        """Say whether the person may edit it."""
        return self.own and self.post.deleted_at is None and not self.closed

    @property
    def may_report(self) -> bool:
        """Say whether the person may report it."""
        return not self.own and not self.post.taken_away

    @property
    def state(self) -> str:
        """Return ``deleted``, ``hidden`` or ``visible``."""
        if self.post.deleted_at is not None:
            return "deleted"
        return "hidden" if self.hidden else "visible"


def shown_posts(
    user: User | AnonymousUser,
    subject: Subject,
    found: Sequence[Post],
    *,
    question: Post | None = None,
) -> list[ShownPost]:
    """Return posts on one subject as somebody sees them, in at most four queries for any number.

    Args:
        user: who looks.
        subject: what the posts are about.
        found: the posts, with their authors.
        question: the one that all belong to; None: the posts are questions.
    """
    solved = subject.solution_visible_to(user) if any(post.spoiler for post in found) else False
    moderated = moderated_posts(user, found)
    shown = []
    for post in found:
        own = isinstance(user, User) and post.author_id == user.pk
        moderates = post.pk in moderated
        thread = question or post
        shown.append(
            ShownPost(
                post,
                spoils=post.spoiler and not (solved or own or moderates),
                own=own,
                moderates=moderates,
                may_delete=post_rules.may_delete(user, post, moderates=moderates),
                closed=thread.closed_at is not None,
                accepted=post.pk == thread.accepted_id,
            )
        )
    return shown
