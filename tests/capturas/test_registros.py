"""Every format is usable from the day it is defined: filled in, found, corrected, printed, exported, forgotten."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import select, text

from albergues_app.audit.models import Auditoria, Captura
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.capturas.models import Borrador, Registro
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.outputs.web_form import flatten
from albergues_app.formats.outputs.xlsx_in import read_filled
from tests.factories.albergues import make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import csrf_of
from tests.formats.cases_operacion import CASES

INCIDENTE = CASES["incidente"]


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


@pytest.fixture
def clerk(entra):
    return entra("albergue", municipio="1413")


def form_of(codigo, answers, **more):
    return {**flatten(formatos.latest(codigo), answers), **{k: str(v) for k, v in more.items()}}


def fill(client, codigo, answers, activacion, **more):
    page = client.get(f"/registros/nuevo/{codigo}?activacion={activacion.id}")
    assert page.status_code == 200, page.text[:300]
    data = form_of(codigo, answers, activacion=activacion.id, op_id=uuid7(), csrf_token=csrf_of(page.text))
    return client.post(f"/registros/nuevo/{codigo}", data={**data, **more})


def only() -> Registro:
    return db.session.scalars(select(Registro)).one()


def test_a_filled_sheet_is_kept_sealed_found_by_any_word_and_read_with_a_trace(here, clerk):
    answer = fill(clerk, "incidente", INCIDENTE[1][0], here)
    assert answer.status_code == 303, answer.text
    row = only()
    captura = db.session.get_one(Captura, row.captura_id)
    assert (row.formato, row.activacion_id, row.version) == ("incidente", here.id, 1)
    stored = open_json(seal_for(row.emergencia_id), captura.respuestas, "captura.respuestas")
    assert set(INCIDENTE[1][0]) <= set(stored)
    page = clerk.get(answer.location).text
    assert "Escuela de Tzalbal" in page
    word = next(str(v) for v in stored.values() if isinstance(v, str) and v.isalpha() and len(v) > 4)
    assert str(row.id) in clerk.get(f"/registros?q={word.upper()}").text
    assert str(row.id) not in clerk.get("/registros?q=zzzzz").text
    opened = db.session.scalars(select(Auditoria).where(Auditoria.accion == "lectura")).all()
    assert [(o.tabla, o.fila_id) for o in opened] == [("registro", str(row.id))]


def test_what_is_wrong_comes_back_with_everything_typed_and_nothing_is_written(here, clerk):
    answers, _errors = next(case for case in INCIDENTE if case[1])
    answer = fill(clerk, "incidente", answers, here, accion="firma")
    assert answer.status_code == 422
    for value in flatten(formatos.latest("incidente"), answers).values():
        assert value in answer.text or value in {"Sí", "No"}
    assert "que corregir" in answer.text
    assert db.session.scalar(text("SELECT count(*) FROM registro")) == 0
    assert db.session.scalar(text("SELECT count(*) FROM captura")) == 0


def test_the_same_form_sent_twice_is_one_record(here, clerk):
    key = uuid7()
    for _ in range(2):
        assert fill(clerk, "incidente", INCIDENTE[1][0], here, op_id=key).status_code == 303
    assert only().id == key


def test_a_correction_is_a_new_version_with_its_reason_and_the_old_one_stays(here, clerk):
    fill(clerk, "incidente", INCIDENTE[1][0], here)
    row = only()
    key, first = row.id, row.captura_id
    page = clerk.get(f"/registros/{key}/corregir").text
    data = form_of("incidente", INCIDENTE[0][0], op_id=uuid7(), csrf_token=csrf_of(page))
    refused = clerk.post(f"/registros/{key}/corregir", data=data)
    assert refused.status_code == 422 and "por qué se corrige" in refused.text
    sent = clerk.post(f"/registros/{key}/corregir", data={**data, "motivo_correccion": "Faltaba la hora"})
    assert sent.status_code == 303, sent.text
    db.session.expire_all()
    row = only()
    assert (row.version, row.motivo) == (2, "Faltaba la hora")
    second = db.session.get_one(Captura, row.captura_id)
    assert second.version_de == first and db.session.get(Captura, first) is not None


def test_an_annulled_record_stays_readable_and_is_not_corrected_any_more(here, clerk):
    fill(clerk, "incidente", INCIDENTE[1][0], here)
    key = only().id
    token = csrf_of(clerk.get(f"/registros/{key}").text)
    clerk.post(f"/registros/{key}/anular", data={"csrf_token": token, "motivo": "Se anotó dos veces"})
    page = clerk.get(f"/registros/{key}").text
    assert "Se anotó dos veces" in page and "/corregir" not in page


def test_paper_and_workbook_carry_the_answers(here, clerk):
    fill(clerk, "incidente", INCIDENTE[0][0], here)
    key = only().id
    pdf = PdfReader(BytesIO(clerk.get(f"/registros/{key}/hoja.pdf").data))
    assert "Escuela de Tzalbal" in " ".join(page.extract_text() for page in pdf.pages)
    book = clerk.get("/registros/exportar.xlsx?formato=incidente").data
    filled = read_filled(formatos.latest("incidente"), book)
    assert len(filled.records) == 1


def test_a_draft_survives_a_closed_browser_and_is_its_owners_alone(here, clerk, entra):
    page = clerk.get(f"/registros/nuevo/incidente?activacion={here.id}").text
    key = uuid7()
    typed = form_of("incidente", INCIDENTE[1][0], op_id=key, activacion=here.id, csrf_token=csrf_of(page))
    assert clerk.post("/registros/borradores", data={**typed, "_formato": "incidente"}).status_code == 204
    raw = db.session.execute(text("SELECT contenido FROM borrador")).scalar_one()
    value = max((v for v in typed.values() if " " in v), key=len)
    assert value.encode() not in bytes(raw)
    assert f"borrador={key}" in clerk.get("/registros").text
    assert value in clerk.get(f"/registros/nuevo/incidente?borrador={key}").text
    other = entra("albergue", municipio="1413")
    assert f"borrador={key}" not in other.get("/registros").text
    token = csrf_of(other.get(f"/registros/nuevo/incidente?activacion={here.id}").text)
    stolen = {**typed, "csrf_token": token, "_formato": "incidente"}
    assert other.post("/registros/borradores", data=stolen).status_code == 404
    fill(clerk, "incidente", INCIDENTE[1][0], here, op_id=key)
    assert db.session.get(Borrador, key) is None


def test_a_profession_keeps_its_formats_to_itself(here, entra):
    health = entra("salud", municipio="1413")
    answer = fill(health, "ficha_medica", CASES["ficha_medica"][1][0], here)
    assert answer.status_code == 303, answer.text
    key = only().id
    assert health.get(f"/registros/{key}").status_code == 200
    for rol in ("albergue", "municipal", "proteccion"):
        other = entra(rol, municipio="1413")
        assert other.get(f"/registros/{key}").status_code == 404
        assert other.get(f"/registros/nuevo/ficha_medica?activacion={here.id}").status_code == 404
        assert str(key) not in other.get("/registros").text
    assert entra("mando").get("/registros").status_code == 403


def test_outside_the_territory_it_does_not_exist(here, clerk, entra):
    fill(clerk, "incidente", INCIDENTE[1][0], here)
    key = only().id
    far = entra("municipal", municipio="0901")
    for path in (f"/registros/{key}", f"/registros/{key}/hoja.pdf", f"/registros/{key}/corregir"):
        assert far.get(path).status_code == 404
    assert far.get(f"/registros/nuevo/incidente?activacion={here.id}").status_code == 404


def test_dissociation_leaves_no_word_of_it(here, clerk, app):
    from albergues_app.capturas.services import answers_of, forget_words
    from albergues_app.core.unit_of_work import unit_of_work
    from tests.factories.cuentas import SISTEMA

    fill(clerk, "incidente", INCIDENTE[1][0], here)
    with unit_of_work(SISTEMA):
        forget_words(here.emergencia_id)
    row = only()
    assert (row.titulo, row.texto, row.motivo) == ("", "", None)
    assert answers_of(row)


def test_a_program_keeps_a_filled_format_and_repeats_it_without_effect(here, ficha, app):
    client, headers = app.test_client(), ficha("municipal", municipio="1413")
    body = {"id": str(uuid7()), "activacion": str(here.id), "respuestas": INCIDENTE[1][0]}
    first = client.post("/api/v1/formatos/incidente/capturas", json=body, headers=headers)
    assert first.status_code == 201, first.text
    again = client.post("/api/v1/formatos/incidente/capturas", json=body, headers=headers)
    assert (again.status_code, again.json) == (200, first.json)
    bad = {**body, "id": str(uuid7()), "respuestas": {}}
    refused = client.post("/api/v1/formatos/incidente/capturas", json=bad, headers=headers)
    assert refused.status_code == 422 and refused.json["errores"]
    read = client.get(f"/api/v1/registros/{body['id']}", headers=headers).json
    assert set(INCIDENTE[1][0]) <= set(read["respuestas"])
    foreign = ficha("municipal", municipio="0901")
    assert client.get(f"/api/v1/registros/{body['id']}", headers=foreign).status_code == 404
    other = {**body, "id": str(uuid7())}
    assert client.post("/api/v1/formatos/incidente/capturas", json=other, headers=foreign).status_code == 404
    assert UUID(first.json["id"]) == only().id


def test_the_shelf_of_formats_needs_no_token(app):
    listed = app.test_client().get("/api/v1/formatos")
    assert listed.status_code == 200
    codes = {row["codigo"] for row in listed.json["filas"]}
    assert codes == {f.code for f in formatos.all()}
    schema = app.test_client().get("/api/v1/formatos/incidente/esquema.json").json
    assert schema["$schema"].endswith("2020-12/schema")
    assert app.test_client().get("/api/v1/registros").status_code == 401


def test_a_boleta_by_a_program_lets_the_household_in(here, ficha, app):
    client, headers = app.test_client(), ficha("registro", municipio="1413")
    answers = {
        "ocurrido_en": "2026-11-19T18:05:00-06:00",
        "personas": [{"nombres": "Ana", "sexo": "mujer", "edad": 30, "edad_unidad": "anios"}],
    }
    body = {"id": str(uuid7()), "activacion": str(here.id), "respuestas": answers}
    sent = client.post("/api/v1/formatos/boleta_ingreso/capturas", json=body, headers=headers)
    assert sent.status_code == 201, sent.text
    assert db.session.scalar(text("SELECT count(*) FROM estancia WHERE egreso_en IS NULL")) == 1
    assert make_emergencia is not None
