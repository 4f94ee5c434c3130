"""Two records that are one human being: who speaks for both, and what their crossing stays become.

Nothing is deleted and no id changes. What has to be corrected in the ledger is an annulment or an egreso like any
other, so that figures known before stay as they were; parting them again writes the contrary.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.albergues.models import Activacion
from albergues_app.audit.listener import bulk_insert
from albergues_app.core import clock
from albergues_app.core.db import db, run, table_of
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.derive import ledger_of, lock_personas, rederive
from albergues_app.ocupacion.models import Movimiento, Persona
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.services.ingreso_rows import LATE
from albergues_app.ocupacion.services.movimiento import annulments, movement_row, sealed_detail
from albergues_app.ocupacion.services.nna import after_movement, refuse_one_account

_INSTANT = timedelta(microseconds=1)
"""Who passed from one shelter to the other left the first just before entering the second."""


class Cruce(StrEnum):
    """What is true of two stays that no human being can have at once."""

    PASO = "paso"
    """Was in the first, and left it when registered in the second."""
    PRIMERA = "queda_primera"
    """The second was never so: its check-in is annulled."""
    SEGUNDA = "queda_segunda"
    """The first was never so: its check-in is annulled."""


@dataclass(frozen=True)
class Cruzadas:
    """A stay of one record and a stay of the other at the same time, in the order they began."""

    primera: Any
    segunda: Any

    @property
    def mismo_albergue(self) -> bool:
        """Registered twice in one place: nobody passed from it to itself."""
        return bool(self.primera.activacion_id == self.segunda.activacion_id)

    def choices(self) -> tuple[Cruce, ...]:
        """What somebody may say of them, the likeliest first."""
        if self.mismo_albergue or self.primera.ingreso_en == self.segunda.ingreso_en:
            return Cruce.PRIMERA, Cruce.SEGUNDA
        return Cruce.PASO, Cruce.PRIMERA, Cruce.SEGUNDA

    def standing(self, choice: Cruce) -> Any:
        """The stay that stands; its record speaks for both."""
        return self.primera if choice is Cruce.PRIMERA else self.segunda

    def wrong(self, choice: Cruce) -> Any:
        """The other one: it ended, or it never was."""
        return self.segunda if choice is Cruce.PRIMERA else self.primera


def crossings(one: UUID, other: UUID) -> list[Cruzadas]:
    """Stays of two human beings (by the records that speak for them) at the same time."""
    stays = stays_of([one, other])
    return cross(stays[one], stays[other])


def stays_of(ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """The stays of each, in the order they began."""
    e = table_of(Estancia)
    found: dict[UUID, list[Any]] = {i: [] for i in ids}
    for row in run(select(e).where(e.c.persona_id.in_(list(ids))).order_by(e.c.ingreso_en, e.c.id)).all():
        found[row.persona_id].append(row)
    return found


def cross(ours: Sequence[Any], theirs: Sequence[Any]) -> list[Cruzadas]:
    """Each stay of the one and of the other at the same time."""
    pairs = ((a, b) if a.ingreso_en <= b.ingreso_en else (b, a) for a in ours for b in theirs)
    return [Cruzadas(a, b) for a, b in pairs if b.ingreso_en < (a.egreso_en or clock.FOREVER)]


def corrections(cruzadas: Cruzadas, choice: Cruce, union_id: UUID, motivo: str) -> list[dict[str, Any]]:
    """Rows of the ledger that make two crossing stays possible.

    :raises RuleBroken: `cruce_no_vale`; `estancias_cruzadas` where a traslado would have to be cut in two.
    :raises NeedsTwoPersons: a child who is inside would be nowhere by one account.
    """
    if choice not in cruzadas.choices():
        raise RuleBroken("cruce_no_vale", "Elija qué pasó con sus dos estancias.", "cruce")
    first, second = cruzadas.primera, cruzadas.segunda
    wrong = cruzadas.wrong(choice)
    if wrong.egreso_en is None and cruzadas.standing(choice).egreso_en is not None:
        refuse_one_account("egreso", [wrong.persona_id], clock.now(), union_id)
    since = second.ingreso_en if choice is Cruce.PASO else clock.ALWAYS
    undone = [row for row in _movements_of(wrong) if row.ocurrido_en >= since]
    if any(row.tipo.startswith("traslado") for row in undone):
        raise RuleBroken(
            "estancias_cruzadas",
            "Una de esas estancias empieza o termina con un traslado. Anule o corrija primero ese traslado en "
            "«Personas» del albergue, y vuelva a unir.",
            "cruce",
        )
    moment = clock.now()
    place = db.session.get_one(Activacion, wrong.activacion_id)
    detalle = sealed_detail(place.emergencia_id, motivo)
    rows = [{**_written(row, union_id, moment, moment), "detalle": detalle} for row in annulments(undone)]
    if choice is Cruce.PASO:
        check_in = _movement(first.ingreso_movimiento)
        left = movement_row("egreso", check_in.persona_id, first.familia_id, place, destino="otro_albergue")
        rows.append({**_written(left, union_id, second.ingreso_en - _INSTANT, moment), "detalle": detalle})
    return rows


def undo_corrections(union_id: UUID, op_id: UUID, motivo: str) -> list[dict[str, Any]]:
    """Rows that take back what joining wrote: its egresos are annulled, what it annulled is written again."""
    m = table_of(Movimiento)
    moment = clock.now()
    written = run(select(m).where(m.c.operacion_id == union_id).order_by(m.c.id)).all()
    annulled = {row.anula_id for row in written if row.tipo == "anulacion"}
    egresos = [row for row in written if row.tipo != "anulacion"]
    done = set(db.session.scalars(select(m.c.anula_id).where(m.c.anula_id.in_([row.id for row in egresos]))))
    rows = []
    for row in egresos:
        if row.id not in done:
            place = db.session.get_one(Activacion, row.activacion_id)
            taken_back = {
                **_written(annulments([row])[0], op_id, moment, moment),
                "detalle": sealed_detail(place.emergencia_id, motivo),
            }
            rows.append(taken_back)
    again = run(select(m).where(m.c.id.in_(annulled)).order_by(m.c.ocurrido_en, m.c.registrado_en, m.c.id))
    for n, row in enumerate(again.all()):
        same = {
            **row._mapping,
            "id": uuid7(),
            "operacion_id": op_id,
            "tardio": moment - row.ocurrido_en > LATE,
        }
        actor = current_actor()
        same["cuenta_id"] = actor.cuenta_id if actor else None
        same["registrado_en"] = moment + n * _INSTANT  # of one instant, in the order they had
        rows.append(same)
    return rows


def reassign(habla: Mapping[UUID, UUID | None], movimientos: Sequence[dict[str, Any]]) -> None:
    """Say who speaks for each record (None: itself), write the movements, and derive all of them anew.

    :raises RuleBroken: what the ledger of a human being cannot tell (see ``timeline.fold``).
    """
    moment = clock.now()
    for row in db.session.scalars(select(Persona).where(Persona.id.in_(habla)).order_by(Persona.id)):
        row.unida_a = habla[row.id]
    db.session.flush()
    bulk_insert(db.session, Movimiento, list(movimientos))
    rederive(habla, moment)


def follow_children(cruzadas: Cruzadas, choice: Cruce) -> list[Aviso]:
    """After joining: a child's case goes where the child is, and one who is there without an adult opens one."""
    standing, wrong = cruzadas.standing(choice), cruzadas.wrong(choice)
    if standing.egreso_en is not None or standing.activacion_id == wrong.activacion_id:
        return []
    left = db.session.get_one(Activacion, wrong.activacion_id)
    here = db.session.get_one(Activacion, standing.activacion_id)
    return after_movement("traslado", [standing.persona_id], left, here, clock.now())


