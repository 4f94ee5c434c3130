"""Control de alimentación, edition 1: the rations of one day, meal by meal."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Campo,
    Choice,
    CountByKind,
    Formato,
    Level,
    Mark,
    NotAfter,
    Option,
    Repetible,
    Seccion,
    Text,
    Warn,
    Whole,
    options,
)
from albergues_app.formats.official.common import SOSEP, encabezado, firmas
from albergues_app.formats.official.common_operacion import fecha


def _count(name: str, label: str, hint: str = "", mark: Mark = Mark.R) -> Campo:
    return Campo(
        name=name,
        label=label,
        paper_width=3,
        type=Whole(maximum=100_000),
        required=mark,
        hint=hint,
        level=Level.N0,
    )


_DIA = Seccion(
    code="dia",
    title="El día y la cocina",
    campos=(
        fecha("Fecha"),
        Campo(
            name="estufas", label="Estufas que funcionan", type=Whole(maximum=500, width=5), level=Level.N0
        ),
        Campo(
            name="gas_cilindros",
            label="Cilindros de gas con carga",
            type=Whole(maximum=500, width=6),
            level=Level.N0,
        ),
        Campo(name="lenia", label="Leña (cargas)", type=Whole(maximum=10_000, width=7), level=Level.N0),
        Campo(
            name="observaciones", label="Observaciones", type=Text(max_length=300, width=24), level=Level.N1
        ),
    ),
)

_TIEMPOS = Repetible(
    name="tiempos",
    title="Tiempos de comida",
    singular="tiempo",
    min_rows=1,
    max_rows=12,
    paper_rows=5,
    hint="Una fila por tiempo. Se planifican 2,100 kilocalorías por persona al día.",
    campos=(
        Campo(
            name="tiempo",
            label="Tiempo de comida",
            short="Tiempo",
            paper_width=4,
            type=Choice(
                options=options(
                    ("desayuno", "Desayuno"),
                    ("almuerzo", "Almuerzo"),
                    ("cena", "Cena"),
                    Option("refaccion", "Refacción"),
                    "otro",
                ),
                code_on_paper=True,
            ),
            required=Mark.R,
            quick=True,
            level=Level.N0,
        ),
        _count("presentes", "Personas presentes", "Las que están adentro a esa hora, según el control."),
        _count("preparadas", "Raciones preparadas"),
        _count("servidas", "Raciones servidas"),
        _count("sobrantes", "Raciones sobrantes", "Si no sobró, escriba 0."),
        Campo(
            name="cocina",
            label="Quién cocinó: proveedor, cocina o turno del comité",
            short="Quién cocinó",
            paper_width=8,
            type=Text(),
            required=Mark.R,
            level=Level.N1,
        ),
        Campo(
            name="menu",
            label="Menú",
            paper_width=24,
            type=Text(max_length=300),
            level=Level.N0,
            example="Frijol, arroz, huevo, tortilla, atol",
        ),
        Campo(
            name="dietas",
            label="Dietas especiales servidas",
            short="Dietas especiales",
            paper_width=24,
            type=CountByKind(
                options=options(
                    ("diabetico", "Diabético"),
                    Option("bebe", "Bebé"),
                    Option("sin_sal", "Sin sal"),
                    ("alergia", "Alergia"),
                    "otro",
                ),
                maximum=10_000,
            ),
            level=Level.N1,
            hint="Solo el número, sin nombres.",
        ),
    ),
    rules=(
        Warn(
            code="servidas_de_mas",
            campo="servidas",
            message="Se sirvieron más raciones que las preparadas. Revise los dos números.",
            holds=NotAfter("servidas", "preparadas"),
        ),
        Warn(
            code="sobrantes_de_mas",
            campo="sobrantes",
            message="Sobraron más raciones que las preparadas. Revise los dos números.",
            holds=NotAfter("sobrantes", "preparadas"),
        ),
        Warn(
            code="faltaron_raciones",
            campo="servidas",
            message="Hay más personas presentes que raciones servidas. Anote quién no comió y por qué.",
            holds=NotAfter("presentes", "servidas"),
        ),
    ),
)

ALIMENTACION_V1 = Formato(
    code="alimentacion",
    version=1,
    title="Control de alimentación y raciones",
    issuer=SOSEP,
    source="Comisiones de cocina de albergues (2011) y norma de energía (Esfera); código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Comité de cocina",
    when_filled="En cada tiempo de comida",
    purpose="Saber cuántas raciones se preparan, se sirven y sobran, y atender las dietas especiales.",
    moment="operacion",
    record="hoja",
    order=150,
    secciones=(
        encabezado(),
        _DIA,
        _TIEMPOS,
        firmas(registrador="Encargado o encargada de cocina"),
    ),
    notice="Primero comen niños y niñas, embarazadas, personas enfermas y mayores.",
    signatures=("Encargado o encargada de cocina", "Supervisor o supervisora"),
)
