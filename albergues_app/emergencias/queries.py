"""Reads that several callers need: emergencies under way, alerts in force, the highest of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from albergues_app.core.db import db
from albergues_app.emergencias.models import COLORES, Alerta, ColorAlerta, Emergencia


def emergencias_en_curso(when: datetime) -> list[Emergencia]:
    """Emergencies that had begun and not ended at the instant, newest first."""
    stmt = (
        select(Emergencia)
        .where(Emergencia.inicio <= when, or_(Emergencia.fin.is_(None), Emergencia.fin > when))
        .options(selectinload(Emergencia.territorio))
        .order_by(Emergencia.inicio.desc(), Emergencia.id)
    )
    return list(db.session.scalars(stmt))


def alertas_vigentes(when: datetime, codigo: str | None = None) -> list[Alerta]:
    """Alerts in force at the instant over a place (None: anywhere), the highest colour first."""
    stmt = (
        select(Alerta)
        .where(Alerta.desde <= when, or_(Alerta.hasta.is_(None), Alerta.hasta > when))
        .options(selectinload(Alerta.lugares))
    )
    rows = [a for a in db.session.scalars(stmt) if codigo is None or a.covers(codigo)]
    return sorted(rows, key=lambda a: (-COLORES.index(ColorAlerta(a.color)), a.desde))


def emergencias_terminadas(when: datetime, limit: int = 50) -> list[Emergencia]:
    """Emergencies that had ended at the instant, the latest first."""
    stmt = (
        select(Emergencia)
        .where(Emergencia.fin <= when)
        .options(selectinload(Emergencia.territorio))
        .order_by(Emergencia.fin.desc(), Emergencia.id)
        .limit(limit)
    )
    return list(db.session.scalars(stmt))


def alertas_of(emergencia_id: UUID) -> list[Alerta]:
    """Every alert declared for an emergency, newest first."""
    stmt = (
        select(Alerta)
        .where(Alerta.emergencia_id == emergencia_id)
        .options(selectinload(Alerta.lugares))
        .order_by(Alerta.desde.desc(), Alerta.id)
    )
    return list(db.session.scalars(stmt))


def alertas_without_force(when: datetime, limit: int = 50) -> list[Alerta]:
    """Alerts still to begin or already lifted, the latest first."""
    stmt = (
        select(Alerta)
        .where(or_(Alerta.desde > when, Alerta.hasta <= when))
        .options(selectinload(Alerta.lugares))
        .order_by(Alerta.desde.desc(), Alerta.id)
        .limit(limit)
    )
    return list(db.session.scalars(stmt))
