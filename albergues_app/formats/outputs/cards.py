"""Family cards on plain paper: ten of wallet size on a carta sheet, with cut marks, a large QR and the code beside it.

The QR holds the code alone, without address, name or stroke: six signs are the smallest QR there is, at its highest
correction, so that it survives a bad photocopy, and a reader set for another keyboard types it right.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from albergues_app.formats.outputs.pdf import PAPERS, compile_template

COLUMNS, ROWS = 2, 5
WIDTH_MM, HEIGHT_MM = 85.0, 52.0
PER_PAGE = COLUMNS * ROWS
_IN_PROCESS = PER_PAGE
"""More cards than these are drawn in a child process that ends: typst keeps in memory what it compiled."""


@dataclass(frozen=True, kw_only=True)
class Tarjetas:
    """A sheet of cards. ``codigos``: each code, and what stands small beside it («Lote K7QM4 · 012»)."""

    codigos: Sequence[tuple[str, str]]
    lugar: str = ""
    evento: str = ""
    capacitacion: bool = False


def card_qr(codigo: str) -> list[str]:
    """Return the QR of a code as rows of «0» and «1», without border."""
    import segno

    code = segno.make(codigo.replace("-", ""), error="h", micro=False, boost_error=False)
    return ["".join(str(int(bit)) for bit in row) for row in code.matrix]


def render_cards(tarjetas: Tarjetas, picture_ppi: float = 0) -> bytes:
    """Return the cards as PDF; ``picture_ppi``: the first page as PNG instead.

    Raises
    ------
    RuntimeError
        If the child process of a large sheet fails; the message carries what it said.
    """
    data = asdict(tarjetas)
    if len(tarjetas.codigos) <= _IN_PROCESS or picture_ppi:
        return _compile(data, picture_ppi)
    import json

    with tempfile.TemporaryDirectory(prefix="tarjetas-") as folder:
        target = Path(folder) / "tarjetas.pdf"
        child = subprocess.run(
            [sys.executable, "-m", "albergues_app.formats.outputs.cards", str(target)],
            input=json.dumps(data).encode(),
            capture_output=True,
            timeout=120,
            check=False,
        )
        if child.returncode:
            raise RuntimeError(f"cards child process: {child.stderr.decode(errors='replace')[-500:]}")
        return target.read_bytes()


def _compile(data: dict[str, Any], picture_ppi: float = 0) -> bytes:
    width, height = PAPERS["carta"]
    drawn = {
        **data,
        "codigos": [{"codigo": c, "detalle": beside, "qr": card_qr(c)} for c, beside in data["codigos"]],
        "pagina": {"ancho": width, "alto": height},
        "tarjeta": {"ancho": WIDTH_MM, "alto": HEIGHT_MM, "columnas": COLUMNS, "filas": ROWS},
    }
    return compile_template("tarjetas.typ", drawn, picture_ppi)


def _child(target: str) -> None:
    import json

    Path(target).write_bytes(_compile(json.load(sys.stdin)))


if __name__ == "__main__":
    _child(sys.argv[1])
