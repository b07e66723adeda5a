"""Who asks the API, and what they may do in a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException, PermissionDenied

from classes.rights import Access, Right, access_to
from courses.models import User

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request

    from classes.audit import ChangeRefused


class Refused(APIException):
    """The change is not possible now."""

    status_code = status.HTTP_409_CONFLICT

    def __init__(self, refusal: ChangeRefused) -> None:
        super().__init__(str(refusal), code=refusal.reason)


def find_access(request: Request, key: uuid.UUID, right: Right) -> Access:
    """Return what the caller is in a class.

    Raises:
        Http404: the class does not exist for the caller.
        PermissionDenied: the caller's role does not have the right.
    """
    if not isinstance(request.user, User):
        raise TypeError("the API's permissions require a login")
    access = access_to(request.user, key)
    if access is None:
        raise Http404
    if not access.may(right):
        raise PermissionDenied
    return access
