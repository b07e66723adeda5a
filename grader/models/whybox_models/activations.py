"""What a run leaves behind, and how a hook changes it on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from .weights import Array

Place = tuple[str, int]
"""A name and a layer, as in ``("resid_post", 3)``; layers count from 0."""
Hook = Callable[[Array], Array]
Hooks = Mapping[Place, Hook]
NO_HOOKS: Final[Hooks] = {}


class Activations(Mapping[Place, Array]):
    """Arrays by place: activations of a run, or gradients with respect to them.

    ``cache["pattern", 3]`` is layer 3's attention; ``cache.stack("resid_post")`` is that of all
    layers, one above the other.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._arrays: dict[Place, Array] = {}

    def __getitem__(self, place: Place) -> Array:
        """Return the array at a place.

        Raises:
            KeyError: there is none; the message says which names there are.
        """
        try:
            return self._arrays[place]
        except KeyError:
            names = ", ".join(sorted({name for name, _ in self._arrays}))
            raise KeyError(f"nothing at {place!r}; the names are {names}") from None

    def __iter__(self) -> Iterator[Place]:
        """Go over the places, in the order in which the run reached them."""
        return iter(self._arrays)

    def __len__(self) -> int:
        """Return how many places there are."""
        return len(self._arrays)

    def stack(self, name: str) -> Array:
        """Return the arrays of one name, shape (layers, ...), by layer."""
        layers = sorted(layer for found, layer in self._arrays if found == name)
        return np.stack([self[name, layer] for layer in layers])

    def put(self, place: Place, array: Array) -> Array:
        """Keep an array at a place and return it."""
        self._arrays[place] = array
        return array


class Passage:
    """One run's way through the network: each activation is hooked, then kept."""

    def __init__(self, hooks: Hooks, known: Sequence[str], layers: int) -> None:
        """Check that each hook has a place to act.

        Raises:
            KeyError: there is no such name or layer.
        """
        for name, layer in hooks:
            if name not in known or not 0 <= layer < layers:
                raise KeyError(
                    f"no hook at {(name, layer)!r}: names are {', '.join(known)}; "
                    f"layers 0 to {layers - 1}"
                )
        self.cache = Activations()
        self._hooks = hooks

    def __call__(self, name: str, layer: int, array: Array) -> Array:
        """Return the array as its hook leaves it.

        Raises:
            ValueError: the hook returned something of another shape, or nothing.
        """
        hook = self._hooks.get((name, layer))
        if hook is None:
            return self.cache.put((name, layer), array)
        changed = np.asarray(hook(array.copy()), np.float32)
        if changed.shape != array.shape:
            raise ValueError(
                f"the hook at {(name, layer)!r} returned shape {changed.shape}; "
                f"it has to return {array.shape}"
            )
        return self.cache.put((name, layer), changed)


def patch(source: Array, *, positions: Sequence[int] | slice = slice(None)) -> Hook:
    """Return a hook that takes the values at some positions from another run.

    Into a corrupted run from the clean run's cache it is denoising; the other way round, noising.
    The position is the axis before the last, as in (positions, d) and (heads, positions, d).
    """

    def hook(array: Array) -> Array:
        array[..., positions, :] = source[..., positions, :]
        return array

    return hook


def ablate(heads: Sequence[int], *, by: Array | float = 0.0) -> Hook:
    """Return a hook for ``z`` or ``pattern`` that replaces some heads, by 0 or by a mean."""
    value = np.asarray(by, np.float32)

    def hook(array: Array) -> Array:
        for head in heads:
            array[head] = value if value.ndim < array.ndim else value[head]
        return array

    return hook
