"""The one query of occupancy: every number on a page, map, export or API answer comes from ``cuadro``.

Two ways give the same answer. *Now* is read from the summary, whose cost does not grow with history.
*Any other pair of instants* is read from the intervals (``Tramo``), from the nearer end of the time line.
Both end in one figure per activation, and all levels are sums of these: shelters = municipalities = departments = country.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import Select, and_, case, func, or_, select, text

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion, ActivacionTransicion, Albergue, AlbergueVersion
from albergues_app.albergues.queries import capacidades_at, versiones_at
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.ocupacion.bandas import banda_on
from albergues_app.ocupacion.models import Movimiento, Parte, Resumen, ResumenFamilia, Tramo
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


@dataclass
class _Abierta:
    """An activation that was open at the cut, with what was counted in it."""

    id: UUID
    albergue_id: UUID
    codigo: str
    nombre: str
    municipio: str
    oficial: bool
    reservada: bool
    sexos: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    bandas: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    fuera: int = 0
    declaradas: int | None = None
    ultimo_parte: datetime | None = None
    nominal: bool = False

    @property
    def personas(self) -> int:
        return sum(self.sexos.values())

    @property
    def solo_declaradas(self) -> int:
        return 0 if self.nominal or self.declaradas is None else self.declaradas


def cuadro(
    identity: Identity,
    por: str = "pais",
    corte: datetime | None = None,
    conocido_en: datetime | None = None,
    emergencia_id: UUID | None = None,
    bandas: bool = False,
) -> Cuadro:
    """Occupancy by level, within the account's territory, at ``corte`` as known at ``conocido_en`` (default: now)."""
    now = clock.now()
    at, known = corte or now, conocido_en or now
    live = at >= now and known >= now and not _has_future(now)
    rows = _open_activations(identity, at, known, emergencia_id, live)
    if identity.from_afar:
        for row in rows:
            row.nombre = "Ubicación reservada" if row.reservada else row.nombre
    by_id = {r.id: r for r in rows}
    if live:
        _count_now(by_id, now, bandas)
        families = _families_now(by_id)
    else:
        families = _count_at(by_id, at, known, bandas)
    transit = _in_transit(identity, at, known, emergencia_id, bandas)
    _declared(by_id, at, known, live)
    capacities = capacidades_at(at, known, {r.albergue_id for r in rows} if len(rows) < 500 else None)
    return _roll_up(por, at, known, rows, families, transit, {k: v.personas for k, v in capacities.items()})


def _open_activations(
    identity: Identity, at: datetime, known: datetime, emergencia_id: UUID | None, live: bool
) -> list[_Abierta]:
    a, s = Activacion.__table__, Albergue.__table__
    stmt: Select[Any] = select(
        a.c.id,
        a.c.albergue_id,
        s.c.codigo,
        s.c.nombre,
        s.c.municipio_codigo,
        s.c.oficial,
        s.c.ubicacion_reservada,
    ).join_from(a, s, s.c.id == a.c.albergue_id)
    if emergencia_id is not None:
        stmt = stmt.where(a.c.emergencia_id == emergencia_id)
    stmt = visible(stmt, identity, Permiso.OCUPACION_VER, Activacion).order_by(s.c.codigo, a.c.id)
    if live:
        stmt = stmt.where(a.c.estado.in_(("activa", "en_cierre")), a.c.abierta_en <= at)
        return [_Abierta(*row) for row in db.session.execute(stmt)]
    ids = _open_ids(at, known)
    rows = [_Abierta(*row) for row in db.session.execute(stmt) if row.id in ids]
    versions = versiones_at(at, known)
    for row in rows:
        version = versions.get(row.albergue_id)
        if version is not None:
            row.oficial, row.municipio = version.oficial, version.municipio_codigo
            row.reservada = row.reservada or version.ubicacion_reservada
    return rows


