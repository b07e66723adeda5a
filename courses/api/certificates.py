"""The API of certificates: everything that one says, to anyone who has its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from courses.catalogue.models import Level
from courses.models import Certificate

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request


class CertificateCourseSerializer(serializers.Serializer[Any]):
    """The course as it was when the certificate was issued."""

    slug = serializers.SlugField(source="course.slug")
    title = serializers.CharField(source="course_title")
    version = serializers.CharField(source="course_version")
    level = serializers.ChoiceField(source="course_level", choices=Level.choices)
    summary = serializers.CharField(source="course_summary")


class CertificateSerializer(serializers.Serializer[Any]):
    """What a certificate says."""

    id = serializers.UUIDField()
    valid = serializers.BooleanField()
    holder = serializers.CharField(
        source="shown_name",
        allow_null=True,
        help_text="Null while the holder withholds the name.",
    )
    course = CertificateCourseSerializer(source="*")
    issuer = serializers.CharField(source="issuer_name")
    issued_at = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    lessons = serializers.IntegerField()
    quizzes = serializers.IntegerField()
    exercises = serializers.IntegerField()
    skills = serializers.ListField(child=serializers.CharField())
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoked_reason = serializers.CharField()
    page = serializers.URLField(source="address")
    pdf = serializers.URLField(source="pdf_address")


class CertificateView(APIView):
    """``GET certificates/<id>/``: public."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="certificate", responses=CertificateSerializer)
    def get(self, request: Request, key: uuid.UUID) -> Response:  # noqa: ARG002  # the framework's
        """Show everything that a certificate says."""
        found = Certificate.objects.select_related("course").filter(pk=key).first()
        if found is None:
            raise NotFound("Certificate not found.")
        answer = Response(CertificateSerializer(found).data)
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer
