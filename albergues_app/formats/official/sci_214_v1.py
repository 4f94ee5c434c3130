"""SCI-214, edition 1: what one unit did in one operational period."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Ambito,
    Choice,
    Formato,
    Instant,
    Mark,
    NotAfter,
    PersonName,
    Repetible,
    Rule,
    Seccion,
    Text,
)
from albergues_app.formats.official.common import SOSEP, firmas
from albergues_app.formats.official.common_coordinacion import (
    FUERA_DEL_PERIODO,
    PERIODO,
    PERIODO_AL_REVES,
    SECCION_SCI,
)
from albergues_app.formats.official.common_lugar import encabezado_lugar, interno

_UNIDAD = Seccion(
    code="unidad",
    title="De quién es esta hoja",
    campos=(
        interno(
            name="nombre",
            label="Nombre y apellidos",
            type=PersonName(width=9),
            required=Mark.R,
            quick=True,
        ),
        interno(
            name="institucion",
            label="Institución",
            type=Text(max_length=80, width=8),
            required=Mark.R,
            hxl="#org+name",
        ),
        interno(
            name="unidad",
            label="Unidad o delegación",
            type=Text(max_length=80, width=7),
            example="Sede departamental de Quiché",
        ),
        interno(
            name="seccion",
            label="Sección o cargo en el SCI",
            type=Choice(options=SECCION_SCI, width=24),
            required=Mark.R,
        ),
    ),
)

_RECURSOS = Repetible(
    name="recursos",
    title="Personal asignado",
    singular="persona asignada",
    max_rows=300,
    paper_rows=6,
    campos=(
        interno(
            name="nombre",
            label="Nombre y apellidos",
            type=PersonName(width=9),
            paper_width=9,
            required=Mark.R,
        ),
        interno(
            name="cargo",
            label="Cargo en el SCI",
            type=Text(max_length=80, width=7),
            paper_width=7,
        ),
        interno(
            name="institucion",
            label="Institución y unidad",
            type=Text(width=8),
            paper_width=8,
        ),
    ),
)

_ACTIVIDADES = Repetible(
    name="actividades",
    title="Actividades",
    singular="actividad",
    min_rows=1,
    max_rows=2000,
    paper_rows=30,
    hint="Lo que importa: decisiones, órdenes, llegadas, problemas. Sin nombres de víctimas.",
    campos=(
        interno(
            name="ocurrido_en",
            label="Fecha y hora",
            type=Instant(),
            paper_width=7,
            required=Mark.R,
            quick=True,
            hint="Cuándo pasó, de 00:00 a 23:59.",
            example="20/11/2026 18:05",
            hxl="#date+occurred",
        ),
        interno(
            name="actividad",
            label="Actividad que vale la pena anotar",
            short="Actividad",
            type=Text(max_length=1000, width=17),
            paper_width=17,
            required=Mark.R,
            quick=True,
        ),
    ),
    rules=FUERA_DEL_PERIODO,
)

SCI_214_V1 = Formato(
    code="sci_214",
    version=1,
    title="SCI-214 · Registro de actividades",
    issuer=SOSEP,
    source="Bloques de ICS-214; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Cada persona o unidad con un cargo en el SCI",
    when_filled="Durante todo el período operacional; se entrega al terminar",
    purpose="Dejar constancia de lo que hizo cada unidad en su período.",
    moment="coe",
    record="hoja",
    order=350,
    ambito=Ambito.LUGAR,
    secciones=(
        encabezado_lugar(*PERIODO),
        _UNIDAD,
        _RECURSOS,
        _ACTIVIDADES,
        firmas(
            interno(
                name="preparado_en",
                label="Fecha y hora en que se preparó",
                type=Instant(),
                required=Mark.S,
            ),
            registrador="Preparado por",
            supervisor=False,
        ),
    ),
    rules=(
        PERIODO_AL_REVES,
        Rule(
            code="preparado_antes",
            campo="preparado_en",
            message="Se preparó antes de que empezara el período. Revise la fecha y la hora.",
            holds=NotAfter("periodo_desde", "preparado_en"),
        ),
    ),
    signatures=("Preparado por",),
)
