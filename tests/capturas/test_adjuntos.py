"""Files of a filled format: kept with what was typed, without what the camera wrote, read only by who reads the sheet."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import select, text

from albergues_app.accounts.models import Cuenta
from albergues_app.audit.models import Auditoria
from albergues_app.capturas.adjuntos import keep_file
from albergues_app.capturas.models import Adjunto, Registro
from albergues_app.core.db import db
from albergues_app.core.errors import Invalid
from albergues_app.core.ids import uuid7
from albergues_app.core.images import without_metadata
from albergues_app.core.unit_of_work import unit_of_work
from tests.capturas.test_registros import form_of
from tests.factories.albergues import make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import SISTEMA, csrf_of

SECRET = b"GPS 14.6349 -90.5069 CAMARA-DE-JUANA"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*extra: bytes, size: int = 2) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress((b"\0" + b"\x20\x40\x80" * 2) * 2))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + data + chunk(b"IEND", b"")


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def exif(orientation: int) -> bytes:
    """As a telephone writes it: little-endian, another tag first, and a place."""
    tags = struct.pack("<HHII", 0x010F, 2, 4, 0) + struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return segment(0xE1, b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + tags + b"\0\0\0\0" + SECRET)


def jpeg(*extra: bytes, tail: bytes = b"") -> bytes:
    frame = segment(0xC0, struct.pack(">BHHB", 8, 2, 2, 1) + b"\1\x11\0")
    scan = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
        + b"".join(extra)
        + frame
        + scan
        + b"\xff\xd9"
        + tail
    )


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


@pytest.fixture
def clerk(entra):
    return entra("albergue", municipio="1413")


GOODS = {"momento": "apertura", "bienes": [{"bien": "Silla plástica", "cantidad": 20}]}


def send(client, here, files, **more):
    page = client.get(f"/registros/nuevo/inventario_bienes?activacion={here.id}")
    assert 'enctype="multipart/form-data"' in page.text
    data = form_of(
        "inventario_bienes", GOODS, activacion=here.id, op_id=uuid7(), csrf_token=csrf_of(page.text)
    )
    data |= more | {name: (BytesIO(content), "IMG_Juana_20261120.jpg") for name, content in files.items()}
    return client.post("/registros/nuevo/inventario_bienes", data=data, content_type="multipart/form-data")


def kept(client, answer) -> tuple[str, Adjunto]:
    assert answer.status_code == 303, answer.text
    [row] = db.session.scalars(select(Adjunto)).all()
    return f"{answer.location}/archivos/{row.id}", row


@pytest.mark.parametrize(
    "photo",
    [jpeg(exif(6), segment(0xFE, SECRET), tail=SECRET), png(chunk(b"eXIf", SECRET), chunk(b"tEXt", SECRET))],
)
def test_a_photograph_is_kept_sealed_and_without_what_the_camera_wrote(here, clerk, photo):
    path, row = kept(clerk, send(clerk, here, {"bienes-0-foto": photo}))
    raw = db.session.execute(text("SELECT contenido FROM adjunto")).scalar_one()
    assert photo[:20] not in bytes(raw)
    page = clerk.get(path.split("/archivos")[0]).text
    assert f'src="{path}"' in page and "Juana" not in page
    got = clerk.get(path)
    assert (got.status_code, got.mimetype) == (200, f"image/{row.tipo}")
    assert SECRET not in got.data and b"GPS" not in got.data
    assert len(got.data) == row.peso and row.registro_id == db.session.scalars(select(Registro.id)).one()
    opened = db.session.scalars(
        select(Auditoria).where(Auditoria.tabla == "adjunto", Auditoria.accion == "lectura")
    )
    assert [o.fila_id for o in opened] == [str(row.id)]


def test_only_the_orientation_stays():
    clean = without_metadata(jpeg(exif(6), tail=SECRET), "jpeg")
    assert clean.count(b"Exif") == 1 and clean.endswith(b"\xff\xd9")
    assert struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) in clean
    assert b"Exif" not in without_metadata(jpeg(exif(1)), "jpeg")
    plain = jpeg(segment(0xE2, b"ICC_PROFILE\0\1\1color"))
    assert without_metadata(plain, "jpeg") == plain
    assert without_metadata(without_metadata(jpeg(exif(8)), "jpeg"), "jpeg") == without_metadata(
        jpeg(exif(8)), "jpeg"
    )


@pytest.mark.parametrize(
    ("content", "tipo"),
    [
        (jpeg()[:-9], "jpeg"),
        (png()[:-20], "png"),
        (b"\xff\xd8\xff\xe1\xff", "jpeg"),
        (png(size=30_000), "png"),
    ],
)
def test_a_broken_or_enormous_image_is_refused(content, tipo):
    with pytest.raises(Invalid):
        without_metadata(content, tipo)


@pytest.mark.parametrize("setting", ["ADJUNTOS_EMERGENCIA_MB", "ADJUNTOS_CUENTA_MB"])
def test_the_files_of_an_emergency_and_of_an_account_have_a_limit(app, here, clerk, entra, setting):
    app.config[setting] = 1
    cuenta = db.session.scalars(select(Cuenta)).one().id
    with unit_of_work(SISTEMA):
        keep_file(cuenta, uuid7(), here.emergencia_id, "foto", "jpeg", b"x" * (1024 * 1024 - 20_000))
    photo = jpeg(segment(0xDB, b"x" * 40_000))
    refused = send(clerk, here, {"bienes-0-foto": photo})
    assert refused.status_code == 422 and "llegarían a más de 1 MB" in refused.text
    assert f"ALBERGUES_{setting}" in refused.text and 'value="Silla plástica"' in refused.text
    assert (db.session.query(Adjunto).count(), db.session.query(Registro).count()) == (1, 0)
    assert send(clerk, here, {"bienes-0-foto": jpeg()}).status_code == 303, "a small one has room"
    of_another = {"ADJUNTOS_EMERGENCIA_MB": 422, "ADJUNTOS_CUENTA_MB": 303}[setting]
    colleague = entra("albergue", municipio="1413")
    assert send(colleague, here, {"bienes-0-foto": photo}).status_code == of_another
    other = make_activacion(make_albergue(nombre="Salón de Acul"), make_emergencia())
    assert send(clerk, other, {"bienes-0-foto": photo}).status_code == 303, "another emergency"
    app.config[setting] = 0
    assert send(clerk, here, {"bienes-0-foto": photo}).status_code == 303, "no limit"


def test_who_may_not_read_the_sheet_may_not_read_its_file(here, clerk, entra):
    path, row = kept(clerk, send(clerk, here, {"bienes-0-foto": jpeg()}))
    assert entra("municipal", municipio="1413").get(path).status_code == 200
    assert entra("municipal", municipio="0901").get(path).status_code == 404
    assert entra("mando").get(path).status_code == 403
    second = send(clerk, here, {}, **{"bienes-0-foto": str(row.id)})
    assert second.status_code == 303  # names a file of another record: it is not its own
    stolen = f"{second.location}/archivos/{row.id}"
    assert stolen != path and clerk.get(stolen).status_code == 404


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7\n1 0 obj\nstartxref\n9\n%%EOF", "no es JPEG o PNG"),
        (b"MZ\x90\x00" * 40, "no es JPEG o PNG"),
        (jpeg()[:-2], "cortado"),
        (jpeg() + b"\0" * 200, "pasa de"),
    ],
)
def test_a_file_that_cannot_be_kept_is_said_beside_its_field_and_nothing_typed_is_lost(
    here, clerk, monkeypatch, content, sentence
):
    monkeypatch.setattr("albergues_app.core.scans.limit_bytes", lambda: 250)
    answer = send(clerk, here, {"bienes-0-foto": content})
    assert answer.status_code == 422
    assert sentence in answer.text and "Silla plástica" in answer.text
    assert (
        db.session.scalars(select(Registro)).all() == [] and db.session.scalars(select(Adjunto)).all() == []
    )


def test_a_file_survives_an_error_of_another_field_and_a_closed_browser(here, clerk):
    key = uuid7()
    refused = send(clerk, here, {"bienes-0-foto": jpeg()}, op_id=key, **{"bienes-0-cantidad": "muchas"})
    assert refused.status_code == 422
    [row] = db.session.scalars(select(Adjunto)).all()
    assert row.registro_id is None and f'value="{row.id}"' in refused.text
    photo, token = str(row.id), csrf_of(refused.text)
    data = form_of("inventario_bienes", GOODS, activacion=here.id, op_id=key, csrf_token=token)
    draft = clerk.post(
        "/registros/borradores", content_type="multipart/form-data",
        data=data | {"_formato": "inventario_bienes", "bienes-0-foto": (BytesIO(jpeg()), "x.jpg")},
    )  # fmt: skip
    assert draft.json == {"archivos": {"bienes-0-foto": photo}, "errores": {}}
    again = clerk.get(f"/registros/nuevo/inventario_bienes?borrador={key}").text
    assert f'value="{photo}"' in again
    sent = send(clerk, here, {}, op_id=key, **{"bienes-0-foto": photo})
    path, row = kept(clerk, sent)
    assert row.id == UUID(photo) and clerk.get(path).status_code == 200


def test_a_draft_thrown_away_takes_its_files(here, clerk):
    key = uuid7()
    page = clerk.get(f"/registros/nuevo/inventario_bienes?activacion={here.id}").text
    data = {"op_id": key, "activacion": here.id, "_formato": "inventario_bienes", "csrf_token": csrf_of(page)}
    data = {k: str(v) for k, v in data.items()}
    with_file = data | {"bienes-0-foto": (BytesIO(jpeg()), "x.jpg")}
    clerk.post("/registros/borradores", data=with_file, content_type="multipart/form-data")
    assert len(db.session.scalars(select(Adjunto)).all()) == 1
    clerk.post("/registros/borradores/quitar", data={"borrador": str(key), "csrf_token": data["csrf_token"]})
    db.session.expire_all()
    assert db.session.scalars(select(Adjunto)).all() == []


def test_a_file_is_taken_away_by_its_box(here, clerk):
    key = uuid7()
    refused = send(clerk, here, {"bienes-0-foto": jpeg()}, op_id=key, **{"bienes-0-cantidad": "muchas"})
    [row] = db.session.scalars(select(Adjunto)).all()
    assert refused.status_code == 422
    sent = send(clerk, here, {}, op_id=key, _quitar="bienes-0-foto", **{"bienes-0-foto": str(row.id)})
    assert sent.status_code == 303 and "/archivos/" not in clerk.get(sent.location).text
