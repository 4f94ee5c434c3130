"""The rhythm of a shelter: at which hours it reports, which cut it owes, and since when it is silent (F89)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.albergues.states import OPEN
from albergues_app.audit.changes import kept
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.core.errors import Aviso, Invalid
from albergues_app.ocupacion.models_parte import Llamada, Parte, RitmoParte

Horas = tuple[time, ...]
AHEAD = timedelta(hours=2)
"""A count taken up to two hours before a cut is the count of that cut."""
_HOUR = re.compile(r"^(\d{1,2}):(\d{2})$")


def read_horas(text: str) -> Horas:
    """«6:00, 18:00» → the hours in order, each once.

    :raises Invalid: `horas_de_parte`, when one is no hour, or there is none, or more than eight.
    """
    found = set[time]()
    for part in re.split(r"[,;\s]+", text.strip()):
        match = _HOUR.match(part)
        if match is None or int(match[1]) > 23 or int(match[2]) > 59:
            found.clear()
            break
        found.add(time(int(match[1]), int(match[2])))
    if not 1 <= len(found) <= 8:
        raise Invalid([Aviso("horas_de_parte", "Escriba de una a ocho horas, así: 06:00, 18:00.", "horas")])
    return tuple(sorted(found))


def horas_text(horas: Horas) -> str:
    return ",".join(f"{h:%H:%M}" for h in horas)


def default_horas() -> Horas:
    """The hours of the instance (setting ``PARTE_CORTES``)."""
    return read_horas(current_app.config["PARTE_CORTES"])


def tolerance() -> timedelta:
    """How long after its hour a parte is not late yet (setting ``PARTE_TOLERANCIA_MIN``)."""
    return timedelta(minutes=current_app.config["PARTE_TOLERANCIA_MIN"])


def horas_of(activaciones: Iterable[UUID], at: datetime | None = None) -> dict[UUID, Horas]:
    """The hours of those shelters that have their own."""
    r = table_of(RitmoParte)
    stmt = (
        select(r.c.activacion_id, r.c.horas)
        .where(r.c.activacion_id.in_(list(activaciones)), r.c.vigente_desde <= (at or clock.now()))
        .order_by(r.c.vigente_desde, r.c.registrado_en)
    )
    return {row.activacion_id: read_horas(row.horas) for row in db.session.execute(stmt)}


def cuts_between(horas: Horas, since: datetime, until: datetime) -> list[datetime]:
    """The cuts after ``since`` up to ``until``, in order."""
    day, last, found = clock.local_day(since), clock.local_day(until), []
    while day <= last:
        for hour in horas:
            cut = clock.as_utc(datetime.combine(day, hour, clock.LOCAL))
            if since < cut <= until:
                found.append(cut)
        day += timedelta(days=1)
    return found


def owed_since(horas: Horas, opened: datetime, last: datetime | None, now: datetime) -> datetime | None:
    """The first cut that no parte meets and whose tolerance is over; None when none is owed.

    A parte meets every cut up to ``AHEAD`` after it. A shelter owes no cut from before it opened.
    """
    first = _first_cut(horas, opened, last)
    return first if first <= now - tolerance() else None


def _first_cut(horas: Horas, opened: datetime, last: datetime | None) -> datetime:
    """The first cut that no parte meets, past or to come."""
    return _cut_after(horas, opened if last is None else max(opened, last + AHEAD))


@lru_cache(maxsize=4096)
def _cut_after(horas: Horas, met: datetime) -> datetime:
    return cuts_between(horas, met, met + timedelta(days=2))[0]


def proposed_cut(horas: Horas, now: datetime) -> datetime:
    """The cut that a parte written now is probably of: the one that has just been, else this minute.

    Never one that is still to come: its figures would count for nobody until then, and a count taken up to ``AHEAD``
    before a cut meets it anyway.
    """
    just_been = cuts_between(horas, now - timedelta(hours=3), now)
    return just_been[-1] if just_been else now.replace(second=0, microsecond=0)


@dataclass(frozen=True)
class Callado:
    """An open shelter that owes a parte."""

    activacion_id: UUID
    albergue_id: UUID
    codigo: str
    nombre: str
    municipio: str
    reservada: bool
    desde: datetime
    """The first cut that it owes."""
    horas: Horas
    ultimo: datetime | None
    personas: int | None
    """As its last parte said, or None when it never sent one."""
    llamada: Any = None
    """The last attempt to reach it: ``ocurrida_en``, ``resultado``, ``nota``; None when nobody tried since."""


def silent(
    identity: Identity, now: datetime, permiso: Permiso = Permiso.PARTE_VER, emergencia_id: UUID | None = None
) -> list[Callado]:
    """Open shelters of the account's territory that owe a parte, who has been silent longest first."""

    def make() -> tuple[list[Callado], datetime]:
        return _owing(identity, now, permiso, emergencia_id), _next_change(now)

    key = (identity.door_key, permiso, emergencia_id)
    owing = kept("ritmo.callados", key, _TABLES, now, make)
    return owing[: bisect_right(owing, now - tolerance(), key=lambda callado: callado.desde)]


