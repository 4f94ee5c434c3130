"""What strangers photograph or scan becomes plain pictures of pages. Runs in the limited child only.

``sandbox.run_limited("albergues_app.transcripcion.paginas:read_pages", content, first)`` calls it: a picture that
asks for more memory or time than a page needs ends the child and nothing else. What comes out is a JPEG drawn anew
from its points: no data of the camera, nothing that was hidden beside the picture, no script of a PDF.
"""

from __future__ import annotations

import base64
import io
from typing import Any, Final

import pypdfium2
from PIL import Image, ImageOps

from albergues_app.core import images
from albergues_app.interchange.errors import ArchivoIlegible

LONG_SIDE: Final = 2400
"""Pixels of the longer side of a kept page: a letter sheet at 218 dots an inch, where handwriting is clear."""
SHORTEST: Final = 300
PAGES_AT_ONCE: Final = 4
"""Pages of a PDF that one child draws: well inside its seconds also when each is a heavy scan."""
QUALITY: Final = 82

_DRAWN: Final = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}
"""Kinds of picture that are drawn anew, as the reader of pictures calls them."""

OTHER_KIND = "No es una fotografía ni un escaneo que se pueda leer: guárdelo como JPEG, PNG, WebP o PDF y súbalo de nuevo."
CUT = "El archivo está cortado o dañado. Tome la fotografía o escanee la hoja otra vez."
LOCKED = "El PDF tiene contraseña. Quítesela, o imprímalo a otro PDF, y súbalo de nuevo."
EMPTY = "El archivo está vacío."


def read_pages(content: bytes, first: int) -> dict[str, Any]:
    """The pages of a file from ``first`` (0 is the first), as many as one child draws.

    :returns: ``total`` of the file, and ``paginas``: each with ``jpeg`` (base64), ``ancho`` and ``alto`` in pixels
    :raises ArchivoIlegible: with a Spanish sentence that says what to do
    """
    if not content:
        raise ArchivoIlegible(EMPTY)
    tipo = images.kind_of(content)
    if tipo == "pdf":
        return _read_pdf(content, first)
    if tipo not in _DRAWN:
        raise ArchivoIlegible(images.HEIC if tipo == "heic" else OTHER_KIND)
    return {"total": 1, "paginas": [_kept(_read_picture(content, _DRAWN[tipo]))]}


def _read_picture(content: bytes, kind: str) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # our own limit stands below, before a point is read
    try:
        picture = Image.open(io.BytesIO(content), formats=(kind,))
    except (OSError, SyntaxError, ValueError) as error:
        raise ArchivoIlegible(CUT) from error
    _check_size(*picture.size)
    try:
        picture.draft("RGB", (LONG_SIDE, LONG_SIDE))  # a large JPEG is read at a half or a quarter
        picture.load()
        return ImageOps.exif_transpose(picture)
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise ArchivoIlegible(CUT) from error


def _check_size(width: float, height: float) -> None:
    if images.too_many_points(width, height):
        raise ArchivoIlegible(
            f"La imagen mide {width:.0f} por {height:.0f} puntos, demasiado para una hoja. Escanéela a 200 o 300 puntos "
            "por pulgada."
        )
    if min(width, height) < SHORTEST:
        raise ArchivoIlegible(
            f"La imagen mide {width:.0f} por {height:.0f} puntos y no se podría leer. Tome la fotografía más de cerca."
        )


def _read_pdf(content: bytes, first: int) -> dict[str, Any]:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise ArchivoIlegible(LOCKED if "assword" in str(error) else CUT) from error
    total = len(document)
    if total == 0:
        raise ArchivoIlegible(CUT)
    pages = []
    for number in range(first, min(first + PAGES_AT_ONCE, total)):
        try:
            page = document[number]
            width, height = page.get_size()
            scale = LONG_SIDE / max(width, height, 1)
            _check_size(width * scale, height * scale)
            pages.append(_kept(page.render(scale=scale).to_pil()))
            page.close()
        except (pypdfium2.PdfiumError, ValueError) as error:
            raise ArchivoIlegible(f"La página {number + 1} del PDF no se puede leer. {CUT}") from error
    return {"total": total, "paginas": pages}


def _kept(picture: Image.Image) -> dict[str, Any]:
    picture.thumbnail((LONG_SIDE, LONG_SIDE))
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        above = picture.convert("RGBA")
        picture = Image.new("RGB", above.size, "white")
        picture.paste(above, mask=above.getchannel("A"))
    plain = Image.new("RGB", picture.size)
    plain.paste(picture.convert("RGB"))
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=QUALITY, progressive=True)
    return {"jpeg": base64.b64encode(out.getvalue()).decode(), "ancho": plain.width, "alto": plain.height}
