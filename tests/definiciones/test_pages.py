"""An administrator defines a format step by step in the web, tries it, publishes it, changes it and retires it."""

from __future__ import annotations

import json
import re
from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from sqlalchemy import select, text

from albergues_app.audit.models import Auditoria
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.definiciones import official, services
from albergues_app.formats import catalogo
from albergues_app.formats.engine import fingerprint
from tests.factories.albergues import make_activacion
from tests.factories.cuentas import csrf_of
from tests.factories.formatos import FULL, make_published
from tests.pdf import text_of

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)

HOME = "/definir-formatos"


@pytest.fixture
def admin(entra):
    return entra("administracion")


def send(client, path, page="", **data):
    """Post as the page would: with its token and the number of the draft it showed."""
    shown = client.get(page or path).text
    vuelta = re.search(r'name="vuelta" value="(\d+)"', shown)
    given = {"csrf_token": csrf_of(shown), "vuelta": vuelta[1] if vuelta else "", **data}
    return client.post(
        path, data=given, content_type="multipart/form-data" if "archivo" in data or "hoja" in data else None
    )


def begin(client, codigo="control_ropa", **more):
    return send(client, HOME, titulo="Control de ropa", codigo=codigo, **more)


COVER = {
    "title": "Control de ropa",
    "issuer": "Municipalidad",
    "source": "Oficio 3-2026",
    "who_fills": "Bodega",
    "when_filled": "Cada entrega",
    "purpose": "Saber qué ropa hay.",
    "record": "hoja",
    "notice": "",
    "moment": "operacion",
    "area": "general",
    "ambito": "albergue",
    "signatures": "Bodega\nEncargado",
    "order": "900",
}


def define(admin):
    """A small format through the pages."""
    begin(admin)
    here = f"{HOME}/control_ropa"
    assert send(admin, f"{here}/portada", **COVER).status_code == 303
    assert (
        send(
            admin,
            f"{here}/secciones/2?clase=Repetible",
            clase="Repetible",
            titulo="Prendas",
            singular="prenda",
            minimo="1",
            maximo="40",
            renglones="10",
        ).status_code
        == 303
    )
    field = f"{here}/secciones/1/campos"
    assert (
        send(
            admin,
            f"{field}/0?tipo=Choice",
            tipo="Choice",
            rotulo="¿Qué prenda?",
            marca="R",
            nivel="1",
            tipo_options="camisa | Camisa | Cam\nPantalón\notro",
            tipo_width="8",
        ).status_code
        == 303
    )
    assert (
        send(
            admin,
            f"{field}/1?tipo=Whole",
            tipo="Whole",
            rotulo="Cantidad",
            marca="C",
            nivel="1",
            texto_cuando="si es camisa",
            tipo_minimum="1",
            tipo_maximum="500",
            **{"obliga-0-campo": "que_prenda", "obliga-0-op": "es", "obliga-0-valor": "Camisa"},
        ).status_code
        == 303
    )
    total = send(
        admin, f"{here}/secciones/0/campos/6?tipo=Whole", page=f"{here}/secciones/0/campos/7?tipo=Whole"
    )
    assert total.status_code == 422
    kept = send(
        admin,
        f"{here}/secciones/0/campos/7?tipo=Whole",
        tipo="Whole",
        rotulo="Total de prendas",
        nivel="1",
        marca="O",
    )
    assert kept.status_code == 303
    rule = send(
        admin,
        f"{here}/reglas/0/0?clase=suma_filas",
        clase="suma_filas",
        repetible="prendas",
        campo_a="cantidad",
        total="total_de_prendas",
        mensaje="Las cantidades no suman el total.",
        campo="total_de_prendas",
        modo="siempre",
    )
    assert rule.status_code == 303, rule.text
    return here


