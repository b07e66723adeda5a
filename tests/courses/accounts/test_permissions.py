"""Permissions of staff in one query: the same that Django's own backend gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Group, Permission

from courses.accounts.permissions import PermissionsInOneQuery
from courses.models import User

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    """Somebody with a permission of the own, one of a group, and one of both."""
    user = User.objects.create_user("kim@example.org", "a quiet harbour", is_staff=True)
    own, both, shared = Permission.objects.order_by("pk")[:3]
    group = Group.objects.create(name="clerks")
    group.permissions.set([both, shared])
    user.groups.add(group)
    user.user_permissions.set([own, both])
    return user


def fresh(user: User) -> User:
    """Return the account as another request reads it."""
    return User.objects.get(pk=user.pk)


def test_it_gives_what_django_gives(
    clerk: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Own permissions and those of groups, each once, and no others; one query in all."""
    expected = ModelBackend().get_all_permissions(fresh(clerk))
    reader = fresh(clerk)

    with django_assert_num_queries(1):
        found = reader.get_all_permissions()
        assert all(reader.has_perm(name) for name in expected)
        assert not reader.has_perm("courses.nothing")

    assert len(expected) == 3
    assert found == expected


@pytest.mark.parametrize("facts", [{"is_active": False}, {"is_superuser": True}])
def test_it_follows_django_for_the_inactive_and_for_superusers(
    clerk: User, facts: dict[str, bool]
) -> None:
    """An account that is closed has none; a superuser has all."""
    User.objects.filter(pk=clerk.pk).update(**facts)

    found = PermissionsInOneQuery().get_all_permissions(fresh(clerk))

    assert found == ModelBackend().get_all_permissions(fresh(clerk))
    assert bool(found) is ("is_superuser" in facts)


def test_it_gives_nothing_to_visitors_or_on_single_rows(clerk: User) -> None:
    """As Django's own: permissions are about tables."""
    backend = PermissionsInOneQuery()

    assert backend.get_all_permissions(AnonymousUser()) == set()  # type: ignore[arg-type]  # so does Django
    assert backend.get_all_permissions(clerk, clerk) == set()
    assert backend.authenticate(None, username=clerk.email, password="a quiet harbour") is None  # type: ignore[func-returns-value]
