"""The documents that are written from the program: ``python -m tests.guards.documents`` writes them anew."""

from __future__ import annotations

from pathlib import Path

from albergues_app.accounts.models import ROL_NOMBRE, Rol
from albergues_app.accounts.permissions import RULES, Permiso, role_may
from albergues_app.config import PREFIX, SETTINGS
from tests.guards.como_agregar import como_agregar

DOCS = Path(__file__).parents[2] / "docs"
_TYPES = {str: "texto", int: "entero", float: "número", bool: "sí o no (1 o 0)"}


def configuracion() -> str:
    """Every setting with its name, default, kind and help."""
    lines = [
        "# Configuración",
        "",
        "Se escribe desde `config.SETTINGS` con `python -m tests.guards.documents`; no se edita a mano.",
        "",
        "Manda lo último de esta lista: los valores de abajo, `instance/config.py`, las variables de entorno "
        f"con el prefijo `{PREFIX}`.",
        "",
        "| Variable | Si falta | Tipo | Para qué |",
        "|---|---|---|---|",
    ]
    for s in SETTINGS:
        default = "vacío" if s.default == "" else "no" if s.default is False else str(s.default)
        lines.append(f"| `{PREFIX}{s.name}` | {default} | {_TYPES[s.type]} | {s.help} |")
    return "\n".join(lines) + "\n"


def permisos() -> str:
    """Who may do what, where, from the one table of rules."""
    lines = [
        "# Permisos",
        "",
        "Se escribe desde `accounts/permissions.py` con `python -m tests.guards.documents`; no se edita a mano.",
        "",
        "Un permiso se concede si se cumple cualquiera de sus renglones, y de un renglón debe cumplirse todo. "
        "Fuera del territorio la respuesta es la misma que si no existiera (404).",
        "",
        "## Reglas",
        "",
        "| Permiso | Se concede a |",
        "|---|---|",
    ]
    for permiso in Permiso:
        rows = [" y ".join(f"({c.texto})" for c in row) for row in RULES[permiso]]
        lines.append(f"| `{permiso}` | {'; o bien '.join(rows)} |")
    lines += ["", "## Por rol", "", "| Rol | Código | Puede, en alguna parte |", "|---|---|---|"]
    for rol in Rol:
        may = ", ".join(f"`{p}`" for p in Permiso if role_may(rol, p))
        lines.append(f"| {ROL_NOMBRE[rol]} | `{rol}` | {may} |")
    return "\n".join(lines) + "\n"


WRITTEN = {
    "configuracion.md": configuracion,
    "permisos.md": permisos,
    "formatos/COMO_AGREGAR.md": como_agregar,
}


def main() -> None:
    DOCS.mkdir(exist_ok=True)
    for name, write in WRITTEN.items():
        (DOCS / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
