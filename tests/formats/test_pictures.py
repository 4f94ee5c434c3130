"""The blank of every edition looks as its kept picture: a layout that moves is seen here, not in a shelter."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from albergues_app.formats import catalogo
from albergues_app.formats.outputs import pdf
from albergues_app.formats.outputs.pdf import PdfJob
from albergues_app.formats.outputs.picture import Grey, light_picture, read_grey, write_grey
from tests.formatos import CARDS, DOCS, PICTURE_PPI, blank_picture, count_pages

FAR = 64
"""Greys apart from which two pixels differ: a stroke that came or went, not one drawn a little softer."""

MOVED = 0.0005
"""Share of different pixels from which a page has moved: 300 of a carta page, one word of a label."""


def difference(one: Grey, other: Grey) -> float:
    """Share of pixels that differ; 1 where the pages have not one size."""
    if (one.width, one.height) != (other.width, other.height):
        return 1.0
    far = sum(1 for a, b in zip(one.pixels, other.pixels, strict=True) if abs(a - b) > FAR)
    return far / len(one.pixels)


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
    assert pages[formato.slug] == count_pages(formato)


@pytest.mark.parametrize("size", [(7, 5), (8, 3), (1, 1)])
def test_a_picture_written_is_read_back(size):
    width, height = size
    steps = bytes((17 * (n % 16)) for n in range(width * height))
    picture = Grey(width, height, steps)
    assert read_grey(write_grey(picture)) == picture


def test_what_is_no_picture_is_refused():
    with pytest.raises(ValueError, match="PNG"):
        read_grey(b"GIF89a")
