"""What a hostile reading of the code found, one test each: ids of others in a body, reserved places, odd input."""

from __future__ import annotations

import os
import stat
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from albergues_app.accounts.models import Cuenta
from albergues_app.albergues.models import Activacion
from albergues_app.audit.models import Auditoria
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import SISTEMA, csrf_of

HIDDEN = "Casa de la Esperanza"


def token_of(client: Any, path: str = "/mi-cuenta") -> str:
    return csrf_of(client.get(path).text)


@pytest.fixture
def two(app):
    """A shelter of Quiché with a family inside, and one of Totonicapán for the same emergency."""
    with clock.frozen(OPENED.replace(hour=20)):
        emergencia = make_emergencia(("14", "08"))
        there = make_activacion(make_albergue("1413", nombre="Escuela de allá"), emergencia)
        here = make_activacion(make_albergue("0801", nombre="Salón de aquí"), emergencia)
        person = persona(nombres="Candelaria", apellidos="Xiloj")
        body = ingreso(there, person)
        ids = {
            "there": there.id,
            "here": here.id,
            "persona": person.id,
            "familia": UUID(body["familia"]["id"]),
            "codigo": body["familia"]["codigo"],
        }
    db.session.rollback()
    return ids


def check_in(**changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid7()),
        "ocurrido_en": OPENED.replace(hour=19).isoformat(),
        "familia": {"id": str(changes.get("familia", uuid7()))},
        "personas": [{"id": str(changes.get("persona", uuid7())), "nombres": "X", "sexo": "hombre"}],
    }


# --- ids of other territories in a body ---------------------------------------------------------------


def test_a_check_in_takes_no_person_nor_family_of_another_territory(app, client, ficha, two):
    """Otherwise whoever holds an id would be told the name, and would own the person from then on."""
    movimiento(
        db.session.get_one(Activacion, two["there"]),
        "egreso",
        two["persona"],
        ocurrido_en=OPENED.replace(hour=18, minute=30),
    )
    headers = ficha("registro", albergue="0801-001")
    path = f"/api/v1/activaciones/{two['here']}/ingresos"
    absent = client.get(f"{path}/{uuid7()}", headers=headers)
    for body in (check_in(persona=two["persona"]), check_in(familia=two["familia"])):
        answer = client.post(path, json=body, headers=headers)
        assert (answer.status_code, answer.data) == (404, absent.data)
    assert client.post(path, json=check_in(), headers=headers).status_code == 201


def test_whoever_is_on_the_way_here_may_be_let_in(app, client, ficha, two):
    movimiento(
        db.session.get_one(Activacion, two["there"]),
        "traslado",
        two["persona"],
        ocurrido_en=OPENED.replace(hour=18, minute=30),
        activacion_destino=two["here"],
        acuse=True,
    )
    headers = ficha("registro", albergue="0801-001")
    body = check_in(persona=two["persona"], familia=two["familia"])
    answer = client.post(f"/api/v1/activaciones/{two['here']}/ingresos", json=body, headers=headers)
    assert answer.status_code == 201, answer.text


def test_a_sheet_with_faults_does_not_tell_the_code_of_a_family_elsewhere(app, entra, two):
    client = entra("registro", albergue="0801-001")
    path = f"/activaciones/{two['here']}/ingresos/nuevo"
    form = {"csrf_token": token_of(client), "id": str(uuid7()), "familia_id": str(two["familia"])}
    answer = client.post(path, data=form)
    assert answer.status_code == 404
    assert two["codigo"] not in answer.text


def test_a_family_elsewhere_is_as_absent_as_one_that_never_was(app, entra, two):
    client = entra("registro", albergue="0801-001")
    base = f"/activaciones/{two['here']}/familias"
    elsewhere, nowhere = client.get(f"{base}/{two['familia']}"), client.get(f"{base}/{uuid7()}")
    assert elsewhere.status_code == nowhere.status_code == 404
    assert elsewhere.headers.get("Location") is None


