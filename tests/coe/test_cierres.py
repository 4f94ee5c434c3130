"""Closed periods of a log: every folio in one closure, each on the one before, and what comes late is said to."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from albergues_app.coe import queries, verificador
from albergues_app.coe.cierres import cierres_of, close_period
from albergues_app.coe.exports import export_log
from albergues_app.coe.models import Coe
from albergues_app.coe.services import EntradaNueva, write_entrada
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from tests.conftest import expect_refused
from tests.factories.coe import make_coe
from tests.factories.cuentas import SISTEMA


def write(coe_id, hours_ago=0.0, n=1):
    when = clock.now() - timedelta(hours=hours_ago)
    with unit_of_work(SISTEMA):
        return write_entrada(coe_id, EntradaNueva(uuid7(), when, "radio", f"Asunto {n}", f"Detalle {n}"))


def close(coe_id, hours_ago):
    with unit_of_work(SISTEMA):
        return close_period(coe_id, uuid7(), clock.now() - timedelta(hours=hours_ago)).numero


@pytest.fixture
def coe_id(app):
    return make_coe("14", entries=3).id


@pytest.fixture
def closed(coe_id):
    """Folios 1 to 3 in the first period, 4 and 5 in the second, 6 in none."""
    assert close(coe_id, 6) == 1
    write(coe_id, 5)
    write(coe_id, 4)
    assert close(coe_id, 3) == 2
    write(coe_id)
    return coe_id


def row_of(coe_id):
    db.session.expire_all()
    return db.session.get_one(Coe, coe_id)


def test_every_folio_is_in_one_closure_and_each_stands_on_the_one_before(closed):
    first, second = cierres_of(closed)
    assert [(c.numero, c.folio_desde, c.folio_hasta) for c in (first, second)] == [(1, 1, 3), (2, 4, 5)]
    assert second.anterior == first.huella
    entries = queries.entradas_of(row_of(closed))
    assert (first.cabeza, second.cabeza) == (entries[2].huella, entries[4].huella)
    assert queries.verify_logs() == []


def test_a_late_entry_into_a_closed_period_is_kept_and_said_to_be_so(closed):
    in_time = write(closed)
    assert in_time["avisos"] == [] and in_time["tardio"] is False
    late = write(closed, 3.5)
    assert late["tardio"] and [a["codigo"] for a in late["avisos"]] == ["periodo_cerrado"]
    marked = {e.folio: e.en_cerrado for e in queries.entradas_of(row_of(closed))}
    assert marked == {**dict.fromkeys(range(1, 8), False), 8: True}
    assert close(closed, 0) == 3 and cierres_of(closed)[2].folio_desde == 6  # it is sealed with the next one
    assert {e.folio for e in queries.entradas_of(row_of(closed)) if e.en_cerrado} == {8}


def test_late_means_late_even_by_minutes_once_the_period_is_closed(coe_id):
    close(coe_id, 0.01)
    assert write(coe_id, 0.02)["tardio"] is True


@pytest.mark.parametrize(
    ("hours_ago", "codigo"), [(-1, "hora_futura"), (4, "antes_del_ultimo"), (9_999, "antes_de_activarse")]
)
def test_a_period_is_closed_forward_and_after_it_ended(closed, hours_ago, codigo):
    with expect_refused(codigo):
        close(closed, hours_ago)


def test_nothing_new_is_nothing_to_close(coe_id):
    close(coe_id, 2)
    with expect_refused("nada_que_cerrar"):
        close(coe_id, 1)


@pytest.mark.parametrize("column", ["hasta", "folio_hasta", "cabeza", "gone"])
def test_a_closure_never_changes_and_a_forced_change_is_found(closed, base, column):
    change = {
        "hasta": "UPDATE coe_cierre SET hasta = cerrado_en WHERE numero = 1",
        "folio_hasta": "UPDATE coe_cierre SET folio_hasta = 2 WHERE numero = 1",
        "cabeza": "UPDATE coe_cierre SET cabeza = anterior WHERE numero = 1",
        "gone": "DELETE FROM coe_cierre WHERE numero = 2",
    }[column]
    with pytest.raises(DBAPIError, match="solo crece"):
        db.session.execute(text(change))
    db.session.rollback()
    for name in ("no_update", "no_delete") if base == "sqlite" else ("solo_crece",):
        db.session.execute(
            text(f"DROP TRIGGER coe_cierre_{name}" + ("" if base == "sqlite" else " ON coe_cierre"))
        )
    db.session.execute(text(change))
    (said,) = queries.verify_logs()
    assert f"cierre {2 if column == 'gone' else 1}" in said


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_an_export_carries_its_closures_and_every_changed_byte_is_found(closed, kind):
    whole = export_log(row_of(closed), kind)
    assert verificador.verify(f"b.{kind}", whole) == 6
    start = whole.index(b"cierre")
    for at in range(start, len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(verificador.Altered):
            verificador.verify(f"b.{kind}", changed)


def test_a_closure_forged_with_its_own_hash_is_named(closed):
    content = export_log(row_of(closed), "json")
    whole = json.loads(content)
    head = content[: content.rindex(b'],"cierres":')].decode()

    def resealed(closures):
        lines = head + verificador.closures_line(closures)
        return (lines + verificador.last_line(6, whole["cabeza"], verificador.sha256(lines))).encode()

    first, second = whole["cierres"]
    assert verificador.verify("b.json", resealed([first, second])) == 6
    moved = first | {"folio_hasta": 2}
    moved["huella"] = verificador.hash_of_closure(first["anterior"], moved)
    for closures, said in (
        ([second], "Falta o sobra un período cerrado"),
        ([first, second | {"hasta": first["hasta"]}], "Cambió un dato del cierre 2"),
        ([moved, second], "no son las que se cerraron"),
        ([first, second | {"folio_hasta": 99}], "nombra folios que no están"),
    ):
        with pytest.raises(verificador.Altered, match=said):
            verificador.verify("b.json", resealed(closures))


def test_the_verifier_alone_reads_closures(coe_id, tmp_path):
    alone = tmp_path / "verificador.py"
    alone.write_bytes(Path(verificador.__file__).read_bytes())

    def code(content):
        (tmp_path / "b.json").write_bytes(content)
        words = [sys.executable, "-I", "-S", str(alone), str(tmp_path / "b.json")]
        return subprocess.run(words, capture_output=True, check=False).returncode

    close(coe_id, 1)
    content = export_log(row_of(coe_id), "json")
    assert code(content) == 0
    assert b'"folio_hasta":3' in content
    assert code(content.replace(b'"folio_hasta":3', b'"folio_hasta":2')) == 1
