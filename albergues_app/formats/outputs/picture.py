"""Pictures of paper as light PNG files: 16 greys, which is what a photocopier leaves of them.

typst gives pictures in full colour, five times heavier than what a page of ink needs.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from albergues_app.formats.engine import Catalogos, Formato
from albergues_app.formats.outputs.pdf import PdfJob, page_size, render_picture

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREYS = 16
CARD_PX = 224
"""Width of a card's picture: twice what the shelf shows, for telephones with fine screens."""


@dataclass(frozen=True)
class Grey:
    """A picture in greys: 0 is ink and 255 paper, row after row."""

    width: int
    height: int
    pixels: bytes


def light_picture(job: PdfJob, catalogos: Catalogos | None = None, *, ppi: float = 80) -> bytes:
    """Return the first page of one document as a PNG of 16 greys, at ``ppi`` pixels an inch."""
    return write_grey(read_grey(render_picture(job, catalogos, ppi=ppi)))


def card_picture(formato: Formato, catalogos: Catalogos | None = None) -> bytes:
    """Return the picture of a blank for the shelf's card, ``CARD_PX`` wide."""
    job = PdfJob(formato=formato, gate=formato.at_gate)
    width_mm, _ = page_size(job)
    return light_picture(job, catalogos, ppi=CARD_PX / (width_mm / 25.4))


def read_grey(content: bytes) -> Grey:
    """Return a PNG of 8 bits a channel, or of up to 16 greys, as greys.

    Of a picture in colour only the green channel is read: ink on paper says the same in the three.

    Raises
    ------
    ValueError
        If it is no PNG, or one of another kind.
    """
    if not content.startswith(_SIGNATURE):
        raise ValueError("no es un PNG")
    header, packed, at = b"", [], len(_SIGNATURE)
    while at < len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            header = body
        elif kind == b"IDAT":
            packed.append(body)
        at += 12 + size
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", header)
    raw = zlib.decompress(b"".join(packed))
    if interlace or (depth, colour) not in {(8, 2), (8, 6), (8, 0), (4, 0)}:
        raise ValueError("PNG de otra clase")
    if depth == 4:
        return Grey(width, height, _unpack(raw, width, height))
    channels = {0: 1, 2: 3, 6: 4}[colour]
    return Grey(width, height, _one_channel(raw, width, height, channels))


def _one_channel(raw: bytes, width: int, height: int, channels: int) -> bytes:
    """Undo the filters of one channel alone: a filter never mixes two (PNG 9.2)."""
    stride, which = width * channels + 1, min(1, channels - 1)
    above = bytes(width)
    rows = []
    for top in range(0, height * stride, stride):
        kind = raw[top]
        row = bytearray(raw[top + 1 + which : top + stride : channels])
        _unfilter(kind, row, above)
        above = bytes(row)
        rows.append(above)
    return b"".join(rows)


def _unfilter(kind: int, row: bytearray, above: bytes) -> None:
    left = corner = 0
    if kind == 1:
        for x, value in enumerate(row):
            row[x] = left = (value + left) & 255
    elif kind == 2:
        row[:] = bytes((value + up) & 255 for value, up in zip(row, above, strict=True))
    elif kind == 3:
        for x, value in enumerate(row):
            row[x] = left = (value + (left + above[x]) // 2) & 255
    elif kind == 4:
        for x, value in enumerate(row):
            up = above[x]
            guess = left + up - corner
            a, b, c = abs(guess - left), abs(guess - up), abs(guess - corner)
            near = left if a <= b and a <= c else up if b <= c else corner
            row[x] = left = (value + near) & 255
            corner = up


def write_grey(picture: Grey) -> bytes:
    """Return it as PNG of 4 bits a pixel."""
    table = bytes((value * (_GREYS - 1) + 127) // 255 for value in range(256))
    levels = picture.pixels.translate(table)
    rows = []
    for top in range(0, picture.height * picture.width, picture.width):
        row = levels[top : top + picture.width] + bytes(picture.width % 2)
        rows.append(b"\0" + bytes(a << 4 | b for a, b in zip(row[::2], row[1::2], strict=True)))
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 4, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b"")
    return _SIGNATURE + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _unpack(raw: bytes, width: int, height: int) -> bytes:
    stride = (width + 1) // 2 + 1
    rows = []
    for top in range(0, height * stride, stride):
        if raw[top]:
            raise ValueError("PNG de otra clase")
        row = bytearray()
        for pair in raw[top + 1 : top + stride]:
            row += bytes(((pair >> 4) * 17, (pair & 15) * 17))
        rows.append(bytes(row[:width]))
    return b"".join(rows)
