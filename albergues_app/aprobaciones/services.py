"""Ask for what needs two persons, and answer it.

A package above registers its kind once, at import::

    SALIDA = register_clase(Clase("salida_nna", "Salida de …", Permiso.SALIDA_NNA_APROBAR, apply, describe))

and asks with ``ask(PeticionNueva(id, SALIDA.codigo, objeto_id, titulo, cuerpo, motivo, …))`` inside its unit of work.
Another account answers with ``answer(aprobacion_id, "aprobada")``: the answer and the effect, ``apply(aprobacion,
cuerpo)``, are one transaction, so the effect happens exactly once or the request stays as it was. What ``apply``
refuses (RuleBroken, Invalid) reaches the person who approves, and nothing is written.

Inside ``apply``, or later, ``approved(clase, objeto_id)`` says that two persons agreed on that object, and
``approved_body`` on what exactly: the service that refuses a single account asks them, so the way in is a row that
two accounts wrote and not a flag one could set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from albergues_app.accounts.identity import Identity, load_identity
from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.aprobaciones.models import Aprobacion, AprobacionRespuesta, Respuesta
from albergues_app.audit.sealing import open_json, seal_for, seal_json
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Forbidden, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor

_BODY, _NOTE = "aprobacion.cuerpo", "aprobacion_respuesta.nota"

Cuerpo = dict[str, Any]


@dataclass(frozen=True)
class Clase:
    """A kind of request: who may approve it, what its approval does, and how it reads."""

    codigo: str
    nombre: str
    """«Salida de una niña, un niño o adolescente»: the heading of its page."""
    permiso: Permiso
    """The right to answer, asked at the request's own place (municipality, department or country)."""
    apply: Callable[[Aprobacion, Cuerpo], dict[str, Any]]
    """The effect, inside the approver's unit of work; returns what to keep of it. ``avisos`` are shown; ``dice``, the
    sentence for the approver when not everything is done yet."""
    describe: Callable[[Aprobacion, Cuerpo], list[tuple[str, str]]]
    """Label and text of what will be done. Inside a unit of work: whoever names persons notes the reading."""
    horas: int | None = None
    """How long it waits; None: the setting APROBACION_HORAS."""


_CLASES: dict[str, Clase] = {}


def register_clase(clase: Clase) -> Clase:
    """Make a kind known; the same code again replaces it."""
    _CLASES[clase.codigo] = clase
    return clase


def clase_of(codigo: str) -> Clase:
    """The kind of a request. Raises KeyError when no package registered it."""
    return _CLASES[codigo]


def clases() -> list[Clase]:
    """Every kind known."""
    return list(_CLASES.values())


@dataclass(frozen=True)
class PeticionNueva:
    """What is asked. ``id`` is the client's; ``cuerpo`` is JSON: exactly what ``apply`` will do."""

    id: UUID
    clase: str
    objeto_id: UUID
    titulo: str
    cuerpo: Cuerpo
    motivo: str
    emergencia_id: UUID | None = None
    departamento: str | None = None
    municipio: str | None = None
    albergue_codigo: str | None = None


def ask(datos: PeticionNueva) -> Aprobacion:
    """Write a request of the account that acts. Inside the caller's unit of work.

    :raises RuleBroken: `falta_motivo`; `pide_sin_cuenta`, a program without account has nobody to answer for it.
    """
    actor = current_actor()
    if actor is None or actor.cuenta_id is None:
        raise RuleBroken("pide_sin_cuenta", "Esto lo pide una persona con su cuenta y lo aprueba otra.")
    motivo = clean(datos.motivo)[:300]
    if not motivo:
        raise RuleBroken("falta_motivo", "Escriba el motivo: lo leerá quien aprueba.", "motivo")
    clase, moment = clase_of(datos.clase), clock.now()
    hours = clase.horas or current_app.config["APROBACION_HORAS"]
    row = Aprobacion(
        id=datos.id,
        clase=clase.codigo,
        objeto_id=datos.objeto_id,
        titulo=datos.titulo,
        cuerpo=seal_json(seal_for(datos.emergencia_id), {"motivo": motivo, "que": datos.cuerpo}, _BODY),
        emergencia_id=datos.emergencia_id,
        departamento_codigo=datos.departamento or (datos.municipio[:2] if datos.municipio else None),
        municipio_codigo=datos.municipio,
        albergue_codigo=datos.albergue_codigo,
        cuenta_id=actor.cuenta_id,
        pedida_en=moment,
        caduca_en=moment + timedelta(hours=hours),
    )
    db.session.add(row)
    db.session.flush()
    return row


def contents(row: Aprobacion) -> tuple[str, Cuerpo] | None:
    """(reason, what will be done); None once the key of its emergency was destroyed."""
    try:
        opened = open_json(seal_for(row.emergencia_id), row.cuerpo, _BODY)
    except KeyMissing:
        return None
    return opened["motivo"], opened["que"]


