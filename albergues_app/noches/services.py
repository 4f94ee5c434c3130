"""A night: who comes in, what they receive, who leaves, and who is not received."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from albergues_app.albergues.models import Activacion
from albergues_app.audit.listener import bulk_insert
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.noches.models import (
    MOTIVO_NOMBRE,
    REFERIDO_NOMBRE,
    RechazoNocturno,
    Servicio,
    ServicioNocturno,
)
from albergues_app.noches.queries import NOCTURNA, night_of
from albergues_app.ocupacion.known_family import as_known
from albergues_app.ocupacion.models import Pertenencia
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.services import IngresoNuevo, MovimientoNuevo, PersonaNueva
from albergues_app.ocupacion.services.ingreso import register_ingreso
from albergues_app.ocupacion.services.movimiento import register_movimiento
from albergues_app.ocupacion.services.nna import NeedsTwoPersons, held_back


@dataclass(frozen=True)
class EntradaNueva:
    """Somebody who comes to sleep: a known user of the season, or a name (or alias), sex and age.

    ``con``: a person inside with whom it comes, as a child with its mother: they are one family.
    """

    id: UUID
    activacion_id: UUID
    ocurrido_en: datetime
    persona_id: UUID | None = None
    nombre: str = ""
    sexo: str = "no_registrado"
    edad: int | None = None
    procedencia: str | None = None
    cui: str | None = None
    con: UUID | None = None
    servicios: Sequence[str] = ()


def enter_night(datos: EntradaNueva) -> dict[str, Any]:
    """Let somebody in for the night, by the ordinary check-in; returns its resource.

    :raises RuleBroken: `no_es_nocturno`; and what a check-in refuses. :raises Invalid: no name, age out of range.
    """
    activacion = night_activation(datos.activacion_id)
    if datos.persona_id is not None:
        person = as_known([datos.persona_id])[0]
        familia = _family_of(datos.con or datos.persona_id)
    else:
        person = PersonaNueva(
            new_person(datos.id),
            datos.nombre,
            None,
            datos.sexo,
            datos.edad,
            None if datos.edad is None else "anios",
            cui=datos.cui,
        )
        familia = _family_of(datos.con) if datos.con else None
    body = register_ingreso(
        IngresoNuevo(
            id=datos.id,
            activacion_id=activacion.id,
            ocurrido_en=datos.ocurrido_en,
            personas=[person],
            familia_id=familia or uuid5(datos.id, "familia"),
            comunidad=clean(datos.procedencia) if datos.procedencia else None,
        )
    )
    give_services(activacion, person.id, night_of(datos.ocurrido_en), datos.servicios)
    return body


def new_person(op_id: UUID) -> UUID:
    """The id of whom this entry registers, when nobody knew them."""
    return uuid5(op_id, "persona")


def night_activation(activacion_id: UUID) -> Activacion:
    """:raises RuleBroken: `no_es_nocturno`."""
    activacion = db.session.get_one(Activacion, activacion_id)
    if activacion.modalidad != NOCTURNA:
        raise RuleBroken("no_es_nocturno", "Este albergue no es nocturno: use el ingreso de familia.")
    return activacion


def _family_of(persona_id: UUID) -> UUID | None:
    p = Pertenencia.__table__
    stmt = select(p.c.familia_id).where(p.c.persona_id == persona_id)
    return db.session.scalar(stmt.order_by(p.c.vigente_desde.desc(), p.c.registrado_en.desc()).limit(1))


def give_services(activacion: Activacion, persona_id: UUID, noche: Any, servicios: Sequence[str]) -> int:
    """Note services of a night; those noted already stay. Returns how many were new."""
    s, actor = ServicioNocturno.__table__, current_actor()
    had = set(
        db.session.scalars(
            select(s.c.servicio).where(
                s.c.activacion_id == activacion.id, s.c.persona_id == persona_id, s.c.noche == noche
            )
        )
    )
    new = [name for name in dict.fromkeys(servicios) if name in set(Servicio) and name not in had]
    moment = clock.now()
    bulk_insert(
        db.session,
        ServicioNocturno,
        [
            {
                "id": uuid7(),
                "municipio_codigo": activacion.municipio_codigo,
                "albergue_codigo": activacion.albergue_codigo,
                "activacion_id": activacion.id,
                "persona_id": persona_id,
                "noche": noche,
                "servicio": name,
                "registrado_en": moment,
                "cuenta_id": actor.cuenta_id if actor else None,
            }
            for name in new
        ],
    )
    return len(new)


def leave_night(
    op_id: UUID, activacion_id: UUID, personas: Sequence[UUID] | None, when: datetime
) -> dict[str, Any]:
    """These leave, or everybody (None) does. Children who may not leave by one account stay, and it is said.

    :raises RuleBroken: `nadie_dentro`; whatever a movement refuses. :raises NeedsTwoPersons: none could leave.
    """
    activacion = night_activation(activacion_id)
    people = list(personas) if personas is not None else inside_of(activacion_id)
    if not people:
        raise RuleBroken("nadie_dentro", "No hay nadie dentro.")
    held = held_back(people, when)
    leaving = [p for p in people if p not in held]
    if not leaving:
        raise NeedsTwoPersons()
    body = register_movimiento(
        MovimientoNuevo(op_id, "egreso", activacion.id, leaving, when, destino="desconocido")
    )
    if held:
        body["avisos"].append(Aviso("requiere_dos_personas", NeedsTwoPersons().mensaje, "personas").as_dict())
    return body


def inside_of(activacion_id: UUID) -> list[UUID]:
    """Persons inside now."""
    e = Estancia.__table__
    stmt = select(e.c.persona_id).where(e.c.activacion_id == activacion_id, e.c.egreso_en.is_(None))
    return list(db.session.scalars(stmt.order_by(e.c.ingreso_en, e.c.id)))


@dataclass(frozen=True)
class RechazoNuevo:
    """Somebody who is not received, without who it is."""

    id: UUID
    activacion_id: UUID
    ocurrido_en: datetime
    motivo: str
    referido_a: str
    sexo: str = "no_registrado"
    referido_en: datetime | None = None


def refuse_night(datos: RechazoNuevo) -> RechazoNocturno:
    """Note it. :raises RuleBroken: `no_es_nocturno`, `falta_referido` (who is not sober is referred to somebody)."""
    activacion = night_activation(datos.activacion_id)
    if datos.motivo not in MOTIVO_NOMBRE or datos.referido_a not in REFERIDO_NOMBRE:
        raise RuleBroken("valor_desconocido", "Elija de la lista.", "motivo")
    if datos.motivo == "no_sobria" and datos.referido_a == "nadie":
        raise RuleBroken(
            "falta_referido", "A quien no está sobria se le refiere: avise a bomberos o al 119.", "referido_a"
        )
    actor = current_actor()
    row = RechazoNocturno(
        id=datos.id,
        municipio_codigo=activacion.municipio_codigo,
        albergue_codigo=activacion.albergue_codigo,
        activacion_id=activacion.id,
        noche=night_of(datos.ocurrido_en),
        ocurrido_en=datos.ocurrido_en,
        motivo=datos.motivo,
        sexo=datos.sexo,
        referido_a=datos.referido_a,
        referido_en=datos.referido_en or (datos.ocurrido_en if datos.referido_a != "nadie" else None),
        registrado_en=clock.now(),
        cuenta_id=actor.cuenta_id if actor else None,
    )
    db.session.add(row)
    db.session.flush()
    return row
