"""Families outside shelters at a cut-off, as known at an hour: registered by name, and estimated, by municipality.

They may be the same people: the two numbers stand side by side, and neither is ever added to those of shelters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from albergues_app.consolidados.body import Linea
from albergues_app.consolidados.models import FUENTE_NOMBRE
from albergues_app.consolidados.scope import PAIS, Ambito, Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.identidad.models import UnionPersonas
from albergues_app.ocupacion.models import PersonaVersion, Pertenencia
from albergues_app.ocupacion.models_derivadas import Tramo
from albergues_app.ocupacion.models_fuera import EstimacionFuera, FamiliaFuera
from albergues_app.ocupacion.whole_stays import held_at, whole_stays

_CHUNK = 500


@dataclass
class Registradas:
    """Families of a municipality that are registered by name and in no shelter."""

    familias: set[UUID] = field(default_factory=set)
    sexos: Counter[str] = field(default_factory=Counter)


@dataclass
class Declaradas:
    """How many are said to be outside in a place: by the register's own estimates, or by a given total."""

    personas: int
    familias: int
    corte: str | None
    fuente: str
    dado: bool


def outside_lines(asked: Pregunta, dados: list[dict[str, Any]]) -> list[Linea]:
    """One row for each place that has somebody, or a number of somebody; ``dados``: the totals others gave."""
    registered = registered_at(asked)
    declared = {**_given(dados), **estimates_at(asked)}
    towns = {c for c in declared if len(c) == 4}
    speaks = towns | {
        c for c in declared if len(c) == 2 and c != PAIS and not any(t.startswith(c) for t in towns)
    }
    speaks = speaks or set(declared)
    return [
        _line(c, registered.get(c, Registradas()), declared[c] if c in speaks else None)
        for c in sorted({*registered, *speaks})
    ]


def _line(codigo: str, registered: Registradas, declared: Declaradas | None) -> Linea:
    sexes = registered.sexos
    return Linea(
        codigo=codigo,
        nombre=f"Fuera de albergue: {Ambito(codigo).nombre}",
        municipio=codigo,
        clase="fuera",
        reporto=True,
        familias=len(registered.familias),
        personas=sexes.total(),
        mujeres=sexes["mujer"],
        hombres=sexes["hombre"],
        no_registrado=sexes.total() - sexes["mujer"] - sexes["hombre"],
        corte_dato=declared.corte if declared else None,
        fuente_dato=declared.fuente if declared else None,
        declaradas=declared.personas if declared else None,
        solo_declaradas=declared.personas if declared else 0,
        familias_declaradas=declared.familias if declared else 0,
        dado=declared.dado if declared else False,
    )


def _given(dados: list[dict[str, Any]]) -> dict[str, Declaradas]:
    """The last total that somebody gave for each place."""
    return {
        dado["ambito"]: Declaradas(
            dado["personas"], dado["familias"] or 0, dado["corte"], FUENTE_NOMBRE[dado["fuente"]], True
        )
        for dado in sorted((d for d in dados if d["clase"] == "fuera"), key=lambda d: str(d["corte"]))
    }


def estimates_at(asked: Pregunta) -> dict[str, Declaradas]:
    """The last estimate of each municipality: the ways of sheltering added, with the hour of the oldest of them."""
    x = table_of(EstimacionFuera)
    stmt = (
        select(x)
        .where(
            x.c.emergencia_id == asked.emergencia_id,
            x.c.corte <= asked.corte,
            x.c.registrado_en <= asked.conocido_en,
        )
        .order_by(x.c.corte, x.c.registrado_en, x.c.id)
    )
    last: dict[str, dict[str, Any]] = {}
    for row in db.session.execute(stmt):
        if asked.ambito.covers(row.municipio_codigo):
            last.setdefault(row.municipio_codigo, {})[row.modalidad] = row
    return {
        codigo: Declaradas(
            sum(r.personas for r in rows.values()),
            sum(r.familias or 0 for r in rows.values()),
            clock.iso(min(r.corte for r in rows.values())),
            ", ".join(dict.fromkeys(rows[m].fuente for m in sorted(rows))),
            False,
        )
        for codigo, rows in last.items()
    }


