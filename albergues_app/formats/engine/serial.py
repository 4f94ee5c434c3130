"""A format as JSON and back: the closed schema in which formats defined outside the code are kept.

``to_json`` writes every field of every piece, with its class in ``clase``; ``from_json`` reads nothing but the
classes below, each with its own fields and kinds of value. What it builds is a Formato like any other; whether
its names and conditions make sense is asked of ``definition.problems``.
"""

from __future__ import annotations

import datetime as dt
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from albergues_app.formats.engine import (
    calculations,
    composite_types,
    conditions,
    formato,
    list_types,
    number_types,
    sums,
    text_types,
)
from albergues_app.formats.engine.calculations import Calculo
from albergues_app.formats.engine.conditions import Condition
from albergues_app.formats.engine.field_type import FieldType, Option
from albergues_app.formats.engine.formato import Campo, Formato, Repetible, Rule, Seccion, Warn
from albergues_app.formats.engine.marks import Mark
from albergues_app.formats.engine.text import clean

FIELD_TYPES: dict[str, type[FieldType]] = {
    kind.__name__: kind
    for kind in (
        text_types.Text,
        text_types.LongText,
        list_types.Choice,
        list_types.MultiChoice,
        list_types.YesNo,
        number_types.Whole,
        number_types.Decimal,
        number_types.Date,
        number_types.Time,
        number_types.Instant,
        text_types.PersonName,
        text_types.Phone,
        text_types.Cui,
        composite_types.Document,
        composite_types.CountByKind,
        composite_types.FromCatalogo,
        number_types.Coordinate,
        text_types.Attachment,
    )
}
"""Every kind of field that a definition may use."""

CONDITIONS: dict[str, type[Condition]] = {
    kind.__name__: kind
    for kind in (
        conditions.In,
        conditions.Given,
        conditions.Blank,
        conditions.Every,
        conditions.Some,
        conditions.Not,
        conditions.OnSheet,
        conditions.AgeBetween,
        conditions.NotAfter,
        conditions.WithinHours,
        conditions.RowsAre,
        conditions.SumIs,
        conditions.Matches,
        conditions.FartherThan,
        sums.AddUp,
        sums.RowsAddUp,
        sums.RatioBetween,
    )
}
"""Every condition that a definition may use."""

CALCULATIONS: dict[str, type[Calculo]] = {
    kind.__name__: kind
    for kind in (
        calculations.Difference,
        calculations.Balance,
        calculations.RowsSum,
        calculations.RowsCount,
        calculations.AnswersCount,
        calculations.Score,
    )
}
"""Everything that a definition may have worked out."""

MAX_DEPTH = 12
"""Of nested pieces: a condition inside a condition inside a rule…"""
MAX_PIECES = 60_000
MAX_TEXT = 3000
MAX_LIST = 600

_FAMILIES: dict[Any, dict[str, Any]] = {
    FieldType: FIELD_TYPES,
    Condition: CONDITIONS,
    Calculo: CALCULATIONS,
    Rule: {"Rule": Rule, "Warn": Warn},
    Seccion | Repetible: {"Seccion": Seccion, "Repetible": Repetible},
    Option: {"Option": Option},
    Campo: {"Campo": Campo},
    Formato: {"Formato": Formato},
}
_HINTS = {
    module.__name__: vars(module)
    for module in (
        calculations,
        composite_types,
        conditions,
        formato,
        list_types,
        number_types,
        sums,
        text_types,
    )
}


@dataclass(frozen=True)
class Problem:
    """Why a definition is refused: what to do, in Spanish, and where (``secciones[0].campos[2].type``)."""

    codigo: str
    mensaje: str
    donde: str = ""


