"""Nobody is left outside for want of room, and why there were too many can be said afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.models_sobrecupo import MotivoSobrecupo
from albergues_app.ocupacion.services import ParteNuevo, register_parte
from albergues_app.ocupacion.services.sobrecupo import explain_sobrecupo
from albergues_app.ocupacion.sobrecupo import exceso_of, last_excess
from tests.conftest import expect_refused
from tests.factories.albergues import ingreso, make_activacion, make_albergue, movimiento, persona
from tests.factories.cuentas import SISTEMA, csrf_of

H = timedelta(hours=1)
NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
"""20/11/2026 18:20 in Guatemala."""


@pytest.fixture
def here(app):
    """A shelter for two."""
    with clock.frozen(NOW):
        yield make_activacion(make_albergue(capacidad=2, nombre="Escuela de Tzalbal"))


def come(here, many, hours, **more):
    """People who came so many hours ago; their ids."""
    people = [persona(nombres=f"N{n}") for n in range(many)]
    ingreso(here, *people, ocurrido_en=NOW - hours * H, **more)
    return [one.id for one in people]


def explain(here, motivo):
    with unit_of_work(SISTEMA):
        return explain_sobrecupo(here.id, motivo)


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        ([], None),
        ([2, 2], None),
        ([1, 3, 5], (1, None, 3, 3)),
        ([3, 5, 4, 1], (0, 3, 3, 0)),
        ([5, 1, 4, 3], (2, None, 2, 1)),
        ([5, 1, 2, 0], (0, 1, 3, 0)),
    ],
)
def test_the_last_time_that_there_were_too_many(counts, wanted):
    found = last_excess([(NOW + n * H, people) for n, people in enumerate(counts)], 2)
    at = None if wanted is None else (NOW + wanted[0] * H, wanted[1] and NOW + wanted[1] * H, *wanted[2:])
    assert found == at


def test_a_reason_said_afterwards_stands_beside_those_of_the_desk_and_is_sealed(here):
    with expect_refused("sin_sobrecupo"):
        explain(here, "El camino está cerrado")
    come(here, 2, 10)
    assert exceso_of(here, NOW) is None
    come(here, 3, 5, motivo="Es de noche")
    come(here, 1, 4)  # written later, or by another program: without a reason
    found = exceso_of(here, NOW)
    assert (found.desde, found.hasta, found.mayor, found.ahora, found.horas(NOW)) == (
        NOW - 5 * H,
        None,
        4,
        4,
        5,
    )
    assert [(m.texto, m.despues) for m in found.motivos] == [("Es de noche", False)]
    for short in ("", "   ok "):
        with expect_refused("falta_motivo"):
            explain(here, short)
    explain(here, "El camino está cerrado")
    said = exceso_of(here, NOW).motivos
    assert [(m.texto, m.despues) for m in said] == [("El camino está cerrado", True), ("Es de noche", False)]
    raw = db.session.execute(text("SELECT motivo FROM motivo_sobrecupo")).scalar_one()
    assert b"camino" not in bytes(raw)
    assert b"camino" not in str(db.session.execute(text("SELECT * FROM auditoria")).all()).encode()


def test_when_it_has_passed_it_can_still_be_explained_and_a_new_one_begins_without(here):
    people = come(here, 4, 10)
    movimiento(here, "egreso", *people[:3], ocurrido_en=NOW - 6 * H)
    found = exceso_of(here, NOW)
    assert (found.desde, found.hasta, found.mayor, found.ahora) == (NOW - 10 * H, NOW - 6 * H, 2, 0)
    explain(here, "No había otro con lugar")
    assert [m.texto for m in exceso_of(here, NOW).motivos] == ["No había otro con lugar"]
    with clock.frozen(NOW + 2 * H):
        come(here, 2, -1)
        fresh = exceso_of(here, NOW + 2 * H)
    assert (fresh.desde, fresh.motivos) == (NOW + H, [])


def test_of_a_shelter_with_numbers_only_its_partes_say_it(here):
    for hours, people in ((9, 2), (6, 5), (3, 4)):
        with unit_of_work(SISTEMA):
            register_parte(ParteNuevo(uuid7(), here.id, NOW - hours * H, "conteo_fisico", people))
    found = exceso_of(here, NOW)
    assert (found.desde, found.mayor, found.ahora, found.declarado) == (NOW - 6 * H, 3, 2, True)


def test_the_shelters_page_asks_for_it_and_who_registers_answers(here, entra):
    clerk, commander = entra("registro", municipio="1413"), entra("mando")
    come(here, 3, 5)
    page = f"/activaciones/{here.id}"
    shown = clerk.get(page).text
    assert "1 persona sobre la capacidad, desde hace 5 h" in shown and "Sin motivo anotado" in shown
    assert f"{page}/sobrecupo" in shown
    assert f"{page}/sobrecupo" not in commander.get(page).text
    assert commander.get(f"{page}/sobrecupo").status_code == 403
    assert entra("registro", municipio="0901").get(f"{page}/sobrecupo").status_code == 404
    form = {"csrf_token": csrf_of(clerk.get(f"{page}/sobrecupo").text), "op_id": str(uuid7())}
    refused = clerk.post(f"{page}/sobrecupo", data={**form, "motivo": "ok"})
    assert refused.status_code == 422 and "Escriba por qué" in refused.text and 'value="ok"' in refused.text
    evil = {**form, "motivo": "<b>Puente</b> caído"}
    assert [clerk.post(f"{page}/sobrecupo", data=evil).status_code for _ in "ab"] == [303, 303]
    assert db.session.query(MotivoSobrecupo).count() == 1
    told = clerk.get(f"{page}/sobrecupo").text
    assert "«&lt;b&gt;Puente&lt;/b&gt; caído»" in told and "anotado después" in told
    assert "Motivo anotado" in clerk.get(page).text
