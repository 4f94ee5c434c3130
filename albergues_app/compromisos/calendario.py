"""The commitments as a calendar (iCalendar, RFC 5545), at a secret address that its owner can end at once.

Whoever holds the address reads it, and a calendar's provider does: so what was promised, typed by people, is not in
it. An event says folio, institution's kind of origin, priority and place, and leads to the page, behind the log-in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts import passwords
from albergues_app.accounts.identity import Identity, load_identity
from albergues_app.accounts.permissions import Permiso, role_may, visible
from albergues_app.compromisos.models import ORIGEN_NOMBRE, PRIORIDAD_NOMBRE, CalendarioPrivado, Compromiso
from albergues_app.compromisos.queries import LIVE, Fila, rows
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.core.ids import uuid7

if TYPE_CHECKING:
    from icalendar import Event

ALCANCE: dict[str, str] = {"mios": "Los que están a mi cargo", "territorio": "Todos los de mi territorio"}
MOST = 1000
_PRIORITY = {"rutina": 5, "prioritario": 3, "urgente": 1}
"""RFC 5545 3.8.1.9: 1 is the highest."""


def open_calendar(cuenta_id: UUID, alcance: str) -> str:
    """A new address for an account; the one before stops answering. Returns its secret, which is shown once."""
    close_calendar(cuenta_id)
    token = passwords.new_token()
    db.session.add(
        CalendarioPrivado(
            id=uuid7(), cuenta_id=cuenta_id, token_hash=passwords.token_hash(token),
            alcance=alcance if alcance in ALCANCE else "mios", creado_en=clock.now(),
        )
    )  # fmt: skip
    db.session.flush()
    return token


def close_calendar(cuenta_id: UUID) -> None:
    """The address stops answering."""
    for row in db.session.scalars(
        select(CalendarioPrivado).where(
            CalendarioPrivado.cuenta_id == cuenta_id, CalendarioPrivado.revocado_en.is_(None)
        )
    ):
        row.revocado_en = clock.now()
    db.session.flush()


def calendar_of(cuenta_id: UUID) -> CalendarioPrivado | None:
    """The address in force of an account."""
    stmt = select(CalendarioPrivado).where(
        CalendarioPrivado.cuenta_id == cuenta_id, CalendarioPrivado.revocado_en.is_(None)
    )
    return db.session.scalar(stmt)


def read_calendar(token: str) -> tuple[Identity, list[Fila]] | None:
    """Whose calendar it is, as the account is today, and what is to do; None when the address does not answer."""
    row = db.session.scalar(
        select(CalendarioPrivado).where(
            CalendarioPrivado.token_hash == passwords.token_hash(token),
            CalendarioPrivado.revocado_en.is_(None),
        )
    )
    cuenta = load_identity(row.cuenta_id) if row is not None else None
    if row is None or cuenta is None or not role_may(cuenta.rol, Permiso.COMPROMISO_VER):
        return None
    c = table_of(Compromiso).c
    stmt = visible(select(table_of(Compromiso)).where(LIVE), cuenta, Permiso.COMPROMISO_VER, Compromiso)
    if row.alcance == "mios":
        stmt = stmt.where(c.cuenta_id == cuenta.id)
    return cuenta, rows(stmt.order_by(c.vence_en, c.id).limit(MOST), clock.now())


def as_ical(filas: Sequence[Fila], address: Callable[[Fila], str], training: bool) -> bytes:
    """The feed; the same commitments give the same bytes."""
    from icalendar import Calendar

    cal = Calendar()
    cal.add("prodid", "-//Albergues//Compromisos//ES")
    cal.add("version", "2.0")
    cal.add("method", "PUBLISH")
    cal.add("x-wr-calname", "Compromisos (CAPACITACIÓN)" if training else "Compromisos")
    cal.add("x-published-ttl", "PT6H")
    for fila in filas:
        cal.add_component(_event(fila, address(fila)))
    content: bytes = cal.to_ical()
    return content


def _event(fila: Fila, url: str) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", f"{fila.id}@compromisos.albergues")
    event.add("dtstamp", _whole(fila.actualizado_en))
    event.add("last-modified", _whole(fila.actualizado_en))
    event.add("sequence", fila.reprogramaciones)
    event.add("dtstart", fila.vence_en if fila.con_hora else fila.dia)
    event.add("summary", f"Vence {fila.folio} · {fila.lugar}")
    said = [
        f"Prioridad: {PRIORIDAD_NOMBRE[fila.prioridad].lower()}.",
        f"Sale de: {ORIGEN_NOMBRE[fila.origen_clase].lower()}.",
        "Entre para leerlo:",
        url,
    ]
    event.add("description", "\n".join(said))
    event.add("url", url)
    event.add("priority", _PRIORITY[fila.prioridad])
    event.add("categories", ["Compromisos"])
    event.add("transp", "TRANSPARENT")
    return event


def _whole(instant: datetime) -> datetime:
    return clock.as_utc(instant).replace(microsecond=0)
