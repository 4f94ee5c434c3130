"""Rol de turnos, edition 1: who does what, when, and whether it was done."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Campo,
    Choice,
    Date,
    Formato,
    Level,
    Mark,
    NotAfter,
    Option,
    Repetible,
    Rule,
    Seccion,
    Text,
    YesNo,
    options,
)
from albergues_app.formats.official.common import SOSEP, encabezado, firmas
from albergues_app.formats.official.common_operacion import COMITE

_TURNOS = Repetible(
    name="turnos",
    title="Turnos",
    singular="turno",
    min_rows=1,
    max_rows=500,
    paper_rows=30,
    hint="Una línea por comité y franja. Al terminar, marque si se cumplió.",
    campos=(
        Campo(
            name="fecha",
            label="Fecha",
            paper_width=3,
            type=Date(future=True),
            required=Mark.R,
            quick=True,
            level=Level.N1,
            example="20/11/2026",
        ),
        Campo(
            name="franja",
            label="Franja",
            paper_width=2,
            type=Choice(
                options=options(
                    Option("manana", "Mañana"),
                    ("tarde", "Tarde"),
                    ("noche", "Noche"),
                    Option("todo_el_dia", "Todo el día"),
                    "otro",
                ),
                code_on_paper=True,
            ),
            required=Mark.R,
            quick=True,
            level=Level.N1,
        ),
        Campo(
            name="comite",
            label="Comité",
            paper_width=3,
            type=Choice(options=COMITE, code_on_paper=True),
            required=Mark.R,
            level=Level.N1,
        ),
        Campo(
            name="personas",
            label="Personas",
            paper_width=10,
            type=Text(max_length=400),
            required=Mark.R,
            quick=True,
            sensitive=True,
            hint="Los nombres, separados por coma.",
        ),
        Campo(name="cumplido", label="¿Se cumplió?", paper_width=3, type=YesNo(), level=Level.N1),
        Campo(
            name="observaciones",
            label="Observaciones",
            paper_width=3,
            type=Text(max_length=200),
            level=Level.N1,
            hint="Si no se cumplió, por qué.",
        ),
    ),
)

TURNO_V1 = Formato(
    code="turno",
    version=1,
    title="Rol de turnos de los comités",
    issuer=SOSEP,
    source="Comisiones por turnos de albergues (2011); código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Administrador o administradora, con los comités",
    when_filled="Cada semana",
    purpose="Repartir las tareas del albergue con equidad y saber si se cumplieron.",
    moment="operacion",
    landscape=True,
    record="hoja",
    order=230,
    secciones=(
        encabezado(),
        Seccion(
            code="semana",
            title="La semana",
            campos=(
                Campo(
                    name="desde",
                    label="Desde",
                    type=Date(future=True),
                    required=Mark.R,
                    level=Level.N1,
                    example="20/11/2026",
                ),
                Campo(name="hasta", label="Hasta", type=Date(future=True), level=Level.N1),
            ),
        ),
        _TURNOS,
        firmas(supervisor=False),
    ),
    rules=(
        Rule(
            code="hasta_antes",
            campo="hasta",
            message="«Hasta» es antes que «desde». Revise las fechas.",
            holds=NotAfter("desde", "hasta"),
        ),
    ),
    notice="Embarazadas, personas enfermas y mayores eligen si participan. Los menores de 18 no hacen turnos de noche.",
    signatures=("Administrador o administradora",),
)
