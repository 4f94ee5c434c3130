"""The blank of every edition looks as its kept picture: a layout that moves is seen here, not in a shelter."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from albergues_app.formats import catalogo
from albergues_app.formats.outputs import pdf
from albergues_app.formats.outputs.pdf import PdfJob
from albergues_app.formats.outputs.picture import light_picture, read_grey, write_grey
from tests.formatos import CARDS, DOCS, PICTURE_PPI, blank_picture, pages_by_paper

FAR = 64
"""Greys apart from which two pixels differ: a stroke that came or went, not one drawn a little softer."""

MOVED = 0.0005
"""Share of different pixels from which a page has moved: 300 of a carta page, one word of a label."""


def difference(one: Image.Image, other: Image.Image) -> float:
    """Share of pixels that differ; 1 where the pages have not one size."""
    if one.size != other.size:
        return 1.0
    pixels = one.tobytes(), other.tobytes()
    return sum(1 for a, b in zip(*pixels, strict=True) if abs(a - b) > FAR) / len(pixels[0])


@pytest.mark.parametrize("formato", catalogo.editions(), ids=lambda f: f.slug)
def test_the_blank_looks_as_it_was_kept(formato):
    kept = read_grey((DOCS / f"{formato.slug}.png").read_bytes())
    now = read_grey(blank_picture(formato))
    assert difference(kept, now) < MOVED, (
        f"{formato.slug}: la hoja cambió a la vista. Mírela con `python -m tests.formatos`; si el cambio es querido, "
        "guarde la foto nueva."
    )


def test_a_layout_that_moves_a_little_is_seen(monkeypatch):
    formato = catalogo.get("boleta_ingreso")
    kept = read_grey((DOCS / f"{formato.slug}.png").read_bytes())
    for name, value in (("_ROW_HEIGHT_MM", 8.7), ("lay_out", None)):
        with monkeypatch.context() as patch:
            if name == "lay_out":  # one heading with another word
                renamed = replace(formato, title=formato.title.replace("Boleta", "Hoja"))
                moved = light_picture(PdfJob(formato=renamed), ppi=PICTURE_PPI)
            else:
                patch.setattr(pdf, name, value)
                moved = blank_picture(formato)
        assert difference(kept, read_grey(moved)) > MOVED, name


def test_the_kept_pictures_are_light_and_each_card_is_there():
    pages = json.loads((CARDS / "paginas.json").read_text(encoding="utf-8"))
    slugs = {f.slug for f in catalogo.editions()}
    assert {p.stem for p in CARDS.glob("*.png")} == slugs == set(pages)
    assert sum(p.stat().st_size for p in DOCS.glob("*.png")) < 1_500_000
    assert all(p.stat().st_size < 9_000 for p in CARDS.glob("*.png"))


@pytest.mark.parametrize("code", ["boleta_ingreso", "evaluacion_sitio", "kardex", "lista_verificacion"])
def test_the_pages_that_the_shelf_says_are_those_of_the_paper(code):
    pages = json.loads((CARDS / "paginas.json").read_text(encoding="utf-8"))
    formato = catalogo.get(code)
    assert pages[formato.slug] == pages_by_paper(formato)


@pytest.mark.parametrize("size", [(7, 5), (8, 3), (1, 1)])
def test_a_picture_of_sixteen_greys_comes_back_as_it_was(size):
    width, height = size
    picture = Image.frombytes("L", size, bytes((17 * (n % 16)) for n in range(width * height)))
    assert read_grey(write_grey(picture)) == picture


def test_a_picture_in_colour_is_kept_as_its_nearest_greys():
    colours = {(255, 255, 255): 255, (0, 0, 0): 0, (200, 120, 10): 119, (0, 129, 255): 136}
    picture = Image.new("RGB", (len(colours), 1))
    picture.putdata(list(colours))
    drawn = BytesIO()
    picture.save(drawn, "PNG")
    assert list(read_grey(write_grey(read_grey(drawn.getvalue()))).tobytes()) == list(colours.values())
