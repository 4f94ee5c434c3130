"""A log as a file: JSON and CSV that anybody can verify, PDF to sign. Made from the entries, byte for byte the same."""

from __future__ import annotations

import csv
import io
from typing import Any

from albergues_app.coe import verificador
from albergues_app.coe.models import Coe
from albergues_app.coe.queries import Leida, entradas_of
from albergues_app.coe.services import chained, header_of

KINDS = ("json", "csv", "pdf")


def export_log(coe: Coe, kind: str) -> bytes:
    """The whole log of an activation as ``kind``."""
    entries = entradas_of(coe)
    if kind == "json":
        return to_json(coe, entries)
    if kind == "csv":
        return to_csv(coe, entries)
    from albergues_app.coe.paper import log_pdf

    return log_pdf(coe, entries)


def _whole(entry: Leida) -> dict[str, Any]:
    return {
        **chained(entry.row), **entry.textos, "sal": entry.sal,
        "anterior": entry.row["anterior"], "huella": entry.row["huella"],
    }  # fmt: skip


def to_json(coe: Coe, entries: list[Leida]) -> bytes:
    """One object; ``huella_archivo`` is the hash of all the rest in its canonical spelling."""
    whole: dict[str, Any] = {
        "formato": verificador.FORMATO,
        "coe": header_of(coe),
        "entradas": [_whole(e) for e in entries],
        "total": len(entries),
        "cabeza": coe.cabeza,
    }
    whole["huella_archivo"] = verificador.sha256(verificador.canonical(whole))
    return verificador.spell(whole).encode()


def to_csv(coe: Coe, entries: list[Leida]) -> bytes:
    """A line for the activation, one for each entry, and the one that closes it. No cell is a formula."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, verificador.COLUMNAS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerow({"fila": "coe", "detalle": verificador.canonical(header_of(coe))})
    for entry in entries:
        writer.writerow({"fila": "entrada", **{name: _cell(value) for name, value in _whole(entry).items()}})
    body = out.getvalue()
    # The closing line is written by hand: the verifier must spell it alike.
    return (body + verificador.closing_line(len(entries), coe.cabeza, verificador.sha256(body))).encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "si" if value else "no"
    return verificador.guard(value) if isinstance(value, str) else str(value)
