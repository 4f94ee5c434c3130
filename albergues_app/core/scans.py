"""A scan or photograph of a signed paper, or of a field of a format: its limit, what it is, and its SHA-256."""

from __future__ import annotations

import hashlib

from flask import current_app

from albergues_app.core import images
from albergues_app.core.errors import Aviso, Invalid

TIPOS = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}
ENDINGS = {"pdf": "pdf", "jpeg": "jpg", "png": "png"}


def limit_bytes() -> int:
    """The largest scan that is taken."""
    return int(current_app.config["ESCANEO_MB"]) * 1024 * 1024


def recognise(content: bytes, papel: str = "del acta firmada") -> str:
    """What a file is by its bytes, whole to its end; its name and what the browser says of it count for nothing.

    ``papel`` says of what paper, for the sentences («del acta firmada»).

    :raises Invalid: empty, too large, of another kind, or cut.
    """
    if not content:
        raise _refused("falta_escaneo", f"Elija el escaneo o la fotografía {papel}.")
    if len(content) > limit_bytes():
        size = current_app.config["ESCANEO_MB"]
        raise _refused("escaneo_grande", f"El archivo pasa de {size} MB. Escanéelo con menos resolución.")
    tipo = images.kind_of(content)
    if tipo == "heic":
        raise _refused("escaneo_heic", images.HEIC)
    if tipo not in TIPOS:
        raise _refused(
            "escaneo_de_otra_clase",
            "El archivo no es PDF, JPEG ni PNG. Guarde el escaneo como PDF, o tome la fotografía en JPEG.",
        )
    if not images.is_whole(content, tipo):
        raise _refused("escaneo_cortado", "El archivo está cortado o dañado. Vuelva a escanear la hoja.")
    return tipo


def _refused(codigo: str, mensaje: str) -> Invalid:
    return Invalid([Aviso(codigo, mensaje, "escaneo")])


def fingerprint(content: bytes) -> str:
    """SHA-256 of the file as it was given: anybody who holds it can compare."""
    return hashlib.sha256(content).hexdigest()
