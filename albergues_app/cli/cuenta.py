"""`albergues cuenta` and `albergues ficha-api`."""

from __future__ import annotations

import sys

import click

from albergues_app.accounts.models import Rol
from albergues_app.cli.context import SISTEMA, with_app


@click.group()
def cuenta() -> None:
    """Cuentas de personas: crear, cambiar clave, listar."""


@cuenta.command()
@click.option("--correo", required=True)
@click.option("--nombre", default="")
@click.option("--rol", required=True, type=click.Choice([r.value for r in Rol]))
@click.option("--departamento", multiple=True, help="Código INE de dos cifras; puede repetirse.")
@click.option("--sede", multiple=True, help="Código de sede; puede repetirse.")
@click.option("--municipio", multiple=True, help="Código INE de cuatro cifras; puede repetirse.")
@click.option("--albergue", multiple=True, help="Código del albergue, por ejemplo 1401-001; puede repetirse.")
@click.option("--clave-por-entrada", is_flag=True, help="Lee la clave de la entrada estándar, en una línea.")
@with_app
def crear(
    correo: str, nombre: str, rol: str, departamento: tuple[str, ...], sede: tuple[str, ...],
    municipio: tuple[str, ...], albergue: tuple[str, ...], clave_por_entrada: bool,
) -> None:  # fmt: skip
    """Crea una cuenta. Sin clave por entrada, imprime un código de un solo uso."""
    from albergues_app.accounts.services import create_cuenta
    from albergues_app.core.unit_of_work import unit_of_work

    places = [("departamento", d) for d in departamento] + [("sede", s) for s in sede]
    places += [("municipio", m) for m in municipio] + [("albergue", a) for a in albergue]
    clave = sys.stdin.readline().rstrip("\r\n") if clave_por_entrada else None
    with unit_of_work(SISTEMA):
        _, code = create_cuenta(correo, nombre, rol, places, clave)
    click.echo(f"Cuenta creada: {correo} ({rol}).")
    if code is not None:
        click.echo(f"Código de un solo uso: {code}")


@cuenta.command()
@click.argument("correo")
@click.option("--clave-por-entrada", is_flag=True, help="Lee la clave nueva de la entrada estándar.")
@with_app
def clave(correo: str, clave_por_entrada: bool) -> None:
    """Pone una clave nueva, o imprime un código de un solo uso; cierra las sesiones abiertas."""
    from albergues_app.accounts.services import end_sessions, get_cuenta, renew_code, set_password
    from albergues_app.core.unit_of_work import unit_of_work

    with unit_of_work(SISTEMA):
        row = get_cuenta(correo)
        if clave_por_entrada:
            set_password(row, sys.stdin.readline().rstrip("\r\n"))
            code = None
        else:
            row.clave_hash, code = None, renew_code(row)
            end_sessions(row.id)
    click.echo("Clave cambiada." if code is None else f"Código de un solo uso: {code}")


@cuenta.command()
@with_app
def lista() -> None:
    """Lista las cuentas: correo, rol, activa, territorio."""
    from sqlalchemy import select

    from albergues_app.accounts.hierarchy import territory_of
    from albergues_app.accounts.models import Cuenta
    from albergues_app.core.db import db

    for row in db.session.scalars(select(Cuenta).order_by(Cuenta.correo)):
        places = " ".join(f"{clase}:{codigo}" for clase, codigo in territory_of(row.id)) or "-"
        click.echo(f"{row.correo}\t{row.rol}\t{'activa' if row.activa else 'inactiva'}\t{places}")


@click.group(name="ficha-api")
def ficha_api() -> None:
    """Fichas para programas (API)."""


@ficha_api.command(name="crear")
@click.argument("correo")
@with_app
def crear_ficha(correo: str) -> None:
    """Crea una ficha para la cuenta; se muestra una sola vez, sola en la última línea."""
    from albergues_app.accounts.services import create_ficha_api, get_cuenta
    from albergues_app.core.unit_of_work import unit_of_work

    with unit_of_work(SISTEMA):
        token = create_ficha_api(get_cuenta(correo))
    click.echo("Guarde esta ficha; no se vuelve a mostrar.", err=True)
    click.echo(token)


@ficha_api.command(name="revocar")
@click.argument("correo")
@with_app
def revocar_fichas(correo: str) -> None:
    """Revoca todas las fichas de la cuenta: sus programas dejan de entrar desde ya."""
    from albergues_app.accounts.services import get_cuenta, revoke_fichas
    from albergues_app.core.unit_of_work import unit_of_work

    with unit_of_work(SISTEMA):
        ended = revoke_fichas(get_cuenta(correo).id)
    click.echo(f"Fichas revocadas: {ended}.")
