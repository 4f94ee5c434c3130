"""Families by what their papers say: the code of the card, or the folio of the sheet, one per line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import Activacion
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.known_family import Miembro, find_for, miembros
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.visibility import sees_familia
from albergues_app.pliegos.codes import read_folio
from albergues_app.pliegos.models import FolioPapel

MOST = 100
TIPOS: dict[str, str] = {
    "ingreso": "Ingreso",
    "retorno": "Retorno",
    "salida_temporal": "Salida temporal",
    "egreso": "Egreso",
    "traslado": "Traslado a otro albergue",
}


@dataclass
class Numero:
    """One line: the family it names, with its members, or why it names none."""

    texto: str
    familia_id: UUID | None = None
    codigo: str = ""
    problema: str = ""
    miembros: list[Miembro] = field(default_factory=list)

    def de(self, tipo: str) -> list[UUID]:
        """The members that can do it now."""
        return [m.persona.id for m in self.miembros if _can(m, tipo)]

    @property
    def estado(self) -> str:
        """«4 aquí, 1 fuera»."""
        counted = (
            ("aquí", sum(m.aqui and not m.fuera for m in self.miembros)),
            ("fuera por un rato", sum(m.fuera for m in self.miembros)),
            ("en otro albergue", sum(m.otro_albergue for m in self.miembros)),
            ("en ninguno", sum(not (m.aqui or m.otro_albergue) for m in self.miembros)),
        )
        return ", ".join(f"{n} {word}" for word, n in counted if n) or "sin integrantes que usted pueda ver"


def _can(m: Miembro, tipo: str) -> bool:
    if tipo == "ingreso":
        return not m.aqui and not m.otro_albergue
    if tipo == "retorno":
        return m.fuera
    if tipo == "salida_temporal":
        return m.aqui and not m.fuera
    return m.aqui and tipo in TIPOS


def resolve(identity: Identity, activacion_id: UUID, emergencia_id: UUID, text: str) -> list[Numero]:
    """Each line once, in order. Readings of members are logged; codes of nobody count against the account's budget."""
    lines = dict.fromkeys(
        part.strip() for line in text.splitlines() for part in line.replace(",", " ").split()
    )
    found = [_one(identity, emergencia_id, line) for line in list(lines)[:MOST]]
    seen: set[UUID] = set()
    for one in found:
        if one.familia_id in seen:
            one.familia_id, one.problema = None, "Es de una familia que ya está arriba."
        elif one.familia_id is not None:
            seen.add(one.familia_id)
    f = Familia.__table__
    codes = {r.id: r.codigo for r in db.session.execute(select(f.c.id, f.c.codigo).where(f.c.id.in_(seen)))}
    with unit_of_work(identity.as_actor("web")):
        place = db.session.get_one(Activacion, activacion_id)
        for one in found:
            if one.familia_id is not None:
                one.codigo = codes[one.familia_id]
                one.miembros = miembros(identity, one.familia_id, place, "web:por_numeros")
    return found


def _one(identity: Identity, emergencia_id: UUID, line: str) -> Numero:
    sign = line.rstrip("/").rpartition("/")[2]
    folio = read_folio(sign)
    if folio is not None and len(sign.replace("-", "")) > 6:
        codigo, fits = folio
        if not fits:
            return Numero(line, problema="El folio no cuadra con su letra final. Compárelo con la hoja.")
        familia = db.session.scalar(select(FolioPapel.familia_id).where(FolioPapel.codigo == codigo))
        if familia is None or not sees_familia(identity, familia):
            return Numero(line, problema="Ninguna familia de su territorio tiene ese folio.")
        row = db.session.get_one(Familia, familia)
        if row.emergencia_id != emergencia_id:
            return Numero(line, problema="Ese folio es de una familia de otra emergencia.")
        return Numero(line, familia)
    try:
        return Numero(line, find_for(identity, emergencia_id, sign))
    except RuleBroken as refused:
        return Numero(line, problema=refused.mensaje)


def applicable(found: Sequence[Numero], tipo: str) -> dict[UUID, Sequence[UUID]]:
    """Who does it, by family; families in which nobody can are left out."""
    return {one.familia_id: ids for one in found if one.familia_id is not None and (ids := one.de(tipo))}
