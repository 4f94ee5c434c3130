"""The map's data: one compact JSON of columns, kept ready and compressed, with ETag and 304.

A reserved site is counted in its department and has no row: no name, no code, no point.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Request, Response, current_app
from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import Albergue
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.ocupacion.figures import Fila, cuadro

CAMPOS = (
    "codigo", "nombre", "lat", "lon", "municipio", "oficial",
    "personas", "solo_declaradas", "capacidad", "horas_sin_reporte",
)  # fmt: skip


@dataclass(frozen=True)
class Feed:
    """One answer, ready to send."""

    plain: bytes
    packed: bytes
    etag: str
    made: float

    def respond(self, request: Request) -> Response:
        """304 when the browser holds it already; gzip when it takes it."""
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        response = Response(self.packed if packed else self.plain, mimetype="application/json")
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding, Authorization, Cookie"
        response.headers["Cache-Control"] = "private, no-cache"
        response.set_etag(self.etag, weak=True)
        response.make_conditional(request)
        return response


def map_feed(identity: Identity) -> Feed:
    """The feed for what this account sees, at most MAPA_CACHE_S seconds old."""
    cache: dict[Any, Feed] = current_app.extensions.setdefault("albergues_feeds", {})
    key = identity.scope_key
    known = cache.get(key)
    if known is not None and time.monotonic() - known.made < current_app.config["MAPA_CACHE_S"]:
        return known
    content = build(identity)
    # The hour of the cut does not enter the ETag: equal figures are equal data.
    stable = {name: value for name, value in content.items() if name != "corte"}
    etag = hashlib.sha256(_dump(stable)).hexdigest()[:24]
    if known is not None and known.etag == etag:
        feed = Feed(known.plain, known.packed, etag, time.monotonic())
    else:
        plain = _dump(content)
        feed = Feed(plain, gzip.compress(plain, 6, mtime=0), etag, time.monotonic())
    if len(cache) > 200:
        cache.clear()
    cache[key] = feed
    return feed


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def feed_at(identity: Identity, corte: datetime) -> Feed:
    """The feed of a past hour, made for the one who asks."""
    plain = _dump(build(identity, corte))
    return Feed(
        plain, gzip.compress(plain, 1, mtime=0), hashlib.sha256(plain).hexdigest()[:24], time.monotonic()
    )


def build(identity: Identity, corte: datetime | None = None) -> dict[str, Any]:
    """`campos` and `columnas` of the shelters, sums by department, and how many are reserved in each."""
    table = cuadro(identity, "albergue", corte)
    departments = _sum_departments(table.filas)
    places = _places()
    columns: list[list[Any]] = [[] for _ in CAMPOS]
    reserved: dict[str, int] = {}
    unlocated = 0
    for fila in table.filas:
        site = places[fila.id]
        if site.ubicacion_reservada:
            department = (fila.municipio or "")[:2]
            reserved[department] = reserved.get(department, 0) + 1
            continue
        unlocated += site.lat is None
        values = (
            fila.codigo, fila.nombre, _round(site.lat), _round(site.lon), fila.municipio,
            int(site.oficial), fila.personas, fila.solo_declaradas, fila.capacidad,
            _silence(fila, table.corte),
        )  # fmt: skip
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    total = table.total
    return {
        "corte": clock.iso(table.corte),
        "campos": list(CAMPOS),
        "columnas": columns,
        "departamentos": departments,
        "reservados": reserved,
        "sin_punto": unlocated,
        "total": {
            "albergues": total.albergues,
            "oficiales": total.oficiales,
            "personas": total.personas,
            "solo_declaradas": total.solo_declaradas,
            "familias": total.familias,
            "en_transito": total.en_transito,
            "capacidad": total.capacidad,
            "capacidad_sin_dato": total.capacidad_sin_dato,
            "diferencia": total.diferencia,
            "sin_reporte": total.sin_reporte,
        },
    }


def _sum_departments(filas: list[Fila]) -> dict[str, list[int | None]]:
    """Per department: persons, capacity or None, shelters without report, declared-only persons, shelters, and the
    persons (declared-only ones too) of the shelters whose capacity is known.
    """
    sums: dict[str, list[int | None]] = {}
    for fila in filas:
        row = sums.setdefault((fila.municipio or "")[:2], [0, None, 0, 0, 0, 0])
        values = [fila.personas, fila.capacidad, fila.sin_reporte, fila.solo_declaradas, fila.albergues, 0]
        if fila.capacidad is not None:
            values[5] = fila.personas + fila.solo_declaradas
        for n, value in enumerate(values):
            if value is not None:
                row[n] = (row[n] or 0) + value
    return sums


def _places() -> dict[Any, Any]:
    a = Albergue.__table__
    rows = db.session.execute(select(a.c.id, a.c.lat, a.c.lon, a.c.oficial, a.c.ubicacion_reservada))
    return {row.id: row for row in rows}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 5)


def _silence(fila: Fila, corte: Any) -> int | None:
    """Whole hours since the last parte; None: never."""
    return (
        None
        if fila.ultimo_parte is None
        else max(0, int((corte - fila.ultimo_parte).total_seconds() // 3600))
    )
