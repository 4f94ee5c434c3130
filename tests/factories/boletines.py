"""Bulletins, and the three accounts that sign them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from albergues_app.accounts.models import Cuenta
from albergues_app.consolidados.scope import Ambito, Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.reports.situacion import services, snapshot, writing
from albergues_app.reports.situacion.models import Boletin, BoletinSellado, EstadoBoletin
from tests.factories.cuentas import make_cuenta

ADDRESS = "https://albergues.ejemplo.gt/boletines/verificar/"


def actor_of(cuenta: Cuenta) -> Actor:
    return Actor(cuenta.correo, "web", cuenta.id)


def three_persons() -> list[Actor]:
    """Who writes, who reviews, who authorises: national, so that any place is theirs."""
    return [actor_of(make_cuenta("nacional")) for _ in range(3)]


def seen(boletin_id: UUID) -> str:
    """What a reader of the page has before them."""
    return snapshot.content_hash(db.session.get_one(Boletin, boletin_id))


def make_borrador(writer: Actor, emergencia_id: UUID, codigo: str, corte: datetime, **textos: Any) -> UUID:
    """A draft with its texts."""
    key = uuid7()
    with unit_of_work(writer):
        services.create_boletin(key, Pregunta(emergencia_id, Ambito(codigo), corte, clock.now()))
    if textos:
        with unit_of_work(writer):
            services.write_boletin(key, {**writing.empty(), **textos})
    return key


def sign(key: UUID, persons: Sequence[Actor]) -> None:
    """Reviewed by the second, authorised by the third."""
    for person, state in zip(persons[1:], (EstadoBoletin.REVISADO, EstadoBoletin.AUTORIZADO), strict=True):
        with unit_of_work(person):
            services.move_boletin(key, state, seen(key))


def seal(key: UUID, persons: Sequence[Actor]) -> BoletinSellado:
    """Signed and issued."""
    sign(key, persons)
    with unit_of_work(persons[0]):
        row, _ = services.seal_boletin(key, seen(key), ADDRESS)
        row_id = row.id
    db.session.expire_all()
    return db.session.get_one(BoletinSellado, row_id)
