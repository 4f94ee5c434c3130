"""contrato-api.md «Activation states» and what is warned, never refused, about sites and activations."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.api.conftest import ABIERTA, ENTRARON, NOW, ingreso, iso, new_id, persona

ACTA = {"numero": "07-2026"}


def move(a, **changes):
    return {"id": new_id(), "a": a, "ocurrida_en": iso(NOW + timedelta(minutes=10)), **changes}


def state(api, activacion):
    return api.get(f"/activaciones/{activacion}").get_json()["estado"]


def codes(body):
    return {a["codigo"] for a in body["avisos"]}


def test_born_activa_with_abierta_en_and_preparacion_without(api):
    opened = api.activacion()
    planned = api.activacion(abierta_en=None)
    assert (state(api, opened), state(api, planned)) == ("activa", "preparacion")
    body = {"id": new_id(), "albergue": api.albergue(), "emergencia": api.emergencia()}
    assert api.made("/activaciones", body)["estado"] == "preparacion"


def reach(api, where):
    """An activation brought to a state by legal moves."""
    activacion = api.activacion(abierta_en=None if where in {"preparacion", "anulada"} else iso(ABIERTA))
    for step in {
        "en_cierre": ("en_cierre",),
        "cerrada": ("en_cierre", "cerrada"),
        "anulada": ("anulada",),
    }.get(where, ()):
        api.transicion(activacion, step, acta=ACTA)
    return activacion


LEGAL = {
    "preparacion": {"activa", "anulada"},
    "activa": {"en_cierre", "anulada"},
    "en_cierre": {"activa", "cerrada"},
    "cerrada": set(),
    "anulada": set(),
}


@pytest.mark.parametrize("de", LEGAL)
def test_only_the_legal_moves_are_taken(api, de):
    for a in LEGAL:
        activacion = reach(api, de)
        answer = api.post(
            f"/activaciones/{activacion}/transiciones",
            move(a, ocurrida_en=iso(NOW + timedelta(hours=1)), acta=ACTA),
        )
        if a in LEGAL[de]:
            assert (answer.status_code, state(api, activacion)) == (201, a), (de, a, answer.text)
        else:
            assert answer.status_code == 422, (de, a, answer.text)
            assert (answer.get_json()["codigo"], state(api, activacion)) == ("transicion_ilegal", de)
    api.refused(f"/activaciones/{reach(api, de)}/transiciones", move("llena"), 422)


def test_cerrada_needs_nobody_inside_and_that_is_checked_first(api):
    activacion = api.activacion()
    who = api.ingreso(activacion)["personas"][0]["id"]
    path = f"/activaciones/{activacion}/transiciones"
    api.refused(path, move("cerrada"), 422, "personas_dentro")  # activa → cerrada, and no acta: still this
    api.transicion(activacion, "en_cierre")
    api.refused(path, move("cerrada"), 422, "personas_dentro")
    api.refused(path, move("cerrada", acta=ACTA), 422, "personas_dentro")
    api.movimiento(activacion, "salida_temporal", who)
    api.refused(path, move("cerrada", acta=ACTA), 422, "personas_dentro")
    api.movimiento(activacion, "egreso", who, ocurrido_en=iso(NOW - timedelta(hours=1)))
    api.refused(path, move("cerrada"), 422, "falta_acta")
    closed = api.made(path, move("cerrada", acta=ACTA))
    assert (closed["acta"], state(api, activacion)) == (ACTA, "cerrada")


def test_a_closing_earlier_than_the_last_movement_is_refused(api):
    activacion = api.activacion()
    who = api.ingreso(activacion)["personas"][0]["id"]
    api.movimiento(activacion, "egreso", who, ocurrido_en=iso(NOW - timedelta(hours=1)))
    api.transicion(activacion, "en_cierre", ocurrida_en=iso(NOW - timedelta(hours=3)))
    path = f"/activaciones/{activacion}/transiciones"
    early = move("cerrada", acta=ACTA, ocurrida_en=iso(NOW - timedelta(hours=2)))
    api.refused(path, early, 422, "cierre_antes_de_movimientos")
    api.made(path, move("cerrada", acta=ACTA, ocurrida_en=iso(NOW - timedelta(minutes=30))))
    assert api.rows("albergue", corte=iso(NOW - timedelta(minutes=31))) != {}
    assert api.rows("albergue", corte=iso(NOW - timedelta(minutes=29))) == {}


def test_activa_to_cerrada_without_people_is_not_a_move(api):
    api.refused(
        f"/activaciones/{api.activacion()}/transiciones", move("cerrada", acta=ACTA), 422, "transicion_ilegal"
    )


def test_anulada_only_without_ingresos(api):
    activacion = api.activacion()
    entered = api.ingreso(activacion)
    path = f"/activaciones/{activacion}/transiciones"
    api.refused(path, move("anulada"), 422, "con_ingresos")
    api.movimiento(activacion, "egreso", entered["personas"][0]["id"])
    api.refused(path, move("anulada"), 422, "con_ingresos")
    other = api.activacion()
    mistake = api.ingreso(other)
    api.movimiento(other, "anulacion", anula=mistake["id"])
    api.made(f"/activaciones/{other}/transiciones", move("anulada"))


def test_nobody_enters_where_nothing_is_open(api):
    api.refused(
        f"/activaciones/{reach(api, 'preparacion')}/ingresos", ingreso(), 422, "activacion_no_abierta"
    )
    for where in ("cerrada", "anulada"):
        api.refused(f"/activaciones/{reach(api, where)}/ingresos", ingreso(), 422, "activacion_cerrada")
    api.ingreso(reach(api, "en_cierre"))


def test_a_reopening_is_a_new_activation_that_says_which(api):
    site, event = api.albergue(), api.emergencia()
    first = api.activacion(site, event)
    again = {"id": new_id(), "albergue": site, "emergencia": event, "abierta_en": iso(NOW)}
    api.refused("/activaciones", again, 422, "activacion_viva")
    api.transicion(first, "en_cierre")
    api.transicion(first, "cerrada", acta=ACTA)
    again["abierta_en"] = iso(api.reloj.now)
    assert api.made("/activaciones", again)["reactiva_a"] == first


def test_administrador_and_acta_may_wait_at_opening_and_are_asked_for(api):
    body = {
        "id": new_id(),
        "albergue": api.albergue(),
        "emergencia": api.emergencia(),
        "abierta_en": iso(ABIERTA),
    }
    assert {"acta_pendiente", "administrador_pendiente"} <= codes(api.made("/activaciones", body))
    full = {**body, "id": new_id(), "albergue": api.albergue(), "administrador": "Encargada", "acta": ACTA}
    made = api.made("/activaciones", full)
    assert not {"acta_pendiente", "administrador_pendiente"} & codes(made)
    assert (made["acta"], made["administrador"]) == (ACTA, "Encargada")


def test_not_official_not_evaluated_and_outside_the_emergency_warn_and_open(api):
    body = {
        "id": new_id(),
        "albergue": api.albergue("0101"),
        "emergencia": api.emergencia(),
        "abierta_en": iso(NOW),
    }
    assert {"no_oficial", "sin_evaluacion", "fuera_de_emergencia"} <= codes(api.made("/activaciones", body))
    site = api.albergue(oficial=True)
    api.made(
        f"/albergues/{site}/transiciones", {"id": new_id(), "a": "evaluado_apto", "ocurrida_en": iso(NOW)}
    )
    good = {**body, "id": new_id(), "albergue": site}
    assert not {"no_oficial", "sin_evaluacion", "fuera_de_emergencia"} & codes(
        api.made("/activaciones", good)
    )


def test_a_point_outside_the_municipality_warns(api):
    site = {"id": new_id(), "nombre": "Escuela", "municipio": "1401", "tipo_inmueble": "escuela"}
    far = api.made("/albergues", {**site, "lat": 14.6349, "lon": -90.5069})  # the capital
    assert "punto_fuera_del_municipio" in codes(far)
    assert (far["municipio"], far["lat"]) == ("1401", 14.6349)
    near = api.made("/albergues", {**site, "id": new_id(), "nombre": "Otra", "lat": 15.0306, "lon": -91.1489})
    assert "punto_fuera_del_municipio" not in codes(near)


def test_back_dating_and_too_many_people_warn(api):
    small = api.activacion(api.albergue(capacidad={"personas": 2, "fuente": "acta", "fecha": "2026-01-01"}))
    api.ingreso(small, persona(), persona())
    more = api.ingreso(small, persona())
    assert "sobre_capacidad" in codes(more)
    assert "registro_tardio" not in codes(more)
    late = api.ingreso(small, ocurrido_en=iso(ABIERTA + timedelta(hours=1)))
    assert {"sobre_capacidad", "registro_tardio"} <= codes(late)
    assert api.total()["personas"] == 4


def test_what_may_be_absent_of_a_site(api):
    made = api.made(
        "/albergues", {"id": new_id(), "nombre": "Campo", "municipio": "1401", "tipo_inmueble": "carpas"}
    )
    given = ("lat", "lon", "oficial", "ubicacion_reservada", "capacidad")
    assert [made[k] for k in given] == [None, None, False, False, None]


def test_what_may_be_absent_of_an_ingreso(api):
    who = {"id": new_id(), "nombres": "N/N", "sexo": "no_registrado"}
    body = ingreso(who)
    made = api.ingreso(api.activacion(), who)
    assert (made["clase"], made["personas"][0]["nombres"]) == ("ingreso", "N/N")
    null = dict.fromkeys(("apellidos", "edad", "edad_unidad", "parentesco", "cui"))
    body = {**ingreso({**who, **null, "id": new_id()}), "capturado_en": None}
    api.made(f"/activaciones/{api.activacion()}/ingresos", body)


def test_an_ingreso_before_the_opening_is_422(api):
    activacion = api.activacion()
    early = ingreso(ocurrido_en=iso(ABIERTA - timedelta(seconds=1)))
    api.refused(f"/activaciones/{activacion}/ingresos", early, 422, "antes_de_apertura")
    api.ingreso(activacion, ocurrido_en=iso(ABIERTA))


VALUES = {
    "tipo": [
        "inundacion",
        "deslizamiento",
        "tormenta",
        "huracan",
        "sismo",
        "volcan",
        "frio",
        "viento",
        "incendio",
        "quimica",
        "otro",
    ],
    "tipo_inmueble": [
        "escuela",
        "instituto",
        "colegio",
        "iglesia",
        "salon_comunal",
        "salon_municipal",
        "gimnasio",
        "polideportivo",
        "casa_materna",
        "centro_juvenil",
        "modulos_atu",
        "carpas",
        "otro",
    ],
    "sexo": ["mujer", "hombre", "no_registrado"],
    "edad_unidad": ["anios", "meses", "dias"],
    "parentesco": [
        "jefe",
        "conyuge",
        "hijo",
        "hijastro",
        "nieto",
        "padre",
        "suegro",
        "hermano",
        "yerno",
        "otro_pariente",
        "no_pariente",
    ],
    "clase": ["ingreso", "nacimiento"],
    "destino": [
        "vivienda_propia",
        "familiar",
        "alquiler",
        "otro_albergue",
        "atu",
        "hospital",
        "otro_departamento",
        "otro",
        "desconocido",
    ],
    "fuente": ["conteo_fisico", "registro_nominal", "estimacion"],
}


def test_every_value_of_every_enumeration_is_taken_and_no_other(api):
    activacion = api.activacion()
    event = {"nombre": "X", "inicio": iso(ABIERTA), "departamentos": ["14"]}
    for tipo in VALUES["tipo"]:
        api.made("/emergencias", {**event, "id": new_id(), "tipo": tipo})
    site = {"nombre": "X", "municipio": "1401"}
    for tipo in VALUES["tipo_inmueble"]:
        api.made("/albergues", {**site, "id": new_id(), "tipo_inmueble": tipo})
    for name in ("sexo", "edad_unidad", "parentesco"):
        people = [persona(**{"edad": 3, name: value}) for value in VALUES[name]]
        api.ingreso(activacion, *people)
    for clase in VALUES["clase"]:
        assert api.ingreso(activacion, clase=clase)["clase"] == clase
    for destino in VALUES["destino"]:
        who = api.ingreso(activacion)["personas"][0]["id"]
        assert api.movimiento(activacion, "egreso", who, destino=destino)["destino"] == destino
    for fuente in VALUES["fuente"]:
        api.parte(activacion, 1, fuente=fuente)
    for wrong in ("", "OTRO", "x", None):
        api.refused("/emergencias", {**event, "id": new_id(), "tipo": wrong}, 422)
        api.refused("/albergues", {**site, "id": new_id(), "tipo_inmueble": wrong}, 422)
        api.refused(f"/activaciones/{activacion}/ingresos", ingreso(persona(sexo=wrong)), 422)
        parte = {"id": new_id(), "activacion": activacion, "corte": iso(NOW), "fuente": wrong, "personas": 1}
        api.refused("/partes", parte, 422)
        if wrong is not None:
            api.refused(
                f"/activaciones/{activacion}/ingresos", ingreso(persona(edad=1, edad_unidad=wrong)), 422
            )
            api.refused(f"/activaciones/{activacion}/ingresos", ingreso(persona(parentesco=wrong)), 422)
            api.refused(f"/activaciones/{activacion}/ingresos", ingreso(clase=wrong), 422)


@pytest.mark.parametrize(
    ("cui", "doubtful"),
    [
        ("1587 56444 0904", False),
        ("1580-35224-0101", False),
        ("1680352240101", True),
        ("1000000750101", True),
        ("1587564440599", True),
        ("123", True),
        ("no tiene", True),
    ],
)
def test_a_cui_that_fails_its_check_warns_and_is_kept(api, cui, doubtful):
    activacion = api.activacion()
    made = api.ingreso(activacion, persona(cui=cui), ocurrido_en=iso(ENTRARON))
    assert ("cui_dudoso" in codes(made)) is doubtful


def test_the_acta_asked_for_at_closing_is_the_one_of_that_body(api):
    activacion = api.activacion(acta=ACTA)
    api.transicion(activacion, "en_cierre", acta=ACTA)
    api.refused(f"/activaciones/{activacion}/transiciones", move("cerrada"), 422, "falta_acta")
    api.transicion(activacion, "cerrada", acta={"numero": "08-2026"})
    held = api.get(f"/activaciones/{activacion}").get_json()
    assert (held["acta"], held["acta_cierre"]) == (ACTA, {"numero": "08-2026"})
