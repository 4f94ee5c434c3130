"""The form that notes a signed paper, read: the same for every filled format."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from albergues_app.core import scans
from albergues_app.core.errors import Invalid
from albergues_app.core.typed import Typed
from albergues_app.formats.engine import Formato
from albergues_app.pliegos.firmas import FOLIO_LENGTH, NAME_LENGTH, Firmante, FirmaNueva, check_firma


def sent_scan() -> bytes:
    """The file of the form, no longer than what is refused as too long."""
    file = request.files.get("escaneo")
    return file.read(scans.limit_bytes() + 1) if file else b""


def read_firma(typed: Typed, formato: Formato, content: bytes, reservado: bool) -> FirmaNueva:
    """What the form says; its faults stay in ``typed``."""
    typed.raw["huella"] = [scans.fingerprint(content)]  # the same form with another file is another write
    datos = FirmaNueva(
        content,
        typed.text("folio", limit=FOLIO_LENGTH),
        typed.instant("firmada_en"),
        [
            Firmante(linea, typed.text(f"firmante-{n}", limit=NAME_LENGTH))
            for n, linea in enumerate(formato.signatures)
        ],
        reservado,
    )
    try:
        check_firma(formato, datos)
    except Invalid as refused:
        typed.errores += [
            replace(e, campo="firmante-0") if e.campo == "firmantes" else e for e in refused.errores
        ]
    return datos
