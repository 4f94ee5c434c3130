"""Five witnesses of the same night: declared, nominal, physical count, rations served, beds slept (F47).

They are never mixed nor corrected one by another. Each is held against the register **at its own hour**, so that who
came in after the count is no difference, and a late paper entry heals one. Where nobody is registered by name yet,
they are held against what was declared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.albergues.states import OPEN
from albergues_app.core import clock
from albergues_app.core.db import UTCDateTime, db, run, table_of
from albergues_app.ocupacion.flujo import inside_at_partes, inside_by
from albergues_app.ocupacion.models_derivadas import Tramo
from albergues_app.ocupacion.models_parte import Descuadre, Parte
from albergues_app.territorio.catalogo import catalogo

NOMBRES = {
    "declaradas": "Declaradas en el parte",
    "nominal": "Con nombre en el registro",
    "fisico": "Contadas una por una",
    "raciones": "Raciones servidas",
    "camas": "Durmieron aquí",
}
NIGHT = timedelta(hours=24)
"""Witnesses of one night: those of the 24 hours before the last parte. An older one is shown, and compared no more."""


@dataclass(frozen=True)
class Testigo:
    """What one witness says. ``frente`` is what it is held against at its hour; None: with nothing."""

    codigo: str
    valor: int | None
    hora: datetime | None
    frente: int | None = None

    @property
    def nombre(self) -> str:
        return NOMBRES[self.codigo]

    @property
    def diferencia(self) -> int | None:
        return None if self.valor is None or self.frente is None else self.valor - self.frente


@dataclass(frozen=True)
class Testigos:
    """The witnesses of one shelter, always the five in the same order; who says nothing says None."""

    activacion_id: UUID
    lista: list[Testigo]
    nominal: bool
    """Somebody is or was registered by name: the register is the measure. Else what was declared is."""

    @property
    def mayor(self) -> Testigo | None:
        """The one that is farthest off; None when all agree or there is nothing to compare."""
        off = [t for t in self.lista if t.diferencia]
        return max(off, key=lambda t: abs(t.diferencia or 0)) if off else None

    @property
    def diferencia(self) -> int:
        """The largest difference, signed; 0 when they agree."""
        return (self.mayor.diferencia or 0) if self.mayor else 0

    @property
    def dicen(self) -> int:
        """How many witnesses say something."""
        return sum(t.valor is not None for t in self.lista)


def testigos_of(activacion_id: UUID, before: datetime | None = None) -> Testigos:
    """The witnesses of one activation, at ``before`` or now."""
    return testigos([activacion_id], before)[activacion_id]


def testigos(activaciones: Sequence[UUID], before: datetime | None = None) -> dict[UUID, Testigos]:
    """The witnesses of many, in a constant number of queries; their cost is what moved since the last partes."""
    now = before or clock.now()
    said = _said(activaciones, now)
    registered = inside_by(activaciones)
    silent = [a for a in activaciones if not registered[a]]
    nominal = set(activaciones) - set(silent) | _ever_named(silent)
    partes = {p.id: p.activacion_id for own in said.values() for p, _n in own.values()}
    at_cut = inside_at_partes({k: a for k, a in partes.items() if a in nominal}, registered)
    found = {}
    for activacion in activaciones:
        own = said.get(activacion, {})
        declared = own.get("declaradas")
        rows = []
        for codigo in NOMBRES:
            if codigo == "nominal":
                rows.append(Testigo(codigo, registered[activacion] if activacion in nominal else None, now))
            elif codigo not in own:
                rows.append(Testigo(codigo, None, None))
            else:
                parte, value = own[codigo]
                against = None
                if declared is not None and declared[0].corte - parte.corte <= NIGHT:
                    against = at_cut[parte.id] if activacion in nominal else declared[1]
                rows.append(Testigo(codigo, value, parte.corte, against))
        found[activacion] = Testigos(activacion, rows, activacion in nominal)
    return found


_P, _Q, _A, _D, _T = (
    table_of(Parte), table_of(Parte).alias("q"), table_of(Activacion), table_of(Descuadre), table_of(Tramo)
)  # fmt: skip
_NOW = bindparam("now", type_=UTCDateTime())
_IDS: Any = bindparam("ids", expanding=True)
_SAYS = (
    _P.c.id, _P.c.activacion_id, _P.c.corte, _P.c.registrado_en, _P.c.fuente, _P.c.personas, _P.c.conteo_fisico,
    _P.c.pernoctaron, _P.c.raciones,
)  # fmt: skip
_RECENT = select(*_SAYS).where(
    _P.c.activacion_id.in_(_IDS), _P.c.corte > bindparam("since", type_=UTCDateTime()), _P.c.corte <= _NOW
)
_NEWEST = (
    select(*_SAYS)
    .join_from(
        _A,
        _P,
        _P.c.id
        == select(_Q.c.id)
        .where(_Q.c.activacion_id == _A.c.id, _Q.c.corte <= _NOW)
        .order_by(_Q.c.corte.desc(), _Q.c.registrado_en.desc(), _Q.c.id.desc())
        .limit(1)
        .scalar_subquery(),
    )
    .where(_A.c.id.in_(_IDS))
)
_NAMED = (
    select(_T.c.activacion_id)
    .where(_T.c.activacion_id.in_(_IDS), _T.c.vigente, _T.c.clase == "dentro")
    .distinct()
)
_HELD = (
    select(_D, table_of(Cuenta).c.nombre.label("quien"))
    .outerjoin(table_of(Cuenta), table_of(Cuenta).c.id == _D.c.tomado_por)
    .where(_D.c.activacion_id.in_(_IDS))
    .order_by(_D.c.desde, _D.c.registrado_en)
)


def _said(activaciones: Sequence[UUID], now: datetime) -> dict[UUID, dict[str, tuple[Any, int]]]:
    """By activation and witness: the newest parte that says it, and the number."""
    given = {"ids": list(activaciones), "now": now, "since": now - 3 * NIGHT}
    rows = list(run(_RECENT, given))
    older = set(activaciones) - {row.activacion_id for row in rows}
    if older:
        rows += run(_NEWEST, {"ids": list(older), "now": now})
    found: dict[UUID, dict[str, tuple[Any, int]]] = {}
    for row in sorted(rows, key=lambda r: (r.corte, r.registrado_en, r.id)):
        own = found.setdefault(row.activacion_id, {})
        counted = row.personas if row.fuente == "conteo_fisico" else None
        for codigo, value in (
            ("declaradas", row.personas),
            ("fisico", counted if row.conteo_fisico is None else row.conteo_fisico),
            ("raciones", row.raciones),
            ("camas", row.pernoctaron),
        ):
            if value is not None:
                own[codigo] = (row, value)
    return found


def _ever_named(activaciones: Sequence[UUID]) -> set[UUID]:
    return set(run(_NAMED, {"ids": list(activaciones)}).scalars()) if activaciones else set()


@dataclass(frozen=True)
class EnDescuadre:
    """A shelter whose witnesses do not agree, since when, and who is on it."""

    activacion_id: UUID
    codigo: str
    nombre: str
    municipio: str
    testigos: Testigos
    desde: datetime
    quien: str | None
    tomado_en: datetime | None
    nota: str | None

    @property
    def sede(self) -> str:
        sede = catalogo().sedes.get(catalogo().sede_de.get(self.municipio, ""))
        return sede.nombre if sede else "Sin sede"


def open_differences(
    identity: Identity, departamento: str = "", permiso: Permiso = Permiso.PARTE_VER
) -> tuple[list[EnDescuadre], int]:
    """Open shelters of the territory that do not add up, the largest and oldest first; and how many were looked at."""
    a, s = table_of(Activacion), table_of(Albergue)
    stmt = (
        select(a.c.id, s.c.codigo, s.c.nombre, s.c.municipio_codigo, s.c.ubicacion_reservada)
        .join_from(a, s, s.c.id == a.c.albergue_id)
        .where(a.c.estado.in_(OPEN))
    )
    rows = [
        row
        for row in db.session.execute(visible(stmt, identity, permiso, Activacion))
        if row.municipio_codigo.startswith(departamento)
        and not (row.ubicacion_reservada and identity.from_afar)
    ]
    seen = testigos([row.id for row in rows])
    held = descuadres_of([row.id for row in rows])
    found = []
    for row in rows:
        witnesses = seen[row.id]
        if witnesses.mayor is None or is_explained(witnesses, held.get(row.id)):
            continue
        one = held.get(row.id)
        mine = one if one is not None and one.cerrado_en is None else None
        found.append(
            EnDescuadre(
                row.id, row.codigo, row.nombre, row.municipio_codigo, witnesses,
                mine.desde if mine else witnesses.mayor.hora or clock.now(), mine.quien if mine else None,
                mine.tomado_en if mine else None, mine.nota if mine else None,
            )
        )  # fmt: skip
    return sorted(found, key=lambda d: (-abs(d.testigos.diferencia), d.desde, d.codigo)), len(rows)


def descuadres_of(activaciones: Sequence[UUID]) -> dict[UUID, Any]:
    """The newest difference kept of each activation, with the name of who took it (``quien``)."""
    return {row.activacion_id: row for row in run(_HELD, {"ids": list(activaciones)})}


def is_explained(witnesses: Testigos, held: Any) -> bool:
    """Was this very difference explained? Another one is new."""
    return held is not None and held.explicada is not None and held.explicada == witnesses.diferencia
