"""The API of certificates: the signed credential, and what the page says, to anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from courses.catalogue.models import Level
from courses.certificates.credentials import signed_credential
from courses.models import Certificate

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request


class CertificateCourseSerializer(serializers.Serializer[Any]):
    """The course, or the path, as it was when the certificate was issued."""

    slug = serializers.SlugField(source="subject.slug")
    title = serializers.CharField(source="course_title")
    version = serializers.CharField(source="course_version")
    level = serializers.ChoiceField(source="course_level", choices=Level.choices)
    summary = serializers.CharField(source="course_summary")


class CertificateSerializer(serializers.Serializer[Any]):
    """What a certificate says."""

    id = serializers.UUIDField()
    valid = serializers.BooleanField()
    state = serializers.ChoiceField(choices=["valid", "superseded", "revoked", "expired"])
    holder = serializers.CharField(
        source="shown_name",
        allow_null=True,
        help_text="Null while the holder withholds the name.",
    )
    initials = serializers.CharField()
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
    valid_until = serializers.DateTimeField(allow_null=True)
    page = serializers.URLField(source="address")
    credential = serializers.URLField(source="credential_address")
    pdf = serializers.URLField(source="pdf_address")


class CredentialRenderer(JSONRenderer):
    """JSON to whoever asks for a credential by the media type of one."""

    media_type = "application/vc"


class LinkedDataRenderer(JSONRenderer):
    """JSON to whoever asks for linked data."""

    media_type = "application/ld+json"


class LinkedCredentialRenderer(JSONRenderer):
    """JSON to whoever asks by the media type that Open Badges 3.0 was written with."""

    media_type = "application/vc+ld+json"


class CertificateView(APIView):
    """``GET certificates/<id>/``: public."""

    permission_classes = (AllowAny,)
    renderer_classes = (
        JSONRenderer,
        CredentialRenderer,
        LinkedCredentialRenderer,
        LinkedDataRenderer,
    )

    @extend_schema(
        operation_id="certificate", responses={(200, "application/json"): OpenApiTypes.OBJECT}
    )
    def get(self, request: Request, key: uuid.UUID) -> Response:  # noqa: ARG002  # the framework's
        """Show the signed credential (Open Badges 3.0), which anybody's software can verify.

        Whether it was revoked stands in the status list that it names.
        """
        answer = Response(signed_credential(_found(key)))
        answer["X-Robots-Tag"] = "noindex, nofollow"
        answer["Access-Control-Allow-Origin"] = "*"
        return answer


class CertificateFactsView(APIView):
    """``GET certificates/<id>/facts/``: public."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="certificate_facts", responses=CertificateSerializer)
    def get(self, request: Request, key: uuid.UUID) -> Response:  # noqa: ARG002  # the framework's
        """Show everything that the certificate's page says, and whether it is valid now."""
        answer = Response(CertificateSerializer(_found(key)).data)
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer


def _found(key: uuid.UUID) -> Certificate:
    found = Certificate.objects.with_subject().filter(pk=key).first()
    if found is None:
        raise NotFound("Certificate not found.")
    return found
