"""After an emergency: destroy who the people were, keep how many they were.

Destroyed are the key of the emergency (with it every filled format, reason, conflict and answer it sealed), the
rows of the persons who stayed in no other living emergency, and what its households told of themselves. Stays,
intervals and the ledger hold opaque ids: every figure of every hour stays exact, and the chain verifies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, or_, select

from albergues_app.albergues.models import Activacion
from albergues_app.audit.listener import bulk_delete
from albergues_app.audit.models import Sello
from albergues_app.core.db import Base, db, table_of
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.models import (
    ClavePersona,
    Familia,
    Movimiento,
    Persona,
    PersonaVersion,
    Pertenencia,
)
from albergues_app.ocupacion.models_derivadas import Estancia, Tramo
from albergues_app.ocupacion.models_necesidad import Necesidad
from albergues_app.ocupacion.unidas import gather
from albergues_app.tarjetas.models import Tarjeta
from albergues_app.tarjetas.services import forget_reasons

_BATCH = 500


@dataclass(frozen=True)
class Disociacion:
    """What was, or would be, destroyed."""

    personas: int
    familias: int
    clave: bool

    @property
    def nothing(self) -> bool:
        return not (self.personas or self.familias or self.clave)


BEFORE: list[Callable[[UUID], None]] = []
"""What packages above count of an emergency while it can still be counted; each adds its own."""

ALSO: list[Callable[[UUID], None]] = []
"""What packages above forget of an emergency in the same unit of work; each adds its own."""

WIPED: list[type[Base]] = [
    PersonaVersion, ClavePersona, Pertenencia, Persona, Familia, Necesidad, Sello, Tarjeta
]  # fmt: skip
"""Tables that held what is forgotten in clear, or its key: PostgreSQL keeps the old rows in their files until they
are written anew. Each package of ``ALSO`` adds its own."""


def plan_dissociation(emergencia_id: UUID) -> Disociacion:
    """What ``dissociate`` would destroy; changes nothing. Same refusals."""
    _check(emergencia_id)
    key = db.session.get(Sello, emergencia_id) is not None
    return Disociacion(len(_personas(emergencia_id)), len(_families(emergencia_id)), key)


def dissociate(emergencia_id: UUID) -> Disociacion:
    """Destroy the personal data of an emergency (in the caller's unit of work). Twice changes nothing.

    The caller runs ``wipe_free_space`` afterwards: deleted rows stay readable in the file until then.

    :raises NotFound: no such emergency.
    :raises RuleBroken: `emergencia_en_curso`, `albergues_abiertos`, `personas_en_transito`.
    """
    _check(emergencia_id)
    for count in BEFORE:
        count(emergencia_id)
    personas = sorted(_personas(emergencia_id))
    for batch in _batches(personas):
        for model, column in (
            (PersonaVersion, PersonaVersion.__table__.c.persona_id),
            (Pertenencia, Pertenencia.__table__.c.persona_id),
            (Persona, Persona.__table__.c.id),
        ):
            bulk_delete(db.session(), model, column.in_(batch))
    if personas:
        k, p = ClavePersona.__table__, Persona.__table__
        db.session.execute(delete(table_of(ClavePersona)).where(k.c.persona_id.not_in(select(p.c.id))))
    families = _families(emergencia_id)
    for batch in _batches(families):
        for familia in db.session.scalars(select(Familia).where(Familia.id.in_(batch))):
            familia.comunidad = familia.telefono = None
        db.session.flush()
    f, m, needs = Familia.__table__, Pertenencia.__table__, Necesidad.__table__
    told_here = needs.c.familia_id.in_(select(f.c.id).where(f.c.emergencia_id == emergencia_id))
    of_nobody = needs.c.familia_id.not_in(select(m.c.familia_id))  # of an older emergency, told in this one
    bulk_delete(db.session(), Necesidad, or_(told_here, of_nobody))
    forget_reasons(emergencia_id)
    for forget in ALSO:
        forget(emergencia_id)
    sello = table_of(Sello)
    destroyed = db.session.execute(
        delete(sello).where(sello.c.id == emergencia_id).returning(sello.c.id)
    ).all()
    return Disociacion(len(personas), len(families), bool(destroyed))


def wipe_free_space() -> None:
    """Rewrite the database, so that what was deleted is nowhere in its files (outside any transaction)."""
    db.session.remove()
    with db.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        if connection.dialect.name == "postgresql":
            for model in WIPED:
                connection.exec_driver_sql(f"VACUUM FULL {model.__tablename__}")
            return
    from albergues_app.core.unit_of_work import writer_lock

    with writer_lock():
        raw = db.engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()
        finally:
            raw.close()


def _check(emergencia_id: UUID) -> None:
    emergencia = db.session.get(Emergencia, emergencia_id)
    if emergencia is None:
        raise NotFound()
    if emergencia.fin is None:
        raise RuleBroken(
            "emergencia_en_curso",
            "La emergencia sigue en curso. Anote primero su fin y cierre sus albergues.",
        )
    a, t = Activacion.__table__, Tramo.__table__
    living = a.c.emergencia_id == emergencia_id, a.c.estado.in_(("preparacion", "activa", "en_cierre"))
    count = db.session.execute(select(func.count()).select_from(a).where(*living)).scalar_one()
    if count:
        raise RuleBroken("albergues_abiertos", f"Quedan {count} albergues sin cerrar. Ciérrelos primero.")
    moving = (
        select(func.count())
        .select_from(t.join(a, a.c.id == t.c.activacion_id))
        .where(
            a.c.emergencia_id == emergencia_id, t.c.vigente, t.c.clase == "transito", t.c.hasta > func.now()
        )
    )
    if db.session.execute(moving).scalar_one():
        raise RuleBroken("personas_en_transito", "Hay personas en tránsito. Registre su llegada o su egreso.")


def _personas(emergencia_id: UUID) -> set[UUID]:
    """Registered persons known through this emergency and through no other whose key still lives; of a human being
    with several records, all of them or none."""
    e, a, p, m = Estancia.__table__, Activacion.__table__, Persona.__table__, Movimiento.__table__
    stays = select(e.c.persona_id).join_from(e, a, a.c.id == e.c.activacion_id)
    moves = select(m.c.persona_id).join_from(m, a, a.c.id == m.c.activacion_id)
    here = a.c.emergencia_id == emergencia_id
    mine = set(db.session.scalars(moves.where(here)))  # also whose check-in was annulled
    mine |= set(db.session.scalars(select(p.c.id).where(p.c.emergencia_id == emergencia_id)))
    living = select(Sello.__table__.c.id)
    elsewhere = set(
        db.session.scalars(stays.where(a.c.emergencia_id != emergencia_id, a.c.emergencia_id.in_(living)))
    )
    speaks: dict[UUID, UUID] = {}
    for batch in _batches(sorted(mine)):
        speaks |= gather(batch)
    alive = {speaker for record, speaker in speaks.items() if record in elsewhere}
    going = sorted(record for record, speaker in speaks.items() if speaker not in alive)
    registered: set[UUID] = set()
    for batch in _batches(going):
        registered |= set(db.session.scalars(select(p.c.id).where(p.c.id.in_(batch))))
    return registered


def _families(emergencia_id: UUID) -> list[UUID]:
    f = Familia.__table__
    told = f.c.comunidad.is_not(None) | f.c.telefono.is_not(None)
    return list(db.session.scalars(select(f.c.id).where(f.c.emergencia_id == emergencia_id, told)))


def _batches(ids: list[UUID]) -> Iterable[list[UUID]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
