"""What needs somebody about people that are not where the register has them: on the way, or not at the roll-call."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from albergues_app.accounts.doors import visible
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion
from albergues_app.core.db import db
from albergues_app.ocupacion.traslados import Demorado, waiting_everywhere
from albergues_app.pases.queries import questions_by_shelter
from albergues_app.pases.words import question
from albergues_app.web.asunto import Asunto, names_only, people_text
from albergues_app.web.presentation import hace
from albergues_app.web.shell import ruta


def transfers(identity: Identity, now: datetime) -> list[Asunto]:
    """People on the way, to who waits for them, to who sent them once they are late, and to their sede."""
    limit = timedelta(hours=current_app.config["TRASLADO_HORAS"])
    mine = visible(select(Activacion.id), Permiso.MOVIMIENTO_REGISTRAR, Activacion)
    ours = None if identity.nacional else set(db.session.scalars(mine))
    incoming: dict[tuple[UUID, str], list[Demorado]] = {}
    outgoing: dict[tuple[UUID, str], list[Demorado]] = {}
    for row in waiting_everywhere(identity, mine):
        if ours is None or row.destino_id in ours:
            incoming.setdefault((row.destino_id, row.destino), []).append(row)
        elif now - row.desde > limit or row.dicen_no_llego:
            outgoing.setdefault((row.origen_id, row.origen), []).append(row)
    found = []
    for (destino_id, nombre), rows in incoming.items():
        since = min(row.desde for row in rows)
        count = sum(row.personas for row in rows)
        missing = sum(row.dicen_no_llego for row in rows)
        lost = f" De ellas, {people_text(missing)} que el destino dice que no llegó." if missing else ""
        source = names_only(sorted({_origin_name(identity, row) for row in rows}))
        found.append(
            Asunto(
                "alto" if now - since > limit or missing else "aviso",
                f"{people_text(count)} en camino hacia {nombre} por aceptar",
                f"Desde {source}, {hace(since, now)}. Mientras no se acepte, no cuenta en ningún albergue.{lost}",
                "Aceptar traslado",
                ruta("ocupacion.traslados", activacion_id=destino_id) or ruta("ocupacion.registro"),
            )
        )
    for (origen_id, nombre), rows in outgoing.items():
        since = min(row.desde for row in rows)
        count = sum(row.personas for row in rows)
        missing = sum(row.dicen_no_llego for row in rows)
        lost = (
            f" El destino dice que {missing} no {'llegó' if missing == 1 else 'llegaron'}." if missing else ""
        )
        found.append(
            Asunto(
                "alto",
                f"{people_text(count)} de {nombre} sin llegar a su destino",
                f"{'Salió' if count == 1 else 'Salieron'} {hace(since, now)} y nadie "
                f"{'la' if count == 1 else 'las'} ha recibido.{lost} Llame al destino, o cancele el traslado.",
                "Ver traslado",
                ruta("ocupacion.traslados", activacion_id=origen_id) or ruta("ocupacion.registro"),
            )
        )
    return found


def _origin_name(identity: Identity, row: Demorado) -> str:
    """A reserved origin is not named to those of other places."""
    mine = identity.covers_municipio(row.origen_municipio) or row.origen_codigo in identity.albergues
    return row.origen if mine or not row.origen_reservado else "otro albergue"


def absences(identity: Identity, now: datetime) -> list[Asunto]:
    """Who was not at the last roll-call of a shelter: a question, for somebody to answer."""
    return [
        Asunto(
            "aviso",
            question(row.fuera, row.ausentes, row.desde, now),
            f"{row.nombre}. Siguen contando ahí mientras nadie responda.",
            "Responder",
            ruta("pases.por_aclarar", activacion_id=row.activacion_id),
        )
        for row in questions_by_shelter(identity)
    ]
