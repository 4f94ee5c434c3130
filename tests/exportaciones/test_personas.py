"""Exports of persons and stays: whose columns, in whose territory, by how many people, and what the copy says of itself."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from albergues_app.accounts.models import Rol
from albergues_app.albergues.models import Activacion
from albergues_app.aprobaciones.services import answer
from albergues_app.audit.models import Auditoria, Lectura
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import csv_text
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.exportaciones import services
from albergues_app.exportaciones.columns import columns_for
from albergues_app.exportaciones.models import Exportacion
from albergues_app.exportaciones.sealed_file import FileAltered, SealedWriter, read_parts
from albergues_app.exportaciones.services import Pedido, request_export
from albergues_app.exportaciones.work import make_file
from albergues_app.ocupacion.services import ParteNuevo, register_parte
from tests.conftest import expect_refused
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import CLAVE, SISTEMA, csrf_of, make_identity

NOW = OPENED + timedelta(hours=12)


class Lugar:
    """Two shelters of Quiché and one of Huehuetenango, with people inside and one who left."""

    def __init__(self) -> None:
        with clock.frozen(NOW - timedelta(hours=1)):
            self.emergencia = make_emergencia(("14", "13")).id
            emergency = db.session.get_one(Emergencia, self.emergencia)
            nebaj = make_activacion(make_albergue("1413", nombre="=cmd|' /C calc'!A0"), emergency)
            chajul = make_activacion(make_albergue("1405", nombre="Salón de Chajul"), emergency)
            lejos = make_activacion(make_albergue("1301", nombre="Instituto"), emergency)
            self.gone = persona(nombres="Tomasa", apellidos="Cobo", sexo="mujer", edad=61)
            ingreso(
                nebaj,
                persona(nombres="=1+1", apellidos="Brito", sexo="mujer", edad=38),
                persona(nombres="Pedro", sexo="hombre", edad=9),
                self.gone,
            )
            ingreso(chajul, persona(nombres="Ana", apellidos="Caba", sexo="mujer", edad=0))
            ingreso(lejos, persona(nombres="Lejana", sexo="mujer", edad=20))
            movimiento(nebaj, "egreso", self.gone.id, ocurrido_en=OPENED + timedelta(hours=8))


@pytest.fixture
def lugar(app):
    return Lugar()


def pedido(lugar, clase="personas", formato="csv", **more):
    data = {
        "motivo": "Raciones de la cena",
        "destinatario": "Municipalidad",
        "emergencia_id": lugar.emergencia,
        **more,
    }
    return Pedido(uuid7(), clase, formato, NOW, **data)


def made(identity, asked):
    """The plain bytes of an export, asked for and prepared by that account."""
    actor = identity.as_actor("web")
    with clock.frozen(NOW):
        with unit_of_work(actor):
            key = request_export(asked, identity).id
        make_file(key, actor, lambda *_: None)
        row = db.session.get_one(Exportacion, key)
        return row, b"".join(read_parts(services.file_of(row), services.key_of(row)))


def rows_of(content):
    book = zipfile.ZipFile(io.BytesIO(content))
    table = list(csv.DictReader(io.StringIO(book.read("datos.csv").decode("utf-8-sig"))))
    return table, book.read("LEAME.txt").decode("utf-8-sig")


def test_by_default_a_copy_has_folio_sex_band_and_needs_and_its_mark_on_each_row(lugar):
    row, content = made(make_identity("sede", departamento="14"), pedido(lugar))
    table, note = rows_of(content)
    assert list(table[0]) == ["folio", "sexo", "banda", "necesidades", "copia"]
    assert sorted((r["sexo"], r["banda"]) for r in table) == [
        ("hombre", "5 a 12 años"), ("mujer", "30 a 59 años"), ("mujer", "Menos de 1 año"),
    ]  # fmt: skip
    assert {r["copia"] for r in table} == {row.copia}
    assert b"Brito" not in content
    for said in (row.copia, "Raciones de la cena", "Municipalidad", "Cuenta sede"):
        assert said in note
    assert row.filas == 3
    seen = db.session.execute(
        select(func.count()).select_from(Lectura).where(Lectura.pantalla == "exportacion:personas")
    )
    assert seen.scalar_one() == 3
    assert db.session.scalar(select(Lectura.motivo).limit(1)) == "Raciones de la cena"


def test_a_copy_says_which_shelters_of_its_scope_reported_and_who_is_only_declared(lugar):
    with clock.frozen(NOW - timedelta(minutes=30)):
        emergency = db.session.get_one(Emergencia, lugar.emergencia)
        heads = make_activacion(make_albergue("1405", nombre="=Escuela"), emergency).id
        with unit_of_work(SISTEMA):
            register_parte(ParteNuevo(uuid7(), heads, NOW - timedelta(hours=1), "estimacion", 25, 6))
            chajul = db.session.scalars(
                select(Activacion).where(Activacion.municipio_codigo == "1405")
            ).first()
            assert chajul is not None and chajul.id != heads
            register_parte(ParteNuevo(uuid7(), chajul.id, NOW - timedelta(hours=2), "conteo_fisico", 1))
    sede = make_identity("sede", departamento="14")
    _row, content = made(sede, pedido(lugar))
    book = zipfile.ZipFile(io.BytesIO(content))
    note = book.read("LEAME.txt").decode("utf-8-sig")
    assert "Cobertura: 2 de 3 albergues abiertos reportaron en las 12 h" in note
    assert "ahí está el 92 % de las personas" in note  # 26 of 28
    assert "Solo declaradas: 25 personas contadas sin nombre: no van en esta copia" in note
    assert "Σ albergues 3 (3), en 2 municipios de 1 departamentos; filas de la copia al pedirla 3" in note
    table = list(csv.DictReader(io.StringIO(book.read("cobertura.csv").decode("utf-8-sig"))))
    assert [(r["Reportó"], r["Personas en el registro"], r["Solo declaradas"]) for r in table] == [
        ("sí", "1", "0"), ("sí", "0", "25"), ("no", "2", "0"),
    ]  # fmt: skip
    assert {r["Departamento"] for r in table} == {"Quiché"}, "nothing of another territory"
    assert table[1]["Albergue"] == "'=Escuela"
    only = made(sede, pedido(lugar, "estancias", "xlsx", desde=OPENED, municipio="1413"))[1]
    read = CalamineWorkbook.from_filelike(io.BytesIO(only))
    assert [r[4] for r in read.get_sheet_by_name("Cobertura").to_python()[1:]] == ["no"]
    control = dict(r[:2] for r in read.get_sheet_by_name("Control").to_python())
    assert control["No reportaron"].startswith("1413-0") and "Cuadre" not in control


def test_an_export_of_one_emergency_holds_nobody_and_no_shelter_of_another(lugar):
    with clock.frozen(NOW - timedelta(minutes=30)):
        other = make_activacion(
            make_albergue("1413", nombre="De otra"), make_emergencia(("14",), nombre="Otra")
        )
        ingreso(other, persona(nombres="Ajena"), ocurrido_en=NOW - timedelta(hours=1))
    sede = make_identity("sede", departamento="14")
    found = {}
    for which in (lugar.emergencia, None):
        _row, content = made(sede, pedido(lugar, emergencia_id=which, columnas=["nombres"]))
        shelters = zipfile.ZipFile(io.BytesIO(content)).read("cobertura.csv").decode("utf-8-sig")
        found[which] = ({r["nombres"] for r in rows_of(content)[0]}, "De otra" in shelters)
    assert found[lugar.emergencia] == ({"'=1+1", "Pedro", "Ana"}, False)
    assert found[None] == ({"'=1+1", "Pedro", "Ana", "Ajena"}, True)


def test_nobody_takes_out_another_territory(lugar):
    sede = make_identity("sede", departamento="13")
    table, _ = rows_of(made(sede, pedido(lugar, columnas=["nombres"]))[1])
    assert [r["nombres"] for r in table] == ["Lejana"]
    with clock.frozen(NOW), expect_refused("nada_que_exportar"), unit_of_work(sede.as_actor("web")):
        request_export(pedido(lugar, departamento="14"), sede)
    municipal = make_identity("municipal", municipio="1405")
    assert len(rows_of(made(municipal, pedido(lugar))[1])[0]) == 1


def test_stays_are_exported_with_their_two_ends(lugar):
    sede = make_identity("sede", departamento="14")
    asked = pedido(lugar, "estancias", desde=OPENED, municipio="1413", columnas=["apellidos"])
    table, _ = rows_of(made(sede, asked)[1])
    gone = next(r for r in table if r["apellidos"] == "Cobo")
    assert (len(table), gone["ingreso_en"], gone["egreso_en"], gone["egreso_tipo"]) == (
        3, "2026-11-18 12:00", "2026-11-18 14:00", "egreso",
    )  # fmt: skip
    after = pedido(lugar, "estancias", desde=OPENED + timedelta(hours=9), municipio="1413")
    assert len(rows_of(made(sede, after)[1])[0]) == 2


def test_no_cell_is_a_formula_in_excel_or_in_csv(lugar):
    sede = make_identity("sede", departamento="14")
    columns = ["nombres", "apellidos", "albergue", "edad"]
    table, _ = rows_of(made(sede, pedido(lugar, columnas=columns))[1])
    assert {r["nombres"] for r in table} == {"'=1+1", "Pedro", "Ana"}
    assert all(not value.startswith(("=", "+", "-", "@")) for r in table for value in r.values())
    row, content = made(sede, pedido(lugar, formato="xlsx", columnas=columns))
    book = zipfile.ZipFile(io.BytesIO(content))
    text = "".join(book.read(n).decode() for n in book.namelist() if n.endswith(".xml"))
    assert "<f>" not in text and "<f " not in text
    assert re.search(rf"<oddHeader>[^<]*{row.copia}[^<]*</oddHeader>", text)
    read = CalamineWorkbook.from_filelike(io.BytesIO(content))
    data = read.get_sheet_by_name("Datos").to_python()
    assert data[0][-1] == "Copia" and {r[-1] for r in data[1:]} == {row.copia}
    assert {r[data[0].index("Nombres")] for r in data[1:]} == {"=1+1", "Pedro", "Ana"}
    control = dict(r[:2] for r in read.get_sheet_by_name("Control").to_python())
    assert (control["Para qué"], control["Lleva nombres"]) == ("Raciones de la cena", "sí")
    assert [csv_text(v) for v in ("\t=1", "@a", "a=1", None, 5)] == ["'\t=1", "'@a", "a=1", "", "5"]


def test_the_columns_of_each_role_are_these_and_none_tells_of_protection_or_documents():
    everything = {
        c.codigo for rol in Rol for clase in ("personas", "estancias") for c in columns_for(rol, clase)
    }
    assert everything == {
        "folio", "sexo", "banda", "necesidades", "albergue_codigo", "albergue", "municipio_codigo", "municipio",
        "departamento", "dentro_desde", "fuera", "ingreso_en", "egreso_en", "egreso_tipo", "nombres", "apellidos", "edad",
    }  # fmt: skip
    naming = {rol for rol in Rol if any(c.nombra for c in columns_for(rol, "personas"))}
    assert naming == {Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.ALBERGUE}


def test_over_the_limit_another_person_must_approve_and_only_once(app, lugar):
    app.config["EXPORTACION_SOLA"] = 2
    sede = make_identity("sede", departamento="14")
    with clock.frozen(NOW):
        with unit_of_work(sede.as_actor("web")):
            key = request_export(pedido(lugar), sede).id
        row = db.session.get_one(Exportacion, key)
        request_id = row.aprobacion_id
        assert services.state_of(row) == "espera"
        with expect_refused("falta_aprobacion"):
            make_file(key, sede.as_actor("web"), lambda *_: None)
        with expect_refused("misma_persona"), unit_of_work(sede.as_actor("web")):
            answer(request_id, "aprobada")
        other = make_identity("sede", departamento="14")
        with unit_of_work(other.as_actor("web")):
            said = answer(request_id, "aprobada")["efecto"]["dice"]
        assert said == "Aprobada: quien la pidió ya puede preparar su archivo.", "nothing is made yet"
        make_file(key, sede.as_actor("web"), lambda *_: None)
        assert services.state_of(db.session.get_one(Exportacion, key)) == "lista"
        with expect_refused("ya_hecha"):
            make_file(key, sede.as_actor("web"), lambda *_: None)
    with clock.frozen(NOW + timedelta(hours=25)):
        assert services.state_of(db.session.get_one(Exportacion, key)) == "caducada"
        assert services.clean_exports() == 1
        with expect_refused("exportacion_caducada"), unit_of_work(sede.as_actor("web")):
            services.hand_over(db.session.get_one(Exportacion, key))


def test_the_file_lies_sealed_and_one_that_was_touched_is_not_read(app, lugar, tmp_path):
    row, _ = made(make_identity("sede", departamento="14"), pedido(lugar, columnas=["nombres"]))
    path = services.file_of(row)
    assert b"Pedro" not in path.read_bytes() and path.stat().st_mode & 0o077 == 0
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    big = tmp_path / "grande"
    with SealedWriter(big, b"k" * 32) as target:
        target.write(b"x" * (3 << 20))
    assert sum(map(len, read_parts(big, b"k" * 32))) == 3 << 20
    sealed = big.read_bytes()
    for bad in (sealed[:-1], sealed[: len(sealed) // 3], sealed[:100] + b"!" + sealed[101:], sealed + sealed):
        big.write_bytes(bad)
        with pytest.raises(FileAltered):
            list(read_parts(big, b"k" * 32))


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_through_the_pages_with_the_password_again_and_only_by_who_asked(app, lugar, entra):
    with clock.frozen(NOW):
        sede = entra("sede", departamento="14")
        page = "/exportaciones/nueva"
        token = csrf_of(sede.get(page).text)
        data = {
            "csrf_token": token,
            "formato": "csv",
            "corte": clock.iso(NOW)[:16],
            "lugar": "14",
            "columnas": ["albergue_codigo"],
        }
        answer_ = sede.post(page, data=data)
        assert answer_.status_code == 422 and "Escriba para qué se necesitan estos datos." in answer_.text
        assert (
            sede.post(
                page, data={**data, "motivo": "Cena", "destinatario": "Cocina", "lugar": "13"}
            ).status_code
            == 422
        )
        there = sede.post(page, data={**data, "motivo": "Cena", "destinatario": "Cocina"}).headers["Location"]
        assert sede.post(f"{there}/preparar", data={"csrf_token": token}).status_code == 303
        assert "Lista para bajar" in sede.get(there).text
        wrong = sede.post(f"{there}/bajar", data={"csrf_token": token, "clave": "otra"})
        assert wrong.status_code == 422 and "no coincide" in wrong.text
        right = sede.post(f"{there}/bajar", data={"csrf_token": token, "clave": CLAVE})
        assert right.status_code == 200 and right.headers["Cache-Control"] == "no-store"
        assert len(rows_of(right.data)[0]) == 3
        other = entra("sede", departamento="14")
        assert other.get(there).status_code == 404
        assert (
            other.post(
                f"{there}/bajar", data={"csrf_token": csrf_of(other.get(page).text), "clave": CLAVE}
            ).status_code
            == 404
        )
        assert "Cocina" in entra("auditoria").get("/exportaciones").text
        assert entra("mando").get(page).status_code == 403
        assert entra("registro", albergue="1413-001").get(page).status_code == 403
    opened = db.session.scalars(
        select(Auditoria.tabla).where(Auditoria.accion == "lectura", Auditoria.tabla == "exportacion")
    ).all()
    assert opened == ["exportacion"]


def test_a_disabled_account_makes_no_file(lugar):
    from albergues_app.accounts.models import Cuenta

    sede = make_identity("sede", departamento="14")
    with clock.frozen(NOW):
        with unit_of_work(sede.as_actor("web")):
            key = request_export(pedido(lugar), sede).id
        with unit_of_work(Actor("sistema", "cli")):
            db.session.get_one(Cuenta, sede.id).activa = False
        with pytest.raises(Exception) as refused:
            make_file(key, sede.as_actor("web"), lambda *_: None)
        assert not isinstance(refused.value, RuleBroken) and refused.value.codigo == "no_encontrado"
