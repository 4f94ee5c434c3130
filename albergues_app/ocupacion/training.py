"""Synthetic people never mix with real ones."""

from __future__ import annotations

from sqlalchemy import select

from albergues_app.core.db import db
from albergues_app.core.instance import is_training
from albergues_app.ocupacion.models import Persona


def has_real_personas() -> bool:
    """True when the instance holds persons and is not marked Capacitación."""
    return not is_training() and db.session.execute(select(Persona.id).limit(1)).first() is not None