def test_a_format_is_defined_tried_published_and_filled_in(admin, entra, client):
    here = define(admin)
    page = admin.get(here).text
    assert "No falta nada" in page and "suma «Total de prendas»" in page
    shown = admin.get(f"{here}/probar").text
    assert "Total de prendas" in shown
    tried = {
        "csrf_token": csrf_of(shown),
        "op_id": str(uuid7()),
        "ocurrido_en": "20/11/2026 08:00",
        "total_de_prendas": "4",
        "prendas-0-que_prenda": "camisa",
        "prendas-0-cantidad": "3",
    }
    wrong = admin.post(f"{here}/probar", data=tried)
    assert (
        wrong.status_code == 422
        and "Las cantidades no suman el total." in wrong.text
        and 'value="3"' in wrong.text
    )
    right = admin.post(f"{here}/probar", data={**tried, "prendas-0-cantidad": "4"})
    assert right.status_code == 200 and "Se guardaría así" in right.text
    assert db.session.scalar(text("SELECT count(*) FROM registro")) == 0
    paper = " ".join(
        p.extract_text() for p in PdfReader(BytesIO(admin.get(f"{here}/en-blanco.pdf").data)).pages
    )
    assert "BORRADOR" in paper and "Total de prendas" in paper
    assert admin.get(f"{here}/para-llenar.xlsx").data[:2] == b"PK"
    assert client.get("/formatos/control_ropa/en-blanco.pdf").status_code == 404
    assert send(admin, f"{here}/estado", page=here, accion="publicar").status_code == 303
    assert client.get("/formatos/control_ropa/en-blanco.pdf").status_code == 200
    formato = catalogo.latest("control_ropa")
    edition = services.last_edition("control_ropa")
    assert (formato.version, edition.huella) == (1, fingerprint(formato))
    done = db.session.scalars(select(Auditoria).where(Auditoria.tabla == "formato_edicion")).one()
    assert edition.huella in done.cambios and "definicion" not in json.loads(done.cambios)
    place = make_activacion()
    clerk = entra("albergue", municipio="1413")
    assert clerk.get(f"/registros/nuevo/control_ropa?activacion={place.id}").status_code == 200


def test_a_change_is_the_next_edition_and_what_was_filled_in_stays_on_its_own(admin, entra, app):
    here = define(admin)
    send(admin, f"{here}/estado", page=here, accion="publicar")
    place = make_activacion()
    clerk = entra("albergue", municipio="1413")
    page = clerk.get(f"/registros/nuevo/control_ropa?activacion={place.id}").text
    data = {
        "csrf_token": csrf_of(page),
        "activacion": str(place.id),
        "op_id": str(uuid7()),
        "ocurrido_en": "20/11/2026 08:00",
        "prendas-0-que_prenda": "camisa",
        "prendas-0-cantidad": "4",
        "total_de_prendas": "4",
    }
    kept = clerk.post("/registros/nuevo/control_ropa", data=data)
    assert kept.status_code == 303, kept.text
    before = catalogo.latest("control_ropa")
    assert send(admin, f"{here}/estado", page=here, accion="edicion").status_code == 303
    same = send(admin, f"{here}/estado", page=here, accion="publicar")
    assert same.status_code == 422 and "Nada que publicar" in same.text
    assert (
        send(
            admin,
            f"{here}/secciones/0/campos/7",
            tipo="Whole",
            rotulo="Prendas en total",
            nombre="total_de_prendas",
            nivel="1",
            marca="O",
        ).status_code
        == 303
    )
    assert catalogo.latest("control_ropa") == before
    send(admin, f"{here}/estado", page=here, accion="publicar")
    after = catalogo.latest("control_ropa")
    assert (after.version, catalogo.get("control_ropa", 1)) == (2, before)
    shown = clerk.get(kept.location).text
    assert "Total de prendas" in shown and "Prendas en total" not in shown
    pdf = PdfReader(BytesIO(clerk.get(kept.location.split("?")[0] + "/hoja.pdf").data))
    assert "edición 1" in pdf.pages[0].extract_text()
    assert send(admin, f"{here}/estado", page=here, accion="retirar").status_code == 303
    assert clerk.get("/registros/nuevo/control_ropa").status_code == 404
    assert app.test_client().get("/formatos/control_ropa").status_code == 404
    assert "control_ropa" not in {
        r["codigo"] for r in app.test_client().get("/api/v1/formatos").json["filas"]
    }
    assert clerk.get(kept.location).status_code == 200 and clerk.get("/registros").status_code == 200
    send(admin, f"{here}/estado", page=here, accion="reponer")
    assert clerk.get("/registros/nuevo/control_ropa").status_code == 200


