"""Draw a document with typst from data. Text of people travels as JSON and never becomes markup.

The fonts are the application's own, and no date enters the file: the same data give the same bytes for ever.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from albergues_app.core.text import close_directions

ATTACHED = "adjunto"
"""The key of what a sheet carries inside as a file, byte for byte."""


def render_typst(package: str, template: str, data: Mapping[str, Any], *, picture: bool = False) -> bytes:
    """A PDF from ``template``, in the folder ``typst`` of ``package``; it reads ``sys.inputs.datos``.

    ``picture``: its first page as PNG, at twice the size of a screen.
    """
    import typst

    with (
        resources.as_file(resources.files(package) / "typst") as folder,
        resources.as_file(resources.files("albergues_app") / "static" / "vendor" / "dejavu") as fonts,
    ):
        pdf = typst.compile(
            str(folder / template),
            root=str(folder),
            sys_inputs={"datos": json.dumps(_closed(data))},
            font_paths=[str(fonts)] if fonts.is_dir() else [],
            ignore_system_fonts=True,
            format="png" if picture else "pdf",
            ppi=144.0 if picture else None,
        )
    if isinstance(pdf, list):  # a picture of each page
        pdf = pdf[0]
    if not isinstance(pdf, bytes):
        raise TypeError("typst gave no document")
    return pdf


def _closed(value: Any, key: str = "") -> Any:
    """Data as a sheet draws them: no text turns the direction of what stands beside it. A file inside stays as it is."""
    if isinstance(value, str):
        return value if key == ATTACHED else close_directions(value)
    if isinstance(value, Mapping):
        return {name: _closed(one, name) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_closed(one) for one in value]
    return value


def render_apart(package: str, template: str, data: Mapping[str, Any]) -> bytes:
    """The same bytes from a child process: typst keeps the memory of every long table it ever drew."""
    done = subprocess.run(
        [sys.executable, "-m", "albergues_app.core.documents", package, template],
        input=json.dumps(data).encode(),
        capture_output=True,
        timeout=120,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    return done.stdout


if __name__ == "__main__":
    sys.stdout.buffer.write(render_typst(sys.argv[1], sys.argv[2], json.load(sys.stdin)))
