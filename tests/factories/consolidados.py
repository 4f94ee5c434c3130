"""A validated consolidated of a municipality, and a total that somebody gave for it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from albergues_app.consolidados.given import TotalNuevo, note_given
from albergues_app.consolidados.scope import Ambito, Pregunta
from albergues_app.consolidados.services import validate
from albergues_app.core import clock
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from tests.factories.cuentas import SISTEMA


def make_consolidado(emergencia_id: UUID, codigo: str = "GT") -> tuple[UUID, UUID]:
    """Ids of both; the cut-off is one hour ago."""
    now, place = clock.now(), Ambito(codigo)
    with unit_of_work(SISTEMA):
        given = note_given(
            TotalNuevo(
                uuid7(), emergencia_id, place, now - timedelta(hours=2), "todas", "municipalidad", "telefono", None, 9,
                None, None, None,
            )
        ).id  # fmt: skip
        row = validate(uuid7(), Pregunta(emergencia_id, place, now - timedelta(hours=1), clock.now())).id
    return row, given