_TABLES = frozenset({"activacion", "albergue", "parte", "ritmo_parte", "llamada"})


def _owing(identity: Identity, now: datetime, permiso: Permiso, emergencia_id: UUID | None) -> list[Callado]:
    """All open shelters with the first cut that they owe or will owe, in its order."""
    rows = _with_last_parte(identity, permiso, now, emergencia_id)
    ids = [row.id for row in rows]
    own, usual, calls = horas_of(ids, now), default_horas(), _last_calls(ids)
    found = []
    for row in rows:
        horas = own.get(row.id, usual)
        since = _first_cut(horas, row.abierta_en, row.corte)
        call = calls.get(row.id)
        found.append(
            Callado(
                row.id, row.albergue_id, row.codigo, row.nombre, row.municipio_codigo, row.ubicacion_reservada,
                since, horas, row.corte, row.personas,
                call if call is not None and call.ocurrida_en >= since else None,
            )
        )  # fmt: skip
    return sorted(found, key=lambda c: (c.desde, c.codigo))


def _next_change(now: datetime) -> datetime:
    """When the clock alone opens a shelter, or brings a parte or a rhythm that was written beforehand."""
    a, p, r = table_of(Activacion), table_of(Parte), table_of(RitmoParte)
    is_open = a.c.estado.in_(OPEN)
    parte = select(func.min(p.c.corte)).where(p.c.activacion_id == a.c.id, p.c.corte > now).scalar_subquery()
    ahead = (
        select(func.min(a.c.abierta_en)).where(is_open, a.c.abierta_en > now),
        select(func.min(parte)).select_from(a).where(is_open),
        select(func.min(r.c.vigente_desde)).where(r.c.vigente_desde > now),
    )
    return min(
        (found for stmt in ahead if (found := db.session.scalar(stmt)) is not None), default=clock.FOREVER
    )


def _with_last_parte(
    identity: Identity, permiso: Permiso, now: datetime, emergencia_id: UUID | None
) -> Sequence[Any]:
    a, s, p, newest = table_of(Activacion), table_of(Albergue), table_of(Parte), table_of(Parte).alias("q")
    last = (
        select(newest.c.id)
        .where(newest.c.activacion_id == a.c.id, newest.c.corte <= now)
        .order_by(newest.c.corte.desc(), newest.c.registrado_en.desc(), newest.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    stmt = (
        select(
            a.c.id, a.c.albergue_id, a.c.abierta_en, s.c.codigo, s.c.nombre, s.c.municipio_codigo,
            s.c.ubicacion_reservada, p.c.corte, p.c.personas,
        )
        .join_from(a, s, s.c.id == a.c.albergue_id)
        .outerjoin(p, p.c.id == last)
        .where(a.c.estado.in_(OPEN), a.c.abierta_en <= now)
    )  # fmt: skip
    if emergencia_id is not None:
        stmt = stmt.where(a.c.emergencia_id == emergencia_id)
    return db.session.execute(visible(stmt, identity, permiso, Activacion)).all()


def _last_calls(activaciones: Sequence[UUID]) -> dict[UUID, Any]:
    c = table_of(Llamada)
    last = (
        select(c.c.activacion_id, func.max(c.c.ocurrida_en).label("cuando"))
        .where(c.c.activacion_id.in_(activaciones))
        .group_by(c.c.activacion_id)
        .subquery()
    )
    stmt = select(c.c.activacion_id, c.c.ocurrida_en, c.c.resultado, c.c.nota).join(
        last, (last.c.activacion_id == c.c.activacion_id) & (last.c.cuando == c.c.ocurrida_en)
    )
    return {row.activacion_id: row for row in db.session.execute(stmt)}
