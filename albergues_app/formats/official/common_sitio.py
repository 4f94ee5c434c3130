"""Fields, lists and rules that the formats of sites, acts and counts share."""

from __future__ import annotations

from typing import Any

from albergues_app.formats.engine import (
    AddUp,
    Attachment,
    Campo,
    Choice,
    Condition,
    Coordinate,
    Cui,
    Mark,
    Not,
    NotAfter,
    Option,
    PersonName,
    RatioBetween,
    Repetible,
    Rule,
    Some,
    Text,
    Warn,
    Whole,
    options,
)
from albergues_app.formats.official.common_lugar import FIRMA, interno

TIPO_INMUEBLE = options(
    ("escuela", "Escuela"),
    ("instituto", "Instituto"),
    ("colegio", "Colegio"),
    Option("iglesia", "Iglesia o templo", "Iglesia", aliases=("templo",)),
    ("salon_comunal", "Salón comunal"),
    ("salon_municipal", "Salón municipal"),
    ("gimnasio", "Gimnasio"),
    ("polideportivo", "Polideportivo"),
    ("casa_materna", "Casa materna"),
    ("centro_juvenil", "Centro juvenil"),
    Option("modulos_atu", "Módulos de transición (ATU)", "Módulos ATU", aliases=("atu", "módulos (ATU)")),
    ("carpas", "Carpas"),
    "otro",
)
AMENAZA = options(
    ("inundacion", "Inundación"),
    ("deslizamiento", "Deslizamiento"),
    ("sismo", "Sismo"),
    Option("volcan", "Volcán (ceniza o lahar)", "Volcán"),
    ("viento", "Viento"),
    ("incendio", "Incendio"),
    Option("quimica", "Sustancias químicas", "Química"),
    "otro",
)
BANDAS = (
    ("0", "< 1 año", "age_0_0"),
    ("1_4", "1–4 años", "age_1_4"),
    ("5_12", "5–12 años", "age_5_12"),
    ("13_17", "13–17 años", "age_13_17"),
    ("18_29", "18–29 años", "age_18_29"),
    ("30_59", "30–59 años", "age_30_59"),
    ("60_mas", "60 o más", "age_60_plus"),
    ("sin_dato", "sin dato", ""),
)
"""The set `operativa` of dominio.md 4.1: code, words, HXL attribute."""


def count(name: str, label: str, mark: Mark = Mark.O, *, width: int = 4, **given: Any) -> Campo:
    """Return a count, 0 or more. Blank is not known; 0 is none."""
    return interno(name=name, label=label, type=Whole(maximum=100_000, width=width), required=mark, **given)


def photo(name: str, label: str, mark: Mark = Mark.O, *, pdf: bool = False, **given: Any) -> Campo:
    """Return a file: a photograph, or with ``pdf`` also a scanned paper."""
    return interno(name=name, label=label, type=Attachment(pdf=pdf), required=mark, **given)


def coordinates(mark: Mark) -> tuple[Campo, Campo]:
    """Return the point, inside the box that holds the whole country."""
    return (
        interno(
            name="lat",
            label="Latitud",
            type=Coordinate(minimum=13.73, maximum=17.83, width=5),
            required=mark,
            hint="En grados con punto, como la da el teléfono. En Guatemala, de 13.73 a 17.83.",
            example="15.405278",
            hxl="#geo+lat",
        ),
        interno(
            name="lon",
            label="Longitud",
            type=Coordinate(minimum=-92.25, maximum=-88.21, width=5),
            required=mark,
            hint="En grados con punto y con el signo menos. En Guatemala, de -92.25 a -88.21.",
            example="-91.146944",
            hxl="#geo+lon",
        ),
    )


def actor(name: str, label: str, mark: Mark = Mark.O, *, width: int = 8, **given: Any) -> Campo:
    """Return the name of a person who acts for an institution."""
    return interno(name=name, label=label, type=PersonName(width=width), required=mark, **given)


