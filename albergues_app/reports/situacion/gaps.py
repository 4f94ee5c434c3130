"""What is lacking, by rules with their source: needs and gaps that the system proposes and a person keeps or drops.

The figures of the standards are settings of the instance; where they come from: dominio.md part 3 [S58, S59, S61].
Sphere tells to adapt to the place: a gap is what the standard asks for minus what was measured, never a verdict.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from albergues_app.albergues.capacity import Normas
from albergues_app.albergues.models import Activacion, Albergue, MedidaSitio
from albergues_app.consolidados.body import Cuerpo, Linea
from albergues_app.consolidados.scope import Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db, table_of

ESFERA = "Manual Esfera, edición 2018"
ACNUR = "Indicadores de agua y saneamiento de ACNUR, 2018"
PARTES = "Partes del albergue"
FIRST = timedelta(hours=72)


def propose(asked: Pregunta, body: Cuerpo) -> list[dict[str, Any]]:
    """The gaps of every shelter at the cut-off, the gravest first. Each with what is short, how it was counted, and why."""
    normas = Normas.from_settings(current_app.config)
    measured, opened = _measures(asked), _opened(asked)
    found: list[dict[str, Any]] = []
    for line in body.lineas:
        persons = line.personas + line.solo_declaradas
        early = line.codigo in opened and asked.corte - opened[line.codigo] <= FIRST
        found += _of(line, persons, measured.get(line.codigo), normas, early)
    order = {"lugares": 0, "agua": 1, "inodoros": 2, "duchas": 3, "espacio": 4, "reporte": 5, "medidas": 6}
    found.sort(key=lambda g: (order[g["que"]], -(g["falta"] or 0), g["codigo"]))
    return found


def _of(line: Linea, persons: int, measure: Any, normas: Normas, early: bool) -> list[dict[str, Any]]:
    gaps: list[dict[str, Any]] = []

    def gap(que: str, falta: int | None, texto: str, cuenta: str, regla: str, fuente: str) -> None:
        gaps.append(
            {
                "clave": f"{line.codigo}/{que}", "codigo": line.codigo, "albergue": line.nombre,
                "municipio": line.municipio, "que": que, "falta": falta, "texto": texto, "cuenta": cuenta,
                "regla": regla, "fuente": fuente,
            }
        )  # fmt: skip

    if line.diferencia is not None and line.diferencia < 0:
        short = -line.diferencia
        gap(
            "lugares", short, f"Lugar para {short:,} {_people(short)}",
            f"{persons:,} personas; capacidad {line.capacidad:,}", "La capacidad del sitio",
            "Capacidad autorizada, declarada o calculada del sitio",
        )  # fmt: skip
    if not line.reporto:
        last = f"último dato del {_moment(line.corte_dato)}" if line.corte_dato else "nunca ha reportado"
        gap("reporte", None, "Comunicación: no reportó en este corte", last, "Un parte en cada corte", PARTES)
    if persons:
        _by_standard(gap, persons, measure, normas, early)
    return gaps


def _by_standard(gap: Any, persons: int, measure: Any, normas: Normas, early: bool) -> None:
    each = normas.personas_inodoro_72h if early else normas.personas_inodoro
    when = "en las primeras 72 horas" if early else "después de 72 horas"
    rules = (
        ("inodoros", each, "inodoro", f"1 inodoro por {each} personas {when}", ESFERA),
        ("duchas", normas.personas_ducha, "ducha", f"1 ducha por {normas.personas_ducha} personas", ACNUR),
    )
    unknown = []
    for que, per, one, regla, fuente in rules:
        have = getattr(measure, que, None)
        if have is None:
            unknown.append(que)
            continue
        need = math.ceil(persons / per)
        if need > have:
            short = need - have
            gap(que, short, f"{short:,} {one}{'' if short == 1 else 's'}",
                f"{persons:,} personas piden {need:,}; hay {have:,}", regla, fuente)  # fmt: skip
    water = getattr(measure, "agua_litros_dia", None)
    if water is None:
        unknown.append("agua")
    elif persons * normas.litros_persona > water:
        need = persons * normas.litros_persona
        gap(
            "agua", need - water, f"{need - water:,} L de agua al día",
            f"{persons:,} personas piden {need:,} L; hay {water:,} L",
            f"{normas.litros_persona} L por persona y día", ACNUR,
        )  # fmt: skip
    area = getattr(measure, "area_m2", None)
    if area is None:
        unknown.append("área techada")
    elif persons * normas.m2_persona > area:
        need = math.ceil(round(persons * normas.m2_persona, 6))
        short = math.ceil(need - area)
        gap("espacio", short, f"{short:,} m² techados", f"{persons:,} personas piden {need:,} m²; hay {area:,.0f} m²",
            f"{normas.m2_persona:g} m² techados por persona", ESFERA)  # fmt: skip
    if unknown:
        gap("medidas", None, f"Medir: {', '.join(unknown)}", "sin dato, no se puede decir si falta",
            "Lo que no se midió no se da por bueno", "Medidas del sitio")  # fmt: skip


def _people(count: int) -> str:
    return "persona" if count == 1 else "personas"


def _moment(value: str) -> str:
    return f"{clock.to_local(datetime.fromisoformat(value)):%d/%m/%Y %H:%M}"


def _measures(asked: Pregunta) -> Mapping[str, Any]:
    """By code: the measures in force at the cut-off, as known then."""
    m, a = table_of(MedidaSitio), table_of(Albergue)
    stmt = (
        select(a.c.codigo, m.c.area_m2, m.c.inodoros, m.c.duchas, m.c.agua_litros_dia)
        .join_from(m, a, a.c.id == m.c.albergue_id)
        .where(m.c.fecha <= clock.local_day(asked.corte), m.c.registrado_en <= asked.conocido_en)
        .order_by(m.c.fecha, m.c.registrado_en)
    )
    return {row.codigo: row for row in db.session.execute(stmt)}


def _opened(asked: Pregunta) -> dict[str, datetime]:
    a: Any = table_of(Activacion)
    stmt = select(a.c.albergue_codigo, a.c.abierta_en).where(
        a.c.emergencia_id == asked.emergencia_id, a.c.abierta_en <= asked.corte
    )
    return {row.albergue_codigo: row.abierta_en for row in db.session.execute(stmt.order_by(a.c.abierta_en))}


def activations_of(asked: Pregunta) -> list[UUID]:
    """Activations of the emergency in the place that opened up to the cut-off, closed ones too."""
    a: Any = table_of(Activacion)
    stmt = select(a.c.id, a.c.municipio_codigo).where(
        a.c.emergencia_id == asked.emergencia_id, a.c.abierta_en <= asked.corte
    )
    return [row.id for row in db.session.execute(stmt) if asked.ambito.covers(row.municipio_codigo)]
