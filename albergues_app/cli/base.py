"""`albergues base`: bring the database up to date, check it, back it up, restore it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click

from albergues_app.cli.context import SISTEMA, with_app


@click.group()
def base() -> None:
    """La base de datos: actualizar, verificar, respaldar, restaurar."""


@base.command()
@click.option(
    "--capacitacion", is_flag=True, help="Marca una instancia nueva como Capacitación, para siempre."
)
@with_app
def actualizar(capacitacion: bool) -> None:
    """Crea o actualiza la base, el catálogo del territorio y el mapa."""
    from albergues_app.core.instance import mark_training
    from albergues_app.core.unit_of_work import unit_of_work
    from albergues_app.maps.child import ensure_map
    from albergues_app.migrations import run
    from albergues_app.ocupacion.training import has_real_personas
    from albergues_app.territorio.loader import load_catalogo

    before = run.current()
    run.upgrade()
    with unit_of_work(SISTEMA):
        load_catalogo()
    if capacitacion:
        if has_real_personas():
            raise click.ClickException("Esta instancia ya tiene personas: no puede pasar a Capacitación.")
        mark_training()
    built = ensure_map()
    click.echo(
        f"Base en la versión {run.current()}"
        + ("." if before == run.current() else f" (antes: {before or 'vacía'}).")
    )
    if built:
        click.echo("Mapa preparado.")


@base.command()
@with_app
def verificar() -> None:
    """Comprueba la base: integridad, libro contra lo derivado, consolidados validados, cadena de auditoría."""
    from albergues_app.audit.chain import verify
    from albergues_app.consolidados.verify import altered
    from albergues_app.core.backup import integrity_problems
    from albergues_app.core.db import db
    from albergues_app.migrations import run
    from albergues_app.ocupacion.verify import differences

    problems = integrity_problems()
    if run.current() != run.head():
        problems.append("La base no está en la última versión. Corra: albergues base actualizar.")
    problems.extend(differences())
    problems.extend(altered())
    verdict = verify(db.session())
    if not verdict.intact:
        problems.append(f"La cadena de auditoría está alterada en el eslabón {verdict.altered}.")
    for problem in problems:
        click.echo(problem)
    if problems:
        raise click.ClickException(f"{len(problems)} problemas encontrados.")
    click.echo(f"Todo cuadra: {verdict.links} eslabones de auditoría, libro y derivados iguales.")


@base.command()
@click.argument("destino", type=click.Path(path_type=Path), required=False)
@with_app
def respaldar(destino: Path | None) -> None:
    """Copia la base en línea, la comprueba y escribe su huella. Sin DESTINO: instance/respaldos."""
    from albergues_app.core.backup import back_up

    click.echo(str(back_up(destino)))


@base.command()
@click.argument("respaldo", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_app
def restaurar(respaldo: Path) -> None:
    """Pone un respaldo en lugar de la base. Uno cortado o alterado se rechaza y la base presente queda igual."""
    from albergues_app.core.backup import restore

    kept = restore(respaldo)
    click.echo(f"Restaurado. La base anterior quedó en {kept}." if kept else "Restaurado.")


@base.command()
@with_app
def deriva() -> None:
    """Dice si los modelos y las migraciones difieren (para quien programa)."""
    import tempfile

    from albergues_app import create_app
    from albergues_app.migrations import run

    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"INSTANCIA": folder, "DATABASE_URL": f"sqlite:///{folder}/deriva.sqlite"})
        with app.app_context():
            run.upgrade()
            found = run.drift()
    for difference in found:
        click.echo(repr(difference))
    if found:
        raise click.ClickException("Los modelos y las migraciones difieren. Escriba una migración.")
    click.echo("Modelos y migraciones iguales.")


@base.command()
@with_app
def cortar() -> None:
    """Guarda el corte diario de los días que faltan y mueve las edades que cumplieron años (tarea de cada noche)."""
    from albergues_app.core import clock
    from albergues_app.core.unit_of_work import unit_of_work
    from albergues_app.ocupacion.daily import cut_pending
    from albergues_app.ocupacion.derive import roll_bands

    with unit_of_work(SISTEMA):
        days = cut_pending(clock.now())
        moved = roll_bands(clock.now())
    click.echo(f"{len(days)} días cortados, {moved} cambios de edad.")


@base.command()
@click.argument("emergencia", type=click.UUID)
@click.option("--guardar", is_flag=True, help="Destruye de verdad. Sin esta opción solo dice qué destruiría.")
@with_app
def disociar(emergencia: UUID, guardar: bool) -> None:
    """Destruye los datos personales de una EMERGENCIA terminada. Las cifras quedan exactas. No tiene vuelta.

    Un respaldo anterior aún los contiene: destruya también los respaldos.
    """
    from albergues_app.core.unit_of_work import unit_of_work
    from albergues_app.ocupacion.dissociation import dissociate, plan_dissociation, wipe_free_space

    if guardar:
        with unit_of_work(SISTEMA):
            done = dissociate(emergencia)
        wipe_free_space()
    else:
        done = plan_dissociation(emergencia)
    if done.nothing:
        click.echo("No queda nada que destruir.")
        return
    word = "Destruidas" if guardar else "Se destruirían"
    key = "y la clave de la emergencia" if done.clave else "; la clave ya estaba destruida"
    click.echo(f"{word} {done.personas} personas, los datos de {done.familias} familias {key}.")
    if not guardar:
        click.echo("Solo se revisó. Para destruir, repita la orden con --guardar.")
