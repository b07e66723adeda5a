"""What whoever teaches a class may moderate: its present learners' posts on its scheduled parts.

The site's rules are in `courses.discussion`; this is the part that knows of classes. What is done
to such a post, by whomever, is written into the class's audit too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef

from classes.audit import record
from classes.models import LEARNING_ROLES, Class, Member, ScheduledPart
from classes.rights import RIGHTS, Right
from courses.models import Post

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Mapping

    from django.db.models import QuerySet

    from courses.models import User


def posts_of(klass: Class) -> QuerySet[Post]:
    """Return the posts of a class's present learners on its scheduled parts."""
    learners = Member.objects.present().filter(klass=klass, role__in=LEARNING_ROLES)
    return Post.objects.filter(
        Exists(learners.filter(user=OuterRef("author"))),
        subject__in=klass.parts.scheduled().values("subject"),
    )


class ModerationInClasses:
    """The rule that `courses.discussion.authority` asks."""

    def moderated(self, user: User, posts: Collection[Post]) -> set[uuid.UUID]:
        """Return the keys of those posts that `user` moderates in a class: in three queries."""
        roles = [role for role, rights in RIGHTS.items() if Right.MODERATE in rights]
        mine = list(
            Member.objects.present()
            .filter(user=user, role__in=roles, klass__archived_at=None)
            .values_list("klass", flat=True)
        )
        if not mine:
            return set()
        pairs = self._pairs(posts, Class.objects.filter(pk__in=mine))
        return {post.pk for post in posts if (post.author_id, post.subject) in pairs}

    def note(self, actor: User, action: str, post: Post, facts: Mapping[str, Any]) -> None:
        """Write what was done into the audit of each running class that the post belongs to."""
        members = Member.objects.present().filter(
            user=post.author_id, role__in=LEARNING_ROLES, klass__archived_at=None
        )
        parts = ScheduledPart.objects.scheduled().filter(
            subject=post.subject, klass__in=members.values("klass")
        )
        found = {part.klass_id: part for part in parts}
        for member in members.filter(klass__in=found).select_related("klass"):
            part = found[member.klass_id]
            record(member.klass, actor, action, member=member, part=part, facts=facts)

    @staticmethod
    def _pairs(posts: Collection[Post], classes: QuerySet[Class]) -> set[tuple[int | None, str]]:
        """Return who learns in these classes and what is scheduled there, as far as posts go."""
        learning: dict[uuid.UUID, set[int | None]] = {}
        for klass, author in (
            Member.objects.present()
            .filter(
                klass__in=classes,
                role__in=LEARNING_ROLES,
                user__in={post.author_id for post in posts if post.author_id is not None},
            )
            .values_list("klass", "user")
        ):
            learning.setdefault(klass, set()).add(author)
        scheduled = (
            ScheduledPart.objects.scheduled()
            .filter(klass__in=learning, subject__in={post.subject for post in posts})
            .values_list("klass", "subject")
        )
        return {(author, subject) for klass, subject in scheduled for author in learning[klass]}
