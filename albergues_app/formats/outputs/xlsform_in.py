"""What the telephones sent, as ODK Central or Kobo give it: tables to raw answers for ``validate``.

Central: a CSV for the form and one for each repeating section, joined by KEY and PARENT_KEY, groups before the
name with «-». Kobo: a workbook with a sheet for each, joined by _index and _parent_index, groups with «/», and
several answers as words in one cell or as a column of 0 and 1 for each option.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from albergues_app.formats.engine import Catalogos, Formato, Notice, fold
from albergues_app.formats.engine.field_type import is_blank
from albergues_app.formats.outputs.columns_in import Sheets
from albergues_app.formats.outputs.flat import letter
from albergues_app.formats.outputs.xlsform import Form
from albergues_app.formats.outputs.xlsform_nodes import Node
from albergues_app.formats.outputs.xlsx_in import Filled, FilledRecord, Place, UnreadableWorkbook

_ID = ("KEY", "meta/rootUuid", "meta/instanceID", "instanceID", "_uuid")
"""Who a submission is. Kobo gives a corrected one another instanceID and keeps the first as rootUuid."""
_PARENT = ("PARENT_KEY", "_parent_index", "_submission__uuid")
_SELF = ("KEY", "_index", "_uuid", "meta/instanceID", "instanceID")
_THEIRS = re.compile(
    r"_.*|meta/.*|formhub/.*|SET/OF/.*|(PARENT_)?KEY|instance(ID|Name)|Submission?Date|Submitter(ID|Name)"
    r"|Attachments(Present|Expected)|Status|ReviewState|DeviceID|Edits|FormVersion|start|end|deviceid|username"
)
_REFUSED = frozenset(fold(w) for w in ("rejected", "Not approved", "validation_status_not_approved"))
_OFFSET = re.compile(r"(\d)\s*(Z|[+-]\d\d:?\d\d)$")
_POINT = {"latitude": 0, "longitude": 1}
_MARKED = frozenset(["1", "true", "verdadero", "si", "yes"])


@dataclass(frozen=True)
class _Meaning:
    """What a column holds: a node, one option of it, or one number of a point."""

    node: Node
    option: str = ""
    axis: int = -1


@dataclass
class _Sheet:
    name: str
    titles: list[str]
    rows: Sequence[Sequence[Any]]
    section: str = ""
    columns: dict[int, _Meaning] = field(default_factory=dict)

    @cached_property
    def where(self) -> dict[str, int]:
        """The first column with each title."""
        return {title: index for index, title in reversed(list(enumerate(self.titles)))}

    @cached_property
    def readable(self) -> list[tuple[int, str, _Meaning]]:
        """Index, letter and meaning of the columns that are read."""
        return [(index, letter(index), meaning) for index, meaning in self.columns.items()]

    @cached_property
    def by_option(self) -> frozenset[str]:
        """Questions that have a column for each option."""
        return frozenset(meaning.node.name for meaning in self.columns.values() if meaning.option)

    def cell(self, row: Sequence[Any], *titles: str) -> str:
        """The first of these columns that holds something."""
        for title in titles:
            index = self.where.get(title, len(row))
            if index < len(row) and not is_blank(row[index]):
                return str(row[index]).strip()
        return ""


def is_submissions(formato: Formato, sheets: Sheets, gate: bool) -> bool:
    """Tell whether these tables are what ODK Central or Kobo give of this format."""
    form = Form(formato, Catalogos(), gate)
    for name, grid in sheets.items():
        sheet = _open(name, grid)
        if sheet is not None and any(title in sheet.titles for title in (*_ID, *_PARENT)):
            sections = ("", *(r.name for r in formato.repetibles))
            if any(_columns(form, sheet, section) for section in sections):
                return True
    return False


def read_submissions(formato: Formato, sheets: Sheets, gate: bool) -> Filled:
    """Read what the telephones sent. Each record keeps the id that its telephone gave it.

    Raises
    ------
    UnreadableWorkbook
        If the sheet of the records, or those of every repeating section, did not come along.
    """
    form = Form(formato, Catalogos(), gate)
    blocks = {block.name for block in form.plan.blocks}
    asked = {row["name"] for row in form.survey() if "name" in row} - blocks
    opened = [s for name, grid in sheets.items() if (s := _open(name, grid)) is not None]
    for sheet in opened:
        sheet.section = _section_of(form, sheet)
        sheet.columns = _columns(form, sheet, sheet.section)
    main = next((s for s in opened if not s.section and s.columns and _is_main(s)), None)
    rows = {s.section: s for s in opened if s.section not in {"", "?"}}
    expected = [block.rows for block in form.plan.blocks if block.rows]
    if main is None or (expected and not rows):
        names = ", ".join(f"«{r.title}»" for r in formato.repetibles)
        raise UnreadableWorkbook(
            "Falta una parte del envío. De ODK Central suba el .zip completo; de Kobo, el .xlsx con todas sus hojas"
            + (f" ({names})." if names else ".")
        )
    filled, owners = Filled(), dict[str, FilledRecord]()
    _note_strangers(filled, [main, *rows.values()], asked, blocks)
    _read_main(filled, owners, main, formato)
    for name, sheet in rows.items():
        _read_rows(filled, owners, name, sheet)
    _note_files(filled, [main, *rows.values()])
    return filled


def _note_files(filled: Filled, sheets: Sequence[_Sheet]) -> None:
    """Say once that photographs do not travel in these tables."""
    for sheet in sheets:
        named = [i for i, meaning in sheet.columns.items() if meaning.node.kind in {"image", "file"}]
        if any(_holds(row[i]) for row in sheet.rows for i in named if i < len(row)):
            text = "Las fotografías y archivos no vienen en este envío; quedan sus nombres. Guárdelos de su servidor."
            filled.notices.append((Notice("archivos_aparte", text), None))
            return


def _open(name: str, grid: Sequence[Sequence[Any]]) -> _Sheet | None:
    if not grid or len(grid[0]) < 2:
        return None
    return _Sheet(name, [_title(cell) for cell in grid[0]], grid[1:])


def _title(cell: Any) -> str:
    """A title with «/» between its parts, whoever wrote it."""
    return re.sub(r"[-:]", "/", str(cell).strip()) if isinstance(cell, str) else ""


def _is_main(sheet: _Sheet) -> bool:
    return not any(title in sheet.titles for title in ("PARENT_KEY", "_parent_index"))


def _section_of(form: Form, sheet: _Sheet) -> str:
    """The repeating section that a sheet holds: by its name, else by its columns; empty for the records."""
    if _is_main(sheet):
        return ""
    names = [block.rows for block in form.plan.blocks if block.rows]
    own = re.split(r"[-/]", sheet.name)[-1]
    for name in names:
        if own == name or (len(own) > 20 and name.startswith(own)):
            return name
    best = max(names, key=lambda name: len(_columns(form, sheet, name)), default="")
    return best if best and _columns(form, sheet, best) else "?"


def _columns(form: Form, sheet: _Sheet, section: str) -> dict[int, _Meaning]:
    meanings: dict[str, _Meaning] = {}
    for block in form.plan.blocks:
        for node in block.nodes:
            if node.section == section and (node.keys or node.no_answer):
                for path in (f"{block.name}/{node.name}", node.name):
                    meanings.update(_spellings(path, node))
    return {i: meanings[fold_path(t)] for i, t in enumerate(sheet.titles) if fold_path(t) in meanings}


def fold_path(title: str) -> str:
    """The form in which titles are compared: Kobo puts «_» before what it takes from a point."""
    return title.casefold().removeprefix("_")


def _spellings(path: str, node: Node) -> Iterator[tuple[str, _Meaning]]:
    yield path.casefold(), _Meaning(node)
    if node.kind == "choices":
        for option in node.options:
            for word in (option.code, option.label):
                yield f"{path}/{_title(word)}".casefold(), _Meaning(node, option=option.code)
    if node.kind == "geopoint":
        for word, axis in _POINT.items():
            yield f"{path}/{word}".casefold(), _Meaning(node, axis=axis)
            yield f"{path}_{word}".casefold(), _Meaning(node, axis=axis)


def _note_strangers(filled: Filled, sheets: Sequence[_Sheet], asked: set[str], blocks: set[str]) -> None:
    """Name the columns that are not of this form; a group of it may hold a question of another edition."""
    for sheet in sheets:
        for index, title in enumerate(sheet.titles):
            parts = title.split("/")
            if not title or index in sheet.columns or _THEIRS.fullmatch(title) or parts[-1] in blocks:
                continue
            if not asked.isdisjoint(parts) or parts[-1].casefold() in {"altitude", "accuracy", "precision"}:
                continue
            text = f"No se reconoce la columna «{title[:60]}». No se leyó."
            filled.notices.append((Notice("columna_desconocida", text), Place(sheet.name, 1, letter(index))))


def _read_main(filled: Filled, owners: dict[str, FilledRecord], sheet: _Sheet, formato: Formato) -> None:
    editions, seen = set[str](), set[str]()
    for number, row in enumerate(sheet.rows, start=2):
        cells = _cells(sheet, row)
        key = sheet.cell(row, *_ID).removeprefix("uuid:")
        if not cells and not key:
            continue
        place = Place(sheet.name, number)
        if fold(sheet.cell(row, "ReviewState", "_validation_status")) in _REFUSED:
            text = "Un envío está rechazado en su servidor. No se leyó."
            filled.notices.append((Notice("envio_rechazado", text), place))
            owners.update({own: _NOBODY for one in _SELF if (own := sheet.cell(row, one))})
            continue
        if key in seen:
            text = "Este envío está dos veces en el archivo. Se leyó una."
            filled.notices.append((Notice("envio_repetido", text), place))
            continue
        seen |= {key} - {""}
        record = FilledRecord(len(filled.records) + 1, places={"": place}, key=key)
        _put(record, record.raw, "", cells, sheet, number)
        filled.records.append(record)
        owners.update({own: record for one in _SELF if (own := sheet.cell(row, one))})
        version = re.fullmatch(r"(\d{1,4})-[0-9a-f]{8}", sheet.cell(row, "FormVersion", "__version__"))
        if version and int(version[1]) != formato.version:
            editions.add(version[1])
    for edition in sorted(editions):
        text = f"Hay envíos hechos con la edición {edition}; se leen con la {formato.version}."
        filled.notices.append((Notice("edicion_distinta", text), None))


_NOBODY = FilledRecord(0)
"""Who owns the rows of what was left out."""


def _read_rows(filled: Filled, owners: Mapping[str, FilledRecord], name: str, sheet: _Sheet) -> None:
    for number, row in enumerate(sheet.rows, start=2):
        cells = _cells(sheet, row)
        if not cells:
            continue
        record = next((owners[k] for one in _PARENT if (k := sheet.cell(row, one)) in owners), None)
        if record is _NOBODY:
            continue
        if record is None:
            text = "Esta fila no dice de qué envío es, o ese envío no está en el archivo."
            filled.notices.append((Notice("fila_sin_familia", text), Place(sheet.name, number, "A")))
            continue
        made: dict[str, Any] = {}
        path = f"{name}[{len(record.raw.setdefault(name, []))}]"
        record.raw[name].append(made)
        record.places.setdefault(name, Place(sheet.name, number))
        record.places[path] = Place(sheet.name, number)
        _put(record, made, f"{path}.", cells, sheet, number)


def _cells(sheet: _Sheet, row: Sequence[Any]) -> list[tuple[str, _Meaning, Any]]:
    return [
        (column, meaning, row[index])
        for index, column, meaning in sheet.readable
        if index < len(row) and _holds(row[index])
    ]


def _holds(value: Any) -> bool:
    """What is not empty, by the quick look that most cells of an export need; ``validate`` looks again."""
    return value is not None and value != "" and not (isinstance(value, str) and value.isspace())


def _put(
    record: FilledRecord, raw: dict[str, Any], path: str, cells: Sequence[tuple[str, _Meaning, Any]],
    sheet: _Sheet, number: int,
) -> None:  # fmt: skip
    """Write the cells of a row as raw answers, each with its place."""
    for column, meaning, value in cells:
        for key, answer in _answers(meaning, value, sheet.by_option):
            if key not in raw or not meaning.node.no_answer:
                raw[key] = [*raw.get(key, ()), *answer] if meaning.option else answer
                record.places[f"{path}{key}"] = Place(sheet.name, number, column)


def _answers(meaning: _Meaning, value: Any, by_option: frozenset[str]) -> Iterator[tuple[str, Any]]:
    node = meaning.node
    if node.no_answer:
        yield node.campo.name, value
    elif meaning.option:
        if fold(str(value).removesuffix(".0")) in _MARKED:
            yield node.keys[0], [meaning.option]
    elif meaning.axis >= 0:
        yield node.keys[meaning.axis], value
    elif node.kind == "geopoint":
        yield from zip(node.keys, str(value).split()[:2], strict=False)
    elif node.kind == "choices":
        if node.name not in by_option:
            yield node.keys[0], str(value).split() if isinstance(value, str) else value
    elif node.kind == "time" and isinstance(value, str):
        yield node.keys[0], _OFFSET.sub(r"\1", value.strip())
    else:
        yield node.keys[0], value
