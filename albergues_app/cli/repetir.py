"""`albergues repetir`: a series of shelter reports through the ordinary services."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from albergues_app.cli.context import SISTEMA, with_app

if TYPE_CHECKING:
    from albergues_app.interchange.repeticion_escritura import Repeticion
    from albergues_app.interchange.serie import Serie

UNREADABLE = 2
_SHOWN = 20


def _zone(_context: click.Context, _option: click.Parameter, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise click.BadParameter(
            f"no se conoce la zona «{name}». Por ejemplo: America/Guatemala, America/New_York, UTC."
        ) from error


@click.command()
@click.argument("serie", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--columnas",
    "mapa",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help='Un .json {nuestro: suyo}: {"hora": "timestamp", "personas": "total"}. Nuestros nombres: hora, id, '
    "nombre, lugar, capacidad, personas, estado. Lo que no diga se reconoce por su título.",
)
@click.option(
    "--incremental",
    is_flag=True,
    help="Un albergue que falta en una hora conserva su último dato. Sin esta opción cada hora es el cuadro "
    "completo: el que falta ya no se cuenta.",
)
@click.option(
    "--zona",
    default="America/Guatemala",
    show_default=True,
    callback=_zone,
    help="La zona de las horas que no dicen la suya.",
)
@with_app
def repetir(serie: Path, mapa: Path | None, incremental: bool, zona: ZoneInfo) -> None:
    """Repite una serie de reportes de albergues (.csv), solo en una instancia de Capacitación.

    Cada fila pasa por los mismos servicios que un parte. Repetirla otra vez no cambia nada. La última línea es un
    resumen en JSON, con el total de cada hora. Termina con 0 si se repitió (también con filas rechazadas: el
    resumen dice cuántas y por qué), 1 si no se pudo repetir aquí, 2 si el archivo no se puede leer. Las reglas:
    docs/series.md.
    """
    from albergues_app.interchange.errors import ArchivoIlegible
    from albergues_app.interchange.repeticion_escritura import replay
    from albergues_app.interchange.serie import Serie, read_mapa

    try:
        said = read_mapa(mapa.read_text(encoding="utf-8-sig")) if mapa else None
        found = Serie(serie, said)
    except (ArchivoIlegible, UnicodeDecodeError) as error:
        sentence = error.mensaje if isinstance(error, ArchivoIlegible) else "El mapa de columnas no es UTF-8."
        click.echo(f"Error: {sentence}", err=True)
        sys.exit(UNREADABLE)
    _tell_columns(found)
    done = replay(found, zona, incremental, SISTEMA, lambda n: click.echo(f"{n:,} reportes…", err=True))
    _tell(done)
    click.echo(json.dumps(done.as_dict(), ensure_ascii=False))


def _tell_columns(serie: Serie) -> None:
    from albergues_app.interchange.serie import NUESTROS, describe

    for campo in NUESTROS:
        chosen = serie.mapeo.columnas.get(campo)
        click.echo(f"{campo}: {describe(chosen) if chosen else 'la serie no lo dice'}", err=True)
    if serie.mapeo.sin_usar:
        click.echo(f"Columnas que no se usan: {', '.join(serie.mapeo.sin_usar)}.", err=True)


def _tell(done: Repeticion) -> None:
    """The fixed rules where they mattered, and the reasons with their counts."""
    from albergues_app.interchange.repeticion import DUDAS, RECHAZOS
    from albergues_app.interchange.serie_valores import REGLA_LUGAR
    from albergues_app.territorio.catalogo import catalogo

    juez, orden = done.juez, done.orden
    if orden.mes_primero_en and orden.dia_primero_en:
        click.echo(
            f"Las fechas con barras se leyeron día/mes/año: «{orden.dia_primero_en}» lo pide; «{orden.mes_primero_en}» "
            "no cabe así y se rechaza."
        )
    elif orden.mes_primero:
        click.echo(f"Las fechas con barras se leyeron mes/día/año, por «{orden.mes_primero_en}».")
    click.echo(f"Regla de los lugares: {REGLA_LUGAR}.")
    for lugar, asignado in list(juez.lugares_por_regla.items())[:_SHOWN]:
        click.echo(f"  «{lugar}» → {asignado.municipio} {catalogo().lugar_texto(asignado.municipio)}")
    if len(juez.lugares_por_regla) > _SHOWN:
        click.echo(f"  … y {len(juez.lugares_por_regla) - _SHOWN:,} lugares más, por la misma regla.")
    click.echo(
        f"{juez.filas:,} filas: {juez.aceptadas:,} aceptadas, {juez.dudosas:,} aceptadas con duda, "
        f"{juez.rechazadas:,} rechazadas. Sin dato de capacidad: {juez.sin_capacidad:,}."
    )
    for title, counts, words in (("Dudas", juez.dudas, DUDAS), ("Rechazos", juez.rechazos, RECHAZOS)):
        for code, count in counts.most_common():
            click.echo(f"  {title}: {count:,} · {words[code]} ({code})")
    if done.emergencia is not None:
        counted = juez.aceptadas + juez.dudosas
        none = (
            " Ya estaba: no se escribió nada."
            if counted
            else " Ninguna fila se pudo contar: vea los rechazos."
        )
        again = "" if done.nuevos else none
        click.echo(f"Emergencia de la serie: {done.emergencia}. {done.nuevos:,} reportes nuevos.{again}")
