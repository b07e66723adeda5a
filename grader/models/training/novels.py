"""Jane Austen's six novels, out of the Debian package r-cran-janeaustenr; R is not needed.

A Debian package is an `ar` archive with a tar file inside; the novels lie in a database of R
objects: each is compressed, and serialised as R's `saveRDS` does (character vectors of lines).
"""

from __future__ import annotations

import bz2
import hashlib
import io
import lzma
import re
import struct
import tarfile
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHA256: Final = "df6bddf211906d1ff404f8ff662c21b34e6660e7f54a311084e749050c019c95"
"""Of r-cran-janeaustenr_1.0.0-1_all.deb."""
_DATABASE: Final = "./usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"
_AR_START: Final = b"!<arch>\n"
_AR_HEADER: Final = 60
_FEWEST_LINES: Final = 2000
_LONGEST_LINE: Final = 400
_TEXT: Final = re.compile(rb"\x00[\x00-\x0c][\x00-\xff]\x09")
_LZMA2: Final = ({"id": lzma.FILTER_LZMA2, "preset": 9},)


def paragraphs(package: Path) -> list[str]:
    """Return the paragraphs of the six novels, one after the other, as the package holds them.

    Raises:
        ValueError: the file is not the package that is named here.
    """
    content = package.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ValueError(f"{package.name} is not r-cran-janeaustenr 1.0.0-1: its hash is another.")
    lines = [_lines(chunk) for chunk in _chunks(_database(content))]
    novels = ["\n".join(found) for found in lines if len(found) > _FEWEST_LINES]
    found = (" ".join(part.split()) for part in re.split(r"\n\s*\n", "\n\n".join(novels)))
    return [paragraph for paragraph in found if paragraph]


def _database(content: bytes) -> bytes:
    at = len(_AR_START)
    while at < len(content):
        name = content[at : at + 16].decode("ascii").strip().rstrip("/")
        size = int(content[at + 48 : at + 58])
        start = at + _AR_HEADER
        if name.startswith("data.tar"):
            with tarfile.open(fileobj=io.BytesIO(content[start : start + size])) as archive:
                member = archive.extractfile(_DATABASE)
                if member is not None:
                    return member.read()
        at = start + size + size % 2
    raise ValueError("the package holds no novels.")


def _chunks(database: bytes) -> Iterator[bytes]:
    """Go over the objects: four bytes of length, perhaps a letter for the method, the data."""
    at = 0
    while at < len(database) - 8:
        (length,) = struct.unpack(">I", database[at : at + 4])
        method = database[at + 4 : at + 5]
        if method == b"2":
            unpacker: bz2.BZ2Decompressor | lzma.LZMADecompressor | zlib._Decompress
            unpacker, start = bz2.BZ2Decompressor(), at + 5
        elif method == b"Z":
            unpacker, start = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_LZMA2), at + 5
        else:
            unpacker, start = zlib.decompressobj(), at + 4
        chunk = unpacker.decompress(database[start:])
        if len(chunk) != length:
            raise ValueError(f"an object of the package has {len(chunk)} bytes, not {length}.")
        at = len(database) - len(unpacker.unused_data)
        yield chunk


def _lines(chunk: bytes) -> list[str]:
    """Return the texts of a serialised character vector."""
    found: list[str] = []
    end = 0
    for match in _TEXT.finditer(chunk):
        start = match.end() + 4
        (length,) = struct.unpack(">i", chunk[start - 4 : start] or b"\xff" * 4)
        if match.start() >= end and 0 <= length <= _LONGEST_LINE:
            end = start + length
            found.append(chunk[start:end].decode("utf-8", "replace"))
    return found
