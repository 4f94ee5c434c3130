"""Formats whose facts have tables of their own: where they are filled in, and what a filled one writes besides."""

from __future__ import annotations

from collections.abc import Callable

from flask import url_for

from albergues_app.capturas.services import RegistroNuevo
from albergues_app.core.errors import Aviso
from albergues_app.formats.engine import Formato

_PAGES = {
    "boleta_ingreso": ("ocupacion.ingreso", "ocupacion.registro"),
    "ficha_persona": ("ocupacion.ingreso", "ocupacion.registro"),
    "control_ingresos_egresos": ("ocupacion.personas", "ocupacion.registro"),
}
"""Format → its page for an open shelter, and the page that chooses one."""

BINDERS: dict[str, Callable[[RegistroNuevo], list[Aviso]]] = {}
"""What a format writes besides its record, in the same unit of work."""


def working_page(formato: Formato, activacion: str) -> str | None:
    """The page where this format is worked, when it is not the common one."""
    pages = _PAGES.get(formato.code)
    if pages is None:
        return None
    return url_for(pages[0], activacion_id=activacion) if activacion else url_for(pages[1])


def bind(datos: RegistroNuevo) -> list[Aviso]:
    """Write the facts of a filled format into their own tables; what there is to tell."""
    binder = BINDERS.get(datos.formato.code)
    return binder(datos) if binder is not None else []
