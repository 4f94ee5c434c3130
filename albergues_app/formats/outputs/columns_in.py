"""Which column of somebody's table is which field: by our name, label, alias, by what was said before, by content."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from albergues_app.formats.engine import (
    Catalogos,
    Choice,
    Cui,
    Date,
    Formato,
    FromCatalogo,
    Instant,
    Phone,
    fold,
)
from albergues_app.formats.engine.field_type import Context, FieldType, Invalid, as_text, is_blank
from albergues_app.formats.outputs.flat import columns_of, record_sheet, row_sheet
from albergues_app.formats.outputs.xlsx import GUIDE_SHEET, JOIN, join_label, usable

Grid = Sequence[Sequence[Any]]
Sheets = Mapping[str, Grid]
"""Name of each sheet → its rows of plain values; a CSV is one sheet."""
Remembered = Mapping[str, str]
"""Folded title → path, or "" for a column that is not to be read."""

SUMMARY_SHEET, ERRORS_HEADING = "Resumen", "Qué revisar"
"""What our workbook of errors adds: no data of the person."""
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    JOIN: ("No. de familia", "Número de familia", "Familia No.", "Código de hogar"),
    "nombres": ("Nombre", "Nombre completo", "Nombre y apellido", "Nombres y apellidos", "Persona"),
    "apellidos": ("Apellido",),
    "sexo": ("Género", "H/M", "M/H", "F/M", "M/F"),
    "edad": ("Años", "Edad en años", "Edad años"),
    "fecha_nacimiento": ("Fecha de nac.", "Nació"),
    "cui": ("DPI", "DPI o CUI", "No. de DPI", "Número de DPI"),
    "telefono": ("Tel.", "Celular", "Número de teléfono"),
    "observaciones": ("Observación", "Notas"),
}
"""What lists that nobody made for us call what every format calls the same; a title of the format comes before."""
_HEADER_SEARCH = 15
_CONTENT_ROWS, _CONTENT_VALUES, _CONTENT_COLUMNS, _CONTENT_SHARE = 200, 40, 100, 0.9
_NOBODY = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Taken:
    """What a column holds: a path (``telefono``, ``personas.edad``, ``familia``) and how that was known.

    ``why``: nombre | etiqueta | recordada | contenido | persona.
    """

    path: str
    why: str


@dataclass
class SheetMap:
    """One sheet that is read: where its data begin, its titles, and what its columns hold."""

    sheet: str
    first_row: int
    titles: dict[int, str] = field(default_factory=dict)
    columns: dict[int, Taken] = field(default_factory=dict)

    @property
    def sections(self) -> set[str]:
        """Repeating sections with a column here."""
        return {t.path.partition(".")[0] for t in self.columns.values() if "." in t.path}

    @property
    def has_main(self) -> bool:
        """Whether a column of the record itself stands here."""
        return any("." not in t.path and t.path != JOIN for t in self.columns.values())


def targets(formato: Formato, gate: bool) -> dict[str, str]:
    """Every path that a column may hold, with its label, in the order of the format."""
    found = {JOIN: join_label(formato)}
    groups = [
        ("", "", formato.campos),
        *((f"{r.name}.", f"{r.title}: ", r.campos) for r in formato.repetibles),
    ]
    for prefix, heading, campos in groups:
        for column in usable(columns_of(campos, gate, auto=True)):
            found[prefix + column.name] = heading + column.label
    return found


def known_names(formato: Formato, repetible: str | None, gate: bool) -> dict[str, set[str]]:
    """Return folded spelling -> column names, for one sheet."""
    campos = (
        formato.campos
        if repetible is None
        else next(r.campos for r in formato.repetibles if r.name == repetible)
    )
    known: dict[str, set[str]] = {fold(JOIN): {JOIN}, fold(join_label(formato)): {JOIN}}
    for column in usable(columns_of(campos, gate, auto=True)):
        spellings = [column.name, column.label]
        if column.is_main:
            spellings += [column.campo.short, column.campo.label, *column.campo.aliases]
        for spelling in spellings:
            if spelling:
                known.setdefault(fold(spelling), set()).add(column.name)
    for campo in campos:
        if all(part.suffix for part in campo.type.parts()):
            known.setdefault(fold(campo.label), set()).add(campo.name)
            known.setdefault(fold(campo.name), set()).add(campo.name)
    columns = {name for names in known.values() for name in names}
    for name, others in _SPELLINGS.items():
        for spelling in {fold(s) for s in others} - known.keys() if name in columns else ():
            known[spelling] = {name}
    return known


def propose(
    formato: Formato,
    sheets: Sheets,
    gate: bool = True,
    catalogos: Catalogos | None = None,
    remembered: Remembered | None = None,
) -> list[SheetMap]:
    """The sheets that are of this format and what their columns hold: a proposal for a person to see."""
    words = _Words(formato, gate, remembered or {})
    seen = {n: g for n, g in sheets.items() if g and not n.startswith("_") and n != SUMMARY_SHEET}
    rated = [_rate_sheet(formato, name, grid, words) for name, grid in seen.items()]
    least = 1 if len(rated) == 1 else 3
    slots: dict[str, tuple[tuple[bool, int], SheetMap]] = {}
    for named, score, role, one in rated:
        slot = "" if role == "*" else role
        if score >= (1 if named else least) and (slot not in slots or (named, score) > slots[slot][0]):
            slots[slot] = ((named, score), one)
    chosen = [one for _, one in slots.values()]
    if not chosen:
        chosen = _unread(seen)
    order = list(seen)
    chosen.sort(key=lambda one: order.index(one.sheet))
    for one in chosen:
        _by_content(formato, one, seen[one.sheet], gate, catalogos or Catalogos(), chosen)
    return chosen


def _unread(seen: Sheets) -> list[SheetMap]:
    """Nothing was recognised: the sheet with most rows, its first row as titles, for a person to say."""
    body = {n: g for n, g in seen.items() if n != GUIDE_SHEET}
    if not body:
        return []
    name = max(body, key=lambda n: len(body[n]))
    grid = body[name]
    first = next((i for i, row in enumerate(grid) if any(not is_blank(c) for c in row)), 0)
    return [SheetMap(name, first + 1, _titles(grid[first]))]


def _titles(row: Sequence[Any]) -> dict[int, str]:
    return {i: " ".join(as_text(c).split())[:80] for i, c in enumerate(row) if not is_blank(c)}


class _Words:
    """What a title means, in a sheet of the record, of one section, or in a flat table of both."""

    def __init__(self, formato: Formato, gate: bool, remembered: Remembered) -> None:
        self.main = known_names(formato, None, gate)
        self.rows = {r.name: known_names(formato, r.name, gate) for r in formato.repetibles}
        self.paths = targets(formato, gate).keys()
        self.remembered = remembered

    def meaning(self, role: str, words: str) -> Taken | None:
        """``role``: ``""`` the record, a section's name, ``*`` both."""
        said = self.remembered.get(fold(words))
        if said is not None and (not said or said in self.paths):
            section = said.partition(".")[0] if "." in said else ""
            return Taken(said, "recordada") if role in {"*", section} or said in {"", JOIN} else None
        prefix, dot, rest = words.partition(".")
        if dot and prefix.strip() in self.rows:
            return self._one(prefix.strip(), rest) if role in {"*", prefix.strip()} else None
        if role != "*":
            return self._one(role, words)
        found = self._one("", words)
        if found is not None:
            return found
        hits = [hit for section in self.rows if (hit := self._one(section, words)) is not None]
        exact = [hit for hit in hits if hit.why == "nombre"] or hits
        return exact[0] if len(exact) == 1 else None

    def _one(self, section: str, words: str) -> Taken | None:
        known = self.rows[section] if section else self.main
        names = known.get(fold(words), set())
        exact = {name for name in names if name == words.strip()}
        meant = exact or names
        if len(meant) != 1:
            return None
        name = next(iter(meant))
        path = f"{section}.{name}" if section and name != JOIN else name
        return Taken(path, "nombre" if exact else "etiqueta")


