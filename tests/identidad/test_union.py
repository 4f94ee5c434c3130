"""Two records of one human being: joined it counts once, parted again everything is as it was (invariant 25)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from albergues_app.audit.models import Lectura
from albergues_app.audit.writing import write_once
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.identidad.models import UnionPersonas
from albergues_app.identidad.services.union import UnionNueva, join_personas, part_personas
from albergues_app.ocupacion.dissociation import _personas
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.known_family import members_of
from albergues_app.ocupacion.matches import Busqueda, find_matches
from albergues_app.ocupacion.models import Familia, Movimiento, Persona, PosibleDuplicado, RespuestaDuplicado
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.services import MovimientoNuevo, register_movimiento
from albergues_app.ocupacion.services.duplicado import note_duplicados
from albergues_app.ocupacion.services.ingreso import count_inside
from albergues_app.ocupacion.services.union import Cruce
from albergues_app.ocupacion.verify import differences
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import SISTEMA, csrf_of, make_ficha, make_identity
from tests.web.test_hoy import text_of

HOUR = timedelta(hours=1)


@pytest.fixture
def shelters(app):
    emergencia = make_emergencia(("14", "09"))
    return [
        make_activacion(make_albergue("1413", nombre="Salón de Nebaj"), emergencia),
        make_activacion(make_albergue("1413", nombre="Escuela de Tzalbal"), emergencia),
        make_activacion(make_albergue("0901", nombre="Escuela de Xela"), emergencia),
    ]


def join(una, otra, cruce=None, motivo="Es la misma"):
    union_id = uuid7()
    with unit_of_work(SISTEMA):
        return join_personas(UnionNueva(union_id, una, otra, motivo, cruce))


def part(body, motivo="Era otra"):
    with unit_of_work(SISTEMA):
        return part_personas(UUID(body["id"]), uuid7(), motivo)


@dataclass(frozen=True)
class Told:
    """A stay as the history says it: hours since the opening; ``end`` None: still inside."""

    place: int
    start: int
    end: int | None
    leaves: bool
    """Goes out for a while at the start and comes back."""


@st.composite
def stays(draw):
    """Stays of one record, one after the other, the last one perhaps open."""
    found, hour = [], 1
    for _ in range(draw(st.integers(1, 3))):
        start = hour + draw(st.integers(0, 7))
        end = start + draw(st.integers(2, 9))
        found.append(Told(draw(st.integers(0, 2)), start, end, draw(st.booleans())))
        hour = end + 1
    if draw(st.booleans()):
        last = found[-1]
        found[-1] = Told(last.place, last.start, None, last.leaves)
    return found


def at_hour(hour: int) -> datetime:
    return OPENED + hour * HOUR


def register(places, told, half):
    """Write a history through the ordinary services; ``half`` minutes apart, so that two records never tie."""
    who, minutes = persona(nombres="Ana", apellidos=f"Cobo {half}", edad=30 + half), timedelta(minutes=half)
    for stay in told:
        place = places[stay.place]
        ingreso(place, who, ocurrido_en=at_hour(stay.start) + minutes)
        if stay.leaves:
            out, back = at_hour(stay.start) + minutes + HOUR / 2, at_hour(stay.start) + minutes + HOUR
            movimiento(place, "salida_temporal", who.id, ocurrido_en=out)
            movimiento(place, "retorno", who.id, ocurrido_en=back)
        if stay.end is not None:
            movimiento(place, "egreso", who.id, ocurrido_en=at_hour(stay.end) + minutes)
    return who.id


INSTANTS = [at_hour(h) + timedelta(minutes=m) for h in range(2, 40, 3) for m in (0, 45)]


def figures(identity, known=None):
    """Every figure of every shelter at every instant."""
    db.session.rollback()
    return [
        [f.as_dict() for f in cuadro(identity, "albergue", at, known, bandas=True).filas] for at in INSTANTS
    ]


def counted(table):
    return [sum(row["personas"] for row in rows) for rows in table]


def stays_of(*ids):
    db.session.rollback()
    e = Estancia.__table__
    rows = db.session.execute(select(e).where(e.c.persona_id.in_(ids)))
    return {(r.persona_id, r.activacion_id, r.familia_id, r.ingreso_en, r.egreso_en, r.fuera) for r in rows}


def expected(one, other, cruce):
    """Stays of the one human being, worked out from the two histories alone; None: it cannot be said so."""
    far = at_hour(10_000)
    spans = [
        [(at_hour(s.start) + timedelta(minutes=half), at_hour(s.end) + timedelta(minutes=half) if s.end else far,
          s.place) for s in told]
        for told, half in ((one, 1), (other, 2))
    ]  # fmt: skip
    crossing = [
        tuple(sorted([(a, 0), (b, 1)])) for a in spans[0] for b in spans[1] if a[0] < b[1] and b[0] < a[1]
    ]
    if not crossing:
        return [*spans[0], *spans[1]]
    if len(crossing) > 1:
        return None
    (first, _), (second, _) = crossing[0]
    if cruce is None or (cruce is Cruce.PASO and first[2] == second[2]):
        return None
    rest = [s for s in [*spans[0], *spans[1]] if s not in (first, second)]
    return {
        Cruce.PASO: [*rest, (first[0], second[0], first[2]), second],
        Cruce.PRIMERA: [*rest, first],
        Cruce.SEGUNDA: [*rest, second],
    }[cruce]


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(one=stays(), other=stays(), cruce=st.sampled_from([*Cruce, *Cruce, None]))
def test_joined_it_counts_once_and_parted_again_every_figure_is_as_it_was(shelters, one, other, cruce):
    everywhere = make_identity()
    db.session.rollback()
    places = list(shelters)
    apart = figures(everywhere)
    ids = register(places, one, 1), register(places, other, 2)
    before, rows = figures(everywhere), stays_of(*ids)
    known = clock.now()
    wanted = expected(one, other, cruce)
    try:
        body = join(*ids, cruce)
    except RuleBroken as refused:
        assert wanted is None, refused.codigo
        assert (figures(everywhere), stays_of(*ids)) == (before, rows)
        return
    assert wanted is not None
    joined = counted(figures(everywhere))
    inside = [sum(a <= at < b for a, b, _place in wanted) for at in INSTANTS]
    assert max(inside) <= 1
    assert joined == [alone + n for alone, n in zip(counted(apart), inside, strict=True)]
    assert figures(everywhere, known) == before, "as known before, nothing changed"
    assert differences() == []
    assert {row[0] for row in stays_of(*ids)} == {UUID(body["habla"])}
    part(body)
    assert (figures(everywhere), stays_of(*ids)) == (before, rows)
    assert figures(everywhere, known) == before
    assert differences() == []


def two_records(shelters):
    """Ana, registered in Tzalbal, and again in Nebaj two hours later with another family."""
    first = persona(nombres="Ana", apellidos="Cobo Raimundo")
    ingreso(shelters[1], first, persona(nombres="Hija", edad=4), ocurrido_en=at_hour(2))
    second = persona(nombres="Anita", apellidos="Covo")
    ingreso(shelters[0], second, ocurrido_en=at_hour(4))
    return first.id, second.id


def test_two_open_stays_ask_which_one_stands(shelters):
    old, new = two_records(shelters)
    with pytest.raises(RuleBroken) as refused:
        join(old, new)
    assert refused.value.codigo == "falta_cruce"
    assert count_inside(shelters[0].id) == 1 and count_inside(shelters[1].id) == 2
    join(old, new, Cruce.PASO)
    assert (count_inside(shelters[0].id), count_inside(shelters[1].id)) == (1, 1)
    m = Movimiento
    left = db.session.scalars(select(m).where(m.persona_id == old, m.tipo == "egreso")).one()
    assert (left.destino, left.activacion_id) == ("otro_albergue", shelters[1].id)


def test_a_traslado_is_not_cut_in_two(shelters):
    old = persona(nombres="Ana")
    ingreso(shelters[1], old, ocurrido_en=at_hour(1))
    movimiento(shelters[1], "traslado", old.id, ocurrido_en=at_hour(3), activacion_destino=shelters[2].id)
    new = persona(nombres="Ana")
    ingreso(shelters[2], new, ocurrido_en=at_hour(4))
    with pytest.raises(RuleBroken) as refused:
        join(old.id, new.id, Cruce.SEGUNDA)
    assert refused.value.codigo == "estancias_cruzadas"
    join(old.id, new.id, Cruce.PRIMERA)
    assert count_inside(shelters[2].id) == 1 and differences() == []


def test_both_ids_go_on_answering(shelters, app, entra):
    old, new = two_records(shelters)
    card = db.session.scalars(select(Estancia.familia_id).where(Estancia.persona_id == old)).one()
    body = join(old, new, Cruce.PASO)
    assert body["habla"] == str(new)
    sede = make_identity("sede", departamento="14")
    for name in (("Ana", "Cobo Raimundo"), ("Anita", "Covo")):
        found = find_matches(sede, Busqueda(*name))
        assert [f.persona_id for f in found] == [new], "found by either name, once"
    assert set(members_of(card)) >= {new} and old not in members_of(card)
    client = entra("sede", departamento="14")
    code = db.session.get_one(Familia, card).codigo
    for asked in ("Ana Cobo Raimundo", "Anita Covo", code):
        page = client.post(
            "/buscar", data={"csrf_token": csrf_of(client.get("/buscar").text), "q": asked}
        ).text
        assert "Anita Covo" in page, asked
    answer = client.get(f"/activaciones/{shelters[1].id}/personas/{old}")
    assert answer.status_code == 302 and answer.location.endswith(f"/personas/{new}")
    assert "registros de la misma persona" in client.get(answer.location).text
    headers = make_ficha("registro", albergue=shelters[0].albergue_codigo)
    moved = {
        "id": str(uuid7()), "tipo": "salida_temporal", "personas": [str(old)], "activacion": str(shelters[0].id),
        "ocurrido_en": clock.iso(at_hour(6)),
    }  # fmt: skip
    sent = app.test_client().post("/api/v1/movimientos", json=moved, headers=headers)
    assert sent.status_code == 201 and sent.json["personas"] == [str(old)], sent.text
    db.session.rollback()
    written = db.session.scalars(select(Movimiento).where(Movimiento.operacion_id == UUID(moved["id"]))).one()
    assert written.persona_id == new, "on the record whose stay it moves"
    assert stays_of(new) and all(row[-1] for row in stays_of(new) if row[4] is None)
    twice = {**moved, "id": str(uuid7()), "tipo": "retorno", "personas": [str(old), str(new)]}
    sent = app.test_client().post("/api/v1/movimientos", json=twice, headers=headers)
    assert sent.status_code == 422 and sent.json["codigo"] == "persona_repetida"


def test_what_happened_while_joined_stays_with_the_record_it_belongs_to(shelters):
    old, new = two_records(shelters)
    body = join(old, new, Cruce.PASO)
    movimiento(shelters[0], "egreso", old, ocurrido_en=at_hour(8))
    part(body)
    ended = {row[0]: row[4] for row in stays_of(old, new)}
    assert ended == {old: None, new: at_hour(8)}
    assert differences() == []
    with pytest.raises(RuleBroken) as refused:
        part(body)
    assert refused.value.codigo == "ya_separadas"


def test_three_records_and_the_first_union_undone(shelters):
    ids = []
    for n in range(3):
        who = persona(nombres="Ana")
        ingreso(shelters[0], who, ocurrido_en=at_hour(1 + 3 * n))
        movimiento(shelters[0], "egreso", who.id, ocurrido_en=at_hour(2 + 3 * n))
        ids.append(who.id)
    first = join(ids[0], ids[1])
    second = join(ids[0], ids[2])
    assert (first["habla"], second["habla"]) == (str(ids[1]), str(ids[2]))
    assert len(stays_of(ids[2])) == 3
    part(first)
    assert (len(stays_of(ids[0])), len(stays_of(ids[1])), len(stays_of(ids[2]))) == (1, 0, 2)
    assert differences() == []
    with pytest.raises(RuleBroken) as refused:
        join(ids[1], ids[2])
    assert refused.value.codigo == "ya_unidas"


def test_nobody_is_joined_to_who_is_not_there(shelters):
    old, _new = two_records(shelters)
    with pytest.raises(AppError) as refused:
        join(old, uuid7())
    assert isinstance(refused.value, NotFound | RuleBroken)


def test_the_history_only_grows(shelters):
    body = join(*two_records(shelters), Cruce.PASO)
    row = db.session.get(UnionPersonas, UUID(body["id"]))
    with pytest.raises(Exception, match="solo crece"), unit_of_work(SISTEMA):
        db.session.get_one(UnionPersonas, row.id).cruce = "otra"
        db.session.flush()


def test_desks_at_once_leave_one_stay_of_one_human_being(shelters, app):
    """A union and movements by both ids meet: whatever comes first, the register holds together."""
    old, new = two_records(shelters)
    ids = [shelters[0].id, shelters[1].id]
    emergencia = shelters[0].emergencia_id

    def work(n: int) -> str:
        with app.app_context():
            op = uuid7()
            try:
                if n == 0:
                    with unit_of_work(SISTEMA):
                        join_personas(UnionNueva(op, old, new, "x", Cruce.PASO))
                else:
                    datos = MovimientoNuevo(
                        op, "egreso", ids[n % 2], [(new, old)[n % 2]], at_hour(10 + n), destino="familiar"
                    )
                    write_once(
                        SISTEMA, op, "movimiento", {"n": n}, emergencia, lambda: register_movimiento(datos)
                    )
                return "hecho"
            except AppError as error:
                return error.codigo
            finally:
                db.session.remove()

    with ThreadPoolExecutor(5) as pool:
        said = list(pool.map(work, range(5)))
    assert "hecho" in said
    db.session.rollback()
    assert differences() == []
    open_ones = db.session.scalars(select(Estancia.persona_id).where(Estancia.egreso_en.is_(None))).all()
    assert len(open_ones) == len(set(open_ones))


def test_no_account_alone_makes_a_child_vanish_by_joining_it_to_somebody_who_left(shelters):
    """A made-up adult who came and went is «the same» as the child inside: the child would be nowhere."""
    child, adult = persona(nombres="Ana", edad=7, parentesco="hijo"), persona(nombres="Ana", edad=30)
    ingreso(shelters[1], child, persona(nombres="Madre", parentesco="jefe"), ocurrido_en=at_hour(1))
    ingreso(shelters[0], adult, ocurrido_en=at_hour(3))
    movimiento(shelters[0], "egreso", adult.id, ocurrido_en=at_hour(5))
    who = make_identity("sede", departamento="14").as_actor("web")
    for cruce in (Cruce.PASO, Cruce.SEGUNDA):
        with pytest.raises(RuleBroken) as refused, unit_of_work(who):
            join_personas(UnionNueva(uuid7(), child.id, adult.id, "x", cruce))
        assert refused.value.codigo == "requiere_dos_personas", cruce
    db.session.rollback()
    assert count_inside(shelters[1].id) == 2 and db.session.get(Persona, child.id).unida_a is None
    with unit_of_work(who):  # but it stays where it is
        join_personas(UnionNueva(uuid7(), child.id, adult.id, "x", Cruce.PRIMERA))
    assert count_inside(shelters[1].id) == 2 and differences() == []


def test_a_human_being_of_two_emergencies_is_forgotten_whole_or_not_at_all(app):
    one, two = make_emergencia(), make_emergencia()
    places = [make_activacion(make_albergue(), e) for e in (one, two)]
    ids = []
    for n, place in enumerate(places):
        who = persona(nombres="Ana")
        ingreso(place, who, ocurrido_en=at_hour(1 + 3 * n))
        movimiento(place, "egreso", who.id, ocurrido_en=at_hour(2 + 3 * n))
        ids.append(who.id)
    join(*ids)
    keys = [e.id for e in (one, two)]
    db.session.rollback()
    assert _personas(keys[0]) == _personas(keys[1]) == set(), "the other emergency is still held"
    with unit_of_work(SISTEMA):
        db.session.execute(Emergencia.metadata.tables["sello"].delete().where(
            Emergencia.metadata.tables["sello"].c.id == keys[1]))  # fmt: skip
    assert _personas(keys[0]) == set(ids)


# --- the queue -------------------------------------------------------------------------------------


@pytest.fixture
def waiting(shelters):
    """The two records, in the queue with «No sé»."""
    old, new = two_records(shelters)
    with unit_of_work(SISTEMA):
        note_duplicados(shelters[0].id, "registro", {(new, old): RespuestaDuplicado.NO_SE})
    return old, new


def the_pair():
    db.session.rollback()
    return db.session.query(PosibleDuplicado).one()


def answer(client, respuesta, headers=None, **more):
    token = csrf_of(client.get("/mi-cuenta").text)
    data = {"csrf_token": token, "op_id": str(uuid7()), "respuesta": respuesta, **more}
    url = f"/identidad/posibles/{the_pair().id}/respuesta"
    return client.post(url, data=data, headers=headers)


def test_the_sede_joins_from_the_queue_and_undoes_it(shelters, waiting, entra):
    old, new = waiting
    client = entra("sede", departamento="14")
    page = client.get("/identidad/posibles").text
    assert "Pasó de Escuela de Tzalbal a Salón de Nebaj" in page
    assert answer(client, "misma").status_code == 303
    assert "Elija qué pasó con sus dos estancias" in client.get("/identidad/posibles").text
    assert count_inside(shelters[1].id) == 2, "nothing was written"
    assert answer(client, "misma", cruce="paso").status_code == 303
    page = client.get("/identidad/posibles").text
    assert "cuentan como una sola persona" in page and "Ana Cobo" not in page
    assert "posible duplicado" not in text_of(client)
    assert the_pair().respuesta == "misma"
    page = client.get("/identidad/uniones").text
    assert (
        "Ana Cobo Raimundo" in page and "Pasó de un albergue al otro" in page and "Unió Cuenta sede" in page
    )
    union = db.session.scalars(select(UnionPersonas)).one().id
    token = csrf_of(page)
    url = f"/identidad/uniones/{union}/separacion"
    client.post(url, data={"csrf_token": token, "op_id": str(uuid7()), "motivo": ""})
    assert "Escriba por qué se separan" in client.get("/identidad/uniones").text
    client.post(url, data={"csrf_token": token, "op_id": str(uuid7()), "motivo": "Es su hermana"})
    page = client.get("/identidad/uniones").text
    assert "Separadas" in page and "Es su hermana" in page and "Deshecha" in page
    assert the_pair().respuesta == "no_se" and count_inside(shelters[1].id) == 2
    stmt = select(Lectura.persona_id).where(Lectura.pantalla == "web:uniones")
    assert set(db.session.scalars(stmt)) == {old, new}


def test_a_piece_comes_back_to_the_page_that_works_through_the_queue(shelters, waiting, entra):
    client, htmx = entra("sede", departamento="14"), {"HX-Request": "true"}
    missing = answer(client, "misma", htmx).text
    assert (
        missing.lstrip().startswith("<section") and "Elija qué pasó" in missing and 'name="cruce"' in missing
    )
    done = answer(client, "misma", htmx, cruce="queda_segunda").text
    assert "data-hecho" in done and "/identidad/uniones#u-" in done and "<html" not in done


def test_the_desk_says_the_same_and_the_sede_joins(shelters, waiting, entra):
    desk = entra("registro", municipio="1413")
    assert 'name="cruce"' not in desk.get("/identidad/posibles").text
    answer(desk, "misma", cruce="paso")
    assert count_inside(shelters[1].id) == 2 and not db.session.scalars(select(UnionPersonas)).all()
    sede = entra("sede", departamento="14")
    assert "Ingreso posible duplicado (1)" in text_of(sede)
    assert "La misma: cuenta dos veces" in sede.get("/identidad/posibles?estado=misma").text
    assert "Con ese filtro no queda ninguno" in sede.get("/identidad/posibles?estado=no_se").text
    assert "Ana Cobo" in sede.get(f"/identidad/posibles?albergue={shelters[1].albergue_codigo}").text
    assert "Ana Cobo" not in sede.get(f"/identidad/posibles?albergue={shelters[2].albergue_codigo}").text


def test_who_sees_one_of_the_two_neither_joins_nor_parts(shelters, entra):
    here, there = persona(nombres="Ana"), persona(nombres="Ana")
    ingreso(shelters[0], here, ocurrido_en=at_hour(1))
    ingreso(shelters[2], there, ocurrido_en=at_hour(2))
    with unit_of_work(SISTEMA):
        note_duplicados(shelters[0].id, "libro", {(here.id, there.id): RespuestaDuplicado.NO_SE})
    sede = entra("sede", departamento="14")
    assert answer(sede, "misma", cruce="paso").status_code == 404
    assert answer(entra("nacional"), "misma", cruce="paso").status_code == 303
    union = db.session.scalars(select(UnionPersonas)).one().id
    assert union is not None
    db.session.rollback()
    token = csrf_of(sede.get("/mi-cuenta").text)
    data = {"csrf_token": token, "op_id": str(uuid7()), "motivo": "x"}
    assert sede.post(f"/identidad/uniones/{union}/separacion", data=data).status_code == 404
    assert "Ana" not in sede.get("/identidad/uniones").text
    assert sede.get(f"/identidad/uniones?persona={there.id}").status_code == 200, "it stayed in Nebaj too"
    assert sede.get(f"/identidad/uniones?persona={uuid7()}").status_code == 404
    assert entra("registro", municipio="1413").get("/identidad/uniones").status_code == 403
    assert db.session.get(Persona, here.id).unida_a == there.id
