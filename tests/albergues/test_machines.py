"""The two state machines over random sequences: only legal moves succeed, and each says who, when and why."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from albergues_app.albergues.models import Activacion, ActivacionTransicion, Albergue, SitioTransicion
from albergues_app.albergues.services import transition_sitio
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.medidas import medidas
from albergues_app.ocupacion.services import transition_activacion
from albergues_app.ocupacion.verify import differences
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import make_cuenta, make_identity

H = timedelta(hours=1)
FEW = settings(
    max_examples=8,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)

# Written from dominio.md 2.2 by hand, not from the code under test.
SITE = {
    "identificado": "evaluado_apto evaluado_apto_con_condiciones evaluado_no_apto inhabilitado descartado",
    "evaluado_apto": "oficializado identificado por_reevaluar inhabilitado descartado",
    "evaluado_apto_con_condiciones": "oficializado identificado por_reevaluar inhabilitado descartado",
    "evaluado_no_apto": "identificado inhabilitado descartado",
    "oficializado": "por_reevaluar inhabilitado descartado",
    "por_reevaluar": "evaluado_apto evaluado_apto_con_condiciones evaluado_no_apto inhabilitado descartado",
    "inhabilitado": "evaluado_apto evaluado_apto_con_condiciones evaluado_no_apto descartado",
    "descartado": "identificado",
}
ACTIVATION = {
    "preparacion": {"activa", "anulada"},
    "activa": {"en_cierre", "anulada"},
    "en_cierre": {"activa", "cerrada"},
    "cerrada": set(),
    "anulada": set(),
}


class SiteMachine(RuleBasedStateMachine):
    """One site, moved at random."""

    who: Actor

    def __init__(self) -> None:
        super().__init__()
        self.site: UUID = make_albergue(nombre="Sitio al azar").id
        self.state, self.moves, self.hour = "identificado", [], OPENED

    @rule(
        a=st.sampled_from(sorted(SITE)),
        reason=st.sampled_from([None, "", "Daño por el sismo"]),
        back=st.integers(0, 9).map(lambda n: n == 0),
    )
    def move(self, a: str, reason: str | None, back: bool) -> None:
        when = self.hour - H if back and self.moves else self.hour + H
        needs = a in {"inhabilitado", "descartado"} or self.state == "descartado"
        legal = a in SITE[self.state].split() and (bool(reason) or not needs) and when >= self.hour
        try:
            with unit_of_work(self.who):
                transition_sitio(db.session.get_one(Albergue, self.site), a, when, reason, "12-2026")
        except RuleBroken as refused:
            assert not legal, (self.state, a, refused.mensaje)
            assert refused.codigo in {"transicion_ilegal", "falta_motivo", "antes_de_la_anterior"}
        else:
            assert legal, (self.state, a)
            self.moves.append((self.state, a, when, reason or None))
            self.state, self.hour = a, when

    @invariant()
    def every_move_says_who_when_and_why(self) -> None:
        rows = (
            db.session.query(SitioTransicion).filter_by(albergue_id=self.site).order_by("ocurrida_en").all()
        )
        assert [(r.de, r.a, r.ocurrida_en, r.motivo) for r in rows] == self.moves
        assert all(r.cuenta_id == self.who.cuenta_id and r.registrado_en and r.acta_numero for r in rows)
        assert db.session.get_one(Albergue, self.site).estado == self.state


class ActivationMachine(RuleBasedStateMachine):
    """A site that opens, fills, empties, closes and opens again."""

    who: Actor

    def __init__(self) -> None:
        super().__init__()
        self.site = make_albergue(nombre="Albergue al azar").id
        self.event = make_emergencia().id
        self.hour = OPENED
        self.attended: dict[UUID, int] = {}
        self.ended: dict[UUID, str] = {}
        self._open()

    def _open(self) -> None:
        self.hour += H
        row = make_activacion(
            db.session.get_one(Albergue, self.site), db.session.get_one(Emergencia, self.event), self.hour
        )
        self.current, self.state, self.inside = row.id, "activa", []
        self.attended[row.id] = 0

    @rule(a=st.sampled_from(sorted(ACTIVATION)), act=st.sampled_from([None, "8-2026"]))
    def move(self, a: str, act: str | None) -> None:
        when = self.hour + H
        legal = (
            a in ACTIVATION[self.state]
            and (a != "cerrada" or (not self.inside and act is not None))
            and (a != "anulada" or self.attended[self.current] == 0)
        )
        try:
            with unit_of_work(self.who):
                transition_activacion(self.current, a, when, "al azar", act)
        except RuleBroken as refused:
            assert not legal, (self.state, a, refused.mensaje)
            if a == "cerrada" and self.inside:
                assert refused.codigo == "personas_dentro"
        else:
            assert legal, (self.state, a)
            self.state, self.hour = a, when
            if a in {"cerrada", "anulada"}:
                self.ended[self.current] = a

    @precondition(lambda self: self.state in {"activa", "en_cierre"})
    @rule(count=st.integers(1, 3))
    def enter(self, count: int) -> None:
        self.hour += H
        body = ingreso(
            db.session.get_one(Activacion, self.current),
            *[persona() for _ in range(count)],
            ocurrido_en=self.hour,
        )
        self.inside += [UUID(p["id"]) for p in body["personas"]]
        self.attended[self.current] += count

    @precondition(lambda self: self.inside)
    @rule()
    def leave(self) -> None:
        self.hour += H
        movimiento(
            db.session.get_one(Activacion, self.current), "egreso", self.inside.pop(), ocurrido_en=self.hour
        )

    @precondition(lambda self: self.state in {"cerrada", "anulada"})
    @rule()
    def reopen(self) -> None:
        before = self.current
        self._open()
        row = db.session.get_one(Activacion, self.current)
        assert row.id != before
        closed = [a for a, how in self.ended.items() if how == "cerrada"]
        assert row.reactiva_a == (closed[-1] if closed else None)

    @invariant()
    def stays_never_mix(self) -> None:
        for activacion, count in self.attended.items():
            assert medidas([activacion]).atendidas == count
        assert db.session.get_one(Activacion, self.current).estado == self.state
        total = cuadro(make_identity(), corte=self.hour, emergencia_id=self.event).total
        assert total.personas == len(self.inside)

    def teardown(self) -> None:
        rows = db.session.query(ActivacionTransicion).filter_by(activacion_id=self.current).all()
        assert all(r.registrado_en and r.ocurrida_en for r in rows)
        assert all(r.cuenta_id == self.who.cuenta_id for r in rows if r.de != "preparacion")
        assert differences() == []


@pytest.mark.parametrize("machine", [SiteMachine, ActivationMachine])
def test_only_legal_moves_succeed(app, machine):
    cuenta = make_cuenta("nacional")
    who = Actor(cuenta.correo, "web", cuenta.id)
    run_state_machine_as_test(type(machine.__name__, (machine,), {"who": who}), settings=FEW)
