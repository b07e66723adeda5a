"""Where the models are, and how one is opened."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from .autoencoder import SparseAutoencoder
from .decoder import Decoder, Shape
from .encoder import Encoder
from .tokenizers import BytePairs, WordPiece
from .vision import VisionNetwork
from .weights import Weights, read

if TYPE_CHECKING:
    from .activations import Place

FOLDER_VARIABLE: Final = "WHYBOX_MODELS"
IN_THE_SANDBOX: Final = "/models"
_SHAPES: Final = {
    "smollm2": Shape(30, 9, 3, 64, rotary_base=100_000.0, epsilon=1e-5),
    "austen": Shape(4, 4, 4, 32, rotary_base=10_000.0, epsilon=1e-5),
    "phase": Shape(2, 4, 4, 16, rotary_base=100.0, epsilon=1e-5),
}
MODELS: Final = {
    "smollm2": "SmolLM2-135M-Instruct, a language model of 30 layers, as quantised to 4 bits",
    "austen": "a language model of 4 layers that has read Jane Austen's novels",
    "minilm": "all-MiniLM-L6-v2, a text encoder of 6 layers",
    "efficientnet": "EfficientNet-Lite0, a classifier of pictures",
    "phase": "a language model of 2 attention layers, at several steps of its training",
    "sae": "a sparse autoencoder of MiniLM's layer 3",
}
"""What each model is, by name."""
AUTOENCODER_PLACE: Final[Place] = ("resid_post", 3)


class ModelNotThereError(FileNotFoundError):
    """The weights of a model are not on this machine."""


def folder() -> Path:
    """Return the folder of the models: WHYBOX_MODELS, or the sandbox's own."""
    return Path(os.environ.get(FOLDER_VARIABLE, IN_THE_SANDBOX))


def available() -> list[str]:
    """Return the names of the models that can be loaded here."""
    return [name for name in MODELS if (folder() / f"{name}.safetensors").is_file()]


def load(name: str) -> Decoder | Encoder | VisionNetwork | SparseAutoencoder:
    """Open a model by its name (`MODELS`); of "phase", the last checkpoint.

    Raises:
        ValueError: there is no model of this name.
        ModelNotThereError: its weights are not on this machine.
    """
    if name in _SHAPES:
        return load_decoder(name)
    if name == "sae":
        return load_autoencoder()
    return load_encoder() if name == "minilm" else load_vision(name)


def load_decoder(name: str, *, place: Path | None = None) -> Decoder:
    """Open a language model: "smollm2", "austen", or "phase-300" for a step of training.

    Raises as `load` does, and for a step of which there is no checkpoint.

    Args:
        name: which.
        place: the folder that it is in, if it is not `folder()`.
    """
    name, _, step = name.partition("-")
    weights = _weights(name, place)
    if name == "phase":
        weights = weights.part(f"{step or checkpoints(place=place)[-1]}/")
    tokenizer_file = (place or folder()) / f"{name}.tokenizer.json"
    facts = json.loads(tokenizer_file.read_text(encoding="utf-8"))
    tokenizer = BytePairs(
        facts["tokens"],
        facts["merges"],
        special=facts["special"],
        single_digits=facts["single_digits"],
    )
    return Decoder(weights, _SHAPES[name], tokenizer)


def checkpoints(*, place: Path | None = None) -> list[int]:
    """Return the steps of training at which "phase" was kept: `load_decoder("phase-300")`."""
    return sorted({int(name.partition("/")[0]) for name in _weights("phase", place)})


def load_autoencoder(*, place: Path | None = None) -> SparseAutoencoder:
    """Open the sparse autoencoder of "minilm", "sae". Raises as `load` does."""
    return SparseAutoencoder(_weights("sae", place), AUTOENCODER_PLACE)


def passages() -> list[str]:
    """Return passages of Austen's novels which the autoencoder was not trained on."""
    _weights("austen")
    text = (folder() / "austen.passages.json").read_text(encoding="utf-8")
    return cast("list[str]", json.loads(text))


def load_encoder(*, place: Path | None = None) -> Encoder:
    """Open the text encoder, "minilm". Raises and takes `place` as the others do."""
    weights = _weights("minilm", place)
    tokenizer_file = (place or folder()) / "minilm.tokenizer.json"
    facts = json.loads(tokenizer_file.read_text(encoding="utf-8"))
    return Encoder(weights, WordPiece(cast("list[str]", facts["tokens"])))


def load_vision(name: str = "efficientnet", *, place: Path | None = None) -> VisionNetwork:
    """Open the vision network, "efficientnet". Raises and takes `place` as the others do."""
    return VisionNetwork(_weights(name, place))


def _weights(name: str, place: Path | None = None) -> Weights:
    if name not in MODELS:
        raise ValueError(f"there is no model {name!r}; the names are {', '.join(MODELS)}")
    path = (place or folder()) / f"{name}.safetensors"
    if not path.is_file():
        raise ModelNotThereError(
            f"The model {name} is not on this machine yet. It is fetched once, in the background,"
            " when the site starts; an operator can run `make models`."
        )
    return Weights(read(path))
