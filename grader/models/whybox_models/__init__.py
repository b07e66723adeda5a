"""Real networks, opened: load one, run it with hooks and a cache, patch, ablate, differentiate.

>>> import whybox_models
>>> model = whybox_models.load("smollm2")
>>> tokens = model.to_tokens("The capital of France is")
>>> logits, cache = model.run_with_cache(tokens)
>>> cache["pattern", 3].shape  # layer 3: heads, reading position, position read
(9, 5, 5)

The words are TransformerLens' (Nanda and Bloom 2022). Only numpy and scipy are needed.
"""

from .activations import Activations, Hook, Hooks, ablate, patch
from .autoencoder import SparseAutoencoder
from .decoder import Decoder
from .encoder import Encoder
from .store import (
    MODELS,
    ModelNotThereError,
    available,
    checkpoints,
    load,
    load_autoencoder,
    load_decoder,
    load_encoder,
    load_vision,
    passages,
)
from .vision import VisionNetwork

__all__ = [
    "MODELS",
    "Activations",
    "Decoder",
    "Encoder",
    "Hook",
    "Hooks",
    "ModelNotThereError",
    "SparseAutoencoder",
    "VisionNetwork",
    "ablate",
    "available",
    "checkpoints",
    "load",
    "load_autoencoder",
    "load_decoder",
    "load_encoder",
    "load_vision",
    "passages",
    "patch",
]
