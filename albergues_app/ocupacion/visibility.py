"""Whom an account may know of: persons and families with a stay in its territory. The rest is absent."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.ocupacion.models import Estancia, Familia, Persona


def seen_personas(identity: Identity, ids: Iterable[UUID]) -> set[UUID]:
    """Of these persons, those with a stay, open or past, in the account's territory."""
    wanted = list(dict.fromkeys(ids))
    stmt = select(Estancia.persona_id).where(Estancia.persona_id.in_(wanted)).distinct()
    return set(db.session.scalars(visible(stmt, identity, Permiso.PERSONA_VER, Estancia)))


def refuse_unseen(identity: Identity, ids: Iterable[UUID]) -> None:
    """Ids that exist and are not for this account answer as if absent; new ids pass.

    :raises NotFound: one of them is a person of another territory.
    """
    wanted = list(dict.fromkeys(ids))
    known = set(db.session.scalars(select(Persona.id).where(Persona.id.in_(wanted))))
    if known and known - seen_personas(identity, known):
        raise NotFound()


def sees_familia(identity: Identity, familia_id: UUID) -> bool:
    """Whether a member of the family has, or had, a stay in the account's territory."""
    stmt = select(Estancia.id).where(Estancia.familia_id == familia_id)
    return db.session.scalar(visible(stmt, identity, Permiso.PERSONA_VER, Estancia).limit(1)) is not None


def refuse_unseen_familia(identity: Identity, familia_id: UUID) -> None:
    """A known family of another territory answers as if absent; a new id passes.

    :raises NotFound: it exists and is not for this account.
    """
    if db.session.get(Familia, familia_id) is not None and not sees_familia(identity, familia_id):
        raise NotFound()