def test_the_code_of_a_family_elsewhere_gives_no_id_away(app, entra, two):
    client = entra("registro", albergue="0801-001")
    form = {"csrf_token": token_of(client), "codigo": two["codigo"]}
    answer = client.post(f"/activaciones/{two['here']}/familia-conocida", data=form)
    assert answer.status_code == 422 and "pregunte a su sede" in answer.text
    assert str(two["familia"]) not in answer.text + str(answer.headers)


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_guessing_family_codes_comes_to_an_end(app, entra, two):
    """23^5 codes: without a budget a program would walk through them in a night."""
    client = entra("registro", albergue="0801-001")
    token = token_of(client)
    path = f"/activaciones/{two['here']}/familia-conocida"
    from albergues_app.core.ids import speakable_code

    said = [client.post(path, data={"csrf_token": token, "codigo": speakable_code()}) for _ in range(21)]
    assert [a.status_code for a in said[:20]] == [422] * 20
    assert said[20].status_code == 429 and said[20].headers["Retry-After"]
    elsewhere = client.post(path, data={"csrf_token": token, "codigo": two["codigo"]})
    assert elsewhere.status_code == 429


def test_a_code_of_ones_own_shelter_costs_nothing(app, entra, two):
    client = entra("registro", albergue="1413-001")
    token = token_of(client)
    path = f"/activaciones/{two['there']}/familia-conocida"
    for _ in range(25):
        answer = client.post(path, data={"csrf_token": token, "codigo": two["codigo"]})
        assert answer.status_code == 303


def test_a_boleta_taken_elsewhere_stays_there(app, entra, two, monkeypatch):
    """The sheet names its shelter: who held the family before must not read where it went."""
    from albergues_app.ocupacion import boleta_views

    movimiento(
        db.session.get_one(Activacion, two["there"]),
        "egreso",
        two["persona"],
        ocurrido_en=OPENED.replace(hour=18, minute=30),
    )
    client = entra("nacional")
    path = f"/activaciones/{two['here']}/ingresos/nuevo"
    form = {
        "csrf_token": token_of(client),
        "id": str(uuid7()),
        "familia_id": str(two["familia"]),
        "personas-0-nombres": "Mateo",
        "personas-0-sexo": "hombre",
        "personas-0-edad": "3",
        "municipio_procedencia": "0801",
        "departamento_procedencia": "08",
        "motivo": "frio",
        "ocurrido_en": "",
    }
    answer = client.post(path, data=form)
    assert answer.status_code == 303, answer.text
    seen: list[Any] = []
    monkeypatch.setattr(
        boleta_views, "render_pdf", lambda job, _known: seen.append(job.encabezado.albergue) or b"%PDF"
    )
    base = "/activaciones/{}/familias/{}/boleta.pdf"
    mine = entra("registro", albergue="0801-001").get(base.format(two["here"], two["familia"]))
    assert mine.status_code == 200 and seen == ["Salón de aquí"]
    before = entra("registro", albergue="1413-001").get(base.format(two["there"], two["familia"]))
    assert before.status_code == 303 and seen == ["Salón de aquí"]


# --- reserved places ------------------------------------------------------------------------------


@pytest.fixture
def reserved(app):
    """A reserved shelter, open, with somebody who runs it."""
    with clock.frozen(OPENED.replace(hour=20)):
        site = make_albergue("1413", nombre=HIDDEN, ubicacion_reservada=True, lat=15.4, lon=-91.1)
        row = make_activacion(site, make_emergencia(("14", "08")), administrador="Hermana Inés Batz")
        found = {"site": site.id, "row": row.id, "emergencia": row.emergencia_id}
    db.session.rollback()
    return found


@pytest.mark.parametrize("rol", ["mando", "institucion"])
def test_who_looks_from_afar_gets_no_sheet_of_a_reserved_shelter(app, entra, reserved, rol, monkeypatch):
    from albergues_app.ocupacion import boleta_views

    monkeypatch.setattr(boleta_views, "render_pdf", lambda *_: b"%PDF")
    places = {"municipio": "1413"} if rol == "institucion" else {}
    client, own = entra(rol, **places), entra("municipal", municipio="1413")
    for name in ("boleta-en-blanco.pdf", "control-en-blanco.pdf", "boleta-para-llenar.xlsx"):
        path = f"/activaciones/{reserved['row']}/{name}"
        assert client.get(path).status_code == 404
        assert own.get(path).status_code == 200


def test_the_api_tells_mando_nobody_who_runs_a_reserved_shelter(app, client, ficha, reserved):
    mando, sede = ficha("mando"), ficha("sede", departamento="14")
    for path in (f"/api/v1/activaciones/{reserved['row']}", "/api/v1/activaciones"):
        assert "Batz" not in client.get(path, headers=mando).text
        assert "Batz" in client.get(path, headers=sede).text


