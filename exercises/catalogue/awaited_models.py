"""Real networks that an exercise opens and that are not on this machine yet: for its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

SHIPPED = frozenset({"austen", "phase", "sae"})
"""These lie in the repository, and are put into their place when they are needed."""


def awaited_models(description: Mapping[str, Any]) -> list[str]:
    """Return the names of the models that have still to arrive.

    It names none if this process does not see the folder of the models: only the workers know
    then whether they are there.
    """
    if not settings.MODELS_DIR.is_dir():
        return []
    return [
        name
        for name in description.get("models", ())
        if name not in SHIPPED and not (settings.MODELS_DIR / f"{name}.safetensors").is_file()
    ]
