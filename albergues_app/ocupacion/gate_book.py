"""The gate's book and a single ficha, written on paper first: of whom they speak, and what they write.

A line is tied to a person by the code of the family and the name, among those with a stay in the shelter. A line
that cannot be tied is said and not written: the sheet is kept all the same, and the line is there to be corrected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db, run
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.text import normalize
from albergues_app.ocupacion import bindings
from albergues_app.ocupacion.models import Familia, Movimiento, PersonaVersion
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.models_nna import OrigenCaso
from albergues_app.ocupacion.services.correccion import correct_persona, current_version
from albergues_app.ocupacion.services.movimiento import register_movimiento
from albergues_app.ocupacion.services.necesidades import note_necesidades
from albergues_app.ocupacion.services.nna import (
    MARCAS,
    Llegada,
    NeedsTwoPersons,
    held_back,
    open_cases,
    open_cases_of,
)
from albergues_app.tarjetas.queries import voided_of

SAME_FACT = timedelta(hours=1)
"""The desk and the paper book note the same exit with hours this near (editable practice, not a rule)."""

_ENTERS = frozenset({"ingreso", "nacimiento", "traslado_entra"})


@dataclass(frozen=True)
class Conocida:
    """A person with a stay in the shelter, as the lines name one."""

    persona_id: UUID
    familia_id: UUID
    nombre: str
    codigo: str
    antes: frozenset[str] = frozenset()
    """Codes of the cards the family had before: paper written then speaks of them."""

    def answers_to(self, sign: str) -> bool:
        return sign == self.codigo.replace("-", "") or sign in self.antes


def stays_of(activacion_id: UUID) -> list[Conocida]:
    """Everybody with a stay in the activation, in one question."""
    e, v, f = Estancia.__table__, PersonaVersion.__table__, Familia.__table__
    stmt = (
        select(e.c.persona_id, e.c.familia_id, v.c.nombre_normal, f.c.codigo)
        .join_from(e, v, (v.c.persona_id == e.c.persona_id) & v.c.actual)
        .join(f, f.c.id == e.c.familia_id)
        .where(e.c.activacion_id == activacion_id)
        .distinct()
    )
    rows = run(stmt.order_by(v.c.nombre_normal, e.c.persona_id)).all()
    before = {
        familia: frozenset(card.codigo.replace("-", "") for card in cards)
        for familia, cards in voided_of({row.familia_id for row in rows}).items()
    }
    return [
        Conocida(
            row.persona_id,
            row.familia_id,
            row.nombre_normal,
            row.codigo,
            before.get(row.familia_id, frozenset()),
        )
        for row in rows
    ]


def whom(
    people: Sequence[Conocida], name: str | None, codigo: str | None, whole: bool = False
) -> list[Conocida]:
    """Those a line speaks of; ``whole``: all of the family. Somebody named by part of the name counts when alone."""
    found = list(people)
    if codigo:
        sign = codigo.upper().replace(" ", "").replace("-", "")
        found = [p for p in found if p.answers_to(sign)]
    words = normalize(name or "").split()
    if words:
        exact = [p for p in found if p.nombre.split() == words]
        found = exact or [p for p in found if set(words) <= set(p.nombre.split())]
    if whole and len({p.familia_id for p in found}) == 1:
        familia = found[0].familia_id
        return [p for p in people if p.familia_id == familia]
    return found


def write_book(activacion_id: UUID, rows: Sequence[Mapping[str, Any]], sheet_id: UUID) -> list[Aviso]:
    """Write the movements of the lines, in the order of their hours; returns what was not written and why.

    :raises RuleBroken: :raises Invalid: what the ledger cannot tell, with the line; nothing is written then.
    """
    people = stays_of(activacion_id)
    avisos: list[Aviso] = []
    numbered = sorted(enumerate(rows), key=lambda pair: clock.as_utc(pair[1]["ocurrido_en"]))
    for number, row in numbered:
        campo = f"movimientos[{number}].persona"
        tied = whom(
            people, row.get("persona"), row.get("codigo_familia"), row.get("familia_completa") is True
        )
        problem = _why_not(row, tied, number + 1)
        if problem:
            avisos.append(Aviso(problem[0], problem[1], campo))
            continue
        if row["tipo"] in _ENTERS:
            continue  # is in the register already, by the boleta
        moment = clock.as_utc(row["ocurrido_en"])
        ids = sorted(p.persona_id for p in tied)
        noted = _noted(activacion_id, ids, row["tipo"], moment)
        missing = [i for i in ids if i not in noted]
        if not missing:
            avisos.append(Aviso("ya_constaba", f"Línea {number + 1}: ya constaba en el registro.", campo))
            continue
        if row["tipo"] in {"egreso", "fallecimiento"} and held_back(missing, moment, row["tipo"]):
            avisos.append(
                Aviso("requiere_dos_personas", f"Línea {number + 1}: {NeedsTwoPersons().mensaje}", campo)
            )
            continue
        key = uuid5(sheet_id, f"{row['tipo']}/{moment.isoformat()}/{','.join(i.hex for i in missing)}")
        datos = bindings.movimiento_from([row], op_id=key, activacion_id=activacion_id, personas=missing)
        try:
            body = register_movimiento(datos)
        except RuleBroken as refused:
            raise RuleBroken(
                refused.codigo, f"Línea {number + 1}: {refused.mensaje}", f"movimientos[{number}].tipo"
            ) from refused
        avisos += [Aviso(a["codigo"], f"Línea {number + 1}: {a['mensaje']}", campo) for a in body["avisos"]]
    return avisos


def problems_of(activacion_id: UUID, rows: Sequence[Mapping[str, Any]]) -> list[Aviso]:
    """What ``write_book`` would leave unwritten, told before anything is kept."""
    people = stays_of(activacion_id)
    found = []
    for number, row in enumerate(rows):
        tied = whom(
            people, row.get("persona"), row.get("codigo_familia"), row.get("familia_completa") is True
        )
        if problem := _why_not(row, tied, number + 1):
            found.append(Aviso(problem[0], problem[1], f"movimientos[{number}].persona"))
    return found


def _why_not(row: Mapping[str, Any], tied: Sequence[Conocida], line: int) -> tuple[str, str] | None:
    """Why a line writes nothing: code and sentence; None when it can."""
    if row["tipo"] in _ENTERS:
        if tied:
            return None
        return (
            "entra_sin_boleta",
            f"Línea {line}: quien entra se registra con la boleta de ingreso; aquí no consta todavía.",
        )
    if row["tipo"] == "traslado_sale":
        return (
            "traslado_en_su_pagina",
            f"Línea {line}: anote el traslado en la página del albergue, donde se elige el de destino.",
        )
    if not tied:
        return (
            "linea_sin_persona",
            f"Línea {line}: nadie con ese nombre o código consta en este albergue. No se anotó el movimiento.",
        )
    if len(tied) > 1 and row.get("familia_completa") is not True:
        return (
            "linea_ambigua",
            f"Línea {line}: puede ser de {len(tied)} personas. Escriba el nombre completo y el código de la familia.",
        )
    if len({p.familia_id for p in tied}) > 1:
        return "linea_ambigua", f"Línea {line}: puede ser de varias familias. Escriba el código."
    return None


def _noted(activacion_id: UUID, ids: Sequence[UUID], tipo: str, moment: datetime) -> set[UUID]:
    """Of these persons, those with this same fact in the ledger, not annulled."""
    m = Movimiento.__table__
    annulled = select(m.c.anula_id).where(m.c.persona_id.in_(ids), m.c.anula_id.is_not(None))
    stmt = select(m.c.persona_id).where(
        m.c.persona_id.in_(ids), m.c.activacion_id == activacion_id, m.c.tipo == tipo,
        m.c.ocurrido_en.between(moment - SAME_FACT, moment + SAME_FACT), m.c.id.not_in(annulled),
    )  # fmt: skip
    return {row.persona_id for row in run(stmt)}


def write_ficha(activacion_id: UUID, row: Mapping[str, Any]) -> list[Aviso]:
    """Bring what a ficha says to its person, as a new version with the ficha as its reason.

    :raises RuleBroken: `persona_no_hallada`, `persona_ambigua`: a ficha alone lets nobody in.
    """
    name = f"{row['nombres']} {bindings.known(row.get('apellidos')) or ''}"
    tied = whom(stays_of(activacion_id), name, bindings.known(row.get("codigo_familia")))
    if not tied:
        raise RuleBroken(
            "persona_no_hallada",
            "Nadie con ese nombre y código de familia consta en este albergue. Regístrela con la boleta de ingreso.",
            "nombres",
        )
    if len(tied) > 1:
        raise RuleBroken(
            "persona_ambigua",
            f"Hay {len(tied)} personas con ese nombre en este albergue. Escriba el código de la familia.",
            "codigo_familia",
        )
    held = current_version(tied[0].persona_id)
    grupos = held.grupos | bindings.grupos_of(row)
    given = bindings.persona_from(row, held.persona_id, grupos)
    _version, avisos = correct_persona(given, "Ficha de persona en papel")
    note_necesidades(tied[0].familia_id, (), {held.persona_id: given.necesidades}, clock.now())
    if given.nna in MARCAS and not open_cases_of([held.persona_id]):
        mark = Llegada(held.persona_id, tied[0].familia_id, given.nna, OrigenCaso.MARCADO)
        open_cases(db.session.get_one(Activacion, activacion_id), [mark], clock.now())
    return avisos
