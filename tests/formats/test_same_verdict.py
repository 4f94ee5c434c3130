"""Each case of each format has the same verdict through JSON, the screen, Excel, CSV and the fillable PDF."""

from __future__ import annotations

import csv
import json
from io import BytesIO, StringIO
from typing import Any

import pytest

from albergues_app.formats import catalogo
from albergues_app.formats.engine import Attachment, answers_to_json, validate
from albergues_app.formats.outputs.acroform import render_fillable
from albergues_app.formats.outputs.flat import cell_text, spread
from albergues_app.formats.outputs.pdf import PdfJob
from albergues_app.formats.outputs.web_form import flatten, unflatten
from albergues_app.formats.outputs.xlsx import write_workbook
from tests.formats import cases_asesoria, cases_coe, cases_operacion, cases_sitio
from tests.formats.by_file import read_by_door

TABLES = (cases_sitio.CASES, cases_operacion.CASES, cases_coe.CASES, cases_asesoria.CASES)
CODES = sorted({code for table in TABLES for code in table})
OWN_CASES = {"boleta_ingreso", "ficha_persona", "control_ingresos_egresos"}


def by_csv(formato: Any, raw: dict[str, Any]) -> bytes:
    """The flat table as a person of another office would send it: the head on each line, joined by `familia`."""
    head = {k: cell_text(v) for k, v in spread(formato.campos, raw).items()}
    lines: list[dict[str, str]] = []
    for repetible in formato.repetibles:
        for row in raw.get(repetible.name) or ():
            cells = spread(repetible.campos, row)
            lines.append({f"{repetible.name}.{k}": cell_text(v) for k, v in cells.items()})
    lines = [{"familia": "1", **head, **line} for line in lines or [{}]]
    target = StringIO()
    writer = csv.DictWriter(target, list(dict.fromkeys(k for line in lines for k in line)), delimiter=";")
    writer.writeheader()
    writer.writerows(lines)
    return target.getvalue().encode()


def without_files(formato: Any, raw: dict[str, Any]) -> dict[str, Any]:
    """A photograph goes by the screen only."""
    files = {campo.name for _section, campo in formato.walk() if isinstance(campo.type, Attachment)}

    def strip(row: Any) -> Any:
        return {k: v for k, v in row.items() if k not in files} if isinstance(row, dict) else row

    return {k: [strip(row) for row in v] if isinstance(v, list) else v for k, v in strip(raw).items()}


def test_every_format_has_its_table_of_cases() -> None:
    assert {f.code for f in catalogo.all()} == {*CODES, *OWN_CASES}


@pytest.mark.parametrize("code", CODES)
def test_a_case_has_one_verdict_through_every_door(code: str, catalogos: Any, ahora: Any) -> None:
    """Every third case goes through the fillable PDF too, the dearest door; all of them, below."""
    go_through(code, catalogos, ahora, 3)


@pytest.mark.largo
@pytest.mark.parametrize("code", CODES)
def test_every_case_has_one_verdict_through_the_fillable_pdf_too(
    code: str, catalogos: Any, ahora: Any
) -> None:
    go_through(code, catalogos, ahora, 1)


def go_through(code: str, catalogos: Any, ahora: Any, each: int) -> None:
    """All cases of a format through every door; one of ``each`` through the fillable PDF."""
    formato = catalogo.latest(code)
    gate = formato.at_gate

    def verdict(raw: Any) -> tuple[list[tuple[str, str]], dict[str, Any]]:
        result = validate(formato, raw, catalogos, "completo", ahora, gate)
        return sorted((n.campo, n.codigo) for n in result.errors), answers_to_json(result.answers)

    cases = next(table[code] for table in TABLES if code in table)
    assert len(cases) >= 5
    for number, (given, _errors) in enumerate(cases):
        answers = without_files(formato, given)
        expected = verdict(answers)
        known = {k for c in formato.campos for k in c.known_keys} | {r.name for r in formato.repetibles}
        if not set(answers) <= known or any(c.auto and c.name in answers for c in formato.campos):
            continue
        as_json = json.dumps({"respuestas": answers}, default=str).encode()
        assert verdict(read_by_door(formato, as_json, "x.json", gate, catalogos)[0]) == expected
        doors = [("pantalla", unflatten(formato, flatten(formato, answers)))]
        book = BytesIO()
        write_workbook(formato, book, catalogos, [answers], gate=gate)
        files = [(book.getvalue(), "x.xlsx"), (by_csv(formato, answers), "x.csv")]
        if number % each == 0:
            paper = render_fillable(PdfJob(formato=formato, gate=gate), catalogos, raw=answers)
            files.append((paper, "x.pdf"))
        for content, name in files:
            records = read_by_door(formato, content, name, gate, catalogos)
            doors.append((name, records[0] if records else {}))
        for name, raw in doors:
            got = verdict(raw)
            apart = {k: (got[1].get(k), v) for k, v in expected[1].items() if got[1].get(k) != v}
            assert got[0] == expected[0], name
            assert not apart, (name, apart)
