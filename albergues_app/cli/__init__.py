"""The command `albergues`: Spanish nouns, one module per group, loaded only when asked for."""

from __future__ import annotations

import gc
import importlib
from typing import Any

import click

COMMANDS: dict[str, str] = {
    "archivo-completo": "albergues_app.cli.archivo_completo:archivo_completo",
    "auditoria": "albergues_app.cli.auditoria:auditoria",
    "base": "albergues_app.cli.base:base",
    "boletin": "albergues_app.cli.boletin:boletin",
    "cap": "albergues_app.cli.cap:cap",
    "coe": "albergues_app.cli.coe:coe",
    "cuenta": "albergues_app.cli.cuenta:cuenta",
    "demo": "albergues_app.cli.demo:demo",
    "escenario": "albergues_app.cli.escenario:escenario",
    "evaluar": "albergues_app.cli.evaluar:evaluar",
    "ficha-api": "albergues_app.cli.cuenta:ficha_api",
    "formato": "albergues_app.cli.formato:formato",
    "importar": "albergues_app.cli.importar:importar",
    "limites": "albergues_app.cli.limites:limites",
    "repetir": "albergues_app.cli.repetir:repetir",
    "servir": "albergues_app.cli.servir:servir",
    "tarea": "albergues_app.cli.tarea:tarea",
    "tls": "albergues_app.cli.tls:tls",
}


class LazyGroup(click.Group):
    """A group that imports a command only when it runs: `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: Any = getattr(importlib.import_module(module), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=LazyGroup)
@click.version_option("0.1.0", prog_name="albergues", message="%(prog)s %(version)s")
def main() -> None:
    """Albergues · Función 13: la orden de la terminal."""


def program() -> None:
    """The command as a process of its own. What it loads stays, and what it makes hardly ever has cycles: garbage is
    looked for fifty times less often, a sixth of the time of a start."""
    gc.set_threshold(50_000, 20, 20)
    main()
