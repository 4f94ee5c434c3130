"""The shifts of a COE: take the first one, come in, hand over and accept. The outermost caller opens ``unit_of_work``.

Until somebody takes the first shift everybody of the COE writes; from then on only who is in the shift at work
(``in_force``). A hand-over is signed by who leaves and accepted by who comes, each with the own account; the log
says so by itself. When who leaves is gone, the shift is taken without a hand-over, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.models import Cuenta
from albergues_app.audit.sealing import digest, seal_for, seal_json
from albergues_app.coe.in_force import ACCEPT_FIRST
from albergues_app.coe.models import Coe, TipoEntrada
from albergues_app.coe.models_turno import (
    CLASE_TURNO,
    CoeTurno,
    CoeTurnoPersona,
    EntregaTurno,
    EstadoEntrega,
)
from albergues_app.coe.services import EntradaNueva, write_entrada
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor

CONTEXT = "coe_entrega_turno.contenido"
LONGEST = timedelta(hours=36)


@dataclass(frozen=True)
class TurnoNuevo:
    """A shift that the account of the unit of work takes by itself; ``motivo`` when another holds it."""

    id: UUID
    clase: str
    hasta: datetime | None = None
    motivo: str = ""


@dataclass(frozen=True)
class EntregaNueva:
    """A hand-over as it is signed: answers of the format `entrega_turno`, already judged, and what the system counted."""

    id: UUID
    entrante_id: UUID
    clase: str
    hasta: datetime | None
    ocurrido_en: datetime
    edicion: int
    respuestas: Mapping[str, Any]
    cifras: Mapping[str, Any]


def turno_abierto(coe_id: UUID) -> CoeTurno | None:
    """The shift at work, or None before the first one."""
    return db.session.scalar(
        select(CoeTurno).where(CoeTurno.coe_id == coe_id, CoeTurno.terminado_en.is_(None))
    )


def entrega_en_espera(coe_id: UUID) -> EntregaTurno | None:
    """The hand-over that waits to be accepted, or None."""
    return db.session.scalar(
        select(EntregaTurno).where(
            EntregaTurno.coe_id == coe_id, EntregaTurno.estado == EstadoEntrega.FIRMADA
        )
    )


def take_turno(coe_id: UUID, datos: TurnoNuevo) -> CoeTurno:
    """Take the first shift, or the one of somebody who left without handing it over.

    :raises RuleBroken: `coe_desactivado`, `ya_tiene_turno`, `turno_sin_aceptar`, `falta_motivo`, `hasta_invalida`.
    """
    coe, cuenta_id, moment = _locked(coe_id), _own(), clock.now()
    before, waiting = turno_abierto(coe_id), entrega_en_espera(coe_id)
    motivo = clean(datos.motivo)
    if before is not None and before.cuenta_id == cuenta_id:
        raise RuleBroken("ya_tiene_turno", "Usted ya tiene el turno en curso.")
    if waiting is not None and waiting.entrante_id == cuenta_id:
        raise RuleBroken("turno_sin_aceptar", ACCEPT_FIRST)
    if before is not None and not motivo:
        raise RuleBroken("falta_motivo", "Escriba por qué recibe el turno sin entrega.", "motivo")
    _check_until(datos.hasta, moment)
    if waiting is not None:
        _answer(waiting, EstadoEntrega.DEVUELTA, f"Otra persona recibió el turno sin entrega: {motivo}")
    turno = _begin(
        coe, before, datos.id, datos.clase, cuenta_id, datos.hasta, None, motivo if before else None
    )
    name = CLASE_TURNO[datos.clase].lower()
    if before is None:
        _note(
            coe, f"Empieza el turno {name}", f"{_name(cuenta_id)} recibe el primer turno de este COE.", None
        )
    else:
        _note(
            coe,
            f"Turno {name} recibido sin entrega",
            f"{_name(cuenta_id)} recibe el turno sin entrega de {_name(before.cuenta_id)}.\nMotivo: {motivo}",
            None,
        )
    return turno


def join_turno(coe_id: UUID) -> CoeTurno:
    """Come into the shift at work, to write in it. Twice is once.

    :raises RuleBroken: `coe_desactivado`, `sin_turno`, `turno_sin_aceptar`.
    """
    _locked(coe_id)
    turno, cuenta_id, waiting = turno_abierto(coe_id), _own(), entrega_en_espera(coe_id)
    if turno is None:
        raise RuleBroken("sin_turno", "Este COE todavía no trabaja por turnos: puede anotar.")
    if waiting is not None and waiting.entrante_id == cuenta_id:
        raise RuleBroken("turno_sin_aceptar", ACCEPT_FIRST)
    _come_in(turno.id, cuenta_id)
    return turno


def sign_entrega(coe_id: UUID, datos: EntregaNueva) -> EntregaTurno:
    """Sign the hand-over of the own shift; it waits for the account that receives it.

    :raises RuleBroken: `coe_desactivado`, `sin_turno`, `turno_de_otra_cuenta`, `entrega_en_espera`, `a_si_mismo`,
        `hasta_invalida`, `emergencia_disociada`.
    """
    coe, cuenta_id, moment = _locked(coe_id), _own(), clock.now()
    turno, waiting = turno_abierto(coe_id), entrega_en_espera(coe_id)
    if turno is None:
        raise RuleBroken("sin_turno", "No hay un turno que entregar: reciba antes el primero.")
    if turno.cuenta_id != cuenta_id:
        raise RuleBroken(
            "turno_de_otra_cuenta", f"El turno lo entrega quien lo tiene: {_name(turno.cuenta_id)}."
        )
    if waiting is not None:
        raise RuleBroken(
            "entrega_en_espera",
            f"Ya firmó una entrega que espera a {_name(waiting.entrante_id)}. Retírela para hacer otra.",
        )
    if datos.entrante_id == cuenta_id:
        raise RuleBroken("a_si_mismo", "Elija la cuenta de otra persona.", "entrante_cuenta")
    _check_until(datos.hasta, moment)
    content = {
        "respuestas": dict(datos.respuestas),
        "cifras": dict(datos.cifras),
        "saliente": _who(cuenta_id),
        "entrante": _who(datos.entrante_id),
        "turno_saliente": turno.clase,
    }
    try:
        sealed = seal_json(seal_for(coe.emergencia_id), content, CONTEXT)
    except KeyMissing as error:
        raise RuleBroken(
            "emergencia_disociada",
            "Los datos de esta emergencia ya se destruyeron: no admite entregas nuevas.",
        ) from error
    row = EntregaTurno(
        id=datos.id,
        coe_id=coe_id,
        turno_id=turno.id,
        saliente_id=cuenta_id,
        entrante_id=datos.entrante_id,
        clase=datos.clase,
        hasta=datos.hasta,
        ocurrido_en=datos.ocurrido_en,
        firmada_en=moment,
        estado=EstadoEntrega.FIRMADA,
        edicion=datos.edicion,
        contenido=sealed,
        huella=digest(sealed),
    )
    db.session.add(row)
    db.session.flush()
    return row


def accept_entrega(entrega_id: UUID, nota: str, summary: str) -> EntregaTurno:
    """Accept the hand-over that is for this account: its shift begins, and the log says it.

    ``summary`` is what the log's entry tells of it.

    :raises RuleBroken: `coe_desactivado`, `entrega_respondida`, `entrega_de_otra_cuenta`.
    """
    row, coe = _waiting(entrega_id)
    cuenta_id = _own()
    if row.entrante_id != cuenta_id:
        raise RuleBroken(
            "entrega_de_otra_cuenta", f"Esta entrega la acepta {_name(row.entrante_id)}, con su cuenta."
        )
    before = turno_abierto(coe.id)
    assert before is not None
    _answer(row, EstadoEntrega.ACEPTADA, nota)
    _begin(coe, before, uuid7(), row.clase, cuenta_id, row.hasta, row.id, None)
    names = CLASE_TURNO[before.clase].lower(), CLASE_TURNO[row.clase].lower()
    told = f"{summary}\nAl recibir: {row.nota}" if row.nota else summary
    entry = _note(coe, f"Entrega de turno: {names[0]} a {names[1]}", told, row)
    row.folio = entry["folio"]
    db.session.flush()
    return row


def return_entrega(entrega_id: UUID, motivo: str) -> EntregaTurno:
    """Send it back (who receives), or withdraw it (who signed): the shift stays where it was.

    :raises RuleBroken: `coe_desactivado`, `entrega_respondida`, `entrega_de_otra_cuenta`, `falta_motivo`.
    """
    row, _coe = _waiting(entrega_id)
    if _own() not in {row.entrante_id, row.saliente_id}:
        raise RuleBroken("entrega_de_otra_cuenta", "La devuelve quien la recibe, o la retira quien la firmó.")
    if not clean(motivo):
        raise RuleBroken("falta_motivo", "Escriba por qué se devuelve.", "motivo")
    _answer(row, EstadoEntrega.DEVUELTA, motivo)
    return row


def _waiting(entrega_id: UUID) -> tuple[EntregaTurno, Coe]:
    found = db.session.get(EntregaTurno, entrega_id)
    if found is None:
        raise NotFound()
    coe = _locked(found.coe_id)
    row = db.session.get_one(EntregaTurno, entrega_id, populate_existing=True)
    if row.estado != EstadoEntrega.FIRMADA:
        raise RuleBroken("entrega_respondida", "Esta entrega ya se aceptó o se devolvió.")
    return row, coe


def _answer(row: EntregaTurno, estado: EstadoEntrega, nota: str) -> None:
    row.estado, row.respondida_en = estado, clock.now()
    row.nota = clean(nota)[:500] or None
    db.session.flush()


def _begin(
    coe: Coe,
    before: CoeTurno | None,
    key: UUID,
    clase: str,
    cuenta_id: UUID,
    hasta: datetime | None,
    entrega_id: UUID | None,
    motivo: str | None,
) -> CoeTurno:
    moment = clock.now()
    if before is not None:
        before.terminado_en = moment
        db.session.flush()
    turno = CoeTurno(
        id=key,
        coe_id=coe.id,
        numero=before.numero + 1 if before else 1,
        clase=clase,
        desde=moment,
        hasta=hasta,
        cuenta_id=cuenta_id,
        recibido_en=moment,
        entrega_id=entrega_id,
        motivo=motivo,
    )
    db.session.add(turno)
    db.session.flush()
    _come_in(turno.id, cuenta_id)
    return turno


def _come_in(turno_id: UUID, cuenta_id: UUID) -> None:
    stmt = select(CoeTurnoPersona.id).where(
        CoeTurnoPersona.turno_id == turno_id, CoeTurnoPersona.cuenta_id == cuenta_id
    )
    if db.session.scalar(stmt) is None:
        db.session.add(
            CoeTurnoPersona(id=uuid7(), turno_id=turno_id, cuenta_id=cuenta_id, entro_en=clock.now())
        )
        db.session.flush()


def _note(coe: Coe, asunto: str, detalle: str, row: EntregaTurno | None) -> dict[str, Any]:
    return write_entrada(
        coe.id,
        EntradaNueva(
            id=uuid7(),
            ocurrido_en=clock.now(),
            tipo=TipoEntrada.CAMBIO_TURNO,
            asunto=asunto,
            detalle=detalle[:8000],
            origen=_name(row.saliente_id) if row else None,
            destino=_name(row.entrante_id) if row else None,
        ),
    )


def _check_until(hasta: datetime | None, moment: datetime) -> None:
    if hasta is not None and not moment < hasta <= moment + LONGEST:
        raise RuleBroken(
            "hasta_invalida", "El turno termina después de ahora, y dura 36 horas o menos.", "hasta"
        )


def _own() -> UUID:
    actor = current_actor()
    if actor is None or actor.cuenta_id is None:
        raise RuleBroken("sin_cuenta", "Un turno lo recibe una persona, con su cuenta.")
    return actor.cuenta_id


def _who(cuenta_id: UUID) -> dict[str, str]:
    cuenta = db.session.get_one(Cuenta, cuenta_id)
    return {"nombre": cuenta.nombre, "correo": cuenta.correo}


def _name(cuenta_id: UUID) -> str:
    cuenta = db.session.get(Cuenta, cuenta_id)
    return cuenta.nombre if cuenta else "una cuenta que ya no está"


def _locked(coe_id: UUID) -> Coe:
    coe = db.session.get(Coe, coe_id, with_for_update=True, populate_existing=True)
    if coe is None:
        raise NotFound()
    if coe.desactivado_en is not None:
        raise RuleBroken("coe_desactivado", "Este COE ya se desactivó: ya no tiene turnos.")
    return coe
