"""Pages of sites: who may, what is kept after an error, what is counted, and how many queries it costs."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import event, text

from albergues_app.albergues.capacity import MedidaNueva, Normas, add_medida, compute_capacidad, latest_medida
from albergues_app.albergues.models import Activacion, Albergue, AlbergueVersion, Capacidad, Contacto
from albergues_app.albergues.queries import capacidades_at
from albergues_app.audit.changes import keeper
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from tests.conftest import expect_refused
from tests.factories.albergues import make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import SISTEMA, csrf_of

XSS = '<script>alert("x")</script>'
FORMS = ("editar", "cambiar", "estado", "capacidad", "medidas", "contacto", "bloqueo", "abrir")


def post(client, url, page=None, **data):
    """Fill the form that stands at ``page`` (the same address by default) and send it."""
    form = client.get(page or url).text
    op = re.search(r'name="op_id" value="([^"]+)"', form)
    return client.post(url, data={"csrf_token": csrf_of(form), "op_id": op.group(1) if op else "", **data})


@contextmanager
def counted():
    """Statements sent to the database."""
    seen = []

    def note(*args):
        if args[2].startswith("SELECT"):
            seen.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("rol", ["nacional", "sede", "municipal", "albergue", "registro", "institucion"])
def test_a_site_is_there_for_its_own_territory_and_for_nobody_else(entra, rol):
    site = make_albergue("1413")
    url, codigo = f"/albergues/{site.id}", site.codigo
    places = {
        "nacional": ({}, {"departamento": "13"}),
        "sede": ({"departamento": "14"}, {"departamento": "13"}),
        "municipal": ({"municipio": "1413"}, {"municipio": "1405"}),
        "albergue": ({"albergue": codigo}, {"municipio": "1405"}),
        "registro": ({"albergue": codigo}, {"municipio": "1405"}),
        "institucion": ({"departamento": "14"}, {"departamento": "13"}),
    }[rol]
    inside, outside = entra(rol, **places[0]), entra(rol, **places[1])
    assert inside.get(url).status_code == 200
    assert outside.get(url).status_code == 404
    assert codigo in inside.get("/albergues").text and codigo not in outside.get("/albergues").text
    writes = rol in {"nacional", "sede", "municipal"}
    for form in FORMS:
        assert inside.get(f"{url}/{form}").status_code == (200 if writes else 403), form
        assert outside.get(f"{url}/{form}").status_code == (404 if writes else 403), form


def test_a_new_site_keeps_what_was_typed_until_it_is_right(entra):
    client = entra("municipal", municipio="1413")
    typed = {
        "nombre": f"Salón {XSS}",
        "municipio": "1405",
        "tipo_inmueble": "",
        "lat": "abc",
        "capacidad": "-3",
    }
    answer = post(client, "/albergues/nuevo", **typed)
    assert answer.status_code == 422
    assert XSS not in answer.text and "Salón &lt;script&gt;" in answer.text
    assert 'value="abc"' in answer.text and 'value="-3"' in answer.text
    for field in ("municipio", "tipo_inmueble", "lat", "capacidad"):
        assert f'href="#c-{field}"' in answer.text and f'id="c-{field}"' in answer.text
    assert db.session.query(Albergue).count() == 0
    typed |= {"municipio": "1413", "tipo_inmueble": "iglesia", "lat": "", "capacidad": ""}
    done = post(client, "/albergues/nuevo", **typed)
    assert done.status_code == 303
    page = client.get(done.location).text
    assert XSS not in page and "Salón &lt;script&gt;" in page and "Capacidad: sin dato" in page


def test_a_double_click_has_one_effect(entra):
    client = entra("nacional")
    form = client.get("/albergues/nuevo").text
    data = {
        "csrf_token": csrf_of(form),
        "op_id": re.search(r'name="op_id" value="([^"]+)"', form).group(1),
        "nombre": "Escuela", "municipio": "1413", "tipo_inmueble": "escuela",
    }  # fmt: skip
    first, second = (client.post("/albergues/nuevo", data=data) for _ in range(2))
    assert first.location == second.location and db.session.query(Albergue).count() == 1
    other = client.post("/albergues/nuevo", data={**data, "nombre": "Otra"})
    assert other.status_code == 422 and 'value="Otra"' in other.text
    assert data["op_id"] not in other.text, "the form comes back with a fresh id"


def test_what_splits_figures_changes_with_reason_and_date(entra):
    site = make_albergue("1413")
    client, url = entra("sede", departamento="14"), f"/albergues/{site.id}"
    refused = post(client, f"{url}/cambiar", oficial="si", municipio="1405", motivo=" ")
    assert refused.status_code == 422 and "motivo" in refused.text
    done = post(
        client, f"{url}/cambiar", oficial="si", municipio="1405", motivo="Punto de acta 7", vigente_desde="2026-11-01T00:00"
    )  # fmt: skip
    assert done.status_code == 303
    version = db.session.query(AlbergueVersion).filter_by(albergue_id=site.id, motivo="Punto de acta 7").one()
    assert (version.oficial, version.municipio_codigo) == (True, "1405")
    assert version.vigente_desde == clock.day_start(date(2026, 11, 1))
    assert "Punto de acta 7" in client.get(url).text
    outside = post(client, f"{url}/cambiar", oficial="si", municipio="1301", motivo="Error")
    assert outside.status_code == 422, "a sede cannot send a site to another department"


def test_only_legal_moves_are_offered_and_taken(entra):
    site = make_albergue("1413")
    client, url = entra("municipal", municipio="1413"), f"/albergues/{site.id}"
    page = client.get(f"{url}/estado").text
    assert 'value="evaluado_apto"' in page and 'value="oficializado"' not in page
    illegal = post(client, f"{url}/estado", a="oficializado", ocurrida_en="2026-11-19T10:00")
    assert illegal.status_code == 422 and "no se pasa a" in illegal.text
    without = post(client, f"{url}/estado", a="descartado", ocurrida_en="2026-11-19T10:00")
    assert without.status_code == 422 and "Escriba el motivo" in without.text
    assert post(client, f"{url}/estado", a="evaluado_apto", ocurrida_en="2026-11-19T10:00").status_code == 303
    assert db.session.get(Albergue, site.id).estado == "evaluado_apto"


def test_contacts_are_one_tap_away_and_grow_old(entra):
    site = make_albergue("1413")
    client, url = entra("municipal", municipio="1413"), f"/albergues/{site.id}"
    wrong = post(client, f"{url}/contacto", papel="llaves", nombre="Ana Xol", telefono="123")
    assert wrong.status_code == 422 and 'value="Ana Xol"' in wrong.text
    assert (
        post(client, f"{url}/contacto", papel="llaves", nombre="Ana Xol", telefono="5500 0147").status_code
        == 303
    )
    page = client.get(url).text
    assert 'href="tel:+50255000147"' in page and "verifique el número" not in page
    with unit_of_work(SISTEMA):
        row = db.session.query(Contacto).one()
        row.confirmado_en = clock.now() - timedelta(days=91)
        contacto = row.id
    assert "verifique el número" in client.get(url).text
    assert post(client, f"{url}/contacto/{contacto}/confirmar", page=url).status_code == 303
    assert "verifique el número" not in client.get(url).text


def test_capacities_stand_side_by_side_and_the_authorised_counts(app, entra):
    site = make_albergue("1413", None)
    client, url = entra("municipal", municipio="1413"), f"/albergues/{site.id}"
    assert "Capacidad: sin dato" in client.get(url).text
    day = {"fuente": "Muni", "fecha": "2026-11-18"}
    assert (
        post(client, f"{url}/medidas", area_m2="560", inodoros="5", agua_litros_dia="965", **day).status_code
        == 303
    )
    now = clock.now()
    assert capacidades_at(now, now, [site.id])[site.id].personas == 64
    assert post(client, f"{url}/capacidad", personas="1,200", clase="declarada", **day).status_code == 303
    assert capacidades_at(now := clock.now(), now, [site.id])[site.id].personas == 1200
    assert post(client, f"{url}/capacidad", personas="160", clase="autorizada", **day).status_code == 303
    assert capacidades_at(now := clock.now(), now, [site.id])[site.id].personas == 160
    page = client.get(url).text
    assert "1,200" in page and "limita: agua" in page and "Sin medir: duchas" in page
    assert {(c.clase, c.regimen) for c in db.session.query(Capacidad)} >= {
        ("calculada", "general"), ("calculada", "emergencia"), ("declarada", "general"), ("autorizada", "general"),
    }  # fmt: skip


def test_the_computed_capacity_names_what_binds_and_what_is_unknown(app):
    norms = Normas.from_settings(app.config)
    assert compute_capacidad(None, norms).personas is None
    site = make_albergue("1413", None)
    with unit_of_work(SISTEMA):
        add_medida(site.id, MedidaNueva(350.0, 4, None, None, "Muni", date(2026, 11, 1)), norms)
    medida = latest_medida(site.id)
    after, first = compute_capacidad(medida, norms), compute_capacidad(medida, norms, hasta_72h=True)
    assert (after.personas, after.limita) == (80, "Inodoros")
    assert (first.personas, first.limita) == (100, "Espacio")
    assert after.sin_dato == ["Duchas", "Agua"]
    assert compute_capacidad(medida, norms, autorizada=60).limita == "Acta"
    with unit_of_work(SISTEMA):
        warned = add_medida(site.id, MedidaNueva(None, 40, None, None, "Muni", date(2026, 11, 2)), norms)
    assert [a.codigo for a in warned] == ["sin_area"]
    assert compute_capacidad(latest_medida(site.id), norms).personas is None
    with expect_refused("falta_medida"), unit_of_work(SISTEMA):
        add_medida(site.id, MedidaNueva(None, None, None, None, "Muni", date(2026, 11, 2)), norms)


def test_a_reserved_site_is_counted_and_not_named_for_those_afar(entra):
    hidden = make_albergue("1413", nombre="Casa de la Paz", ubicacion_reservada=True, lat=15.4, lon=-91.1)
    make_albergue("1405", nombre="Salón Chajul")
    url = f"/albergues/{hidden.id}"
    activacion = make_activacion(hidden)
    afar = f"/activaciones/{activacion.id}"
    for rol, places in (("mando", {}), ("institucion", {"departamento": "14"})):
        client = entra(rol, **places)
        page = client.get("/albergues").text
        assert "Casa de la Paz" not in page and hidden.codigo not in page
        assert "Ubicación reservada (1)" in page and "<b>1</b> sitio" in page
        assert "Ubicación reservada (1)" in client.get("/albergues?municipio=1405&q=chajul").text
        assert "Ubicación reservada" not in client.get("/albergues?departamento=13").text
        assert "Ubicación reservada (1)" in client.get("/activaciones").text
        assert "Casa de la Paz" not in client.get("/activaciones").text
        assert client.get(url).status_code == client.get(afar).status_code == 404
        assert client.get(f"/albergues/codigo/{hidden.codigo}").status_code == 404
    assert "Casa de la Paz" in entra("municipal", municipio="1413").get("/albergues").text


def test_the_map_leads_to_a_site_by_its_code(entra):
    site = make_albergue("1413", nombre="Escuela Núñez")
    inside = entra("municipal", municipio="1413")
    there = inside.get(f"/albergues/codigo/{site.codigo}")
    assert (there.status_code, there.location) == (302, f"/albergues/{site.id}")
    assert inside.get("/albergues/codigo/1413-999").status_code == 404
    assert entra("municipal", municipio="1405").get(f"/albergues/codigo/{site.codigo}").status_code == 404


def test_the_list_filters_and_counts(entra):
    make_albergue("1413", nombre="Escuela Núñez", oficial=True)
    opened = make_albergue("1405", nombre="Salón Ch'orti'")
    make_activacion(opened)
    client = entra("nacional")

    def names(query):
        page = client.get(f"/albergues?{query}").text
        return {n for n in ("Escuela Núñez", "Salón Ch&#39;orti&#39;") if f">{n}</a>" in page}

    school, hall = {"Escuela Núñez"}, {"Salón Ch&#39;orti&#39;"}
    assert names("") == school | hall
    assert names("q=NUÑEZ") == school and names("q=chorti") == hall and names("q=1405-001") == hall
    assert names("oficial=si") == school and names("oficial=no") == hall and names("abierto=1") == hall
    assert names("departamento=14&municipio=1413") == school and names("estado=descartado") == set()
    assert names("q=%25&pagina=99999&estado=nada&departamento=zz") == set()
    total = db.session.scalar(text("SELECT count(*) FROM albergue"))
    assert f"<b>{total}</b> sitios" in client.get("/albergues").text


def test_the_list_costs_the_same_queries_for_3_sites_and_for_60(entra):
    client = entra("nacional")
    for n in range(3):
        make_albergue("1413", nombre=f"Sitio {n}")
    client.get("/albergues")
    keeper().values.clear()  # made anew, not what was kept of the last time
    with counted() as few:
        client.get("/albergues")
    for n in range(57):
        make_albergue("1413", nombre=f"Otro {n}")
    client.get("/albergues")
    keeper().values.clear()
    with counted() as many:
        assert "Página 1 de 2" in client.get("/albergues").text
    assert len(many) == len(few) < 20, many


def test_a_shelter_opens_with_warnings_and_never_walls(entra):
    site, emergencia = make_albergue("1413", None), make_emergencia()
    client, url = entra("municipal", municipio="1413"), f"/albergues/{site.id}/abrir"
    assert "no es oficial" in client.get(url).text
    wrong = post(
        client,
        url,
        modo="abrir",
        emergencia=str(uuid7()),
        administrador="Marta",
        abierta_en="2026-11-19T10:00",
    )
    assert wrong.status_code == 422 and 'value="Marta"' in wrong.text
    done = post(
        client, url, modo="abrir", emergencia=str(emergencia.id), abierta_en="2026-11-19T10:00",
        solicitada_por="COMRED", autorizada_por="Alcalde",
    )  # fmt: skip
    assert done.status_code == 303
    page = client.get(done.location).text
    assert "Falta el acta de apertura" in page and "COMRED" in page and "Alcalde" in page
    again = post(client, url, modo="abrir", emergencia=str(emergencia.id), abierta_en="2026-11-19T11:00")
    assert again.status_code == 422 and "ya está activado" in again.text
    row = db.session.query(Activacion).one()
    filled = post(client, f"/activaciones/{row.id}/datos", acta_apertura="9-2026", administrador="Marta Ical")
    assert filled.status_code == 303
    assert (row.acta_apertura, row.administrador, row.estado) == ("9-2026", "Marta Ical", "activa")


def test_a_shelter_that_is_only_prepared_is_not_called_open(entra):
    site, emergencia = make_albergue("1413", None), make_emergencia()
    client = entra("municipal", municipio="1413")
    done = post(client, f"/albergues/{site.id}/abrir", modo="preparar", emergencia=str(emergencia.id))
    page = client.get(done.location).text
    assert "El albergue quedó en preparación." in page and "quedó abierto" not in page


def test_blocked_places_have_a_reason_and_an_end(entra):
    site = make_albergue("1413")
    client, url = entra("municipal", municipio="1413"), f"/albergues/{site.id}"
    assert post(client, f"{url}/bloqueo", bloqueado_hasta="2030-01-01").status_code == 422
    done = post(client, f"{url}/bloqueo", bloqueado_motivo=XSS, bloqueado_hasta="2030-01-01")
    assert done.status_code == 303
    page = client.get(url).text
    assert "Lugares bloqueados" in page and XSS not in page and "&lt;script&gt;" in page


def test_a_point_outside_the_municipality_warns_and_stays(entra):
    site = make_albergue("1413")
    client, url = entra("municipal", municipio="1413"), f"/albergues/{site.id}"
    point = {"nombre": "Salón", "tipo_inmueble": "iglesia", "lat": "14.6349", "lon": "-90.5069"}
    assert post(client, f"{url}/editar", **point).status_code == 303
    page = client.get(url).text
    assert "El punto cae en" in page and "14.63490, -90.50690" in page
    row = db.session.get(Albergue, site.id)
    assert row.municipio_codigo == "1413"
    half = post(client, f"{url}/editar", **{**point, "lon": ""})
    assert half.status_code == 422 and "latitud y longitud" in half.text


def test_a_longitude_without_its_sign_is_put_in_guatemala_and_said(entra):
    client = entra("municipal", municipio="1413")
    typed = {"nombre": "Escuela", "tipo_inmueble": "escuela", "municipio": "1413", "lat": "15.4058"}
    done = post(client, "/albergues/nuevo", **typed, lon="91.1458")
    assert done.status_code == 303
    page = client.get(done.location).text
    assert "le faltaba el signo menos: se guardó -91.1458" in page and "15.40580, -91.14580" in page
    elsewhere = post(client, "/albergues/nuevo", **{**typed, "nombre": "Otra"}, lon="10.5")
    page = client.get(elsewhere.location).text
    assert "no cae en Guatemala" in page and "15.40580, 10.50000" in page, "a warning, never a wall"
