"""contrato-api.md «Movements»."""

from __future__ import annotations

from datetime import timedelta

import pytest

from albergues_app.ocupacion.verify import differences
from tests.api.conftest import ENTRARON, NOW, ingreso, iso, movimiento, new_id, persona

H = timedelta(hours=1)


@pytest.fixture
def two(api):
    """Two open shelters, in two municipalities, and one woman inside the first."""
    event = api.emergencia()
    here, there = api.activacion(api.albergue("1401"), event), api.activacion(api.albergue("1405"), event)
    return here, there, api.ingreso(here)["personas"][0]["id"]


def inside(api):
    return {codigo: fila["personas"] for codigo, fila in api.rows("municipio").items()}


def test_one_open_stay_in_the_whole_country(api, two):
    here, there, who = two
    for place in (here, there):
        body = ingreso(persona(id=who), ocurrido_en=iso(ENTRARON + H))
        api.refused(f"/activaciones/{place}/ingresos", body, 422, "estancia_abierta")
    assert inside(api) == {"1401": 1, "1405": 0}


def test_an_overlap_with_a_past_stay_is_estancia_abierta(api, two):
    here, there, who = two
    api.movimiento(here, "egreso", who, ocurrido_en=iso(ENTRARON + 3 * H))
    for hours in (-1, 0, 1):
        # before the past stay it would last into it; inside it, it overlaps
        body = ingreso(persona(id=who), ocurrido_en=iso(ENTRARON + hours * H))
        api.refused(f"/activaciones/{there}/ingresos", body, 422, "estancia_abierta")
    api.ingreso(there, persona(id=who), ocurrido_en=iso(ENTRARON + 3 * H))
    assert inside(api) == {"1401": 0, "1405": 1}


def test_salida_temporal_and_retorno(api, two):
    here, _, who = two
    api.refused("/movimientos", movimiento(here, "retorno", who), 422, "no_salio")
    api.movimiento(here, "salida_temporal", who)
    assert (api.total()["personas"], api.total()["fuera"]) == (1, 1)
    api.refused("/movimientos", movimiento(here, "salida_temporal", who), 422, "ya_fuera")
    api.movimiento(here, "retorno", who, ocurrido_en=iso(ENTRARON + 2 * H))
    assert (api.total()["personas"], api.total()["fuera"]) == (1, 0)


def test_a_traslado_without_acuse_arrives_at_ocurrido_en(api, two):
    here, there, who = two
    at = ENTRARON + 2 * H
    api.movimiento(here, "traslado", who, activacion_destino=there, ocurrido_en=iso(at))
    before, after = (
        {c: f["personas"] for c, f in api.rows("municipio", corte=iso(when)).items()}
        for when in (at - timedelta(seconds=1), at)
    )
    assert (before, after) == ({"1401": 1, "1405": 0}, {"1401": 0, "1405": 1})
    assert api.total()["en_transito"] == 0


def test_with_acuse_people_in_transit_are_in_no_row_but_in_the_total(api, two):
    here, there, who = two
    api.movimiento(here, "traslado", who, activacion_destino=there, acuse=True)
    for por in ("albergue", "municipio", "departamento", "sede", "pais"):
        figures = api.figures(por=por)
        assert all(f["personas"] == f["en_transito"] == 0 for f in figures["filas"])
        total = figures["total"]
        assert (total["personas"], total["en_transito"]) == (1, 1)
        assert total["mujeres"] + total["hombres"] + total["no_registrado"] == total["personas"]
    api.ingreso(there, persona(id=who), ocurrido_en=iso(ENTRARON + 2 * H))
    assert inside(api) == {"1401": 0, "1405": 1}
    assert (api.total()["personas"], api.total()["en_transito"]) == (1, 0)
    past = api.total(corte=iso(ENTRARON + H))
    assert (past["personas"], past["en_transito"]) == (1, 1)
    assert differences() == []


def test_the_sender_may_say_where_a_person_went_that_never_arrived(api, two):
    here, there, who = two
    api.movimiento(here, "traslado", who, activacion_destino=there, acuse=True)
    api.movimiento(here, "egreso", who, ocurrido_en=iso(ENTRARON + 2 * H))
    assert (api.total()["personas"], api.total()["en_transito"]) == (0, 0)


