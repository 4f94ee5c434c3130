"""The notices of searches that wait for a sede, each with who asks, for whom, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, role_may, visible
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.core.db import db
from albergues_app.core.keys import KeyMissing
from albergues_app.identidad.models import AvisoBusqueda, Busqueda
from albergues_app.identidad.services.busqueda import NOTA, written
from albergues_app.ocupacion.matches import visible_stays
from albergues_app.ocupacion.queries import PersonaVista, personas_by_id
from albergues_app.ocupacion.unidas import speakers

LIMIT = 50


@dataclass(frozen=True)
class Buscada:
    """A person of this territory who may be looked for, with what the relative said."""

    id: UUID
    persona: PersonaVista
    estancia: Any
    razones: str
    pide: dict[str, str]
    recibida_en: datetime
    intentos: int
    respuesta: str | None
    nota: str


def waiting(identity: Identity) -> tuple[int, datetime | None]:
    """How many notices wait for this account, and since when."""
    if not role_may(identity.rol, Permiso.BUSQUEDA_ATENDER):
        return 0, None
    stmt: Any = (
        select(func.count(), func.min(Busqueda.recibida_en))
        .select_from(AvisoBusqueda)
        .join(Busqueda, Busqueda.id == AvisoBusqueda.busqueda_id)
        .where(AvisoBusqueda.respuesta.is_(None))
    )
    count, oldest = db.session.execute(visible(stmt, identity, Permiso.BUSQUEDA_ATENDER, AvisoBusqueda)).one()
    return int(count), oldest


def notices(identity: Identity) -> list[Buscada]:
    """Those that wait, oldest first, and then those accepted lately; each reading is logged. In ``unit_of_work``."""
    a = AvisoBusqueda
    stmt: Any = (
        select(a, Busqueda)
        .join(Busqueda, Busqueda.id == a.busqueda_id)
        .where(a.respuesta.is_(None) | (a.respuesta == "acepta"))
        .order_by(a.respuesta.is_not(None), Busqueda.recibida_en, a.id)
        .limit(LIMIT)
    )
    rows = db.session.execute(visible(stmt, identity, Permiso.BUSQUEDA_ATENDER, a)).all()
    speaks = speakers(row.persona_id for row, _b in rows)
    people = personas_by_id(speaks.values(), "web:busquedas")
    stays = visible_stays(identity, list(people))
    found = []
    for row, busqueda in rows:
        speaker, pide = speaks[row.persona_id], written(busqueda)
        if pide and speaker in people and speaker in stays:
            found.append(
                Buscada(
                    row.id, people[speaker], stays[speaker], row.razones, pide, busqueda.recibida_en,
                    row.intentos, row.respuesta, _nota(row, busqueda),
                )
            )  # fmt: skip
    return found


def _nota(row: AvisoBusqueda, busqueda: Busqueda) -> str:
    if row.nota is None:
        return ""
    try:
        return str(open_json(seal_for(busqueda.emergencia_id), row.nota, NOTA))
    except KeyMissing:
        return ""


def not_compared() -> int:
    """Requests that no task has compared yet."""
    stmt = select(func.count()).select_from(Busqueda).where(Busqueda.repartida_en.is_(None))
    return int(db.session.scalar(stmt) or 0)
