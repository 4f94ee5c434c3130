"""Where each family might sleep. Pure: a suggestion with its reasons, that a person takes or changes.

Families together; women alone apart from men; reduced mobility on the ground floor. A family that fits nowhere whole
gets no suggestion: splitting it is for people to decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

ADULT = 18
YOUNG_MAN = 15
"""A boy of this age or more does not sleep in the room of women alone (editable practice, not a rule)."""
OLDER = 60
"""Adulto mayor (Decreto 80-96): the ground floor first, where it can be."""


@dataclass(frozen=True)
class Quien:
    """A person as the suggestion sees it. ``movilidad`` is used and never told: it is an answer of the health team."""

    id: UUID
    sexo: str
    edad: int | None
    movilidad: bool = False

    @property
    def es_hombre(self) -> bool:
        return self.sexo == "hombre" and (self.edad is None or self.edad >= YOUNG_MAN)


@dataclass(frozen=True)
class Unidad:
    """Members of a family without a room."""

    familia_id: UUID
    personas: tuple[Quien, ...]

    @property
    def mujeres_solas(self) -> bool:
        """An adult woman, alone or with children, and no man among them."""
        adult = any(p.sexo == "mujer" and (p.edad is None or p.edad >= ADULT) for p in self.personas)
        return adult and not any(p.es_hombre or p.sexo == "no_registrado" for p in self.personas)

    @property
    def hombres_solos(self) -> bool:
        return all(p.es_hombre for p in self.personas)

    @property
    def movilidad(self) -> bool:
        return any(p.movilidad for p in self.personas)

    @property
    def mayores(self) -> bool:
        return any(p.edad is not None and p.edad >= OLDER for p in self.personas)


@dataclass
class Cuarto:
    """A room that can be used, with who is in it."""

    id: UUID
    nombre: str
    planta: int
    libres: int
    para: str = "cualquiera"
    accesible: bool = False
    familias: set[UUID] = field(default_factory=set)
    hombres: int = 0
    mujeres_solas: int = 0


@dataclass(frozen=True)
class Propuesta:
    """``cuarto_id`` None: nothing fits the whole family."""

    familia_id: UUID
    cuarto_id: UUID | None
    razones: tuple[str, ...]


def propose(unidades: Sequence[Unidad], cuartos: Sequence[Cuarto]) -> list[Propuesta]:
    """One suggestion a family, in the order given; together they never fill a room beyond its places."""
    rooms = [_copy(c) for c in cuartos]
    order = sorted(
        unidades, key=lambda u: (not u.movilidad, not u.mayores, -len(u.personas), not u.mujeres_solas)
    )
    taken = {u.familia_id: _place(u, rooms) for u in order}
    return [
        Propuesta(
            u.familia_id,
            place.id if (place := taken[u.familia_id]) else None,
            _reasons(u, place, rooms, cuartos),
        )
        for u in unidades
    ]


def _copy(c: Cuarto) -> Cuarto:
    return Cuarto(
        c.id, c.nombre, c.planta, c.libres, c.para, c.accesible, set(c.familias), c.hombres, c.mujeres_solas
    )


def _place(unidad: Unidad, rooms: list[Cuarto]) -> Cuarto | None:
    """The room of the least cost where the family fits whole, with the family in it from now on."""
    size = len(unidad.personas)
    fits = [c for c in rooms if c.libres >= size and _meant_for(unidad, c)]
    if not fits:
        return None
    best = min(fits, key=lambda c: (_cost(unidad, c), c.libres, c.nombre))
    best.libres -= size
    best.familias.add(unidad.familia_id)
    best.hombres += sum(p.es_hombre for p in unidad.personas)
    best.mujeres_solas += unidad.mujeres_solas
    return best


def _reasons(
    unidad: Unidad, place: Cuarto | None, rooms: Sequence[Cuarto], before: Sequence[Cuarto]
) -> tuple[str, ...]:
    """Why there, said of the rooms as they would be with everybody in their place."""
    size = len(unidad.personas)
    if place is None:
        most = max((c.libres for c in rooms if _meant_for(unidad, c)), default=0)
        text = f"Ningún ambiente tiene {size} lugares juntos; el mayor tiene {most}."
        return (text if most > 0 else "No quedan lugares.",)
    found = []
    if any(c.id == place.id and unidad.familia_id in c.familias for c in before):
        found.append("con su familia, que ya está ahí")
    elif size > 1:
        found.append("la familia junta")
    if unidad.mujeres_solas:
        found.append("sin hombres" if place.hombres == 0 else "con hombres: no hay otro")
    if unidad.hombres_solos:
        found.append(
            "aparte de mujeres solas" if place.mujeres_solas == 0 else "con mujeres solas: no hay otro"
        )
    if unidad.mayores and place.planta == 0:
        found.append("en planta baja, por la edad")
    return tuple(found)


def _meant_for(unidad: Unidad, c: Cuarto) -> bool:
    if c.para == "mujeres":
        return unidad.mujeres_solas
    return unidad.hombres_solos if c.para == "hombres" else True


def _cost(unidad: Unidad, c: Cuarto) -> int:
    """The smaller, the better; each term outweighs those under it."""
    cost = 0 if unidad.familia_id in c.familias else 10_000
    if unidad.movilidad:
        cost += (4_000 if c.planta != 0 else 0) + (0 if c.accesible else 400)
    elif unidad.mayores:
        cost += 1_000 if c.planta != 0 else 0
    elif c.accesible:
        cost += 30  # kept for who needs it
    if unidad.mujeres_solas:
        cost += (2_000 if c.hombres else 0) + (0 if c.para == "mujeres" else 200)
    elif c.mujeres_solas and any(p.es_hombre for p in unidad.personas):
        cost += 2_000
    if unidad.hombres_solos:
        cost += {"hombres": 0, "familias": 300}.get(c.para, 100)
    elif c.para == "familias" and not unidad.mujeres_solas:
        cost -= 50
    return cost
