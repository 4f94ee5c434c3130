"""What is taken as a picture or a scan, at every door: known by its bytes, of how many points, and without metadata.

Nothing here needs the application: the limited child that draws pages asks the same.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from albergues_app.core.errors import Aviso, Invalid

MAX_POINTS = 60_000_000
"""More than anybody photographs a sheet with: what asks for more is made to fill a memory."""

HEIC = (
    "Es una fotografía HEIC del iPhone, que aquí no se lee. En Ajustes › Cámara › Formatos elija «Más compatible», "
    "o envíela por correo como JPEG."
)
"""Refused and not converted: docs/decisiones/0007-sin-heic.md."""

_HEIC_BRANDS = frozenset((b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"heif"))
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_PNG_KEPT = frozenset(
    (
        *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA"),
        *(b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs"),
    )
)
_JPEG_SIZES = {0xC0, 0xC1, 0xC2}
_JPEG_APPS = {0xE0, 0xEE}  # JFIF, Adobe: how to read the colours
_CUT = (struct.error, IndexError)


def kind_of(content: bytes) -> str:
    """`pdf`, `jpeg`, `png`, `webp`, `heic`, or nothing: by the first bytes alone."""
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if content.startswith(_PNG):
        return "png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return "heic" if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS else ""


def is_whole(content: bytes, tipo: str) -> bool:
    """Whether a PDF, JPEG or PNG has a beginning, a size and an end."""
    if tipo == "pdf":
        return b"startxref" in content[-4096:] and b"%%EOF" in content[-4096:]
    if tipo == "png":
        return content[12:16] == b"IHDR" and _PNG_END in content[-4096:]
    try:
        for marker, start, end in _segments(content):
            if marker in _JPEG_SIZES:
                height, width = struct.unpack(">HH", content[start + 5 : start + 9])
                return bool(height and width) and b"\xff\xd9" in content[end:]
    except _CUT:
        return False
    return False


def too_many_points(width: float, height: float) -> bool:
    """Whether a picture of this size would be read at all; asked before a point of it is."""
    return width * height > MAX_POINTS


def without_metadata(content: bytes, tipo: str) -> bytes:
    """The same JPEG or PNG with no text, place, hour, device or preview inside; its points are untouched.

    Of the metadata only the orientation stays, so that nobody sees it lying.

    :raises Invalid: `imagen_danada`, or `imagen_enorme`
    """
    try:
        return _jpeg(content) if tipo == "jpeg" else _png(content)
    except _CUT as error:
        raise _refused("imagen_danada", "La fotografía está dañada. Vuelva a tomarla.") from error


def _refused(codigo: str, mensaje: str) -> Invalid:
    return Invalid([Aviso(codigo, mensaje, None)])


def _check_size(width: int, height: int) -> None:
    if too_many_points(width, height) or not width or not height:
        raise _refused("imagen_enorme", "La fotografía es demasiado grande. Tómela con menos resolución.")


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, where it begins, where the next one does) of each segment of a JPEG up to its end.

    :raises IndexError: :raises struct.error: it is cut, or is none
    """
    at = 2
    while True:
        if content[at] != 0xFF:
            raise IndexError(at)
        marker = content[at + 1]
        if marker == 0xFF:  # a filler byte
            at += 1
            continue
        if marker == 0xD9:
            yield marker, at, at + 2
            return
        (size,) = struct.unpack(">H", content[at + 2 : at + 4])
        end = at + 2 + size
        if marker == 0xDA:
            end = _end_of_scan(content, end)
        yield marker, at, end
        at = end


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the coded data end: the next marker that is neither a stuffed byte nor a restart."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0:
            raise IndexError(at)
        if content[at + 1] != 0 and not 0xD0 <= content[at + 1] <= 0xD7:
            return at
        at += 2


def _jpeg(content: bytes) -> bytes:
    """Segment by segment; after the first image there is nothing."""
    kept = [b"\xff\xd8"]
    for marker, start, end in _segments(content):
        data = content[start + 4 : end]
        if marker in _JPEG_SIZES:
            height, width = struct.unpack(">HH", data[1:5])
            _check_size(width, height)
        if marker == 0xE1:
            turned = _orientation(data)
            if turned > 1:
                kept.append(_only_orientation(turned))
        elif (
            marker in _JPEG_APPS
            or not (0xE0 <= marker <= 0xEF or marker == 0xFE)
            or _is_profile(marker, data)
        ):
            kept.append(content[start:end])
    return b"".join(kept)


def _is_profile(marker: int, data: bytes) -> bool:
    return marker == 0xE2 and data.startswith(b"ICC_PROFILE\0")


def _orientation(exif: bytes) -> int:
    """The orientation of an Exif segment, 1 where it says none or cannot be read."""
    if not exif.startswith(b"Exif\0\0"):
        return 1
    tiff = exif[6:]
    order = "<" if tiff[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack(order + "I", tiff[4:8])
        (count,) = struct.unpack(order + "H", tiff[start : start + 2])
        for n in range(min(count, 200)):
            entry = tiff[start + 2 + 12 * n : start + 14 + 12 * n]
            tag, _kind, _many, value = struct.unpack(order + "HHIH", entry[:10])
            if tag == 0x0112:
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _only_orientation(value: int) -> bytes:
    """An Exif segment with one entry."""
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, value, 0, 0)
    data = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def _png(content: bytes) -> bytes:
    kept, at = [content[:8]], 8
    while True:
        (size,) = struct.unpack(">I", content[at : at + 4])
        kind, end = content[at + 4 : at + 8], at + 12 + size
        if end > len(content):
            raise IndexError(at)
        if kind == b"IHDR":
            _check_size(*struct.unpack(">II", content[at + 8 : at + 16]))
        if kind in _PNG_KEPT:
            kept.append(content[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end
