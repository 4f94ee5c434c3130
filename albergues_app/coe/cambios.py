"""The shelters of a COE whose people changed in the last hour, from the one table of occupancy read at both its ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from albergues_app.coe.integrantes import lugar_of
from albergues_app.coe.models import Coe
from albergues_app.consolidados.scope import Ambito
from albergues_app.ocupacion.figures import Fila, cuadro

HOUR = timedelta(hours=1)
SHOWN = 6


@dataclass(frozen=True)
class Cambio:
    """Persons an hour ago and now; ``antes`` None: it was not open. ``diferencia``: places left, None if unknown.

    ``codigo`` is empty and the name is hidden where the location is reserved: everybody of the COE reads this.
    """

    codigo: str
    nombre: str
    antes: int | None
    ahora: int
    diferencia: int | None


@dataclass(frozen=True)
class Cambios:
    """The largest changes first, and how many more there are."""

    filas: list[Cambio]
    mas: int


def changes_of(coe: Coe, now: datetime) -> Cambios:
    """What changed in the hour before ``now`` in the shelters of the COE's emergency and place."""
    viewer = Ambito(lugar_of(coe)).viewer()
    rows = cuadro(viewer, "albergue", emergencia_id=coe.emergencia_id).filas
    before = {
        f.codigo: _said(f)
        for f in cuadro(viewer, "albergue", corte=now - HOUR, emergencia_id=coe.emergencia_id).filas
    }
    found = [_change(f, before.get(f.codigo)) for f in rows if before.get(f.codigo) != _said(f)]
    found.sort(key=lambda c: (-abs(c.ahora - (c.antes or 0)), c.nombre, c.codigo))
    return Cambios(found[:SHOWN], max(0, len(found) - SHOWN))


def _said(fila: Fila) -> int:
    return fila.personas + fila.solo_declaradas


def _change(fila: Fila, before: int | None) -> Cambio:
    hidden = fila.reservada
    left = None if fila.capacidad is None else fila.capacidad - _said(fila)
    return Cambio(
        "" if hidden else fila.codigo,
        "Albergue de ubicación reservada" if hidden else fila.nombre,
        before,
        _said(fila),
        left,
    )
