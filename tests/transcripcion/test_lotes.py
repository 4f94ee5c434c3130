"""Sheets come in sealed and without the data of the camera; who opens one is noted; nobody outside sees them."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import pytest
from PIL import Image
from sqlalchemy import select, text

from albergues_app.audit.models import Auditoria
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion import dissociation
from albergues_app.transcripcion.lotes import forget_pages
from albergues_app.transcripcion.models import HojaEscaneada, LoteTranscripcion
from tests.factories.albergues import make_activacion, make_albergue
from tests.factories.cuentas import SISTEMA
from tests.transcripcion.hojas import CAMERA, lote_sent, pdf, picture, send, type_line


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


@pytest.fixture
def clerk(entra):
    return entra("albergue", municipio="1413")


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("content", "pages"),
    [(picture(), 1), (picture("PNG"), 1), (picture("WEBP"), 1), (pdf(6), 6)],
    ids=["jpeg", "png", "webp", "pdf"],
)
def test_pages_are_numbered_sealed_and_drawn_anew(here, clerk, content, pages):
    lote = lote_sent(clerk, "boleta_ingreso", here, content)
    rows = list(db.session.scalars(select(HojaEscaneada).order_by(HojaEscaneada.numero)))
    assert [(r.numero, r.pagina) for r in rows] == [(n, n) for n in range(1, pages + 1)]
    assert {r.huella_archivo for r in rows} == {hashlib.sha256(content).hexdigest()}
    for row in rows:
        assert b"\xff\xd8\xff" not in row.contenido[:40], "sealed"
        shown = clerk.get(f"{lote}/hojas/{row.numero}/imagen")
        assert shown.mimetype == "image/jpeg"
        assert hashlib.sha256(shown.data).hexdigest() == row.huella
        image = Image.open(io.BytesIO(shown.data))
        assert image.size == (row.ancho_px, row.alto_px)
        assert not image.getexif() and CAMERA.encode() not in shown.data


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_photograph_taken_sideways_stands_upright(here, clerk):
    exif = Image.Exif()
    exif[0x0112] = 6
    lote_sent(clerk, "incidente", here, picture(size=(1200, 900), exif=exif.tobytes()))
    row = db.session.scalars(select(HojaEscaneada)).one()
    assert (row.ancho_px, row.alto_px) == (900, 1200)


def _png(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    body = zlib.compress(bytes(10_000_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )  # fmt: skip


HOSTILE = {
    "nothing": (b"", "está vacío"),
    "svg": (
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "JPEG, PNG, WebP o PDF",
    ),
    "gif": (picture("GIF"), "JPEG, PNG, WebP o PDF"),
    "tiff": (picture("TIFF", (400, 300)), "JPEG, PNG, WebP o PDF"),
    "html": (b"<!doctype html><script>alert(1)</script>", "JPEG, PNG, WebP o PDF"),
    "zip": (b"PK\x03\x04" + b"\0" * 400, "JPEG, PNG, WebP o PDF"),
    "heic": (b"\0\0\0\x18ftypheic" + b"\0" * 400, "Más compatible"),
    "cut jpeg": (picture()[:2000], "cortado o dañado"),
    "cut png": (picture("PNG")[:900], "cortado o dañado"),
    "cut pdf": (pdf(1)[:500], "cortado o dañado"),
    "html in a pdf": (b"%PDF-1.7\n<script>", "cortado o dañado"),
    "huge dimensions": (_png(60_000, 60_000), "demasiado para una hoja"),
    "a bomb inside the limit": (_png(7000, 8000), ""),
    "a point": (picture("PNG", (1, 1)), "no se podría leer"),
    "a thread": (picture("PNG", (3000, 20)), "no se podría leer"),
}


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_page_is_refused_with_what_to_do_and_nothing_is_kept(here, clerk, name):
    content, says = HOSTILE[name]
    answer = send(clerk, "incidente", here, picture(), content)
    assert answer.status_code == 422, answer.text
    assert says in answer.text and "«foto 1.jpg»" in answer.text
    assert db.session.query(HojaEscaneada).count() == db.session.query(LoteTranscripcion).count() == 0
    assert clerk.get("/salud/vivo").status_code == 200


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_every_file_that_cannot_be_read_is_named_at_once_and_that_none_was_kept(here, clerk):
    answer = send(clerk, "incidente", here, b"not a picture", picture(), picture()[:300])
    assert answer.status_code == 422
    assert (
        "«foto 0.jpg»" in answer.text and "«foto 2.jpg»" in answer.text and "«foto 1.jpg»" not in answer.text
    )
    assert "No se guardó ninguna de las 3" in answer.text
    assert db.session.query(LoteTranscripcion).count() == 0


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_clerk_of_a_shelter_is_not_led_to_a_page_without_a_place_to_choose(here, entra):
    mine = entra("registro", albergue=here.albergue_codigo)
    for page in (mine.get("/transcripcion").text, mine.get("/registros").text):
        assert "nuevo/incidente" in page and "nuevo/sci_201" not in page
    asked = mine.get("/transcripcion/nuevo/sci_201?emergencia=").text
    assert "su cuenta es de un albergue" in asked and "Seguir" not in asked
    assert "nuevo/sci_201" in entra("municipal", municipio="1413").get("/transcripcion").text


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_what_was_hidden_beside_the_picture_does_not_stay(here, clerk):
    """A file that is a picture and a page of HTML at once comes out as the picture alone."""
    evil = b"<script>alert('Marta')</script>"
    lote = lote_sent(clerk, "incidente", here, picture() + evil)
    assert b"script" not in clerk.get(f"{lote}/hojas/1/imagen").data


def test_the_same_sheets_sent_again_are_not_taken_twice(app, here, clerk):
    one, two = picture(text="uno"), picture(text="dos")
    lote = lote_sent(clerk, "incidente", here, one, one)
    assert db.session.query(HojaEscaneada).count() == 1
    import re

    from tests.factories.cuentas import csrf_of

    page = clerk.get(lote).text
    data = {
        "csrf_token": csrf_of(page), "op_id": re.search(r'name="op_id" value="([^"]+)"', page).group(1),
        "hojas": [(io.BytesIO(one), "a.jpg"), (io.BytesIO(two), "b.jpg")],
    }  # fmt: skip
    answer = clerk.post(f"{lote}/hojas", data=data, content_type="multipart/form-data")
    assert answer.status_code == 303
    assert [r.numero for r in db.session.scalars(select(HojaEscaneada).order_by(HojaEscaneada.numero))] == [
        1,
        2,
    ]
    assert "1 ya estaban en este lote" in clerk.get(lote).text


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_more_pages_than_one_sending_takes_are_refused(app, here, clerk):
    app.config["TRANSCRIPCION_HOJAS"] = 2
    assert "tiene 3 páginas" in send(clerk, "incidente", here, pdf(3)).text
    assert (
        "Son más de 2 hojas" in send(clerk, "incidente", here, *(picture(text=str(n)) for n in range(3))).text
    )
    assert db.session.query(LoteTranscripcion).count() == 0


def test_opening_a_picture_is_a_reading_in_the_trail(here, clerk):
    lote = lote_sent(clerk, "incidente", here)
    assert (
        db.session.scalars(
            select(Auditoria).where(Auditoria.tabla == "hoja_escaneada", Auditoria.accion == "lectura")
        ).all()
        == []
    )
    clerk.get(f"{lote}/hojas/1/imagen")
    entry = db.session.scalars(
        select(Auditoria).where(Auditoria.tabla == "hoja_escaneada", Auditoria.accion == "lectura")
    ).one()
    assert entry.fila_id == str(db.session.scalars(select(HojaEscaneada.id)).one()) and entry.cuenta_id
    born = db.session.scalars(
        select(Auditoria).where(Auditoria.tabla == "hoja_escaneada", Auditoria.accion == "alta")
    ).one()
    assert "contenido" not in born.cambios


def test_outside_the_territory_there_is_no_batch(here, clerk, entra):
    lote = lote_sent(clerk, "boleta_ingreso", here)
    assert type_line(clerk, lote, 1, "boleta_ingreso", {}).status_code == 422
    paths = (lote, f"{lote}/hojas/1", f"{lote}/hojas/1/imagen")
    for rol, place in (("municipal", {"municipio": "1420"}), ("sede", {"departamento": "12"})):
        outsider = entra(rol, **place)
        assert {outsider.get(path).status_code for path in paths} == {404}, rol
        assert lote not in outsider.get("/transcripcion").text
        assert outsider.get(f"/transcripcion/nuevo/boleta_ingreso?activacion={here.id}").status_code == 404
    for rol, place in (
        ("municipal", {"municipio": "1413"}),
        ("sede", {"departamento": "14"}),
        ("registro", {"albergue": "1413-001"}),
    ):
        insider = entra(rol, **place)
        assert {insider.get(path).status_code for path in paths} == {200}, rol
        assert lote in insider.get("/transcripcion").text
    for rol in ("mando", "institucion", "administracion", "auditoria"):
        assert {entra(rol).get(path).status_code for path in paths} == {403}, rol


def test_sheets_of_a_profession_are_for_it_alone(here, entra):
    lote = lote_sent(entra("salud"), "ficha_medica", here)
    paths = (lote, f"{lote}/hojas/1", f"{lote}/hojas/1/imagen")
    for rol in ("albergue", "municipal", "proteccion", "nacional"):
        other = entra(rol, municipio="1413") if rol != "nacional" else entra(rol)
        assert {other.get(path).status_code for path in paths} == {404}, rol
        assert other.get(f"/transcripcion/nuevo/ficha_medica?activacion={here.id}").status_code == 404
    assert {entra("salud").get(path).status_code for path in paths} == {200}


def test_the_book_of_the_gate_on_paper_is_typed_here_too(here, clerk):
    page = clerk.get(f"/transcripcion/nuevo/control_ingresos_egresos?activacion={here.id}")
    assert page.status_code == 200 and "Control de ingresos y egresos" in page.text


def test_dissociation_takes_the_pictures(here, clerk):
    lote = lote_sent(clerk, "incidente", here)
    emergencia_id = here.emergencia_id
    with unit_of_work(SISTEMA):
        forget_pages(emergencia_id)
        db.session.execute(text("DELETE FROM sello"))
    row = db.session.scalars(select(HojaEscaneada)).one()
    assert row.contenido == b"" and db.session.scalars(select(LoteTranscripcion.nombre)).one() == ""
    assert clerk.get(f"{lote}/hojas/1/imagen").status_code == 422


def test_what_is_forgotten_in_clear_is_written_over_on_every_database():
    names = {model.__tablename__ for model in dissociation.WIPED}
    assert {"registro", "folio_papel", "lote_transcripcion", "hoja_escaneada", "persona_version"} <= names
