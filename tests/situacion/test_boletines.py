"""A bulletin: frozen figures, three persons, a number without gaps, a seal that anybody can verify, its corrections."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from albergues_app.albergues.models import Albergue, MedidaSitio
from albergues_app.albergues.services import change_albergue
from albergues_app.coe.grados import GradoNuevo, change_grado
from albergues_app.coe.models import EntradaCoe
from albergues_app.coe.queries import entradas_of
from albergues_app.consolidados.scope import Ambito, Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.reports.situacion import content, queries, services, sheet, snapshot, verificador
from albergues_app.reports.situacion.annexes import annexes
from albergues_app.reports.situacion.models import Boletin, BoletinSellado, EstadoBoletin
from tests.cli.test_commands import albergues  # noqa: F401 - the fixture
from tests.conftest import expect_refused
from tests.consolidados.test_cortes import CUT, SEEN, Pais, late_entries
from tests.factories.boletines import make_borrador, seal, seen, sign, three_persons
from tests.factories.coe import make_coe
from tests.factories.cuentas import SISTEMA, make_cuenta

TEXTOS = {
    "situacion": "Llueve desde ayer.",
    "proximos": "Visita a Nebaj.",
    "acciones": "Cruz Roja: 40 colchonetas",
}


@pytest.fixture
def pais(app):
    with clock.frozen(SEEN):
        yield Pais()


@pytest.fixture
def personas(app):
    return three_persons()


def datos_of(row):
    return json.loads(row.datos)


def issue(pais, personas, codigo="14", corte=CUT, **textos):
    return seal(make_borrador(personas[0], pais.emergencia, codigo, corte, **{**TEXTOS, **textos}), personas)


def test_the_figures_are_those_of_the_consolidated_each_with_source_scope_and_hour(pais, personas):
    datos = datos_of(issue(pais, personas))
    figures = {c["codigo"]: c["valor"] for c in datos["cifras"]}
    # As told in Pais: 7 persons in three shelters of Quiché, 25 only declared in one of them.
    assert (figures["personas"], figures["solo_declaradas"], figures["albergues"]) == (7, 25, 3)
    assert (figures["oficiales"], figures["no_oficiales"], figures["atendidas"]) == (1, 2, 7)
    assert figures["fuera_de_albergue"] is None
    assert {(c["ambito"], c["corte"]) for c in datos["cifras"]} == {("Quiché", "2026-11-18T18:00:00-06:00")}
    assert all(c["fuente"] for c in datos["cifras"])
    assert sum(datos["bandas"].values()) == 7 and datos["bandas"]["60_mas"] == 1
    assert datos["acciones"] == [{"institucion": "Cruz Roja", "accion": "40 colchonetas"}]
    assert "sujetas a cambio" in datos["notas"][0]


def test_needs_come_from_rules_with_their_source_and_what_was_not_measured_is_not_taken_as_good(
    pais, personas
):
    with unit_of_work(SISTEMA):
        iglesia = db.session.scalars(select(Albergue).where(Albergue.nombre == "Iglesia")).one()
        db.session.add(
            MedidaSitio(
                id=uuid7(), albergue_id=iglesia.id, area_m2=10.0, inodoros=0, duchas=1, agua_litros_dia=50, fuente="visita",
                fecha=clock.local_day(CUT), registrado_en=clock.now(),
            )
        )  # fmt: skip
    key = make_borrador(personas[0], pais.emergencia, "14", CUT)
    proposed = json.loads(db.session.get_one(Boletin, key).cifras)["propuestas"]
    of = {(n["albergue"], n["que"]): n for n in proposed}
    # 4 persons, capacity 3: 1 place; 4 x 15 L = 60 of 50; 4 x 3.5 m2 = 14 of 10; 1 toilet for 50, none there.
    assert of["Iglesia", "lugares"]["falta"] == 1 and of["Iglesia", "agua"]["falta"] == 10
    assert of["Iglesia", "espacio"]["falta"] == 4 and of["Iglesia", "inodoros"]["falta"] == 1
    assert ("Iglesia", "duchas") not in of and ("Iglesia", "medidas") not in of
    assert (
        "72 horas" in of["Iglesia", "inodoros"]["regla"] and "Esfera" in of["Iglesia", "inodoros"]["fuente"]
    )
    assert of["Salón", "medidas"]["falta"] is None
    dropped = of["Iglesia", "agua"]["clave"]
    with unit_of_work(personas[0]):
        services.write_boletin(
            key, {**json.loads(db.session.get_one(Boletin, key).textos), "quitadas": [dropped]}
        )
    datos = datos_of(seal(key, personas))
    assert dropped not in {n["clave"] for n in datos["necesidades"]} and datos["necesidades_quitadas"] == 1


def test_three_different_persons_or_it_is_not_issued(pais, personas):
    writer, second, third = personas
    key = make_borrador(writer, pais.emergencia, "14", CUT)
    visto = seen(key)

    def move(person, state, motivo=""):
        with unit_of_work(person):
            services.move_boletin(key, state, visto, motivo)

    with expect_refused("misma_persona"):
        move(writer, EstadoBoletin.REVISADO)
    with expect_refused("paso_no_permitido"):
        move(second, EstadoBoletin.AUTORIZADO)
    move(second, EstadoBoletin.REVISADO)
    for person in (writer, second):
        with expect_refused("misma_persona"):
            move(person, EstadoBoletin.AUTORIZADO)
    with expect_refused("no_es_borrador"), unit_of_work(writer):
        services.write_boletin(key, {"situacion": "otra cosa"})
    with expect_refused("paso_no_permitido"), unit_of_work(writer):
        services.seal_boletin(key, visto)
    with expect_refused("falta_motivo"):
        move(third, EstadoBoletin.BORRADOR)
    move(third, EstadoBoletin.BORRADOR, "Falta la hora del paso")
    # What somebody else wrote meanwhile makes that person a writer, and what was on the page is no longer there.
    with unit_of_work(second):
        services.write_boletin(
            key, {**json.loads(db.session.get_one(Boletin, key).textos), "situacion": "Nuevo"}
        )
    with expect_refused("cambio_mientras_leia"):
        move(third, EstadoBoletin.REVISADO)
    visto = seen(key)
    with expect_refused("misma_persona"):
        move(second, EstadoBoletin.REVISADO)
    move(third, EstadoBoletin.REVISADO)
    with expect_refused("misma_persona"):
        move(second, EstadoBoletin.AUTORIZADO)


def test_an_account_made_by_who_signed_before_is_nobody_else(pais, personas):
    writer, second, _third = personas
    key = make_borrador(writer, pais.emergencia, "14", CUT)
    with unit_of_work(SISTEMA):
        from albergues_app.accounts.models import Cuenta

        db.session.get_one(Cuenta, second.cuenta_id).creada_por = writer.cuenta_id
    with expect_refused("cuenta_propia"), unit_of_work(second):
        services.move_boletin(key, EstadoBoletin.REVISADO, seen(key))


def test_the_database_itself_refuses_two_signatures_of_one_person_and_any_change(pais, personas):
    row = issue(pais, personas)
    row_id = row.id
    for statement in (
        "UPDATE boletin_sellado SET numero = 9",
        "DELETE FROM boletin_sellado",
        "DELETE FROM boletin_paso",
    ):
        with pytest.raises(DBAPIError):
            db.session.execute(text(statement))
        db.session.rollback()
    row = db.session.get_one(BoletinSellado, row_id)
    columns = {c.name: getattr(row, c.name) for c in BoletinSellado.__table__.columns}
    twin = columns | {
        "id": uuid7(),
        "boletin_id": row.boletin_id,
        "numero": 2,
        "huella": "0" * 64,
        "reviso_id": row.elaboro_id,
    }
    with pytest.raises(DBAPIError):
        db.session.execute(BoletinSellado.__table__.insert().values(**twin))
    db.session.rollback()


def test_numbers_have_no_gaps_by_emergency_and_place_when_eight_issue_at_once(app, pais, personas):
    keys = [make_borrador(personas[0], pais.emergencia, "14", CUT - timedelta(hours=h)) for h in range(8)]
    for key in keys:
        sign(key, personas)
    hashes = {key: seen(key) for key in keys}
    db.session.rollback()
    gate, refused = threading.Barrier(8), []

    def issue_one(key):
        with app.app_context(), clock.frozen(SEEN):
            gate.wait()
            try:
                with unit_of_work(personas[0]):
                    services.seal_boletin(key, hashes[key])
                    if key == keys[3]:
                        raise KeyboardInterrupt  # dies after numbering, before the commit
            except KeyboardInterrupt:
                refused.append(key)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=issue_one, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = list(db.session.scalars(select(BoletinSellado).order_by(BoletinSellado.numero)))
    assert refused == [keys[3]] and [r.numero for r in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [r.anterior for r in rows] == [
        verificador.genesis(str(pais.emergencia), "14"),
        *(r.huella for r in rows[:-1]),
    ]
    assert queries.verify_series() == []
    assert issue(pais, personas, "1413").numero == 1  # another place is another series


def test_the_same_data_give_the_same_bytes_and_the_issued_sheet_never_changes(pais, personas):
    row = issue(pais, personas)
    datos, pdf = datos_of(row), row.pdf
    again = verificador.close_pdf(sheet.render_pdf(datos, row.huella), row.huella)
    assert again == pdf
    child = subprocess.run(
        [sys.executable, "-c", "import json,sys; from albergues_app.core.documents import render_typst as r; "
         "sys.stdout.buffer.write(r('albergues_app.reports.situacion', 'boletin.typ', json.load(sys.stdin)))"],
        input=json.dumps(sheet.lay_out(datos, row.huella)).encode(), capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert verificador.close_pdf(child, row.huella) == pdf
    late_entries(pais, SEEN + timedelta(minutes=30))
    assert datos_of(db.session.get_one(BoletinSellado, row.id)) == datos


def test_whoever_has_the_pdf_verifies_it_with_python_alone(pais, personas, tmp_path):
    first, second = issue(pais, personas), issue(pais, personas, corte=CUT - timedelta(hours=2))
    one, two = tmp_path / "uno.pdf", tmp_path / "dos.pdf"
    one.write_bytes(first.pdf)
    two.write_bytes(second.pdf)

    def run(*files):
        program = Path(verificador.__file__).read_bytes()
        (tmp_path / "v.py").write_bytes(program)
        return subprocess.run(
            [sys.executable, "-I", "-S", "v.py", *files],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    good = run("uno.pdf", "dos.pdf")
    assert good.returncode == 0 and first.huella in good.stdout and "Boletín No. 2" in good.stdout
    assert "Personas en albergues, en el registro: 7" in good.stdout
    for at in (
        0,
        len(first.pdf) // 3,
        len(first.pdf) // 2,
        first.pdf.rfind(b'"personas":7'),
        len(first.pdf) - 2,
    ):
        changed = bytearray(first.pdf)
        changed[at] ^= 1
        (tmp_path / "mal.pdf").write_bytes(changed)
        assert run("mal.pdf").returncode == 1, at
    # Whoever draws it with other data must also write another hash, and then it is not the one that the next follows.
    other = datos_of(first)
    other["cuerpo"]["total"]["personas"] = 9
    body = sheet.render_pdf(other, first.huella)
    (tmp_path / "falso.pdf").write_bytes(verificador.close_pdf(body, first.huella))
    assert "no dan la huella" in run("falso.pdf").stdout
    own = verificador.sha256(verificador.canonical(other))
    (tmp_path / "falso.pdf").write_bytes(verificador.close_pdf(sheet.render_pdf(other, own), own))
    assert run("falso.pdf").returncode == 0
    assert run("falso.pdf", "dos.pdf").returncode == 1 and "no sigue al" in run("falso.pdf", "dos.pdf").stdout
    assert run("no-hay.pdf").returncode == 2
    draft = sheet.render_pdf(snapshot.draft(db.session.get_one(Boletin, first.boletin_id), None, []))
    (tmp_path / "borrador.pdf").write_bytes(draft)
    assert run("borrador.pdf").returncode == 1


def test_a_changed_byte_of_the_series_is_found_also_by_the_command(pais, personas, albergues, base):  # noqa: F811
    for hours in range(3):
        issue(pais, personas, corte=CUT - timedelta(hours=hours))
    assert queries.verify_series() == []
    with db.engine.connect() as connection:
        if base == "postgres":
            connection.execute(text("SET session_replication_role = replica"))
        else:
            connection.exec_driver_sql("DROP TRIGGER boletin_sellado_no_update")
        connection.execute(
            text("UPDATE boletin_sellado SET datos = replace(datos, :was, :now) WHERE numero = 2"),
            {"was": '"personas":7', "now": '"personas":8'},
        )
        connection.commit()
    db.session.rollback()
    assert len(queries.verify_series()) == 1 and "No. 2" in queries.verify_series()[0]
    assert "boletín No. 2" in albergues("auditoria", "verificar").output


def test_a_correction_is_a_new_number_that_lists_the_cells_that_changed_and_why(pais, personas):
    first = issue(pais, personas)
    late_entries(pais, SEEN + timedelta(minutes=30))
    with clock.frozen(SEEN + timedelta(minutes=40)):
        with expect_refused("falta_motivo"), unit_of_work(personas[0]):
            services.correct_boletin(uuid7(), first, " ")
        key = uuid7()
        with unit_of_work(personas[0]):
            services.correct_boletin(key, db.session.get_one(BoletinSellado, first.id), "Llegó papel tarde")
        second = seal(key, personas)
    datos = datos_of(second)
    assert (
        second.numero == 2
        and datos["corrige"]["numero"] == 1
        and datos["corrige"]["motivo"] == "Llegó papel tarde"
    )
    cells = {(c["donde"], c["que"]): (c["antes"], c["ahora"]) for c in datos["corrige"]["celdas"]}
    before, after = (datos_of(r)["cuerpo"]["total"]["personas"] for r in (first, second))
    assert before != after and cells["Total", "Personas"] == (f"{before:,}", f"{after:,}")
    assert datos_of(db.session.get_one(BoletinSellado, first.id)) == datos_of(first)
    with expect_refused("ya_corregido"), unit_of_work(personas[0]):
        services.correct_boletin(uuid7(), db.session.get_one(BoletinSellado, first.id), "otra vez")
    with clock.frozen(SEEN + timedelta(minutes=50)):
        with unit_of_work(personas[0]):
            services.correct_boletin(
                key := uuid7(), db.session.get_one(BoletinSellado, second.id), "sin cambio"
            )
        sign(key, personas)
        with expect_refused("nada_que_corregir"), unit_of_work(personas[0]):
            services.seal_boletin(key, seen(key))


def test_the_departmental_gathers_the_municipal_and_says_where_they_differ(pais, personas):
    other = {"personas_afectadas": {"valor": 40, "fuente": "Alcaldía", "corte": clock.iso(CUT)}}
    low = issue(pais, personas, "1413", situacion="El río creció.", otras=other)
    issue(pais, personas, "1401", otras={"personas_afectadas": {**other["personas_afectadas"], "valor": 5}})
    late_entries(pais, SEEN + timedelta(minutes=30))
    with clock.frozen(SEEN + timedelta(minutes=40)):
        datos = datos_of(issue(pais, personas, "14"))
        assert {(a["ambito"], a["numero"]) for a in datos["aportes"]} == {("1401", 1), ("1413", 1)}
        told = next(a for a in datos["aportes"] if a["ambito"] == "1413")
        assert told["huella"] == low.huella and told["situacion"] == "El río creció."
        assert {o["codigo"]: o["valor"] for o in datos["otras"]} == {"personas_afectadas": 45}
        assert "Suma de 2 boletines" in datos["otras"][0]["fuente"]
        here = {g["codigo"]: g["personas"] for g in datos["cuerpo"]["municipios"]}
        differs = [d for d in datos["difiere"] if d["que"] == "Personas en el registro"]
        assert {(d["dice"], d["aqui"]) for d in differs} == {
            (a["personas"], here[a["ambito"]]) for a in datos["aportes"] if a["personas"] != here[a["ambito"]]
        }
        assert differs, "the late entries changed nobody's municipality"
        own = {"personas_afectadas": {"valor": 50, "fuente": "Gobernación", "corte": clock.iso(CUT)}}
        country = datos_of(issue(pais, personas, "GT", otras=own))
    assert {a["ambito"] for a in country["aportes"]} == {"14"}
    assert {o["valor"] for o in country["otras"]} == {50}
    (other,) = [d for d in country["difiere"] if d["que"] == "Personas afectadas"]
    assert (other["dice"], other["aqui"], other["quien"]) == (45, 50, "Boletín de Quiché")
    assert [(d["dice"], d["aqui"]) for d in country["difiere"] if d["que"] == "Personas afectadas"] == [
        (45, 50)
    ]


def test_a_reserved_site_is_counted_and_never_named(pais, personas):
    with unit_of_work(SISTEMA):
        row = db.session.scalars(select(Albergue).where(Albergue.nombre == "Iglesia")).one()
        codigo = row.codigo
        change_albergue(row, ubicacion_reservada=True, motivo="Aviso")
    row = issue(pais, personas)
    assert "Iglesia" not in row.datos and codigo not in row.datos
    assert datos_of(row)["cuerpo"]["total"]["personas"] == 7


def test_the_log_of_its_coe_says_that_it_was_issued(pais, personas):
    coe = make_coe("14", pais.emergencia, entries=0)
    make_coe("1413", pais.emergencia, entries=0)
    coe_id = coe.id
    row = issue(pais, personas)
    entries = entradas_of(db.session.get_one(type(coe), coe_id))
    assert [(e.tipo, e.asunto) for e in entries] == [("boletin", "Boletín de situación No. 1 emitido")]
    assert row.huella in entries[0].detalle
    assert db.session.query(EntradaCoe).count() == 1


def test_the_sheet_says_the_level_of_its_coe_since_when_and_by_which_act_also_one_that_came_later(
    pais, personas
):
    coe_id, begun = make_coe("14", pais.emergencia, entries=0).id, CUT - timedelta(hours=3)
    level = GradoNuevo(uuid7(), "activacion_parcial", begun, None, None, "Bajó la lluvia")
    later = GradoNuevo(
        uuid7(), "activacion_parcial", CUT + timedelta(hours=1), "09-2026", "Gobernación", "Se firmó"
    )
    with unit_of_work(personas[0]):
        change_grado(coe_id, level)
    first = issue(pais, personas)
    assert snapshot.coe_text(datos_of(first)["coe"][0]) == (
        f"activación parcial desde {clock.to_local(begun):%d/%m/%Y %H:%M}, acta de activación 03-2026"
    )
    table = next(a for a in annexes(datos_of(first)) if a.titulo == "Actas y documentos")
    assert [row[:2] for row in table.filas] == [["03-2026", "COE: activación total"]]
    with clock.frozen(CUT + timedelta(hours=5)), unit_of_work(personas[0]):
        change_grado(coe_id, later)
    told = content.freeze(
        Pregunta(pais.emergencia, Ambito("14"), CUT + timedelta(hours=2), CUT + timedelta(hours=6))
    )
    assert [a["acta"] for a in told["actas"]] == ["03-2026", "09-2026"]
    assert told["coe"][0]["desde"] == clock.iso(begun), (
        "the act that was pending does not begin the level anew"
    )


def test_a_program_without_account_signs_nothing(pais):
    from albergues_app.core.errors import Forbidden

    with pytest.raises(Forbidden):
        make_borrador(SISTEMA, pais.emergencia, "14", CUT)
    assert make_cuenta("mando").id
