"""Many filled formats of one file in one transaction. The same file twice changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select

from albergues_app.capturas.intake import HOUSEHOLDS, ingreso_of, work_of
from albergues_app.capturas.models import Registro
from albergues_app.capturas.places import Lugar
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.formats.engine import Formato, Result
from albergues_app.formats.outputs.xlsx_in import FilledRecord
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.services.lote import register_ingresos


def save_batch(
    formato: Formato,
    lugar: Lugar,
    checked: Sequence[tuple[FilledRecord, Result]],
    content: bytes,
    actor: Actor,
) -> tuple[int, int]:
    """Keep every record, or none; returns how many are new and how many were there from the same file.

    :raises RuleBroken: :raises Invalid: what the register refuses; nothing is written then.
    """
    seed = uuid5(NAMESPACE_URL, f"{formato.slug}/{lugar.clave}/{hashlib.sha256(content).hexdigest()}")
    keys = [uuid5(seed, str(record.number)) for record, _result in checked]
    with unit_of_work(actor):
        known = _known(formato, keys)
        fresh = [(key, result) for key, (_r, result) in zip(keys, checked, strict=True) if key not in known]
        if formato.code in HOUSEHOLDS:
            register_ingresos([ingreso_of(formato, lugar, result, key) for key, result in fresh])
        else:
            for key, result in fresh:
                work_of(formato, lugar, result, key)()
    return len(fresh), len(known)


def _known(formato: Formato, keys: Sequence[UUID]) -> set[UUID]:
    """Keys of the file that are written already."""
    found: set[UUID] = set()
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        if formato.code in HOUSEHOLDS:
            families = {uuid5(key, "familia"): key for key in some}
            rows = db.session.scalars(select(Familia.id).where(Familia.id.in_(list(families))))
            found |= {families[row] for row in rows}
        else:
            found |= set(db.session.scalars(select(Registro.id).where(Registro.id.in_(some))))
    return found
