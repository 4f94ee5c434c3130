"""Reads an operator's own boundaries: GPKG, GeoJSON or zipped shapefile.

`read_limits` either returns a clean layer with its warnings, or raises LimitsRefused with one Spanish
sentence that says why and what to do. Nothing is stored until `write_gpkg`.

What official layers bring, and what is done about it:

- codes may be INE's ('0206', 206, 206.0) or p-codes ('GT0207'); OCHA numbered Sansare and Sanarate the
  other way round, so a p-code is translated, and the polygons are checked against the two towns;
- COD-AB holds two lakes beside the municipios, coded `..00`: they are left out;
- a shapefile cuts column names at 10 characters, so a name asked for is also looked up by its first ten.

geopandas is imported inside the functions.
"""

from __future__ import annotations

import hashlib
import re
import warnings
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from albergues_app.territorio import boundaries
from albergues_app.territorio.boundaries import CRS_EXCHANGE, LAYER_NAMES, Nivel
from albergues_app.territorio.data import (
    BOUNDS,
    N_DEPARTAMENTOS,
    N_MUNICIPIOS,
    from_pcode,
    official_names,
)

if TYPE_CHECKING:
    import geopandas as gpd

SUFFIXES: Final = (".gpkg", ".geojson", ".json", ".zip")
MAX_BYTES: Final = 300 * 1024 * 1024
MAX_UNPACKED_BYTES: Final = 2 * 1024 * 1024 * 1024

_CODE_COLUMNS: Final[dict[int, tuple[str, ...]]] = {
    1: ("codigo", "codigo_ine", "cod_depto", "adm1_pcode", "pcode", "codigo_depto", "ine_depto", "id_depto"),
    2: ("codigo", "codigo_ine", "cod_muni", "adm2_pcode", "pcode", "codigo_muni", "cod_mun", "id_muni"),
}
_NAME_COLUMNS: Final[dict[int, tuple[str, ...]]] = {
    1: ("nombre", "adm1_es", "departamento", "depto", "name"),
    2: ("nombre", "adm2_es", "municipio", "muni", "name"),
}


class LimitsRefused(ValueError):
    """The file cannot be used. `mensaje` is one Spanish sentence: why, and what to do."""

    def __init__(self, mensaje: str) -> None:
        super().__init__(mensaje)
        self.mensaje = mensaje


@dataclass
class LimitsResult:
    """A layer that passed every check.

    capa : GeoDataFrame
        Columns of `boundaries.COLUMNS`, 22 or 340 rows in code order, valid polygons in EPSG:4326.
    avisos : list of str
        Spanish sentences about what was changed on the way.
    sha256 : str
        Of the file as it was given.
    """

    nivel: Nivel
    capa: gpd.GeoDataFrame
    sha256: str
    avisos: list[str] = field(default_factory=list)


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- opening ------------------------------------------------------------------


