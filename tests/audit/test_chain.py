"""The chained trail (confiabilidad.md T20): in order under concurrency, and any changed byte is found."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from albergues_app.audit.chain import GENESIS, verify
from albergues_app.audit.models import APPEND_ONLY, Auditoria
from albergues_app.audit.sealed import altered_rows
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.services import PersonaNueva, correct_persona
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    persona,
)
from tests.factories.coe import make_sci
from tests.factories.cuentas import SISTEMA, make_cuenta

COLUMNS = (
    "seq", "registrado_en", "cuenta_id", "actor", "via", "accion", "tabla", "fila_id", "cambios", "anterior",
    "huella",
)  # fmt: skip


@pytest.fixture
def tamper(app, base):
    """Run statements as who owns the file would: the triggers are dropped first."""

    def run(*statements, **values):
        with db.engine.connect() as connection:
            if base == "postgres":
                connection.execute(text("SET session_replication_role = replica"))
            else:
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
                for table in APPEND_ONLY:
                    for verb in ("update", "delete"):
                        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
            for statement in statements:
                connection.execute(text(statement), values)
            connection.commit()
            if base == "postgres":
                connection.execute(text("SET session_replication_role = DEFAULT"))
                connection.commit()
        db.session.rollback()

    return run


def links():
    db.session.rollback()
    return db.session.query(Auditoria).order_by(Auditoria.seq).all()


def some_history():
    activacion = make_activacion()
    ingreso(activacion, persona(), persona())
    with unit_of_work(Actor("ana@ejemplo.gt", "web", make_cuenta("sede", departamento="14").id)):
        db.session.query(Emergencia).one().nombre = "Otro nombre"
    return activacion


def test_links_are_numbered_without_gaps_and_each_holds_the_hash_before(app):
    some_history()
    rows = links()
    assert [r.seq for r in rows] == list(range(1, len(rows) + 1))
    assert [r.anterior for r in rows] == [GENESIS, *(r.huella for r in rows[:-1])]
    verdict = verify(db.session())
    assert (verdict.intact, verdict.links, verdict.head) == (True, len(rows), rows[-1].huella)


def test_a_link_says_who_which_row_and_old_and_new(app):
    some_history()
    last = links()[-1]
    assert (last.actor, last.via, last.accion, last.tabla) == (
        "ana@ejemplo.gt",
        "web",
        "cambio",
        "emergencia",
    )
    assert last.cambios == '{"nombre":["Tormenta de práctica","Otro nombre"]}'
    assert last.cuenta_id is not None and last.fila_id == str(db.session.query(Emergencia).one().id)


def test_the_old_value_is_there_also_after_a_commit_forgot_it(app):
    row = make_emergencia(nombre="Uno")
    for nombre in ("Dos", "Tres"):
        with unit_of_work(SISTEMA):
            db.session.get_one(Emergencia, row.id).nombre = nombre
    assert [r.cambios for r in links()[-2:]] == ['{"nombre":["Uno","Dos"]}', '{"nombre":["Dos","Tres"]}']


def test_what_is_sensitive_is_named_and_never_told(app):
    body = ingreso(
        make_activacion(), persona(nombres="Xochitlzinha", apellidos="Chocoy", cui="1587564440904", edad=33)
    )
    with unit_of_work(SISTEMA):
        correct_persona(
            PersonaNueva(id=_uuid(body["personas"][0]["id"]), nombres="Otoniela", sexo="hombre", edad=44),
            "Se leyó mal",
        )
    told = [r.cambios for r in links() if r.tabla == "persona_version"]
    assert len(told) == 2
    for text_ in told:
        assert '"nombres":"·"' in text_ and '"sexo":"·"' in text_ and '"nacimiento":"·"' in text_
        for value in ("Xochitlzinha", "Chocoy", "Otoniela", "1587564440904", "hombre", "mujer", "leyó"):
            assert value not in text_, value


def _uuid(text_):
    from uuid import UUID

    return UUID(text_)


def test_sixteen_writers_make_one_chain_in_order(app):
    writers, writes, gate = 16, 6, threading.Barrier(16)
    places = [make_activacion(make_albergue(), None) for _ in range(2)]
    ids = [(p.id, p) for p in places]

    def write(n):
        with app.app_context():
            gate.wait()
            for i in range(writes):
                from albergues_app.albergues.models import Activacion

                activacion = db.session.get(Activacion, ids[n % 2][0])
                ingreso(activacion, persona(), persona(), ocurrido_en=OPENED + timedelta(minutes=n * 10 + i))

    before = len(links())
    with ThreadPoolExecutor(writers) as pool:
        for done in [pool.submit(write, n) for n in range(writers)]:
            done.result()
    rows = links()
    # of each household: family, two persons, two versions, two memberships, two movements
    assert len(rows) - before == writers * writes * 9
    assert [r.seq for r in rows] == list(range(1, len(rows) + 1))
    assert verify(db.session()).intact


@pytest.mark.parametrize(
    ("base", "verb"),
    [
        ("sqlite", "UPDATE"),
        ("sqlite", "DELETE"),
        ("postgres", "UPDATE"),
        ("postgres", "DELETE"),
        ("postgres", "TRUNCATE"),
    ],
    indirect=["base"],
)
def test_the_database_itself_refuses_to_change_what_only_grows(app, base, verb):
    some_history()
    column = {
        "auditoria": "actor",
        "lectura": "via",
        "captura": "folio",
        "conflicto": "clase",
        "movimiento": "tipo",
        "acta_escaneo": "tipo",
        "entrega_linea": "medio",
        "entrega_escaneo": "tipo",
        "formato_edicion": "huella",
        "codigo_oficial": "codigo",
        "hoja_oficial": "fuente",
        "aprobacion": "titulo",
        "consolidado": "huella",
        "consolidado_transicion": "de",
        "aprobacion_respuesta": "respuesta",
        "coe_entrada": "tipo",
        "coe_resumen": "version",
        "coe_recurso_paso": "estado",
        "coe_mensaje": "prioridad",
        "coe_mensaje_respuesta": "folio",
        "coe_grado": "grado",
        "coe_cierre": "huella",
        "boletin_paso": "de",
        "boletin_sellado": "huella",
        "compromiso_paso": "clase",
        "compromiso_evidencia": "tipo",
        "hoja_firmada": "tipo",
        "registro_efecto": "clase",
        "union_personas": "clase",
    }
    numbers = {"coe_resumen", "coe_mensaje_respuesta"}
    _fill_every_append_only_table()
    make_sci()
    for table in APPEND_ONLY:
        statement = {
            "UPDATE": f"UPDATE {table} SET {column[table]} = {'1' if table in numbers else repr('x')}",
            "DELETE": f"DELETE FROM {table}",
            "TRUNCATE": f"TRUNCATE {table} CASCADE",
        }[verb]
        with pytest.raises(DBAPIError, match="solo crece"), unit_of_work(SISTEMA):
            db.session.execute(text(statement))
        db.session.rollback()
        assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() > 0, table


def _fill_every_append_only_table():
    from albergues_app.albergues.act_scans import attach_escaneo
    from albergues_app.albergues.acts import issue_acta
    from albergues_app.aprobaciones.services import answer
    from albergues_app.audit.listener import record_reading
    from albergues_app.audit.operations import once
    from albergues_app.coe.cierres import close_period
    from albergues_app.compromisos.evidencias import Archivo
    from albergues_app.compromisos.services import fulfil
    from albergues_app.core import clock
    from albergues_app.core.ids import uuid7
    from albergues_app.definiciones import official
    from albergues_app.entregas.models import EntregaFormatos
    from albergues_app.entregas.services import attach_escaneo as attach_receipt
    from albergues_app.ocupacion.services.ingreso_rows import CapturaNueva
    from tests.albergues.test_act_scans import PDF
    from tests.factories.albergues import OPENED
    from tests.factories.aprobaciones import make_aprobacion
    from tests.factories.boletines import make_borrador, seal, three_persons
    from tests.factories.coe import make_coe
    from tests.factories.compromisos import make_compromiso
    from tests.factories.consolidados import make_consolidado
    from tests.factories.entregas import make_entrega
    from tests.factories.formatos import make_published
    from tests.guards.world import make_joined

    activacion = make_activacion()
    ingreso(activacion, captura=CapturaNueva("boleta_ingreso", "1", {"a": 1}))
    with unit_of_work(SISTEMA):
        attach_escaneo(issue_acta(activacion, "apertura", lambda _: {}), PDF)
    operation = uuid4()
    for content in ("uno", "dos"):
        with unit_of_work(SISTEMA):
            once(operation, "prueba", content, None, dict)
    with unit_of_work(SISTEMA):
        record_reading(db.session(), [uuid4()], "prueba")
    entrega = make_entrega().id
    with unit_of_work(SISTEMA):
        attach_receipt(db.session.get_one(EntregaFormatos, entrega), PDF)
    _sign_a_sheet(activacion)
    make_published()
    make_consolidado(activacion.emergencia_id, "1413")
    coe_id = make_coe().id  # with the first line of its levels
    make_joined(activacion, OPENED)
    persons = three_persons()
    seal(make_borrador(persons[0], activacion.emergencia_id, "14", OPENED), persons)
    done = make_compromiso()
    with unit_of_work(SISTEMA):
        close_period(coe_id, uuid7(), clock.now())
        fulfil(done, "Se llevó", Archivo("pdf", PDF))
    asked = make_aprobacion(make_cuenta("albergue", municipio="1413").id).id
    with unit_of_work(Actor("sede", "web", make_cuenta("sede", departamento="14").id)):
        answer(asked, "rechazada", "No")
    with unit_of_work(SISTEMA):
        official.set_codigo_oficial("incidente", "F13-021", "Circular 2", None)
        official.attach_blank("incidente", PDF, 1, "hoja.pdf", "Circular 2", None)


def _sign_a_sheet(activacion):
    from albergues_app.capturas.firma import Hecho, note_effect, sign_registro
    from albergues_app.capturas.models import Registro
    from albergues_app.capturas.places import Lugar
    from albergues_app.capturas.services import RegistroNuevo, save_registro
    from albergues_app.core.ids import uuid7
    from albergues_app.formats import catalogo as formatos
    from albergues_app.formats.engine import Result
    from albergues_app.pliegos.firmas import FirmaNueva
    from tests.albergues.test_act_scans import PDF

    key, municipio = uuid7(), activacion.municipio_codigo
    place = Lugar(
        "", "", municipio[:2], municipio, activacion.albergue_codigo, activacion.albergue_id, activacion.id,
        activacion.emergencia_id,
    )  # fmt: skip
    with unit_of_work(SISTEMA):
        save_registro(RegistroNuevo(key, formatos.latest("incidente"), place, Result({})))
        sign_registro(key, 1, FirmaNueva(PDF))
        note_effect(
            key, db.session.get_one(Registro, key).captura_id, Hecho("activacion", activacion.id, "Se abrió")
        )


CHANGES = {
    "seq": "seq + 1000000",
    "registrado_en": {
        "sqlite": "'2020-01-01 00:00:00.000000'",
        "postgres": "registrado_en + interval '1 microsecond'",
    },
    "cuenta_id": {
        "sqlite": "'00000000000000000000000000000000'",
        "postgres": "'00000000-0000-0000-0000-000000000000'",
    },
}


def test_any_changed_column_of_any_link_is_found(app, base, tamper):
    some_history()
    rows, chance = links(), random.Random(13)
    for column in COLUMNS:
        row = chance.choice(rows)
        old = getattr(row, column)
        change = CHANGES.get(
            column, f"{column} || 'x'" if column not in {"anterior", "huella"} else f"'{'f' * 64}'"
        )
        change = change if isinstance(change, str) else change[base]
        seq = row.seq
        tamper(f"UPDATE auditoria SET {column} = {change} WHERE seq = {seq}")
        verdict = verify(db.session())
        assert not verdict.intact, column
        assert verdict.altered == seq or column == "seq", (column, verdict)
        where = seq + 1000000 if column == "seq" else seq
        back = old.hex if base == "sqlite" and column == "cuenta_id" and old is not None else old
        if column == "registrado_en" and base == "sqlite":
            back = old.strftime("%Y-%m-%d %H:%M:%S.%f")
        tamper(f"UPDATE auditoria SET {column} = :old WHERE seq = {where}", old=back)
        rows = links()
        assert verify(db.session()).intact, column


def test_a_link_that_is_missing_cut_off_or_put_in_is_found(app, base, tamper):
    some_history()
    n = len(links())
    columns = ", ".join(COLUMNS)
    keep = f"CREATE TABLE copia AS SELECT * FROM auditoria WHERE seq IN ({n // 2}, {n})"
    tamper(keep)
    for gone in (n // 2, n):
        tamper(f"DELETE FROM auditoria WHERE seq = {gone}")
        assert verify(db.session()).altered is not None
        tamper(f"INSERT INTO auditoria ({columns}) SELECT {columns} FROM copia WHERE seq = {gone}")
        assert verify(db.session()).intact
    forged = columns.replace("seq", f"{n + 1}", 1)
    tamper(f"INSERT INTO auditoria ({columns}) SELECT {forged} FROM copia WHERE seq = {n}")
    assert verify(db.session()).altered == n + 1
    tamper(f"DELETE FROM auditoria WHERE seq = {n + 1}", "UPDATE auditoria_cabeza SET seq = seq - 1")
    assert not verify(db.session()).intact
    tamper("UPDATE auditoria_cabeza SET seq = seq + 1, huella = 'x'")
    assert not verify(db.session()).intact
    tamper("DELETE FROM auditoria_cabeza")
    assert not verify(db.session()).intact


def test_changed_evidence_is_found_without_any_key(app, tamper):
    _fill_every_append_only_table()
    assert altered_rows(db.session()) == []
    for table, column in (("captura", "respuestas"), ("conflicto", "contenido")):
        key, before = db.session.execute(text(f"SELECT id, {column} FROM {table} LIMIT 1")).one()
        changed = bytes(before[:-1]) + bytes([before[-1] ^ 1])
        tamper(f"UPDATE {table} SET {column} = :value WHERE id = :key", value=changed, key=key)
        assert [r.split()[0] for r in altered_rows(db.session())] == [table]
        tamper(f"UPDATE {table} SET {column} = :value WHERE id = :key", value=bytes(before), key=key)
        assert altered_rows(db.session()) == []


def test_a_movement_changed_behind_the_trail_is_found(app, tamper):
    some_history()
    assert altered_rows(db.session()) == []
    row = db.session.execute(text("SELECT id, tipo, destino FROM movimiento LIMIT 1")).one()
    tamper("UPDATE movimiento SET tipo = 'egreso' WHERE tipo = 'ingreso'")
    assert all(r.startswith("movimiento ") for r in altered_rows(db.session()))
    assert len(altered_rows(db.session())) == 2
    tamper("UPDATE movimiento SET tipo = 'ingreso'")
    assert altered_rows(db.session()) == []
    tamper("DELETE FROM movimiento WHERE id = :id", id=row.id)
    assert len(altered_rows(db.session())) == 1
