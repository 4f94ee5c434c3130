"""Lots with what became of their cards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.core.db import db
from albergues_app.tarjetas.models import EstadoTarjeta, LoteTarjetas, Tarjeta

SHOWN = 200


@dataclass(frozen=True)
class Cuenta:
    """Cards of a lot by what became of them."""

    libres: int
    entregadas: int
    anuladas: int
    perdidas: int


def list_lotes(cuenta: Identity, albergue_id: UUID | None = None, municipio: str = "") -> list[LoteTarjetas]:
    """The lots of the account's territory that fit, newest first."""
    stmt = visible(select(LoteTarjetas), cuenta, Permiso.INGRESO_REGISTRAR, LoteTarjetas)
    if albergue_id:
        stmt = stmt.where(LoteTarjetas.albergue_id == albergue_id)
    if municipio:
        stmt = stmt.where(LoteTarjetas.municipio_codigo == municipio)
    stmt = stmt.order_by(LoteTarjetas.creado_en.desc(), LoteTarjetas.id.desc())
    return list(db.session.scalars(stmt.limit(SHOWN)))


def counts(lotes: Sequence[LoteTarjetas]) -> dict[UUID, Cuenta]:
    """What became of the cards of each."""
    stmt = (
        select(Tarjeta.lote_id, Tarjeta.estado, func.count())
        .where(Tarjeta.lote_id.in_([row.id for row in lotes]))
        .group_by(Tarjeta.lote_id, Tarjeta.estado)
    )
    found = {(key, estado): n for key, estado, n in db.session.execute(stmt)}
    return {row.id: Cuenta(*(found.get((row.id, e.value), 0) for e in EstadoTarjeta)) for row in lotes}


def cards_of(lote: LoteTarjetas) -> list[Tarjeta]:
    """Its cards in order."""
    return list(
        db.session.scalars(select(Tarjeta).where(Tarjeta.lote_id == lote.id).order_by(Tarjeta.numero))
    )


def voided_of(familias: Collection[UUID]) -> dict[UUID, list[Tarjeta]]:
    """Cards that these families had before, the newest first."""
    stmt = (
        select(Tarjeta)
        .where(
            Tarjeta.familia_id.in_(familias),
            Tarjeta.estado.in_((EstadoTarjeta.ANULADA, EstadoTarjeta.PERDIDA)),
        )
        .order_by(Tarjeta.cambiada_en.desc(), Tarjeta.id.desc())
    )
    found: dict[UUID, list[Tarjeta]] = {}
    for card in db.session.scalars(stmt):
        if card.familia_id is not None:
            found.setdefault(card.familia_id, []).append(card)
    return found
