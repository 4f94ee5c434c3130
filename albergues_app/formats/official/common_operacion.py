"""Fields and lists of the daily work of a shelter: cases of a person, warehouse, committees."""

from __future__ import annotations

from typing import Any

from albergues_app.formats.engine import (
    Campo,
    Choice,
    Cui,
    Date,
    FieldType,
    Given,
    In,
    Instant,
    Level,
    Mark,
    Option,
    PersonName,
    Seccion,
    Text,
    Whole,
    options,
)
from albergues_app.formats.official.common import EDAD_UNIDAD, SEXO

SIN_NOMBRE = In("nombres", ("N/N",))

ARTICULO_CATEGORIA = options(
    ("alimento", "Alimento"),
    ("agua", "Agua"),
    ("higiene", "Higiene"),
    ("limpieza", "Limpieza"),
    Option("ropa_abrigo", "Ropa y abrigo", "Ropa/abrigo"),
    ("cocina", "Cocina"),
    Option("medico", "Médico o medicina", "Médico"),
    Option("bebe", "Para bebé", "Bebé"),
    Option("albergue", "Para el albergue (camas, carpas)", "Albergue"),
    ("herramienta", "Herramienta"),
    "otro",
)

COMITE = options(
    Option("direccion", "Dirección o coordinación", "Dirección", aliases=("coordinación",)),
    Option("alimentacion", "Alimentación o cocina", "Cocina", aliases=("alimentación",)),
    Option("limpieza", "Limpieza y orden", "Limpieza"),
    Option("seguridad", "Seguridad"),
    Option("salud", "Salud e higiene", "Salud"),
    Option("agua", "Agua"),
    Option("ninez", "Niñez y recreación", "Niñez"),
    Option("prevencion_violencia", "Prevención de violencia", "Prevención"),
    Option("quejas", "Quejas y sugerencias", "Quejas"),
    Option("mascotas", "Mascotas"),
    "otro",
)

FIRMA = options(
    ("firma", "Firma"),
    ("huella", "Huella"),
    Option("otro", "No puede (por qué)", "No puede", aliases=("no",)),
)


def ocurrido(label: str, hint: str = "", **more: Any) -> Campo:
    """Return the moment of the fact, needed even in modo rápido."""
    return Campo(
        name="ocurrido_en",
        label=label,
        type=Instant(),
        required=Mark.R,
        quick=True,
        hint=hint or "La hora en que pasó, aunque se anote después. De 00:00 a 23:59.",
        example="20/11/2026 18:05",
        hxl="#date+occurred",
        **more,
    )


def fecha(label: str, name: str = "fecha", **more: Any) -> Campo:
    """Return the day of the sheet, needed even in modo rápido."""
    return Campo(
        name=name,
        label=label,
        type=Date(),
        required=Mark.R,
        quick=True,
        level=Level.N1,
        hxl="#date+occurred",
        example="20/11/2026",
        **more,
    )


def firma(name: str, label: str = "Firma o huella", **more: Any) -> Campo:
    """Return the place for an ink signature in a row; on the screen, how the person signed."""
    return Campo(
        name=name,
        label=label,
        type=Choice(options=FIRMA, code_on_paper=True),
        required=Mark.S,
        hint="Firma o huella en el papel. En el sistema, marque cómo firmó.",
        **more,
    )


def apart(name: str, label: str, type_: FieldType, level: Level = Level.N4, **more: Any) -> Campo:
    """Return a field of health or protection: never at the gate, always sensitive."""
    return Campo(name=name, label=label, type=type_, gate=False, sensitive=True, level=level, **more)


def persona_aparte(level: Level) -> tuple[Campo, ...]:
    """Return who the person of a health or protection sheet is."""
    return (
        apart(
            "nombres",
            "Nombres",
            PersonName(width=8),
            level,
            required=Mark.R,
            quick=True,
            hint="Si no se sabe, escriba N/N y describa a la persona.",
        ),
        apart("apellidos", "Apellidos", PersonName(width=8), level),
        apart(
            "codigo_familia",
            "Código de la persona o familia",
            Text(max_length=20, width=8),
            level,
            example="QK7-4M2",
            hint="El de su boleta de ingreso, si la tiene.",
        ),
        apart("sexo", "Sexo", Choice(options=SEXO, width=9), level, required=Mark.R),
        apart(
            "edad",
            "Edad",
            Whole(maximum=130, width=3),
            level,
            required=Mark.R,
            satisfied_by=("fecha_nacimiento",),
            unknown=True,
            hint="En años; para bebés, en meses o días. Si no se sabe, calcule.",
        ),
        apart(
            "edad_unidad",
            "Edad en años, meses o días",
            Choice(options=EDAD_UNIDAD, width=6),
            level,
            required=Mark.C,
            required_when=Given("edad"),
            required_text="si anotó la edad",
            default="anios",
        ),
        apart(
            "fecha_nacimiento",
            "Fecha de nacimiento",
            Date(),
            level,
            hint="Si la sabe, no hace falta la edad.",
        ),
    )


def cui_aparte(level: Level, label: str = "CUI (13 dígitos)", name: str = "cui") -> Campo:
    """Return the CUI, which nobody must have."""
    return apart(
        name, label, Cui(), level, hint="No es obligatorio. Nadie se queda sin atención por no tenerlo."
    )


def digitador() -> Campo:
    """Return who typed the sheet; the system writes it."""
    return Campo(
        name="digitador",
        label="Quién lo pasó al sistema",
        short="Digitador/a",
        type=PersonName(width=6),
        auto=True,
        level=Level.N1,
    )


def cierre(*campos: Campo, title: str = "Firmas") -> Seccion:
    """Return a closing section with its own signatories."""
    return Seccion(code="firmas", title=title, campos=(*campos, digitador()))
