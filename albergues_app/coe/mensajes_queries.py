"""Read the messages of a COE: which it sent and received, how many wait, to whom it may write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from albergues_app.accounts.identity import Identity, build_identity
from albergues_app.accounts.models import Cuenta, CuentaTerritorio, Rol
from albergues_app.accounts.permissions import Permiso, permits, role_may
from albergues_app.audit.models import Captura
from albergues_app.coe.hojas import open_sheet
from albergues_app.coe.models import Coe, NivelCoe
from albergues_app.coe.models_sci import MensajeCoe, MensajeRespuesta
from albergues_app.coe.paper import place_name
from albergues_app.core.db import db, run
from albergues_app.core.text import normalize

_M, _R, _C = MensajeCoe.__table__, MensajeRespuesta.__table__, Captura.__table__


@dataclass(frozen=True)
class Mensaje:
    """A message as a COE reads it; ``hoja`` is None when it was destroyed with the emergency's key."""

    id: UUID
    coe_id: UUID
    destino: str
    coe_destino_id: UUID | None
    cuenta_destino_id: UUID | None
    prioridad: str
    pide_respuesta: bool
    ocurrido_en: datetime
    registrado_en: datetime
    cuenta_id: UUID | None
    folio: int
    folio_destino: int | None
    huella: str
    hoja: dict[str, Any] | None
    respondido_en: datetime | None = None
    respuesta_cuenta_id: UUID | None = None
    respuesta_folio: int | None = None
    respuesta_folio_destino: int | None = None

    @property
    def estado(self) -> str:
        """`respondido` or `sin_respuesta`."""
        return "respondido" if self.respondido_en else "sin_respuesta"

    def dice(self, name: str) -> str:
        """What the sheet says in a field; "" when it says nothing."""
        value = (self.hoja or {}).get(name)
        return "" if value is None else str(value)

    def folios_in(self, coe_id: UUID) -> list[int]:
        """Its entries in the log of one of its two COEs: the message and, once there is one, its answer."""
        own = coe_id == self.coe_id
        found = (
            (self.folio, self.respuesta_folio) if own else (self.folio_destino, self.respuesta_folio_destino)
        )
        return [folio for folio in found if folio is not None]


@dataclass(frozen=True)
class Filtro:
    """Which messages of a COE; each part stands in the address."""

    estado: str = ""
    sentido: str = ""
    q: str = ""

    def address(self, **changes: Any) -> dict[str, Any]:
        """The parts of the address with some changed; what says nothing is left out."""
        whole = {"estado": self.estado, "sentido": self.sentido, "q": self.q, **changes}
        return {name: value for name, value in whole.items() if value}


def related_coes(coe: Coe) -> list[Coe]:
    """The COEs at work for the same emergency above and below this one: whom it may write to."""
    stmt = select(Coe).where(
        Coe.emergencia_id == coe.emergencia_id,
        Coe.id != coe.id,
        Coe.desactivado_en.is_(None),
        _in_line_with(coe),
    )
    order = list(NivelCoe)
    return sorted(db.session.scalars(stmt), key=lambda c: (order.index(NivelCoe(c.nivel)), place_name(c)))


def _in_line_with(coe: Coe) -> ColumnElement[bool]:
    national = Coe.nivel == NivelCoe.NACIONAL
    if coe.nivel == NivelCoe.NACIONAL:
        return ~national
    same = Coe.departamento_codigo == coe.departamento_codigo
    if coe.nivel == NivelCoe.DEPARTAMENTAL:
        return or_(national, and_(Coe.nivel == NivelCoe.MUNICIPAL, same))
    return or_(national, and_(Coe.nivel == NivelCoe.DEPARTAMENTAL, same))


def people_of(coe: Coe) -> list[Identity]:
    """The accounts that may write in the log of a COE, by name: the persons of it that a message can be for."""
    sit = [rol for rol in Rol if role_may(rol, Permiso.COE_ESCRIBIR)]
    c, t = Cuenta.__table__, CuentaTerritorio.__table__
    stmt = (
        select(c.c.id, c.c.correo, c.c.nombre, c.c.rol, c.c.clave_hash, t.c.clase, t.c.codigo)
        .select_from(c.outerjoin(t, t.c.cuenta_id == c.c.id))
        .where(c.c.activa, c.c.rol.in_(sit))
        .order_by(c.c.nombre, c.c.id)
    )
    found = []
    for _, group in groupby(run(stmt), key=lambda row: row.id):
        rows = list(group)
        who = build_identity(rows[0], [(r.clase, r.codigo) for r in rows if r.clase is not None])
        if permits(who, Permiso.COE_ESCRIBIR, coe):
            found.append(who)
    return found


