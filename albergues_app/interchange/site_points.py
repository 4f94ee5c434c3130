"""Coordinates as people write them: decimal comma, degrees and minutes, swapped, without the minus sign."""

from __future__ import annotations

import re
from typing import Final

from albergues_app.core.text import normalize
from albergues_app.interchange.site_values import BLANKS, Leido, as_text, shown
from albergues_app.interchange.tables import Celda
from albergues_app.territorio.data import BOUNDS

_LON_MIN, _LAT_MIN, _LON_MAX, _LAT_MAX = BOUNDS
_DMS: Final = re.compile(
    r"""\s*([NSEWO])?\s*
    (-?\d{1,3})\s*[°ºd\ ]\s*
    (\d{1,2}(?:[.,]\d+)?)\s*
    (?:['’′´m\ ]\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:["”″s]|''|´´)?)?)?\s*
    ([NSEWO])?\s*""",
    re.IGNORECASE | re.VERBOSE,
)


def read_degrees(cell: Celda, what: str) -> Leido:
    """Decimal degrees (point or comma), or degrees, minutes and seconds."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return Leido(float(cell))
    text = as_text(cell)
    if normalize(text) in BLANKS:
        return Leido()
    decimal = re.fullmatch(
        r"([NSEWO]?)\s*([+\-−–]?)\s*(\d{1,3}(?:[.,]\d*)?)\s*°?\s*([NSEWO]?)", text, re.IGNORECASE
    )
    if decimal:
        value = float(decimal[3].replace(",", "."))
        letter = (decimal[1] or decimal[4]).upper()
        negative = decimal[2] in ("-", "−", "–") or letter in {"S", "W", "O"}
        return Leido(-value if negative else value)
    if dms := _DMS.fullmatch(text):
        degrees, minutes = float(dms[2]), float(dms[3].replace(",", "."))
        seconds = float((dms[4] or "0").replace(",", "."))
        if minutes < 60 and seconds < 60:
            value = abs(degrees) + minutes / 60 + seconds / 3600
            letter = (dms[1] or dms[5] or "").upper()
            return Leido(round(-value if degrees < 0 or letter in {"S", "W", "O"} else value, 7))
    return Leido(
        errores=[("coordenada_invalida", f"{what}: «{shown(cell)}» no es una coordenada. Escriba grados, "
                  f"p. ej. {'14.6349' if what == 'Latitud' else '-90.5069'}, o deje la celda vacía.")]
    )  # fmt: skip


def read_point(lat: Celda, lon: Celda) -> Leido:
    """(lat, lon) or None. Repaired only when one single reading falls inside Guatemala."""
    read_lat, read_lon = read_degrees(lat, "Latitud"), read_degrees(lon, "Longitud")
    if read_lat.errores or read_lon.errores:
        return Leido(errores=read_lat.errores + read_lon.errores)
    if read_lat.valor is None and read_lon.valor is None:
        return Leido()
    if read_lat.valor is None or read_lon.valor is None or (read_lat.valor, read_lon.valor) == (0.0, 0.0):
        return Leido(
            None, [("coordenada_incompleta", "Falta una de las dos coordenadas: el sitio queda sin punto.")]
        )
    y, x = read_lat.valor, read_lon.valor
    if _inside(y, x):
        return Leido((y, x))
    readings = {
        "venían en el orden longitud, latitud": (x, y),
        "a la longitud le faltaba el signo menos": (y, -x),
        "venían en el orden longitud, latitud y sin el signo menos": (x, -y),
    }
    possible = {why: point for why, point in readings.items() if _inside(*point)}
    if len(possible) == 1:
        [(why, point)] = possible.items()
        return Leido(
            point, [("coordenada_corregida", f"Las coordenadas {why}: se corrigió a {point[0]}, {point[1]}.")]
        )
    return Leido(
        None,
        [
            (
                "coordenada_fuera",
                f"El punto {y}, {x} está fuera de Guatemala: el sitio queda sin punto. Revíselo.",
            )
        ],
    )


def read_joined_point(cell: Celda) -> Leido:
    """Both coordinates in one cell: «14.63, -90.50», or an ODK geopoint with altitude and precision."""
    text = as_text(cell).strip("()[] ")
    if normalize(text) in BLANKS:
        return Leido()
    parts = [p for p in re.split(r"\s*[;|]\s*|,\s+|\s+", text) if p]
    if len(parts) == 1:
        parts = text.split(",")
    if len(parts) in (2, 3, 4):
        return read_point(parts[0].strip(","), parts[1].strip(","))
    return Leido(
        errores=[("coordenada_invalida", f"Coordenadas: «{shown(cell)}» no se entiende. Escriba latitud y "
                  "longitud, p. ej. 14.6349, -90.5069, o deje la celda vacía.")]
    )  # fmt: skip


def _inside(lat: float, lon: float) -> bool:
    return _LAT_MIN <= lat <= _LAT_MAX and _LON_MIN <= lon <= _LON_MAX
