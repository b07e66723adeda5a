"""Posts, questions and their answers alike, and reports about them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import functions
from django.urls import reverse


class PostQuerySet(models.QuerySet["Post"]):
    """Posts, in the shapes that pages need."""

    def questions(self, subject: str) -> PostQuerySet:
        """Return the questions on a lesson or exercise, the latest first, by an index of them."""
        return self.filter(subject=subject, question=None).order_by("-created_at")

    def with_answer_counts(self) -> PostQuerySet:
        """Return questions with their authors and `answer_count`; cheap for a page of them."""
        answers = Post.objects.filter(question=models.OuterRef("pk"), deleted_at=None)
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

    objects = PostQuerySet.as_manager()

    class Meta:
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
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["subject", "-created_at", "deleted_at"],
                condition=models.Q(question=None),
                name="post_questions",
            )
        ]

    def __str__(self) -> str:
        return self.title or self.body[:80]

    def get_absolute_url(self) -> str:
        """Return the address of the question's page, at this post."""
        address = reverse("courses:question", args=[self.question_id or self.pk])
        return f"{address}?post={self.pk}#post-{self.pk}" if self.question_id else address


class Report(models.Model):
    """Somebody thinks that a post should not stand there."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    reason = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "reporter"], name="report_once"),
        ]

    def __str__(self) -> str:
        return self.reason
