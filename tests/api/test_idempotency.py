"""contrato-api.md «General»: the client's id makes a write happen once, in sequence and in parallel."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from albergues_app.core import clock
from albergues_app.core.db import db
from tests.api.conftest import ABIERTA, ENTRARON, NOW, ingreso, iso, movimiento, new_id, persona


def bodies_of_every_post(api):
    """(path, body, other content) of each write of the API, each possible now."""
    site, event, spare = api.albergue(), api.emergencia(), api.albergue()
    activacion = api.activacion(site, event)
    who = api.ingreso(activacion)["personas"][0]["id"]
    ready = {"ocurrida_en": iso(NOW), "id": new_id()}
    return [
        (
            "/emergencias",
            {
                "id": new_id(),
                "nombre": "Julia",
                "tipo": "huracan",
                "inicio": iso(ABIERTA),
                "departamentos": ["14", "16"],
            },
            {"nombre": "Otra"},
        ),
        (
            "/albergues",
            {
                "id": new_id(),
                "nombre": "Salón",
                "municipio": "1401",
                "tipo_inmueble": "iglesia",
                "lat": 15.03,
                "lon": -91.15,
                "capacidad": {"personas": 80, "fuente": "acta", "fecha": "2026-01-01"},
            },
            {"oficial": True},
        ),
        (f"/albergues/{site}/transiciones", {**ready, "a": "evaluado_apto"}, {"motivo": "otro"}),
        (
            "/activaciones",
            {
                "id": new_id(),
                "albergue": spare,
                "emergencia": event,
                "abierta_en": iso(ABIERTA),
                "acta": {"numero": "1-2026"},
            },
            {"administrador": "Otra persona"},
        ),
        (
            f"/activaciones/{activacion}/ingresos",
            ingreso(persona(), persona(sexo="hombre")),
            {"ocurrido_en": iso(ENTRARON + timedelta(minutes=1))},
        ),
        ("/movimientos", movimiento(activacion, "salida_temporal", who), {"motivo": "otro"}),
        (
            "/partes",
            {
                "id": new_id(),
                "activacion": activacion,
                "corte": iso(NOW),
                "fuente": "estimacion",
                "personas": 3,
            },
            {"personas": 4},
        ),
        (
            f"/activaciones/{activacion}/transiciones",
            {**ready, "id": new_id(), "a": "en_cierre"},
            {"motivo": "otro"},
        ),
    ]


def test_every_post_is_201_then_200_with_the_same_body_then_409(api):
    for path, body, other in bodies_of_every_post(api):
        first = api.post(path, body)
        again = api.post(path, body)
        assert (first.status_code, again.status_code) == (201, 200), (path, first.text, again.text)
        assert first.data == again.data
        api.refused(path, {**body, **other}, 409, "id_ya_usado")
        assert api.post(path, body).data == first.data


def test_the_same_body_comes_back_after_the_state_changed(api):
    activacion = api.activacion()
    body = ingreso()
    first = api.post(f"/activaciones/{activacion}/ingresos", body)
    who = body["personas"][0]["id"]
    api.movimiento(activacion, "egreso", who)
    api.transicion(activacion, "en_cierre")
    api.transicion(activacion, "cerrada", acta={"numero": "9"})
    again = api.post(f"/activaciones/{activacion}/ingresos", body)
    assert (again.status_code, again.data) == (200, first.data)
    assert api.total()["personas"] == 0


def test_an_id_used_for_one_kind_of_thing_is_409_for_another(api):
    used = api.emergencia()
    api.refused(
        "/albergues", {"id": used, "nombre": "Salón", "municipio": "1401", "tipo_inmueble": "otro"}, 409
    )
    here, there = api.activacion(), api.activacion()
    body = ingreso()
    api.made(f"/activaciones/{here}/ingresos", body)
    api.refused(f"/activaciones/{there}/ingresos", body, 409)


def test_content_is_compared_after_validation(api):
    activacion = api.activacion()
    body = ingreso(persona(nombres="José  Ángel", apellidos="Tzoc", edad=4))
    first = api.post(f"/activaciones/{activacion}/ingresos", body)
    assert first.status_code == 201
    written_otherwise = json.loads(json.dumps(body))
    written_otherwise["id"] = body["id"].upper()
    written_otherwise["ocurrido_en"] = ENTRARON.isoformat().replace("+00:00", "Z")
    written_otherwise["clase"] = "ingreso"
    written_otherwise["capturado_en"] = None
    written_otherwise["familia"]["municipio_procedencia"] = None
    written_otherwise["personas"][0] |= {"nombres": "Jose\u0301 A\u0301ngel", "cui": None, "parentesco": None}
    text_ = json.dumps(written_otherwise, indent=2, ensure_ascii=True, sort_keys=True)
    again = api.raw(f"/activaciones/{activacion}/ingresos", text_.encode())
    assert (again.status_code, again.data) == (200, first.data)


def test_null_absent_and_the_default_are_one_content(api):
    site = {"id": new_id(), "nombre": "Salón", "municipio": "1401", "tipo_inmueble": "otro"}
    first = api.post("/albergues", site)
    for more in (
        {"oficial": False},
        {"oficial": None, "ubicacion_reservada": None},
        {"lat": None, "capacidad": None},
    ):
        again = api.post("/albergues", {**site, **more})
        assert (again.status_code, again.data) == (200, first.data)
    activacion = api.activacion()
    who = api.ingreso(activacion)["personas"][0]["id"]
    move = movimiento(activacion, "salida_temporal", who)
    first = api.post("/movimientos", move)
    assert api.post("/movimientos", {**move, "acuse": False, "motivo": None}).data == first.data


def test_what_was_refused_leaves_the_id_free(api):
    activacion = api.activacion()
    body = ingreso(ocurrido_en=iso(ABIERTA - timedelta(hours=1)))
    api.refused(f"/activaciones/{activacion}/ingresos", body, 422, "antes_de_apertura")
    api.made(f"/activaciones/{activacion}/ingresos", {**body, "ocurrido_en": iso(ENTRARON)})


def test_five_in_parallel_are_one_201_and_four_200_with_one_body(app, api, reloj):
    for path, body, _other in bodies_of_every_post(api):
        gate = threading.Barrier(5)

        def send(path=path, body=body, gate=gate):
            with clock.frozen(reloj.now):
                gate.wait()
                answer = app.test_client().post(f"/api/v1{path}", json=body, headers=api.headers)
            return answer.status_code, answer.data

        with ThreadPoolExecutor(5) as pool:
            answers = [f.result() for f in [pool.submit(send) for _ in range(5)]]
        assert sorted(code for code, _ in answers) == [200, 200, 200, 200, 201], (path, answers)
        assert len({data for _, data in answers}) == 1
    assert api.total()["personas"] == 3


def test_two_contents_in_parallel_under_one_id_are_one_201_and_one_409(app, api, reloj):
    activacion, gate = api.activacion(), threading.Barrier(2)
    one = ingreso()

    def send(hours):
        with clock.frozen(reloj.now):
            gate.wait()
            body = {**one, "ocurrido_en": iso(ENTRARON + timedelta(hours=hours))}
            return (
                app.test_client()
                .post(f"/api/v1/activaciones/{activacion}/ingresos", json=body, headers=api.headers)
                .status_code
            )

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, (0, 1))) == [201, 409]
    assert api.total()["personas"] == 1


@pytest.mark.parametrize("surname", ["Chocoyesqueleto"])
def test_both_contents_of_a_conflict_are_kept_sealed(api, surname):
    activacion = api.activacion()
    body = ingreso(persona(nombres="Xochitlzinha", apellidos=surname))
    api.made(f"/activaciones/{activacion}/ingresos", body)
    other = {**body, "personas": [{**body["personas"][0], "nombres": "Quetzalteca"}]}
    api.refused(f"/activaciones/{activacion}/ingresos", other, 409)
    from albergues_app.audit.models import Conflicto
    from albergues_app.audit.sealing import digest, open_json, seal_for

    row = db.session.query(Conflicto).one()
    key = seal_for(row.sello_id)
    assert digest(row.contenido) == row.huella
    assert "Quetzalteca" in open_json(key, row.contenido, "conflicto.contenido")
    assert "Xochitlzinha" in json.dumps(
        open_json(key, row.primero, "operacion.respuesta"), ensure_ascii=False
    )
    for table in ("conflicto", "operacion", "auditoria", "movimiento", "captura"):
        stored = repr(db.session.execute(text(f"SELECT * FROM {table}")).fetchall())
        assert not any(word in stored for word in (surname, "Xochitlzinha", "Quetzalteca")), table


def test_persons_and_families_that_are_known_are_used_as_they_stand(api):
    activacion, other = api.activacion(), api.activacion()
    who = persona(
        nombres="Ana", apellidos="Caal", sexo="mujer", edad=30, edad_unidad="anios", cui="1587564440904"
    )
    body = ingreso(who, familia={"id": new_id(), "municipio_procedencia": "1401"})
    api.made(f"/activaciones/{activacion}/ingresos", body)
    api.movimiento(activacion, "egreso", who["id"])
    said = {
        **who,
        "nombres": "Anita",
        "sexo": "hombre",
        "edad": 50,
        "parentesco": "jefe",
        "cui": "1580352240101",
    }
    again = ingreso(
        said,
        ocurrido_en=iso(ENTRARON + timedelta(hours=2)),
        familia={"id": body["familia"]["id"], "municipio_procedencia": "1405"},
    )
    made = api.made(f"/activaciones/{other}/ingresos", again)
    told = {a["campo"] for a in made["avisos"] if a["codigo"] == "dato_distinto"}
    assert told == {
        "personas[0].nombres",
        "personas[0].sexo",
        "personas[0].edad",
        "personas[0].parentesco",
        "personas[0].cui",
        "familia.municipio_procedencia",
    }
    assert api.total()["mujeres"] == 1
    held = api.get(f"/activaciones/{other}/ingresos/{made['id']}").get_json()
    assert (held["personas"][0]["nombres"], held["personas"][0]["edad"]) == ("Ana", 30)
    assert held["familia"]["municipio_procedencia"] == "1401"


def test_the_same_data_of_a_known_person_bring_no_aviso(api):
    activacion = api.activacion()
    who = persona(nombres="Ana", sexo="mujer", edad=8, edad_unidad="meses", cui="1587 56444 0904")
    mother = persona(nombres="Rosa", sexo="mujer", edad=30)
    body = ingreso(who, mother)
    api.made(f"/activaciones/{activacion}/ingresos", body)
    api.movimiento(activacion, "egreso", who["id"], mother["id"])
    back = api.made(
        f"/activaciones/{activacion}/ingresos",
        ingreso(who, familia=body["familia"], ocurrido_en=iso(ENTRARON + timedelta(hours=2))),
    )
    assert [a for a in back["avisos"] if a["codigo"] == "dato_distinto"] == []
