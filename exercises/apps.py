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
        """Let search, certificates and a copy of one's data know exercises and notebooks.

        Courses know nothing of exercises.
        """
        from courses.audit import staff_log  # noqa: PLC0415  # its models are ready now
        from courses.authoring import search_index  # noqa: PLC0415  # the same
        from courses.certificates import achievements  # noqa: PLC0415  # the same
        from courses.privacy import files, retention  # noqa: PLC0415  # the same
        from exercises.achievements import achieved  # noqa: PLC0415  # the same
        from exercises.models import Review  # noqa: PLC0415  # the same
        from exercises.personal_data import (  # noqa: PLC0415  # the same
            forget_drafts,
            personal_files,
        )

        staff_log.watch(Review, fields=("points", "score", "passed"))
        search_index.register("exercise", _search_entries)
        achievements.register(achieved)
        files.register("notebooks", personal_files)
        retention.register("drafts", forget_drafts)


def _search_entries() -> Iterable[search_index.Entry]:
    from exercises.catalogue.loading import search_entries  # noqa: PLC0415  # it reads content files

    return search_entries()
