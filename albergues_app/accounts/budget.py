"""How often an account may do, in an hour, what could list people one by one (confiabilidad.md part 5, T15).

Counted in the database by one statement, so that processes share it and a restart forgets nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import case, select
from sqlalchemy.dialects import postgresql, sqlite

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Intento
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.core.errors import TooMany
from albergues_app.core.unit_of_work import unit_of_work

HOUR = timedelta(hours=1)

BUSQUEDA, INDICIO = "BUSQUEDAS_HORA", "INDICIOS_HORA"
"""Each budget by the setting that says how much it is: looking a person up; the hint that one is elsewhere."""

_T = table_of(Intento)


def _key(identity: Identity, cual: str) -> str:
    return f"b:{cual}:{identity.id.hex}"


def exhausted(identity: Identity, cual: str) -> bool:
    """True when nothing is left of this hour."""
    row = db.session.execute(
        select(_T.c.fallos).where(_T.c.clave == _key(identity, cual), _T.c.espera_hasta > clock.now())
    ).first()
    return row is not None and row.fallos >= current_app.config[cual]


def count(identity: Identity, cual: str) -> bool:
    """Take one, inside the caller's unit of work; False when there was none left."""
    moment = clock.now()
    over = _T.c.espera_hasta <= moment
    fresh = {"fallos": 1, "ultimo_en": moment, "espera_hasta": moment + HOUR}
    dialect: Any = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    stmt = (
        dialect.insert(_T)
        .values(clave=_key(identity, cual), **fresh)
        .on_conflict_do_update(
            index_elements=["clave"],
            set_={
                "fallos": case((over, 1), else_=_T.c.fallos + 1),
                "ultimo_en": moment,
                "espera_hasta": case((over, moment + HOUR), else_=_T.c.espera_hasta),
            },
        )
        .returning(_T.c.fallos)
    )
    return int(db.session.connection().execute(stmt).scalar_one()) <= int(current_app.config[cual])


def spend(identity: Identity, cual: str) -> None:
    """Take one, in a unit of work of its own.

    :raises TooMany: none is left of this hour.
    """
    with unit_of_work(identity.as_actor("web")):
        left = count(identity, cual)
    if not left:
        until = db.session.execute(
            select(_T.c.espera_hasta).where(_T.c.clave == _key(identity, cual))
        ).scalar_one()
        seconds = max(1, int((until - clock.now()).total_seconds()) + 1)
        raise TooMany(
            f"Ya consultó demasiadas veces en esta hora. Espere {(seconds + 59) // 60} minutos, o pregunte a su "
            "sede.",
            seconds,
        )
