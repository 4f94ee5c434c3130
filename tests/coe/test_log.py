"""The log of a COE: folios without gaps, entries that only grow, a chain that anybody can verify from a file."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from albergues_app.coe import queries, verificador
from albergues_app.coe.exports import export_log
from albergues_app.coe.models import Coe, EntradaCoe
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from tests.cli.test_commands import albergues  # noqa: F401 - the fixture
from tests.factories.albergues import make_albergue, make_emergencia

AT = "2026-11-20T10:00:00-06:00"


def coe_json(emergencia, **changes):
    return {
        "id": str(uuid7()), "emergencia": str(emergencia.id), "nivel": "departamental", "departamento": "14",
        "activado_en": "2026-11-19T06:00:00-06:00", "acta": {"numero": "03-2026"}, **changes,
    }  # fmt: skip


def entrada_json(n=1, **changes):
    return {
        "id": str(uuid7()), "ocurrido_en": AT, "tipo": "llamada", "asunto": f"Asunto {n}",
        "detalle": f"Detalle de la entrada {n}", "prioridad": "rutina", **changes,
    }  # fmt: skip


@pytest.fixture
def api(app, ficha):
    client, headers = app.test_client(), ficha("sede", departamento="14")

    def post(path, body, status=201, headers=headers):
        got = client.post(f"/api/v1{path}", json=body, headers=headers)
        assert got.status_code == status, got.text
        return got.json

    return post


@pytest.fixture
def coe(api):
    return api("/coe", coe_json(make_emergencia()))


def write_many(api, coe, count, **changes):
    return [api(f"/coe/{coe['id']}/entradas", entrada_json(n, **changes)) for n in range(1, count + 1)]


def row_of(coe) -> Coe:
    db.session.expire_all()
    return db.session.get_one(Coe, UUID(coe["id"]))


def test_entries_get_folios_from_one_with_what_was_left_out_filled_in(api, coe):
    first, second = write_many(api, coe, 2)
    assert (first["folio"], second["folio"]) == (1, 2)
    assert first["turno"] == "diurno" and first["periodo"] == "20/11/2026 06:00 a 18:00"
    assert first["origen"] == "Cuenta sede", "who writes it, by name"
    night = api(f"/coe/{coe['id']}/entradas", entrada_json(ocurrido_en="2026-11-20T02:00:00-06:00"))
    assert (night["turno"], night["periodo"]) == ("nocturno", "19/11/2026 18:00 a 20/11/2026 06:00")


def test_an_entry_sent_three_times_by_a_bad_network_appears_once(api, coe):
    body = entrada_json()
    bodies = [api(f"/coe/{coe['id']}/entradas", body, status) for status in (201, 200, 200)]
    assert bodies[0] == bodies[1] == bodies[2] and row_of(coe).ultimo_folio == 1
    api(f"/coe/{coe['id']}/entradas", body | {"asunto": "Otro"}, 409)
    assert row_of(coe).ultimo_folio == 1


@pytest.mark.parametrize(
    ("change", "campo"),
    [
        ({"tipo": "rumor"}, "tipo"),
        ({"prioridad": "alta"}, "prioridad"),
        ({"asunto": ""}, "asunto"),
        ({"asunto": "x" * 141}, "asunto"),
        ({"detalle": "  "}, "detalle"),
        ({"ocurrido_en": "2026-11-20T10:00:00"}, "ocurrido_en"),
        ({"rectifica_a": 9}, "rectifica_a"),
    ],
)
def test_a_bad_entry_is_refused_and_takes_no_folio(api, coe, change, campo):
    got = api(f"/coe/{coe['id']}/entradas", entrada_json(**change), 422)
    assert got["campo"] == campo
    assert api(f"/coe/{coe['id']}/entradas", entrada_json())["folio"] == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"nivel": "nacional", "departamento": None}, 404),
        ({"nivel": "nacional"}, 422),
        ({"departamento": None}, 422),
        ({"departamento": "16"}, 404),
        ({"nivel": "municipal", "departamento": None, "municipio": "1413"}, 201),
        ({"nivel": "municipal", "municipio": "1601"}, 422),
    ],
)
def test_a_coe_is_of_a_place_of_ones_territory(api, change, status):
    api("/coe", coe_json(make_emergencia()) | change, status)


def test_outside_its_territory_a_log_does_not_exist_and_some_roles_never_write(api, coe, ficha, app):
    client = app.test_client()
    outside, absent = ficha("sede", departamento="16"), str(uuid7())
    answers = [client.get(f"/api/v1/coe/{key}/entradas", headers=outside).data for key in (coe["id"], absent)]
    assert answers[0] == answers[1]
    api(f"/coe/{coe['id']}/entradas", entrada_json(), 404, headers=outside)
    api(f"/coe/{coe['id']}/entradas", entrada_json(), 403, headers=ficha("registro", municipio="1413"))
    api(f"/coe/{coe['id']}/entradas", entrada_json(), 403, headers=ficha("auditoria"))


def test_a_rectification_names_what_it_corrects_and_a_shelter_code_in_the_text_is_linked(api, coe):
    sitio = make_albergue()
    first, *_ = write_many(api, coe, 1, detalle=f"Piden agua en {sitio.codigo}, no en 9999-999")
    assert first["albergue"] == sitio.codigo
    again = api(f"/coe/{coe['id']}/entradas", entrada_json(rectifica_a=1))
    assert (again["folio"], again["rectifica_a"]) == (2, 1)


def test_late_entries_are_marked(api, coe):
    late = api(f"/coe/{coe['id']}/entradas", entrada_json(ocurrido_en="2026-11-18T10:00:00-06:00"))
    assert late["tardio"] and {a["codigo"] for a in late["avisos"]} == {
        "registro_tardio",
        "antes_de_activarse",
    }


def test_the_list_is_read_in_pages_without_loss(api, coe, app, ficha):
    write_many(api, coe, 5)
    client, headers, after, folios = app.test_client(), ficha("sede", departamento="14"), "", []
    while True:
        page = client.get(f"/api/v1/coe/{coe['id']}/entradas?limite=2{after}", headers=headers).json
        folios += [e["folio"] for e in page["filas"]]
        if page["siguiente"] is None:
            break
        after = f"&despues={page['siguiente']}"
    assert folios == [1, 2, 3, 4, 5]


def test_sixteen_writers_leave_no_gap_and_one_chain(app, api, coe, ficha):
    headers = ficha("sede", departamento="14")

    def send(n):
        return (
            app.test_client()
            .post(f"/api/v1/coe/{coe['id']}/entradas", json=entrada_json(n), headers=headers)
            .status_code
        )

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(send, range(48))) == {201}
    row = row_of(coe)
    assert [e.folio for e in queries.entradas_of(row)] == list(range(1, 49))
    assert queries.verify_log(row).alterada is None


def test_the_database_refuses_to_change_an_entry_and_a_forced_change_is_found(api, coe, albergues):  # noqa: F811
    write_many(api, coe, 3)
    with pytest.raises(DBAPIError, match="solo crece"):
        db.session.execute(text("UPDATE coe_entrada SET tipo = 'radio' WHERE folio = 2"))
    db.session.rollback()
    drop = (
        "DROP TRIGGER coe_entrada_no_update"
        if db.engine.dialect.name == "sqlite"
        else "DROP TRIGGER coe_entrada_solo_crece ON coe_entrada"
    )
    db.session.execute(text(drop))
    db.session.execute(text("UPDATE coe_entrada SET tipo = 'radio' WHERE folio = 2"))
    assert queries.verify_log(row_of(coe)).alterada == 2
    db.session.commit()
    said = albergues("auditoria", "verificar")
    assert said.exit_code == 1 and "folio 2" in said.output, said.output


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_every_changed_byte_of_an_export_is_found(api, coe, kind):
    write_many(api, coe, 2, origen="=HYPERLINK()", detalle="Línea «uno»\nlínea 'dos', y tres")
    whole = export_log(row_of(coe), kind)
    assert verificador.verify(f"b.{kind}", whole) == 2
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(verificador.Altered):
            verificador.verify(f"b.{kind}", changed)
    for shorter in (whole[:-1], whole[: len(whole) // 2], b""):
        with pytest.raises(verificador.Altered):
            verificador.verify(f"b.{kind}", shorter)


def test_an_entry_taken_out_or_swapped_is_named(api, coe):
    import json

    write_many(api, coe, 3)
    whole = json.loads(export_log(row_of(coe), "json"))
    without = whole | {"entradas": whole["entradas"][:1] + whole["entradas"][2:]}
    with pytest.raises(verificador.Altered, match="folio 2"):
        verificador.verify("b.json", json.dumps(without).encode())
    whole["entradas"][1]["asunto"] = "Otra cosa"
    with pytest.raises(verificador.Altered, match="texto del folio 2"):
        verificador.verify("b.json", json.dumps(whole).encode())


def test_the_verifier_runs_with_python_alone(api, coe, tmp_path):
    write_many(api, coe, 2)
    alone = tmp_path / "verificador.py"
    alone.write_bytes(Path(verificador.__file__).read_bytes())

    def alone_on(file):
        words = [sys.executable, "-I", "-S", str(alone), str(file)]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    for kind in ("json", "csv"):
        file = tmp_path / f"b.{kind}"
        file.write_bytes(export_log(row_of(coe), kind))
        done = alone_on(file)
        assert done.returncode == 0 and "folios 1 a 2" in done.stdout, done.stdout + done.stderr
        whole = file.read_text(encoding="utf-8")
        file.write_text(whole.replace("Asunto 2", "Asunto 3"), encoding="utf-8", newline="")
        done = alone_on(file)
        assert done.returncode == 1 and "folio 2" in done.stdout
    (tmp_path / "b.pdf").write_bytes(export_log(row_of(coe), "pdf"))
    done = alone_on(tmp_path / "b.pdf")
    assert (done.returncode, "ALTERADA" in done.stdout, "JSON" in done.stdout) == (2, False, True)


def test_on_paper_an_entry_is_whole_on_its_page_and_says_who_wrote_it(api, coe):
    write_many(api, coe, 40, detalle="Uno.\nDos.\nTres.")
    pages = [page.extract_text() for page in PdfReader(BytesIO(export_log(row_of(coe), "pdf"))).pages]
    assert len(pages) > 3
    assert all(page.count("anotada") == page.count("turno diurno") == page.count("Tres.") for page in pages)
    assert sum(page.count("por Cuenta sede") for page in pages) == 40


def test_the_same_data_give_the_same_paper(api, coe):
    write_many(api, coe, 2, detalle='#set page(paper: "a4") <script> *negrita*')
    one, other = (export_log(row_of(coe), "pdf") for _ in range(2))
    assert one == other and one.startswith(b"%PDF")


def test_texts_are_sealed_and_when_the_key_is_destroyed_the_chain_still_verifies(api, coe):
    write_many(api, coe, 2, asunto="Familia Raymundo Brito")
    stored = db.session.scalars(select(EntradaCoe.contenido)).all()
    assert all(b"Raymundo" not in content for content in stored)
    db.session.execute(text("DELETE FROM sello"))
    db.session.commit()
    row = row_of(coe)
    assert queries.verify_log(row).alterada is None
    assert [e.asunto for e in queries.entradas_of(row)] == [queries.DESTROYED["asunto"]] * 2
    assert verificador.verify("b.json", export_log(row, "json")) == 2


def test_the_terminal_exports_and_verifies(api, coe, albergues, tmp_path):  # noqa: F811
    write_many(api, coe, 3)
    for kind in ("json", "csv", "pdf"):
        assert albergues("coe", "exportar", coe["id"], str(tmp_path / f"b.{kind}")).exit_code == 0
    for kind in ("json", "csv"):
        assert albergues("coe", "verificar", str(tmp_path / f"b.{kind}")).exit_code == 0
    whole = (tmp_path / "b.json").read_bytes()
    (tmp_path / "b.json").write_bytes(whole.replace(b"Detalle de la entrada 2", b"Detalle de la entrada 9"))
    done = albergues("coe", "verificar", str(tmp_path / "b.json"))
    assert done.exit_code == 1 and "folio 2" in done.output