def _zip_source(path: Path) -> str:
    """GDAL address of the only shapefile inside a zip. Raises LimitsRefused."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise LimitsRefused(
            "El archivo .zip está dañado o no es un zip: vuelva a comprimir el shapefile y súbalo otra vez."
        ) from None
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise LimitsRefused(
            "El .zip ocupa más de 2 GB al abrirlo: deje en él solo el shapefile de los límites."
        )
    layers = [
        entry.filename
        for entry in entries
        if entry.filename.lower().endswith(".shp") and not Path(entry.filename).name.startswith("._")
    ]
    if len(layers) != 1:
        raise LimitsRefused(
            f"El .zip trae {len(layers)} shapefiles y debe traer uno: comprima juntos el .shp, .shx, "
            ".dbf y .prj de una sola capa."
        )
    return f"zip://{path}!{layers[0]}"


def _open(path: Path, nivel: Nivel) -> gpd.GeoDataFrame:
    """Read the layer as it comes. Raises LimitsRefused."""
    import geopandas as gpd
    import pyogrio

    if not path.is_file():
        raise LimitsRefused(f"No se encontró el archivo «{path.name}»: revise la ruta.")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise LimitsRefused(
            f"No se leen archivos «{suffix or 'sin extensión'}»: use GPKG, GeoJSON o un shapefile dentro "
            "de un .zip."
        )
    if path.stat().st_size > MAX_BYTES:
        raise LimitsRefused("El archivo pasa de 300 MB: simplifique la capa o deje en ella solo los límites.")
    source = _zip_source(path) if suffix == ".zip" else str(path)
    unreadable = LimitsRefused(
        f"No se pudo leer «{path.name}» como capa de polígonos: ábralo en su programa de mapas y "
        "guárdelo de nuevo como GPKG."
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL comments on what the checks below look at anyway
            names = [str(row[0]) for row in pyogrio.list_layers(source)]
            if not names:
                raise unreadable
            layer_name = LAYER_NAMES[nivel] if LAYER_NAMES[nivel] in names else names[0]
            if len(names) > 1 and layer_name != LAYER_NAMES[nivel]:
                raise LimitsRefused(
                    f"El archivo trae {len(names)} capas: deje una sola, o llame «{LAYER_NAMES[nivel]}» a "
                    "la que vale."
                )
            layer = gpd.read_file(source, layer=layer_name)
    except LimitsRefused:
        raise
    except Exception:  # GDAL raises many kinds for a broken file; all mean the same to the reader
        raise unreadable from None
    if not isinstance(layer, gpd.GeoDataFrame) or layer.geometry.isna().all() or not len(layer):
        raise unreadable
    return layer


# --- columns and codes --------------------------------------------------------


def _find_column(layer: gpd.GeoDataFrame, asked: str | None, known: tuple[str, ...]) -> str | None:
    """A column by the name asked for, else by a known one; case aside, and as a shapefile would cut it."""
    by_name = {
        str(column).casefold(): str(column) for column in layer.columns if column != layer.geometry.name
    }
    if asked is not None:
        wanted = asked.strip().casefold()
        return by_name.get(wanted) or by_name.get(wanted[:10])
    return next((by_name[n] for name in known for n in (name, name[:10]) if n in by_name), None)


def to_codigo(value: Any, nivel: Nivel) -> str | None:
    """One cell of the code column → INE code as text, or None when it cannot be one.

    '0206', 206, 206.0 and 'GT0207' all give '0206'. A lake gives its own code, '0100' or '0700'.
    """
    if value is None or (isinstance(value, float) and not value.is_integer()):
        return None
    text = str(int(value)) if isinstance(value, float) else str(value).strip().upper()
    text = re.sub(r"\.0+$", "", text)
    width = 2 if nivel == 1 else 4
    if re.fullmatch(rf"GT-?\d{{{width}}}", text):
        return from_pcode(text.replace("-", ""))
    if re.fullmatch(rf"\d{{1,{width}}}", text):
        return text.zfill(width)
    return None


def _some(values: list[str], limit: int = 5) -> str:
    shown = ", ".join(values[:limit])
    return shown if len(values) <= limit else f"{shown} y {len(values) - limit} más"


def _with_codes(layer: gpd.GeoDataFrame, nivel: Nivel, column: str) -> gpd.GeoDataFrame:
    """Add ``codigo``, drop the lakes, and refuse unknown, repeated or missing codes."""
    official = official_names()
    expected = official.departamentos if nivel == 1 else official.municipios
    what = "departamentos" if nivel == 1 else "municipios"
    coded = layer.assign(codigo=[to_codigo(value, nivel) for value in layer[column]])
    if nivel == 2:
        coded = coded[~coded["codigo"].fillna("").str.fullmatch(r"\d\d00")]
    unknown = [str(v) for v, c in zip(coded[column], coded["codigo"], strict=True) if c not in expected]
    if unknown:
        raise LimitsRefused(
            f"Hay códigos que no son de {what} de Guatemala en la columna «{column}» ({_some(unknown)}): "
            "corríjalos o indique otra columna de códigos."
        )
    repeated = sorted(set(coded["codigo"][coded["codigo"].duplicated()]))
    if repeated:
        raise LimitsRefused(
            f"Hay códigos repetidos ({_some(repeated)}): una los polígonos de cada uno en una sola fila."
        )
    missing = [f"{c} {n}" for c, n in expected.items() if c not in set(coded["codigo"])]
    if missing:
        n = N_DEPARTAMENTOS if nivel == 1 else N_MUNICIPIOS
        raise LimitsRefused(
            f"La capa trae {len(coded)} {what} y deben ser {n}; faltan {_some(missing)}: use una capa "
            "completa."
        )
    return coded


# --- geometry -----------------------------------------------------------------


def _within(bounds: Any, limits: tuple[float, float, float, float]) -> bool:
    west, south, east, north = limits
    return bool(bounds[0] >= west and bounds[1] >= south and bounds[2] <= east and bounds[3] <= north)


def _to_exchange(layer: gpd.GeoDataFrame, avisos: list[str]) -> gpd.GeoDataFrame:
    """Reproject to EPSG:4326. A layer without CRS is taken as degrees only if it lies on Guatemala."""
    if layer.crs is None:
        if not _within(layer.total_bounds, BOUNDS):
            _refuse_swapped(layer.total_bounds)
            raise LimitsRefused(
                "La capa no dice en qué sistema de coordenadas está y no son grados: incluya el .prj o "
                "guárdela en WGS 84 (EPSG:4326)."
            )
        avisos.append("La capa no decía su sistema de coordenadas; se tomó como WGS 84 (EPSG:4326).")
        return layer.set_crs(CRS_EXCHANGE)
    if layer.crs.equals(CRS_EXCHANGE):
        return layer
    avisos.append(f"Se pasó de {layer.crs.name} a WGS 84 (EPSG:4326).")
    return layer.to_crs(CRS_EXCHANGE)


def _refuse_swapped(bounds: Any) -> None:
    """Raise LimitsRefused when latitude stands where longitude should, or a sign is missing."""
    west, south, east, north = BOUNDS
    if _within(bounds, (south, west, north, east)):
        raise LimitsRefused(
            "La latitud y la longitud están cambiadas de lugar: guarde la capa con la longitud primero "
            "(−90.5, 14.6)."
        )
    if _within(bounds, (-east, south, -west, north)):
        raise LimitsRefused("A las longitudes les falta el signo menos: en Guatemala van de −92.3 a −88.2.")


def _clean_geometry(layer: gpd.GeoDataFrame, avisos: list[str]) -> gpd.GeoDataFrame:
    """Valid polygons inside the country's bounds, each code on its own town. Raises LimitsRefused."""
    import shapely

    kinds = set(layer.geom_type.dropna())
    if layer.geometry.isna().any() or layer.geometry.is_empty.any():
        empty = layer["codigo"][layer.geometry.isna() | layer.geometry.is_empty].tolist()
        raise LimitsRefused(f"Hay filas sin polígono ({_some(empty)}): complete la capa antes de importarla.")
    if not kinds <= {"Polygon", "MultiPolygon", "GeometryCollection"}:
        raise LimitsRefused("La capa trae puntos o líneas y deben ser polígonos: use la capa de límites.")
    broken = layer["codigo"][~layer.geometry.is_valid].tolist()
    if broken:
        before = shapely.area(layer.geometry.values)
        layer = boundaries.repair_polygons(layer)
        lost = layer["codigo"][
            layer.geometry.is_empty
            | (abs(shapely.area(layer.geometry.values) - before) > 0.2 * before + 1e-9)
        ]
        hopeless = [codigo for codigo in lost if codigo in broken]
        if hopeless:
            raise LimitsRefused(
                f"Los polígonos de {_some(hopeless)} están rotos y no se reparan sin cambiar su forma: "
                "corríjalos en su programa de mapas."
            )
        avisos.append(f"Polígonos inválidos que se repararon ({len(broken)}): {_some(broken)}.")
    if not _within(layer.total_bounds, BOUNDS):
        _refuse_swapped(layer.total_bounds)
        raise LimitsRefused(
            "La capa se sale de Guatemala: revise el sistema de coordenadas con que fue guardada."
        )
    layer, swapped = boundaries.uncross_sansare(layer)
    if swapped:
        avisos.append(
            "Los polígonos de Sansare (0206) y Sanarate (0207) venían cruzados; se pusieron en su lugar."
        )
    return layer