def test_a_traslado_needs_an_open_destination_that_is_another(api, two):
    here, there, who = two
    api.refused("/movimientos", movimiento(here, "traslado", who), 422, "falta_activacion_destino")
    same = movimiento(here, "traslado", who, activacion_destino=here)
    api.refused("/movimientos", same, 422, "mismo_albergue")
    api.refused(
        "/movimientos", movimiento(here, "traslado", who, activacion_destino=new_id()), 404, "no_encontrado"
    )
    planned = api.activacion(api.albergue("1413"), abierta_en=None)
    api.refused(
        "/movimientos", movimiento(here, "traslado", who, activacion_destino=planned), 422, "destino_cerrado"
    )
    api.transicion(there, "en_cierre")
    api.transicion(there, "cerrada", acta={"numero": "1"})
    api.refused(
        "/movimientos", movimiento(here, "traslado", who, activacion_destino=there), 422, "destino_cerrado"
    )


def test_destino_is_required_on_egreso(api, two):
    here, _, who = two
    body = movimiento(here, "egreso", who)
    del body["destino"]
    assert api.refused("/movimientos", body, 422, "falta_destino")["campo"] == "destino"
    api.refused("/movimientos", {**body, "destino": None}, 422, "falta_destino")
    api.refused("/movimientos", {**body, "destino": "luna"}, 422)
    api.made("/movimientos", {**body, "destino": "desconocido"})


def test_fallecimiento_ends_the_stay_and_everything_after(api, two):
    here, there, who = two
    api.movimiento(here, "fallecimiento", who)
    assert api.total()["personas"] == 0
    body = ingreso(persona(id=who), ocurrido_en=iso(ENTRARON + 2 * H))
    api.refused(f"/activaciones/{there}/ingresos", body, 422, "persona_fallecida")
    api.refused("/movimientos", movimiento(here, "egreso", who, ocurrido_en=iso(ENTRARON + 2 * H)), 422)


def test_nacimiento_goes_by_ingresos(api, two):
    here, _, _ = two
    api.ingreso(here, persona(edad=0, edad_unidad="dias"), clase="nacimiento")
    assert api.total()["personas"] == 2
    api.refused("/movimientos", movimiento(here, "nacimiento", new_id()), 422)
    api.refused("/movimientos", movimiento(here, "ingreso", new_id()), 422)


def test_anula_names_a_movement_or_an_ingreso(api, two):
    here, _, who = two
    gone = api.movimiento(here, "egreso", who)
    assert api.total()["personas"] == 0
    undone = api.movimiento(here, "anulacion", anula=gone["id"])
    assert (undone["anula"], api.total()["personas"]) == (gone["id"], 1)
    api.refused("/movimientos", movimiento(here, "anulacion", anula=gone["id"]), 422, "ya_anulado")
    api.refused("/movimientos", movimiento(here, "anulacion", anula=undone["id"]), 422, "anula_anulacion")
    entered = api.ingreso(here, persona(), persona())
    assert api.total()["personas"] == 3
    api.movimiento(here, "anulacion", anula=entered["id"])
    assert api.total()["personas"] == 1
    api.refused("/movimientos", movimiento(here, "anulacion"), 422, "falta_anula")
    api.refused("/movimientos", movimiento(here, "anulacion", anula=new_id()), 404, "no_encontrado")


def test_annulling_a_traslado_brings_the_person_back(api, two):
    here, there, who = two
    moved = api.movimiento(here, "traslado", who, activacion_destino=there)
    assert inside(api) == {"1401": 0, "1405": 1}
    api.movimiento(here, "anulacion", anula=moved["id"])
    assert inside(api) == {"1401": 1, "1405": 0}


def test_an_ingreso_with_later_facts_is_not_annulled_before_them(api, two):
    here, _, _ = two
    entered = api.ingreso(here)
    api.movimiento(here, "salida_temporal", entered["personas"][0]["id"])
    api.refused("/movimientos", movimiento(here, "anulacion", anula=entered["id"]), 422, "persona_no_esta")
    assert api.total()["personas"] == 2


def test_an_annulment_never_leaves_people_in_a_closed_shelter(api, two):
    here, _, who = two
    gone = api.movimiento(here, "egreso", who)
    api.transicion(here, "en_cierre")
    api.transicion(here, "cerrada", acta={"numero": "1"})
    api.refused("/movimientos", movimiento(here, "anulacion", anula=gone["id"]), 422, "activacion_cerrada")
    assert api.total()["personas"] == 0
    assert differences() == []


