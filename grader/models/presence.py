"""Which real networks are on this machine, and opening them in the grader's own process."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, cast

from grader.errors import WeightsMissing
from grader.models.fetching import SHIPPED, copy_shipped
from grader.models.whybox_models import load_decoder, load_encoder, load_vision
from grader.models.whybox_models.weights import Weights, read
from grader.sandbox.environment import models_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from grader.models.whybox_models import Decoder, Encoder, VisionNetwork


def require(names: Iterable[str]) -> None:
    """Make sure that runs can open these models; one of our own is put into its place.

    Raises:
        WeightsMissing: one is not on this machine yet.
    """
    absent = tuple(name for name in names if _place(name) is None)
    if absent:
        raise WeightsMissing(absent)


def decoder(name: str) -> Decoder:
    """Open a language model once per process. Raises as `require` does."""
    return _decoder(name, _there(name))


def encoder() -> Encoder:
    """Open the text encoder once per process. Raises as `require` does."""
    return _encoder(_there("minilm"))


def vision() -> VisionNetwork:
    """Open the vision network once per process. Raises as `require` does."""
    return _vision(_there("efficientnet"))


def weights(name: str) -> Weights:
    """Return a model's matrices by name, mapped. Raises as `require` does."""
    return Weights(read(_there(name) / f"{name}.safetensors"))


def passages() -> list[str]:
    """Return the passages that the autoencoder has not seen. Raises as `require` does."""
    return _passages(_there("austen"))


@cache
def _decoder(name: str, place: Path) -> Decoder:
    return load_decoder(name, place=place)


@cache
def _encoder(place: Path) -> Encoder:
    return load_encoder(place=place)


@cache
def _vision(place: Path) -> VisionNetwork:
    return load_vision(place=place)


@cache
def _passages(place: Path) -> list[str]:
    return cast("list[str]", json.loads((place / "austen.passages.json").read_text("utf-8")))


def _there(name: str) -> Path:
    place = _place(name)
    if place is None:
        raise WeightsMissing((name,))
    return place


def _place(name: str) -> Path | None:
    """Return the folder that holds a model; None if it is not on this machine."""
    place = models_folder()
    if place is None:
        return None
    if not (place / f"{name}.safetensors").is_file() and any(SHIPPED.glob(f"{name}.*")):
        try:
            copy_shipped(name, place)
        except OSError:  # a folder that only an operator writes to
            return None
    return place if (place / f"{name}.safetensors").is_file() else None
