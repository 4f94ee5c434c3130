"""The one query of occupancy: every number on a page, map, export or API answer comes from ``cuadro``.

Two ways give the same answer. *Now* is read from the summary, whose cost does not grow with history.
*Any other pair of instants* is read from the intervals (``Tramo``), from the nearer end of the time line.
Both end in one figure per activation; all levels are sums of these: shelters = municipalities = departments =
country.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import case, func, or_, select, text

from albergues_app.accounts.identity import Identity
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.ocupacion import counting
from albergues_app.ocupacion.bandas import banda_on
from albergues_app.ocupacion.counting import Abierta
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.models_derivadas import Tramo
from albergues_app.territorio.catalogo import catalogo

NIVELES = ("albergue", "municipio", "departamento", "sede", "pais")


@dataclass
class Fila:
    """A figure with its scope. ``capacidad`` and ``diferencia`` are None where nothing is known: never 0."""

    codigo: str
    nombre: str
    id: UUID | None = None
    municipio: str | None = None
    albergues: int = 0
    sin_reporte: int = 0
    personas: int = 0
    fuera: int = 0
    en_transito: int = 0
    familias: int = 0
    mujeres: int = 0
    hombres: int = 0
    no_registrado: int = 0
    declaradas: int | None = None
    solo_declaradas: int = 0
    capacidad: int | None = None
    capacidad_sin_dato: int = 0
    diferencia: int | None = None
    bandas: dict[str, int] = field(default_factory=dict)
    oficiales: int = 0
    ultimo_parte: datetime | None = None
    sobre_capacidad: int = 0
    reservada: bool = False
    con_parte: int = 0
    """Persons, and declared ones without names, in shelters that are not ``sin_reporte``."""

    @property
    def cobertura(self) -> int | None:
        """Of each hundred persons in shelters, how many are where a parte came in time; None without persons.

        Never rounded up: 100 only when it is all of them.
        """
        people = self.personas - self.en_transito + self.solo_declaradas
        return 100 * self.con_parte // people if people > 0 else None

    def as_dict(self) -> dict[str, Any]:
        """The fila of contrato-api.md."""
        return {
            "codigo": self.codigo,
            "id": str(self.id) if self.id else None,
            "nombre": self.nombre,
            "albergues": self.albergues,
            "sin_reporte": self.sin_reporte,
            "personas": self.personas,
            "fuera": self.fuera,
            "en_transito": self.en_transito,
            "familias": self.familias,
            "mujeres": self.mujeres,
            "hombres": self.hombres,
            "no_registrado": self.no_registrado,
            "declaradas": self.declaradas,
            "solo_declaradas": self.solo_declaradas,
            "capacidad": self.capacidad,
            "capacidad_sin_dato": self.capacidad_sin_dato,
            "diferencia": self.diferencia,
        }


@dataclass
class Cuadro:
    """Rows of one level and their total, with the two instants they are of."""

    corte: datetime
    conocido_en: datetime
    por: str
    filas: list[Fila]
    total: Fila

    def as_dict(self) -> dict[str, Any]:
        return {
            "corte": clock.iso(self.corte),
            "conocido_en": clock.iso(self.conocido_en),
            "filas": [f.as_dict() for f in self.filas],
            "total": self.total.as_dict(),
        }


def cuadro(
    identity: Identity,
    por: str = "pais",
    corte: datetime | None = None,
    conocido_en: datetime | None = None,
    emergencia_id: UUID | None = None,
    bandas: bool = False,
) -> Cuadro:
    """Occupancy by level in the account's territory at ``corte``, as known at ``conocido_en`` (or now)."""
    return cuadros(identity, (por,), corte, conocido_en, emergencia_id, bandas)[por]


def cuadros(
    identity: Identity,
    niveles: Sequence[str],
    corte: datetime | None = None,
    conocido_en: datetime | None = None,
    emergencia_id: UUID | None = None,
    bandas: bool = False,
) -> dict[str, Cuadro]:
    """The same at several levels, each rolled up by itself from one reading."""
    now = clock.now()
    at, known = corte or now, conocido_en or now
    live = at >= now and known >= now and not counting.has_future(now)
    rows = counting.open_activations(identity, at, known, emergencia_id, live)
    if identity.from_afar:
        for row in rows:
            row.nombre = "Ubicación reservada" if row.reservada else row.nombre
    by_id = {r.id: r for r in rows}
    if live:
        families = counting.count_now(by_id, now, bandas)
    else:
        families = counting.count_at(by_id, at, None if known >= now else known, bandas)
    transit = _in_transit(identity, at, known, emergencia_id, bandas)
    counting.declared(by_id, at, known, live)
    capacities = counting.capacity_numbers(at, known, live)
    return {por: _roll_up(por, at, known, rows, families, transit, capacities) for por in niveles}


