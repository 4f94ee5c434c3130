"""Ayuda de memoria, edition 1: the informal minutes of a meeting, with what was agreed."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Ambito,
    Attachment,
    Choice,
    Date,
    Formato,
    FromCatalogo,
    Level,
    LongText,
    Mark,
    NotAfter,
    Option,
    Repetible,
    RowsAre,
    Seccion,
    Text,
    Time,
    Warn,
    options,
)
from albergues_app.formats.official.common import SOSEP, firmas
from albergues_app.formats.official.common_coordinacion import COMPROMISOS, PARTICIPANTES
from albergues_app.formats.official.common_lugar import encabezado_lugar, interno

REUNION_ORIGEN = options(
    Option("visita", "Visita de asesoría", "Visita"),
    Option("coe", "Reunión del COE", "COE"),
    Option("comude", "COMUDE"),
    Option("gabinete", "Gabinete Social", "Gabinete"),
    "otro",
)

_AGENDA = Repetible(
    name="agenda",
    title="Agenda",
    singular="punto",
    max_rows=60,
    paper_rows=5,
    campos=(
        interno(
            name="punto",
            label="Punto",
            type=Text(max_length=300, width=24),
            paper_width=24,
            required=Mark.R,
        ),
    ),
)

_ACUERDOS = Repetible(
    name="acuerdos",
    title="Acuerdos",
    singular="acuerdo",
    max_rows=60,
    paper_rows=5,
    hint="Lo que se decidió. Lo que alguien debe hacer va en los compromisos.",
    campos=(
        interno(
            name="acuerdo",
            label="Acuerdo",
            type=Text(max_length=500, width=24),
            paper_width=24,
            required=Mark.R,
        ),
    ),
)

AYUDA_MEMORIA_V1 = Formato(
    code="ayuda_memoria",
    version=1,
    title="Ayuda de memoria",
    issuer=SOSEP,
    source="Práctica administrativa; no sustituye al acta del libro; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Quien convoca o toma nota; el sistema la prepara desde la visita",
    when_filled="Durante la reunión; se entrega al terminar",
    purpose="Dejar escrito, sin formalidad de acta, qué se trató y qué se acordó.",
    moment="asesoria",
    record="ayuda de memoria",
    order=420,
    ambito=Ambito.LUGAR,
    secciones=(
        encabezado_lugar(
            interno(
                name="departamento",
                label="Departamento",
                type=FromCatalogo(catalogo="departamento", width=6),
                required=Mark.R,
                satisfied_by=("municipio",),
                hxl="#adm1+code",
            ),
            interno(
                name="municipio",
                label="Municipio",
                type=FromCatalogo(catalogo="municipio", within="departamento", width=6),
                hxl="#adm2+code",
            ),
            interno(
                name="lugar",
                label="Lugar",
                type=Text(width=12),
                required=Mark.R,
                quick=True,
                example="Salón de sesiones de la municipalidad",
            ),
            interno(
                name="fecha",
                label="Fecha",
                type=Date(),
                required=Mark.R,
                quick=True,
                example="20/11/2026",
                hxl="#date+start",
            ),
            interno(name="hora_inicio", label="Empieza a las", type=Time(), example="09:00"),
            interno(name="hora_fin", label="Termina a las", type=Time(), example="11:30"),
            interno(
                name="asunto",
                label="Motivo de la reunión",
                type=Text(max_length=140, width=9),
                required=Mark.R,
            ),
            interno(
                name="origen",
                label="De dónde salen los compromisos",
                type=Choice(options=REUNION_ORIGEN, width=24),
            ),
            lugar=False,
        ),
        PARTICIPANTES,
        _AGENDA,
        Seccion(
            code="desarrollo",
            title="Desarrollo",
            hint="Sin nombres de personas albergadas ni casos de salud o de protección.",
            campos=(
                interno(
                    name="desarrollo",
                    label="Qué se trató, punto por punto",
                    type=LongText(max_length=8000, lines=9),
                    required=Mark.S,
                ),
            ),
        ),
        _ACUERDOS,
        COMPROMISOS,
        firmas(
            interno(
                name="proxima_reunion",
                label="Próxima reunión",
                type=Date(future=True),
                example="15/01/2027",
            ),
            interno(
                name="proxima_lugar",
                label="Lugar de la próxima reunión",
                type=Text(width=12),
            ),
            interno(
                name="hoja_firmada",
                label="Hoja firmada",
                type=Attachment(pdf=True),
                level=Level.N2,
                hint="Fotografía o PDF.",
            ),
            registrador="Quién la preparó",
            supervisor=False,
        ),
    ),
    rules=(
        Warn(
            code="termina_antes",
            campo="hora_fin",
            message="La reunión termina antes de empezar. Revise las dos horas.",
            holds=NotAfter("hora_inicio", "hora_fin"),
        ),
        Warn(
            code="sin_acuerdos",
            campo="acuerdos",
            message="No anotó acuerdos. Si no hubo, puede guardar.",
            holds=RowsAre("acuerdos", minimum=1),
            modes=("completo", "firma"),
        ),
        Warn(
            code="proxima_antes",
            campo="proxima_reunion",
            message="La próxima reunión es anterior a esta. Revise la fecha.",
            holds=NotAfter("fecha", "proxima_reunion"),
        ),
    ),
    notice="No sustituye al acta. Donde haga falta acta, se copia en el libro autorizado y se adjunta escaneada.",
    signatures=("Quien la preparó", "Por la municipalidad"),
)
