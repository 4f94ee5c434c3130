"""`albergues limites importar`: the operator's official boundaries."""

from __future__ import annotations

from pathlib import Path

import click

from albergues_app.cli.context import SISTEMA, with_app


@click.group()
def limites() -> None:
    """Límites de departamentos y municipios."""


@limites.command()
@click.argument("archivo", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--nivel", type=click.IntRange(1, 2), required=True, help="1: departamentos. 2: municipios.")
@click.option("--columna-codigo", help="Columna del código, por ejemplo ADM2_PCODE.")
@click.option("--columna-nombre", help="Columna del nombre, por ejemplo ADM2_ES.")
@click.option("--fuente", default="Archivo del operador")
@click.option("--fecha", default="")
@click.option("--licencia", default="")
@with_app
def importar(
    archivo: Path, nivel: int, columna_codigo: str | None, columna_nombre: str | None, fuente: str, fecha: str,
    licencia: str,
) -> None:  # fmt: skip
    """Revisa y toma un GPKG, GeoJSON o shapefile comprimido, y prepara el mapa de nuevo."""
    from flask import current_app

    from albergues_app.core import clock
    from albergues_app.core.db import db
    from albergues_app.core.unit_of_work import unit_of_work
    from albergues_app.maps.child import build_map
    from albergues_app.territorio.limits_file import LimitsRefused, checksum, read_limits, write_gpkg
    from albergues_app.territorio.models import LimitesEdicion

    try:
        result = read_limits(archivo, nivel, columna_codigo, columna_nombre)  # type: ignore[arg-type]
    except LimitsRefused as error:
        raise click.ClickException(str(error)) from error
    target = Path(current_app.config["INSTANCIA"]) / "limites.gpkg"
    write_gpkg(result, target)
    for warning in result.avisos:
        click.echo(warning)
    with unit_of_work(SISTEMA):
        for old in db.session.query(LimitesEdicion).filter_by(nivel=nivel, vigente=True):
            old.vigente = False
        db.session.add(
            LimitesEdicion(
                nivel=nivel, fuente=fuente, fecha=fecha, licencia=licencia, sha256=checksum(archivo),
                archivo=archivo.name, importada_en=clock.now(), vigente=True,
            )
        )  # fmt: skip
    build_map(fuente=fuente, fecha=fecha, licencia=licencia)
    click.echo(f"{len(result.capa)} polígonos tomados; mapa preparado.")
