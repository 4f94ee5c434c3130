"""The chain as the database holds it: any column of any entry changed is found, of either edition, in exports too."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from albergues_app.audit.listener import bulk_insert
from albergues_app.audit.sealing import seal_for, seal_json
from albergues_app.coe import eslabones, queries, services, verificador
from albergues_app.coe.exports import export_log
from albergues_app.coe.models import Coe, EntradaCoe
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from tests.coe.test_log import api, coe, entrada_json, row_of, write_many  # noqa: F401 - fixtures
from tests.factories.albergues import OPENED
from tests.factories.coe import make_coe
from tests.factories.cuentas import SISTEMA

NASTY = 'a"b\\c\u2028\x7f ñ 😀 \',"x":'


def loosen() -> None:
    """Take the triggers away, as whoever holds the machine could."""
    sqlite = db.engine.dialect.name == "sqlite"
    for name in ("coe_entrada_no_update", "coe_entrada_no_delete") if sqlite else ("coe_entrada_solo_crece",):
        db.session.execute(text(f"DROP TRIGGER {name}" + ("" if sqlite else " ON coe_entrada")))
    db.session.commit()


def write_as_before(row: Coe, folio: int) -> None:
    """An entry as the first edition wrote it: no hash of the sealed texts, no action, no files."""
    texts = {"asunto": "De antes", "detalle": NASTY, "origen": None, "destino": None}
    with unit_of_work(SISTEMA):
        row = db.session.get_one(Coe, row.id)
        entry = {
            "id": uuid7(), "coe_id": row.id, "folio": folio, "ocurrido_en": OPENED, "registrado_en": OPENED,
            "tipo": "radio", "prioridad": "rutina", "medio": None, "turno": NASTY, "periodo": "p",
            "albergue_codigo": None, "territorio": None, "rectifica_a": None, "tardio": False, "cuenta_id": None,
            "texto": verificador.hash_of_texts("ab" * 16, texts), "requiere_accion": False, "adjuntos": None,
            "sellado": None, "anterior": row.cabeza,
            "contenido": seal_json(seal_for(row.emergencia_id), {"sal": "ab" * 16, **texts}, services.CONTEXT),
        }  # fmt: skip
        # as it was hashed then, spelled here by hand
        spelled = json.dumps(
            [row.cabeza, folio, str(entry["id"]), *["2026-11-18T12:00:00.000000+00:00"] * 2, "radio", "rutina", None,
             NASTY, "p", None, None, None, False, None, entry["texto"]],
            ensure_ascii=False, separators=(",", ":"),
        )  # fmt: skip
        entry["huella"] = verificador.sha256(spelled)
        bulk_insert(db.session, EntradaCoe, [entry])
        row.ultimo_folio, row.cabeza = folio, entry["huella"]


@pytest.fixture
def mixed(api, coe):  # noqa: F811
    """Three entries: as before, as now with all that is free text, as now."""
    write_as_before(row_of(coe), 1)
    body = dict.fromkeys(("medio", "turno", "periodo", "origen", "destino"), NASTY) | {"rectifica_a": 1}
    api(f"/coe/{coe['id']}/entradas", entrada_json(asunto=NASTY, requiere_accion=True) | body)
    write_many(api, coe, 1)
    return coe


def test_entries_of_both_editions_verify_in_the_database_and_in_their_files(mixed):
    row = row_of(mixed)
    assert queries.verify_log(row) == queries.Veredicto(3, None)
    for kind in ("json", "csv"):
        whole = export_log(row, kind)
        assert verificador.verify(f"b.{kind}", whole) == 3
        for at in range(0, len(whole), 3):
            with pytest.raises(verificador.Altered):
                verificador.verify(f"b.{kind}", whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])


def test_a_long_log_is_checked_by_processes_of_their_own_and_says_the_same(mixed, monkeypatch):
    monkeypatch.setattr(eslabones, "LONG", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    db.session.commit()
    assert queries.verify_log(row_of(mixed)) == queries.Veredicto(3, None)
    loosen()
    db.session.execute(text("UPDATE coe_entrada SET periodo = 'x' WHERE folio = 2"))
    db.session.commit()
    assert queries.verify_log(row_of(mixed)).alterada == 2


def other(name: str, value: object) -> object:
    if isinstance(value, bytes):
        return value[:20] + bytes([value[20] ^ 1]) + value[21:]
    if isinstance(value, bool) or name in {"requiere_accion", "tardio"}:
        return not value
    if name == "coe_id":
        return make_coe("13", entries=0).id
    if name in {"id", "cuenta_id"}:
        return uuid7()
    if hasattr(value, "isoformat"):
        return value + timedelta(microseconds=1)
    if name == "folio":
        return 9
    if name == "rectifica_a":
        return 7
    return f"{value or ''}x"[-64:] if name not in {"territorio", "albergue_codigo"} else "99"


@pytest.mark.parametrize("folio", [1, 2])
def test_any_column_of_an_entry_that_is_changed_is_found_in_its_place(mixed, folio):
    loosen()
    table = EntradaCoe.__table__
    mine = (table.c.coe_id == UUID(mixed["id"])) & (table.c.folio == folio)
    before = dict(db.session.execute(select(table).where(mine)).mappings().one())
    key = table.c.id == before["id"]
    changes = {name: other(name, value) for name, value in before.items()}
    connection = db.session.connection()
    for name, value in before.items():
        where = table.c.huella == before["huella"] if name == "id" else key
        connection.execute(table.update().where(where).values({name: changes[name]}))
        assert queries.verify_log(db.session.get_one(Coe, UUID(mixed["id"]))).alterada == folio, name
        connection.execute(
            table.update()
            .where(table.c.anterior == before["anterior"] if name == "id" else key)
            .values({name: value})
        )
    assert queries.verify_log(db.session.get_one(Coe, UUID(mixed["id"]))).alterada is None


def test_an_entry_taken_from_the_end_or_the_middle_is_found(mixed):
    loosen()
    for folio in (3, 2):
        db.session.execute(text("DELETE FROM coe_entrada WHERE folio = :f"), {"f": folio})
        assert queries.verify_log(row_of(mixed)).alterada == folio
        db.session.rollback()


def test_an_export_of_the_first_edition_is_still_read(mixed):
    """Its file as that edition wrote it: one object with indents, the hash of all of it in its canonical spelling."""
    row = row_of(mixed)
    entry = json.loads(export_log(row, "json"))["entradas"][0]
    whole = {
        "formato": "bitacora-coe/1", "coe": services.header_of(row), "entradas": [entry], "total": 1,
        "cabeza": entry["huella"],
    }  # fmt: skip
    spelled = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    whole["huella_archivo"] = verificador.sha256(spelled)
    content = json.dumps(whole, ensure_ascii=False, indent=1).encode()
    assert verificador.verify("b.json", content) == 1
    for at in range(0, len(content), 2):
        with pytest.raises(verificador.Altered):
            verificador.verify("b.json", content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])


def test_a_name_of_a_field_cannot_be_exchanged_for_another(mixed):
    """Values in their order under other names would hash alike: the names are part of the file's spelling."""
    whole = export_log(row_of(mixed), "json").decode()
    for one, two in (('"tipo":', '"prioridad":'), ('"origen":', '"destino":'), ('"texto":', '"sellado":')):
        swapped = whole.replace(one, "@").replace(two, one).replace("@", two)
        lines = swapped.split("\n")
        body = "\n".join(lines[:-2]) + "\n"
        closing = json.loads("{" + lines[-2][1:])
        closing = verificador.last_line(closing["total"], closing["cabeza"], verificador.sha256(body))
        with pytest.raises(verificador.Altered, match="folio 1"):
            verificador.verify("b.json", (body + closing).encode())