def _rate_sheet(formato: Formato, name: str, grid: Grid, words: _Words) -> tuple[bool, int, str, SheetMap]:
    """(has the name of one of our sheets, columns recognised, role, map) of the best reading of a sheet."""
    own = {fold(record_sheet(formato)): "", **{fold(row_sheet(r)): r.name for r in formato.repetibles}}
    named = own.get(fold(name))
    roles = ["", *words.rows] if named is None else [named]
    best: tuple[int, str, SheetMap] = (0, "", SheetMap(name, 0))
    for role in [*roles, "*"]:
        score, one = _header(name, grid, lambda text, role=role: words.meaning(role, text))  # type: ignore[misc]
        # One word that a section shares («Lugar») makes no rows of a table of records, unless somebody said so.
        said = any("." in title for title in one.titles.values())
        said = said or any(taken.why == "recordada" for taken in one.columns.values())
        sure = 2 if role == "*" and not best[1] and not said else 1
        if score >= best[0] + sure:
            best = (score, role, one)
    return named is not None, *best


def _header(name: str, grid: Grid, meaning: Callable[[str], Taken | None]) -> tuple[int, SheetMap]:
    """The row of titles that says most, and the first row of data after it."""
    best, best_score, first_row = SheetMap(name, 0), 0, 0
    for number, row in enumerate(grid[:_HEADER_SEARCH]):
        titles: dict[int, str] = {}
        columns: dict[int, Taken] = {}
        for index, cell in enumerate(row):
            if not isinstance(cell, str) or is_blank(cell) or cell == ERRORS_HEADING:
                continue
            titles[index] = " ".join(cell.split())[:80]
            taken = meaning(cell.strip().rstrip(" *"))
            if taken is not None and taken not in columns.values():
                columns[index] = taken
        score = sum(1 for taken in columns.values() if taken.path)
        if score > best_score:
            best, best_score, first_row = SheetMap(name, 0, titles, columns), score, number + 1
        elif score and 2 * score >= best_score and number <= first_row + 2:
            first_row = number + 1
    best.first_row = first_row
    best.columns = {i: taken for i, taken in best.columns.items() if taken.path}
    best.titles = {i: t for i, t in best.titles.items() if not t.startswith("_")}
    return best_score, best


