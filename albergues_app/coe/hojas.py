"""The sheets of the SCI in a COE: kept sealed as they were filled in, opened again, drawn on paper."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from albergues_app.audit.listener import bulk_insert
from albergues_app.audit.models import Captura
from albergues_app.audit.sealing import digest, open_json, seal_for, seal_json
from albergues_app.coe.models import Coe
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.instance import is_training
from albergues_app.core.keys import KeyMissing
from albergues_app.core.unit_of_work import current_actor
from albergues_app.emergencias.models import Emergencia
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Campo, Formato, Notice, Repetible, answers_to_json, validate
from albergues_app.formats.outputs.pdf import Encabezado, PdfJob, render_many, render_pdf
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.territorio.catalogo import catalogo

_CONTEXT = "captura.respuestas"
_FEW_ROWS = 100
"""Rows of a sheet that a web worker still draws by itself."""


def keep_sheet(
    coe: Coe,
    formato: Formato,
    answers: Mapping[str, Any],
    of: UUID,
    ocurrido_en: datetime,
    version_de: UUID | None = None,
) -> UUID:
    """Keep a filled sheet of a COE sealed with the key of its emergency; returns the id of the Captura.

    :raises RuleBroken: `emergencia_disociada`.
    """
    actor, moment = current_actor(), clock.now()
    try:
        sealed = seal_json(seal_for(coe.emergencia_id), answers_to_json(answers), _CONTEXT)
    except KeyMissing as error:
        raise RuleBroken(
            "emergencia_disociada",
            "Los datos de esta emergencia ya se destruyeron: no admite hojas nuevas.",
        ) from error
    captura_id = uuid7()
    row = {
        "id": captura_id,
        "formato": formato.code,
        "edicion": str(formato.version),
        "emergencia_id": coe.emergencia_id,
        "activacion_id": None,
        "municipio_codigo": coe.municipio_codigo,
        "objeto_id": of,
        "version_de": version_de,
        "respuestas": sealed,
        "huella": digest(sealed),
        "folio": None,
        "cuenta_id": actor.cuenta_id if actor else None,
        "via": actor.via if actor else "sistema",
        "ocurrido_en": ocurrido_en,
        "capturado_en": moment,
        "registrado_en": moment,
    }
    bulk_insert(db.session, Captura, [row])
    return captura_id


def open_sheet(emergencia_id: UUID, sealed: bytes) -> dict[str, Any] | None:
    """The answers of a sheet; None when they were destroyed with the key of the emergency."""
    try:
        opened: dict[str, Any] = open_json(seal_for(emergencia_id), sealed, _CONTEXT)
    except KeyMissing:
        return None
    return opened


def read_answers(formato: Formato, answers: Mapping[str, Any], when: datetime) -> dict[str, Any]:
    """Stored answers as typed values, judged as of the hour they were written."""
    return validate(formato, answers, format_catalogos(), "rapido", when, gate=False).answers


def sheet_pdf(
    coe: Coe, formato: Formato, answers: Mapping[str, Any], huella: str = "", folio: str = ""
) -> bytes:
    """A filled sheet on the official layout, to be signed by hand."""
    known, emergencia = catalogo(), db.session.get_one(Emergencia, coe.emergencia_id)
    job = PdfJob(
        formato=formato,
        answers=read_answers(formato, answers, clock.now()),
        encabezado=Encabezado(
            evento=emergencia.nombre,
            departamento=known.departamento_nombre(coe.departamento_codigo)
            if coe.departamento_codigo
            else "",
            municipio=known.municipio_nombre(coe.municipio_codigo) if coe.municipio_codigo else "",
            folio=folio,
        ),
        huella=huella,
        gate=False,
        capacitacion=is_training(),
    )
    rows = max((len(answers.get(r.name) or ()) for r in formato.repetibles), default=0)
    if rows > _FEW_ROWS:
        return render_many([job], format_catalogos())
    return render_pdf(job, format_catalogos())


@dataclass(frozen=True)
class Leida:
    """A section of a sheet as a page shows it: pairs of label and text, or a table."""

    titulo: str
    pares: list[tuple[str, str]]
    columnas: list[str]
    filas: list[list[str]]


def sections_of(formato: Formato, answers: Mapping[str, Any], without: Collection[str] = ()) -> list[Leida]:
    """A filled sheet in words, what is empty left out. ``answers`` are typed values; ``without``: fields not shown."""
    catalogos, found = format_catalogos(), []

    def text(campo: Campo, row: Mapping[str, Any]) -> str:
        values = {suffix: row.get(campo.key(suffix)) for suffix in campo.type.schema()}
        given = {suffix: value for suffix, value in values.items() if value is not None}
        return campo.type.to_text(given, catalogos) if given else ""

    for section in formato.secciones:
        if isinstance(section, Repetible):
            rows = [[text(c, row) for c in section.campos] for row in answers.get(section.name) or ()]
            used = [n for n, _ in enumerate(section.campos) if any(row[n] for row in rows)]
            found.append(
                Leida(
                    section.title, [], [section.campos[n].brief for n in used],
                    [[row[n] for n in used] for row in rows],
                )
            )  # fmt: skip
        else:
            shown = [c for c in section.campos if c.name not in without]
            pairs = [(c.label, said) for c in shown if (said := text(c, answers))]
            if pairs:
                found.append(Leida(section.title, pairs, [], []))
    return found


def formato_of(code: str) -> Formato:
    """The edition in use."""
    return formatos.latest(code)


def fits(text: str, limit: int = 120) -> str:
    """What the system fills in of a sheet, no longer than its field: a person is never asked to mend it."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def campos_of(formato: Formato, section: str = "") -> dict[str, Campo]:
    """The fields of a repeating section, or those of no repeating section, by name: their words are the screen's."""
    for repetible in formato.repetibles:
        if repetible.name == section:
            return {c.name: c for c in repetible.campos}
    return {c.name: c for c in formato.campos}


def options_of(campo: Campo) -> list[tuple[str, str]]:
    """(code, label) of a list of the format, for a field of a page."""
    return [(o.code, o.label) for o in campo.type.options_shown(False)]


def avisos_of_row(notices: tuple[Notice, ...], prefix: str = "") -> list[Aviso]:
    """Notices of the engine as the page says them, without the path of the row they are of."""
    return [Aviso(n.codigo, n.mensaje, (n.campo or "").removeprefix(prefix) or None) for n in notices]
