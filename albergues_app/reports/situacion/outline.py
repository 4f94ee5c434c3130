"""The small map of a bulletin: outlines from this instance's boundaries, kept with the figures; the drawing as SVG.

The outlines go into the frozen figures, so that the sheet of last year is the same after new boundaries came.
"""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

from albergues_app.territorio.points import map_folder

WIDTH = 360
"""Units of the drawing; a unit is about a kilometre for the country."""
_PADDING = 6
SCALE = ("#F1F4F7", "#CFE0F1", "#8FB8DF", "#4A86C0", "#1B4F8F")
"""Nobody, then four steps. Readable without colour: the number stands on each place."""


def outlines_of(ambito: str) -> dict[str, Any] | None:
    """Departments of the country, or municipalities of the department that ``ambito`` is or lies in.

    Integer units, y downwards. None where the instance has no map yet.
    """
    rows = _features(ambito)
    if not rows:
        return None
    import shapely
    from shapely.geometry import shape

    codes = [code for code, _geometry in rows]
    shapes = [shape(geometry) for _code, geometry in rows]
    west, south, east, north = shapely.total_bounds(shapes)
    squeeze = 0.966  # cos of 15 degrees: Guatemala lies between 13.7 and 17.9
    unit = (WIDTH - 2 * _PADDING) / ((east - west) * squeeze)
    height = round((north - south) * unit) + 2 * _PADDING
    plain = shapely.coverage_simplify(shapes, 1.2 / unit)

    def place(lon: float, lat: float) -> tuple[int, int]:
        return round((lon - west) * squeeze * unit) + _PADDING, round((north - lat) * unit) + _PADDING

    pieces = []
    for code, geometry in zip(codes, plain, strict=True):
        rings = [
            [place(lon, lat) for lon, lat in shapely.get_coordinates(part.exterior)]
            for part in shapely.get_parts(geometry)
            if part.geom_type == "Polygon" and not part.is_empty
        ]
        centre = shapely.get_coordinates(geometry.representative_point())[0]
        x, y = place(*centre)
        pieces.append({"codigo": code, "trazo": [r for r in map(_path, rings) if r], "x": x, "y": y})
    return {"ancho": WIDTH, "alto": height, "piezas": pieces, "credito": _manifest()["credito"]}


def _path(ring: list[tuple[int, int]]) -> str:
    points = [p for i, p in enumerate(ring) if i == 0 or p != ring[i - 1]]
    if len(points) < 3:
        return ""
    return "M" + "L".join(f"{x} {y}" for x, y in points) + "Z"


def _manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((map_folder() / "manifest.json").read_text(encoding="utf-8"))
    return found


def _features(ambito: str) -> list[tuple[str, Any]]:
    try:
        manifest = _manifest()
        folder = map_folder() / manifest["edicion"]["codigo"]
        country = json.loads((folder / manifest["departamentos"]).read_text(encoding="utf-8"))
        layer = country["departamentos"]
        if ambito != "GT":
            layer = json.loads((folder / country["archivos"][ambito[:2]]).read_text(encoding="utf-8"))[
                "municipios"
            ]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [(f["properties"]["codigo"], f["geometry"]) for f in layer["features"]]


def paint(outlines: dict[str, Any], persons: dict[str, int], silent: set[str], only: str = "") -> str:
    """The map as SVG: each place by how many persons shelter there, its number on it; a dashed edge where one is silent.

    ``only``: the municipality the bulletin is of; the rest of its department stays plain.
    """
    top = max(persons.values(), default=0)
    pieces: list[str] = []
    labels: list[str] = []
    for piece in outlines["piezas"]:
        code = piece["codigo"]
        count = persons.get(code, 0) if not only or code == only else 0
        edge = 'stroke="#A3201A" stroke-width="1.4" stroke-dasharray="4 2.5"' if code in silent else (
            'stroke="#7C8B99" stroke-width="0.6"'
        )  # fmt: skip
        if only and code == only:
            edge = 'stroke="#16222E" stroke-width="1.6"'
        drawn = f'<path d="{"".join(piece["trazo"])}" fill="{SCALE[_step(count, top)]}" {edge}/>'
        pieces.insert(
            len(pieces) if code in silent or code == only else 0, drawn
        )  # a marked edge lies above the others
        if count:
            ink = "#FFFFFF" if _step(count, top) >= 3 else "#16222E"
            labels.append(
                f'<text x="{piece["x"]}" y="{piece["y"] + 4}" text-anchor="middle" font-size="11" font-weight="bold" '
                f'font-family="DejaVu Sans" fill="{ink}">{escape(f"{count:,}")}</text>'
            )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {outlines["ancho"]} {outlines["alto"]}">'
        + "".join(pieces)
        + "".join(labels)
        + "</svg>"
    )


def _step(count: int, top: int) -> int:
    """0: nobody; 1 to 4: quarters of the largest."""
    return 0 if not count or not top else min(4, 1 + (count * 4 - 1) // top)