def firmantes(name: str, title: str, singular: str, *, con_dpi: bool, rows: int, hint: str) -> Repetible:
    """Return rows of those who sign: name, institution, cargo and signature; with DPI for an act."""
    dpi = Campo(
        name="dpi",
        label="DPI",
        type=Cui(),
        paper_width=5,
        required=Mark.R,
        unknown=True,
        sensitive=True,
        hint="13 dígitos. Si no lo tiene a mano, escriba Desconocido.",
        example="1587 56444 0904",
    )
    return Repetible(
        name=name,
        title=title,
        singular=singular,
        max_rows=40,
        paper_rows=rows,
        hint=hint,
        campos=(
            actor("nombre", "Nombre y apellidos", Mark.R, paper_width=6, example="Marta Elena Cobo"),
            *((dpi,) if con_dpi else ()),
            interno(
                name="institucion",
                label="Institución",
                type=Text(width=5),
                paper_width=4 if con_dpi else 6,
                required=Mark.R,
                hxl="#org+name",
            ),
            interno(
                name="cargo",
                label="Cargo",
                type=Text(max_length=80, width=5),
                paper_width=4 if con_dpi else 5,
                required=Mark.R,
            ),
            interno(
                name="firma",
                label="Firma o huella",
                type=Choice(options=FIRMA, width=6, code_on_paper=True),
                paper_width=5 if con_dpi else 7,
                required=Mark.S,
                hint="En papel, la firma o la huella. En pantalla, cuál de las dos puso.",
            ),
        ),
    )


def bands(mark: Mark) -> tuple[Campo, ...]:
    """Return women and men by age, one count each: 8 boxes in a line of the paper."""
    return tuple(
        count(
            f"{group}_{code}",
            f"{word}, {words}",
            mark,
            width=3,
            hxl=f"#affected+sheltered+{tag}+{age}" if age else "",
        )
        for group, word, tag in (("mujeres", "Mujeres", "f"), ("hombres", "Hombres", "m"))
        for code, words, age in BANDAS
    )


def needed_when_complete(code: str, campo: str, message: str, holds: Condition) -> tuple[Rule, ...]:
    """Return a rule that warns in modo rápido and is asked for to complete or sign."""
    return (
        Warn(code=code, campo=campo, message=message, holds=holds, modes=("rapido",)),
        Rule(code=code, campo=campo, message=message, holds=holds, modes=("completo", "firma")),
    )


_BY_SEX = ("mujeres", "hombres", "no_registrado")
_NOT_TOO_MANY = AddUp(_BY_SEX, "personas", at_most=True)

COUNT_RULES: tuple[Rule, ...] = (
    Rule(
        code="suma_mayor",
        campo="mujeres",
        message="Mujeres, hombres y sin dato suman más que las personas. Revise los números.",
        holds=_NOT_TOO_MANY,
    ),
    Warn(
        code="suma_menor",
        campo="mujeres",
        message="Mujeres, hombres y sin dato suman menos que las personas. Revise si falta alguien.",
        holds=Some((AddUp(_BY_SEX, "personas", zero_if_blank=("no_registrado",)), Not(_NOT_TOO_MANY))),
    ),
    Rule(
        code="familias_de_mas",
        campo="familias",
        message="Hay más familias que personas. Revise los números.",
        holds=NotAfter("familias", "personas"),
    ),
    Warn(
        code="familias_dudosas",
        campo="familias",
        message="Lo usual es de 1.5 a 12 personas por familia. Revise los dos números.",
        holds=RatioBetween("personas", "familias", 1.5, 12),
    ),
)
"""Persons, families and sexes, with the codes that a parte has through the API."""


def band_rules() -> tuple[Rule, ...]:
    """Return what holds between each sex and its ages: never more; to sign, exactly as many."""
    found: list[Rule] = []
    for group, word in (("mujeres", "mujeres"), ("hombres", "hombres")):
        names = tuple(f"{group}_{code}" for code, _, _ in BANDAS)
        not_more = AddUp(names, group, at_most=True)
        as_many = Some((AddUp(names, group), Not(not_more)))
        fewer = f"Las edades de {word} suman menos que el total de {word}. Anote las demás."
        found += (
            Rule(
                code=f"edades_{group}_de_mas",
                campo=group,
                message=f"Las edades de {word} suman más que el total de {word}. Revise los números.",
                holds=not_more,
            ),
            Warn(
                code=f"edades_{group}_de_menos",
                campo=group,
                message=fewer,
                holds=as_many,
                modes=("rapido", "completo"),
            ),
            Rule(
                code=f"edades_{group}_de_menos",
                campo=group,
                message=fewer,
                holds=as_many,
                modes=("firma",),
            ),
        )
    return tuple(found)
