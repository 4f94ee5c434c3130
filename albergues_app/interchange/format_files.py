"""Filled formats that strangers send, read in a limited child process: what comes back is values, nothing else."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Sequence
from dataclasses import asdict
from itertools import accumulate
from typing import Any

from albergues_app.core.text import normalize
from albergues_app.formats.engine import Formato, Notice
from albergues_app.formats.outputs.columns_in import Sheets
from albergues_app.formats.outputs.flat import columns_of
from albergues_app.formats.outputs.readers import file_reader, read_file
from albergues_app.formats.outputs.xlsx_in import Filled, FilledRecord, PaperRead, Place, UnreadableWorkbook
from albergues_app.interchange import containers
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.tables import Tabla, from_plain, read_table, to_plain


def open_file(formato: Formato, content: bytes, filename: str, gate: bool) -> dict[str, Any]:
    """Read a file in a child; gives ``{"tabla": …}`` or ``{"llenos": …}`` of plain JSON types.

    :raises ArchivoIlegible: with one Spanish sentence that says what to do
    """
    from albergues_app.interchange.sandbox import run_limited

    containers.check_size(len(content))
    titles = sorted(expected_titles(formato, gate))
    plain: dict[str, Any] = run_limited(
        "albergues_app.interchange.format_files:read_plain", content, filename, _packed(formato), titles, gate
    )
    return plain


def open_pdfs(formato: Formato, contents: Sequence[bytes]) -> dict[str, Any]:
    """Read filled PDFs of which some go on with the rows of others, in one child; gives ``{"llenos": …}``.

    :raises ArchivoIlegible: with one Spanish sentence that says what to do
    """
    from albergues_app.interchange.sandbox import run_limited

    sizes = [len(content) for content in contents]
    containers.check_size(sum(sizes))
    plain: dict[str, Any] = run_limited(
        "albergues_app.interchange.format_files:read_plain_pdfs", b"".join(contents), sizes, _packed(formato)
    )
    return plain


def _packed(formato: Formato) -> str:
    """The definition goes along: one made in the web is in no module that the child could import."""
    return base64.b64encode(pickle.dumps(formato)).decode()


def read_plain_pdfs(content: bytes, sizes: Sequence[int], definition: str) -> dict[str, Any]:
    """What the child runs: ``content`` is the files one after the other."""
    from albergues_app.formats.outputs.acroform_in import read_pdfs

    formato = pickle.loads(base64.b64decode(definition))  # noqa: S301 - the parent wrote it, not the file
    ends = list(accumulate(sizes))
    try:
        filled = read_pdfs(
            formato, [content[end - size : end] for size, end in zip(sizes, ends, strict=True)]
        )
    except UnreadableWorkbook as problem:
        raise ArchivoIlegible(str(problem)) from problem
    return {"llenos": filled_to_plain(filled)}


def read_plain(
    content: bytes, filename: str, definition: str, titles: Sequence[str], gate: bool
) -> dict[str, Any]:
    """What the child runs."""
    reader = file_reader(content)
    if reader is None:
        return {"tabla": to_plain(read_table(content, filename, titles, folders=True))}
    formato = pickle.loads(base64.b64decode(definition))  # noqa: S301 - the parent wrote it, not the file
    try:
        return {"llenos": filled_to_plain(read_file(reader, formato, content, gate))}
    except UnreadableWorkbook as problem:
        raise ArchivoIlegible(str(problem)) from problem


def expected_titles(formato: Formato, gate: bool) -> frozenset[str]:
    """Normalised titles of its columns: they decide the separator of a CSV in doubt."""
    campos = [*formato.campos, *(c for r in formato.repetibles for c in r.campos)]
    return frozenset(normalize(t) for c in columns_of(campos, gate, auto=True) for t in (c.name, c.label))


def sheets_of(tabla: Tabla) -> Sheets:
    """The sheets of a table by name, hidden ones too."""
    return {hoja.nombre: hoja.filas for hoja in tabla.hojas}


def sheets_from(plain: dict[str, Any]) -> Sheets:
    """The sheets of ``{"tabla": …}``."""
    return sheets_of(from_plain(plain["tabla"]))


def filled_to_plain(filled: Filled) -> dict[str, Any]:
    """As JSON types; the raw answers of a reader of files are that already."""
    return {
        "registros": [
            {
                "numero": r.number,
                "clave": r.key,
                "datos": r.raw,
                "lugares": {k: _place(p) for k, p in r.places.items()},
            }
            for r in filled.records
        ],
        "notas": [[asdict(notice), _place(place) if place else None] for notice, place in filled.notices],
        "hojas": [asdict(paper) for paper in filled.papers],
    }


def filled_from(plain: dict[str, Any]) -> Filled:
    """The inverse of ``filled_to_plain``."""
    return Filled(
        [
            FilledRecord(r["numero"], r["datos"], {k: Place(*p) for k, p in r["lugares"].items()}, r["clave"])
            for r in plain["registros"]
        ],
        [(Notice(**notice), Place(*place) if place else None) for notice, place in plain["notas"]],
        [PaperRead(**paper) for paper in plain["hojas"]],
    )


def _place(place: Place) -> list[Any]:
    return [place.sheet, place.row, place.column]
