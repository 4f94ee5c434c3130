"""The bulletins that wait for this account: to authorise what others wrote and reviewed, or to issue."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import defer

from albergues_app.accounts.doors import visible
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.consolidados.scope import Ambito
from albergues_app.core.db import db
from albergues_app.reports.situacion.models import Boletin, EstadoBoletin
from albergues_app.reports.situacion.queries import moves_of, redactores, who_signed
from albergues_app.web.asunto import SHOWN, Asunto
from albergues_app.web.presentation import cuando
from albergues_app.web.shell import ruta


def bulletins(identity: Identity) -> list[Asunto]:
    """Reviewed ones that this account may authorise, and authorised ones that it may issue."""
    waiting = (EstadoBoletin.REVISADO, EstadoBoletin.AUTORIZADO)
    stmt = visible(select(Boletin), Permiso.BOLETIN_VER, Boletin).where(Boletin.estado.in_(waiting))
    found = []
    stmt = stmt.options(defer(Boletin.cifras), defer(Boletin.textos))
    for row in db.session.scalars(stmt.order_by(Boletin.corte, Boletin.id).limit(SHOWN)):
        if row.estado == EstadoBoletin.REVISADO:
            signed = who_signed(moves_of(row)).values()
            mine = identity.id in {*redactores(row), *(p.cuenta_id for p in signed)}
            if mine or not permits(identity, Permiso.BOLETIN_FIRMAR, row):
                continue
            said = "Espera que una tercera persona lo autorice"
        elif permits(identity, Permiso.BOLETIN_ESCRIBIR, row):
            said = "Está autorizado y falta emitirlo"
        else:
            continue
        title = f"Boletín de {Ambito(row.ambito).nombre}, corte {cuando(row.corte)}"
        found.append(Asunto("aviso", title, said, "Ver boletín", ruta("boletines.ver", boletin_id=row.id)))
    return found
