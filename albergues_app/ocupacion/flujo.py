"""What entered and what left between two instants, and whether it adds up: before + in - out = now (invariant 7).

What was there is read from the summary or the intervals; who entered from the ledger; who left from the stays that
ended. An egreso of somebody on the way ends no stay: it left the shelter before, as a traslado.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, or_, select, text

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.core import clock
from albergues_app.core.db import UTCDateTime, db, run, table_of
from albergues_app.ocupacion.counting import has_future
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.models_derivadas import Estancia, Resumen, Tramo
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.territorio.catalogo import catalogo

ENTRAN = {"ingreso": "Ingresos", "nacimiento": "Nacimientos", "traslado_entra": "Traslados que entraron"}
SALEN = {"egreso": "Egresos", "fallecimiento": "Fallecimientos", "traslado_sale": "Traslados que salieron"}

_M, _E = table_of(Movimiento), table_of(Estancia)
_ANNULMENT = _M.alias("anulacion")
_COUNTS = ~exists().where(_ANNULMENT.c.anula_id == _M.c.id)


def flows(activaciones: Sequence[UUID], since: datetime, until: datetime) -> dict[UUID, Counter[str]]:
    """Persons that entered and left each activation after ``since`` up to ``until``, by kind."""
    found: dict[UUID, Counter[str]] = {a: Counter() for a in activaciones}
    entries = select(_M.c.activacion_id, _M.c.tipo, func.count()).where(
        _M.c.activacion_id.in_(activaciones), _M.c.ocurrido_en > since, _M.c.ocurrido_en <= until,
        _M.c.tipo.in_(ENTRAN), _COUNTS,
    )  # fmt: skip
    exits = select(_E.c.activacion_id, _E.c.egreso_tipo, func.count()).where(
        _E.c.activacion_id.in_(activaciones), _E.c.egreso_en > since, _E.c.egreso_en <= until
    )
    for stmt in (
        entries.group_by(_M.c.activacion_id, _M.c.tipo),
        exits.group_by(_E.c.activacion_id, _E.c.egreso_tipo),
    ):
        for activacion, tipo, count in db.session.execute(stmt):
            found[activacion][tipo] += count
    return found


def net(flow: Counter[str]) -> int:
    """Entered less left."""
    return sum(flow[t] for t in ENTRAN) - sum(flow[t] for t in SALEN)


_R, _P = table_of(Resumen), table_of(Parte)
_INSIDE = (
    select(_R.c.activacion_id, func.sum(_R.c.personas))
    .where(_R.c.activacion_id.in_(bindparam("ids", expanding=True)))
    .group_by(_R.c.activacion_id)
)
_ENTRIES_SINCE = (
    select(_P.c.id, func.count())
    .join(_M, (_M.c.activacion_id == _P.c.activacion_id) & (_M.c.ocurrido_en > _P.c.corte))
    .where(_P.c.id.in_(bindparam("partes", expanding=True)), _M.c.tipo.in_(ENTRAN), _COUNTS)
    .group_by(_P.c.id)
)
_EXITS_SINCE = (
    select(_P.c.id, func.count())
    .join(_E, (_E.c.activacion_id == _P.c.activacion_id) & (_E.c.egreso_en > _P.c.corte))
    .where(_P.c.id.in_(bindparam("partes", expanding=True)))
    .group_by(_P.c.id)
)
_SINCE = bindparam("since", type_=UTCDateTime())
_ENTRIES_AFTER = select(_M.c.tipo, _M.c.ocurrido_en).where(
    _M.c.activacion_id == bindparam("activacion"), _M.c.ocurrido_en > _SINCE, _M.c.tipo.in_(ENTRAN), _COUNTS
)
_EXITS_AFTER = select(_E.c.egreso_tipo, _E.c.egreso_en).where(
    _E.c.activacion_id == bindparam("activacion"), _E.c.egreso_en > _SINCE
)


def inside_by(activaciones: Sequence[UUID]) -> Counter[UUID]:
    """Open stays of each activation, from the summary."""
    return Counter({a: int(n) for a, n in run(_INSIDE, {"ids": list(activaciones)}).all()})


def inside_at_partes(partes: Mapping[UUID, UUID], registered: Mapping[UUID, int]) -> dict[UUID, int]:
    """Persons inside at the cut of each parte (id → activation), as we hold it now; its cost is what moved since.

    ``registered`` are the open stays of those activations now.
    """
    found = {key: registered[activacion] for key, activacion in partes.items()}
    if found:
        for key, count in run(_ENTRIES_SINCE, {"partes": list(partes)}).all():
            found[key] -= count
        for key, count in run(_EXITS_SINCE, {"partes": list(partes)}).all():
            found[key] += count
    return found


def around(activacion_id: UUID, since: datetime, at: datetime) -> tuple[int, Counter[str]]:
    """(persons inside at ``at`` as we hold it now, who entered and left between ``since`` and ``at`` by kind)."""
    moved, later = Counter[str](), Counter[str]()
    given = {"activacion": activacion_id, "since": since}
    for stmt in (_ENTRIES_AFTER, _EXITS_AFTER):
        for tipo, when in run(stmt, given).all():
            (later if when > at else moved)[tipo] += 1
    return inside_by([activacion_id])[activacion_id] - net(later), moved


@dataclass
class Cuadre:
    """One scope between two instants. ``residuo`` is what movements do not explain: 0, or something is wrong."""

    codigo: str
    nombre: str
    id: UUID | None = None
    habia: int = 0
    hay: int = 0
    flujo: Counter[str] = field(default_factory=Counter)

    @property
    def entraron(self) -> int:
        return sum(self.flujo[t] for t in ENTRAN)

    @property
    def salieron(self) -> int:
        return sum(self.flujo[t] for t in SALEN)

    @property
    def residuo(self) -> int:
        return self.hay - self.habia - net(self.flujo)


@dataclass(frozen=True)
class TablaCuadre:
    desde: datetime
    hasta: datetime
    filas: list[Cuadre]
    total: Cuadre


def cuadre_of(activacion_id: UUID, since: datetime, until: datetime | None = None) -> Cuadre:
    """One activation; ``until`` None: now."""
    end = until or clock.now()  # facts may be dated a day ahead of the clock: they are not yet
    line = Cuadre("", "", activacion_id, flujo=flows([activacion_id], since, end)[activacion_id])
    _stocks({activacion_id: line}, since, until)
    return line


def cuadre(
    identity: Identity,
    por: str,
    since: datetime,
    until: datetime | None = None,
    departamento: str = "",
    emergencia_id: UUID | None = None,
) -> TablaCuadre:
    """Every shelter, municipality or department of the account's territory that was open in between."""
    a, s = table_of(Activacion), table_of(Albergue)
    stmt: Any = (
        select(a.c.id, s.c.codigo, s.c.nombre, s.c.municipio_codigo, s.c.ubicacion_reservada)
        .join_from(a, s, s.c.id == a.c.albergue_id)
        .where(a.c.abierta_en.is_not(None), or_(a.c.cerrada_en.is_(None), a.c.cerrada_en > since))
    )
    if emergencia_id is not None:
        stmt = stmt.where(a.c.emergencia_id == emergencia_id)
    if departamento:
        stmt = stmt.where(func.substr(s.c.municipio_codigo, 1, 2) == departamento)
    rows = db.session.execute(visible(stmt, identity, Permiso.OCUPACION_VER, Activacion)).all()
    lines = {row.id: Cuadre(row.codigo, row.nombre, row.id) for row in rows}
    end = until or clock.now()  # facts may be dated a day ahead of the clock: they are not yet
    for activacion, flow in flows(list(lines), since, end).items():
        lines[activacion].flujo = flow
    _stocks(lines, since, until)
    total, scopes = Cuadre("total", "Total"), dict[str, Cuadre]()
    for row in rows:
        line = lines[row.id]
        code, name = _scope(por, row, identity.from_afar)
        scope = scopes.setdefault(code, Cuadre(code, name, row.id if por == "albergue" else None))
        for sums in (scope, total):
            sums.habia, sums.hay = sums.habia + line.habia, sums.hay + line.hay
            sums.flujo.update(line.flujo)
    return TablaCuadre(since, end, [scopes[c] for c in sorted(scopes)], total)


