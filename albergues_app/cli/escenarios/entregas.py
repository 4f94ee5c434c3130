"""Deliveries of formats before the storms: most municipalities of the scenario were visited, not all with everything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from albergues_app.cli.escenarios import nombres
from albergues_app.cli.escenarios.base import Taller, municipios_of
from albergues_app.core import clock
from albergues_app.entregas.models import EDICION_ANTERIOR, Medio
from albergues_app.entregas.queries import needed
from albergues_app.entregas.services import EntregaNueva, LineaNueva, confirm_entrega, register_entrega
from albergues_app.formats.engine import Formato

CARGOS = ("Directora de la DMM", "Secretario municipal", "Encargada de la UGAM", "Coordinador de la COMRED")


def load(taller: Taller, departamentos: Iterable[str], start: dt.datetime) -> int:
    """Write them, each with its own day before ``start``; returns how many.

    Of ten municipalities: three have everything in force, two an older paper of something, three a part, two nothing.
    """
    made = 0
    formats = list(needed())
    with taller.at(start):
        for municipio in (m for d in departamentos for m in municipios_of(d)):
            kind = taller.rng.random()
            if kind < 0.3:
                _deliver(taller, municipio, formats, 1, start, 40)
            elif kind < 0.5:
                _deliver(taller, municipio, taller.rng.sample(formats, 4), EDICION_ANTERIOR, start, 320)
                _deliver(taller, municipio, formats[: taller.rng.randint(4, 9)], 1, start, 60)
                made += 1
            elif kind < 0.8:
                _deliver(taller, municipio, taller.rng.sample(formats, 6), 1, start, 90)
            else:
                continue
            made += 1
    return made


def _deliver(
    taller: Taller, municipio: str, formats: list[Formato], edicion: int, start: dt.datetime, days: int
) -> None:
    rng = taller.rng
    day = clock.local_day(start - dt.timedelta(days=days + rng.randint(0, 40)))
    by_hand = rng.random() < 0.8
    trained = rng.random() < 0.5
    sexo = rng.choice(("mujer", "hombre"))
    row, _ = register_entrega(
        EntregaNueva(
            taller.uuid(),
            municipio,
            day,
            "Técnica de la sede (práctica)",
            [
                LineaNueva(
                    f.code,
                    edicion if edicion == EDICION_ANTERIOR else f.version,
                    rng.choice((20, 50, 100)) if by_hand else 1,
                    Medio.IMPRESO if by_hand else Medio.CORREO,
                )
                for f in sorted(formats, key=lambda f: f.order)
            ],
            recibe_nombre=f"{nombres.nombre_persona(rng, sexo)} {nombres.apellidos(rng)}",
            recibe_cargo=rng.choice(CARGOS),
            recibe_telefono=f"5550{rng.randint(0, 9999):04d}",
            capacitacion=trained,
            capacitacion_minutos=rng.choice((30, 45, 60, 90)) if trained else None,
            capacitacion_personas=rng.randint(2, 18) if trained else None,
        )
    )
    if rng.random() < 0.4:
        confirm_entrega(row)
