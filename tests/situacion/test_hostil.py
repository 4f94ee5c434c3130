"""The list of naughty strings through every text field of the bulletin, and the names around it: text in every shape."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from albergues_app.core import clock
from albergues_app.core.text import clean
from albergues_app.reports.situacion import verificador
from albergues_app.reports.situacion.views import ON_SCREEN
from tests.coe.test_hostil_todo import Reparto, all_lines, hard_lines, shown
from tests.consolidados.test_cortes import CUT, SEEN
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    persona,
)
from tests.formularios import Pagina, post
from tests.pdf import pages_of

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)
NAMES = (
    "<img src=x onerror=alert(1)>",
    '=cmd|" /C calc"!A0',
    '#import "x": * $x$ <r>',
    "{{7*7}}\u202e'\"><script>alert(1)</script>",
)
"""Of the emergency and of its shelters: they stand in every shape too."""
SHEET = re.compile(rb"<f>|<f |<hyperlink|macro|externalLink", re.I)


class Boletines:
    """Three persons of the sede who issue one bulletin after the other, each with the next lines in all its fields."""

    def __init__(self, entra: Any, lines: list[str]) -> None:
        emergencia = make_emergencia(nombre=NAMES[0])
        self.emergencia_id = str(emergencia.id)
        for n, name in enumerate(NAMES):
            open_ = make_activacion(
                make_albergue("1413" if n % 2 else "1401", 2, nombre=name), emergencia, OPENED
            )
            ingreso(open_, *(persona() for _ in range(n + 1)))
        self.reparto, self.issued = Reparto(lines), 0
        self.clients = [entra("sede", departamento="14") for _ in range(3)]

    def issue(self) -> str:
        """Write in every field for words, sign three times; the page of what was issued."""
        writes, reviews, authorises = self.clients
        cut = clock.to_local(CUT - timedelta(minutes=self.issued)).strftime("%Y-%m-%dT%H:%M")
        page = str(
            post(writes, "/boletines/nuevo", emergencia=self.emergencia_id, ambito="14", corte=cut).headers[
                "Location"
            ]
        )
        form = Pagina(writes.get(page).text).form(page)
        given = {c.nombre: self.reparto.text("boletin", c) for c in form.words()}
        assert len(given) > 20, sorted(given)
        for name in list(given):
            if name.startswith("f-"):
                given["v-" + name[2:]] = "1"
        answer = writes.post(page, data={**form.valores, **given})
        assert answer.status_code == 303, answer.text[:2000]
        back = Pagina(writes.get(page).text)
        kept = back.form(page).valores
        for name, value in given.items():
            assert shown(kept[name][0]) == "".join(shown(part) for part in value.split("\n")), name
        for who, what in ((reviews, "revisar"), (authorises, "autorizar"), (writes, "emitir")):
            post(who, page, f"/{what}")
        self.issued += 1
        return page

    def check(self, page: str) -> None:
        """Every shape says it, and in none of them it does anything."""
        client = self.clients[0]
        parts = {shown(name) for name in NAMES}
        beyond = set[str]()
        for _, name, value in self.reparto.typed:
            if name == "acciones":  # «Institución: acción» is two cells
                cells = [[shown(cell) for cell in line.partition(":")[::2]] for line in value.split("\n")]
                parts |= {cell for row in cells for cell in row}
                beyond |= {cell for row in cells[ON_SCREEN:] for cell in row}
            else:
                parts.add(shown(value))
                lines = value.split("\n")
                if (
                    name == "recursos" and len(lines) > ON_SCREEN
                ):  # of a long annex the page shows the beginning
                    beyond.add(shown(value))
                    parts.add(shown("\n".join(lines[:ON_SCREEN])))
        lines = {
            shown(part)
            for _, name, value in self.reparto.typed
            for line in value.split("\n")
            for part in (line.partition(":")[::2] if name == "acciones" else [line])
        }
        self.reparto.typed = []
        read = Pagina(client.get(page).text)
        assert not {p for p in parts - beyond if p not in read.texto}
        public = Pagina(client.get(f"/boletines/verificar/{self.hash_of(page)}").text)
        for tag, given in [
            *read.elementos,
            *public.elementos,
            *Pagina(client.get("/boletines").text).elementos,
        ]:
            assert tag not in {"iframe", "object", "embed", "base", "style", "svg:script"}, tag
            assert not any(a.startswith("on") or a in {"style", "srcdoc"} for a in given), (tag, given)
            assert tag != "script" or given.get("src", "").startswith("/estatico/"), given
            assert tag != "img" or given["src"].startswith(("/boletines/", "/estatico/")), given
            assert re.match(r"(https?://localhost)?(/(?!/)|#|\?|$)", given.get("href", "")), given
        self._paper(client, page, lines)
        self._sheets(client, page, parts)
        word = Document(io.BytesIO(client.get(f"{page}/copia.docx").data))
        said = "".join(p.text for p in word.paragraphs) + "".join(
            c.text for t in word.tables for r in t.rows for c in r.cells
        )
        said = "".join(said.split())
        assert not {p for p in parts if "".join(p.split()) not in said}, "the copy lacks some"
        text = client.get(f"{page}/mensaje").text
        assert "\x00" not in text and all(line == clean(line) for line in text.split("\n"))

    def hash_of(self, page: str) -> str:
        whole = json.loads(self.clients[0].get(f"{page}/datos.json").data)
        assert verificador.sha256(verificador.canonical(whole["datos"])) == whole["huella"]
        return str(whole["huella"])

    def _paper(self, client: Any, page: str, parts: set[str]) -> None:
        content = client.get(f"{page}/hoja.pdf").data
        assert verificador.verify("b.pdf", content)[1] == self.hash_of(page)
        assert b"/JavaScript" not in content and b"/URI" not in content
        reader = PdfReader(io.BytesIO(content))
        assert 3 <= len(reader.pages) <= 30
        first = reader.pages[0].mediabox
        assert all(p.mediabox == first for p in reader.pages), "a text changed the paper"
        read = "".join("".join(pages_of(content)).split())
        plain = [p for p in parts if p.isascii()]
        lost = [p for p in plain if p not in read]
        assert len(plain) > 10 and len(lost) <= len(plain) // 8, lost[:5]
        assert client.get(f"{page}/hoja.png").data.startswith(b"\x89PNG")

    def _sheets(self, client: Any, page: str, parts: set[str]) -> None:
        content = client.get(f"{page}/libro.xlsx").data
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = package.namelist()
            assert not any("vba" in n or "externalLinks" in n for n in names)
            assert not SHEET.search(b"".join(package.read(n) for n in names if "worksheets/" in n))
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        cells = [
            c for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for c in row
        ]
        read = "".join("".join(str(c).split()) for c in cells)
        assert not {p for p in parts if p not in read}


def test_hostile_texts_are_text_in_every_shape_of_a_bulletin(app: Any, entra: Any, datos: Any) -> None:
    with clock.frozen(SEEN):
        series = Boletines(entra, hard_lines(datos))
        series.check(series.issue())


@pytest.mark.largo
def test_every_naughty_string_is_text_in_every_shape_of_a_bulletin(app: Any, entra: Any, datos: Any) -> None:
    with clock.frozen(SEEN):
        series = Boletines(entra, all_lines(datos))
        while not series.reparto.done("boletin"):
            series.check(series.issue())
