"""The sketch of the SCI-201: a photograph or PDF that the log keeps as a file of an entry, and its sheet of paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

from albergues_app.coe import adjuntos
from albergues_app.coe.models import Coe, TipoEntrada
from albergues_app.coe.paper import place_name
from albergues_app.coe.services import EntradaNueva, write_entrada
from albergues_app.core.db import db
from albergues_app.core.documents import render_typst
from albergues_app.core.errors import NotFound
from albergues_app.core.ids import uuid7
from albergues_app.core.instance import is_training
from albergues_app.core.small_picture import shrink
from albergues_app.emergencias.models import Emergencia

CAMPO = "croquis"


def sketch_of(answers: Mapping[str, Any] | None) -> UUID | None:
    """The file that a summary names as its sketch."""
    try:
        return UUID(str((answers or {}).get(CAMPO) or ""))
    except ValueError:
        return None  # a sheet that came from outside names its file in its own way


def sketch_in_log(coe: Coe, answers: Mapping[str, Any] | None) -> UUID | None:
    """The same, when the log holds it: the sketch of a sheet of paper stays with its own record."""
    file_id = sketch_of(answers)
    row = adjuntos.file_of(coe, file_id) if file_id is not None else None
    return file_id if row is not None and row.entrada_id is not None else None


def keep_in_log(coe: Coe, file_id: UUID, version: int, when: datetime) -> int:
    """Write the entry that the sketch is a file of, which makes it part of the chain; returns its folio.

    :raises Invalid: `adjunto_perdido`. :raises RuleBroken: as ``write_entrada``.
    """
    body = write_entrada(
        coe.id,
        EntradaNueva(
            id=uuid7(),
            ocurrido_en=when,
            tipo=TipoEntrada.REPORTE,
            asunto=f"Croquis del incidente, SCI-201 versión {version}",
            detalle="El croquis va adjunto y sale en el PDF del resumen.",
            adjuntos=(file_id,),
        ),
    )
    folio: int = body["folio"]
    return folio


def said_on_sheet(coe: Coe, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers with where the sketch is, in the place that the sheet has for it when nothing was written there."""
    if sketch_in_log(coe, answers) is None or answers.get("croquis_descripcion"):
        return dict(answers)
    return {**answers, "croquis_descripcion": "El croquis está en el anexo, la última hoja."}


def with_sketch(coe: Coe, sheet: bytes, answers: Mapping[str, Any] | None, version: int) -> bytes:
    """The PDF of a summary with its sketch on a sheet of its own; as it is when it has none to be read."""
    file_id = sketch_in_log(coe, answers)
    row = adjuntos.file_of(coe, file_id) if file_id is not None else None
    if row is None:
        return sheet
    try:
        tipo, content = adjuntos.open_file(coe, row.id)
    except NotFound:
        return sheet
    from pypdf import PdfWriter

    small = shrink(content) if tipo != "pdf" else None
    data = {
        "titulo": "Anexo del SCI-201: croquis del incidente",
        "lugar": place_name(coe),
        "emergencia": db.session.get_one(Emergencia, coe.emergencia_id).nombre,
        "version": f"Versión {version}",
        "archivo": "Fotografía adjunta a la bitácora" if small else "Archivo adjunto a la bitácora",
        "aviso": "El croquis es un archivo aparte, adjunto a la bitácora del COE con la huella que está al pie.",
        "huella": row.huella,
        "imagen": list(small or b""),
        "capacitacion": is_training(),
    }
    writer = PdfWriter(BytesIO(sheet))
    writer.append(BytesIO(render_typst("albergues_app.coe", "croquis.typ", data)))
    joined = BytesIO()
    writer.write(joined)
    return joined.getvalue()
