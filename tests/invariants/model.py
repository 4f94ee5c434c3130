"""A plain-Python recount of the ledger, written from contrato-api.md and dominio.md 2.2 C, not the program.

Every accepted operation is kept with its two times. Any question is answered by replaying, for each person,
the facts that had happened by then and were known by then. Nothing is stored but the list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from uuid import UUID

GUATEMALA = timezone(timedelta(hours=-6))
BANDS = ((0, "0"), (1, "1_4"), (5, "5_12"), (13, "13_17"), (18, "18_29"), (30, "30_59"), (60, "60_mas"))


@dataclass
class Op:
    """One accepted operation: a movement of persons, or an annulment of an earlier one."""

    n: int
    kind: str
    persons: tuple[UUID, ...]
    place: int
    at: datetime
    noted: datetime
    to: int | None = None
    acuse: bool = False
    annuls: int | None = None
    family: int | None = None


@dataclass
class Said:
    """A dated statement: sex and birth of a person, a family, the municipality of a place, how many fit."""

    valid: datetime
    noted: datetime
    value: tuple[str, date | None] | int | str


@dataclass
class Where:
    """What one person is at an instant."""

    place: int | None = None
    out: bool = False
    transit: tuple[int, int] | None = None
    dead: bool = False
    left: bool = False


@dataclass
class Count:
    """Figures of one place, or of many."""

    people: int = 0
    out: int = 0
    sex: Counter[str] = field(default_factory=Counter)
    band: Counter[str] = field(default_factory=Counter)
    families: set[int] = field(default_factory=set)


class Recount:
    """All operations, and what follows from them."""

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self._asked: list[Op] | None = None
        self._of: dict[UUID, list[Op]] = {}
        self.data: dict[UUID, list[Said]] = {}
        self.family: dict[UUID, list[Said]] = {}
        self.moves: dict[int, list[tuple[datetime, datetime, str]]] = {}
        self.partes: dict[int, list[tuple[datetime, datetime, int, int]]] = {}
        self.codes: dict[int, list[Said]] = {}
        self.fits: dict[int, list[Said]] = {}

    def valid_ops(self, known: datetime, but: int | None = None) -> list[Op]:
        seen = [o for o in self.ops if o.noted <= known]
        gone = {o.annuls for o in seen if o.kind == "anulacion"} | {but}
        counted = [o for o in seen if o.kind != "anulacion" and o.n not in gone]
        return sorted(counted, key=lambda o: (o.at, o.noted, o.n))

    @staticmethod
    def after(state: Where, op: Op) -> Where | None:
        """The state of a person after an operation, or None: it cannot be."""
        if state.dead:
            return None
        kind, place = op.kind, op.place
        if kind in {"ingreso", "nacimiento"}:
            return None if state.place is not None else Where(place)
        if (
            kind == "egreso"
            and state.place is None
            and state.transit is not None
            and state.transit[0] == place
        ):
            return Where(left=True)
        if state.place != place:
            return None
        if kind == "salida_temporal":
            return None if state.out else Where(place, out=True)
        if kind == "retorno":
            return Where(place) if state.out else None
        if kind == "traslado":
            assert op.to is not None
            return Where(transit=(place, op.to)) if op.acuse else Where(op.to)
        if kind == "fallecimiento":
            return Where(dead=True)
        return Where(left=True)

    def possible(self, extra: Iterable[Op], persons: Iterable[UUID], but: int | None = None) -> bool:
        """Would the ledger still tell something that can be, with these operations and without that one?"""
        far = datetime.max.replace(tzinfo=GUATEMALA)
        ops = sorted([*self.valid_ops(far, but), *extra], key=lambda o: (o.at, o.noted, o.n))
        return all(self.replay(ops, person) is not None for person in persons)

    def replay(self, ops: list[Op], person: UUID, at: datetime | None = None) -> Where | None:
        state: Where | None = Where()
        for op in self._by_person(ops).get(person, ()):
            if at is None or op.at <= at:
                assert state is not None
                state = self.after(state, op)
                if state is None:
                    return None
        return state

    def _by_person(self, ops: list[Op]) -> dict[UUID, list[Op]]:
        """The operations of each person, in order; the list asked last is kept, for the many questions about it."""
        if self._asked is not ops:
            self._asked, self._of = ops, {}
            for op in ops:
                for person in op.persons:
                    self._of.setdefault(person, []).append(op)
        return self._of

    def said(self, statements: list[Said], at: datetime, known: datetime) -> Said | None:
        """In force: the latest valid-from not after it, the latest noted of equals; the first, before any."""
        heard = [s for s in statements if s.noted <= known]
        if not heard:
            return None
        valid = [s for s in heard if s.valid <= at]
        if valid:
            return max(valid, key=lambda s: (s.valid, s.noted))
        first = min(s.valid for s in heard)
        return max((s for s in heard if s.valid == first), key=lambda s: s.noted)

    def open_places(self, at: datetime, known: datetime) -> set[int]:
        """Places whose last move by then, as known then, left them open."""
        found = set()
        for place, moves in self.moves.items():
            past = [(when, noted, a) for when, noted, a in moves if when <= at and noted <= known]
            if past and max(past, key=lambda m: (m[0], m[1]))[2] in {"activa", "en_cierre"}:
                found.add(place)
        return found

    def count(self, at: datetime, known: datetime) -> tuple[dict[int, Count], Count]:
        """Per open place, and in transit, at an instant as known at another."""
        ops, is_open = self.valid_ops(known), self.open_places(at, known)
        places = {place: Count() for place in is_open}
        transit = Count()
        day = at.astimezone(GUATEMALA).date()
        of = self._by_person(ops)
        for person in of:
            state = self.replay(ops, person, at)
            if state is None or (state.place is None and state.transit is None):
                continue
            target = transit if state.transit is not None else places.get(state.place)
            if target is None:
                continue
            data = self.said(self.data[person], at, known)
            family = self.said(self.family[person], at, known)
            assert data is not None and family is not None
            sex, birth = data.value
            target.people += 1
            target.out += state.out
            target.sex[sex] += 1
            target.band[band(birth, day)] += 1
            target.families.add(family.value)
        return places, transit

    def code(self, place: int, at: datetime, known: datetime) -> str:
        """The municipality of a place: what was said last, of what already held by then."""
        said = [s for s in self.codes[place] if s.valid <= at and s.noted <= known]
        return str(max(said, key=lambda s: s.noted).value) if said else ""

    def capacity(self, place: int, at: datetime, known: datetime) -> int | None:
        """How many fit: the latest day that says so; None: nobody said."""
        said = [s for s in self.fits.get(place, ()) if s.valid <= at and s.noted <= known]
        return int(max(said, key=lambda s: (s.valid, s.noted)).value) if said else None

    def has_names(self, place: int, at: datetime, known: datetime) -> bool:
        """Did anybody enter by name by then? Annulled entries do not count."""
        return any(
            o.at <= at
            and (
                (o.kind in {"ingreso", "nacimiento"} and o.place == place)
                or (o.kind == "traslado" and o.to == place and not o.acuse)
            )
            for o in self.valid_ops(known)
        )

    def declared(self, place: int, at: datetime, known: datetime) -> int | None:
        past = [p for p in self.partes.get(place, ()) if p[0] <= at and p[1] <= known]
        return max(past, key=lambda p: (p[0], p[1], p[3]))[2] if past else None


def band(birth: date | None, day: date) -> str:
    if birth is None:
        return "sin_dato"
    age = max(0, day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day)))
    return [name for low, name in BANDS if age >= low][-1]
