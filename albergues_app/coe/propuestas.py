"""Entries that the system proposes for a log, and what people answer: accepted, edited or dismissed, once per fact.

Nothing is stored until a person answers: the facts are read where they stand (``hechos``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.audit.listener import bulk_insert
from albergues_app.coe.hechos import Propuesta, facts_of
from albergues_app.coe.models import Coe, Prioridad
from albergues_app.coe.models_propuestas import PropuestaCoe, RespuestaPropuesta
from albergues_app.core import clock
from albergues_app.core.db import db, run
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import current_actor

_ORDER: dict[str, int] = {Prioridad.URGENTE: 0, Prioridad.PRIORITARIO: 1, Prioridad.RUTINA: 2}


def pending_of(coe: Coe, now: datetime) -> list[Propuesta]:
    """What waits for an answer in a log, the urgent and the latest first; nothing in a COE that does not work."""
    return [] if coe.desactivado_en is not None else unanswered(coe, facts_of(coe, now))


def unanswered(coe: Coe, facts: Sequence[Propuesta]) -> list[Propuesta]:
    """Of these facts those that nobody answered yet, in the order of ``pending_of``."""
    answered = _answered(coe, [f.clave for f in facts])
    waiting = [f for f in facts if f.clave not in answered]
    latest = sorted(waiting, key=lambda f: (f.ocurrido_en, f.clave), reverse=True)
    return sorted(latest, key=lambda f: _ORDER[f.prioridad])


def _answered(coe: Coe, keys: Sequence[str]) -> set[str]:
    p = PropuestaCoe.__table__
    return set(run(select(p.c.clave).where(p.c.coe_id == coe.id, p.c.clave.in_(keys))).scalars())


def find_pending(coe: Coe, clave: str, now: datetime) -> Propuesta:
    """The proposal with that key.

    :raises RuleBroken: `propuesta_respondida`, `propuesta_ya_no` when the fact no longer stands.
    """
    fact = next((f for f in facts_of(coe, now) if f.clave == clave), None)
    _refuse_answered(coe, clave)
    if fact is None:
        raise RuleBroken(
            "propuesta_ya_no",
            "Eso ya no está así: cambió después de proponerse. Si hace falta, anótelo como entrada nueva.",
        )
    return fact


def _refuse_answered(coe: Coe, clave: str) -> None:
    p = PropuestaCoe.__table__
    row = run(select(p.c.folio).where(p.c.coe_id == coe.id, p.c.clave == clave)).first()
    if row is not None:
        done = f"ya está en el folio {row.folio}" if row.folio else "ya se descartó"
        raise RuleBroken("propuesta_respondida", f"Otra persona se adelantó: {done}.")


def accept(
    coe_id: UUID, propuesta: Propuesta, write: Callable[[], dict[str, Any]], editada: bool
) -> dict[str, Any]:
    """Write the entry (``write`` does) and note the answer, once per fact however many press.

    The caller opens ``unit_of_work``.

    :raises RuleBroken: `propuesta_respondida`, and as ``write_entrada``.
    """
    coe = _locked(coe_id)
    _refuse_answered(coe, propuesta.clave)
    body = write()
    kind = RespuestaPropuesta.EDITADA if editada else RespuestaPropuesta.ACEPTADA
    _note(coe, propuesta, kind, body["folio"])
    return body


def dismiss(coe_id: UUID, propuesta: Propuesta) -> dict[str, Any]:
    """Say that a fact needs no entry. The caller opens ``unit_of_work``.

    :raises RuleBroken: `propuesta_respondida`.
    """
    coe = _locked(coe_id)
    _refuse_answered(coe, propuesta.clave)
    _note(coe, propuesta, RespuestaPropuesta.DESCARTADA, None)
    return {"clave": propuesta.clave}


def _locked(coe_id: UUID) -> Coe:
    """Two who answer at once wait for each other here, as two who write."""
    coe = db.session.get(Coe, coe_id, with_for_update=True, populate_existing=True)
    if coe is None:
        raise NotFound()
    return coe


def _note(coe: Coe, propuesta: Propuesta, respuesta: str, folio: int | None) -> None:
    actor = current_actor()
    row = {
        "id": uuid7(),
        "coe_id": coe.id,
        "clave": propuesta.clave,
        "asunto": propuesta.asunto,
        "respuesta": respuesta,
        "folio": folio,
        "cuenta_id": actor.cuenta_id if actor else None,
        "respondida_en": clock.now(),
    }
    bulk_insert(db.session, PropuestaCoe, [row])
