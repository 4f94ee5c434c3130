"""Messages of a COE with their answer (SCI-213), each an entry in the log of who sends it and of who receives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.audit.listener import bulk_insert
from albergues_app.coe.hojas import avisos_of_row, formato_of, keep_sheet
from albergues_app.coe.mensajes_queries import Mensaje, answers_here, message_of, people_of, related_coes
from albergues_app.coe.models import Coe, TipoEntrada
from albergues_app.coe.models_sci import Destino, MensajeCoe, MensajeRespuesta
from albergues_app.coe.paper import place_name
from albergues_app.coe.services import EntradaNueva, write_entrada
from albergues_app.core import clock
from albergues_app.core.db import db, run
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.unit_of_work import current_actor
from albergues_app.formats.engine import Result, validate
from albergues_app.ocupacion.format_catalogs import format_catalogos

SCI_213 = "sci_213"
_M = MensajeCoe.__table__
_ANSWER = ("respuesta", "respuesta_en", "respuesta_nombre", "respuesta_cargo")


@dataclass(frozen=True)
class MensajeNuevo:
    """A message as somebody writes it. ``id`` is the client's; ``hoja`` are the raw answers of the SCI-213.

    ``para`` is `coe:…`, `cuenta:…` or `institucion`.
    """

    id: UUID
    para: str
    hoja: Mapping[str, Any]


def write_mensaje(coe_id: UUID, datos: MensajeNuevo) -> dict[str, Any]:
    """Send a message: its sheet, its entry in the log of this COE and, when it goes to another, in that one's.

    :raises Invalid: the sheet lacks something, or nobody to send it to.
    :raises RuleBroken: `coe_desactivado`, `destino_desconocido`, `emergencia_disociada`.
    """
    coe = db.session.get(Coe, coe_id)
    if coe is None:
        raise NotFound()
    try:
        other, cuenta = _addressee(coe, datos.para)
    except Invalid as unknown:
        raise Invalid([*unknown.errores, *_besides(datos.hoja)]) from unknown
    coe, other = _locked(coe.id, other.id if other else None)
    _refuse_ended(coe)
    raw = {**datos.hoja}
    if other is not None and not raw.get("para_cargo"):
        raw["para_cargo"] = place_name(other)
    if cuenta is not None and not raw.get("para_nombre"):
        raw["para_nombre"] = cuenta.nombre
    result = _judge(raw)
    answers = result.answers
    when = clock.as_utc(answers["ocurrido_en"])
    entry = _entry_of(answers, place_name(coe), place_name(other) if other else "")
    folio = _note(coe, datos.id, "mensaje", when, answers, entry)
    folio_destino = (
        _note(other, datos.id, "mensaje", when, answers, entry, mine=False) if other is not None else None
    )
    actor = current_actor()
    values = {
        "id": datos.id,
        "coe_id": coe.id,
        "destino": (Destino.COE if other else Destino.CUENTA if cuenta else Destino.INSTITUCION).value,
        "coe_destino_id": other.id if other else None,
        "cuenta_destino_id": cuenta.id if cuenta else None,
        "prioridad": answers.get("prioridad") or "rutina",
        "pide_respuesta": answers.get("pide_respuesta") is not False,
        "captura_id": keep_sheet(coe, formato_of(SCI_213), answers, datos.id, when),
        "folio": folio,
        "folio_destino": folio_destino,
        "ocurrido_en": when,
        "registrado_en": clock.now(),
        "cuenta_id": actor.cuenta_id if actor else None,
    }
    bulk_insert(db.session, MensajeCoe, [values])
    db.session.flush()
    avisos = [a for a in avisos_of_row(result.warnings) if a.codigo != "sin_respuesta"]
    return {
        "id": str(datos.id), "coe": str(coe.id), "folio": folio, "folio_destino": folio_destino,
        "estado": "sin_respuesta", "avisos": [a.as_dict() for a in avisos],
    }  # fmt: skip


def answer_mensaje(coe_id: UUID, mensaje_id: UUID, datos: Mapping[str, Any], op_id: UUID) -> dict[str, Any]:
    """Answer a message on the same sheet, as the COE it went to; outside COEs the sender notes what was answered.

    :raises NotFound: this COE does not answer such a message.
    :raises RuleBroken: `ya_respondido`, `coe_desactivado`.
    :raises Invalid: the answer lacks something.
    """
    asking = db.session.get(Coe, coe_id)
    found = message_of(asking, mensaje_id) if asking is not None else None
    if asking is None or found is None or not answers_here(found, coe_id):
        raise NotFound()
    sender, other = _locked(found.coe_id, found.coe_destino_id)
    found = message_of(sender, mensaje_id)  # once the rows are held: of two answers the second sees the first
    if found is None:
        raise NotFound()
    if found.respondido_en is not None:
        raise RuleBroken(
            "ya_respondido", "Este mensaje ya tiene su respuesta. Escriba un mensaje nuevo.", "respuesta"
        )
    answering = other or sender
    _refuse_ended(answering)
    if found.hoja is None:
        raise RuleBroken(
            "emergencia_disociada", "Lo que decía este mensaje se destruyó con los datos de la emergencia."
        )
    given = {name: value for name, value in datos.items() if name in _ANSWER}
    if not given.get("respuesta"):
        raise Invalid([Aviso("obligatorio", "Escriba la respuesta.", "respuesta")])
    result = _judge({**found.hoja, **given})
    answers = result.answers
    when = clock.as_utc(answers["respuesta_en"])
    entry = _answer_entry(answers, found, place_name(answering), place_name(sender))
    own = theirs = None
    if sender.desactivado_en is None:
        own = _note(
            sender, mensaje_id, "respuesta", when, answers, entry, mine=other is None, al_folio=found.folio
        )
    if other is not None:
        theirs = _note(other, mensaje_id, "respuesta", when, answers, entry, al_folio=found.folio_destino)
    captura_id = keep_sheet(
        sender, formato_of(SCI_213), answers, mensaje_id, when, version_de=_captura_of(mensaje_id)
    )
    actor = current_actor()
    values = {
        "id": op_id,
        "mensaje_id": mensaje_id,
        "captura_id": captura_id,
        "folio": own,
        "folio_destino": theirs,
        "ocurrido_en": when,
        "registrado_en": clock.now(),
        "cuenta_id": actor.cuenta_id if actor else None,
    }
    bulk_insert(db.session, MensajeRespuesta, [values])
    db.session.flush()
    return {
        "id": str(mensaje_id), "folio": own, "folio_destino": theirs, "estado": "respondido",
        "avisos": [a.as_dict() for a in avisos_of_row(result.warnings)],
    }  # fmt: skip


def _addressee(coe: Coe, para: str) -> tuple[Coe | None, Identity | None]:
    kind, _, key = para.partition(":")
    if kind == Destino.INSTITUCION:
        return None, None
    if kind == Destino.COE:
        other = next((c for c in related_coes(coe) if str(c.id) == key), None)
        if other is not None:
            return other, None
    if kind == Destino.CUENTA:
        who = next((p for p in people_of(coe) if str(p.id) == key), None)
        if who is not None:
            return None, who
    raise Invalid([Aviso("destino_desconocido", "Elija a quién va el mensaje.", "para")])


def _besides(hoja: Mapping[str, Any]) -> list[Aviso]:
    """What else the sheet lacks where nobody was chosen to receive it: all of it is said at once."""
    try:
        _judge(hoja)
    except Invalid as lacking:
        return [fault for fault in lacking.errores if not (fault.campo or "").startswith("para")]
    return []


def _locked(own: UUID, other: UUID | None) -> tuple[Coe, Coe | None]:
    """Both rows held until commit, always in the same order: two COEs that write to each other never block."""
    held = {
        key: db.session.get_one(Coe, key, with_for_update=True, populate_existing=True)
        for key in sorted({own} | ({other} if other else set()))
    }
    return held[own], held[other] if other else None


def _refuse_ended(coe: Coe) -> None:
    if coe.desactivado_en is not None:
        raise RuleBroken(
            "coe_desactivado", f"El {place_name(coe)} ya se desactivó: no envía ni responde mensajes."
        )


def _judge(raw: Mapping[str, Any]) -> Result:
    """:raises Invalid: the sheet lacks something, or a value is wrong."""
    result = validate(formato_of(SCI_213), raw, format_catalogos(), "completo", clock.now(), gate=False)
    if result.errors:
        raise Invalid(avisos_of_row(result.errors))
    return result


def _who(answers: Mapping[str, Any], side: str, coe: str) -> str:
    """«Ana Cobo, directora · COE municipal de Nebaj», as the log says it."""
    name, post = answers.get(f"{side}_nombre"), answers.get(f"{side}_cargo")
    person = ", ".join(str(part) for part in (name, post) if part and part != coe)
    return " · ".join(part for part in (person, coe) if part)[:160]


def _entry_of(answers: Mapping[str, Any], sender: str, other: str) -> dict[str, str]:
    return {
        "asunto": str(answers["asunto"])[:140],
        "detalle": str(answers["mensaje"]),
        "origen": _who(answers, "de", sender),
        "destino": _who(answers, "para", other),
    }


def _answer_entry(
    answers: Mapping[str, Any], mensaje: Mensaje, answering: str, sender: str
) -> dict[str, str]:
    by = answering if mensaje.destino == Destino.COE else ""
    return {
        "asunto": f"Respuesta: {answers['asunto']}"[:140],
        "detalle": str(answers["respuesta"]),
        "origen": _who(answers, "respuesta", by),
        "destino": _who(answers, "de", sender),
    }


def _note(
    coe: Coe,
    mensaje_id: UUID,
    what: str,
    when: datetime,
    answers: Mapping[str, Any],
    entry: Mapping[str, str],
    *,
    mine: bool = True,
    al_folio: int | None = None,
) -> int:
    """Write the entry of a message or an answer in a log; its id comes of the message, so that it is one for ever.

    ``mine``: who writes it sits in this COE; in the other log it is of no account.
    """
    medio, detalle = answers.get("medio"), entry["detalle"]
    if al_folio is not None:
        detalle = f"{detalle}\nResponde al folio {al_folio}."
    body = write_entrada(
        coe.id,
        EntradaNueva(
            id=uuid5(mensaje_id, f"{what}:{coe.id}"),
            ocurrido_en=when,
            tipo=TipoEntrada.MENSAJE,
            asunto=entry["asunto"],
            detalle=detalle,
            prioridad=str(answers.get("prioridad") or "rutina"),
            origen=entry["origen"],
            destino=entry["destino"] or None,
            medio=str(medio) if medio and medio != "otro" else None,
            del_sistema=not mine,
        ),
    )
    folio: int = body["folio"]
    return folio


def _captura_of(mensaje_id: UUID) -> UUID:
    captura_id: UUID = run(select(_M.c.captura_id).where(_M.c.id == mensaje_id)).scalar_one()
    return captura_id
