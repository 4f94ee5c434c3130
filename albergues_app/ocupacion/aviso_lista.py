"""The advices of a shelter's gate as a list, and one of them with its reason, for whoever may put them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from albergues_app.accounts.models import Cuenta
from albergues_app.core.db import db, table_of
from albergues_app.ocupacion.avisos_puerta import MOTIVO, RETIRO, AvisoVisto, as_seen, opened
from albergues_app.ocupacion.models import Familia, Persona
from albergues_app.ocupacion.models_aviso import AvisoPuerta
from albergues_app.ocupacion.models_derivadas import Estancia

_PAST_SHOWN = 20
_A, _P, _E = table_of(AvisoPuerta), table_of(Persona), table_of(Estancia)


@dataclass(frozen=True)
class AvisoEnLista:
    """An advice beside whom it is about; ``visto`` None: its key was destroyed and nobody reads it any more."""

    fila: Any
    visto: AvisoVisto | None
    familia: str | None
    puso: str | None
    retiro: str | None
    """Who withdrew it."""

    def aun_no(self, now: datetime) -> bool:
        """It begins later."""
        return self.fila.desde > now

    def vive(self, now: datetime) -> bool:
        return self.fila.retirado_en is None and self.fila.hasta > now


def advices_of(activacion_id: UUID, now: datetime, past: bool = False) -> list[AvisoEnLista]:
    """Those put at this shelter and those about whoever is inside it now; ``past``: the last ones that ended."""
    stmt = _with_person().where(_about(activacion_id))
    lives = and_(_A.c.retirado_en.is_(None), _A.c.hasta > now)
    if past:
        ended = func.coalesce(_A.c.retirado_en, _A.c.hasta)
        return _told(stmt.where(~lives).order_by(ended.desc(), _A.c.id).limit(_PAST_SHOWN))
    return _told(stmt.where(lives).order_by(_A.c.hasta, _A.c.id))


def advice_of(activacion_id: UUID, aviso_id: UUID) -> AvisoEnLista | None:
    """One of those that ``advices_of`` may list; else None."""
    stmt = _with_person().where(_A.c.id == aviso_id, _about(activacion_id))
    return next(iter(_told(stmt)), None)


def reason_of(fila: Any) -> str | None:
    """Why it stands. The caller notes who reads it."""
    return opened(fila.emergencia_id, fila.motivo, MOTIVO)


def withdrawal_of(fila: Any) -> str | None:
    """Why it was withdrawn."""
    return None if fila.motivo_retiro is None else opened(fila.emergencia_id, fila.motivo_retiro, RETIRO)


def _with_person() -> Any:
    return select(_A).select_from(_A.outerjoin(_P, _P.c.id == _A.c.persona_id))


def _about(activacion_id: UUID) -> ColumnElement[bool]:
    """Put at this shelter, or about somebody who is inside it now: whoever left is no longer this gate's."""
    here = _E.c.activacion_id == activacion_id, _E.c.egreso_en.is_(None)
    return or_(
        _A.c.activacion_id == activacion_id,
        func.coalesce(_P.c.unida_a, _A.c.persona_id).in_(select(_E.c.persona_id).where(*here)),
        _A.c.familia_id.in_(select(_E.c.familia_id).where(*here)),
    )


def _told(stmt: Any) -> list[AvisoEnLista]:
    rows = db.session.execute(stmt).all()
    families = _words(select(Familia.id, Familia.codigo), Familia.id, {r.familia_id for r in rows})
    accounts = {r.cuenta_id for r in rows} | {r.retirado_por for r in rows}
    names = _words(select(Cuenta.id, Cuenta.nombre), Cuenta.id, accounts)
    return [
        AvisoEnLista(
            r, as_seen(r), families.get(r.familia_id), names.get(r.cuenta_id), names.get(r.retirado_por)
        )
        for r in rows
    ]


def _words(stmt: Any, column: Any, ids: Collection[UUID | None]) -> dict[UUID | None, str]:
    wanted = [i for i in ids if i is not None]
    return {row[0]: row[1] for row in db.session.execute(stmt.where(column.in_(wanted)))} if wanted else {}