def test_reasons_of_a_reserved_shelter_are_not_for_mando(app, client, ficha, reserved):
    from albergues_app.ocupacion.services import transition_activacion

    with unit_of_work(SISTEMA):
        transition_activacion(
            reserved["row"], "en_cierre", OPENED + timedelta(hours=3), f"Se traslada de {HIDDEN}"
        )
    path = f"/api/v1/activaciones/{reserved['row']}/transiciones"
    assert HIDDEN not in client.get(path, headers=ficha("mando")).text
    assert HIDDEN in client.get(path, headers=ficha("sede", departamento="14")).text


def test_who_receives_is_not_told_the_name_of_a_reserved_origin(app, entra, reserved):
    from albergues_app.emergencias.models import Emergencia

    here = make_activacion(
        make_albergue("0801", nombre="Salón de aquí"),
        db.session.get_one(Emergencia, reserved["emergencia"]),
    ).id
    person = persona()
    ingreso(db.session.get_one(Activacion, reserved["row"]), person)
    movimiento(
        db.session.get_one(Activacion, reserved["row"]),
        "traslado",
        person.id,
        ocurrido_en=OPENED + timedelta(hours=8),
        activacion_destino=here,
        acuse=True,
    )
    page = entra("registro", albergue="0801-001").get("/").text
    assert "en camino hacia Salón de aquí" in page
    assert HIDDEN not in page
    assert HIDDEN in entra("nacional").get("/").text


def test_administration_is_offered_a_reserved_shelter_without_its_name(app, entra, reserved):
    page = entra("administracion").get("/cuentas/nueva").text
    assert "1413-001" in page and HIDDEN not in page


# --- accounts ---------------------------------------------------------------------------------------


def test_a_new_code_ends_the_programs_of_the_account_too(app, client, entra, ficha):
    """Who took the account over would otherwise keep reading through a token made before."""
    headers = ficha("registro", municipio="1413")
    assert client.get("/api/v1/emergencias", headers=headers).status_code == 200
    cuenta_id = db.session.scalar(select(Cuenta.id).where(Cuenta.rol == "registro"))
    admin = entra("administracion")
    answer = admin.post(f"/cuentas/{cuenta_id}/codigo", data={"csrf_token": token_of(admin)})
    assert answer.status_code == 200
    assert client.get("/api/v1/emergencias", headers=headers).status_code == 401


def test_an_enabled_account_does_not_bring_its_old_tokens_back(app, client, entra, ficha):
    headers = ficha("registro", municipio="1413")
    cuenta_id = db.session.scalar(select(Cuenta.id).where(Cuenta.rol == "registro"))
    admin = entra("administracion")
    token = token_of(admin)
    for wish in ("no", "si"):
        admin.post(f"/cuentas/{cuenta_id}/activa", data={"csrf_token": token, "activa": wish})
        assert client.get("/api/v1/emergencias", headers=headers).status_code == 401


def test_the_same_address_twice_at_once_is_refused_with_words(app, base):
    """PostgreSQL: both look, both write; the second must not be a crash."""
    from albergues_app.accounts.services import create_cuenta
    from albergues_app.core.errors import RuleBroken

    gate, said = threading.Barrier(4), []

    def make() -> None:
        with app.app_context():
            gate.wait()
            try:
                with unit_of_work(SISTEMA):
                    create_cuenta("doble@ejemplo.gt", "Doble", "nacional", [])
                said.append("hecha")
            except RuleBroken as refused:
                said.append(refused.codigo)
            except Exception as other:
                said.append(type(other).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["correo_ocupado"] * 3 + ["hecha"]


# --- odd input is no crash ------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("rol", "path"),
    [
        ("auditoria", "/cambios?antes=99999999999999999999999"),
        ("auditoria", "/cambios?antes=-99999999999999999999999"),
        ("auditoria", "/cambios?dia=9999-12-31"),
        ("auditoria", "/cambios?dia=0001-01-01"),
        ("auditoria", "/cambios?tabla=%00"),
        ("nacional", "/mapa?corte=0001-01-01T00:00%2B14:00"),
        ("nacional", "/mapa?corte=9999-12-31T23:59-12:00"),
        ("nacional", "/mapa/datos.json?corte=0001-01-01T00:00%2B14:00"),
        ("nacional", "/buscar?q=%00"),
        ("nacional", "/albergues?q=%00"),
        ("nacional", "/albergues?q=a%00b"),
        ("nacional", "/albergues?pagina=99999999999999999999"),
        ("nacional", "/cuentas?q=%00"),
        ("nacional", "/activaciones?pagina=99999999999999999999"),
        ("nacional", "/por-resolver?pagina=99999999999999999999"),
        ("nacional", "/importaciones/por-resolver?pagina=99999999999999999999"),
        ("nacional", "/activaciones/{row}?corte=0001-01-01T00:00&conocido_en=9999-12-31T23:59"),
        ("nacional", "/activaciones/{row}/personas?pagina=99999999999999999999"),
    ],
)
def test_odd_addresses_are_answered_not_suffered(app, entra, reserved, rol, path):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert entra(rol).get(path.format(row=reserved["row"])).status_code < 500


