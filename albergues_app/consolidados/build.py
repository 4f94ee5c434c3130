"""Build the consolidated figures of a place at a cut-off from the register and the partes, as known at an hour.

The same question gives the same bytes for ever: every value has its own two times, and rows have one order. Official,
not official and outside stand apart; what was only declared never enters the count of the register.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Rol
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.albergues.queries import SitioVigente, versiones_at
from albergues_app.audit.models import Auditoria
from albergues_app.consolidados.body import CLASES, Cuadre, Cuerpo, Grupo, Linea
from albergues_app.consolidados.given import given_at
from albergues_app.consolidados.nights import night_rows
from albergues_app.consolidados.outside import outside_lines
from albergues_app.consolidados.scope import Ambito, Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.ocupacion.figures import Fila, cuadros
from albergues_app.ocupacion.models_derivadas import Tramo
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.territorio.catalogo import catalogo

WHOLE_COUNTRY = Identity(UUID(int=0), "sistema", "Sistema", Rol.NACIONAL, nacional=True)
"""Who counts: the figure of a place does not depend on who asks for it. The door is asked before."""


def build(asked: Pregunta, emergencia_nombre: str) -> Cuerpo:
    """Everything of a consolidated, from the register and the partes, as known at ``asked.conocido_en``."""
    place, at, known = asked.ambito, asked.corte, asked.conocido_en
    tables = cuadros(
        WHOLE_COUNTRY, ("albergue", "municipio", "departamento", "pais"), at, known, asked.emergencia_id
    )
    shelters = [f for f in tables["albergue"].filas if place.covers(f.municipio)]
    partes = _partes(asked)
    names = _names(known)
    sites = versiones_at(at, known)
    lineas = [_line(f, partes.get(f.id) if f.id else None, names, sites) for f in shelters]
    lineas.sort(key=lambda r: (r.municipio, r.codigo))
    body = Cuerpo(
        ambito=place.codigo,
        emergencia=str(asked.emergencia_id),
        emergencia_nombre=emergencia_nombre,
        corte=clock.iso(at) or "",
        conocido_en=clock.iso(known) or "",
        lineas=lineas,
        reporte_horas=int(current_app.config["PARTE_HORAS"]),
    )
    towns = {f.codigo: f for f in tables["municipio"].filas if place.covers(f.codigo)}
    regions = {
        f.codigo: f
        for f in tables["departamento"].filas
        if place.nivel == "pais" or place.codigo.startswith(f.codigo)
    }
    body.municipios = _groups(lineas, lambda r: r.municipio, catalogo().municipio_nombre)
    body.departamentos = _groups(lineas, lambda r: r.municipio[:2], catalogo().departamento_nombre)
    body.dados = given_at(asked)
    body.fuera = outside_lines(asked, body.dados)
    body.clases = _by_class([*lineas, *body.fuera])
    body.nocturnos, body.noches_lugares, body.noches = night_rows(asked, sites, names)
    whole = _whole(place, tables, towns, regions)
    body.total = _sum(lineas, place.codigo, place.nombre)
    for group, counted in ((g, towns.get(g.codigo)) for g in body.municipios):
        group.familias = counted.familias if counted else group.familias
    for group, counted in ((g, regions.get(g.codigo)) for g in body.departamentos):
        if place.nivel != "municipio" and counted:
            group.familias = counted.familias
    body.total.familias = whole.familias
    body.en_transito = _in_transit(asked, sites)
    body.con_reporte_pct = _heard(lineas)
    body.cuadre = Cuadre(
        albergues=sum(r.personas for r in lineas),
        municipios=sum(f.personas for f in towns.values()),
        departamentos=sum(f.personas for f in regions.values())
        if place.nivel != "municipio"
        else whole.personas,
        total=whole.personas,
        personas_distintas=_distinct(asked, [f.id for f in shelters if f.id]),
        familias_albergues=sum(r.familias for r in lineas),
        familias_total=whole.familias,
    )
    return body


def _whole(place: Ambito, tables: Any, towns: dict[str, Fila], regions: dict[str, Fila]) -> Fila:
    if place.nivel == "pais":
        row: Fila = tables["pais"].filas[0]
        return row
    found = towns if place.nivel == "municipio" else regions
    return found.get(place.codigo) or Fila(place.codigo, place.nombre)


def _line(fila: Fila, parte: Any, names: dict[UUID, str], sites: dict[UUID, SitioVigente]) -> Linea:
    reported = fila.sin_reporte == 0
    only = fila.solo_declaradas > 0
    return Linea(
        codigo=fila.codigo,
        nombre=names.get(fila.id, fila.nombre) if fila.id else fila.nombre,
        municipio=fila.municipio or "",
        clase="oficial" if fila.oficiales else "no_oficial",
        reservada=sites[fila.id].ubicacion_reservada if fila.id in sites else fila.reservada,
        reporto=reported,
        corte_dato=clock.iso(parte.corte) if parte else None,
        fuente_dato=parte.fuente if parte else None,
        declaradas=fila.declaradas,
        albergues=fila.albergues,
        sin_reporte=int(not reported),
        familias=fila.familias,
        personas=fila.personas,
        fuera_temporal=fila.fuera,
        mujeres=fila.mujeres,
        hombres=fila.hombres,
        no_registrado=fila.no_registrado,
        solo_declaradas=fila.solo_declaradas,
        familias_declaradas=(parte.familias or 0) if parte and only else 0,
        capacidad=fila.capacidad,
        capacidad_sin_dato=fila.capacidad_sin_dato,
        sobre_capacidad=fila.sobre_capacidad,
        diferencia=fila.diferencia,
    )


def _sum(lineas: Iterable[Linea], codigo: str, nombre: str) -> Grupo:
    group = Grupo(codigo=codigo, nombre=nombre)
    for line in lineas:
        group.add(line)
        group.oficiales += line.clase == "oficial"
        group.no_oficiales += line.clase == "no_oficial"
    return group


def _groups(lineas: list[Linea], key: Any, name: Any) -> list[Grupo]:
    by: dict[str, list[Linea]] = {}
    for line in lineas:
        by.setdefault(key(line), []).append(line)
    return [_sum(rows, code, name(code)) for code, rows in sorted(by.items())]


def _by_class(lineas: list[Linea]) -> list[Grupo]:
    from albergues_app.consolidados.models import CLASE_NOMBRE

    return [_sum((r for r in lineas if r.clase == c), c, CLASE_NOMBRE[c]) for c in CLASES]


def _heard(lineas: list[Linea]) -> int | None:
    """Share of the persons who are in shelters that reported in time; None without persons."""
    total = sum(r.personas + r.solo_declaradas for r in lineas)
    if not total:
        return None
    return 100 * sum(r.personas + r.solo_declaradas for r in lineas if r.reporto) // total


def _partes(asked: Pregunta) -> dict[UUID, Any]:
    """By site: its last parte at or before the cut-off, as known then."""
    p, a = table_of(Parte), table_of(Activacion)
    rank = func.row_number().over(
        partition_by=a.c.albergue_id, order_by=(p.c.corte.desc(), p.c.registrado_en.desc(), p.c.id.desc())
    )
    ranked = (
        select(a.c.albergue_id, p.c.corte, p.c.fuente, p.c.familias, p.c.personas, rank.label("orden"))
        .join_from(p, a, a.c.id == p.c.activacion_id)
        .where(
            a.c.emergencia_id == asked.emergencia_id,
            p.c.corte <= asked.corte,
            p.c.registrado_en <= asked.conocido_en,
        )
        .subquery()
    )
    return {r.albergue_id: r for r in db.session.execute(select(ranked).where(ranked.c.orden == 1))}


def _names(known: datetime) -> dict[UUID, str]:
    """What each site was called at an hour: the old value of the first change of name after it, from the trail."""
    t = table_of(Auditoria)
    stmt = (
        select(t.c.fila_id, t.c.cambios)
        .where(t.c.tabla == Albergue.__tablename__, t.c.accion == "cambio", t.c.registrado_en > known)
        .order_by(t.c.seq)
    )
    found: dict[UUID, str] = {}
    for fila_id, cambios in db.session.execute(stmt):
        key = UUID(fila_id)
        change = json.loads(cambios).get("nombre") if key not in found else None
        if change is not None:
            found[key] = str(change[0])
    return found


def _in_transit(asked: Pregunta, sites: dict[UUID, SitioVigente]) -> int:
    """Who left a shelter of the place and was not accepted by another yet."""
    t, a = table_of(Tramo), table_of(Activacion)
    stmt = (
        select(a.c.albergue_id, func.count().label("personas"))
        .select_from(t.join(a, a.c.id == t.c.activacion_id))
        .where(t.c.clase == "transito", *_held(t, asked), a.c.emergencia_id == asked.emergencia_id)
        .group_by(a.c.albergue_id)
    )
    return sum(
        r.personas
        for r in db.session.execute(stmt)
        if r.albergue_id in sites and asked.ambito.covers(sites[r.albergue_id].municipio_codigo)
    )


def _distinct(asked: Pregunta, albergues: list[UUID]) -> int:
    """Persons of the place by their own ids, each once: the independent side of the check."""
    if not albergues:
        return 0
    t, a = table_of(Tramo), table_of(Activacion)
    total = 0
    for start in range(0, len(albergues), 500):
        stmt = (
            select(func.count(func.distinct(t.c.persona_id)))
            .select_from(t.join(a, a.c.id == t.c.activacion_id))
            .where(
                t.c.clase == "dentro",
                *_held(t, asked),
                a.c.emergencia_id == asked.emergencia_id,
                a.c.albergue_id.in_(albergues[start : start + 500]),
            )
        )
        total += int(db.session.scalar(stmt) or 0)
    return total


def _held(t: Any, asked: Pregunta) -> tuple[Any, ...]:
    """So at the cut-off, as held at the hour it is known."""
    return (
        t.c.desde <= asked.corte, t.c.hasta > asked.corte,
        t.c.conocido_desde <= asked.conocido_en, t.c.conocido_hasta > asked.conocido_en,
    )  # fmt: skip
