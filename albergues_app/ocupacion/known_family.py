"""A family known by its code: who belongs to it, and where each one is, within the account's territory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts import budget
from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import Activacion
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.ids import speakable_is_valid
from albergues_app.core.text import clean
from albergues_app.ocupacion.matches import ELSEWHERE
from albergues_app.ocupacion.models import Estancia, Familia, PersonaVersion, Pertenencia
from albergues_app.ocupacion.queries import PersonaVista, personas_by_id
from albergues_app.ocupacion.services.ingreso_rows import PersonaNueva
from albergues_app.ocupacion.visibility import seen_personas, sees_familia


@dataclass(frozen=True)
class Miembro:
    """A member of a family and where it is: here, out for a while, elsewhere, or gone."""

    persona: PersonaVista
    parentesco: str | None
    aqui: bool
    fuera: bool
    otro_albergue: bool
    desde: datetime | None


def find_by_code(emergencia_id: UUID, codigo: str) -> UUID:
    """The family with this code in the emergency.

    :raises RuleBroken: the check sign says that it was read or typed wrongly, or there is none.
    """
    text = clean(codigo).upper().replace(" ", "").replace("-", "")
    if not speakable_is_valid(text):
        raise RuleBroken(
            "codigo_mal_escrito",
            "Ese código tiene un signo equivocado. Léalo otra vez en la tarjeta.",
            "codigo",
        )
    row = db.session.scalar(
        select(Familia.id).where(
            Familia.codigo == f"{text[:3]}-{text[3:]}", Familia.emergencia_id == emergencia_id
        )
    )
    if row is None:
        raise RuleBroken(
            "codigo_no_encontrado", "No hay una familia con ese código en esta emergencia.", "codigo"
        )
    return row


def find_for(identity: Identity, emergencia_id: UUID, codigo: str) -> UUID:
    """The family with this code, when the account may know of it. Codes of others and codes of nobody are counted.

    :raises RuleBroken: wrongly typed; of nobody; of another territory. :raises TooMany: too many of the last two.
    """
    try:
        familia_id = find_by_code(emergencia_id, codigo)
    except RuleBroken as refused:
        if refused.codigo == "codigo_no_encontrado":
            budget.spend(identity, budget.BUSQUEDA)
        raise
    if not sees_familia(identity, familia_id):
        budget.spend(identity, budget.BUSQUEDA)
        raise RuleBroken("familia_en_otro_lugar", ELSEWHERE, "codigo")
    return familia_id


def members_of(familia_id: UUID) -> dict[UUID, str | None]:
    """Persons whose latest membership is of this family, with their parentesco, in the order they joined."""
    p = Pertenencia.__table__
    mine = select(p.c.persona_id).where(p.c.familia_id == familia_id)
    rank = func.row_number().over(
        partition_by=p.c.persona_id,
        order_by=(p.c.vigente_desde.desc(), p.c.registrado_en.desc(), p.c.id.desc()),
    )
    ranked = (
        select(p.c.persona_id, p.c.familia_id, p.c.parentesco, p.c.id, rank.label("n"))
        .where(p.c.persona_id.in_(mine))
        .subquery()
    )
    rows = db.session.execute(
        select(ranked.c.persona_id, ranked.c.parentesco)
        .where(ranked.c.n == 1, ranked.c.familia_id == familia_id)
        .order_by(ranked.c.id)
    )
    return {row.persona_id: row.parentesco for row in rows}


def miembros(identity: Identity, familia_id: UUID, activacion: Activacion, pantalla: str) -> list[Miembro]:
    """Members the account may know of, and where they are; the reading is logged. Inside ``unit_of_work``."""
    parentescos = members_of(familia_id)
    seen = seen_personas(identity, parentescos)
    parentescos = {persona: kin for persona, kin in parentescos.items() if persona in seen}
    people = personas_by_id(parentescos, pantalla, activacion.municipio_codigo)
    stays = open_stays(list(parentescos))
    found = []
    for persona_id, parentesco in parentescos.items():
        stay = stays.get(persona_id)
        if persona_id in people:
            here = stay if stay is not None and stay.activacion_id == activacion.id else None
            found.append(
                Miembro(
                    persona=people[persona_id],
                    parentesco=parentesco,
                    aqui=here is not None,
                    fuera=bool(here and here.fuera),
                    otro_albergue=stay is not None and here is None,
                    desde=here.ingreso_en if here else None,
                )
            )
    return sorted(found, key=lambda m: (m.parentesco != "jefe", m.persona.nacimiento or date.max))


def open_stays(ids: Sequence[UUID]) -> dict[UUID, Any]:
    """The open stay of each of these persons, wherever it is."""
    e = Estancia.__table__
    rows = db.session.execute(
        select(e.c.persona_id, e.c.activacion_id, e.c.familia_id, e.c.fuera, e.c.ingreso_en).where(
            e.c.persona_id.in_(ids), e.c.egreso_en.is_(None)
        )
    )
    return {row.persona_id: row for row in rows}


def as_known(ids: Sequence[UUID]) -> list[PersonaNueva]:
    """Known persons as a check-in takes them: just as they stand."""
    v = PersonaVersion.__table__
    rows = {
        row.persona_id: row
        for row in db.session.execute(
            select(
                v.c.persona_id,
                v.c.nombres,
                v.c.apellidos,
                v.c.sexo,
                v.c.edad,
                v.c.edad_unidad,
                v.c.nacimiento,
                v.c.parentesco,
                v.c.grupos,
            ).where(v.c.persona_id.in_(ids), v.c.actual)
        )
    }
    if set(rows) != set(ids):
        raise NotFound()
    return [
        PersonaNueva(
            i,
            rows[i].nombres,
            rows[i].apellidos,
            rows[i].sexo,
            rows[i].edad,
            rows[i].edad_unidad,
            rows[i].nacimiento,
            rows[i].parentesco,
            None,
            rows[i].grupos,
        )
        for i in ids
    ]