def declared_only(identity: Identity) -> dict[UUID, int]:
    """By activation open now: persons of its last parte while nobody was registered there by name."""
    now = clock.now()
    rows = counting.open_activations(identity, now, now, None, live=True)
    by_id = {r.id: r for r in rows}
    counting.count_now(by_id, now, bandas=False)
    counting.declared(by_id, now, now, live=True)
    return {counting.uuid_of(r.id): r.solo_declaradas for r in rows if r.solo_declaradas}


def _in_transit(
    identity: Identity, at: datetime, known: datetime, emergencia_id: UUID | None, bandas: bool
) -> Fila:
    """Who left a shelter and is not accepted by the other yet: in no row, but in the total with their sex."""
    fila, day = Fila("transito", "En tránsito"), clock.local_day(at)
    for sexo, nacimiento, count in counting.in_transit(identity, at, known, emergencia_id):
        fila.en_transito += count
        fila.mujeres += count if sexo == "mujer" else 0
        fila.hombres += count if sexo == "hombre" else 0
        fila.no_registrado += count if sexo == "no_registrado" else 0
        if bandas:
            banda = banda_on(nacimiento, day)
            fila.bandas[banda] = fila.bandas.get(banda, 0) + count
    return fila


def _scopes(por: str, rows: list[Abierta]) -> dict[counting.Key, str]:
    """The code of the row of that level in which each activation stands."""
    if por == "albergue":
        return {row.id: row.codigo for row in rows}
    if por == "municipio":
        return {row.id: row.municipio for row in rows}
    if por == "departamento":
        return {row.id: row.municipio[:2] for row in rows}
    if por == "sede":
        sedes = catalogo().sede_de
        return {row.id: sedes.get(row.municipio, "sin_sede") for row in rows}
    return {row.id: "GT" for row in rows}


def _empty_rows(por: str) -> dict[str, Fila]:
    if por == "departamento":
        return {c: Fila(c, d.nombre) for c, d in catalogo().departamentos.items()}
    if por == "pais":
        return {"GT": Fila("GT", "Guatemala")}
    return {}


def _name_of(por: str, codigo: str, row: Abierta) -> str:
    if por == "albergue":
        return row.nombre
    known = catalogo()
    if por == "municipio":
        return known.municipio_nombre(codigo)
    if por == "sede":
        sede = known.sedes.get(codigo)
        return sede.nombre if sede else "Sin sede"
    return codigo


def _roll_up(
    por: str,
    at: datetime,
    known: datetime,
    rows: list[Abierta],
    families: counting.Households,
    transit: Fila,
    capacities: Mapping[counting.Key, int],
) -> Cuadro:
    heard_since = at - timedelta(hours=current_app.config["PARTE_HORAS"])
    filas = _empty_rows(por)
    total = Fila("total", "Total")
    scope = _scopes(por, rows)
    works_twice = {site for site, n in Counter(row.albergue_id for row in rows).items() if n > 1}
    twice: dict[tuple[str, counting.Key], list[Abierta]] = defaultdict(list)
    for row in rows:
        codigo = scope[row.id]
        fila = filas.get(codigo)
        if fila is None:
            fila = filas[codigo] = Fila(codigo, _name_of(por, codigo, row))
        if por == "albergue":
            fila.id = counting.uuid_of(row.albergue_id)
            fila.municipio = row.municipio
            fila.reservada = row.reservada
        _add(fila, row, row.ultimo_parte is None or row.ultimo_parte < heard_since)
        if row.albergue_id in works_twice:
            twice[codigo, row.albergue_id].append(row)
        else:
            inside = row.personas + row.solo_declaradas
            _add_site(fila, row.oficial, inside, capacities.get(row.albergue_id))
    for (codigo, albergue_id), activaciones in twice.items():  # one shelter, for two emergencies
        inside = sum(a.personas + a.solo_declaradas for a in activaciones)
        _add_site(filas[codigo], activaciones[0].oficial, inside, capacities.get(albergue_id))
    _sum_up(total, filas.values())
    by_scope, total.familias = families.by_scope(scope)
    for codigo, count in by_scope.items():
        filas[codigo].familias = count
    total.en_transito = transit.en_transito
    total.personas += transit.en_transito
    total.mujeres += transit.mujeres
    total.hombres += transit.hombres
    total.no_registrado += transit.no_registrado
    for banda, count in transit.bandas.items():
        total.bandas[banda] = total.bandas.get(banda, 0) + count
    return Cuadro(at, known, por, [filas[c] for c in sorted(filas)], total)


