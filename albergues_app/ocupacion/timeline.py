"""From the ledger of one person to stays and intervals. Pure: no database, no clock.

``fold`` reads the facts in their order and refuses what cannot be (two stays at once, leaving without being inside);
``intervals`` cuts the stays where the person's data or family changed. Everything stored as derived comes from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from uuid import UUID

from albergues_app.core.clock import FOREVER
from albergues_app.core.errors import RuleBroken

_ENTERS = frozenset({"ingreso", "nacimiento", "traslado_entra"})
_LEAVES = frozenset({"egreso", "fallecimiento", "traslado_sale"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A movement of the ledger that still counts (not annulled, not an annulment)."""

    id: UUID
    tipo: str
    activacion_id: UUID
    contraparte_id: UUID | None
    acuse: bool
    ocurrido_en: datetime
    registrado_en: datetime
    persona_id: UUID | None = None
    """The record it was written on: of a human being with several, one of them."""

    @property
    def order(self) -> tuple[datetime, datetime, int, UUID]:
        """When it happened; then when it was written; of one traslado the leaving leg first."""
        return self.ocurrido_en, self.registrado_en, int(self.tipo == "traslado_entra"), self.id


@dataclass(slots=True)
class Stay:
    activacion_id: UUID
    desde: datetime
    ingreso_id: UUID
    hasta: datetime = FOREVER
    egreso_id: UUID | None = None
    egreso_tipo: str | None = None
    registro: UUID | None = None
    """The record of its check-in."""
    salidas: list[tuple[datetime, datetime]] = field(default_factory=list)

    @property
    def fuera(self) -> bool:
        return bool(self.salidas) and self.salidas[-1][1] == FOREVER


@dataclass(slots=True)
class Transit:
    origen_id: UUID
    destino_id: UUID
    desde: datetime
    hasta: datetime = FOREVER
    registro: UUID | None = None


@dataclass(slots=True)
class Timeline:
    stays: list[Stay] = field(default_factory=list)
    transits: list[Transit] = field(default_factory=list)


def fold(facts: Iterable[Fact]) -> Timeline:
    """Derive stays and transits.

    :raises RuleBroken: `estancia_abierta`, `persona_no_esta`, `ya_fuera`, `no_salio`, `persona_fallecida`.
    """
    line = Timeline()
    inside: Stay | None = None
    transit: Transit | None = None
    dead = False
    for fact in sorted(facts, key=lambda f: f.order):
        when = fact.ocurrido_en
        if dead:
            raise RuleBroken(
                "persona_fallecida", "Consta el fallecimiento de esta persona. Revise la fecha o anúlelo."
            )
        if fact.tipo in _ENTERS:
            if inside is not None:
                raise RuleBroken(
                    "estancia_abierta",
                    "Una persona ya tiene estancia abierta en ese momento. Proponga un traslado.",
                )
            if transit is not None:
                transit.hasta, transit = when, None
            inside = Stay(fact.activacion_id, when, fact.id, registro=fact.persona_id)
            line.stays.append(inside)
        elif (
            fact.tipo == "egreso"
            and inside is None
            and transit is not None
            and transit.origen_id == fact.activacion_id
        ):
            transit.hasta, transit = when, None  # it never arrived, and the sender says where it went
        elif inside is None or inside.activacion_id != fact.activacion_id:
            raise RuleBroken(
                "persona_no_esta",
                "Una persona no estaba en este albergue en ese momento. Revise la hora o la lista.",
            )
        elif fact.tipo == "salida_temporal":
            if inside.fuera:
                raise RuleBroken(
                    "ya_fuera", "Una persona ya estaba fuera por salida temporal. Registre su retorno."
                )
            inside.salidas.append((when, FOREVER))
        elif fact.tipo == "retorno":
            if not inside.fuera:
                raise RuleBroken(
                    "no_salio", "Una persona no tenía salida temporal. No hace falta el retorno."
                )
            inside.salidas[-1] = (inside.salidas[-1][0], when)
        elif fact.tipo in _LEAVES:
            if inside.fuera:
                inside.salidas[-1] = (inside.salidas[-1][0], when)
            inside.hasta, inside.egreso_id, inside.egreso_tipo = when, fact.id, fact.tipo
            dead = fact.tipo == "fallecimiento"
            if fact.tipo == "traslado_sale" and fact.acuse and fact.contraparte_id is not None:
                transit = Transit(inside.activacion_id, fact.contraparte_id, when, registro=inside.registro)
                line.transits.append(transit)
            inside = None
    return line


@dataclass(frozen=True, slots=True)
class Dated:
    """A fact about the person with its two times: data (sexo, nacimiento, grupos) or family."""

    vigente_desde: datetime
    registrado_en: datetime
    value: tuple[str, date | None, int] | UUID


@dataclass(frozen=True, slots=True)
class Interval:
    """One row of Tramo, but for the knowledge times."""

    clase: str
    activacion_id: UUID
    destino_id: UUID | None
    familia_id: UUID
    desde: datetime
    hasta: datetime
    sexo: str
    nacimiento: date | None
    grupos: int

    @property
    def open(self) -> bool:
        return self.hasta == FOREVER


def in_force(dated: Sequence[Dated], when: datetime) -> Dated:
    """The value in force at an instant: latest valid-from not after it, latest written among equals.

    Before the first valid-from, the first is taken: who is inside has a sex and a family.
    """
    valid = [d for d in dated if d.vigente_desde <= when]
    if valid:
        return max(valid, key=lambda d: (d.vigente_desde, d.registrado_en))
    first = min(d.vigente_desde for d in dated)
    return max((d for d in dated if d.vigente_desde == first), key=lambda d: d.registrado_en)


def intervals(
    line: Timeline,
    data: Sequence[Dated],
    families: Sequence[Dated],
    by_record: Mapping[UUID, Sequence[Dated]] | None = None,
) -> set[Interval]:
    """The timeline as flat rows, cut where data or family change.

    ``by_record``: families of each record of a human being that has several; a stay is with the family of its own.
    """
    spans: list[tuple[str, UUID, UUID | None, datetime, datetime, UUID | None]] = []
    for stay in line.stays:
        spans.append(("dentro", stay.activacion_id, None, stay.desde, stay.hasta, stay.registro))
        spans.extend(("fuera", stay.activacion_id, None, a, b, stay.registro) for a, b in stay.salidas)
    spans.extend(("transito", t.origen_id, t.destino_id, t.desde, t.hasta, t.registro) for t in line.transits)
    rows: set[Interval] = set()
    for clase, activacion, destino, start, end, registro in spans:
        own = by_record.get(registro, families) if by_record is not None and registro else families
        cuts = sorted({d.vigente_desde for d in (*data, *own)})
        marks = [start, *(c for c in cuts if start < c < end), end]
        for a, b in pairwise(marks):
            if a == b:
                continue
            sexo, nacimiento, grupos = in_force(data, a).value  # type: ignore[misc]
            familia = in_force(own, a).value
            assert isinstance(familia, UUID)
            rows.add(Interval(clase, activacion, destino, familia, a, b, sexo, nacimiento, grupos))
    return rows
