"""How complete the register of a shelter is: of who is inside, which data nobody has given yet. Counts, no names."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select

from albergues_app.core.db import db, table_of
from albergues_app.ocupacion.models import Familia, PersonaVersion
from albergues_app.ocupacion.models_derivadas import Estancia

FALTAS: dict[str, str] = {
    "nombre": "Sin nombre (N/N)",
    "apellidos": "Sin apellidos",
    "sexo": "Sin sexo",
    "edad": "Sin edad",
    "parentesco": "Sin parentesco",
    "procedencia": "Sin lugar de procedencia",
    "documento": "Sin CUI anotado",
}
"""What may be missing, in the order of the sheet. A document that is not shown leaves nobody incomplete."""


@dataclass(frozen=True)
class Completitud:
    """Of one shelter now. ``faltan``: (what, persons), of what is missing of somebody."""

    personas: int
    completas: int
    faltan: list[tuple[str, int]]

    @property
    def porcentaje(self) -> int:
        """Whole percent, down: 100 only when nobody lacks anything."""
        return 100 * self.completas // self.personas if self.personas else 100


def completeness_of(activacion_id: UUID) -> Completitud:
    """Count over the open stays of an activation."""
    e, v, f = table_of(Estancia), table_of(PersonaVersion), table_of(Familia)
    lacks = {
        "nombre": v.c.nombres == "N/N",
        "apellidos": or_(v.c.apellidos.is_(None), v.c.apellidos == ""),
        "sexo": v.c.sexo == "no_registrado",
        "edad": v.c.nacimiento.is_(None),
        "parentesco": v.c.parentesco.is_(None),
        "procedencia": f.c.municipio_procedencia.is_(None),
        "documento": v.c.cui.is_(None),
    }
    whole = and_(*(~lacking for name, lacking in lacks.items() if name != "documento"))
    row = db.session.execute(
        select(
            func.count(),
            func.sum(case((whole, 1), else_=0)),
            *(func.sum(case((lacking, 1), else_=0)) for lacking in lacks.values()),
        )
        .select_from(e)
        .join(v, and_(v.c.persona_id == e.c.persona_id, v.c.actual.is_(True)))
        .join(f, f.c.id == e.c.familia_id)
        .where(e.c.activacion_id == activacion_id, e.c.egreso_en.is_(None))
    ).one()
    people, complete, *missing = (int(n or 0) for n in row)
    told = [(FALTAS[name], n) for name, n in zip(lacks, missing, strict=True) if n]
    return Completitud(people, complete, told)
