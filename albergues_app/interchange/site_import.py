"""A list of sites into the instance: first a plan that writes nothing, then all of it at once, or nothing.

The plan is made before the write transaction, so that a check-in meanwhile waits only for the writing.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from albergues_app.albergues.models import PorResolver, ReporteSitio
from albergues_app.albergues.services import point_warnings
from albergues_app.audit.listener import bulk_insert
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean, normalize
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.interchange import tray
from albergues_app.interchange.columns import Mapeo, expected_names, match_columns, other_lists
from albergues_app.interchange.places import Lugares
from albergues_app.interchange.site_fields import SITE_FIELDS
from albergues_app.interchange.site_list import (
    Clave,
    Destino,
    FilaSitio,
    MensajeFila,
    classify,
    parse_sites,
    summary,
    warn_of_likeness,
)
from albergues_app.interchange.site_writing import CHUNK, Progress, Sitio, Sitios, write_sites
from albergues_app.interchange.tables import Tabla, open_table
from albergues_app.interchange.workbook import Marca, strip_marks, write_errors
from albergues_app.territorio.catalogo import catalogo
from albergues_app.territorio.points import has_lookup


@dataclass
class Plan:
    """What an import would do. Nothing is written yet."""

    tabla: Tabla
    mapeo: Mapeo
    filas: list[FilaSitio]
    avisos: list[str] = field(default_factory=list)
    puede: Callable[[str], bool] | None = None
    """Whether the account may write in a municipality; None: anywhere."""

    @property
    def archivo(self) -> str:
        return clean(self.tabla.archivo)[:200]

    def resumen(self) -> dict[str, int]:
        """Rows by destination; they add up to ``filas``."""
        return summary(self.filas)

    @property
    def con_errores(self) -> bool:
        return any(f.errores for f in self.filas)

    def marcas(self) -> list[Marca]:
        """Errors and warnings with the row and the cell they are about."""
        result = []
        for fila in self.filas:
            for messages, is_warning in ((fila.errores, False), (fila.avisos, True)):
                for m in messages:
                    chosen = self.mapeo.columnas.get(m.campo or "")
                    column = chosen.columna if chosen else None
                    result.append(Marca(self.mapeo.hoja, fila.numero, m.mensaje, column, is_warning))
            if fila.clave is None and fila.motivo:  # also beside another error: all of a row at once
                result.append(Marca(self.mapeo.hoja, fila.numero, f"Por resolver: {fila.motivo}", None, True))
        return result

    def write_workbook(self, out: Path | io.BytesIO) -> None:
        """The person's own workbook with what was found beside each row."""
        header = self.mapeo.fila_encabezado
        labels = {
            "filas": "Filas", "nuevos": "Sitios nuevos", "conocidos": "Sitios conocidos",
            "reportes": "Otros reportes",
            "por_resolver": "Por resolver", "errores": "Filas con error",
        }  # fmt: skip
        write_errors(
            self.tabla,
            self.marcas(),
            out,
            header_rows={self.mapeo.hoja: header} if header is not None else {},
            resumen={labels[k]: v for k, v in self.resumen().items()},
        )


@dataclass(frozen=True)
class Resultado:
    """What was written."""

    resumen: dict[str, int]
    sitios: dict[int, str]
    """Row → code of its site."""
    reportes: int
    por_resolver: int


def open_list(source: Path | bytes, filename: str) -> Tabla:
    """Read the file of a list of sites, without the marks of an earlier review of ours.

    :raises ArchivoIlegible: with one Spanish sentence
    """
    return strip_marks(open_table(source, filename, expected_names(SITE_FIELDS)))


def lugares() -> Lugares:
    """The catalogue of the instance in the form the readers use."""
    known = catalogo()
    return Lugares(
        {c: d.nombre for c, d in known.departamentos.items()},
        {c: m.nombre for c, m in known.municipios.items()},
        known.por_nombre,
    )


def plan_import(tabla: Tabla, mapeo: Mapeo | None = None, puede: Callable[[str], bool] | None = None) -> Plan:
    """Say what every row would become. Reads the database, writes nothing.

    :param mapeo: the columns as a person confirmed them; by default as proposed
    :param puede: whether the account may write in a municipality; without it, all
    :raises ArchivoIlegible: no column holds the names
    """
    mapeo = mapeo or match_columns(tabla, SITE_FIELDS)
    filas = parse_sites(tabla, mapeo, lugares())
    sitios = Sitios.load(puede)
    classify(filas, sitios.by_key.keys(), sitios.key_of_code)
    judge_points = has_lookup()
    for fila in filas:
        if fila.clave is None or fila.municipio is None:
            continue
        sitio = sitios.by_key.get(fila.clave)
        if sitio is not None and fila.valores["oficial"] not in (None, sitio.oficial):
            fila.avisos.append(
                MensajeFila(
                    "oficial_distinto",
                    f"{sitio.codigo} consta como {'oficial' if sitio.oficial else 'no oficial'}: la lista "
                    "no lo cambia. "
                    "Cámbielo en su ficha.",
                    "oficial",
                )
            )
        if puede is not None and not puede(fila.clave[0]):
            fila.destino = Destino.ERROR
            where = catalogo().lugar_texto(fila.clave[0])
            fila.errores.append(
                MensajeFila(
                    "fuera_de_territorio", f"{where} no es de su territorio. Quite la fila.", "municipio"
                )
            )
        if judge_points:
            for aviso in point_warnings(fila.valores["lat"], fila.valores["lon"], fila.municipio):
                fila.avisos.append(MensajeFila(aviso.codigo, aviso.mensaje, aviso.campo))
    warn_of_likeness(filas, sitios.by_key.keys())
    avisos = list(tabla.avisos)
    for hoja in other_lists(tabla, mapeo, SITE_FIELDS):
        avisos.append(
            f"La hoja «{hoja}» también parece una lista y no se leyó: guárdela en un archivo aparte."
        )
    if mapeo.sin_usar:
        avisos.append(f"Columnas que no se usan: {', '.join(mapeo.sin_usar)}.")
    return Plan(tabla, mapeo, filas, avisos, puede)


