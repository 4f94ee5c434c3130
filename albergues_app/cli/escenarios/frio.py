"""The cold season as a scale: five night shelters, 18:00 to 06:00, sixty people who come back night after night."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from albergues_app.cli.escenarios.base import Taller, move, parte
from albergues_app.core import clock
from albergues_app.emergencias.services import EmergenciaNueva, declare_emergencia
from albergues_app.ocupacion.services import (
    IngresoNuevo,
    register_ingreso,
    register_movimiento,
    register_parte,
)

NOMBRE = "Temporada de frío (práctica)"
MUNICIPIOS = ("0101", "0101", "1301", "0901", "0801")
USUARIOS, NOCHES = 60, 7


def load(taller: Taller) -> dict[str, int]:
    """Seven nights: who enters in the evening leaves in the morning; the same person is the same person every night."""
    today = clock.local_day(taller.fin)
    first = clock.day_start(today - dt.timedelta(days=NOCHES)) + dt.timedelta(hours=12)
    emergencia = taller.uuid()
    with taller.at(first):
        declare_emergencia(
            EmergenciaNueva(
                emergencia, NOMBRE, "frio", first, ["01", "13", "09", "08"], "03-2026", "SOSEP (práctica)"
            )
        )
        shelters = []
        for municipio in MUNICIPIOS:
            site = taller.site(municipio, True, taller.rng.randint(3, 9) * 10, first - dt.timedelta(days=30))
            shelters.append(taller.activate(site, emergencia, first, "nocturna"))
    users = []
    for n in range(USUARIOS):
        users.append((shelters[n % len(shelters)], taller.uuid(), taller.household(1)[0]))
    nights = 0
    for night in range(NOCHES):
        evening = clock.day_start(today - dt.timedelta(days=NOCHES - night)) + dt.timedelta(hours=18)
        inside: dict[UUID, list[UUID]] = {}
        for activacion, family, person in users:
            when = evening + dt.timedelta(minutes=taller.rng.randint(5, 140))
            if taller.rng.random() > 0.62 or when > taller.fin:
                continue
            with taller.at(when):
                register_ingreso(IngresoNuevo(taller.uuid(), activacion, when, [person], family))
            inside.setdefault(activacion, []).append(person.id)
            nights += 1
        morning = evening + dt.timedelta(hours=12)
        for activacion, people in inside.items():
            if morning < taller.fin:
                with taller.at(morning):
                    register_parte(parte(taller, activacion, morning - dt.timedelta(hours=2), len(people)))
                    register_movimiento(
                        move(taller, "egreso", activacion, people, morning, destino="desconocido")
                    )
    return {"albergues": len(shelters), "personas": USUARIOS, "noches": nights}
