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
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.ids import read_code
from albergues_app.ocupacion.matches import ELSEWHERE
from albergues_app.ocupacion.models import Familia, PersonaVersion, Pertenencia
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.queries import PersonaVista, personas_by_id
from albergues_app.ocupacion.services.ingreso_rows import PersonaNueva
from albergues_app.ocupacion.unidas import speakers
from albergues_app.ocupacion.visibility import seen_personas, sees_familia
from albergues_app.tarjetas.models import EstadoTarjeta, Tarjeta
from albergues_app.tarjetas.services import find_card


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
    :raises TarjetaAnulada: it was of a card that no longer counts. :raises TarjetaLibre: of nobody yet.
    """
    code = read_code(codigo)
    if code is None:
        raise RuleBroken(
            "codigo_mal_escrito",
            "Ese código tiene un signo equivocado. Léalo otra vez en la tarjeta.",
            "codigo",
        )
    row = db.session.scalar(
        select(Familia.id).where(Familia.codigo == code, Familia.emergencia_id == emergencia_id)
    )
    if row is None:
        raise _why_no_family(code, emergencia_id)
    return row


class TarjetaAnulada(RuleBroken):
    """The code is of a card that was annulled or lost; whose it was is known, and may go on being so."""

    def __init__(self, card: Tarjeta, familia_id: UUID) -> None:
        said = "se dio por perdida" if card.estado == EstadoTarjeta.PERDIDA else "está anulada"
        since = f" desde el {clock.to_local(card.cambiada_en):%d/%m/%Y %H:%M}" if card.cambiada_en else ""
        super().__init__(
            "tarjeta_anulada",
            f"Tarjeta anulada: la {card.codigo} {said}{since} y la familia tiene otra. Compruebe quién la trae.",
            "codigo",
        )
        self.familia_id = familia_id


class TarjetaLibre(RuleBroken):
    """The code is of a card that waits for a family."""

    def __init__(self, card: Tarjeta) -> None:
        super().__init__(
            "tarjeta_libre",
            f"La tarjeta {card.codigo} está libre: todavía no es de ninguna familia.",
            "codigo",
        )
        self.tarjeta = card.codigo


def _why_no_family(code: str, emergencia_id: UUID) -> RuleBroken:
    card = find_card(code, emergencia_id)
    if card is None:
        return RuleBroken(
            "codigo_no_encontrado", "No hay una familia con ese código en esta emergencia.", "codigo"
        )
    if card.familia_id is None:
        if card.estado != EstadoTarjeta.ANULADA:
            return TarjetaLibre(card)
        return RuleBroken(
            "tarjeta_anulada", f"La tarjeta {code} está anulada y no es de ninguna familia.", "codigo"
        )
    if card.emergencia_id != emergencia_id:
        return RuleBroken(
            "tarjeta_de_otra_emergencia",
            f"La tarjeta {code} se entregó en otra emergencia. Registre a la familia como nueva y dele otra tarjeta.",
            "codigo",
        )
    return TarjetaAnulada(card, card.familia_id)


def find_for(identity: Identity, emergencia_id: UUID, codigo: str) -> UUID:
    """The family with this code, when the account may know of it. Codes of others and codes of nobody are counted.

    :raises RuleBroken: wrongly typed; of nobody; of another territory. :raises TooMany: too many of the last two.
    :raises TarjetaAnulada: an old card, of a family the account may know of. :raises TarjetaLibre: of nobody yet.
    """
    void: TarjetaAnulada | None = None
    try:
        familia_id = find_by_code(emergencia_id, codigo)
    except TarjetaAnulada as refused:
        void, familia_id = refused, refused.familia_id
    except RuleBroken as refused:
        if refused.codigo == "codigo_no_encontrado":
            budget.spend(identity, budget.BUSQUEDA)
        raise
    if not sees_familia(identity, familia_id):
        budget.spend(identity, budget.BUSQUEDA)
        raise RuleBroken("familia_en_otro_lugar", ELSEWHERE, "codigo")
    if void is not None:
        raise void
    return familia_id


PREFIX = 3
"""Signs of a code from which families are suggested: the half that is said first."""
SUGGESTED = 12


@dataclass(frozen=True)
class Sugerida:
    """A family of this shelter whose code begins as typed; ``jefe``: its head, or its eldest."""

    familia_id: UUID
    codigo: str
    jefe: PersonaVista | None
    dentro: int


def suggest(activacion: Activacion, signs: str) -> list[Sugerida]:
    """Families with a stay in this shelter whose code begins so; the reading is logged. Inside ``unit_of_work``."""
    begins = f"{signs[:3]}-{signs[3:]}"
    e, f = Estancia.__table__, Familia.__table__
    rows = db.session.execute(
        select(f.c.id, f.c.codigo, func.count().filter(e.c.egreso_en.is_(None)).label("dentro"))
        .join_from(f, e, e.c.familia_id == f.c.id)
        .where(f.c.codigo.startswith(begins, autoescape=True), e.c.activacion_id == activacion.id)
        .group_by(f.c.id, f.c.codigo)
        .order_by(f.c.codigo)
        .limit(SUGGESTED)
    ).all()
    heads: dict[UUID, UUID] = {}
    for row in rows:
        kin = members_of(row.id)
        head = next((p for p, parentesco in kin.items() if parentesco == "jefe"), next(iter(kin), None))
        if head is not None:
            heads[row.id] = head
    people = personas_by_id(heads.values(), "web:conocida", activacion.municipio_codigo)
    return [Sugerida(r.id, r.codigo, people.get(heads.get(r.id, r.id)), r.dentro) for r in rows]


def members_of(familia_id: UUID) -> dict[UUID, str | None]:
    """Persons whose latest membership is of this family, with their parentesco, in the order they joined.

    A record joined to another is listed by the one that speaks for it, so that an old card finds its people.
    """
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
    found = {row.persona_id: row.parentesco for row in rows}
    members: dict[UUID, str | None] = {}
    for record, speaker in speakers(found).items():
        if speaker == record or speaker not in found:
            members.setdefault(speaker, found[record])
    return members


def people_here(activacion_id: UUID, familia_id: UUID) -> set[UUID]:
    """Of those who belong to a family now, who is, or was, in this shelter."""
    e = Estancia.__table__
    here = e.c.activacion_id == activacion_id, e.c.persona_id.in_(members_of(familia_id))
    return set(db.session.scalars(select(e.c.persona_id).where(*here)))


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
