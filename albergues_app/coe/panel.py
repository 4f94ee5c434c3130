"""The shift of a COE as a page shows it to an account: who holds it, who is in it, and what this account must do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.models import Cuenta
from albergues_app.coe.in_force import why_not_write
from albergues_app.coe.models import Coe
from albergues_app.coe.models_turno import CoeTurno, CoeTurnoPersona, EntregaTurno
from albergues_app.coe.turnos import entrega_en_espera, turno_abierto
from albergues_app.core.db import db


@dataclass(frozen=True)
class Panel:
    """``impide`` is what the account must do before it writes, or None."""

    turno: CoeTurno | None
    espera: EntregaTurno | None
    nombres: dict[UUID, str]
    dentro: list[str]
    mio: bool
    para_mi: bool
    impide: str | None


def panel_of(coe: Coe, cuenta_id: UUID) -> Panel:
    """How the shift of a COE stands for an account."""
    turno, waiting = turno_abierto(coe.id), entrega_en_espera(coe.id)
    ids: set[UUID] = set()
    inside: list[UUID] = []
    if turno is not None:
        stmt = select(CoeTurnoPersona.cuenta_id).where(CoeTurnoPersona.turno_id == turno.id)
        inside = list(db.session.scalars(stmt.order_by(CoeTurnoPersona.entro_en)))
        ids |= {turno.cuenta_id, *inside}
    if waiting is not None:
        ids |= {waiting.saliente_id, waiting.entrante_id}
    names = account_names(ids)
    return Panel(
        turno=turno,
        espera=waiting,
        nombres=names,
        dentro=[names[key] for key in inside if turno is None or key != turno.cuenta_id],
        mio=turno is not None and turno.cuenta_id == cuenta_id,
        para_mi=waiting is not None and waiting.entrante_id == cuenta_id,
        impide=why_not_write(coe.id, cuenta_id),
    )


def account_names(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Account → its name."""
    wanted = {key for key in ids if key is not None}
    if not wanted:
        return {}
    rows = db.session.execute(select(Cuenta.id, Cuenta.nombre).where(Cuenta.id.in_(wanted)))
    return {row.id: row.nombre for row in rows}
