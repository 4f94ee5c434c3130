"""Histories that can be, drawn with the plain recount alone, and how they reach the program in another order.

A step holds what it works on. Two steps that share something keep their order, as the tray of a desk keeps them:
who moves first arrives first, and a closing comes after what happened inside. All others may change places.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.services import (
    ParteNuevo,
    PersonaNueva,
    correct_persona,
    move_to_familia,
    register_parte,
    transition_activacion,
)
from tests.factories.albergues import ingreso, make_activacion, make_albergue, make_emergencia, movimiento
from tests.factories.cuentas import SISTEMA
from tests.invariants.model import Op, Recount, Said

MUNICIPIOS = ("1401", "1401", "1610")
OPENED = datetime(2026, 11, 10, 12, tzinfo=UTC)
DRAWN = datetime(2026, 11, 13, 18, tzinfo=UTC)
"""When the facts end and their delivery begins; one local day holds it all."""
NEVER = datetime.min.replace(tzinfo=UTC)
FAR = datetime.max.replace(tzinfo=UTC)
BIRTHS = (None, date(1950, 3, 1), date(1990, 11, 13), date(2015, 1, 1), date(2026, 11, 1))
SEXES = ("mujer", "hombre", "no_registrado")
KINDS = (
    "nueva", "nueva", "ingreso", "salida_temporal", "retorno", "traslado", "traslado", "egreso",
    "fallecimiento", "anulacion", "correccion", "familia", "parte", "cierre",
)  # fmt: skip


def made(kind: int, n: int) -> UUID:
    """The same id in every delivery: 1 place, 2 person, 3 family, 4 operation."""
    return UUID(int=(kind << 64) + n + 1)


PLACES = [made(1, n) for n in range(len(MUNICIPIOS))]


@dataclass
class Step:
    """One operation of a desk: how it is sent, and what the recount then holds."""

    n: int
    what: str
    work: Callable[[], None]
    tell: Callable[[Recount, datetime], None]
    alone: frozenset[Hashable]
    beside: frozenset[Hashable] = frozenset()

    def waits_for(self, earlier: Step) -> bool:
        """Must the earlier one have arrived?"""
        return bool(self.alone & (earlier.alone | earlier.beside) or self.beside & earlier.alone)


@dataclass
class History:
    """The steps in the order in which they were written."""

    steps: list[Step] = field(default_factory=list)
    people: list[UUID] = field(default_factory=list)

    def in_another_order(self, choose: Callable[[int], int]) -> list[Step]:
        """Any order with dependencies held: of the steps whose dependencies arrived, ``choose`` says which is next."""
        waiting = list(self.steps)
        order: list[Step] = []
        while waiting:
            ready = [s for i, s in enumerate(waiting) if not any(map(s.waits_for, waiting[:i]))]
            step = ready[choose(len(ready))]
            waiting.remove(step)
            order.append(step)
        return order


class _Writer:
    """Draws one history; ``model`` says what can be."""

    def __init__(self, draw: Callable[..., object]) -> None:
        self.draw: Callable = draw
        self.model, self.history = Recount(), History()
        self.families = 0
        self.closed: set[int] = set()
        self.when = OPENED
        self.n = 0

    def instant(self) -> datetime:
        """Mostly not earlier than what came before, often the same minute; sometimes any minute: back-dated."""
        gone = self.draw(st.sampled_from([0, 1, 30, 240, None]))
        if gone is None:
            return OPENED + timedelta(minutes=self.draw(st.integers(0, 20)) * 30)
        self.when = min(self.when + timedelta(minutes=gone), DRAWN)
        return self.when

    def step(
        self, what: str, work: Callable[[], None], tell: Callable[[Recount, datetime], None],
        alone: set[Hashable], beside: Sequence[Hashable] = (),
    ) -> None:  # fmt: skip
        tell(self.model, DRAWN + timedelta(microseconds=self.n))
        self.history.steps.append(Step(self.n, what, work, tell, frozenset(alone), frozenset(beside)))

    def one(self, kind: str) -> None:
        self.n += 1
        if kind == "nueva":
            self.new_people()
        elif kind == "parte":
            self.parte()
        elif self.history.people:
            getattr(self, kind, lambda: self.movement(kind))()

    def open_place(self) -> int:
        return self.draw(st.sampled_from([p for p in range(len(PLACES)) if p not in self.closed]))

    def family(self) -> int:
        chosen = self.draw(st.integers(0, self.families))
        self.families = max(self.families, chosen + 1)
        return chosen

    def new_people(self) -> None:
        at, place, family = self.instant(), self.open_place(), self.family()
        said = self.draw(
            st.lists(st.tuples(st.sampled_from(SEXES), st.sampled_from(BIRTHS)), min_size=1, max_size=3)
        )
        ids = [made(2, len(self.history.people) + i) for i in range(len(said))]
        self.history.people += ids
        new = [PersonaNueva(i, "N/N", sexo=s, nacimiento=b) for i, (s, b) in zip(ids, said, strict=True)]

        def tell(model: Recount, noted: datetime) -> None:
            for i, value in zip(ids, said, strict=True):
                model.data[i] = [Said(NEVER, noted, value)]
                model.family[i] = [Said(NEVER, noted, family)]

        self.enter(new, place, at, family, tell)

    def enter(self, new: list[PersonaNueva], place: int, at: datetime, family: int, more) -> None:
        n, ids = self.n, tuple(p.id for p in new)

        def work() -> None:
            ingreso(_place(place), *new, ocurrido_en=at, id=made(4, n), familia_id=made(3, family))

        def tell(model: Recount, noted: datetime) -> None:
            model.ops.append(Op(n, "ingreso", ids, place, at, noted, family=family))
            more(model, noted)

        self.step(f"{ids} into {place} at {at}", work, tell, set(ids), [_at(place), ("familia", family)])

    def ingreso(self) -> None:
        """Somebody known comes in again."""
        at, place, family = self.instant(), self.open_place(), self.family()
        person = self.draw(st.sampled_from(self.history.people))
        if not self.model.possible([Op(self.n, "ingreso", (person,), place, at, DRAWN)], [person]):
            return

        def tell(model: Recount, noted: datetime) -> None:
            latest = max(model.family[person], key=lambda s: (s.valid, s.noted))
            if latest.value != family:
                model.family[person].append(Said(at, noted, family))

        self.enter([PersonaNueva(person, "N/N")], place, at, family, tell)

    def movement(self, kind: str) -> None:
        at, ops = self.instant(), self.model.valid_ops(FAR)
        first = self.draw(st.sampled_from(self.history.people))
        state = self.model.replay(ops, first, at)
        place = state.place if state.place is not None else (state.transit or (None,))[0]
        if place is None or place in self.closed:
            return
        together = [p for p in self.history.people if self.model.replay(ops, p, at).place == place]
        others = self.draw(st.lists(st.sampled_from(together), max_size=2)) if together else []
        people = tuple(dict.fromkeys([first, *others]))
        n, extra, to, acuse = self.n, {}, None, False
        beside = [_at(place)]
        if kind == "traslado":
            to, acuse = self.open_place(), self.draw(st.booleans())
            if to == place:
                return
            extra = {"activacion_destino": PLACES[to], "acuse": acuse}
            beside.append(_at(to))
        if not self.model.possible([Op(n, kind, people, place, at, DRAWN, to=to, acuse=acuse)], people):
            return

        def work() -> None:
            movimiento(_place(place), kind, *people, ocurrido_en=at, id=made(4, n), **extra)

        def tell(model: Recount, noted: datetime) -> None:
            model.ops.append(Op(n, kind, people, place, at, noted, to=to, acuse=acuse))

        self.step(f"{kind} of {people} from {place} at {at}", work, tell, set(people), beside)

    def anulacion(self) -> None:
        done = {o.annuls for o in self.model.ops}
        targets = [o for o in self.model.ops if o.kind != "anulacion" and o.n not in done]
        if not targets or self.closed:
            return
        target, n = self.draw(st.sampled_from(targets)), self.n
        if not self.model.possible([], target.persons, but=target.n):
            return

        def work() -> None:
            movimiento(
                _place(target.place), "anulacion", ocurrido_en=DRAWN, id=made(4, n), anula=made(4, target.n)
            )

        def tell(model: Recount, noted: datetime) -> None:
            model.ops.append(Op(n, "anulacion", target.persons, target.place, DRAWN, noted, annuls=target.n))

        every = [_at(p) for p in range(len(PLACES))]  # it may put people back into any of them
        self.step(f"annuls {target}", work, tell, set(target.persons), every)

    def correccion(self) -> None:
        person = self.draw(st.sampled_from(self.history.people))
        value = self.draw(st.tuples(st.sampled_from(SEXES), st.sampled_from(BIRTHS)))
        since = self.draw(st.none() | st.just(self.instant()))
        new = PersonaNueva(person, "N/N", sexo=value[0], nacimiento=value[1])

        def work() -> None:
            with unit_of_work(SISTEMA):
                correct_persona(new, "Se leyó mal", since)

        def tell(model: Recount, noted: datetime) -> None:
            held = max(model.data[person], key=lambda s: (s.valid, s.noted))
            model.data[person].append(Said(held.valid if since is None else since, noted, value))

        self.step(f"{person} is {value} since {since}", work, tell, {person})

    def familia(self) -> None:
        registered = {s.value for said in self.model.family.values() for s in said}
        family = self.draw(st.sampled_from(sorted(registered)))
        person, since = self.draw(st.sampled_from(self.history.people)), self.instant()

        def work() -> None:
            with unit_of_work(SISTEMA):
                move_to_familia(person, made(3, family), since)

        def tell(model: Recount, noted: datetime) -> None:
            model.family[person].append(Said(since, noted, family))

        self.step(f"{person} to family {family} since {since}", work, tell, {person, ("familia", family)})

    def parte(self) -> None:
        place, at, personas, n = self.open_place(), self.instant(), self.draw(st.integers(0, 99)), self.n

        def work() -> None:
            with unit_of_work(SISTEMA):
                register_parte(ParteNuevo(made(4, n), PLACES[place], at, "conteo_fisico", personas))

        def tell(model: Recount, noted: datetime) -> None:
            model.partes.setdefault(place, []).append((at, noted, personas, n))

        self.step(f"{personas} counted in {place} at {at}", work, tell, {("parte", place, at)}, [_at(place)])

    def cierre(self) -> None:
        """A shelter without people closes, and nothing more happens in it. One stays open."""
        place, ops = self.open_place(), self.model.valid_ops(FAR)
        if len(self.closed) == len(PLACES) - 1 or any(
            self.model.replay(ops, p).place == place
            or ((t := self.model.replay(ops, p).transit) and place in t)
            for p in self.history.people
        ):
            return
        self.closed.add(place)
        moves = (("en_cierre", DRAWN - timedelta(minutes=1)), ("cerrada", DRAWN))

        def work() -> None:
            for a, at in moves:
                with unit_of_work(SISTEMA):
                    transition_activacion(PLACES[place], a, at, None, "1-2026")

        def tell(model: Recount, noted: datetime) -> None:
            model.moves.setdefault(place, []).extend((at, noted, a) for a, at in moves)

        self.step(f"{place} closes", work, tell, {_at(place)})


def _at(place: int) -> Hashable:
    return ("lugar", place)


def _place(place: int):
    from albergues_app.albergues.models import Activacion

    return db.session.get(Activacion, PLACES[place])


@st.composite
def histories(draw, length: int) -> History:
    """Some steps, each of which could be when it was written; what could not be is left out."""
    writer = _Writer(draw)
    for kind in ("nueva", *draw(st.lists(st.sampled_from(KINDS), min_size=length, max_size=2 * length))):
        writer.one(kind)
    return writer.history


def open_the_places() -> None:
    """The shelters of every delivery, with the same ids."""
    clock._frozen.set(DRAWN)
    event = make_emergencia(departamentos=["14", "16"])
    for place, municipio in zip(PLACES, MUNICIPIOS, strict=True):
        make_activacion(make_albergue(municipio, None), event, OPENED, id=place)
