"""The ledger and what is derived from it: a day in a shelter."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from albergues_app.core.db import db
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.verify import differences
from tests.conftest import expect_refused
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import SISTEMA, make_identity

H = timedelta(hours=1)


@pytest.fixture
def two_shelters(app):
    emergencia = make_emergencia()
    return make_activacion(make_albergue(), emergencia), make_activacion(
        make_albergue("1405", None), emergencia
    )


def ids(body):
    return [UUID(p["id"]) for p in body["personas"]]


def test_a_day_of_movements_is_right_at_every_hour(two_shelters):
    here, there = two_shelters
    people = ids(
        ingreso(here, *(persona(sexo=s) for s in ("mujer", "hombre", "mujer")), ocurrido_en=OPENED + H)
    )
    movimiento(here, "salida_temporal", people[0], ocurrido_en=OPENED + 2 * H)
    movimiento(here, "traslado", people[1], ocurrido_en=OPENED + 3 * H, activacion_destino=there.id)
    movimiento(here, "egreso", people[2], ocurrido_en=OPENED + 4 * H)
    movimiento(here, "retorno", people[0], ocurrido_en=OPENED + 5 * H)
    who = make_identity()
    seen = {}
    for hour in range(7):
        table = cuadro(who, "albergue", corte=OPENED + hour * H)
        by_code = {f.codigo[:4]: f for f in table.filas}
        seen[hour] = tuple((by_code[m].personas, by_code[m].fuera) for m in ("1413", "1405"))
    assert seen == {
        0: ((0, 0), (0, 0)),
        1: ((3, 0), (0, 0)),
        2: ((3, 1), (0, 0)),
        3: ((2, 1), (1, 0)),
        4: ((1, 1), (1, 0)),
        5: ((1, 0), (1, 0)),
        6: ((1, 0), (1, 0)),
    }
    now = cuadro(who, "albergue")
    assert [(f.personas, f.fuera, f.mujeres, f.hombres) for f in now.filas] == [(1, 0, 0, 1), (1, 0, 1, 0)]
    assert differences() == []


def test_a_person_has_one_open_stay_in_the_whole_country(two_shelters):
    here, there = two_shelters
    who = persona()
    ingreso(here, who)
    with expect_refused("estancia_abierta"):
        ingreso(there, who)
    assert cuadro(make_identity()).total.personas == 1


def test_a_backdated_entry_that_overlaps_a_past_stay_is_refused(two_shelters):
    here, there = two_shelters
    who = persona()
    people = ids(ingreso(here, who, ocurrido_en=OPENED + H))
    movimiento(here, "egreso", *people, ocurrido_en=OPENED + 5 * H)
    with expect_refused("estancia_abierta"):
        ingreso(there, who, ocurrido_en=OPENED + 2 * H)
    ingreso(there, who, ocurrido_en=OPENED + 6 * H)


def test_what_was_known_earlier_stays_reproducible_after_an_annulment(two_shelters):
    here, _ = two_shelters
    body = ingreso(here, persona(), persona(), ocurrido_en=OPENED + H)
    known = db.session.query(Movimiento.registrado_en).first()[0]
    movimiento(here, "anulacion", ocurrido_en=OPENED + 2 * H, anula=UUID(body["id"]))
    who = make_identity()
    assert cuadro(who).total.personas == 0
    assert cuadro(who, corte=OPENED + 2 * H).total.personas == 0
    assert cuadro(who, corte=OPENED + 2 * H, conocido_en=known).total.personas == 2
    assert differences() == []


def test_in_transit_is_counted_once_and_in_no_row(two_shelters):
    here, there = two_shelters
    who = persona()
    people = ids(ingreso(here, who, ocurrido_en=OPENED + H))
    movimiento(here, "traslado", *people, ocurrido_en=OPENED + 2 * H, activacion_destino=there.id, acuse=True)
    table = cuadro(make_identity(), "albergue")
    assert [f.personas for f in table.filas] == [0, 0]
    assert (table.total.personas, table.total.en_transito) == (1, 1)
    ingreso(there, who, ocurrido_en=OPENED + 3 * H)
    table = cuadro(make_identity(), "albergue")
    assert (table.total.personas, table.total.en_transito) == (1, 0)
    assert differences() == []


def test_the_ledger_refuses_change_and_removal(two_shelters):
    ingreso(two_shelters[0])
    for statement in ("UPDATE movimiento SET tipo = 'egreso'", "DELETE FROM movimiento"):
        with pytest.raises(DBAPIError), unit_of_work(SISTEMA):
            db.session.execute(db.text(statement))
