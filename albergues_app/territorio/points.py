"""Which municipality a point lies in, answered in microseconds by shapely alone (no geopandas in a web worker)."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import current_app


def municipio_at(lat: float, lon: float) -> str | None:
    """INE code of the municipality at the point (degrees, WGS84), up to 2 km away; None outside, or without boundaries."""
    lookup = _lookup()
    found: str | None = lookup.find(lat, lon) if lookup is not None else None
    return found


def has_lookup() -> bool:
    """False until ``base actualizar`` built the boundaries: then no point is judged."""
    return _lookup() is not None


def map_folder() -> Path:
    """Where the built map of this instance lies."""
    return Path(current_app.config["INSTANCIA"]) / "mapa"


def _lookup() -> Any:
    manifest = map_folder() / "manifest.json"
    stamp = manifest.stat().st_mtime_ns if manifest.exists() else None
    known = current_app.extensions.get("albergues_lookup")
    if known is None or known[0] != stamp:
        lookup = None
        if stamp is not None:
            from albergues_app.territorio.boundaries import MunicipioLookup

            edition = json.loads(manifest.read_text())["edicion"]
            folder = edition["codigo"] if isinstance(edition, dict) else edition
            path = map_folder() / folder / "municipios.wkb"
            lookup = MunicipioLookup.load(path) if path.exists() else None
        known = (stamp, lookup)
        current_app.extensions["albergues_lookup"] = known
    return known[1]


_KM_PER_DEGREE = 111.32
_SLIVER_OF_MUNICIPIO, _SLIVER_OF_AREA = 0.01, 0.05
"""Below both, an area only grazes a municipality: borders of two sources never lie on each other."""


def municipios_under(
    rings: Sequence[Sequence[tuple[float, float]]], circles: Sequence[tuple[float, float, float]]
) -> list[str]:
    """INE codes under areas of (lat, lon) rings and (lat, lon, km) circles, WGS84; [] outside, or without boundaries.

    A circle of radius 0 is a point. What an area only grazes is left out, unless nothing else lies under it.
    """
    lookup, found = _lookup(), set[str]()
    if lookup is None:
        return []
    for lat, lon, km in circles:
        if km == 0:
            codigo = lookup.find(lat, lon)
            found.update([codigo] if codigo else [])
    for shape in (*map(_polygon, rings), *(_disc(*c) for c in circles if c[2] > 0)):
        touched = lookup.under(shape) if shape is not None else []
        whole = [
            codigo
            for codigo, of_municipio, of_area in touched
            if of_municipio >= _SLIVER_OF_MUNICIPIO or of_area >= _SLIVER_OF_AREA
        ]
        found.update(whole or [max(touched, key=lambda t: t[1])[0]] if touched else [])
    return sorted(found)


def _polygon(ring: Sequence[tuple[float, float]]) -> Any:
    """The area within a ring, mended where it crosses itself; None when nothing lies within."""
    import shapely

    shape = shapely.make_valid(shapely.Polygon([(lon, lat) for lat, lon in ring]))
    return shape if shape.area > 0 else None


def _disc(lat: float, lon: float, km: float) -> Any:
    """A circle on the ground, as an area in degrees."""
    import shapely
    from shapely.affinity import scale

    disc = shapely.Point(lon, lat).buffer(km / _KM_PER_DEGREE, quad_segs=16)
    return scale(disc, xfact=1 / max(math.cos(math.radians(lat)), 0.01), origin=(lon, lat))


def bounds_of(codigo: str) -> tuple[float, float, float, float] | None:
    """West, south, east, north of a municipality in degrees; None without boundaries or for an unknown code."""
    lookup = _lookup()
    found: tuple[float, float, float, float] | None = lookup.bounds(codigo) if lookup is not None else None
    return found
