"""Pages of emergencies and alerts."""

from __future__ import annotations

import re
from datetime import timedelta

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Alerta, Emergencia
from albergues_app.emergencias.services import AlertaNueva, declare_alerta
from tests.albergues.test_site_pages import XSS, post
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    persona,
)
from tests.factories.cuentas import SISTEMA

NOW = "2026-11-18T06:00"


def alerta(color, lugares=("14",), nivel="departamental", **changes):
    data = {"ambito": "poblacional", "amenaza": "tormenta", "desde": OPENED, "hasta": None,
            "autoridad": "SE-CONRED", "documento": None, "emergencia_id": None, **changes}  # fmt: skip
    with unit_of_work(SISTEMA):
        return declare_alerta(
            AlertaNueva(id=uuid7(), nivel=nivel, color=color, lugares=list(lugares), **data)
        )


def test_a_sede_declares_in_its_own_departments_only(entra):
    client = entra("sede", departamento="14")
    typed = {"nombre": f"Tormenta {XSS}", "tipo": "tormenta", "inicio": NOW, "base_legal": "Decreto 1"}
    refused = post(client, "/emergencias/nueva", **typed, departamentos=["13"])
    assert refused.status_code == 422 and 'value="Decreto 1"' in refused.text
    assert XSS not in refused.text and "Tormenta &lt;script&gt;" in refused.text
    assert 'href="#c-departamentos"' in refused.text and 'id="c-departamentos"' in refused.text
    assert db.session.query(Emergencia).count() == 0
    done = post(client, "/emergencias/nueva", **typed, departamentos=["14"])
    assert done.status_code == 303
    page = client.get(done.location).text
    assert "Decreto 1" in page and XSS not in page
    assert "Tormenta &lt;script&gt;" in client.get("/emergencias").text


def test_who_may_declare(entra):
    row = make_emergencia(("14",))
    for rol, places, status in (
        ("nacional", {}, 200),
        ("sede", {"departamento": "14"}, 200),
        ("sede", {"departamento": "13"}, 404),
        ("municipal", {"municipio": "1413"}, 403),
        ("mando", {}, 403),
    ):
        client = entra(rol, **places)
        assert client.get("/emergencias").status_code == 200
        assert client.get(f"/emergencias/{row.id}").status_code == 200
        assert client.get(f"/emergencias/{row.id}/terminar").status_code == status, (rol, places)
        assert ("Declarar emergencia" in client.get("/emergencias").text) == (status != 403)


def test_an_emergency_shows_its_open_shelters_with_their_sums(entra):
    row = make_emergencia(("14",))
    other = make_emergencia(("14",), nombre="Otra")
    for n, municipio in enumerate(("1413", "1405"), 1):
        shelter = make_activacion(make_albergue(municipio, 5, nombre=f"Salón {municipio}"), row)
        ingreso(shelter, *[persona() for _ in range(3 * n)])
    ingreso(make_activacion(make_albergue("1413", nombre="De la otra"), other), persona())
    page = entra("nacional").get(f"/emergencias/{row.id}").text
    assert "Salón 1413" in page and "Salón 1405" in page and "De la otra" not in page
    for label, value in (("Personas", "9"), ("Albergues abiertos", "2"), ("Capacidad", "10")):
        assert f'<div class="rot">{label}</div><div class="val">{value}</div>' in page
    local = entra("municipal", municipio="1405").get(f"/emergencias/{row.id}").text
    assert '<div class="rot">Personas</div><div class="val">6</div>' in local and "Salón 1413" not in local


def test_an_emergency_ends_and_moves_down_the_list(entra):
    row = make_emergencia(("14",), nombre="La que termina")
    make_emergencia(("14",), nombre="La que sigue")
    client = entra("sede", departamento="14")
    url = f"/emergencias/{row.id}/terminar"
    early = post(client, url, fin="2020-01-01T00:00")
    assert early.status_code == 422 and 'value="2020-01-01T00:00"' in early.text
    assert post(client, url, fin="2026-11-20T00:00").status_code == 303
    page = client.get("/emergencias").text
    assert page.index("La que sigue") < page.index("Terminadas") < page.index("La que termina")


def test_several_alerts_at_once_the_highest_first(entra):
    alerta("amarilla", nivel="nacional", lugares=(), ambito="institucional")
    alerta("roja", ("1405",), nivel="municipal")
    alerta("anaranjada")
    alerta("verde", ("13",), hasta=clock.now() - timedelta(hours=1))
    client = entra("nacional")
    page = client.get("/emergencias/alertas").text
    order = [page.index(f"Alerta {c}") for c in ("roja", "anaranjada", "amarilla", "verde")]
    assert order == sorted(order) and page.index("Por empezar y levantadas") < order[3]
    only = client.get("/emergencias/alertas?departamento=13").text
    assert "3 vigentes" in page and "1 vigentes en Huehuetenango" in only


def test_an_alert_is_declared_and_lifted_within_reach(entra):
    client = entra("sede", departamento="14")
    typed = {
        "color": "roja",
        "ambito": "poblacional",
        "amenaza": "tormenta",
        "desde": NOW,
        "autoridad": "CODRED",
    }
    url = "/emergencias/alertas/nueva"
    national = post(client, url, **typed, nivel="nacional")
    assert national.status_code == 422 and "la declara la oficina central" in national.text
    nowhere = post(client, url, **typed, nivel="municipal")
    assert nowhere.status_code == 422 and "Marque los municipios" in nowhere.text
    assert 'value="CODRED"' in nowhere.text
    afar = post(client, url, **typed, nivel="municipal", municipios=["1301"])
    assert afar.status_code == 422 and db.session.query(Alerta).count() == 0
    done = post(client, url, **typed, nivel="municipal", municipios=["1413", "1405"])
    assert done.status_code == 303
    row = db.session.query(Alerta).one()
    assert [p.codigo for p in row.lugares] == ["1405", "1413"]
    lift = f"/emergencias/alertas/{row.id}/levantar"
    assert entra("sede", departamento="13").get(lift).status_code == 404
    assert entra("municipal", municipio="1413").get(lift).status_code == 403
    assert "Levantar" in client.get("/emergencias/alertas").text
    assert post(client, lift, hasta="2026-11-01T00:00").status_code == 422
    assert post(client, lift, hasta="2026-11-19T00:00").status_code == 303
    assert "0 vigentes" in client.get("/emergencias/alertas").text


def test_the_summary_of_errors_goes_down_the_page(entra):
    client = entra("nacional")
    for url, fields in (
        ("/emergencias/nueva", ["nombre", "tipo", "inicio", "departamentos"]),
        ("/emergencias/alertas/nueva", ["color", "ambito", "nivel", "amenaza", "desde", "autoridad"]),
    ):
        page = post(client, url, inicio="", desde="").text
        shown = re.findall(r'href="#c-(\w+)"', page[page.index('id="errores"') :])
        assert shown == fields
        places = [page.index(f'id="c-{name}"') for name in shown]
        assert places == sorted(places), "as the fields stand on the page"
