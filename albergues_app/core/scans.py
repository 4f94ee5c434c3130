"""A scan or photograph of a signed paper: known by its real bytes, and by its SHA-256."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator

from flask import current_app

from albergues_app.core.errors import Aviso, Invalid

TIPOS = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}
ENDINGS = {"pdf": "pdf", "jpeg": "jpg", "png": "png"}
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


def limit_bytes() -> int:
    """The largest scan that is taken."""
    return int(current_app.config["ESCANEO_MB"]) * 1024 * 1024


def recognise(content: bytes, papel: str = "del acta firmada") -> str:
    """What a file is by its bytes, whole to its end; its name and what the browser says of it count for nothing.

    ``papel`` says of what paper, for the sentences («del acta firmada»).

    :raises Invalid: empty, too large, of another kind, or cut.
    """
    if not content:
        raise _refused("falta_escaneo", f"Elija el escaneo o la fotografía {papel}.")
    if len(content) > limit_bytes():
        size = current_app.config["ESCANEO_MB"]
        raise _refused("escaneo_grande", f"El archivo pasa de {size} MB. Escanéelo con menos resolución.")
    if content.startswith(b"%PDF-"):
        whole = b"startxref" in content[-4096:] and b"%%EOF" in content[-4096:]
        tipo = "pdf"
    elif content.startswith(b"\xff\xd8\xff"):
        whole = _jpeg_is_whole(content)
        tipo = "jpeg"
    elif content.startswith(_PNG):
        whole = content[12:16] == b"IHDR" and _PNG_END in content[-4096:]
        tipo = "png"
    else:
        raise _refused(
            "escaneo_de_otra_clase",
            "El archivo no es PDF, JPEG ni PNG. Guarde el escaneo como PDF, o tome la fotografía en JPEG.",
        )
    if not whole:
        raise _refused("escaneo_cortado", "El archivo está cortado o dañado. Vuelva a escanear la hoja.")
    return tipo


def _jpeg_is_whole(content: bytes) -> bool:
    """Its segments can be walked to the image, which has a size, and the image ends."""
    for marker, start, end in _jpeg_segments(content):
        if marker in {0xC0, 0xC1, 0xC2}:
            height, width = struct.unpack(">HH", content[start + 1 : start + 5].ljust(4, b"\0"))
            return bool(height and width) and b"\xff\xd9" in content[end:]
    return False


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, where its data start, where they end) of each segment before the image data."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker, size = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == 0xDA or size < 2:
            return
        yield marker, at + 4, at + 2 + size
        at += 2 + size


def _refused(codigo: str, mensaje: str) -> Invalid:
    return Invalid([Aviso(codigo, mensaje, "escaneo")])


def fingerprint(content: bytes) -> str:
    """SHA-256 of the file as it was given: anybody who holds it can compare."""
    return hashlib.sha256(content).hexdigest()
