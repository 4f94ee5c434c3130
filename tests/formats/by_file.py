"""What the doors read of a file: the steps of ``interchange``, without the child process around the first."""

from __future__ import annotations

from typing import Any

from albergues_app.formats.engine import Catalogos, Formato
from albergues_app.formats.outputs.columns_in import propose
from albergues_app.formats.outputs.xlsx_in import read_mapped
from albergues_app.interchange import format_files
from albergues_app.interchange.format_import import understand


def read_by_door(
    formato: Formato, content: bytes, name: str, gate: bool, catalogos: Catalogos
) -> list[dict[str, Any]]:
    """The answers of each record, as given."""
    titles = sorted(format_files.expected_titles(formato, gate))
    plain = format_files.read_plain(content, name, format_files._packed(formato), titles, gate)
    lectura = understand(formato, plain, gate)
    maps = propose(formato, lectura.sheets, gate, catalogos)
    filled = lectura.filled or read_mapped(lectura.sheets, maps)
    return [record.raw for record in filled.records]
