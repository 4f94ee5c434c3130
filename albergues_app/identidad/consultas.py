"""What other sedes ask this one, and what this one asked: two lists, each with what its side may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.permissions import Permiso, role_may, visible
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.core.db import db
from albergues_app.core.keys import KeyMissing
from albergues_app.identidad.models import Consulta
from albergues_app.identidad.services.consulta import CONTEXTO
from albergues_app.ocupacion.matches import visible_stays
from albergues_app.ocupacion.queries import PersonaVista, personas_by_id
from albergues_app.ocupacion.unidas import speakers
from albergues_app.territorio.catalogo import catalogo

LIMIT = 50


@dataclass(frozen=True)
class Recibida:
    """A question of another territory about a person of this one."""

    id: UUID
    persona: PersonaVista | None
    estancia: Any
    escrito: dict[str, str]
    departamento: str
    """Where it is asked from: the department, no more."""
    pedida_en: datetime
    respuesta: str | None


@dataclass(frozen=True)
class Enviada:
    """A question of this desk. Whom it was asked of is not told, unless that sede says «llame»."""

    id: UUID
    escrito: dict[str, str]
    albergue: str
    pedida_en: datetime
    respuesta: str | None
    respondida_en: datetime | None
    sede: str
    llamar_a: str


def _open(row: Consulta) -> dict[str, str]:
    try:
        return dict(open_json(seal_for(row.emergencia_id), row.escrito, CONTEXTO))
    except KeyMissing:
        return {}


def waiting(identity: Identity) -> tuple[int, datetime | None]:
    """How many questions wait for this account's answer, and since when."""
    if not role_may(identity.rol, Permiso.CONSULTA_RESPONDER):
        return 0, None
    stmt: Any = select(func.count(), func.min(Consulta.pedida_en)).where(Consulta.respuesta.is_(None))
    count, oldest = db.session.execute(visible(stmt, identity, Permiso.CONSULTA_RESPONDER, Consulta)).one()
    return int(count), oldest


def received(identity: Identity) -> list[Recibida]:
    """Unanswered ones and «llame», oldest first; the reading is logged. Inside ``unit_of_work``."""
    if not role_may(identity.rol, Permiso.CONSULTA_RESPONDER):
        return []
    stmt: Any = (
        select(Consulta)
        .where(Consulta.respuesta.is_(None) | (Consulta.respuesta == "llame"))
        .order_by(Consulta.respuesta.is_not(None), Consulta.pedida_en, Consulta.id)
        .limit(LIMIT)
    )
    rows = list(db.session.scalars(visible(stmt, identity, Permiso.CONSULTA_RESPONDER, Consulta)))
    speaks = speakers(row.persona_id for row in rows)
    people = personas_by_id(speaks.values(), "web:consultas")
    stays = visible_stays(identity, list(people))
    asking = {
        row.id: row.municipio_codigo
        for row in db.session.execute(
            select(Activacion.id, Activacion.municipio_codigo).where(
                Activacion.id.in_([row.pide_activacion_id for row in rows])
            )
        )
    }
    known = catalogo()
    return [
        Recibida(
            row.id,
            people.get(speaks[row.persona_id]),
            stays.get(speaks[row.persona_id]),
            _open(row),
            known.departamento_nombre(asking[row.pide_activacion_id]),
            row.pedida_en,
            row.respuesta,
        )
        for row in rows
    ]


def sent(identity: Identity) -> list[Enviada]:
    """The newest questions of the shelters where this account registers."""
    stmt: Any = (
        select(Consulta, Albergue.nombre)
        .join(Activacion, Activacion.id == Consulta.pide_activacion_id)
        .join(Albergue, Albergue.id == Activacion.albergue_id)
        .order_by(Consulta.pedida_en.desc(), Consulta.id)
        .limit(LIMIT)
    )
    rows = db.session.execute(visible(stmt, identity, Permiso.INGRESO_REGISTRAR, Activacion)).all()
    names = {
        row.id: row.nombre
        for row in db.session.execute(
            select(Cuenta.id, Cuenta.nombre).where(
                Cuenta.id.in_([c.cuenta_id for c, _n in rows if c.cuenta_id])
            )
        )
    }
    known = catalogo()
    found = []
    for row, albergue in rows:
        calls = row.respuesta == "llame"
        sede = known.sedes.get(known.sede_de.get(row.municipio_codigo, "")) if calls else None
        found.append(
            Enviada(
                row.id, _open(row), albergue, row.pedida_en, row.respuesta, row.respondida_en,
                sede.nombre if sede else "", names.get(row.cuenta_id, "") if calls else "",
            )
        )  # fmt: skip
    return found
