"""The app of exercises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from collections.abc import Iterable

    from courses.authoring import search_index


class ExercisesConfig(AppConfig):
    """Exercises and the submissions to them."""

    name = "exercises"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the search and the certificates know exercises; courses know nothing of them."""
        from courses.authoring import search_index  # noqa: PLC0415  # its models are ready now
        from courses.certificates import achievements  # noqa: PLC0415  # the same
        from exercises.achievements import achieved  # noqa: PLC0415  # the same

        search_index.register("exercise", _search_entries)
        achievements.register(achieved)


def _search_entries() -> Iterable[search_index.Entry]:
    from exercises.catalogue.loading import search_entries  # noqa: PLC0415  # it reads content files

    return search_entries()
