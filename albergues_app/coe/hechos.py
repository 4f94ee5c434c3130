"""The facts that a log would tell: openings, closings, over-capacity, missing partes, alerts, overdue tasks.

They are read where they stand, those of the last hours and the present state, so the cost does not grow with history;
each has a key that tells it from all others. The texts name no person, and no site of reserved location: everybody of
the COE reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import selectinload

from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import Activacion, ActivacionTransicion, Albergue
from albergues_app.coe.integrantes import lugar_of
from albergues_app.coe.models import Coe, Prioridad, TipoEntrada
from albergues_app.coe.services import EntradaNueva
from albergues_app.compromisos.queries import vencidas
from albergues_app.consolidados.scope import Ambito
from albergues_app.core import clock
from albergues_app.core.db import db, run
from albergues_app.emergencias.models import TIPO_NOMBRE as AMENAZA_NOMBRE
from albergues_app.emergencias.models import Alerta
from albergues_app.ocupacion.figures import Fila, cuadro
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.ocupacion.ritmo import Callado, silent, tolerance
from albergues_app.territorio.catalogo import catalogo

CLASE_NOMBRE: dict[str, str] = {
    "apertura": "Apertura",
    "cierre": "Cierre",
    "sobrecupo": "Sobre capacidad",
    "sin_parte": "Sin parte",
    "alerta": "Alerta",
    "tarea": "Tarea vencida",
}
_NAMED = 12
"""Shelters named in one entry; the rest are counted."""


@dataclass(frozen=True)
class Propuesta:
    """An entry as it would be written. ``clave`` tells the fact from all others."""

    clave: str
    ocurrido_en: datetime
    tipo: str
    asunto: str
    detalle: str
    prioridad: str = Prioridad.RUTINA
    territorio: str | None = None

    @property
    def clase(self) -> str:
        return CLASE_NOMBRE[self.clave.partition(":")[0]]

    def as_entrada(self, op_id: UUID) -> EntradaNueva:
        return EntradaNueva(
            id=op_id,
            ocurrido_en=self.ocurrido_en,
            tipo=self.tipo,
            asunto=self.asunto,
            detalle=self.detalle,
            prioridad=self.prioridad,
            origen="Sistema Albergues",
            territorio=self.territorio,
        )


def facts_of(coe: Coe, now: datetime) -> list[Propuesta]:
    """The facts of the COE's emergency and place that a log would tell, answered or not."""
    since = max(coe.activado_en, now - timedelta(hours=current_app.config["COE_PROPUESTA_HORAS"]))
    viewer = Ambito(lugar_of(coe)).viewer()
    return [
        *_moves(coe, since),
        *_over_capacity(coe, viewer, since, now),
        *_silent(coe, viewer, now),
        *_alerts(coe, since),
        *_overdue(coe),
    ]


def _in_place(coe: Coe, column: Any) -> ColumnElement[bool]:
    """A municipality's code lies in the place of the COE."""
    if coe.municipio_codigo:
        found: ColumnElement[bool] = column == coe.municipio_codigo
    else:
        found = column.startswith(coe.departamento_codigo or "")
    return found


# --- opened and closed -----------------------------------------------------------------------------


def _moves(coe: Coe, since: datetime) -> Iterable[Propuesta]:
    t, a, s = ActivacionTransicion.__table__, Activacion.__table__, Albergue.__table__
    stmt = (
        select(
            t.c.a, t.c.ocurrida_en, t.c.acta_numero, a.c.id, a.c.estado, s.c.codigo, s.c.nombre,
            s.c.ubicacion_reservada, a.c.municipio_codigo,
        )
        .select_from(t.join(a, a.c.id == t.c.activacion_id).join(s, s.c.id == a.c.albergue_id))
        .where(
            t.c.registrado_en >= since,
            or_((t.c.de == "preparacion") & (t.c.a == "activa"), t.c.a == "cerrada"),
            a.c.emergencia_id == coe.emergencia_id,
            a.c.estado != "anulada",
            _in_place(coe, a.c.municipio_codigo),
        )
        .order_by(t.c.registrado_en.desc())
    )  # fmt: skip
    for row in run(stmt):
        opened = row.a == "activa"
        name = _site(row.codigo, row.nombre, row.ubicacion_reservada)
        acta = f"Acta {row.acta_numero}." if row.acta_numero else "Acta pendiente."
        yield Propuesta(
            f"{'apertura' if opened else 'cierre'}:{row.id}",
            row.ocurrida_en,
            TipoEntrada.REPORTE,
            _short(f"{'Abre' if opened else 'Cierra'}: {name}"),
            f"{name}, en {catalogo().lugar_texto(row.municipio_codigo)}, "
            f"{'abrió' if opened else 'cerró'} el {_when(row.ocurrida_en)}. {acta}",
            territorio=row.municipio_codigo,
        )


