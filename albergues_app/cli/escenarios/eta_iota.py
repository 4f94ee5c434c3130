"""Eta and Iota, November 2020, as a scale: 317 official shelters in 7 departments, 200 that only give head counts.

Shape of dominio.md 9.1 (Alta Verapaz 96 shelters, Quiché 43, Petén 18, Huehuetenango 12, 30,600 people) with people
of our own. Twelve days that end now: a burst, a second storm, a long tail of departures; 3 % duplicates, families
split between shelters, transfers, and paper that reaches the keyboard a day late.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from albergues_app.cli.escenarios import compromisos, entregas, nombres
from albergues_app.cli.escenarios.base import Taller, cut_before, move, municipios_of, parte
from albergues_app.core import clock
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.services import (
    AlertaNueva,
    EmergenciaNueva,
    declare_alerta,
    declare_emergencia,
)
from albergues_app.ocupacion.services import IngresoNuevo, PersonaNueva, register_movimiento, register_parte
from albergues_app.ocupacion.services.lote import register_ingresos

NOMBRE = "Tormentas Eta e Iota (práctica)"
OFICIALES: dict[str, int] = {"16": 96, "18": 110, "14": 43, "17": 18, "13": 12, "15": 20, "20": 18}
PERSONAS: dict[str, int] = {
    "16": 12_800,
    "18": 10_300,
    "14": 3_200,
    "17": 1_500,
    "13": 900,
    "15": 1_000,
    "20": 900,
}
NO_OFICIALES = 200
DUPLICADOS = 0.03
DIAS = 12
OLEADA = (0.20, 0.16, 0.10, 0.06, 0.04, 0.02, 0.14, 0.12, 0.08, 0.05, 0.02, 0.01)
"""Share of the arrivals of each day: Eta, a pause, Iota, the tail."""


HALF_DAY = dt.timedelta(hours=12)


def load(taller: Taller) -> dict[str, int]:
    """Write the whole scenario; returns what was made."""
    start = taller.fin - dt.timedelta(days=DIAS)
    emergencia = taller.uuid()
    departments = list(OFICIALES)
    with taller.at(start):
        declare_emergencia(
            EmergenciaNueva(
                emergencia, NOMBRE, "tormenta", start, departments, "01-2020", "CONRED (práctica)", None
            )
        )
        _alerts(taller, emergencia, start, departments)
    taller.say("Albergues…")
    opened = _open_sites(taller, emergencia, start)
    unofficial = _open_unofficial(taller, emergencia, start)
    arrivals = _arrivals(taller, opened, start)
    people_now: dict[UUID, list[tuple[UUID, dt.datetime]]] = {}
    moved = departed = 0
    for day in range(DIAS):
        taller.say(f"Día {day + 1} de {DIAS}…")
        _register(taller, arrivals[day], people_now, start + dt.timedelta(days=day))
        end = min(taller.fin, start + dt.timedelta(days=day + 1))
        with taller.at(end):
            moved += _transfers(taller, opened, people_now, end)
            departed += _departures(taller, people_now, end, 0.012 + 0.004 * day)
            _outings(taller, people_now, end)
            _count_heads(taller, unofficial, people_now, day, end)
    taller.say("Formatos…")
    deliveries = entregas.load(taller, departments, start)
    promised = compromisos.load(taller, departments, emergencia)
    return {
        "albergues_oficiales": sum(map(len, opened.values())),
        "albergues_no_oficiales": len(unofficial),
        "personas": taller.people,
        "familias": len(taller.families),
        "trasladadas": moved,
        "egresadas": departed,
        "entregas_de_formatos": deliveries,
        "compromisos": promised,
    }


def _register(
    taller: Taller,
    today: list[IngresoNuevo],
    people_now: dict[UUID, list[tuple[UUID, dt.datetime]]],
    morning: dt.datetime,
) -> None:
    """Type the day's sheets, every six hours what arrived in them; yesterday's paper goes first."""
    left = list(today)
    for part in range(1, 5):
        hour = min(taller.fin, morning + dt.timedelta(hours=6 * part))
        batch = left if part == 4 else [i for i in left if i.ocurrido_en <= hour]
        left = [i for i in left if i.ocurrido_en > hour]
        with taller.at(hour):
            register_ingresos(batch)
        for ingreso in batch:
            people_now.setdefault(ingreso.activacion_id, []).extend(
                (p.id, ingreso.ocurrido_en) for p in ingreso.personas
            )


def _count_heads(
    taller: Taller,
    unofficial: dict[UUID, int],
    people_now: dict[UUID, list[tuple[UUID, dt.datetime]]],
    day: int,
    end: dt.datetime,
) -> None:
    """The partes of the last cut, and of the one before it in the last days: most on time, some late, a few missing."""
    growth, last = min(1.0, (day + 2) / 6), cut_before(end)
    for activacion, people in unofficial.items():
        if taller.rng.random() < 0.8:
            register_parte(parte(taller, activacion, last, round(people * growth)))
    cuts = (last - HALF_DAY, last) if day >= DIAS - 3 else (last,)
    for activacion, inside in people_now.items():
        for cut in cuts:
            if taller.rng.random() > (0.85 if cut + HALF_DAY > taller.fin else 0.97):
                continue
            when = cut if taller.rng.random() < 0.93 else cut - dt.timedelta(hours=taller.rng.choice((3, 18)))
            counted = sum(entered <= when for _, entered in inside) + taller.rng.choice(
                (0, 0, 0, 0, -1, 1, 2)
            )
            if _is_open(activacion, when):
                register_parte(parte(taller, activacion, when, max(0, counted)))


def _alerts(taller: Taller, emergencia: UUID, start: dt.datetime, departments: list[str]) -> None:
    steps = (
        ("nacional", "anaranjada", "institucional", 0, ()),
        ("departamental", "roja", "poblacional", 24, tuple(departments[:3])),
        ("departamental", "anaranjada", "poblacional", 24, tuple(departments[3:])),
    )
    for nivel, color, ambito, hours, places in steps:
        since = start + dt.timedelta(hours=hours)
        declare_alerta(
            AlertaNueva(
                taller.uuid(),
                emergencia,
                ambito,
                nivel,
                color,
                "tormenta",
                since,
                None,
                "CONRED (práctica)",
                None,
                places,
            )
        )


def _open_sites(taller: Taller, emergencia: UUID, start: dt.datetime) -> dict[str, list[UUID]]:
    """Official shelters: most open in the first two days, the rest with the second storm."""
    plan: list[tuple[dt.datetime, str, int | None]] = []
    for department, count in OFICIALES.items():
        per_shelter = PERSONAS[department] / count
        for _ in range(count):
            hours = taller.rng.uniform(1, 36) if taller.rng.random() < 0.75 else taller.rng.uniform(140, 190)
            capacity = (
                None
                if taller.rng.random() < 0.06
                else max(20, round(per_shelter * taller.rng.uniform(0.7, 1.9) / 10) * 10)
            )
            plan.append((start + dt.timedelta(hours=hours), department, capacity))
    opened: dict[str, list[UUID]] = {d: [] for d in OFICIALES}
    registered = start - dt.timedelta(days=200)
    with taller.at(start):
        sites = [
            (when, d, taller.site(taller.rng.choice(municipios_of(d)), True, capacity, registered))
            for when, d, capacity in plan
        ]
        for when, department, site in sites:
            opened[department].append(taller.activate(site, emergencia, when))
    return opened


def _open_unofficial(taller: Taller, emergencia: UUID, start: dt.datetime) -> dict[UUID, int]:
    """Sites found in use: activation → the people they will count."""
    found: dict[UUID, int] = {}
    departments = list(OFICIALES)
    with taller.at(start):
        for _ in range(NO_OFICIALES):
            municipio = taller.rng.choice(municipios_of(taller.rng.choice(departments)))
            site = taller.site(municipio, False, None, start)
            when = start + dt.timedelta(hours=taller.rng.uniform(2, 15))
            found[taller.activate(site, emergencia, when)] = taller.rng.randint(40, 320)
    return found


def _arrivals(taller: Taller, opened: dict[str, list[UUID]], start: dt.datetime) -> list[list[IngresoNuevo]]:
    """Households by the day on which they are typed; one in twelve sheets is typed the day after."""
    from sqlalchemy import select

    from albergues_app.albergues.models import Activacion
    from albergues_app.core.db import db

    open_since = {a.id: a.abierta_en for a in db.session.scalars(select(Activacion)) if a.abierta_en}
    days: list[list[IngresoNuevo]] = [[] for _ in range(DIAS)]
    departments = list(OFICIALES)
    for department, shelters in opened.items():
        wanted, made = PERSONAS[department], 0
        while made < wanted:
            size = min(max(1, int(taller.rng.gauss(4.4, 1.8))), 11)
            activacion = taller.rng.choice(shelters)
            when = start + dt.timedelta(
                days=taller.rng.choices(range(DIAS), OLEADA)[0], hours=taller.rng.triangular(0, 23.5, 17)
            )
            since = open_since[activacion]
            when = max(when, since + dt.timedelta(minutes=taller.rng.randint(5, 600)))
            when = min(when, taller.fin - dt.timedelta(minutes=20)).replace(microsecond=0)
            # Half of the families come from another department, as in 2020.
            origin = department if taller.rng.random() < 0.5 else taller.rng.choice(departments)
            ingreso = taller.family(activacion, when, size, taller.rng.choice(municipios_of(origin)))
            made += size
            typed = int((when - start).total_seconds() // 86400)
            if taller.rng.random() < 1 / 12:
                typed += 1
            days[min(typed, DIAS - 1)].append(ingreso)
    _duplicates(taller, opened, days)
    for day in days:
        day.sort(key=lambda i: i.ocurrido_en)
    return days


def _duplicates(taller: Taller, opened: dict[str, list[UUID]], days: list[list[IngresoNuevo]]) -> None:
    """3 % of the people are registered again elsewhere by another clerk, as somebody else, a day or two later."""
    pool = [(d, i) for d, day in enumerate(days[:-2]) for i in day]
    shelters = [a for department in opened.values() for a in department]
    left = round(taller.people * DUPLICADOS)
    while left > 0:
        day, first = taller.rng.choice(pool)
        twins = [
            PersonaNueva(
                taller.uuid(), nombres.con_error(taller.rng, p.nombres), p.apellidos, p.sexo, p.edad, p.edad_unidad,
                None, p.parentesco, None, p.grupos,
            )
            for p in list(first.personas)[: taller.rng.randint(1, 3)]
        ]  # fmt: skip
        when = first.ocurrido_en + dt.timedelta(hours=taller.rng.randint(20, 40))
        if when >= taller.fin - dt.timedelta(days=1):
            continue
        activacion = taller.rng.choice([s for s in shelters if s != first.activacion_id])
        if not _is_open(activacion, when):
            continue
        left -= len(twins)
        taller.people += len(twins)
        again = IngresoNuevo(
            id=taller.uuid(), activacion_id=activacion, ocurrido_en=when, familia_id=taller.uuid(),
            municipio_procedencia=first.municipio_procedencia, declarados=len(twins), personas=twins,
        )  # fmt: skip
        days[min(day + 2, len(days) - 1)].append(again)


def _is_open(activacion: UUID, when: dt.datetime) -> bool:
    from albergues_app.albergues.models import Activacion
    from albergues_app.core.db import db

    row = db.session.get(Activacion, activacion)
    return row is not None and row.abierta_en is not None and row.abierta_en <= when


def _transfers(
    taller: Taller,
    opened: dict[str, list[UUID]],
    people_now: dict[UUID, list[tuple[UUID, dt.datetime]]],
    end: dt.datetime,
) -> int:
    """Some leave for another shelter of the department, at times half a household: families are split."""
    moved = 0
    for shelters in opened.values():
        for activacion in shelters:
            inside = people_now.get(activacion, [])
            if len(inside) < 8 or taller.rng.random() > 0.08:
                continue
            target = taller.rng.choice(shelters)
            when = end - dt.timedelta(minutes=taller.rng.randint(30, 200))
            if target == activacion or not _is_open(target, when):
                continue
            group = [p for p in inside[: taller.rng.randint(2, 6)] if p[1] < when - dt.timedelta(hours=2)]
            if not group:
                continue
            acuse = end >= taller.fin and taller.rng.random() < 0.3
            ids = [p for p, _ in group]
            register_movimiento(
                move(taller, "traslado", activacion, ids, when, activacion_destino=target, acuse=acuse)
            )
            people_now[activacion] = (
                inside[len(group) :]
                if inside[: len(group)] == group
                else [p for p in inside if p not in group]
            )
            if not acuse:
                people_now.setdefault(target, []).extend((p, when) for p in ids)
            moved += len(ids)
    return moved


def _departures(
    taller: Taller, people_now: dict[UUID, list[tuple[UUID, dt.datetime]]], end: dt.datetime, share: float
) -> int:
    """People go home, to relatives, or nobody knows where."""
    gone = 0
    places = (
        "vivienda_propia",
        "vivienda_propia",
        "familiar",
        "familiar",
        "alquiler",
        "otro_departamento",
        "desconocido",
    )
    for activacion, inside in list(people_now.items()):
        when = end - dt.timedelta(minutes=taller.rng.randint(5, 25))
        can_go = [p for p in inside if p[1] < when - dt.timedelta(hours=6)]
        count = sum(taller.rng.random() < share for _ in can_go)
        if not count:
            continue
        leaving = taller.rng.sample(can_go, count)
        register_movimiento(
            move(
                taller, "egreso", activacion, [p for p, _ in leaving], when, destino=taller.rng.choice(places)
            )
        )
        out = set(leaving)
        people_now[activacion] = [p for p in inside if p not in out]
        gone += count
    return gone


def _outings(
    taller: Taller, people_now: dict[UUID, list[tuple[UUID, dt.datetime]]], end: dt.datetime
) -> None:
    """On the last day, some are out to see their house and have not come back yet."""
    if end < taller.fin:
        return
    for activacion, inside in people_now.items():
        when = end - dt.timedelta(minutes=taller.rng.randint(1, 4))
        ready = [p for p, since in inside if since < when - dt.timedelta(hours=6)]
        if len(ready) > 10 and taller.rng.random() < 0.3:
            register_movimiento(
                move(taller, "salida_temporal", activacion, taller.rng.sample(ready, 2), when)
            )


def close_days(taller: Taller) -> None:
    """Store the daily cuts of the days gone by."""
    from albergues_app.cli.escenarios.base import ESCENARIO
    from albergues_app.ocupacion.daily import cut_pending

    with unit_of_work(ESCENARIO):
        cut_pending(clock.now())
