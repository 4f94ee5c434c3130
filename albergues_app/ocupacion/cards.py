"""Cards of families: the codes families have, another card for the one that was lost, and cards to print."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.albergues.models import Activacion
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import read_code, speakable_code
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.tarjetas.models import EstadoTarjeta
from albergues_app.tarjetas.services import CAMPO, Donde, hand_over, reserved_among, void_card

MAX_PRINTED = 500


def codes_of_families(codes: Collection[str]) -> set[str]:
    """Of these codes, those that a family of any emergency has."""
    return set(db.session.scalars(select(Familia.codigo).where(Familia.codigo.in_(codes))))


def codes_inside(activacion_id: UUID) -> list[str]:
    """Codes of the families with somebody inside, in order: the cards of a shelter."""
    e, f = Estancia.__table__, Familia.__table__
    stmt = (
        select(f.c.codigo)
        .join_from(e, f, f.c.id == e.c.familia_id)
        .where(e.c.activacion_id == activacion_id, e.c.egreso_en.is_(None))
        .distinct()
        .order_by(f.c.codigo)
    )
    return list(db.session.scalars(stmt))


@dataclass(frozen=True)
class Reposicion:
    """Another card for a family: what happened to the old one, and the new one where it was printed before."""

    familia_id: UUID
    estado: EstadoTarjeta
    motivo: str
    nueva: str = ""


def replace_card(datos: Reposicion, activacion: Activacion) -> dict[str, Any]:
    """Give a family another code; the old one stays known as annulled. In the caller's unit of work.

    :raises RuleBroken: `falta_motivo`, `tarjeta_mal_escrita`, `tarjeta_entregada`, `tarjeta_anulada`.
    """
    familia = db.session.get_one(Familia, datos.familia_id, with_for_update=True)
    old = familia.codigo
    avisos = []
    if datos.nueva:
        new = read_code(datos.nueva)
        if new is None:
            raise RuleBroken(
                "tarjeta_mal_escrita",
                "El código de la tarjeta nueva tiene un signo equivocado. Compárelo, o borre el campo.",
                CAMPO,
            )
        if new == old or _is_taken(new, familia.emergencia_id):
            raise RuleBroken(
                "tarjeta_entregada", f"La tarjeta {new} ya es de una familia registrada. Use otra.", CAMPO
            )
    else:
        new = _draw(familia.emergencia_id)
    void_card(old, familia.id, familia.emergencia_id, datos.estado, datos.motivo)
    if datos.nueva:
        here = Donde(activacion.municipio_codigo, activacion.albergue_id)
        avisos = hand_over(new, familia.id, familia.emergencia_id, here)
    familia.codigo = new
    db.session.flush()
    return {"familia": str(familia.id), "codigo": new, "avisos": [a.as_dict() for a in avisos]}


def _is_taken(code: str, emergencia_id: UUID) -> bool:
    stmt = select(Familia.id).where(Familia.codigo == code, Familia.emergencia_id == emergencia_id)
    return db.session.scalar(stmt) is not None


def _draw(emergencia_id: UUID) -> str:
    while True:
        code = speakable_code()
        if not reserved_among([code]) and not _is_taken(code, emergencia_id):
            return code
