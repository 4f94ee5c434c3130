"""A log as a file: JSON and CSV that anybody can verify, PDF to sign. Made from the entries, byte for byte the same."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from typing import Any

from albergues_app.coe import verificador
from albergues_app.coe.cierres import closure_bodies
from albergues_app.coe.models import Coe
from albergues_app.coe.queries import Leida, entradas_of, stream_entradas
from albergues_app.coe.services import chained, header_of

KINDS = ("json", "csv", "pdf")


def export_log(coe: Coe, kind: str) -> bytes:
    """The whole log of an activation as ``kind``."""
    return b"".join(export_parts(coe, kind))


def export_parts(coe: Coe, kind: str) -> Iterator[bytes]:
    """As ``export_log``, part by part: a log of any length is never whole in memory (but the PDF)."""
    if kind == "pdf":
        from albergues_app.coe.paper import log_pdf

        yield log_pdf(coe, entradas_of(coe))
        return
    lines = _json_lines if kind == "json" else _csv_lines
    whole, total, cabeza = hashlib.sha256(), 0, verificador.hash_of_coe(header_of(coe))
    for text, entry in lines(coe, stream_entradas(coe)):
        part = text.encode()
        whole.update(part)
        if entry is not None:
            total, cabeza = total + 1, entry.row["huella"]
        yield part
    closing = verificador.last_line if kind == "json" else verificador.closing_line
    yield closing(total, cabeza, whole.hexdigest()).encode()


def _whole(entry: Leida) -> dict[str, Any]:
    return {
        **chained(entry.row), **entry.textos, "sal": entry.sal,
        "anterior": entry.row["anterior"], "huella": entry.row["huella"],
    }  # fmt: skip


def _json_lines(coe: Coe, entries: Iterable[Leida]) -> Iterator[tuple[str, Leida | None]]:
    """One entry a line, so that it is checked as it is read; the last line is not here."""
    yield verificador.opening_line(header_of(coe)) + "\n", None
    before = ""
    for entry in entries:
        yield before + verificador.entry_line(_whole(entry)), entry
        before = ",\n"
    if before:
        yield "\n", None
    yield verificador.closures_line(closure_bodies(coe.id)), None


def _csv_lines(coe: Coe, entries: Iterable[Leida]) -> Iterator[tuple[str, Leida | None]]:
    """The titles, a line for the activation, one for each entry and each closed period; the last line is not here.

    No cell is a formula.
    """
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, verificador.COLUMNAS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerow({"fila": "coe", "detalle": verificador.canonical(header_of(coe))})
    yield _taken(out), None
    for entry in entries:
        writer.writerow({"fila": "entrada", **{name: _cell(value) for name, value in _whole(entry).items()}})
        yield _taken(out), entry
    for closure in closure_bodies(coe.id):
        writer.writerow({"fila": "cierre", "detalle": verificador.canonical(closure)})
    yield _taken(out), None


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "si" if value else "no"
    if isinstance(value, list):
        return verificador.canonical(value)
    return verificador.guard(value) if isinstance(value, str) else str(value)
