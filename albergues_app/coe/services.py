"""Activate a COE, deactivate it, and write its log. The outermost caller opens ``unit_of_work``."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app

from albergues_app.accounts.models import Cuenta
from albergues_app.audit.listener import bulk_insert
from albergues_app.audit.sealing import digest, seal_for, seal_json
from albergues_app.coe import adjuntos, enlaces, verificador
from albergues_app.coe.grados import open_history
from albergues_app.coe.in_force import closed_until, refuse_out_of_shift, shift_at
from albergues_app.coe.models import AdjuntoCoe, Coe, EntradaCoe, GradoCoe, NivelCoe
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.keys import KeyMissing
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import Actor, current_actor
from albergues_app.territorio.catalogo import catalogo

CONTEXT = "coe_entrada.contenido"


@dataclass(frozen=True)
class CoeNuevo:
    """An activation as asked for; place by INE code, according to its level."""

    id: UUID
    emergencia_id: UUID
    nivel: str
    departamento: str | None
    municipio: str | None
    activado_en: datetime
    acta_numero: str | None = None
    autoridad: str | None = None
    grado: str = GradoCoe.TOTAL


def check_place(nivel: str, departamento: str | None, municipio: str | None) -> tuple[str | None, str | None]:
    """The place that a level asks for: (department, municipality).

    :raises Invalid: missing, unknown, or of another level.
    """
    known, faults = catalogo(), []
    if nivel == NivelCoe.NACIONAL:
        if departamento or municipio:
            faults.append(
                Aviso("lugar_de_mas", "El COE nacional no lleva departamento ni municipio.", "nivel")
            )
        return _or_invalid(faults, (None, None))
    if nivel == NivelCoe.DEPARTAMENTAL:
        if municipio:
            faults.append(Aviso("lugar_de_mas", "El COE departamental no lleva municipio.", "municipio"))
        if departamento not in known.departamentos:
            faults.append(
                Aviso(
                    "departamento_desconocido", "Elija el departamento del COE por su código.", "departamento"
                )
            )
        return _or_invalid(faults, (departamento, None))
    if municipio not in known.municipios:
        faults.append(
            Aviso("municipio_desconocido", "Elija el municipio del COE por su código.", "municipio")
        )
    elif departamento and departamento != municipio[:2]:
        faults.append(Aviso("otro_departamento", "Ese municipio es de otro departamento.", "departamento"))
    return _or_invalid(faults, (municipio[:2] if municipio else None, municipio))


def _or_invalid(faults: list[Aviso], place: tuple[str | None, str | None]) -> tuple[str | None, str | None]:
    if faults:
        raise Invalid(faults)
    return place


def header_of(coe: Coe) -> dict[str, Any]:
    """The data of an activation that its log stands on: they do not change."""
    return {
        "id": str(coe.id),
        "emergencia": str(coe.emergencia_id),
        "nivel": coe.nivel,
        "departamento": coe.departamento_codigo,
        "municipio": coe.municipio_codigo,
        "activado_en": instant(coe.activado_en),
        "acta": coe.acta_numero,
    }


def instant(when: datetime) -> str:
    """An instant as hashes and exports spell it: UTC with microseconds."""
    return clock.as_utc(when).isoformat(timespec="microseconds")


def activate_coe(datos: CoeNuevo) -> tuple[Coe, list[Aviso]]:
    """Put a COE to work. Several may work at once, also at one place: each emergency asks for its own.

    :raises Invalid: the place does not fit the level.
    """
    departamento, municipio = check_place(datos.nivel, datos.departamento, datos.municipio)
    avisos: list[Aviso] = []
    if not datos.acta_numero:
        avisos.append(
            Aviso(
                "acta_pendiente",
                "Falta el número del acta de activación. Anótelo en «Grado y alertas» cuando lo tenga.",
                "acta",
            )
        )
    coe = Coe(
        id=datos.id,
        emergencia_id=datos.emergencia_id,
        nivel=datos.nivel,
        departamento_codigo=departamento,
        municipio_codigo=municipio,
        grado=datos.grado,
        autoridad=clean(datos.autoridad) if datos.autoridad else None,
        acta_numero=clean(datos.acta_numero) if datos.acta_numero else None,
        activado_en=datos.activado_en,
        registrado_en=clock.now(),
        ultimo_folio=0,
    )
    coe.cabeza = verificador.hash_of_coe(header_of(coe))
    db.session.add(coe)
    db.session.flush()
    open_history(coe)
    return coe, avisos


def deactivate_coe(coe_id: UUID, when: datetime, motivo: str) -> Coe:
    """End the activation; its log is read and exported for ever, and no longer written.

    :raises RuleBroken: `coe_desactivado`, `antes_de_activarse`, `falta_motivo`.
    """
    coe = _locked(coe_id)
    _refuse_ended(coe)
    if when < coe.activado_en:
        raise RuleBroken("antes_de_activarse", "La hora es anterior a la activación.", "desactivado_en")
    if not clean(motivo):
        raise RuleBroken("falta_motivo", "Escriba por qué se desactiva.", "motivo")
    coe.desactivado_en, coe.motivo = when, clean(motivo)
    db.session.flush()
    return coe


@dataclass(frozen=True)
class EntradaNueva:
    """An entry as somebody writes it. ``id`` is the client's."""

    id: UUID
    ocurrido_en: datetime
    tipo: str
    asunto: str
    detalle: str
    prioridad: str = "rutina"
    origen: str | None = None
    destino: str | None = None
    medio: str | None = None
    turno: str | None = None
    periodo: str | None = None
    territorio: str | None = None
    rectifica_a: int | None = None
    requiere_accion: bool = False
    adjuntos: tuple[UUID, ...] = ()
    """Files kept before (``adjuntos.keep_file``), in their order."""
    del_sistema: bool = False
    """Nobody of this COE typed it: it came from another one, and is of no account here."""


