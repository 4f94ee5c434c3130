"""The stored daily cut: written once at the day's close, cut again when a late movement arrives."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text, update

from albergues_app.core import clock
from albergues_app.core.db import db, run, table_of
from albergues_app.ocupacion import counting
from albergues_app.ocupacion.bandas import banda_on
from albergues_app.ocupacion.models_derivadas import CorteDia, CorteDiario, Tramo

Row = tuple[UUID, str, str, int, int]


def count_day(day: date) -> list[Row]:
    """(activacion, sexo, banda, personas, fuera) when ``day`` ended, from the intervals.

    A fact of 00:00:00 belongs to the day that begins then: it is not yet in the cut of the day before.
    """
    t, at = table_of(Tramo), clock.day_end(day)
    cells: dict[tuple[UUID, str, str], list[int]] = defaultdict(lambda: [0, 0])
    stmt = (
        select(t.c.activacion_id, t.c.sexo, t.c.nacimiento, t.c.clase, func.count())
        .where(text("vigente"), t.c.desde < at, t.c.hasta >= at, t.c.clase != "transito")
        .group_by(t.c.activacion_id, t.c.sexo, t.c.nacimiento, t.c.clase)
    )
    for activacion, sexo, nacimiento, clase, count in db.session.execute(stmt):
        cells[(activacion, sexo, banda_on(nacimiento, day))][clase == "fuera"] += count
    return [(*key, personas, fuera) for key, (personas, fuera) in sorted(cells.items())]


def cut_day(day: date, moment: datetime) -> None:
    """Write the cut of a day that has ended, or write it anew (in the caller's unit of work)."""
    c, d = table_of(CorteDiario), table_of(CorteDia)
    db.session.execute(delete(c).where(c.c.dia == day))
    rows = [
        {"dia": day, "activacion_id": a, "sexo": s, "banda": b, "personas": p, "fuera": f}
        for a, s, b, p, f in count_day(day)
    ]
    if rows:
        db.session.execute(insert(c), rows)
    if run(update(d).where(d.c.dia == day).values(cortado_en=moment, vencido=False)).rowcount == 0:
        db.session.execute(insert(d).values(dia=day, cortado_en=moment, vencido=False))


def days_to_cut(moment: datetime, limit: int = 400) -> list[date]:
    """Days that ended without a cut since the first interval, and days whose cut is stale."""
    t, d = table_of(Tramo), table_of(CorteDia)
    first = db.session.scalar(select(func.min(t.c.desde)).where(text("vigente")))
    if first is None:
        return []
    done = {row.dia: row.vencido for row in db.session.execute(select(d.c.dia, d.c.vencido))}
    day, today, found = clock.local_day(first), clock.local_day(moment), list[date]()
    while day < today and len(found) < limit:
        if done.get(day, True):
            found.append(day)
        day += timedelta(days=1)
    return found


def cut_pending(moment: datetime) -> list[date]:
    """Cut every day that needs it. Safe to run twice."""
    days = days_to_cut(moment)
    for day in days:
        cut_day(day, moment)
    return days


def series(activaciones: set[UUID] | None, days: list[date]) -> dict[date, int]:
    """Persons inside at the end of each day; a day without a good cut is counted from the intervals."""
    c, d = table_of(CorteDiario), table_of(CorteDia)
    good = {
        r.dia for r in db.session.execute(select(d.c.dia).where(d.c.dia.in_(days), d.c.vencido.is_(False)))
    }
    sums: dict[date, int] = dict.fromkeys(days, 0)
    stmt = select(c.c.dia, c.c.activacion_id, func.sum(c.c.personas)).where(c.c.dia.in_(good))
    for day, activacion, personas in db.session.execute(stmt.group_by(c.c.dia, c.c.activacion_id)):
        if activaciones is None or activacion in activaciones:
            sums[day] += int(personas)
    missing = [day for day in days if day not in good]
    ends = [clock.day_end(day) for day in missing]
    sums.update(zip(missing, counting.inside_before(ends, activaciones), strict=True))
    return sums
