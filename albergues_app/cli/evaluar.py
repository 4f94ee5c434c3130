"""`albergues evaluar`: how well what we compute holds on other people's labelled data."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

_SHOWN = 20
ROWS_WITH_ERRORS, UNREADABLE = 1, 2
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group()
def evaluar() -> None:
    """Mide con datos etiquetados por otros: duplicados."""


@evaluar.command()
@click.argument("personas", type=_FILE)
@click.argument("verdad", type=_FILE)
@click.option("--columnas", "mapa", type=_FILE, help="JSON {nuestra: suya}: cómo se llaman sus columnas.")
def duplicados(personas: Path, verdad: Path, mapa: Path | None) -> None:
    """Mide la búsqueda de duplicados: precisión, recall y F1 sobre pares etiquetados.

    PERSONAS.csv: id, nombres y apellidos o nombre_completo; si los hay, sexo, nacimiento o edad, municipio, cui.
    VERDAD.csv: id_a, id_b y, si la hay, etiqueta (1 o 0). No usa la base ni guarda nada. La última línea es JSON.

    Termina con 0 si todo se entendió, 1 si hubo filas que no se pudieron usar, 2 si un archivo no se puede leer.
    """
    from albergues_app.core import clock
    from albergues_app.interchange.duplicate_eval import RAPIDFUZZ_FROM, evaluate
    from albergues_app.interchange.duplicate_people import read_mapping, read_pairs, read_people
    from albergues_app.interchange.errors import ArchivoIlegible
    from albergues_app.ocupacion.parecido import UMBRAL

    hoy = clock.local_day(clock.now()).year
    try:
        mapping = read_mapping(mapa) if mapa is not None else {}
        read = read_people(personas, mapping, hoy)
        read_pairs(verdad, mapping, read)
    except ArchivoIlegible as error:
        click.echo(f"Error: {error.mensaje}", err=True)
        sys.exit(UNREADABLE)
    for ours, theirs in read.columnas.items():
        click.echo(f"Columna «{theirs}» → {ours}", err=True)
    for aviso in read.avisos:
        click.echo(f"Aviso: {aviso}", err=True)
    for problema in read.problemas[:_SHOWN]:
        click.echo(f"Error: {problema}", err=True)
    if len(read.problemas) > _SHOWN:
        click.echo(f"… y {len(read.problemas) - _SHOWN} más.", err=True)
    done = evaluate(read, hoy, lambda n, total: click.echo(f"{n} de {total} personas…", err=True))
    click.echo(
        f"{len(read.personas)} personas, {len(read.pares)} pares etiquetados, {done.nuestro.verdaderos} de la misma persona."
    )
    if done.solo_etiquetados:
        click.echo(
            "Hay pares con etiqueta «no»: se juzgan solo los pares etiquetados. "
            f"Fuera de ellos se hallaron {done.sin_etiqueta} pares más, que no cuentan."
        )
    for method, measured in (
        (f"Albergues (umbral {UMBRAL:g} puntos)", done.nuestro),
        ("Solo nombre igual", done.igualdad),
        ("Solo metaphone", done.metaphone),
        (f"Solo rapidfuzz (token_sort_ratio ≥ {RAPIDFUZZ_FROM})", done.rapidfuzz),
    ):
        click.echo(
            f"{method}: precisión {measured.precision:.4f}, recall {measured.recall:.4f}, F1 {measured.f1:.4f} "
            f"({measured.aciertos} aciertos de {measured.dichos} dichos y {measured.verdaderos} verdaderos)."
        )
    result = {"precision": done.nuestro.precision, "recall": done.nuestro.recall, "f1": done.nuestro.f1}
    click.echo(json.dumps({k: round(v, 6) for k, v in result.items()}))
    if read.problemas:
        sys.exit(ROWS_WITH_ERRORS)