def test_texts_cannot_pass_for_destroyed_ones(mixed):
    content = export_log(row_of(mixed), "json").decode()
    lines = content.split("\n")
    entry = json.loads(lines[3])
    entry["sal"], entry["asunto"] = None, "Otra cosa"
    lines[3] = verificador.entry_line(entry)
    body = "\n".join(lines[:-2]) + "\n"
    closing = verificador.last_line(3, entry["huella"], verificador.sha256(body))
    with pytest.raises(verificador.Altered, match="texto del folio 3"):
        verificador.verify("b.json", (body + closing).encode())


def test_a_large_file_is_checked_in_pieces_and_the_place_is_the_same(mixed, api, tmp_path, monkeypatch):  # noqa: F811
    write_many(api, mixed, 20)
    monkeypatch.setattr(verificador, "PARALLEL_BYTES", 1)
    monkeypatch.setattr(verificador.os, "cpu_count", lambda: 3)
    path, whole = tmp_path / "b.json", export_log(row_of(mixed), "json")
    path.write_bytes(whole)
    assert verificador.verify_file(path) == 23
    for folio in (1, 12, 23):
        path.write_bytes(whole.replace(f'"folio":{folio},'.encode(), f'"folio":{folio},"x":1,'.encode()))
        with pytest.raises(verificador.Altered, match=f"folio {folio}"):
            verificador.verify_file(path)
    lines = whole.split(b"\n")
    path.write_bytes(b"\n".join(lines[:9] + lines[10:]))
    with pytest.raises(verificador.Altered, match="se esperaba el folio 9 y está el 10"):
        verificador.verify_file(path)
