"""What a page becomes on paper: its figures and rows from the first sheet on, and no form to fill."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pypdf import PdfReader

from tests.factories.albergues import ingreso, make_activacion, make_albergue, make_emergencia, persona
from tests.factories.cuentas import make_cuenta
from tests.journeys.test_desk import log_in, page, shelter

pytestmark = pytest.mark.navegador
__all__ = ["page", "shelter"]


def first_sheet(page: Any) -> str:
    sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    return " ".join((sheets[0].extract_text() or "").split())


@pytest.mark.parametrize("page", [1280], indirect=True)
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_long_list_starts_on_the_first_sheet(app: Any, shelter: Any, page: Any) -> None:
    base = shelter[0]
    full = make_activacion(
        make_albergue("1413", 90, nombre="Gimnasio de Nebaj"), make_emergencia(nombre="Frío")
    )
    for n in range(12):
        ingreso(full, *(persona(nombres=f"Persona {n} {m}") for m in range(4)))
    for n in range(25):
        make_albergue("1413", 50, nombre=f"Escuela número {n}")
    full_id = full.id
    log_in(page, base, make_cuenta("sede", sede="S14").correo)
    for path, wanted, unwanted in (
        (f"/activaciones/{full_id}/personas", "30 años", "Registrar movimiento"),
        (f"/activaciones/{full_id}", "Quiénes son", "Parte diario"),
        ("/albergues", "Escuela número 1", "Filtrar"),
        ("/registro", "Gimnasio de Nebaj", "Nombre, código"),
    ):
        page.goto(base + path, wait_until="networkidle")
        sheet = first_sheet(page)
        assert wanted in sheet, (path, sheet)
        assert unwanted not in sheet, (path, sheet)


@pytest.mark.parametrize("page", [640], indirect=True)
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_no_page_scrolls_sideways_at_twice_the_size(shelter: Any, page: Any) -> None:
    base = shelter[0]
    log_in(page, base, make_cuenta("sede", sede="S14").correo)
    for path in ("/", "/registro", "/activaciones", "/albergues", "/mapa", "/emergencias", "/mi-cuenta"):
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, path
