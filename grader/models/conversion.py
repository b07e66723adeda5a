"""From the weights as they are published to the files that `whybox_models` maps."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grader.models.gguf import Gguf
from grader.models.torch_file import read_weights
from grader.models.whybox_models.weights import SCALE, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[np.generic]]

_DTYPES: Final = {"float32": "F32", "float16": "F16", "int8": "I8"}
_LARGEST: Final = 127
_ALIGNMENT: Final = 64
_BATCH_NORM_EPSILON: Final = 1e-3
_LLAMA: Final = {
    "attn_q": "q",
    "attn_k": "k",
    "attn_v": "v",
    "attn_output": "o",
    "ffn_gate": "gate",
    "ffn_up": "up",
    "ffn_down": "down",
    "attn_norm": "norm_1",
    "ffn_norm": "norm_2",
}
_SPECIAL: Final = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")


def convert_smollm2(gguf: Path, target: Path) -> None:
    """Write SmolLM2's matrices as 8-bit integers with a factor per row, and its tokenizer."""
    model = Gguf(gguf)
    arrays: dict[str, NDArray[np.generic]] = {}
    for name in model.names():
        if name == "token_embd.weight":
            own = "embed"
        elif name == "output_norm.weight":
            own = "final_norm"
        else:
            _, layer, part, _ = name.split(".")
            own = f"{layer}.{_LLAMA[part]}"
        arrays |= _as_integers(own, model.tensor(name))
    write_tokenizer(
        target.with_suffix(".tokenizer.json"),
        tokens=model.facts["tokenizer.ggml.tokens"],
        merges=model.facts["tokenizer.ggml.merges"],
        special=_SPECIAL,
        single_digits=True,
    )
    write(target, arrays)


def convert_minilm(safetensors: Path, vocabulary: Path, target: Path) -> None:
    """Write MiniLM's matrices as they are, without the list of positions, and its pieces."""
    tokens = vocabulary.read_text(encoding="utf-8").rstrip("\n").split("\n")
    write_tokenizer(target.with_suffix(".tokenizer.json"), tokens=tokens)
    write(target, read(safetensors))


def convert_efficientnet(pth: Path, target: Path) -> None:
    """Fold EfficientNet's batch norms into its filters and write them as half floats."""
    published = read_weights(pth.read_bytes())
    arrays: dict[str, NDArray[np.generic]] = {}

    def fold(own: str, filters: str, norm: str) -> None:
        weights: NDArray[np.float64] = published[f"{filters}.weight"].astype(np.float64)
        spread = published[f"{norm}.running_var"].astype(np.float64) + _BATCH_NORM_EPSILON
        gain = published[f"{norm}.weight"].astype(np.float64) / np.sqrt(spread)
        mean = published[f"{norm}.running_mean"].astype(np.float64)
        shift = published[f"{norm}.bias"].astype(np.float64) - mean * gain
        arrays[f"{own}.w"] = _laid_out(weights * gain[:, None, None, None]).astype(np.float16)
        arrays[f"{own}.b"] = shift.astype(np.float16)

    fold("stem", "_conv_stem", "_bn0")
    blocks = sum(name.endswith("_depthwise_conv.weight") for name in published)
    for block in range(blocks):
        place = f"_blocks.{block}."
        if block:
            fold(f"{block}.e", f"{place}_expand_conv", f"{place}_bn0")
        fold(f"{block}.d", f"{place}_depthwise_conv", f"{place}_bn1")
        fold(f"{block}.p", f"{place}_project_conv", f"{place}_bn2")
    fold("head", "_conv_head", "_bn1")
    arrays["fc.w"] = published["_fc.weight"].T.astype(np.float16)
    arrays["fc.b"] = published["_fc.bias"].astype(np.float16)
    write(target, arrays)


def write(target: Path, arrays: Arrays) -> None:
    """Write arrays as one safetensors file, at once: a reader finds all of it or none."""
    header: dict[str, Any] = {}
    start = 0
    for name, array in arrays.items():
        offsets = [start, start + array.nbytes]
        kind = _DTYPES[array.dtype.name]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": offsets}
        start += array.nbytes
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-(len(head) + 8) % _ALIGNMENT)
    unfinished = target.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).tobytes())
    unfinished.replace(target)


def write_tokenizer(
    target: Path,
    *,
    tokens: Sequence[str],
    merges: Sequence[str] = (),
    special: Sequence[str] = (),
    single_digits: bool = False,
) -> None:
    """Write a tokenizer's facts as `whybox_models.store` reads them."""
    facts = {
        "tokens": list(tokens),
        "merges": list(merges),
        "special": list(special),
        "single_digits": single_digits,
    }
    target.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")


def _as_integers(name: str, array: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
    if array.ndim == 1:
        return {name: array}
    factors = np.abs(array).max(axis=1, keepdims=True) / _LARGEST
    whole = np.round(array / np.where(factors > 0, factors, 1)).astype(np.int8)
    return {name: whole, name + SCALE: factors.astype(np.float32)}


def _laid_out(filters: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return filters (out, in, k, k) as the network multiplies by them.

    Of one pixel: (in, out). Of one channel each: (k, k, out). Else: (k x k x in, out).
    """
    out, inside, side, _ = filters.shape
    if side == 1:
        return filters[:, :, 0, 0].T
    if inside == 1:
        return filters[:, 0].transpose(1, 2, 0)
    return filters.transpose(2, 3, 1, 0).reshape(-1, out)
