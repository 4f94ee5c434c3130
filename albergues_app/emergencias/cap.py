"""Proposed alerts: keep a CAP message, answer it once, and lift what a later one withdraws.

Nothing of a message is in force until a person accepts it. The caller opens the unit of work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from albergues_app.accounts.identity import Identity
from albergues_app.audit.sealing import keyring
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.emergencias.models import Alerta
from albergues_app.emergencias.models_cap import AlertaCap, ClaseCap, EstadoCap
from albergues_app.emergencias.scope import reaches, reaches_all
from albergues_app.emergencias.services import AlertaNueva, declare_alerta, end_alerta

_CONTEXT = "alerta_cap.mensaje"


@dataclass(frozen=True)
class CapRecibido:
    """What a message proposes, as its reader understood it; the names are those of ``AlertaCap``."""

    id: UUID
    remitente: str
    identificador: str
    enviado_en: datetime
    clase: str
    calidad: str
    firmado: bool
    referencias: Sequence[tuple[str, str, datetime]]
    evento: str
    severidad: str
    nivel: str
    lugares: Sequence[str]
    ambito: str
    color: str | None
    amenaza: str
    desde: datetime
    hasta: datetime | None
    autoridad: str
    contenido: bytes


def receive_cap(datos: CapRecibido) -> tuple[AlertaCap, bool]:
    """Keep a message as a proposed alert; the same file again gives the one that is kept. True when it is new.

    :raises RuleBroken: `cap_otro_contenido`, `cap_sin_antecedente`.
    """
    digest = hashlib.sha256(datos.contenido).hexdigest()
    held = find_cap(datos.remitente, datos.identificador, datos.enviado_en)
    if held is not None:
        if held.huella != digest:
            raise RuleBroken(
                "cap_otro_contenido",
                "Ya se recibió un mensaje con el mismo remitente, identificador y hora, y otro contenido. Confirme "
                "con quien lo emite cuál vale.",
                "archivo",
            )
        return held, False
    if datos.clase == ClaseCap.CANCELACION:
        datos = _of_what_it_cancels(datos)
    actor = current_actor()
    row = AlertaCap(
        id=datos.id,
        remitente=datos.remitente,
        identificador=datos.identificador,
        enviado_en=datos.enviado_en,
        clase=datos.clase,
        calidad=datos.calidad,
        firmado=datos.firmado,
        referencias=json.dumps([(r, i, clock.as_utc(w).isoformat()) for r, i, w in datos.referencias]),
        evento=datos.evento,
        severidad=datos.severidad,
        nivel=datos.nivel,
        lugares=json.dumps(list(datos.lugares)),
        ambito=datos.ambito,
        color=datos.color,
        amenaza=datos.amenaza,
        desde=datos.desde,
        hasta=datos.hasta,
        autoridad=datos.autoridad,
        mensaje=keyring().seal(datos.contenido, _CONTEXT),
        huella=digest,
        recibida_en=clock.now(),
        recibida_por=actor.cuenta_id if actor else None,
        estado=EstadoCap.PENDIENTE,
    )
    db.session.add(row)
    db.session.flush()
    return row, True


def _of_what_it_cancels(datos: CapRecibido) -> CapRecibido:
    """A cancel is of the places and the event of what it cancels, whatever it says of them itself."""
    earlier = [found for key in datos.referencias if (found := find_cap(*key)) is not None]
    if not earlier:
        raise RuleBroken(
            "cap_sin_antecedente",
            "El mensaje cancela otro que aquí no se recibió: no hay nada que levantar.",
            "archivo",
        )
    first, whole = earlier[0], any(e.nivel == "nacional" for e in earlier)
    nivel = "nacional" if whole else first.nivel
    codes = () if whole else sorted({c for e in earlier for c in e.codigos})
    return replace(
        datos,
        nivel=nivel,
        lugares=codes,
        evento=datos.evento or first.evento,
        severidad=first.severidad,
        ambito=first.ambito,
        color=first.color,
        amenaza=first.amenaza,
        autoridad=datos.autoridad or first.autoridad,
    )


def content_of(row: AlertaCap) -> bytes:
    """The message as it came."""
    return keyring().open(row.mensaje, _CONTEXT)


def find_cap(remitente: str, identificador: str, enviado_en: datetime) -> AlertaCap | None:
    """The message with that identity, if it was received."""
    found: AlertaCap | None = db.session.scalar(
        select(AlertaCap).where(
            AlertaCap.remitente == remitente,
            AlertaCap.identificador == identificador,
            AlertaCap.enviado_en == enviado_en,
        )
    )
    return found


def _references(row: AlertaCap) -> list[tuple[str, str, datetime]]:
    return [(r, i, datetime.fromisoformat(w)) for r, i, w in json.loads(row.referencias)]


def earlier_of(row: AlertaCap) -> list[AlertaCap]:
    """The received messages that this one updates or cancels, in its order."""
    return [found for key in _references(row) if (found := find_cap(*key)) is not None and found.id != row.id]


def later_of(row: AlertaCap) -> list[AlertaCap]:
    """The pending messages that update or cancel this one."""
    key = (row.remitente, row.identificador, row.enviado_en)
    return [other for other in _pending() if other.id != row.id and key in _references(other)]


def _pending() -> list[AlertaCap]:
    stmt = select(AlertaCap).where(AlertaCap.estado == EstadoCap.PENDIENTE)
    return list(db.session.scalars(stmt.order_by(AlertaCap.recibida_en.desc(), AlertaCap.id)))


def sees(cuenta: Identity, row: AlertaCap) -> bool:
    """True when the message touches the account's territory."""
    return row.nivel == "nacional" or any(reaches(cuenta, c) for c in row.codigos)


