"""What families of open shelters need and nobody attended in time, to who can attend it: the shelter, its municipality."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from albergues_app.accounts.doors import visible
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.core.db import db
from albergues_app.ocupacion.necesidades import late_by_shelter
from albergues_app.web.asunto import Asunto
from albergues_app.web.presentation import numero
from albergues_app.web.shell import ruta


def needs(identity: Identity, now: datetime) -> list[Asunto]:
    """One line a shelter. The sede and the nation see them on the page of each shelter."""
    if identity.nacional or identity.departamentos:
        return []
    stmt: Any = select(Activacion.id, Albergue.nombre).join(Albergue, Albergue.id == Activacion.albergue_id)
    stmt = visible(stmt, Permiso.MOVIMIENTO_REGISTRAR, Activacion)
    open_now = Activacion.estado.in_(("activa", "en_cierre"))
    names = {row.id: row.nombre for row in db.session.execute(stmt.where(open_now))}
    late = late_by_shelter(list(names), now) if names else {}
    return [
        Asunto(
            "aviso",
            f"{numero(late[i])} {'necesidad pasó' if late[i] == 1 else 'necesidades pasaron'} de su hora",
            f"De familias que están en {nombre}.",
            "Ver qué hacer",
            ruta("ocupacion.necesidades", activacion_id=i),
        )
        for i, nombre in sorted(names.items(), key=lambda one: one[1])
        if late.get(i)
    ]
