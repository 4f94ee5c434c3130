"""`albergues boletin`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from albergues_app.reports.situacion import verificador


@click.group()
def boletin() -> None:
    """Los boletines emitidos: comprobarlos."""


@boletin.command()
@click.argument(
    "archivos", nargs=-1, required=True, type=click.Path(dir_okay=False, exists=True, path_type=Path)
)
def verificar(archivos: tuple[Path, ...]) -> None:
    """Comprueba boletines (.pdf o .json): 0 íntegros, 1 alterado, y dice qué. Varios de una serie, también su orden."""
    sys.exit(verificador.main([str(archivo) for archivo in archivos]))
