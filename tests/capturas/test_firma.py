"""Any filled format is signed by the scan of its paper: sealed, superseded and kept, undone by a correction."""

from __future__ import annotations

import hashlib
import json
import re
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select, text

from albergues_app.capturas.models import Registro
from albergues_app.capturas.models_firma import RegistroEscaneo
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from tests.albergues.test_act_scans import JPEG, PDF
from tests.capturas.test_registros import INCIDENTE, fill, form_of
from tests.cli.test_commands import albergues  # noqa: F401 - the fixture
from tests.factories.albergues import make_activacion, make_albergue
from tests.factories.cuentas import csrf_of
from tests.formats.cases_sitio import PARTE_MINIMO


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
    raw = db.session.execute(text("SELECT contenido FROM registro_escaneo")).scalar_one()
    assert b"%PDF" not in bytes(raw), "sealed"
    assert str(sheet) in clerk.get("/registros?estado=firmado").text
    assert str(sheet) not in clerk.get("/registros?estado=guardado").text
    drawn = PdfReader(BytesIO(clerk.get(f"/registros/{sheet}/hoja.pdf").data))
    printed = " ".join(page.extract_text() for page in drawn.pages)
    assert "FIRMADO" in printed and huella in printed
    assert clerk.get(f"/registros/{sheet}/escaneos/1").data == PDF

    attach(clerk, sheet, JPEG, "hoja.jpg")
    scans = db.session.scalars(select(RegistroEscaneo).order_by(RegistroEscaneo.serie)).all()
    assert [(s.serie, s.tipo, s.version) for s in scans] == [(1, "pdf", 1), (2, "jpeg", 1)]
    assert "Sustituido por el n.º 2" in clerk.get(f"/registros/{sheet}").text

    token = csrf_of(clerk.get(f"/registros/{sheet}/corregir").text)
    data = form_of("incidente", INCIDENTE[0][0], op_id=uuid7(), csrf_token=token, _version=1)
    clerk.post(f"/registros/{sheet}/corregir", data={**data, "motivo_correccion": "Faltaba la hora"})
    assert state(sheet) == "guardado", "nobody signed the new version"
    page = clerk.get(f"/registros/{sheet}").text
    assert "De la versión 1" in page and "Vale este" not in page
    assert "version" in dict(re.findall(r'name="(version)" value="(2)"', page))
    assert "corrigió" in attach(clerk, sheet, PDF, version="1").text and state(sheet) == "guardado"
    assert "Hoja firmada: su escaneo" in attach(clerk, sheet, PDF).text and state(sheet) == "firmado"


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_what_is_no_scan_stays_out_and_who_is_outside_finds_nothing(base, sheet, clerk, entra):
    for content in (b"", b"<!doctype html><script>alert(1)</script>", PDF[:-20]):
        assert "No se adjuntó" in attach(clerk, sheet, content).text
    attach(clerk, sheet, PDF)
    assert "ya está adjunto" in attach(clerk, sheet, PDF).text
    assert db.session.query(RegistroEscaneo).count() == 1
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