def _open_ids(at: datetime, known: datetime) -> set[UUID]:
    """Activations open at an instant as known then, drawn from their moves."""
    t = ActivacionTransicion.__table__
    state: dict[UUID, str] = {}
    stmt = (
        select(t.c.activacion_id, t.c.a)
        .where(t.c.ocurrida_en <= at, t.c.registrado_en <= known)
        .order_by(t.c.ocurrida_en, t.c.registrado_en, t.c.id)
    )
    for row in db.session.execute(stmt):
        state[row.activacion_id] = row.a
    return {activacion for activacion, estado in state.items() if estado in {"activa", "en_cierre"}}


def _has_future(now: datetime) -> bool:
    """Facts dated ahead of the clock (up to 24 h are taken): the present rows hold them, the figure of now must not."""
    t, moves, versions = Tramo.__table__, ActivacionTransicion.__table__, AlbergueVersion.__table__
    stmts: tuple[Select[Any], ...] = (
        select(t.c.id).where(text("vigente"), t.c.desde > now),
        select(t.c.id).where(text("vigente"), t.c.hasta > now, t.c.hasta < clock.FOREVER),
        select(moves.c.id).where(moves.c.ocurrida_en > now),
        select(versions.c.id).where(versions.c.vigente_desde > now),
    )
    return any(db.session.execute(stmt.limit(1)).first() is not None for stmt in stmts)


def _count_now(by_id: dict[UUID, _Abierta], now: datetime, bandas: bool) -> None:
    r = Resumen.__table__
    if not bandas:
        stmt = select(r.c.activacion_id, r.c.sexo, func.sum(r.c.personas), func.sum(r.c.fuera)).group_by(
            r.c.activacion_id, r.c.sexo
        )
        for activacion, sexo, personas, fuera in db.session.execute(stmt):
            if row := by_id.get(activacion):
                row.sexos[sexo] += int(personas)
                row.fuera += int(fuera)
        return
    for activacion, sexo, banda, personas, fuera in db.session.execute(
        select(r.c.activacion_id, r.c.sexo, r.c.banda, r.c.personas, r.c.fuera)
    ):
        if row := by_id.get(activacion):
            row.sexos[sexo] += personas
            row.bandas[banda] += personas
            row.fuera += fuera
    t, today = Tramo.__table__, clock.local_day(now)
    birthdays = select(t.c.activacion_id, t.c.banda, t.c.nacimiento).where(
        text("vigente"), t.c.cambia_el <= today, t.c.clase == "dentro"
    )
    for activacion, banda, nacimiento in db.session.execute(birthdays):
        if row := by_id.get(activacion):
            row.bandas[banda] -= 1
            row.bandas[banda_on(nacimiento, today)] += 1


def _families_now(by_id: dict[UUID, _Abierta]) -> list[tuple[UUID, UUID]]:
    r = ResumenFamilia.__table__
    rows = db.session.execute(select(r.c.activacion_id, r.c.familia_id).where(r.c.personas > 0))
    return [(a, f) for a, f in rows if a in by_id]


def _inside_at(at: datetime, known: datetime, now: datetime) -> Any:
    """The condition «in force at ``at`` as known at ``known``», phrased for the shorter end of the index."""
    t = Tramo.__table__
    interval = and_(t.c.desde <= at, t.c.hasta > at)
    if known >= now:
        return and_(interval, text("vigente"))
    return and_(interval, t.c.conocido_desde <= known, t.c.conocido_hasta > known)