def apply_import(plan: Plan, actor: Actor, progress: Progress | None = None) -> Resultado:
    """Write the whole plan in one unit of work, or nothing. The same list again changes nothing.

    :raises RuleBroken: the plan has rows with errors
    """
    if plan.con_errores:
        raise RuleBroken(
            "filas_con_error", "Hay filas con error: corríjalas y vuelva a importar. No se guardó nada."
        )
    with unit_of_work(actor):
        # Somebody may have made a site of the list since the plan.
        sitios = Sitios.load(plan.puede)
        for fila in plan.filas:
            fila.avisos = [a for a in fila.avisos if a.codigo not in ("codigo_nuevo", "otra_direccion")]
        classify(plan.filas, sitios.by_key.keys(), sitios.key_of_code)
        codes = write_sites(plan.filas, plan.mapeo, plan.archivo, sitios, progress)
        reports = _write_reports(plan, sitios)
        waiting = tray.write(plan.archivo, [f for f in plan.filas if f.destino is Destino.POR_RESOLVER])
    return Resultado(plan.resumen(), codes, reports, waiting)


# --- dated reports ---------------------------------------------------------------------------------


def _write_reports(plan: Plan, sitios: Sitios) -> int:
    """Each row with something to report, once, however often the list is imported."""
    rows: dict[str, dict[str, Any]] = {}
    first_row: set[Clave] = set()
    moment = clock.now()
    for fila in plan.filas:
        if fila.clave is None:
            continue
        is_first = fila.clave not in first_row
        first_row.add(fila.clave)
        if fila.reporte.is_empty() and is_first:
            continue  # the row describes the site and reports nothing
        sitio = sitios.by_key[fila.clave]
        row = _report_row(sitio, fila)
        rows[row["huella"]] = row | {"registrado_en": moment}
    known = _known_prints(list(rows))
    fresh = [row for print_, row in rows.items() if print_ not in known]
    bulk_insert(db.session(), ReporteSitio, fresh)
    return len(fresh)


def _report_row(sitio: Sitio, fila: FilaSitio) -> dict[str, Any]:
    """The columns of one dated report; ``huella`` is over the site and what is said of it."""
    said = {k: v for k, v in vars(fila.reporte).items() if k != "fecha"}
    if fila.reporte.is_empty():
        said["nota"] = "; ".join(fila.original.values())
    elif (direccion := fila.valores.get("direccion")) and normalize(direccion) != normalize(
        sitio.direccion or ""
    ):
        said["nota"] = (
            f"{said['nota']} · Dirección: {direccion}" if said["nota"] else f"Dirección: {direccion}"
        )
    content = json.dumps([str(sitio.id), said], ensure_ascii=False, sort_keys=True)
    return {
        "id": uuid7(),
        "albergue_id": sitio.id,
        "albergue_codigo": sitio.codigo,
        "municipio_codigo": sitio.municipio,
        "fecha": fila.reporte.fecha,
        "huella": tray.fingerprint(content),
        **said,
    }


def _known_prints(prints: Sequence[str]) -> set[str]:
    r = ReporteSitio.__table__.c
    known: set[str] = set()
    for start in range(0, len(prints), CHUNK):
        stmt = select(r.huella).where(r.huella.in_(prints[start : start + CHUNK]))
        known.update(db.session.scalars(stmt))
    return known


# --- out of the tray -------------------------------------------------------------------------------


def place_waiting(row: PorResolver, municipio: str) -> str:
    """Place a row of the tray in a municipality, inside the caller's unit of work; gives its site's code.

    :raises RuleBroken: somebody placed it already. :raises Invalid: unknown municipality.
    """
    if row.resuelta_en is not None:
        raise RuleBroken("ya_resuelta", "Esta fila ya se resolvió. Actualice la página.")
    if municipio not in catalogo().municipios:
        raise Invalid([Aviso("municipio_desconocido", f"El municipio «{municipio}» no existe.", "municipio")])
    fila = tray.read(row)
    fila.municipio, fila.clave = municipio, (municipio, normalize(fila.nombre))
    plan = Plan(Tabla([], "", row.archivo), Mapeo("", 0, {}), [fila])
    sitios = Sitios.load()
    [codigo] = write_sites(plan.filas, plan.mapeo, plan.archivo, sitios).values()
    _write_reports(plan, sitios)
    row.albergue_id = sitios.by_key[fila.clave].id
    row.resuelta_en = clock.now()
    db.session.flush()
    return codigo
