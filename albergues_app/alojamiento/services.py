"""Describe the rooms of a site, and give, change or take back places in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.alojamiento.models import Ambiente, LugarAsignado
from albergues_app.alojamiento.queries import LIVE, occupied
from albergues_app.audit.listener import bulk_insert
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.derive import lock_personas
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.models_derivadas import Estancia


@dataclass(frozen=True)
class AmbienteNuevo:
    """A room as somebody describes it."""

    nombre: str
    tipo: str
    planta: int
    lugares: int
    para: str = "cualquiera"
    accesible: bool = False
    bloqueado_motivo: str | None = None
    retirado: bool = False


def save_ambiente(albergue: Albergue, ambiente_id: UUID, datos: AmbienteNuevo) -> dict[str, Any]:
    """Add a room, or change what is said of it. Who sleeps there stays; too few places are warned about.

    :raises NotFound: a room of another site. :raises RuleBroken: `ambiente_repetido`.
    """
    same = db.session.scalar(
        select(Ambiente.id).where(
            Ambiente.albergue_id == albergue.id,
            Ambiente.nombre == datos.nombre,
            Ambiente.retirado.is_(False),
            Ambiente.id != ambiente_id,
        )
    )
    if same is not None and not datos.retirado:
        raise RuleBroken("ambiente_repetido", "Ya hay un ambiente con ese nombre en este sitio.", "nombre")
    row = db.session.get(Ambiente, ambiente_id, with_for_update=True)
    if row is None:
        row = Ambiente(
            id=ambiente_id,
            albergue_id=albergue.id,
            albergue_codigo=albergue.codigo,
            municipio_codigo=albergue.municipio_codigo,
            creado_en=clock.now(),
            **vars(datos),
        )
        db.session.add(row)
    elif row.albergue_id != albergue.id:
        raise NotFound()
    else:
        for name, value in vars(datos).items():
            setattr(row, name, value)
    db.session.flush()
    inside = occupied([row.id]).get(row.id, 0)
    avisos = []
    if inside > datos.lugares:
        _mark_over(row)
        avisos.append(
            Aviso(
                "ambiente_lleno",
                f"Ahí duermen {inside} y hay {datos.lugares} lugares: queda sobrelleno.",
                "lugares",
            )
        )
    if inside and (datos.retirado or datos.bloqueado_motivo):
        avisos.append(
            Aviso("ambiente_con_gente", f"Ahí duermen {inside}: páselas a otro ambiente.", "lugares")
        )
    return {"id": str(row.id), "nombre": row.nombre, "avisos": [a.as_dict() for a in avisos]}


def _mark_over(ambiente: Ambiente) -> None:
    """Now that fewer fit, the last who were given a place there exceed it, and it is said of them."""
    stmt = (
        select(LugarAsignado)
        .join(Estancia, LIVE)
        .where(LugarAsignado.ambiente_id == ambiente.id, LugarAsignado.excede.is_(False))
        .order_by(LugarAsignado.desde.desc(), LugarAsignado.id.desc())
    )
    fitted = db.session.scalars(stmt).all()
    for place in fitted[: max(0, len(fitted) - ambiente.lugares)]:
        place.excede = True
    db.session.flush()


def assign_places(
    activacion: Activacion, ambiente_id: UUID | None, personas: Sequence[UUID], excede: bool = False
) -> dict[str, Any]:
    """Give these persons a place in a room (None: they have none any more). What they had before stays as history.

    :raises NotFound: a room of another site. :raises RuleBroken: `ambiente_lleno` or `ambiente_bloqueado` unless
        ``excede`` says that it is known; `persona_no_esta`.
    """
    moment, actor = clock.now(), current_actor()
    wanted = sorted(set(personas))
    if not wanted:
        raise RuleBroken("falta_persona", "Elija al menos una persona.", "personas")
    ambiente = _room(activacion, ambiente_id, excede)
    lock_personas(wanted)
    e, m = Estancia.__table__, Movimiento.__table__
    stays = {
        row.persona_id: row
        for row in db.session.execute(
            select(e.c.persona_id, e.c.ingreso_movimiento, m.c.persona_id.label("registro"))
            .join_from(e, m, m.c.id == e.c.ingreso_movimiento)
            .where(e.c.persona_id.in_(wanted), e.c.activacion_id == activacion.id, e.c.egreso_en.is_(None))
        )
    }
    if set(wanted) - set(stays):
        raise RuleBroken(
            "persona_no_esta", "Una persona ya no está en este albergue. Vea la lista otra vez.", "personas"
        )
    owner = {stay.ingreso_movimiento: persona for persona, stay in stays.items()}
    records = [stay.registro for stay in stays.values()]
    held = db.session.scalars(
        select(LugarAsignado).where(
            LugarAsignado.hasta.is_(None),
            or_(LugarAsignado.persona_id.in_(records), LugarAsignado.ingreso_movimiento.in_(owner)),
        )
    ).all()
    stay_put = {
        owner[row.ingreso_movimiento]
        for row in held
        if ambiente is not None and row.ambiente_id == ambiente.id and row.ingreso_movimiento in owner
    }
    coming = [p for p in wanted if p not in stay_put]
    for row in held:
        if owner.get(row.ingreso_movimiento) not in stay_put:
            row.hasta = moment
    db.session.flush()
    over = False
    if ambiente is not None:
        _clear_left(ambiente.id)
        inside = occupied([ambiente.id]).get(ambiente.id, 0)
        over = bool(coming) and inside + len(coming) > ambiente.lugares
        if over and not excede:
            raise RuleBroken(
                "ambiente_lleno",
                f"En {ambiente.nombre} caben {ambiente.lugares} y ya duermen {inside}: no caben {len(coming)} más. "
                "Elija otro, o marque «asignar aunque no quepan».",
                "ambiente",
            )
        bulk_insert(
            db.session,
            LugarAsignado,
            [
                {
                    "id": uuid7(),
                    "activacion_id": activacion.id,
                    "municipio_codigo": activacion.municipio_codigo,
                    "albergue_codigo": activacion.albergue_codigo,
                    "ambiente_id": ambiente.id,
                    "persona_id": stays[p].registro,
                    "ingreso_movimiento": stays[p].ingreso_movimiento,
                    "desde": moment,
                    "hasta": None,
                    "excede": over,
                    "cuenta_id": actor.cuenta_id if actor else None,
                }
                for p in coming
            ],
        )
    return {
        "ambiente": str(ambiente_id) if ambiente_id else None,
        "personas": [str(p) for p in coming],
        "excede": over,
        "avisos": [],
    }


def _room(activacion: Activacion, ambiente_id: UUID | None, known: bool) -> Ambiente | None:
    if ambiente_id is None:
        return None
    row = db.session.get(Ambiente, ambiente_id, with_for_update=True)
    if row is None or row.albergue_id != activacion.albergue_id or row.retirado:
        raise NotFound()
    if row.bloqueado_motivo and not known:
        raise RuleBroken(
            "ambiente_bloqueado",
            f"{row.nombre} está bloqueado: {row.bloqueado_motivo}. Elija otro, o marque «asignar aunque no quepan».",
            "ambiente",
        )
    return row


def _clear_left(ambiente_id: UUID) -> None:
    """Places of who left are given up for good once the room is used again: an annulled egress does not take them."""
    alive = select(LugarAsignado.id).join(Estancia, LIVE).where(LugarAsignado.ambiente_id == ambiente_id)
    moment = clock.now()
    gone = select(LugarAsignado).where(
        LugarAsignado.ambiente_id == ambiente_id,
        LugarAsignado.hasta.is_(None),
        LugarAsignado.id.not_in(alive),
    )
    for row in db.session.scalars(gone):
        row.hasta = moment
    db.session.flush()
