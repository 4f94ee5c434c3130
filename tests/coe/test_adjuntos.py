"""Files of an entry: kept sealed, chained by their hash, read by who reads the log, never changed."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from albergues_app.audit.models import Auditoria
from albergues_app.coe import queries, verificador
from albergues_app.coe.exports import export_log
from albergues_app.coe.models import AdjuntoCoe
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from tests.capturas.test_adjuntos import SECRET, exif, jpeg, png
from tests.coe.hoja import annotate
from tests.coe.test_log import api, coe, row_of  # noqa: F401 - fixtures

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n9\n%%EOF\n"


@pytest.fixture
def clerk(entra):
    return entra("sede", departamento="14")


def entries(coe):  # noqa: F811
    return queries.entradas_of(row_of(coe))


def test_a_photograph_and_a_pdf_go_with_their_entry_sealed_and_without_what_the_camera_wrote(clerk, coe):  # noqa: F811
    photo = jpeg(exif(1))
    answer = annotate(clerk, coe["id"], {"puente Chixoy.jpg": photo, "oficio 12.pdf": PDF})
    assert answer.status_code == 303, answer.text
    (entry,) = entries(coe)
    assert [(a["nombre"], a["tipo"]) for a in entry.archivos] == [
        ("puente Chixoy.jpg", "jpeg"),
        ("oficio 12.pdf", "pdf"),
    ]
    stored = db.session.execute(select(AdjuntoCoe.contenido, AdjuntoCoe.nombre)).all()
    assert all(b"Chixoy" not in bytes(n) and SECRET not in c and c[:4] != b"%PDF" for c, n in stored)
    page = clerk.get(f"/coe/{coe['id']}").text
    links = re.findall(r'href="(/coe/[^"]+/adjuntos/[^"]+)"[^>]*>.*?</svg>([^<]+)</a>', page)
    assert [name for _, name in links] == ["puente Chixoy.jpg", "oficio 12.pdf"]
    got = [clerk.get(url) for url, _ in links]
    assert SECRET not in got[0].data and got[0].data.startswith(b"\xff\xd8") and got[1].data == PDF
    assert [g.headers["Content-Disposition"].split(";")[0] for g in got] == ["inline", "attachment"]
    assert [hashlib.sha256(g.data).hexdigest() for g in got] == [a["huella"] for a in entry.archivos]
    told = db.session.scalars(
        select(Auditoria.fila_id).where(Auditoria.tabla == "coe_adjunto", Auditoria.accion == "lectura")
    )
    assert set(told) == {a["id"] for a in entry.archivos}
    assert queries.verify_log(row_of(coe)).alterada is None


def test_a_form_that_fails_keeps_its_files_and_the_entry_takes_them_later(clerk, coe):  # noqa: F811
    op_id = str(uuid7())
    back = annotate(clerk, coe["id"], {"foto.png": png()}, asunto="", op_id=op_id)
    assert back.status_code == 422 and entries(coe) == []
    kept = re.search(r'name="adjunto" value="([^"]+)" checked>foto\.png', back.text)
    assert kept, back.text
    assert annotate(clerk, coe["id"], adjunto=kept[1], op_id=op_id).status_code == 303
    assert [a["nombre"] for a in entries(coe)[0].archivos] == ["foto.png"]


def test_sent_three_times_by_a_bad_network_entry_and_file_are_there_once(clerk, coe):  # noqa: F811
    op_id = str(uuid7())
    for _ in range(3):
        assert annotate(clerk, coe["id"], {"foto.png": png()}, op_id=op_id).status_code == 303
    assert [len(e.archivos) for e in entries(coe)] == [1]
    assert len(db.session.scalars(select(AdjuntoCoe.id)).all()) == 1
    assert annotate(clerk, coe["id"], {"otra.png": png(size=1)}, op_id=op_id).status_code == 422
    assert len(entries(coe)) == 1


def test_a_file_of_another_kind_or_cut_or_one_too_many_is_refused_with_a_sentence(clerk, coe):  # noqa: F811
    for files, said in (
        ({"virus.exe": b"MZ\x90"}, "«virus.exe» no es PDF, JPEG ni PNG"),
        ({"hoja.pdf": PDF[:20]}, "«hoja.pdf» está cortado"),
        ({f"{n}.png": png() for n in range(7)}, "Caben 6 archivos"),
    ):
        back = annotate(clerk, coe["id"], files)
        assert back.status_code == 422 and said in back.text, back.text
    assert entries(coe) == []


def test_nobody_attaches_the_file_of_another_account_nor_opens_one_of_another_territory(clerk, coe, entra):  # noqa: F811
    back = annotate(clerk, coe["id"], {"foto.png": png()}, asunto="")
    key = re.search(r'name="adjunto" value="([^"]+)"', back.text)[1]
    assert "ya no está" in annotate(entra("sede", departamento="14"), coe["id"], adjunto=key).text
    assert clerk.get(f"/coe/{coe['id']}/adjuntos/{key}").status_code == 404, "it is of no entry yet"
    annotate(clerk, coe["id"], adjunto=key)
    assert clerk.get(f"/coe/{coe['id']}/adjuntos/{key}").status_code == 200
    assert entra("auditoria").get(f"/coe/{coe['id']}/adjuntos/{key}").status_code == 200
    assert entra("sede", departamento="16").get(f"/coe/{coe['id']}/adjuntos/{key}").status_code == 404
    assert entra("registro", municipio="1413").get(f"/coe/{coe['id']}/adjuntos/{key}").status_code == 403


def test_names_and_hashes_are_in_the_exports_and_in_the_chain(clerk, coe):  # noqa: F811
    annotate(clerk, coe["id"], {"oficio.pdf": PDF}, requiere_accion="1")
    digest = hashlib.sha256(PDF).hexdigest()
    whole = export_log(row_of(coe), "json")
    (entry,) = json.loads(whole)["entradas"]
    assert (
        entry["nombres"] == ["oficio.pdf"]
        and entry["adjuntos"][0]["huella"] == digest
        and entry["requiere_accion"]
    )
    sheet = export_log(row_of(coe), "csv")
    assert verificador.verify("b.json", whole) == verificador.verify("b.csv", sheet) == 1
    other = hashlib.sha256(b"otro").hexdigest()
    for name, content in (("b.json", whole), ("b.csv", sheet)):
        for old, new in ((digest, other), ("oficio.pdf", "oficia.pdf"), ('"peso":45', '"peso":46')):
            changed = content.replace(old.encode(), new.encode())
            if name == "b.csv":
                changed = (
                    changed.replace(b'""peso"":45', b'""peso"":46') if old.startswith('"peso') else changed
                )
            assert changed != content
            with pytest.raises(verificador.Altered, match="folio 1"):
                verificador.verify(name, changed)


def test_the_database_refuses_to_change_a_file_and_a_forced_change_is_found(clerk, coe):  # noqa: F811
    annotate(clerk, coe["id"], {"oficio.pdf": PDF})
    for change in ("UPDATE coe_adjunto SET peso = 1", "DELETE FROM coe_adjunto"):
        with pytest.raises(DBAPIError):
            db.session.execute(text(change))
        db.session.rollback()
    sqlite = db.engine.dialect.name == "sqlite"
    for name in ("coe_adjunto_no_update", "coe_adjunto_no_delete") if sqlite else ("coe_adjunto_solo_crece",):
        db.session.execute(text(f"DROP TRIGGER {name}" + ("" if sqlite else " ON coe_adjunto")))
    sealed = db.session.scalars(select(AdjuntoCoe.contenido)).one()
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    db.session.execute(text("UPDATE coe_adjunto SET contenido = :c"), {"c": changed})
    assert queries.verify_log(row_of(coe)).alterada == 1
    db.session.execute(text("UPDATE coe_adjunto SET contenido = :c"), {"c": sealed})
    assert queries.verify_log(row_of(coe)).alterada is None
    db.session.execute(text("DELETE FROM coe_adjunto"))
    assert queries.verify_log(row_of(coe)).alterada == 1


def test_with_the_key_go_the_file_and_its_name_and_the_chain_still_verifies(clerk, coe):  # noqa: F811
    annotate(clerk, coe["id"], {"oficio.pdf": PDF})
    (entry,) = entries(coe)
    db.session.execute(text("DELETE FROM sello"))
    db.session.commit()
    db.session.remove()  # what this session had read of keys goes with it
    assert clerk.get(f"/coe/{coe['id']}/adjuntos/{entry.archivos[0]['id']}").status_code == 404
    page = clerk.get(f"/coe/{coe['id']}").text
    assert "oficio.pdf" not in page and "Archivo destruido" in page
    row = row_of(coe)
    assert queries.verify_log(row).alterada is None
    assert verificador.verify("b.json", export_log(row, "json")) == 1
    assert verificador.verify("b.csv", export_log(row, "csv")) == 1
