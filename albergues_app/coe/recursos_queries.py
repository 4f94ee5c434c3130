"""Read the resources of a COE: how each stands, its facts, how many there are, its sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from albergues_app.audit.models import Captura
from albergues_app.coe.hojas import campos_of, formato_of, open_sheet, options_of
from albergues_app.coe.models import Coe
from albergues_app.coe.models_sci import EstadoRecurso, RecursoPaso
from albergues_app.core import clock
from albergues_app.core.db import run
from albergues_app.core.errors import Aviso
from albergues_app.core.text import normalize

SCI_211 = "sci_211"
PAGE = 100
"""Resources on a page of the list."""
_P, _C = RecursoPaso.__table__, Captura.__table__


@dataclass(frozen=True)
class Recurso:
    """How a resource stands: its last fact, and its line of the sheet (None: destroyed with the emergency's key)."""

    id: UUID
    numero: int
    estado: str
    clase: str
    personas: int | None
    albergue_codigo: str | None
    ocurrido_en: datetime
    registrado_en: datetime
    cuenta_id: UUID | None
    fila: dict[str, Any] | None
    motivo: str | None = None

    def dice(self, name: str) -> str:
        """What its line says in a field, as it is typed again; "" when it says nothing."""
        value = (self.fila or {}).get(name)
        return "" if value is None else str(value)

    def hora(self, name: str) -> datetime | None:
        """An hour of its line."""
        value = self.dice(name)
        return datetime.fromisoformat(value) if value else None


@dataclass(frozen=True)
class Filtro:
    """What of the list is asked for; each part stands in the address."""

    estado: str = ""
    clase: str = ""
    albergue: str = ""
    q: str = ""
    pagina: int = 1

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.estado:
            found.append(_P.c.estado == self.estado)
        if self.clase:
            found.append(_P.c.clase == self.clase)
        if self.albergue:
            found.append(_P.c.albergue_codigo == self.albergue)
        return found

    def address(self, **changes: Any) -> dict[str, Any]:
        """The parts of the address with some changed; what says nothing is left out."""
        whole = {
            "estado": self.estado,
            "clase": self.clase,
            "albergue": self.albergue,
            "q": self.q,
            **changes,
        }
        return {name: value for name, value in whole.items() if value}


@dataclass
class Cuenta:
    """How many resources and persons stand in each state, counted by one statement."""

    corte: datetime
    recursos: dict[str, int] = field(default_factory=dict)
    personas: dict[str, int] = field(default_factory=dict)
    sin_personas: int = 0
    """Resources of which nobody said how many persons come."""

    @property
    def total(self) -> int:
        return sum(self.recursos.values())

    @property
    def en_el_lugar(self) -> int:
        """Resources that arrived and were not released."""
        return self.recursos.get("llego", 0) + self.recursos.get("asignado", 0)

    @property
    def personas_en_el_lugar(self) -> int:
        return self.personas.get("llego", 0) + self.personas.get("asignado", 0)


def _latest(coe: Coe) -> Select[Any]:
    """The last fact of each resource of a COE, with its sealed line."""
    last = (
        select(_P.c.recurso_id, func.max(_P.c.numero).label("numero"))
        .where(_P.c.coe_id == coe.id)
        .group_by(_P.c.recurso_id)
        .subquery()
    )
    return (
        select(_P, _C.c.respuestas)
        .join(last, (last.c.recurso_id == _P.c.recurso_id) & (last.c.numero == _P.c.numero))
        .join(_C, _C.c.id == _P.c.captura_id)
    )


def _opened(coe: Coe, row: Any) -> Recurso:
    answers = open_sheet(coe.emergencia_id, row["respuestas"])
    return Recurso(
        row["recurso_id"], row["numero"], row["estado"], row["clase"], row["personas"], row["albergue_codigo"],
        row["ocurrido_en"], row["registrado_en"], row["cuenta_id"],
        None if answers is None else answers["recursos"][0],
        None if answers is None else answers.get("_motivo"),
    )  # fmt: skip


def resources_of(coe: Coe, filtro: Filtro | None = None) -> list[Recurso]:
    """The resources that meet a filter: those on the spot first, those released last; the latest first in each state.

    Words are looked for in the opened lines: they are sealed.
    """
    filtro = filtro or Filtro()
    rows = run(_latest(coe).where(*filtro.conditions())).mappings().all()
    found = [_opened(coe, row) for row in rows]
    words = normalize(filtro.q).split()
    if words:
        found = [r for r in found if _says(r, words)]
    place = {"llego": 0, "asignado": 1, "en_camino": 2, "pedido": 3, "desmovilizado": 4}
    return sorted(found, key=lambda r: (place[r.estado], -r.ocurrido_en.timestamp(), str(r.id)))


def _says(recurso: Recurso, words: list[str]) -> bool:
    text = normalize(" ".join(str(v) for v in (recurso.fila or {}).values() if v))
    return all(word in text for word in words)


def present_of(coe: Coe) -> list[Recurso]:
    """Those that arrived and were not released."""
    return [r for r in resources_of(coe) if r.estado in {EstadoRecurso.LLEGO, EstadoRecurso.ASIGNADO}]


def name_of(recurso: Recurso) -> str:
    """What it is, in the words of who wrote it, else of its class."""
    said = recurso.dice("tipo") or recurso.dice("clase_otro")
    return said or dict(options_of(campos_of(formato_of(SCI_211), "recursos")["clase"])).get(
        recurso.clase, recurso.clase
    )


def resource_of(coe: Coe, recurso_id: UUID) -> Recurso | None:
    """One resource of this COE as it stands."""
    row = run(_latest(coe).where(_P.c.recurso_id == recurso_id)).mappings().first()
    return None if row is None else _opened(coe, row)


def facts_of(coe: Coe, recurso_id: UUID) -> list[Recurso]:
    """Every fact of a resource of this COE, the first one first."""
    stmt = (
        select(_P, _C.c.respuestas)
        .join(_C, _C.c.id == _P.c.captura_id)
        .where(_P.c.coe_id == coe.id, _P.c.recurso_id == recurso_id)
        .order_by(_P.c.numero)
    )
    return [_opened(coe, row) for row in run(stmt).mappings()]


def count_resources(coe: Coe) -> Cuenta:
    """Resources and persons by state, by one statement, with its hour."""
    last = (
        select(_P.c.recurso_id, func.max(_P.c.numero).label("numero"))
        .where(_P.c.coe_id == coe.id)
        .group_by(_P.c.recurso_id)
        .subquery()
    )
    stmt = (
        select(
            _P.c.estado,
            func.count().label("recursos"),
            func.coalesce(func.sum(_P.c.personas), 0).label("personas"),
            func.count().filter(_P.c.personas.is_(None)).label("sin_personas"),
        )
        .join(last, (last.c.recurso_id == _P.c.recurso_id) & (last.c.numero == _P.c.numero))
        .group_by(_P.c.estado)
    )
    count = Cuenta(clock.now())
    for row in run(stmt):
        count.recursos[row.estado], count.personas[row.estado] = row.recursos, int(row.personas)
        if row.estado in {"llego", "asignado"}:
            count.sin_personas += row.sin_personas
    return count


def sheet_of(coe: Coe, phones: bool) -> dict[str, Any]:
    """The answers of the SCI-211 of the whole list, in the order of arrival; ``phones``: with telephones."""
    rows = [dict(r.fila) for r in resources_of(coe) if r.fila]
    if not phones:
        for row in rows:
            row.pop("contacto_telefono", None)
    rows.sort(key=lambda row: row.get("llegada_en") or row.get("solicitado_en") or "9999")
    return {"lugar_registro": "", "recursos": rows}


def warn_of_unreleased(coe: Coe) -> list[Aviso]:
    """What to tell of resources still there when a COE is deactivated."""
    count = count_resources(coe)
    left = count.total - count.recursos.get(EstadoRecurso.DESMOVILIZADO, 0)
    if not left:
        return []
    said = (
        "Queda 1 recurso sin desmovilizar: anote la hora en que se va"
        if left == 1
        else f"Quedan {left:,} recursos sin desmovilizar: anote la hora en que se van"
    )
    return [Aviso("recursos_sin_desmovilizar", f"{said}; el COE desactivado lo admite.")]