def test_what_is_wrong_comes_back_with_everything_typed_and_nothing_is_kept(admin):
    begin(admin)
    here = f"{HOME}/control_ropa"
    sent = send(
        admin,
        f"{here}/secciones/0/campos/7?tipo=Choice",
        tipo="Choice",
        rotulo="",
        tipo_options="solo una <x>",
        ayuda="Con cuidado",
        marca="C",
        nivel="1",
    )
    assert sent.status_code == 422
    for words in ("Escriba la pregunta", "dos opciones o más", "Con cuidado", "solo una &lt;x&gt;"):
        assert words in sent.text
    assert send(admin, f"{here}/portada", **{**COVER, "title": ""}).status_code == 422
    bad = send(
        admin,
        f"{here}/reglas/0/0?clase=no_despues",
        clase="no_despues",
        campo_a="nadie",
        campo_b="",
        mensaje="",
        campo="x",
    )
    assert bad.status_code == 422 and "Elija junto a qué campo" in bad.text
    row = services.find("control_ropa")
    assert (row.vuelta, len(services.document_of(row)["rules"])) == (0, 0)
    refused = send(admin, f"{here}/estado", page=here, accion="publicar")
    assert refused.status_code == 422 and services.last_edition("control_ropa") is None


@pytest.mark.parametrize(
    ("codigo", "said"),
    [
        ("incidente", "Ya hay un formato"),
        ("nuevo", "palabra del sistema"),
        ("", "minúsculas"),
        ("Á", "minúsculas"),
        ("__class__", "minúsculas"),
        ("../x", "minúsculas"),
        ("a" * 41, "minúsculas"),
        ("oficial", "palabra del sistema"),
    ],
)
def test_a_code_that_cannot_be_one_is_refused(admin, codigo, said):
    answer = begin(admin, codigo)
    assert answer.status_code == 422 and said in answer.text and "Control de ropa" in answer.text
    assert db.session.scalar(text("SELECT count(*) FROM formato_definido")) == 0


def test_two_windows_do_not_overwrite_each_other(admin):
    begin(admin)
    here = f"{HOME}/control_ropa"
    old = admin.get(f"{here}/portada").text
    assert send(admin, f"{here}/portada", **COVER).status_code == 303
    stale = {**COVER, "title": "Otro título", "csrf_token": csrf_of(old), "vuelta": "0"}
    answer = admin.post(f"{here}/portada", data=stale)
    assert answer.status_code == 422 and "otra ventana" in answer.text and "Otro título" in answer.text


def test_sections_fields_and_rules_are_moved_and_taken_away(admin):
    here = define(admin)
    send(admin, f"{here}/partes", page=here, seccion="1:bajar")
    document = services.document_of(services.find("control_ropa"))
    assert [s["title"] for s in document["secciones"]] == ["Datos de la hoja", "Firmas", "Prendas"]
    send(admin, f"{here}/secciones/2", mover="1:quitar")
    send(admin, f"{here}/partes", page=here, regla="0/0:quitar")
    db.session.expire_all()
    document = services.document_of(services.find("control_ropa"))
    assert [c["label"] for c in document["secciones"][2]["campos"]] == ["¿Qué prenda?"] and document[
        "rules"
    ] == []


def test_what_the_system_works_out_is_defined_on_a_page_and_taken_out_again(admin, entra):
    """A total that nobody writes; without the calculation its field is written by people again."""
    here = define(admin)
    page, total = f"{here}/calculos/0", {"clase": "suma_filas", "repetible": "prendas", "campo_a": "cantidad"}
    assert "Total de prendas" in admin.get(f"{page}?clase=suma_filas").text
    for wrong, said in (
        ({**total, "campo": ""}, "Elija en qué campo queda"),
        ({**total, "campo": "folio"}, "Elija en qué campo queda"),
        ({"clase": "saldo", "campo": "total_de_prendas"}, "Elija qué se calcula"),
        ({"clase": "puntaje", "campo": "total_de_prendas"}, "Marque los campos"),
    ):
        refused = send(admin, page, page=f"{page}?clase=suma_filas", **wrong)
        assert refused.status_code == 422 and said in refused.text, wrong
    kept = send(admin, page, page=f"{page}?clase=suma_filas", **total, campo="total_de_prendas", auto="1")
    assert kept.status_code == 303, kept.text
    shown = admin.get(here).text
    assert "la suma de «Cantidad» en las filas de «Prendas»" in shown and "No falta nada" in shown
    assert admin.get(f"{here}/secciones/0/campos/6").status_code == 200, "its question can still be changed"
    assert admin.get(f"{page}").status_code == 200
    send(admin, f"{here}/estado", page=here, accion="publicar")
    formato = catalogo.latest("control_ropa")
    assert [c.name for c in formato.campos if c.auto and c.name in formato.calculados()] == [
        "total_de_prendas"
    ]
    place = make_activacion()
    clerk = entra("albergue", municipio="1413")
    assert (
        'name="total_de_prendas"'
        not in clerk.get(f"/registros/nuevo/control_ropa?activacion={place.id}").text
    )
    send(admin, f"{here}/estado", page=here, accion="edicion")
    send(admin, f"{here}/partes", page=here, calculo="0:quitar")
    send(admin, f"{here}/estado", page=here, accion="publicar")
    formato = catalogo.latest("control_ropa")
    assert formato.version == 2 and not formato.calculos
    assert not next(c for c in formato.campos if c.name == "total_de_prendas").auto