def _waits() -> ColumnElement[bool]:
    """It asked for an answer and has none: what asks for none waits for nothing."""
    return and_(_R.c.id.is_(None), _M.c.pide_respuesta)


def _of(coe: Coe) -> ColumnElement[bool]:
    return or_(_M.c.coe_id == coe.id, _M.c.coe_destino_id == coe.id)


def _read(coe: Coe, *conditions: ColumnElement[bool]) -> list[Mensaje]:
    # The sheet in force is the answer's when there is one: it holds the message too.
    answer = (
        _R.c.ocurrido_en.label("respondido_en"), _R.c.cuenta_id.label("respuesta_cuenta_id"),
        _R.c.folio.label("respuesta_folio"), _R.c.folio_destino.label("respuesta_folio_destino"),
    )  # fmt: skip
    stmt = (
        select(_M, *answer, _C.c.respuestas, _C.c.huella)
        .outerjoin(_R, _R.c.mensaje_id == _M.c.id)
        .join(_C, _C.c.id == func.coalesce(_R.c.captura_id, _M.c.captura_id))
        .where(_of(coe), *conditions)
        .order_by(_M.c.ocurrido_en.desc(), _M.c.id)
    )
    names = Mensaje.__dataclass_fields__.keys() - {"hoja"}
    return [
        Mensaje(**{n: row[n] for n in names}, hoja=open_sheet(coe.emergencia_id, row["respuestas"]))
        for row in run(stmt).mappings()
    ]


def messages_of(coe: Coe, filtro: Filtro | None = None) -> list[Mensaje]:
    """The messages that a COE sent or received and that meet a filter, the latest first."""
    filtro = filtro or Filtro()
    conditions: list[ColumnElement[bool]] = []
    if filtro.estado:
        answered = _R.c.id.is_not(None)
        conditions.append(answered if filtro.estado == "respondido" else _waits())
    if filtro.sentido == "enviados":
        conditions.append(_M.c.coe_id == coe.id)
    elif filtro.sentido == "recibidos":
        conditions.append(_M.c.coe_destino_id == coe.id)
    found, words = _read(coe, *conditions), normalize(filtro.q).split()
    if words:
        found = [
            m
            for m in found
            if all(w in normalize(" ".join(map(str, (m.hoja or {}).values()))) for w in words)
        ]
    return found


def message_of(coe: Coe, mensaje_id: UUID) -> Mensaje | None:
    """One message that this COE sent or received."""
    found = _read(coe, _M.c.id == mensaje_id)
    return found[0] if found else None


def count_messages(coe: Coe) -> dict[str, int]:
    """How many messages each quick filter would show, by one statement."""
    waiting, mine = _waits(), _M.c.coe_id == coe.id
    stmt = (
        select(
            func.count().label("todos"),
            func.count().filter(waiting, ~mine).label("por_responder"),
            func.count().filter(waiting, mine).label("esperan"),
            func.count().filter(_R.c.id.is_not(None)).label("respondidos"),
        )
        .select_from(_M.outerjoin(_R, _R.c.mensaje_id == _M.c.id))
        .where(_of(coe))
    )
    return dict(run(stmt).mappings().one())


def messages_by_folio(coe: Coe, folios: Sequence[int]) -> dict[int, UUID]:
    """Of these folios of the log, those that tell of a message or of its answer → that message."""
    own, other = (_M.c.folio, _R.c.folio), (_M.c.folio_destino, _R.c.folio_destino)
    found: dict[int, UUID] = {}
    for side, columns in ((_M.c.coe_id, own), (_M.c.coe_destino_id, other)):
        stmt = (
            select(_M.c.id, *columns)
            .outerjoin(_R, _R.c.mensaje_id == _M.c.id)
            .where(side == coe.id, or_(*(column.in_(folios) for column in columns)))
        )
        for mensaje_id, sent, answered in run(stmt) if folios else ():
            found |= {folio: mensaje_id for folio in (sent, answered) if folio is not None}
    return found


def answers_here(mensaje: Mensaje, coe_id: UUID) -> bool:
    """Does this COE write the answer? The one it went to; where it went to no COE, the one that sent it."""
    return coe_id == (mensaje.coe_destino_id or mensaje.coe_id)
