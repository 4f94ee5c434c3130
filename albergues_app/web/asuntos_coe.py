"""Matters of «Hoy» that come from a COE."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.permissions import Permiso, role_may, visible
from albergues_app.coe.models import Coe
from albergues_app.coe.models_turno import EntregaTurno, EstadoEntrega
from albergues_app.coe.paper import place_name
from albergues_app.core.db import db
from albergues_app.web.asunto import Asunto
from albergues_app.web.presentation import cuando
from albergues_app.web.shell import ruta


def handed_over(identity: Identity, now: datetime) -> list[Asunto]:
    """Shifts of a COE that were handed over to this account and wait for it."""
    if not role_may(identity.rol, Permiso.COE_ESCRIBIR):
        return []
    stmt: Any = (
        select(Coe, EntregaTurno, Cuenta.nombre)
        .join(EntregaTurno, EntregaTurno.coe_id == Coe.id)
        .join(Cuenta, Cuenta.id == EntregaTurno.saliente_id)
        .where(
            EntregaTurno.estado == EstadoEntrega.FIRMADA,
            EntregaTurno.entrante_id == identity.id,
            Coe.desactivado_en.is_(None),
        )
        .order_by(EntregaTurno.firmada_en)
    )
    return [
        Asunto(
            "alto",
            f"Le entregan el turno del {place_name(coe)}",
            f"{name} firmó {cuando(row.firmada_en, now)}; no puede anotar hasta aceptarlo",
            "Leer y aceptar",
            ruta("coe.entrega_turno", coe_id=coe.id, relevo_id=row.id),
            "libro",
        )
        for coe, row, name in db.session.execute(visible(stmt, identity, Permiso.COE_ESCRIBIR, Coe))
    ]
