"""A throw-away Flask app that serves the map with invented shelters, under the strict CSP of the real one.

Run it by hand to look at it: ``python tests/maps/pagina_mapa.py 17`` (number of shelters).
"""

from __future__ import annotations

import hashlib
import json
import random
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, g, render_template_string, request, send_file

from albergues_app.maps.build import build_frame
from albergues_app.maps.served import ServedFrame
from albergues_app.territorio.boundaries import MunicipioLookup

STATIC = Path(__file__).resolve().parents[2] / "albergues_app" / "static"
XSS = '<img src=x onerror="window.ataque=1"></script><script>window.ataque=1</script>'

PAGE = """<!doctype html><html lang="es-GT"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Mapa de prueba</title>
<link rel="icon" href="data:,">
<style nonce="{{ nonce }}">
*{box-sizing:border-box} .caja{display:flex;flex-direction:column;height:100vh} .estado{font-size:.875rem}
body{margin:0;font:400 17px/1.5 system-ui,"Noto Sans",sans-serif}
@media (max-width:991px){.caja{display:block;height:auto}}
</style></head>
<body><main class="caja">{{ marco }}</main></body></html>"""

# Real shelters never appear here: towns by coordinates (lat, lon), names and figures invented.
_MOCK = (
    ("Gimnasio Municipal", 15.407, -91.146, 134, 120, True, 1.0),
    ("Escuela Oficial Cantón Batzbacá", 15.42, -91.19, 61, 90, True, 2.0),
    ("Iglesia de la aldea Chel", 15.62, -91.03, 48, None, False, 24.0),
    ("Salón Comunal", 15.43, -91.04, 52, 80, True, 1.0),
    ("Instituto Básico", 14.94, -91.11, 96, 150, True, 3.0),
    ("Escuela Playa Grande", 15.99, -90.77, 147, 160, True, 1.0),
    ("Escuela Rural Ingenieros", 15.93, -90.95, 33, 70, True, 24.0),
    ("Salón Municipal", 15.35, -90.83, 88, 110, True, 1.0),
    ("Salón Comunal El Soch", 15.42, -90.72, 43, 60, True, 1.5),
    ("Complejo Deportivo", 15.47, -90.37, 171, 200, True, 1.0),
    ("Salón Comunal Salacuim", 15.87, -90.64, 38, 60, True, 1.0),
    ("Gimnasio Carchá", 15.476, -90.31, 151, 140, True, 1.0),
    ("Iglesia de Campur", 15.63, -90.12, 126, None, False, 24.0),
    ("Escuela Lanquín", 15.576, -89.98, 49, 75, True, 1.0),
    ("Salón Cahabón", 15.60, -89.81, 66, 90, True, 1.0),
    ("Escuela Chisec", 15.81, -90.29, 84, 130, True, 1.0),
    ("Gimnasio Municipal de La Tinta", 15.32, -89.88, 57, 100, True, 1.0),
)


def make_payload(n: int, lookup: MunicipioLookup, *, seed: int = 13) -> dict[str, Any]:
    """The map's JSON with `n` shelters (17 = those of the drawing), one of them with a hostile name when n
    > 17."""
    rnd = random.Random(seed)
    rows: list[tuple[Any, ...]] = []
    if n <= len(_MOCK):
        for i, (name, lat, lon, people, capacity, official, hours) in enumerate(_MOCK[:n]):
            municipio = lookup.find(lat, lon) or "1401"
            rows.append((f"A-{i:03}", name, lat, lon, municipio, official, people, None, capacity, hours))
    while len(rows) < n:
        lat, lon = rnd.uniform(13.8, 17.7), rnd.uniform(-92.2, -88.3)
        municipio = lookup.find(lat, lon)
        if municipio is None or (municipio.startswith("17") and rnd.random() < 0.8):
            continue
        i = len(rows)
        people = int(rnd.lognormvariate(4, 0.9))
        capacity = rnd.choice([None, *range(40, 400, 20)])
        official = rnd.random() < 0.6
        declared = None if official else people
        rows.append(
            (f"A-{i:05}", XSS if i == 0 else f"Albergue {i}", round(lat, 4), round(lon, 4),
             municipio, official, people if official else None, declared, capacity,
             rnd.choice([0.4, 1.0, 3.5, 6.0, 14.0, 30.0, None]))
        )  # fmt: skip
    departamentos: dict[str, list[Any]] = {f"{d:02d}": [0, None, 0, 0] for d in range(1, 23)}
    for row in rows:
        figures = departamentos[row[4][:2]]
        figures[0] += row[6] or 0
        figures[3] += row[7] or 0
        figures[1] = (figures[1] or 0) + row[8] if row[8] else figures[1]
        figures[2] += row[9] is None or row[9] >= 12
    campos = ["codigo", "nombre", "lat", "lon", "municipio", "oficial", "personas", "solo_declaradas",
              "capacidad", "horas_sin_reporte"]  # fmt: skip
    return {
        "corte": "2026-11-20T18:00:00-06:00",
        "departamentos": departamentos,
        "campos": campos,
        "columnas": [list(column) for column in zip(*rows, strict=True)] or [[] for _ in campos],
        "reservados": {"14": 2},
    }


def make_app(folder: Path, n: int) -> Flask:
    build_frame(folder)
    frame = ServedFrame.load(folder)
    lookup = MunicipioLookup.load(frame.lookup_path)
    app = Flask(__name__, static_folder=str(STATIC))
    app.config["PAYLOADS"] = {}
    app.config["CAIDO"] = False

    @app.get("/")
    def page() -> str:
        g.nonce = secrets.token_urlsafe(12)
        marco = frame.render(
            nonce=g.nonce,
            static_url=lambda path: f"/static/{path}",
            datos_url=f"/mapa/datos.json?n={request.args.get('n', n)}",
            archivos_url="/mapa/limites",
            ficha_url="/albergues/codigo/__CODIGO__",
        )
        return render_template_string(PAGE, marco=marco, nonce=g.nonce)

    @app.get("/mapa/datos.json")
    def datos() -> Response:
        if app.config["CAIDO"]:
            abort(503)
        count = int(request.args["n"])
        if count not in app.config["PAYLOADS"]:
            text = json.dumps(make_payload(count, lookup), ensure_ascii=False, separators=(",", ":"))
            app.config["PAYLOADS"][count] = text
        text = app.config["PAYLOADS"][count]
        answer = Response(text, mimetype="application/json")
        answer.set_etag(hashlib.sha256(text.encode()).hexdigest()[:16])
        return answer.make_conditional(request)

    @app.get("/mapa/limites/<path:name>")
    def limites(name: str) -> Response:
        path = frame.file(name)
        if path is None:
            abort(404)
        return send_file(path, max_age=31_536_000)

    @app.after_request
    def headers(answer: Response) -> Response:
        nonce = g.get("nonce", "")
        answer.headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
            "style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'self'"
        )
        return answer

    return app


if __name__ == "__main__":
    make_app(Path(tempfile.mkdtemp()), int(sys.argv[1]) if len(sys.argv) > 1 else 17).run(port=8013)
