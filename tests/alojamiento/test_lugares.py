"""Places in rooms: never beyond the room unless somebody says so, one place a person, freed by who leaves."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.alojamiento.models import Ambiente, LugarAsignado
from albergues_app.alojamiento.queries import LIVE, occupied, places_of_person
from albergues_app.alojamiento.services import AmbienteNuevo, assign_places, save_ambiente
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.identidad.services.union import UnionNueva, join_personas, part_personas
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.services.union import Cruce
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
from tests.factories.cuentas import SISTEMA
from tests.ocupacion.desk_help import hidden


@pytest.fixture
def place(app):
    return make_activacion(make_albergue(nombre="Escuela de Nebaj"), make_emergencia())


def room(place, lugares=2, **more):
    key = uuid7()
    with unit_of_work(SISTEMA):
        site = db.session.get_one(Albergue, place.albergue_id)
        save_ambiente(site, key, AmbienteNuevo(more.pop("nombre", f"Aula {key}"), "aula", 0, lugares, **more))
    return key


def people(place, n=3):
    return [UUID(p["id"]) for p in ingreso(place, *(persona(nombres=f"P{i}") for i in range(n)))["personas"]]


def give(place, ambiente, *ids, excede=False):
    with unit_of_work(SISTEMA):
        return assign_places(db.session.get_one(Activacion, place.id), ambiente, ids, excede)


def test_a_full_room_is_said_and_given_only_when_it_is_known(place):
    aula, who = room(place), people(place)
    with expect_refused("ambiente_lleno"):
        give(place, aula, *who)
    assert occupied([aula]) == {}
    assert give(place, aula, *who, excede=True)["excede"] is True
    assert occupied([aula]) == {aula: 3}
    assert give(place, aula, *who)["personas"] == []  # the same again changes nothing
    blocked = room(place, bloqueado_motivo="Se moja")
    with expect_refused("ambiente_bloqueado"):
        give(place, blocked, who[0])
    with expect_refused("no_encontrado"):
        give(place, room(make_activacion(make_albergue("1405"), make_emergencia())), who[0])
    stranger = people(make_activacion(make_albergue("1405"), make_emergencia()), 1)
    with expect_refused("persona_no_esta"):
        give(place, aula, *stranger)


def test_moves_are_history_and_who_leaves_frees_the_place(place):
    one, two, who = room(place, nombre="Aula 1"), room(place, nombre="Aula 2"), people(place)
    give(place, one, *who[:2])
    give(place, two, who[0])
    assert [p.nombre for p in places_of_person(who[0], place.id)] == ["Aula 2", "Aula 1"]
    gone = movimiento(place, "egreso", who[1], ocurrido_en=OPENED.replace(hour=20))
    assert occupied([one, two]) == {two: 1}
    give(place, one, who[2])
    with unit_of_work(SISTEMA):
        save_ambiente(
            db.session.get_one(Albergue, place.albergue_id), one, AmbienteNuevo("Aula 1", "aula", 0, 1)
        )
    # the egress was a mistake: the room is another's now, and the person comes back without a place
    movimiento(place, "anulacion", ocurrido_en=clock.now(), anula=UUID(gone["id"]))
    assert occupied([one, two]) == {one: 1, two: 1}
    # who leaves and comes back is asked again where to sleep
    movimiento(place, "egreso", who[2], ocurrido_en=clock.now() - timedelta(minutes=2))
    ingreso(place, persona(id=who[2]), ocurrido_en=clock.now() - timedelta(minutes=1))
    assert occupied([one, two]) == {two: 1}
    give(place, None, who[0])
    assert occupied([one, two]) == {}


STEP = st.tuples(
    st.sampled_from(
        ["dar", "dar", "dar", "dar aunque no quepan", "quitar", "egreso", "anular egreso", "volver", "pasar",
         "cambiar el cuarto", "unir", "separar"]
    ),
    st.integers(0, 3),
    st.integers(0, 2),
)  # fmt: skip


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEP, min_size=8, max_size=18))
def test_assigned_are_never_more_than_the_places_unless_said(app, steps):
    """Invariant 26: after every step who is in a room without being said to exceed it fits; one place a human being.

    Rooms shrink and grow, people leave, come back, pass to the next shelter, and turn out to be one human being.
    """
    event = make_emergencia()
    place, next_door = (make_activacion(make_albergue(capacidad=None), event) for _ in range(2))
    fits = [1, 2, 0]
    rooms, who = [room(place, n) for n in fits], people(place, 4)
    exits: dict[UUID, UUID] = {}
    unions: list[UUID] = []
    when = OPENED.replace(hour=19)

    def act(kind, n, r):
        p = who[n]
        if kind.startswith("dar"):
            give(place, rooms[r], p, who[(n + 1) % 4], excede=kind != "dar")
        elif kind == "quitar":
            give(place, None, p)
        elif kind == "egreso":
            exits[p] = UUID(movimiento(place, "egreso", p, ocurrido_en=when)["id"])
        elif kind == "anular egreso" and p in exits:
            movimiento(place, "anulacion", ocurrido_en=when, anula=exits.pop(p))
        elif kind == "volver":
            ingreso(place, persona(id=p), ocurrido_en=when)
        elif kind == "pasar":
            movimiento(place, "traslado", p, ocurrido_en=when, activacion_destino=next_door.id)
        elif kind == "cambiar el cuarto":
            with unit_of_work(SISTEMA):
                site = db.session.get_one(Albergue, place.albergue_id)
                save_ambiente(site, rooms[r], AmbienteNuevo(f"Aula {rooms[r]}", "aula", 0, n))
            fits[r] = n
        elif kind == "unir":
            key = uuid7()
            with unit_of_work(SISTEMA):
                join_personas(UnionNueva(key, p, who[(n + 1) % 4], "Es la misma", Cruce.PRIMERA))
            unions.append(key)
        elif kind == "separar" and unions:
            with unit_of_work(SISTEMA):
                part_personas(unions.pop(), uuid7(), "Era otra")

    for kind, n, r in steps:
        when += timedelta(minutes=5)
        try:
            act(kind, n, r)
        except AppError:
            db.session.rollback()
        live = db.session.execute(
            db.select(LugarAsignado.ambiente_id, LugarAsignado.excede, Estancia.persona_id)
            .join(Estancia, LIVE)
            .where(LugarAsignado.activacion_id == place.id)
        ).all()
        assert len({row.persona_id for row in live}) == len(live), steps
        for key, places in zip(rooms, fits, strict=True):
            within = [row for row in live if row.ambiente_id == key and not row.excede]
            assert len(within) <= places, (kind, n, r)


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_pages_describe_rooms_propose_places_and_print_the_sheet(place, entra):
    site = f"/albergues/{place.albergue_id}/ambientes"
    sede = entra("sede", departamento="14")
    form = hidden(sede.get(site).text, 'id="h-nuevo"')
    data = {**form, "nombre": "Aula <1>", "tipo": "aula", "lugares": "x", "planta": "0", "para": "cualquiera"}
    refused = sede.post(site, data=data)
    assert refused.status_code == 422
    assert 'value="Aula &lt;1&gt;"' in refused.text
    assert sede.post(site, data={**data, "lugares": "3"}).status_code == 303
    aula = db.session.scalars(db.select(Ambiente)).one()
    ingreso(place, persona(nombres="Juana", grupos=4), persona(nombres="Diego", sexo="hombre", edad=8))
    client = entra("registro", municipio="1413")
    assert client.get(site).status_code == 403
    url = f"/activaciones/{place.id}/ambientes"
    page = client.get(url).text
    assert "0 de 2 con lugar" in page
    assert f'value="{aula.id}" selected' in page
    assert "discapacidad" not in page.lower()
    data = hidden(page, 'action="' + url + '/lugares"')
    family = next(name[3:] for name in data if name.startswith("de-"))
    assert client.post(f"{url}/lugares", data={**data, f"familia-{family}": str(aula.id)}).status_code == 303
    db.session.rollback()
    assert occupied([aula.id]) == {aula.id: 2}
    sheet = client.get(f"{url}/hoja").text
    assert "Juana" in sheet
    assert "Aula &lt;1&gt;" in sheet
    assert "discapacidad" not in sheet.lower()
    assert "Todos tienen lugar" in client.get(url).text
    juana = db.session.scalar(db.select(LugarAsignado.persona_id))
    assert "Dónde ha dormido" in client.get(f"/activaciones/{place.id}/personas/{juana}").text
    assert "Quién duerme dónde" in client.get(f"/activaciones/{place.id}").text
    assert entra("registro", municipio="1405").get(url).status_code == 404


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_what_does_not_fit_comes_back_as_it_was_chosen(place, entra):
    """The clerk went against the proposal; a room that is too small does not undo the whole table."""
    small, large = room(place, 2, nombre="Bodega"), room(place, 9, nombre="Salón")
    for n in range(2):
        people(place, n + 2)
    client, url = entra("registro", municipio="1413"), f"/activaciones/{place.id}/ambientes"
    data = hidden(client.get(url).text, f'action="{url}/lugares"')
    families = [name[3:] for name in data if name.startswith("de-")]
    data |= {f"familia-{families[0]}": str(small), f"familia-{families[1]}": str(small)}
    refused = client.post(f"{url}/lugares", data=data)
    assert refused.status_code == 422
    assert refused.text.count(f'value="{small}" selected') == 2
    assert f'value="{large}" selected' not in refused.text
    data |= {f"familia-{family}": str(large) for family in families}
    assert client.post(f"{url}/lugares", data=data).status_code == 303
    form = hidden(page := client.get(url).text, 'name="modo" value="mover"')
    moved = page.partition('name="personas" value="')[2][:36]
    form |= {"csrf_token": data["csrf_token"], "modo": "mover", "personas": moved, "ambiente": ""}
    page = client.post(f"{url}/lugares", data=form).text
    assert "Elija a qué ambiente pasan" in page
    assert f'value="{moved}" checked' in page
    assert occupied([large]) == {large: 5}
