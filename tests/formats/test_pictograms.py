"""Drawings beside the headings: each section code exists in a published format, each drawing is one clean SVG."""

from __future__ import annotations

from lxml import etree

from albergues_app.formats import catalogo
from albergues_app.formats.engine import Catalogos, Seccion
from albergues_app.formats.outputs import pictograms
from albergues_app.formats.outputs.paper import lay_out


def test_every_drawing_is_well_formed_and_stands_beside_a_section_that_exists():
    codes = {s.code if isinstance(s, Seccion) else s.name for f in catalogo.editions() for s in f.secciones}
    named = [code for codes_of in pictograms._OF_SECTION.values() for code in codes_of]
    assert set(named) <= codes and len(named) == len(set(named))
    assert set(pictograms._OF_SECTION) == set(pictograms._DRAWINGS)
    for code in named:
        assert etree.fromstring(pictograms.pictogram(code)).tag.endswith("svg")
    assert pictograms.pictogram("no_existe") == ""


def test_the_headings_of_the_paper_carry_them():
    drawn = lay_out(catalogo.get("boleta_ingreso"), {}, Catalogos(), blank=True)["sections"]
    assert sum(s["icon"].startswith("<svg") for s in drawn) >= 5
