"""Keep a filled format, correct it by a new version, annul it. The answers were judged by ``validate`` before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from albergues_app.accounts.models import Cuenta
from albergues_app.audit.listener import bulk_insert
from albergues_app.audit.models import Captura
from albergues_app.audit.sealing import digest, open_json, seal_for, seal_json
from albergues_app.capturas.adjuntos import link_files
from albergues_app.capturas.gate import at_the_gate
from albergues_app.capturas.models import Borrador, EstadoRegistro, Registro
from albergues_app.capturas.places import Lugar
from albergues_app.capturas.rows import Ids, ids_after, ids_of, with_ids
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.core.errors import Aviso, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import (
    Attachment,
    Choice,
    Formato,
    Level,
    Result,
    answers_to_json,
    completeness,
    fold,
    validate,
)
from albergues_app.formats.outputs.web_form import flatten
from albergues_app.ocupacion import dissociation
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.pliegos.models import FolioPapel
from albergues_app.pliegos.services import Donde, forget_reasons, release_folios, use_folio

_MOMENTS = ("ocurrido_en", "corte", "fecha_hora", "fecha", "abierta_en", "inicio")
"""Names under which formats say when it happened, the surest first."""

_HEADING = {"departamento", "municipio", "albergue", "albergue_codigo", "evento", "folio", *_MOMENTS}


@dataclass(frozen=True)
class RegistroNuevo:
    """A filled format to keep. ``id`` is the client's."""

    id: UUID
    formato: Formato
    lugar: Lugar
    result: Result
    capturado_en: datetime | None = None
    folio: str | None = None
    completo: bool = False
    """Judged as complete, to be signed."""
    filas: Ids = field(default_factory=dict)
    """Which row of a correction is which row of the version before."""


def save_registro(datos: RegistroNuevo) -> dict[str, Any]:
    """Write the record and its first version; returns the resource. The caller's unit of work commits."""
    moment = clock.now()
    row = Registro(**_registro_row(datos, moment, _keep(datos, moment, None)))
    db.session.add(row)
    db.session.flush()
    link_files(row.id, datos.formato, datos.result.answers)
    return _with_paper(body_of(row, datos.result), datos)


def save_registros(lote: Sequence[RegistroNuevo]) -> None:
    """Many new records, one statement a table; the caller's unit of work commits."""
    moment = clock.now()
    sheets = [_captura_row(datos, moment, None) for datos in lote]
    rows = [_registro_row(datos, moment, sheet["id"]) for datos, sheet in zip(lote, sheets, strict=True)]
    bulk_insert(db.session, Captura, sheets)
    bulk_insert(db.session, Registro, rows)
    for datos in lote:
        _use_paper(datos)


def _registro_row(datos: RegistroNuevo, moment: datetime, captura_id: UUID) -> dict[str, Any]:
    """Every column of a new Registro."""
    lugar, actor = datos.lugar, current_actor()
    return {
        "id": datos.id,
        "formato": datos.formato.code,
        "edicion": datos.formato.version,
        "area": datos.formato.area.value,
        "emergencia_id": lugar.emergencia_id,
        "activacion_id": lugar.activacion_id,
        "albergue_id": lugar.albergue_id,
        "departamento_codigo": lugar.departamento,
        "municipio_codigo": lugar.municipio,
        "albergue_codigo": lugar.albergue_codigo,
        "captura_id": captura_id,
        "version": 1,
        "folio": _folio(datos),
        "registrado_en": moment,
        "cuenta_id": actor.cuenta_id if actor else None,
        "motivo": None,
        **_described(datos, moment),
    }


def correct_registro(row: Registro, datos: RegistroNuevo, motivo: str, version: int) -> dict[str, Any]:
    """A new version of the one numbered ``version``, which stays as it was.

    :raises RuleBroken: `registro_anulado`, `version_cambiada` (somebody corrected it meanwhile), `falta_motivo`.
    """
    living(row)
    if row.version != version:
        raise RuleBroken("version_cambiada", _who_was_faster(row), "version")
    reason = clean(motivo)[:300]
    if not reason:
        raise RuleBroken("falta_motivo", "Escriba por qué se corrige.", "motivo")
    moment = clock.now()
    row.captura_id = _keep(datos, moment, row.captura_id)
    row.version += 1
    row.motivo = reason
    row.folio = _folio(datos) or row.folio
    for name, value in _described(datos, moment).items():
        setattr(row, name, value)
    db.session.flush()
    link_files(row.id, datos.formato, datos.result.answers)
    release_folios(row.id, row.folio)
    return _with_paper(body_of(row, datos.result), datos)


