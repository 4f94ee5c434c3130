"""The public shelf: found by any word, light, cached, without a query; guides, kit and poster."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from io import BytesIO

import pytest
from markupsafe import escape
from pypdf import PdfReader
from sqlalchemy import event

from albergues_app.core.db import db
from albergues_app.core.turns import turn
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import shown
from albergues_app.formats.engine.definition import MOMENTS
from albergues_app.formats.outputs.xlsx_in import read_sheets
from tests.pdf import pages_of

# One database is enough: what is shown comes from the catalogue, not from a query of one database.
pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


def cards(page: str) -> set[str]:
    return set(re.findall(r'<article [^>]*aria-labelledby="f-([a-z0-9_]+)"', page))


EVERY = {f.code for f in formatos.all()}


@pytest.fixture
def statements(app):
    seen: list[str] = []

    def note(_conn, _cursor, statement, *_more):
        seen.append(statement)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_every_format_has_a_card_with_its_doors_and_its_picture(client):
    page = client.get("/formatos").text
    assert cards(page) == EVERY
    pictures = re.findall(r'<img class="mini" src="([^"]+)"[^>]*>', page)
    assert len(pictures) == len(EVERY) and page.count('loading="lazy"') == len(EVERY)
    for src in pictures[:3]:
        with client.get(src) as picture:
            assert picture.mimetype == "image/png"
    for code in sorted(EVERY)[::7]:
        for door in (f"/formatos/{code}/en-blanco.pdf", f"/formatos/{code}/en-blanco.pdf?papel=oficio",
                     f"/formatos/{code}/para-llenar.xlsx", f"/formatos/{code}"):  # fmt: skip
            assert f'href="{door}"' in page
            assert client.get(door).status_code == 200, door


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("kárdex", "kardex"), ("KARDEX bodega", "kardex"), ("nino", "boleta_ingreso"), ("niñas", "boleta_ingreso"),
        ("Kꞌicheʼ", "boleta_ingreso"), ("k'iche'", "boleta_ingreso"), ("FICHA medica", "ficha_medica"),
        ("bano ACCESIBLE", "ficha_sitio"), ("procedencia bitacora zzz", ""),
    ],
)  # fmt: skip
def test_found_by_any_word_without_accents(client, words, wanted):
    answer = client.get("/formatos", query_string={"q": words})
    found = cards(answer.text)
    assert wanted in found if wanted else not found
    assert found < EVERY
    if not wanted:
        assert "Ningún formato tiene esas palabras" in answer.text


def test_the_form_for_telephones_comes_with_the_country_and_without_an_account(client):
    assert "En el teléfono (ODK)" in client.get("/formatos").text
    (row,) = (r for r in client.get("/api/v1/formatos").json["filas"] if r["codigo"] == "boleta_ingreso")
    answer = client.get(row["enlaces"]["xlsform"])
    assert answer.status_code == 200 and "max-age" in answer.headers["Cache-Control"]
    sheets = read_sheets(answer.data)
    assert sum(r[0] == "municipio" for r in sheets["choices"]) == 340
    assert client.get("/formatos/no_existe/telefono.xlsx").status_code == 404


def test_the_moments_share_out_the_whole_catalogue(client):
    shares = [cards(client.get(f"/formatos?momento={m}").text) for m in MOMENTS]
    assert sum(map(len, shares)) == len(EVERY) and set().union(*shares) == EVERY
    assert all(f.moment in MOMENTS for f in formatos.editions())
    both = cards(client.get("/formatos?momento=coe&q=turno").text)
    assert both and all(formatos.latest(c).moment == "coe" for c in both)
    assert cards(client.get("/formatos?momento=otro").text) == EVERY


def test_the_first_page_is_light_and_answers_304(client):
    plain = client.get("/formatos")
    assert len(plain.data) < 100_000
    zipped = client.get("/formatos", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(zipped.data) == plain.data and len(zipped.data) < 15_000
    styles = re.findall(r'(?:href|src)="(/estatico/[^"]+\.(?:css|js)\?[^"]+)"', plain.text)
    assert len(styles) >= 3
    whole = len(zipped.data)
    for address in styles:
        answer = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        with client.get(address) as whole_file:
            assert whole_file.data == gzip.decompress(answer.data)
        whole += len(answer.data)
    assert whole < 100_000
    for answer in (plain, zipped):
        tag = answer.headers["ETag"]
        assert tag.startswith('"') and "max-age" in answer.headers["Cache-Control"]
        assert {"Cookie", "Accept-Encoding"} <= set(re.split(r",\s*", answer.headers["Vary"]))
        again = client.get(
            "/formatos",
            headers={"If-None-Match": tag, "Accept-Encoding": answer.headers.get("Content-Encoding", "")},
        )
        assert again.status_code == 304 and not again.data
    assert plain.headers["ETag"] != zipped.headers["ETag"]


def test_without_account_only_the_number_of_what_was_published_is_asked(client, statements):
    paths = ("/formatos", "/formatos?q=agua", "/formatos/boleta_ingreso", "/formatos/kit")
    assert client.get(paths[0]).status_code == 200
    statements.clear()  # the first page of a process reads what administrators published
    assert [client.get(path).status_code for path in paths] == [200] * len(paths)
    assert len(statements) == len(paths) and all("formatos_serie" in said for said in statements), statements


def test_the_page_of_an_account_is_never_kept_for_others(client, entra):
    one = entra("municipal", municipio="1413")
    page = one.get("/formatos")
    assert page.headers["Cache-Control"] == "no-store" and "ETag" not in page.headers
    assert "Mi cuenta" not in client.get("/formatos").text
    assert 'class="secciones"' in page.text and 'class="secciones"' not in client.get("/formatos").text


def test_the_guide_explains_every_field_of_the_paper_and_nothing_of_other_areas(client):
    for formato in formatos.all():
        page = client.get(f"/formatos/{formato.code}").get_data(as_text=True)
        for section in formato.secciones:
            for campo in shown(section.campos, formato.at_gate):
                if campo.type.paper().kind != "none":
                    assert str(escape(campo.label)) in page, (formato.code, campo.name)
        assert formato.issuer in page
    ficha = client.get("/formatos/ficha_persona").text
    hidden = [c.label for _, c in formatos.get("ficha_persona").walk() if not c.gate]
    assert hidden and not [label for label in hidden if f">{label}<" in ficha]
    assert client.get("/formatos/no_hay").status_code == 404
    assert client.get("/formatos/boleta_ingreso?edicion=99").status_code == 404


def test_the_picture_of_the_guide_is_drawn_once(client, app, monkeypatch):
    first = client.get("/formatos/kardex/primera-pagina.png")
    assert first.mimetype == "image/png" and "max-age" in first.headers["Cache-Control"]
    from albergues_app.web import format_views

    monkeypatch.setattr(format_views, "light_picture", lambda *_a, **_k: pytest.fail("drawn again"))
    assert client.get("/formatos/kardex/primera-pagina.png").data == first.data
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/formatos/kardex/primera-pagina.png", headers=tag).status_code == 304


def test_a_blank_is_drawn_once_and_answers_304(client, monkeypatch):
    first = client.get("/formatos/comite/en-blanco.pdf")
    assert first.headers["Cache-Control"].startswith("public, max-age")
    from albergues_app.web import format_views

    monkeypatch.setattr(format_views, "render_pdf", lambda *_a, **_k: pytest.fail("drawn again"))
    assert client.get("/formatos/comite/en-blanco.pdf").data == first.data
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/formatos/comite/en-blanco.pdf", headers=tag).status_code == 304
    monkeypatch.undo()
    other = client.get("/formatos/comite/en-blanco.pdf?papel=oficio")
    assert other.headers["ETag"] != first.headers["ETag"] and other.data != first.data


def test_an_earlier_edition_stays_reachable_and_the_new_one_is_in_force(client, monkeypatch):
    old = formatos.get("incidente")
    new = replace(old, version=2, title="Incidente, edición nueva")
    published = formatos.Publicado(editions=(new,))
    monkeypatch.setattr(formatos, "_source", lambda: published)
    shelf = client.get("/formatos").text
    assert "Incidente, edición nueva" in shelf and old.title not in shelf
    now, before = client.get("/formatos/incidente").text, client.get("/formatos/incidente?edicion=1").text
    assert "/formatos/incidente?edicion=1" in now and "La vigente es la" not in now
    assert "La vigente es la" in before and "en-blanco.pdf?edicion=1" in before
    paper = client.get("/formatos/incidente/en-blanco.pdf?edicion=1").data
    assert "edición 1" in pages_of(paper)[0]


def test_no_number_is_called_official(client):
    for code in sorted(EVERY):
        assert "Código oficial" not in client.get(f"/formatos/{code}").text
    paper = client.get("/formatos/boleta_ingreso/en-blanco.pdf").data
    assert "Código " not in pages_of(paper)[0].split("Datos de la hoja")[0]


def test_the_kit_is_one_pdf_with_the_copies_that_were_chosen(client):
    page = client.get("/formatos/kit?familias=10").text
    assert re.search(r'name="n-boleta_ingreso"[^>]* value="11"', page)
    assert re.search(
        r'name="n-boleta_ingreso"[^>]* value="110"', client.get("/formatos/kit?familias=100").text
    )
    asked = {"n-boleta_ingreso": "3", "n-parte_diario": "2", "n-kardex": "", "papel": "oficio"}
    answer = client.get("/formatos/kit.pdf", query_string=asked)
    assert answer.mimetype == "application/pdf"
    texts = pages_of(answer.data)
    assert sum("boleta_ingreso ·" in t for t in texts) == 6 and sum("parte_diario ·" in t for t in texts) >= 2
    assert not [t for t in texts if "kardex ·" in t]
    box = PdfReader(BytesIO(answer.data)).pages[0].mediabox
    assert round(float(box.height)) == 936


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"n-boleta_ingreso": "0"}, "cuántas copias quiere"),
        ({"n-boleta_ingreso": "muchas"}, "escriba un número entre 0 y 300"),
        ({"n-boleta_ingreso": "301"}, "escriba un número entre 0 y 300"),
        ({"n-boleta_ingreso": "-4"}, "escriba un número entre 0 y 300"),
        ({"n-boleta_ingreso": "300", "n-evaluacion_sitio": "300"}, "en un PDF caben 600"),
    ],
)
def test_a_kit_that_cannot_be_made_says_why_and_keeps_what_was_typed(client, asked, sentence):
    answer = client.get("/formatos/kit.pdf", query_string=asked)
    assert answer.status_code == 422 and sentence in answer.text
    assert f'value="{asked["n-boleta_ingreso"]}"' in answer.text


def test_only_a_few_kits_are_made_at_once(client, app):
    with turn("kit", ""), turn("kit", ""):
        answer = client.get("/formatos/kit.pdf?n-comite=1")
        assert answer.status_code == 503 and "Espere un minuto" in answer.text
    assert client.get("/formatos/kit.pdf?n-comite=1").status_code == 200


def test_the_poster_is_one_sheet_with_the_address(client):
    pages = PdfReader(BytesIO(client.get("/formatos/cartel.pdf").data)).pages
    assert len(pages) == 1 and "http://localhost/formatos" in pages[0].extract_text()


def test_what_is_off_the_public_shelf_is_kept_by_no_cache_on_its_way(entra, client, monkeypatch):
    doors = [f"/formatos/sci_213/{name}" for name in ("en-blanco.pdf", "para-llenar.pdf", "telefono.xlsx")]
    assert all("public" in client.get(door).headers["Cache-Control"] for door in doors)
    monkeypatch.setattr(formatos, "is_public", lambda code: code != "sci_213")
    inside = entra("registro", municipio="1413")
    for door in doors:
        assert client.get(door).status_code == 404
        answer = inside.get(door)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store"), door


@pytest.mark.parametrize(
    ("name", "writer"), [("para-llenar", "write_workbook"), ("telefono", "write_xlsform")]
)
def test_a_workbook_is_written_once_and_then_given(client, monkeypatch, name, writer):
    from albergues_app.web import format_views

    path = f"/formatos/incidente/{name}.xlsx"
    first = client.get(path)
    monkeypatch.setattr(format_views, writer, lambda *_, **__: pytest.fail("it was written again"))
    again = client.get(path)
    assert again.data == first.data and first.data.startswith(b"PK")
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert "attachment" in first.headers["Content-Disposition"]
