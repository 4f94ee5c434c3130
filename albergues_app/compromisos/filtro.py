"""What of the list is asked for. Each part stands in the address, so that a filtered list can be sent and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.compromisos import queries
from albergues_app.compromisos.models import ORIGEN_NOMBRE, PRIORIDAD_NOMBRE, Compromiso
from albergues_app.compromisos.queries import (
    ESCALA_NOMBRE,
    LIVE,
    TO_VERIFY,
    Fila,
    escalation_steps,
    warn_days,
)
from albergues_app.compromisos.semaforo import SEMAFORO_NOMBRE
from albergues_app.core.db import run, table_of
from albergues_app.core.text import clean, normalize, whole_number
from albergues_app.territorio.catalogo import catalogo

PAGE = 50
SEARCHED = 5000
"""Texts are sealed: a word is looked for in so many, opened one by one (10,000 take some tenths of a second)."""
ESTADOS: dict[str, str] = {"abiertos": "Por hacer", "por_verificar": "Por verificar", "cerrados": "Cerrados"}
QUIEN: dict[str, str] = {"mios": "A mi cargo", "anotados": "Los que anoté"}
SIN_INSTITUCION = "-"
_C = table_of(Compromiso).c


@dataclass(frozen=True)
class Filtro:
    """Empty parts ask for nothing."""

    estado: str = "abiertos"
    luz: str = ""
    quien: str = ""
    prioridad: str = ""
    origen: str = ""
    departamento: str = ""
    municipio: str = ""
    sede: str = ""
    institucion: str = ""
    emergencia: str = ""
    coe: str = ""
    escala: str = ""
    q: str = ""
    pagina: int = 1

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Filtro:
        """Out of an address; what is not in its list is not asked for."""

        def one(name: str, options: Mapping[str, Any], default: str = "") -> str:
            value = args.get(name, "")
            return value if value in options else default

        known = catalogo()
        return cls(
            estado=one("estado", ESTADOS, "abiertos"),
            luz=one("luz", SEMAFORO_NOMBRE),
            quien=one("quien", QUIEN),
            prioridad=one("prioridad", PRIORIDAD_NOMBRE),
            origen=one("origen", ORIGEN_NOMBRE),
            departamento=one("departamento", known.departamentos),
            municipio=one("municipio", known.municipios),
            sede=one("sede", known.sedes),
            institucion=_institution(args.get("institucion", "")),
            emergencia=_uuid_text(args.get("emergencia", "")),
            coe=_uuid_text(args.get("coe", "")),
            escala=one("escala", ESCALA_NOMBRE),
            q=clean(args.get("q", ""))[:120],
            pagina=max(1, min(whole_number(args.get("pagina", "")) or 1, 10_000)),
        )

    def args(self, **changes: Any) -> dict[str, Any]:
        """The parts of the address with some changed; what says nothing is left out, and the page begins anew."""
        whole = {name: getattr(self, name) for name in self.__dataclass_fields__} | {"pagina": 1} | changes
        return {
            name: value
            for name, value in whole.items()
            if value and (name, value) not in {("estado", "abiertos"), ("pagina", 1)}
        }

    @property
    def narrows(self) -> bool:
        """Does it ask for less than all that is to do?"""
        return any(name not in {"estado", "quien"} for name in self.args())

    def where(self, cuenta: Identity, now: datetime) -> list[ColumnElement[bool]]:
        """Its conditions, but for the state and the light."""
        found: list[ColumnElement[bool]] = []
        for column, value in (
            (_C.prioridad, self.prioridad), (_C.origen_clase, self.origen),
            (_C.departamento_codigo, self.departamento), (_C.municipio_codigo, self.municipio),
        ):  # fmt: skip
            if value:
                found.append(column == value)
        for column, raw in ((_C.emergencia_id, self.emergencia), (_C.coe_id, self.coe)):
            if raw:
                found.append(column == UUID(raw))
        if self.quien:
            found.append((_C.cuenta_id if self.quien == "mios" else _C.creado_por) == cuenta.id)
        if self.sede:
            found.append(_of_sede(self.sede))
        if self.institucion == SIN_INSTITUCION:
            found.append(_C.institucion_normal.is_(None))
        elif self.institucion:
            found.append(_C.institucion_normal == self.institucion)
        if self.escala:
            days = dict(escalation_steps())[self.escala]
            found.append(and_(LIVE, _C.vence_en <= now - timedelta(days=days)))
        return found

    def light(self, now: datetime) -> list[ColumnElement[bool]]:
        """What the light says, of what is to do."""
        soon = now + timedelta(days=warn_days())
        return {
            "rojo": [_C.vence_en <= now],
            "ambar": [_C.vence_en > now, _C.vence_en <= soon],
            "verde": [_C.vence_en > soon],
        }.get(self.luz, [])


def _of_sede(codigo: str) -> ColumnElement[bool]:
    """Of the municipalities that it serves, or of the department itself where it works."""
    sede = catalogo().sedes[codigo]
    departamentos = {m[:2] for m in sede.municipios}
    if not departamentos:
        return false()
    return and_(
        _C.departamento_codigo.in_(sorted(departamentos)),
        or_(_C.municipio_codigo.in_(sorted(sede.municipios)), _C.municipio_codigo.is_(None)),
    )


def _institution(raw: str) -> str:
    return SIN_INSTITUCION if raw == SIN_INSTITUCION else normalize(raw)[:160]


def _uuid_text(raw: str) -> str:
    try:
        return str(UUID(raw))
    except ValueError:
        return ""


@dataclass(frozen=True)
class Lista:
    """One page of the list."""

    filas: list[Fila]
    hay_mas: bool


def list_compromisos(cuenta: Identity, filtro: Filtro, now: datetime, limit: int = PAGE) -> Lista:
    """What the account sees of what the filter asks: by date what is alive, the newest first what is closed."""
    stmt = select(table_of(Compromiso)).where(*filtro.where(cuenta, now))
    stmt = visible(stmt, cuenta, Permiso.COMPROMISO_VER, Compromiso)
    if filtro.estado == "cerrados":
        stmt = stmt.where(~_C.vivo).order_by(_C.vence_en.desc(), _C.id)
    elif filtro.estado == "por_verificar":
        stmt = stmt.where(TO_VERIFY).order_by(_C.cumplido_en, _C.id)
    else:
        stmt = stmt.where(LIVE, *filtro.light(now)).order_by(_C.vence_en, _C.id)
    first = (filtro.pagina - 1) * limit
    if not filtro.q:
        found = queries.rows(stmt.limit(limit + 1).offset(first), now)
        return Lista(found[:limit], len(found) > limit)
    words = normalize(filtro.q).split()
    matching = [f for f in queries.rows(stmt.limit(SEARCHED), now) if _says(f, words)]
    return Lista(matching[first : first + limit], len(matching) > first + limit)


def _says(fila: Fila, words: list[str]) -> bool:
    text = normalize(f"{fila.folio} {fila.descripcion} {fila.quien} {fila.origen_folio or ''}")
    return all(word in text for word in words)


@dataclass(frozen=True)
class Cuentas:
    """How many of what is alive stand under each light, and wait to be verified."""

    rojo: int = 0
    ambar: int = 0
    verde: int = 0
    por_verificar: int = 0

    @property
    def por_hacer(self) -> int:
        return self.rojo + self.ambar + self.verde


def _figures(now: datetime) -> list[Any]:
    soon = now + timedelta(days=warn_days())
    return [
        func.count().filter(LIVE, _C.vence_en <= now),
        func.count().filter(LIVE, _C.vence_en > now, _C.vence_en <= soon),
        func.count().filter(LIVE, _C.vence_en > soon),
        func.count().filter(TO_VERIFY),
    ]


def count_alive(cuenta: Identity, filtro: Filtro, now: datetime) -> Cuentas:
    """The figures above the list, by one statement over what is alive (its words are not looked for)."""
    stmt = select(*_figures(now)).select_from(table_of(Compromiso)).where(_C.vivo, *filtro.where(cuenta, now))
    return Cuentas(*run(visible(stmt, cuenta, Permiso.COMPROMISO_VER, Compromiso)).one())


def institutions(cuenta: Identity) -> list[tuple[str, str]]:
    """Those that have something alive, as options: (as the filter writes it, as people wrote it)."""
    name = func.max(_C.institucion)
    stmt = select(_C.institucion_normal, name).where(_C.vivo, _C.institucion_normal.is_not(None))
    stmt = visible(stmt, cuenta, Permiso.COMPROMISO_VER, Compromiso).group_by(_C.institucion_normal)
    return [(key, text) for key, text in run(stmt.order_by(name).limit(500))]


POR: dict[str, str] = {
    "sede": "Sede",
    "departamento": "Departamento",
    "municipio": "Municipio",
    "institucion": "Institución",
    "emergencia": "Emergencia",
}


@dataclass(frozen=True)
class Grupo:
    """One row of the summary; ``filtro`` opens the list of what it counts."""

    nombre: str
    cuentas: Cuentas
    filtro: dict[str, str]


def summary(
    cuenta: Identity, filtro: Filtro, por: str, now: datetime, names: Mapping[UUID, str]
) -> list[Grupo]:
    """What is alive by sede, department, municipality, institution or emergency: one statement, the worst first.

    :param names: of the emergencies.
    """
    column: Any = {
        "departamento": _C.departamento_codigo,
        "institucion": _C.institucion_normal,
        "emergencia": _C.emergencia_id,
    }.get(por, _C.municipio_codigo)
    more = [func.max(_C.institucion)] if por == "institucion" else [_C.departamento_codigo]
    keys = [column] if por == "institucion" else [column, _C.departamento_codigo]
    stmt = select(column, *more, *_figures(now)).where(_C.vivo, *filtro.where(cuenta, now)).group_by(*keys)
    totals: dict[tuple[str, str, str], list[int]] = {}
    for key, other, *figures in run(visible(stmt, cuenta, Permiso.COMPROMISO_VER, Compromiso)):
        name = _group(por, key, other, names)
        sums = totals.setdefault(name, [0, 0, 0, 0])
        for n, figure in enumerate(figures):
            sums[n] += figure
    groups = [
        Grupo(nombre, Cuentas(*sums), {part: value} if part else {})
        for (nombre, part, value), sums in totals.items()
    ]
    return sorted(groups, key=lambda g: (-g.cuentas.rojo, -g.cuentas.por_hacer, g.nombre))


def _group(por: str, key: Any, other: str | None, names: Mapping[UUID, str]) -> tuple[str, str, str]:
    """(name, part of the filter, its value) of a group."""
    known = catalogo()
    if por == "institucion":
        return (other or "", por, key) if key else ("Sin institución anotada", por, SIN_INSTITUCION)
    if por == "emergencia":
        return (names.get(key, "Otra emergencia"), por, str(key)) if key else ("Fuera de emergencia", "", "")
    if por == "sede" and key and key in known.sede_de:
        codigo = known.sede_de[key]
        return known.sedes[codigo].nombre, por, codigo
    if por == "municipio" and key:
        return known.lugar_texto(key), por, key
    if other:
        name = known.departamento_nombre(other)
        return (name if por == "departamento" else f"Departamento de {name}"), "departamento", other
    return "Todo el país", "", ""