# --- over capacity ---------------------------------------------------------------------------------


def _over_capacity(coe: Coe, viewer: Identity, since: datetime, now: datetime) -> Iterable[Propuesta]:
    filas = cuadro(viewer, "albergue", emergencia_id=coe.emergencia_id).filas
    over = [f for f in filas if f.id is not None and f.capacidad is not None and _said(f) > f.capacidad]
    if not over:
        return
    a = Activacion.__table__
    ids = {
        row.albergue_id: row.id
        for row in run(
            select(a.c.id, a.c.albergue_id).where(
                a.c.albergue_id.in_([f.id for f in over]),
                a.c.emergencia_id == coe.emergencia_id,
                a.c.estado.in_(("activa", "en_cierre")),
            )
        )
    }
    for fila in over:
        activacion_id = ids.get(fila.id)
        if activacion_id is None:
            continue
        crossed = _crossed(activacion_id, fila, since)
        name = _site(fila.codigo, fila.nombre, fila.reservada)
        people, fits = _said(fila), fila.capacidad or 0
        began = f" Desde el {_when(crossed)}." if crossed else f" Desde antes del {_when(since)}."
        yield Propuesta(
            f"sobrecupo:{activacion_id}:{_key(crossed) if crossed else 'antes'}",
            crossed or now,
            TipoEntrada.INCIDENTE,
            _short(f"Sobre capacidad: {name}, {people:,} de {fits:,}"),
            f"{name}, en {catalogo().lugar_texto(fila.municipio)}: {people:,} personas y caben {fits:,}, "
            f"{people - fits:,} de más.{began}",
            Prioridad.PRIORITARIO,
            fila.municipio,
        )


def _said(fila: Fila) -> int:
    return fila.personas + fila.solo_declaradas


def _crossed(activacion_id: UUID, fila: Fila, since: datetime) -> datetime | None:
    """When a shelter last passed its capacity, if that was after ``since``: read backwards from what it holds now."""
    held, fits = _said(fila), fila.capacidad or 0
    if not fila.personas:
        p = Parte.__table__
        counts = run(
            select(p.c.corte, p.c.personas)
            .where(p.c.activacion_id == activacion_id, p.c.corte >= since)
            .order_by(p.c.corte.desc(), p.c.registrado_en.desc())
        ).all()
        above = None
        for row in counts:
            if row.personas <= fits:
                return above
            above = row.corte
        return None
    e = Estancia.__table__
    rows = run(
        select(e.c.ingreso_en, e.c.egreso_en).where(
            e.c.activacion_id == activacion_id, or_(e.c.ingreso_en >= since, e.c.egreso_en >= since)
        )
    ).all()
    steps: dict[datetime, int] = {}
    for row in rows:
        if row.ingreso_en >= since:
            steps[row.ingreso_en] = steps.get(row.ingreso_en, 0) + 1
        if row.egreso_en is not None and row.egreso_en >= since:
            steps[row.egreso_en] = steps.get(row.egreso_en, 0) - 1
    for moment in sorted(steps, reverse=True):
        held -= steps[moment]
        if held <= fits:
            return moment
    return None


# --- who owes a parte ------------------------------------------------------------------------------


def _silent(coe: Coe, viewer: Identity, now: datetime) -> Iterable[Propuesta]:
    """One for each cut that somebody owes, with those who owe it."""
    by_cut: dict[datetime, list[Callado]] = {}
    for row in silent(viewer, now, emergencia_id=coe.emergencia_id):
        by_cut.setdefault(row.desde, []).append(row)
    for cut, late in by_cut.items():
        one = late[0] if len(late) == 1 else None
        title = f"Sin el parte de las {_hour(cut)}: "
        title += _site(one.codigo, one.nombre, one.reservada) if one else f"{len(late)} albergues"
        lines = [
            f"{_site(c.codigo, c.nombre, c.reservada)}, en {catalogo().municipio_nombre(c.municipio)}: {_last(c)}"
            for c in late[:_NAMED]
        ]
        if len(late) > _NAMED:
            lines.append(f"Y {len(late) - _NAMED} más.")
        places = {c.municipio for c in late}
        yield Propuesta(
            f"sin_parte:{_key(cut)}",
            max(cut + tolerance(), coe.activado_en),
            TipoEntrada.REPORTE,
            _short(title),
            f"No ha llegado el parte del {_when(cut)}.\n" + "\n".join(lines),
            Prioridad.PRIORITARIO,
            places.pop() if len(places) == 1 else None,
        )