def write_entrada(coe_id: UUID, datos: EntradaNueva) -> dict[str, Any]:
    """Write an entry under the next folio; returns the resource with its ``avisos``.

    The activation's row is locked until commit (PostgreSQL), or the writer's lock is held (SQLite): folios have
    no gaps and links never fork, whoever dies half-way.

    :raises RuleBroken: `coe_desactivado`, `turno_sin_aceptar`, `rectifica_desconocido`, `emergencia_disociada`.
    """
    coe, moment, actor = _locked(coe_id), clock.now(), None if datos.del_sistema else current_actor()
    _refuse_ended(coe)
    if not datos.del_sistema:
        refuse_out_of_shift(coe_id)
    if datos.rectifica_a is not None and not 1 <= datos.rectifica_a <= coe.ultimo_folio:
        raise RuleBroken(
            "rectifica_desconocido", f"No hay folio {datos.rectifica_a} que rectificar.", "rectifica_a"
        )
    textos: dict[str, Any] = {
        "asunto": datos.asunto,
        "detalle": datos.detalle,
        "origen": datos.origen or _writer(actor),
        "destino": datos.destino or None,
    }
    sal = secrets.token_hex(16)
    try:
        files = _files(coe, datos, actor)
        if files:
            textos["nombres"] = [f.nombre for f in adjuntos.named(coe, files)]
        contenido = seal_json(seal_for(coe.emergencia_id), {"sal": sal, **textos}, CONTEXT)
    except KeyMissing as error:
        raise RuleBroken(
            "emergencia_disociada",
            "Los datos de esta emergencia ya se destruyeron: no admite entradas nuevas.",
        ) from error
    named = enlaces.named_in(f"{datos.asunto} {datos.detalle}", coe)
    turno, periodo = shift_at(coe_id, datos.ocurrido_en)
    closed = closed_until(coe_id)
    in_closed = closed is not None and datos.ocurrido_en < closed
    late = moment - datos.ocurrido_en > timedelta(minutes=current_app.config["COE_TARDIO_MINUTOS"])
    row: dict[str, Any] = {
        "id": datos.id,
        "coe_id": coe.id,
        "folio": coe.ultimo_folio + 1,
        "ocurrido_en": datos.ocurrido_en,
        "registrado_en": moment,
        "tipo": datos.tipo,
        "prioridad": datos.prioridad,
        "medio": datos.medio or None,
        "turno": datos.turno or turno,
        "periodo": datos.periodo or periodo,
        "albergue_codigo": named.albergue,
        "territorio": datos.territorio or named.municipio or coe.municipio_codigo or coe.departamento_codigo,
        "rectifica_a": datos.rectifica_a,
        "tardio": late or in_closed,
        "cuenta_id": actor.cuenta_id if actor else None,
        "texto": verificador.hash_of_texts(sal, textos),
        "contenido": contenido,
        "requiere_accion": datos.requiere_accion,
        "adjuntos": verificador.canonical(adjuntos.chained_files(files)) if files else None,
        "sellado": digest(contenido),
        "anterior": coe.cabeza,
    }
    row["huella"] = verificador.hash_of_entry(coe.cabeza, chained(row))
    bulk_insert(db.session, EntradaCoe, [row])
    for file in files:
        file.entrada_id = datos.id
    coe.ultimo_folio, coe.cabeza = row["folio"], row["huella"]
    db.session.flush()
    return {**body_of(row, textos), "avisos": [a.as_dict() for a in _warnings(coe, datos, late, in_closed)]}


