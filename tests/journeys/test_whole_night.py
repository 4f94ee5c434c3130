"""One whole night in a real browser: opening, two buses, roll-call, parte, consolidated, closing.

Each of them by who does it in truth, each at the hour of the paper: what was written at a desk an hour ago is what
the sede validates at the cut-off and what the shelter closes with in the morning.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from albergues_app.audit.chain import verify
from albergues_app.consolidados.scope import recent_cuts
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.ocupacion.models import Persona
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.verify import differences
from tests.factories.albergues import make_albergue
from tests.journeys.test_roles import World, browser, world
from tests.journeys.walk import Walk

pytestmark = [pytest.mark.navegador, pytest.mark.parametrize("base", ["sqlite"], indirect=True)]
__all__ = ["browser", "world"]

FIRST_BUS = """1. Juana Raymundo Brito; mujer; 38
2. Pedro Cobo Ramírez; hombre; 41
3. Diego Cobo Raymundo; hombre; 8 meses

4. Rosa Ceto; mujer; 60
5. N/N; hombre; 25
"""
SECOND_BUS = """Magdalena Tzoc, F, 29
Sebastián Tzoc, M, 3

Ana Chávez, F, 70
"""


def written(instant: datetime) -> str:
    """As a field of date and hour takes it."""
    return f"{clock.to_local(instant):%Y-%m-%dT%H:%M}"


def bus(who: Walk, activacion: str, text: str, when: datetime, persons: int) -> None:
    """A pasted list: what was understood is looked at, then all enter."""
    who.go(f"{activacion}/lista")
    who.fill(texto=text)
    who.press("Leer la lista")
    who.says(f"{persons} personas en 2 familias")
    who.fill(ocurrido_en=written(when))
    who.press("Registrar ingreso de todas")


def test_one_whole_night(world: World, browser: Any) -> None:
    cut = recent_cuts(clock.now())[1]
    """A cut-off that passed twelve hours ago at least: the night lies around it."""
    site = make_albergue("1413", 6, nombre="Escuela de Xexocom")
    codigo, site_id = site.codigo, site.id

    # The municipality opens it, with its act.
    mayor = Walk(world, browser, "municipal")
    mayor.go(f"/albergues/{site_id}/abrir")
    mayor.fill(
        acta_numero="31-2026", administrador="Tomasa Cobo", abierta_en=written(cut - timedelta(hours=4))
    )
    mayor.press("Abrir albergue")
    mayor.says("Activa", "31-2026")
    activacion = mayor.page.url.removeprefix(world.base)
    mayor.end()

    # Two buses come to the desk of the night; one person goes out for a while.
    clerk = Walk(world, browser, "sede")
    bus(clerk, activacion, FIRST_BUS, cut - timedelta(hours=3), 5)
    bus(clerk, activacion, SECOND_BUS, cut - timedelta(hours=2), 3)
    clerk.go(f"{activacion}/personas")
    clerk.says("8 personas dentro", "8 de 6", "Juana Raymundo Brito", "N/N")

    # Roll-call on a telephone: one family by one tap, and one person is not there.
    clerk.go(f"{activacion}/pase-de-lista")
    clerk.small()
    families = clerk.page.locator(".fam")
    assert families.count() == 4
    for n in range(4):
        absent = "Ceto" in families.nth(n).inner_text()
        mark = families.nth(n).locator(".toque", has_text="Aquí").first
        if absent:
            families.nth(n).locator("summary").click()
            families.nth(n).locator(".uno", has_text="Rosa Ceto").locator(
                ".toque", has_text="No está"
            ).click()
            families.nth(n).locator(".uno", has_text="N/N").locator(".toque", has_text="Aquí").click()
        else:
            mark.click()
    clerk.fill(ocurrido_en=written(cut - timedelta(minutes=30)))
    clerk.page.locator("main [name=parte]").uncheck()
    clerk.press("Guardar pase de lista")
    clerk.says("Rosa Ceto")
    clerk.go(f"{activacion}/personas")
    clerk.says("8 personas dentro")  # a roll-call asks, and takes nobody out

    # The parte of the cut-off counts seven.
    clerk.go(f"{activacion}/partes/nuevo")
    clerk.fill(
        corte=written(cut), personas="7", familias="4", mujeres="3", hombres="4", fuente="conteo_fisico"
    )
    clerk.page.check("#c-confirma-primero")
    clerk.press("Enviar parte")
    clerk.go(activacion)
    clerk.says("Declaradas, aparte: 7", "Personas 8")

    # In the morning she was found to have left for her daughter's.
    clerk.go(f"{activacion}/por-aclarar")
    clerk.page.locator(".toque", has_text="Se fue").first.click()
    clerk.fill(destino="familiar", ocurrido_en=written(cut + timedelta(hours=2)))
    clerk.press("Guardar respuestas")
    clerk.go(f"{activacion}/personas")
    clerk.says("7 personas dentro")

    # The sede validates the cut-off: eight then, whatever happened after; the other shelter's five are in it too.
    clerk.go("/consolidados")
    clerk.fill(corte=written(cut))
    clerk.press("Ver")
    clerk.follow("Quiché", "main table")
    clerk.says("Escuela de Xexocom", codigo)
    row = clerk.page.locator("main tr", has_text="Escuela de Xexocom").first.inner_text()
    assert "\t4\t8\t4\t4\t" in row, row  # families, persons, women, men
    clerk.press("Validar")
    clerk.says("Validado", "ninguna cifra de este corte ha cambiado")
    assert clerk.file("PDF").startswith(b"%PDF")

    # Closing: who is left goes home, then the act.
    clerk.go(f"{activacion}/cierre")
    clerk.press("Iniciar el cierre")
    clerk.fill(destino_todas="vivienda_propia")
    clerk.press("Registrar salidas")
    clerk.says("No queda nadie")
    clerk.page.locator("main [name=criterios]").first.check()
    clerk.fill(acta="C-9-2026")
    clerk.press("Cerrar albergue", "form[action$='/cerrar']")
    clerk.go(activacion)
    clerk.says("Cerrad", "C-9-2026", "Atendidas desde el inicio: 8")
    clerk.end()

    # And the cut-off says so for ever.
    mando = Walk(world, browser, "mando")
    mando.go(f"/mapa?corte={written(cut)}")
    mando.says("Personas 13")  # with the five of the other shelter
    mando.end()
    db.session.rollback()
    assert differences() == [] and verify(db.session()).intact
    e = Estancia.__table__
    inside = db.session.scalar(select(func.count()).select_from(e).where(e.c.egreso_en.is_(None)))
    assert (inside, db.session.scalar(select(func.count()).select_from(Persona))) == (5, 13)