def _add(fila: Fila, row: Abierta, late: bool) -> None:
    inside, declared = row.personas, row.solo_declaradas
    if late:
        fila.sin_reporte += 1
    else:
        fila.con_parte += inside + declared
    fila.personas += inside
    fila.fuera += row.fuera
    if row.sexos is not None:
        fila.mujeres += row.sexos.get("mujer", 0)
        fila.hombres += row.sexos.get("hombre", 0)
        fila.no_registrado += row.sexos.get("no_registrado", 0)
    if row.declaradas is not None:
        fila.declaradas = (fila.declaradas or 0) + row.declaradas
        fila.solo_declaradas += declared
    if row.bandas is not None:
        for banda, count in row.bandas.items():
            fila.bandas[banda] = fila.bandas.get(banda, 0) + count
    last = row.ultimo_parte
    if last is not None and (fila.ultimo_parte is None or last > fila.ultimo_parte):
        fila.ultimo_parte = last


def _add_site(fila: Fila, oficial: bool, inside: int, capacity: int | None) -> None:
    fila.albergues += 1
    fila.oficiales += oficial
    if capacity is None:
        fila.capacidad_sin_dato += 1
        return
    fila.capacidad = (fila.capacidad or 0) + capacity
    fila.diferencia = (fila.diferencia or 0) + capacity - inside
    fila.sobre_capacidad += inside > capacity


_SUMS = (
    "albergues", "sin_reporte", "personas", "fuera", "mujeres", "hombres", "no_registrado", "solo_declaradas",
    "capacidad_sin_dato", "oficiales", "sobre_capacidad", "con_parte",
)  # fmt: skip
_SUMS_IF_KNOWN = ("declaradas", "capacidad", "diferencia")


def _sum_up(total: Fila, filas: Collection[Fila]) -> None:
    """The total of what adds up; households do not (one that is split stands in two rows)."""
    for name in _SUMS:
        setattr(total, name, sum(map(attrgetter(name), filas)))
    for name in _SUMS_IF_KNOWN:
        known = [value for value in map(attrgetter(name), filas) if value is not None]
        setattr(total, name, sum(known) if known else None)
    for fila in filas:
        if fila.bandas:
            for banda, count in fila.bandas.items():
                total.bandas[banda] = total.bandas.get(banda, 0) + count
    total.ultimo_parte = max((f.ultimo_parte for f in filas if f.ultimo_parte is not None), default=None)


def groups_inside(activacion_id: UUID) -> dict[str, int]:
    """Persons inside now by group (embarazada, discapacidad …): counts without names."""
    from albergues_app.ocupacion.models import GRUPO_BIT

    t = Tramo.__table__
    columns = [
        func.sum(case((t.c.grupos.op("&")(bit) > 0, 1), else_=0)).label(g) for g, bit in GRUPO_BIT.items()
    ]
    row = db.session.execute(
        select(*columns).where(
            text("vigente"),
            t.c.clase == "dentro",
            t.c.activacion_id == activacion_id,
            t.c.hasta == clock.FOREVER,
        )
    ).one()
    return {grupo: int(getattr(row, grupo) or 0) for grupo in GRUPO_BIT}


def last_movements(activacion_id: UUID, limit: int = 20) -> list[Any]:
    """The newest facts of an activation, without names."""
    m = Movimiento.__table__
    stmt = (
        select(
            m.c.operacion_id,
            m.c.tipo,
            m.c.ocurrido_en,
            m.c.registrado_en,
            m.c.tardio,
            func.count().label("personas"),
        )
        .where(or_(m.c.activacion_id == activacion_id))
        .group_by(m.c.operacion_id, m.c.tipo, m.c.ocurrido_en, m.c.registrado_en, m.c.tardio)
        .order_by(m.c.registrado_en.desc())
        .limit(limit)
    )
    return list(db.session.execute(stmt))