def test_a_log_in_with_a_nul_is_only_wrong(app, client):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    form = {"correo": "a\x00b@c.gt", "clave": "x\x00y", "csrf_token": token_of(client, "/entrar")}
    assert client.post("/entrar", data=form).status_code == 422


# --- what stays written -----------------------------------------------------------------------------


def test_free_text_about_people_is_not_in_the_trail(app, reserved):
    """The trail is for ever: a reason typed about a person is named in it, never repeated."""
    from albergues_app.ocupacion.services import transition_activacion

    with unit_of_work(SISTEMA):
        transition_activacion(
            reserved["row"], "en_cierre", OPENED + timedelta(hours=3), "Candelaria Xiloj pidió salir"
        )
    assert not [c for c in db.session.scalars(select(Auditoria.cambios)) if "Xiloj" in c]


def test_a_new_instance_is_closed_to_other_people_of_the_machine(tmp_path: Path) -> None:
    from albergues_app import create_app
    from albergues_app.migrations import run

    before = os.umask(0o022)
    try:
        folder = tmp_path / "nueva"
        app = create_app({"INSTANCIA": str(folder)})
        with app.app_context():
            run.upgrade()
            db.engine.dispose()
    finally:
        os.umask(before)
    for path in (folder, *folder.glob("albergues.sqlite*"), folder / "claves.json"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path.name


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_restored_database_is_closed_too(app, base, tmp_path: Path) -> None:
    from albergues_app.core.backup import back_up, database_file, restore

    before = os.umask(0o022)
    try:
        copy = back_up(tmp_path / "uno.respaldo")
        restore(copy)
    finally:
        os.umask(before)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(database_file().stat().st_mode) == 0o600


# --- names stay out of addresses --------------------------------------------------------------------


def test_a_name_is_looked_for_in_the_body_never_in_the_address(app, entra, two):
    client = entra("registro", albergue="1413-001")
    page = client.get("/").text
    assert 'action="/buscar" method="post"' in page
    assert "Candelaria" not in client.get("/buscar", query_string={"q": "candelaria"}).text
    form = {"csrf_token": csrf_of(page), "q": "candelaria"}
    assert "Candelaria Xiloj" in client.post("/buscar", data=form).text


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_looking_people_up_comes_to_an_end(app, entra, two):
    """confiabilidad.md 5: 20 an hour outside one's own shelter; at one's own it costs nothing."""
    sede = entra("sede", departamento="14")
    own = entra("registro", albergue="1413-001")
    for client, last in ((sede, False), (own, True)):
        form = {"csrf_token": token_of(client), "q": "candelaria"}
        pages = [client.post("/buscar", data=form).text for _ in range(21)]
        assert ["Candelaria Xiloj" in p for p in pages] == [True] * 20 + [last]
        assert ("No se buscaron personas" in pages[20]) is not last
    nobody = sede.post("/buscar", data={"csrf_token": token_of(sede), "q": "nadie de nadie"}).text
    assert "No se buscaron personas" in nobody  # said of every name alike


def test_matches_of_other_territories_are_hinted_at_only_so_often(app, entra, two):
    """The hint «elsewhere» says that somebody is in some shelter: it must not answer a list of names."""
    app.config["INDICIOS_HORA"] = 3
    client = entra("registro", albergue="0801-001")
    page = client.get(f"/activaciones/{two['here']}/ingresos/nuevo").text
    headers = {"X-CSRFToken": csrf_of(page)}
    path = f"/activaciones/{two['here']}/coincidencias"
    body = {"nombres": "Candelaria", "apellidos": "Xiloj", "sexo": "mujer", "edad": "30"}
    said = [len(client.post(path, json=body, headers=headers).get_json()["filas"]) for _ in range(5)]
    assert said == [1, 1, 1, 0, 0]
