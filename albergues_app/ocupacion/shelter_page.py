"""What the page of an open shelter shows: its numbers come from ``figures.cuadro`` or its intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion, ActivacionTransicion, Albergue
from albergues_app.albergues.queries import CapacidadVigente, capacidades_at
from albergues_app.albergues.reserve import looks_from_afar
from albergues_app.albergues.states import MOVES_ACTIVACION, NOMBRE_ACTIVACION, OPEN, EstadoActivacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.ocupacion.bandas import CODIGOS, NOMBRE
from albergues_app.ocupacion.completitud import completeness_of
from albergues_app.ocupacion.figures import Cuadro, Fila, cuadro, cuadros, groups_inside
from albergues_app.ocupacion.flujo import Cuadre, cuadre_of
from albergues_app.ocupacion.medidas import medidas
from albergues_app.ocupacion.models_derivadas import Estancia, Tramo
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.ocupacion.outside import animals_inside
from albergues_app.ocupacion.pace import WINDOWS, pace
from albergues_app.ocupacion.ritmo import default_horas, horas_of, owed_since
from albergues_app.ocupacion.sums import LEVELS, Sumas, sums_of
from albergues_app.ocupacion.testigos import Testigos, descuadres_of, is_explained, testigos_of

GRUPO_NOMBRE = {
    "embarazada": "Embarazadas",
    "lactante": "Madres lactantes",
    "discapacidad": "Con discapacidad",
    "enfermedad_cronica": "Con enfermedad crónica",
    "extranjero": "Extranjeras",
    "dieta": "Con comida especial",
    "interprete": "Necesitan intérprete",
}
MOVIMIENTO_NOMBRE = {
    "ingreso": "Ingreso",
    "nacimiento": "Nacimiento",
    "salida_temporal": "Salida temporal",
    "retorno": "Retorno",
    "traslado_sale": "Traslado a otro albergue",
    "traslado_entra": "Traslado desde otro albergue",
    "egreso": "Egreso",
    "fallecimiento": "Fallecimiento",
    "anulacion": "Anulación",
}
FUENTE_NOMBRE = {
    "conteo_fisico": "conteo físico",
    "registro_nominal": "registro nominal",
    "estimacion": "estimación",
}
HOURS_EMERGENCY, DAYS_TEMPORARY = 72, 30
DAYS_SHOWN = 7


@dataclass(frozen=True)
class Caja:
    """Something to attend to, said on the page of an open shelter, with the one thing to do."""

    nivel: str
    icono: str
    titulo: str
    detalle: str
    accion: str = ""
    url: str | None = None


CAJAS: list[Callable[[Identity, Activacion, datetime], Caja | None]] = []
"""What packages above say of an open shelter on its page; each adds its own."""

PESTANAS: list[Callable[[Identity, Activacion], tuple[str, str] | None]] = []
"""Pages of packages above beside the shelter's own, as (address, text); each adds its own."""


@dataclass(frozen=True)
class Etapa:
    """The stage of a shelter by the time it has been open (dominio.md 2.2)."""

    texto: str
    nivel: str
    horas: float


def stage(activacion: Activacion, now: datetime) -> Etapa | None:
    """None while it has not opened. Amber from 60 h and from 25 days; louder past 30 days."""
    if activacion.abierta_en is None:
        return None
    hours = max(0.0, ((activacion.cerrada_en or now) - activacion.abierta_en).total_seconds() / 3600)
    days = hours / 24
    if hours <= HOURS_EMERGENCY:
        level = "aviso" if hours >= 60 else "bien"
        return Etapa(f"Colectivo de emergencia: {int(hours)} h de 72 h", level, hours)
    if days <= DAYS_TEMPORARY:
        return Etapa(f"Temporal: día {int(days) + 1} de 30", "aviso" if days >= 25 else "bien", hours)
    return Etapa(f"De transición: {int(days)} días", "alto", hours)


@dataclass(frozen=True)
class Cifras:
    """Figures of one activation at ``corte`` as known at ``conocido_en``; ``fila`` None: not open."""

    fila: Fila | None
    corte: datetime
    conocido_en: datetime
    ahora: bool
    capacidad: CapacidadVigente | None
    bandas: list[tuple[str, int]]
    parte: Any

    @property
    def personas(self) -> int | None:
        return self.fila.personas if self.fila else None


