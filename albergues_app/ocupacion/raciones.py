"""How many rations the kitchen prepares for the next meal, from who is present: by age and declared special food.

No name and nothing of anybody's health. Who is out for a while is told apart; what was only declared has no ages.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text

from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.ocupacion.bandas import CODIGOS, NOMBRE, banda_on
from albergues_app.ocupacion.models import GRUPO_BIT, Grupo
from albergues_app.ocupacion.models_derivadas import Tramo
from albergues_app.ocupacion.models_parte import Parte

TIEMPOS = (("desayuno", 7), ("almuerzo", 12), ("cena", 18))
"""The meals and the local hour at which each is served; from that hour on the next one is prepared."""


@dataclass
class Raciones:
    """Counts of one shelter now, for the meal that comes next."""

    tiempo: str
    sirve: datetime
    presentes: int = 0
    fuera: int = 0
    """Out for a while: they may be back to eat."""
    dieta: int = 0
    """Of the present, those whose sheet says that they need special food."""
    edades: Counter[str] = field(default_factory=Counter)
    dieta_edades: Counter[str] = field(default_factory=Counter)
    parte: Parte | None = None

    @property
    def filas(self) -> list[tuple[str, int, int]]:
        """(age band, rations, of them special), of the bands with somebody."""
        return [(NOMBRE[c], self.edades[c], self.dieta_edades[c]) for c in CODIGOS if self.edades[c]]

    @property
    def de_mas(self) -> int:
        """Persons that the last parte declares beyond the register; 0 when it declares no more."""
        return max(0, self.parte.personas - self.presentes - self.fuera) if self.parte else 0


def next_meal(at: datetime) -> tuple[str, datetime]:
    """The meal that comes after an instant, and the hour at which it is served."""
    start = clock.day_start(clock.local_day(at))
    for tiempo, hour in TIEMPOS:
        if at < start + timedelta(hours=hour):
            return tiempo, start + timedelta(hours=hour)
    tiempo, hour = TIEMPOS[0]
    return tiempo, start + timedelta(days=1, hours=hour)


def raciones_of(activacion_id: UUID, at: datetime) -> Raciones:
    """Count who is present at an instant, from the intervals."""
    t, p, day = table_of(Tramo), table_of(Parte), clock.local_day(at)
    found = Raciones(*next_meal(at))
    stmt = select(t.c.clase, t.c.nacimiento, t.c.grupos).where(
        text("vigente"),
        t.c.activacion_id == activacion_id,
        t.c.desde <= at,
        t.c.hasta > at,
        t.c.clase.in_(("dentro", "fuera")),
    )
    special = GRUPO_BIT[Grupo.DIETA]
    for clase, nacimiento, grupos in db.session.execute(stmt):
        one = 1 if clase == "dentro" else -1  # who is out is inside too, and does not eat here
        found.fuera += clase == "fuera"
        band = banda_on(nacimiento, day)
        found.presentes += one
        found.edades[band] += one
        if grupos & special:
            found.dieta += one
            found.dieta_edades[band] += one
    found.parte = db.session.scalar(
        select(Parte)
        .where(p.c.activacion_id == activacion_id, p.c.corte <= at)
        .order_by(p.c.corte.desc(), p.c.registrado_en.desc(), p.c.id.desc())
        .limit(1)
    )
    return found
