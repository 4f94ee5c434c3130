"""Filled formats read in the limited child: by content, to plain values, refused with a sentence."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from albergues_app.formats import catalogo
from albergues_app.formats.outputs import readers
from albergues_app.formats.outputs.xlsx import write_workbook
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.format_files import filled_from, filled_to_plain, open_file, sheets_from

INCIDENTE = catalogo.latest("incidente")


def test_a_json_is_read_whatever_its_name():
    read = open_file(INCIDENTE, json.dumps([{"tipo": "queja", "personas": [1]}]).encode(), "hoja.xlsx", True)
    (record,) = filled_from(read["llenos"]).records
    assert record.raw == {"tipo": "queja", "personas": [1]}
    assert filled_to_plain(filled_from(read["llenos"])) == read["llenos"]


@pytest.mark.parametrize("content", [b"{no", b"[]", b"[1]", b'{"a":' * 50_000], ids=lambda c: repr(c[:6]))
def test_a_json_that_holds_nothing_is_refused_with_a_sentence(content):
    with pytest.raises(ArchivoIlegible) as refused:
        open_file(INCIDENTE, content, "a.json", True)
    assert refused.value.mensaje.endswith(".")


def test_workbook_and_text_come_as_sheets_of_values():
    book = BytesIO()
    write_workbook(INCIDENTE, book)
    sheets = sheets_from(open_file(INCIDENTE, book.getvalue(), "sin_nombre", True))
    assert any("ocurrido_en" in row for grid in sheets.values() for row in grid)
    sheets = sheets_from(open_file(INCIDENTE, "familia;tipo\n1;queja\n".encode("utf-16"), "a.csv", True))
    assert next(iter(sheets.values())) == [["familia", "tipo"], ["1", "queja"]]


def test_a_reader_or_a_layout_more_is_one_line(monkeypatch):
    one = readers.FileReader("x", "X", ".x", (b"%X",), "albergues_app.formats.outputs.flat_in:read_json")
    monkeypatch.setattr(readers, "FILES", (*readers.FILES, one))
    assert readers.file_reader(b"%X-1.7") is one
    mine = readers.Layout("y", "Y", lambda _f, sheets, _g: "y" in sheets, lambda *_: None)
    monkeypatch.setattr(readers, "LAYOUTS", (mine,))
    assert readers.layout_of(INCIDENTE, {"y": []}, True) is mine
    assert readers.layout_of(INCIDENTE, {"z": []}, True) is None
