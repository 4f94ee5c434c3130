"""What is in force when an entry is written: the shift, who may write in it, and the last closed period."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, or_, select

from albergues_app.coe.models_turno import (
    CierrePeriodo,
    CoeTurno,
    CoeTurnoPersona,
    EntregaTurno,
    EstadoEntrega,
)
from albergues_app.coe.periods import periodo_of, span_text, turno_of
from albergues_app.core.db import run
from albergues_app.core.errors import RuleBroken
from albergues_app.core.unit_of_work import current_actor

_T, _P = CoeTurno.__table__, CoeTurnoPersona.__table__
_R, _C = EntregaTurno.__table__, CierrePeriodo.__table__

ACCEPT_FIRST = "Le entregaron el turno: léalo y acéptelo antes de anotar en la bitácora."
COME_IN_FIRST = "Este COE trabaja por turnos: entre al turno en curso antes de anotar en la bitácora."


def why_not_write(coe_id: UUID, cuenta_id: UUID | None) -> str | None:
    """What this account must do before it writes, or None. Before the first shift everybody of the COE writes.

    A write without account (the system itself) asks for no shift.
    """
    if cuenta_id is None:
        return None
    inside = exists().where(_P.c.turno_id == _T.c.id, _P.c.cuenta_id == cuenta_id)
    waits = exists().where(
        _R.c.coe_id == coe_id, _R.c.estado == EstadoEntrega.FIRMADA, _R.c.entrante_id == cuenta_id
    )
    row = run(
        select(inside.label("inside"), waits.label("waits")).where(
            _T.c.coe_id == coe_id, _T.c.terminado_en.is_(None)
        )
    ).first()
    if row is None:
        return None
    if row.waits:
        return ACCEPT_FIRST
    return None if row.inside else COME_IN_FIRST


def refuse_out_of_shift(coe_id: UUID) -> None:
    """:raises RuleBroken: `turno_sin_aceptar`."""
    actor = current_actor()
    reason = why_not_write(coe_id, actor.cuenta_id if actor else None)
    if reason is not None:
        raise RuleBroken("turno_sin_aceptar", reason)


def shift_at(coe_id: UUID, when: datetime) -> tuple[str, str]:
    """The shift and the operational period of an hour: of the shift then at work, else by the clock."""
    row = run(
        select(_T.c.clase, _T.c.desde, _T.c.hasta)
        .where(_T.c.coe_id == coe_id, _T.c.desde <= when)
        .where(or_(_T.c.terminado_en.is_(None), _T.c.terminado_en > when))
        .order_by(_T.c.numero.desc())
        .limit(1)
    ).first()
    if row is None:
        return turno_of(when), periodo_of(when)
    covered = row.hasta is not None and when < row.hasta
    return row.clase, span_text(row.desde, row.hasta) if covered else periodo_of(when)


def closed_until(coe_id: UUID) -> datetime | None:
    """The hour until which the periods of a log are closed; None while none is."""
    found: datetime | None = run(select(func.max(_C.c.hasta)).where(_C.c.coe_id == coe_id)).scalar()
    return found