def test_a_definition_is_taken_from_another_format_and_from_a_file(admin):
    assert begin(admin, "mi_incidente", base="incidente").status_code == 303
    assert "No falta nada" in admin.get(f"{HOME}/mi_incidente").text
    file = admin.get(f"{HOME}/mi_incidente/definicion.json").data
    again = send(admin, HOME, titulo="Cargado", codigo="cargado", archivo=(BytesIO(file), "x.json"))
    assert again.status_code == 303, again.text
    one, two = (services.document_of(services.find(c)) for c in ("mi_incidente", "cargado"))
    assert {**one, "code": "", "title": ""} == {**two, "code": "", "title": ""}
    bad = send(admin, HOME, titulo="Malo", codigo="malo", archivo=(BytesIO(b'{"clase": "os"}'), "x.json"))
    assert bad.status_code == 422 and services.find("malo") is None


def test_every_page_of_every_part_of_a_full_format_opens(admin):
    make_published()
    assert (
        send(admin, f"{HOME}/{FULL.code}/estado", page=f"{HOME}/{FULL.code}", accion="edicion").status_code
        == 303
    )
    here = f"{HOME}/{FULL.code}"
    pages = [here, f"{here}/portada", f"{here}/probar"]
    for n, section in enumerate(FULL.secciones):
        pages.append(f"{here}/secciones/{n}")
        pages += [f"{here}/secciones/{n}/campos/{m}" for m in range(len(section.campos) + 1)]
        pages += [f"{here}/reglas/{n + 1}/{k}" for k in range(len(getattr(section, "rules", ())))]
    pages += [f"{here}/reglas/0/{k}" for k in range(len(FULL.rules) + 1)]
    for page in pages:
        answer = admin.get(page)
        assert answer.status_code == 200, page
        assert "<b>" not in answer.text.split("<h1>")[1].split("</h1>")[0]


def test_only_administration_defines(entra, app, client):
    make_published()
    for rol, places in (
        ("nacional", {}),
        ("sede", {"departamento": "14"}),
        ("municipal", {"municipio": "1413"}),
        ("auditoria", {}),
    ):
        other = entra(rol, **places)
        for path in (
            HOME,
            f"{HOME}/{FULL.code}",
            f"{HOME}/oficial/incidente",
            f"{HOME}/{FULL.code}/definicion.json",
        ):
            assert other.get(path).status_code == 403, (rol, path)
        assert "Definir formatos" not in other.get("/", follow_redirects=True).text
    assert client.get(HOME).status_code in {302, 303, 401}


def test_a_reserved_format_is_off_the_shelf_and_filled_in_with_an_account(admin, entra, client):
    make_published()
    here = f"{HOME}/{FULL.code}"
    assert FULL.code in client.get("/formatos").text
    send(admin, f"{here}/estado", page=here, accion="reservado")
    assert FULL.code not in client.get("/formatos").text
    for path in (
        f"/formatos/{FULL.code}",
        f"/formatos/{FULL.code}/en-blanco.pdf",
        f"/api/v1/formatos/{FULL.code}/esquema.json",
    ):
        assert client.get(path).status_code == 404
    assert entra("albergue", municipio="1413").get(f"/registros/nuevo/{FULL.code}").status_code == 200


def test_another_process_sees_what_was_published(app, make_app):
    other = make_app()
    with other.app_context():
        assert other.test_client().get(f"/formatos/{FULL.code}").status_code == 404
    make_published()
    with other.app_context():
        assert other.test_client().get(f"/formatos/{FULL.code}").status_code == 200


# -- the official number and the institution's blank ------------------------------------------------------


def words_of(pdf: bytes) -> str:
    return text_of(pdf)


