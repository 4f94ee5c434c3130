"""A filled boleta on paper, photographed, typed with the keyboard alone beside its picture, and typed again blind."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import select

from albergues_app.audit.models import Captura
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.capturas.places import lugar_of_activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import answers_to_json
from albergues_app.formats.outputs.pdf import PdfJob, render_pdf
from albergues_app.formats.outputs.web_form import flatten
from albergues_app.ocupacion.bindings import check
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.transcripcion.models import CampoDistinto, RenglonTranscrito
from tests.factories.albergues import make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import make_cuenta
from tests.journeys.test_desk import log_in, look
from tests.journeys.test_roles import at_home, browser, new_page
from tests.served import served

__all__ = ["browser"]
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.navegador

FAMILY = {
    "ocurrido_en": datetime(2026, 11, 19, 18, 5, tzinfo=clock.LOCAL).isoformat(),
    "folio_papel": "B-0017",
    "integrantes_declarados": 3,
    "comunidad_procedencia": "Caserío Vivitz",
    "motivo": "vivienda_destruida",
    "telefono": "55500134",
    "personas": [
        {"nombres": "Jacinta", "apellidos": "Chocoj Brito", "sexo": "mujer", "edad": 38, "edad_unidad": "anios",
         "parentesco": "jefe", "nacionalidad": "GT"},
        {"nombres": "Tomasino", "apellidos": "Cobo Chocoj", "sexo": "hombre", "edad": 11, "edad_unidad": "anios",
         "parentesco": "hijo", "nacionalidad": "GT"},
        {"nombres": "N/N", "sexo": "mujer", "edad": 8, "edad_unidad": "meses", "parentesco": "hijo",
         "nacionalidad": "GT"},
    ],
}  # fmt: skip


class Table:
    """A served instance with an open shelter, the paper of one family and three accounts."""

    base: str

    def __init__(self, app: Any) -> None:
        here = make_activacion(
            make_albergue(nombre="Salón de Nebaj"), make_emergencia(nombre="Tormenta de práctica")
        )
        self.activacion_id, self.formato = here.id, formatos.latest("boleta_ingreso")
        self.answers = check(self.formato, FAMILY).answers
        self.correos = [make_cuenta("registro", albergue=here.albergue_codigo).correo for _ in range(2)]
        self.correos.append(make_cuenta("municipal", municipio="1413").correo)
        place = lugar_of_activacion(here.id).encabezado
        paper = render_pdf(
            PdfJob(formato=self.formato, answers=self.answers, encabezado=place), format_catalogos()
        )
        self.paper = photograph(paper)


def photograph(pdf: bytes) -> bytes:
    """The first page as a picture."""
    document = pypdfium2.PdfDocument(pdf)
    out = io.BytesIO()
    document[0].render(scale=150 / 72).to_pil().convert("RGB").save(out, "JPEG", quality=80)
    document.close()
    return out.getvalue()


@pytest.fixture
def table(app: Any) -> Iterator[Table]:
    made = Table(app)
    with served(app) as made.base:
        yield made


def type_sheet(page: Any, flat: dict[str, str], delay_ms: float = 0) -> int:
    """From the field in focus to the button, with Enter alone; types what the sheet says. Returns keys pressed."""
    keys, pressed, seen = page.keyboard, 0, []
    for _ in range(900):
        name, kind = page.evaluate("[document.activeElement.name, document.activeElement.type]")
        if name == "accion":
            return pressed
        value = "" if name in seen else flat.get(name, "")
        seen.append(name)
        if value and kind == "checkbox":
            keys.press("Space")
            pressed += 1
        elif value and kind == "select-one":
            label = page.evaluate(
                "v => [...document.activeElement.options].find(o => o.value === v || o.text === v).text",
                value,
            )
            for letter in label:
                keys.type(letter, delay=delay_ms)
                pressed += 1
                if page.evaluate("document.activeElement.value") == value:
                    break
        elif value and page.evaluate("document.activeElement.value") != value:
            keys.press("Control+a")
            keys.type(value, delay=delay_ms)
            pressed += len(value)
        keys.press("Enter")
        pressed += 1
    raise AssertionError(f"the end was never reached: {seen[-5:]}")


def upload(page: Any, table: Table, copies: int = 1) -> str:
    """Send the photographs; the address of the batch."""
    page.goto(f"{table.base}/transcripcion/nuevo/boleta_ingreso?activacion={table.activacion_id}")
    look(page, "upload")
    files = [
        {"name": f"boleta-{n}.jpg", "mimeType": "image/jpeg", "buffer": table.paper + b"\0" * n}
        for n in range(copies)
    ]
    page.set_input_files("[name=hojas]", files)
    page.fill("[name=nombre]", "Boletas de la noche del 19")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    look(page, "batch")
    return str(page.url)


@pytest.mark.parametrize("width", [1280, pytest.param(360, marks=pytest.mark.largo)])
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_boleta_is_typed_beside_its_picture_by_keyboard_alone(
    table: Table, browser: Any, width: int
) -> None:
    flat = flatten(table.formato, table.answers)
    first = new_page(browser, width)
    log_in(first, table.base, table.correos[0])
    lote = upload(first, table, copies=2)
    first.get_by_role("link", name="Transcribir la hoja 1").press("Enter")
    first.wait_for_url("**/hojas/1**")
    first.wait_for_function("document.querySelector('.lienzo img').complete")
    assert first.evaluate("document.activeElement.name") == "folio_papel"
    look(first, "blank sheet")
    in_sight(first)
    type_sheet(first, flat)
    in_sight(first)
    look(first, "typed sheet")
    with first.expect_navigation():
        first.keyboard.press("Control+Enter")
    assert first.url.split("?")[0] == f"{lote}/hojas/2", first.inner_text("main")
    at_home(first, table.base)

    db.session.rollback()
    line = db.session.scalars(select(RenglonTranscrito)).one()
    captura = db.session.get_one(Captura, line.captura_id)
    stored = open_json(seal_for(captura.emergencia_id), captura.respuestas, "captura.respuestas")
    assert stored == answers_to_json(table.answers)
    assert (line.folio, line.renglon) == ("B-0017", 1)

    press_keys(first)
    with first.expect_navigation():
        first.goto(lote)
    first.press("#c-pct", "Enter")
    first.wait_for_url("**#t-muestra")
    look(first, "sample drawn")

    second = new_page(browser, width)
    log_in(second, table.base, table.correos[1])
    second.goto(lote)
    second.get_by_role("link", name="Transcribir la muestra").press("Enter")
    second.wait_for_url("**/muestra/**")
    assert "Chocoj" not in second.content()
    type_sheet(second, {**flat, "personas-0-edad": "33", "telefono": "5550 0135"})
    with second.expect_navigation():
        second.keyboard.press("Enter")
    look(second, "compared")
    db.session.rollback()
    assert {d.campo for d in db.session.scalars(select(CampoDistinto))} == {"personas-0-edad", "telefono"}
    at_home(second, table.base)

    third = new_page(browser, width)
    log_in(third, table.base, table.correos[2])
    third.goto(lote)
    third.get_by_role("link", name="campos distintos").press("Enter")
    third.wait_for_url("**/comparar")
    look(third, "to decide")
    for name in ("personas-0-edad", "telefono"):
        third.locator(f"[name='decision-{name}'][value=primera]").press("Space")
    with third.expect_navigation():
        third.get_by_role("button", name="Guardar la decisión").press("Enter")
    look(third, "decided")
    assert "0 de " in third.inner_text(".cifras")
    at_home(third, table.base)


def in_sight(page: Any) -> None:
    """Wherever one types, a good part of the picture stays on the screen."""
    shown = page.evaluate(
        "(() => { const b = document.querySelector('.lienzo').getBoundingClientRect();"
        " return Math.min(b.bottom, innerHeight) - Math.max(b.top, 0); })()"
    )
    assert shown > 150, shown


def press_keys(page: Any) -> None:
    """Zoom, turn, move and the guide answer the keyboard from within the form."""
    page.focus("[name=folio_papel]")

    def drawn() -> str:
        return str(page.evaluate("document.querySelector('.lienzo img').style.transform"))

    before = drawn()
    for key in ("Alt+Equal", "Alt+ArrowDown", "Alt+r", "Alt+Minus", "Alt+0"):
        page.keyboard.press(key)
        assert drawn() != before, key
        before = drawn()
    page.keyboard.press("Alt+g")
    assert page.locator(".guia").is_visible()
    top = page.evaluate("document.querySelector('.guia').style.top")
    page.keyboard.press("Alt+PageDown")
    assert page.evaluate("document.querySelector('.guia').style.top") != top
    tall = page.evaluate("document.querySelector('.guia').offsetHeight")
    page.keyboard.press("Alt+Shift+PageDown")
    assert page.evaluate("document.querySelector('.guia').offsetHeight") > tall
    with page.expect_response("**/hojas/1/imagen"):
        page.keyboard.press("Alt+Comma")
    assert "Hoja 1 de 2" in page.inner_text(".visor")
    page.keyboard.press("Alt+n")
    assert page.locator("[name='nolee:folio_papel']").is_checked()
    page.keyboard.press("Alt+n")
    assert page.evaluate("document.activeElement.name") == "folio_papel"


@pytest.mark.largo
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_how_long_a_record_takes(table: Table, browser: Any, capsys: Any) -> None:
    """Ten households at 60 ms a key: seconds a record, and how many keys each asked for."""
    flat = flatten(table.formato, table.answers)
    page = new_page(browser)
    log_in(page, table.base, table.correos[0])
    upload(page, table, copies=10)
    page.get_by_role("link", name="Transcribir la hoja 1").press("Enter")
    page.wait_for_url("**/hojas/1**")
    began, pressed = time.monotonic(), 0
    for number in range(10):
        pressed += type_sheet(page, {**flat, "folio_papel": f"B-{number:04}"}, delay_ms=60)
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
    each = (time.monotonic() - began) / 10
    with capsys.disabled():
        print(f"\n{each:.1f} s por boleta de tres personas, {pressed / 10:.0f} teclas")
    assert each < 60