def registered_at(asked: Pregunta) -> dict[str, Registradas]:
    """By municipality: families outside with a member who is in no shelter, each human being once in the country."""
    rows = list(_members(asked))
    speaks = _speakers_at(asked.conocido_en)

    def root(persona: UUID) -> UUID:
        while persona in speaks:
            persona = speaks[persona]
        return persona

    inside = _stays(asked, {root(r.persona_id) for r in rows if r.persona_id in speaks})
    found: dict[str, Registradas] = {}
    counted = set[UUID]()
    for row in rows:
        who = root(row.persona_id)
        came_in = any(hasta > asked.corte or desde >= row.desde for desde, hasta in inside.get(who, ()))
        if who in counted or came_in:
            continue
        counted.add(who)
        if asked.ambito.covers(row.municipio_codigo):
            place = found.setdefault(row.municipio_codigo, Registradas())
            place.familias.add(row.familia_id)
            place.sexos[row.sexo or "no_registrado"] += 1
    for row in _counted(asked):
        if asked.ambito.covers(row.municipio_codigo) and row.mujeres + row.hombres + row.no_registrado:
            place = found.setdefault(row.municipio_codigo, Registradas())
            place.familias.add(row.familia_id)
            place.sexos.update(mujer=row.mujeres, hombre=row.hombres, no_registrado=row.no_registrado)
    return found


def _there(asked: Pregunta) -> tuple[Any, ...]:
    """The families that were outside at the cut-off, as known then."""
    f = table_of(FamiliaFuera)
    ended = func.coalesce(f.c.fin_registrado_en, f.c.hasta)
    return (
        f.c.emergencia_id == asked.emergencia_id, f.c.registrado_en <= asked.conocido_en, f.c.desde <= asked.corte,
        or_(f.c.hasta.is_(None), f.c.hasta > asked.corte, ended > asked.conocido_en),
    )  # fmt: skip


def _counted(asked: Pregunta) -> Iterator[Any]:
    """Families whose members were forgotten: only how many they were is left."""
    f = table_of(FamiliaFuera)
    yield from db.session.execute(select(f).where(*_there(asked), f.c.mujeres.is_not(None)))


def _members(asked: Pregunta) -> Iterator[Any]:
    """Members of the families that were outside, with their sex; the family that went there last comes first."""
    f, p, v = table_of(FamiliaFuera), table_of(Pertenencia), table_of(PersonaVersion)
    at, known = asked.corte, asked.conocido_en

    def latest(t: Any, *columns: Any) -> Any:
        rank = func.row_number().over(
            partition_by=t.c.persona_id,
            order_by=(t.c.vigente_desde.desc(), t.c.registrado_en.desc(), t.c.id.desc()),
        )
        said = (t.c.vigente_desde <= at, t.c.registrado_en <= known, t.c.persona_id.in_(_people(asked)))
        return select(t.c.persona_id, *columns, rank.label("n")).where(*said).subquery()

    member, said = latest(p, p.c.familia_id), latest(v, v.c.sexo)
    stmt = (
        select(member.c.persona_id, f.c.familia_id, f.c.municipio_codigo, f.c.desde, said.c.sexo)
        .join_from(f, member, (member.c.familia_id == f.c.familia_id) & (member.c.n == 1))
        .outerjoin(said, (said.c.persona_id == member.c.persona_id) & (said.c.n == 1))
        .where(*_there(asked), f.c.mujeres.is_(None))
        .order_by(f.c.desde.desc(), f.c.id.desc(), member.c.persona_id)
    )
    yield from db.session.execute(stmt)


def _people(asked: Pregunta) -> Any:
    """Whoever ever belonged to a family outside of this emergency."""
    f, p = table_of(FamiliaFuera), table_of(Pertenencia)
    return (
        select(p.c.persona_id)
        .join_from(f, p, p.c.familia_id == f.c.familia_id)
        .where(f.c.emergencia_id == asked.emergencia_id)
    )


def _stays(asked: Pregunta, speakers: Collection[UUID]) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """From when to when each was in a shelter, or between two; ``speakers``: records that speak for somebody outside."""
    t = table_of(Tramo)
    stmt = select(t.c.persona_id, t.c.activacion_id, t.c.desde, t.c.hasta).where(
        t.c.clase.in_(("dentro", "transito")), t.c.desde <= asked.corte, *held_at(asked.conocido_en)
    )
    pieces = list(db.session.execute(stmt.where(t.c.persona_id.in_(_people(asked)))))
    wanted = sorted(set(speakers) - {r.persona_id for r in pieces})
    for start in range(0, len(wanted), _CHUNK):
        pieces += db.session.execute(stmt.where(t.c.persona_id.in_(wanted[start : start + _CHUNK])))
    found: dict[UUID, list[tuple[datetime, datetime]]] = {}
    for stay in whole_stays(pieces):
        found.setdefault(stay.persona_id, []).append((stay.desde, stay.hasta))
    return found


def _speakers_at(known: datetime) -> dict[UUID, UUID]:
    """Record → the one that was held to speak for it at an hour: unions written by then and not undone by then."""
    u = table_of(UnionPersonas)
    rows = db.session.execute(
        select(u.c.id, u.c.habla_id, u.c.unida_id, u.c.deshace_id).where(u.c.registrado_en <= known)
    ).all()
    undone = {r.deshace_id for r in rows if r.deshace_id is not None}
    return {r.unida_id: r.habla_id for r in rows if r.deshace_id is None and r.id not in undone}