def test_the_official_number_is_printed_and_shown_only_if_somebody_typed_it(admin, client):
    assert "Código" not in words_of(client.get("/formatos/incidente/en-blanco.pdf").data).split("Edición")[0]
    path = f"{HOME}/oficial/incidente"
    assert send(admin, path, accion="codigo", codigo_oficial="SOSEP-F13-021").status_code == 422
    assert official.codigo_oficial_of("incidente") is None
    kept = send(
        admin,
        path,
        accion="codigo",
        codigo_oficial="SOSEP-F13-021",
        fuente="Acuerdo 5-2026",
        fecha="03/02/2026",
    )
    assert kept.status_code == 303
    assert "Código SOSEP-F13-021" in words_of(client.get("/formatos/incidente/en-blanco.pdf").data)
    assert "SOSEP-F13-021" in client.get("/formatos").text
    rows = {r["codigo"]: r for r in client.get("/api/v1/formatos").json["filas"]}
    assert (
        rows["incidente"]["codigo_oficial"] == "SOSEP-F13-021"
        and "codigo_oficial" not in rows["parte_diario"]
    )
    send(admin, path, accion="codigo", codigo_oficial="", fuente="")
    assert "SOSEP-F13-021" not in client.get("/formatos").text
    assert [c.codigo for c in official.code_history("incidente")] == ["", "SOSEP-F13-021"]
    page = admin.get(path).text
    assert "Acuerdo 5-2026, 03/02/2026" in page and "Cuenta administracion" in page


def pdf(pages: int = 1, **more) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(612, 792)
    if more.get("js"):
        action = DictionaryObject(
            {
                NameObject("/S"): NameObject("/JavaScript"),
                NameObject("/JS"): TextStringObject("app.alert('x')"),
            }
        )
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(action)
    if more.get("inside"):
        writer.add_attachment("x.exe", b"MZ")
    if more.get("locked"):
        writer.encrypt("x")
    if more.get("title"):
        writer.add_metadata({"/Title": more["title"]})
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def attach(admin, content, **more):
    data = {
        "accion": "hoja",
        "fuente_hoja": "Circular 2",
        "hoja": (BytesIO(content), "hojas/oficial.pdf"),
        **more,
    }
    return send(admin, f"{HOME}/oficial/incidente", **data)


def test_the_institutions_blank_is_offered_beside_ours_and_its_history_stays(admin, client):
    assert client.get("/formatos/incidente/hoja-oficial.pdf").status_code == 404
    first, second = pdf(1), pdf(2)
    assert attach(admin, first).status_code == 303
    assert client.get("/formatos/incidente/hoja-oficial.pdf").data == first
    assert "Formato oficial de la institución (PDF)" in client.get("/formatos").text
    assert attach(admin, first).status_code == 422
    assert attach(admin, second).status_code == 303
    assert client.get("/formatos/incidente/hoja-oficial.pdf").data == second
    assert (official.blank_of("incidente").paginas, official.blank_of("incidente").nombre) == (
        2,
        "oficial.pdf",
    )
    assert admin.get(f"{HOME}/oficial/incidente/hoja-1.pdf").data == first
    send(admin, f"{HOME}/oficial/incidente", accion="quitar_hoja")
    assert client.get("/formatos/incidente/hoja-oficial.pdf").status_code == 404
    assert "Formato oficial de la institución" not in client.get("/formatos").text
    assert [h.serie for h in official.blank_history("incidente")] == [3, 2, 1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Elija el PDF"),
        (b"<html>", "no es PDF"),
        (b"%PDF-1.7\n" + b"x" * 500, "dañado"),
        (pdf()[:-200], "dañado"),
        (pdf(js=True), "programas"),
        (pdf(inside=True), "programas"),
        (pdf(locked=True), "programas"),
        (pdf(101), "páginas"),
    ],
    ids=["empty", "html", "noise", "cut", "script", "file", "locked", "long"],
)
def test_a_pdf_that_does_anything_by_itself_is_refused(admin, content, said):
    answer = attach(admin, content)
    assert answer.status_code == 422 and said in answer.text and "Circular 2" in answer.text
    assert official.blank_of("incidente") is None


def test_a_pdf_larger_than_the_setting_is_refused(admin, app):
    app.config["HOJA_OFICIAL_MB"] = 0
    answer = attach(admin, pdf())
    assert answer.status_code == 422 and "MB" in answer.text and official.blank_of("incidente") is None
