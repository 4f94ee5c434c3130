"""Many households at once (an import, a scenario): the same rows as one by one, one statement a table.

What can be checked before is checked before the write transaction, so that a check-in at a desk waits as little
as can be while thousands of rows go in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.audit.listener import bulk_insert
from albergues_app.audit.models import Captura
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso
from albergues_app.core.ids import speakable_code
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.claves import key_rows
from albergues_app.ocupacion.derive import (
    Arrival,
    NewInside,
    Place,
    derive_new,
    lock_personas,
    persona_disociada,
)
from albergues_app.ocupacion.models import (
    ClavePersona,
    Familia,
    Movimiento,
    Persona,
    PersonaVersion,
    Pertenencia,
)
from albergues_app.ocupacion.services import ingreso_rows as one
from albergues_app.ocupacion.services.animales import note_animals
from albergues_app.ocupacion.services.ingreso import open_activacion, register_ingreso, seen_before
from albergues_app.ocupacion.services.necesidades import note_needs_told
from albergues_app.ocupacion.services.nna import AVISE, fresh_alone, open_cases
from albergues_app.tarjetas.models import Tarjeta


@dataclass
class _Rows:
    """What one batch writes, table by table."""

    familias: list[dict[str, Any]] = field(default_factory=list)
    personas: list[dict[str, Any]] = field(default_factory=list)
    versiones: list[dict[str, Any]] = field(default_factory=list)
    claves: list[dict[str, Any]] = field(default_factory=list)
    pertenencias: list[dict[str, Any]] = field(default_factory=list)
    movimientos: list[dict[str, Any]] = field(default_factory=list)
    capturas: list[dict[str, Any]] = field(default_factory=list)
    llegadas: list[Arrival] = field(default_factory=list)


@dataclass(frozen=True)
class Preparado:
    """What of a household needs no database: spelled out before the write, so that a desk waits less."""

    avisos: list[Aviso]
    versiones: list[dict[str, Any]]
    claves: list[dict[str, Any]]


def prepare_ingreso_de_lote(datos: one.IngresoNuevo, moment: datetime) -> Preparado:
    """:raises Invalid: the data do not hold."""
    avisos = one.check_ingreso(datos, moment)
    versions = [one.version_row(p, datos, moment, avisos, n) for n, p in enumerate(datos.personas)]
    return Preparado(avisos, versions, [key for v in versions for key in key_rows(v)])


def register_ingresos(
    lote: Sequence[one.IngresoNuevo], preparados: Sequence[Preparado] | None = None
) -> list[list[Aviso]]:
    """Register households in one transaction, all or nothing; returns the avisos of each.

    ``preparados`` are theirs, in the same order, where they were prepared before the transaction. Households
    with a person or family already known go the ordinary way, one by one, after the new ones.

    :raises RuleBroken: :raises Invalid: as ``register_ingreso``; nothing of the batch is written then.
    """
    moment = clock.now()
    actor = current_actor()
    known = _known(lote)
    rows, avisos, later = _Rows(), [], []
    codes = _Codes()
    contexts: dict[UUID, one.Context] = {}
    for number, datos in enumerate(lote):
        found: list[Aviso] = []
        avisos.append(found)
        if datos.familia_id in known or any(p.id in known for p in datos.personas):
            later.append((datos, found))
            continue
        row = open_activacion(datos) if datos.activacion_id not in contexts else None
        if row is not None:
            contexts[datos.activacion_id] = one.Context(row, moment, actor.cuenta_id if actor else None)
        elif datos.ocurrido_en < contexts[datos.activacion_id].activacion.abierta_en:
            open_activacion(datos)  # raises, with its message
        ready = preparados[number] if preparados else prepare_ingreso_de_lote(datos, moment)
        found.extend(ready.avisos)
        _add(rows, datos, contexts[datos.activacion_id], codes, ready, moment, found)
        marked = {p.id: p.nna for p in datos.personas}
        alone = fresh_alone(datos.familia_id, ready.versiones, marked, clock.local_day(datos.ocurrido_en))
        if alone:
            open_cases(contexts[datos.activacion_id].activacion, alone, datos.ocurrido_en)
            found.append(AVISE)
        found.extend(one.use_paper(datos, contexts[datos.activacion_id].activacion))
    session = db.session()
    for model, values in (
        (Familia, rows.familias),
        (Persona, rows.personas),
        (PersonaVersion, rows.versiones),
        (ClavePersona, rows.claves),
        (Pertenencia, rows.pertenencias),
        (Movimiento, rows.movimientos),
        (Captura, rows.capturas),
    ):
        bulk_insert(session, model, values)
    derive_new(rows.llegadas, moment)
    one_by_one = {datos.id for datos, _found in later}
    for datos in lote:
        if datos.animales and datos.id not in one_by_one:
            note_animals(datos.familia_id, datos.animales)
        if datos.necesitan and datos.id not in one_by_one:
            note_needs_told(datos)
    for datos, found in later:
        body = register_ingreso(datos)
        found.extend(Aviso(a["codigo"], a["mensaje"], a["campo"]) for a in body["avisos"])
    return avisos


class _Codes:
    """Family codes not yet used: those of an emergency, and those of cards, are read once."""

    def __init__(self) -> None:
        self._taken: dict[UUID, set[str]] = {}
        self._cards: set[str] | None = None

    def of(self, datos: one.IngresoNuevo, activacion: Any, avisos: list[Aviso]) -> str:
        """The code of a new family: that of its card, or one that nobody has."""
        emergencia_id = activacion.emergencia_id
        if emergencia_id not in self._taken:
            f = Familia.__table__
            rows = db.session.execute(select(f.c.codigo).where(f.c.emergencia_id == emergencia_id))
            self._taken[emergencia_id] = {r.codigo for r in rows}
        if self._cards is None:
            self._cards = set(db.session.scalars(select(Tarjeta.codigo)))
        taken = self._taken[emergencia_id]
        if datos.tarjeta:
            avisos.extend(one.take_card(datos, activacion, datos.tarjeta in taken))
        code = datos.tarjeta or speakable_code()
        while not datos.tarjeta and (code in taken or code in self._cards):
            code = speakable_code()
        taken.add(code)
        return code


def _known(lote: Sequence[one.IngresoNuevo]) -> set[UUID]:
    """Ids of persons and families of the batch that are already there, or come twice in it."""
    persons = [p.id for d in lote for p in d.personas]
    families = [d.familia_id for d in lote]
    found: set[UUID] = set()
    for ids, seen in ((persons, set()), (families, set())):  # type: tuple[list[UUID], set[UUID]]
        for i in ids:
            if i in seen:
                found.add(i)
            seen.add(i)
    f = Familia.__table__
    for start in range(0, len(persons), 500):
        found |= lock_personas(persons[start : start + 500])
    for start in range(0, len(families), 500):
        chunk = families[start : start + 500]
        found.update(r.id for r in db.session.execute(select(f.c.id).where(f.c.id.in_(chunk))))
    unknown = [i for i in persons if i not in found]
    for start in range(0, len(unknown), 500):
        if seen_before(unknown[start : start + 500]).movidas:
            raise persona_disociada()
    return found


def _add(
    rows: _Rows,
    datos: one.IngresoNuevo,
    context: one.Context,
    codes: _Codes,
    ready: Preparado,
    moment: datetime,
    avisos: list[Aviso],
) -> None:
    a = context.activacion
    codigo = codes.of(datos, a, avisos)
    rows.familias.append(one.family_values(datos, a.emergencia_id, codigo, moment))
    versions = [{**v, "registrado_en": moment} for v in ready.versiones]
    rows.versiones.extend(versions)
    rows.claves.extend(ready.claves)
    rows.personas.extend(
        {"id": p.id, "emergencia_id": a.emergencia_id, "registrada_en": moment} for p in datos.personas
    )
    rows.pertenencias.extend(
        one.membership_row(p.id, datos.familia_id, p.parentesco, clock.ALWAYS, moment) for p in datos.personas
    )
    movements = one.movement_rows(datos, context)
    rows.movimientos.extend(movements.values())
    if datos.captura is not None:
        rows.capturas.append(one.captura_values(datos, context))
    people = [
        NewInside(
            v["persona_id"],
            datos.familia_id,
            movements[v["persona_id"]]["id"],
            v["sexo"],
            v["nacimiento"],
            v["grupos"],
        )
        for v in versions
    ]
    rows.llegadas.append(
        Arrival(Place(a.id, a.municipio_codigo, a.albergue_codigo), people, datos.ocurrido_en)
    )
