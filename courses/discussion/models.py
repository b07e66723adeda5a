"""Posts, questions and their answers alike, and reports about them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import functions
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class PostQuerySet(models.QuerySet["Post"]):
    """Posts, in the shapes that pages need."""

    def visible(self) -> PostQuerySet:
        """Return posts that neither their authors nor moderators have taken away."""
        return self.filter(deleted_at=None, hidden_at=None)

    def questions(self, subject: str) -> PostQuerySet:
        """Return the questions on a lesson or exercise, the latest first, by an index of them."""
        return self.filter(subject=subject, question=None).order_by("-created_at")

    def with_answer_counts(self) -> PostQuerySet:
        """Return questions with their authors and `answer_count`; cheap for a page of them."""
        answers = Post.objects.visible().filter(question=models.OuterRef("pk"))
        counted = answers.order_by().values("question").values(count=models.Count("pk"))
        count = functions.Coalesce(models.Subquery(counted), 0)
        return self.select_related("author").annotate(answer_count=count)

    def answers_to(self, question: Post) -> PostQuerySet:
        """Return the answers to a question: the accepted one first, then in order."""
        other = models.Case(models.When(pk=question.accepted_id, then=0), default=1)
        return self.filter(question=question).order_by(other, "created_at", "pk")


class Post(models.Model):
    """A question on a lesson or exercise, or an answer to one.

    Attributes:
        subject: ``lesson:<course>/<slug>`` or ``exercise:<slug>``; of an answer, its question's.
        question: None: this is a question.
        html: the body, rendered and sanitised when it was written.
        spoiler: contains a solution; hidden from those who have not passed yet.
        accepted: the answer that helped whoever asked.
        deleted_at: the row stays, so that answers keep their question and a deletion can be undone.
        version: counts edits; whoever edits names the version that was seen.
        hidden_at: a moderator has hidden it; its author reads `hidden_reason`.
        closed_at: of a question: its thread takes neither answers nor edits.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.CharField(max_length=200)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="posts"
    )
    question = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="answers"
    )
    accepted = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    title = models.CharField(max_length=200, blank=True)
    body = models.TextField(max_length=10_000)
    html = models.TextField()
    spoiler = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    edited_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    hidden_reason = models.CharField(max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering: ClassVar[list[str]] = ["created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(question=None) | models.Q(accepted=None, title=""),
                name="post_only_questions_have_title_and_accepted",
            ),
            models.CheckConstraint(
                condition=models.Q(question__isnull=False) | ~models.Q(title=""),
                name="post_question_has_a_title",
            ),
            models.CheckConstraint(
                condition=models.Q(question=None) | models.Q(closed_at=None),
                name="post_only_questions_are_closed",
            ),
            models.CheckConstraint(
                condition=models.Q(hidden_at=None) | ~models.Q(hidden_reason=""),
                name="post_hidden_with_a_reason",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["subject", "-created_at", "deleted_at", "hidden_at"],
                condition=models.Q(question=None),
                name="post_questions",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(
                    question=None, accepted=None, deleted_at=None, hidden_at=None, closed_at=None
                ),
                name="post_open_questions",
            ),
            models.Index(
                fields=["hidden_at"],
                condition=models.Q(hidden_at__isnull=False),
                name="post_hidden",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.body[:80]

    def get_absolute_url(self) -> str:
        """Return the address of the question's page, at this post."""
        address = reverse("courses:question", args=[self.question_id or self.pk])
        return f"{address}?post={self.pk}#post-{self.pk}" if self.question_id else address

    @property
    def taken_away(self) -> bool:
        """Say whether its author or a moderator has taken it away."""
        return self.deleted_at is not None or self.hidden_at is not None


class PostVersion(models.Model):
    """What a post said before an edit; read by those who moderate it."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200, blank=True)
    body = models.TextField(max_length=10_000)
    spoiler = models.BooleanField(default=False)
    replaced_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("earlier version of a post")
        verbose_name_plural = _("earlier versions of posts")
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "number"], name="post_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.post}, {self.number}"


class Outcome(models.TextChoices):
    """What a moderator found about a report."""

    UPHELD = "upheld", _("justified")
    DISMISSED = "dismissed", _("not justified")


class Report(models.Model):
    """Somebody thinks that a post should not stand there.

    Attributes:
        settled_at: when a moderator resolved it; None: it is open.
        outcome: what the moderator found; empty while it is open.
        note: the moderator's, for other moderators.
    """

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=500)
    created_at = models.DateTimeField(_("reported at"), auto_now_add=True)
    settled_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("resolved by"),
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("report about a post")
        verbose_name_plural = _("reports about posts")
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "reporter"], name="report_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["created_at"], condition=models.Q(settled_at=None), name="report_open"
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class Subscription(models.Model):
    """Whether somebody wants emails about the answers to a question.

    Whoever asked follows without a row; a row with `following` off is a wish to be left alone.
    """

    question = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="subscriptions")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subscriptions"
    )
    following = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["question", "user"], name="subscription_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.question_id}"


class ModeratorWarning(models.Model):
    """A message from a moderator to a person about a post: mailed, and kept.

    Attributes:
        read_at: when the person said to have read it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="warnings"
    )
    post = models.ForeignKey(
        Post, on_delete=models.SET_NULL, null=True, blank=True, related_name="warnings"
    )
    message = models.TextField(_("message"), max_length=2000)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    given_at = models.DateTimeField(_("given at"), auto_now_add=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("warning")
        verbose_name_plural = _("warnings")
        ordering: ClassVar[list[str]] = ["-given_at"]

    def __str__(self) -> str:
        return self.message[:80]
