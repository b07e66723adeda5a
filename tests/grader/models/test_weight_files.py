"""Files of weights: written and mapped, published formats read, broken ones refused."""

from __future__ import annotations

import io
import os
import pickle
import struct
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from grader.models.conversion import _as_integers, write
from grader.models.gguf import Gguf, GgufError
from grader.models.torch_file import TorchFileError, read_weights
from grader.models.whybox_models.weights import Weights, read

if TYPE_CHECKING:
    from pathlib import Path

DRAW = np.random.default_rng(0)


def test_what_is_written_is_what_is_mapped(tmp_path: Path) -> None:
    """Three kinds of numbers, aligned, read-only, and no half-written file under the name."""
    arrays: dict[str, Any] = {
        "wide": DRAW.normal(size=(3, 4)).astype(np.float32),
        "half": DRAW.normal(size=5).astype(np.float16),
        "small": DRAW.integers(-127, 127, (2, 2)).astype(np.int8),
    }
    write(tmp_path / "model.safetensors", arrays)
    found = read(tmp_path / "model.safetensors")
    assert {name: array.tolist() for name, array in found.items()} == {
        name: array.tolist() for name, array in arrays.items()
    }
    assert [file.name for file in tmp_path.iterdir()] == ["model.safetensors"]
    with pytest.raises(ValueError, match="read-only"):
        found["wide"][:] = 0


def test_integers_are_widened_by_their_row(tmp_path: Path) -> None:
    """The largest number of a row is exact, the others are off by half a step at most."""
    matrix = DRAW.normal(size=(6, 50)).astype(np.float32)
    matrix[4] = 0
    write(tmp_path / "model.safetensors", _as_integers("matrix", matrix))
    weights = Weights(read(tmp_path / "model.safetensors"))
    steps = np.abs(matrix).max(axis=1, keepdims=True) / 127
    assert (np.abs(weights["matrix"] - matrix) <= steps / 2 + 1e-7).all()
    assert np.array_equal(weights.rows("matrix", np.array([2, 1])), weights["matrix"][[2, 1]])
    assert list(weights) == ["matrix"]


@pytest.mark.parametrize("raw", [b"", b"1234567", struct.pack("<Q", 10**12) + b"{}", b"\0" * 64])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, raw: bytes) -> None:
    """With its name, before anything is read by lengths that it claims."""
    path = tmp_path / "odd.safetensors"
    path.write_bytes(raw or b" ")
    with pytest.raises(ValueError, match=r"odd\.safetensors"):
        read(path)


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    """The array that is not whole is named."""
    write(tmp_path / "whole.safetensors", {"matrix": np.ones(100, np.float32)})
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes((tmp_path / "whole.safetensors").read_bytes()[:-4])
    with pytest.raises(ValueError, match="'matrix'"):
        read(cut)


def gguf_text(text: str) -> bytes:
    """Return a text as GGUF writes it."""
    return struct.pack("<Q", len(text)) + text.encode()


def gguf_file(kind: int, raw: bytes, shape: tuple[int, ...]) -> bytes:
    """Return a GGUF file with one tensor and three facts."""
    facts = gguf_text("name") + struct.pack("<I", 8) + gguf_text("Tiny")
    facts += gguf_text("layers") + struct.pack("<II", 4, 2)
    facts += gguf_text("pieces") + struct.pack("<IIQ", 9, 8, 2) + gguf_text("a") + gguf_text("b")
    entry = gguf_text("matrix") + struct.pack("<I", len(shape))
    entry += b"".join(struct.pack("<Q", size) for size in reversed(shape))
    entry += struct.pack("<IQ", kind, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 3) + facts + entry
    return head + b"\0" * (-len(head) % 32) + raw


