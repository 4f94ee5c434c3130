"""Sheets of a COE that come by paper, by file or from a program: which COE they are of, and whether it takes them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.permissions import Permiso
from albergues_app.capturas.firma import Hecho, actor_may, note_effect
from albergues_app.capturas.models import Registro
from albergues_app.capturas.services import RegistroNuevo
from albergues_app.coe.models import Coe
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso


def coe_of(departamento: str, municipio: str | None, emergencia_id: UUID | None) -> Coe | None:
    """The COE at work in that very place, of the emergency if one was named; None also where there are several."""
    stmt = select(Coe).where(
        Coe.desactivado_en.is_(None),
        Coe.departamento_codigo == departamento,
        Coe.municipio_codigo == municipio if municipio else Coe.municipio_codigo.is_(None),
    )
    if emergencia_id is not None:
        stmt = stmt.where(Coe.emergencia_id == emergencia_id)
    found = db.session.scalars(stmt.limit(2)).all()
    return found[0] if len(found) == 1 else None


def coe_of_record(row: Registro) -> Coe | None:
    """The COE that a record is of."""
    return coe_of(row.departamento_codigo, row.municipio_codigo, row.emergencia_id)


def coe_for(datos: RegistroNuevo) -> Coe | Aviso:
    """The COE that a sheet is written to by who is at work, or why it is not."""
    lugar = datos.lugar
    coe = coe_of(lugar.departamento, lugar.municipio, lugar.emergencia_id)
    if coe is None:
        return not_written("no hay un COE activo en ese lugar para esa emergencia")
    if not actor_may(Permiso.COE_ESCRIBIR, coe):
        return not_written("la escriben los miembros de ese COE")
    return coe


def not_written(why: str) -> Aviso:
    """The sheet stays, and its COE was told nothing."""
    return Aviso(
        "bitacora_sin_escribir", f"La hoja quedó guardada, pero no pasó a la bitácora del COE: {why}."
    )


def wrote(datos: RegistroNuevo, captura_id: UUID, coe: Coe, dice: str) -> Aviso:
    """Note what a sheet wrote to its COE; what to tell of it."""
    note_effect(datos.id, captura_id, Hecho("coe", coe.id, dice))
    return Aviso("escrita_en_bitacora", f"{dice}.")
