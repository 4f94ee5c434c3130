"""Flat columns of a format: what the screen and Excel share. A composite field becomes plain cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from albergues_app.formats.engine import (
    HORA_LOCAL,
    Campo,
    CountByKind,
    FieldType,
    Formato,
    MultiChoice,
    NoAnswer,
    Repetible,
    shown,
)
from albergues_app.formats.engine.field_type import is_blank


@dataclass(frozen=True)
class Column:
    """One flat cell of a field: ``motivo`` and ``motivo_otro`` are two columns of one Campo."""

    name: str
    label: str
    campo: Campo
    type: FieldType
    is_main: bool


def columns_of(
    campos: Iterable[Campo], gate: bool = True, auto: bool = False, also: Container[str] = ()
) -> tuple[Column, ...]:
    """Return the flat columns that a door may show; ``auto`` adds what the system writes, ``also`` only some of it."""
    return tuple(
        Column(campo.key(part.suffix), campo.part_label(part), campo, part.type, not part.suffix)
        for campo in shown(tuple(campos), gate)
        if auto or not campo.auto or campo.name in also
        for part in campo.parts(gate)
    )


def spread(campos: Iterable[Campo], row: Mapping[str, object]) -> dict[str, object]:
    """Return a row of raw or validated answers as flat cells by column name."""
    cells: dict[str, object] = {}
    for campo in campos:
        if campo.known_keys.isdisjoint(row):
            continue
        value = row.get(campo.name)
        kinds = {option.code for option in campo.type.options_shown(False)}
        if isinstance(campo.type, MultiChoice) and isinstance(value, (list, tuple)):
            cells |= {campo.key(str(code)): True for code in value if code in kinds and code != "otro"}
        elif isinstance(campo.type, CountByKind) and isinstance(value, Mapping):
            for code, number in value.items():
                cells[campo.key("otro_numero" if code == "otro" else str(code))] = number
        elif not is_blank(value):
            cells[campo.name] = value
        for _, key in campo.cells:
            if not is_blank(row.get(key)):
                cells[key] = row[key]
    return cells


def cell_text(value: object) -> str:
    """Return a cell as a person would type it: day/month/year, Sí or No."""
    if isinstance(value, bool):
        return "Sí" if value else "No"
    if isinstance(value, NoAnswer):
        return value.label
    if isinstance(value, dt.datetime):
        local = value.astimezone(HORA_LOCAL) if value.tzinfo else value
        return local.strftime("%d/%m/%Y %H:%M")
    if isinstance(value, dt.date):
        return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"
    if isinstance(value, dt.time):
        return value.strftime("%H:%M")
    if value is None:
        return ""
    return str(value)


def record_sheet(formato: Formato) -> str:
    """Return the heading of the main rows: one per familia, persona or hoja."""
    return {"familia": "Familias", "persona": "Personas", "hoja": "Hojas"}.get(formato.record, "Registros")


def row_sheet(repetible: Repetible) -> str:
    """Return the heading of the rows of a repeating section."""
    return repetible.name.replace("_", " ").capitalize()[:31]


def letter(index: int) -> str:
    """Return Excel's letter of a column counted from 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
