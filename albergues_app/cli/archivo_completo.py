"""`albergues archivo-completo`: write the complete archive of an approved request, and bring one into an empty instance."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

import click

from albergues_app.cli.context import with_app


@click.group("archivo-completo")
def archivo_completo() -> None:
    """Toda la instancia en un archivo cerrado con una frase: escribirlo, y traerlo a una instancia vacía."""


def _passphrase(again: bool) -> str:
    """From the keyboard without showing it, or one line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Frase", hide_input=True, confirmation_prompt=again))
    return sys.stdin.readline().rstrip("\n")


@archivo_completo.command()
@click.argument("solicitud", type=click.UUID)
@click.argument("salida", type=click.Path(dir_okay=False, path_type=Path))
@with_app
def exportar(solicitud: UUID, salida: Path) -> None:
    """Escribe en SALIDA la exportación completa de una SOLICITUD que ya aprobó otra persona. La frase, por la entrada."""
    from albergues_app.core.db import db
    from albergues_app.core.errors import NotFound
    from albergues_app.core.unit_of_work import Actor, unit_of_work
    from albergues_app.exportaciones import services
    from albergues_app.exportaciones.archive import SHORTEST_PASSPHRASE, lock_header
    from albergues_app.exportaciones.models import ClaseExportacion, Exportacion
    from albergues_app.exportaciones.sealed_file import PART, open_private
    from albergues_app.exportaciones.work import make_archive

    row = db.session.get(Exportacion, solicitud)
    if row is None or row.clase != ClaseExportacion.COMPLETA:
        raise NotFound()
    owner = services.owner_of(row)
    actor = Actor(owner.correo, "cli", owner.id)
    if row.hecha_en is None:
        services.refuse_unapproved(row)
    frase = _passphrase(again=True)
    if len(frase) < SHORTEST_PASSPHRASE:
        raise click.ClickException(f"La frase lleva {SHORTEST_PASSPHRASE} letras o más.")
    if row.hecha_en is None:
        make_archive(solicitud, actor, lambda *_: None)
    with unit_of_work(actor):
        row = db.session.get_one(Exportacion, solicitud)
        services.hand_over(row)
        head, path, copia = lock_header(frase, services.key_of(row)), services.file_of(row), row.copia
    with (
        open_private(salida) as out,
        path.open("rb") as source,
    ):
        out.write(head)
        while block := source.read(PART):
            out.write(block)
    click.echo(f"Copia {copia} en {salida}.")


@archivo_completo.command()
@click.argument("archivo", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_app
def importar(archivo: Path) -> None:
    """Trae un ARCHIVO completo a esta instancia vacía y comprueba que quedó igual. La frase, por la entrada."""
    from albergues_app.audit.chain import verify
    from albergues_app.core.db import db
    from albergues_app.exportaciones.archive_in import import_archive
    from albergues_app.maps.child import ensure_map
    from albergues_app.ocupacion.verify import differences

    brought = import_archive(archivo, _passphrase(again=False))
    ensure_map()
    verdict = verify(db.session())
    problems = differences()
    if not verdict.intact or problems:
        raise click.ClickException(
            "Quedó igual que el archivo, pero algo no cuadra: corra «albergues base verificar»."
        )
    click.echo(
        f"{brought.tablas} tablas y {brought.filas} filas iguales a las del archivo; {verdict.links} eslabones de "
        "auditoría intactos."
    )