def _count_at(
    by_id: dict[UUID, _Abierta], at: datetime, known: datetime, bandas: bool
) -> list[tuple[UUID, UUID]]:
    t = Tramo.__table__
    condition = _inside_at(at, known, clock.now())
    stmt = select(t.c.activacion_id, t.c.clase, t.c.sexo, func.count()).where(
        condition, t.c.clase != "transito"
    )
    for activacion, clase, sexo, count in db.session.execute(
        stmt.group_by(t.c.activacion_id, t.c.clase, t.c.sexo)
    ):
        row = by_id.get(activacion)
        if row is None:
            continue
        if clase == "fuera":
            row.fuera += count
        else:
            row.sexos[sexo] += count
    if bandas:
        day = clock.local_day(at)
        births = select(t.c.activacion_id, t.c.nacimiento, func.count()).where(
            condition, t.c.clase == "dentro"
        )
        for activacion, nacimiento, count in db.session.execute(
            births.group_by(t.c.activacion_id, t.c.nacimiento)
        ):
            if row := by_id.get(activacion):
                row.bandas[banda_on(nacimiento, day)] += count
    pairs = select(t.c.activacion_id, t.c.familia_id).where(condition, t.c.clase == "dentro").distinct()
    return [(a, f) for a, f in db.session.execute(pairs) if a in by_id]


def _in_transit(
    identity: Identity, at: datetime, known: datetime, emergencia_id: UUID | None, bandas: bool
) -> Fila:
    """Who left one shelter and was not yet accepted by the other: in no row, but in the total with their sex."""
    t, a = Tramo.__table__, Activacion.__table__
    stmt = (
        select(t.c.sexo, t.c.nacimiento, func.count())
        .select_from(t.join(a, a.c.id == t.c.activacion_id))
        .where(_inside_at(at, known, clock.now()), t.c.clase == "transito")
        .group_by(t.c.sexo, t.c.nacimiento)
    )
    if emergencia_id is not None:
        stmt = stmt.where(a.c.emergencia_id == emergencia_id)
    fila, day = Fila("transito", "En tránsito"), clock.local_day(at)
    for sexo, nacimiento, count in db.session.execute(
        visible(stmt, identity, Permiso.OCUPACION_VER, Activacion)
    ):
        fila.en_transito += count
        fila.mujeres += count if sexo == "mujer" else 0
        fila.hombres += count if sexo == "hombre" else 0
        fila.no_registrado += count if sexo == "no_registrado" else 0
        if bandas:
            banda = banda_on(nacimiento, day)
            fila.bandas[banda] = fila.bandas.get(banda, 0) + count
    return fila


def _declared(by_id: dict[UUID, _Abierta], at: datetime, known: datetime, live: bool) -> None:
    p = Parte.__table__
    ranked = (
        select(
            p.c.activacion_id,
            p.c.corte,
            p.c.personas,
            func.row_number()
            .over(
                partition_by=p.c.activacion_id,
                order_by=(p.c.corte.desc(), p.c.registrado_en.desc(), p.c.id.desc()),
            )
            .label("n"),
        )
        .where(p.c.corte <= at, p.c.registrado_en <= known)
        .subquery()
    )
    for activacion, corte, personas in db.session.execute(
        select(ranked.c.activacion_id, ranked.c.corte, ranked.c.personas).where(ranked.c.n == 1)
    ):
        if row := by_id.get(activacion):
            row.declaradas, row.ultimo_parte = personas, corte
    asked = [r.id for r in by_id.values() if r.declaradas is not None and not r.personas]
    nominal = _with_nominal(asked, at, known)
    for row in by_id.values():
        row.nominal = row.personas > 0 or row.id in nominal


def _with_nominal(activaciones: Iterable[UUID], at: datetime, known: datetime) -> set[UUID]:
    """Of these, the activations that had a nominal ingreso by then (annulled ones do not count)."""
    ids = list(activaciones)
    if not ids:
        return set()
    t = Tramo.__table__
    stmt = select(t.c.activacion_id).where(
        t.c.activacion_id.in_(ids),
        t.c.clase == "dentro",
        t.c.desde <= at,
        t.c.conocido_desde <= known,
        t.c.conocido_hasta > known,
    )
    return {row[0] for row in db.session.execute(stmt.distinct())}


def _scope_of(por: str, row: _Abierta) -> str:
    if por == "albergue":
        return row.codigo
    if por == "municipio":
        return row.municipio
    if por == "departamento":
        return row.municipio[:2]
    if por == "sede":
        return catalogo().sede_de.get(row.municipio, "sin_sede")
    return "GT"


