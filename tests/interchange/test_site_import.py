"""A list goes in whole or not at all; the same list again changes nothing; every write leaves its trail."""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from albergues_app.albergues.models import Albergue, AlbergueVersion, Capacidad, PorResolver, ReporteSitio
from albergues_app.audit.chain import verify
from albergues_app.audit.models import Auditoria
from albergues_app.cli.importar import importar
from albergues_app.core.db import db
from albergues_app.core.errors import Invalid, RuleBroken
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.interchange.site_import import apply_import, open_list, place_waiting, plan_import
from albergues_app.interchange.site_list import Destino
from albergues_app.interchange.tables import read_table
from tests.factories.albergues import make_albergue
from tests.factories.cuentas import SISTEMA
from tests.interchange.shared_data import data

MODELS = (Albergue, AlbergueVersion, Capacidad, ReporteSitio, PorResolver, Auditoria)


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def counts():
    db.session.rollback()
    return {m.__tablename__: count(m) for m in MODELS}


def csv_of(*lines):
    return "\n".join(
        ("nombre;municipio;departamento;capacidad;fecha;personas;nota;dirección", *lines)
    ).encode()


def plan_of(*lines, **more):
    return plan_import(open_list(csv_of(*lines), "lista.csv"), **more)


def load(*lines):
    return apply_import(plan_of(*lines), SISTEMA)


def test_the_real_list_goes_in_without_losing_a_row_and_again_without_doubling(app):
    path = data("albergues_gt", "albergues_gt_reportados.csv")
    plan = plan_import(open_list(path, path.name))
    before = counts()
    assert plan.resumen() == {
        "filas": 66, "nuevos": 45, "conocidos": 0, "reportes": 13, "por_resolver": 8, "errores": 0,
    }  # fmt: skip
    assert counts() == before
    done = apply_import(plan, SISTEMA)
    assert (len(set(done.sitios.values())), done.reportes, done.por_resolver) == (45, 58, 8)
    after = counts()
    assert (after["albergue"], after["reporte_sitio"], after["por_resolver"]) == (45, 58, 8)
    assert verify(db.session()).intact
    again = apply_import(plan_import(open_list(path, path.name)), SISTEMA)
    assert again.resumen == {
        "filas": 66, "nuevos": 0, "conocidos": 45, "reportes": 13, "por_resolver": 8, "errores": 0,
    }  # fmt: skip
    assert counts() == after
    assert sum(again.resumen[k] for k in ("nuevos", "conocidos", "reportes", "por_resolver")) == 66


def test_a_site_gets_what_any_of_its_rows_says(app):
    load(
        "Escuela La Unión;Nebaj;Quiché;;2020-11-08;12;;",
        "ESCUELA LA UNION;Nebaj;Quiché;80;2020-11-09;30;;zona 1",
        "Escuela La Unión;Nebaj;Quiché;95;2020-11-10;31;visto;zona 3",
    )
    albergue = db.session.scalars(select(Albergue)).one()
    assert (albergue.codigo, albergue.nombre, albergue.direccion) == (
        "1413-001",
        "Escuela La Unión",
        "zona 1",
    )
    assert (albergue.tipo_inmueble, albergue.estado, albergue.oficial) == ("escuela", "identificado", False)
    said = db.session.execute(
        select(Capacidad.personas, Capacidad.fecha, Capacidad.clase).order_by(Capacidad.fecha)
    )
    assert [tuple(r) for r in said] == [
        (80, date(2020, 11, 9), "declarada"),
        (95, date(2020, 11, 10), "declarada"),
    ]
    reports = db.session.scalars(select(ReporteSitio).order_by(ReporteSitio.fecha)).all()
    assert [(r.cantidad, r.unidad, r.nota) for r in reports] == [
        (12, "personas", None),
        (30, "personas", None),
        (31, "personas", "visto · Dirección: zona 3"),
    ]
    assert {r.albergue_codigo for r in reports} == {"1413-001"}


def test_a_known_site_keeps_what_somebody_wrote_and_gains_what_was_missing(app):
    known = make_albergue(nombre="Salón Comunal", capacidad=100, direccion=None, lat=None, lon=None)
    plan = plan_of("SALON COMUNAL;Nebaj;Quiché;60;;;;calle real", "Salón Comunal;Nebaj;Quiché;;;;;otra calle")
    assert [f.destino for f in plan.filas] == [Destino.CONOCIDO, Destino.REPORTE]
    apply_import(plan, SISTEMA)
    db.session.refresh(known)
    assert (known.nombre, known.direccion) == ("Salón Comunal", "calle real")
    assert sorted(db.session.scalars(select(Capacidad.personas))) == [60, 100]
    report = db.session.scalars(select(ReporteSitio)).one()
    assert "otra calle" in report.nota


