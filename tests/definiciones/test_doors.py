"""A format defined in the web has every door of those of the code, with one verdict through all of them."""

from __future__ import annotations

import csv
import json
import re
from io import BytesIO, StringIO
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select, text

from albergues_app.capturas.models import Registro
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.formats import catalogo
from albergues_app.formats.engine import Attachment, answers_to_json, validate
from albergues_app.formats.outputs.flat import cell_text, spread
from albergues_app.formats.outputs.web_form import flatten
from albergues_app.formats.outputs.xlsx import write_workbook
from albergues_app.formats.outputs.xlsx_in import read_sheets
from albergues_app.interchange.format_files import open_file
from albergues_app.ocupacion.format_catalogs import format_catalogos
from tests.cli.test_commands import albergues  # noqa: F401
from tests.factories.albergues import make_activacion, make_albergue
from tests.factories.cuentas import csrf_of
from tests.factories.formatos import CASES, FULL, GOOD, WORKED_OUT, make_published
from tests.formats.by_file import read_by_door
from tests.pdf import text_of

CODE = FULL.code


@pytest.fixture
def formato(app):
    make_published()
    return catalogo.latest(CODE)


def verdict(formato: Any, raw: Any, mode: Any = "completo") -> tuple[list[tuple[str, str]], dict[str, Any]]:
    result = validate(formato, raw, format_catalogos(), mode, clock.now(), formato.at_gate)
    return sorted((n.campo, n.codigo) for n in result.errors), answers_to_json(result.answers)


def by_csv(formato: Any, raw: dict[str, Any]) -> bytes:
    head = {k: cell_text(v) for k, v in spread(formato.campos, raw).items()}
    lines = [
        {f"{r.name}.{k}": cell_text(v) for k, v in spread(r.campos, row).items()}
        for r in formato.repetibles
        for row in raw.get(r.name) or ()
    ]
    lines = [{"familia": "1", **head, **line} for line in lines or [{}]]
    target = StringIO()
    writer = csv.DictWriter(target, list(dict.fromkeys(k for line in lines for k in line)), delimiter=";")
    writer.writeheader()
    writer.writerows(lines)
    return target.getvalue().encode()


def as_file(formato: Any, content: bytes, name: str) -> Any:
    """Through the limited child, and the steps of the page of imports; the definition goes along."""
    assert open_file(formato, content, name, formato.at_gate)
    records = read_by_door(formato, content, name, formato.at_gate, format_catalogos())
    return records[0] if records else {}


def test_the_cases_say_what_they_say(formato):
    for answers, codes in CASES:
        assert {codigo for _campo, codigo in verdict(formato, answers)[0]} == codes, answers


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.parametrize("number", range(len(CASES)))
def test_one_verdict_through_files_and_screen(formato, number):
    answers, _codes = CASES[number]
    expected = verdict(formato, answers)
    book = BytesIO()
    write_workbook(formato, book, format_catalogos(), [answers], gate=formato.at_gate)
    doors = {
        "json": as_file(formato, json.dumps({"respuestas": answers}).encode(), "x.json"),
        "xlsx": as_file(formato, book.getvalue(), "x.xlsx"),
        "csv": as_file(formato, by_csv(formato, answers), "x.csv"),
    }
    for name, raw in doors.items():
        errors, given = verdict(formato, raw)
        assert errors == expected[0], name
        assert {k: v for k, v in given.items() if expected[1].get(k) != v} == {}, name


