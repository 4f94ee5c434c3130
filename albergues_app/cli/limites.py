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
    """Revisa y toma un GPKG, GeoJSON o shapefile comprimido, y prepara el mapa de nuevo.

    El archivo se lee aparte, con memoria y tiempo limitados, como en la página. Si algo falla, quedan los límites
    y el mapa de antes.
    """
    from albergues_app.core.errors import RuleBroken
    from albergues_app.maps.limits_task import keep_limits, task_take

    try:
        arguments = {
            "archivo": keep_limits(archivo.read_bytes(), archivo.name), "nombre": archivo.name, "nivel": str(nivel),
            "columna_codigo": columna_codigo or "", "columna_nombre": columna_nombre or "", "fuente": fuente,
            "fecha": fecha, "licencia": licencia,
        }  # fmt: skip
        done = task_take(
            arguments, SISTEMA, lambda n, total, que: click.echo(f"{n} de {total}: {que}", err=True)
        )
    except RuleBroken as error:
        raise click.ClickException(error.mensaje) from error
    for warning in done["avisos"]:
        click.echo(warning)
    click.echo(f"{done['filas']} polígonos tomados; mapa preparado.")
