"""`albergues importar`: a list of sites, dry run by default."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from albergues_app.cli.context import SISTEMA, with_app

if TYPE_CHECKING:
    from albergues_app.interchange.site_import import Plan

_SHOWN = 50
ROWS_WITH_ERRORS, UNREADABLE = 1, 2


@click.command()
@click.argument("archivo", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--guardar", is_flag=True, help="Guarda todo si no hay errores. Sin esta opción solo revisa.")
@click.option(
    "--errores",
    "errores_xlsx",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Escribe su mismo libro, en .xlsx, con lo que hay que revisar junto a cada fila.",
)
@with_app
def importar(archivo: Path, guardar: bool, errores_xlsx: Path | None) -> None:
    """Revisa una lista de albergues (.xlsx, .ods, .csv, .geojson); con --guardar la guarda toda, o nada.

    Termina con 0 si todo está bien, 1 si hay filas con error, 2 si el archivo no se puede leer. La última
    línea es un resumen en JSON.
    """
    from albergues_app.interchange.errors import ArchivoIlegible
    from albergues_app.interchange.site_import import apply_import, open_list, plan_import

    try:
        plan = plan_import(open_list(archivo, archivo.name))
    except ArchivoIlegible as error:
        click.echo(f"Error: {error.mensaje}", err=True)
        sys.exit(UNREADABLE)
    _tell(plan)
    if errores_xlsx is not None:
        _write(plan, errores_xlsx)
    resumen = plan.resumen()
    if plan.con_errores:
        click.echo("No se guardó nada: corrija las filas con error y vuelva a importar.")
    elif guardar:
        done = apply_import(plan, SISTEMA, lambda n, total: click.echo(f"{n} de {total} sitios…", err=True))
        resumen = done.resumen
        click.echo(
            f"Guardado: {len(set(done.sitios.values()))} sitios, {done.reportes} reportes nuevos, "
            f"{done.por_resolver} "
            "filas nuevas por resolver."
        )
    else:
        click.echo("Solo se revisó. Para guardar, repita la orden con --guardar.")
    click.echo(json.dumps(resumen))
    if plan.con_errores:
        sys.exit(ROWS_WITH_ERRORS)


def _tell(plan: Plan) -> None:
    """What was understood of the columns, and the first things to look at; errors before warnings."""
    for campo, chosen in plan.mapeo.columnas.items():
        click.echo(
            f"Columna «{chosen.encabezado}» → {campo} ({chosen.confianza} %, por {chosen.por})", err=True
        )
    for aviso in plan.avisos:
        click.echo(f"Aviso: {aviso}", err=True)
    marcas = sorted(plan.marcas(), key=lambda m: m.es_aviso)
    for marca in marcas[:_SHOWN]:
        click.echo(f"{'Aviso' if marca.es_aviso else 'Error'}, fila {marca.fila}: {marca.mensaje}", err=True)
    if len(marcas) > _SHOWN:
        click.echo(f"… y {len(marcas) - _SHOWN} más. Véalos todos con --errores LIBRO.xlsx.", err=True)


def _write(plan: Plan, out: Path) -> None:
    try:
        plan.write_workbook(out)
    except OSError as error:
        raise click.ClickException(
            f"No se pudo escribir {out.name}. Revise la carpeta y el permiso."
        ) from error
