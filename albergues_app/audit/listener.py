"""The one writer of the trail (estilo.md 5.7): hooks of the session, so that no service can forget it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, event, insert, inspect
from sqlalchemy.orm import ORMExecuteState, Session, scoped_session

from albergues_app.audit import chain
from albergues_app.audit.models import APPEND_ONLY, Audited, Lectura
from albergues_app.core import clock
from albergues_app.core.db import Base, insert_rows, table_of
from albergues_app.core.errors import WriteWithoutActor
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import current_actor

_PENDING = "auditoria_pendiente"


def plain(value: Any) -> Any:
    """A value as JSON can carry it."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return clock.as_utc(value).isoformat()
    if isinstance(value, date | Decimal):
        return str(value)
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return value


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=plain).encode


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, plain types."""
    return _encode(value)


def _new_values(model: type[Audited], values: Mapping[str, Any]) -> dict[str, Any]:
    hidden = model.SENSIBLES
    return {
        name: ("·" if name in hidden else value)
        for name, value in values.items()
        if value is not None and name not in model.SIN_RASTRO
    }


def _collect(session: Session | scoped_session[Any], entries: Iterable[chain.Entry]) -> None:
    if current_actor() is None:
        raise WriteWithoutActor("a write on an audited table outside unit_of_work")
    session.info.setdefault(_PENDING, []).extend(entries)


def bulk_insert(session: Session | scoped_session[Any], model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert many rows by one statement; audited models leave their entries all the same.

    The hot paths use this instead of ``session.add``: rows carry every key, ``id`` included.
    """
    if not rows:
        return
    if issubclass(model, Audited):
        name = model.__tablename__
        _collect(
            session,
            (chain.Entry("alta", name, _key(r), canonical(_new_values(model, _no_id(r)))) for r in rows),
        )
    elif current_actor() is None:
        raise WriteWithoutActor(f"insert into {model.__tablename__} outside unit_of_work")
    insert_rows(model, rows)


def bulk_delete(session: Session, model: Any, condition: Any) -> int:
    """Delete the rows of an audited model by one statement; each leaves its entry. Returns how many."""
    table = model.__table__
    gone = session.execute(delete(table).where(condition).returning(table.c.id)).all()
    _collect(session, [chain.Entry("baja", table.name, str(row.id), canonical({})) for row in gone])
    return len(gone)


def _key(row: Mapping[str, Any]) -> str:
    return str(row["id"])


def _no_id(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "id"}


def record_reading(
    session: Session,
    personas: Sequence[UUID],
    pantalla: str,
    municipio: str | None = None,
    motivo: str | None = None,
) -> None:
    """Note that the actor saw these persons; must run inside the unit of work that reads them."""
    actor = current_actor()
    if actor is None:
        raise WriteWithoutActor("a reading of persons outside unit_of_work")
    if not personas:
        return
    moment = clock.now()
    session.execute(
        insert(table_of(Lectura)),
        [
            {
                "id": uuid7(),
                "persona_id": persona,
                "cuenta_id": actor.cuenta_id,
                "registrado_en": moment,
                "via": actor.via,
                "pantalla": pantalla,
                "motivo": motivo,
                "municipio_codigo": municipio,
                "auditoria_seq": None,
            }
            for persona in personas
        ],
    )
    _collect(
        session,
        [chain.Entry("lectura", "persona", pantalla, canonical({"personas": sorted(map(str, personas))}))],
    )


def record_opening(session: Session, tabla: str, fila_id: UUID, pantalla: str) -> None:
    """Note in the trail that the actor opened a row with data of people in it."""
    _collect(session, [chain.Entry("lectura", tabla, str(fila_id), canonical({"pantalla": pantalla}))])


@event.listens_for(Session, "after_flush")
def collect_changes(session: Session, _context: object) -> None:
    """Turn the flushed changes of audited rows into entries."""
    entries: list[chain.Entry] = []
    for row in session.new:
        if isinstance(row, Audited):
            values = {a.key: getattr(row, a.key) for a in inspect(row).mapper.column_attrs if a.key != "id"}
            entries.append(_entry("alta", row, _new_values(type(row), values)))
    for row in session.dirty:
        if isinstance(row, Audited) and (changes := _changes(row)):
            entries.append(_entry("cambio", row, changes))
    for row in session.deleted:
        if isinstance(row, Audited):
            entries.append(_entry("baja", row, {}))
    if entries:
        _collect(session, entries)


def _entry(accion: str, row: Audited, cambios: dict[str, Any]) -> chain.Entry:
    state = inspect(row)
    key = ",".join(str(part) for part in (state.identity or state.mapper.primary_key_from_instance(row)))
    return chain.Entry(accion, state.mapper.local_table.name, key, canonical(cambios))


def _changes(row: Audited) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    state = inspect(row)
    for attribute in state.mapper.column_attrs:
        name = attribute.key
        history = state.attrs[name].history
        if name in row.SIN_RASTRO or not history.has_changes():
            continue
        old = history.deleted[0] if history.deleted else None
        new = history.added[0] if history.added else None
        changes[name] = ["·", "·"] if name in row.SENSIBLES else [old, new]
    return changes


@event.listens_for(Session, "before_commit")
def write_links(session: Session) -> None:
    """Add the pending entries to the chain: last of all, so the head is locked as briefly as can be."""
    if session.info.get(_PENDING) is None and not (session.new or session.dirty or session.deleted):
        return
    session.flush()
    entries = session.info.pop(_PENDING, None)
    if entries:
        actor = current_actor()
        if actor is None:
            raise WriteWithoutActor("commit of audited changes outside unit_of_work")
        chain.append(session, entries, clock.now(), actor.cuenta_id, actor.nombre, actor.via)


@event.listens_for(Session, "after_rollback")
def forget_entries(session: Session) -> None:
    """What was rolled back did not happen."""
    session.info.pop(_PENDING, None)


@event.listens_for(Audited, "mapper_configured", propagate=True)
def keep_old_values(mapper: Any, model: type) -> None:
    """Load the old value before it is replaced, even when commit has expired the row."""
    for attribute in mapper.column_attrs:
        event.listen(getattr(model, attribute.key), "set", lambda *_: None, active_history=True)


@event.listens_for(Session, "do_orm_execute")
def refuse_bulk_writes(state: ORMExecuteState) -> None:
    """ORM INSERT, UPDATE and DELETE statements skip the flush: they would leave no entry."""
    writes = state.is_insert or state.is_update or state.is_delete
    if not writes or state.bind_mapper is None:
        return
    model = state.bind_mapper.class_
    if issubclass(model, Audited):
        raise WriteWithoutActor(f"bulk write on the audited table {model.__name__}")
    if issubclass(model, Base) and model.__tablename__ in APPEND_ONLY:
        raise WriteWithoutActor(f"bulk write on the append-only table {model.__tablename__}")
