"""What an official format is: data, in one module per format and edition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from albergues_app.formats.engine.calculations import Calculo
from albergues_app.formats.engine.conditions import Condition
from albergues_app.formats.engine.field_type import FieldType, Part
from albergues_app.formats.engine.marks import Level, Mark


@dataclass(frozen=True, kw_only=True)
class Campo:
    """One field of a format.

    Parameters
    ----------
    required : Mark
        R to save, C when ``required_when`` holds, S to sign (with ``required_when``: only where it holds),
        O never.
    satisfied_by : tuple of str
        Sibling fields that answer this one (birth date for age): with any of them nothing is missing.
    asked_when : Condition or None
        The screen hides the field where it does not hold. What was answered anyway is kept.
    quick : bool
        Needed even in modo rápido.
    gate : bool
        False: of ``salud`` or ``proteccion``; never on the gate's paper, Excel or screen.
    auto : bool
        The system writes it (folio, code); never asked and never missing.
    unknown : bool
        «Desconocido» and «prefiere no responder» are answers.
    """

    name: str
    label: str
    type: FieldType
    required: Mark = Mark.O
    required_when: Condition | None = None
    required_text: str = ""
    satisfied_by: tuple[str, ...] = ()
    asked_when: Condition | None = None
    hint: str = ""
    example: str = ""
    short: str = ""
    aliases: tuple[str, ...] = ()
    sensitive: bool = False
    level: Level = Level.N2
    hxl: str = ""
    quick: bool = False
    gate: bool = True
    auto: bool = False
    unknown: bool = False
    default: str = ""
    paper_width: int = 0

    def __post_init__(self) -> None:
        if self.required is Mark.C and self.required_when is None:
            raise ValueError(f"{self.name}: mark C needs required_when")
        if self.required_when is not None and self.required not in (Mark.C, Mark.S):
            raise ValueError(f"{self.name}: required_when goes with mark C or S")
        if self.required_when is not None and not self.required_text:
            raise ValueError(f"{self.name}: say in required_text when it is required")
        if self.unknown and all(part.suffix for part in self.type.parts()):
            raise ValueError(f"{self.name}: «desconocido» needs a type with a column of its own")
        if not self.gate and self.level < Level.N3:
            raise ValueError(f"{self.name}: what the gate must not see is N3 or N4")

    @property
    def brief(self) -> str:
        """The label where there is little room."""
        return self.short or self.label

    def key(self, suffix: str) -> str:
        """Return the flat name of one of its parts."""
        return f"{self.name}_{suffix}" if suffix else self.name

    @cached_property
    def cells(self) -> tuple[tuple[str, str], ...]:
        """Suffix and flat name of every part but the field itself."""
        return tuple((part.suffix, self.key(part.suffix)) for part in self.type.parts() if part.suffix)

    @cached_property
    def answer_keys(self) -> tuple[str, ...]:
        """Names under which its answers stand."""
        return tuple(self.key(suffix) for suffix in self.type.schema())

    @cached_property
    def known_keys(self) -> frozenset[str]:
        """Every name that a door may send for it."""
        return frozenset((self.name, *self.aliases, *(key for _, key in self.cells), *self.answer_keys))

    def parts(self, gate: bool) -> tuple[Part, ...]:
        """Return its flat columns for this door."""
        hidden = {o.code for o in self.type.options_shown(False)} - {
            o.code for o in self.type.options_shown(gate)
        }
        return tuple(part for part in self.type.parts() if part.suffix not in hidden)

    def part_label(self, part: Part) -> str:
        """Return the heading of one flat column."""
        return f"{self.label}: {part.label}" if part.suffix else self.label


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What must hold between answers. ``campo`` is where the message stands."""

    code: str
    campo: str
    message: str
    holds: Condition
    modes: tuple[str, ...] = ("rapido", "completo", "firma")


@dataclass(frozen=True, kw_only=True)
class Warn(Rule):
    """A rule that only warns."""


