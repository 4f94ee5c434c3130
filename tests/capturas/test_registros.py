"""Every format is usable from the day it is defined: filled in, found, corrected, printed, exported, forgotten."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select, text

from albergues_app.accounts.models import Rol
from albergues_app.accounts.permissions import Permiso, area_may
from albergues_app.audit.models import Auditoria, Captura
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.capturas import read_views, services
from albergues_app.capturas.models import Borrador, EstadoRegistro, Registro
from albergues_app.capturas.places import lugar_of_activacion
from albergues_app.capturas.services import RegistroNuevo, save_registro
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import is_writing, unit_of_work
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import completeness, validate
from albergues_app.formats.outputs.web_form import flatten
from albergues_app.formats.outputs.xlsx_in import read_filled
from tests.factories.albergues import make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import SISTEMA, csrf_of
from tests.formats.cases_operacion import CASES
from tests.pdf import text_of

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
    data = form_of("incidente", INCIDENTE[0][0], op_id=uuid7(), csrf_token=csrf_of(page), _version=1)
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


def test_the_paper_says_how_far_the_sheet_is(here, clerk):
    fill(clerk, "incidente", INCIDENTE[0][0], here)
    key = only().id

    def printed():
        return text_of(clerk.get(f"/registros/{key}/hoja.pdf").data)

    assert "BORRADOR, sin firmar" in printed()
    with unit_of_work(SISTEMA):
        only().estado = EstadoRegistro.COMPLETO
    assert "COMPLETO, para firmar" in printed(), "nobody has signed it: it comes out to be signed"
    with unit_of_work(SISTEMA):
        services.annul_registro(only(), "Era de otro albergue")
    assert "ANULADO" in printed()


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


def test_a_draft_of_a_municipality_keeps_its_emergency(app, entra):
    event, client = make_emergencia(), entra("municipal", municipio="1413")
    place = {"municipio": "1413", "emergencia": event.id}
    page = client.get("/registros/nuevo/bitacora_coe", query_string=place)
    assert page.status_code == 200, page.text[:300]
    key, other = uuid7(), make_emergencia(nombre="Otra emergencia")
    typed = {"op_id": key, "_formato": "bitacora_coe", "csrf_token": csrf_of(page.text)}
    for emergencia in (other.id, event.id):  # the second time it moved to another emergency
        sent = {**typed, **place, "emergencia": emergencia}
        assert client.post("/registros/borradores", data=sent).status_code == 204
    kept = db.session.get_one(Borrador, key)
    assert (kept.lugar, kept.emergencia_id) == ("municipio:1413", event.id)
    again = client.get(f"/registros/nuevo/bitacora_coe?borrador={key}").text
    assert f'name="emergencia" value="{event.id}"' in again
    assert event.nombre in again and other.nombre not in again


def test_a_sheet_with_a_field_called_as_the_place_keeps_its_draft_too(app, entra):
    site, client = make_albergue(), entra("municipal", municipio="1413")
    page = client.get(f"/registros/nuevo/evaluacion_sitio?albergue={site.id}").text
    key, address = uuid7(), unescape(re.search(r'data-borrador="([^"]+)"', page)[1])
    typed = {"op_id": key, "_formato": "evaluacion_sitio", "csrf_token": csrf_of(page), "fecha": "20/11/2026"}
    assert client.post(address, data=typed).status_code == 204
    again = client.get(f"/registros/nuevo/evaluacion_sitio?borrador={key}").text
    assert 'value="20/11/2026"' in again and site.nombre in again


def test_a_draft_opens_only_on_its_own_sheet(here, clerk):
    fill(clerk, "incidente", INCIDENTE[1][0], here)
    key, draft = only().id, uuid7()
    page = clerk.get(f"/registros/{key}/corregir").text
    typed = form_of(
        "incidente", INCIDENTE[1][0], op_id=draft, _registro=key, _version=1, csrf_token=csrf_of(page)
    )
    value = "Se rompió el portón azul"
    typed["medida"] = value
    assert clerk.post("/registros/borradores", data={**typed, "_formato": "incidente"}).status_code == 204
    assert value in clerk.get(f"/registros/{key}/corregir?borrador={draft}").text
    assert value not in clerk.get(f"/registros/nuevo/incidente?activacion={here.id}&borrador={draft}").text
    fill(clerk, "incidente", INCIDENTE[1][0], here)
    other = db.session.scalars(select(Registro.id).where(Registro.id != key)).one()
    assert value not in clerk.get(f"/registros/{other}/corregir?borrador={draft}").text
    moved = {**typed, "_formato": "incidente", "_registro": str(other)}
    assert clerk.post("/registros/borradores", data=moved).status_code == 404


def test_what_is_off_the_gate_is_not_found_by_searching(here, entra):
    formato = formatos.latest("incidente")
    result = validate(formato, {**INCIDENTE[0][0], "involucrados_reservado": "Tomasa Raymundo"}, gate=False)
    assert result.answers["involucrados_reservado"] == "Tomasa Raymundo"
    key = uuid7()
    with unit_of_work(SISTEMA):
        save_registro(RegistroNuevo(key, formato, lugar_of_activacion(here.id), result))
    assert "raymundo" not in only().texto
    assert str(key) not in entra("albergue", municipio="1413").get("/registros?q=raymundo").text
    needed = completeness(formato, result.answers, gate=True)
    assert only().completitud == needed


def test_two_who_correct_the_same_version_do_not_overwrite_each_other(here, clerk, entra):
    fill(clerk, "incidente", INCIDENTE[1][0], here)
    key = only().id
    other = entra("municipal", municipio="1413")
    pages = [client.get(f"/registros/{key}/corregir").text for client in (clerk, other)]
    assert all('name="_version" value="1"' in page for page in pages)

    def correct(client, page, text, **more):
        data = form_of("incidente", INCIDENTE[1][0], op_id=uuid7(), csrf_token=csrf_of(page), _version=1)
        data |= {"motivo_correccion": "Lo aclaró el guardia", "medida": text}
        return client.post(f"/registros/{key}/corregir", data={**data, **more})

    assert correct(other, pages[1], "Fue a las nueve").status_code == 303
    wrong = correct(clerk, pages[0], "Fue a las diez", motivo_correccion="")
    assert wrong.status_code == 422 and 'name="_version" value="2"' in wrong.text
    late = correct(clerk, pages[0], "Fue a las diez")
    assert late.status_code == 422
    assert "Cuenta municipal corrigió esta hoja" in late.text and "Fue a las diez" in late.text
    db.session.expire_all()
    assert only().version == 2
    assert correct(clerk, pages[0], "Fue a las diez", _version=2).status_code == 303


def test_a_page_with_errors_keeps_the_version_it_was_opened_on(here, clerk, entra):
    fill(clerk, "incidente", INCIDENTE[1][0], here)
    key = only().id
    page = clerk.get(f"/registros/{key}/corregir").text
    with unit_of_work(SISTEMA):
        only().version = 2
    data = form_of("incidente", INCIDENTE[1][0], op_id=uuid7(), csrf_token=csrf_of(page), _version=1)
    more = clerk.post(f"/registros/{key}/corregir", data={**data, "mas": "personas"})
    assert 'name="_version" value="1"' in more.text
    wrong = clerk.post(f"/registros/{key}/corregir", data={**data, "ocurrido_en": "ayer"})
    assert wrong.status_code == 422 and 'name="_version" value="1"' in wrong.text


def test_annulling_twice_says_that_the_first_reason_stands(here, clerk):
    fill(clerk, "incidente", INCIDENTE[1][0], here)
    key = only().id
    token = csrf_of(clerk.get(f"/registros/{key}").text)
    for motivo, told in (("Se anotó dos veces", "Registro anulado"), ("Otro", "ya estaba anulado")):
        sent = clerk.post(f"/registros/{key}/anular", data={"csrf_token": token, "motivo": motivo})
        assert told in clerk.get(sent.location).text
    db.session.expire_all()
    assert only().motivo == "Se anotó dos veces"


def test_the_export_refuses_what_does_not_fit_and_reads_outside_the_lock(here, clerk, monkeypatch):
    for _ in range(3):
        fill(clerk, "incidente", INCIDENTE[1][0], here)
    seen = []
    monkeypatch.setattr(services, "open_json", lambda *a: seen.append(is_writing()) or open_json(*a))
    book = clerk.get("/registros/exportar.xlsx?formato=incidente").data
    assert len(read_filled(formatos.latest("incidente"), book).records) == 3
    assert seen == [False] * 3
    opened = select(func.count()).select_from(Auditoria).where(Auditoria.accion == "lectura")
    assert db.session.scalar(opened) == 3
    monkeypatch.setattr(read_views, "EXPORT_LIMIT", 2)
    refused = clerk.get("/registros/exportar.xlsx?formato=incidente", follow_redirects=True)
    assert "filtre por albergue" in refused.text
    db.session.expire_all()
    assert db.session.scalar(opened) == 3


def test_a_program_may_spell_the_same_answers_otherwise(here, ficha, app):
    client, headers = app.test_client(), ficha("municipal", municipio="1413")
    answers = INCIDENTE[1][0]
    body = {"id": str(uuid7()), "activacion": str(here.id), "respuestas": answers}
    first = client.post("/api/v1/formatos/incidente/capturas", json=body, headers=headers)
    spelled = {**body, "respuestas": {**answers, "medida": f"  {answers['medida']} ", "clase": "Incidente"}}
    again = client.post("/api/v1/formatos/incidente/capturas", json=spelled, headers=headers)
    assert (again.status_code, again.json) == (200, first.json)
    other = {**body, "respuestas": {**answers, "medida": "Otra cosa"}}
    assert client.post("/api/v1/formatos/incidente/capturas", json=other, headers=headers).status_code == 409


def test_a_program_corrects_the_version_it_read(here, ficha, app):
    client, headers = app.test_client(), ficha("municipal", municipio="1413")
    body = {"id": str(uuid7()), "activacion": str(here.id), "respuestas": INCIDENTE[1][0]}
    client.post("/api/v1/formatos/incidente/capturas", json=body, headers=headers)
    path = f"/api/v1/registros/{body['id']}/versiones"
    change = {"id": str(uuid7()), "version": 1, "motivo": "Faltaba", "respuestas": INCIDENTE[0][0]}
    sent = client.post(path, json=change, headers=headers)
    assert (sent.status_code, sent.json["version"]) == (201, 2), sent.text
    assert client.post(path, json=change, headers=headers).status_code == 200
    late = client.post(path, json={**change, "id": str(uuid7())}, headers=headers)
    assert (late.status_code, late.json["codigo"]) == (422, "version_cambiada")
    foreign = ficha("municipal", municipio="0901")
    assert client.post(path, json={**change, "id": str(uuid7())}, headers=foreign).status_code == 404


def test_a_profession_without_the_place_writes_nothing_it_could_not_read(ficha, app):
    """A format of salud at a department belongs to nobody of a municipality: the door is that of permissions."""
    codes = {f.code for f in formatos.all() if f.area.value == "salud"}
    assert codes == {
        f.code for f in formatos.all() if area_may(Rol.SALUD, Permiso.REGISTRO_EDITAR, f.area)
    } - {f.code for f in formatos.all() if f.area.value == "general"}
    assert not area_may(Rol.ALBERGUE, Permiso.REGISTRO_VER, "salud")
    assert not area_may(Rol.MANDO, Permiso.REGISTRO_VER, "general")


CARD = CASES["kardex"][1][0]


def test_what_is_worked_out_is_the_same_on_screen_paper_workbook_and_api(here, clerk, ficha, app):
    moves = [CARD["movimientos"][0] | {"tipo": "entrada_compra", "cantidad": 347}]
    moves.append(moves[0] | {"tipo": "salida_entrega", "cantidad": 5})
    answers = {**CARD, "movimientos": moves}
    sent = fill(clerk, "kardex", answers, here)
    assert sent.status_code == 303, sent.text
    key = only().id
    assert ">342.00<" in clerk.get(f"/registros/{key}").text
    assert ">342.00</output>" in clerk.get(f"/registros/{key}/corregir").text
    pdf = PdfReader(BytesIO(clerk.get(f"/registros/{key}/hoja.pdf").data))
    assert "342" in " ".join(page.extract_text() for page in pdf.pages)
    book = clerk.get("/registros/exportar.xlsx?formato=kardex").data
    [record] = read_filled(formatos.latest("kardex"), book).records
    assert [row["saldo"] for row in record.raw["movimientos"]] == [347, 342]
    client, headers = app.test_client(), ficha("municipal", municipio="1413")
    typed = {**answers, "movimientos": [moves[0], moves[1] | {"saldo": 340}]}
    body = {"id": str(uuid7()), "activacion": str(here.id), "respuestas": typed}
    kept = client.post("/api/v1/formatos/kardex/capturas", json=body, headers=headers)
    assert kept.status_code == 201, kept.text
    assert ("no_es_lo_calculado", "movimientos[1].saldo") in {
        (a["codigo"], a["campo"]) for a in kept.json["avisos"]
    }
    read = client.get(f"/api/v1/registros/{body['id']}", headers=headers).json
    assert read["respuestas"]["movimientos"][1]["saldo"] == "342.00"


@pytest.mark.parametrize(("codigo", "rol"), [("incidente", "albergue"), ("ficha_medica", "salud")])
def test_a_correction_on_the_screen_keeps_what_the_system_wrote(here, ficha, entra, app, codigo, rol):
    formato = formatos.latest(codigo)
    auto = next(c.name for c in formato.campos if c.auto and c.name != "folio")
    client, headers = app.test_client(), ficha(rol, municipio="1413")
    answers = {**CASES[codigo][1][0], "folio": "X-17", auto: "Marta Cobo"}
    body = {"id": str(uuid7()), "activacion": str(here.id), "respuestas": answers}
    assert client.post(f"/api/v1/formatos/{codigo}/capturas", json=body, headers=headers).status_code == 201
    browser = entra(rol, municipio="1413")
    path = f"/registros/{body['id']}/corregir"
    data = form_of(
        codigo, CASES[codigo][1][0], op_id=uuid7(), csrf_token=csrf_of(browser.get(path).text), _version=1
    )
    sent = browser.post(path, data=data | {"motivo_correccion": "Se aclaró"})
    assert sent.status_code == 303, sent.text
    read = client.get(f"/api/v1/registros/{body['id']}", headers=headers).json["respuestas"]
    assert (read["folio"], read[auto]) == ("X-17", "Marta Cobo")
