"""Many desks at once: a person is inside one shelter only, however many clerks type it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.audit.writing import write_once
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.ocupacion.models_derivadas import Estancia, Resumen
from albergues_app.ocupacion.services import IngresoNuevo, PersonaNueva, register_ingreso
from albergues_app.ocupacion.verify import differences
from tests.factories.albergues import OPENED, make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import SISTEMA

PEOPLE, THREADS = 200, 8


def test_400_check_ins_of_200_persons_at_two_shelters_leave_200_open_stays(app):
    emergencia = make_emergencia()
    places = [make_activacion(make_albergue(m, None), emergencia).id for m in ("1413", "1405")]
    emergencia_id = emergencia.id
    people = [uuid7() for _ in range(PEOPLE)]
    tries = [(person, place) for person in people for place in places]
    start = threading.Barrier(THREADS)

    def check_in(mine: list[tuple[UUID, UUID]]) -> tuple[int, list[str]]:
        start.wait()
        done, refused = 0, []
        for person, place in mine:
            with app.app_context():
                op = uuid7()
                datos = IngresoNuevo(op, place, OPENED, [PersonaNueva(person, "N/N")], uuid7())
                content = {"persona": person, "place": place}
                try:
                    write_once(
                        SISTEMA, op, "ingreso", content, emergencia_id, lambda d=datos: register_ingreso(d)
                    )
                    done += 1
                except RuleBroken as error:
                    refused.append(error.codigo)
                finally:
                    db.session.remove()
        return done, refused

    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(check_in, [tries[n::THREADS] for n in range(THREADS)]))
    assert sum(done for done, _ in results) == PEOPLE
    assert {code for _, refused in results for code in refused} == {"estancia_abierta"}
    db.session.rollback()  # the snapshot of before
    distinct = func.count(func.distinct(Estancia.persona_id))
    opened = select(func.count(), distinct).where(Estancia.egreso_en.is_(None))
    assert tuple(db.session.execute(opened).one()) == (PEOPLE, PEOPLE)
    assert db.session.scalar(select(func.sum(Resumen.personas))) == PEOPLE
    assert differences() == []
