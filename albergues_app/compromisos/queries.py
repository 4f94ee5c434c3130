"""Read the list: one statement per figure, and only of what is still alive unless the past is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import ColumnElement, and_, func, or_, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Cuenta, Rol
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.compromisos.models import (
    OPEN,
    Compromiso,
    CompromisoPaso,
    EstadoCompromiso,
)
from albergues_app.compromisos.semaforo import (
    Semaforo,
    days_overdue,
    due_day,
    escalation,
    semaforo,
)
from albergues_app.compromisos.services import CONTEXT, CONTEXT_PASO
from albergues_app.core import clock
from albergues_app.core.db import db, run, table_of
from albergues_app.core.keys import KeyMissing
from albergues_app.territorio.catalogo import catalogo

DESTROYED = "Texto destruido con los datos de la emergencia"
MOST = 200
_C = table_of(Compromiso).c
LIVE: ColumnElement[bool] = and_(_C.vivo, _C.estado.in_(OPEN))
"""To do: neither done, verified nor cancelled."""
TO_VERIFY: ColumnElement[bool] = and_(_C.vivo, _C.estado == EstadoCompromiso.CUMPLIDO)


@dataclass(frozen=True)
class Fila:
    """A commitment as lists, hand-overs and pages tell it, at the instant ``al``."""

    id: UUID
    folio: str
    descripcion: str
    responsable: str | None
    institucion: str | None
    cuenta_id: UUID | None
    prioridad: str
    estado: str
    vivo: bool
    vence_en: datetime
    con_hora: bool
    reprogramaciones: int
    cumplido_en: datetime | None
    verificado_en: datetime | None
    origen_clase: str
    origen_id: UUID | None
    origen_folio: str | None
    coe_id: UUID | None
    emergencia_id: UUID | None
    departamento_codigo: str | None
    municipio_codigo: str | None
    albergue_codigo: str | None
    actualizado_en: datetime
    al: datetime

    @property
    def abierto(self) -> bool:
        """Still to do."""
        return self.estado in OPEN

    @property
    def por_verificar(self) -> bool:
        return self.estado == EstadoCompromiso.CUMPLIDO and self.verificado_en is None

    @property
    def semaforo(self) -> Semaforo | None:
        """None once it is done or cancelled."""
        return semaforo(self.vence_en, self.al, warn_days()) if self.abierto else None

    @property
    def dia(self) -> date:
        """The day on which it must be done."""
        return due_day(self.vence_en, self.con_hora)

    @property
    def dias_vencido(self) -> int:
        return days_overdue(self.vence_en, self.al) if self.abierto else 0

    @property
    def vence_hoy(self) -> bool:
        return self.abierto and self.vence_en > self.al and self.dia == clock.local_day(self.al)

    @property
    def escala(self) -> str | None:
        """The level that it has reached by being overdue: `sede`, `nacional`, `mando`."""
        return escalation(self.vence_en, self.al, escalation_steps()) if self.abierto else None

    @property
    def quien(self) -> str:
        return " · ".join(part for part in (self.responsable, self.institucion) if part)

    @property
    def lugar(self) -> str:
        known = catalogo()
        if self.municipio_codigo:
            return known.lugar_texto(self.municipio_codigo)
        if self.departamento_codigo:
            return known.departamento_nombre(self.departamento_codigo)
        return "Todo el país"


ESCALA_NOMBRE: dict[str, str] = {
    "sede": "Municipalidad y sede",
    "nacional": "Oficina central",
    "mando": "Mando de emergencia",
}
_ESCALA_ROL: dict[Rol, str] = {
    Rol.ALBERGUE: "sede",
    Rol.MUNICIPAL: "sede",
    Rol.SEDE: "sede",
    Rol.NACIONAL: "nacional",
    Rol.MANDO: "mando",
}


def warn_days() -> int:
    """Days before its date from which a commitment is amber."""
    return int(current_app.config["COMPROMISO_AVISO_DIAS"])


def escalation_steps() -> list[tuple[str, int]]:
    """(level, days overdue), the lowest first."""
    return [(level, int(current_app.config[f"COMPROMISO_ESCALA_{level.upper()}"])) for level in ESCALA_NOMBRE]


def rows(stmt: Any, al: datetime) -> list[Fila]:
    """The commitments that a statement over the table finds, opened."""
    found = run(stmt.with_only_columns(*_COLUMNS)).mappings().all()
    return [_fila(row, al) for row in found]


_COLUMNS = [_C[name] for name in Fila.__annotations__ if name not in {"descripcion", "al"}] + [_C.contenido]


def _fila(row: Any, al: datetime) -> Fila:
    values = {name: value for name, value in row.items() if name != "contenido"}
    return Fila(
        descripcion=_opened(row["emergencia_id"], row["contenido"], CONTEXT)["descripcion"], al=al, **values
    )


def _opened(emergencia_id: UUID | None, sealed: bytes, context: str) -> dict[str, str]:
    try:
        found: dict[str, str] = open_json(seal_for(emergencia_id), sealed, context)
    except KeyMissing:
        return {"descripcion": DESTROYED, "texto": DESTROYED}
    return found


def fila_of(row: Compromiso) -> Fila:
    """One commitment, now."""
    return rows(select(table_of(Compromiso)).where(_C.id == row.id), clock.now())[0]


def abiertas_de_coe(
    coe_id: UUID, *, hasta: datetime | None = None, cuenta: Identity | None = None, limit: int = MOST
) -> list[Fila]:
    """What is still to do of what was agreed on in the log of a COE, what is due first first.

    :param hasta: only what is due up to this instant (a shift's next twelve hours), the overdue included.
    :param cuenta: only what this account sees; None: all, for the papers of the COE itself.
    """
    stmt = select(table_of(Compromiso)).where(_C.coe_id == coe_id, LIVE)
    if hasta is not None:
        stmt = stmt.where(_C.vence_en <= hasta)
    if cuenta is not None:
        stmt = visible(stmt, cuenta, Permiso.COMPROMISO_VER, Compromiso)
    return rows(_by_date(stmt).limit(limit), clock.now())


def vencidas(
    *,
    coe_id: UUID | None = None,
    emergencia_id: UUID | None = None,
    departamento: str | None = None,
    municipio: str | None = None,
    limit: int = MOST,
) -> list[Fila]:
    """What is overdue now of a COE, an emergency, a place: each one that is given narrows it. The oldest first."""
    now = clock.now()
    asked = {
        _C.coe_id: coe_id, _C.emergencia_id: emergencia_id,
        _C.departamento_codigo: departamento, _C.municipio_codigo: municipio,
    }  # fmt: skip
    stmt = select(table_of(Compromiso)).where(LIVE, _C.vence_en <= now)
    for column, value in asked.items():
        if value is not None:
            stmt = stmt.where(column == value)
    return rows(_by_date(stmt).limit(limit), now)


def _by_date(stmt: Any) -> Any:
    return stmt.order_by(_C.vence_en, _C.id)


def of_origins(clase: str, ids: Iterable[UUID]) -> dict[UUID, list[Fila]]:
    """The commitments made in each of these rows (entries of a log, filled formats), one statement for all."""
    wanted = list(ids)
    found: dict[UUID, list[Fila]] = {}
    if wanted:
        stmt = select(table_of(Compromiso)).where(_C.origen_id.in_(wanted), _C.origen_clase == clase)
        for fila in rows(stmt.order_by(_C.folio), clock.now()):
            if fila.origen_id is not None:
                found.setdefault(fila.origen_id, []).append(fila)
    return found


@dataclass(frozen=True)
class Hecho:
    """One step of the history of a commitment."""

    orden: int
    clase: str
    registrado_en: datetime
    por: str
    texto: str
    antes: str
    vencia_en: datetime | None
    vencia_con_hora: bool | None
    vence_en: datetime | None
    vence_con_hora: bool | None


def history_of(row: Compromiso) -> list[Hecho]:
    """Its steps, the last one first."""
    p = CompromisoPaso
    stmt = (
        select(p, func.coalesce(Cuenta.nombre, "sistema"))
        .outerjoin(Cuenta, Cuenta.id == p.cuenta_id)
        .where(p.compromiso_id == row.id)
        .order_by(p.orden.desc())
    )
    found = []
    for paso, por in db.session.execute(stmt):
        said = _opened(row.emergencia_id, paso.contenido, CONTEXT_PASO)
        found.append(
            Hecho(
                paso.orden, paso.clase, paso.registrado_en, por, said.get("texto", ""), said.get("antes", ""),
                paso.vencia_en, paso.vencia_con_hora, paso.vence_en, paso.vence_con_hora,
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class ParaHoy:
    """What a day begins with: one's own overdue and due today, what reached one's level, what waits to be verified."""

    propios: Sequence[Fila]
    escalados: Sequence[Fila]
    por_verificar: int


def for_today(cuenta: Identity, now: datetime) -> ParaHoy:
    """One statement for what is overdue or due today, one for what waits to be verified."""
    level = _ESCALA_ROL.get(cuenta.rol)
    mine: ColumnElement[bool] = _C.cuenta_id == cuenta.id
    end = clock.day_end(clock.local_day(now))
    shown = mine
    if level is not None:
        days = dict(escalation_steps())[level]
        shown = or_(mine, _C.vence_en <= now - timedelta(days=days))
    stmt = select(table_of(Compromiso)).where(LIVE, _C.vence_en <= end, shown)
    stmt = visible(stmt, cuenta, Permiso.COMPROMISO_VER, Compromiso)
    found = rows(_by_date(stmt).limit(MOST), now)
    waiting = visible(
        select(func.count()).select_from(table_of(Compromiso)).where(TO_VERIFY, not_by(cuenta)),
        cuenta,
        Permiso.COMPROMISO_VERIFICAR,
        Compromiso,
    )
    return ParaHoy(
        [f for f in found if f.cuenta_id == cuenta.id],
        [f for f in found if f.cuenta_id != cuenta.id],
        int(run(waiting).scalar_one()),
    )


def not_by(cuenta: Identity) -> ColumnElement[bool]:
    """Neither said done by this account nor in its charge: what it may verify."""
    return and_(
        or_(_C.cumplido_por.is_(None), _C.cumplido_por != cuenta.id),
        or_(_C.cuenta_id.is_(None), _C.cuenta_id != cuenta.id),
    )
