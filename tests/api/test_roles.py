"""contrato-api.md «Roles»: which role may post what; outside one's territory answers as absent."""

from __future__ import annotations

import pytest

from albergues_app.accounts.models import Rol
from tests.api.conftest import ABIERTA, NOW, ingreso, iso, movimiento, new_id

MAY = {
    "emergencias": {"nacional", "sede"},
    "albergues": {"nacional", "sede", "municipal"},
    "albergues/transiciones": {"nacional", "sede", "municipal"},
    "activaciones": {"nacional", "sede", "municipal"},
    "activaciones/transiciones": {"nacional", "sede", "municipal"},
    "ingresos": {"nacional", "sede", "municipal", "albergue", "registro"},
    "movimientos": {"nacional", "sede", "municipal", "albergue", "registro"},
    "partes": {"nacional", "sede", "municipal", "albergue"},
}
PERSONS = {"nacional", "sede", "municipal", "albergue", "registro"}


@pytest.fixture
def place(api):
    """A site of Santa Cruz del Quiché (1401) at work, and what each role would do there."""
    site, event = api.albergue(), api.emergencia()
    activacion = api.activacion(site, event)
    return {
        "site": site,
        "event": event,
        "activacion": activacion,
        "codigo": api.get(f"/albergues/{site}").get_json()["codigo"],
    }


def attempts(api, place):
    """One acceptable request of each kind."""
    activacion = place["activacion"]
    who = api.ingreso(activacion)["personas"][0]["id"]
    spare = api.albergue()
    event = {
        "id": new_id(),
        "nombre": "Otra",
        "tipo": "sismo",
        "inicio": iso(ABIERTA),
        "departamentos": ["14"],
    }
    return {
        "emergencias": ("/emergencias", event),
        "albergues": (
            "/albergues",
            {"id": new_id(), "nombre": "Iglesia", "municipio": "1401", "tipo_inmueble": "iglesia"},
        ),
        "albergues/transiciones": (
            f"/albergues/{spare}/transiciones",
            {"id": new_id(), "a": "evaluado_apto", "ocurrida_en": iso(NOW)},
        ),
        "activaciones": ("/activaciones", {"id": new_id(), "albergue": spare, "emergencia": place["event"]}),
        "ingresos": (f"/activaciones/{activacion}/ingresos", ingreso()),
        "movimientos": ("/movimientos", movimiento(activacion, "salida_temporal", who)),
        "partes": (
            "/partes",
            {
                "id": new_id(),
                "activacion": activacion,
                "corte": iso(NOW),
                "fuente": "estimacion",
                "personas": 1,
            },
        ),
        "activaciones/transiciones": (
            f"/activaciones/{activacion}/transiciones",
            {"id": new_id(), "a": "en_cierre", "ocurrida_en": iso(NOW)},
        ),
    }


def territory(rol, place):
    if rol in {"albergue", "registro"}:
        return {"albergue": place["codigo"]}
    return {} if rol == "nacional" else {"departamento": "14"}


@pytest.mark.parametrize("rol", [str(r) for r in Rol])
def test_a_role_posts_what_the_contract_says_and_nothing_else(api, programa, place, rol):
    own = programa(rol, **territory(rol, place))
    for kind, (path, body) in attempts(api, place).items():
        answer = own.post(path, body)
        expected = 201 if rol in MAY[kind] else 403
        assert answer.status_code == expected, (rol, kind, answer.text)


@pytest.mark.parametrize("rol", [str(r) for r in Rol])
def test_only_those_who_register_read_persons(api, programa, place, rol):
    api.ingreso(place["activacion"])
    own = programa(rol, **territory(rol, place))
    expected = 200 if rol in PERSONS else 403
    assert own.get(f"/activaciones/{place['activacion']}/ingresos").status_code == expected
    assert own.get("/movimientos").status_code == expected


def test_accounts_and_settings_see_no_figure(programa):
    own = programa("administracion")
    for path in ("/ocupacion", "/mapa/albergues", "/albergues", "/activaciones", "/partes"):
        assert own.get(path).status_code == 403, path
    assert own.get("/emergencias").status_code == 200


@pytest.mark.parametrize("rol", ["nacional", "mando", "proteccion", "salud", "auditoria"])
def test_without_any_territory_these_are_national(api, programa, place, rol):
    assert programa(rol).total()["albergues"] == 1


@pytest.mark.parametrize("rol", ["sede", "municipal", "albergue", "registro", "institucion"])
def test_without_any_territory_the_others_see_nothing(programa, place, rol):
    own = programa(rol)
    assert own.total()["albergues"] == 0
    assert own.get(f"/activaciones/{place['activacion']}").status_code == 404


