"""Load a scenario: only into an instance without real persons, which it marks Capacitación for good (F140)."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Callable
from random import Random

from sqlalchemy import select

from albergues_app.cli.escenarios.base import ESCENARIO, Taller
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.instance import mark_training
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.daily import cut_pending
from albergues_app.ocupacion.training import has_real_personas

ESCENARIOS: dict[str, str] = {
    "eta-iota": "albergues_app.cli.escenarios.eta_iota",
    "frio": "albergues_app.cli.escenarios.frio",
    "fuego": "albergues_app.cli.escenarios.fuego",
    "julia": "albergues_app.cli.escenarios.julia",
    "sismo": "albergues_app.cli.escenarios.sismo",
}


def load(
    nombre: str, semilla: int, say: Callable[[str], None], fin: dt.datetime | None = None
) -> dict[str, int]:
    """Load it so that its last hour is ``fin`` (default: now); returns what was made.

    :raises RuleBroken: `escenario_desconocido`, `personas_reales`, `escenario_cargado`.
    """
    if nombre not in ESCENARIOS:
        raise RuleBroken(
            "escenario_desconocido", f"No hay escenario «{nombre}». Hay: {', '.join(ESCENARIOS)}."
        )
    if has_real_personas():
        raise RuleBroken(
            "personas_reales", "Esta instancia tiene personas reales: no se carga un escenario en ella."
        )
    module = importlib.import_module(ESCENARIOS[nombre])
    if db.session.scalar(select(Emergencia.id).where(Emergencia.nombre == module.NOMBRE)) is not None:
        raise RuleBroken("escenario_cargado", f"El escenario «{nombre}» ya está cargado.")
    mark_training()
    last = (fin or clock.now()).replace(microsecond=0)
    made: dict[str, int] = module.load(Taller(Random(semilla), last, say))  # noqa: S311 - seeded on purpose
    with unit_of_work(ESCENARIO):
        cut_pending(clock.now())
    return made
