"""Stays as the register held them at an hour: the pieces into which a correction cut one are put together again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, text

from albergues_app.core.db import table_of
from albergues_app.ocupacion.models_derivadas import Tramo

_T = table_of(Tramo)


@dataclass(frozen=True)
class EstanciaEntera:
    """One stay; ``hasta`` is ``clock.FOREVER`` while it is open."""

    persona_id: UUID
    activacion_id: UUID
    desde: datetime
    hasta: datetime


def held_at(known: datetime | None) -> tuple[ColumnElement[bool] | Any, ...]:
    """What was held to be so at an hour; None: what is held now, in the words of the partial indexes."""
    if known is None:
        return (text("tramo.vigente"),)
    return (_T.c.conocido_desde <= known, _T.c.conocido_hasta > known)


def whole_stays(pieces: Iterable[Any]) -> Iterator[EstanciaEntera]:
    """Rows with ``persona_id``, ``activacion_id``, ``desde``, ``hasta``, in any order, as stays."""
    waiting: EstanciaEntera | None = None
    for row in sorted(pieces, key=lambda r: (r.persona_id, r.activacion_id, r.desde)):
        if (
            waiting is not None
            and (waiting.persona_id, waiting.activacion_id, waiting.hasta)
            == (row.persona_id, row.activacion_id, row.desde)
        ):  # fmt: skip
            waiting = EstanciaEntera(row.persona_id, row.activacion_id, waiting.desde, row.hasta)
            continue
        if waiting is not None:
            yield waiting
        waiting = EstanciaEntera(row.persona_id, row.activacion_id, row.desde, row.hasta)
    if waiting is not None:
        yield waiting
