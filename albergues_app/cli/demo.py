"""`albergues demo`: from nothing to a served instance with the scenario eta-iota and one account per role."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click

from albergues_app.accounts.models import ROL_NOMBRE, Rol
from albergues_app.cli.context import SISTEMA, with_app

PLACES: dict[Rol, tuple[tuple[str, str], ...]] = {
    Rol.SEDE: (("sede", "S16"),),
    Rol.MUNICIPAL: (("municipio", "1601"),),
    Rol.INSTITUCION: (("departamento", "16"),),
}


@click.command()
@click.option("--puerto", default=8000, show_default=True, type=int)
@click.option("--solo-preparar", is_flag=True, help="Prepara y termina, sin servir.")
def demo(puerto: int, solo_preparar: bool) -> None:
    """Prepara la instancia de muestra, carga eta-iota y la sirve."""
    prepare(puerto)
    if not solo_preparar:
        # A class shares the practice accounts: nobody is to be put out by the third who enters.
        os.environ.setdefault("ALBERGUES_SESIONES_POR_CUENTA", "50")
        from albergues_app.cli.servir import serve

        serve(puerto)


@with_app
def prepare(puerto: int) -> None:
    """Everything before serving; what is done already is left alone."""
    from flask import current_app
    from sqlalchemy import select

    from albergues_app.cli.escenarios.carga import load
    from albergues_app.core.db import db
    from albergues_app.core.unit_of_work import unit_of_work
    from albergues_app.emergencias.models import Emergencia
    from albergues_app.maps.child import ensure_map
    from albergues_app.migrations import run
    from albergues_app.ocupacion.training import has_real_personas
    from albergues_app.territorio.loader import load_catalogo

    if run.current() != run.head():
        click.echo("Preparando la base…")
        run.upgrade()
    with unit_of_work(SISTEMA):
        load_catalogo()
    if ensure_map():
        click.echo("Mapa preparado.")
    if has_real_personas():
        raise click.ClickException("Esta instancia tiene personas reales: la muestra necesita otra carpeta.")
    if db.session.execute(select(Emergencia.id).limit(1)).first() is None:
        click.echo("Cargando el escenario eta-iota (menos de un minuto)…")
        load("eta-iota", 13, click.echo)
    accounts = demo_accounts(Path(current_app.config["INSTANCIA"]) / "cuentas-demo.txt")
    click.echo("\nCuentas de práctica (también en instance/cuentas-demo.txt):")
    click.echo(accounts)
    click.echo(f"Abra http://127.0.0.1:{puerto}   (Ctrl+C termina)\n")


def demo_accounts(file: Path) -> str:
    """One account per role, made once with a passphrase of this instance."""
    from sqlalchemy import select

    from albergues_app.accounts.services import create_cuenta, find_cuenta
    from albergues_app.albergues.models import Activacion
    from albergues_app.core.db import db
    from albergues_app.core.unit_of_work import unit_of_work

    if file.exists():
        return file.read_text(encoding="utf-8")
    clave = "-".join(secrets.choice(_WORDS) for _ in range(4))
    busy = db.session.scalar(
        select(Activacion.albergue_codigo).where(Activacion.municipio_codigo == "1601", Activacion.estado == "activa")
        .order_by(Activacion.albergue_codigo)
    ) or db.session.scalar(select(Activacion.albergue_codigo).where(Activacion.estado == "activa"))  # fmt: skip
    lines = []
    with unit_of_work(SISTEMA):
        for rol in Rol:
            places = list(PLACES.get(rol, ()))
            if rol in {Rol.ALBERGUE, Rol.REGISTRO} and busy:
                places = [("albergue", busy)]
            correo = f"{rol}@demo.gt"
            if find_cuenta(correo) is None:
                create_cuenta(correo, f"{ROL_NOMBRE[rol]} (práctica)", rol, places, clave)
            where = ", ".join(f"{kind} {code}" for kind, code in places) or "todo el país"
            lines.append(f"  {correo:<24} {clave}   {ROL_NOMBRE[rol]}, {where}")
    text = "\n".join(lines) + "\n"
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    return text


_WORDS = (
    "volcan", "maiz", "ceiba", "quetzal", "lluvia", "puente", "canasta", "jade", "milpa", "barranco", "tambor",
    "nube", "copal", "lago", "marimba", "sendero", "jocote", "piedra", "viento", "faro", "trapiche", "colina",
)  # fmt: skip
