"""Traslados with acknowledgement: all or some are received, nobody is counted twice or lost, and the sender knows."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.family_history import history_of
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.services import (
    AcuseNuevo,
    MovimientoNuevo,
    acknowledge_traslado,
    register_movimiento,
)
from albergues_app.ocupacion.services.ingreso import count_inside
from albergues_app.ocupacion.traslados import on_the_way, said_missing
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
from tests.ocupacion.desk_help import hidden

H = timedelta(hours=1)
IN = OPENED + 6 * H


@pytest.fixture
def two(app):
    emergencia = make_emergencia()
    here = make_activacion(make_albergue(nombre="Escuela de Nebaj"), emergencia)
    return here, make_activacion(make_albergue("1405", 30, nombre="Salón de Cotzal"), emergencia)


def family(activacion, n=4):
    body = ingreso(
        activacion, *(persona(nombres=f"Persona {chr(65 + i)}", apellidos="Cobo") for i in range(n))
    )
    return UUID(body["familia"]["id"]), [UUID(p["id"]) for p in body["personas"]]


def send(here, there, people, at=IN + H):
    body = movimiento(here, "traslado", *people, ocurrido_en=at, activacion_destino=there.id, acuse=True)
    return UUID(body["id"])


def acknowledge(traslado, came=None, missing=(), at=IN + 2 * H):
    with unit_of_work(SISTEMA):
        return acknowledge_traslado(AcuseNuevo(uuid7(), traslado, came, missing, at))


def test_some_arrive_the_others_stay_in_transit_and_the_sender_sees_who(two):
    here, there = two
    _, people = family(here)
    sent = send(here, there, people)
    body = acknowledge(sent, people[:2], people[2:3])
    assert body["en_camino"] == sorted(map(str, people[2:]))
    assert (count_inside(here.id), count_inside(there.id)) == (0, 2)
    total = cuadro(make_identity()).total
    assert (total.personas, total.en_transito) == (4, 2)
    assert {one.persona_id for one in on_the_way(origen=here.id)} == set(people[2:])
    assert set(said_missing([sent])) == {(sent, people[2])}
    assert acknowledge(sent, at=IN + 3 * H)["llegaron"] == sorted(map(str, people[2:]))
    assert (count_inside(there.id), on_the_way(origen=here.id)) == (4, [])
    assert differences() == []


def test_what_the_acknowledgement_cannot_say(two):
    here, there = two
    _, people = family(here)
    _, others = family(here, 1)
    sent = send(here, there, people[:2])
    with expect_refused("no_encontrado"):
        acknowledge(sent, others)
    with expect_refused("no_encontrado"):
        acknowledge(uuid7())
    with expect_refused("persona_repetida"):
        acknowledge(sent, people[:1], people[:1])
    with expect_refused("falta_persona"):
        acknowledge(sent, [])
    with expect_refused("antes_de_salida"):
        acknowledge(sent, people[:1], at=IN)
    acknowledge(sent, people[:1])
    with expect_refused("no_en_camino"):
        acknowledge(sent, people[:1], at=IN + 3 * H)
    plain = UUID(
        movimiento(here, "traslado", people[2], ocurrido_en=IN + H, activacion_destino=there.id)["id"]
    )
    with expect_refused("no_encontrado"):  # it arrived by itself: nobody asked
        acknowledge(plain)
    assert differences() == []


def test_an_acknowledgement_that_was_a_mistake_is_annulled_and_they_are_on_the_way_again(two):
    here, there = two
    _, people = family(here, 2)
    sent = send(here, there, people)
    done = acknowledge(sent)
    movimiento(there, "anulacion", ocurrido_en=IN + 3 * H, anula=UUID(done["id"]))
    assert count_inside(there.id) == 0
    assert {one.persona_id for one in on_the_way(traslado=sent)} == set(people)


@pytest.fixture
def desk(entra):
    return entra("albergue", municipio="1413"), entra("albergue", municipio="1405")


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_both_ends_see_it_on_their_pages_and_the_late_one_is_told(two, desk):
    here, there = two
    sender, receiver = desk
    _, people = family(here, 3)
    sent = send(here, there, people, at=clock.now() - 7 * H)
    page = receiver.get(f"/activaciones/{there.id}/traslados").text
    assert "Desde Escuela de Nebaj" in page
    assert "Persona A Cobo" in page
    assert "Más de 6 h en camino" in page
    for client, text in (
        (sender, "3 personas de Escuela de Nebaj sin llegar"),
        (receiver, "3 personas en camino hacia"),
    ):
        assert text in client.get("/").text
    assert "3 personas salieron en traslado" in sender.get(f"/activaciones/{here.id}").text
    assert "3 personas vienen en traslado" in receiver.get(f"/activaciones/{there.id}").text
    data = {
        **hidden(page, "/recepciones"),
        "traslado": str(sent),
        "demas": "no_llegaron",
        "personas": [str(people[0])],
    }
    assert receiver.post(f"/activaciones/{there.id}/recepciones", data=data).status_code == 303
    again = receiver.post(f"/activaciones/{there.id}/recepciones", data=data)
    assert again.status_code == 303  # a double click
    assert count_inside(there.id) == 1
    page = sender.get(f"/activaciones/{here.id}/traslados").text
    assert page.count("El destino dice que no llegó") == 2
    marked = [f'value="{p}" checked' in page for p in people]
    assert marked == [False, True, True]
    came = receiver.get(f"/activaciones/{there.id}/traslados").text
    assert came.count('name="personas"') == 2  # they may come yet, and nobody takes them for arrived
    assert 'name="personas" value="' in came and "checked><span><b>" not in came
    assert "Recibir a" not in receiver.get(f"/activaciones/{there.id}/personas").text
    nowhere = {**hidden(page, "/cancelacion"), "tipo": "egreso", "personas": [str(people[2])]}
    refused = sender.post(f"/activaciones/{here.id}/movimientos", data=nowhere, follow_redirects=True)
    assert refused.request.path.endswith("/traslados")
    assert "Anote a dónde va la persona" in refused.text
    data = {**hidden(page, "/cancelacion"), "personas": [str(people[1])]}
    url = f"/activaciones/{here.id}/traslados/{sent}/cancelacion"
    token = hidden(receiver.get(f"/activaciones/{there.id}/traslados").text, "/recepciones")["csrf_token"]
    assert receiver.post(url, data={**data, "csrf_token": token}).status_code == 404
    assert sender.post(url, data={**data, "personas": []}).status_code == 422
    assert sender.post(url, data=data).status_code == 303
    assert (count_inside(here.id), count_inside(there.id)) == (1, 1)
    data = {
        **hidden(page, "/cancelacion"),
        "personas": [str(people[2])],
        "tipo": "egreso",
        "destino": "familiar",
    }
    assert (
        sender.post(f"/activaciones/{here.id}/movimientos", data={**data, "id": str(uuid7())}).status_code
        == 303
    )
    assert cuadro(make_identity()).total.personas == 2
    assert "Nadie espera acuse" in sender.get(f"/activaciones/{here.id}/traslados").text
    assert differences() == []


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_family_that_was_split_and_came_together_tells_it(two, desk):
    here, there = two
    familia, people = family(here, 3)
    acknowledge(send(here, there, people[:1]))
    movimiento(there, "traslado", people[0], ocurrido_en=IN + 4 * H, activacion_destino=here.id)
    told = [(h.clase, h.texto) for h in reversed(history_of(make_identity(), familia))]
    assert told == [
        ("movimiento", "3 personas entraron a Escuela de Nebaj"),
        ("movimiento", "1 persona salió de Escuela de Nebaj; 1 persona en camino a Salón de Cotzal"),
        ("movimiento", "1 persona entró a Salón de Cotzal"),
        ("division", "La familia queda dividida: 2 en Escuela de Nebaj, 1 en Salón de Cotzal"),
        ("movimiento", "1 persona salió de Salón de Cotzal; 1 persona entró a Escuela de Nebaj"),
        ("reunion", "La familia vuelve a estar junta en Escuela de Nebaj"),
    ]
    far = make_identity("albergue", municipio="1405")
    assert "Escuela de Nebaj" not in " ".join(h.texto for h in history_of(far, familia))
    assert "Historia de la familia" in desk[0].get(f"/activaciones/{here.id}/familias/{familia}").text


KINDS = ("traslado", "con acuse", "recibir", "no llegó", "cancelar", "egreso", "ingreso")
STEP = st.tuples(st.sampled_from(KINDS), st.integers(0, 2), st.integers(0, 2))


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEP, min_size=5, max_size=15))
def test_what_left_is_what_arrived_and_what_is_on_the_way(app, steps):
    """Invariant 9 after every step, and each person in one place: inside one shelter, on one way, or gone."""
    emergencia = make_emergencia()
    shelters = [make_activacion(make_albergue(m, None), emergencia) for m in ("1413", "1405", "1401")]
    _, people = family(shelters[0], 3)
    where = dict.fromkeys(people, ("dentro", 0, None, None))
    otherwise = 0  # on the way, and ended by an ingreso or by an egreso
    for n, (kind, who, place) in enumerate(steps):
        p, when = people[who], IN + (n + 1) * timedelta(minutes=5)
        state, origin, target, sent = where[p]
        legal = {
            "traslado": state == "dentro" and place != origin,
            "con acuse": state == "dentro" and place != origin,
            "recibir": state == "camino",
            "no llegó": state == "camino",
            "cancelar": state == "camino",
            "egreso": state != "fuera",
            "ingreso": state != "dentro",
        }[kind]
        try:
            done = act(kind, p, when, shelters, origin, place, sent)
        except AppError:
            db.session.rollback()
            assert not legal, (kind, where[p])
        else:
            assert legal, (kind, where[p])
            otherwise += state == "camino" and kind in {"egreso", "ingreso"}
            where[p] = {
                "traslado": ("dentro", place, None, None),
                "con acuse": ("camino", origin, place, done),
                "recibir": ("dentro", target, None, None),
                "no llegó": where[p],
                "cancelar": ("dentro", origin, None, None),
                "egreso": ("fuera", None, None, None),
                "ingreso": ("dentro", place, None, None),
            }[kind]
        way = {one.persona_id for one in on_the_way()} & set(people)
        assert way == {q for q, stands in where.items() if stands[0] == "camino"}
        left, arrived = (legs_that_count(people, leg) for leg in ("traslado_sale", "traslado_entra"))
        assert left == arrived + len(way) + otherwise
        inside = [sum(s[:2] == ("dentro", k) for s in where.values()) for k in range(3)]
        assert [count_inside(shelter.id) for shelter in shelters] == inside
    total = cuadro(make_identity(), emergencia_id=emergencia.id).total
    assert (total.personas, total.en_transito) == (sum(inside) + len(way), len(way))
    assert differences() == []


def act(kind, p, when, shelters, origin, place, sent):
    """One step of the walk; the id of the operation."""
    if kind in {"traslado", "con acuse"}:
        there = {"activacion_destino": shelters[place].id, "acuse": kind == "con acuse"}
        return UUID(movimiento(shelters[origin or 0], "traslado", p, ocurrido_en=when, **there)["id"])
    if kind in {"recibir", "no llegó"}:
        came, missing = ([p], []) if kind == "recibir" else ([], [p])
        return acknowledge(sent or uuid7(), came, missing, when)["id"]
    if kind == "cancelar":
        here = shelters[origin or 0]
        with unit_of_work(SISTEMA):
            return register_movimiento(
                MovimientoNuevo(uuid7(), "anulacion", here.id, [p], when, anula=sent or uuid7())
            )
    if kind == "egreso":
        return movimiento(shelters[origin or 0], "egreso", p, ocurrido_en=when)["id"]
    return ingreso(shelters[place], persona(id=p), ocurrido_en=when)["id"]


def legs_that_count(people, tipo):
    annulled = select(Movimiento.anula_id).where(Movimiento.anula_id.is_not(None))
    stmt = select(func.count()).where(
        Movimiento.persona_id.in_(people), Movimiento.tipo == tipo, Movimiento.id.not_in(annulled)
    )
    return db.session.scalar(stmt)
