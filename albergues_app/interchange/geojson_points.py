"""GeoJSON of points as a table: one row per feature, its properties, and lat and lon (EPSG:4326, degrees)."""

from __future__ import annotations

import json
import math
from typing import Any, Final, NoReturn

from albergues_app.interchange.errors import ArchivoIlegible

LAT: Final = "lat"
LON: Final = "lon"
_WGS84: Final = ("crs84", "4326", "wgs84")


def read_features(text: str) -> tuple[list[list[Any]], list[str]]:
    """Header and rows, and what to warn of. A feature without a point keeps its row without coordinates."""
    document = _load(text)
    if isinstance(document, dict) and document.get("type") == "Feature":
        document = {"type": "FeatureCollection", "features": [document]}
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise ArchivoIlegible(
            "El archivo JSON no es una lista de lugares: debe ser GeoJSON de tipo «FeatureCollection» con "
            "puntos. "
            "Expórtelo así desde QGIS, o envíe la lista como .xlsx."
        )
    _check_crs(document.get("crs"))
    features = document.get("features")
    if not isinstance(features, list):
        raise ArchivoIlegible("Al GeoJSON le falta la lista «features». Vuelva a exportarlo.")
    columns: dict[str, None] = {}
    read: list[tuple[dict[str, Any], float | None, float | None]] = []
    without_point = 0
    for number, feature in enumerate(features, start=1):
        properties, lat, lon = _feature(number, feature)
        without_point += lat is None
        columns.update(dict.fromkeys(properties))
        read.append((properties, lat, lon))
    names = list(columns)
    shown = [f"{n} (propiedad)" if n.casefold() in (LAT, LON) else n for n in names]
    rows: list[list[Any]] = [[*shown, LAT, LON]]
    rows += [[*(_plain(p.get(n)) for n in names), lat, lon] for p, lat, lon in read]
    warnings = []
    if without_point:
        warnings.append(f"{without_point} elementos no son puntos: se leyeron sin coordenadas.")
    return rows, warnings


def _load(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except ArchivoIlegible:
        raise
    except (ValueError, RecursionError) as error:
        where = f" en la línea {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ArchivoIlegible(f"El archivo JSON está mal formado{where}. Vuelva a exportarlo.") from error


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ArchivoIlegible(
            "El archivo JSON repite un mismo nombre dentro de un elemento. Vuelva a exportarlo."
        )
    return result


def _no_constant(name: str) -> NoReturn:
    raise ArchivoIlegible(f"El archivo JSON trae un valor que no es un número ({name}). Vuelva a exportarlo.")


def _check_crs(crs: Any) -> None:
    if crs is None:
        return
    name = json.dumps(crs).casefold()
    if not any(known in name for known in _WGS84):
        raise ArchivoIlegible(
            "El GeoJSON no está en grados WGS84 (EPSG:4326). Vuelva a exportarlo con ese sistema de "
            "coordenadas."
        )


def _feature(number: int, feature: Any) -> tuple[dict[str, Any], float | None, float | None]:
    def wrong(what: str) -> NoReturn:
        raise ArchivoIlegible(f"El elemento {number} del GeoJSON {what}. Corríjalo y vuelva a exportarlo.")

    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        wrong("no es un «Feature»")
    properties = feature.get("properties")
    if properties is None:
        properties = {}
    if not isinstance(properties, dict):
        wrong("tiene «properties» que no son una lista de nombres y valores")
    geometry = feature.get("geometry")
    if geometry is None:
        return properties, None, None
    if not isinstance(geometry, dict) or not isinstance(geometry.get("type"), str):
        wrong("tiene una geometría mal formada")
    if geometry["type"] != "Point":
        if geometry["type"] not in _GEOMETRIES:
            wrong("tiene una geometría de tipo desconocido")
        return properties, None, None
    position = geometry.get("coordinates")
    if not isinstance(position, list) or len(position) < 2:
        wrong("tiene un punto sin coordenadas")
    for value in position:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            wrong("tiene coordenadas que no son números")
    return properties, float(position[1]), float(position[0])


_GEOMETRIES: Final = frozenset(
    ("MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return json.dumps(value, ensure_ascii=False)