def test_gguf_tensors_are_dequantised(tmp_path: Path) -> None:
    """F32, F16, Q4_1 and Q8_0, as their definitions say."""
    path = tmp_path / "tiny.gguf"
    plain = DRAW.normal(size=(2, 32)).astype(np.float32)
    path.write_bytes(gguf_file(0, plain.tobytes(), (2, 32)))
    assert np.array_equal(Gguf(path).tensor("matrix"), plain)
    assert Gguf(path).facts == {"name": "Tiny", "layers": 2, "pieces": ["a", "b"]}
    path.write_bytes(gguf_file(1, plain.astype(np.float16).tobytes(), (2, 32)))
    assert np.array_equal(Gguf(path).tensor("matrix"), plain.astype(np.float16))
    scale, least = np.float16(0.5), np.float16(-1.25)
    nibbles = np.arange(32) % 16
    packed = (nibbles[:16] | nibbles[16:] << 4).astype(np.uint8)
    path.write_bytes(gguf_file(3, scale.tobytes() + least.tobytes() + packed.tobytes(), (32,)))
    assert np.array_equal(Gguf(path).tensor("matrix"), nibbles * 0.5 - 1.25)
    signed = np.arange(-16, 16, dtype=np.int8)
    path.write_bytes(gguf_file(8, scale.tobytes() + signed.tobytes(), (32,)))
    assert np.array_equal(Gguf(path).tensor("matrix"), signed * 0.5)


def test_gguf_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Another format, an unknown quantisation, a file that ends early."""
    path = tmp_path / "odd.gguf"
    path.write_bytes(b"GGUX" + b"\0" * 60)
    with pytest.raises(GgufError, match="no GGUF file"):
        Gguf(path)
    path.write_bytes(gguf_file(2, b"\0" * 18, (32,)))
    with pytest.raises(GgufError, match="kind 2"):
        Gguf(path).tensor("matrix")
    whole = gguf_file(0, b"\0" * 128, (32,))
    path.write_bytes(whole[:-1])
    with pytest.raises(GgufError, match="cut off"):
        Gguf(path).tensor("matrix")
    path.write_bytes(whole[:40])
    with pytest.raises(GgufError, match="cut off"):
        Gguf(path)


def torch_file(weights: dict[str, np.ndarray], *, named: str = "torch._utils") -> bytes:
    """Return weights as PyTorch before 1.6 wrote them, with nothing of PyTorch."""
    file = io.BytesIO()
    for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(value, file, 2)
    # The pickle of the tensors, opcode by opcode: PyTorch itself is not at hand to write it.
    body = b"\x80\x02ccollections\nOrderedDict\n)R("
    for key, (name, array) in enumerate(weights.items()):
        text = name.encode()
        body += b"X" + struct.pack("<I", len(text)) + text
        body += f"c{named}\n_rebuild_tensor_v2\n".encode()
        body += b"(" + b"(X\x07\0\0\0storagectorch\nFloatStorage\n"
        body += b"X\x01\0\0\0" + str(key).encode() + b"X\x03\0\0\0cpu"
        body += b"J" + struct.pack("<i", array.size) + b"NtQ" + b"K\0("
        body += b"".join(b"J" + struct.pack("<i", size) for size in array.shape) + b"t("
        steps = [step // array.itemsize for step in array.strides]
        body += b"".join(b"J" + struct.pack("<i", step) for step in steps)
        body += b"t\x89ccollections\nOrderedDict\n)RtR"
    file.write(body + b"u.")
    pickle.dump([str(key) for key in range(len(weights))], file, 2)
    for array in weights.values():
        # In the order of memory: a transposed array is stored as it was before.
        file.write(struct.pack("<q", array.size) + array.astype("<f4").tobytes(order="A"))
    return file.getvalue()


def test_torch_weights_are_read_without_torch() -> None:
    """Names, shapes and numbers are those that were written."""
    weights = {"a.weight": DRAW.normal(size=(2, 3)).T, "b": DRAW.normal(size=4)}
    found = read_weights(torch_file(weights))
    assert list(found) == ["a.weight", "b"]
    for name, array in weights.items():
        assert np.array_equal(found[name], array.astype(np.float32))


def test_a_torch_file_cannot_call_anything() -> None:
    """A name outside the three is refused before it is called."""

    class Attack:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, ("false",)

    for raw in (pickle.dumps(Attack()), torch_file({"a": np.ones(1)}, named="os")):
        with pytest.raises(TorchFileError, match="is not read"):
            read_weights(raw)


@pytest.mark.parametrize("cut", [0, 10, 60, -1])
def test_a_cut_torch_file_is_refused(cut: int) -> None:
    """A file that ends early is an error, never fewer numbers."""
    with pytest.raises(TorchFileError):
        read_weights(torch_file({"a": np.ones((2, 2))})[:cut])


def test_another_pickle_is_refused() -> None:
    """A pickle that is no weights."""
    with pytest.raises(TorchFileError, match="does not begin"):
        read_weights(pickle.dumps(OrderedDict(a=1)))