class Malformed(ValueError):
    """Something that is no definition."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.donde}: {problem.mensaje}" if problem.donde else problem.mensaje)
        self.problem = problem


def to_json(value: Any) -> Any:
    """Return a format, or a piece of it, as plain JSON data with every field written out."""
    if is_dataclass(value) and not isinstance(value, type):
        return {"clase": type(value).__name__} | {
            f.name: to_json(getattr(value, f.name)) for f in fields(value)
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


def from_json(data: object) -> Formato:
    """Return the format that the data define. :raises Malformed: they are not of the closed schema."""
    made = _Reader().read(Formato, data, "", 0)
    assert isinstance(made, Formato)
    return made


def piece_from_json(kind: Any, data: object) -> Any:
    """Return one piece (a field, a condition, a rule). :raises Malformed: it is not of the closed schema."""
    return _Reader().read(kind, data, "", 0)


@cache
def hints_of(cls: Any) -> dict[str, Any]:
    """Return the kinds of value of every field of one of the classes."""
    return get_type_hints(cls, _HINTS.get(cls.__module__))


class _Reader:
    """One reading: counts the pieces, so that nothing huge is built."""

    def __init__(self) -> None:
        self.pieces = 0

    def read(self, hint: Any, data: object, where: str, depth: int) -> Any:
        self.pieces += 1
        if depth > MAX_DEPTH or self.pieces > MAX_PIECES:
            raise Malformed(
                Problem("definicion_grande", "La definición es demasiado grande o profunda.", where)
            )
        if hint in _FAMILIES:
            return self.build(_FAMILIES[hint], data, where, depth)
        origin = get_origin(hint)
        if origin in (Union, types.UnionType):
            return self.one_of(get_args(hint), data, where, depth)
        if origin is tuple:
            if not isinstance(data, list) or len(data) > MAX_LIST:
                raise _wrong(where)
            kinds = get_args(hint)
            if kinds[-1] is not ...:
                if len(data) != len(kinds):
                    raise _wrong(where)
                pairs = zip(kinds, data, strict=True)
                return tuple(self.read(k, v, f"{where}[{n}]", depth) for n, (k, v) in enumerate(pairs))
            return tuple(self.read(get_args(hint)[0], v, f"{where}[{n}]", depth) for n, v in enumerate(data))
        return _plain(hint, data, where)

    def one_of(self, hints: tuple[Any, ...], data: object, where: str, depth: int) -> Any:
        if data is None and type(None) in hints:
            return None
        found = [h for h in hints if h is not type(None)]
        if len(found) == 1:
            return self.read(found[0], data, where, depth)
        if type(data) in found:
            return _plain(type(data), data, where)
        raise _wrong(where)

    def build(self, known: Mapping[str, Any], data: object, where: str, depth: int) -> Any:
        name = data.get("clase") if isinstance(data, Mapping) else None
        if not isinstance(data, Mapping) or not isinstance(name, str) or name not in known:
            raise Malformed(
                Problem("clase_desconocida", "Aquí falta una pieza, o no es de las conocidas.", where)
            )
        cls = known[name]
        own = {f.name: f for f in fields(cls)}
        strange = [key for key in data if key != "clase" and key not in own]
        if strange:
            said = clean(str(strange[0]))[:40]
            raise Malformed(Problem("dato_desconocido", f"«{said}» no se usa aquí. Quítelo.", where))
        values: dict[str, Any] = {}
        for key, f in own.items():
            inside = f"{where}.{key}" if where else key
            if key in data:
                values[key] = self.read(hints_of(cls)[key], data[key], inside, depth + 1)
            elif f.default is MISSING and f.default_factory is MISSING:
                raise Malformed(Problem("dato_ausente", "Falta este dato.", inside))
        if cls is Campo:
            _check_campo(values, where)
        try:
            return cls(**values)
        except ValueError as error:
            raise Malformed(Problem("pieza_invalida", _in_spanish(str(error)), where)) from error


def _plain(hint: Any, data: object, where: str) -> Any:
    if hint is dt.date:
        if isinstance(data, str):
            try:
                return dt.date.fromisoformat(data)
            except ValueError:
                pass
        raise Malformed(Problem("fecha_invalida", "Escriba la fecha como día/mes/año.", where))
    if isinstance(hint, type) and issubclass(hint, Enum):
        if type(data) in (str, int):
            try:
                return hint(data)
            except ValueError:
                pass
        raise _wrong(where)
    if hint is bool and isinstance(data, bool):
        return data
    if hint is str and isinstance(data, str):
        if len(data) > MAX_TEXT or clean(data, lines=True) != data:
            raise Malformed(
                Problem(
                    "texto_invalido", f"Use un texto sin signos raros, de {MAX_TEXT} letras o menos.", where
                )
            )
        return data
    if hint is int and type(data) is int and abs(data) <= 10**12:
        return data
    if hint is float and type(data) in (int, float) and math.isfinite(data) and abs(data) <= 10**12:  # type: ignore[arg-type]
        return data
    raise _wrong(where)


def _wrong(where: str) -> Malformed:
    return Malformed(Problem("dato_invalido", "Revise este dato: no es de la clase que se espera.", where))


def _check_campo(values: Mapping[str, Any], where: str) -> None:
    """Say in Spanish what ``Campo`` would refuse."""
    mark, when = values.get("required", Mark.O), values.get("required_when")
    named = f"«{values.get('label') or values.get('name')}»"
    if mark is Mark.C and when is None:
        raise Malformed(
            Problem("falta_condicion", f"{named}: con la marca C diga cuándo es obligatorio.", where)
        )
    if when is not None and mark not in (Mark.C, Mark.S):
        raise Malformed(
            Problem("condicion_de_mas", f"{named}: «obligatorio cuando» va solo con las marcas C o S.", where)
        )
    if when is not None and not values.get("required_text"):
        raise Malformed(Problem("falta_texto", f"{named}: escriba en palabras cuándo es obligatorio.", where))
    if values.get("unknown") and all(part.suffix for part in values["type"].parts()):
        raise Malformed(
            Problem("sin_desconocido", f"{named}: este tipo no admite «desconocido» como respuesta.", where)
        )
    if values.get("gate") is False and values.get("level", 2) < 3:
        raise Malformed(
            Problem("nivel_bajo", f"{named}: lo que se toma aparte de la puerta es de nivel N3 o N4.", where)
        )


def _in_spanish(error: str) -> str:
    if "calculations of fields" in error:
        return "Se calcula un campo que no existe. Quite ese cálculo."
    if "names used twice" in error:
        names = error.rpartition("[")[2].rstrip("]").replace("'", "")
        return f"Hay nombres repetidos: {names}. Cambie uno."
    return "Esta pieza no se puede usar así."
