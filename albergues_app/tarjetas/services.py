"""Make a lot, hand a card to a family, and say what became of the others."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from albergues_app.core import clock
from albergues_app.core.db import db, insert_rows
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.ids import SPEAKABLE, speakable_code, uuid7
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.tarjetas.models import EstadoTarjeta, LoteTarjetas, Tarjeta

MAX_TARJETAS = 500
"""Cards of one lot: fifty sheets of carta."""
CAMPO = "tarjeta"

Taken = Callable[[Collection[str]], set[str]]
"""Of these codes, those that a family already has: asked of the package that knows families."""


@dataclass(frozen=True)
class Donde:
    """Where a card is shown."""

    municipio: str
    albergue_id: UUID


def build_lote(
    lote_id: UUID, cantidad: int, municipio: str, albergue_id: UUID | None, albergue_codigo: str | None
) -> LoteTarjetas:
    """The row before it is written, so that a door may look at it."""
    actor = current_actor()
    return LoteTarjetas(
        id=lote_id,
        lote="".join(secrets.choice(SPEAKABLE) for _ in range(5)),
        cantidad=cantidad,
        municipio_codigo=municipio,
        albergue_id=albergue_id,
        albergue_codigo=albergue_codigo,
        creado_en=clock.now(),
        cuenta_id=actor.cuenta_id if actor else None,
    )


def create_lote(row: LoteTarjetas, taken: Taken) -> dict[str, Any]:
    """Write a lot with all its cards, each with a code that nobody has.

    :raises RuleBroken: `cantidad`.
    """
    if not 1 <= row.cantidad <= MAX_TARJETAS:
        raise RuleBroken("cantidad", f"Escriba cuántas tarjetas: de 1 a {MAX_TARJETAS}.", "cantidad")
    db.session.add(row)
    db.session.flush()
    insert_rows(
        Tarjeta,
        [
            {
                "id": uuid7(),
                "codigo": codigo,
                "lote_id": row.id,
                "numero": numero,
                "estado": EstadoTarjeta.LIBRE.value,
                "emergencia_id": None,
                "familia_id": None,
                "motivo": None,
                "cambiada_en": None,
            }
            for numero, codigo in enumerate(_new_codes(row.cantidad, taken), start=1)
        ],
    )
    return {"id": str(row.id), "lote": row.lote, "avisos": []}


def _new_codes(cantidad: int, taken: Taken) -> list[str]:
    found: list[str] = []
    while len(found) < cantidad:
        drawn = {speakable_code() for _ in range(cantidad - len(found))} - set(found)
        found.extend(sorted(drawn - reserved_among(drawn) - taken(drawn)))
    return found


def reserved_among(codes: Collection[str]) -> set[str]:
    """Of these codes, those that are or were on a card: nobody else gets them."""
    return set(db.session.scalars(select(Tarjeta.codigo).where(Tarjeta.codigo.in_(codes))))


def find_card(codigo: str, emergencia_id: UUID, lock: bool = False) -> Tarjeta | None:
    """The card with this code: one of this emergency before one of a lot. ``lock``: to change it."""
    stmt = select(Tarjeta).where(
        Tarjeta.codigo == codigo,
        or_(Tarjeta.lote_id.is_not(None), Tarjeta.emergencia_id == emergencia_id),
    )
    rows = list(db.session.scalars(stmt.with_for_update() if lock else stmt))
    return next((r for r in rows if r.emergencia_id == emergencia_id), rows[0] if rows else None)


def hand_over(codigo: str, familia_id: UUID, emergencia_id: UUID, donde: Donde) -> list[Aviso]:
    """Tie a reserved card to a family, in the caller's unit of work. What there is to look at is told.

    A code of no lot here is told and taken: the caller has made sure that no family has it.

    :raises RuleBroken: `tarjeta_entregada`, `tarjeta_anulada`: two families would answer to one code.
    """
    card = find_card(codigo, emergencia_id, lock=True)
    if card is None:
        return [
            _told("tarjeta_desconocida", f"La tarjeta {codigo} no es de un lote de este sistema. Quedó como código de "
                  "la familia; revise de dónde vino.")
        ]  # fmt: skip
    if card.estado == EstadoTarjeta.ENTREGADA:
        if card.familia_id == familia_id:
            return []
        raise RuleBroken(
            "tarjeta_entregada", f"La tarjeta {codigo} ya se entregó a otra familia. Compárela y use otra.", CAMPO
        )  # fmt: skip
    void = card.estado == EstadoTarjeta.ANULADA or card.familia_id is not None
    if void:
        raise RuleBroken(
            "tarjeta_anulada",
            f"La tarjeta {codigo} está anulada. Use otra, o deje el campo vacío y el sistema da el código.",
            CAMPO,
        )
    told = []
    if card.estado == EstadoTarjeta.PERDIDA:
        told.append(
            _told("tarjeta_aparecida", f"La tarjeta {codigo} estaba como perdida; ahora queda entregada.")
        )
    if not _is_here(card, donde):
        told.append(_told("tarjeta_de_otro_lugar", f"La tarjeta {codigo} se imprimió para otro lugar."))
    card.estado, card.cambiada_en, card.motivo = EstadoTarjeta.ENTREGADA, clock.now(), None
    card.familia_id, card.emergencia_id = familia_id, emergencia_id
    db.session.flush()
    return told


def void_card(codigo: str, familia_id: UUID, emergencia_id: UUID, estado: EstadoTarjeta, motivo: str) -> None:
    """The card of a family no longer counts; its code stays known. The caller gives the family another.

    :raises RuleBroken: `falta_motivo`.
    """
    reason = clean(motivo)[:300]
    if not reason:
        raise RuleBroken("falta_motivo", "Escriba qué pasó con la tarjeta.", "motivo")
    card = find_card(codigo, emergencia_id, lock=True)
    if card is None or card.familia_id != familia_id:
        card = Tarjeta(id=uuid7(), codigo=codigo, emergencia_id=emergencia_id, familia_id=familia_id)
        db.session.add(card)
    card.estado, card.motivo, card.cambiada_en = estado, reason, clock.now()
    db.session.flush()


def mark_tarjetas(lote: LoteTarjetas, numeros: Sequence[int], estado: str, motivo: str) -> dict[str, Any]:
    """Say that cards of a lot were annulled or lost before they were handed out, or came back, and why.

    :raises RuleBroken: `falta_motivo`, `tarjeta_ausente`, `tarjeta_entregada`.
    """
    reason = clean(motivo)[:300]
    if not reason:
        raise RuleBroken("falta_motivo", "Escriba qué pasó con esas tarjetas.", "motivo")
    stmt = select(Tarjeta).where(Tarjeta.lote_id == lote.id, Tarjeta.numero.in_(numeros)).with_for_update()
    found = {card.numero: card for card in db.session.scalars(stmt)}
    if any(n not in found for n in numeros):
        raise RuleBroken("tarjeta_ausente", f"Este lote va de 1 a {lote.cantidad}.", "numeros")
    given = sorted(n for n in numeros if found[n].familia_id is not None)
    if given:
        raise RuleBroken(
            "tarjeta_entregada",
            f"Ya son de una familia: {', '.join(map(str, given))}. Cámbielas en la página de la familia.",
            "numeros",
        )
    moment = clock.now()
    for card in found.values():
        card.estado, card.motivo, card.cambiada_en = EstadoTarjeta(estado), reason, moment
    db.session.flush()
    return {"id": str(lote.id), "marcadas": len(found), "avisos": []}


def forget_reasons(emergencia_id: UUID) -> None:
    """With the key of an emergency goes what people wrote about its cards."""
    stmt = select(Tarjeta).where(Tarjeta.emergencia_id == emergencia_id, Tarjeta.motivo.is_not(None))
    for card in db.session.scalars(stmt):
        card.motivo = None
    db.session.flush()


def _is_here(card: Tarjeta, donde: Donde) -> bool:
    if card.lote_id is None:
        return True
    lote = db.session.get_one(LoteTarjetas, card.lote_id)
    if lote.albergue_id is not None:
        return lote.albergue_id == donde.albergue_id
    return lote.municipio_codigo == donde.municipio


def _told(codigo: str, mensaje: str) -> Aviso:
    return Aviso(codigo, mensaje, CAMPO)
