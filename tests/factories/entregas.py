"""Deliveries of formats with sensible defaults: ``make_entrega("1413", ("boleta_ingreso", 1, 50))``."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.entregas.models import EntregaFormatos
from albergues_app.entregas.services import EntregaNueva, LineaNueva, register_entrega
from albergues_app.formats import catalogo as formatos
from tests.factories.cuentas import SISTEMA

DAY = date(2026, 11, 2)


def make_entrega(
    municipio: str = "1413", *lineas: tuple[str, int, int] | LineaNueva, **changes: Any
) -> EntregaFormatos:
    """A delivery; lines as (format, edition, printed copies)."""
    given = lineas or (("boleta_ingreso", 1, 50),)
    lines = [x if isinstance(x, LineaNueva) else LineaNueva(*x, "impreso") for x in given]
    data = {
        "id": uuid7(),
        "fecha": DAY,
        "entrega": "Técnica de la sede",
        "recibe_nombre": "Ana Cobo",
        **changes,
    }
    with unit_of_work(SISTEMA):
        return register_entrega(EntregaNueva(municipio=municipio, lineas=lines, **data))[0]


def publish_edition(monkeypatch: pytest.MonkeyPatch, code: str, version: int, valid_from: date) -> None:
    """From here on the catalogue has another edition of a format."""
    newer = replace(formatos.latest(code), version=version, valid_from=valid_from)
    known = (*formatos.editions(), newer)
    ordered = tuple(sorted(known, key=lambda f: (f.order, f.code, f.version)))
    monkeypatch.setattr(formatos, "editions", lambda: ordered)