def _who_was_faster(row: Registro) -> str:
    captura = db.session.get_one(Captura, row.captura_id)
    cuenta = db.session.get(Cuenta, captura.cuenta_id) if captura.cuenta_id else None
    when = f"{clock.to_local(row.actualizado_en):%d/%m/%Y a las %H:%M}"
    return (
        f"{cuenta.nombre if cuenta else 'Un programa'} corrigió esta hoja el {when}; va en la versión {row.version}. "
        "Lo que usted escribió sigue aquí: compárelo con lo que quedó antes de guardar."
    )


def registro_for_update(registro_id: UUID) -> Registro:
    """The row to correct or annul, held until the unit of work ends: of two at once the second sees the first."""
    return db.session.get_one(Registro, registro_id, with_for_update=True)


def annul_registro(row: Registro, motivo: str) -> dict[str, Any]:
    """It no longer counts and stays readable. :raises RuleBroken: `registro_anulado`, `falta_motivo`."""
    living(row)
    reason = clean(motivo)[:300]
    if not reason:
        raise RuleBroken("falta_motivo", "Escriba por qué se anula.", "motivo")
    row.estado, row.motivo, row.actualizado_en = EstadoRegistro.ANULADO, reason, clock.now()
    db.session.flush()
    return body_of(row)


def answers_of(row: Registro, captura: Captura | None = None) -> dict[str, Any]:
    """The answers of the version in force, or of an older one, as they were given.

    :raises NotFound: the key of its emergency was destroyed.
    """
    found = captura or db.session.get_one(Captura, row.captura_id)
    try:
        opened: dict[str, Any] = open_json(
            seal_for(found.emergencia_id), found.respuestas, "captura.respuestas"
        )
    except KeyMissing as error:
        raise NotFound() from error
    return opened


def typed_with_ids(
    row: Registro, formato: Formato, answers: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, list[str | None]]]:
    """``typed_answers`` and the ids of its rows."""
    result = validate(formato, answers, format_catalogos(), "rapido", row.actualizado_en, gate=False)
    return result.answers, ids_after(result, ids_of(formato, row.captura_id, answers))


def typed_answers(row: Registro, formato: Formato, answers: dict[str, Any]) -> dict[str, Any]:
    """The stored answers as typed values, read at the hour they were taken."""
    return validate(formato, answers, format_catalogos(), "rapido", row.actualizado_en, gate=False).answers


def read_registros(keys: Sequence[UUID]) -> Iterator[tuple[Registro, dict[str, Any]]]:
    """Records with their answers in the order of ``keys``; those whose emergency's key was destroyed are left out."""
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        found = db.session.execute(
            select(Registro, Captura)
            .join(Captura, Captura.id == Registro.captura_id)
            .where(Registro.id.in_(some))
        )
        by_id = {row.id: (row, captura) for row, captura in found}
        for row, captura in (by_id[key] for key in some if key in by_id):
            try:
                yield row, answers_of(row, captura)
            except NotFound:
                continue


def edition_of(row: Registro) -> Formato:
    """The edition it was taken on."""
    return formatos.get(row.formato, row.edicion)


def forget_words(emergencia_id: UUID) -> None:
    """With the key of an emergency goes what could still be read of its filled formats."""
    for row in db.session.scalars(select(Registro).where(Registro.emergencia_id == emergencia_id)):
        row.titulo, row.texto, row.motivo = "", "", None
    db.session.flush()
    db.session.execute(delete(table_of(Borrador)).where(Borrador.emergencia_id == emergencia_id))
    forget_reasons(emergencia_id)


dissociation.ALSO.append(forget_words)
dissociation.WIPED += [Registro, FolioPapel]


def body_of(row: Registro, result: Result | None = None) -> dict[str, Any]:
    """The resource as the API answers it: never the answers themselves."""
    avisos = [*(result.warnings if result else ()), *(result.pending if result else ())]
    return {
        "id": str(row.id),
        "formato": row.formato,
        "edicion": row.edicion,
        "activacion": str(row.activacion_id) if row.activacion_id else None,
        "municipio": row.municipio_codigo,
        "departamento": row.departamento_codigo,
        "estado": row.estado,
        "version": row.version,
        "folio": row.folio,
        "completitud": row.completitud,
        "ocurrido_en": clock.iso(row.ocurrido_en),
        "registrado_en": clock.iso(row.registrado_en),
        "avisos": [{"codigo": n.codigo, "mensaje": n.mensaje, "campo": n.campo or None} for n in avisos],
    }


