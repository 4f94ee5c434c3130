"""A format that nobody wrote in code: every kind of field, every condition, and cases with their verdict."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from albergues_app.core.db import db
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.definiciones import services
from albergues_app.formats.engine import (
    AddUp,
    AgeBetween,
    AnswersCount,
    Attachment,
    Balance,
    Blank,
    Campo,
    Choice,
    Coordinate,
    CountByKind,
    Cui,
    Date,
    Decimal,
    Difference,
    Document,
    Every,
    FartherThan,
    Formato,
    FromCatalogo,
    Given,
    In,
    Instant,
    Level,
    LongText,
    Mark,
    Matches,
    MultiChoice,
    Not,
    NotAfter,
    OnSheet,
    PersonName,
    Phone,
    RatioBetween,
    Repetible,
    RowsAddUp,
    RowsAre,
    RowsCount,
    RowsSum,
    Rule,
    Score,
    Seccion,
    Some,
    SumIs,
    Text,
    Time,
    Warn,
    Whole,
    WithinHours,
    YesNo,
    options,
)
from albergues_app.formats.engine.serial import to_json
from tests.factories.cuentas import SISTEMA

N1 = Level.N1
_SI_HAY = In("hay_agua", (True,))

FULL = Formato(
    code="control_agua",
    version=1,
    title="Control de agua «#1» & <b>",
    issuer="Municipalidad de prueba",
    source="Acuerdo de prueba 1-2026",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Encargado de agua",
    when_filled="Cada día",
    purpose="Saber si alcanza el agua.",
    moment="operacion",
    record="hoja",
    order=2000,
    notice="=1+1 no es una fórmula. #set text(red)",
    signatures=("Quién anota",),
    secciones=(
        Seccion(
            code="datos",
            title="Datos $x$ *y* _z_",
            hint="@importante",
            campos=(
                Campo(
                    name="ocurrido_en", label="Cuándo", type=Instant(), required=Mark.R, quick=True, level=N1
                ),
                Campo(name="hasta", label="Hasta cuándo", type=Instant(), level=N1),
                Campo(name="dia", label="Día", type=Date(), level=N1),
                Campo(name="otro_dia", label="Otro día", type=Date(future=True), level=N1),
                Campo(name="hora", label="Hora", type=Time(), level=N1),
                Campo(
                    name="hay_agua",
                    label="¿Hay agua?",
                    type=YesNo(),
                    required=Mark.R,
                    quick=True,
                    unknown=True,
                    level=N1,
                ),
                Campo(
                    name="fuente",
                    label="Fuente",
                    type=Choice(options=options(("red", "Red"), ("pozo", "Pozo"), "otro")),
                    required=Mark.C,
                    required_when=_SI_HAY,
                    required_text="si hay agua",
                    asked_when=_SI_HAY,
                    level=N1,
                ),
                Campo(
                    name="usos",
                    label="Usos",
                    type=MultiChoice(options=options(("beber", "Beber"), ("lavar", "Lavar"), "otro")),
                    level=N1,
                ),
                Campo(
                    name="litros",
                    label="Litros",
                    type=Decimal(maximum=100000),
                    required=Mark.C,
                    required_when=Every((_SI_HAY, Not(In("hay_agua", (False,))))),
                    required_text="si hay agua",
                    level=N1,
                ),
                Campo(
                    name="litros_esperados", label="Litros esperados", type=Decimal(maximum=100000), level=N1
                ),
                Campo(name="personas", label="Personas", type=Whole(maximum=5000), required=Mark.R, level=N1),
                Campo(name="mujeres", label="Mujeres", type=Whole(maximum=5000), level=N1),
                Campo(name="hombres", label="Hombres", type=Whole(maximum=5000), level=N1),
                Campo(name="toneles", label="Toneles", type=Whole(maximum=500), level=N1),
                Campo(
                    name="animales",
                    label="Animales",
                    type=CountByKind(options=options(("perro", "Perros"), ("gato", "Gatos"))),
                    level=N1,
                ),
                Campo(name="animales_total", label="Total de animales", type=Whole(maximum=500), level=N1),
                Campo(
                    name="departamento",
                    label="Departamento",
                    type=FromCatalogo(catalogo="departamento"),
                    level=N1,
                ),
                Campo(
                    name="municipio",
                    label="Municipio",
                    type=FromCatalogo(catalogo="municipio", within="departamento"),
                    level=N1,
                ),
                Campo(name="lat", label="Latitud", type=Coordinate(minimum=13, maximum=18.5), level=N1),
                Campo(name="foto", label="Fotografía", type=Attachment(), level=N1),
                Campo(
                    name="encargado", label="Encargado", type=PersonName(), required=Mark.S, sensitive=True
                ),
                Campo(name="telefono", label="Teléfono", type=Phone(), sensitive=True),
                Campo(
                    name="faltan",
                    label="Litros que faltan",
                    type=Decimal(minimum=-100000),
                    auto=True,
                    level=N1,
                ),
                Campo(name="cubetas_total", label="Cubetas en total", type=Whole(), auto=True, level=N1),
                Campo(name="con_hora", label="Tomas con hora", type=Whole(), level=N1),
                Campo(name="sin_red", label="Fuentes que no son red", type=Whole(), auto=True, level=N1),
                Campo(
                    name="puntaje", label="Puntaje", type=Decimal(maximum=100, places=1), auto=True, level=N1
                ),
                Campo(name="contador", label="Contador", type=Text(max_length=20), level=N1),
                Campo(name="notas", label="Notas", type=LongText(max_length=500), level=N1),
                Campo(name="reservado", label="Dato de protección", type=Text(), gate=False, level=Level.N4),
            ),
        ),
        Repetible(
            name="tomas",
            title="Tomas",
            singular="toma",
            paper_rows=4,
            max_rows=20,
            campos=(
                Campo(name="nombres", label="Quién la usa", type=PersonName(), sensitive=True),
                Campo(name="fecha_nacimiento", label="Nacimiento", type=Date(), sensitive=True),
                Campo(name="cui", label="CUI", type=Cui(), sensitive=True),
                Campo(
                    name="documento",
                    label="Documento",
                    type=Document(options=options(("dpi", "DPI"), ("pasaporte", "Pasaporte"))),
                    sensitive=True,
                ),
                Campo(name="cubetas", label="Cubetas", type=Whole(maximum=50), required=Mark.R, level=N1),
                Campo(name="hora_toma", label="Hora", type=Time(), level=N1),
                Campo(
                    name="sentido",
                    label="Entra o sale",
                    type=Choice(options=options(("entra", "Entra"), ("sale", "Sale"))),
                    level=N1,
                ),
                Campo(name="quedan", label="Quedan", type=Whole(), auto=True, level=N1),
            ),
            rules=(
                Rule(
                    code="menor_sola",
                    campo="cubetas",
                    message="Un menor de 5 años no carga cubetas.",
                    holds=Some((Not(AgeBetween(0, 4)), In("cubetas", (0, 1)))),
                ),
                Warn(
                    code="sin_agua",
                    campo="cubetas",
                    message="No hay agua y hay tomas.",
                    holds=Some((Not(OnSheet(In("hay_agua", (False,)))), Blank("cubetas"))),
                ),
            ),
        ),
    ),
    rules=(
        Rule(code="fechas", campo="dia", message="El día pasa del otro.", holds=NotAfter("dia", "otro_dia")),
        Rule(
            code="horas",
            campo="hasta",
            message="Son más de 12 horas.",
            holds=WithinHours("ocurrido_en", "hasta", 12),
        ),
        Rule(
            code="suma",
            campo="personas",
            message="Mujeres y hombres no suman.",
            holds=AddUp(("mujeres", "hombres"), "personas"),
        ),
        Rule(
            code="animales",
            campo="animales_total",
            message="Los animales no suman.",
            holds=SumIs("animales", "animales_total"),
        ),
        Rule(
            code="cubetas",
            campo="toneles",
            message="Las cubetas no suman.",
            holds=RowsAddUp("tomas", "cubetas", "toneles"),
        ),
        Rule(
            code="filas",
            campo="tomas",
            message="Demasiadas tomas.",
            holds=RowsAre("tomas", maximum=5, where=Given("cubetas")),
        ),
        Rule(
            code="digitos",
            campo="contador",
            message="El contador tiene 6 dígitos.",
            holds=Matches("contador", 6),
        ),
        Rule(
            code="alguno",
            campo="notas",
            message="Diga el contador o las notas.",
            holds=Some((Given("contador"), Given("notas"))),
        ),
        Warn(
            code="lejos",
            campo="litros",
            message="Lejos de lo esperado.",
            holds=Not(FartherThan("litros", "litros_esperados", 20)),
        ),
        Warn(
            code="razon",
            campo="litros",
            message="Poca agua por persona.",
            holds=RatioBetween("litros", "personas", 7.5, 200),
        ),
    ),
    calculos=(
        Difference(campo="faltan", first="litros_esperados", second="litros", when=_SI_HAY),
        RowsSum(campo="cubetas_total", rows="tomas", amount="cubetas"),
        RowsCount(campo="con_hora", rows="tomas", where=Given("hora_toma")),
        AnswersCount(campo="sin_red", among=("fuente",), values_counted=("pozo", "otro")),
        Score(campo="puntaje", among=("fuente",), worth=(("red", 100), ("pozo", 50), ("otro", 0))),
        Balance(
            campo="quedan",
            repetible="tomas",
            amount="cubetas",
            kind="sentido",
            enters=("entra",),
            leaves=("sale",),
        ),
    ),
)
"""Uses every class of ``serial.FIELD_TYPES``, ``CONDITIONS`` and ``CALCULATIONS``.

