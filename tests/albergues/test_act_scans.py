"""The signed act as a scan: by its real bytes, sealed, superseded and kept, never shown inline, inside the territory."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from io import BytesIO

import pytest
from sqlalchemy import text

from albergues_app.albergues.act_scans import attach_escaneo, open_escaneo, recognise
from albergues_app.albergues.acts import issue_acta
from albergues_app.albergues.models import Acta, ActaEscaneo, Activacion
from albergues_app.audit.models import Auditoria
from albergues_app.core import backup
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.closing import opening_figures
from albergues_app.ocupacion.dissociation import dissociate
from albergues_app.ocupacion.services import transition_activacion
from tests.albergues.test_site_pages import post
from tests.conftest import expect_refused
from tests.factories.albergues import OPENED, make_activacion, make_albergue
from tests.factories.cuentas import SISTEMA, csrf_of

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nxref\n0 1\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00abc\xff\xd9"
)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    + _chunk(b"IEND", b"")
)
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
def issued(app):
    """A shelter of Nebaj with its opening act issued."""
    row = make_activacion(make_albergue("1413", nombre="Salón de Nebaj"))
    with unit_of_work(SISTEMA):
        issue_acta(row, "apertura", opening_figures)
    return row


def url(row):
    return f"/activaciones/{row.id}/acta-de-apertura/escaneos"


def attach(client, row, content, name="acta.pdf", kind="application/pdf", **fields):
    page = client.get(url(row)).text
    op = re.search(r'name="op_id" value="([^"]+)"', page)
    data = {"csrf_token": csrf_of(page), "op_id": op.group(1), "escaneo": (BytesIO(content), name, kind)}
    return client.post(url(row), data={**data, **fields}, content_type="multipart/form-data")


def test_an_act_is_unsigned_until_its_scan_is_attached(entra, issued):
    client, page = entra("municipal", municipio="1413"), f"/activaciones/{issued.id}"
    assert "sin firmar" in client.get(page).text
    assert "firmada (escaneo adjunto)" not in client.get(page).text
    done = attach(client, issued, PDF)
    assert done.status_code == 303, done.text
    assert "firmada (escaneo adjunto)" in client.get(page).text and "sin firmar" not in client.get(page).text
    shown = client.get(url(issued)).text
    assert hashlib.sha256(PDF).hexdigest() in shown, "the hash of the file is said"
    assert "Cuenta municipal" in shown, "and who attached it"
    row = db.session.query(ActaEscaneo).one()
    assert (row.serie, row.tipo, row.peso) == (1, "pdf", len(PDF)) and row.cuenta_id and row.adjuntado_en


@pytest.mark.parametrize(
    ("content", "mime", "ending"),
    [(PDF, "application/pdf", "pdf"), (JPEG, "image/jpeg", "jpg"), (PNG, "image/png", "png")],
    ids=["pdf", "jpeg", "png"],
)
def test_it_comes_back_byte_by_byte_as_a_file_to_keep(entra, issued, content, mime, ending):
    client = entra("sede", departamento="14")
    assert attach(client, issued, content, "página.html", "text/html").status_code == 303
    answer = client.get(f"{url(issued)}/1")
    assert answer.data == content
    assert answer.headers["Content-Type"].split(";")[0] == mime
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["Content-Disposition"].endswith(f'-firmada-1.{ending}"')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get(f"{url(issued)}/2").status_code == 404


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "Elija el escaneo"),
        (HTML, "no es PDF, JPEG ni PNG"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "Más compatible"),
        (b"PK\x03\x04" + b"\0" * 40, "no es PDF, JPEG ni PNG"),
        (b"%PDF-1.7\n" + HTML, "cortado o dañado"),
        (PDF[:-20], "cortado o dañado"),
        (JPEG[:-2], "cortado o dañado"),
        (b"\xff\xd8\xff" + HTML + b"\xff\xd9", "cortado o dañado"),
        (PNG[:-6], "cortado o dañado"),
        (PNG[:8] + HTML, "cortado o dañado"),
    ],
    ids=[
        "nothing",
        "html",
        "heic",
        "zip",
        "html in a pdf",
        "cut pdf",
        "cut jpeg",
        "html in a jpeg",
        "cut png",
        "html in a png",
    ],
)
def test_what_is_no_scan_is_refused_with_what_to_do(entra, issued, content, says):
    client = entra("municipal", municipio="1413")
    answer = attach(client, issued, content, "acta.pdf", "application/pdf")
    assert answer.status_code == 422
    assert says in answer.text and 'href="#c-escaneo"' in answer.text
    assert db.session.query(ActaEscaneo).count() == 0


def test_a_scan_over_the_limit_is_refused(app, entra, issued):
    client = entra("municipal", municipio="1413")
    app.config["ESCANEO_MB"] = 0  # one of 1 MB would go through a temporary file of the test client
    answer = attach(client, issued, PDF)
    assert answer.status_code == 422 and "pasa de 0 MB" in answer.text
    assert db.session.query(ActaEscaneo).count() == 0
    app.config["ESCANEO_MB"] = 1
    with expect_refused("escaneo_grande"):
        recognise(PDF[:9] + b"x" * (1024 * 1024) + PDF[9:])
    assert recognise(PDF[:9] + b"x" * (1024 * 1000) + PDF[9:]) == "pdf"


def test_a_newer_one_supersedes_and_the_old_one_is_kept(entra, issued):
    client = entra("municipal", municipio="1413")
    attach(client, issued, PDF)
    again = attach(client, issued, PDF)
    assert again.status_code == 422 and "ya está adjunto" in again.text
    assert attach(client, issued, PNG, "acta.png", "image/png").status_code == 303
    shown = client.get(url(issued)).text
    assert shown.index("N.º 2") < shown.index("Vale este") < shown.index("N.º 1")
    assert "Sustituido por el n.º 2" in shown
    assert client.get(f"{url(issued)}/1").data == PDF and client.get(f"{url(issued)}/2").data == PNG


def test_a_form_sent_twice_attaches_once_and_never_loses_another_file(entra, issued):
    client = entra("municipal", municipio="1413")
    page = client.get(url(issued)).text
    op = re.search(r'name="op_id" value="([^"]+)"', page).group(1)
    assert attach(client, issued, PDF, op_id=op).status_code == 303
    assert attach(client, issued, PDF, op_id=op).status_code == 303
    assert db.session.query(ActaEscaneo).count() == 1
    other = attach(client, issued, JPEG, "a.jpg", "image/jpeg", op_id=op)
    assert other.status_code == 422, "the same form with another file is said, not swallowed"


def test_it_is_seen_inside_the_territory_only_and_by_those_who_may(entra, issued):
    attach(entra("nacional"), issued, PDF)
    make_albergue("1201")
    for rol, place in (
        ("municipal", {"municipio": "1420"}),
        ("sede", {"departamento": "12"}),
        ("albergue", {"albergue": "1201-001"}),
    ):
        client = entra(rol, **place)
        assert {client.get(u).status_code for u in (url(issued), f"{url(issued)}/1")} == {404}, rol
        if rol != "albergue":
            assert post_bare(client, issued).status_code == 404, rol
    for rol in ("mando", "registro", "institucion", "administracion"):
        client = entra(rol, **({"albergue": "1413-001"} if rol == "registro" else {}))
        assert client.get(f"{url(issued)}/1").status_code == 403, rol
    encargado = entra("albergue", albergue="1413-001")
    assert encargado.get(f"{url(issued)}/1").data == PDF
    assert 'type="file"' not in encargado.get(url(issued)).text
    assert post_bare(encargado, issued).status_code == 403


def post_bare(client, row):
    token = csrf_of(client.get("/mi-cuenta").text)
    data = {"csrf_token": token, "escaneo": (BytesIO(PNG), "a.png", "image/png")}
    return client.post(url(row), data=data, content_type="multipart/form-data")


def test_an_act_that_was_not_issued_has_nothing_to_sign(entra, issued):
    client = entra("municipal", municipio="1413")
    assert client.get(f"/activaciones/{issued.id}/acta-de-cierre/escaneos").status_code == 404


def test_the_content_is_sealed_and_stays_out_of_the_trail(app, issued):
    marked = PDF + b"% Marta Ical 1587564440904\n%%EOF"
    with unit_of_work(SISTEMA):
        attach_escaneo(db.session.query(Acta).one(), marked)
    kept = db.session.execute(text("SELECT contenido FROM acta_escaneo")).scalar_one()
    assert b"Marta" not in bytes(kept) and b"%PDF" not in bytes(kept)
    entry = db.session.query(Auditoria).filter_by(tabla="acta_escaneo").one()
    assert "contenido" not in entry.cambios and "huella" in entry.cambios


def test_dissociation_destroys_the_scans_and_says_so(entra, issued):
    with unit_of_work(SISTEMA):
        attach_escaneo(db.session.query(Acta).one(), PDF)
    for state in ("en_cierre", "cerrada"):
        with unit_of_work(SISTEMA):
            transition_activacion(
                issued.id, state, OPENED.replace(hour=20), None, "C-1" if state == "cerrada" else None
            )
    with unit_of_work(SISTEMA):
        db.session.query(Emergencia).one().fin = OPENED.replace(hour=22)
    with unit_of_work(SISTEMA):
        dissociate(db.session.get_one(Activacion, issued.id).emergencia_id)
    client = entra("municipal", municipio="1413")
    answer = client.get(f"{url(issued)}/1")
    assert answer.status_code == 422 and "ya se destruyeron" in answer.text
    assert attach(client, issued, PNG).status_code == 422


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_backup_holds_the_scans(app, issued, tmp_path):
    with unit_of_work(SISTEMA):
        attach_escaneo(db.session.query(Acta).one(), PDF)
    copy = backup.back_up(tmp_path / "a.respaldo")
    with unit_of_work(SISTEMA):
        attach_escaneo(db.session.query(Acta).one(), PNG)
    backup.restore(copy)
    acta = db.session.query(Acta).one()
    assert open_escaneo(acta, 1)[1] == PDF
    with expect_refused("no_encontrado"):
        open_escaneo(acta, 2)


def test_the_form_for_no_file_at_all_comes_back(entra, issued):
    answer = post(entra("municipal", municipio="1413"), url(issued))
    assert answer.status_code == 422 and "Elija el escaneo" in answer.text
