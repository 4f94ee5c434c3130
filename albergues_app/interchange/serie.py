"""A series of shelter reports as strangers publish it: its encoding, its columns, its rows one by one.

Nothing is held but a sample: a series of a hurricane has as many rows as hours times shelters.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from albergues_app.core.text import normalize
from albergues_app.interchange import delimited
from albergues_app.interchange.columns import (
    Asignacion,
    CampoColumna,
    Mapeo,
    expected_names,
    match_columns,
    title,
)
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.tables import MAX_COLUMNS, Hoja, Tabla

CAMPOS: Final[tuple[CampoColumna, ...]] = (
    CampoColumna("hora", "Fecha y hora", (
        "timestamp", "fecha hora", "datetime", "date time", "corte", "report time", "reported at", "report datetime",
        "snapshot time", "snapshot at", "snapshot", "as of", "time", "hour", "momento", "fecha y hora del reporte",
        "fecha del reporte", "report date", "last updated", "updated at", "fecha", "date",
    ), required=True),
    CampoColumna("id", "Código del albergue", (
        "shelter id", "id albergue", "id del albergue", "albergue id", "codigo albergue", "codigo", "site id",
        "facility id", "shelter code", "clave", "objectid",
    )),
    CampoColumna("nombre", "Nombre del albergue", (
        "shelter name", "albergue", "nombre albergue", "site name", "facility name", "shelter", "name", "sitio",
    )),
    CampoColumna("lugar", "Municipio", (
        "city", "ciudad", "codigo ine", "place", "location", "localidad", "town", "municipality", "ubicacion",
        "county", "parish", "county parish", "condado",
    )),
    CampoColumna("capacidad", "Capacidad de personas", (
        "evacuation capacity", "capacity", "capacidad total", "max capacity", "total capacity", "shelter capacity",
        "cupo", "aforo", "post impact capacity",
    )),
    CampoColumna("personas", "Personas albergadas", (
        "total population", "population", "persons", "people", "albergados", "albergadas", "current population",
        "shelter population", "occupancy", "ocupacion", "headcount", "head count", "evacuees", "poblacion",
        "total de personas", "total personas",
    ), required=True),
    CampoColumna("estado", "Estado del albergue", (
        "shelter status", "status", "estatus", "situacion", "open status", "operational status",
    )),
)  # fmt: skip
NUESTROS: Final = tuple(c.name for c in CAMPOS)
_SAMPLE_CHARS, _SAMPLE_ROWS = 65_536, 60
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Renglon:
    """One row as written. ``fila`` is the number a person sees in a spreadsheet."""

    fila: int
    hora: str = ""
    id: str = ""
    nombre: str = ""
    lugar: str = ""
    capacidad: str = ""
    personas: str = ""
    estado: str = ""


def read_mapa(text: str) -> dict[str, str | None]:
    """The MAPA of contrato-api.md, ``{ours: theirs}``; null: the series does not say it.

    :raises ArchivoIlegible: not such an object, or a name that is not ours
    """
    try:
        plain = json.loads(text)
    except ValueError as error:
        raise ArchivoIlegible(
            'El mapa de columnas no es JSON. Por ejemplo: {"hora": "timestamp"}.'
        ) from error
    if not isinstance(plain, dict) or not all(v is None or isinstance(v, str) for v in plain.values()):
        raise ArchivoIlegible(
            "El mapa de columnas va de nuestro nombre al de su archivo: "
            '{"hora": "timestamp", "personas": "total"}.'
        )
    if unknown := sorted(set(plain) - set(NUESTROS)):
        raise ArchivoIlegible(f"El mapa nombra «{unknown[0]}». Nuestros nombres son: {', '.join(NUESTROS)}.")
    return plain


class Serie:
    """A file of text with a header. Each call of ``renglones`` reads it anew from its first row."""

    def __init__(self, path: Path, mapa: Mapping[str, str | None] | None = None) -> None:
        """Find encoding, separator and columns.

        :raises ArchivoIlegible: not a table of text, or no column of hours, of persons, or of shelters
        """
        self.path = path
        self.encoding = delimited.encoding_of(path)
        with path.open(encoding=self.encoding, newline="") as file:
            sample = file.read(_SAMPLE_CHARS)
        delimited.check_text(sample, ".csv")
        declared = re.match(r"sep=(.)\r?\n", sample, re.IGNORECASE)
        fields = [_with_theirs(campo, mapa or {}) for campo in CAMPOS]
        self.separator = declared[1] if declared else delimited.find_separator(sample, expected_names(fields))
        self._skip = 1 if declared else 0
        self._strict = self._is_well_quoted()
        self.mapeo = self._columns(fields, mapa or {})
        self.huella = self._fingerprint()

    def renglones(self) -> Iterator[Renglon]:
        """Every row with something in it, in the order of the file."""
        places = {name: a.columna for name, a in self.mapeo.columnas.items()}
        for number, cells in enumerate(self._rows(), 1):
            if number <= self.mapeo.primera_fila or not any(c.strip() for c in cells):
                continue
            said = {name: cells[at].strip() for name, at in places.items() if at < len(cells)}
            yield Renglon(number, **said)

    def _rows(self) -> Iterator[list[str]]:
        """As csv gives them; the line that only names the separator stays a row, empty."""
        csv.field_size_limit(delimited.MAX_CELL_CHARS)
        with self.path.open(encoding=self.encoding, newline="") as file:
            for _ in range(self._skip):
                file.readline()
                yield []
            yield from csv.reader(file, delimiter=self.separator, strict=self._strict)

    def _is_well_quoted(self) -> bool:
        """Read it all once, strictly. Quotes in the wrong place are borne; those that never close are not."""
        for strict in (True, False):
            self._strict = strict
            try:
                for cells in self._rows():
                    if len(cells) > MAX_COLUMNS:
                        raise ArchivoIlegible(f"Una fila tiene más de {MAX_COLUMNS:,} columnas.")
            except csv.Error as error:
                words = str(error)
                if "unexpected end" in words or "field larger" in words or not strict:
                    raise ArchivoIlegible(
                        "Hay comillas que se abren y no se cierran, o una celda enorme. Corrija el archivo y vuelva "
                        "a intentarlo."
                    ) from error
            else:
                return strict
        raise AssertionError("one of the two ways ended")

    def _columns(self, fields: list[CampoColumna], mapa: Mapping[str, str | None]) -> Mapeo:
        first = list(islice(self._rows(), _SAMPLE_ROWS))
        hoja = Hoja("serie", [[*cells] for cells in first])
        mapeo = match_columns(Tabla([hoja], "csv"), fields)
        header = first[mapeo.fila_encabezado] if mapeo.fila_encabezado is not None else []
        for ours, theirs in mapa.items():
            at = None if theirs is None else _find(header, theirs)
            if at is None and theirs is not None:
                shown = ", ".join(t for c in header if (t := title(c)))
                raise ArchivoIlegible(
                    f"La columna «{theirs[:80]}» del mapa no está en el archivo. "
                    + (f"Sus columnas: {shown[:400]}." if shown else "No se encontró la fila de títulos.")
                )
            mapeo = mapeo.with_choice(ours, at, theirs or "")
        for name, what in (("hora", "la hora"), ("personas", "las personas")):
            if name not in mapeo.columnas:
                raise ArchivoIlegible(_missing(what, name))
        if not {"id", "nombre"} & set(mapeo.columnas):
            raise ArchivoIlegible(_missing("el código o el nombre del albergue", "id"))
        used = {a.columna for a in mapeo.columnas.values()}
        return replace(mapeo, sin_usar=[t for i, c in enumerate(header) if i not in used and (t := title(c))])

    def without(self, campo: str) -> None:
        """Leave a column out: it turned out to say something else."""
        self.mapeo = self.mapeo.with_choice(campo, None)

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while part := file.read(_CHUNK):
                digest.update(part)
        return digest.hexdigest()


def _with_theirs(campo: CampoColumna, mapa: Mapping[str, str | None]) -> CampoColumna:
    """The title of the map is one more name of the field, so that the header is recognised by it."""
    theirs = mapa.get(campo.name)
    return replace(campo, aliases=(theirs, *campo.aliases)) if theirs else campo


def _find(header: list[str], theirs: str) -> int | None:
    """The column of a title: as written, else but for case, accents and signs."""
    for same in (str.strip, normalize):
        for at, cell in enumerate(header):
            if same(cell) == same(theirs):
                return at
    return None


def _missing(what: str, name: str) -> str:
    return f'No se encontró la columna de {what}. Dígala con --columnas: un archivo con {{"{name}": "…"}}.'


def describe(found: Asignacion) -> str:
    """«shelter_id» (98 %, por alias)."""
    return f"«{found.encabezado}» ({found.confianza} %, por {found.por})"
