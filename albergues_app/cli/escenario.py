"""`albergues escenario`."""

from __future__ import annotations

import click

from albergues_app.cli.context import with_app


@click.group()
def escenario() -> None:
    """Emergencias sintéticas para practicar."""


@escenario.command()
@click.argument("nombre")
@click.option(
    "--semilla", default=13, show_default=True, type=int, help="La misma semilla da la misma gente."
)
@with_app
def cargar(nombre: str, semilla: int) -> None:
    """Carga un escenario (eta-iota, frio, fuego, julia, sismo) y marca la instancia como Capacitación, para siempre."""
    from albergues_app.cli.escenarios.carga import load

    made = load(nombre, semilla, lambda text: click.echo(text, err=True))
    click.echo(", ".join(f"{name.replace('_', ' ')}: {count:,}" for name, count in made.items()))
