"""The sites of a list into the database: new ones in bulk, known ones only where something was missing.

All of it happens inside one unit of work, and people at the desk wait meanwhile: so few statements, many rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from albergues_app.albergues.models import Albergue, AlbergueVersion, Capacidad, ClaseCapacidad
from albergues_app.albergues.services import CapacidadNueva
from albergues_app.albergues.states import EstadoSitio
from albergues_app.audit.listener import bulk_insert
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean, normalize
from albergues_app.interchange.columns import Mapeo
from albergues_app.interchange.site_list import Clave, FilaSitio

Progress = Callable[[int, int], None]
CHUNK: Final = 500
_BLANKS: Final = ("direccion", "lugar_poblado", "referencia")


@dataclass(frozen=True)
class Sitio:
    """What an import needs of a site that exists. ``faltan``: what nobody has written about it yet."""

    id: UUID
    codigo: str
    municipio: str
    oficial: bool
    direccion: str | None
    faltan: frozenset[str] = frozenset()


@dataclass
class Sitios:
    """The sites that exist for the account, by identity and by code, and the last serial of each municipality."""

    by_key: dict[Clave, Sitio]
    key_of_code: dict[str, Clave]
    last_serial: dict[str, int]

    @classmethod
    def load(cls, puede: Callable[[str], bool] | None = None) -> Sitios:
        """A site outside the account's territory is as if it were not: not even its code is known."""
        a = Albergue.__table__.c
        stmt = select(
            a.id, a.codigo, a.municipio_codigo, a.nombre_normal, a.oficial, a.direccion, a.lugar_poblado,
            a.referencia, a.lat,
        )  # fmt: skip
        by_key: dict[Clave, Sitio] = {}
        key_of_code: dict[str, Clave] = {}
        last: dict[str, int] = {}
        for row in db.session.execute(stmt.order_by(a.codigo.desc())):
            prefix, _, serial = row.codigo.partition("-")
            last[prefix] = max(last.get(prefix, 0), int(serial))
            if puede is not None and not puede(row.municipio_codigo):
                continue
            key = (row.municipio_codigo, row.nombre_normal)
            missing = {n for n in _BLANKS if not getattr(row, n)} | ({"lat"} if row.lat is None else set())
            # Of twins, the first made: it comes last.
            by_key[key] = Sitio(
                row.id, row.codigo, row.municipio_codigo, row.oficial, row.direccion, frozenset(missing)
            )
            key_of_code[row.codigo] = key
        return cls(by_key, key_of_code, last)

    def next_codigo(self, municipio: str) -> str:
        """The next serial of a municipality: `1413-003`."""
        self.last_serial[municipio] = self.last_serial.get(municipio, 0) + 1
        return f"{municipio}-{self.last_serial[municipio]:03d}"


def write_sites(
    filas: Sequence[FilaSitio], mapeo: Mapeo, archivo: str, sitios: Sitios, progress: Progress | None = None
) -> dict[int, str]:
    """Make the new sites, fill what the known ones lack, note the capacities. Row → code of its site."""
    of_site: dict[Clave, list[FilaSitio]] = {}
    for fila in filas:
        if fila.clave is not None:
            of_site.setdefault(fila.clave, []).append(fila)
    fresh = [key for key in of_site if key not in sitios.by_key]
    known_prints = _known_capacities([sitios.by_key[k].id for k in of_site if k in sitios.by_key])
    done = 0
    for part in _chunks(fresh):
        _create(part, of_site, sitios)
        done += len(part)
        if progress is not None:
            progress(done, len(of_site))
    new = set(fresh)
    for key, rows in of_site.items():
        if key not in new:
            sitios.by_key[key] = _fill_blanks(sitios.by_key[key], rows)
    capacities: list[dict[str, Any]] = []
    for key, rows in of_site.items():
        capacities += _capacities(mapeo, archivo, sitios.by_key[key].id, rows, known_prints)
    db.session.flush()
    for some in _chunks(capacities):
        bulk_insert(db.session(), Capacidad, some)
    if progress is not None:
        progress(len(of_site), len(of_site))
    return {f.numero: sitios.by_key[key].codigo for key, rows in of_site.items() for f in rows}


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def _first(filas: Sequence[FilaSitio], name: str) -> Any:
    return next((f.valores[name] for f in filas if f.valores.get(name) is not None), None)


def _point(filas: Sequence[FilaSitio]) -> tuple[float | None, float | None]:
    found = next((f.valores for f in filas if f.valores["lat"] is not None), None)
    return (found["lat"], found["lon"]) if found else (None, None)