def chained(row: Any) -> dict[str, Any]:
    """An entry as its hash and its exports spell it, without its texts."""
    cuenta = row["cuenta_id"]
    return {
        "folio": row["folio"],
        "id": str(row["id"]),
        "ocurrido_en": instant(row["ocurrido_en"]),
        "registrado_en": instant(row["registrado_en"]),
        "tipo": row["tipo"],
        "prioridad": row["prioridad"],
        "medio": row["medio"],
        "turno": row["turno"],
        "periodo": row["periodo"],
        "albergue": row["albergue_codigo"],
        "territorio": row["territorio"],
        "rectifica_a": row["rectifica_a"],
        "tardio": row["tardio"],
        "cuenta": str(cuenta) if cuenta else None,
        "texto": row["texto"],
        **(_since_edition_2(row) if row["sellado"] is not None else {}),
    }


def _since_edition_2(row: Any) -> dict[str, Any]:
    return {
        "sellado": row["sellado"],
        "requiere_accion": bool(row["requiere_accion"]),
        "adjuntos": json.loads(row["adjuntos"]) if row["adjuntos"] else None,
    }


def body_of(row: Any, textos: dict[str, Any]) -> dict[str, Any]:
    """An entry as the API answers it."""
    return {
        "id": str(row["id"]),
        "coe": str(row["coe_id"]),
        "folio": row["folio"],
        "ocurrido_en": clock.iso(row["ocurrido_en"]),
        "registrado_en": clock.iso(row["registrado_en"]),
        "tipo": row["tipo"],
        "asunto": textos["asunto"],
        "detalle": textos["detalle"],
        "prioridad": row["prioridad"],
        "origen": textos["origen"],
        "destino": textos["destino"],
        "medio": row["medio"],
        "turno": row["turno"],
        "periodo": row["periodo"],
        "albergue": row["albergue_codigo"],
        "territorio": row["territorio"],
        "rectifica_a": row["rectifica_a"],
        "tardio": row["tardio"],
        "requiere_accion": row["requiere_accion"],
        "adjuntos": adjuntos.told(row["adjuntos"], textos.get("nombres")),
        "huella": row["huella"],
    }


def _warnings(coe: Coe, datos: EntradaNueva, late: bool, in_closed: bool) -> list[Aviso]:
    avisos = []
    if datos.ocurrido_en < coe.activado_en:
        avisos.append(
            Aviso("antes_de_activarse", "El hecho es anterior a la activación del COE.", "ocurrido_en")
        )
    if in_closed:
        said = "Queda marcada como registro tardío en período cerrado."
        avisos.append(Aviso("periodo_cerrado", said, "ocurrido_en"))
    elif late:
        avisos.append(Aviso("registro_tardio", "Queda marcada como registro tardío.", "ocurrido_en"))
    return avisos


def _files(coe: Coe, datos: EntradaNueva, actor: Actor | None) -> list[AdjuntoCoe]:
    found = adjuntos.waiting(coe, actor.cuenta_id if actor else None, datos.adjuntos)
    if len(found) != len(set(datos.adjuntos)):
        raise Invalid([Aviso("adjunto_perdido", "Un archivo ya no está. Elíjalo otra vez.", "adjuntos")])
    if len(found) > adjuntos.MAX:
        raise Invalid(
            [Aviso("muchos_adjuntos", f"Caben {adjuntos.MAX} archivos en una entrada.", "adjuntos")]
        )
    return found


def _writer(actor: Actor | None) -> str | None:
    """Who tells what nobody else is said to have told: the person who writes it, by the name of the account."""
    cuenta = db.session.get(Cuenta, actor.cuenta_id) if actor and actor.cuenta_id else None
    return (cuenta.nombre if cuenta else "") or (actor.nombre if actor else "") or None


def _locked(coe_id: UUID) -> Coe:
    coe = db.session.get(Coe, coe_id, with_for_update=True, populate_existing=True)
    if coe is None:
        raise NotFound()
    return coe


def _refuse_ended(coe: Coe) -> None:
    if coe.desactivado_en is not None:
        raise RuleBroken("coe_desactivado", "Este COE ya se desactivó: su bitácora no admite entradas.")
