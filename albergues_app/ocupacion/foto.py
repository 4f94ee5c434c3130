"""Who the register holds inside one shelter at an hour, counted without names: what a parte is proposed from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.ocupacion.bandas import banda_on
from albergues_app.ocupacion.models import GRUPO_BIT
from albergues_app.ocupacion.models_derivadas import Tramo


@dataclass
class Foto:
    """Counts of one instant, as we hold it now. Who is out for a while is in ``personas`` and in ``fuera``."""

    personas: int = 0
    familias: int = 0
    fuera: int = 0
    sexos: Counter[str] = field(default_factory=Counter)
    bandas: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (sexo, banda)."""
    grupos: Counter[str] = field(default_factory=Counter)


def foto(activacion_id: UUID, at: datetime) -> Foto:
    """Count the intervals of one activation at an instant."""
    t, day, found = table_of(Tramo), clock.local_day(at), Foto()
    stmt = select(t.c.clase, t.c.sexo, t.c.nacimiento, t.c.grupos, t.c.familia_id).where(
        text("vigente"),
        t.c.activacion_id == activacion_id,
        t.c.desde <= at,
        t.c.hasta > at,
        t.c.clase.in_(("dentro", "fuera")),
    )
    families = set()
    for clase, sexo, nacimiento, grupos, familia in db.session.execute(stmt):
        if clase == "fuera":
            found.fuera += 1
            continue
        found.personas += 1
        families.add(familia)
        found.sexos[sexo] += 1
        found.bandas[sexo, banda_on(nacimiento, day)] += 1
        found.grupos.update(name for name, bit in GRUPO_BIT.items() if grupos & bit)
    found.familias = len(families)
    return found
