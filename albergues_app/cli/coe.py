"""`albergues coe`."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

import click

from albergues_app.cli.context import with_app
from albergues_app.coe import verificador


@click.group()
def coe() -> None:
    """La bitácora del COE: sacarla y comprobarla."""


@coe.command()
@click.argument("coe_id", metavar="ID", type=click.UUID)
@click.argument("archivo", type=click.Path(dir_okay=False, path_type=Path))
@with_app
def exportar(coe_id: UUID, archivo: Path) -> None:
    """Escribe la bitácora del COE ID en ARCHIVO: .json, .csv o .pdf según su nombre."""
    from albergues_app.coe.exports import KINDS, export_parts
    from albergues_app.coe.models import Coe
    from albergues_app.core.db import db

    kind = archivo.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise click.UsageError("El archivo debe terminar en .json, .csv o .pdf.")
    row = db.session.get(Coe, coe_id)
    if row is None:
        raise click.ClickException(f"No hay un COE {coe_id}.")
    try:
        with archivo.open("wb") as file:
            file.writelines(export_parts(row, kind))
    except OSError as error:
        raise click.ClickException(f"No se pudo escribir {archivo}: {error.strerror}.") from error
    click.echo(f"{row.ultimo_folio} entradas en {archivo}.")


@coe.command()
@click.argument("archivo", type=click.Path(dir_okay=False, exists=True, path_type=Path))
def verificar(archivo: Path) -> None:
    """Comprueba una bitácora exportada (.json o .csv): 0 íntegra, 1 alterada, y dice dónde."""
    if archivo.suffix.lower() not in {".json", ".csv"}:
        raise click.UsageError("Se comprueban los archivos .json y .csv.")
    try:
        total = verificador.verify_file(archivo)
    except verificador.Altered as error:
        click.echo(f"ALTERADA. {error}")
        sys.exit(1)
    click.echo(f"Íntegra: {total} entradas, folios 1 a {total} sin saltos.")
