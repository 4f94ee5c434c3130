"""SCI-201, edition 1: the first picture of an incident, with a sketch, its resources and who commands."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Ambito,
    Attachment,
    Choice,
    Decimal,
    Formato,
    Instant,
    Level,
    LongText,
    Mark,
    NotAfter,
    PersonName,
    Repetible,
    Seccion,
    Text,
    Warn,
    YesNo,
)
from albergues_app.formats.official.common import SOSEP, firmas
from albergues_app.formats.official.common_coordinacion import SECCION_SCI
from albergues_app.formats.official.common_lugar import encabezado_lugar, interno

_INCIDENTE = Seccion(
    code="incidente",
    title="El incidente",
    campos=(
        interno(
            name="incidente",
            label="Nombre del incidente",
            type=Text(width=12),
            required=Mark.R,
            quick=True,
            hint="Uno corto que todos usen.",
            example="Derrumbe de Acul",
        ),
        interno(
            name="lugar",
            label="Lugar",
            type=Text(width=12),
            hint="Comunidad y una seña para llegar.",
        ),
        interno(
            name="lat",
            label="Latitud",
            type=Decimal(minimum=13, maximum=18, places=6, width=6),
            example="15.405200",
            hxl="#geo+lat",
        ),
        interno(
            name="lon",
            label="Longitud",
            type=Decimal(minimum=-93, maximum=-88, places=6, width=6),
            hint="En Guatemala empieza con signo menos.",
            example="-91.146800",
            hxl="#geo+lon",
        ),
        interno(
            name="croquis_descripcion",
            label="Croquis: norte, peligros, accesos y albergues",
            type=LongText(max_length=2000, lines=10),
            hint="En el papel se dibuja. En pantalla, descríbalo o adjunte la fotografía.",
        ),
        interno(
            name="croquis",
            label="Fotografía o PDF del croquis",
            type=Attachment(pdf=True),
            level=Level.N2,
        ),
    ),
)

_RECURSOS = Repetible(
    name="recursos",
    title="Resumen de recursos",
    singular="recurso",
    max_rows=300,
    paper_rows=14,
    hint="Lo que se pidió, lo que viene en camino y lo que ya está en el lugar.",
    campos=(
        interno(
            name="recurso",
            label="Recurso",
            type=Text(width=6),
            paper_width=6,
            required=Mark.R,
            example="Ambulancia",
        ),
        interno(
            name="identificacion",
            label="Identificación",
            type=Text(max_length=60, width=4),
            paper_width=4,
            hint="Unidad, placa o número.",
        ),
        interno(
            name="solicitado_en",
            label="Fecha y hora en que se pidió",
            short="Pedido a las",
            type=Instant(),
            paper_width=3,
        ),
        interno(
            name="llegada_en",
            label="Fecha y hora de llegada, o en que se espera",
            short="Llega a las",
            type=Instant(max_hours_ahead=24 * 14),
            paper_width=3,
        ),
        interno(
            name="en_escena",
            label="¿Ya está en el lugar?",
            short="En el lugar",
            type=YesNo(width=3),
            paper_width=2,
        ),
        interno(
            name="asignacion",
            label="Ubicación y asignación",
            type=Text(width=6),
            paper_width=6,
        ),
    ),
    rules=(
        Warn(
            code="llega_antes_de_pedirse",
            campo="llegada_en",
            message="Llega antes de haberse pedido. Revise las dos horas.",
            holds=NotAfter("solicitado_en", "llegada_en"),
        ),
    ),
)

_ORGANIZACION = Repetible(
    name="organizacion",
    title="Organización actual",
    singular="cargo",
    max_rows=60,
    paper_rows=6,
    hint="Quién manda y quién responde por cada sección.",
    campos=(
        interno(
            name="seccion",
            label="Sección o cargo del SCI",
            short="Sección o cargo",
            type=Choice(options=SECCION_SCI, width=6, code_on_paper=True),
            paper_width=6,
            required=Mark.R,
        ),
        interno(
            name="nombre",
            label="Nombre y apellidos",
            type=PersonName(width=8),
            paper_width=8,
            required=Mark.R,
        ),
        interno(
            name="institucion",
            label="Institución",
            type=Text(max_length=80, width=5),
            paper_width=5,
            hxl="#org+name",
        ),
        interno(
            name="telefono",
            label="Teléfono o canal de radio",
            short="Teléfono o canal",
            type=Text(max_length=40, width=5),
            paper_width=5,
            sensitive=True,
            level=Level.N2,
        ),
    ),
)

_ACCIONES = Repetible(
    name="acciones",
    title="Resumen de acciones",
    singular="acción",
    max_rows=300,
    paper_rows=7,
    campos=(
        interno(
            name="ocurrido_en",
            label="Fecha y hora",
            type=Instant(),
            paper_width=7,
            hxl="#date+occurred",
        ),
        interno(
            name="accion",
            label="Qué se hizo o se ordenó",
            type=Text(max_length=500, width=17),
            paper_width=17,
            required=Mark.R,
        ),
    ),
)

SCI_201_V1 = Formato(
    code="sci_201",
    version=1,
    title="SCI-201 · Resumen inicial del incidente",
    issuer=SOSEP,
    source="Bloques de ICS-201; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Quien llega primero y toma el mando",
    when_filled="Al empezar el incidente y al entregar el mando",
    purpose="Dar en una hoja la primera imagen del incidente a quien recibe el mando.",
    moment="coe",
    record="resumen",
    order=320,
    ambito=Ambito.LUGAR,
    secciones=(
        encabezado_lugar(
            interno(
                name="ocurrido_en",
                label="Fecha y hora en que se prepara",
                type=Instant(),
                required=Mark.R,
                quick=True,
                example="20/11/2026 18:05",
                hxl="#date+start",
            ),
        ),
        _INCIDENTE,
        _ACCIONES,
        _ORGANIZACION,
        _RECURSOS,
        firmas(registrador="Preparado por", supervisor=False),
    ),
    signatures=("Preparado por", "Recibe el mando"),
)
