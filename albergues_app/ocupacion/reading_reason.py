"""When opening a person's page asks why: far from one's own shelter, where a location is reserved, or once it left.

Who runs a shelter or registers at its door has the person in front. Said once, it holds for a shift.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Rol
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.audit.models import Lectura
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.unidas import gather

SHIFT = timedelta(hours=12)
MOTIVOS: dict[str, str] = {
    "duplicado": "Revisar un posible duplicado",
    "correccion": "Corregir o completar sus datos",
    "traslado": "Traslado, egreso o reencuentro familiar",
    "ayuda": "Atención, entrega de ayuda o referencia",
    "persona": "La persona lo pidió",
    "otro": "Otro (escríbalo)",
}


def asks_reason(identity: Identity, activacion: Activacion, persona_id: UUID) -> bool:
    """Must this account say why, before it sees this person?"""
    if not _far(identity, activacion, persona_id):
        return False
    said = select(Lectura.id).where(
        Lectura.persona_id.in_(list(gather([persona_id]))),
        Lectura.cuenta_id == identity.id,
        Lectura.motivo.is_not(None),
        Lectura.registrado_en > clock.now() - SHIFT,
    )
    return db.session.scalar(said.limit(1)) is None


def _far(identity: Identity, activacion: Activacion, persona_id: UUID) -> bool:
    if identity.rol in {Rol.ALBERGUE, Rol.REGISTRO}:
        return False
    if identity.rol is Rol.NACIONAL:
        return True
    inside = select(Estancia.id).where(
        Estancia.persona_id == persona_id,
        Estancia.activacion_id == activacion.id,
        Estancia.egreso_en.is_(None),
    )
    if db.session.scalar(inside.limit(1)) is None:
        return True
    reserved = select(Albergue.ubicacion_reservada).where(Albergue.id == activacion.albergue_id)
    return bool(db.session.scalar(reserved))
