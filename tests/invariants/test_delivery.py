"""Invariants 14 and 15 of confiabilidad.md part 6: in whatever order operations arrive, and wherever the log ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from albergues_app.audit.chain import verify
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.daily import cut_pending
from albergues_app.ocupacion.derive import _dated, _interval_of
from albergues_app.ocupacion.models import Movimiento, PersonaVersion, Pertenencia
from albergues_app.ocupacion.models_derivadas import (
    CorteDiario,
    Estancia,
    Resumen,
    ResumenFamilia,
    ResumenReparto,
    Tramo,
)
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.ocupacion.timeline import Dated, Fact, fold, intervals
from albergues_app.ocupacion.verify import differences
from tests.factories.cuentas import SISTEMA, make_identity
from tests.invariants.checks import Checks
from tests.invariants.histories import DRAWN, MUNICIPIOS, OPENED, PLACES, Step, histories, open_the_places
from tests.invariants.model import Recount

END = DRAWN + timedelta(hours=4)
"""Later than every delivery, the same local day."""


class Delivery(Checks):
    """Steps that reached the program one after another, and the recount of what they say."""

    def __init__(self, empty_the_database) -> None:
        empty_the_database()
        open_the_places()
        self.identity = make_identity()
        self.places, self.codes = PLACES, list(MUNICIPIOS)
        self.model = Recount()
        for place in range(len(PLACES)):
            self.model.moves[place] = [(OPENED, DRAWN, "activa")]
        self.now = DRAWN
        self.moments: list[datetime] = []

    def deliver(self, step: Step) -> None:
        """Nothing is refused whose dependencies arrived: an error here fails the test."""
        self.now += timedelta(seconds=1)
        clock._frozen.set(self.now)
        self.moments.append(self.now)
        step.work()
        step.tell(self.model, self.now)

    def finish(self) -> dict[str, Any]:
        """The last night is cut; everything that is held, but for what tells how and when it arrived."""
        self.now = END
        clock._frozen.set(END)
        with unit_of_work(SISTEMA):
            cut_pending(END)
        return held()


def held() -> dict[str, Any]:
    db.session.rollback()
    tables: dict[Any, str] = {
        Movimiento: "operacion_id tipo persona_id familia_id activacion_id contraparte_id acuse destino ocurrido_en",
        Estancia: "persona_id familia_id activacion_id ingreso_en egreso_en egreso_tipo fuera",
        PersonaVersion: "persona_id sexo nacimiento vigente_desde actual",
        Pertenencia: "persona_id familia_id vigente_desde",
        Resumen: "activacion_id sexo banda personas fuera",
        ResumenFamilia: "activacion_id familia_id personas",
        ResumenReparto: "familia_id lugares",
        CorteDiario: "dia activacion_id sexo banda personas fuera",
        Parte: "id activacion_id corte personas",
    }
    found: dict[str, Any] = {}
    for model, names in tables.items():
        table = model.__table__
        rows = db.session.execute(select(*(table.c[name] for name in names.split())))
        keep = (
            tuple(r) for r in rows if getattr(r, "personas", 1) or getattr(r, "fuera", 0) or model is Parte
        )
        found[table.name] = Counter(keep)
    t = Tramo.__table__
    spans = db.session.execute(select(t).where(t.c.vigente))
    found["tramo"] = Counter((r.persona_id, _interval_of(r), r.banda) for r in spans)
    return found


def told(order: Iterable[Step]) -> str:
    return "\n".join(f"{s.n}. {s.what}" for s in order)


def always(examples: int):
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        print_blob=True,
    )


@pytest.fixture(autouse=True)
def clock_goes_on_again(app):
    yield
    clock._frozen.set(None)
    db.session.rollback()


def check_orders(empty, examples: int, orders: int, length: int) -> None:
    """As written, with the latest first wherever it can be, and as drawn: one and the same state."""

    @always(examples)
    @given(histories(length), st.data())
    def same_state(history, data) -> None:
        drawn = [history.in_another_order(lambda n: data.draw(st.integers(0, n - 1))) for _ in range(orders)]
        wanted = None
        for order in (history.steps, history.in_another_order(lambda n: n - 1), *drawn):
            delivery = Delivery(empty)
            for step in order:
                delivery.deliver(step)
            found = delivery.finish()
            wanted = wanted or found
            assert found == wanted, told(order)
            for at in (None, OPENED + timedelta(hours=1), OPENED + timedelta(hours=5)):
                delivery.compare(at, None)
            assert differences() == []

    same_state()


def check_prefixes(empty, examples: int, length: int) -> None:
    """After each step all is in order; and whoever later cuts the log there finds that state again."""

    @always(examples)
    @given(histories(length), st.data())
    def valid_prefix(history, data) -> None:
        order = history.in_another_order(lambda n: data.draw(st.integers(0, n - 1)))
        delivery = Delivery(empty)
        for step in order:
            delivery.deliver(step)
            delivery.compare(None, None)
            assert differences() == [], told(order)
            assert verify(db.session()).intact
        for moment in (DRAWN, *delivery.moments):
            delivery.compare(None, moment)
            check_the_log_until(moment, history.people)

    valid_prefix()


def check_the_log_until(moment: datetime, people) -> None:
    """Folding only the rows written by then tells something that can be, and it is what was held then."""
    m = Movimiento.__table__
    rows = db.session.execute(select(m).where(m.c.registrado_en <= moment)).all()
    annulled = {r.anula_id for r in rows if r.tipo == "anulacion"}
    assert annulled - {None} <= {r.id for r in rows}, "an annulment came before what it annuls"
    facts: dict[Any, list[Fact]] = {}
    for r in rows:
        if r.tipo != "anulacion" and r.id not in annulled:
            fact = Fact(
                r.id, r.tipo, r.activacion_id, r.contraparte_id, r.acuse, r.ocurrido_en, r.registrado_en
            )
            facts.setdefault(r.persona_id, []).append(fact)
    data, families = _dated(people)
    t = Tramo.__table__
    then = select(t).where(t.c.conocido_desde <= moment, t.c.conocido_hasta > moment)
    spans: dict[Any, Counter] = {}
    for r in db.session.execute(then):
        spans.setdefault(r.persona_id, Counter())[_interval_of(r)] += 1
    for person in people:
        line = fold(facts.get(person, ()))  # raises, if that cannot be
        ends = [(s.desde, s.hasta) for s in line.stays]
        assert all(a <= b for a, b in ends) and all(a[1] <= b[0] for a, b in pairwise(ends))
        assert sum(s.hasta == clock.FOREVER for s in line.stays) <= 1
        wanted = (
            intervals(line, _until(data, person, moment), _until(families, person, moment))
            if line.stays
            else ()
        )
        assert spans.get(person, Counter()) == Counter(wanted), (person, moment)


def _until(dated: dict[Any, list[Dated]], person, moment: datetime) -> list[Dated]:
    return [d for d in dated[person] if d.registrado_en <= moment]


def test_any_order_of_delivery_with_dependencies_held_gives_the_same_state(empty, base):
    check_orders(empty, 8 if base == "sqlite" else 3, 1, 14)


def test_wherever_the_log_ends_the_state_is_valid(empty, base):
    check_prefixes(empty, 7 if base == "sqlite" else 3, 14)


@pytest.mark.largo
def test_five_thousand_shuffled_deliveries_give_the_same_state(empty):
    check_orders(empty, 1000, 4, 24)


@pytest.mark.largo
def test_wherever_a_long_log_ends_the_state_is_valid(empty):
    check_prefixes(empty, 300, 40)