@dataclass(frozen=True, kw_only=True)
class Seccion:
    """A group of fields under one heading."""

    code: str
    title: str
    campos: tuple[Campo, ...]
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Repetible:
    """Rows of the same fields: the persons of a household, the movements of a sheet.

    ``ignored_alone`` names fields that the screen fills by itself: a row with nothing else is an empty row.
    """

    name: str
    title: str
    singular: str
    campos: tuple[Campo, ...]
    rules: tuple[Rule, ...] = ()
    min_rows: int = 0
    max_rows: int = 60
    paper_rows: int = 8
    ignored_alone: tuple[str, ...] = ()
    hint: str = ""


class Area(StrEnum):
    """Who may read what was filled in: everybody of the shelter, or one profession alone."""

    GENERAL = "general"
    SALUD = "salud"
    PROTECCION = "proteccion"


class Ambito(StrEnum):
    """What a filled format hangs from."""

    ALBERGUE = "albergue"
    """An activation: a shelter at work in one emergency."""
    SITIO = "sitio"
    """A site, open or not."""
    LUGAR = "lugar"
    """A municipality or a department, in an emergency or outside one (COE, visits, consolidated)."""


_NOT_ON_PAPER = {"en_papel": False}
"""Marks what the printed format does not say: it may change without a new edition."""


@dataclass(frozen=True, kw_only=True)
class Formato:
    """One official format in one edition. ``official_code`` belongs to an administrator and is not here.

    ``record`` is what one filled format is called («familia», «hoja»); ``order`` its place in the catalogue.
    """

    code: str
    version: int
    title: str
    issuer: str
    source: str
    valid_from: dt.date
    who_fills: str
    when_filled: str
    purpose: str
    moment: str
    secciones: tuple[Seccion | Repetible, ...]
    rules: tuple[Rule, ...] = ()
    landscape: bool = False
    record: str = "familia"
    notice: str = ""
    signatures: tuple[str, ...] = field(default=())
    area: Area = field(default=Area.GENERAL, metadata=_NOT_ON_PAPER)
    ambito: Ambito = field(default=Ambito.ALBERGUE, metadata=_NOT_ON_PAPER)
    order: int = field(default=1000, metadata=_NOT_ON_PAPER)
    calculos: tuple[Calculo, ...] = field(default=(), metadata=_NOT_ON_PAPER)

    def __post_init__(self) -> None:
        for campos in (self.campos, *(r.campos for r in self.repetibles)):
            keys = [key for campo in campos for key in sorted(campo.known_keys)]
            repeated = {key for key in keys if keys.count(key) > 1}
            if repeated:
                raise ValueError(f"{self.code}: names used twice: {sorted(repeated)}")
        places = {(section, campo.name) for section, campo in self.walk()}
        lost = [c.campo for c in self.calculos if (c.repetible, c.campo) not in places]
        if lost:
            raise ValueError(f"{self.code}: calculations of fields it does not have: {lost}")

    @cached_property
    def campos(self) -> tuple[Campo, ...]:
        """Fields outside repeating sections, in paper order."""
        return tuple(c for s in self.secciones if isinstance(s, Seccion) for c in s.campos)

    @cached_property
    def repetibles(self) -> tuple[Repetible, ...]:
        """Repeating sections, in paper order."""
        return tuple(s for s in self.secciones if isinstance(s, Repetible))

    def calculados(self, repetible: str = "") -> dict[str, Calculo]:
        """What is worked out on the sheet, or in each row of a repeating section, by field."""
        return {c.campo: c for c in self.calculos if c.repetible == repetible}

    @property
    def slug(self) -> str:
        """Code and edition, as in ``boleta_ingreso_v1``."""
        return f"{self.code}_v{self.version}"

    @property
    def at_gate(self) -> bool:
        """Whether its doors are those of the gate; what one profession fills in never stands there."""
        return self.area is Area.GENERAL

    def campos_shown(self, gate: bool = True) -> tuple[Campo, ...]:
        """Fields outside repeating sections that this door may show."""
        return shown(self.campos, gate)

    def walk(self) -> Iterator[tuple[str, Campo]]:
        """Yield every field with the name of its repeating section (``""`` outside)."""
        for campo in self.campos:
            yield "", campo
        for repetible in self.repetibles:
            for campo in repetible.campos:
                yield repetible.name, campo


def shown(campos: tuple[Campo, ...], gate: bool) -> tuple[Campo, ...]:
    """Return the fields that this door may show."""
    return tuple(campo for campo in campos if campo.gate or not gate)
