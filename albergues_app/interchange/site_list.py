"""A list of sites, row by row: what each row says, what is wrong with it, and where it belongs. Pure.

One site is one normalised name in one municipality; further rows are its dated reports. «Now», «since the
start» and «services» are three measures: the unit and the note stay as given, and nothing is added up here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

from rapidfuzz import fuzz, process

from albergues_app.core.text import normalize
from albergues_app.interchange import site_values as values
from albergues_app.interchange.columns import Mapeo, title
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.places import Lugares
from albergues_app.interchange.site_fields import UNIT_OF_HEADER
from albergues_app.interchange.site_kinds import read_tipo
from albergues_app.interchange.site_points import read_joined_point, read_point
from albergues_app.interchange.site_values import FechaLeida, Leido
from albergues_app.interchange.tables import Celda, Hoja, Tabla

MAX_NAME: Final = 200
_LIKENESS_FROM: Final = 92
_LIKENESS_UP_TO: Final = 400
"""Names in one municipality; beyond it, in a register of schools, nearly all are alike."""
_FILLED_DOWN: Final = (
    "codigo_municipio",
    "pcode_municipio",
    "municipio",
    "departamento",
    "pais",
    "evento",
    "fecha",
    "fuente",
)
"""A merged cell of these holds for all its rows. A merged number does not: 50 in two are not 50 in each."""


Clave = tuple[str, str]
"""Identity of a site: municipality and normalised name."""


class Destino(StrEnum):
    """Where a row goes. Every row has exactly one, so the five add up to the rows."""

    NUEVO = "nuevo"
    CONOCIDO = "conocido"
    REPORTE = "reporte"
    POR_RESOLVER = "por_resolver"
    ERROR = "error"


@dataclass(frozen=True)
class MensajeFila:
    """An error or a warning about one cell of a row."""

    codigo: str
    mensaje: str
    campo: str | None = None


@dataclass(frozen=True)
class ReporteLeido:
    """What a source said of a site at a date. ``cantidad`` means nothing without ``unidad`` and ``nota``."""

    evento: str | None = None
    fecha_texto: str | None = None
    fecha: date | None = None
    cantidad: int | None = None
    unidad: str | None = None
    grupo: str | None = None
    nota: str | None = None
    fuente: str | None = None

    def is_empty(self) -> bool:
        return all(v is None for v in vars(self).values())


@dataclass
class FilaSitio:
    """One row. ``numero`` is the row a person sees in the sheet."""

    numero: int
    nombre: str
    municipio: str | None
    departamento: str | None = None
    valores: dict[str, Any] = field(default_factory=dict)
    reporte: ReporteLeido = field(default_factory=ReporteLeido)
    original: dict[str, str] = field(default_factory=dict)
    """Every filled cell of the row by its title: nothing of a row in the tray is lost."""
    motivo: str = ""
    """Why the municipality could not be known."""
    candidatos: tuple[str, ...] = ()
    errores: list[MensajeFila] = field(default_factory=list)
    avisos: list[MensajeFila] = field(default_factory=list)
    huella: str = ""
    destino: Destino = Destino.ERROR
    clave: Clave | None = None
    """Identity of the site, set by ``classify``. None where there is no municipality."""


def parse_sites(tabla: Tabla, mapeo: Mapeo, territorio: Lugares) -> list[FilaSitio]:
    """Read every row of the list; blank rows are skipped. ``classify`` then says where each one goes.

    :raises ArchivoIlegible: no column is the name of the site, so there is no list
    """
    if "nombre" not in mapeo.columnas:
        raise ArchivoIlegible(
            "No se encontró la columna con el nombre del albergue. Ponga el título «nombre» sobre esa "
            "columna, o "
            "indique cuál es, y vuelva a intentarlo."
        )
    if {"survey", "choices"} <= {h.nombre.casefold() for h in tabla.hojas}:
        raise ArchivoIlegible(
            "El archivo es un formulario XLSForm, no una lista de albergues. Envíe la lista de sitios."
        )
    hoja = next((h for h in tabla.hojas if h.nombre == mapeo.hoja), None)
    if hoja is None:
        raise ArchivoIlegible("La hoja que se eligió no está en el archivo. Vuelva a subirlo.")
    at = mapeo.fila_encabezado
    header = hoja.filas[at] if at is not None and at < len(hoja.filas) else []
    merged = _merged_values(hoja, mapeo)
    filas = []
    seen: Counter[str] = Counter()
    for index in range(mapeo.primera_fila, len(hoja.filas)):
        cells = hoja.filas[index]
        if not any(values.as_text(c) for c in cells):
            continue
        fila = _parse_row(index, cells, header, mapeo, merged, territorio)
        content = json.dumps(list(fila.original.values()), ensure_ascii=False)
        seen[content] += 1
        # The same row twice in one file is two rows; the same file twice is the same rows.
        fila.huella = hashlib.sha256(f"{content}\0{seen[content]}".encode()).hexdigest()
        filas.append(fila)
    return filas


def classify(
    filas: list[FilaSitio], known: Collection[Clave] = (), codes: Mapping[str, Clave] | None = None
) -> None:
    """Give each row its destination, in order of the file.

    :param known: identities of the sites that exist already
    :param codes: code of each site that exists already, and its identity; a code decides over the name
    """
    seen: dict[Clave, FilaSitio] = {}
    for fila in filas:
        codigo = fila.valores.get("codigo")
        by_code = (codes or {}).get(codigo or "")
        fila.clave = by_code or ((fila.municipio, normalize(fila.nombre)) if fila.municipio else None)
        if codigo and not by_code and not fila.errores:
            fila.avisos.append(
                MensajeFila(
                    "codigo_nuevo",
                    f"El código «{codigo[:20]}» no existe aquí: al guardar se da uno.",
                    "codigo",
                )
            )
        if fila.errores:
            fila.destino = Destino.ERROR
        elif fila.clave is None:
            fila.destino = Destino.POR_RESOLVER
        elif fila.clave in seen:
            fila.destino = Destino.REPORTE
            _warn_of_other_address(fila, seen[fila.clave])
        else:
            fila.destino = Destino.CONOCIDO if by_code or fila.clave in known else Destino.NUEVO
            seen[fila.clave] = fila


def warn_of_likeness(filas: list[FilaSitio], known: Collection[Clave] = ()) -> None:
    """Say of each new site which other in its municipality bears nearly its name. Nothing is joined.

    «Casa de Restauración» and «Casa de Restauración Agradecidos» may be one house, or two.
    """
    names: dict[str, dict[str, None]] = {}
    for municipio, nombre in known:
        names.setdefault(municipio, {})[nombre] = None
    for fila in filas:
        if fila.clave is None or fila.destino is not Destino.NUEVO:
            continue
        here = names.setdefault(fila.clave[0], {})
        if len(here) <= _LIKENESS_UP_TO:
            scorer = fuzz.token_set_ratio if " " in fila.clave[1] else fuzz.ratio
            like = process.extractOne(fila.clave[1], list(here), scorer=scorer, score_cutoff=_LIKENESS_FROM)
            if like is not None:
                mensaje = (
                    f"Se parece a «{like[0]}», del mismo municipio: si es el mismo, use el mismo nombre."
                )
                fila.avisos.append(MensajeFila("nombre_parecido", mensaje, "nombre"))
        here[fila.clave[1]] = None


def _warn_of_other_address(fila: FilaSitio, first: FilaSitio) -> None:
    here, there = (normalize(f.valores.get("direccion") or "") for f in (fila, first))
    if here and there and here != there:
        fila.avisos.append(
            MensajeFila(
                "otra_direccion",
                f"Mismo nombre y municipio que la fila {first.numero}, con otra dirección: se toma como el "
                "mismo sitio. "
                "Si son dos, deles nombres distintos.",
                "direccion",
            )
        )


def summary(filas: list[FilaSitio]) -> dict[str, int]:
    """The last line of ``albergues importar``: new + known + reports + por_resolver + errors = rows."""
    count = Counter(f.destino for f in filas)
    return {
        "filas": len(filas),
        "nuevos": count[Destino.NUEVO],
        "conocidos": count[Destino.CONOCIDO],
        "reportes": count[Destino.REPORTE],
        "por_resolver": count[Destino.POR_RESOLVER],
        "errores": count[Destino.ERROR],
    }


# --- one row ---------------------------------------------------------------------------------------


def _merged_values(hoja: Hoja, mapeo: Mapeo) -> dict[tuple[int, int], Celda]:
    """Cell → value for cells under a merge that runs downwards, in columns where that means «the same»."""
    columns = {a.columna for n, a in mapeo.columnas.items() if n in _FILLED_DOWN}
    result: dict[tuple[int, int], Celda] = {}
    for top, left, bottom, _ in hoja.combinadas:
        if left in columns and bottom > top >= mapeo.primera_fila and top < len(hoja.filas):
            source = hoja.filas[top]
            value = source[left] if left < len(source) else None
            result.update({(row, left): value for row in range(top + 1, min(bottom + 1, len(hoja.filas)))})
    return result


def _parse_row(
    index: int,
    cells: list[Celda],
    header: list[Celda],
    mapeo: Mapeo,
    merged: dict[tuple[int, int], Celda],
    territorio: Lugares,
) -> FilaSitio:
    def cell(campo: str) -> Celda:
        chosen = mapeo.columnas.get(campo)
        if chosen is None:
            return mapeo.fijos.get(campo)
        value = cells[chosen.columna] if chosen.columna < len(cells) else None
        return merged.get((index, chosen.columna)) if value is None else value

    def text(campo: str) -> str | None:
        return values.as_text(cell(campo)) or None

    nombre = text("nombre") or ""
    fila = FilaSitio(index + 1, nombre, None)
    fila.original = _original(cells, header, index, merged)

    def take(campo: str, read: Leido) -> Any:
        fila.errores += [MensajeFila(c, m, campo) for c, m in read.errores]
        fila.avisos += [MensajeFila(c, m, campo) for c, m in read.avisos]
        return read.valor

    if not normalize(nombre):
        fila.errores.append(
            MensajeFila("nombre_requerido", "Falta el nombre del albergue. Escríbalo.", "nombre")
        )
    elif len(nombre) > MAX_NAME:
        fila.errores.append(
            MensajeFila("nombre_largo", f"El nombre tiene más de {MAX_NAME} letras. Acórtelo.", "nombre")
        )
    _place(fila, cell, text, mapeo, territorio)
    joined = take("coordenadas", read_joined_point(cell("coordenadas")))
    separate = take("lat", read_point(cell("lat"), cell("lon")))
    punto = separate or joined
    capacity_from = "capacidad" if cell("capacidad") is not None else "capacidad_dia"
    capacidad_fecha = take("capacidad_fecha", values.read_date(cell("capacidad_fecha")))
    fila.valores = {
        "codigo": text("codigo"),
        "otros_nombres": text("otros_nombres"),
        "tipo_inmueble": take("tipo_inmueble", read_tipo(cell("tipo_inmueble"), nombre)),
        "lugar_poblado": text("lugar_poblado"),
        "direccion": text("direccion"),
        "referencia": text("referencia"),
        "lat": punto[0] if punto else None,
        "lon": punto[1] if punto else None,
        "oficial": take("oficial", values.read_yes_no(cell("oficial"), "Oficial")),
        "capacidad": take(
            "capacidad", values.read_count(cell(capacity_from), "Capacidad", zero_is_unknown=True)
        ),
        "capacidad_fuente": text("capacidad_fuente"),
        "capacidad_fecha": capacidad_fecha.dia if capacidad_fecha else None,
    }
    fecha: FechaLeida | None = take("fecha", values.read_date(cell("fecha")))
    fila.reporte = ReporteLeido(
        evento=text("evento"),
        fecha_texto=fecha.texto if fecha else None,
        fecha=fecha.dia if fecha else None,
        cantidad=take("cantidad", values.read_count(cell("cantidad"), "Cantidad", zero_is_unknown=False)),
        unidad=text("unidad"),
        grupo=text("grupo"),
        nota=text("nota"),
        fuente=text("fuente"),
    )
    _unit_from_title(fila, mapeo)
    return fila


def _original(
    cells: list[Celda], header: list[Celda], index: int, merged: dict[tuple[int, int], Celda]
) -> dict[str, str]:
    result: dict[str, str] = {}
    for column in range(max(len(cells), len(header))):
        value = cells[column] if column < len(cells) else None
        value = merged.get((index, column)) if value is None else value
        if shown := values.as_text(value):
            name = (title(header[column]) if column < len(header) else "") or f"Columna {column + 1}"
            result[f"{name} ({column + 1})" if name in result else name] = shown
    return result


def _place(fila: FilaSitio, cell: Any, text: Any, mapeo: Mapeo, territorio: Lugares) -> None:
    codigo, from_pcode = text("codigo_municipio"), False
    if text("pcode_municipio") and not (codigo and territorio.read_code(codigo, None, pcode_column=False)):
        codigo, from_pcode = text("pcode_municipio"), True
    site_code = re.match(r"(\d{4})-\d{3,}$", text("codigo") or "")
    if site_code and not codigo and not text("municipio"):
        codigo = site_code[1]  # our own codes begin with the municipality
    pais = text("pais")
    if pais and normalize(pais) not in {"guatemala", "gt", "gtm", "republica de guatemala"}:
        fila.motivo = (
            f"El país dice «{pais[:40]}»: este registro es de Guatemala. Elija el municipio o descártela."
        )
        return
    found = territorio.resolve(
        codigo=codigo or "",
        pcode_column=from_pcode,
        municipio=text("municipio") or "",
        departamento=text("departamento") or "",
    )
    fila.municipio, fila.departamento = found.municipio, found.departamento
    fila.motivo, fila.candidatos = found.motivo, found.candidatos
    fila.avisos += [MensajeFila(c, m, "municipio") for c, m in found.avisos]


def _unit_from_title(fila: FilaSitio, mapeo: Mapeo) -> None:
    reporte = fila.reporte
    if reporte.cantidad is None or reporte.unidad is not None:
        return
    column = mapeo.columnas.get("cantidad")
    unidad = UNIT_OF_HEADER.get(normalize(column.encabezado)) if column else None
    if unidad:
        fila.reporte = ReporteLeido(**{**vars(reporte), "unidad": unidad})
    else:
        fila.avisos.append(
            MensajeFila(
                "cantidad_sin_unidad", "La cantidad no dice si son personas, familias o servicios.", "unidad"
            )
        )
