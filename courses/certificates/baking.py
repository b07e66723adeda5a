"""Credentials inside files: SVG and PNG badges and PDFs, written and read again.

Open Badges 3.0 says where: an element of an SVG, a text chunk of a PNG. A PDF has it as an
attachment. The readers are for files of strangers and are called in a process with limits only.
"""

from __future__ import annotations

import io
import struct
import zlib
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
PNG_KEYWORD: Final = b"openbadgecredential"
SVG_NAMESPACE: Final = "https://purl.imsglobal.org/ob/v3p0"
ATTACHMENT: Final = "credential.json"
CREDENTIAL_BYTES: Final = 100_000
"""Ten times as long as the longest that a certificate can become."""

PDF_HEAD_BYTES: Final = 1024
"""Where a PDF must say that it is one, and where at its end it must say that it ends."""


class Kind(StrEnum):
    """What a file is, by its first bytes."""

    PDF = "pdf"
    PNG = "png"
    SVG = "svg"
    JSON = "json"


class Unreadable(StrEnum):
    """Why no credential could be read from a file."""

    UNKNOWN_KIND = "unknown_kind"
    CUT_OFF = "cut_off"
    DAMAGED = "damaged"
    NO_CREDENTIAL = "no_credential"
    SEVERAL = "several_credentials"
    TOO_LONG = "credential_too_long"


class UnreadableError(Exception):
    """There is no credential to be read; `reason` says why."""

    def __init__(self, reason: Unreadable) -> None:
        super().__init__(reason.value)
        self.reason = reason


def kind_of(data: bytes) -> Kind:
    """Return what a file is, by its first bytes.

    Raises:
        UnreadableError: it is none of the kinds that certificates come in.
    """
    if data.startswith(PNG_SIGNATURE):
        return Kind.PNG
    if b"%PDF-" in data[:PDF_HEAD_BYTES]:
        return Kind.PDF
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"{":
        return Kind.JSON
    if start == b"<":
        return Kind.SVG
    raise UnreadableError(Unreadable.UNKNOWN_KIND)


def bake_svg(svg: str, credential: str) -> str:
    """Return an SVG that carries a credential as its first element."""
    root = svg.index("<svg")
    end = svg.index(">", root)
    text = credential.replace("]]>", "]]]]><![CDATA[>")
    return (
        f'{svg[:end]} xmlns:openbadges="{SVG_NAMESPACE}">'
        f"<openbadges:credential><![CDATA[{text}]]></openbadges:credential>{svg[end + 1 :]}"
    )


def bake_png(png: bytes, credential: str) -> bytes:
    """Return a PNG that carries a credential as uncompressed international text."""
    body = PNG_KEYWORD + b"\0\0\0\0\0" + credential.encode()
    chunk = (
        struct.pack(">I", len(body))
        + b"iTXt"
        + body
        + struct.pack(">I", zlib.crc32(b"iTXt" + body))
    )
    header_end = len(PNG_SIGNATURE) + 12 + struct.unpack(">I", png[8:12])[0]
    return png[:header_end] + chunk + png[header_end:]


def credential_text(data: bytes, kind: Kind) -> str:
    """Return the credential in a file, as text.

    Raises:
        UnreadableError: the file is cut off or damaged, or has no credential, or several.
    """
    read: dict[Kind, Callable[[bytes], list[bytes]]] = {
        Kind.PDF: _from_pdf,
        Kind.PNG: _from_png,
        Kind.SVG: _from_svg,
        Kind.JSON: lambda found: [found.removeprefix(b"\xef\xbb\xbf")],
    }
    found = read[kind](data)
    if not found:
        raise UnreadableError(Unreadable.NO_CREDENTIAL)
    if len(found) > 1:
        raise UnreadableError(Unreadable.SEVERAL)
    if len(found[0]) > CREDENTIAL_BYTES:
        raise UnreadableError(Unreadable.TOO_LONG)
    try:
        return found[0].decode()
    except UnicodeDecodeError as error:
        raise UnreadableError(Unreadable.DAMAGED) from error


def _from_png(data: bytes) -> list[bytes]:
    found = []
    position = len(PNG_SIGNATURE)
    while True:
        if position + 12 > len(data):
            raise UnreadableError(Unreadable.CUT_OFF)
        (length,) = struct.unpack(">I", data[position : position + 4])
        name = data[position + 4 : position + 8]
        body = data[position + 8 : position + 8 + length]
        end = position + 12 + length
        if end > len(data):
            raise UnreadableError(Unreadable.CUT_OFF)
        if struct.pack(">I", zlib.crc32(name + body)) != data[end - 4 : end]:
            raise UnreadableError(Unreadable.DAMAGED)
        if name == b"iTXt" and body.startswith(PNG_KEYWORD + b"\0"):
            found.append(_png_text(body))
        if name == b"IEND":
            return found
        position = end


def _png_text(body: bytes) -> bytes:
    """Return the text of an iTXt chunk, which other tools may have compressed."""
    rest = body[len(PNG_KEYWORD) + 1 :]
    try:
        packed, rest = rest[0], rest[2:]
        _language, _translated, text = rest.split(b"\0", 2)
        if not packed:
            return text
        unpacker = zlib.decompressobj()
        return unpacker.decompress(text, CREDENTIAL_BYTES + 1)
    except (IndexError, ValueError, zlib.error) as error:
        raise UnreadableError(Unreadable.DAMAGED) from error


def _from_svg(data: bytes) -> list[bytes]:
    from defusedxml import DefusedXmlException, ElementTree  # noqa: PLC0415  # the process's only

    try:
        root = ElementTree.fromstring(data, forbid_dtd=True)
    except ElementTree.ParseError as error:
        whole = data.rstrip().endswith(b"</svg>")
        raise UnreadableError(Unreadable.DAMAGED if whole else Unreadable.CUT_OFF) from error
    except (DefusedXmlException, ValueError) as error:
        raise UnreadableError(Unreadable.DAMAGED) from error
    elements = root.iter(f"{{{SVG_NAMESPACE}}}credential")
    return [(element.text or "").strip().encode() for element in elements]


def _from_pdf(data: bytes) -> list[bytes]:
    from pypdf import PdfReader  # noqa: PLC0415  # the process's only
    from pypdf.errors import PyPdfError  # noqa: PLC0415  # the same

    if b"%%EOF" not in data[-PDF_HEAD_BYTES:]:
        raise UnreadableError(Unreadable.CUT_OFF)
    try:
        files = PdfReader(io.BytesIO(data), strict=True).attachments
        return [bytes(one) for name, ones in files.items() if name == ATTACHMENT for one in ones]
    except (PyPdfError, ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
        raise UnreadableError(Unreadable.DAMAGED) from error
    except (AttributeError, NotImplementedError, RecursionError) as error:
        raise UnreadableError(Unreadable.DAMAGED) from error