def _empty_rows(por: str) -> dict[str, Fila]:
    if por == "departamento":
        return {c: Fila(c, d.nombre) for c, d in catalogo().departamentos.items()}
    if por == "pais":
        return {"GT": Fila("GT", "Guatemala")}
    return {}


def _name_of(por: str, codigo: str, row: _Abierta) -> str:
    known = catalogo()
    if por == "albergue":
        return row.nombre
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
    rows: list[_Abierta],
    families: list[tuple[UUID, UUID]],
    transit: Fila,
    capacities: dict[UUID, int],
) -> Cuadro:
    hours = timedelta(hours=current_app.config["PARTE_HORAS"])
    filas = _empty_rows(por)
    total = Fila("total", "Total")
    scope = {r.id: _scope_of(por, r) for r in rows}
    sites: dict[str, dict[UUID, list[_Abierta]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        codigo = scope[row.id]
        if codigo not in filas:
            filas[codigo] = Fila(codigo, _name_of(por, codigo, row))
        if por == "albergue":
            filas[codigo].id, filas[codigo].municipio = row.albergue_id, row.municipio
            filas[codigo].reservada = row.reservada
        late = row.ultimo_parte is None or at - row.ultimo_parte > hours
        for fila in (filas[codigo], total):
            _add(fila, row, late)
        sites[codigo][row.albergue_id].append(row)
    for codigo, of_scope in sites.items():
        for albergue_id, activaciones in of_scope.items():
            _add_site((filas[codigo], total), activaciones, capacities.get(albergue_id))
    distinct: dict[str, set[UUID]] = defaultdict(set)
    for activacion, familia in families:
        distinct[scope[activacion]].add(familia)
    for codigo, ids in distinct.items():
        filas[codigo].familias = len(ids)
    total.familias = len({f for _a, f in families})
    total.en_transito = transit.en_transito
    total.personas += transit.en_transito
    total.mujeres += transit.mujeres
    total.hombres += transit.hombres
    total.no_registrado += transit.no_registrado
    for banda, count in transit.bandas.items():
        total.bandas[banda] = total.bandas.get(banda, 0) + count
    return Cuadro(at, known, por, [filas[c] for c in sorted(filas)], total)


def _add(fila: Fila, row: _Abierta, late: bool) -> None:
    fila.sin_reporte += late
    fila.personas += row.personas
    fila.fuera += row.fuera
    fila.mujeres += row.sexos.get("mujer", 0)
    fila.hombres += row.sexos.get("hombre", 0)
    fila.no_registrado += row.sexos.get("no_registrado", 0)
    if row.declaradas is not None:
        fila.declaradas = (fila.declaradas or 0) + row.declaradas
    fila.solo_declaradas += row.solo_declaradas
    for banda, count in row.bandas.items():
        fila.bandas[banda] = fila.bandas.get(banda, 0) + count
    if row.ultimo_parte is not None:
        fila.ultimo_parte = max(fila.ultimo_parte or row.ultimo_parte, row.ultimo_parte)


def _add_site(filas: Iterable[Fila], activaciones: list[_Abierta], capacity: int | None) -> None:
    inside = sum(a.personas + a.solo_declaradas for a in activaciones)
    for fila in filas:
        fila.albergues += 1  # a site that works for two emergencies is one shelter
        fila.oficiales += activaciones[0].oficial
        if capacity is None:
            fila.capacidad_sin_dato += 1
        else:
            fila.capacidad = (fila.capacidad or 0) + capacity
            fila.diferencia = (fila.diferencia or 0) + capacity - inside
            fila.sobre_capacidad += inside > capacity


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


def attended_since_start(activacion_id: UUID) -> int:
    """Distinct persons that were ever inside: another measure than those present, never mixed with them."""
    t = Tramo.__table__
    stmt = select(func.count(func.distinct(t.c.persona_id))).where(
        text("vigente"), t.c.clase == "dentro", t.c.activacion_id == activacion_id
    )
    return int(db.session.scalar(stmt) or 0)


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
