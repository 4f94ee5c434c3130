"""What every sheet of a place, of a site or of an institution begins with, and the lists they share."""

from __future__ import annotations

from typing import Any

from albergues_app.formats.engine import Campo, FromCatalogo, Level, Option, Seccion, Text, options

TURNO = options(("diurno", "Diurno"), ("nocturno", "Nocturno"), ("extraordinario", "Extraordinario"))
FIRMA = options(("firma", "Firma"), ("huella", "Huella"), Option("otro", "No firmó (por qué)", "No firmó"))


def interno(**given: Any) -> Campo:
    """Return a field of internal use (N1): facts of places and institutions, not of people in need."""
    return Campo(**({"level": Level.N1} | given))


def encabezado_lugar(
    *campos: Campo, inmueble: str = "", lugar: bool = True, municipio: bool = True
) -> Seccion:
    """Return the header of a sheet that hangs from a place.

    ``inmueble`` is the label of the building, where the sheet is of one. ``lugar=False`` where the format asks for the
    place itself; ``municipio=False`` where it is of the whole department.
    """
    site = interno(name="albergue", label=inmueble, type=Text(width=10), hxl="#loc+shelter+name", auto=True)
    departamento = interno(
        name="departamento",
        label="Departamento",
        type=FromCatalogo(catalogo="departamento", width=6),
        hxl="#adm1+code",
        auto=True,
    )
    in_municipio = interno(
        name="municipio",
        label="Municipio",
        type=FromCatalogo(catalogo="municipio", within="departamento", width=6),
        hxl="#adm2+code",
        auto=True,
    )
    return Seccion(
        code="encabezado",
        title="Datos de la hoja",
        campos=(
            interno(
                name="evento", label="Emergencia o evento", type=Text(width=8), hxl="#event+name", auto=True
            ),
            *((site,) if inmueble else ()),
            interno(name="folio", label="Folio", type=Text(max_length=30, width=6), auto=True),
            *((departamento,) if lugar else ()),
            *((in_municipio,) if lugar and municipio else ()),
            interno(
                name="folio_papel",
                label="Folio de papel",
                type=Text(max_length=20, width=3),
                hint="El número impreso en la hoja, si lo tiene.",
            ),
            *campos,
        ),
    )
