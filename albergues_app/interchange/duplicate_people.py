"""Persons and labelled pairs from other people's CSV files, as records that can be compared."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from albergues_app.core.text import clean, normalize
from albergues_app.interchange import delimited
from albergues_app.interchange.columns import CampoColumna, expected_names, match_columns
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.person_fields import PAIR_FIELDS, PERSON_FIELDS
from albergues_app.interchange.tables import Hoja, Tabla
from albergues_app.ocupacion.candidatos import sorted_words
from albergues_app.ocupacion.nombres import read_name
from albergues_app.ocupacion.parecido import Ficha

MAX_ROWS = 2_000_000
_NAMES = ("nombres", "segundo_nombre", "apellidos", "segundo_apellido", "apellido_casada", "nombre_completo")
_MALE, _FEMALE = (
    {"h", "hombre", "masculino", "masc", "male", "varon"},
    {"f", "mujer", "femenino", "fem", "female"},
)
_TRUE, _FALSE = {"1", "si", "s", "true", "verdadero", "t", "yes", "y", "x", "misma", "1 0"}, {
    "0", "no", "n", "false", "falso", "f", "distinta", "0 0",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Registro:
    """One person of the file: its id as written, the record, the name as one text, and that with its words sorted."""

    id: str
    ficha: Ficha
    texto: str
    ordenado: str


@dataclass
class Lectura:
    """What was read, which column was taken for what, and what is to be told of rows."""

    personas: list[Registro] = field(default_factory=list)
    pares: dict[tuple[int, int], bool] = field(default_factory=dict)
    """Positions of two persons, the lower first, and whether they are one."""
    columnas: dict[str, str] = field(default_factory=dict)
    problemas: list[str] = field(default_factory=list)
    avisos: list[str] = field(default_factory=list)


def read_mapping(path: Path) -> dict[str, list[str]]:
    """``{ours: theirs}``; theirs may be several columns, which are joined. Raises ArchivoIlegible."""
    try:
        raw = json.loads(delimited.decode(path.read_bytes()))
    except ValueError as error:
        raise ArchivoIlegible(f'{path.name} no es JSON. Escriba, por ejemplo: {{"id": "rec_id"}}.') from error
    known = {c.name for c in (*PERSON_FIELDS, *PAIR_FIELDS)}
    if not isinstance(raw, dict) or not raw:
        raise ArchivoIlegible(f"{path.name} debe ser un objeto {{nuestra: suya}}, con una columna al menos.")
    found = {}
    for ours, theirs in raw.items():
        if theirs is None:
            continue
        names = theirs if isinstance(theirs, list) else [theirs]
        if ours not in known:
            raise ArchivoIlegible(
                f"{path.name}: no hay columna nuestra «{ours}». Las nuestras son: {', '.join(sorted(known))}."
            )
        if not all(isinstance(n, str) and n.strip() for n in names):
            raise ArchivoIlegible(f"{path.name}: «{ours}» debe decir el nombre de una columna suya.")
        found[ours] = [str(n) for n in names]
    return found


def read_people(path: Path, mapping: Mapping[str, list[str]], hoy: int) -> Lectura:
    """The persons of a file. Raises ArchivoIlegible."""
    rows, where = _table(path, PERSON_FIELDS, mapping)
    if "id" not in where or not any(n in where for n in _NAMES):
        raise ArchivoIlegible(
            f"{path.name}: hace falta una columna «id» y una de nombre (nombres y apellidos, o nombre_completo). "
            f"Columnas del archivo: {_listed(rows.titulos)}. Diga cuál es cuál con --columnas MAPA.json."
        )
    read = Lectura(columnas={n: " + ".join(rows.titulos[c] for c in cs) for n, cs in where.items()})
    sexes = _sexes(rows, where)
    seen: set[str] = set()
    nameless = 0
    for number, row in rows.filas:
        value = {name: clean(" ".join(row[c] for c in cs if c < len(row))) for name, cs in where.items()}
        key = value.get("id", "")
        if not key or key in seen:
            read.problemas.append(
                f"Fila {number}: "
                + ("falta el id." if not key else f"el id «{key[:40]}» está repetido; vale la primera.")
            )
            continue
        seen.add(key)
        ficha, texto = _ficha(value, sexes, hoy)
        registro = Registro(key, ficha, texto, sorted_words(texto))
        nameless += not registro.ficha.nombre
        read.personas.append(registro)
    if not read.personas:
        raise ArchivoIlegible(
            f"{path.name}: no hay ninguna persona. Revise que la primera fila lleve los títulos."
        )
    if nameless:
        read.avisos.append(f"{nameless} personas sin nombre: solo se comparan por sus otros datos.")
    return read


def read_pairs(path: Path, mapping: Mapping[str, list[str]], read: Lectura) -> None:
    """Add the labelled pairs to what was read. Raises ArchivoIlegible."""
    rows, where = _table(path, PAIR_FIELDS, mapping)
    if "id_a" not in where or "id_b" not in where:
        raise ArchivoIlegible(
            f"{path.name}: hacen falta las columnas «id_a» e «id_b». Columnas del archivo: {_listed(rows.titulos)}. "
            "Diga cuál es cuál con --columnas MAPA.json."
        )
    at = {r.id: n for n, r in enumerate(read.personas)}
    for number, row in rows.filas:
        value = {name: clean(" ".join(row[c] for c in cs if c < len(row))) for name, cs in where.items()}
        a, b = value["id_a"], value["id_b"]
        unknown = [i or "(vacío)" for i in (a, b) if i not in at]
        if unknown:
            read.problemas.append(
                f"Par de la fila {number}: no hay persona con id {', '.join(i[:40] for i in unknown)}."
            )
            continue
        same = True
        if "etiqueta" in where:
            label = normalize(value["etiqueta"])
            if label not in _TRUE | _FALSE:
                read.problemas.append(
                    f"Par de la fila {number}: la etiqueta «{value['etiqueta'][:20]}» no se entiende; use 1 o 0."
                )
                continue
            same = label in _TRUE
        if a == b:
            read.problemas.append(f"Par de la fila {number}: los dos ids son el mismo.")
            continue
        pair = (min(at[a], at[b]), max(at[a], at[b]))
        if read.pares.setdefault(pair, same) != same:
            read.problemas.append(
                f"Par de la fila {number}: el mismo par tiene dos etiquetas; vale la primera."
            )
    if not read.pares:
        raise ArchivoIlegible(
            f"{path.name}: no hay ningún par que sirva. {' '.join(read.problemas[:1])}".strip()
        )


@dataclass
class _Rows:
    titulos: list[str]
    filas: list[tuple[int, list[str]]]


def _table(
    path: Path, fields: Sequence[CampoColumna], mapping: Mapping[str, list[str]]
) -> tuple[_Rows, dict[str, list[int]]]:
    """The rows, and of each of our columns the places of theirs."""
    chosen = {f.name: mapping[f.name] for f in fields if f.name in mapping}
    expected = {*expected_names(fields), *(normalize(t) for ts in chosen.values() for t in ts)}
    data = path.read_bytes()
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ArchivoIlegible(f"{path.name} es un libro de Excel. Guárdelo como CSV.")
    rows, _separator = delimited.read_rows(delimited.decode(data), expected, MAX_ROWS)
    header = _find_header(rows, chosen)
    if header is None:
        mapeo = match_columns(Tabla([Hoja("", [list(r) for r in rows[:200]])], "csv"), fields)
        header = mapeo.fila_encabezado
        if header is None:
            header = next((n for n, row in enumerate(rows) if any(c.strip() for c in row)), 0)
    titles = [" ".join(c.split()) for c in rows[header]] if rows else []
    mapeo = match_columns(Tabla([Hoja("", [list(titles)])], "csv"), fields)
    where = {name: [a.columna] for name, a in mapeo.columnas.items()}
    plain = [normalize(t) for t in titles]
    for name, theirs in chosen.items():
        places = []
        for one in theirs:
            if one.strip() in titles:
                places.append(titles.index(one.strip()))
            elif normalize(one) in plain:
                places.append(plain.index(normalize(one)))
            else:
                raise ArchivoIlegible(
                    f"{path.name} no tiene la columna «{one[:60]}» que pide el mapa. Tiene: {_listed(titles)}."
                )
        where = {n: cs for n, cs in where.items() if n == name or not set(cs) & set(places)}
        where[name] = places
    filas = [(n + 1, row) for n, row in enumerate(rows) if n > header and any(c.strip() for c in row)]
    return _Rows(titles, filas), where


def _find_header(rows: Sequence[Sequence[str]], chosen: Mapping[str, list[str]]) -> int | None:
    """With a map, the titles stand where its columns do."""
    wanted = {normalize(t) for ts in chosen.values() for t in ts}
    if not wanted:
        return None
    for number, row in enumerate(rows[:25]):
        if wanted & {normalize(c) for c in row}:
            return number
    return None


def _listed(titles: Collection[str]) -> str:
    shown = [f"«{t[:40]}»" for t in titles if t][:20]
    return ", ".join(shown) if shown else "ninguna"


def _sexes(rows: _Rows, where: Mapping[str, list[int]]) -> dict[str, str]:
    """What each word of the column of sex means: «M» is masculino beside «F», and mujer beside «H»."""
    if "sexo" not in where:
        return {}
    words = {normalize(" ".join(row[c] for c in where["sexo"] if c < len(row))) for _n, row in rows.filas}
    meaning = dict.fromkeys(words & _MALE, "hombre") | dict.fromkeys(words & _FEMALE, "mujer")
    if "m" in words:
        meaning["m"] = "mujer" if "h" in words else "hombre"
    return meaning


def _ficha(value: Mapping[str, str], sexes: Mapping[str, str], hoy: int) -> tuple[Ficha, str]:
    given = f"{value.get('nombres', '')} {value.get('segundo_nombre', '')}".strip()
    family = f"{value.get('apellidos', '')} {value.get('segundo_apellido', '')}".strip()
    married = re.sub(r"^de ", "", value.get("apellido_casada", ""), flags=re.IGNORECASE)
    if married:
        family = f"{family} viuda de {married}"
    whole = value.get("nombre_completo", "")
    if given or family:
        # a column «nombre» alone holds the whole name
        name = read_name(given, family, known_parts=bool(family) or "apellidos" in value)
        texto = normalize(f"{given} {family}")
    else:
        if "," in whole:
            last, _comma, first = whole.partition(",")
            name = read_name(first, last)
        else:
            name = read_name(whole, known_parts=False)
        texto = normalize(whole)
    nacimiento, anio = _birth(value.get("nacimiento", ""))
    if anio is None:
        anio = _year_of_age(value.get("edad", ""), value.get("edad_unidad", ""), hoy)
    cui = re.sub(r"[^0-9a-z]", "", value.get("cui", "").casefold())
    cui = "" if len(cui) < 5 or len(set(cui)) == 1 else cui
    sexo = normalize(value.get("sexo", ""))
    sexo = sexes.get(sexo, "")
    place = normalize(value.get("municipio", ""))
    if place.isdigit():
        place = place.zfill(4)
    return Ficha(name, sexo, anio, nacimiento, place, cui, True), texto


_DATE = re.compile(r"(\d{1,4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,4})(?:\D.*)?")


def _birth(text: str) -> tuple[str, int | None]:
    """(eight digits or empty, year): 1987-03-14, 14/03/1987, 19870314, 1987. A day that does not exist is kept."""
    text = text.strip()
    if re.fullmatch(r"(18|19|20)\d\d(\.0)?", text):
        return "", int(text[:4])
    if re.fullmatch(r"(18|19|20)\d{6}(\.0)?", text):
        return text[:8], int(text[:4])
    found = _DATE.fullmatch(text)
    if found is None:
        return "", None
    first, middle, last = found.groups()
    if len(first) == 4:
        year, month, day = first, middle, last
    elif len(last) == 4:
        year, month, day = last, middle, first
    else:
        return "", None
    if int(month) > 12 >= int(day):
        month, day = day, month
    if len(day) > 2 or not 1800 <= int(year) <= 2100:
        return "", None
    return f"{int(year):04}{int(month):02}{int(day):02}", int(year)


def _year_of_age(text: str, unit: str, hoy: int) -> int | None:
    found = re.match(r"\s*(\d{1,3})(?:[.,]\d+)?\s*([a-zñ]*)", text.casefold())
    if found is None:
        return None
    unit = normalize(found[2] or unit)
    age = int(found[1])
    if unit.startswith("m"):
        return hoy - age // 12
    if unit.startswith("d"):
        return hoy - age // 365
    return hoy - age if age <= 130 else None
