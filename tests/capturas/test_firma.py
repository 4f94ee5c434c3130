"""Any filled format is signed by the scan of its paper, or its folio with who and when; a correction undoes it."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import select, text

from albergues_app.audit.models import Captura, Lectura
from albergues_app.capturas.models import Registro
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.migrations import run
from albergues_app.pliegos.models_firma import HojaFirmada
from tests.albergues.test_act_scans import JPEG, PDF
from tests.capturas.test_registros import INCIDENTE, fill, form_of
from tests.cli.test_commands import albergues  # noqa: F401 - the fixture
from tests.factories.albergues import make_activacion, make_albergue
from tests.factories.cuentas import csrf_of
from tests.formats.cases_sitio import APERTURA, PARTE_MINIMO


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


@pytest.fixture
def clerk(entra):
    return entra("albergue", municipio="1413")


@pytest.fixture
def sheet(here, clerk):
    """A sheet that was kept, by its id."""
    fill(clerk, "incidente", INCIDENTE[1][0], here)
    return db.session.scalars(select(Registro.id)).one()


def attach(client, key, content, name="hoja.pdf", **fields):
    page = client.get(f"/registros/{key}").text
    values = dict(re.findall(r'name="(op_id|version)" value="([^"]+)"', page))
    data = {"csrf_token": csrf_of(page), **values, "escaneo": (BytesIO(content), name), **fields}
    done = client.post(f"/registros/{key}/escaneos", data=data, content_type="multipart/form-data")
    db.session.expire_all()
    return done if done.status_code != 303 else client.get(done.location)


def state(key):
    db.session.expire_all()
    return db.session.get_one(Registro, key).estado


def test_a_sheet_is_signed_by_its_scan_which_page_list_and_paper_show_and_a_correction_undoes(sheet, clerk):
    page = attach(clerk, sheet, PDF)
    huella = hashlib.sha256(PDF).hexdigest()
    assert state(sheet) == "firmado" and huella in page.text and "Cuenta albergue" in page.text
    raw = db.session.execute(text("SELECT contenido FROM hoja_firmada")).scalar_one()
    assert b"%PDF" not in bytes(raw), "sealed"
    assert str(sheet) in clerk.get("/registros?estado=firmado").text
    assert str(sheet) not in clerk.get("/registros?estado=guardado").text
    drawn = PdfReader(BytesIO(clerk.get(f"/registros/{sheet}/hoja.pdf").data))
    printed = " ".join(page.extract_text() for page in drawn.pages)
    assert "FIRMADO" in printed and huella in printed
    assert clerk.get(f"/registros/{sheet}/escaneos/1").data == PDF

    attach(clerk, sheet, JPEG, "hoja.jpg")
    scans = db.session.scalars(select(HojaFirmada).order_by(HojaFirmada.serie)).all()
    assert [(s.serie, s.tipo) for s in scans] == [(1, "pdf"), (2, "jpeg")]
    assert "Anterior" in clerk.get(f"/registros/{sheet}").text

    token = csrf_of(clerk.get(f"/registros/{sheet}/corregir").text)
    data = form_of("incidente", INCIDENTE[0][0], op_id=uuid7(), csrf_token=token, _version=1)
    clerk.post(f"/registros/{sheet}/corregir", data={**data, "motivo_correccion": "Faltaba la hora"})
    assert state(sheet) == "guardado", "nobody signed the new version"
    page = clerk.get(f"/registros/{sheet}").text
    assert "De la versión 1" in page and "Vale esta" not in page
    assert "version" in dict(re.findall(r'name="(version)" value="(2)"', page))
    assert "corrigió" in attach(clerk, sheet, PDF, version="1").text and state(sheet) == "guardado"
    assert "Hoja firmada: su escaneo" in attach(clerk, sheet, PDF).text and state(sheet) == "firmado"


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_what_is_no_scan_stays_out_and_who_is_outside_finds_nothing(base, sheet, clerk, entra):
    for content in (b"", b"<!doctype html><script>alert(1)</script>", PDF[:-20]):
        assert attach(clerk, sheet, content).status_code == 422
    attach(clerk, sheet, PDF)
    assert "ya está adjunto" in attach(clerk, sheet, PDF).text
    assert db.session.query(HojaFirmada).count() == 1
    far = entra("municipal", municipio="0901")
    assert far.get(f"/registros/{sheet}/escaneos/1").status_code == 404
    token = csrf_of(far.get("/registros").text)
    assert far.post(f"/registros/{sheet}/escaneos", data={"csrf_token": token}).status_code == 404


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_scan_by_who_prints_what_stands_off_the_gate_is_opened_by_those_professions_alone(
    base, here, entra, app, ficha, clerk
):
    body = {"id": str(uuid7()), "activacion": str(here.id), "respuestas": PARTE_MINIMO}
    headers = ficha("albergue", municipio="1413")
    kept = app.test_client().post("/api/v1/formatos/parte_diario/capturas", json=body, headers=headers)
    assert kept.status_code == 201, kept.text
    key, health = kept.json["id"], entra("salud", municipio="1413")
    attach(clerk, key, PDF)
    attach(health, key, JPEG)
    assert clerk.get(f"/registros/{key}/escaneos/1").data == PDF
    assert clerk.get(f"/registros/{key}/escaneos/2").status_code == 404
    assert health.get(f"/registros/{key}/escaneos/2").data == JPEG
    assert "Lo abre salud o protección" in clerk.get(f"/registros/{key}").text


def test_the_terminal_signs_too_and_refuses_what_is_no_scan(sheet, albergues, tmp_path):  # noqa: F811
    (tmp_path / "a.pdf").write_bytes(PDF)
    (tmp_path / "b.txt").write_bytes(b"hola")
    bad = albergues("formato", "firmar", str(sheet), str(tmp_path / "b.txt"))
    assert bad.exit_code == 2 and "Error:" in bad.output and state(sheet) == "guardado"
    done = albergues("formato", "firmar", str(sheet), str(tmp_path / "a.pdf"))
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[-1])["estado"] == "firmado" == state(sheet)
    assert albergues("formato", "firmar", str(sheet), str(tmp_path / "a.pdf")).exit_code == 1, "already there"


SIGNED = "2026-05-14T08:30"
WHO = {"folio": "LIBRO-4 017", "firmada_en": SIGNED, "firmante-0": "Rosa Ixchop"}


def words(pdf):
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def sign_by_page(client, address, content=b"", **fields):
    """Send the form of a signed paper as the page at ``address`` shows it."""
    page = client.get(address).text
    action = re.search(r'enctype="multipart/form-data" novalidate action="([^"]+)"', page)[1]
    hidden = dict(re.findall(r'name="(op_id|version)" value="([^"]+)"', page))
    data = {"csrf_token": csrf_of(page), **hidden, "escaneo": (BytesIO(content), "h.pdf"), **fields}
    done = client.post(action, data=data, content_type="multipart/form-data")
    db.session.expire_all()
    return done


def test_without_a_scan_a_sheet_is_signed_by_folio_hour_and_who_and_its_paper_says_so(sheet, clerk):
    address = f"/registros/{sheet}"
    refused = sign_by_page(clerk, address, folio="LIBRO-4 017", **{"firmante-0": " "})
    assert refused.status_code == 422 and state(sheet) == "guardado"
    assert 'value="LIBRO-4 017"' in refused.text, "what was typed comes back"
    assert 'href="#c-firmada_en"' in refused.text and 'href="#c-firmante-0"' in refused.text
    assert sign_by_page(clerk, address, **{**WHO, "folio": ""}).status_code == 422
    assert sign_by_page(clerk, address, **WHO).status_code == 303 and state(sheet) == "firmado"
    raw = db.session.execute(text("SELECT firmantes FROM hoja_firmada")).scalar_one()
    assert b"Ixchop" not in bytes(raw), "sealed"
    printed = words(clerk.get(f"{address}/hoja.pdf").data)
    assert "FIRMADO" in printed and "LIBRO-4 017" in printed and "14/05/2026 08:30" in printed
    assert "Rosa Ixchop" in printed

    attach(clerk, sheet, PDF)
    printed = words(clerk.get(f"{address}/hoja.pdf").data)
    assert "Rosa Ixchop" in printed and "LIBRO-4 017" in printed and "SHA-256" in printed, (
        "one adds to the other"
    )


def test_an_act_that_opens_a_shelter_is_not_signed_by_a_folio_alone(app, ficha):
    place = make_activacion(make_albergue(capacidad=None), abierta_en=None, administrador=None)
    client, headers = app.test_client(), ficha("municipal", municipio="1413")
    body = {"id": str(uuid7()), "activacion": str(place.id), "respuestas": APERTURA}
    kept = client.post("/api/v1/formatos/acta_apertura/capturas", json=body, headers=headers).json["id"]
    signed = {
        "id": str(uuid7()), "version": 1, "folio": "1", "firmada_en": f"{SIGNED}:00-06:00",
        "firmantes": [{"linea": "Quien pasaba por ahí", "nombre": "Rosa Ixchop"}],
    }  # fmt: skip
    done = client.post(f"/api/v1/registros/{kept}/escaneos", json=signed, headers=headers)
    assert (done.status_code, done.json["codigo"]) == (422, "linea_desconocida"), done.text
    signed["firmantes"][0]["linea"] = re.search(r"Son: ([^;.]+)", done.json["mensaje"])[1]
    twice = {**signed, "firmantes": [signed["firmantes"][0], {**signed["firmantes"][0], "nombre": "Otra"}]}
    done = client.post(f"/api/v1/registros/{kept}/escaneos", json=twice, headers=headers)
    assert (done.status_code, done.json["codigo"]) == (422, "linea_repetida"), "its paper has room for one"
    done = client.post(f"/api/v1/registros/{kept}/escaneos", json=signed, headers=headers)
    assert (done.status_code, done.json["codigo"]) == (422, "falta_escaneo"), done.text
    assert state(UUID(kept)) == "guardado"


@pytest.fixture
def terminal(albergues):  # noqa: F811
    return albergues


@pytest.fixture
def household(here, ficha, app):
    """A family that came in by a boleta: its id, that of the boleta, and the address of its boletas."""
    answers = {
        "ocurrido_en": "2026-11-19T18:05:00-06:00",
        "personas": [{"nombres": "Ana", "sexo": "mujer", "edad": 30, "edad_unidad": "anios"}],
    }
    body = {"id": str(uuid7()), "activacion": str(here.id), "respuestas": answers}
    headers = ficha("registro", municipio="1413")
    sent = app.test_client().post("/api/v1/formatos/boleta_ingreso/capturas", json=body, headers=headers)
    assert sent.status_code == 201, sent.text
    taken = select(Captura.objeto_id, Captura.id).where(Captura.formato == "boleta_ingreso")
    found = db.session.execute(taken).one()
    return found[0], found[1], f"/activaciones/{here.id}/familias/{found[0]}"


def test_a_boleta_is_signed_on_its_page_by_program_and_by_terminal_and_a_far_account_finds_none(
    household,
    here,
    entra,
    ficha,
    app,
    terminal,
    tmp_path,
):
    _familia, boleta, address = household
    client = entra("registro", municipio="1413")
    assert "Borrador, sin firmar" in client.get(f"{address}/boletas").text
    assert "BORRADOR" in words(client.get(f"{address}/boleta.pdf").data)
    done = sign_by_page(client, f"{address}/boletas", **WHO)
    assert done.status_code == 303, done.text
    page, printed = client.get(done.location).text, words(client.get(f"{address}/boleta.pdf").data)
    assert "Firmada" in page and "Rosa Ixchop" in page
    assert "FIRMADO" in printed and "LIBRO-4 017" in printed and "Rosa Ixchop" in printed

    api, headers = app.test_client(), ficha("registro", municipio="1413")
    signed = {"id": str(uuid7()), "contenido": b64encode(PDF).decode()}
    where = f"/api/v1{address}/boletas/{boleta}/firmas"
    far = ficha("registro", municipio="0901")
    assert api.post(where, json=signed, headers=far).status_code == 404
    assert api.get(f"/api/v1{address}/boletas", headers=far).status_code == 404
    first = api.post(where, json=signed, headers=headers)
    again = api.post(where, json=signed, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200) and first.json == again.json
    listed = api.get(f"/api/v1{address}/boletas", headers=headers).json["filas"]
    assert [(b["id"], b["estado"], b["firma"]["folio"]) for b in listed] == [
        (str(boleta), "firmado", "LIBRO-4 017")
    ]
    assert client.get(f"{address}/boletas/escaneos/2").data == PDF
    assert entra("registro", municipio="0901").get(f"{address}/boletas/escaneos/2").status_code == 404

    (tmp_path / "b.jpg").write_bytes(JPEG)
    told = terminal("formato", "firmar", str(boleta), str(tmp_path / "b.jpg"))
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout.splitlines()[-1])["estado"] == "firmado"
    bad = terminal("formato", "firmar", str(boleta), "--folio", "9")
    assert bad.exit_code == 2 and "cuándo se firmó" in bad.output


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_who_reads_who_signed_a_boleta_or_its_scan_is_told_to_that_family(household, entra, ficha, app):
    _familia, _boleta, address = household
    client = entra("registro", municipio="1413")
    sign_by_page(client, f"{address}/boletas", PDF, **WHO)
    read = db.session.query(Lectura).count()
    assert "Rosa Ixchop" in client.get(f"{address}/boletas").text
    assert client.get(f"{address}/boletas/escaneos/1").data == PDF
    listed = app.test_client().get(f"/api/v1{address}/boletas", headers=ficha("registro", municipio="1413"))
    assert "Rosa Ixchop" in listed.text
    seen = db.session.scalars(select(Lectura.pantalla).order_by(Lectura.id)).all()
    assert seen[read:] == ["web:boletas", "web:boleta_escaneo", "api:boletas"]


def test_going_back_keeps_the_scans_of_records_and_drops_what_the_old_version_could_not_hold(
    sheet,
    clerk,
    household,
):
    attach(clerk, sheet, PDF)
    sign_by_page(clerk, f"/registros/{sheet}", **WHO)
    sign_by_page(clerk, f"{household[2]}/boletas", PDF)
    assert db.session.execute(text("SELECT count(*) FROM hoja_firmada")).scalar_one() == 3
    db.session.remove()
    run.downgrade("0044")
    old = db.session.execute(text("SELECT version, serie, tipo FROM registro_escaneo")).all()
    assert old == [(1, 1, "pdf")]
    db.session.remove()
    run.upgrade()
    assert clerk.get(f"/registros/{sheet}/escaneos/1").data == PDF
