"""Movements marked on the list, transfers received, annulments, corrections and counts without names."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from albergues_app.audit.models import Lectura
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.core.db import db
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.models import Familia, Movimiento, PersonaVersion
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.ocupacion.services.ingreso import count_inside
from albergues_app.ocupacion.verify import differences
from tests.factories.albergues import (
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import make_identity
from tests.ocupacion.desk_help import hidden


@pytest.fixture
def two(app):
    emergencia = make_emergencia()
    return make_activacion(make_albergue(), emergencia), make_activacion(
        make_albergue("1405", 30, nombre="Salón de Cotzal"), emergencia
    )


@pytest.fixture
def client(entra):
    return entra("albergue", municipio=["1413", "1405"])


def family(activacion, n=3):
    body = ingreso(
        activacion, *(persona(nombres=f"Persona {chr(65 + i)}", apellidos="Cobo") for i in range(n))
    )
    return body["familia"]["id"], [p["id"] for p in body["personas"]]


def move(client, activacion, tipo, personas=(), **more):
    page = client.get(f"/activaciones/{activacion.id}/personas").text
    data = {**hidden(page, 'id="lista-personas"'), "tipo": tipo, "personas": list(personas), **more}
    return client.post(f"/activaciones/{activacion.id}/movimientos", data=data)


def test_the_list_shows_families_and_logs_each_reading(two, client):
    family(two[0])
    before = db.session.query(Lectura).count()
    page = client.get(f"/activaciones/{two[0].id}/personas").text
    assert "Persona A Cobo" in page
    assert "3 personas" in page
    assert db.session.query(Lectura).count() == before + 3


def test_salida_and_retorno_of_a_whole_family(two, client):
    familia, people = family(two[0])
    assert (
        move(client, two[0], "salida_temporal", familias=[familia], motivo="Ver la casa").status_code == 303
    )
    assert db.session.query(Estancia).filter_by(fuera=True).count() == 3
    assert move(client, two[0], "retorno", people[:2]).status_code == 303
    assert db.session.query(Estancia).filter_by(fuera=True).count() == 1
    assert differences() == []


def test_egreso_asks_where_to_and_gives_back_what_was_typed(two, client):
    _familia, people = family(two[0])
    answer = move(client, two[0], "egreso", people[:1], motivo="Bajó el río")
    assert answer.status_code == 422
    assert 'value="Bajó el río"' in answer.text
    assert f'value="{people[0]}" data-de=' in answer.text
    assert "checked" in answer.text
    assert 'href="#c-destino"' in answer.text
    assert move(client, two[0], "egreso", people[:1], destino="familiar").status_code == 303
    assert count_inside(two[0].id) == 2


def test_nobody_marked_is_said(two, client):
    family(two[0])
    answer = move(client, two[0], "retorno")
    assert answer.status_code == 422
    assert "Elija al menos una persona" in answer.text


def test_the_line_of_the_control_sheet_is_kept_sealed(two, client):
    _familia, people = family(two[0])
    move(client, two[0], "egreso", people, destino="familiar", autoriza_nombre="Tomasa Cobo")
    row = db.session.scalar(select(Movimiento).where(Movimiento.tipo == "egreso"))
    detail = open_json(seal_for(two[0].emergencia_id), row.detalle, "movimiento.detalle")
    assert detail["hoja"][0]["familia_completa"] is True
    assert detail["hoja"][0]["autoriza_nombre"] == "Tomasa Cobo"
    assert b"Tomasa" not in row.detalle


def test_traslado_of_two_with_acuse_waits_until_received(two, client):
    _familia, people = family(two[0])
    page = client.get(f"/activaciones/{two[0].id}/personas").text
    assert "Salón de Cotzal" in page
    assert "30 lugares libres" in page
    answer = move(client, two[0], "traslado_sale", people[:2], activacion_destino=str(two[1].id), acuse="si")
    assert answer.status_code == 303
    total = cuadro(make_identity()).total
    assert (total.personas, total.en_transito) == (3, 2)
    page = client.get(f"/activaciones/{two[1].id}/personas").text
    assert "En camino hacia aquí: 2" in page
    data = {**hidden(page, "/recepciones"), "personas": people[:2]}
    assert client.post(f"/activaciones/{two[1].id}/recepciones", data=data).status_code == 303
    assert count_inside(two[1].id) == 2
    assert differences() == []


def test_who_is_not_on_the_way_cannot_be_received(two, client):
    _familia, people = family(two[0])
    page = client.get(f"/activaciones/{two[1].id}/personas").text
    data = {"csrf_token": hidden(page, 'id="lista-personas"')["csrf_token"], "personas": people}
    assert client.post(f"/activaciones/{two[1].id}/recepciones", data=data).status_code == 404


def test_an_operation_is_annulled_with_its_reason_only(two, client):
    _familia, people = family(two[0])
    move(client, two[0], "egreso", people, destino="familiar")
    op = db.session.scalar(select(Movimiento.operacion_id).where(Movimiento.tipo == "egreso"))
    token = hidden(client.get(f"/activaciones/{two[0].id}/personas").text, 'id="lista-personas"')[
        "csrf_token"
    ]
    url = f"/activaciones/{two[0].id}/operaciones/{op}/anulacion"
    client.post(url, data={"csrf_token": token, "motivo": " "})
    assert count_inside(two[0].id) == 0
    client.post(url, data={"csrf_token": token, "motivo": "Era otra familia"})
    assert count_inside(two[0].id) == 3
    assert "Anulado" in client.get(f"/activaciones/{two[0].id}/personas").text


def test_a_known_family_comes_in_by_its_code(two, client):
    familia, people = family(two[0])
    movimiento(two[0], "egreso", *(UUID(p) for p in people), ocurrido_en=two[0].abierta_en.replace(hour=20))
    codigo = db.session.get_one(Familia, UUID(familia)).codigo
    url = f"/activaciones/{two[1].id}/familia-conocida"
    token = hidden(client.get(url).text, "<form method")["csrf_token"]
    answer = client.post(url, data={"csrf_token": token, "codigo": codigo.lower().replace("-", "")})
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Ingreso de 3" in page
    data = {**hidden(page, 'id="lista-personas"'), "nadie": people, "personas": people, "accion": "ingreso"}
    assert client.post(answer.location, data=data).status_code == 303
    assert count_inside(two[1].id) == 3


@pytest.mark.parametrize("codigo", ["QK7-4MM", "", "xx", "AAA-AAA"])
def test_a_wrong_code_is_explained(two, client, codigo):
    url = f"/activaciones/{two[0].id}/familia-conocida"
    token = hidden(client.get(url).text, "<form method")["csrf_token"]
    answer = client.post(url, data={"csrf_token": token, "codigo": codigo})
    assert answer.status_code == 422
    assert "código" in answer.text


def test_a_correction_is_a_new_version_with_its_reason(two, client):
    _familia, people = family(two[0], 1)
    url = f"/activaciones/{two[0].id}/personas/{people[0]}"
    page = client.get(url).text
    data = {
        **hidden(page, "/correcciones"),
        "nombres": "Petrona",
        "apellidos": "Cobo",
        "sexo": "mujer",
        "edad": "31",
        "edad_unidad": "anios",
        "parentesco": "jefe",
    }
    assert client.post(f"{url}/correcciones", data=data).status_code == 422
    assert client.post(f"{url}/correcciones", data={**data, "motivo": "Se vio el DPI"}).status_code == 303
    assert db.session.query(PersonaVersion).count() == 2
    page = client.get(url).text
    assert "Se vio el DPI" in page
    assert "Persona A" in page


def test_a_person_moves_to_another_family(two, client):
    _first, people = family(two[0], 1)
    other, _ = family(two[0], 1)
    codigo = db.session.get_one(Familia, UUID(other)).codigo
    url = f"/activaciones/{two[0].id}/personas/{people[0]}"
    data = {
        **hidden(client.get(url).text, f"{people[0]}/familia"),
        "codigo": codigo,
        "parentesco_nuevo": "hermano",
    }
    assert client.post(f"{url}/familia", data=data).status_code == 303
    assert codigo in client.get(url).text


def test_a_count_stands_beside_the_register(two, client):
    family(two[0])
    url = f"/activaciones/{two[0].id}/partes/nuevo"
    data = {**hidden(client.get(url).text), "personas": "90", "familias": "3", "fuente": "conteo_fisico"}
    answer = client.post(url, data={**data, "mujeres": "", "hombres": "", "corte": ""})
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "El registro tiene 3 personas y el conteo 90" in page
    assert "difieren en +87" in page
    assert "F3 P90 conteo físico" in page
    assert db.session.query(Parte).count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"personas": "noventa"}, "personas"),
        ({"personas": "-1"}, "personas"),
        ({"fuente": ""}, "fuente"),
        ({"mujeres": "80", "hombres": "80"}, "mujeres"),
        ({"corte": "ayer"}, "corte"),
    ],
)
def test_a_count_that_cannot_be_comes_back(two, client, changes, field):
    url = f"/activaciones/{two[0].id}/partes/nuevo"
    data = {
        **hidden(client.get(url).text),
        "personas": "90",
        "fuente": "estimacion",
        "confirma": "primero",
        **changes,
    }
    answer = client.post(url, data=data)
    assert answer.status_code == 422
    assert f'href="#c-{field}"' in answer.text
    assert db.session.query(Parte).count() == 0


PAGES = (
    "personas",
    "ingresos/nuevo",
    "familia-conocida",
    "partes/nuevo",
    "partes",
    "boleta-en-blanco.pdf",
    "boleta-para-llenar.xlsx",
    "control-en-blanco.pdf",
)


@pytest.mark.parametrize("page", PAGES)
def test_of_another_territory_every_page_is_absent(two, entra, page):
    assert entra("albergue", municipio="0901").get(f"/activaciones/{two[0].id}/{page}").status_code == 404