@pytest.mark.parametrize(
    ("rol", "where"),
    [
        ("sede", {"departamento": "16"}),
        ("sede", {"sede": "S16"}),
        ("municipal", {"municipio": "1405"}),
        ("albergue", {"albergue": "other"}),
        ("registro", {"albergue": "other"}),
        ("nacional", {"departamento": "16"}),
        ("mando", {"departamento": "16"}),
    ],
)
def test_outside_the_territory_answers_the_bytes_of_what_is_absent(api, programa, place, rol, where):
    if where.get("albergue"):
        neighbour = api.albergue()
        where = {"albergue": api.get(f"/albergues/{neighbour}").get_json()["codigo"]}
    outsider = programa(rol, **where)
    entered = api.ingreso(place["activacion"])
    parte, absent = api.parte(place["activacion"], 1), new_id()
    who = entered["personas"][0]["id"]
    for path in (
        "/albergues/{site}",
        "/albergues/{site}/transiciones",
        "/activaciones/{activacion}",
        "/activaciones/{activacion}/transiciones",
        "/activaciones/{activacion}/ingresos",
        "/activaciones/{activacion}/ingresos/{ingreso}",
        "/partes/{parte}",
        "/movimientos/{ingreso}",
    ):
        there = {**place, "ingreso": entered["id"], "parte": parte["id"]}
        outside, nothing = (
            outsider.get(path.format(**there)),
            outsider.get(path.format(**dict.fromkeys(there, absent))),
        )
        assert outside.status_code == nothing.status_code in {403, 404}, path
        assert outside.data == nothing.data
        assert {k: v for k, v in outside.headers if k != "Content-Security-Policy"} == {
            k: v for k, v in nothing.headers if k != "Content-Security-Policy"
        }
    for path, body in (
        ("/activaciones/{activacion}/ingresos", ingreso()),
        (
            "/activaciones/{activacion}/transiciones",
            {"id": new_id(), "a": "en_cierre", "ocurrida_en": iso(NOW)},
        ),
        (
            "/albergues/{site}/transiciones",
            {"id": new_id(), "a": "descartado", "ocurrida_en": iso(NOW), "motivo": "x"},
        ),
        ("/activaciones", {"id": new_id(), "albergue": "{site}", "emergencia": place["event"]}),
        (
            "/partes",
            {
                "id": new_id(),
                "activacion": "{activacion}",
                "corte": iso(NOW),
                "fuente": "estimacion",
                "personas": 1,
            },
        ),
        ("/movimientos", movimiento("{activacion}", "salida_temporal", who)),
    ):
        answers = []
        for values in (place, dict.fromkeys(place, absent)):
            filled = {
                k: v.format(**values) if isinstance(v, str) and "{" in v else v for k, v in body.items()
            }
            answers.append(outsider.post(path.format(**values), filled))
        assert answers[0].status_code == answers[1].status_code in {403, 404}, (path, answers[0].text)
        assert answers[0].data == answers[1].data
    assert place["site"] not in outsider.get("/albergues").text
    if rol != "mando":
        assert outsider.get("/movimientos").get_json()["filas"] == []


def test_persons_outside_the_territory_are_as_if_absent(api, programa, place):
    own = programa("municipal", municipio="1401")
    elsewhere = api.activacion(api.albergue("1405"), place["event"])
    stranger = api.ingreso(elsewhere)["personas"][0]["id"]
    outside = own.post("/movimientos", movimiento(place["activacion"], "egreso", stranger))
    absent = own.post("/movimientos", movimiento(place["activacion"], "egreso", new_id()))
    assert (outside.status_code, absent.status_code) == (404, 404)
    assert outside.data == absent.data


def test_a_site_or_an_emergency_is_declared_inside_the_territory_only(api, programa):
    own = programa("municipal", municipio="1401")
    site = {"nombre": "Salón", "tipo_inmueble": "salon_comunal"}
    own.made("/albergues", {**site, "id": new_id(), "municipio": "1401"})
    own.refused("/albergues", {**site, "id": new_id(), "municipio": "1405"}, 404, "no_encontrado")
    sede = programa("sede", departamento="14")
    event = {"nombre": "Frío", "tipo": "frio", "inicio": iso(ABIERTA)}
    sede.made("/emergencias", {**event, "id": new_id(), "departamentos": ["14"]})
    sede.refused(
        "/emergencias", {**event, "id": new_id(), "departamentos": ["14", "16"]}, 404, "no_encontrado"
    )


def test_a_traslado_needs_rights_over_the_origin_only(api, programa, place):
    there = api.activacion(api.albergue("1610"), place["event"])
    own = programa("albergue", albergue=place["codigo"])
    who = own.ingreso(place["activacion"])["personas"][0]["id"]
    own.movimiento(place["activacion"], "traslado", who, activacion_destino=there)
    assert api.rows("municipio")["1610"]["personas"] == 1
    own.refused("/movimientos", movimiento(there, "egreso", who), 404, "no_encontrado")


def test_figures_are_of_the_territory(api, programa, place):
    elsewhere = api.activacion(api.albergue("1610"), place["event"])
    api.ingreso(place["activacion"])
    api.ingreso(elsewhere)
    assert api.total()["personas"] == 2
    assert programa("sede", departamento="16").total()["personas"] == 1
    assert programa("municipal", municipio="1401").total()["personas"] == 1
    assert programa("registro", albergue=place["codigo"]).total()["personas"] == 1
    assert set(programa("municipal", municipio="1401").rows("municipio")) == {"1401"}
