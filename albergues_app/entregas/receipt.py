"""The receipt of a delivery: what was given, in which edition, and where both sides sign."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from albergues_app.albergues.models import Albergue
from albergues_app.audit.listener import canonical
from albergues_app.core.db import db
from albergues_app.core.documents import render_typst
from albergues_app.core.instance import is_training
from albergues_app.entregas.models import MEDIO_NOMBRE, EntregaFormatos, EntregaLinea
from albergues_app.entregas.queries import edicion_texto
from albergues_app.formats import catalogo as formatos
from albergues_app.territorio.catalogo import catalogo


def lay_out(row: EntregaFormatos, lines: Sequence[EntregaLinea]) -> dict[str, Any]:
    """What the template draws: plain values, text of people as text."""
    titles = {f.code: f.title for f in formatos.all()}
    known = catalogo()
    site = db.session.get(Albergue, row.albergue_id) if row.albergue_id else None
    phone = f"{row.recibe_telefono[:4]} {row.recibe_telefono[4:]}" if row.recibe_telefono else ""
    page: dict[str, Any] = {
        "folio": row.folio,
        "lugar": f"{known.municipio_nombre(row.municipio_codigo)}, {known.departamento_nombre(row.municipio_codigo)}",
        "para": f"{site.nombre} ({site.codigo})" if site else "Municipalidad",
        "fecha": f"{row.fecha:%d/%m/%Y}",
        "entrega": row.entrega,
        "recibe": row.recibe_nombre or "",
        "cargo": row.recibe_cargo or "",
        "telefono": phone,
        "capacitacion": _training(row),
        "observaciones": row.observaciones or "",
        "filas": [
            [
                titles.get(line.formato, line.formato),
                edicion_texto(line.edicion),
                f"{line.cantidad:,}",
                MEDIO_NOMBRE[line.medio],
            ]
            for line in lines
        ],
        "impresos": f"{sum(line.cantidad for line in lines if line.medio == 'impreso'):,}",
        "anulada": not row.vigente,
        "motivo": row.motivo or "",
    }
    huella = hashlib.sha256(canonical(page).encode()).hexdigest()
    return {**page, "huella": huella, "capacitacion_marca": is_training()}


def _training(row: EntregaFormatos) -> str:
    if not row.capacitacion:
        return "No"
    parts = ["Sí"]
    if row.capacitacion_minutos is not None:
        parts.append(f"{row.capacitacion_minutos:,} minutos")
    if row.capacitacion_personas is not None:
        parts.append(
            "1 persona" if row.capacitacion_personas == 1 else f"{row.capacitacion_personas:,} personas"
        )
    return " · ".join(parts)


def render(row: EntregaFormatos, lines: Sequence[EntregaLinea]) -> bytes:
    """The PDF, carta."""
    return render_typst("albergues_app.entregas", "constancia.typ", lay_out(row, lines))
