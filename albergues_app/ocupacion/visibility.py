"""Whom an account may know of: persons and families with a stay in its territory. The rest is absent."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, role_may, visible
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.ocupacion.models import Familia, Movimiento, Persona, Pertenencia
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.models_fuera import FamiliaFuera
from albergues_app.ocupacion.services.movimiento import pending_transfers
from albergues_app.ocupacion.unidas import speakers


def seen_personas(identity: Identity, ids: Iterable[UUID]) -> set[UUID]:
    """Of these persons, those with a stay, open or past, in the account's territory. Joined records are seen alike."""
    speaks = speakers(ids)
    stmt = select(Estancia.persona_id).where(Estancia.persona_id.in_(set(speaks.values()))).distinct()
    seen = set(db.session.scalars(visible(stmt, identity, Permiso.PERSONA_VER, Estancia)))
    found = {i for i, speaker in speaks.items() if speaker in seen}
    return found | _outside_here(identity, set(speaks) - found)


def _near(identity: Identity) -> ColumnElement[bool]:
    """Families outside shelters in one's territory, or in the municipality of one's shelters, where they may walk in."""
    f = FamiliaFuera
    near = {codigo[:4] for codigo in identity.albergues} | identity.municipios
    return or_(
        true() if identity.nacional else false(),
        f.municipio_codigo.in_(near),
        f.departamento_codigo.in_(identity.departamentos),
    )


def _outside_here(identity: Identity, ids: set[UUID]) -> set[UUID]:
    """Of these persons, members of a family registered outside shelters near this account."""
    if not ids or not role_may(identity.rol, Permiso.PERSONA_VER):
        return set()
    p, f = Pertenencia, FamiliaFuera
    stmt = select(p.persona_id).join(f, f.familia_id == p.familia_id).where(p.persona_id.in_(ids))
    return set(db.session.scalars(stmt.where(_near(identity))))


def refuse_unseen(identity: Identity, ids: Iterable[UUID]) -> None:
    """Ids that exist and are not for this account answer as if absent; new ids pass.

    :raises NotFound: one of them is a person of another territory.
    """
    wanted = list(dict.fromkeys(ids))
    known = set(db.session.scalars(select(Persona.id).where(Persona.id.in_(wanted))))
    if known and known - seen_personas(identity, known):
        raise NotFound()


def sees_familia(identity: Identity, familia_id: UUID) -> bool:
    """Whether a member has, or had, a stay in the account's territory, or the family is registered outside near it."""
    stmt = select(Estancia.id).where(Estancia.familia_id == familia_id)
    if db.session.scalar(visible(stmt, identity, Permiso.PERSONA_VER, Estancia).limit(1)) is not None:
        return True
    outside = select(FamiliaFuera.id).where(FamiliaFuera.familia_id == familia_id, _near(identity))
    return role_may(identity.rol, Permiso.PERSONA_VER) and db.session.scalar(outside.limit(1)) is not None


def refuse_unseen_familia(identity: Identity, familia_id: UUID) -> None:
    """A known family of another territory answers as if absent; a new id passes.

    :raises NotFound: it exists and is not for this account.
    """
    if db.session.get(Familia, familia_id) is not None and not sees_familia(identity, familia_id):
        raise NotFound()


def refuse_foreign_ingreso(
    identity: Identity, activacion_id: UUID, familia_id: UUID, ids: Iterable[UUID]
) -> None:
    """A check-in by ids made elsewhere: new ones pass, and those of this territory or on their way here.

    Who is inside another shelter passes too: the register itself answers `estancia_abierta`, for the whole country.

    :raises NotFound: a known person or family of another territory, that is nowhere now.
    """
    if identity.nacional:
        return
    wanted = set(ids)
    known = set(db.session.scalars(select(Persona.id).where(Persona.id.in_(wanted))))
    family_known = db.session.scalar(select(Familia.id).where(Familia.id == familia_id)) is not None
    if not (known or family_known):
        return
    speaking = set(speakers(known).values())
    inside = select(Estancia.id).where(Estancia.persona_id.in_(speaking), Estancia.egreso_en.is_(None))
    if db.session.scalar(inside.limit(1)) is not None:
        return
    m = Movimiento.__table__
    coming = pending_transfers(activacion_id)

    def among_mine(column: ColumnElement[UUID | None], values: set[UUID]) -> set[UUID | None]:
        stmt = select(column).where(column.in_(values)).distinct()
        return set(db.session.scalars(visible(stmt, identity, Permiso.PERSONA_VER, Movimiento)))

    foreign = known - {t.persona_id for t in coming}
    if foreign and foreign - among_mine(m.c.persona_id, foreign):
        raise NotFound()
    expected = familia_id in {t.familia_id for t in coming}
    if family_known and not expected and not among_mine(m.c.familia_id, {familia_id}):
        raise NotFound()
