"""Many filled formats of one file in one transaction. What is here already is left alone, whatever file it came in.

A record is known by what it says: the same file twice changes nothing, and of a corrected file only what was
corrected or added is new.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import Activacion
from albergues_app.capturas.bindings import HOUSEHOLDS, foresee, writes_tables
from albergues_app.capturas.intake import ingreso_of, work_of
from albergues_app.capturas.models import Registro
from albergues_app.capturas.places import Lugar
from albergues_app.capturas.services import RegistroNuevo, save_registros
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.formats.engine import Formato, Notice, Result, answers_to_json
from albergues_app.ocupacion import matches
from albergues_app.ocupacion.models import Familia, RespuestaDuplicado
from albergues_app.ocupacion.services.duplicado import note_duplicados
from albergues_app.ocupacion.services.ingreso_rows import IngresoNuevo
from albergues_app.ocupacion.services.lote import prepare_ingreso_de_lote, register_ingresos

_CHUNK = 500
_TRIES = 3

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Entrada:
    """One good record with the id that it has, or would have."""

    id: UUID
    result: Result
    clave: str = ""
    """The id its sender gave it, where it has one."""


@dataclass(frozen=True)
class Guardado:
    """What came of a batch. ``parecidas``: persons who may be registered already, kept for somebody to answer."""

    nuevas: int
    ya_estaban: int
    personas: int = 0
    parecidas: int = 0


def entries(
    formato: Formato, lugar: Lugar, results: Sequence[Result], claves: Sequence[str] = ()
) -> list[Entrada]:
    """The records of a file with their ids: by format, place and answers. Twins in one file are two records.

    What its sender gave an id (``claves``: a telephone, ODK, Kobo) is known by that id, wherever it is sent to.
    """
    seed = uuid5(NAMESPACE_URL, f"{formato.code}/{lugar.clave}")
    seen: Counter[str] = Counter()
    found = []
    for result, clave in zip(results, claves or [""] * len(results), strict=True):
        if clave:
            found.append(Entrada(uuid5(NAMESPACE_URL, f"{formato.code}/envio/{clave}"), result, clave))
            continue
        said = json.dumps(answers_to_json(result.answers), sort_keys=True, default=str)
        seen[said] += 1
        found.append(Entrada(uuid5(seed, f"{seen[said]}/{said}"), result))
    return found


def known_ids(formato: Formato, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these records are written already."""
    found: set[UUID] = set()
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        if formato.code in HOUSEHOLDS:
            families = {uuid5(key, "familia"): key for key in some}
            rows = db.session.scalars(select(Familia.id).where(Familia.id.in_(list(families))))
            found |= {families[row] for row in rows}
        else:
            found |= set(db.session.scalars(select(Registro.id).where(Registro.id.in_(some))))
    return found


def world_errors(formato: Formato, lugar: Lugar, results: Sequence[Result]) -> list[list[Notice]]:
    """What the register would refuse or leave out of each, known before writing.

    An hour before the shelter opened; a line of the gate's book that speaks of nobody here.
    """
    if formato.code not in HOUSEHOLDS:
        told = [foresee(formato, one.answers, lugar) if one.ok else [] for one in results]
        return [[Notice(a.codigo, a.mensaje, a.campo or "") for a in avisos] for avisos in told]
    found: list[list[Notice]] = [[] for _ in results]
    row = db.session.get(Activacion, lugar.activacion_id) if lugar.activacion_id else None
    if row is None or row.abierta_en is None:
        return found
    text = (
        f"El albergue abrió el {clock.to_local(row.abierta_en):%d/%m/%Y %H:%M}. Revise la hora del ingreso."
    )
    for notices, result in zip(found, results, strict=True):
        when = result.answers.get("ocurrido_en")
        if when is not None and clock.as_utc(when) < row.abierta_en:
            notices.append(Notice("antes_de_apertura", text, "ocurrido_en"))
    return found


def save_batch(
    formato: Formato,
    lugar: Lugar,
    results: Sequence[Result],
    actor: Actor,
    identity: Identity | None = None,
    progress: Progress | None = None,
    claves: Sequence[str] = (),
) -> Guardado:
    """Keep every record, or none. ``identity``: whose territory bounds what is said of persons alike.

    :raises RuleBroken: :raises Invalid: what the register refuses; nothing is written then.
    """
    given = entries(formato, lugar, results, claves)
    for attempt in range(_TRIES):
        try:
            if formato.code in HOUSEHOLDS:
                return _save_households(formato, lugar, given, actor, identity, progress)
            return _save_records(formato, lugar, given, actor, progress)
        except IntegrityError as error:  # PostgreSQL: the same records came in meanwhile
            if attempt == _TRIES - 1:
                raise RuleBroken(
                    "ocupado", "Otra persona escribió lo mismo a la vez. Vuelva a intentarlo."
                ) from error
    raise AssertionError("unreachable")


def _save_records(
    formato: Formato, lugar: Lugar, given: Sequence[Entrada], actor: Actor, progress: Progress | None
) -> Guardado:
    with unit_of_work(actor):
        known = known_ids(formato, [one.id for one in given])
        fresh = [one for one in given if one.id not in known]
        for start in range(0, len(fresh), _CHUNK):
            some = fresh[start : start + _CHUNK]
            if writes_tables(formato):
                for one in some:
                    work_of(formato, lugar, one.result, one.id)()
            else:
                save_registros([RegistroNuevo(one.id, formato, lugar, one.result) for one in some])
            if progress:
                progress(start + len(some), len(fresh))
    return Guardado(len(fresh), len(known))


def _save_households(
    formato: Formato,
    lugar: Lugar,
    given: Sequence[Entrada],
    actor: Actor,
    identity: Identity | None,
    progress: Progress | None,
) -> Guardado:
    """What needs no lock is done before it: the persons spelled out, and whom they may be looked up."""
    before = known_ids(formato, [one.id for one in given])
    fresh = [one for one in given if one.id not in before]
    lote = [ingreso_of(formato, lugar, one.result, one.id) for one in fresh]
    moment = clock.now()
    ready = [prepare_ingreso_de_lote(datos, moment) for datos in lote]
    people = [p for datos in lote for p in datos.personas]
    if progress:
        progress(len(people) // 2, len(people))
    alike = matches.match_ids(searches(lote), [p.id for p in people])
    pairs = {
        (p.id, other): RespuestaDuplicado.SIN_RESPONDER
        for p, others in zip(people, alike, strict=True)
        for other in others
    }
    seen = matches.visible_stays(identity, list({o for _p, o in pairs})) if identity else {}
    with unit_of_work(actor):
        if known_ids(formato, [one.id for one in fresh]):
            raise RuleBroken("ocupado", "Otra persona cargó este archivo a la vez. Vuelva a intentarlo.")
        register_ingresos(lote, ready)
        if lugar.activacion_id is not None:
            note_duplicados(lugar.activacion_id, "libro", pairs)
    if progress:
        progress(len(people), len(people))
    shown = len({person for person, other in pairs if other in seen})
    return Guardado(len(fresh), len(before), len(people), shown)


def searches(lote: Sequence[IngresoNuevo]) -> list[matches.Busqueda]:
    """What is asked of the register about each person who would come in, household after household."""
    return [
        matches.Busqueda(
            p.nombres,
            p.apellidos or "",
            p.sexo,
            p.edad,
            p.edad_unidad or "anios",
            p.nacimiento,
            p.cui or "",
            datos.municipio_procedencia or "",
        )
        for datos in lote
        for p in datos.personas
    ]