def lock_records(ids: Sequence[UUID]) -> None:
    """Lock every record before deciding anything of them."""
    lock_personas(sorted(ids))


def _movement(movimiento_id: UUID) -> Any:
    m = table_of(Movimiento)
    return run(select(m).where(m.c.id == movimiento_id)).one()


def _movements_of(stay: Any) -> list[Any]:
    """The rows of the ledger that make a stay, from its check-in to its end, in their order."""
    record = _movement(stay.ingreso_movimiento).persona_id
    facts = sorted(ledger_of([record]).get(record, []), key=lambda fact: fact.order)
    ids = [fact.id for fact in facts]
    start = ids.index(stay.ingreso_movimiento)
    end = ids.index(stay.egreso_movimiento) + 1 if stay.egreso_movimiento in ids else len(ids)
    m = table_of(Movimiento)
    rows = {row.id: row for row in run(select(m).where(m.c.id.in_(ids[start:end]))).all()}
    return [rows[i] for i in ids[start:end]]


def _written(row: dict[str, Any], op_id: UUID, occurred: datetime, moment: datetime) -> dict[str, Any]:
    actor = current_actor()
    return {
        **row,
        "operacion_id": op_id,
        "tardio": moment - occurred > LATE,
        "cuenta_id": actor.cuenta_id if actor else None,
        "ocurrido_en": occurred,
        "capturado_en": moment,
        "registrado_en": moment,
    }
