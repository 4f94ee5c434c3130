"""The day of a figure is Guatemala's, whatever the host's: its edges, its stored cut, and what comes late."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.daily import count_day, cut_pending, series
from albergues_app.ocupacion.derive import roll_bands
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.models_derivadas import CorteDia, Resumen
from albergues_app.ocupacion.services import PersonaNueva, correct_persona
from albergues_app.ocupacion.verify import differences
from tests.factories.albergues import ingreso, make_activacion, movimiento, persona
from tests.factories.cuentas import SISTEMA, make_identity

DAY = date(2026, 11, 18)
DAYS = [DAY - timedelta(days=1), DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]


def at(hour: int, minute: int, second: int = 0, day: date = DAY) -> datetime:
    """An hour of Guatemala's wall clock."""
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=clock.LOCAL).astimezone(UTC)


@pytest.fixture
def activacion(app):
    with clock.frozen(at(0, 0, day=DAY - timedelta(days=2))):
        opened = make_activacion(abierta_en=clock.now())
    with clock.frozen(at(12, 0, day=DAY + timedelta(days=3))):
        yield opened


@pytest.mark.parametrize("zone", ["UTC", "America/Guatemala", "Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize(
    ("entered", "first_day"),
    [
        (at(17, 59), DAY),  # 23:59 of the same day in UTC
        (at(18, 1), DAY),  # the next day in UTC
        (at(23, 59, 59), DAY),
        (at(0, 0, day=DAY + timedelta(days=1)), DAY + timedelta(days=1)),
        (at(0, 0), DAY),
    ],
)
def test_who_enters_counts_from_that_day_of_guatemala_on(activacion, monkeypatch, zone, entered, first_day):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        ingreso(activacion, ocurrido_en=entered)
        counted = {day: day >= first_day for day in DAYS}
        assert series(None, DAYS) == counted
        with unit_of_work(SISTEMA):
            cut_pending(clock.now())
        assert series(None, DAYS) == counted
        assert differences() == []
    finally:
        os.environ.pop("TZ", None)
        time.tzset()


@pytest.mark.parametrize(
    ("left", "last_day"),
    [
        (at(23, 59, 59), DAY - timedelta(days=1)),
        (at(0, 0, day=DAY + timedelta(days=1)), DAY),
        (at(18, 1), DAY - timedelta(days=1)),
    ],
)
def test_who_leaves_counts_until_the_day_before_unless_at_midnight(activacion, left, last_day):
    body = ingreso(activacion, ocurrido_en=at(8, 0, day=DAY - timedelta(days=1)))
    movimiento(activacion, "egreso", UUID(body["personas"][0]["id"]), ocurrido_en=left)
    assert series(None, DAYS) == {day: day <= last_day for day in DAYS}


def stale():
    db.session.rollback()
    return sorted(db.session.scalars(select(CorteDia.dia).where(CorteDia.vencido)))


@pytest.mark.parametrize("late", [at(10, 0), at(23, 59, 59), at(0, 0, day=DAY + timedelta(days=1)), at(0, 0)])
def test_a_late_movement_makes_its_day_and_the_later_ones_stale_until_cut_again(activacion, late):
    ingreso(activacion, ocurrido_en=at(9, 0, day=DAY - timedelta(days=1)))
    with unit_of_work(SISTEMA):
        cut_pending(clock.now())
    assert stale() == []
    before = {day: count_day(day) for day in DAYS}
    ingreso(activacion, persona(sexo="hombre"), ocurrido_en=late)
    changed = {day for day in DAYS if count_day(day) != before[day]}
    assert changed and changed <= set(stale())
    assert series(None, DAYS) == {day: 1 + (day in changed) for day in DAYS}  # also before it is cut again
    assert differences() == []
    with unit_of_work(SISTEMA):
        cut_pending(clock.now())
    assert stale() == [] and differences() == []
    assert series(None, DAYS) == {day: 1 + (day in changed) for day in DAYS}


def test_an_annulment_and_a_correction_of_the_past_make_the_cuts_stale(activacion):
    body = ingreso(activacion, persona(edad=30), persona(edad=5), ocurrido_en=at(9, 0, day=DAYS[0]))
    mistake = UUID(ingreso(activacion, ocurrido_en=at(9, 0, day=DAYS[0]))["id"])
    changes = (
        lambda: movimiento(activacion, "anulacion", ocurrido_en=at(9, 0), anula=mistake),
        lambda: _correct(UUID(body["personas"][0]["id"])),
    )
    for n, change in enumerate(changes, 1):
        with clock.frozen(clock.now() + n * timedelta(seconds=1)):  # later than what it changes
            with unit_of_work(SISTEMA):
                cut_pending(clock.now())
            change()
            assert set(DAYS) <= set(stale())
            with unit_of_work(SISTEMA):
                cut_pending(clock.now())
            assert differences() == []


def _correct(who: UUID) -> None:
    with unit_of_work(SISTEMA):
        correct_persona(
            PersonaNueva(id=who, nombres="N/N", sexo="hombre", edad=70, edad_unidad="anios"), "Se leyó mal"
        )


def test_a_birthday_moves_the_band_on_its_day_once(activacion):
    born = date(2008, 11, 25)  # 18 on 25/11/2026
    ingreso(
        activacion, PersonaNueva(persona().id, "N/N", sexo="mujer", nacimiento=born), ocurrido_en=at(9, 0)
    )
    who = make_identity()

    def bands(moment):
        with clock.frozen(moment):
            return {b: n for b, n in cuadro(who, bandas=True).total.bandas.items() if n}

    eve, morning = at(23, 59, 59, day=date(2026, 11, 24)), at(0, 0, day=date(2026, 11, 25))
    assert (bands(eve), bands(morning)) == ({"13_17": 1}, {"18_29": 1})
    for moved in (1, 0):
        with clock.frozen(morning), unit_of_work(SISTEMA):
            assert roll_bands(morning) == moved
        assert bands(morning) == {"18_29": 1}
    stored = db.session.execute(select(Resumen.banda).where(Resumen.personas > 0)).scalars().all()
    assert stored == ["18_29"]
    assert differences() == []
