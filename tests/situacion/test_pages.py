"""The pages and files of the bulletins: as each person meets them, and as whoever has no account does."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.reports.situacion import copia, layout, message, sheet, snapshot, workbook, writing
from albergues_app.reports.situacion.models import CONCEPTOS, Boletin, BoletinSellado
from tests.consolidados.test_cortes import CUT, SEEN, Pais
from tests.factories.boletines import make_borrador, seal, three_persons
from tests.factories.cuentas import csrf_of

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


@pytest.fixture
def pais(app):
    with clock.frozen(SEEN):
        yield Pais()


def send(client, path, page, **data):
    text = client.get(page).text
    seen = re.search(r'name="visto" value="([^"]*)"', text)
    return client.post(
        path, data={"csrf_token": csrf_of(text), "visto": seen.group(1) if seen else "", **data}
    )


def test_three_persons_make_one_through_the_web_and_anybody_checks_it(pais, entra, client):
    one, two, three = (entra("sede", departamento="14") for _ in range(3))
    begun = send(
        one,
        "/boletines/nuevo",
        "/boletines/nuevo",
        emergencia=pais.emergencia,
        ambito="14",
        corte="2026-11-18T18:00",
    )
    assert begun.status_code == 303
    page = begun.headers["Location"]
    text = one.get(page).text
    assert "Usted escribió en él" in text and "Dar por revisado" not in text
    needs = re.findall(r'name="necesidad" value="([^"]+)" checked', text)
    assert needs
    bad = send(one, page, page, situacion="Llueve", **{"v-puentes": "2"}, necesidad=needs)
    assert (
        bad.status_code == 422
        and "Puentes dañados: escriba quién da la cifra." in bad.text
        and "Llueve" in bad.text
    )
    good = send(
        one,
        page,
        page,
        situacion="Llueve\ny crece el río",
        **{"v-puentes": "2", "f-puentes": "CONRED"},
        necesidad=needs[1:],
    )
    assert good.status_code == 303
    assert one.get(f"{page}/hoja.pdf").data.startswith(b"%PDF") and one.get(
        f"{page}/hoja.png"
    ).data.startswith(b"\x89PNG")
    assert send(one, f"{page}/revisar", page).status_code == 422
    assert send(two, f"{page}/revisar", page).status_code == 303
    assert send(two, f"{page}/autorizar", page).status_code == 422
    assert send(three, f"{page}/autorizar", page).status_code == 303
    assert send(one, f"{page}/emitir", page).status_code == 303
    text = one.get(page).text
    huella = re.search(r'<code class="huella">([0-9a-f]{64})</code>', text).group(1)
    assert "Boletín No. 1" in text and f"/boletines/verificar/{huella[:16]}" in text
    datos = json.loads(one.get(f"{page}/datos.json").data)["datos"]
    assert datos["verificar_en"].endswith("/boletines/verificar/")
    assert datos["textos"]["situacion"] == "Llueve\ny crece el río"
    assert [(o["nombre"], o["valor"], o["fuente"]) for o in datos["otras"]] == [
        ("Puentes dañados", 2, "CONRED")
    ]
    assert [f["papel"] for f in datos["firmas"]] == ["Elaboró", "Revisó", "Autorizó"]
    for address in (huella, huella[:16], f"?huella={huella.upper()}"):
        public = client.get(
            f"/boletines/verificar/{address}" if address[0] != "?" else f"/boletines/verificar{address}"
        )
        assert public.status_code == 200 and "Válido" in public.text and huella in public.text
        assert (
            "Cuenta sede" not in public.text and "Llueve" not in public.text and "Escuela" not in public.text
        )
    assert client.get("/boletines/verificar/" + "0" * 64).status_code == 404
    assert client.get("/boletines/verificar/" + huella[:15]).status_code == 404
    assert client.get("/boletines/verificador").data.startswith(b'"""Verify an issued bulletin')
    assert client.get(page).status_code == 302
    fixed = send(one, f"{page}/corregir", page, motivo="Era el puente de Chajul")
    assert fixed.status_code == 303 and "Corrección del No. 1" in one.get(fixed.headers["Location"]).text
    again = fixed.headers["Location"]
    assert (
        send(one, again, again, situacion="Llueve", **{"v-puentes": "1", "f-puentes": "CONRED"}).status_code
        == 303
    )
    assert send(two, f"{again}/revisar", again).status_code == 303
    assert send(three, f"{again}/autorizar", again).status_code == 303
    assert send(one, f"{again}/emitir", again).status_code == 303
    assert "Sustituido por el No. 2" in client.get(f"/boletines/verificar/{huella}").text
    cells = json.loads(one.get(f"{again}/datos.json").data)["datos"]["corrige"]["celdas"]
    assert {"donde": "Otras cifras", "que": "Puentes dañados", "antes": "2", "ahora": "1"} in cells
    listed = one.get("/boletines").text
    assert "Corregido por el No. 2" in listed and "No. 2" in listed


