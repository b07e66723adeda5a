"""The API of exercises and submissions; callers find only their own submissions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from exercises.api.serializers import (
    ExerciseSerializer,
    SubmissionSerializer,
    UploadSerializer,
    exercise_facts,
    submission_facts,
)
from exercises.catalogue import folders
from exercises.feedback.notebooks import CONTENT_TYPE
from exercises.models import Exercise, Submission
from exercises.submissions import attempts, files, lifecycle
from exercises.submissions.attempts import SubmissionRefused
from exercises.submissions.uploads import checked_notebook
from grader.errors import NotebookRefused

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from rest_framework.request import Request

    from courses.models import User

NOTEBOOK = {(200, CONTENT_TYPE): OpenApiTypes.BINARY}


class SubmissionThrottle(UserRateThrottle):
    """Uploads are read and checked in the web process: half a minute's patience is enough."""

    scope = "submissions"
    rate = "30/min"


class Refused(APIException):
    """The attempt rules do not allow it now."""

    status_code = status.HTTP_409_CONFLICT


class InvalidNotebook(ValidationError):  # noqa: N818  # named after what was sent
    """The file is no notebook that can be run; `problem_code` is the reason's own code."""

    def __init__(self, refusal: NotebookRefused) -> None:
        super().__init__({"notebook": [str(refusal)]}, code=refusal.reason)
        self.problem_code = refusal.reason


class NotebookRenderer(BaseRenderer):
    """Lets a client ask for a notebook by its media type; errors stay JSON."""

    media_type = CONTENT_TYPE
    format = "ipynb"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002  # the framework's signature
        renderer_context: Mapping[str, Any] | None = None,  # noqa: ARG002  # the same
    ) -> bytes:
        """Return an error's data as JSON; a notebook never comes this way."""
        return json.dumps(data).encode()


class ExerciseView(APIView):
    """``GET exercises/<slug>/``."""

    @extend_schema(operation_id="exercise", responses=ExerciseSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Return the task, its outputs and limits, and the caller's standing."""
        exercise = get_object_or_404(Exercise.objects.active(), slug=slug)
        standing = attempts.standing(user=_user(request), exercise=exercise)
        return Response(ExerciseSerializer(exercise_facts(exercise, standing)).data)


class StarterView(APIView):
    """``GET exercises/<slug>/starter/``."""

    renderer_classes = (NotebookRenderer, JSONRenderer)  # the second lets in who accepts JSON

    @extend_schema(operation_id="exercise_starter", responses=NOTEBOOK)
    def get(self, request: Request, slug: str) -> HttpResponse:  # noqa: ARG002  # a view's first one
        """Return the notebook that one begins with."""
        exercise = get_object_or_404(Exercise.objects.active(), slug=slug)
        return HttpResponse(folders.starter_notebook(exercise.slug), content_type=CONTENT_TYPE)


class SubmissionsView(APIView):
    """``POST exercises/<slug>/submissions/``."""

    parser_classes = (MultiPartParser,)
    throttle_classes = (SubmissionThrottle,)

    @extend_schema(
        operation_id="exercise_submit",
        request={"multipart/form-data": UploadSerializer},
        responses={
            202: SubmissionSerializer,
            400: OpenApiResponse(OpenApiTypes.OBJECT, "The file is not a valid notebook."),
            409: OpenApiResponse(OpenApiTypes.OBJECT, "The attempt rules do not allow it now."),
        },
    )
    def post(self, request: Request, slug: str) -> Response:
        """Submit a notebook; it is graded in the background, see `Location`."""
        exercise = get_object_or_404(Exercise.objects.active(), slug=slug)
        upload = UploadSerializer(data=request.data)
        upload.is_valid(raise_exception=True)
        user, wanted = _user(request), upload.validated_data["mail_wanted"]
        try:
            notebook = checked_notebook(upload.validated_data["notebook"], exercise=exercise)
            submission = lifecycle.submit(
                user=user,
                exercise=exercise,
                notebook=notebook,
                mail_wanted=user.mail_grading if wanted is None else wanted,
            )
        except NotebookRefused as refusal:
            raise InvalidNotebook(refusal) from refusal
        except SubmissionRefused as refusal:
            raise Refused(str(refusal), code=refusal.reason) from refusal
        address = reverse("api:submission", args=[submission.pk])
        return Response(
            SubmissionSerializer(submission_facts(submission)).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": request.build_absolute_uri(address)},
        )


class SubmissionView(APIView):
    """``GET submissions/<id>/``."""

    @extend_schema(operation_id="submission", responses=SubmissionSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Return one of one's own submissions."""
        return Response(SubmissionSerializer(submission_facts(_own(request, pk))).data)


class ExecutedView(APIView):
    """``GET submissions/<id>/notebook/``."""

    renderer_classes = (NotebookRenderer, JSONRenderer)  # the second lets in who accepts JSON

    @extend_schema(operation_id="submission_notebook", responses=NOTEBOOK)
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponse:
        """Return the notebook as it ran with the visible parameters, its outputs bounded."""
        executed = files.executed(_own(request, pk).pk)
        if not executed:
            raise NotFound("This submission has not been run.")
        return HttpResponse(executed, content_type=CONTENT_TYPE)


def _own(request: Request, pk: uuid.UUID) -> Submission:
    return get_object_or_404(Submission.objects.for_page(), pk=pk, user=_user(request))


def _user(request: Request) -> User:
    return cast("User", request.user)  # every view here is for those who are signed in