def test_a_title_makes_a_capacity_authorised_and_a_file_name_does_not(app):
    content = b"nombre;municipio;departamento;capacidad autorizada\nA;Nebaj;Quiche;50\n"
    apply_import(plan_import(open_list(content, "x.csv")), SISTEMA)
    apply_import(
        plan_import(open_list(content.replace(b"A;", b"B;").replace(b" autorizada", b""), "autorizados.csv")),
        SISTEMA,
    )
    by_name = dict(
        db.session.execute(
            select(Albergue.nombre, Capacidad.clase).join(Capacidad, Capacidad.albergue_id == Albergue.id)
        ).all()
    )
    assert by_name == {"A": "autorizada", "B": "declarada"}


def test_one_bad_row_and_nothing_is_saved(app):
    before = counts()
    plan = plan_of("Escuela;Nebaj;Quiché;5;;;;", ";Nebaj;Quiché;5;;;;", "Iglesia;;;;;;;")
    assert plan.resumen()["errores"] == 1
    with pytest.raises(RuleBroken) as refused:
        apply_import(plan, SISTEMA)
    assert refused.value.codigo == "filas_con_error"
    assert counts() == before


def test_a_failure_in_the_middle_leaves_nothing(app, monkeypatch):
    from albergues_app.interchange import site_import

    before = counts()
    plan = plan_of("A;Nebaj;Quiché;5;;;;", "B;Nebaj;Quiché;5;;;;", "C;;;;;;;")

    def fail(*_):
        raise RuntimeError("la luz se fue")

    monkeypatch.setattr(site_import.tray, "write", fail)
    with pytest.raises(RuntimeError):
        apply_import(plan, SISTEMA)
    assert counts() == before


def test_a_site_made_between_plan_and_import_is_not_made_twice(app):
    plan = plan_of("Escuela;Nebaj;Quiché;5;2020-01-02;3;;")
    make_albergue(nombre="ESCUELA")
    done = apply_import(plan, SISTEMA)
    assert (done.resumen["nuevos"], done.resumen["conocidos"], counts()["albergue"]) == (0, 1, 1)


def test_a_row_outside_the_territory_of_the_account_is_an_error(app):
    plan = plan_of(
        "A;Nebaj;Quiché;;;;;", "B;Sololá;Sololá;;;;;", puede=lambda codigo: codigo.startswith("14")
    )
    assert [f.destino for f in plan.filas] == [Destino.NUEVO, Destino.ERROR]
    assert plan.filas[1].errores[0].codigo == "fuera_de_territorio"


def test_a_point_in_another_municipality_warns_and_the_written_one_stays(app):
    content = b"nombre;municipio;departamento;lat;lon\nA;Nebaj;Quiche;14.6349;-90.5069\n"
    plan = plan_import(open_list(content, "x.csv"))
    assert [a.codigo for a in plan.filas[0].avisos] == ["punto_fuera_del_municipio"]
    apply_import(plan, SISTEMA)
    assert db.session.scalars(select(Albergue)).one().municipio_codigo == "1413"


def test_a_row_of_the_tray_is_placed_with_all_it_said(app):
    load("Iglesia Bethel;;Quiché;40;2020-11-08;12;fuente dudosa;zona 2")
    row = db.session.scalars(select(PorResolver)).one()
    assert (row.departamento_codigo, row.fila, row.nombre) == ("14", 2, "Iglesia Bethel")
    assert json.loads(row.datos)["original"]["capacidad"] == "40"
    row_id = row.id
    with unit_of_work(SISTEMA), pytest.raises(Invalid):
        place_waiting(db.session.get_one(PorResolver, row_id), "9999")
    with unit_of_work(SISTEMA):
        assert place_waiting(db.session.get_one(PorResolver, row_id), "1413") == "1413-001"
    albergue = db.session.scalars(select(Albergue)).one()
    assert (albergue.municipio_codigo, albergue.tipo_inmueble, albergue.direccion) == (
        "1413",
        "iglesia",
        "zona 2",
    )
    report = db.session.scalars(select(ReporteSitio)).one()
    assert (report.fecha, report.cantidad, report.nota) == (date(2020, 11, 8), 12, "fuente dudosa")
    assert db.session.scalars(select(Capacidad.personas)).one() == 40
    with unit_of_work(SISTEMA), pytest.raises(RuleBroken):
        place_waiting(db.session.get_one(PorResolver, row_id), "1413")
    done = load("Iglesia Bethel;;Quiché;40;2020-11-08;12;fuente dudosa;zona 2")
    assert (done.resumen["por_resolver"], done.por_resolver) == (1, 0)


