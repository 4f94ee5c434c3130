"""Lay a format out for paper: rows of cells on 24 columns, as plain data that the template draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from albergues_app.formats.engine import (
    Campo,
    Catalogos,
    Choice,
    Formato,
    Mark,
    MultiChoice,
    NoAnswer,
    Option,
    Repetible,
    Seccion,
    YesNo,
    shown,
)
from albergues_app.formats.engine.field_type import FieldType
from albergues_app.formats.outputs.paper_controls import NO_ANSWER_SHORT, FormControls
from albergues_app.formats.outputs.pictograms import pictogram

PAPER_KINDS = frozenset(("line", "digits", "options", "counts", "code", "document", "none"))
COLUMNS = 24
_FEW = 4
_UNIT_MM, _BOX_MM = 7.9, 3.6
_LEGEND_LIMIT = 14

CellData = dict[str, Any]


def lay_out(
    formato: Formato,
    answers: Mapping[str, Any],
    catalogos: Catalogos,
    *,
    gate: bool = True,
    blank: bool = False,
    form: FormControls | None = None,
    sheets: Sequence[int] = (1,),
) -> dict[str, Any]:
    """Return sections with their rows of cells, and the legend of the codes.

    A ``blank`` has the paper's number of rows; ``answers`` then holds only what the system knows. With
    ``form`` every cell says the names of its controls. ``sheets`` other than the first are continuations:
    the repeating sections alone, with the rows that come next.
    """
    sections: list[dict[str, Any]] = []
    for sheet in sheets:
        if sections:
            sections.append({"kind": "hoja"})
        for section in formato.secciones:
            campos = [c for c in shown(section.campos, gate) if c.type.paper().kind != "none"]
            if not campos or (sheet > 1 and not isinstance(section, Repetible)):
                continue
            if isinstance(section, Seccion):
                rows = _pack([_cell(c, answers, catalogos, gate, compact=False, form=form) for c in campos])
                heading = {"title": section.title, "hint": section.hint, "icon": pictogram(section.code)}
                sections.append({"kind": "campos", **heading, "rows": rows})
            else:
                drawn = _records(section, campos, answers, catalogos, gate, blank, form, sheet)
                sections.append(drawn)
                drawn["legend"] = _legend(campos, gate)
    return {"sections": sections}


def _records(
    repetible: Repetible,
    campos: Sequence[Campo],
    answers: Mapping[str, Any],
    catalogos: Catalogos,
    gate: bool,
    blank: bool,
    form: FormControls | None,
    sheet: int,
) -> dict[str, Any]:
    given: list[Any] = list(answers.get(repetible.name) or ())
    missing = repetible.paper_rows if blank else 0 if given else 1
    first = (sheet - 1) * repetible.paper_rows
    rows = (given + [None] * missing)[: repetible.max_rows - first]
    records = [
        _pack(
            [
                _cell(c, row, catalogos, gate, compact=True, form=form and form.row(repetible, number))
                for c in campos
            ]
        )
        for number, row in enumerate(rows, start=first)
    ]
    title = f"{repetible.title} · hoja {sheet}" if sheet > 1 else repetible.title
    heading = {"title": title, "hint": repetible.hint, "icon": pictogram(repetible.name)}
    return {"kind": "filas", **heading, "records": records, "first": first}


def _pack(cells: Iterable[CellData]) -> list[list[CellData]]:
    """Fill rows of 24 columns in order; the room left in a row goes to its widest line."""
    rows: list[list[CellData]] = []
    used = COLUMNS
    for cell in cells:
        if used + cell["span"] > COLUMNS:
            rows.append([])
            used = 0
        rows[-1].append(cell)
        used += cell["span"]
    for row in rows:
        left = COLUMNS - sum(cell["span"] for cell in row)
        growing = [cell for cell in row if cell["kind"] in ("line", "document")] or row
        for step in range(left):
            growing[step % len(growing)]["span"] += 1
    return rows


def _cell(
    campo: Campo,
    row: Mapping[str, Any] | None,
    catalogos: Catalogos,
    gate: bool,
    *,
    compact: bool,
    form: FormControls | None = None,
) -> CellData:
    paper = campo.type.paper()
    kind = paper.kind
    if compact and kind == "options" and len(campo.type.options_shown(gate)) > _FEW:
        kind = "code"
    span = (campo.paper_width if compact else 0) or min(paper.width, COLUMNS)
    cell: CellData = {
        "label": (campo.brief if compact else campo.label) + _mark(campo, compact),
        "span": span,
        "kind": kind,
        "lines": 1 if compact and span < COLUMNS else paper.lines,
        "hint": "" if compact else campo.hint,
    }
    values = _values(campo, row)
    value = values.get("")
    boxes = sum(paper.boxes)
    if kind == "digits" and compact and cell["span"] * _UNIT_MM < boxes * _BOX_MM:
        cell["kind"] = kind = "line"
    if kind == "digits":
        cell["marks"] = [*paper.marks, *[""] * (len(paper.boxes) - len(paper.marks))]
        cell |= _digits(campo, paper.boxes, value, catalogos, values)
    elif kind == "options":
        cell["options"] = _options(campo, value, gate, short=compact, single=compact and cell["span"] <= 2)
        if _has_other(campo.type):
            cell["other"] = str(values.get("otro") or "")
        if isinstance(value, NoAnswer):
            cell["text"] = value.label
    elif kind == "counts":
        counts = value if isinstance(value, Mapping) else {}
        cell["options"] = [
            {"label": o.brief, "text": str(counts.get(o.code, ""))} for o in campo.type.options_shown(gate)
        ]
        if _has_other(campo.type):
            cell["other"] = str(values.get("otro") or "")
    elif kind == "code":
        cell["text"] = _code_text(campo, value, values, gate)
    else:
        cell["text"] = value.label if isinstance(value, NoAnswer) else campo.type.to_text(values, catalogos)
    if form is not None:
        form.name_controls(cell, campo, compact)
    return cell


def _values(campo: Campo, row: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {}
    values = {suffix: row.get(campo.key(suffix)) for suffix in campo.type.schema()}
    return {suffix: value for suffix, value in values.items() if value is not None}


def _mark(campo: Campo, compact: bool) -> str:
    return " *" if campo.required is Mark.R and not campo.auto and not compact else ""


def _digits(
    campo: Campo, boxes: tuple[int, ...], value: Any, catalogos: Catalogos, values: Mapping[str, Any]
) -> CellData:
    """Return groups of boxes with one character each, or plain text where it does not fit them."""
    if value is None:
        return {"boxes": [[""] * size for size in boxes], "text": ""}
    text = value.label if isinstance(value, NoAnswer) else campo.type.to_text(values, catalogos)
    chars = [char for char in text if char.isalnum()]
    if isinstance(value, NoAnswer) or len(chars) != sum(boxes) or not all(c.isdigit() for c in chars):
        return {"boxes": [], "text": text}
    groups, start = [], 0
    for size in boxes:
        groups.append(chars[start : start + size])
        start += size
    return {"boxes": groups, "text": text}


def _chosen(value: Any) -> set[str]:
    if isinstance(value, bool):
        return {"si" if value else "no"}
    return set(value) if isinstance(value, (tuple, list)) else {str(value)}


def _options(campo: Campo, value: Any, gate: bool, *, short: bool, single: bool) -> list[CellData]:
    chosen = set() if value is None else _chosen(value)
    options = campo.type.options_shown(gate)
    if single and isinstance(campo.type, YesNo):
        options = options[:1]
    drawn = [{"label": _option_label(o, short), "on": o.code in chosen} for o in options]
    if campo.unknown and not short and len(options) <= _FEW:
        drawn += [{"label": label, "on": value is v} for v, label in NO_ANSWER_SHORT.items()]
    return drawn


def _option_label(option: Option, short: bool) -> str:
    return option.brief if short else option.label


def _has_other(field_type: FieldType) -> bool:
    return any(part.suffix == "otro" for part in field_type.parts())


def _code_text(campo: Campo, value: Any, values: Mapping[str, Any], gate: bool) -> str:
    """Return number and short label of what was chosen."""
    if value is None or isinstance(value, NoAnswer):
        return value.label if isinstance(value, NoAnswer) else ""
    numbered = list(enumerate(campo.type.options_shown(gate), start=1))
    chosen = [(number, o) for number, o in numbered if o.code in _chosen(value)]
    if isinstance(campo.type, MultiChoice):
        text = ", ".join(str(number) for number, _ in chosen)
    elif len(numbered) > _LEGEND_LIMIT:
        text = " ".join(option.brief for _, option in chosen)
    else:
        text = " ".join(f"{number} {option.brief}" for number, option in chosen)
    return f"{text}: {values['otro']}" if values.get("otro") else text


def _legend(campos: Iterable[Campo], gate: bool) -> list[dict[str, Any]]:
    """Return what the code numbers of a row mean; very long lists are written in words instead."""
    legend = []
    for campo in campos:
        options = campo.type.options_shown(gate)
        numbered = isinstance(campo.type, (Choice, MultiChoice)) and _FEW < len(options) <= _LEGEND_LIMIT
        if numbered:
            items = [f"{number} {o.brief}" for number, o in enumerate(options, start=1)]
        elif campo.type.paper().kind == "document":
            items = [o.brief for o in options]
        else:
            continue
        legend.append({"label": campo.brief, "items": items})
    return legend


def flat_texts(cell: CellData) -> list[str]:
    """Return every text that a cell prints, for tests and for the search of a printed page."""
    texts = [str(cell["label"]), str(cell.get("text", "")), str(cell.get("other", ""))]
    texts += [str(option["label"]) for option in cell.get("options", ())]
    return [text for text in texts if text]
