"""Julia, October 2022, as a scale: 13 shelters in Izabal within a day, 2,713 people; three without signal."""

from __future__ import annotations

import datetime as dt

from albergues_app.cli.escenarios.base import Taller, municipios_of, parte
from albergues_app.emergencias.services import (
    AlertaNueva,
    EmergenciaNueva,
    declare_alerta,
    declare_emergencia,
)
from albergues_app.ocupacion.services import register_parte
from albergues_app.ocupacion.services.lote import register_ingresos

NOMBRE = "Tormenta Julia (práctica)"
ALBERGUES, SIN_SENAL, PERSONAS = 13, 3, 2_713


def load(taller: Taller) -> dict[str, int]:
    """One day, in four rounds of six hours."""
    start = taller.fin - dt.timedelta(hours=24)
    emergencia = taller.uuid()
    with taller.at(start):
        declare_emergencia(
            EmergenciaNueva(emergencia, NOMBRE, "tormenta", start, ["18"], "02-2022", "CONRED (práctica)")
        )
        declare_alerta(
            AlertaNueva(
                taller.uuid(), emergencia, "poblacional", "departamental", "roja", "tormenta", start, None,
                "CODRED Izabal (práctica)", None, ("18",),
            )
        )  # fmt: skip
        shelters = []
        for n in range(ALBERGUES):
            municipio = "1804" if n < 9 else taller.rng.choice(municipios_of("18"))
            site = taller.site(municipio, True, taller.rng.randint(8, 30) * 10, start - dt.timedelta(days=90))
            opened = start + dt.timedelta(hours=taller.rng.uniform(0.2, 5))
            shelters.append((taller.activate(site, emergencia, opened), opened))
    made = 0
    for part in range(4):
        end = start + dt.timedelta(hours=6 * (part + 1))
        today = []
        while made < PERSONAS * (part + 1) / 4:
            activacion, opened = taller.rng.choice(shelters)
            when = max(
                end - dt.timedelta(minutes=taller.rng.randint(10, 350)), opened + dt.timedelta(minutes=5)
            )
            size = min(10, max(1, int(taller.rng.gauss(4.4, 1.6))), PERSONAS - made)
            today.append(
                taller.family(activacion, min(when, end), size, taller.rng.choice(municipios_of("18")))
            )
            made += size
        with taller.at(end):
            register_ingresos(sorted(today, key=lambda i: i.ocurrido_en))
            for activacion, _ in shelters[: ALBERGUES - SIN_SENAL]:
                inside = sum(len(i.personas) for i in taller.families if i.activacion_id == activacion)
                register_parte(parte(taller, activacion, end, inside))
    return {
        "albergues": ALBERGUES,
        "sin_senal": SIN_SENAL,
        "personas": taller.people,
        "familias": len(taller.families),
    }
