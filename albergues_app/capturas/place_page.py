"""The place that a page of formats was asked for, and the page that asks where when nobody said it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template, request

from albergues_app.accounts.doors import current_cuenta
from albergues_app.capturas import shelf
from albergues_app.capturas.places import FICHA_SITIO, Lugar, place_of
from albergues_app.core import clock
from albergues_app.core.errors import Aviso, Invalid
from albergues_app.emergencias.queries import emergencias_en_curso
from albergues_app.formats.engine import Ambito, Formato
from albergues_app.territorio.catalogo import catalogo

PLACES = ("activacion", "albergue", "municipio", "departamento", "emergencia")
"""How an address or a form names a place; the last says for which emergency, and is no place by itself."""


def named_place() -> dict[str, str]:
    """What the address or the form says of the place, for ``place_of``."""
    return {name: request.values.get(name, "") for name in PLACES}


def place_or_page(formato: Formato, given: Mapping[str, str]) -> Lugar | tuple[str, int]:
    """The place that was named, through its door; else the page that asks for it, with its status.

    :raises NotFound: it is absent or not for this account.
    """
    if not any(given[name] for name in PLACES[:-1]):
        return _choose(formato, []), 200
    try:
        return place_of(formato, given)
    except Invalid as refused:
        return _choose(formato, list(refused.errores)), 422


def _choose(formato: Formato, errores: list[Aviso]) -> str:
    """The page that asks where a sheet or a file is of, among the places of the account."""
    cuenta, known = current_cuenta(), catalogo()
    towns = [(c, known.lugar_texto(c)) for c in known.municipios if cuenta.covers_municipio(c)]
    return render_template(
        "capturas/lugar.html",
        formato=formato,
        errores=errores,
        abiertos=shelf.open_places(cuenta) if formato.ambito is Ambito.ALBERGUE else [],
        sitios=shelf.sites(cuenta) if formato.ambito is Ambito.SITIO else [],
        municipios=towns if formato.ambito is Ambito.LUGAR else [],
        nuevos=towns if formato.code == FICHA_SITIO else [],
        departamentos=[
            (d.codigo, d.nombre) for d in known.departamentos.values()
            if cuenta.works_in_departamento(d.codigo)
        ] if formato.ambito is Ambito.LUGAR else [],
        emergencias=emergencias_en_curso(clock.now()),
    )  # fmt: skip
