"""Pictures of paper as light PNG files: 16 greys, which is what a photocopier leaves of them.

typst gives pictures in full colour, five times heavier than what a page of ink needs.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from albergues_app.formats.engine import Catalogos, Formato
from albergues_app.formats.outputs.pdf import PdfJob, page_size, render_picture

if TYPE_CHECKING:
    from PIL.Image import Image

_STEP = 255 // 15
"""Between two of the 16 greys: 0 is ink and 255 paper."""

CARD_PX = 224
"""Width of a card's picture: twice what the shelf shows, for telephones with fine screens."""


def light_picture(job: PdfJob, catalogos: Catalogos | None = None, *, ppi: float = 80) -> bytes:
    """Return the first page of one document as a PNG of 16 greys, at ``ppi`` pixels an inch."""
    return write_grey(read_grey(render_picture(job, catalogos, ppi=ppi)))


def card_picture(formato: Formato, catalogos: Catalogos | None = None) -> bytes:
    """Return the picture of a blank for the shelf's card, ``CARD_PX`` wide."""
    job = PdfJob(formato=formato, gate=formato.at_gate)
    width_mm, _ = page_size(job)
    return light_picture(job, catalogos, ppi=CARD_PX / (width_mm / 25.4))


def read_grey(content: bytes) -> Image:
    """Return a PNG of our own as greys of 8 bits. Files of strangers are opened elsewhere, in a limited child.

    Of a picture in colour only the green channel is read: ink on paper says the same in the three.
    """
    from PIL import Image

    with Image.open(BytesIO(content), formats=("PNG",)) as picture:
        if picture.mode in {"RGB", "RGBA"}:
            return picture.getchannel("G")
        return picture.convert("L")


def write_grey(picture: Image) -> bytes:
    """Return it as PNG of 4 bits a pixel."""
    levels = picture.point([(value * 15 + 127) // 255 for value in range(256)], "P")
    levels.putpalette([grey for level in range(16) for grey in (level * _STEP,) * 3])
    target = BytesIO()
    levels.save(target, "PNG", bits=4, optimize=True)
    return target.getvalue()
