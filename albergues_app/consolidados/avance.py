"""Of the country at a cut-off: which departments validated theirs, which are preliminary, which are silent since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from albergues_app.accounts.models import Cuenta
from albergues_app.consolidados.body import Cuerpo
from albergues_app.consolidados.models import Consolidado
from albergues_app.consolidados.scope import Pregunta
from albergues_app.core.db import db


@dataclass(frozen=True)
class Avance:
    """One department with shelters at the cut-off.

    ``version``: its validated figures of that cut-off, None while they are preliminary. ``ultimo``: the last cut-off
    before it that the sede did validate. ``callan``: shelters without a parte in time, of ``albergues``.
    """

    codigo: str
    nombre: str
    albergues: int
    callan: int
    version: Consolidado | None
    quien: str
    ultimo: datetime | None
    ultimo_parte: str | None
    """The newest parte of any of its shelters; None: none ever sent one."""

    @property
    def calla(self) -> bool:
        """Not one of its shelters reported in time."""
        return self.callan == self.albergues


def avance_of(body: Cuerpo, question: Pregunta) -> list[Avance]:
    """Every department with shelters, the silent first, then the preliminary; as known at ``question.conocido_en``."""
    if question.ambito.nivel != "pais":
        return []
    c = Consolidado
    stmt = (
        select(c, Cuenta.nombre)
        .outerjoin(Cuenta, Cuenta.id == c.cuenta_id)
        .where(
            c.emergencia_id == question.emergencia_id,
            c.ambito.in_([g.codigo for g in body.departamentos]),
            c.corte <= question.corte,
            c.registrado_en <= question.conocido_en,
        )
        .order_by(c.corte, c.version)
    )
    current: dict[str, tuple[Consolidado, str]] = {}
    before: dict[str, datetime] = {}
    for row, nombre in db.session.execute(stmt):
        if row.corte == question.corte:
            current[row.ambito] = row, nombre or "sistema"
        else:
            before[row.ambito] = row.corte
    last: dict[str, str] = {}
    for line in body.lineas:
        place = line.municipio[:2]
        last[place] = max(last.get(place, ""), line.corte_dato or "")
    found = []
    for g in body.departamentos:
        version, quien = current.get(g.codigo, (None, ""))
        found.append(
            Avance(
                g.codigo, g.nombre, g.albergues, g.sin_reporte, version, quien, before.get(g.codigo),
                last.get(g.codigo) or None,
            )
        )  # fmt: skip
    found.sort(key=lambda a: (a.version is not None, not a.calla, a.codigo))
    return found
