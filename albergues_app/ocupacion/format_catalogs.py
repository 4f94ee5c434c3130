"""The catalogues that the formats ask for, made of the catalogue of territory."""

from __future__ import annotations

from flask import current_app

from albergues_app.formats.engine import Catalogo, Catalogos
from albergues_app.territorio.catalogo import catalogo

_KEY = "albergues_catalogos_formatos"


def format_catalogos() -> Catalogos:
    """Departments and municipalities as the engine reads them; built once per reading of the catalogue."""
    known = catalogo()
    kept: tuple[float, Catalogos] | None = current_app.extensions.get(_KEY)
    if kept is None or kept[0] != known.leido:
        kept = (known.leido, _build())
        current_app.extensions[_KEY] = kept
    return kept[1]


def _build() -> Catalogos:
    known = catalogo()
    departamentos = {code: place.nombre for code, place in known.departamentos.items()}
    municipios = {code: known.lugar_texto(code) for code in known.municipios}
    return Catalogos(
        {
            "departamento": Catalogo(departamentos),
            "municipio": Catalogo(municipios, dict(known.por_nombre)),
        }
    )
