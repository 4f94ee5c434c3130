"""A quake and its swarm, Jutiapa 2025, as a scale: 15 shelters, 1,900 people, and on the third day four become unsafe.

Shape of dominio.md 9.1 and 9.4: 492 people the first day, 739 the second. The great aftershock damages four
shelters: their sites pass to «por reevaluar», everybody in them moves to another shelter of the department, with room
or without, and they close. Two days later one is judged fit with conditions and another unfit.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID

from albergues_app.albergues.services import transition_sitio
from albergues_app.cli.escenarios.base import Taller, move, municipios_of, parte
from albergues_app.emergencias.services import (
    AlertaNueva,
    EmergenciaNueva,
    declare_alerta,
    declare_emergencia,
)
from albergues_app.ocupacion.services import register_movimiento, register_parte, transition_activacion
from albergues_app.ocupacion.services.lote import register_ingresos

NOMBRE = "Enjambre sísmico (práctica)"
SITIOS: dict[str, int] = {"22": 10, "06": 3, "21": 2}
"""Jutiapa, Santa Rosa, Jalapa."""
DANADOS = 4
OLEADA = (492, 739, 1_000, 1_300, 1_650, 1_900)
"""People registered by the end of each day."""
DIAS, REPLICA = len(OLEADA), 3


@dataclass
class Sitio:
    """A shelter of the scenario, with who is inside."""

    sitio: UUID
    activacion: UUID
    departamento: str
    capacidad: int
    personas: list[UUID] = field(default_factory=list)

    @property
    def libres(self) -> int:
        return self.capacidad - len(self.personas)


def load(taller: Taller) -> dict[str, int]:
    """Six days that end now."""
    start = taller.fin - dt.timedelta(days=DIAS)
    emergencia = taller.uuid()
    with taller.at(start):
        declare_emergencia(
            EmergenciaNueva(emergencia, NOMBRE, "sismo", start, list(SITIOS), "07-2025", "CONRED (práctica)")
        )
        declare_alerta(
            AlertaNueva(
                taller.uuid(), emergencia, "poblacional", "departamental", "roja", "sismo", start, None,
                "CODRED Jutiapa (práctica)", None, ("22",),
            )
        )  # fmt: skip
        open_ = [_open(taller, emergencia, d, start) for d, count in SITIOS.items() for _ in range(count)]
    made, moved = 0, 0
    unsafe: list[Sitio] = []
    for day, until in enumerate(OLEADA, start=1):
        end, today = start + dt.timedelta(days=day), []
        while made < until:
            place = taller.rng.choice(open_)
            size = min(10, max(1, int(taller.rng.gauss(4.4, 1.6))), until - made)
            when = end - dt.timedelta(minutes=taller.rng.randint(200, 1_300))
            origin = taller.rng.choice(municipios_of(place.departamento))
            ingreso = taller.family(place.activacion, when, size, origin)
            place.personas += [p.id for p in ingreso.personas]
            today.append(ingreso)
            made += size
        with taller.at(end):
            register_ingresos(sorted(today, key=lambda i: i.ocurrido_en))
            if day == REPLICA:
                unsafe = _damaged(taller, open_)
                open_ = [s for s in open_ if s not in unsafe]
                moved = _evacuate(taller, unsafe, open_, end)
            for place in open_:
                count = len(place.personas)
                register_parte(parte(taller, place.activacion, end - dt.timedelta(minutes=30), count))
    with taller.at(taller.fin):
        for place, verdict in zip(
            unsafe, ("evaluado_apto_con_condiciones", "evaluado_no_apto"), strict=False
        ):
            transition_sitio(taller.sites[place.sitio], verdict, taller.fin, "Revisión de ingenieros")
    return {
        "albergues": len(open_) + len(unsafe),
        "evacuados": len(unsafe),
        "personas": taller.people,
        "familias": len(taller.families),
        "trasladadas": moved,
    }


def _open(taller: Taller, emergencia: UUID, departamento: str, start: dt.datetime) -> Sitio:
    municipio = "2211" if departamento == "22" and taller.rng.random() < 0.5 else ""  # Comapa
    capacity = taller.rng.randint(8, 24) * 10
    site = taller.site(
        municipio or taller.rng.choice(municipios_of(departamento)),
        True,
        capacity,
        start - dt.timedelta(days=90),
    )
    return Sitio(site, taller.activate(site, emergencia, start), departamento, capacity)


def _damaged(taller: Taller, open_: list[Sitio]) -> list[Sitio]:
    """Of the department that was hit, those with most people: the hardest night."""
    hit = sorted((s for s in open_ if s.departamento == "22"), key=lambda s: -len(s.personas))
    return hit[:DANADOS]


def _evacuate(taller: Taller, unsafe: list[Sitio], open_: list[Sitio], end: dt.datetime) -> int:
    """Everybody out before anything else is decided; where there is most room, over capacity if there is none."""
    shock, moved = end - dt.timedelta(hours=3), 0
    for place in unsafe:
        target = max((s for s in open_ if s.departamento == place.departamento), key=lambda s: s.libres)
        if place.personas:
            register_movimiento(
                move(
                    taller, "traslado", place.activacion, place.personas, shock + dt.timedelta(minutes=50),
                    activacion_destino=target.activacion,
                )
            )  # fmt: skip
        moved += len(place.personas)
        target.personas += place.personas
        place.personas = []
        transition_sitio(taller.sites[place.sitio], "por_reevaluar", shock, "Grietas después de la réplica")
        transition_activacion(
            place.activacion, "en_cierre", shock + dt.timedelta(minutes=10), "Edificio dañado"
        )
        acta = f"{taller.rng.randint(1, 90)}-{end.year}"
        transition_activacion(place.activacion, "cerrada", shock + dt.timedelta(minutes=90), "Evacuado", acta)
    return moved