def test_screen_api_and_terminal_keep_it_and_refuse_it_alike(formato, entra, ficha, app, albergues, tmp_path):  # noqa: F811
    here = make_activacion(make_albergue(nombre="Escuela de Tzalbal"))
    clerk, headers, machine = (
        entra("albergue", municipio="1413"),
        ficha("sede", departamento="14"),
        app.test_client(),
    )
    here_id = str(here.id)
    for answers, _codes in CASES:
        errors, _given = verdict(formato, answers, "rapido")
        typed = {**flatten(formato, answers), "activacion": here_id, "op_id": str(uuid7())}
        page = clerk.get(f"/registros/nuevo/{CODE}?activacion={here_id}")
        assert page.status_code == 200
        sent = clerk.post(f"/registros/nuevo/{CODE}", data={**typed, "csrf_token": csrf_of(page.text)})
        assert sent.status_code == (422 if errors else 303), (answers, sent.text[:2000])
        body = {"id": str(uuid7()), "activacion": here_id, "respuestas": answers}
        done = machine.post(f"/api/v1/formatos/{CODE}/capturas", json=body, headers=headers)
        assert done.status_code == (422 if errors else 201), done.text
        if errors:
            assert sorted((e["campo"], e["codigo"]) for e in done.json["errores"]) == errors
    (tmp_path / "d.json").write_text(json.dumps(GOOD), encoding="utf-8")
    book, data = str(tmp_path / "b.xlsx"), str(tmp_path / "d.json")
    assert albergues("formato", "llenar", CODE, data, book).exit_code == 0
    assert albergues("formato", "leer", CODE, book).exit_code == 0
    fillable = str(tmp_path / "b.pdf")
    assert albergues("formato", "llenar", CODE, data, fillable, "--llenable").exit_code == 0
    back = albergues("formato", "leer", CODE, fillable)
    assert back.exit_code == 0, back.output
    for end in ("pdf", "json", "xlsx"):
        assert albergues("formato", "blanco", CODE, str(tmp_path / f"b.{end}")).exit_code == 0
    assert CODE in albergues("formato", "lista").stdout


def test_paper_workbook_shelf_and_api_offer_it(formato, client):
    paper = client.get(f"/formatos/{CODE}/en-blanco.pdf")
    words = text_of(paper.data)
    assert (
        "Control de agua «#1» & <b>" in words and "Datos $x$ *y* _z_" in words and "#set text(red)" in words
    )
    assert "Dato de protección" not in words
    assert client.get(f"/formatos/{CODE}/en-blanco.pdf?papel=oficio").status_code == 200
    assert client.get(f"/formatos/{CODE}/para-llenar.xlsx").data[:2] == b"PK"
    assert client.get(f"/formatos/{CODE}/primera-pagina.png").data[:4] == b"\x89PNG"
    assert client.get(f"/formatos/{CODE}/para-llenar.pdf").data[:4] == b"%PDF"
    assert client.get(f"/formatos/{CODE}/telefono.xlsx").data[:2] == b"PK"
    assert "&lt;b&gt;" in client.get(f"/formatos/{CODE}").text
    assert CODE in client.get("/formatos?q=cubetas").text
    rows = {r["codigo"]: r for r in client.get("/api/v1/formatos").json["filas"]}
    assert rows[CODE]["edicion"] == 1 and rows[CODE]["enlaces"]["json_schema"]
    schema = client.get(f"/api/v1/formatos/{CODE}/esquema.json").json
    assert set(schema["properties"]) >= {"litros", "tomas", "usos"}


def test_a_filled_one_is_found_printed_exported_and_corrected(formato, entra):
    here = make_activacion(make_albergue(nombre="Escuela de Tzalbal"))
    clerk = entra("albergue", municipio="1413")
    page = clerk.get(f"/registros/nuevo/{CODE}?activacion={here.id}").text
    data = {
        **flatten(formato, GOOD),
        "activacion": str(here.id),
        "op_id": str(uuid7()),
        "csrf_token": csrf_of(page),
    }
    kept = clerk.post(f"/registros/nuevo/{CODE}", data=data)
    assert kept.status_code == 303
    row = db.session.scalars(select(Registro)).one()
    assert (row.formato, row.edicion) == (CODE, 1)
    key = row.id
    assert str(key) in clerk.get("/registros?q=riego").text
    printed = PdfReader(BytesIO(clerk.get(f"/registros/{key}/hoja.pdf").data))
    assert "Río =SUM(A1)" in " ".join(" ".join(p.extract_text() for p in printed.pages).split())
    book = clerk.get(f"/registros/exportar.xlsx?formato={CODE}").data
    assert verdict(formato, as_file(formato, book, "x.xlsx")) == verdict(formato, GOOD)
    assert clerk.get(f"/registros/{key}/corregir").status_code == 200