def test_two_equal_rows_of_the_tray_may_be_two_places(app):
    assert load("Iglesia;;;;;;;", "Iglesia;;;;;;;").por_resolver == 2


def test_dangerous_names_are_stored_as_they_came(app):
    load("=cmd|' /C calc'!A0;Nebaj;Quiché;;;;<script>alert(1)</script>;{{7*7}}")
    albergue = db.session.scalars(select(Albergue)).one()
    assert (albergue.nombre, albergue.direccion) == ("=cmd|' /C calc'!A0", "{{7*7}}")


def test_every_row_written_is_in_the_trail(app):
    load("A;Nebaj;Quiché;5;2020-01-02;3;;", "B;;;;;;;")
    tables = db.session.scalars(select(Auditoria.tabla).where(Auditoria.accion == "alta")).all()
    for name in ("albergue", "albergue_version", "capacidad", "reporte_sitio", "por_resolver"):
        assert tables.count(name) == 1, name
    assert verify(db.session()).intact


# --- the command --------------------------------------------------------------------------------------


@pytest.fixture
def run(app, monkeypatch):
    import albergues_app

    monkeypatch.setattr(albergues_app, "create_app", lambda settings=None: app)
    return lambda *args: CliRunner().invoke(importar, [str(a) for a in args])


def last_line(result):
    return json.loads(result.stdout.strip().splitlines()[-1])


def test_the_command_is_a_dry_run_by_default(run, tmp_path):
    path = tmp_path / "lista.csv"
    path.write_bytes(csv_of("Escuela;Nebaj;Quiché;5;;;;", "Iglesia;;;;;;;"))
    before = counts()
    result = run(path)
    assert result.exit_code == 0, result.output
    assert last_line(result) == {
        "filas": 2, "nuevos": 1, "conocidos": 0, "reportes": 0, "por_resolver": 1, "errores": 0,
    }  # fmt: skip
    assert counts() == before
    assert run(path, "--guardar").exit_code == 0
    assert counts()["albergue"] == before["albergue"] + 1
    assert last_line(run(path))["conocidos"] == 1


def test_rows_with_errors_end_with_1_and_come_back_in_the_workbook(run, tmp_path):
    path, errors = tmp_path / "lista.csv", tmp_path / "errores.xlsx"
    path.write_bytes(csv_of("Escuela;Nebaj;Quiché;muchas;;;;"))
    before = counts()
    result = run(path, "--guardar", "--errores", errors)
    assert (result.exit_code, last_line(result)["errores"]) == (1, 1)
    assert "fila 2" in result.stderr
    assert counts() == before
    back = read_table(errors, "errores.xlsx")
    assert [h.nombre for h in back.hojas] == ["Revisión", "lista"]
    assert any("muchas" in str(c) for c in back.hoja("lista").filas[1][8:])


def test_an_unreadable_file_ends_with_2_and_one_sentence(run, tmp_path):
    path = tmp_path / "lista.xlsx"
    for content in (b"%PDF-1.7", b"", b"PK\x03\x04", b"a;b\n1;2\n"):
        path.write_bytes(content)
        result = run(path)
        assert result.exit_code == 2
        assert result.stderr.startswith("Error: ") and result.stderr.strip().endswith(".")
        assert "Traceback" not in result.output
    assert run(tmp_path / "no-existe.csv").exit_code == 2


def test_an_error_workbook_that_cannot_be_written_is_said(run, tmp_path):
    path = tmp_path / "lista.csv"
    path.write_bytes(csv_of("Escuela;Nebaj;Quiché;;;;;"))
    result = run(path, "--errores", tmp_path / "no" / "hay.xlsx")
    assert result.exit_code == 1
    assert "No se pudo escribir" in result.output
