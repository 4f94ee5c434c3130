"""Numbered paper: in the system before it is filled, tied when it is copied, missed when it does not come back."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from albergues_app.audit.models import Auditoria
from albergues_app.audit.writing import write_once
from albergues_app.capturas.models import Registro
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.outputs.web_form import flatten
from albergues_app.ocupacion.models import Familia
from albergues_app.pliegos import services
from albergues_app.pliegos.models import EstadoFolio, FolioPapel, Pliego
from albergues_app.pliegos.services import Donde, build_pliego, create_pliego, spans
from tests.factories.albergues import make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import SISTEMA, csrf_of
from tests.formats.cases_operacion import CASES
from tests.ocupacion.desk_help import HIJO, MADRE, household, send
from tests.pdf import pages_of, text_of

NOMBRE = "Escuela de Tzalbal"
INCIDENTE = CASES["incidente"][1][0]


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre=NOMBRE))


@pytest.fixture
def clerk(entra):
    return entra("municipal", municipio="1413")


def number(client, lugar, formato="incidente", cantidad="5", **more):
    page = client.get("/pliegos/nuevo").text
    data = {"csrf_token": csrf_of(page), "op_id": str(uuid7()), "formato": formato, "cantidad": cantidad}
    return client.post("/pliegos/nuevo", data={**data, "lugar": lugar, **more})


def pliego_at(donde, formato="incidente", cantidad=5, key=None) -> Pliego:
    key = key or uuid7()
    with unit_of_work(SISTEMA):
        create_pliego(build_pliego(key, formatos.latest(formato), donde, cantidad, "carta"))
    return db.session.get_one(Pliego, key)


def place(activacion) -> Donde:
    return Donde(
        departamento=activacion.municipio_codigo[:2],
        municipio=activacion.municipio_codigo,
        albergue_codigo=activacion.albergue_codigo,
        albergue_id=activacion.albergue_id,
        activacion_id=activacion.id,
        emergencia_id=activacion.emergencia_id,
    )


def folios(pliego_id) -> list[FolioPapel]:
    db.session.rollback()
    stmt = select(FolioPapel).where(FolioPapel.pliego_id == pliego_id).order_by(FolioPapel.numero)
    return list(db.session.scalars(stmt))


def fill(client, activacion, folio, codigo="incidente", **more):
    page = client.get(f"/registros/nuevo/{codigo}?activacion={activacion.id}").text
    data = {**flatten(formatos.latest(codigo), INCIDENTE), "folio_papel": folio, "op_id": uuid7(), **more}
    data |= {"activacion": activacion.id, "csrf_token": csrf_of(page)}
    return client.post(f"/registros/nuevo/{codigo}", data=data, follow_redirects=True)


def test_a_pliego_is_made_printed_with_its_folios_and_printed_the_same_again(here, clerk):
    answer = number(clerk, f"activacion:{here.id}", cantidad="3", papel="oficio")
    assert answer.status_code == 303, answer.text
    row = db.session.scalars(select(Pliego)).one()
    assert (row.formato, row.cantidad, row.activacion_id, row.papel) == ("incidente", 3, here.id, "oficio")
    codes = [f.codigo for f in folios(row.id)]
    assert [c[6:9] for c in codes] == ["001", "002", "003"] and len(set(codes)) == 3
    key = row.id
    texts = []
    for _ in range(2):
        sheets = clerk.get(f"/pliegos/{key}/hojas.pdf").data
        texts.append(pages_of(sheets))
    assert texts[0] == texts[1]
    assert all(sum(c in t for t in texts[0]) == len(texts[0]) // 3 for c in codes)
    assert (
        "Escuela de Tzalbal" in texts[0][0]
        and round(float(PdfReader(BytesIO(sheets)).pages[0].mediabox.height)) == 936
    )
    only = PdfReader(BytesIO(clerk.get(f"/pliegos/{key}/hojas.pdf?folios=2").data)).pages
    assert codes[1] in only[0].extract_text() and codes[0] not in only[0].extract_text()
    trail = db.session.scalars(select(Auditoria.tabla).where(Auditoria.accion == "alta")).all()
    assert "pliego" in trail


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("lugar", "cantidad", "sentence"),
    [("", "5", "Elija para qué albergue"), ("ok", "0", "de 1 a 200"), ("ok", "201", "de 1 a 200"),
     ("ok", "muchas", "de 1 a 200"), ("ok", "-3", "de 1 a 200"), ("ok", "٣", "de 1 a 200")],
)  # fmt: skip
def test_what_cannot_be_numbered_comes_back_typed_and_writes_nothing(here, clerk, lugar, cantidad, sentence):
    answer = number(clerk, f"activacion:{here.id}" if lugar else "", cantidad=cantidad)
    assert answer.status_code == 422 and sentence in answer.text
    assert f'value="{cantidad}"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(FolioPapel)) == 0


def test_paper_goes_to_a_municipality_or_a_sede_before_any_emergency(app, entra):
    sede = entra("sede", sede="S14")
    assert number(sede, "municipio:1413", "boleta_ingreso").status_code == 303
    assert number(sede, "departamento:14", "consolidado_departamental").status_code == 303
    rows = {p.municipio_codigo: p for p in db.session.scalars(select(Pliego))}
    assert set(rows) == {"1413", None}
    page = sede.get("/pliegos?municipio=1413").text
    assert rows["1413"].lote in page and rows[None].lote not in page
    paper = sede.get(f"/pliegos/{rows['1413'].id}/hojas.pdf?folios=1").data
    assert "Nebaj" in pages_of(paper)[0]


def test_another_territory_neither_makes_nor_sees_nor_prints(here, entra):
    key = pliego_at(place(here)).id
    other = entra("municipal", municipio="1420")
    assert number(other, f"activacion:{here.id}").status_code == 404
    assert number(other, "municipio:1413").status_code == 404
    for path in (f"/pliegos/{key}", f"/pliegos/{key}/hojas.pdf", f"/pliegos?activacion={here.id}"):
        assert other.get(path).status_code == 404, path
    assert str(key) not in other.get("/pliegos").text
    assert db.session.scalar(select(func.count()).select_from(Pliego)) == 1


def test_the_formats_of_a_profession_are_numbered_by_it_alone(here, clerk, entra):
    assert number(clerk, f"activacion:{here.id}", "ficha_medica").status_code == 422
    health = entra("salud", municipio="1413")
    assert number(health, f"activacion:{here.id}", "ficha_medica").status_code == 303
    key = db.session.scalars(select(Pliego.id)).one()
    assert clerk.get(f"/pliegos/{key}").status_code == 404


def test_a_sheet_that_is_copied_is_tied_to_its_folio(here, clerk):
    key = pliego_at(place(here)).id
    third = folios(key)[2].codigo
    page = fill(clerk, here, third.lower().replace("-", " "))
    assert page.status_code == 200 and "folio" not in " ".join(
        re.findall(r"caja-aviso mensaje.*?</div>", page.text)
    )
    row = db.session.scalars(select(Registro)).one()
    found = folios(key)
    assert [f.estado for f in found] == ["sin_usar", "sin_usar", "usado", "sin_usar", "sin_usar"]
    assert found[2].registro_id == row.id
    shown = clerk.get(f"/pliegos/{key}").text
    assert "Faltan 4 de 5: 1, 2, 4, 5." in shown and f"/registros/{row.id}" in shown
    assert "Quedaron atrás de la última usada: <b>1, 2</b>" in shown


def test_a_folio_that_does_not_fit_is_told_and_never_refused(here, clerk):
    mine = folios(pliego_at(place(here)).id)
    boletas = folios(pliego_at(place(here), "boleta_ingreso").id)
    elsewhere = make_activacion(make_albergue("1420"), make_emergencia(nombre="Otra"))
    afar = folios(pliego_at(place(elsewhere)).id)
    code = mine[0].codigo
    wrong = code[:-1] + ("A" if code[-1] != "A" else "C")
    fill(clerk, here, code)
    for folio, sentence in (
        (code, "ya se usó"),
        (wrong, "no cuadra con su letra final"),
        (boletas[0].codigo, "es de otro formato"),
        (afar[0].codigo, "se imprimió para otro lugar"),
        ("K7QM4-012", "le falta su letra final"),
        ("cuaderno 7", "no es de un pliego del sistema"),
    ):
        page = fill(clerk, here, folio)
        assert page.status_code == 200 and "guardado" in page.text, folio
        assert sentence in page.text, folio
    assert db.session.scalar(select(func.count()).select_from(Registro)) == 7
    assert folios(mine[0].pliego_id)[0].registro_id is not None
    assert folios(boletas[0].pliego_id)[0].estado == "sin_usar"
    assert folios(afar[0].pliego_id)[0].estado == "usado"


def test_a_boleta_at_the_desk_ties_its_folio_to_the_family(here, entra):
    key = pliego_at(place(here), "boleta_ingreso").id
    code = folios(key)[0].codigo
    desk = entra("registro", albergue=here.albergue_codigo)
    answer = send(desk, here.id, household(MADRE, HIJO, folio_papel=code), follow_redirects=True)
    assert answer.status_code == 200, answer.text[:500]
    family = db.session.scalars(select(Familia.id)).one()
    first = folios(key)[0]
    assert (first.estado, first.familia_id) == ("usado", family)
    again = send(
        desk,
        here.id,
        household(("Rosa", "Cobo", "mujer", "20", "anios", "jefe"), folio_papel=code),
        follow_redirects=True,
    )
    assert "ya se usó" in again.text
    assert folios(key)[0].familia_id == family


def test_the_same_folio_through_a_program(here, ficha):
    key = pliego_at(place(here)).id
    code = folios(key)[4].codigo
    headers = ficha("municipal", municipio="1413")
    from flask import current_app

    client = current_app.test_client()
    body = {"id": str(uuid7()), "activacion": str(here.id), "folio": code}
    body["respuestas"] = flatten(formatos.latest("incidente"), INCIDENTE)
    first = client.post("/api/v1/formatos/incidente/capturas", json=body, headers=headers)
    assert first.status_code == 201, first.json
    assert folios(key)[4].estado == "usado"
    other = client.post(
        "/api/v1/formatos/incidente/capturas", json={**body, "id": str(uuid7())}, headers=headers
    )
    assert "folio_ya_usado" in {a["codigo"] for a in other.json["avisos"]}


def test_a_corrected_folio_frees_the_one_that_was_copied_wrong(here, clerk):
    key = pliego_at(place(here)).id
    one, two = (f.codigo for f in folios(key)[:2])
    fill(clerk, here, one)
    row = db.session.scalars(select(Registro)).one()
    token = csrf_of(clerk.get(f"/registros/{row.id}/corregir").text)
    page = clerk.get(f"/registros/{row.id}/corregir").text
    hiddens = dict(
        re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page[page.index('id="hoja"') :])
    )
    data = {
        **hiddens,
        **flatten(formatos.latest("incidente"), INCIDENTE),
        "folio_papel": two,
        "csrf_token": token,
    }
    sent = clerk.post(f"/registros/{row.id}/corregir", data={**data, "motivo_correccion": "Otra hoja"})
    assert sent.status_code == 303, sent.text
    assert [f.estado for f in folios(key)[:2]] == ["sin_usar", "usado"]


def mark(client, key, numbers, estado, motivo="Se mojó"):
    token = csrf_of(client.get(f"/pliegos/{key}").text)
    data = {"csrf_token": token, "op_id": str(uuid7()), "folios": numbers, "estado": estado, "motivo": motivo}
    return client.post(f"/pliegos/{key}/folios", data=data)


def test_annulled_and_lost_sheets_say_why_and_no_longer_miss(here, clerk):
    key = pliego_at(place(here), cantidad=12).id
    fill(clerk, here, folios(key)[8].codigo)
    assert mark(clerk, key, "3, 5 - 6", "anulado").status_code == 303
    assert mark(clerk, key, "12", "extraviado", "Se cayó al río").status_code == 303
    page = clerk.get(f"/pliegos/{key}").text
    assert "Faltan 7 de 12: 1, 2, 4, 7, 8, 10, 11." in page and "Se cayó al río" in page
    for numbers, estado, motivo, sentence in (
        ("9", "anulado", "x", "Ya se usaron: 9"),
        ("13", "anulado", "x", "no tiene 13"),
        ("dos", "anulado", "x", "Escriba los números"),
        ("5-2", "anulado", "x", "Escriba los números"),
        ("1", "usado", "x", ""),
        ("1", "anulado", " ", "qué pasó"),
    ):
        answer = mark(clerk, key, numbers, estado, motivo)
        assert answer.status_code == 422 and sentence in answer.text, (numbers, estado)
        assert f'value="{numbers}"' in answer.text
    told = fill(clerk, here, folios(key)[11].codigo)
    assert "estaba como extraviado" in told.text
    assert "está anulado" in fill(clerk, here, folios(key)[2].codigo).text
    assert [folios(key)[n].estado for n in (2, 11)] == ["anulado", "usado"]


def test_a_closed_shelter_with_sheets_that_nobody_answered_for_is_on_hoy(here, clerk):
    pliego_at(place(here))
    assert "sin responder" not in clerk.get("/").text
    with unit_of_work(SISTEMA):
        from albergues_app.albergues.models import Activacion

        db.session.get_one(Activacion, here.id).estado = "cerrada"
    assert "5 hojas con folio sin responder" in clerk.get("/").text


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_kit_with_numbers_is_one_pliego_a_format_and_one_pdf(here, clerk):
    page = clerk.get(f"/pliegos/kit?activacion={here.id}&familias=20").text
    assert re.search(r'name="n-boleta_ingreso"[^>]* value="22"', page) and "n-ficha_medica" not in page
    data = {"csrf_token": csrf_of(page), "op_id": str(uuid7()), "lugar": f"activacion:{here.id}",
            "n-incidente": "2", "n-boleta_ingreso": "1", "n-kardex": "0"}  # fmt: skip
    sent = clerk.post("/pliegos/kit", data=data)
    assert sent.status_code == 303, sent.text
    assert clerk.post("/pliegos/kit", data=data).status_code == 303  # sent twice: once
    rows = db.session.scalars(select(Pliego)).all()
    assert sorted((p.formato, p.cantidad) for p in rows) == [("boleta_ingreso", 1), ("incidente", 2)]
    codes = {f.codigo for p in rows for f in folios(p.id)}
    listed = clerk.get(sent.location).text
    pdf = re.search(r'href="(/pliegos/kit\.pdf\?kit=[^"]+)"', listed)[1]
    text = text_of(clerk.get(pdf).data)
    assert len(codes) == 3 and all(code in text for code in codes)
    empty = clerk.post(
        "/pliegos/kit", data={**data, "op_id": str(uuid7()), "n-incidente": "0", "n-boleta_ingreso": ""}
    )
    assert empty.status_code == 422 and "cuántas copias" in empty.text


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_poster_of_a_place_has_both_doors(here, clerk):
    paper = PdfReader(BytesIO(clerk.get(f"/pliegos/cartel.pdf?activacion={here.id}").data)).pages
    text = paper[0].extract_text()
    assert len(paper) == 1 and "Escuela de Tzalbal" in text and "Formatos de este albergue" in text
    long = make_activacion(
        make_albergue(nombre="Instituto Nacional de Educación Básica " * 4), make_emergencia(nombre="Larga")
    )
    again = clerk.get(f"/pliegos/cartel.pdf?activacion={long.id}").data
    assert len(PdfReader(BytesIO(again)).pages) == 1
    assert "/formatos" in text and f"/pliegos?activacion={here.id}" in text.replace("\n", "")


def test_many_at_once_never_repeat_a_number(app, here, monkeypatch):
    """Eight writers draw the same lot first: all but one are tried anew, and no folio is there twice."""
    donde, mine = place(here), threading.local()
    honest = services.new_lot

    def new_lot() -> str:
        drawn = getattr(mine, "drawn", 0)
        mine.drawn = drawn + 1
        return honest() if drawn else "ACEFH"

    monkeypatch.setattr(services, "new_lot", new_lot)
    start = threading.Barrier(8)

    def make(_n):
        with app.app_context():
            start.wait()
            op = uuid7()
            formato = formatos.latest("incidente")

            def work():
                return create_pliego(build_pliego(op, formato, donde, 20, "carta"))

            try:
                return write_once(SISTEMA, op, "pliego", {"op": op}, None, work).status
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(make, range(8)))
    db.session.rollback()
    assert statuses == [201] * 8
    codes = db.session.scalars(select(FolioPapel.codigo)).all()
    assert len(codes) == len(set(codes)) == 160
    lots = db.session.scalars(select(Pliego.lote)).all()
    assert len(set(lots)) == 8 and "ACEFH" in lots


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([3], "3"), ([1, 2], "1, 2"), ([40, 3, 8, 9, 10, 11, 12], "3, 8–12, 40"), ([5, 5], "5")],
)
def test_runs_of_numbers_are_told_short(numbers, text):
    assert spans(numbers) == text


def test_every_state_has_a_name():
    from albergues_app.pliegos.models import NOMBRE_FOLIO

    assert set(NOMBRE_FOLIO) == set(EstadoFolio)


def test_a_file_of_many_sheets_ties_each_folio(here):
    from albergues_app.capturas.places import lugar_of_activacion
    from albergues_app.capturas.services import RegistroNuevo, save_registros
    from albergues_app.formats.engine import Result

    key = pliego_at(place(here)).id
    codes = [f.codigo for f in folios(key)[:3]]
    with unit_of_work(SISTEMA):
        lugar, formato = lugar_of_activacion(here.id), formatos.latest("incidente")
        save_registros(
            [RegistroNuevo(uuid7(), formato, lugar, Result({}), folio=c) for c in [*codes, codes[0], "7"]]
        )
    assert [f.estado for f in folios(key)] == ["usado"] * 3 + ["sin_usar"] * 2


def test_dissociation_takes_what_was_written_about_the_sheets(here):
    from albergues_app.capturas.services import forget_words

    pliego = pliego_at(place(here))
    pliego_id = pliego.id
    with unit_of_work(SISTEMA):
        row = db.session.get_one(Pliego, pliego_id)
        row.emergencia_id = here.emergencia_id
        services.mark_folios(row, [2], "extraviado", "La perdió Jacinta Chocoj")
    with unit_of_work(SISTEMA):
        forget_words(here.emergencia_id)
    db.session.expire_all()
    folio = db.session.scalars(select(FolioPapel).where(FolioPapel.numero == 2)).one()
    assert (folio.motivo, folio.estado) == (None, EstadoFolio.EXTRAVIADO)


def test_a_number_of_thousands_of_digits_is_refused_with_words(here, clerk):
    for cantidad in ("000005" + "9" * 5000, "9" * 5000, "0000000"):
        answer = number(clerk, f"activacion:{here.id}", cantidad=cantidad)
        assert answer.status_code == 422 and "Escriba cuántas hojas" in answer.text
    token = csrf_of(clerk.get("/pliegos/kit").text)
    many = {"csrf_token": token, "op_id": str(uuid7()), "lugar": f"activacion:{here.id}"}
    sent = clerk.post("/pliegos/kit", data={**many, "n-incidente": "000001" + "9" * 5000})
    assert sent.status_code == 422


def test_a_long_run_of_spaces_costs_nothing():
    from time import thread_time

    from albergues_app.web.pliego_views import read_spans

    begun = thread_time()
    read_spans("1" + " " * 30_000 + "1")
    assert thread_time() - begun < 1
    assert read_spans(" 3 , 8 – 12 ") == [3, 8, 9, 10, 11, 12]
