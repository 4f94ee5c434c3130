"""Commitments of the storms: made in meetings and visits, some overdue, one moved, one waiting to be verified."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from albergues_app.cli.escenarios.base import Taller, municipios_of
from albergues_app.compromisos import services
from albergues_app.compromisos.services import CompromisoNuevo, Encargado, Origen, Plazo
from albergues_app.core import clock

WHAT: tuple[tuple[str, str, str, str, int, str], ...] = (
    # what, institution, kind of origin, which, days to its date (from the end of the scenario), priority
    ("Enviar el punto de acta del salón municipal", "Municipalidad", "reunion", "COMUDE ordinario", -9, "rutina"),
    ("Reparar 3 inodoros de mujeres", "Municipalidad", "visita", "Visita de asesoría", -3, "prioritario"),
    ("Nombrar a la comisión de albergues de la COMRED", "Municipalidad", "reunion", "COMUDE ordinario", 0, "rutina"),
    ("Entregar 62 colchonetas y 16 frazadas", "CONRED", "reunion", "Reunión del COE", 2, "urgente"),
    ("Revisar el agua de los albergues abiertos", "MSPAS", "reunion", "Reunión del COE", 5, "prioritario"),
    ("Evaluar los salones que faltan antes de la temporada", "Municipalidad", "visita", "Visita de asesoría", 25, "rutina"),
)  # fmt: skip


def load(taller: Taller, departamentos: Iterable[str], emergencia: UUID) -> int:
    """Write them for one municipality of each department; returns how many."""
    made = 0
    for departamento in departamentos:
        municipio = taller.rng.choice(municipios_of(departamento))
        for what in WHAT:
            key = taller.uuid()
            with taller.at(taller.fin - dt.timedelta(days=11)):
                _create(taller, key, what, municipio, emergencia)
            made += 1
            _carry_on(taller, key, what)
    return made


def _create(
    taller: Taller, key: UUID, what: tuple[str, str, str, str, int, str], municipio: str, emergencia: UUID
) -> None:
    text, who, clase, which, days, prioridad = what
    day = clock.local_day(taller.fin) + dt.timedelta(days=days)
    services.create_compromiso(
        CompromisoNuevo(
            key, text, Plazo(clock.day_end(day)), Encargado(None, who), Origen(clase, folio=which), prioridad,
            departamento=municipio[:2], municipio=municipio, emergencia_id=emergencia,
        )
    )  # fmt: skip


def _carry_on(taller: Taller, key: UUID, what: tuple[str, str, str, str, int, str]) -> None:
    """The near ones were moved once; what the ministry of health had to do is said done."""
    when = taller.fin - dt.timedelta(days=1)
    if what[4] == 2:
        with taller.at(when):
            day = clock.local_day(taller.fin) + dt.timedelta(days=3)
            services.reschedule(key, Plazo(clock.day_end(day)), "El camión no pudo pasar por el derrumbe")
    elif what[4] == 5:
        with taller.at(when):
            services.fulfil(key, "Informe de cloro residual del distrito de salud")
