"""contrato-api.md: `GET /mapa/albergues`, compact arrays, ETag and 304."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta

from tests.api.conftest import NOW, iso, persona


def columns(feed):
    return dict(zip(feed["campos"], feed["columnas"], strict=True))


def test_the_feed_is_columns_with_the_figures_of_the_list(api):
    place = api.albergue(
        lat=15.0306,
        lon=-91.1489,
        oficial=True,
        capacidad={"personas": 9, "fuente": "acta", "fecha": "2026-01-01"},
    )
    activacion = api.activacion(place)
    api.ingreso(activacion, persona(), persona(sexo="hombre"))
    api.parte(activacion, 2, corte=iso(NOW - timedelta(hours=3)))
    answer = api.get("/mapa/albergues")
    feed = answer.get_json()
    row, listed = columns(feed), next(iter(api.rows("albergue").values()))
    assert len({len(c) for c in feed["columnas"]}) == 1
    for name in ("codigo", "nombre", "personas", "solo_declaradas", "capacidad"):
        assert row[name] == [listed[name]], name
    assert (row["lat"], row["lon"], row["oficial"], row["municipio"]) == (
        [15.0306],
        [-91.1489],
        [1],
        ["1401"],
    )
    assert row["horas_sin_reporte"] == [3]
    assert answer.mimetype == "application/json"


def test_the_same_data_are_304_and_new_data_are_not(api):
    activacion = api.activacion()
    first = api.get("/mapa/albergues")
    etag = first.headers["ETag"]
    api.headers["If-None-Match"] = etag
    again = api.get("/mapa/albergues")
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    api.ingreso(activacion)
    changed = api.get("/mapa/albergues")
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag


def test_it_is_compressed_for_who_takes_it(api):
    api.activacion()
    plain = api.get("/mapa/albergues")
    api.headers["Accept-Encoding"] = "gzip"
    packed = api.get("/mapa/albergues")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.data)) == plain.get_json()


def test_a_reserved_site_is_counted_in_its_department_without_name_or_point(api):
    hidden = api.albergue(nombre="Casa segura", ubicacion_reservada=True, lat=15.03, lon=-91.14)
    api.ingreso(api.activacion(hidden), persona())
    text = api.get("/mapa/albergues").text
    assert "Casa segura" not in text and hidden not in text and "15.03" not in text
    feed = json.loads(text)
    assert (feed["total"]["personas"], feed["reservados"]) == (1, {"14": 1})
    assert feed["departamentos"]["14"][0] == 1


def test_each_account_sees_its_own_territory(api, programa):
    event = api.emergencia()
    for municipio in ("1401", "1610"):
        api.ingreso(api.activacion(api.albergue(municipio), event))
    assert columns(api.get("/mapa/albergues").get_json())["municipio"] == ["1401", "1610"]
    own = programa("sede", departamento="16")
    assert columns(own.get("/mapa/albergues").get_json())["municipio"] == ["1610"]
