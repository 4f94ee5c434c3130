"""`albergues cap`: messages of the Common Alerting Protocol, in and out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from uuid import UUID

import click

from albergues_app.cli.context import SISTEMA, with_app

REFUSED, UNREADABLE = 1, 2


@click.group()
def cap() -> None:
    """Alertas en CAP 1.2: traer mensajes como alertas propuestas y sacar las propias."""


@cap.command()
@click.argument("archivo", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--guardar", is_flag=True, help="Deja el mensaje como alerta propuesta. Sin esta opción solo revisa."
)
@with_app
def importar(archivo: Path, guardar: bool) -> None:
    """Revisa un mensaje CAP; con --guardar queda como alerta propuesta, que una persona acepta o descarta.

    Termina con 0 si sirve, 1 si se rechaza, 2 si el archivo no se puede leer. La última línea es un resumen en JSON.
    """
    from albergues_app.core import clock
    from albergues_app.core.errors import Invalid, RuleBroken
    from albergues_app.core.ids import uuid7
    from albergues_app.core.instance import is_training
    from albergues_app.core.unit_of_work import unit_of_work
    from albergues_app.emergencias.cap import receive_cap
    from albergues_app.interchange.cap_import import read_cap
    from albergues_app.interchange.cap_message import MAX_BYTES
    from albergues_app.interchange.errors import ArchivoIlegible

    with archivo.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    new = saved = False
    try:
        datos = read_cap(uuid7(), data, clock.now(), is_training())
        if guardar:
            with unit_of_work(SISTEMA):
                row, new = receive_cap(datos)
                saved, row_id = True, row.id
    except ArchivoIlegible as error:
        click.echo(f"Error: {error.mensaje}", err=True)
        sys.exit(UNREADABLE)
    except (Invalid, RuleBroken) as error:
        faults = error.errores if isinstance(error, Invalid) else [error]
        for fault in faults:
            click.echo(f"Rechazado: {fault.mensaje}", err=True)
        click.echo(json.dumps({"aceptable": False, "razones": [f.codigo for f in faults]}))
        sys.exit(REFUSED)
    summary = {
        "aceptable": True, "clase": datos.clase, "calidad": datos.calidad, "nivel": datos.nivel,
        "lugares": list(datos.lugares), "color": datos.color, "amenaza": datos.amenaza,
        "firma": "sin_verificar" if datos.firmado else None, "id": str(row_id) if saved else None, "nueva": new,
    }  # fmt: skip
    if not saved:
        click.echo("Solo se revisó. Para dejarlo como alerta propuesta, repita la orden con --guardar.")
    elif new:
        click.echo("Quedó como alerta propuesta. Nada rige hasta que una persona la acepta.")
    else:
        click.echo("Este mensaje ya se había recibido.")
    click.echo(json.dumps(summary, ensure_ascii=False))


@cap.command()
@click.argument("alerta_id", metavar="ID", type=click.UUID)
@click.argument("archivo", type=click.Path(dir_okay=False, path_type=Path))
@with_app
def exportar(alerta_id: UUID, archivo: Path) -> None:
    """Escribe la alerta ID en ARCHIVO como mensaje CAP 1.2. Pide el ajuste CAP_REMITENTE."""
    from albergues_app.core import clock
    from albergues_app.core.db import db
    from albergues_app.emergencias.models import Alerta
    from albergues_app.interchange.cap_export import alerta_to_cap, exports_cap

    if not exports_cap():
        raise click.ClickException("Esta instancia no exporta alertas: falta el ajuste CAP_REMITENTE.")
    row = db.session.get(Alerta, alerta_id)
    if row is None:
        raise click.ClickException(f"No hay una alerta {alerta_id}.")
    try:
        archivo.write_bytes(alerta_to_cap(row, clock.now()))
    except OSError as error:
        raise click.ClickException(f"No se pudo escribir {archivo}: {error.strerror}.") from error
    click.echo(f"Alerta en {archivo}.")