def test_what_is_worked_out_is_so_through_every_door(formato, entra, ficha, app):
    """On the screen while it is typed, kept, on paper, in the workbook, in the API; nobody is asked for it anywhere."""
    rows = WORKED_OUT["tomas"]
    plain = {k: v for k, v in WORKED_OUT.items() if k != "tomas"}
    automatic = {c.name for _section, c in formato.walk() if c.auto}
    assert automatic == {*plain, "quedan"} - {"con_hora"}
    got = answers_to_json(validate(formato, GOOD, format_catalogos(), "completo", clock.now(), True).answers)
    assert {k: got[k] for k in plain} == plain and [row["quedan"] for row in got["tomas"]] == rows
    here, clerk = make_activacion(make_albergue()), entra("albergue", municipio="1413")
    empty = clerk.get(f"/registros/nuevo/{CODE}?activacion={here.id}").text
    data = {
        **flatten(formato, GOOD),
        "activacion": str(here.id),
        "op_id": str(uuid7()),
        "csrf_token": csrf_of(empty),
    }
    page = clerk.post(f"/registros/nuevo/{CODE}", data={**data, "mas": "tomas"}).text
    shown = dict(re.findall(r'<output [^>]*aria-labelledby="r-([^"]+)"[^>]*>([^<]*)</output>', page))
    assert {k: shown[k] for k in automatic - {"quedan"}} == {k: str(plain[k]) for k in automatic - {"quedan"}}
    assert [shown[f"tomas-{n}-quedan"] for n in (0, 1)] == [str(n) for n in rows]
    assert all(f'name="{name}"' not in page for name in automatic)
    key = clerk.post(f"/registros/nuevo/{CODE}", data=data).location.rsplit("/", 1)[1]
    by_screen = (
        app.test_client().get(f"/api/v1/registros/{key}", headers=ficha("sede", departamento="14")).json
    )
    assert {k: by_screen["respuestas"][k] for k in plain} == plain
    body = {"id": str(uuid7()), "activacion": str(here.id), "respuestas": {**GOOD, "cubetas_total": 50}}
    program, headers = app.test_client(), ficha("sede", departamento="14")
    done = program.post(f"/api/v1/formatos/{CODE}/capturas", json=body, headers=headers)
    assert "no_es_lo_calculado" in {a["codigo"] for a in done.json["avisos"]}
    kept = program.get(f"/api/v1/registros/{body['id']}", headers=headers).json["respuestas"]
    assert kept["cubetas_total"] == 3 and [row["quedan"] for row in kept["tomas"]] == rows
    paper = PdfReader(BytesIO(clerk.get(f"/registros/{key}/hoja.pdf").data))
    assert "-0.50" in " ".join(" ".join(p.extract_text() for p in paper.pages).split())
    grids = read_sheets(clerk.get(f"/registros/exportar.xlsx?formato={CODE}").data)
    cells = {name: [list(map(str, row)) for row in grid] for name, grid in grids.items()}
    assert any("cubetas_total" in row for grid in cells.values() for row in grid)
    blank = read_sheets(clerk.get(f"/formatos/{CODE}/para-llenar.xlsx").data)
    named = {str(cell) for grid in blank.values() for row in grid[:3] for cell in row}
    assert not automatic & named and "con_hora" in named, "nobody writes them in the workbook"
    phone = read_sheets(clerk.get(f"/formatos/{CODE}/telefono.xlsx").data)["survey"]
    names = {str(row[phone[0].index("name")]) for row in phone[1:]}
    assert not automatic & names and "con_hora" in names


def test_the_full_format_goes_through_every_door_there_is(app):
    """A new route of formats, or a new link of the API, must be tried here too."""
    tried = {
        "formatos.como_se_llena", "formatos.en_blanco", "formatos.para_llenar", "formatos.primera_pagina",
        "formatos.xlsform",
        "formatos.llenable", "registros.nuevo", "api_v1.formatos_esquema", "api_v1.post_captura", "definiciones.oficial",
        "formatos.hoja_oficial", "definiciones.hoja_guardada",
    }  # fmt: skip
    doors = {
        r.endpoint
        for r in app.url_map.iter_rules()
        if "codigo" in r.arguments and "formato" in r.rule + r.endpoint
    }
    doors |= {r.endpoint for r in app.url_map.iter_rules() if r.endpoint == "registros.nuevo"}
    assert doors <= tried | ALSO, f"pruebe con un formato definido aquí: {doors - tried}"


ALSO: set[str] = set()
"""Doors of formats whose own tests take a defined format."""


def test_a_photograph_has_no_cell() -> None:
    assert any(isinstance(campo.type, Attachment) for _, campo in FULL.walk())


def test_the_tables_of_editions_only_grow(formato):
    for table in ("formato_edicion",):
        for order in (f"UPDATE {table} SET edicion = 9", f"DELETE FROM {table}"):
            with pytest.raises(Exception, match="solo crece"):
                db.session.execute(text(order))
            db.session.rollback()