# --- by content ------------------------------------------------------------------------------------


def _by_content(
    formato: Formato,
    one: SheetMap,
    grid: Grid,
    gate: bool,
    catalogos: Catalogos,
    all_maps: Sequence[SheetMap],
) -> None:
    """Columns that no title named, where exactly one field that is still missing takes nine of ten values."""
    rows = [row for row in grid[one.first_row : one.first_row + _CONTENT_ROWS] if row]
    headless = not one.columns and one.first_row == 1
    for _ in range(2):  # the first finds tell of which section the sheet is, and that decides others
        taken = {t.path for m in all_maps for t in m.columns.values()}
        main = not any(m.has_main for m in all_maps if m is not one)
        missing = [(path, kind) for path, kind in _telling(formato, gate, one, main) if path not in taken]
        # Of several that fit, that of the section at hand, else of the one which no record lacks.
        needed = one.sections or {r.name for r in formato.repetibles if r.min_rows}
        found = dict(_only_fits(one, rows, missing, needed, catalogos))
        claimed = list(found.values())
        one.columns |= {c: Taken(path, "contenido") for c, path in found.items() if claimed.count(path) == 1}
    if headless and len(one.columns) >= 2 and all(_fits_first(formato, one, grid[0], gate, catalogos)):
        one.first_row, one.titles = 0, {}


def _only_fits(
    one: SheetMap,
    rows: Grid,
    missing: Sequence[tuple[str, FieldType]],
    needed: Collection[str],
    catalogos: Catalogos,
) -> Iterator[tuple[int, str]]:
    for column in range(min(max((len(row) for row in rows), default=0), _CONTENT_COLUMNS)):
        values = [row[column] for row in rows if column < len(row) and not is_blank(row[column])]
        if column in one.columns or len(values) < 3:
            continue
        sample = list(dict.fromkeys(values))[:_CONTENT_VALUES]
        fits = [path for path, kind in missing if _share(kind, sample, catalogos) >= _CONTENT_SHARE]
        preferred = [path for path in fits if path.partition(".")[0] in needed]
        fits = preferred if len(fits) > 1 else fits
        if len(fits) == 1:
            yield column, fits[0]


def _fits_first(
    formato: Formato, one: SheetMap, row: Sequence[Any], gate: bool, catalogos: Catalogos
) -> Iterator[bool]:
    kinds = dict(_telling(formato, gate, one))
    for column, taken in one.columns.items():
        yield column < len(row) and _share(kinds[taken.path], [row[column]], catalogos) == 1


def _telling(formato: Formato, gate: bool, one: SheetMap, main: bool = True) -> list[tuple[str, FieldType]]:
    """Fields whose values say what they are, of the record (``main``) or of the sections that the sheet may hold."""
    groups = [
        (f"{r.name}.", r.campos) for r in formato.repetibles if not one.sections or r.name in one.sections
    ]
    if main or one.has_main or not one.sections:
        groups.insert(0, ("", formato.campos))
    kinds = (Choice, Cui, Date, FromCatalogo, Instant, Phone)
    return [
        (prefix + c.name, c.type)
        for prefix, campos in groups
        for c in usable(columns_of(campos, gate))
        if c.is_main and isinstance(c.type, kinds)
    ]


def _share(kind: FieldType, values: Sequence[Any], catalogos: Catalogos) -> float:
    return sum(_says(kind, value, catalogos) for value in values) / len(values) if values else 0


def _says(kind: FieldType, value: Any, catalogos: Catalogos) -> bool:
    """Whether a value could hardly be anything else."""
    text = value if isinstance(value, str) else None
    if isinstance(kind, Cui | Phone):
        digits = re.sub(r"[\s\-]", "", as_text(value)) if isinstance(value, str | int | float) else ""
        return re.fullmatch(r"[0-9]{8}" if isinstance(kind, Phone) else r"[0-9]{13}", digits) is not None
    if isinstance(kind, Date | Instant):
        hour = isinstance(value, dt.datetime) and value.time() != dt.time()
        hour = hour or (text is not None and re.search(r"\d:\d\d", text) is not None)
        if hour is not isinstance(kind, Instant) or not (isinstance(value, dt.date) or text):
            return False
    elif text is None or not any(c.isalpha() for c in text):
        return False
    try:
        kind.parse({"": value}, Context(catalogos, {}, _NOBODY, False))
    except Invalid as problem:
        return problem.codigo in {"fecha_futura", "lugar_ambiguo"}
    return not (isinstance(kind, FromCatalogo) and kind.free)