Its texts look like code of every output.
"""

GOOD: dict[str, Any] = {
    "ocurrido_en": "20/11/2025 06:00",
    "hasta": "20/11/2025 12:00",
    "dia": "19/11/2025",
    "otro_dia": "20/11/2025",
    "hora": "06:15",
    "hay_agua": "Sí",
    "fuente": "otro",
    "fuente_otro": "Río =SUM(A1)",
    "usos": ["beber", "otro"],
    "usos_otro": "@riego",
    "litros": "1500.50",
    "litros_esperados": 1500,
    "personas": 100,
    "mujeres": 60,
    "hombres": 40,
    "toneles": 3,
    "animales": {"perro": 2, "gato": 1},
    "animales_total": 3,
    "departamento": "14",
    "municipio": "1413",
    "lat": "15.401234",
    "encargado": "Ana #let",
    "telefono": "5555 1234",
    "contador": "123456",
    "notas": "-1+1\nlisto",
    "tomas": [
        {
            "nombres": "N/N",
            "fecha_nacimiento": "01/02/1980",
            "cui": "2345678901401",
            "documento_tipo": "dpi",
            "documento_numero": "X-1",
            "cubetas": 2,
            "hora_toma": "07:00",
            "sentido": "entra",
        },
        {"nombres": "Luz", "cubetas": 1, "sentido": "sale"},
    ],
}

WORKED_OUT: dict[str, Any] = {
    "faltan": "-0.50", "cubetas_total": 3, "con_hora": 1, "sin_red": 1, "puntaje": "0.0", "tomas": [2, 1],
}  # fmt: skip
"""What the system finds of ``GOOD``; of the rows, ``quedan``."""

CASES: list[tuple[dict[str, Any], set[str]]] = [
    (GOOD, set()),
    ({}, {"obligatorio", "alguno"}),
    ({**GOOD, "dia": "31/12/2198"}, {"fecha_futura"}),
    ({**GOOD, "dia": "20/11/2025", "otro_dia": "19/11/2025"}, {"fechas"}),
    ({**GOOD, "hasta": "20/11/2025 23:00"}, {"horas"}),
    ({**GOOD, "mujeres": 61}, {"suma"}),
    ({**GOOD, "animales_total": 4}, {"animales"}),
    ({**GOOD, "toneles": 4}, {"cubetas"}),
    ({**GOOD, "toneles": 6, "tomas": [{"cubetas": 1}] * 6}, {"filas"}),
    ({**GOOD, "contador": "12"}, {"digitos"}),
    ({**GOOD, "contador": "", "notas": ""}, {"alguno"}),
    ({**GOOD, "fuente": "", "fuente_otro": ""}, {"obligatorio"}),
    ({**GOOD, "fuente": "mar"}, {"fuera_de_lista"}),
    ({**GOOD, "telefono": "123"}, {"telefono_invalido"}),
    ({**GOOD, "lat": "90"}, {"numero_fuera_de_rango"}),
    ({**GOOD, "hora": "25:00"}, {"hora_invalida"}),
    ({**GOOD, "litros": "1.234"}, {"numero_invalido"}),
    ({**GOOD, "toneles": 2, "tomas": [{"fecha_nacimiento": "01/01/2024", "cubetas": 2}]}, {"menor_sola"}),
    ({**GOOD, "municipio": "0101"}, {"lugar_de_otro_departamento"}),
]
"""Answers, and the codes of the errors that they have."""


def make_published(formato: Formato = FULL, codigo: str = "") -> str:
    """Publish a format as an administrator would; returns its code."""
    code = codigo or formato.code
    with unit_of_work(SISTEMA):
        services.create_definition(code, to_json(replace(formato, code=code)))
    with unit_of_work(SISTEMA):
        row = services.find(code)
        assert row is not None
        services.publish(row)
    db.session.expire_all()
    return code
