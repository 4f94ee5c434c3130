"""Invariants 1-13 and 16-18 of confiabilidad.md part 6: any sequence of operations, counted independently."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.bandas import minus_years
from albergues_app.ocupacion.daily import cut_pending
from albergues_app.ocupacion.derive import roll_bands
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.services import (
    ParteNuevo,
    PersonaNueva,
    correct_persona,
    move_to_familia,
    register_parte,
    transition_activacion,
)
from albergues_app.ocupacion.verify import differences
from tests.factories.albergues import ingreso, make_activacion, make_albergue, make_emergencia, movimiento
from tests.factories.cuentas import SISTEMA, make_identity
from tests.invariants.checks import Checks
from tests.invariants.model import Op, Recount, Said

OPENED = datetime(2026, 11, 10, 12, tzinfo=UTC)
START = datetime(2026, 11, 13, 18, tzinfo=UTC)
PLACES = ("1401", "1401", "1405", "1610")
SEXES = ("mujer", "hombre", "no_registrado")
NEVER = datetime.min.replace(tzinfo=UTC)

minutes = st.integers(0, 4 * 24 * 60)
edges = st.sampled_from(
    [0, 1, 6 * 60 - 1, 6 * 60, 6 * 60 + 1, 18 * 60 - 1, 18 * 60 + 1, 24 * 60 - 1, 24 * 60, 24 * 60 + 1]
)
"""Minutes after a local midnight at which days and hosts in other zones differ."""


class Ledger(Checks, RuleBasedStateMachine):
    """Shelters, people and a clock that only goes on; what is accepted is told to the recount."""

    empty_the_database: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        self.model, self.now, self.n = Recount(), START, 0
        self.people: list[UUID] = []
        self.families: list[UUID] = []
        self.client_ids: dict[int, UUID] = {}
        self.links = 0

    @initialize()
    def open_the_shelters(self) -> None:
        type(self).empty_the_database()
        clock._frozen.set(self.now)
        event = make_emergencia(departamentos=["14", "16"])
        self.places = [make_activacion(make_albergue(m, None), event, OPENED).id for m in PLACES]
        self.codes = list(PLACES)
        self.estado = ["activa"] * len(PLACES)
        for place in range(len(PLACES)):
            self.model.moves[place] = [(OPENED, self.now, "activa")]
        self.identity = make_identity()
        self.links = self.count_links()

    def teardown(self) -> None:
        if hasattr(self, "places"):
            self.check_at_the_end()
        clock._frozen.set(None)
        db.session.rollback()

    # ---- time

    def tick(self, seconds: int = 1) -> datetime:
        self.now += timedelta(seconds=seconds)
        clock._frozen.set(self.now)
        return self.now

    def instant(self, back: int) -> datetime:
        """A moment not after now and not before the opening, to the minute, often the same one."""
        when = self.now.replace(second=0, microsecond=0) - timedelta(minutes=back)
        return max(when, OPENED)

    @rule(seconds=st.integers(60, 60 * 60 * 20))
    def time_goes_on(self, seconds: int) -> None:
        self.tick(seconds)

    @rule(days=st.integers(1, 2), minute=edges)
    def until_an_edge_of_the_day(self, days: int, minute: int) -> None:
        day = clock.local_day(self.now) + timedelta(days=days)
        self.now = clock.day_start(day) + timedelta(minutes=minute)
        clock._frozen.set(self.now)

    # ---- operations

    def attempt(self, op: Op | None, possible: bool, work) -> bool:
        """Do it; what the service says must be what the recount says. Returns whether it was accepted."""
        try:
            work()
        except AppError as error:
            db.session.rollback()
            assert not possible, f"refused, though it can be: {error.codigo} {op}"
            return False
        assert possible, f"accepted, though it cannot be: {op}"
        if op is not None:
            self.model.ops.append(op)
        return True

    def activacion(self, place: int):
        from albergues_app.albergues.models import Activacion

        return db.session.get(Activacion, self.places[place])

    def operation(self, kind: str, persons, place: int, at: datetime, **more) -> Op:
        self.n += 1
        self.client_ids[self.n] = uuid7()
        return Op(self.n, kind, tuple(persons), place, at, self.tick(), **more)

    @rule(
        place=st.integers(0, 3),
        back=minutes,
        people=st.lists(
            st.tuples(st.sampled_from(SEXES), st.none() | st.integers(0, 90)), min_size=1, max_size=4
        ),
        family=st.integers(0, 9),
        birth=st.booleans(),
    )
    def new_people_enter(self, place, back, people, family, birth) -> None:
        at = self.instant(back)
        family = self.family_index(family)
        ids = [uuid7() for _ in people]
        op = self.operation("nacimiento" if birth else "ingreso", ids, place, at, family=family)
        new = [
            PersonaNueva(
                id=i, nombres="N/N", sexo=sexo, edad=edad, edad_unidad="anios" if edad is not None else None
            )
            for i, (sexo, edad) in zip(ids, people, strict=True)
        ]
        accepted = self.attempt(
            op,
            self.estado[place] in {"activa", "en_cierre"},
            lambda: ingreso(
                self.activacion(place),
                *new,
                ocurrido_en=at,
                clase=op.kind,
                id=self.client_ids[op.n],
                familia_id=self.families[family],
            ),
        )
        if not accepted:
            return
        self.people.extend(ids)
        for i, (sexo, edad) in zip(ids, people, strict=True):
            said_on = (at - timedelta(hours=6)).date()
            born = None if edad is None else minus_years(said_on, edad)
            self.model.data[i] = [Said(NEVER, op.noted, (sexo, born))]
            self.model.family[i] = [Said(NEVER, op.noted, family)]

    def family_index(self, wanted: int) -> int:
        if wanted >= len(self.families):
            self.families.append(uuid7())
            return len(self.families) - 1
        return wanted

    @precondition(lambda self: self.people)
    @rule(data=st.data(), place=st.integers(0, 3), back=minutes, family=st.integers(0, 9))
    def known_people_enter(self, data, place, back, family) -> None:
        persons = data.draw(st.lists(st.sampled_from(self.people), min_size=1, max_size=3, unique=True))
        at, family = self.instant(back), self.family_index(family)
        op = self.operation("ingreso", persons, place, at, family=family)
        new = [PersonaNueva(id=i, nombres="N/N", sexo="hombre") for i in persons]
        possible = self.estado[place] in {"activa", "en_cierre"} and self.model.possible([op], persons)
        if self.attempt(
            op,
            possible,
            lambda: ingreso(
                self.activacion(place),
                *new,
                ocurrido_en=at,
                id=self.client_ids[op.n],
                familia_id=self.families[family],
            ),
        ):
            for i in persons:
                latest = max(self.model.family[i], key=lambda s: (s.valid, s.noted))
                if latest.value != family:
                    self.model.family[i].append(Said(at, op.noted, family))

    def move(self, data, kind: str, back: int, **more) -> None:
        place, persons = self.some_inside(data)
        at = self.instant(back)
        op = self.operation(kind, persons, place, at, **more)
        possible = self.estado[place] in {"activa", "en_cierre"} and self.model.possible([op], persons)
        extra = {}
        if kind == "traslado":
            to = more["to"]
            extra = {"activacion_destino": self.places[to], "acuse": more["acuse"]}
            possible = possible and to != place and self.estado[to] in {"activa", "en_cierre"}
        self.attempt(
            op,
            possible,
            lambda: movimiento(
                self.activacion(place), kind, *persons, ocurrido_en=at, id=self.client_ids[op.n], **extra
            ),
        )

    def some_inside(self, data):
        """Mostly people of one place where they are; sometimes not."""
        far = datetime.max.replace(tzinfo=UTC)
        ops = self.model.valid_ops(far)
        by_place: dict[int, list[UUID]] = {}
        for person in self.people:
            state = self.model.replay(ops, person)
            assert state is not None
            place = state.place if state.place is not None else (state.transit or (0,))[0]
            by_place.setdefault(place, []).append(person)
        place = data.draw(st.sampled_from(sorted(by_place)))
        persons = data.draw(st.lists(st.sampled_from(by_place[place]), min_size=1, max_size=3, unique=True))
        return place, persons

    @precondition(lambda self: self.people)
    @rule(data=st.data(), back=st.integers(0, 300), kind=st.sampled_from(["salida_temporal", "retorno"]))
    def out_for_a_while(self, data, back, kind) -> None:
        self.move(data, kind, back)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), back=minutes, kind=st.sampled_from(["egreso", "egreso", "fallecimiento"]))
    def leave(self, data, back, kind) -> None:
        self.move(data, kind, back)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), back=st.integers(0, 600), to=st.integers(0, 3), acuse=st.booleans())
    def transfer(self, data, back, to, acuse) -> None:
        self.move(data, "traslado", back, to=to, acuse=acuse)

    @precondition(lambda self: any(o.kind != "anulacion" for o in self.model.ops))
    @rule(data=st.data())
    def annul(self, data) -> None:
        target = data.draw(st.sampled_from([o for o in self.model.ops if o.kind != "anulacion"]))
        done = any(o.annuls == target.n for o in self.model.ops)
        op = self.operation("anulacion", target.persons, target.place, self.now, annuls=target.n)
        possible = not done and self.model.possible([], target.persons, but=target.n)
        if possible:  # nobody may be left inside a shelter that has closed
            far = datetime.max.replace(tzinfo=UTC)
            ops = self.model.valid_ops(far, but=target.n)
            states = [self.model.replay(ops, p) for p in target.persons]
            possible = all(s.place is None or self.estado[s.place] in {"activa", "en_cierre"} for s in states)
        self.attempt(
            op,
            possible,
            lambda: movimiento(
                self.activacion(target.place),
                "anulacion",
                ocurrido_en=self.now,
                id=self.client_ids[op.n],
                anula=self.client_ids[target.n],
            ),
        )

    @precondition(lambda self: self.model.ops)
    @rule(data=st.data())
    def the_same_annulment_or_movement_again_changes_nothing(self, data) -> None:
        """13: a service called twice with the effect already there refuses; figures stay."""
        op = data.draw(st.sampled_from(self.model.ops))
        if op.kind in {"ingreso", "nacimiento"}:
            before = self.total()
            new = [PersonaNueva(id=i, nombres="N/N", sexo="mujer") for i in op.persons]
            twin = Op(0, op.kind, op.persons, op.place, op.at, self.tick())
            possible = self.estado[op.place] in {"activa", "en_cierre"} and self.model.possible(
                [twin], op.persons
            )
            if not possible:
                self.attempt(None, False, lambda: ingreso(self.activacion(op.place), *new, ocurrido_en=op.at))
                assert self.total() == before

    @precondition(lambda self: self.people)
    @rule(
        data=st.data(),
        sexo=st.sampled_from(SEXES),
        edad=st.none() | st.integers(0, 90),
        back=st.none() | minutes,
    )
    def correct(self, data, sexo, edad, back) -> None:
        person = data.draw(st.sampled_from(self.people))
        noted, before = self.tick(), self.held(person)
        since = None if back is None else self.instant(back)
        new = PersonaNueva(
            id=person, nombres="N/N", sexo=sexo, edad=edad, edad_unidad="anios" if edad is not None else None
        )
        with unit_of_work(SISTEMA):
            row, _ = correct_persona(new, "Se leyó mal", since)
            born = row.nacimiento
        if edad is not None and edad != before:
            assert born == minus_years((noted - timedelta(hours=6)).date(), edad)
        valid = self.model.data[person][-1].valid if since is None else since
        if since is None:
            valid = max(self.model.data[person], key=lambda s: (s.valid, s.noted)).valid
        self.model.data[person].append(Said(valid, noted, (sexo, born)))

    def held(self, person) -> int | None:
        from albergues_app.ocupacion.services.correccion import current_version

        return current_version(person).edad

    @precondition(lambda self: self.people and self.families)
    @rule(data=st.data(), family=st.integers(0, 9), back=minutes)
    def change_family(self, data, family, back) -> None:
        person = data.draw(st.sampled_from(self.people))
        family = min(family, len(self.families) - 1)
        since, noted = self.instant(back), self.tick()
        known = db.session.execute(
            select(func.count()).select_from(Movimiento).where(Movimiento.familia_id == self.families[family])
        ).scalar_one()
        if not known:  # the household was never registered: its check-in was refused
            return
        with unit_of_work(SISTEMA):
            move_to_familia(person, self.families[family], since)
        self.model.family[person].append(Said(since, noted, family))

    @rule(place=st.integers(0, 3), back=st.integers(0, 2000), personas=st.integers(0, 200))
    def declare(self, place, back, personas) -> None:
        at, noted = self.instant(back), self.tick()
        self.n += 1
        moves = self.model.moves[place]
        possible = self.estado[place] != "anulada" and (moves[-1][2] != "cerrada" or at <= moves[-1][0])

        def work():
            with unit_of_work(SISTEMA):
                register_parte(ParteNuevo(uuid7(), self.places[place], at, "conteo_fisico", personas))

        if self.attempt(None, possible, work):
            self.model.partes.setdefault(place, []).append((at, noted, personas, self.n))

    @rule(
        place=st.integers(0, 3),
        a=st.sampled_from(["en_cierre", "activa", "cerrada", "cerrada", "anulada"]),
        back=st.integers(0, 400),
    )
    def change_state(self, place, a, back) -> None:
        de, moves, at, noted = self.estado[place], self.model.moves[place], self.instant(back), self.tick()
        far = datetime.max.replace(tzinfo=UTC)
        ops = self.model.valid_ops(far)
        inside = [p for p in self.people if self.model.replay(ops, p).place == place]
        moves_allowed = {("activa", "en_cierre"), ("en_cierre", "activa"), ("en_cierre", "cerrada")}
        legal = (de, a) in moves_allowed | {("activa", "anulada")}
        possible = legal and at >= max(m[0] for m in moves)
        if a == "cerrada":
            ends = [
                o.at for o in ops if o.kind in {"egreso", "fallecimiento", "traslado"} and o.place == place
            ]
            possible = possible and not inside and all(at >= end for end in ends)
        if a == "anulada":
            possible = possible and not any(o.place == place or (o.to == place and not o.acuse) for o in ops)

        def work():
            with unit_of_work(SISTEMA):
                transition_activacion(self.places[place], a, at, None, "1-2026")

        if self.attempt(None, possible, work):
            self.estado[place] = a
            moves.append((at, noted, a))

    @rule()
    def the_night_cuts_the_days(self) -> None:
        with unit_of_work(SISTEMA):
            cut_pending(self.tick())
            roll_bands(self.now)
        assert [d for d in differences() if d.startswith("Corte")] == []

    @invariant()
    def the_figure_of_now_is_the_recount(self) -> None:
        if hasattr(self, "places"):
            self.compare(None, None)

    @rule(back=minutes, ago=minutes)
    def the_figure_of_any_hour_is_the_recount(self, back, ago) -> None:
        self.compare(self.instant(back), None)
        self.compare(self.instant(back), self.now - timedelta(minutes=ago))
        self.compare(None, self.now - timedelta(minutes=ago))


def run(empty, examples: int, steps: int) -> None:
    """Each example starts from an empty ledger."""
    Ledger.empty_the_database = staticmethod(empty)
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize="HYPOTHESIS_SEED" not in os.environ,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            print_blob=True,
        ),
    )


def test_any_sequence_of_operations_is_counted_right(empty, base):
    run(empty, 10 if base == "sqlite" else 4, 25)


@pytest.mark.largo
def test_any_long_sequence_of_operations_is_counted_right(empty):
    run(empty, 200, 60)
