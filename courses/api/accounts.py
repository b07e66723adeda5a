"""The API's tokens: an email address and a password in, a token out."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import authenticate
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from courses.accounts.address_throttle import AddressThrottle
from courses.accounts.tokens import UNVERIFIED, is_unverified, new_token
from courses.models import User

if TYPE_CHECKING:
    from rest_framework.request import Request


class TokenRequestSerializer(serializers.Serializer[Any]):
    """Who asks for a token."""

    username = serializers.CharField(max_length=254, help_text="The e-mail address.")
    password = serializers.CharField(max_length=4096, trim_whitespace=False)


class TokenSerializer(serializers.Serializer[Any]):
    """A token, for the header ``Authorization: Token <key>``."""

    token = serializers.CharField()


class TokenAddressThrottle(AddressThrottle):
    """Guessing from one address: a class behind one address still gets in."""

    scope = "token_address"
    rate = "300/min"


class TokenNameThrottle(SimpleRateThrottle):
    """Guessing one account's password, from wherever."""

    scope = "token_name"
    rate = "10/min"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:  # noqa: ARG002  # the framework's
        """Count by the name that is tried."""
        data = request.data if isinstance(request.data, dict) else {}
        name = data.get("username")
        if not isinstance(name, str):
            return None
        digest = hashlib.sha256(name.strip().lower().encode()).hexdigest()
        return f"throttle-token-name-{digest}"


class TokenView(APIView):
    """``POST auth/token/``."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    throttle_classes = (TokenAddressThrottle, TokenNameThrottle)

    @extend_schema(
        operation_id="token",
        request=TokenRequestSerializer,
        responses={
            200: TokenSerializer,
            401: OpenApiResponse(description="Incorrect email or password."),
            403: OpenApiResponse(
                description="The account uses two-factor authentication, or its address is not"
                " confirmed."
            ),
            429: OpenApiResponse(description="Too many attempts."),
        },
    )
    def post(self, request: Request) -> Response:
        """Exchange e-mail address and password for a token."""
        asked = TokenRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user = authenticate(
            request._request,  # noqa: SLF001  # the backends want Django's own request
            username=asked.validated_data["username"],
            password=asked.validated_data["password"],
        )
        if not isinstance(user, User):
            raise AuthenticationFailed("Incorrect email or password.")
        if is_mfa_enabled(user):
            raise PermissionDenied(
                "This account uses two-factor authentication, so a password alone gets no token. "
                "Sign in on the site and generate one on your profile page.",
                code="second_factor_required",
            )
        if is_unverified(user):
            raise PermissionDenied(UNVERIFIED, code="email_unverified")
        return Response({"token": new_token(user)})

    def get_authenticate_header(self, request: Request) -> str:  # noqa: ARG002  # the framework's
        """Return what makes a wrong password a 401."""
        return "Token"
