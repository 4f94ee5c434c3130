"""The closed list of what a defined format may work out, each read from its inputs and written back into them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from albergues_app.core.text import clean, whole_number
from albergues_app.definiciones.condition_forms import (
    Names,
    Typed,
    Unclear,
    read_lines,
    read_values,
    write_lines,
)
from albergues_app.definiciones.rule_sentences import WHERE, Param, Reader, with_where
from albergues_app.formats.engine import (
    AnswersCount,
    Balance,
    Calculo,
    Choice,
    Difference,
    RowsCount,
    RowsSum,
    Score,
)
from albergues_app.formats.engine.condition_checks import NUMBERS


@dataclass(frozen=True)
class Calculation:
    """What may be worked out. ``read`` gives the pieces of the calculation, ``write`` what was typed, or None."""

    code: str
    label: str
    params: tuple[Param, ...]
    makes: type[Calculo]
    read: Callable[[Reader], dict[str, Any]]
    write: Callable[[Any], dict[str, Any] | None]
    place: str = ""
    """``hoja`` or ``filas``: stands only there."""


def _codes(r: Reader, campos: Iterable[str], name: str) -> tuple[str, ...]:
    """Answers of these fields, typed by code or label. :raises Unclear: one of them has no such answer."""
    found = [_values(r, campo, r.text(name), name) for campo in campos]
    return tuple(dict.fromkeys(code for codes in found for code in codes))


def _values(r: Reader, campo: str, given: str, name: str) -> tuple[str, ...]:
    kind = r.names.scope.row.get(campo)
    if kind is None:
        raise Unclear("Elija el campo de la lista.", name)
    return tuple(str(value) for value in read_values(given, kind, name))


def _among(r: Reader) -> tuple[str, ...]:
    campos = r.campos("campos")
    if not campos:
        raise Unclear("Marque los campos que cuentan.", "campos")
    return campos


def _read_score(r: Reader) -> dict[str, Any]:
    among, worth = _among(r), dict[str, int]()
    for part in r.text("vale").split(","):
        answer, _, number = part.partition("=")
        value = whole_number(clean(number), 3)
        if value is None or value > 100:
            raise Unclear(
                "Escriba cuánto vale cada respuesta, de 0 a 100: cumple = 100, parcial = 50.", "vale"
            )
        for campo in among:
            worth |= dict.fromkeys(_values(r, campo, answer, "vale"), value)
    return {"among": among, "worth": tuple(worth.items())}


def _read_balance(r: Reader) -> dict[str, Any]:
    kind = r.campo("campo_b")
    enters, leaves = _codes(r, [kind], "entra"), _codes(r, [kind], "sale")
    if set(enters) & set(leaves):
        raise Unclear("Una misma respuesta no puede ser de entrada y de salida.", "sale")
    return {"amount": r.campo("campo_a"), "kind": kind, "enters": enters, "leaves": leaves}


_ROWS = Param("repetible", "Sección que se repite", "repetible")
_CHOICES = Param("campos", "Campos", "campos", (Choice,))

CALCULATIONS: tuple[Calculation, ...] = (
    Calculation(
        "diferencia", "Un número menos otro",
        (Param("campo_a", "El número", "campo", NUMBERS), Param("campo_b", "menos", "campo", NUMBERS)),
        Difference,
        lambda r: {"first": r.campo("campo_a"), "second": r.campo("campo_b")},
        lambda c: {"campo_a": c.first, "campo_b": c.second},
    ),
    Calculation(
        "suma_filas", "La suma de un número de las filas",
        (_ROWS, Param("campo_a", "Campo de sus filas", "fila", NUMBERS), WHERE),
        RowsSum,
        lambda r: {"rows": r.campo("repetible"), "amount": r.campo("campo_a"), "where": r.where()},
        lambda c: with_where(c.where, {"repetible": c.rows, "campo_a": c.amount}),
        "hoja",
    ),
    Calculation(
        "cuenta_filas", "Cuántas filas hay", (_ROWS, WHERE), RowsCount,
        lambda r: {"rows": r.campo("repetible"), "where": r.where()},
        lambda c: with_where(c.where, {"repetible": c.rows}),
        "hoja",
    ),
    Calculation(
        "cuenta_respuestas", "En cuántos campos se respondió algo",
        (_CHOICES, Param("valores", "Respuestas que cuentan, con comas", "valor")),
        AnswersCount,
        lambda r: {"among": _among(r), "values_counted": _codes(r, _among(r), "valores")},
        lambda c: {"campos": list(c.among), "valores": ", ".join(c.values_counted)},
    ),
    Calculation(
        "puntaje", "Un puntaje de 0 a 100",
        (_CHOICES, Param("vale", "Cuánto vale cada respuesta: cumple = 100, parcial = 50, no = 0", "valor")),
        Score,
        _read_score,
        lambda c: {"campos": list(c.among), "vale": ", ".join(f"{answer} = {worth}" for answer, worth in c.worth)},
    ),
    Calculation(
        "saldo", "Un saldo que corre de fila en fila",
        (Param("campo_a", "Cantidad", "campo", NUMBERS),
         Param("campo_b", "Lo que dice si entra o sale", "campo", (Choice,)),
         Param("entra", "Respuestas con que entra", "valor"), Param("sale", "Respuestas con que sale", "valor")),
        Balance,
        _read_balance,
        lambda c: {"campo_a": c.amount, "campo_b": c.kind, "entra": ", ".join(c.enters), "sale": ", ".join(c.leaves)},
        "filas",
    ),
)  # fmt: skip
"""Every calculation of the engine."""


def calculation(code: str) -> Calculation | None:
    """The one with that code, or None."""
    return next((c for c in CALCULATIONS if c.code == code), None)


def read_calculation(
    form: Typed, many: Callable[[str], list[str]], names: Names, sheet: Names, section: str
) -> Calculo:
    """What the inputs say. ``names``: of the rows of ``section``, or of the sheet. :raises Unclear: something is missing."""
    said = calculation(form.get("clase", ""))
    if said is None or said.place == ("filas" if not section else "hoja"):
        raise Unclear("Elija qué se calcula.", "clase")
    reader = Reader(form, many, names)
    campo = reader.campo("campo", "Elija en qué campo queda.")
    pieces = said.read(reader)
    return said.makes(campo=campo, repetible=section, when=read_lines(form, "cuando", sheet), **pieces)


def write_calculation(calculo: Calculo) -> dict[str, Any] | None:
    """What would have been typed, or None where its conditions do not fit the lines of the page."""
    said = next(c for c in CALCULATIONS if c.makes is type(calculo))
    typed, when = said.write(calculo), write_lines(calculo.when, "cuando")
    if typed is None or when is None:
        return None
    return {"clase": said.code, "campo": calculo.campo, **typed, **when}
