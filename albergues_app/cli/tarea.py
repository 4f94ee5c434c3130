"""`albergues tarea`: the child that does long work, and the broom. Hidden: people start work on a page."""

from __future__ import annotations

from uuid import UUID

import click

from albergues_app.cli.context import with_app


@click.group(hidden=True)
def tarea() -> None:
    """Trabajos largos que se piden desde una página."""


@tarea.command()
@click.argument("tarea_id", type=click.UUID)
@with_app
def ejecutar(tarea_id: UUID) -> None:
    """Hace el trabajo de una tarea en curso."""
    from albergues_app.core.tasks import execute

    execute(tarea_id)


@tarea.command()
@with_app
def limpiar() -> None:
    """Borra las listas subidas que vencieron y los archivos de tareas viejas."""
    from albergues_app.core.tasks import clean_tasks
    from albergues_app.interchange.uploads import clean_uploads

    click.echo(f"{clean_uploads()} listas y {clean_tasks()} archivos de tareas borrados.")
