"""What a field type is: one class that answers for every output."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from albergues_app.formats.engine.catalogs import Catalogos
from albergues_app.formats.engine.marks import NoAnswer
from albergues_app.formats.engine.text import clean, fold

Answers = Mapping[str, Any]
HORA_LOCAL = dt.timezone(dt.timedelta(hours=-6), "America/Guatemala")


class Invalid(Exception):
    """A text that cannot be read, with what the person should do about it."""

    def __init__(self, codigo: str, mensaje: str, suffix: str = "") -> None:
        super().__init__(mensaje)
        self.codigo, self.mensaje, self.suffix = codigo, mensaje, suffix


@dataclass(frozen=True)
class Notice:
    """One error, warning or pending answer: code, what to do (Spanish), and the path of the field."""

    codigo: str
    mensaje: str
    campo: str = ""


@dataclass(frozen=True)
class Option:
    """One value of a closed list. ``gate=False`` keeps it off the gate's paper, Excel and screen."""

    code: str
    label: str
    short: str = ""
    gate: bool = True
    aliases: tuple[str, ...] = ()

    @property
    def brief(self) -> str:
        """The shortest readable form."""
        return self.short or self.label


@dataclass(frozen=True)
class Context:
    """What a type may look at while it reads: catalogues, the raw cells of the row, the hour, the door."""

    catalogos: Catalogos
    row: Mapping[str, object]
    now: dt.datetime
    gate: bool = True


@dataclass(frozen=True)
class Parsed:
    """Values by suffix (``""`` is the field itself, ``"otro"`` its free text), and warnings."""

    values: Mapping[str, object]
    warnings: tuple[Notice, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Part:
    """One flat column of a field, for the doors that know only flat text (web form, XLSX)."""

    suffix: str
    label: str
    type: FieldType


@dataclass(frozen=True)
class Widget:
    """What the screen shows: a kind that ``outputs/web_form.py`` knows, and its attributes."""

    kind: str
    attrs: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """The rule of one XLSX cell: a kind that ``outputs/xlsx.py`` knows, limits, or the name of a list."""

    kind: str
    minimum: float | None = None
    maximum: float | None = None
    options: tuple[str, ...] = ()
    catalogo: str = ""
    width: int = 16


@dataclass(frozen=True)
class Paper:
    """How it is drawn for a pen: a kind that ``outputs/paper.py`` knows, width in 24ths, boxes, lines.

    ``boxes`` are the sizes of the groups of one-character boxes, ``marks`` what stands between the groups.
    """

    kind: str
    width: int
    boxes: tuple[int, ...] = ()
    marks: tuple[str, ...] = ()
    lines: int = 1


@dataclass(frozen=True)
class Question:
    """How a telephone asks it: a kind that ``outputs/xlsform.py`` knows, and what XPath can check of it.

    ``constraint`` speaks of ``.``, the answer; it never refuses what ``read`` takes. ``message`` says what to do.
    """

    kind: str
    constraint: str = ""
    message: str = ""
    appearance: str = ""


def is_blank(raw: object) -> bool:
    """Tell whether a cell of any door holds nothing."""
    if raw is None:
        return True
    if isinstance(raw, str):
        return _is_blank_text(raw)
    if isinstance(raw, float):
        return math.isnan(raw)
    if isinstance(raw, (list, tuple, set, dict)):
        items = raw.values() if isinstance(raw, dict) else raw
        return all(item is None or (isinstance(item, str) and _is_blank_text(item)) for item in items)
    return False


def _is_blank_text(text: str) -> bool:
    """Whether nothing is left of a text once it is clean; a letter or a figure always is, and most cells tell so."""
    return not text or (not text[0].isalnum() and clean(text) == "")


def as_text(raw: object) -> str:
    """Return the text of a plain cell: numbers of a spreadsheet lose their ``.0``; structures are refused."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "sí" if raw else "no"
    if isinstance(raw, int):
        if abs(raw) >= 10**30:
            raise Invalid("numero_fuera_de_rango", "El número es demasiado grande. Revíselo.")
        return str(raw)
    if isinstance(raw, float):
        if not math.isfinite(raw):
            raise Invalid("texto_invalido", "Escriba un texto.")
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    if isinstance(raw, dt.datetime):
        return raw.strftime("%d/%m/%Y %H:%M") if raw.time() != dt.time() else raw.strftime("%d/%m/%Y")
    if isinstance(raw, dt.date):
        return f"{raw.day:02d}/{raw.month:02d}/{raw.year:04d}"
    if isinstance(raw, dt.time):
        return raw.strftime("%H:%M")
    raise Invalid("texto_invalido", "Escriba un texto.")


_NO_ANSWER = {
    NoAnswer.DESCONOCIDO: ("desconocido", "desconocida", "no sabe", "nosesabe", "ns", "sin dato"),
    NoAnswer.NO_RESPONDE: ("no responde", "prefiere no responder", "nr"),
}
_NO_ANSWER_INDEX = {fold(word): value for value, words in _NO_ANSWER.items() for word in words}


def read_no_answer(raw: object) -> NoAnswer | None:
    """Return the kind of no-answer that a cell says in words, if it says one."""
    return _NO_ANSWER_INDEX.get(fold(raw)) if isinstance(raw, str) and len(raw) < 60 else None


@dataclass(frozen=True, kw_only=True)
class FieldType:
    """Base of all types. A simple type writes ``read``; a type with several columns writes ``parse``."""

    def read(self, raw: object, context: Context) -> object:
        """Turn one raw cell into a value, or raise Invalid."""
        raise NotImplementedError(f"{type(self).__name__} needs read() or parse()")

    def parse(self, raw: Mapping[str, object], context: Context) -> Parsed:
        """Turn the raw cells of the field (by suffix) into values."""
        return Parsed({"": self.read(raw[""], context)})

    def parts(self) -> tuple[Part, ...]:
        """Return the flat columns."""
        return (Part("", "", self),)

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        """Return the answer as people read it."""
        raise NotImplementedError(f"{type(self).__name__} needs to_text()")

    def schema(self) -> dict[str, dict[str, Any]]:
        """Return a JSON Schema fragment for each suffix."""
        raise NotImplementedError(f"{type(self).__name__} needs schema()")

    def widget(self) -> Widget:
        """Return what the screen shows."""
        raise NotImplementedError(f"{type(self).__name__} needs widget()")

    def cell(self) -> Cell:
        """Return the XLSX rule of a one-column type."""
        raise NotImplementedError(f"{type(self).__name__} needs cell()")

    def paper(self) -> Paper:
        """Return how it is drawn on paper."""
        raise NotImplementedError(f"{type(self).__name__} needs paper()")

    def question(self) -> Question | None:
        """Return how a telephone asks it; None where it asks each part by itself."""
        raise NotImplementedError(f"{type(self).__name__} needs question()")

    def options_shown(self, gate: bool) -> tuple[Option, ...]:
        """Return the options this door may show; empty for types without a list."""
        return ()


def value_to_json(value: object) -> object:
    """Return a value as JSON keeps it; reading it back through ``validate`` gives the same value."""
    if isinstance(value, dt.datetime):
        return value.astimezone(HORA_LOCAL).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return value.strftime("%H:%M")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, NoAnswer):
        return value.value
    if isinstance(value, (list, tuple)):
        return [value_to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {key: value_to_json(item) for key, item in value.items()}
    return value
