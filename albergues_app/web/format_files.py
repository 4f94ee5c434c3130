"""What is the same for everybody is made once: blanks, pictures and workbooks, kept in the instance's folder."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from threading import get_ident

from flask import current_app

from albergues_app.core.instance import is_training
from albergues_app.formats.catalogo import official_code
from albergues_app.formats.engine import Formato, fingerprint


def kept_file(formato: Formato, name: str, make: Callable[[], bytes]) -> tuple[bytes, str]:
    """The file of an edition and its tag; ``make`` runs only where it was not drawn by this program yet."""
    folder = Path(current_app.config["INSTANCIA"]) / "formatos"
    training = "practica-" if is_training() else ""
    number = zlib.crc32(official_code(formato.code).encode())  # printed on it, and no part of the definition
    path = folder / f"{formato.slug}-{fingerprint(formato)[:12]}-{_drawing()}-{number:08x}-{training}{name}"
    try:
        return path.read_bytes(), path.name
    except FileNotFoundError:
        content = make()
    folder.mkdir(mode=0o700, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}-{get_ident()}")
    fresh.write_bytes(content)
    fresh.replace(path)
    return content, path.name


@cache
def _drawing() -> str:
    """Changes when the program that draws and writes does, which the fingerprint of a format does not say."""
    folder = resources.files("albergues_app.formats.outputs")
    names = ("paper.py", "pdf.py", "xlsx.py", "xlsform.py", "xlsform_logic.py", "xlsform_nodes.py")
    pieces = [folder / "typst" / "formato.typ", *(folder / name for name in names)]
    return f"{zlib.crc32(b''.join(piece.read_bytes() for piece in pieces)):08x}"
