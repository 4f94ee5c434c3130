"""Feed a judged series through the ordinary services: same rules, audit and partes, each batch once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import groupby
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select

from albergues_app.albergues.models import Activacion
from albergues_app.albergues.services import (
    ActivacionNueva,
    AlbergueNuevo,
    CapacidadNueva,
    add_capacidad,
    create_activacion,
    create_albergue,
)
from albergues_app.audit.writing import write_once
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.instance import is_training
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import Actor
from albergues_app.emergencias.models import TipoEmergencia
from albergues_app.emergencias.services import EmergenciaNueva, declare_emergencia
from albergues_app.interchange.repeticion import CambiosHora, Juez
from albergues_app.interchange.serie import Renglon, Serie
from albergues_app.interchange.serie_valores import LectorHora, OrdenFecha, is_blank, read_estado
from albergues_app.interchange.site_import import lugares
from albergues_app.interchange.site_kinds import tipo_from_words
from albergues_app.ocupacion.services import ParteNuevo, register_parte, transition_activacion
from albergues_app.territorio.catalogo import catalogo

_SERIES: Final = UUID("5c0d5e7e-0f13-5a6b-9a53-7e1c0d9f6a13")
"""Root of the ids of every series: the same file, read the same way, makes the same ids in any instance."""
_BATCH: Final = 500
"""Reports written together at least; an hour is never parted."""
_AHEAD: Final = timedelta(hours=24)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Repeticion:
    """What the run did. ``emergencia``: None when no row could be used."""

    juez: Juez
    emergencia: UUID | None
    orden: OrdenFecha
    nuevos: int
    """Reports written by this run; 0 when the series was there already."""

    def as_dict(self) -> dict[str, Any]:
        """The last line of `albergues repetir`."""
        return {
            "filas": self.juez.filas,
            "aceptadas": self.juez.aceptadas,
            "dudosas": self.juez.dudosas,
            "rechazadas": self.juez.rechazadas,
            "por_hora": [asdict(total) for total in self.juez.por_hora],
        }


def replay(
    serie: Serie, zona: tzinfo, incremental: bool, actor: Actor, progress: Callable[[int], None]
) -> Repeticion:
    """Feed the whole series; running it again changes nothing and gives the same totals.

    ``progress`` hears how many reports are in. What a batch writes is written whole or not at all.

    :raises RuleBroken: `no_es_capacitacion`; or what a service refused, because the instance was changed by hand
    """
    if not is_training():
        raise RuleBroken(
            "no_es_capacitacion",
            "Esta instancia no está marcada Capacitación: una serie repetida no se mezcla con personas reales. "
            "Prepare otra con: albergues base actualizar --capacitacion.",
        )
    orden, knows_states = OrdenFecha(), False
    for renglon in serie.renglones():
        orden.see(renglon.hora)
        knows_states = knows_states or (
            not is_blank(renglon.estado) and read_estado(renglon.estado) is not None
        )
    if not knows_states:
        serie.without("estado")  # «Estado: Oaxaca» is a place
    said = [
        serie.huella,
        str(zona),
        incremental,
        sorted((n, a.columna) for n, a in serie.mapeo.columnas.items()),
    ]
    root = uuid5(_SERIES, json.dumps(said))
    juez = Juez(root, lugares(), incremental, "id" in serie.mapeo.columnas)
    lector = LectorHora(zona, orden.mes_primero)
    with closing(sqlite3.connect("")) as shelf:  # a file of its own that spills to disk and leaves with it
        first = _sort_by_hour(shelf, serie, lector, juez)
        if first is None:
            return Repeticion(juez, None, orden, 0)
        emergencia = uuid5(root, "emergencia")
        writer = _Writer(root, emergencia, clean(serie.path.name)[:120], actor)
        writer.declare(first)
        batch: list[CambiosHora] = []
        for instante, renglones in _hours(shelf):
            batch.append(juez.judge_hour(instante, renglones))
            if sum(len(hour.reportes) for hour in batch) >= _BATCH:
                writer.write(batch)
                progress(juez.aceptadas + juez.dudosas)
                batch = []
        if batch:
            writer.write(batch)
    return Repeticion(juez, emergencia, orden, writer.nuevos)


def _sort_by_hour(shelf: sqlite3.Connection, serie: Serie, lector: LectorHora, juez: Juez) -> datetime | None:
    """Put the rows whose hour is understood on the shelf; returns the first hour."""
    shelf.execute("CREATE TABLE renglon (instante INTEGER, fila INTEGER, datos TEXT)")
    latest = clock.now() + _AHEAD

    def placed() -> Iterator[tuple[int, int, str]]:
        for renglon in serie.renglones():
            instante = lector.read(renglon.hora)
            if instante is None or instante > latest:
                juez.refuse("hora_ilegible" if instante is None else "hora_futura")
                continue
            yield (instante - _EPOCH) // _MICROSECOND, renglon.fila, json.dumps(asdict(renglon))

    shelf.executemany("INSERT INTO renglon VALUES (?, ?, ?)", placed())
    shelf.commit()
    first = shelf.execute("SELECT min(instante) FROM renglon").fetchone()[0]
    return None if first is None else _EPOCH + first * _MICROSECOND


def _hours(shelf: sqlite3.Connection) -> Iterator[tuple[datetime, list[Renglon]]]:
    rows = shelf.execute("SELECT instante, datos FROM renglon ORDER BY instante, fila")
    for instante, group in groupby(rows, key=lambda row: row[0]):
        yield _EPOCH + instante * _MICROSECOND, [Renglon(**json.loads(datos)) for _, datos in group]


class _Writer:
    """Each batch is one operation with an id of its content: once, as any write of a desk or a program."""

    def __init__(self, root: UUID, emergencia: UUID, archivo: str, actor: Actor) -> None:
        self.root, self.emergencia, self.archivo, self.actor = root, emergencia, archivo, actor
        self.batches = self.nuevos = 0

    def declare(self, first: datetime) -> None:
        """The emergency of the series, over the whole country."""

        def work() -> dict[str, Any]:
            with clock.frozen(first):
                declare_emergencia(
                    EmergenciaNueva(
                        self.emergencia,
                        f"Repetición de {self.archivo}",
                        TipoEmergencia.OTRO,
                        first,
                        list(catalogo().departamentos),
                    )
                )
            return {"id": str(self.emergencia)}

        self._once("emergencia", {"inicio": clock.iso(first)}, None, work)

    def write(self, hours: list[CambiosHora]) -> None:
        """All of these hours, or none; nothing when they are there already."""
        reports = sum(len(hour.reportes) for hour in hours)

        def work() -> dict[str, Any]:
            asked = {report.activacion for hour in hours for report in hour.reportes}
            # Held until the batch ends, so that each parte finds its activation without a query.
            _held = db.session.scalars(select(Activacion).where(Activacion.id.in_(asked))).all()
            for hour in hours:
                with clock.frozen(hour.instante):
                    self._write_hour(hour)
            return {"reportes": reports}

        self.batches += 1
        content = {
            "desde": clock.iso(hours[0].instante),
            "hasta": clock.iso(hours[-1].instante),
            "reportes": reports,
        }
        if self._once(f"lote {self.batches}", content, self.emergencia, work):
            self.nuevos += reports

    def _once(
        self, name: str, content: dict[str, Any], sello: UUID | None, work: Callable[[], dict[str, Any]]
    ) -> bool:
        """Whether it was written now."""
        outcome = write_once(self.actor, uuid5(self.root, name), "repeticion", content, sello, work)
        return outcome.status == 201

    def _write_hour(self, hour: CambiosHora) -> None:
        when = clock.to_local(hour.instante)
        for activacion, closing_already in hour.cierres:
            if not closing_already:
                transition_activacion(activacion, "en_cierre", hour.instante - _MICROSECOND)
            transition_activacion(
                activacion,
                "cerrada",
                hour.instante,
                "Ya no aparece en la serie",
                f"Serie {when:%Y-%m-%d %H:%M}",
            )
        for sitio in hour.sitios:
            create_albergue(
                AlbergueNuevo(
                    sitio.id,
                    sitio.nombre,
                    sitio.asignado.municipio,
                    tipo_from_words(sitio.nombre) or "otro",
                    lugar_poblado=sitio.lugar or None,
                )
            )
        for activacion, sitio_id in hour.aperturas:
            create_activacion(
                ActivacionNueva(
                    activacion,
                    sitio_id,
                    self.emergencia,
                    hour.instante,
                    administrador=f"Serie {self.archivo}",
                    acta_numero=f"Serie {when:%Y-%m-%d %H:%M}",
                )
            )
        for activacion, estado in hour.estados:
            transition_activacion(activacion, estado, hour.instante)
        for sitio_id, personas in hour.capacidades:
            add_capacidad(
                sitio_id,
                CapacidadNueva(personas, f"Serie {self.archivo}", when.date(), clase="declarada"),
            )
        for report in hour.reportes:
            register_parte(
                ParteNuevo(
                    report.parte,
                    report.activacion,
                    hour.instante,
                    "conteo_fisico",
                    report.personas,
                    nota=report.nota,
                )
            )