def answers(cuenta: Identity, row: AlertaCap) -> bool:
    """True when all of it, and of what it changes, lies in the account's reach: a national one is the central office's."""
    return all(reaches_all(cuenta, r.codigos) for r in (row, *earlier_of(row)))


def pending_for(cuenta: Identity, now: datetime) -> list[AlertaCap]:
    """The messages that wait for an answer in the account's territory and still hold, the newest first."""
    return [row for row in _pending() if (row.hasta is None or row.hasta > now) and sees(cuenta, row)]


def past_for(cuenta: Identity, now: datetime, limit: int = 50) -> list[AlertaCap]:
    """The latest messages that have their answer, or ended without one."""
    stmt = (
        select(AlertaCap)
        .where(or_(AlertaCap.estado != EstadoCap.PENDIENTE, AlertaCap.hasta <= now))
        .order_by(AlertaCap.recibida_en.desc(), AlertaCap.id)
        .limit(limit)
    )
    return [row for row in db.session.scalars(stmt) if sees(cuenta, row)]


def accept_cap(cap_id: UUID, datos: AlertaNueva) -> AlertaCap:
    """Declare what a message proposes, as the person left it; an update lifts the alert of the earlier one.

    :raises RuleBroken: `cap_respondida`, `cap_hay_posterior`, `cap_vencida`. :raises Invalid: as ``declare_alerta``.
    """
    row = _open(cap_id)
    if row.clase == ClaseCap.CANCELACION:
        raise RuleBroken("cap_es_cancelacion", "Este mensaje levanta una alerta; no declara otra.")
    later = later_of(row)
    if later:
        raise RuleBroken(
            "cap_hay_posterior",
            "Llegó después un mensaje que lo cambia o lo cancela. Responda primero a ese.",
        )
    if datos.hasta is not None and datos.hasta <= clock.now():
        raise RuleBroken(
            "cap_vencida",
            "A esa hora la alerta ya habría terminado. Cambie «Hasta», o descarte el mensaje.",
            "hasta",
        )
    alerta = declare_alerta(datos)
    _withdraw(row, alerta.desde)
    _answer(row, EstadoCap.ACEPTADA)
    row.alerta_id = alerta.id
    db.session.flush()
    return row


def accept_cancel(cap_id: UUID, when: datetime) -> AlertaCap:
    """Lift the alerts of the messages that this one cancels; those nobody accepted will be by nobody.

    :raises RuleBroken: `cap_respondida`.
    """
    row = _open(cap_id)
    _withdraw(row, when)
    _answer(row, EstadoCap.ACEPTADA)
    db.session.flush()
    return row


def dismiss_cap(cap_id: UUID, motivo: str) -> AlertaCap:
    """Say that a message is not taken, and why.

    :raises RuleBroken: `cap_respondida`, `falta_motivo`.
    """
    row = _open(cap_id)
    if not clean(motivo):
        raise RuleBroken("falta_motivo", "Escriba por qué se descarta.", "motivo")
    _answer(row, EstadoCap.DESCARTADA)
    row.motivo = clean(motivo)
    db.session.flush()
    return row


def _open(cap_id: UUID) -> AlertaCap:
    row = db.session.get_one(AlertaCap, cap_id, with_for_update=True, populate_existing=True)
    if not row.pendiente:
        raise RuleBroken("cap_respondida", "Este mensaje ya se respondió. Actualice la página.")
    return row


def _withdraw(row: AlertaCap, when: datetime) -> None:
    """What an update or a cancel says of the earlier ones: their alerts end, and the unanswered are replaced."""
    for earlier in earlier_of(row):
        if earlier.pendiente:
            _answer(earlier, EstadoCap.REEMPLAZADA)
        alerta = db.session.get(Alerta, earlier.alerta_id) if earlier.alerta_id else None
        if alerta is not None and (alerta.hasta is None or alerta.hasta > when):
            end_alerta(alerta, max(when, alerta.desde))


def _answer(row: AlertaCap, estado: str) -> None:
    actor = current_actor()
    row.estado, row.resuelta_en = estado, clock.now()
    row.resuelta_por = actor.cuenta_id if actor else None
