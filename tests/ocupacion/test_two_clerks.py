"""Two clerks, one person, two shelters, at the same instant: one of them is right, and the person is in one place."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from albergues_app.audit.chain import verify
from albergues_app.audit.models import Auditoria
from albergues_app.audit.writing import write_once
from albergues_app.core.db import db
from albergues_app.core.errors import AppError
from albergues_app.core.ids import uuid7
from albergues_app.ocupacion.models_derivadas import Estancia, Resumen
from albergues_app.ocupacion.services import (
    IngresoNuevo,
    MovimientoNuevo,
    PersonaNueva,
    register_ingreso,
    register_movimiento,
)
from albergues_app.ocupacion.verify import differences
from tests.factories.albergues import OPENED, make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import SISTEMA

ENTERED = OPENED + timedelta(hours=1)
LEFT = OPENED + timedelta(hours=2)


class Door:
    """What a clerk does at a door, each time as an operation of its own; the answer, or the code of the refusal."""

    def __init__(self, app) -> None:
        self.app = app
        emergencia = make_emergencia(departamentos=["14", "16"])
        self.emergencia = emergencia.id
        self.places = [make_activacion(make_albergue(m, None), emergencia).id for m in ("1413", "1601")]

    def enter(self, person: UUID, place: int, op: UUID | None = None, familia: UUID | None = None) -> str:
        op, familia = op or uuid7(), familia or uuid7()
        datos = IngresoNuevo(op, self.places[place], ENTERED, [PersonaNueva(person, "N/N")], familia)
        content = {"persona": person, "lugar": place, "familia": familia}
        return self._write(op, "ingreso", content, lambda: register_ingreso(datos))

    def move(self, person: UUID) -> str:
        return self._leave("traslado", person, activacion_destino=self.places[1])

    def discharge(self, person: UUID) -> str:
        return self._leave("egreso", person, destino="familiar")

    def _leave(self, tipo: str, person: UUID, **more) -> str:
        op = uuid7()
        datos = MovimientoNuevo(op, tipo, self.places[0], [person], LEFT, **more)
        return self._write(
            op, "movimiento", {"tipo": tipo, "persona": person}, lambda: register_movimiento(datos)
        )

    def _write(self, op: UUID, clase: str, content, work) -> str:
        with self.app.app_context():
            try:
                return str(write_once(SISTEMA, op, clase, content, self.emergencia, work).status)
            except AppError as error:
                return error.codigo
            finally:
                db.session.remove()


def at_once(pool: ThreadPoolExecutor, *works) -> list[str]:
    """Run them together: all wait for the last one before they begin."""
    start = threading.Barrier(len(works))

    def one(work):
        start.wait()
        return work()

    return sorted(f.result() for f in [pool.submit(one, w) for w in works])


def race(app, rounds: int) -> None:
    door = Door(app)
    inside: Counter[int] = Counter()
    with ThreadPoolExecutor(2) as pool:
        for n in range(rounds):
            person = uuid7()
            if n % 3 == 0:  # two doors, one person
                said = at_once(pool, lambda p=person: door.enter(p, 0), lambda p=person: door.enter(p, 1))
                assert said == ["201", "estancia_abierta"], (n, said)
                inside["?"] += 1
            elif n % 3 == 1:  # one clerk transfers whom the other discharges
                assert door.enter(person, 0) == "201"
                said = at_once(pool, lambda p=person: door.move(p), lambda p=person: door.discharge(p))
                assert said[0] == "201" and said[1] != "201" and not said[1].isdigit(), (n, said)
                inside["moved"] += 1
            else:  # the same sheet, sent twice
                op, familia = uuid7(), uuid7()
                send = lambda p=person, o=op, f=familia: door.enter(p, 0, o, f)  # noqa: E731
                assert at_once(pool, send, send) == ["200", "201"], n
                inside["twice"] += 1
    db.session.rollback()
    e = Estancia.__table__
    opened = db.session.execute(
        select(func.count(), func.count(func.distinct(e.c.persona_id))).where(e.c.egreso_en.is_(None))
    ).one()
    assert opened[0] == opened[1], "somebody is in two places"
    certain = inside["?"] + inside["twice"]
    assert certain <= opened[0] <= certain + inside["moved"]
    assert db.session.scalar(select(func.sum(Resumen.personas))) == opened[0]
    assert differences() == []
    verdict = verify(db.session())
    assert verdict.intact and verdict.links == db.session.scalar(select(func.max(Auditoria.seq)))


def test_two_clerks_never_put_one_person_in_two_places(app):
    race(app, 51)


@pytest.mark.largo
def test_two_clerks_ten_thousand_times(app):
    race(app, 10_000)