def note_of(row: Aprobacion, given: AprobacionRespuesta) -> str | None:
    """What who answered wrote; None when nothing, or the key was destroyed."""
    if given.nota is None:
        return None
    try:
        return str(open_json(seal_for(row.emergencia_id), given.nota, _NOTE))
    except KeyMissing:
        return None


def answer(aprobacion_id: UUID, respuesta: str, nota: str = "") -> dict[str, Any]:
    """Answer a request as the account that acts; approved, its effect happens here and now.

    :raises NotFound: no such request, or not of this account's territory.
    :raises Forbidden: this account may not answer this kind here.
    :raises RuleBroken: `misma_persona`, `cuenta_propia`, `ya_respondida`, `caducada`, `pidio_sin_derecho`,
        `falta_nota` (a refusal says why), `datos_destruidos`; and whatever the effect refuses.
    """
    if respuesta not in set(Respuesta):
        raise RuleBroken("valor_desconocido", "Elija «Aprobar» o «Rechazar».", "respuesta")
    row = db.session.get(Aprobacion, aprobacion_id, with_for_update=True)
    if row is None:
        raise NotFound()
    identity, clase, moment = _who_answers(), clase_of(row.clase), clock.now()
    if row.cuenta_id == identity.id:
        raise RuleBroken("misma_persona", "Usted la pidió: debe responderla otra persona.")
    if not permits(identity, clase.permiso, row):
        if not permits(identity, Permiso.APROBACION_VER, row):
            raise NotFound()
        raise Forbidden("Su cuenta no puede aprobar esto. Pídalo a quien sí puede en su territorio.")
    _still_waits(row, moment)
    _refuse_puppet(row, identity)
    reason = clean(nota)[:300]
    if respuesta == Respuesta.RECHAZADA and not reason:
        raise RuleBroken("falta_nota", "Escriba por qué no se aprueba.", "nota")
    opened = contents(row)
    if opened is None:
        raise RuleBroken("datos_destruidos", "Los datos de esta emergencia ya se destruyeron.")
    db.session.add(
        AprobacionRespuesta(
            id=uuid7(),
            aprobacion_id=row.id,
            respuesta=respuesta,
            pedida_por=row.cuenta_id,
            cuenta_id=identity.id,
            nota=seal_json(seal_for(row.emergencia_id), reason, _NOTE) if reason else None,
            respondida_en=moment,
        )
    )
    db.session.flush()
    effect = clase.apply(row, opened[1]) if respuesta == Respuesta.APROBADA else {}
    return {"id": str(row.id), "respuesta": respuesta, "avisos": effect.get("avisos", []), "efecto": effect}


def _who_answers() -> Identity:
    """The acting account as it is now in the database: one disabled meanwhile answers nothing."""
    actor = current_actor()
    identity = load_identity(actor.cuenta_id) if actor is not None and actor.cuenta_id else None
    if identity is None:
        raise Forbidden()
    return identity


def _still_waits(row: Aprobacion, moment: datetime) -> None:
    given = db.session.scalar(select(AprobacionRespuesta).where(AprobacionRespuesta.aprobacion_id == row.id))
    if given is not None:
        raise RuleBroken("ya_respondida", f"Esta solicitud ya fue {given.respuesta}.")
    if row.caduca_en <= moment:
        raise RuleBroken("caducada", "La solicitud caducó. Si aún hace falta, pídala de nuevo.")


def _refuse_puppet(row: Aprobacion, identity: Identity) -> None:
    """Two accounts are two persons: who asked still has the right, and did not make the account that answers."""
    asker = load_identity(row.cuenta_id)
    if asker is None:
        raise RuleBroken(
            "pidio_sin_derecho", "La cuenta que la pidió está desactivada. Debe pedirla otra persona."
        )
    mine = db.session.get_one(Cuenta, identity.id)
    if mine.creada_por == row.cuenta_id:
        raise RuleBroken(
            "cuenta_propia", "Quien la pidió creó la cuenta de usted. Debe responderla otra persona."
        )


def approved_body(clase: str, objeto_id: UUID) -> Cuerpo | None:
    """What exactly two persons agreed on for this object; None when they did not, or it can no longer be read."""
    a, r = Aprobacion, AprobacionRespuesta
    stmt = (
        select(a)
        .join(r, a.id == r.aprobacion_id)
        .where(a.clase == clase, a.objeto_id == objeto_id, r.respuesta == Respuesta.APROBADA)
    )
    row = db.session.scalars(stmt.limit(1)).first()
    opened = contents(row) if row is not None else None
    return opened[1] if opened else None


def approved(clase: str, objeto_id: UUID) -> bool:
    """Whether two persons agreed on this object."""
    return approved_body(clase, objeto_id) is not None