def _create(keys: Sequence[Clave], of_site: dict[Clave, list[FilaSitio]], sitios: Sitios) -> None:
    """As ``create_albergue`` would, in two statements: the rows were judged when the plan was made."""
    moment = clock.now()
    rows, versions = [], []
    for key in keys:
        filas = of_site[key]
        lat, lon = _point(filas)
        row = {
            "id": uuid7(),
            "codigo": sitios.next_codigo(key[0]),
            "nombre": clean(filas[0].nombre),
            "nombre_normal": normalize(clean(filas[0].nombre)),
            "municipio_codigo": key[0],
            "tipo_inmueble": filas[0].valores["tipo_inmueble"],
            "estado": EstadoSitio.IDENTIFICADO,
            "estado_desde": moment,
            "oficial": bool(_first(filas, "oficial")),
            "ubicacion_reservada": False,
            "lat": lat,
            "lon": lon,
            "lugar_poblado": _first(filas, "lugar_poblado"),
            "direccion": _first(filas, "direccion"),
            "referencia": _first(filas, "referencia"),
            "registrado_en": moment,
        }
        rows.append(row)
        versions.append(
            {
                "id": uuid7(),
                "albergue_id": row["id"],
                "vigente_desde": clock.ALWAYS,
                "registrado_en": moment,
                "oficial": row["oficial"],
                "municipio_codigo": key[0],
                "ubicacion_reservada": False,
            }
        )
        sitios.by_key[key] = Sitio(row["id"], row["codigo"], key[0], row["oficial"], row["direccion"])
    bulk_insert(db.session(), Albergue, rows)
    bulk_insert(db.session(), AlbergueVersion, versions)


def _fill_blanks(sitio: Sitio, filas: Sequence[FilaSitio]) -> Sitio:
    """A list adds what nobody had written about a known site; it never overrules what somebody wrote."""
    wanted = {n: v for n in _BLANKS if n in sitio.faltan and (v := _first(filas, n)) is not None}
    lat, lon = _point(filas) if "lat" in sitio.faltan else (None, None)
    if not wanted and lat is None:
        return sitio
    albergue = db.session.get_one(Albergue, sitio.id)
    for name, value in wanted.items():
        setattr(albergue, name, value)
    if lat is not None:
        albergue.lat, albergue.lon = lat, lon
    return replace(sitio, direccion=albergue.direccion)


# --- capacities ------------------------------------------------------------------------------------


def _known_capacities(albergues: Sequence[UUID]) -> set[tuple[UUID, int, str, str]]:
    c = Capacidad.__table__.c
    known: set[tuple[UUID, int, str, str]] = set()
    for part in _chunks(albergues):
        stmt = select(c.albergue_id, c.personas, c.fuente, c.clase).where(c.albergue_id.in_(part))
        known.update((r.albergue_id, r.personas, r.fuente, r.clase) for r in db.session.execute(stmt))
    return known


def _capacities(
    mapeo: Mapeo,
    archivo: str,
    albergue_id: UUID,
    filas: Sequence[FilaSitio],
    known: set[tuple[UUID, int, str, str]],
) -> Iterator[dict[str, Any]]:
    wanted: dict[tuple[int, str, date], CapacidadNueva] = {}
    for fila in filas:
        if (personas := fila.valores.get("capacidad")) is not None:
            said = _capacity(mapeo, archivo, fila, personas)
            wanted.setdefault((said.personas, said.fuente, said.fecha), said)
    for said in wanted.values():
        fuente = clean(said.fuente)
        if (albergue_id, said.personas, fuente, said.clase) in known:
            continue
        yield {
            "id": uuid7(),
            "albergue_id": albergue_id,
            "clase": said.clase,
            "regimen": said.regimen,
            "personas": said.personas,
            "fuente": fuente,
            "fecha": said.fecha,
            "limita": None,
            "vigente_desde": clock.day_start(said.fecha),
            "registrado_en": clock.now(),
        }


def _capacity(mapeo: Mapeo, archivo: str, fila: FilaSitio, personas: int) -> CapacidadNueva:
    """Only the title or the source of the column makes a capacity authorised, never the name of a file."""
    column = mapeo.columnas.get("capacidad")
    words = normalize(f"{column.encabezado if column else ''} {fila.valores['capacidad_fuente'] or ''}")
    clase = ClaseCapacidad.DECLARADA
    if "autoriz" in words or "acta" in words.split():
        clase = ClaseCapacidad.AUTORIZADA
    elif "calcul" in words:
        clase = ClaseCapacidad.CALCULADA
    return CapacidadNueva(
        personas=personas,
        fuente=fila.valores["capacidad_fuente"] or f"Lista importada: {archivo}",
        fecha=fila.valores["capacidad_fecha"] or fila.reporte.fecha or clock.local_day(clock.now()),
        clase=clase,
    )
