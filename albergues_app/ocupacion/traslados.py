"""Traslados that asked for an acknowledgement: who is on the way, from where, to where, and what the destination said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.albergues.reserve import is_hidden
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.ocupacion.derive import VIGENTE
from albergues_app.ocupacion.models import Movimiento, NoLlegada
from albergues_app.ocupacion.models_derivadas import Tramo

_M = Movimiento.__table__
_A = Movimiento.__table__.alias("anulacion")
_COUNTS = ~exists().where(_A.c.anula_id == _M.c.id)
"""A movement that nobody annulled."""


@dataclass(frozen=True)
class EnCamino:
    """A person that left one shelter for another and was not received yet."""

    persona_id: UUID
    familia_id: UUID | None
    traslado_id: UUID
    origen_id: UUID
    destino_id: UUID
    salio_en: datetime


def on_the_way(
    *, destino: UUID | None = None, origen: UUID | None = None, traslado: UUID | None = None
) -> list[EnCamino]:
    """Who is in transit now, the oldest first, with the operation that sent each."""
    t = Tramo.__table__
    stmt = (
        select(
            _M.c.persona_id, _M.c.familia_id, _M.c.operacion_id, _M.c.activacion_id, _M.c.contraparte_id,
            _M.c.ocurrido_en,
        )
        .join_from(
            t, _M,
            (_M.c.persona_id == t.c.persona_id) & (_M.c.activacion_id == t.c.activacion_id)
            & (_M.c.contraparte_id == t.c.destino_id) & (_M.c.ocurrido_en <= t.c.desde),
        )
        .where(
            VIGENTE, t.c.clase == "transito", t.c.hasta == clock.FOREVER,
            _M.c.tipo == "traslado_sale", _M.c.acuse, _COUNTS,
        )
        .order_by(_M.c.ocurrido_en, _M.c.registrado_en)
    )  # fmt: skip
    if destino is not None:
        stmt = stmt.where(t.c.destino_id == destino)
    if origen is not None:
        stmt = stmt.where(t.c.activacion_id == origen)
    if traslado is not None:
        leg = Movimiento.__table__.alias("pierna")
        stmt = stmt.where(t.c.persona_id.in_(select(leg.c.persona_id).where(leg.c.operacion_id == traslado)))
    newest = {row.persona_id: EnCamino(*row) for row in db.session.execute(stmt)}
    found = [one for one in newest.values() if traslado in (None, one.traslado_id)]
    return sorted(found, key=lambda one: (one.salio_en, one.traslado_id, one.persona_id))


def legs_of(traslado_id: UUID) -> list[Any]:
    """The leaving rows of a traslado with acknowledgement, annulled ones too; empty when it is none."""
    return list(
        db.session.execute(
            select(_M)
            .where(_M.c.operacion_id == traslado_id, _M.c.tipo == "traslado_sale", _M.c.acuse)
            .order_by(_M.c.id)
        )
    )


def counting(ids: Iterable[UUID]) -> set[UUID]:
    """Of these movements, those that nobody annulled."""
    return set(db.session.scalars(select(_M.c.id).where(_M.c.id.in_(list(ids)), _COUNTS)))


def said_missing(traslados: Iterable[UUID]) -> dict[tuple[UUID, UUID], datetime]:
    """(traslado, person) of whom the destination said «no llegó» → when it last did."""
    n = NoLlegada.__table__
    rows = db.session.execute(
        select(n.c.traslado_id, n.c.persona_id, n.c.ocurrido_en)
        .where(n.c.traslado_id.in_(list(traslados)))
        .order_by(n.c.ocurrido_en)
    )
    return {(row.traslado_id, row.persona_id): row.ocurrido_en for row in rows}


@dataclass(frozen=True)
class Traslado:
    """People of one traslado that are still on the way, as one shelter sees them."""

    id: UUID
    otro_id: UUID
    otro: str
    salio_en: datetime
    personas: list[EnCamino]
    no_llegaron: frozenset[UUID]
    tarde: bool

    @property
    def cuantos(self) -> int:
        return len(self.personas)

    @property
    def por_llegar(self) -> list[EnCamino]:
        """Those of whom the destination did not say that they never came."""
        return [one for one in self.personas if one.persona_id not in self.no_llegaron]

    @property
    def familias(self) -> list[list[EnCamino]]:
        """The people, by family."""
        found: dict[UUID | None, list[EnCamino]] = {}
        for one in self.personas:
            found.setdefault(one.familia_id, []).append(one)
        return list(found.values())


def traslados_of(
    identity: Identity, people: Sequence[EnCamino], *, arriving: bool, now: datetime, hours: int
) -> list[Traslado]:
    """The people on the way by traslado, with the name of the other shelter where it may be told."""
    by_id: dict[UUID, list[EnCamino]] = {}
    for one in people:
        by_id.setdefault(one.traslado_id, []).append(one)
    others = {one.origen_id if arriving else one.destino_id for one in people}
    names = _names(identity, others)
    missing = said_missing(by_id)
    found = []
    for traslado_id, group in by_id.items():
        other = group[0].origen_id if arriving else group[0].destino_id
        lost = frozenset(p.persona_id for p in group if (traslado_id, p.persona_id) in missing)
        late = now - group[0].salio_en > timedelta(hours=hours)
        found.append(
            Traslado(
                traslado_id, other, names.get(other, "otro albergue"), group[0].salio_en, group, lost, late
            )
        )
    return found


def _names(identity: Identity, ids: set[UUID]) -> dict[UUID, str]:
    """A reserved shelter is not named to who looks from afar, nor to whom it does not belong."""
    rows = db.session.scalars(select(Activacion).where(Activacion.id.in_(ids)))
    return {row.id: row.albergue.nombre for row in rows if may_name(identity, row)}


def may_name(identity: Identity, activacion: Activacion) -> bool:
    """Whether the other end of a traslado may be told to this account."""
    if not activacion.albergue.ubicacion_reservada:
        return True
    mine = (
        identity.covers_municipio(activacion.municipio_codigo)
        or activacion.albergue_codigo in identity.albergues
    )
    return mine and not is_hidden(identity, activacion.albergue)


@dataclass(frozen=True)
class Demorado:
    """A shelter with people on the way, for the list of what needs somebody."""

    traslado_id: UUID
    origen_id: UUID
    destino_id: UUID
    origen: str
    destino: str
    origen_reservado: bool
    destino_reservado: bool
    origen_municipio: str
    destino_municipio: str
    origen_codigo: str
    destino_codigo: str
    personas: int
    desde: datetime
    dicen_no_llego: int


def waiting_everywhere(identity: Identity, mine: Any) -> list[Demorado]:
    """Traslados on the way that start or end in one of the activations of ``mine`` (a select of ids)."""
    t = Tramo.__table__
    origin, target = aliased(Activacion), aliased(Activacion)
    from_site, to_site = aliased(Albergue), aliased(Albergue)
    stmt = (
        select(
            _M.c.operacion_id, t.c.activacion_id, t.c.destino_id, from_site.nombre, to_site.nombre,
            from_site.ubicacion_reservada, to_site.ubicacion_reservada,
            origin.municipio_codigo, target.municipio_codigo, origin.albergue_codigo, target.albergue_codigo,
            t.c.persona_id, _M.c.ocurrido_en,
        )
        .join_from(
            t, _M,
            (_M.c.persona_id == t.c.persona_id) & (_M.c.activacion_id == t.c.activacion_id)
            & (_M.c.contraparte_id == t.c.destino_id) & (_M.c.ocurrido_en <= t.c.desde),
        )
        .join(origin, origin.id == t.c.activacion_id)
        .join(target, target.id == t.c.destino_id)
        .join(from_site, from_site.id == origin.albergue_id)
        .join(to_site, to_site.id == target.albergue_id)
        .where(
            VIGENTE, t.c.clase == "transito", t.c.hasta == clock.FOREVER,
            _M.c.tipo == "traslado_sale", _M.c.acuse, _COUNTS,
        )
        .order_by(_M.c.ocurrido_en)
    )  # fmt: skip
    if not identity.nacional:
        stmt = stmt.where(or_(t.c.activacion_id.in_(mine), t.c.destino_id.in_(mine)))
    newest = {row.persona_id: row for row in db.session.execute(stmt)}
    by_id: dict[UUID, list[Any]] = {}
    for row in newest.values():
        by_id.setdefault(row.operacion_id, []).append(row)
    missing = said_missing(by_id)
    found = []
    for traslado_id, group in by_id.items():
        ends: tuple[Any, ...] = tuple(group[0])[:11]
        lost = sum((traslado_id, row.persona_id) in missing for row in group)
        found.append(Demorado(*(*ends, len(group), group[0].ocurrido_en, lost)))
    return found
