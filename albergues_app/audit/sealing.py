"""Keys of emergencies: made with the emergency, used for what is kept for ever, destroyed by dissociation."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import bindparam, select

from albergues_app.audit.models import Sello
from albergues_app.core import clock
from albergues_app.core.db import Question, db
from albergues_app.core.keys import KeyMissing, Keyring, SealKey
from albergues_app.core.unit_of_work import READ_SEALS

_CONTEXT = "sello.clave"
_STORED = Question(select(Sello.__table__.c.clave).where(Sello.__table__.c.id == bindparam("emergencia")))


def keyring() -> Keyring:
    """The instance's keys."""
    ring: Keyring = current_app.extensions["albergues_keyring"]
    return ring


def create_seal(emergencia_id: UUID) -> None:
    """Make the key of a new emergency (flushes with the caller's unit of work)."""
    sealed = keyring().seal(secrets.token_bytes(32), _CONTEXT)
    db.session.add(Sello(id=emergencia_id, clave=sealed, creado_en=clock.now()))


def seal_for(emergencia_id: UUID | None) -> SealKey | Keyring:
    """The key of the emergency, or the instance's when there is none.

    :raises KeyMissing: the emergency's key was destroyed.
    """
    if emergencia_id is None:
        return keyring()
    read: dict[UUID, SealKey] = db.session().info.setdefault(READ_SEALS, {})
    if emergencia_id in read:
        return read[emergencia_id]
    cache: dict[UUID, tuple[bytes, SealKey]] = current_app.extensions["albergues_seals"]
    found = _STORED.rows(emergencia=emergencia_id)
    if not found:
        cache.pop(emergencia_id, None)
        raise KeyMissing("the key of this emergency was destroyed")
    stored, known = found[0].clave, cache.get(emergencia_id)
    if known is None or known[0] != stored:
        known = (stored, SealKey(keyring().open(stored, _CONTEXT)))
        cache[emergencia_id] = known
    read[emergencia_id] = known[1]
    return known[1]


def seal_json(key: SealKey | Keyring, value: Any, context: str) -> bytes:
    """Seal a JSON value."""
    from albergues_app.audit.listener import canonical

    return key.seal(canonical(value).encode(), context)


def open_json(key: SealKey | Keyring, sealed: bytes, context: str) -> Any:
    """Read back what ``seal_json`` sealed."""
    return json.loads(key.open(sealed, context))


def digest(sealed: bytes) -> str:
    """SHA-256 of sealed bytes: verifiable for ever, also after the key is gone."""
    return hashlib.sha256(sealed).hexdigest()
