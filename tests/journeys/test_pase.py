"""The roll-call on a telephone: one tap a family, and what was tapped outlives a night without signal."""

from __future__ import annotations

from typing import Any

import pytest

from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.pases.models import PaseLista
from tests.factories.albergues import ingreso, persona
from tests.journeys.test_desk import log_in, look, page, shelter

pytestmark = [pytest.mark.navegador, pytest.mark.parametrize("base", ["sqlite"], indirect=True)]
__all__ = ["page", "shelter"]

YESTERDAY = """key => { const kept = JSON.parse(localStorage.getItem(key)); kept.cuando -= 24 * 3600e3;
  localStorage.setItem(key, JSON.stringify(kept)); }"""


@pytest.mark.parametrize("page", [360], indirect=True)
def test_what_was_tapped_without_signal_is_there_when_it_comes_back(shelter: Any, page: Any) -> None:
    base, correo, activacion_id = shelter
    place = db.session.get_one(Activacion, activacion_id)
    now = clock.now()
    for surname, names in (("Cobo", ("Juana", "Diego")), ("Raymundo", ("Rosa",))):
        ingreso(place, *(persona(nombres=n, apellidos=surname) for n in names), ocurrido_en=now)
    log_in(page, base, correo)
    url = f"{base}/activaciones/{activacion_id}/pase-de-lista"
    page.goto(url)
    look(page, "pase")
    page.locator(".fam", has_text="Cobo").locator(".toque", has_text="Aquí").first.click()
    page.locator(".fam", has_text="Raymundo").locator(".toque", has_text="No está").first.click()
    assert page.locator("#cuenta-pase").inner_text() == "2 aquí · 1 no · 0 sin ver"
    page.context.set_offline(True)
    page.click("text=Guardar pase de lista")
    page.locator("#sin-senal").wait_for(state="visible")
    page.context.set_offline(False)
    page.goto(url)  # the telephone was switched off meanwhile
    assert "no se ha guardado" in page.locator("#recuperado").inner_text()
    assert page.locator("#cuenta-pase").inner_text() == "2 aquí · 1 no · 0 sin ver"
    with page.expect_navigation(url="**/por-aclarar"):
        page.click("text=Guardar pase de lista")
    look(page, "por aclarar")
    db.session.rollback()
    row = db.session.scalars(db.select(PaseLista)).one()
    assert (row.presentes, row.ausentes, row.sin_ver) == (2, 1, 0)
    page.goto(url)
    assert page.locator("#cuenta-pase").inner_text() == "0 aquí · 0 no · 3 sin ver"
    assert page.locator("#recuperado").is_hidden()
    page.locator(".fam", has_text="Cobo").locator(".toque", has_text="Aquí").first.click()
    page.evaluate(YESTERDAY, f"pase:{activacion_id}")
    page.goto(url)  # another night: nobody is here because somebody was yesterday
    assert page.locator("#cuenta-pase").inner_text() == "0 aquí · 0 no · 3 sin ver"
    page.goto(f"{base}/activaciones/{activacion_id}/por-aclarar")
    page.locator(".toque", has_text="Está aquí").first.click()
    with page.expect_navigation():
        page.click("text=Guardar respuestas")
    assert "Nada por aclarar" in page.inner_text("main")
