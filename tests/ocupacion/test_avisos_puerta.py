"""Advices for the gate (F49): what to do there, never why; they follow the human being, end by themselves, hold nobody."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from albergues_app.albergues.models import Activacion
from albergues_app.audit.models import Sello
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Invalid
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.identidad.services.union import UnionNueva, join_personas
from albergues_app.ocupacion.aviso_lista import advice_of, advices_of, reason_of
from albergues_app.ocupacion.avisos_puerta import as_avisos, boxes, in_force
from albergues_app.ocupacion.models_aviso import AvisoPuerta
from albergues_app.ocupacion.services import (
    IngresoNuevo,
    move_to_familia,
    register_ingreso,
)
from albergues_app.ocupacion.services.aviso_puerta import LONGEST, AvisoNuevo, put_aviso, withdraw_aviso
from tests.conftest import expect_refused
from tests.factories.albergues import OPENED, ingreso, make_activacion, make_albergue, movimiento, persona
from tests.factories.avisos import POR_QUE, QUE, make_aviso
from tests.factories.cuentas import SISTEMA, make_cuenta

H = timedelta(hours=1)
NOW = OPENED + 30 * H


@pytest.fixture(autouse=True)
def hour():
    with clock.frozen(NOW):
        yield


@pytest.fixture
def house(app):
    """A shelter with a family of two, and somebody else."""
    here = make_activacion(make_albergue(nombre="Escuela de Tzalbal"))
    here_id = here.id
    body = ingreso(here, persona(nombres="Juana"), persona(nombres="Pedro", sexo="hombre"))
    other = ingreso(db.session.get_one(Activacion, here_id), persona(nombres="Tomasa"))
    familia, (juana, pedro) = UUID(body["familia"]["id"]), (UUID(p["id"]) for p in body["personas"])
    return {"here": here_id, "familia": familia, "juana": juana, "pedro": pedro,
            "tomasa": UUID(other["personas"][0]["id"]), "otra": UUID(other["familia"]["id"])}  # fmt: skip


def told(house, *names):
    """What the gate is told of these: name → texts."""
    db.session.rollback()
    found = in_force(house[name] for name in names)
    return {name: [a.texto for a in found[house[name]]] for name in names if house[name] in found}


EVERYBODY = ("juana", "pedro", "tomasa")


def test_it_is_of_one_or_of_the_family_from_its_hour_until_its_hour_or_its_withdrawal(house):
    assert told(house, *EVERYBODY) == {}
    one = make_aviso(house["here"], persona_id=house["juana"])
    make_aviso(house["here"], familia_id=house["familia"], clase="avisar", texto="Avise a trabajo social")
    make_aviso(house["here"], persona_id=house["tomasa"], desde=NOW + 2 * H, hasta=NOW + 5 * H)
    assert told(house, *EVERYBODY) == {
        "juana": [QUE, "Avise a trabajo social"],
        "pedro": ["Avise a trabajo social"],
    }
    for moment, seen in ((NOW + 2 * H, True), (NOW + 5 * H, False)):
        with clock.frozen(moment):
            assert bool(told(house, "tomasa")) is seen
    with clock.frozen(NOW + timedelta(days=8)):
        assert told(house, *EVERYBODY) == {}
    with unit_of_work(SISTEMA):
        withdraw_aviso(one, "Se levantó la orden")
    assert told(house, "juana") == {"juana": ["Avise a trabajo social"]}
    with expect_refused("ya_retirado"), unit_of_work(SISTEMA):
        withdraw_aviso(one, "Otra vez")


def test_that_of_a_family_is_of_whoever_belongs_to_it_now(house):
    make_aviso(house["here"], familia_id=house["familia"])
    with clock.frozen(NOW + H), unit_of_work(SISTEMA):
        move_to_familia(house["pedro"], house["otra"], NOW + H)
        move_to_familia(house["tomasa"], house["familia"], NOW + H)
    with clock.frozen(NOW + 2 * H):
        assert set(told(house, *EVERYBODY)) == {"juana", "tomasa"}


def test_it_follows_the_human_being_through_joined_records(house):
    here = house["here"]
    movimiento(db.session.get_one(Activacion, here), "egreso", house["tomasa"], ocurrido_en=NOW - 3 * H)
    make_aviso(here, persona_id=house["tomasa"])
    again = persona(nombres="Tomasa")
    ingreso(db.session.get_one(Activacion, here), again, ocurrido_en=NOW - 2 * H)
    house["again"] = again.id
    assert told(house, "again") == {}
    with unit_of_work(SISTEMA):
        join_personas(UnionNueva(uuid7(), again.id, house["tomasa"], "Es la misma"))
    assert told(house, "again", "tomasa") == {"again": [QUE], "tomasa": [QUE]}
    assert [one.visto.texto for one in advices_of(here, NOW)] == [QUE]


def test_each_advice_is_said_once_the_strongest_first_with_those_whom_it_is_about(house):
    make_aviso(house["here"], familia_id=house["familia"], clase="instruccion", texto="Entregue la medicina")
    make_aviso(house["here"], persona_id=house["pedro"])
    names = {house[n]: n for n in EVERYBODY}
    said = [(one.aviso.nombre, one.quienes) for one in boxes(in_force(names), names)]
    assert said == [("No pasa sin consultar", "pedro"), ("Instrucción", "juana, pedro")]


def test_nothing_of_it_is_in_clear_nor_in_the_trail_nor_after_its_key(house):
    aviso = make_aviso(house["here"], persona_id=house["juana"])
    with unit_of_work(SISTEMA):
        withdraw_aviso(aviso, "Se presentó el desistimiento")
    make_aviso(house["here"], persona_id=house["juana"], clase="avisar")
    for table in ("aviso_puerta", "auditoria", "operacion"):
        rows = str([[bytes(v) if isinstance(v, memoryview) else v for v in row]
                    for row in db.session.execute(text(f"SELECT * FROM {table}"))])  # fmt: skip
        assert not [word for word in ("encargado", "alejamiento", "desistimiento") if word in rows], table
    changes = (
        db.session.execute(text("SELECT cambios FROM auditoria WHERE tabla = 'aviso_puerta'")).scalars().all()
    )
    assert changes and not [c for c in changes if "no_pasa" in c or str(house["juana"]) in c]
    fila = advice_of(house["here"], aviso).fila
    assert reason_of(fila) == POR_QUE
    with unit_of_work(SISTEMA):
        db.session.delete(db.session.query(Sello).one())
    db.session.remove()
    assert told(house, "juana") == {} and reason_of(fila) is None
    assert [one.visto for one in advices_of(house["here"], NOW)] == [None]


@pytest.mark.parametrize(
    ("changes", "codigo"),
    [
        ({"clase": "detener"}, "falta_clase"),
        ({"texto": " "}, "falta_texto"),
        ({"texto": "x" * 161}, "texto_largo"),
        ({"motivo": "ok"}, "falta_motivo"),
        ({"motivo": "x" * 501}, "falta_motivo"),
        ({"hasta": NOW + H, "desde": NOW + H}, "vigencia_invertida"),
        ({"hasta": NOW - H, "desde": NOW - 2 * H}, "vigencia_pasada"),
        ({"hasta": NOW + LONGEST + H}, "vigencia_larga"),
        ({"familia_id": UUID(int=1)}, "falta_de_quien"),
        ({"persona_id": None}, "falta_de_quien"),
    ],
)
def test_what_cannot_stand_is_refused_and_nothing_is_written(house, changes, codigo):
    data = {
        "clase": "avisar",
        "texto": QUE,
        "motivo": POR_QUE,
        "hasta": NOW + H,
        "persona_id": house["juana"],
    }
    with pytest.raises(Invalid) as refused, unit_of_work(SISTEMA):
        put_aviso(AvisoNuevo(uuid7(), house["here"], **{**data, **changes}))
    assert [e.codigo for e in refused.value.errores] == [codigo]
    assert db.session.query(AvisoPuerta).count() == 0


def test_the_database_itself_holds_it_to_one_subject_and_a_right_way_of_time(house):
    aviso = make_aviso(house["here"], persona_id=house["juana"])
    for wrong in (
        "familia_id = persona_id", "persona_id = NULL", "hasta = desde", "retirado_en = desde",
    ):  # fmt: skip
        with pytest.raises(IntegrityError), db.engine.begin() as connection:
            connection.execute(text(f"UPDATE aviso_puerta SET {wrong}"))
    assert advice_of(house["here"], aviso).visto.texto == QUE


def test_a_program_that_moves_them_is_told_and_a_bed_is_never_refused(house):
    here = house["here"]
    make_aviso(here, persona_id=house["juana"])
    movimiento(db.session.get_one(Activacion, here), "egreso", house["juana"], ocurrido_en=NOW - H)
    with unit_of_work(Actor("programa", "api", make_cuenta("registro", municipio="1413").id)):
        body = register_ingreso(
            IngresoNuevo(uuid7(), here, NOW, [persona(id=house["juana"]), persona()], house["familia"]),
            puerta=True,
        )
    assert [a["mensaje"] for a in body["avisos"] if a["codigo"] == "aviso_puerta"] == [
        f"No pasa sin consultar: {QUE}"
    ]
    assert [a.codigo for a in as_avisos([house["tomasa"]])] == []
    make_aviso(here, familia_id=house["otra"], clase="avisar")
    with unit_of_work(SISTEMA):
        newborn = IngresoNuevo(uuid7(), here, NOW, [persona(edad=1)], house["otra"])
        body = register_ingreso(newborn, puerta=True)
    assert f"Avise si pasa: {QUE}" in [a["mensaje"] for a in body["avisos"]], "of a family that was known"


def asked_of(work):
    """The statements of some work that read the advices, and how many there were in all."""
    said: list[str] = []

    def note(_c, _cu, sql, _v, _x, _m):
        said.append(sql)

    event.listen(db.engine, "before_cursor_execute", note)
    work()
    event.remove(db.engine, "before_cursor_execute", note)
    return [sql for sql in said if "aviso_puerta" in sql], said


def test_of_people_without_advice_a_page_asks_once_and_a_new_family_not_at_all(house, base):
    here = house["here"]
    make_aviso(here, persona_id=house["tomasa"])
    many = [persona() for _ in range(12)]
    with unit_of_work(SISTEMA):
        asked, _ = asked_of(
            lambda: register_ingreso(IngresoNuevo(uuid7(), here, NOW, many, uuid7()), puerta=True)
        )
    assert asked == []
    ids = [p.id for p in many]
    assert in_force(ids) == {}
    asked, all_of_them = asked_of(lambda: in_force(ids))
    assert len(asked) == len(all_of_them) == 1
    assert in_force([]) == {}
    if base == "sqlite":
        plan = _plan(asked[0], [*(i.hex for i in ids)])
        assert not [step for step in plan if "SCAN aviso_puerta" in step or "SCAN persona" in step], plan


def _plan(sql, ids):
    """How SQLite would read it; each of the two lists of ids, then the instants of both halves."""
    values = [*ids, *ids, *("2026-11-20 00:00:00",) * 4]
    connection = db.session.connection()
    return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", tuple(values))]


TIMES = st.tuples(st.integers(-6, 6), st.integers(1, 6), st.booleans(), st.booleans())


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@given(st.lists(TIMES, min_size=1, max_size=8), st.integers(-6, 13))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_at_any_hour_the_gate_sees_just_those_that_stand(app, said, at):
    """(from, hours, of the family, withdrawn) of each, against a list comprehension."""
    with clock.frozen(OPENED + 7 * H):
        here = make_activacion()
        here_id = here.id
        who, with_whom = persona(), persona()
        familia = UUID(ingreso(here, who, with_whom, ocurrido_en=OPENED + H)["familia"]["id"])
    model = []
    for n, (start, hours, whole, gone) in enumerate(said):
        begin = NOW + start * H
        with clock.frozen(begin):
            about = {"familia_id": familia} if whole else {"persona_id": who.id}
            aviso = make_aviso(here_id, texto=f"Aviso {n}", desde=begin, hasta=begin + hours * H, **about)
        if gone:
            with unit_of_work(SISTEMA):
                withdraw_aviso(aviso, "Ya no hace falta")
        model.append((f"Aviso {n}", begin, begin + hours * H, whole, gone))
    moment = NOW + at * H
    db.session.rollback()
    seen = in_force([who.id, with_whom.id], moment)
    for person, only_whole in ((who.id, False), (with_whom.id, True)):
        wanted = {
            t for t, a, b, whole, gone in model if a <= moment < b and not gone and (whole or not only_whole)
        }
        assert {one.texto for one in seen.get(person, [])} == wanted
