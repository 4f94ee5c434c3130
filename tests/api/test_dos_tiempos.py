"""contrato-api.md «Ocupación»: what splits or bounds a figure is valid from, and written at."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from albergues_app.albergues.models import Albergue
from albergues_app.albergues.services import CapacidadNueva, add_capacidad, change_albergue
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.services import PersonaNueva, correct_persona, move_to_familia
from albergues_app.ocupacion.verify import differences
from tests.api.conftest import ABIERTA, ENTRARON, NOW, iso, persona
from tests.factories.cuentas import SISTEMA, make_identity

DAY = timedelta(days=1)


@pytest.fixture
def place(api):
    return api.albergue(capacidad={"personas": 50, "fuente": "acta", "fecha": "2026-01-01"})


@pytest.fixture
def inside(api, place):
    """An activation with a woman of 17 and a man, of one family."""
    activacion = api.activacion(place)
    people = [persona(sexo="mujer", edad=17), persona(sexo="hombre", edad=40)]
    body = api.ingreso(activacion, *people)
    return activacion, [UUID(p["id"]) for p in people], UUID(body["familia"]["id"])


def test_a_late_movement_changes_the_past_and_not_what_was_known(api, place, reloj):
    activacion = api.activacion(place)
    noted = reloj.now
    api.ingreso(activacion, persona(), ocurrido_en=iso(ABIERTA + timedelta(hours=1)))
    then = iso(ABIERTA + timedelta(hours=2))
    assert api.total(corte=then)["personas"] == 1
    assert api.total(corte=then, conocido_en=iso(noted))["personas"] == 0
    assert api.total(corte=iso(ABIERTA))["personas"] == 0


def test_capacity_is_of_its_day_and_of_when_it_was_said(api, place, reloj):
    api.activacion(place)
    noted = reloj.advance()
    reloj.advance()
    with unit_of_work(SISTEMA):
        add_capacidad(UUID(place), CapacidadNueva(80, "acta 2", date(2026, 11, 20)))
    yesterday = iso(NOW - DAY)
    assert api.total()["capacidad"] == 80
    assert api.total(corte=yesterday)["capacidad"] == 50
    assert api.total(conocido_en=iso(noted))["capacidad"] == 50
    assert api.total(corte=iso(NOW.replace(hour=6)))["capacidad"] == 80  # local midnight begins the day
    assert api.total(corte=iso(NOW.replace(hour=5, minute=59)))["capacidad"] == 50


def test_the_municipality_of_a_site_is_the_one_in_force(api, place, inside, reloj):
    noted = reloj.advance()
    reloj.advance()
    since = NOW - timedelta(hours=3)
    with unit_of_work(SISTEMA):
        change_albergue(
            db.session.get_one(Albergue, UUID(place)), motivo="Error", vigente_desde=since, municipio="1405"
        )
    reloj.advance()
    assert {c: f["personas"] for c, f in api.rows("municipio").items()} == {"1405": 2}
    before = api.rows("municipio", corte=iso(since - timedelta(seconds=1)))
    assert {c: f["personas"] for c, f in before.items()} == {"1401": 2}
    assert set(api.rows("municipio", corte=iso(since))) == {"1405"}
    assert set(api.rows("municipio", conocido_en=iso(noted))) == {"1401"}


def test_official_or_not_is_the_one_in_force(api, place, inside, reloj):
    who = make_identity()
    noted = reloj.advance()
    reloj.advance()
    since = NOW - timedelta(hours=3)
    with unit_of_work(SISTEMA):
        change_albergue(
            db.session.get_one(Albergue, UUID(place)), motivo="Acta", vigente_desde=since, oficial=True
        )
    reloj.advance()
    seen = [
        cuadro(who, "pais", **when).total.oficiales
        for when in ({}, {"corte": since}, {"corte": since - timedelta(seconds=1)}, {"conocido_en": noted})
    ]
    assert seen == [1, 1, 0, 0]


def correct(who, reloj, vigente_desde=None, **changes):
    reloj.advance()
    data = {"nombres": "N/N", "sexo": "mujer", "edad": 17, "edad_unidad": "anios", **changes}
    with unit_of_work(SISTEMA):
        correct_persona(PersonaNueva(id=who, **data), "Se leyó mal", vigente_desde)
    reloj.advance()


def test_sex_corrected_is_corrected_everywhere_and_known_as_it_was(api, inside, reloj):
    _, (who, _), _ = inside
    noted = reloj.now
    correct(who, reloj, sexo="hombre")
    sexes = ("mujeres", "hombres")
    for when in ({}, {"corte": iso(ENTRARON)}):
        assert [api.total(**when)[s] for s in sexes] == [0, 2]
        assert [api.total(**when, conocido_en=iso(noted))[s] for s in sexes] == [1, 1]
    assert differences() == []


def test_sex_valid_from_an_instant_holds_from_there(api, inside, reloj):
    _, (who, _), _ = inside
    since = ENTRARON + timedelta(hours=2)
    correct(who, reloj, vigente_desde=since, sexo="no_registrado")
    seen = [
        api.total(corte=iso(since + step))["no_registrado"] for step in (timedelta(seconds=-1), timedelta(0))
    ]
    assert seen == [0, 1]
    assert api.total()["personas"] == 2


def test_birth_moves_the_band_and_bands_add_up(api, inside, reloj):
    who = inside[1][0]
    identity = make_identity()
    noted = reloj.now

    def bands(**when):
        table = cuadro(identity, "pais", bandas=True, **when)
        assert sum(table.total.bandas.values()) == table.total.personas
        return {b: n for b, n in table.total.bandas.items() if n}

    assert bands() == {"13_17": 1, "30_59": 1}
    correct(who, reloj, nacimiento=date(2008, 11, 20), edad=None)  # is 18 today
    assert bands() == {"18_29": 1, "30_59": 1}
    assert bands(corte=NOW - timedelta(hours=1)) == {"18_29": 1, "30_59": 1}
    assert bands(conocido_en=noted) == {"13_17": 1, "30_59": 1}
    reloj.set(NOW + 20 * 366 * DAY)
    assert bands() == {"30_59": 1, "60_mas": 1}
    assert bands(corte=NOW) == {"18_29": 1, "30_59": 1}


def test_family_membership_holds_from_its_instant(api, inside, reloj):
    activacion, family = inside[0], inside[2]
    other = api.ingreso(activacion)
    noted, since = reloj.now, ENTRARON + timedelta(hours=2)
    assert api.total()["familias"] == 2
    with unit_of_work(SISTEMA):
        reloj.advance()
        move_to_familia(UUID(other["personas"][0]["id"]), family, since)
    reloj.advance()
    assert api.total()["familias"] == 1
    assert api.total(corte=iso(since))["familias"] == 1
    assert api.total(corte=iso(since - timedelta(seconds=1)))["familias"] == 2
    assert api.total(conocido_en=iso(noted))["familias"] == 2
    assert differences() == []


def test_openings_closings_and_partes_are_known_from_when_they_were_written(api, place, reloj):
    noted = reloj.now
    activacion = api.activacion(place)
    assert api.rows("municipio", corte=iso(NOW - DAY)).keys() == {"1401"}
    assert api.rows("municipio", corte=iso(NOW - DAY), conocido_en=iso(noted)) == {}
    api.parte(activacion, 30, corte=iso(NOW - DAY))
    known = reloj.now
    api.parte(activacion, 33, corte=iso(NOW - DAY))
    assert api.total(corte=iso(NOW))["declaradas"] == 33
    assert api.total(corte=iso(NOW), conocido_en=iso(known))["declaradas"] == 30
    before = reloj.now
    api.transicion(activacion, "en_cierre", ocurrida_en=iso(NOW - timedelta(hours=3)))
    api.transicion(activacion, "cerrada", ocurrida_en=iso(NOW - timedelta(hours=2)), acta={"numero": "1"})
    then = iso(NOW - timedelta(hours=1))
    assert api.rows("municipio", corte=then) == {}
    assert api.rows("municipio", corte=then, conocido_en=iso(before)).keys() == {"1401"}
