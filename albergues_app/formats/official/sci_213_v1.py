"""SCI-213, edition 1: a message in writing, and its answer on the same sheet."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Ambito,
    Choice,
    Every,
    Formato,
    Given,
    In,
    Instant,
    Level,
    LongText,
    Mark,
    Not,
    NotAfter,
    PersonName,
    Rule,
    Seccion,
    Text,
    Warn,
    YesNo,
)
from albergues_app.formats.official.common import SOSEP
from albergues_app.formats.official.common_coordinacion import MEDIO, PRIORIDAD
from albergues_app.formats.official.common_lugar import encabezado_lugar, interno

_RESPONDIDO = Given("respuesta")

_MENSAJE = Seccion(
    code="mensaje",
    title="El mensaje",
    campos=(
        interno(
            name="para_nombre",
            label="Para",
            type=PersonName(width=12),
            required=Mark.R,
            satisfied_by=("para_cargo",),
            hint="El nombre; si no se sabe, basta el cargo.",
        ),
        interno(name="para_cargo", label="Cargo e institución de quien lo recibe", type=Text(width=12)),
        interno(name="de_nombre", label="De", type=PersonName(width=12), required=Mark.R, quick=True),
        interno(name="de_cargo", label="Cargo e institución de quien lo envía", type=Text(width=12)),
        interno(
            name="asunto",
            label="Asunto",
            type=Text(max_length=140, width=24),
            required=Mark.R,
            quick=True,
            example="Solicitud de agua para el salón municipal",
        ),
        interno(
            name="ocurrido_en",
            label="Fecha y hora",
            type=Instant(),
            required=Mark.R,
            quick=True,
            hint="La hora en que se envía.",
            example="20/11/2026 18:05",
            hxl="#date+start",
        ),
        interno(
            name="prioridad",
            label="Prioridad",
            type=Choice(options=PRIORIDAD, width=9),
            default="rutina",
        ),
        interno(
            name="pide_respuesta",
            label="¿Espera respuesta?",
            type=YesNo(width=6),
        ),
        interno(
            name="medio",
            label="Medio por el que se envía",
            type=Choice(options=MEDIO, width=24),
        ),
        interno(
            name="mensaje",
            label="Mensaje",
            type=LongText(max_length=4000, lines=9),
            required=Mark.R,
            level=Level.N2,
            hint="Qué se pide o se informa, cuánto, dónde y para cuándo. Sin datos de salud.",
        ),
        interno(
            name="de_firma",
            label="Quién lo autoriza, y su cargo",
            type=Text(width=24),
            required=Mark.S,
        ),
    ),
)

_RESPUESTA = Seccion(
    code="respuesta",
    title="La respuesta",
    hint="En la misma hoja, quien recibió el mensaje.",
    campos=(
        interno(
            name="respuesta",
            label="Respuesta",
            type=LongText(max_length=4000, lines=7),
            level=Level.N2,
        ),
        interno(
            name="respuesta_en",
            label="Fecha y hora de la respuesta",
            type=Instant(),
            required=Mark.C,
            required_when=_RESPONDIDO,
            required_text="si hay respuesta",
            asked_when=_RESPONDIDO,
        ),
        interno(
            name="respuesta_nombre",
            label="Quién responde",
            type=PersonName(width=15),
            required=Mark.C,
            required_when=_RESPONDIDO,
            required_text="si hay respuesta",
            asked_when=_RESPONDIDO,
        ),
        interno(
            name="respuesta_cargo",
            label="Cargo e institución de quien responde",
            type=Text(width=15),
            asked_when=_RESPONDIDO,
        ),
        interno(
            name="digitador",
            label="Quién lo pasó al sistema",
            type=PersonName(width=9),
            auto=True,
        ),
    ),
)

SCI_213_V1 = Formato(
    code="sci_213",
    version=1,
    title="SCI-213 · Mensaje general",
    issuer=SOSEP,
    source="Bloques de ICS-213; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Quien envía el mensaje; quien lo recibe escribe la respuesta",
    when_filled="Cuando algo debe quedar pedido o avisado por escrito",
    purpose="Enviar un mensaje que queda escrito, con su respuesta.",
    moment="coe",
    record="mensaje",
    order=340,
    ambito=Ambito.LUGAR,
    secciones=(encabezado_lugar(), _MENSAJE, _RESPUESTA),
    rules=(
        Rule(
            code="respuesta_antes",
            campo="respuesta_en",
            message="La respuesta es anterior al mensaje. Revise las dos horas.",
            holds=NotAfter("ocurrido_en", "respuesta_en"),
        ),
        Warn(
            code="sin_respuesta",
            campo="respuesta",
            message="El mensaje espera respuesta y todavía no la tiene.",
            holds=Not(Every((In("pide_respuesta", (True,)), Not(_RESPONDIDO)))),
            modes=("completo", "firma"),
        ),
    ),
    signatures=("Quien envía", "Quien responde"),
)
