"""SCI-211, edition 1: the people and resources that check in, what they do, and when they leave."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Ambito,
    Choice,
    Formato,
    FromCatalogo,
    Instant,
    Level,
    Mark,
    NotAfter,
    PersonName,
    Phone,
    Repetible,
    Rule,
    Text,
    Warn,
    Whole,
    options,
)
from albergues_app.formats.official.common import SOSEP, firmas
from albergues_app.formats.official.common_lugar import encabezado_lugar, interno

RECURSO_CLASE = options(
    ("personal", "Personal"),
    ("vehiculo", "Vehículo"),
    ("maquinaria", "Maquinaria"),
    ("equipo", "Equipo"),
    ("suministros", "Suministros"),
    "otro",
)

_RECURSOS = Repetible(
    name="recursos",
    title="Recursos que se registran",
    singular="recurso",
    min_rows=1,
    max_rows=2000,
    paper_rows=14,
    hint="Una línea por persona, unidad o equipo que llega. Anote también cuándo se va.",
    campos=(
        interno(
            name="solicitado_en",
            label="Fecha y hora en que se pidió",
            short="Se pidió",
            type=Instant(),
            paper_width=4,
        ),
        interno(
            name="clase",
            label="Clase de recurso",
            short="Clase",
            type=Choice(options=RECURSO_CLASE, width=4, code_on_paper=True),
            paper_width=3,
            required=Mark.R,
            quick=True,
        ),
        interno(
            name="tipo",
            label="Tipo o descripción",
            short="Tipo",
            type=Text(width=5),
            paper_width=5,
            example="Camión de 3 toneladas",
        ),
        interno(
            name="institucion",
            label="Institución",
            type=Text(max_length=80, width=4),
            paper_width=4,
            required=Mark.R,
            hxl="#org+name",
        ),
        interno(
            name="matricula",
            label="Matrícula, placa o identificación",
            short="Matrícula o placa",
            type=Text(max_length=40, width=4),
            paper_width=4,
        ),
        interno(
            name="personas",
            label="Número de personas",
            short="Personas",
            type=Whole(maximum=10_000, width=2),
            paper_width=2,
            hint="Cuántas vienen, con quien conduce.",
        ),
        interno(
            name="contacto_nombre",
            label="Nombre de la persona o del encargado",
            short="Persona o encargado",
            type=PersonName(width=6),
            paper_width=5,
            required=Mark.R,
            quick=True,
        ),
        interno(
            name="contacto_telefono",
            label="Teléfono",
            type=Phone(),
            paper_width=3,
            sensitive=True,
            level=Level.N2,
        ),
        interno(
            name="llegada_en",
            label="Fecha y hora de llegada",
            short="Llegó",
            type=Instant(),
            paper_width=4,
            required=Mark.R,
            quick=True,
            example="20/11/2026 18:05",
            hxl="#date+start",
        ),
        interno(
            name="asignacion",
            label="Asignación: qué hará",
            short="Qué hará",
            type=Text(width=5),
            paper_width=5,
        ),
        interno(
            name="albergue",
            label="Albergue o lugar al que va",
            short="Albergue o lugar",
            type=FromCatalogo(catalogo="albergue", free=True, width=4),
            paper_width=4,
            hint="El código o el nombre.",
        ),
        interno(
            name="desmovilizado_en",
            label="Fecha y hora en que se desmovilizó",
            short="Se fue",
            type=Instant(),
            paper_width=3,
            hxl="#date+end",
        ),
    ),
    rules=(
        Rule(
            code="se_fue_antes",
            campo="desmovilizado_en",
            message="Se fue antes de llegar. Revise las dos horas.",
            holds=NotAfter("llegada_en", "desmovilizado_en"),
        ),
        Warn(
            code="llego_antes_de_pedirse",
            campo="llegada_en",
            message="Llegó antes de haberse pedido. Revise las dos horas.",
            holds=NotAfter("solicitado_en", "llegada_en"),
        ),
    ),
)

SCI_211_V1 = Formato(
    code="sci_211",
    version=1,
    title="SCI-211 · Registro y control de recursos",
    issuer=SOSEP,
    source="Nombre del curso SCI; campos por confirmar; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Quien registra en la entrada del COE, de la base o del albergue",
    when_filled="Cuando un recurso llega y cuando se va",
    purpose="Saber qué personal y qué recursos hay, de quién son y en qué trabajan.",
    moment="coe",
    landscape=True,
    record="hoja",
    order=330,
    ambito=Ambito.LUGAR,
    secciones=(
        encabezado_lugar(
            interno(
                name="lugar_registro",
                label="Lugar del registro",
                type=Text(width=12),
                hint="COE, base, área de espera o albergue.",
            ),
        ),
        _RECURSOS,
        firmas(supervisor=False),
    ),
    signatures=("Registrador o registradora",),
)
