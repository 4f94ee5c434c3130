"""The count without names as a small form of the engine, until the official parte diario has its edition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.audit.writing import write_once
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Invalid
from albergues_app.core.ids import uuid7
from albergues_app.formats.engine import (
    Campo,
    Choice,
    Formato,
    Instant,
    LongText,
    Mark,
    Option,
    Seccion,
    Whole,
)
from albergues_app.formats.engine.field_type import is_blank
from albergues_app.ocupacion.bindings import avisos_of, check
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.models import Parte
from albergues_app.ocupacion.services.parte import ParteNuevo, register_parte

_NUMBER = Whole(maximum=100_000)
PARTE = Formato(
    code="parte_numeros",
    version=1,
    title="Parte con solo números",
    issuer="SOSEP · Función 13, administración de albergues",
    source="Primeros renglones del parte diario",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Encargado o encargada del albergue",
    when_filled="A las 06:00 y a las 18:00",
    purpose="Decir cuántas personas hay, aunque todavía no tengan nombre en el registro.",
    moment="operacion",
    secciones=(
        Seccion(
            code="conteo",
            title="Cuántas personas hay",
            campos=(
                Campo(name="personas", label="Personas", type=_NUMBER, required=Mark.R, quick=True),
                Campo(name="familias", label="Familias", type=_NUMBER),
                Campo(name="mujeres", label="Mujeres", type=_NUMBER, hint="De todas las edades."),
                Campo(name="hombres", label="Hombres", type=_NUMBER, hint="De todas las edades."),
                Campo(
                    name="fuente",
                    label="Cómo se contó",
                    type=Choice(
                        options=(
                            Option("conteo_fisico", "Conteo físico"),
                            Option("registro_nominal", "Registro con nombres"),
                            Option("estimacion", "Estimación"),
                        )
                    ),
                    required=Mark.R,
                    quick=True,
                ),
                Campo(
                    name="corte",
                    label="Hora del conteo",
                    type=Instant(),
                    hint="En blanco: ahora.",
                    example="20/11/2026 18:00",
                ),
                Campo(name="nota", label="Nota", type=LongText(max_length=500, lines=2)),
            ),
        ),
    ),
)


def last_partes(activacion_id: UUID, limit: int = 30) -> list[Parte]:
    """The newest counts of an activation."""
    stmt = select(Parte).where(Parte.activacion_id == activacion_id)
    return list(
        db.session.scalars(stmt.order_by(Parte.corte.desc(), Parte.registrado_en.desc()).limit(limit))
    )


def save_parte(identity: Identity, activacion_id: UUID, form: Mapping[str, Any]) -> dict[str, Any]:
    """Judge and register a count.

    :raises Invalid: what cannot be read or cannot be. :raises RuleBroken: not open at that hour.
    """
    raw = {c.name: form.get(c.name, "") for c in PARTE.campos}
    result = check(PARTE, raw)
    if not result.ok:
        raise Invalid(avisos_of(result.errors))
    op_id = parse_id(form.get("id")) or uuid7()
    given = result.answers
    when = given.get("corte") or clock.now()
    datos = ParteNuevo(
        op_id,
        activacion_id,
        clock.as_utc(when),
        given["fuente"],
        given["personas"],
        given.get("familias"),
        given.get("mujeres"),
        given.get("hombres"),
        given.get("nota"),
    )
    content = {"activacion": activacion_id, **{k: str(v) for k, v in raw.items() if not is_blank(v)}}
    outcome = write_once(
        identity.as_actor("web"), op_id, "web.parte", content, None, lambda: register_parte(datos)
    )
    return outcome.body