def figures_of(
    cuenta: Identity, activacion: Activacion, corte: datetime | None, conocido_en: datetime | None
) -> Cifras:
    """The row of this shelter in the one table of occupancy."""
    table = cuadro(cuenta, "albergue", corte, conocido_en, activacion.emergencia_id, bandas=True)
    fila = next((f for f in table.filas if f.id == activacion.albergue_id), None)
    if fila is not None and not _was_open(activacion, table):
        fila = None  # another activation of the same site was open then
    bands = [(NOMBRE[c], fila.bandas.get(c, 0)) for c in CODIGOS] if fila else []
    capacity = capacidades_at(table.corte, table.conocido_en, [activacion.albergue_id])
    return Cifras(
        fila,
        table.corte,
        table.conocido_en,
        corte is None and conocido_en is None,
        capacity.get(activacion.albergue_id),
        bands,
        last_parte(activacion.id, table.corte, table.conocido_en),
    )


def _was_open(activacion: Activacion, table: Cuadro) -> bool:
    t = ActivacionTransicion.__table__
    stmt = (
        select(t.c.a)
        .where(
            t.c.activacion_id == activacion.id,
            t.c.ocurrida_en <= table.corte,
            t.c.registrado_en <= table.conocido_en,
        )
        .order_by(t.c.ocurrida_en.desc(), t.c.registrado_en.desc(), t.c.id.desc())
        .limit(1)
    )
    return db.session.scalar(stmt) in OPEN


def last_parte(activacion_id: UUID, corte: datetime, conocido_en: datetime) -> Any:
    """The newest declared count by then, or None."""
    p = Parte.__table__
    stmt = (
        select(p.c.corte, p.c.fuente, p.c.personas, p.c.familias, p.c.mujeres, p.c.hombres, p.c.registrado_en)
        .where(p.c.activacion_id == activacion_id, p.c.corte <= corte, p.c.registrado_en <= conocido_en)
        .order_by(p.c.corte.desc(), p.c.registrado_en.desc(), p.c.id.desc())
        .limit(1)
    )
    return db.session.execute(stmt).first()


@dataclass(frozen=True)
class Dia:
    """Persons inside at the end of a local day (today: now); None before it opened or after it closed."""

    dia: date
    personas: int | None
    hoy: bool


def week(activacion: Activacion, now: datetime) -> list[Dia]:
    """The last seven days, from the intervals of this activation alone."""
    t, today = Tramo.__table__, clock.local_day(now)
    days = [today - timedelta(days=n) for n in range(DAYS_SHOWN - 1, -1, -1)]
    ends = [now if d == today else clock.day_end(d) for d in days]
    columns = [
        func.count().filter(t.c.desde <= end, t.c.hasta > end).label(f"d{n}") for n, end in enumerate(ends)
    ]
    stmt = select(*columns).where(
        text("vigente"), t.c.activacion_id == activacion.id, t.c.clase == "dentro", t.c.hasta > ends[0]
    )
    row = db.session.execute(stmt).one()
    opened, closed = activacion.abierta_en, activacion.cerrada_en
    found = []
    for n, (day, end) in enumerate(zip(days, ends, strict=True)):
        alive = opened is not None and opened <= end and (closed is None or closed > end)
        found.append(Dia(day, int(row[n]) if alive else None, day == today))
    return found


def moved_since(activacion_id: UUID, since: datetime) -> tuple[int, int]:
    """(entered, left) since an instant; what was annulled does not count."""
    e = Estancia.__table__
    stmt = select(
        func.count().filter(e.c.ingreso_en >= since), func.count().filter(e.c.egreso_en >= since)
    ).where(e.c.activacion_id == activacion_id)
    entered, left = db.session.execute(stmt).one()
    return int(entered), int(left)


def hours_to_fill(activacion: Activacion, diferencia: int | None, now: datetime) -> int | None:
    """In how many hours it is full by its fading pace, a projection; None when it is not filling at that pace."""
    if activacion.abierta_en is None:
        return None
    e, since = Estancia.__table__, now - timedelta(hours=max(WINDOWS))
    rows = db.session.execute(
        select(e.c.ingreso_en, e.c.egreso_en).where(
            e.c.activacion_id == activacion.id, or_(e.c.ingreso_en > since, e.c.egreso_en > since)
        )
    ).all()
    left = (r.egreso_en for r in rows if r.egreso_en is not None)
    rate = pace((r.ingreso_en for r in rows), left, now, activacion.abierta_en)
    hours = rate.hours_to(diferencia)
    return None if hours is None else max(1, round(hours))


def live_extras(activacion: Activacion, cifras: Cifras, now: datetime) -> dict[str, Any]:
    """What is only said of now: groups, movements of today, the pace, and how many were ever attended."""
    start = clock.day_start(clock.local_day(now))
    entered, left = moved_since(activacion.id, start)
    measures = medidas([activacion.id], now)
    gap = cifras.fila.diferencia if cifras.fila else None
    return {
        "grupos": [(GRUPO_NOMBRE[g], n) for g, n in groups_inside(activacion.id).items()],
        "animales": animals_inside(activacion.id),
        "entraron": entered,
        "salieron": left,
        "llena_en": hours_to_fill(activacion, gap, now),
        "atendidas": measures.atendidas,
        "noches": measures.noches,
        "completo": completeness_of(activacion.id),
    }


