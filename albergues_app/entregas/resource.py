"""A delivery as the API and the pages tell it, with what hangs from many of them read once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts.models import Cuenta
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.entregas.models import EntregaEscaneo, EntregaFormatos, EntregaLinea


@dataclass(frozen=True)
class Escaneo:
    """A scan as it is told: no content, and who attached it."""

    entrega_id: UUID
    serie: int
    tipo: str
    peso: int
    huella: str
    adjuntado_en: datetime
    por: str


def lineas_of(ids: Sequence[UUID]) -> dict[UUID, list[EntregaLinea]]:
    """Lines of each delivery, in paper order."""
    found: dict[UUID, list[EntregaLinea]] = {key: [] for key in ids}
    stmt = select(EntregaLinea).where(EntregaLinea.entrega_id.in_(ids)).order_by(EntregaLinea.orden)
    for line in db.session.scalars(stmt):
        found[line.entrega_id].append(line)
    return found


def escaneos_of(ids: Sequence[UUID]) -> dict[UUID, list[Escaneo]]:
    """Scans of each delivery, the one in force first."""
    s = EntregaEscaneo
    columns = (s.entrega_id, s.serie, s.tipo, s.peso, s.huella, s.adjuntado_en)
    stmt = (
        select(*columns, func.coalesce(Cuenta.nombre, "sistema")).outerjoin(Cuenta, Cuenta.id == s.cuenta_id)
        .where(s.entrega_id.in_(ids)).order_by(s.serie.desc())
    )  # fmt: skip
    found: dict[UUID, list[Escaneo]] = {key: [] for key in ids}
    for row in db.session.execute(stmt):
        found[row.entrega_id].append(Escaneo(*row))
    return found


def bodies_of(rows: Sequence[EntregaFormatos]) -> Callable[[EntregaFormatos], dict[str, Any]]:
    """How each of these deliveries is answered, with lines and scans of all read once."""
    ids = [row.id for row in rows]
    lines, scans = lineas_of(ids), escaneos_of(ids)
    return lambda row: _body(row, lines[row.id], scans[row.id])


def body_of(row: EntregaFormatos) -> dict[str, Any]:
    """The resource, without `avisos`."""
    return bodies_of([row])(row)


def _body(row: EntregaFormatos, lines: Sequence[EntregaLinea], scans: Sequence[Escaneo]) -> dict[str, Any]:
    received = {"nombre": row.recibe_nombre, "cargo": row.recibe_cargo, "telefono": row.recibe_telefono}
    training = {"minutos": row.capacitacion_minutos, "personas": row.capacitacion_personas}
    return {
        "id": str(row.id),
        "folio": row.folio,
        "municipio": row.municipio_codigo,
        "albergue": str(row.albergue_id) if row.albergue_id else None,
        "fecha": row.fecha.isoformat(),
        "estado": row.estado,
        "entrega": row.entrega,
        "recibe": received if any(received.values()) else None,
        "lineas": [
            {
                "formato": line.formato,
                "edicion": line.edicion,
                "cantidad": line.cantidad,
                "medio": line.medio,
                "quedaban": line.quedaban,
            }
            for line in lines
        ],
        "capacitacion": training if row.capacitacion else None,
        "observaciones": row.observaciones,
        "visita": str(row.visita_id) if row.visita_id else None,
        "corrige": str(row.corrige_id) if row.corrige_id else None,
        "motivo": row.motivo,
        "confirmada_en": clock.iso(row.confirmada_en),
        "escaneos": [
            {
                "serie": s.serie,
                "tipo": s.tipo,
                "peso": s.peso,
                "huella": s.huella,
                "adjuntado_en": clock.iso(s.adjuntado_en),
            }
            for s in scans
        ],
        "registrado_en": clock.iso(row.registrado_en),
    }