def test_of_two_who_write_at_once_the_second_is_told_and_loses_nothing(pais, entra):
    persons = three_persons()
    key = make_borrador(persons[0], pais.emergencia, "14", CUT)
    page, one, other = f"/boletines/{key}", *(entra("sede", departamento="14") for _ in range(2))
    both = one.get(page).text
    seen = re.search(r'name="visto" value="([^"]*)"', both).group(1)
    first = {
        "visto": seen,
        "situacion": "Lo de la primera",
        "acciones": "A las 18:30 la Cruz Roja: 40 colchonetas",
    }
    assert send(one, page, page, **first).status_code == 303
    late = {"visto": seen, "situacion": "Lo de la segunda"}
    told = send(other, page, page, **late)
    assert told.status_code == 422 and "Lo de la segunda" in told.text and "Lo de la primera" in told.text
    assert json.loads(db.session.get_one(Boletin, key).textos)["situacion"] == "Lo de la primera"
    written = snapshot.content_of(db.session.get_one(Boletin, key))["acciones"]
    assert written == [{"institucion": "A las 18:30 la Cruz Roja", "accion": "40 colchonetas"}]
    assert writing.actions_of("Salieron 18:30 sin novedad") == [
        {"institucion": "", "accion": "Salieron 18:30 sin novedad"}
    ]
    db.session.rollback()
    assert send(other, page, page, situacion="Las dos").status_code == 303
    refused = send(other, f"{page}/descartar", page, motivo="")
    assert refused.status_code == 422 and "Las dos</textarea>" in refused.text, (
        "another form does not blank this one"
    )
    assert 'href="#c-motivo"' in refused.text and refused.text.count('id="c-motivo"') == 1


def test_of_another_department_a_bulletin_does_not_exist(pais, entra):
    key = make_borrador(three_persons()[0], pais.emergencia, "14", CUT)
    stranger = entra("sede", departamento="12")
    assert stranger.get(f"/boletines/{key}").status_code == 404
    assert (
        str(key) not in stranger.get("/boletines").text
        and str(key) in entra("sede", departamento="14").get("/boletines").text
    )
    assert entra("registro", municipio="1413").get("/boletines").status_code == 403


def test_the_workbook_has_the_tags_under_the_headers_and_numbers_as_numbers(pais):
    persons = three_persons()
    row = seal(make_borrador(persons[0], pais.emergencia, "GT", CUT), persons)
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook.render_xlsx(json.loads(row.datos), row.huella)))
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python()
        assert all(re.fullmatch(r"#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*", tag) for tag in rows[1]), (
            name,
            rows[1],
        )
        assert len(set(rows[1])) == len(rows[1]), name
    shelters = book.get_sheet_by_name("Albergues").to_python()
    at = {tag: i for i, tag in enumerate(shelters[1])}
    found = {r[at["#loc+shelter+name"]]: r[at["#affected+sheltered"]] for r in shelters[2:]}
    assert found == {"Escuela": 3, "Salón": 0, "Iglesia": 4, "Instituto": 1}
    assert {r[at["#adm2+code+v_pcode"]] for r in shelters[2:]} == {"GT1413", "GT1401", "GT1201"}
    unknown = next(r for r in shelters[2:] if r[at["#loc+shelter+name"]] == "Salón")
    assert unknown[at["#capacity+persons+num"]] == ""


def test_the_text_for_messages_says_what_when_and_where_to_check_and_names_nobody(pais):
    persons = three_persons()
    row = seal(make_borrador(persons[0], pais.emergencia, "14", CUT, situacion="Llueve"), persons)
    text = message.message_of(json.loads(row.datos), row.huella)
    lines = text.split("\n")
    assert lines[0] == "CAPACITACIÓN · Boletín No. 1 · Tormenta de práctica · Quiché"
    assert lines[1] == "Corte 18/11/2026 18:00. Cifras sujetas a cambio."
    assert "7 personas en el registro y 25 solo declaradas en partes, 3 familias, en 3 albergues" in text
    assert lines[-1].endswith(f"/boletines/verificar/{row.huella[:16]}") and len(lines) <= 10
    assert "Cuenta nacional" not in text


def test_the_map_has_every_place_with_its_number_and_the_same_outlines_for_ever(pais):
    persons = three_persons()
    row = seal(make_borrador(persons[0], pais.emergencia, "GT", CUT), persons)
    datos = json.loads(row.datos)
    assert len(datos["mapa"]["piezas"]) == 22 and "Ministerio de Finanzas" in datos["mapa"]["credito"]
    svg = layout.first_page(datos)["mapa"]
    assert svg.count("<path") == 22 and ">32<" in svg and ">1<" in svg  # 7 + 25 in Quiché, 1 in San Marcos
    plain = {**datos, "mapa": None}
    assert layout.first_page(plain)["mapa"] == "" and sheet.render_pdf(plain).startswith(b"%PDF")


def test_every_concept_has_its_three_fields_on_the_form(pais, entra):
    sede = entra("sede", departamento="14")
    page = send(
        sede,
        "/boletines/nuevo",
        "/boletines/nuevo",
        emergencia=pais.emergencia,
        ambito="1413",
        corte="2026-11-18T18:00",
    ).headers["Location"]
    text = sede.get(page).text
    for code in CONCEPTOS:
        assert all(f'name="{kind}-{code}"' in text for kind in "vfh"), code
    assert db.session.query(Boletin).count() == 1 and db.session.query(BoletinSellado).count() == 0
    assert Path(copia.__file__).with_name("plantilla.docx").exists()
