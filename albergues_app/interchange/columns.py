"""Which column of a stranger's table is which of our fields: by name, alias, HXL tag, likeness, then content.

The result is a proposal with its confidence and its reason, for a person to see and correct; it goes to JSON
and back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from rapidfuzz import fuzz

from albergues_app.core.text import normalize
from albergues_app.interchange.tables import Celda, Hoja, Tabla
from albergues_app.territorio.data import MUNIS_PER_DEPARTAMENTO, REGIONS

HEADER_WITHIN: Final = 25
"""Titles, logos and instructions stand above; the header is looked for in the first rows."""
_CONTENT_ROWS: Final = 200
_LIKENESS_FROM: Final = 88


@dataclass(frozen=True)
class CampoColumna:
    """One field that a column may hold."""

    name: str
    label: str
    aliases: tuple[str, ...] = ()
    hxl: tuple[str, ...] = ()
    required: bool = False
    content: str | None = None
    """Name of a test in ``CONTENT_TESTS`` that recognises the values when no title does."""


@dataclass(frozen=True)
class Asignacion:
    """One field found in one column. ``por``: nombre | alias | hxl | parecido | contenido | persona."""

    columna: int
    encabezado: str
    confianza: int
    por: str


@dataclass(frozen=True)
class Mapeo:
    """Where the list stands in the file, and what its columns are. ``fijos``: a value for all rows."""

    hoja: str
    primera_fila: int
    columnas: dict[str, Asignacion]
    fila_encabezado: int | None = None
    sin_usar: list[str] = field(default_factory=list)
    fijos: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Mapeo:
        """The inverse of ``to_dict``. Raises KeyError, TypeError or ValueError when it is not one."""
        columnas = {str(n): Asignacion(**a) for n, a in plain["columnas"].items()}
        mapeo = cls(**{**plain, "columnas": columnas})
        places = [mapeo.primera_fila, *(a.columna for a in columnas.values())]
        places += [mapeo.fila_encabezado] if mapeo.fila_encabezado is not None else []
        if not all(type(p) is int and p >= 0 for p in places):
            raise ValueError("rows and columns are counted from 0")
        return mapeo

    def with_choice(self, campo: str, columna: int | None, encabezado: str = "") -> Mapeo:
        """The same after a person said which column a field is, or that it is none."""
        columnas = {n: a for n, a in self.columnas.items() if n != campo and a.columna != columna}
        if columna is not None:
            columnas[campo] = Asignacion(columna, encabezado, 100, "persona")
        return replace(self, columnas=columnas)


def expected_names(fields: Sequence[CampoColumna]) -> frozenset[str]:
    """Every normalised title that would be recognised (decides the separator of a CSV in doubt)."""
    return frozenset(n for f in fields for n in _titles(f))


def match_columns(tabla: Tabla, fields: Sequence[CampoColumna]) -> Mapeo:
    """The best proposal over all sheets: the visible sheet and the row whose titles say most."""
    best: Mapeo | None = None
    best_score = (-1, -1, -1.0)
    for hoja in tabla.hojas:
        mapeo, score = _match_sheet(hoja, fields)
        ranked = (sum(f.required and f.name in mapeo.columnas for f in fields), int(not hoja.oculta), score)
        if ranked > best_score:
            best, best_score = mapeo, ranked
    return best or Mapeo("", 0, {})


def other_lists(tabla: Tabla, mapeo: Mapeo, fields: Sequence[CampoColumna]) -> list[str]:
    """Further sheets that look like lists too: nobody should believe that they were read."""
    found = []
    for hoja in tabla.hojas:
        if hoja.nombre == mapeo.hoja or hoja.oculta:
            continue
        other, _ = _match_sheet(hoja, fields)
        required = all(f.name in other.columnas for f in fields if f.required)
        if required and len(other.columnas) >= 2 and len(hoja.filas) > other.primera_fila:
            found.append(hoja.nombre)
    return found


def _match_sheet(hoja: Hoja, fields: Sequence[CampoColumna]) -> tuple[Mapeo, float]:
    best_row, found, best_score = None, dict[str, Asignacion](), 0.0
    for index, fila in enumerate(hoja.filas[:HEADER_WITHIN]):
        tags = (
            hoja.filas[index + 1]
            if index + 1 < len(hoja.filas) and _is_tag_row(hoja.filas[index + 1])
            else []
        )
        if _is_tag_row(fila):
            tags, fila = fila, []
        candidate = _by_titles(fila, tags, fields)
        score = sum(a.confianza for a in candidate.values()) / 100
        if score > best_score + 0.01:
            best_row, found, best_score = index, candidate, score
    if best_row is not None and len(found) == 1 and "nombre" not in found and len(hoja.filas[best_row]) > 1:
        best_row, found = None, {}  # one lucky word in the data is no header
    first = 0 if best_row is None else best_row + 1
    while first < len(hoja.filas) and (
        _is_tag_row(hoja.filas[first]) or (best_row is not None and _is_instruction_row(hoja.filas[first]))
    ):
        first += 1
    header = hoja.filas[best_row] if best_row is not None and not _is_tag_row(hoja.filas[best_row]) else []
    found = found | _by_content(hoja.filas[first : first + _CONTENT_ROWS], header, found, fields)
    used = {a.columna for a in found.values()}
    unused = [t for i, c in enumerate(header) if i not in used and (t := title(c))]
    return Mapeo(hoja.nombre, first, found, best_row, unused), best_score


def title(cell: Celda) -> str:
    """A header cell as shown to a person."""
    return " ".join(str(cell).split())[:80] if cell is not None else ""


def _is_tag_row(fila: Sequence[Celda]) -> bool:
    tags = sum(isinstance(c, str) and re.match(r"\s*#[a-z]", c, re.IGNORECASE) is not None for c in fila)
    others = sum(isinstance(c, str) and bool(c.strip()) and not c.lstrip().startswith("#") for c in fila)
    return tags >= 1 and others == 0


def _is_instruction_row(fila: Sequence[Celda]) -> bool:
    """«Required», «Enter the name…»: some templates explain each column under its title."""
    filled = [c for c in fila if isinstance(c, str) and c.strip()]
    told = sum(_INSTRUCTION.match(c) is not None for c in filled)
    return told >= 2 and told * 2 >= len(filled)


_INSTRUCTION: Final = re.compile(
    r"\s*(required|optional|enter |example|e\.g\.|requerido|obligatorio|opcional|escriba |ingrese |ejemplo"
    r"|p\. ?ej\.)",
    re.IGNORECASE,
)


def _by_titles(
    header: Sequence[Celda], tags: Sequence[Celda], fields: Sequence[CampoColumna]
) -> dict[str, Asignacion]:
    proposals: list[tuple[int, int, int, str, Asignacion]] = []
    for column in range(max(len(header), len(tags))):
        shown = title(header[column]) if column < len(header) and isinstance(header[column], str) else ""
        tag = str(tags[column]) if column < len(tags) and tags[column] else ""
        if not shown and not tag:
            continue
        for order, campo in enumerate(fields):
            confidence, why = _rate(shown, tag, campo)
            if confidence:
                chosen = Asignacion(column, shown or tag, confidence, why)
                proposals.append((-confidence, column, order, campo.name, chosen))
    return _assign(proposals, set())


def _assign(proposals: list[tuple[int, int, int, str, Asignacion]], taken: set[int]) -> dict[str, Asignacion]:
    """Best first, one field per column and one column per field."""
    result: dict[str, Asignacion] = {}
    for *_, name, chosen in sorted(proposals, key=lambda p: p[:3]):
        if name not in result and chosen.columna not in taken:
            result[name] = chosen
            taken.add(chosen.columna)
    return result


def _titles(campo: CampoColumna) -> list[str]:
    return [
        normalize(campo.name.replace("_", " ")),
        normalize(campo.label),
        *(normalize(a) for a in campo.aliases),
    ]


def _rate(shown: str, tag: str, campo: CampoColumna) -> tuple[int, str]:
    if tag and (rank := _hxl_rank(tag, campo.hxl)) is not None:
        return 99 - rank, "hxl"
    plain = normalize(re.sub(r"[_/]", " ", shown))
    if not plain:
        return 0, ""
    own, label, *aliases = _titles(campo)
    if plain in (own, label):
        return 100, "nombre"
    if plain in aliases:
        # Earlier aliases are closer to what the field means.
        return max(90, 98 - aliases.index(plain) // 3), "alias"
    short = normalize(re.sub(r"\(.*?\)|\bxx\b", " ", shown.casefold()))
    if short and short != plain and short in (own, label, *aliases):
        return 89, "alias"
    if len(plain) >= 5:
        likeness = max(
            fuzz.ratio(plain, other) for other in (own, label, *aliases) if len(other) >= 5 or other == own
        )
        if likeness >= _LIKENESS_FROM:
            return 40 + int(likeness) // 3, "parecido"
    return 0, ""


def _hxl_rank(tag: str, patterns: tuple[str, ...]) -> int | None:
    """Rank of the first pattern all of whose attributes the tag bears; each further attribute costs one."""
    name, *attributes = re.sub(r"\s", "", tag).lower().split("+")
    borne = {a for a in attributes if not re.fullmatch(r"i_[a-z]{2}|[a-z]{2}|num", a)}
    for rank, pattern in enumerate(patterns):
        wanted, *needed = pattern.split("+")
        extra = borne - set(needed)
        # «#affected+sheltered+f» counts women: part of the figure is not the figure.
        if (
            name == wanted
            and set(needed) - {"num"} <= set(attributes)
            and not (extra and name == "#affected")
        ):
            return rank + len(extra)
    return None


# --- by content ------------------------------------------------------------------------------------


def _text(cell: Celda) -> str:
    return str(cell).strip() if cell is not None else ""


def _number(cell: Celda) -> float | None:
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, int | float):
        return float(cell)
    text = _text(cell).replace(",", ".")
    return float(text) if re.fullmatch(r"[+-]?\d{1,3}\.\d+", text) else None


def _is_municipio_code(cell: Celda) -> bool:
    text = _text(cell)
    if not re.fullmatch(r"\d{3,4}", text):
        return False
    text = text.zfill(4)
    # INE numbers the municipalities of a department without gaps.
    return 1 <= int(text[2:]) <= MUNIS_PER_DEPARTAMENTO.get(text[:2], 0)


_DEPARTAMENTOS: Final = frozenset(normalize(d.nombre) for d in REGIONS.values())
CONTENT_TESTS: Final[dict[str, Callable[[Celda], bool]]] = {
    "codigo_sitio": lambda c: re.fullmatch(r"(?:0[1-9]|1\d|2[0-2])\d\d-\d{3,4}", _text(c)) is not None,
    "codigo_municipio": _is_municipio_code,
    "pcode_municipio": lambda c: re.fullmatch(r"GT(?:0[1-9]|1\d|2[0-2])\d\d", _text(c).upper()) is not None,
    "lat": lambda c: (n := _number(c)) is not None and 13.7 <= n <= 17.9 and not float(n).is_integer(),
    "lon": lambda c: (n := _number(c)) is not None and -92.3 <= n <= -88.2 and not float(n).is_integer(),
    "coordenadas": lambda c: (
        re.fullmatch(r"\(?1[3-7][.]\d+\s*[,; ]\s*-(?:8|9)\d[.]\d+\)?", _text(c)) is not None
    ),
    "fecha": lambda c: isinstance(c, date | datetime),
    "departamento": lambda c: normalize(_text(c)) in _DEPARTAMENTOS,
}


def _by_content(
    rows: Sequence[Sequence[Celda]],
    header: Sequence[Celda],
    found: dict[str, Asignacion],
    fields: Sequence[CampoColumna],
) -> dict[str, Asignacion]:
    """Fields no title named, found by their values: nine of ten filled cells must fit, of three at least."""
    taken = {a.columna for a in found.values()}
    proposals: list[tuple[int, int, int, str, Asignacion]] = []
    for column in range(max((len(r) for r in rows), default=0)):
        filled = [r[column] for r in rows if column < len(r) and _text(r[column])]
        if column in taken or len(filled) < 3:
            continue
        for order, campo in enumerate(fields):
            test = CONTENT_TESTS.get(campo.content or "")
            if campo.name in found or test is None:
                continue
            share = sum(test(c) for c in filled) / len(filled)
            if share >= 0.9:
                shown = title(header[column]) if column < len(header) else f"Columna {column + 1}"
                proposals.append(
                    (
                        -int(share * 60),
                        column,
                        order,
                        campo.name,
                        Asignacion(column, shown, int(share * 60), "contenido"),
                    )
                )
    return _assign(proposals, taken)
