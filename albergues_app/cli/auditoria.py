"""`albergues auditoria`."""

from __future__ import annotations

import click

from albergues_app.cli.context import with_app


@click.group()
def auditoria() -> None:
    """El rastro encadenado de cambios y lecturas."""


@auditoria.command()
@with_app
def verificar() -> None:
    """Recalcula cada eslabón, también los de las bitácoras del COE y los boletines: encuentra cualquier byte cambiado."""
    from albergues_app.audit.chain import verify
    from albergues_app.audit.sealed import altered_rows
    from albergues_app.coe.queries import verify_logs
    from albergues_app.core.db import db
    from albergues_app.reports.situacion.queries import verify_series

    verdict = verify(db.session())
    if not verdict.intact:
        raise click.ClickException(f"La cadena está alterada en el eslabón {verdict.altered}.")
    wrong = altered_rows(db.session())
    if wrong:
        raise click.ClickException(
            f"{len(wrong)} capturas o conflictos no coinciden con su huella: {wrong[0]}."
        )
    logs = verify_logs() + verify_series()
    if logs:
        raise click.ClickException(" ".join(logs))
    click.echo(f"Cadena íntegra: {verdict.links} eslabones. Cabeza {verdict.head}.")
