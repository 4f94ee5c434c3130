"""The list of naughty strings through every text field of the log: text in page, news, PDF, CSV, JSON, always text."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape

import pytest
from pypdf import PdfReader

from albergues_app.coe import queries, verificador
from albergues_app.coe.exports import export_log
from albergues_app.core.text import clean
from tests.coe.hoja import annotate
from tests.coe.test_log import api, coe, entrada_json, row_of  # noqa: F401 - fixtures
from tests.pdf import pages_of

TEXTS = ("asunto", "detalle", "origen", "destino", "medio", "turno", "periodo")
LENGTH = {
    "asunto": 140,
    "detalle": 8000,
    "origen": 160,
    "destino": 160,
    "medio": 40,
    "turno": 40,
    "periodo": 60,
}


@pytest.fixture(scope="module")
def strings(datos):
    lines = (datos / "hostiles" / "blns.txt").read_text(encoding="utf-8").split("\n")
    found = [line for line in lines if line and not line.startswith("#") and clean(line)]
    assert len(found) > 400
    return found


def shown_in(page: str) -> str:
    """What a browser shows of the list of entries."""
    return unescape(re.sub(r"<[^>]*>", "", listed(page)))


def listed(page: str) -> str:
    start = page.index("<ol data-bitacora")
    return page[start : page.index("</ol>", start)]


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_naughty_strings_are_text_everywhere(api, coe, entra, strings):  # noqa: F811
    written = []
    for n, line in enumerate(strings):
        fields = {name: strings[(n + k) % len(strings)][: LENGTH[name]] for k, name in enumerate(TEXTS)}
        written.append(api(f"/coe/{coe['id']}/entradas", entrada_json(n) | fields))
        assert written[-1]["asunto"].strip() == line[:140].strip() or clean(line[:140]) != line[:140]
    row, client = row_of(coe), entra("sede", departamento="14")
    stored = queries.entradas_of(row)
    assert len(stored) == len(strings)
    plain = client.get(f"/coe/{coe['id']}?hasta=0").text
    tags, at = [], row.ultimo_folio
    while at > 0:
        page = client.get(f"/coe/{coe['id']}?hasta={at}").text
        shown = re.sub(r"\s+", "", shown_in(page))
        for entry in stored[max(0, at - 100) : at]:
            for name in ("asunto", "detalle", "origen", "destino"):
                assert re.sub(r"\s+", "", getattr(entry, name)) in shown, (entry.folio, name)
        tags += re.findall(
            r"<(script|img|iframe|svg|object|embed|style|a|input|form|body|math|video|audio|base|meta|link)\b",
            listed(page),
        )
        at -= 100
    assert set(tags) <= {"a", "svg"}, "what people typed became markup"
    assert plain.count("<script") == page.count("<script")
    news = client.get(f"/coe/{coe['id']}/nuevas?desde=0").json["html"]
    assert "<script" not in news.lower() and "<img" not in news.lower()
    assert not re.search(r"<[a-z]+[^>]*\son[a-z]+\s*=", news.lower())
    assert not re.search(r'href="(?!/coe/|/albergues|#i-)', news)

    whole, sheet, paper = (export_log(row, kind) for kind in ("json", "csv", "pdf"))
    assert verificador.verify("b.json", whole) == verificador.verify("b.csv", sheet) == len(strings)
    for entry, told in zip(stored, json.loads(whole)["entradas"], strict=True):
        assert all(told[name] == getattr(entry, name) for name in TEXTS)
    cells = list(csv.DictReader(io.StringIO(sheet.decode(), newline="")))[1:-1]
    for entry, told in zip(stored, cells, strict=True):
        assert all(verificador.unguard(told[name]) == (getattr(entry, name) or "") for name in TEXTS)
        assert all(value[:1] not in set("=+-@\t\r") for value in told.values())
    reader = PdfReader(io.BytesIO(paper))
    assert len(reader.pages) > 5 and "/JavaScript" not in paper.decode("latin-1")
    assert not any("/Annots" in p for p in reader.pages), "what people typed became a link of the PDF"
    read = re.sub(r"\s+", "", "".join(pages_of(paper)))
    words = {word for e in stored if e.asunto.isascii() for word in e.asunto.split()}
    unread = [word for word in words if word not in read]
    assert len(words) > 500 and len(unread) < len(words) / 20, "few are cut by the end of their line"


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_naughty_strings_come_back_in_the_form_as_they_were_typed(coe, entra, strings):  # noqa: F811
    client = entra("sede", departamento="14")
    for line in strings[::23]:
        back = annotate(client, coe["id"], asunto=line, detalle=line, origen=line, destino=line, tipo="")
        assert back.status_code == 422
        form = back.text[back.text.index('id="nueva"') :]
        for field in ("asunto", "origen", "destino"):
            value = re.search(rf'name="{field}" type="text" value="([^"]*)"', form)
            assert value and unescape(value[1]) == line, (field, line)
        assert "<script>alert" not in form.lower()


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_file_with_a_hostile_name_is_a_name(coe, entra):  # noqa: F811
    client = entra("sede", departamento="14")
    name = "=cmd|'<img src=x onerror=alert(1)>.pdf"
    assert annotate(client, coe["id"], {name: b"%PDF-1.7\nstartxref\n9\n%%EOF\n"}).status_code == 303
    page = client.get(f"/coe/{coe['id']}").text
    assert "<img" not in page and "=cmd|&#39;&lt;img src=x onerror=alert(1)&gt;.pdf" in page
    (entry,) = queries.entradas_of(row_of(coe))
    got = client.get(f"/coe/{coe['id']}/adjuntos/{entry.archivos[0]['id']}")
    assert re.fullmatch(
        r'attachment; filename="bitacora-coe-[0-9a-f]{6}\.pdf"', got.headers["Content-Disposition"]
    )