@dataclass(frozen=True)
class Conteos:
    """Five witnesses, the balance of a day, the rhythm of the parte, and the difference that is kept."""

    testigos: Testigos
    descuadre: Any
    """The newest difference kept, with ``quien``; None when there never was one."""
    cuadre: Cuadre
    horas: str
    propias: bool
    debe: datetime | None
    """The cut whose parte it owes."""

    @property
    def abierto(self) -> Any:
        """The difference that nobody has explained yet."""
        return self.descuadre if self.descuadre is not None and self.descuadre.cerrado_en is None else None

    @property
    def explicada(self) -> bool:
        return is_explained(self.testigos, self.descuadre)


def counts_of(activacion: Activacion, now: datetime) -> Conteos | None:
    """What stands side by side on the page of an open shelter; None while it is not open."""
    if activacion.estado not in OPEN or activacion.abierta_en is None:
        return None
    own = horas_of([activacion.id], now).get(activacion.id)
    horas = own or default_horas()
    last = last_parte(activacion.id, now, now)
    return Conteos(
        testigos_of(activacion.id),
        descuadres_of([activacion.id]).get(activacion.id),
        cuadre_of(
            activacion.id, max(activacion.abierta_en - timedelta(seconds=1), now - timedelta(hours=24))
        ),
        ", ".join(f"{h:%H:%M}" for h in horas),
        own is not None,
        owed_since(horas, activacion.abierta_en, last.corte if last else None, now),
    )


def legal_moves(activacion: Activacion) -> list[tuple[str, str]]:
    """Where the activation may go, but for closing, which has its own guided page."""
    ways = MOVES_ACTIVACION[EstadoActivacion(activacion.estado)] - {EstadoActivacion.CERRADA}
    return [(m.value, NOMBRE_ACTIVACION[m]) for m in EstadoActivacion if m in ways]


def transitions_of(activacion_id: UUID) -> list[ActivacionTransicion]:
    """Every move, the newest first."""
    stmt = select(ActivacionTransicion).where(ActivacionTransicion.activacion_id == activacion_id)
    order = (ActivacionTransicion.ocurrida_en.desc(), ActivacionTransicion.registrado_en.desc())
    return list(db.session.scalars(stmt.order_by(*order)))


@dataclass(frozen=True)
class FilaAbierto:
    """An open shelter in a list: its figures, and the activation its page shows."""

    fila: Fila
    activacion_id: UUID
    oficial: bool


def open_shelters(
    cuenta: Identity, emergencia_id: UUID | None = None, departamento: str = ""
) -> tuple[Cuadro, list[FilaAbierto], int, Sumas]:
    """The table by shelter, its rows that may be named (what worries first), how many may not, and that it adds up."""
    tables = cuadros(cuenta, LEVELS, emergencia_id=emergencia_id)
    table = tables["albergue"]
    a, s = Activacion.__table__, Albergue.__table__
    stmt = select(a.c.id, a.c.albergue_id, s.c.oficial, s.c.ubicacion_reservada).join_from(
        a, s, s.c.id == a.c.albergue_id
    )
    stmt = stmt.where(a.c.estado.in_(OPEN)).order_by(a.c.creada_en)
    if emergencia_id is not None:
        stmt = stmt.where(a.c.emergencia_id == emergencia_id)
    sites = {
        r.albergue_id: r
        for r in db.session.execute(visible(stmt, cuenta, Permiso.ACTIVACION_VER, Activacion))
    }
    hide = looks_from_afar(cuenta)
    rows: list[FilaAbierto] = []
    hidden = 0
    for fila in table.filas:
        site = sites.get(fila.id) if fila.id else None
        if site is None or not (fila.municipio or "").startswith(departamento):
            continue
        if site.ubicacion_reservada and hide:
            hidden += 1
        else:
            rows.append(FilaAbierto(fila, site.id, site.oficial))
    rows.sort(key=_worry)
    return table, rows, hidden, sums_of(tables)


def _worry(row: FilaAbierto) -> tuple[bool, bool, float, str]:
    """A silent shelter first, then those over capacity, then the fullest."""
    f = row.fila
    share = f.personas / f.capacidad if f.capacidad else 0.0
    return (not f.sin_reporte, not f.sobre_capacidad, -share, f.codigo)
