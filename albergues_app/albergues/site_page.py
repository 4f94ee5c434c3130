"""What the page of a site shows: facts in force, people to call, and one history of all that happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import (
    Activacion,
    Albergue,
    AlbergueVersion,
    Capacidad,
    Contacto,
    ReporteSitio,
    SitioTransicion,
)
from albergues_app.albergues.states import MOVES_SITIO, NOMBRE_ACTIVACION, NOMBRE_SITIO, EstadoSitio
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.emergencias.models import Emergencia
from albergues_app.territorio.catalogo import catalogo

STALE_CONTACT = timedelta(days=90)
"""A telephone nobody confirmed for this long is said to be old."""

PAPELES: dict[str, str] = {
    "municipalidad": "Municipalidad",
    "propietario": "Propietario del inmueble",
    "llaves": "Tiene las llaves",
    "encargado_dia": "Encargado, turno de día",
    "encargado_noche": "Encargado, turno de noche",
    "otro": "Otro contacto",
}
CLASE_NOMBRE = {"autorizada": "Autorizada", "declarada": "Declarada", "calculada": "Calculada"}
REGIMEN_NOMBRE = {
    "general": "general",
    "noche": "de noche",
    "dia": "de día",
    "emergencia": "de emergencia (72 h)",
}

Papeles = list[tuple[str, str, datetime]]
HOJAS: list[Callable[[Identity, UUID], Papeles]] = []
"""Sheets that wrote to a site or to an activation, as packages above tell them to an account: address, words, when."""


def papers_of(cuenta: Identity, objeto_id: UUID) -> Papeles:
    """The sheets that wrote to it, for this account."""
    return [paper for said in HOJAS for paper in said(cuenta, objeto_id)]


@dataclass(frozen=True)
class Suceso:
    """One line of the history."""

    cuando: datetime
    que: str
    detalle: str = ""
    activacion_id: UUID | None = None


@dataclass(frozen=True)
class ContactoVisto:
    """A contact with its age: ``viejo`` when nobody confirmed it for 90 days."""

    contacto: Contacto
    papel: str
    viejo: bool


def contactos_of(albergue_id: UUID) -> list[ContactoVisto]:
    """Who answers for the site now, in the order of the chain."""
    order = list(PAPELES)
    now = clock.now()
    rows = db.session.scalars(select(Contacto).where(Contacto.albergue_id == albergue_id, Contacto.activo))
    seen = [
        ContactoVisto(c, PAPELES.get(c.papel, c.papel), now - c.confirmado_en > STALE_CONTACT) for c in rows
    ]
    return sorted(seen, key=lambda x: order.index(x.contacto.papel) if x.contacto.papel in order else 99)


def activaciones_of(albergue_id: UUID) -> list[tuple[Activacion, str]]:
    """Every activation of the site with the name of its emergency, the newest first."""
    stmt = (
        select(Activacion, Emergencia.nombre)
        .join(Emergencia, Emergencia.id == Activacion.emergencia_id)
        .where(Activacion.albergue_id == albergue_id)
        .order_by(Activacion.creada_en.desc())
    )
    return [(a, nombre) for a, nombre in db.session.execute(stmt)]


def legal_moves(albergue: Albergue) -> list[tuple[str, str]]:
    """Where the site may go from its state, as (code, name)."""
    return [(m.value, NOMBRE_SITIO[m]) for m in EstadoSitio if m in MOVES_SITIO[EstadoSitio(albergue.estado)]]


def evaluation_overdue(albergue: Albergue, months: int) -> bool:
    """True when the evaluation is older than what the instance accepts."""
    if albergue.evaluado_en is None:
        return False
    return clock.now() - albergue.evaluado_en > timedelta(days=round(months * 30.44))


def is_blocked(albergue: Albergue) -> bool:
    """True while its places are blocked: a reason, and an until-date that has not passed."""
    if not albergue.bloqueado_motivo:
        return False
    until = albergue.bloqueado_hasta
    return until is None or until >= clock.local_day(clock.now())


def history(albergue: Albergue, activaciones: list[tuple[Activacion, str]]) -> list[Suceso]:
    """Moves, versions, capacities, activations and reports in one line of time, the newest first."""
    lines = [
        *_moves(albergue.id),
        *_versions(albergue),
        *_capacities(albergue.id),
        *_openings(activaciones),
        *_reports(albergue.id),
        Suceso(albergue.registrado_en, "Se registró el sitio", f"Código {albergue.codigo}"),
    ]
    return sorted(lines, key=lambda x: x.cuando, reverse=True)


def _join(*parts: str | None) -> str:
    return " · ".join(p for p in parts if p)


def _moves(albergue_id: UUID) -> list[Suceso]:
    rows = db.session.scalars(select(SitioTransicion).where(SitioTransicion.albergue_id == albergue_id))
    return [
        Suceso(
            r.ocurrida_en,
            f"Pasó a «{NOMBRE_SITIO[r.a]}»",
            _join(f"antes «{NOMBRE_SITIO[r.de]}»", r.motivo, r.acta_numero and f"acta {r.acta_numero}"),
        )
        for r in rows
    ]


def _versions(albergue: Albergue) -> list[Suceso]:
    stmt = select(AlbergueVersion).where(AlbergueVersion.albergue_id == albergue.id)
    rows = list(
        db.session.scalars(stmt.order_by(AlbergueVersion.registrado_en, AlbergueVersion.vigente_desde))
    )
    return [
        Suceso(
            r.registrado_en,
            f"Consta como {'oficial' if r.oficial else 'no oficial'}, "
            + catalogo().lugar_texto(r.municipio_codigo)
            + (", ubicación reservada" if r.ubicacion_reservada else ""),
            _join(r.motivo, f"vale desde el {clock.to_local(r.vigente_desde):%d/%m/%Y %H:%M}"),
        )
        for r in rows[1:]  # the first says what the site was born with
    ]


def _capacities(albergue_id: UUID) -> list[Suceso]:
    rows = db.session.scalars(select(Capacidad).where(Capacidad.albergue_id == albergue_id))
    return [
        Suceso(
            r.registrado_en,
            f"Capacidad {CLASE_NOMBRE[r.clase].lower()}, {REGIMEN_NOMBRE.get(r.regimen, r.regimen)}: "
            f"{r.personas:,} personas",
            _join(r.fuente, f"del {r.fecha:%d/%m/%Y}", r.limita and f"limita: {r.limita.lower()}"),
        )
        for r in rows
    ]


def _openings(activaciones: list[tuple[Activacion, str]]) -> list[Suceso]:
    lines: list[Suceso] = []
    for row, emergencia in activaciones:
        state = NOMBRE_ACTIVACION[row.estado].lower()
        lines.append(Suceso(row.creada_en, f"Activación por {emergencia}", f"hoy: {state}", row.id))
        if row.abierta_en:
            acta = row.acta_apertura and f"acta {row.acta_apertura}"
            lines.append(Suceso(row.abierta_en, "Abrió como albergue", _join(emergencia, acta), row.id))
        if row.cerrada_en:
            acta = row.acta_cierre and f"acta {row.acta_cierre}"
            lines.append(Suceso(row.cerrada_en, "Cerró", _join(emergencia, acta), row.id))
    return lines


def _reports(albergue_id: UUID) -> list[Suceso]:
    rows = db.session.scalars(select(ReporteSitio).where(ReporteSitio.albergue_id == albergue_id))
    lines = []
    for r in rows:
        amount = f"{r.cantidad:,} {r.unidad or ''}".strip() if r.cantidad is not None else None
        when = clock.day_start(r.fecha) if r.fecha else r.registrado_en
        lines.append(
            Suceso(when, _join("Reporte", r.evento, amount), _join(r.grupo, r.nota, r.fuente, r.fecha_texto))
        )
    return lines
