"""The tray «por resolver»: rows of lists whose municipality nobody knows yet. Nothing of them is lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from albergues_app.albergues.models import PorResolver
from albergues_app.audit.listener import bulk_insert
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.interchange.site_list import Destino, FilaSitio, ReporteLeido


def fingerprint(content: str) -> str:
    """64 hex digits of a text."""
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()


def write(archivo: str, filas: Sequence[FilaSitio]) -> int:
    """Put rows into the tray, inside the caller's unit of work; those that lie there already stay."""
    p = PorResolver.__table__.c
    rows = {f.huella: _row(archivo, f) for f in filas}
    prints = list(rows)
    known: set[str] = set()
    for start in range(0, len(prints), 500):
        known.update(db.session.scalars(select(p.huella).where(p.huella.in_(prints[start : start + 500]))))
    fresh = [row for print_, row in rows.items() if print_ not in known]
    bulk_insert(db.session(), PorResolver, fresh)
    return len(fresh)


def _row(archivo: str, fila: FilaSitio) -> dict[str, Any]:
    datos = {
        "original": fila.original,
        "valores": fila.valores,
        "reporte": vars(fila.reporte),
        "candidatos": fila.candidatos,
        "avisos": [a.mensaje for a in fila.avisos],
    }
    return {
        "id": uuid7(),
        "departamento_codigo": fila.departamento,
        "archivo": archivo,
        "fila": fila.numero,
        "nombre": fila.nombre,
        "motivo": fila.motivo,
        "datos": json.dumps(datos, ensure_ascii=False, default=str),
        "huella": fila.huella,
        "registrado_en": clock.now(),
        "resuelta_en": None,
        "albergue_id": None,
    }


def read(row: PorResolver) -> FilaSitio:
    """A row of the tray as it was read from its file."""
    datos = json.loads(row.datos)
    valores, reporte = datos["valores"], datos["reporte"]
    for values, name in ((valores, "capacidad_fecha"), (reporte, "fecha")):
        values[name] = date.fromisoformat(values[name]) if values.get(name) else None
    return FilaSitio(
        row.fila,
        row.nombre,
        None,
        row.departamento_codigo,
        valores,
        ReporteLeido(**reporte),
        datos["original"],
        row.motivo,
        tuple(datos["candidatos"]),
        huella=row.huella,
        destino=Destino.POR_RESOLVER,
    )
