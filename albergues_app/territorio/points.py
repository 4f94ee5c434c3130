"""Which municipality a point lies in, answered in microseconds by shapely alone (no geopandas in a web worker)."""

from __future__ import annotations

import json
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


def bounds_of(codigo: str) -> tuple[float, float, float, float] | None:
    """West, south, east, north of a municipality in degrees; None without boundaries or for an unknown code."""
    lookup = _lookup()
    found: tuple[float, float, float, float] | None = lookup.bounds(codigo) if lookup is not None else None
    return found
