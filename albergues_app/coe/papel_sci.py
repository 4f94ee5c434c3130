"""The SCI-201, 211 and 213 that come as filled formats: a version of the summary, resources, a message.

They write by the services that their own pages use, to the COE that is active there, by who writes in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, select

from albergues_app.capturas.bindings import TELLERS, Teller
from albergues_app.capturas.rows import ids_of, with_ids
from albergues_app.capturas.services import RegistroNuevo
from albergues_app.coe import mensajes, recursos, resumen
from albergues_app.coe.mensajes_queries import message_of, people_of, related_coes
from albergues_app.coe.models import Coe
from albergues_app.coe.models_sci import EstadoRecurso, MensajeCoe, ResumenCoe
from albergues_app.coe.papel import coe_for, not_written, wrote
from albergues_app.coe.paper import place_name
from albergues_app.coe.recursos_queries import resource_of
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.formats.engine import answers_to_json, fold

_STAGES = (EstadoRecurso.LLEGO, EstadoRecurso.ASIGNADO, EstadoRecurso.DESMOVILIZADO)
_ANSWER = {"respuesta", "respuesta_en", "respuesta_nombre", "respuesta_cargo"}


def tell_summary(datos: RegistroNuevo, _before: Mapping[str, Any] | None, captura_id: UUID) -> list[Aviso]:
    """The next version of the SCI-201 of the COE, over the last one."""
    coe = coe_for(datos)
    if isinstance(coe, Aviso):
        return [coe]
    db.session.refresh(coe, with_for_update=True)
    last = db.session.scalar(select(func.max(ResumenCoe.version)).where(ResumenCoe.coe_id == coe.id)) or 0
    body = resumen.write_resumen(coe.id, datos.result.answers, last, uuid5(captura_id, "resumen"))
    return [wrote(datos, captura_id, coe, f"Escribió la versión {body['version']} del SCI-201 del COE")]


def tell_resources(datos: RegistroNuevo, before: Mapping[str, Any] | None, captura_id: UUID) -> list[Aviso]:
    """Each line is a resource: that it came, what it was assigned to, that it left; each fact once."""
    coe = coe_for(datos)
    if isinstance(coe, Aviso):
        return [coe]
    answers = with_ids(datos.formato, datos.result.answers, datos.filas)
    keys = ids_of(datos.formato, captura_id, answers)["recursos"]
    rows, plain = datos.result.answers["recursos"], answers_to_json(datos.result.answers)["recursos"]
    earlier = list((before or {}).get("recursos") or ())
    avisos: list[Aviso] = []
    facts, resources, stale = 0, 0, 0
    for key, row, line in zip(keys, rows, plain, strict=True):
        resource_id = uuid5(datos.id, f"recurso/{key}")
        added = _write_stages(coe, resource_id, row, line, avisos)
        facts, resources = facts + added, resources + bool(added)
        stale += not added and row not in earlier
    if facts:
        some = "1 recurso" if resources == 1 else f"{resources} recursos"
        avisos.append(wrote(datos, captura_id, coe, f"Anotó {some} en el SCI-211 del COE"))
    if stale:
        avisos.append(
            Aviso(
                "recurso_no_se_cambia",
                "Lo que cambió de un recurso ya anotado se corrige en «Recursos» del COE, con su motivo.",
                "recursos",
            )
        )
    return avisos


def _write_stages(
    coe: Coe, resource_id: UUID, row: Mapping[str, Any], line: Mapping[str, Any], avisos: list[Aviso]
) -> int:
    """The facts of a line that are not written yet; how many there were."""
    known = resource_of(coe, resource_id)
    done = _STAGES.index(EstadoRecurso(known.estado)) if known and known.estado in _STAGES else -1
    came, left = row.get("llegada_en"), row.get("desmovilizado_en")
    said = {
        EstadoRecurso.LLEGO: came,
        EstadoRecurso.ASIGNADO: came if row.get("asignacion") or row.get("albergue") else None,
        EstadoRecurso.DESMOVILIZADO: left,
    }
    number = known.numero if known else 0
    written = 0
    for stage in _STAGES[done + 1 :]:
        when = said[stage]
        if when is None:
            continue
        fila = {k: v for k, v in line.items() if k not in {"id", "llegada_en", "desmovilizado_en"}}
        paso = recursos.PasoNuevo(
            resource_id if number == 0 else uuid5(resource_id, stage.value),
            stage.value,
            clock.as_utc(when),
            fila,
            number,
        )
        body = recursos.write_paso(coe.id, resource_id if number else None, paso)
        avisos += [Aviso(a["codigo"], a["mensaje"], a["campo"]) for a in body["avisos"] if written == 0]
        number, written = int(body["paso"]), written + 1
    return written


def tell_message(datos: RegistroNuevo, _before: Mapping[str, Any] | None, captura_id: UUID) -> list[Aviso]:
    """The message, once, to the COE or the person of it that the sheet names, else to an institution; and its answer."""
    coe = coe_for(datos)
    if isinstance(coe, Aviso):
        return [coe]
    key, raw = uuid5(datos.id, "mensaje"), answers_to_json(datos.result.answers)
    avisos: list[Aviso] = []
    dice: list[str] = []
    try:
        if db.session.get(MensajeCoe, key) is None:
            if datos.result.pending:
                return [not_written("al mensaje le faltan datos; pasará cuando los tenga")]
            hoja = {name: value for name, value in raw.items() if name not in _ANSWER}
            body = mensajes.write_mensaje(coe.id, mensajes.MensajeNuevo(key, _to(coe, raw), hoja))
            dice.append(f"Envió el mensaje, folio {body['folio']} de la bitácora")
        if raw.get("respuesta"):
            told = _answer(coe, key, raw)
            if isinstance(told, str):
                dice.append(told)
            else:
                avisos.append(told)
    except RuleBroken as refused:
        return [not_written(refused.mensaje.rstrip(".").lower())]
    if dice:
        avisos.append(wrote(datos, captura_id, coe, "; ".join(dice)))
    return avisos


def _answer(coe: Coe, key: UUID, raw: Mapping[str, Any]) -> str | Aviso:
    """Note the answer that stands on the sheet; another COE answers by itself."""
    found = message_of(coe, key)
    if found is not None and found.respondido_en is not None:
        return Aviso("ya_respondido", "Este mensaje ya tenía su respuesta: quedó la primera.", "respuesta")
    if found is not None and found.coe_destino_id is not None:
        return Aviso("responde_el_otro", "La respuesta la anota el COE que recibió el mensaje.", "respuesta")
    body = mensajes.answer_mensaje(coe.id, key, raw, uuid5(key, "respuesta"))
    return f"Anotó la respuesta, folio {body['folio']}"


def _to(coe: Coe, raw: Mapping[str, Any]) -> str:
    """Whom a paper message is for: the one COE or the one account that it names, else an institution."""
    said = {fold(str(raw[name])) for name in ("para_nombre", "para_cargo") if raw.get(name)}
    coes = [c for c in related_coes(coe) if fold(place_name(c)) in said]
    if len(coes) == 1:
        return f"coe:{coes[0].id}"
    people = [p for p in people_of(coe) if fold(p.nombre) in said]
    return f"cuenta:{people[0].id}" if len(people) == 1 else "institucion"


TELLERS |= {
    resumen.SCI_201: Teller(
        tell_summary, no_annulment="Esta hoja ya es una versión del SCI-201 del COE: escriba otra versión."
    ),
    recursos.SCI_211: Teller(
        tell_resources,
        no_annulment="Sus recursos ya están en el COE: corríjalos allí, cada uno con su motivo.",
    ),
    mensajes.SCI_213: Teller(
        tell_message, no_annulment="El mensaje ya está en la bitácora del COE: rectifíquelo allí."
    ),
}
