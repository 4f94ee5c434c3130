"""A cut-off: what it adds up to, that yesterday's stays the same bytes, its legal moves, and totals given by others."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import text

from albergues_app.albergues.models import Albergue
from albergues_app.albergues.services import change_albergue
from albergues_app.consolidados import services, sheets
from albergues_app.consolidados.body import load
from albergues_app.consolidados.build import build
from albergues_app.consolidados.changes import compare
from albergues_app.consolidados.drill import rows_behind
from albergues_app.consolidados.given import TotalNuevo, contrast, note_given
from albergues_app.consolidados.models import Consolidado
from albergues_app.consolidados.queries import state_of
from albergues_app.consolidados.scope import Ambito, Pregunta, recent_cuts
from albergues_app.consolidados.verify import altered
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.services import ParteNuevo, register_parte
from albergues_app.ocupacion.services.correccion import move_to_familia
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
from tests.factories.cuentas import SISTEMA

CUT = OPENED.replace(hour=0) + timedelta(days=1)
"""18/11/2026 18:00 in Guatemala."""
SEEN = CUT + timedelta(minutes=20)


class Pais:
    """Four shelters in three municipalities of two departments, with people as told in ``__init__``."""

    def __init__(self) -> None:
        with clock.frozen(OPENED + timedelta(hours=7)):
            emergencia = make_emergencia(("14", "12"))
            self.emergencia = emergencia.id
            self.escuela = make_activacion(make_albergue("1413", nombre="Escuela", oficial=True), emergencia)
            self.salon = make_activacion(make_albergue("1413", nombre="Salón", capacidad=None), emergencia)
            self.iglesia = make_activacion(make_albergue("1401", nombre="Iglesia", capacidad=3), emergencia)
            self.lejos = make_activacion(make_albergue("1201", nombre="Instituto", oficial=True), emergencia)
            self.ids = {n: getattr(self, n).id for n in ("escuela", "salon", "iglesia", "lejos")}
            self.familia = uuid7()
            self.dividida = [persona(sexo="mujer", edad=30), persona(sexo="hombre", edad=4)]
            ingreso(self.escuela, self.dividida[0], familia_id=self.familia)
            ingreso(self.escuela, persona(sexo="hombre", edad=70), persona(sexo="mujer", edad=8))
            ingreso(self.lejos, self.dividida[1], familia_id=self.familia)
            ingreso(self.iglesia, *[persona(sexo="mujer") for _ in range(4)])
            with unit_of_work(SISTEMA):
                register_parte(
                    ParteNuevo(uuid7(), self.ids["salon"], CUT - timedelta(hours=2), "estimacion", 25, 6)
                )
                register_parte(
                    ParteNuevo(uuid7(), self.ids["escuela"], CUT - timedelta(hours=1), "conteo_fisico", 3)
                )

    def asked(self, codigo: str = "GT", known=SEEN) -> Pregunta:
        return Pregunta(self.emergencia, Ambito(codigo), CUT, known)

    def body(self, codigo: str = "GT", known=SEEN):
        db.session.rollback()
        nombre = db.session.get_one(Emergencia, self.emergencia).nombre
        return build(self.asked(codigo, known), nombre)


@pytest.fixture
def pais(app):
    return Pais()


def line(body, nombre):
    return next(r for r in body.lineas if r.nombre == nombre)


def test_every_level_adds_up_and_the_classes_stand_apart(pais):
    body = pais.body()
    assert {r.nombre: r.personas for r in body.lineas} == {
        "Escuela": 3,
        "Salón": 0,
        "Iglesia": 4,
        "Instituto": 1,
    }
    assert (body.total.personas, body.total.solo_declaradas, body.total.familias_declaradas) == (8, 25, 6)
    assert {g.codigo: g.personas for g in body.departamentos} == {"12": 1, "14": 7}
    assert {g.codigo: (g.personas, g.solo_declaradas) for g in body.municipios} == {
        "1201": (1, 0), "1401": (4, 0), "1413": (3, 25),
    }  # fmt: skip
    assert {g.codigo: (g.albergues, g.personas, g.solo_declaradas) for g in body.clases} == {
        "oficial": (2, 4, 0), "no_oficial": (2, 4, 25), "fuera": (0, 0, 0),
    }  # fmt: skip
    cuadre = body.cuadre
    assert (
        cuadre.albergues,
        cuadre.municipios,
        cuadre.departamentos,
        cuadre.total,
        cuadre.personas_distintas,
    ) == (8,) * 5
    assert (cuadre.familias_albergues, cuadre.familias_total, cuadre.familias_repartidas) == (4, 3, 1)
    assert sorted(r.nombre for r in body.callan) == ["Iglesia", "Instituto"]
    assert body.con_reporte_pct == 100 * 28 // 33
    assert line(body, "Salón").capacidad is None and line(body, "Iglesia").diferencia == -1
    of_department = pais.body("14")
    assert (of_department.total.personas, of_department.total.familias) == (7, 3)
    assert pais.body("1413").cuadre.residuo == 0


def test_a_residue_is_shown_and_not_hidden(pais):
    db.session.execute(
        text("UPDATE tramo SET persona_id = :one"),
        {"one": uuid7().hex if db.engine.dialect.name == "sqlite" else uuid7()},
    )
    db.session.commit()
    cuadre = pais.body().cuadre
    assert cuadre.residuo > 0
    assert sheets.cuadre_text(cuadre).startswith("NO CUADRA")


def freeze(pais, codigo="GT", at=SEEN):
    with clock.frozen(at), unit_of_work(SISTEMA):
        row = services.validate(uuid7(), pais.asked(codigo, at - timedelta(minutes=1)))
        return row.id


def late_entries(pais, at):
    """What paper, telephone and a clerk bring afterwards about that very hour."""
    with clock.frozen(at):
        ingreso(pais.escuela, persona(sexo="hombre"), persona(), ocurrido_en=CUT - timedelta(hours=3))
        movimiento(
            pais.iglesia, "egreso", *_inside(pais.ids["iglesia"])[:1], ocurrido_en=CUT - timedelta(minutes=30)
        )
        with unit_of_work(SISTEMA):
            register_parte(
                ParteNuevo(uuid7(), pais.ids["lejos"], CUT - timedelta(hours=1), "conteo_fisico", 1)
            )
            change_albergue(
                db.session.get_one(Albergue, pais.salon.albergue_id),
                oficial=True,
                vigente_desde=CUT - timedelta(hours=5),
                motivo="Acta tardía",
            )
            change_albergue(
                db.session.get_one(Albergue, pais.lejos.albergue_id),
                ubicacion_reservada=True,
                municipio="1202",
                vigente_desde=CUT + timedelta(hours=2),
                motivo="Aviso",
            )
            db.session.get_one(Albergue, pais.escuela.albergue_id).nombre = "Escuela con otro nombre"
            move_to_familia(pais.dividida[0].id, _other_family(pais), CUT - timedelta(hours=4), None)
            note_given(given(pais, 400))


def _inside(activacion_id):
    rows = db.session.execute(
        text("SELECT persona_id FROM estancia WHERE activacion_id = :a AND egreso_en IS NULL"),
        {"a": activacion_id.hex if db.engine.dialect.name == "sqlite" else activacion_id},
    )
    from uuid import UUID

    return [UUID(str(r.persona_id)) for r in rows]


def _other_family(pais):
    from sqlalchemy import select

    from albergues_app.ocupacion.models import Familia

    return db.session.scalars(select(Familia.id).where(Familia.id != pais.familia)).first()


def given(pais, personas, ambito="14", clase="todas", corte=CUT):
    return TotalNuevo(
        uuid7(),
        pais.emergencia,
        Ambito(ambito),
        corte,
        clase,
        "conred",
        "boletin",
        None,
        personas,
        None,
        None,
        None,
    )


def test_yesterdays_consolidated_reproduces_to_the_byte_whatever_was_written_since(pais, monkeypatch):
    key = freeze(pais)
    row = db.session.get_one(Consolidado, key)
    datos, cover = row.datos, sheets.Caratula("Validado", row.folio, row.huella)
    with clock.frozen(SEEN + timedelta(hours=1)):
        pdf, xlsx = sheets.render_pdf(load(datos), cover), sheets.render_xlsx(load(datos), cover)
    late_entries(pais, SEEN + timedelta(hours=12))
    db.session.rollback()
    with clock.frozen(SEEN + timedelta(hours=24)):
        row = db.session.get_one(Consolidado, key)
        assert row.datos == datos
        assert services.reproduces(row), compare(load(datos), pais.body("GT", row.conocido_en))
        assert sheets.render_pdf(load(row.datos), cover) == pdf
        assert sheets.render_xlsx(load(row.datos), cover) == xlsx
        monkeypatch.setattr(sheets, "LONG", 1)  # drawn in a child, the same bytes
        assert sheets.render_pdf(load(row.datos), cover) == pdf
        today = pais.body("GT", clock.now())
    told = {(c.donde.split(" ", 1)[-1], c.que): (c.antes, c.ahora) for c in compare(load(datos), today)}
    assert told[("Escuela con otro nombre", "Personas")] == (3, 5)
    assert told[("Iglesia", "Personas")] == (4, 3)
    assert told[("Salón", "Clase")] == ("no_oficial", "oficial")
    assert told[("Total", "Personas")] == (8, 9)
    assert load(datos).dados == [] and [d["personas"] for d in today.dados] == [400]


def test_the_nightly_check_builds_what_was_validated_again(pais):
    key = freeze(pais)
    freeze(pais, "14", SEEN + timedelta(minutes=5))
    late_entries(pais, SEEN + timedelta(hours=12))
    with clock.frozen(SEEN + timedelta(hours=24)):
        db.session.rollback()
        assert altered() == []
        db.session.execute(text("UPDATE parte SET personas = personas + 1"))
        db.session.commit()
        assert len(altered()) == 2 and all("no se reproduce" in said for said in altered())
        assert len(altered(newest=1)) == 1
        folio = db.session.get_one(Consolidado, key).folio
        sqlite = db.engine.dialect.name == "sqlite"
        unlock = (
            "DROP TRIGGER consolidado_no_update" if sqlite else "ALTER TABLE consolidado DISABLE TRIGGER ALL"
        )
        db.session.execute(text(unlock))
        db.session.execute(
            text("UPDATE consolidado SET datos = replace(datos, 'Escuela', 'Escuelas') WHERE ambito = 'GT'")
        )
        db.session.commit()
        assert f"El consolidado {folio} está alterado: sus datos no dan su huella." in altered()
        with unit_of_work(SISTEMA):
            db.session.get_one(Emergencia, pais.emergencia).fin = clock.now()
        assert len(altered()) == 1, "the register of an emergency that ended may be dissociated"


def test_only_legal_moves_and_each_says_who_when_and_why(pais):
    key = freeze(pais, "14")
    with clock.frozen(SEEN + timedelta(hours=1)):
        with expect_refused("ya_validado"), unit_of_work(SISTEMA):
            services.validate(uuid7(), pais.asked("14", clock.now()))
        with expect_refused("nada_que_rectificar"), unit_of_work(SISTEMA):
            services.rectify(
                uuid7(), db.session.get_one(Consolidado, key), pais.asked("14", clock.now()), "por si acaso"
            )
        assert state_of(key) == "validado"
        with unit_of_work(SISTEMA):
            services.send_consolidado(db.session.get_one(Consolidado, key), "COE departamental")
        with expect_refused("paso_no_permitido"), unit_of_work(SISTEMA):
            services.send_consolidado(db.session.get_one(Consolidado, key), "COE departamental")
    late_entries(pais, SEEN + timedelta(hours=2))
    with clock.frozen(SEEN + timedelta(hours=3)):
        with expect_refused("falta_motivo"), unit_of_work(SISTEMA):
            services.rectify(
                uuid7(), db.session.get_one(Consolidado, key), pais.asked("14", clock.now()), " "
            )
        with unit_of_work(SISTEMA):
            second = services.rectify(
                uuid7(),
                db.session.get_one(Consolidado, key),
                pais.asked("14", clock.now()),
                "Llegó papel de la Escuela",
            ).id
        first, row = db.session.get_one(Consolidado, key), db.session.get_one(Consolidado, second)
        assert (state_of(key), state_of(second), row.version, row.rectifica_id) == (
            "rectificado",
            "validado",
            2,
            key,
        )
        cells = {(c.donde.split(" ", 1)[-1], c.que) for c in services.changes(first, row)}
        assert {
            ("Escuela con otro nombre", "Personas"),
            ("Iglesia", "Personas"),
            ("Total", "Personas"),
        } <= cells
        with expect_refused("paso_no_permitido"), unit_of_work(SISTEMA):
            services.rectify(
                uuid7(), db.session.get_one(Consolidado, key), pais.asked("14", clock.now()), "otra vez"
            )
        with expect_refused("vista_vieja"), unit_of_work(SISTEMA):
            services.rectify(
                uuid7(), db.session.get_one(Consolidado, second), pais.asked("14", SEEN), "página vieja"
            )


def test_a_cut_that_has_not_come_cannot_be_validated(pais):
    with clock.frozen(CUT - timedelta(minutes=5)), expect_refused("corte_futuro"), unit_of_work(SISTEMA):
        services.validate(uuid7(), pais.asked("14", clock.now()))


def test_a_given_total_stands_beside_the_computed_one_and_changes_nothing(pais):
    before = pais.body("14", SEEN).total
    with clock.frozen(SEEN), unit_of_work(SISTEMA):
        note_given(given(pais, 40))
        note_given(given(pais, 20, "1413", "no_oficial"))
        note_given(
            given(pais, 9, "1413", "fuera", CUT - timedelta(hours=30))
        )  # too old to speak of this cut-off
        note_given(given(pais, 900, "12"))  # of another department
    body = pais.body("14", SEEN + timedelta(minutes=1))
    assert body.total == before
    assert [(c.dado["ambito"], c.calculado, c.diferencia) for c in contrast(body)] == [
        ("14", 32, 8),
        ("1413", 25, -5),
    ]


def test_those_outside_shelters_stand_in_their_class_and_never_in_the_total(pais):
    before = pais.body("GT", SEEN).total
    with clock.frozen(SEEN), unit_of_work(SISTEMA):
        note_given(given(pais, 300, "14", "fuera"))  # the department, and two of its municipalities
        note_given(given(pais, 80, "1413", "fuera", CUT - timedelta(hours=3)))
        note_given(given(pais, 90, "1413", "fuera"))
        note_given(given(pais, 10, "1405", "fuera"))
        note_given(given(pais, 7, "12", "fuera"))
    body = pais.body("GT", SEEN + timedelta(minutes=1))
    assert body.total == before
    assert [(r.codigo, r.solo_declaradas) for r in body.fuera] == [("12", 7), ("1405", 10), ("1413", 90)]
    assert next(g for g in body.clases if g.codigo == "fuera").solo_declaradas == 107
    rows, total = rows_behind(body, "solo_declaradas", clase="fuera")
    assert (len(rows), total) == (3, 107)
    assert {c.diferencia for c in contrast(body)} == {None}
    assert load(body.dump()) == body


def test_the_rows_behind_a_figure_add_up_to_it(pais):
    body = pais.body("14")
    for cifra in (
        "personas",
        "mujeres",
        "hombres",
        "solo_declaradas",
        "sin_reporte",
        "capacidad",
        "diferencia",
    ):
        rows, total = rows_behind(body, cifra)
        assert total == getattr(body.total, cifra), cifra
    rows, total = rows_behind(body, "personas", "1413", "oficial")
    assert ([r.nombre for r in rows], total) == (["Escuela"], 3)


def test_no_cell_of_the_workbook_is_a_formula_and_reserved_sites_have_no_name(app):
    with clock.frozen(OPENED + timedelta(hours=7)):
        emergencia = make_emergencia(("14",), nombre='=HYPERLINK("x")')
        make_activacion(make_albergue("1413", nombre="=1+1"), emergencia)
        make_activacion(
            make_albergue("1413", nombre="Casa de la Esperanza", ubicacion_reservada=True), emergencia
        )
        body = build(Pregunta(emergencia.id, Ambito("14"), CUT, SEEN), emergencia.nombre)
    book = zipfile.ZipFile(io.BytesIO(sheets.render_xlsx(body, sheets.Caratula("Preliminar"))))
    content = "".join(book.read(n).decode() for n in book.namelist() if n.endswith(".xml"))
    assert "<f>" not in content and "=1+1" in content
    assert "Esperanza" not in content and "Ubicación reservada" in content


def test_the_cut_offs_are_those_of_the_setting(app):
    noon = OPENED + timedelta(hours=6)  # 12:00 in Guatemala
    assert [clock.iso(c)[:16] for c in recent_cuts(noon, 3)] == [
        "2026-11-18T06:00", "2026-11-17T18:00", "2026-11-17T06:00",
    ]  # fmt: skip
    app.config["PARTE_CORTES"] = "00:30"
    assert [clock.iso(c)[:16] for c in recent_cuts(noon, 2)] == ["2026-11-18T00:30", "2026-11-17T00:30"]