def _check_names(layer: gpd.GeoDataFrame, nivel: Nivel, column: str | None, avisos: list[str]) -> None:
    """Warn when the layer's own names are far from the official ones: the code column may be another
    country's."""
    if column is None:
        return
    official = official_names()
    expected = official.departamentos if nivel == 1 else official.municipios
    words = {c: set(re.findall(r"\w+", n.casefold())) for c, n in expected.items()}
    strange = [
        f"{codigo} «{name}»"
        for codigo, name in zip(layer["codigo"], layer[column].astype(str), strict=True)
        if not words[codigo] & set(re.findall(r"\w+", name.casefold()))
    ]
    if len(strange) > len(expected) // 4:
        raise LimitsRefused(
            f"Los nombres de la columna «{column}» no son los de sus códigos ({_some(strange, 3)}): revise "
            "qué columna trae el código."
        )
    if strange:
        avisos.append(f"Nombres distintos de los oficiales, que son los que quedan: {_some(strange)}.")


# --- public -------------------------------------------------------------------


def read_limits(
    path: Path,
    nivel: Nivel,
    columna_codigo: str | None = None,
    columna_nombre: str | None = None,
) -> LimitsResult:
    """Read and check an operator's layer.

    Parameters
    ----------
    path : Path
        .gpkg, .geojson, .json or .zip with one shapefile; any CRS that the file states.
    nivel : 1 or 2
        1 = 22 departamentos, 2 = 340 municipios.
    columna_codigo, columna_nombre : str, optional
        Columns as the file names them, in full or cut at 10 characters. Without them, the usual names are
        tried.

    Returns
    -------
    LimitsResult
        EPSG:4326, official names, and the warnings to show.

    Raises
    ------
    LimitsRefused
        With one sentence for the operator.
    """
    path = Path(path)
    layer = _open(path, nivel)
    column = _find_column(layer, columna_codigo, _CODE_COLUMNS[nivel])
    if column is None:
        present = [str(c) for c in layer.columns if c != layer.geometry.name]
        if not present:
            raise LimitsRefused("La capa no trae ninguna columna: guárdela con el código de cada polígono.")
        wanted = f"la columna «{columna_codigo}»" if columna_codigo else "una columna de códigos conocida"
        raise LimitsRefused(
            f"La capa no tiene {wanted} (trae {_some(present, 8)}): indique cuál trae el código."
        )
    avisos: list[str] = []
    rows = len(layer)
    layer = _with_codes(layer, nivel, column)
    if len(layer) < rows:
        avisos.append(f"Se dejaron fuera {rows - len(layer)} lagos.")
    layer = _clean_geometry(_to_exchange(layer, avisos), avisos)
    _check_names(layer, nivel, _find_column(layer, columna_nombre, _NAME_COLUMNS[nivel]), avisos)
    layer = layer.rename_geometry("geometry") if layer.geometry.name != "geometry" else layer
    return LimitsResult(nivel, boundaries.dress_with_official_names(layer, nivel), checksum(path), avisos)


def write_gpkg(result: LimitsResult, path: Path) -> Path:
    """Store the layer as 'departamentos' or 'municipios' in a GPKG; the other level, if there, stays.

    `boundaries.load_boundaries(nivel, path)` reads it back. Replaces the file in one step.
    """
    import geopandas as gpd

    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.nuevo.gpkg")
    draft.unlink(missing_ok=True)
    layers = {LAYER_NAMES[result.nivel]: result.capa}
    other = LAYER_NAMES[3 - result.nivel]
    if boundaries.has_layer(path, other):
        layers[other] = gpd.read_file(path, layer=other)
    for name, layer in layers.items():
        layer.to_file(draft, layer=name, driver="GPKG", promote_to_multi=True)
    return draft.replace(path)