def test_who_is_not_there_does_not_leave(api, two):
    here, there, who = two
    api.refused("/movimientos", movimiento(there, "egreso", who), 422, "persona_no_esta")
    api.refused("/movimientos", movimiento(here, "egreso", new_id()), 404, "no_encontrado")
    early = movimiento(here, "egreso", who, ocurrido_en=iso(ENTRARON - H))
    api.refused("/movimientos", early, 422, "persona_no_esta")
    api.refused("/movimientos", movimiento(here, "egreso"), 422, "falta_persona")
    api.refused("/movimientos", movimiento(here, "egreso", who, who), 422, "persona_repetida")


def test_one_wrong_person_and_nobody_moves(api, two):
    here, _, who = two
    other = api.ingreso(here)["personas"][0]["id"]
    api.movimiento(here, "egreso", other)
    late = iso(ENTRARON + 2 * H)
    api.refused(
        "/movimientos", movimiento(here, "egreso", who, other, ocurrido_en=late), 422, "persona_no_esta"
    )
    assert api.total()["personas"] == 1


def test_a_movement_reads_back_as_it_was_posted(api, two):
    here, there, who = two
    made = api.movimiento(
        here, "traslado", who, activacion_destino=there, motivo="Se llenó", capturado_en=iso(NOW)
    )
    held = api.get(f"/movimientos/{made['id']}").get_json()
    for name in (
        "id",
        "tipo",
        "personas",
        "activacion",
        "activacion_destino",
        "motivo",
        "acuse",
        "anula",
        "ocurrido_en",
        "capturado_en",
        "registrado_en",
    ):
        assert held[name] == made[name], name
    assert {f["tipo"] for f in api.get("/movimientos").get_json()["filas"]} == {"traslado"}


def test_a_parte_takes_numbers_that_can_be(api, two):
    here, _, _ = two
    body = {
        "id": new_id(),
        "activacion": here,
        "corte": iso(NOW),
        "fuente": "conteo_fisico",
        "personas": 10,
        "familias": 3,
    }
    api.made("/partes", {**body, "mujeres": None, "hombres": None})
    for wrong in (
        {"personas": -1},
        {"personas": 1.5},
        {"mujeres": 6, "hombres": 5},
        {"familias": 11},
        {"familias": -1},
    ):
        api.refused("/partes", {**body, "id": new_id(), **wrong}, 422)
    api.refused(
        "/partes", {**body, "id": new_id(), "corte": iso(NOW - timedelta(hours=49))}, 422, "antes_de_apertura"
    )


def test_the_destination_acknowledges_a_traslado(api, two):
    here, there, who = two
    other = api.ingreso(here)["personas"][0]["id"]
    sent = api.movimiento(here, "traslado", who, other, activacion_destino=there, acuse=True)["id"]
    [row] = api.get("/traslados").get_json()["filas"]
    assert (row["id"], row["activacion_destino"], row["en_camino"]) == (sent, there, 2)
    late = []
    for hours in (6, 6.01):
        api.reloj.set(ENTRARON + H + hours * H)
        late.append(api.get("/traslados").get_json()["filas"][0]["demorado"])
    assert late == [False, True]
    body = {"id": new_id(), "llegaron": [who], "no_llegaron": [other], "ocurrido_en": iso(ENTRARON + 2 * H)}
    done = api.made(f"/traslados/{sent}/acuse", body)
    assert (done["traslado"], done["activacion"], done["llegaron"]) == (sent, there, [who])
    assert (done["no_llegaron"], done["en_camino"]) == ([other], [other])
    again = api.post(f"/traslados/{sent}/acuse", body)
    assert (again.status_code, again.get_json()) == (200, done)
    api.refused(f"/traslados/{sent}/acuse", {**body, "llegaron": [other], "no_llegaron": []}, 409)
    api.refused(f"/traslados/{sent}/acuse", {**body, "id": new_id()}, 422, "no_en_camino")
    api.refused(f"/traslados/{new_id()}/acuse", {**body, "id": new_id()}, 404, "no_encontrado")
    told = api.get(f"/traslados/{sent}").get_json()
    assert (told["en_camino"], told["no_llegaron"], told["anuladas"]) == ([other], [other], [])
    ledger = api.get(f"/movimientos/{body['id']}").get_json()
    assert (ledger["tipo"], ledger["activacion"], ledger["activacion_destino"]) == ("acuse", here, there)
    api.movimiento(here, "anulacion", other, anula=sent)
    assert inside(api) == {"1401": 1, "1405": 1}
    assert api.get("/traslados").get_json()["filas"] == []
    assert differences() == []
