"""Answers of the formats ↔ what the services take. No rule stands here: ``validate`` has already judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from albergues_app.core import clock
from albergues_app.core.errors import Aviso
from albergues_app.core.ids import uuid7
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato, Mode, NoAnswer, Notice, Result, answers_to_json, validate
from albergues_app.formats.outputs.web_form import flat_name
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.ocupacion.models import GRUPO_BIT, Grupo
from albergues_app.ocupacion.services.ingreso_rows import CapturaNueva, IngresoNuevo, PersonaNueva
from albergues_app.ocupacion.services.movimiento import MovimientoNuevo

BOLETA, FICHA, CONTROL = "boleta_ingreso", "ficha_persona", "control_ingresos_egresos"

LEGS = {"traslado_sale": "traslado"}
"""The paper writes a traslado as what this gate sees; the ledger takes both legs at once."""


def boleta() -> Formato:
    """The edition in use of the boleta de ingreso."""
    return formatos.latest(BOLETA)


def ficha() -> Formato:
    return formatos.latest(FICHA)


def control() -> Formato:
    return formatos.latest(CONTROL)


def check(formato: Formato, raw: object, gate: bool = True, mode: Mode = "rapido") -> Result:
    """``validate`` with the catalogues and the clock of the instance; at the gate and in modo rápido unless told."""
    return validate(formato, raw, format_catalogos(), mode, clock.now(), gate)


def avisos_of(notices: Sequence[Notice]) -> list[Aviso]:
    """Notices of the engine as the rest of the system says them."""
    return [Aviso(n.codigo, n.mensaje, n.campo or None) for n in notices]


def message_of(errores: Sequence[Aviso], name: str) -> str | None:
    """The first message of a field by the flat name of its input."""
    return next((e.mensaje for e in errores if e.campo and flat_name(e.campo) == name), None)


def ingreso_from(
    result: Result,
    *,
    op_id: UUID,
    activacion_id: UUID,
    familia_id: UUID,
    persona_ids: Mapping[int, UUID] | None = None,
    clase: str = "ingreso",
    capturado_en: datetime | None = None,
    motivo: str | None = None,
    formato: Formato | None = None,
    tarjeta: str | None = None,
) -> IngresoNuevo:
    """The household of a valid boleta. ``persona_ids`` are by row of the raw list; without one, a new id."""
    answers = result.answers
    numbers = result.row_numbers.get("personas", ())
    given = persona_ids or {}
    used = formato or boleta()
    together = GRUPO_BIT[Grupo.INTERPRETE] if answers.get("necesita_interprete") is True else 0
    return IngresoNuevo(
        id=op_id,
        activacion_id=activacion_id,
        ocurrido_en=clock.as_utc(answers["ocurrido_en"]),
        personas=[
            persona_from(row, given.get(number) or uuid7(), grupos_of(row) | together)
            for number, row in zip(numbers, answers["personas"], strict=True)
        ],
        familia_id=familia_id,
        clase=clase,
        capturado_en=capturado_en,
        municipio_procedencia=known(answers.get("municipio_procedencia")),
        comunidad=known(answers.get("comunidad_procedencia")),
        telefono=known(answers.get("telefono")),
        declarados=answers.get("integrantes_declarados"),
        motivo=motivo or None,
        animales=known(answers.get("animales")),
        necesidades=known(answers.get("necesidades")) or (),
        captura=CapturaNueva(
            used.code, str(used.version), answers_to_json(answers), known(answers.get("folio_papel"))
        ),
        tarjeta=tarjeta,
    )


def persona_from(row: Mapping[str, Any], persona_id: UUID, grupos: int | None = None) -> PersonaNueva:
    """A member of the household; also a ficha de persona alone, whose groups may be known from before."""
    edad = row.get("edad")
    return PersonaNueva(
        id=persona_id,
        nombres=row["nombres"],
        apellidos=known(row.get("apellidos")),
        sexo=row["sexo"],
        edad=edad,
        edad_unidad=None if edad is None else row.get("edad_unidad") or "anios",
        nacimiento=row.get("fecha_nacimiento"),
        parentesco=row.get("parentesco"),
        cui=row.get("cui"),
        grupos=grupos_of(row) if grupos is None else grupos,
        nna=known(row.get("nna_situacion")),
        necesidades=known(row.get("necesidades")) or (),
    )


def grupos_of(row: Mapping[str, Any]) -> int:
    """The groups that the answers themselves say. A need is not a diagnosis: of needs, only special food is counted."""
    said = {
        Grupo.EMBARAZADA: row.get("embarazo") is True,
        Grupo.LACTANTE: row.get("lactancia") is True,
        Grupo.DISCAPACIDAD: row.get("discapacidad") is True
        or any(v in {"mucha", "no_puede"} for k, v in row.items() if k.startswith("dificultad_")),
        Grupo.ENFERMEDAD_CRONICA: bool(row.get("enfermedad_cronica")),
        Grupo.EXTRANJERO: known(row.get("nacionalidad")) not in {None, "GT"}
        or row.get("pueblo") == "extranjero",
        Grupo.DIETA: "dieta" in (known(row.get("necesidades")) or ()),
    }
    return sum(GRUPO_BIT[grupo] for grupo, holds in said.items() if holds)


def movimiento_from(
    rows: Sequence[Mapping[str, Any]],
    *,
    op_id: UUID,
    activacion_id: UUID,
    personas: Sequence[UUID],
    activacion_destino: UUID | None = None,
    acuse: bool = False,
) -> MovimientoNuevo:
    """One movement of one or more families: rows of a valid control sheet, differing only in the family."""
    row = rows[0]
    extra = [
        {k: v for k, v in answers_to_json(r).items() if k not in {"ocurrido_en", "tipo", "motivo"}}
        for r in rows
    ]
    return MovimientoNuevo(
        id=op_id,
        tipo=LEGS.get(row["tipo"], row["tipo"]),
        activacion_id=activacion_id,
        personas=list(personas),
        ocurrido_en=clock.as_utc(row["ocurrido_en"]),
        activacion_destino=activacion_destino,
        motivo=known(row.get("motivo")),
        destino=row.get("destino"),
        acuse=acuse,
        extra={"hoja": extra},
    )


def known(value: Any) -> Any:
    """A given value; what people do not know or do not say is None in the working tables."""
    return None if isinstance(value, NoAnswer) else value