def _scope(por: str, row: Any, from_afar: bool) -> tuple[str, str]:
    if por == "municipio":
        return row.municipio_codigo, catalogo().municipio_nombre(row.municipio_codigo)
    if por == "departamento":
        return row.municipio_codigo[:2], catalogo().departamento_nombre(row.municipio_codigo[:2])
    return row.codigo, "Ubicación reservada" if row.ubicacion_reservada and from_afar else row.nombre


def _stocks(lines: dict[UUID, Cuadre], since: datetime, until: datetime | None) -> None:
    before = _held(lines, since)
    now = until is None and not has_future(clock.now())
    after = inside_by(list(lines)) if now else _held(lines, until or clock.now())
    for activacion, line in lines.items():
        line.habia, line.hay = before[activacion], after[activacion]


def _held(activaciones: Iterable[UUID], at: datetime) -> Counter[UUID]:
    """Persons inside at an instant, from the intervals."""
    t, ids = table_of(Tramo), list(activaciones)
    stmt = select(t.c.activacion_id, func.count()).where(
        text("vigente"), t.c.hasta > at, t.c.desde <= at, t.c.clase == "dentro"
    )
    if len(ids) == 1:
        stmt = stmt.where(t.c.activacion_id == ids[0])
    wanted = set(ids)
    return Counter({a: n for a, n in db.session.execute(stmt.group_by(t.c.activacion_id)) if a in wanted})
