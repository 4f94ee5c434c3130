"""contrato-api.md «General»: what is answered when something is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event as event_api

from albergues_app.api.v1 import ocupacion
from albergues_app.core.db import db
from albergues_app.core.errors import TooMany
from tests.api.conftest import ABIERTA, NOW, ingreso, iso, movimiento, new_id, persona

COLLECTIONS = ("/emergencias", "/albergues", "/activaciones", "/movimientos", "/partes")


def emergencia(**changes):
    body = {
        "id": new_id(),
        "nombre": "Julia",
        "tipo": "huracan",
        "inicio": iso(ABIERTA),
        "departamentos": ["14"],
    }
    return {**body, **changes}


@pytest.mark.parametrize("data", [b"", b"{", b"nombre=Julia", b"\xff\xfe", b'{"a": NaN}', b"[" * 200_000])
def test_a_body_that_is_not_json_is_400(api, data):
    answer = api.raw("/emergencias", data)
    assert answer.status_code == 400
    assert set(answer.get_json()) == {"codigo", "mensaje", "campo", "errores"}
    assert answer.get_json()["codigo"] == "no_es_json"


def test_no_token_and_a_bad_token_are_401(client, api):
    for headers in ({}, {"Authorization": "Bearer no-existe"}, {"Authorization": "Basic YTpi"}):
        for path in (*COLLECTIONS, "/ocupacion", "/mapa/albergues"):
            answer = client.get(f"/api/v1{path}", headers=headers)
            assert answer.status_code == 401
            assert set(answer.get_json()) == {"codigo", "mensaje", "campo", "errores"}
            assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_role_that_may_never_do_it_is_403(programa):
    error = programa("mando").refused("/emergencias", emergencia(), 403, "prohibido")
    assert "coordinación" in error["mensaje"]


def test_every_error_of_a_body_is_told_with_its_field(api):
    body = ingreso(persona(sexo="otra", nombres=" "), persona(edad=-1, apellidos=7), extra=1)
    error = api.refused(f"/activaciones/{api.activacion()}/ingresos", body, 422)
    fields = {e["campo"] for e in error["errores"]}
    assert {
        "personas[0].sexo",
        "personas[0].nombres",
        "personas[1].edad",
        "personas[1].apellidos",
        "extra",
    } <= fields
    assert {"codigo": error["codigo"], "mensaje": error["mensaje"], "campo": error["campo"]} == error[
        "errores"
    ][0]


def test_json_of_another_shape_is_422(api):
    for body in ([], "texto", 7, {"id": new_id()}):
        api.refused("/emergencias", body, 422)
    assert api.raw("/emergencias", b"null").status_code == 422
    for wrong in (
        {"id": 7},
        {"id": "uno"},
        {"departamentos": "14"},
        {"departamentos": []},
        {"departamentos": ["99"]},
    ):
        api.refused("/emergencias", emergencia(**wrong), 422)


def test_too_many_requests_is_429_and_says_when_to_come_back(api, monkeypatch):
    def refuse(*_args):
        raise TooMany("Demasiados intentos. Espere 7 segundos.", 7)

    monkeypatch.setattr(ocupacion, "cuadro", refuse)
    answer = api.get("/ocupacion")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert set(answer.get_json()) == {"codigo", "mensaje", "campo", "errores"}


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20T10:00:00",  # naive
        "2026-11-20",
        "1795190400",  # seconds: not ISO 8601
        1795190400,
        "ayer",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "2026-13-01T00:00:00Z",
    ],
)
def test_an_instant_that_is_naive_or_is_none_is_422(api, written):
    error = api.refused("/emergencias", emergencia(inicio=written), 422)
    assert error["campo"] == "inicio"


def test_an_instant_may_be_24_hours_ahead_and_no_more(api):
    api.refused(
        "/emergencias", emergencia(inicio=iso(NOW + timedelta(hours=24, minutes=1))), 422, "fecha_futura"
    )
    api.made("/emergencias", emergencia(inicio=iso(NOW + timedelta(hours=23, minutes=59))))


def test_each_instant_of_a_body_follows_the_rule(api):
    late, naive = iso(NOW + timedelta(hours=25)), "2026-11-20T10:00:00"
    activacion, site, event = api.activacion(), api.albergue(), api.emergencia()
    people = ingreso()
    who = people["personas"][0]["id"]
    api.made(f"/activaciones/{activacion}/ingresos", people)
    for bad in (late, naive):
        api.refused(
            "/activaciones", {"id": new_id(), "albergue": site, "emergencia": event, "abierta_en": bad}, 422
        )
        api.refused(f"/activaciones/{activacion}/ingresos", ingreso(ocurrido_en=bad), 422)
        api.refused(f"/activaciones/{activacion}/ingresos", ingreso(capturado_en=bad), 422)
        api.refused(
            f"/activaciones/{activacion}/transiciones",
            {"id": new_id(), "a": "en_cierre", "ocurrida_en": bad},
            422,
        )
        api.refused(
            f"/albergues/{site}/transiciones", {"id": new_id(), "a": "descartado", "ocurrida_en": bad}, 422
        )
        api.refused("/movimientos", movimiento(activacion, "egreso", who, ocurrido_en=bad), 422)
        parte = {
            "id": new_id(),
            "activacion": activacion,
            "corte": bad,
            "fuente": "estimacion",
            "personas": 1,
        }
        api.refused("/partes", parte, 422)
        assert api.get("/ocupacion", corte=bad).status_code == 422
        assert api.get("/ocupacion", conocido_en=bad).status_code == 422


def test_answers_use_the_offset_of_guatemala(api):
    body = api.made("/emergencias", emergencia(inicio="2026-11-20T05:30:00Z"))
    assert body["inicio"] == "2026-11-19T23:30:00-06:00"
    assert api.get(f"/emergencias/{body['id']}").get_json()["inicio"] == "2026-11-19T23:30:00-06:00"
    assert api.figures(corte="2026-11-20T12:00:00+02:00")["corte"] == "2026-11-20T04:00:00-06:00"


def test_successes_carry_the_resource_and_avisos(api):
    activacion = api.activacion()
    entered = api.ingreso(activacion)
    who = entered["personas"][0]["id"]
    bodies = [
        entered,
        api.movimiento(activacion, "salida_temporal", who),
        api.parte(activacion, 1),
        api.transicion(activacion, "en_cierre"),
        api.get(f"/activaciones/{activacion}").get_json(),
    ]
    for body in bodies:
        assert body["id"]
        assert all(set(a) == {"codigo", "mensaje", "campo"} for a in body["avisos"])


def test_lists_give_filas_and_siguiente_and_go_on_with_limite_and_despues(api):
    made = sorted(api.emergencia() for _ in range(5))
    seen, despues, pages = [], None, 0
    while True:
        query = {"limite": 2} | ({"despues": despues} if despues else {})
        page = api.get("/emergencias", **query).get_json()
        assert set(page) == {"filas", "siguiente"}
        seen += [f["id"] for f in page["filas"]]
        pages, despues = pages + 1, page["siguiente"]
        if despues is None:
            break
    assert (seen, pages) == (made, 3)
    for wrong in ({"limite": 0}, {"limite": "x"}, {"limite": 100000}, {"despues": "x"}):
        assert api.get("/emergencias", **wrong).status_code == 422


def test_each_collection_and_each_id_can_be_read(api):
    emergencia_id, site = api.emergencia(), api.albergue()
    activacion = api.activacion(site, emergencia_id)
    entered = api.ingreso(activacion)
    moved = api.movimiento(activacion, "salida_temporal", entered["personas"][0]["id"])
    parte, closing = api.parte(activacion, 1), api.transicion(activacion, "en_cierre")
    site_move = api.made(
        f"/albergues/{site}/transiciones", {"id": new_id(), "a": "evaluado_apto", "ocurrida_en": iso(NOW)}
    )
    for collection, made in (
        ("/emergencias", emergencia_id),
        ("/albergues", site),
        ("/activaciones", activacion),
        (f"/albergues/{site}/transiciones", site_move["id"]),
        (f"/activaciones/{activacion}/transiciones", closing["id"]),
        (f"/activaciones/{activacion}/ingresos", entered["id"]),
        ("/movimientos", moved["id"]),
        ("/partes", parte["id"]),
    ):
        one = api.get(f"{collection}/{made}")
        assert one.status_code == 200, (collection, one.text)
        listed = {f["id"]: f for f in api.get(collection).get_json()["filas"]}
        assert listed[made] == {k: v for k, v in one.get_json().items() if k != "avisos"}


def test_a_page_of_fifteen_costs_the_queries_of_a_page_of_three(api):
    event = api.emergencia()

    def more(n):
        for _ in range(n):
            place = api.albergue(capacidad={"personas": 5, "fuente": "acta", "fecha": "2026-01-01"})
            activacion = api.activacion(place, event)
            who = api.ingreso(activacion)["personas"][0]["id"]
            api.movimiento(activacion, "salida_temporal", who)
            api.parte(activacion, 1)
            api.emergencia()
        return activacion

    def cost(path):
        counted = []

        def count(*_args):
            counted.append(1)

        event_api.listen(db.engine, "before_cursor_execute", count)
        try:
            assert api.get(path).status_code == 200
        finally:
            event_api.remove(db.engine, "before_cursor_execute", count)
        return len(counted)

    lists = [f"{path}?limite=100" for path in COLLECTIONS]
    paths = (*lists, "/ocupacion?por=albergue", "/mapa/albergues")
    more(1)
    for path in paths:  # from its first answer on, a process asks what changed since
        cost(path)
    more(2)
    few = {path: cost(path) for path in paths}
    more(12)
    assert {path: cost(path) for path in paths} == few
