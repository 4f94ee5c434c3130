"""The paper: every label on the blank, every answer on the filled one, and a child process for many."""

from __future__ import annotations

import re
import sys
from io import BytesIO

import pytest
from pypdf import PdfReader

from albergues_app.formats import catalogo
from albergues_app.formats.engine import shown, validate
from albergues_app.formats.outputs.pdf import Encabezado, PdfJob, build_data, render_many, render_pdf
from tests import pdf

FORMATOS = catalogo.editions()
LUGAR = Encabezado(
    evento="Tormenta Sara", albergue="Salón Municipal de Nebaj", albergue_codigo="1413-001",
    departamento="Quiché", municipio="Nebaj", folio="14-000123",
)  # fmt: skip


def text_of(content: bytes) -> str:
    return _squeezed(pdf.text_of(content))


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("papel", ["carta", "oficio"])
@pytest.mark.parametrize("formato", FORMATOS, ids=lambda f: f.slug)
def test_blank_has_every_label_and_the_shelter(formato, papel):
    gate = formato.at_gate
    text = text_of(render_pdf(PdfJob(formato=formato, encabezado=LUGAR, papel=papel, gate=gate)))
    for campo in shown(formato.campos, gate):
        if campo.type.paper().kind != "none":
            assert _squeezed(campo.label) in text, campo.name
    for repetible in formato.repetibles:
        for campo in shown(repetible.campos, gate):
            if campo.type.paper().kind != "none":
                assert text.count(_squeezed(campo.brief)) >= 1, campo.name
    assert _squeezed("1413-001 · Salón Municipal de Nebaj") in text
    assert "14-000123" in text and "Página1de" in text


def test_blank_boleta_takes_eight_persons_on_two_pages_of_carta():
    content = render_pdf(PdfJob(formato=catalogo.get("boleta_ingreso"), encabezado=LUGAR))
    pages = PdfReader(BytesIO(content)).pages
    assert len(pages) == 2
    assert (round(float(pages[0].mediabox.width)), round(float(pages[0].mediabox.height))) == (612, 792)


def test_filled_has_the_answers_and_text_of_people_is_never_markup(catalogos, ahora):
    formato = catalogo.get("boleta_ingreso")
    nasty = '#strong[x] $a$ *b* `c` "d" \\ é'
    raw = {
        "ocurrido_en": "20/11/2026 18:05", "municipio_procedencia": "1413",
        "motivo": "otro", "motivo_otro": nasty,
        "animales": {"perro": 2}, "necesidades": ["agua"], "telefono": "55000134",
        "personas": [{"nombres": "Kꞌotzij Ñuño", "apellidos": "Pérez", "sexo": "mujer", "edad": 7,
                      "edad_unidad": "meses", "cui": "1587564440904", "parentesco": "hijo"}],
    }  # fmt: skip
    result = validate(formato, raw, catalogos, now=ahora)
    assert result.ok
    job = PdfJob(
        formato=formato, answers=result.answers, encabezado=LUGAR, estado="borrador", capacitacion=True
    )
    text = text_of(render_pdf(job, catalogos))
    for wanted in ("Nebaj, Quiché", nasty, "Kꞌotzij Ñuño", "1587564440904", "3 Hijo/a", "20/11/202618:05",
                   "BORRADOR", "CAPACITACIÓN", "55000134"):  # fmt: skip
        assert _squeezed(wanted) in text, wanted
    assert "☒" in text


def test_gate_paper_has_no_health_field_and_the_other_has():
    formato = catalogo.get("ficha_persona")
    gate = text_of(render_pdf(PdfJob(formato=formato)))
    salud = text_of(render_pdf(PdfJob(formato=formato, gate=False)))
    assert "Enfermedadcrónica" not in gate and "embarazada" not in gate
    assert "Enfermedadcrónica" in salud


def test_long_answers_grow_and_lose_nothing(catalogos, ahora):
    formato = catalogo.get("boleta_ingreso")
    name = "María de los Ángeles " * 5
    raw = {"ocurrido_en": "20/11/2026 18:05", "personas": [{"nombres": name, "sexo": "mujer"}] * 11}
    result = validate(formato, raw, catalogos, now=ahora)
    text = text_of(render_pdf(PdfJob(formato=formato, answers=result.answers)))
    assert text.count(_squeezed(name)) == 11


def test_many_are_made_in_a_child_process_and_numbered_through():
    formato = catalogo.get("boleta_ingreso")
    before = set(sys.modules)
    content = render_many([PdfJob(formato=formato, encabezado=LUGAR)] * 3, continuous=True)
    pages = [_squeezed(page) for page in pdf.pages_of(content)]
    assert len(pages) == 6
    assert "Página6de6" in pages[5] and "Página3de6" in pages[2]
    assert "typst" not in set(sys.modules) - before


def test_a_failing_child_is_said(monkeypatch):
    import albergues_app.formats.outputs.pdf as pdf

    monkeypatch.setattr(pdf, "build_data", lambda job, catalogos: {"roto": True})
    with pytest.raises(RuntimeError, match="child process"):
        render_many([PdfJob(formato=catalogo.get("boleta_ingreso"))])


def test_qr_is_drawn_and_holds_the_link(catalogos):
    data = build_data(PdfJob(formato=catalogo.get("boleta_ingreso"), encabezado=LUGAR), catalogos)
    assert data["qr"].startswith("<svg")


def test_without_the_vendor_fonts_the_paper_still_has_every_box(monkeypatch):
    import albergues_app.formats.outputs.pdf as pdf

    monkeypatch.setattr(pdf, "_font_paths", list)
    content = render_pdf(PdfJob(formato=catalogo.get("boleta_ingreso"), encabezado=LUGAR))
    assert len(PdfReader(BytesIO(content)).pages) == 2
    assert "☐" in text_of(content)
