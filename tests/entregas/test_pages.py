"""The pages of the ledger: one row per format, lists with their counts, the receipt, what to send, the same as Excel."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import event, select, text

from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.entregas import queries
from albergues_app.entregas.models import EntregaEscaneo, EntregaFormatos, EntregaLinea
from albergues_app.formats import catalogo as formatos
from albergues_app.territorio.catalogo import catalogo
from tests.albergues.test_act_scans import HTML, JPEG, PDF
from tests.factories.albergues import make_albergue
from tests.factories.cuentas import csrf_of
from tests.factories.entregas import DAY, make_entrega, publish_edition
from tests.pdf import text_of

BOLETA, PARTE = "boleta_ingreso", "parte_diario"
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def sede(entra):
    return entra("sede", departamento="14")


def send(client, path, **data):
    """Post the form of a page as its browser would."""
    page = client.get(path)
    assert page.status_code == 200, (path, page.status_code)
    return client.post(path, data={"csrf_token": csrf_of(page.text), "op_id": str(uuid7()), **data})


def press(client, entrega_id, action, **data):
    """Post one of the small forms of the page of a delivery."""
    token = csrf_of(client.get("/mi-cuenta").text)
    return client.post(
        f"/entregas/{entrega_id}/{action}", data={"csrf_token": token, "op_id": str(uuid7()), **data}
    )


def note(client, municipio="1413", **data):
    given = {"municipio": municipio, "fecha": DAY.isoformat(), "entrega": "Técnica", **data}
    return send(client, f"/entregas/nueva?municipio={municipio}", **given)


def only() -> EntregaFormatos:
    return db.session.scalars(select(EntregaFormatos)).one()


def lines() -> dict[str, tuple[int, int, str, int | None]]:
    return {
        n.formato: (n.edicion, n.cantidad, n.medio, n.quedaban)
        for n in db.session.scalars(select(EntregaLinea))
    }


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_rows_with_a_quantity_are_the_lines_and_the_others_are_not(sede):
    answer = note(
        sede, recibe_nombre="Ana Cobo", recibe_telefono="5550-1234",
        **{f"n-{BOLETA}": "1,200", f"q-{BOLETA}": "15", f"n-{PARTE}": "1", f"m-{PARTE}": "correo", f"e-{PARTE}": "0",
           "m-kardex": "usb", "capacitacion": "1", "capacitacion_minutos": "45", "capacitacion_personas": "12"},
    )  # fmt: skip
    assert answer.status_code == 303, words(answer.text)[:600]
    row = only()
    assert lines() == {BOLETA: (1, 1200, "impreso", 15), PARTE: (0, 1, "correo", None)}
    assert (row.recibe_telefono, row.capacitacion_minutos, row.capacitacion_personas) == ("55501234", 45, 12)
    page = words(sede.get(answer.location).text)
    assert row.folio in page and "1,200" in page and "Ana Cobo" in page and "45 min, 12 personas" in page
    assert "ya rige la edición 1" in page


def test_all_it_lacks_is_given_by_one_number_and_a_row_of_its_own_wins(sede):
    must = {f.code: f.version for f in queries.needed()}
    make_entrega("1413", (PARTE, 1, 5))
    answer = note(sede, todos="30", todos_medio="usb", **{f"n-{BOLETA}": "80"})
    assert answer.status_code == 303
    row = db.session.scalars(select(EntregaFormatos).order_by(EntregaFormatos.serie.desc())).first()
    given = {
        n.formato: (n.edicion, n.cantidad, n.medio)
        for n in db.session.scalars(select(EntregaLinea).where(EntregaLinea.entrega_id == row.id))
    }
    wanted = {c: (v, 30, "usb") for c, v in must.items() if c not in {BOLETA, PARTE}} | {
        BOLETA: (1, 80, "impreso")
    }
    assert given == wanted
    assert "Al día" in sede.get("/entregas/municipios/1413").text


def test_what_is_wrong_comes_back_with_everything_typed(sede):
    answer = note(
        sede, recibe_nombre=EVIL, recibe_telefono="12", entrega="", fecha="",
        **{f"n-{BOLETA}": "muchas", f"q-{PARTE}": "7", "observaciones": "Quedó la caja"},
    )  # fmt: skip
    assert answer.status_code == 422
    page = answer.text
    assert EVIL not in page and "&lt;img" in page
    for kept in ('value="muchas"', 'value="7"', "Quedó la caja", 'value="12"'):
        assert kept in page, kept
    for link in (f"#c-n-{BOLETA}", f"#c-n-{PARTE}", "#c-fecha", "#c-entrega"):
        assert f'href="{link}"' in page, link
    empty = note(sede)
    assert empty.status_code == 422 and "al menos un formato" in empty.text
    assert db.session.scalar(text("SELECT count(*) FROM entrega_formatos")) == 0


def test_the_same_form_twice_is_one_delivery(sede):
    key = str(uuid7())
    for _ in range(2):
        assert note(sede, op_id=key, **{f"n-{BOLETA}": "5"}).status_code == 303
    assert str(only().id) == key


def test_the_receipt_carries_lines_folio_and_text_as_text(sede):
    note(sede, recibe_nombre="#strong[Ana] $x$", observaciones="#panic()", **{f"n-{BOLETA}": "50"})
    row = only()
    pdf = sede.get(f"/entregas/{row.id}/constancia.pdf")
    assert pdf.mimetype == "application/pdf"
    said = text_of(pdf.data)
    for part in (
        row.folio,
        "Boleta de ingreso de familia",
        "Nebaj",
        "#strong[Ana] $x$",
        "#panic()",
        "50",
        "02/11/2026",
    ):
        assert part in said, part
    assert pdf.data == sede.get(f"/entregas/{row.id}/constancia.pdf").data


def test_the_signed_receipt_is_sealed_superseded_and_never_shown_inline(sede, entra):
    key = make_entrega().id
    for content in (JPEG, PDF):
        answer = press(sede, key, "escaneos", escaneo=(BytesIO(content), "hoja.bin"))
        assert answer.status_code == 303, words(answer.text)[:300]
    again = press(sede, key, "escaneos", escaneo=(BytesIO(PDF), "hoja.pdf"))
    assert again.status_code == 422 and "ya está adjunto" in again.text
    bad = press(sede, key, "escaneos", escaneo=(BytesIO(HTML), "hoja.pdf"))
    assert bad.status_code == 422 and "no es PDF" in bad.text
    none = press(sede, key, "escaneos")
    assert none.status_code == 422 and "de la constancia firmada" in none.text
    stored = db.session.execute(text("SELECT contenido FROM entrega_escaneo ORDER BY serie")).scalars().all()
    assert len(stored) == 2 and all(b"JFIF" not in bytes(x) and b"%PDF" not in bytes(x) for x in stored)
    got = sede.get(f"/entregas/{key}/escaneos/2")
    assert got.data == PDF and got.headers["Content-Disposition"].startswith("attachment")
    assert sede.get(f"/entregas/{key}/escaneos/3").status_code == 404
    town, far = entra("municipal", municipio="1413"), entra("sede", departamento="12")
    assert town.get(f"/entregas/{key}/escaneos/1").data == JPEG
    assert press(town, key, "escaneos", escaneo=(BytesIO(JPEG), "x.jpg")).status_code == 403
    for path in ("", "/constancia.pdf", "/escaneos/1"):
        assert far.get(f"/entregas/{key}{path}").status_code == 404
    assert db.session.query(EntregaEscaneo).count() == 2


def test_the_municipality_confirms_and_the_sede_does_not(sede, entra):
    key = make_entrega().id
    town = entra("municipal", municipio="1413")
    assert "Confirmar que los recibimos" in town.get(f"/entregas/{key}").text
    assert "Confirmar que los recibimos" not in sede.get(f"/entregas/{key}").text
    assert press(sede, key, "confirmar").status_code == 403
    assert press(entra("municipal", municipio="1405"), key, "confirmar").status_code == 404
    assert press(town, key, "confirmar").status_code == 303
    assert "Confirmada" in sede.get(f"/entregas/{key}").text


def test_a_correction_starts_with_what_was_said_and_annuls_it(sede):
    key = make_entrega("1413", (BOLETA, 1, 500), recibe_telefono="55501234").id
    page = sede.get(f"/entregas/nueva?corrige={key}").text
    assert 'value="500"' in page and "55501234" in page
    data = {
        "corrige": str(key),
        "municipio": "1413",
        "fecha": DAY.isoformat(),
        "entrega": "Técnica",
        f"n-{BOLETA}": "50",
    }
    refused = send(sede, f"/entregas/nueva?corrige={key}", **data)
    assert refused.status_code == 422 and "por qué se corrige" in refused.text
    done = send(sede, f"/entregas/nueva?corrige={key}", motivo="Eran 50", **data)
    assert done.status_code == 303
    old = sede.get(f"/entregas/{key}").text
    assert "Anulada" in old and "Eran 50" in old and "EF-1413-2026-002" in old
    said = " ".join(
        p.extract_text() for p in PdfReader(BytesIO(sede.get(f"/entregas/{key}/constancia.pdf").data)).pages
    )
    assert "anulada y no cuenta" in said


def test_annulling_needs_a_reason_and_is_the_sedes(sede, entra):
    key = make_entrega().id
    refused = press(sede, key, "anular", motivo=" ")
    assert refused.status_code == 422 and "por qué se anula" in refused.text
    assert press(entra("municipal", municipio="1413"), key, "anular", motivo="x").status_code == 403
    assert press(sede, key, "anular", motivo="No ocurrió").status_code == 303
    assert press(sede, key, "anular", motivo="Otra vez").status_code == 422


def test_outside_the_territory_nothing_of_it_exists(sede, entra):
    make_entrega("1201")
    here = make_albergue("1201").id
    for path in ("/entregas/municipios/1201", "/entregas/nueva?municipio=1201", f"/entregas/nueva?albergue={here}",
                 "/entregas/por-enviar?sede=S12", "/entregas/municipios/9999", f"/entregas/albergues/{here}"):  # fmt: skip
        assert sede.get(path).status_code == 404, path
    assert "EF-1201" not in sede.get("/entregas/libro").text
    assert "San Marcos" not in words(sede.get("/entregas").text)
    token = csrf_of(sede.get("/entregas/nueva?municipio=1413").text)
    stolen = {
        "csrf_token": token,
        "municipio": "1201",
        "fecha": DAY.isoformat(),
        "entrega": "X",
        f"n-{BOLETA}": "5",
    }
    assert sede.post("/entregas/nueva", data=stolen).status_code == 404
    assert entra("mando").get("/entregas").status_code == 403
    assert entra("municipal", municipio="1413").get("/entregas/nueva").status_code == 403
    assert sede.get("/entregas/libro?q=EF-1201").status_code == 200


def test_a_shelter_account_lands_on_its_own_shelter(entra):
    site = make_albergue("1413", nombre="Escuela de Tzalbal")
    codigo, key = site.codigo, site.id
    make_entrega("1413", (BOLETA, 1, 30), albergue_id=key)
    make_entrega("1413", (PARTE, 1, 44))
    clerk = entra("albergue", albergue=codigo)
    landed = clerk.get("/entregas")
    assert landed.status_code == 303 and landed.location.endswith(str(key))
    page = words(clerk.get(landed.location).text)
    assert "Escuela de Tzalbal" in page and "EF-1413-2026-001" in page and "EF-1413-2026-002" not in page
    assert clerk.get("/entregas/municipios/1413").status_code == 404


def test_the_list_filters_searches_and_its_workbook_says_the_same(entra):
    must = [(f.code, f.version, 5) for f in queries.needed()]
    make_entrega("1413", *must)
    make_entrega("1405", (BOLETA, 0, 5))
    client = entra("nacional")
    page = client.get("/entregas?departamento=14").text
    assert "Página" not in page and page.count('href="/entregas/municipios/14') == 21
    assert 'href="/entregas/municipios/1413"' in client.get("/entregas?q=NEBÁJ").text
    only_old = client.get("/entregas?estado=vieja").text
    assert re.findall(r'href="/entregas/municipios/(\d{4})"', only_old) == ["1405"]
    by_format = client.get(f"/entregas?formato={BOLETA}&estado=al_dia").text
    assert re.findall(r'href="/entregas/municipios/(\d{4})"', by_format) == ["1413"]
    assert client.get("/entregas?pagina=99999&estado=xx&formato=yy&sede=zz").status_code == 200
    book = CalamineWorkbook.from_filelike(BytesIO(client.get("/entregas/municipios.xlsx").data))
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    rows = sheets["Municipios"][3:]
    assert len(rows) == 340
    states = {r[0]: r[3] for r in rows}
    assert (states["1413"], states["1405"], states["0101"]) == ("Al día", "Edición vieja", "Nunca recibió")
    counts = {r[0]: [int(n) for n in r[2:7]] for r in sheets["Departamentos"][3:]}
    assert counts["14"] == [21, 1, 0, 1, 19] and sum(c[0] for c in counts.values()) == 340
    head = sheets["Edición que tiene"][2]
    column = next(i for i, name in enumerate(head) if name.startswith("Boleta de ingreso"))
    held = {r[0]: r[column] for r in sheets["Edición que tiene"][3:]}
    assert (str(held["1413"]), held["1405"], held["0101"]) == ("1", "anterior", "")


def test_what_to_send_is_listed_by_sede_copied_and_exported(sede):
    must = [(f.code, f.version, 5) for f in queries.needed()]
    make_entrega("1413", *must)
    make_entrega("1405", *must[1:])
    code = next(s.codigo for s in catalogo().sedes.values() if "1413" in s.municipios)
    page = sede.get(f"/entregas/por-enviar?sede={code}").text
    first = formatos.latest(must[0][0]).title
    assert 'href="/entregas/municipios/1413"' not in page and 'href="/entregas/municipios/1405"' in page
    message = re.search(r'<textarea[^>]*id="c-texto"[^>]*>(.*?)</textarea>', page, re.S).group(1)
    assert f"- {first}, ed. 1 (nunca)" in message and "Todo el juego: 22 formatos" in message
    book = CalamineWorkbook.from_filelike(BytesIO(sede.get(f"/entregas/por-enviar.xlsx?sede={code}").data))
    rows = book.get_sheet_by_name("Por municipio").to_python()[3:]
    assert [r[3] for r in rows if r[0] == "1405"] == [first]
    assert not [r for r in rows if r[0] == "1413"]


def test_a_new_edition_stands_on_hoy_as_one_line_until_all_have_it(entra, sede, monkeypatch):
    make_entrega("1413", (BOLETA, 1, 50))
    assert "edición nueva" not in sede.get("/").text
    publish_edition(monkeypatch, BOLETA, 2, queries.today())
    assert "1 formato con edición nueva por entregar en 1 municipio" in words(sede.get("/").text)
    page = words(sede.get("/entregas/ediciones").text)
    assert "la edición 2" in page and "0 de 1" in page
    assert "edición nueva por entregar" not in entra("municipal", municipio="1413").get("/").text
    assert "edición nueva por entregar" not in entra("sede", departamento="12").get("/").text
    make_entrega("1413", (BOLETA, 2, 50), fecha=queries.today())
    assert "edición nueva por entregar" not in sede.get("/").text
    assert "Todos la recibieron" in words(sede.get("/entregas/ediciones").text)


def test_the_map_gives_the_counts_of_the_list_and_only_ones_own(entra, sede):
    make_entrega("1413", *[(f.code, f.version, 5) for f in queries.needed()])
    make_entrega("1201", (BOLETA, 0, 5))
    answer = sede.get("/entregas/mapa/datos.json")
    assert answer.json["departamentos"] == {"14": [1, 0, 0, 20]}
    assert set(answer.json["municipios"]) == {m for m in catalogo().municipios if m[:2] == "14"}
    assert (
        sede.get("/entregas/mapa/datos.json", headers={"If-None-Match": answer.headers["ETag"]}).status_code
        == 304
    )
    whole = entra("nacional").get("/entregas/mapa/datos.json").json
    assert whole["departamentos"]["12"] == [0, 0, 1, 29] and len(whole["municipios"]) == 340
    page = entra("nacional").get("/entregas/mapa").text
    assert "1 de 340" in words(page) and 'id="mapa-formatos"' in page
    assert 'href="/entregas/mapa"' in sede.get("/entregas").text
    assert "Sololá 0 0 0 19 0 %" in words(page) and "Huehuetenango" not in words(
        sede.get("/entregas/mapa").text
    )
    mine = words(sede.get("/entregas/mapa").text)
    assert f"Santa María Nebaj Al día {len(queries.needed())} de" in mine, (
        "the table tells what the map tells"
    )
    assert entra("mando").get("/entregas/mapa").status_code == 403


def test_a_delivery_starts_from_the_sheet_of_a_visit(entra, sede):
    from albergues_app.capturas.places import Lugar
    from albergues_app.capturas.services import RegistroNuevo, save_registro
    from albergues_app.core.unit_of_work import unit_of_work
    from albergues_app.formats.engine import Result
    from tests.factories.cuentas import SISTEMA

    rows = [
        {"formato": BOLETA, "edicion": "1", "cantidad": 60, "medio": "impreso", "recibido_por": "Ana Cobo"},
        {"formato": "Parte diario de ocupación", "edicion": "", "cantidad": 1, "medio": "enlace"},
        {"formato": "Afiche de lavado de manos", "edicion": "1", "cantidad": 9, "medio": "impreso"},
    ]
    answers = {
        "fecha": DAY,
        "formatos_entregados": rows,
        "capacitacion_horas": 1.5,
        "capacitacion_mujeres": 7,
    }
    key, lugar = uuid7(), Lugar("municipio:1413", "Nebaj", "14", "1413")
    with unit_of_work(SISTEMA):
        save_registro(RegistroNuevo(key, formatos.latest("visita_asesoria"), lugar, Result(answers)))
    assert f"/entregas/nueva?visita={key}" in sede.get(f"/registros/{key}").text
    page = sede.get(f"/entregas/nueva?visita={key}").text
    for kept in ('value="60"', 'value="Ana Cobo"', f'value="{DAY.isoformat()}"', 'value="90"'):
        assert kept in page, kept
    done = send(
        sede, f"/entregas/nueva?visita={key}", visita=str(key), municipio="1413", fecha=DAY.isoformat(),
        entrega="Técnica", **{f"n-{BOLETA}": "60"},
    )  # fmt: skip
    assert done.status_code == 303
    assert only().visita_id == key
    assert f"/registros/{key}" in sede.get(done.location).text
    assert entra("sede", departamento="12").get(f"/entregas/nueva?visita={key}").status_code == 404


def test_a_folio_is_found_from_the_box_of_every_page(sede, entra):
    make_entrega()
    assert "EF-1413-2026-001" in sede.get("/buscar?q=ef-1413-2026").text
    assert "EF-1413-2026-001" not in entra("sede", departamento="12").get("/buscar?q=ef-1413-2026").text


def test_the_pages_ask_the_same_number_of_times_for_few_and_for_many(app, entra):
    client = entra("nacional")
    paths = (
        "/entregas", "/entregas/libro", "/entregas/municipios/1413", "/entregas/ediciones",
        "/entregas/por-enviar?sede=S14", "/entregas/mapa/datos.json",
    )  # fmt: skip

    def count(path: str) -> int:
        asked = 0

        def note_one(*_args: object) -> None:
            nonlocal asked
            asked += 1

        event.listen(db.engine, "before_cursor_execute", note_one)
        try:
            assert client.get(path).status_code == 200
        finally:
            event.remove(db.engine, "before_cursor_execute", note_one)
        return asked

    make_entrega("1413", (BOLETA, 0, 5))
    few = {path: count(path) for path in paths}
    site = make_albergue("1413").id
    for n in range(12):
        make_entrega(
            "1413",
            (BOLETA, 1, 5),
            (PARTE, 0, 5),
            fecha=DAY - timedelta(days=n),
            albergue_id=site if n % 3 else None,
        )
        make_entrega(f"14{n + 1:02d}", (BOLETA, 0, 5))
    many = {path: count(path) for path in paths}
    assert (
        many["/entregas/municipios/1413"] <= few["/entregas/municipios/1413"] + 1
    )  # the names of its shelters
    assert all(many[p] <= few[p] + 1 for p in paths), (few, many)