def living(row: Registro) -> None:
    """:raises RuleBroken: `registro_anulado`."""
    if row.estado == EstadoRegistro.ANULADO:
        raise RuleBroken("registro_anulado", "Este registro está anulado: llene uno nuevo.")


def _keep(datos: RegistroNuevo, moment: datetime, version_de: UUID | None) -> UUID:
    row = _captura_row(datos, moment, version_de)
    bulk_insert(db.session, Captura, [row])
    captura_id: UUID = row["id"]
    return captura_id


def _captura_row(datos: RegistroNuevo, moment: datetime, version_de: UUID | None) -> dict[str, Any]:
    """Every column of a version; the answers sealed, the fingerprint over the sealed bytes."""
    actor, lugar = current_actor(), datos.lugar
    given = with_ids(datos.formato, answers_to_json(datos.result.answers), datos.filas)
    sealed = seal_json(seal_for(lugar.emergencia_id), given, "captura.respuestas")
    return {
        "id": uuid7(),
        "formato": datos.formato.code,
        "edicion": str(datos.formato.version),
        "emergencia_id": lugar.emergencia_id,
        "activacion_id": lugar.activacion_id,
        "municipio_codigo": lugar.municipio,
        "objeto_id": datos.id,
        "version_de": version_de,
        "respuestas": sealed,
        "huella": digest(sealed),
        "folio": _folio(datos),
        "cuenta_id": actor.cuenta_id if actor else None,
        "via": actor.via if actor else "sistema",
        "ocurrido_en": happened(datos.result.answers, moment),
        "capturado_en": datos.capturado_en or moment,
        "registrado_en": moment,
    }


def _described(datos: RegistroNuevo, moment: datetime) -> dict[str, Any]:
    answers = datos.result.answers
    gate = datos.formato.at_gate
    found_by = at_the_gate(datos.formato, answers) if gate else answers
    words = " ".join(fold(text) for text in flatten(datos.formato, found_by).values())
    place = fold(f"{datos.lugar.nombre} {datos.lugar.albergue_codigo or ''}")
    return {
        "estado": EstadoRegistro.COMPLETO if datos.completo else EstadoRegistro.GUARDADO,
        "titulo": summary(datos.formato, answers),
        "texto": f"{place} {words}"[:20_000],
        "completitud": completeness(datos.formato, answers, moment, gate),
        "ocurrido_en": happened(answers, moment),
        "capturado_en": datos.capturado_en or moment,
        "actualizado_en": moment,
    }


def _with_paper(body: dict[str, Any], datos: RegistroNuevo) -> dict[str, Any]:
    body["avisos"] += [aviso.as_dict() for aviso in _use_paper(datos)]
    return body


def _use_paper(datos: RegistroNuevo) -> list[Aviso]:
    """Tie the folio of the paper this was copied from; what there is to tell of it."""
    folio, lugar = _folio(datos), datos.lugar
    if not folio:
        return []
    here = Donde(
        departamento=lugar.departamento,
        municipio=lugar.municipio,
        albergue_id=lugar.albergue_id,
        activacion_id=lugar.activacion_id,
    )
    return use_folio(folio, datos.formato.code, here, registro_id=datos.id)


def _folio(datos: RegistroNuevo) -> str | None:
    answers = datos.result.answers
    given = datos.folio or answers.get("folio_papel") or answers.get("folio")
    return clean(str(given))[:40] if given else None


def happened(answers: Mapping[str, Any], moment: datetime) -> datetime:
    """When what was written happened, by the format's own field; now where it has none."""
    for name in _MOMENTS:
        value = answers.get(name)
        if isinstance(value, datetime):
            return clock.as_utc(value)
        if isinstance(value, date):
            return clock.as_utc(datetime.combine(value, time(0), clock.LOCAL))
    return moment


def summary(formato: Formato, answers: Mapping[str, Any]) -> str:
    """The first answers that say nothing of a person, for lists: «Queja · Cocina · 3»."""
    words: list[str] = []
    for campo in formato.campos:
        value = answers.get(campo.name)
        delicate = campo.sensitive or campo.level > Level.N2 or not campo.gate or campo.auto
        if (
            value is None
            or delicate
            or campo.name in _HEADING
            or isinstance(value, bool | list | dict)
            or isinstance(campo.type, Attachment)
        ):
            continue
        label = next((o.label for o in campo.type.options_shown(False) if o.code == value), None)
        if label is None and isinstance(campo.type, Choice):
            continue
        words.append((label or flatten(formato, {campo.name: value}).get(campo.name, ""))[:60])
        if len(words) == 3:
            break
    return " · ".join(word for word in words if word)
