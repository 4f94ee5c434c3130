"""Key pairs: written with every name, replaced by a correction, gone with the person; and found by, however written."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.claves import BUDGET, LONG_RANGE, Rango, choose, keys_of, ranges_of
from albergues_app.ocupacion.matches import Busqueda, find_matches
from albergues_app.ocupacion.models import ClavePersona
from albergues_app.ocupacion.nombres import read_name
from albergues_app.ocupacion.services import IngresoNuevo, PersonaNueva, correct_persona
from albergues_app.ocupacion.services.lote import register_ingresos
from albergues_app.ocupacion.verify import differences
from tests.factories.albergues import OPENED, ingreso, make_activacion, persona
from tests.factories.cuentas import SISTEMA, make_identity


def keys(persona_id: UUID) -> set[str]:
    db.session.rollback()
    found = select(ClavePersona.clave).where(ClavePersona.persona_id == persona_id)
    return set(db.session.scalars(found))


def test_a_name_leaves_its_pairs_in_the_order_written():
    assert keys_of(read_name("Ana Lucía", "Pérez de León")) == [
        "an ls",
        "an prs",
        "an ln",
        "ls prs",
        "ls ln",
        "prs ln",
    ]
    assert keys_of(read_name("Rosa", "Pop")) == ["rs pop", "pop rs"], "a short name is kept in both orders"
    assert keys_of(read_name("Petrona")) == ["ptrn"]
    assert keys_of(read_name("N/N")) == []
    assert "@19870314" in keys_of(read_name("Rosa", "Pop"), "19870314")


def test_what_is_frequent_is_read_last_or_not_at_all():
    nombre = read_name("María", "López García")
    ranges = ranges_of(nombre, 1988)
    common = Rango("mr lps", "mr lps")
    sizes = dict.fromkeys(ranges, 3) | {common: LONG_RANGE + 1}
    chosen = choose(ranges, sizes.__getitem__, 1988)
    assert Rango("mr lps", "mr lps", cerca=True) in chosen and common not in chosen
    assert common not in choose(ranges, sizes.__getitem__, None)
    heavy = dict.fromkeys(ranges, BUDGET // 3)
    assert len(choose(ranges, heavy.__getitem__, 1988)) == 3
    assert len(choose(ranges, dict.fromkeys(ranges, LONG_RANGE + 1).__getitem__, None)) == 1


def test_keys_come_with_the_check_in_and_follow_a_correction(app):
    activacion = make_activacion()
    one = persona(nombres="Juana", apellidos="Raimundo Brito", edad=38)
    ingreso(activacion, one)
    batch = IngresoNuevo(uuid7(), activacion.id, OPENED, [persona(nombres="Rosa", apellidos="Pop")], uuid7())
    with unit_of_work(SISTEMA):
        register_ingresos([batch])
    assert keys(batch.personas[0].id) == {"rs pop", "pop rs"}
    assert keys(one.id) == {"jn rmnd", "rmnd jn", "jn brt", "brt jn", "rmnd brt", "brt rmnd"}
    assert differences() == []
    with unit_of_work(SISTEMA):
        correct_persona(PersonaNueva(one.id, "Juana", "Raimundo", "mujer", 38, "anios"), "Un apellido de más")
    assert keys(one.id) == {"jn rmnd", "rmnd jn"}
    with unit_of_work(SISTEMA):  # what held before: the name in force stays
        earlier = PersonaNueva(one.id, "Petrona", "Chel", "mujer", 38, "anios")
        correct_persona(earlier, "Antes", vigente_desde=OPENED - timedelta(days=9000))
    assert differences() == []


@pytest.mark.parametrize("harm", ["lost", "left over"])
def test_the_nightly_check_tells_keys_that_are_not_those_of_the_name(app, harm):
    body = ingreso(make_activacion(), persona(nombres="Rosa", apellidos="Pop"))
    someone = UUID(body["personas"][0]["id"])
    with unit_of_work(SISTEMA):
        if harm == "lost":
            db.session.execute(
                delete(ClavePersona.__table__).where(ClavePersona.__table__.c.clave == "rs pop")
            )
        else:
            db.session.add(ClavePersona(clave="sn dsn", anio=0, persona_id=uuid7()))
    (told,) = differences()
    assert "claves de búsqueda" in told
    assert (str(someone) in told) == (harm == "lost")


WRITTEN_OTHERWISE = [
    ("Xuana", "Raymundo Vrito"),  # by ear
    ("Juana", "Brito Raimundo"),  # swapped
    ("Brito Raimundo", "Juana"),  # in the wrong boxes
    ("Juana", "Raimudno"),  # a slip, and one surname
    ("Jwana", "Raimundo Brito"),
    ("Juana Raimundo", "Bri"),  # still being typed
    ("J.", "Raimundo Brito"),
    ("Juana", "Raimundo Brito de Cobo"),
]


def test_a_person_is_found_however_the_name_is_written(app):
    here = make_activacion()
    ingreso(here, persona(nombres="Juana", apellidos="Raimundo Brito", edad=38))
    ingreso(
        here, *(persona(nombres=n, apellidos=a) for n, a in (("Ana", "Cobo Brito"), ("Luis", "Chel Cobo")))
    )
    nebaj = make_identity("registro", municipio="1413")
    for nombres, apellidos in WRITTEN_OTHERWISE:
        found = find_matches(nebaj, Busqueda(nombres, apellidos, "mujer", 38))
        assert [f.nombre for f in found][:1] == ["Juana Raimundo Brito"], (nombres, apellidos)
