"""The words of the table of personal data: which rows are about whom, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.apps import apps

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django_stubs_ext import StrOrPromise

    from courses.accounts.models import User


class Erasure(StrEnum):
    """What becomes of rows when the account that they are about is erased."""

    WITH_ACCOUNT = "with_account"
    """The database deletes them with the account's row."""
    DELETED = "deleted"
    """They are deleted first, since their key would only be emptied."""
    UNNAMED = "unnamed"
    """They stay, and no longer say whom they are about."""


@dataclass(frozen=True)
class Rows:
    """Rows of one model, and the way from them to the person whom they are about.

    Attributes:
        label: of the model, such as ``courses.Note``.
        path: the lookup that leads to the person, such as ``user`` or ``draft__user``.
        file: the JSON file of the export, without its ending; empty: not exported.
        unexported: why not; says so wherever `file` is empty.
        left_out: columns that are not exported: secrets, and what a file of its own holds.
        names: lookups that are exported besides, so that numbers mean something.
        erasure: what becomes of them.
        stays_because: why they stay; says so wherever they do.
    """

    label: str
    path: str
    file: str = ""
    unexported: StrOrPromise = ""
    left_out: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    erasure: Erasure = Erasure.WITH_ACCOUNT
    stays_because: StrOrPromise = ""

    @property
    def model(self) -> type[Model]:
        """Return the model."""
        return apps.get_model(self.label)

    def of(self, user: User) -> QuerySet[Model]:
        """Return the rows about one person."""
        return self.model._default_manager.filter(**{self.path: user.pk})  # noqa: SLF001  # Django's documented API

    @property
    def title(self) -> str:
        """Return what the model calls its rows."""
        return str(self.model._meta.verbose_name_plural)  # noqa: SLF001  # Django's documented API


@dataclass(frozen=True)
class Subject:
    """What the site keeps about one side of a person's work, as the privacy page says it.

    Attributes:
        why: the purpose.
        basis: the legal basis in the terms of the GDPR.
        who: who can see it, besides those who run the site's machines.
        how_long: until when it is kept.
    """

    key: str
    title: StrOrPromise
    what: StrOrPromise
    why: StrOrPromise
    basis: StrOrPromise
    who: StrOrPromise
    how_long: StrOrPromise
    rows: tuple[Rows, ...]

    @property
    def staying(self) -> list[Rows]:
        """Return what stays after erasure."""
        return [one for one in self.rows if one.stays_because]

    @property
    def unexported(self) -> list[Rows]:
        """Return what the export leaves out."""
        return [one for one in self.rows if one.unexported]
