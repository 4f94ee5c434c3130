"""The projection: one bus is no trend, paces fade, and its error on a known series is the error."""

from __future__ import annotations

from datetime import timedelta
from math import exp

import pytest

from albergues_app.consolidados.projection import backtest, project
from albergues_app.consolidados.scope import Ambito
from albergues_app.core import clock
from albergues_app.ocupacion.pace import Ritmo, pace
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)

NOON = OPENED + timedelta(hours=30)


def hours_ago(*hours):
    return [NOON - timedelta(hours=h) for h in hours]


def test_one_bus_is_no_trend_and_a_steady_stream_is():
    every_hour = hours_ago(*range(24)) * 2
    assert pace(every_hour, [], NOON, OPENED).neto == 2.0
    bus = hours_ago(*[0.5] * 40)
    assert pace(bus, [], NOON, OPENED).neto == pytest.approx(40 / 24)
    assert pace(hours_ago(1, 1), hours_ago(*[20] * 9), NOON, OPENED).neto == 0.0  # came today, left yesterday
    assert pace([], hours_ago(*range(24)), NOON, OPENED).neto == -1.0
    assert pace(hours_ago(0.5), [], NOON, NOON - timedelta(hours=1)).neto == 1.0  # open for one hour


def test_when_it_fills_is_when_the_fading_pace_takes_the_last_place():
    rate = Ritmo(10, 0, 10.0)
    hours = rate.hours_to(30)
    assert hours is not None and 60 * (1 - exp(-hours / 6)) == pytest.approx(30)
    assert [rate.hours_to(n) for n in (None, 0, -3, 60, 900)] == [None] * 5
    assert Ritmo(0, 2, -2.0).hours_to(5) is None
    assert (rate.persons_in(5, 1e6), Ritmo(0, 9, -9.0).persons_in(5, 12)) == (65, 0)


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_change_of_data_is_no_arrival_and_the_error_is_counted_by_hand(app):
    with clock.frozen(NOON):
        emergencia = make_emergencia(("14",))
        activacion = make_activacion(make_albergue("1413", capacidad=50), emergencia)
        empty = make_activacion(make_albergue("1413", nombre="Sin nadie", capacidad=None), emergencia)
        assert empty.id
        people = [persona() for _ in range(12)]
        ingreso(activacion, *people, ocurrido_en=OPENED + timedelta(hours=1))
        movimiento(activacion, "egreso", people[0].id, people[1].id, ocurrido_en=OPENED + timedelta(hours=20))
        looked = project(emergencia.id, Ambito("14"), NOON)
        found = {p.nombre: p for p in looked.filas}
        shelter = found["Salón de práctica"]
        # 12 came 29 h ago and 2 left 10 h ago: none in 6 h, so no trend
        assert (shelter.personas, shelter.libres, shelter.ritmo.neto, shelter.horas) == (10, 40, 0.0, None)
        assert found["Sin nadie"].libres is None
        (six,) = backtest(emergencia.id, OPENED, OPENED + timedelta(hours=18), (6,))
        # at 06:00+6 h all 12 are in, by the pace of 12 in 6 h: 12 + 2·6·(1-1/e) = 20 against 12; at +12 h, none in
        # the last 6 h: 12 against 12
        assert (six.casos, six.medio, six.medio_sin_cambio) == (2, 4.0, 0.0)
        # the page tries it at +6, +12, +18 and +24 h: 20 against 12, 12 against 12, 12 against the 10 that stay, 10
        # against 10
        tried = {e.horas: e for e in looked.errores}
        assert (tried[6].casos, tried[6].medio, tried[6].medio_sin_cambio) == (4, 2.5, 0.5)
        assert project(emergencia.id, Ambito("13"), NOON).errores == []


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_shelters_page_says_when_it_fills_by_the_same_count_and_calls_it_a_projection(app, entra):
    now = clock.now()
    since = now - timedelta(hours=48)
    emergencia = make_emergencia(("14",), inicio=since)
    activacion = make_activacion(make_albergue("1413", capacidad=40), emergencia, since)
    for hour in range(1, 24):
        ingreso(activacion, persona(), ocurrido_en=now - timedelta(hours=hour - 0.5))
    here, url = Ambito("14"), f"/activaciones/{activacion.id}"
    (row,) = project(emergencia.id, here, now).filas
    # 6 in 6 h, 12 in 12 h, 23 in 24 h: 23/24 an hour, that fading fills at most 5.75 of the 17 places
    assert row.ritmo.neto == pytest.approx(23 / 24) and row.horas is None
    sede = entra("sede", departamento="14")
    assert "ritmo se llena" not in sede.get(url).text
    for _ in range(13):
        ingreso(activacion, persona(), ocurrido_en=now - timedelta(hours=3))
    (row,) = project(emergencia.id, here, now).filas
    assert row.libres == 4 and row.horas is not None
    assert f"Proyección, no es un dato: a este ritmo se llena en {round(row.horas)} h" in sede.get(url).text