def _last(row: Callado) -> str:
    if row.ultimo is None:
        return "ningún parte todavía."
    return f"último parte del {_when(row.ultimo)}, {row.personas or 0:,} personas."


# --- alerts ----------------------------------------------------------------------------------------


def _alerts(coe: Coe, since: datetime) -> Iterable[Propuesta]:
    stmt = (
        select(Alerta)
        .where(
            Alerta.registrada_en >= since,
            or_(Alerta.emergencia_id.is_(None), Alerta.emergencia_id == coe.emergencia_id),
        )
        .options(selectinload(Alerta.lugares))
    )
    urgency = {"roja": Prioridad.URGENTE, "anaranjada": Prioridad.PRIORITARIO}
    for alerta in db.session.scalars(stmt):
        if not alerta.covers(coe.municipio_codigo or coe.departamento_codigo):
            continue
        codes = [p.codigo for p in alerta.lugares]
        where = "todo el país" if alerta.nivel == "nacional" else _places(codes)
        until = f" hasta el {_when(alerta.hasta)}" if alerta.hasta else ""
        paper = f" Documento: {alerta.documento}." if alerta.documento else ""
        yield Propuesta(
            f"alerta:{alerta.id}",
            min(alerta.desde, alerta.registrada_en),
            TipoEntrada.MENSAJE,
            _short(f"Alerta {alerta.color} {alerta.ambito}: {where}"),
            f"Alerta {alerta.color}, ámbito {alerta.ambito}, nivel {alerta.nivel}, por "
            f"{AMENAZA_NOMBRE[alerta.amenaza].lower()}, en {where}. La declara {alerta.autoridad}. Rige desde el "
            f"{_when(alerta.desde)}{until}.{paper}",
            urgency.get(alerta.color, Prioridad.RUTINA),
            codes[0] if len(codes) == 1 and _within(coe, codes[0]) else None,
        )


def _within(coe: Coe, codigo: str) -> bool:
    return codigo.startswith(coe.municipio_codigo or coe.departamento_codigo or "")


def _places(codes: Sequence[str]) -> str:
    known = catalogo()
    said = [known.departamento_nombre(c) if len(c) == 2 else known.lugar_texto(c) for c in codes[:_NAMED]]
    rest = f" y {len(codes) - _NAMED} más" if len(codes) > _NAMED else ""
    return "; ".join(said) + rest


# --- what was not done in time ---------------------------------------------------------------------


def _overdue(coe: Coe) -> Iterable[Propuesta]:
    """What was agreed on in this log, or is of its emergency and place, and is overdue; put off and late again: anew.

    A referral is of a person's case: everybody of the COE reads the log, so it is never proposed.
    """
    of_place = vencidas(
        emergencia_id=coe.emergencia_id, departamento=coe.departamento_codigo, municipio=coe.municipio_codigo
    )
    found = [*vencidas(coe_id=coe.id), *of_place]
    for row in {row.id: row for row in found if row.origen_clase != "referencia"}.values():
        who = ", ".join(part for part in (row.responsable, row.institucion) if part)
        yield Propuesta(
            f"tarea:{row.id}:{_key(row.vence_en)}",
            row.vence_en,
            TipoEntrada.ASIGNACION,
            _short(f"Tarea vencida {row.folio}: {row.descripcion}"),
            f"{row.descripcion}\nTarea {row.folio}, vencida el {_when(row.vence_en)}."
            + (f" Responsable: {who}." if who else ""),
            row.prioridad,
            row.municipio_codigo,
        )


# --- words -----------------------------------------------------------------------------------------


def _site(codigo: str, nombre: str, reservada: bool) -> str:
    return "Albergue de ubicación reservada" if reservada else f"{nombre} ({codigo})"


def _when(instant: datetime) -> str:
    return f"{clock.to_local(instant):%d/%m/%Y %H:%M}"


def _hour(instant: datetime) -> str:
    return f"{clock.to_local(instant):%H:%M}"


def _key(instant: datetime) -> str:
    return f"{clock.as_utc(instant):%Y%m%dT%H%M%S}"


def _short(text: str) -> str:
    return text if len(text) <= 140 else f"{text[:139]}…"
