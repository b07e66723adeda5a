"""The corpus is read out of its package without R, and only out of that package."""

from __future__ import annotations

import bz2
import hashlib
import io
import lzma
import struct
import tarfile
import zlib
from typing import TYPE_CHECKING

import pytest

from grader.models.training import novels

if TYPE_CHECKING:
    from pathlib import Path


def serialised(lines: list[str]) -> bytes:
    """Return what matters of R's serialisation of a character vector."""
    texts = [b"\x00\x04\x00\x09" + struct.pack(">i", len(line)) + line.encode() for line in lines]
    return b"X\n\x00\x00\x00\x02" + b"".join(texts)


def package(chunks: list[bytes]) -> bytes:
    """Return a Debian package whose database holds these compressed objects."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:xz") as archive:
        entry = tarfile.TarInfo(novels._DATABASE)
        entry.size = sum(map(len, chunks))
        archive.addfile(entry, io.BytesIO(b"".join(chunks)))
    members = [
        (b"debian-binary", b"2.0\n"),
        (b"control.tar", b"odd"),
        (b"data.tar.xz", tar.getvalue()),
    ]
    content = b"!<arch>\n"
    for name, body in members:
        header = name.ljust(16) + b" " * 32 + str(len(body)).encode().ljust(10) + b"`\n"
        content += header + body + b"\n" * (len(body) % 2)
    return content


def compressed(raw: bytes, method: str) -> bytes:
    """Return an object as R writes it, by one of its three methods."""
    length = struct.pack(">I", len(raw))
    if method == "bzip2":
        return length + b"2" + bz2.compress(raw)
    if method == "xz":
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 9}]
        return length + b"Z" + lzma.compress(raw, lzma.FORMAT_RAW, filters=filters)
    return length + zlib.compress(raw)


@pytest.mark.parametrize("method", ["zlib", "bzip2", "xz"])
def test_paragraphs_are_what_blank_lines_part(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines are joined; vectors that are too short for a novel are left out."""
    novel = ["It is a truth", "universally acknowledged.", "", "My dear"] + [""] * 2000
    chunks = [compressed(serialised(["a", "b"]), "zlib"), compressed(serialised(novel), method)]
    file = tmp_path / "novels.deb"
    file.write_bytes(package(chunks))
    monkeypatch.setattr(novels, "SHA256", hashlib.sha256(file.read_bytes()).hexdigest())
    assert novels.paragraphs(file) == ["It is a truth universally acknowledged.", "My dear"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    """By its hash, before anything of it is read."""
    file = tmp_path / "other.deb"
    file.write_bytes(package([compressed(serialised(["x"]), "zlib")]))
    with pytest.raises(ValueError, match=r"other\.deb is not r-cran-janeaustenr"):
        novels.paragraphs(file)
