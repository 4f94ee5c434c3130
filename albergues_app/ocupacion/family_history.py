"""The history of a family: where it arrived, where it was split and came together again, who joined it and who left it.

Worked out from the intervals in force, so that what is corrected in the ledger is corrected here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.ocupacion.derive import VIGENTE
from albergues_app.ocupacion.models import Familia, Pertenencia
from albergues_app.ocupacion.models_derivadas import Tramo
from albergues_app.ocupacion.visibility import sees_familia

ELSEWHERE = "otro albergue"


@dataclass(frozen=True)
class Hecho:
    """One line of the history. ``division``: the family stands in several shelters from here; ``reunion``: no more."""

    cuando: datetime
    texto: str
    clase: str = "movimiento"


def history_of(identity: Identity, familia_id: UUID) -> list[Hecho]:
    """The newest first. Shelters and families of other territories are counted and not named."""
    p, t = Pertenencia.__table__, Tramo.__table__
    ever = set(db.session.scalars(select(p.c.persona_id).where(p.c.familia_id == familia_id)))
    spans = db.session.execute(
        select(t.c.activacion_id, t.c.destino_id, t.c.clase, t.c.desde, t.c.hasta).where(
            VIGENTE,
            t.c.persona_id.in_(ever),
            t.c.familia_id == familia_id,
            t.c.clase.in_(("dentro", "transito")),
        )
    ).all()
    names = _names(identity, {i for s in spans for i in (s.activacion_id, s.destino_id) if i is not None})
    found = [*_moves(spans, names), *_members(identity, familia_id, ever)]
    return sorted(found, key=lambda h: h.cuando)[::-1]


def _names(identity: Identity, ids: set[UUID]) -> dict[UUID, str]:
    stmt: Any = select(Activacion.id, Albergue.nombre).join(Albergue, Albergue.id == Activacion.albergue_id)
    rows = db.session.execute(
        visible(stmt.where(Activacion.id.in_(ids)), identity, Permiso.PERSONA_VER, Activacion)
    )
    return {row.id: row.nombre for row in rows}


def _people(count: int) -> str:
    return "1 persona" if count == 1 else f"{count} personas"


def _moves(spans: Sequence[Any], names: dict[UUID, str]) -> list[Hecho]:
    """What changed at each instant, from how many were in each place before and after it."""
    change: dict[datetime, Counter[tuple[str, UUID]]] = {}
    for span in spans:
        place = (span.clase, span.destino_id if span.clase == "transito" else span.activacion_id)
        change.setdefault(span.desde, Counter())[place] += 1
        if span.hasta < clock.FOREVER:
            change.setdefault(span.hasta, Counter())[place] -= 1
    found: list[Hecho] = []
    now: Counter[tuple[str, UUID]] = Counter()
    for when in sorted(change):
        before = Counter(now)
        now.update(change[when])
        now = +now
        delta = {
            place: now[place] - before[place] for place in {*now, *before} if now[place] != before[place]
        }
        if delta:
            found.append(Hecho(when, _told(delta, names)))
        found.extend(_split(when, before, now, names))
    return found


def _told(delta: dict[tuple[str, UUID], int], names: dict[UUID, str]) -> str:
    parts = []
    for (clase, place), count in sorted(
        delta.items(), key=lambda item: (item[1], item[0][0], str(item[0][1]))
    ):
        name, many = names.get(place, ELSEWHERE), abs(count) != 1
        if clase == "dentro":
            verb = ("entraron" if many else "entró") if count > 0 else ("salieron" if many else "salió")
            parts.append(f"{_people(abs(count))} {verb} {'a' if count > 0 else 'de'} {name}")
        elif count > 0:
            parts.append(f"{_people(count)} en camino a {name}")
    text = "; ".join(parts) or "Terminó un traslado"
    return text[0].upper() + text[1:]


def _split(
    when: datetime,
    before: Counter[tuple[str, UUID]],
    after: Counter[tuple[str, UUID]],
    names: dict[UUID, str],
) -> list[Hecho]:
    def places(counted: Counter[tuple[str, UUID]]) -> dict[UUID, int]:
        return {place: n for (clase, place), n in counted.items() if clase == "dentro" and n > 0}

    was, stands = places(before), places(after)
    if len(stands) > 1 and stands.keys() != was.keys():
        where = ", ".join(
            f"{n} en {names.get(place, ELSEWHERE)}"
            for place, n in sorted(stands.items(), key=lambda i: -i[1])
        )
        return [Hecho(when, f"La familia queda dividida: {where}", "division")]
    if len(was) > 1 and len(stands) == 1:
        place, count = next(iter(stands.items()))
        together = count >= sum(was.values())
        text = "La familia vuelve a estar junta" if together else f"Ya solo quedan {_people(count)}"
        return [
            Hecho(when, f"{text} en {names.get(place, ELSEWHERE)}", "reunion" if together else "movimiento")
        ]
    return []


def _members(identity: Identity, familia_id: UUID, ever: set[UUID]) -> list[Hecho]:
    """Who came from another family, or went to another."""
    p, f = Pertenencia.__table__, Familia.__table__
    rows = db.session.execute(
        select(p.c.persona_id, p.c.familia_id, p.c.vigente_desde, f.c.codigo)
        .join_from(p, f, f.c.id == p.c.familia_id)
        .where(p.c.persona_id.in_(ever))
        .order_by(p.c.persona_id, p.c.vigente_desde, p.c.registrado_en)
    ).all()
    told: Counter[tuple[datetime, bool, UUID, str]] = Counter()
    last: dict[UUID, Any] = {}
    for row in rows:
        was = last.get(row.persona_id)
        last[row.persona_id] = row
        if was is None or was.familia_id == row.familia_id:
            continue
        if familia_id in (was.familia_id, row.familia_id):
            joined = row.familia_id == familia_id
            other = was if joined else row
            told[(row.vigente_desde, joined, other.familia_id, other.codigo)] += 1
    found = []
    for (when, joined, other_id, codigo), count in told.items():
        name = f"la familia {codigo}" if sees_familia(identity, other_id) else "otra familia"
        verb = ("se unieron" if count > 1 else "se unió") if joined else ("pasaron" if count > 1 else "pasó")
        way = f", de {name}" if joined else f" a {name}"
        found.append(Hecho(when, f"{_people(count).capitalize()} {verb}{way}", "familia"))
    return found
