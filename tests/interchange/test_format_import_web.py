"""Filled files of any format through the browser: nothing lost, nothing doubled, nothing of another territory."""

from __future__ import annotations

import json
import signal
import threading
import time
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from albergues_app.accounts.models import Cuenta, CuentaTerritorio
from albergues_app.albergues.models import Activacion
from albergues_app.audit.models import Auditoria, Captura
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.capturas.models import Registro
from albergues_app.core import clock, tasks
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats import catalogo
from albergues_app.formats.outputs.acroform import render_fillable
from albergues_app.formats.outputs.pdf import PdfJob
from albergues_app.formats.outputs.xlsx import write_workbook
from albergues_app.formats.outputs.xlsx_in import read_sheets
from albergues_app.interchange import format_stages, uploads
from albergues_app.interchange.models import ColumnaRecordada
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.services.ingreso import count_inside
from albergues_app.web import format_import_views
from tests.factories.albergues import ingreso, make_activacion, make_albergue, persona
from tests.factories.cuentas import SISTEMA, csrf_of
from tests.formats.cases_operacion import CASES
from tests.interchange.format_browser import FormatBrowser, chosen_of, figures
from tests.transcripcion.hojas import picture

INCIDENTE = catalogo.latest("incidente")
BOLETA = catalogo.latest("boleta_ingreso")
GOOD = [case[0] for case in CASES["incidente"] if not case[1]][:2]
BAD = next(case[0] for case in CASES["incidente"] if case[1])
WHEN = "19/11/2026 18:05"


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


@pytest.fixture
def clerk(entra):
    return entra("albergue", municipio="1413")


def count(model):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


def book(formato, *records, gate=True):
    target = BytesIO()
    write_workbook(formato, target, format_catalogos(), records, gate=gate)
    return target.getvalue()


def household(number, *names):
    people = [
        {"nombres": n, "apellidos": "Cobo", "sexo": "mujer", "edad": 30, "edad_unidad": "anios"}
        for n in names
    ]
    return {"ocurrido_en": WHEN, "comunidad_procedencia": f"Aldea {number}", "personas": people}


def kept(formato):
    """The answers in the register, opened."""
    rows = db.session.scalars(select(Captura).where(Captura.formato == formato.code).order_by(Captura.folio))
    return [open_json(seal_for(r.emergencia_id), r.respuestas, "captura.respuestas") for r in rows]


# --- one file, every form --------------------------------------------------------------------------


def as_csv(formato, record):
    sheets = {n: g for n, g in read_sheets(book(formato, record)).items() if n == "Hojas" or n == "Registros"}
    (grid,) = sheets.values()
    return "\n".join(";".join(str(c) for c in (grid[0], *grid[3:])[i]) for i in range(2)).encode()


@pytest.mark.parametrize("form", ["xlsx", "csv", "json", "pdf"])
def test_a_record_comes_in_by_every_kind_of_file_with_its_answers_sealed(here, clerk, form):
    person_at = FormatBrowser(clerk, "incidente", activacion=here.id)
    content = {
        "xlsx": lambda: book(INCIDENTE, GOOD[0]),
        "csv": lambda: as_csv(INCIDENTE, GOOD[0]),
        "json": lambda: json.dumps(GOOD[0]).encode(),
        "pdf": lambda: render_fillable(PdfJob(formato=INCIDENTE), raw=GOOD[0]),
    }[form]()
    home, page = person_at.shown(content, f"hoja.{form}")
    assert (figures(page)["Con error"], count(Registro)) == (0, 0), page
    assert "Quedó guardado" in person_at.save(home).text
    (answers,) = kept(INCIDENTE)
    assert answers["tipo"] == GOOD[0]["tipo"]
    seen = db.session.scalars(select(Auditoria).where(Auditoria.tabla == "importacion")).all()
    assert len(seen) == 1


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_pdf_and_its_continuation_go_in_together_and_the_page_shows_what_was_joined(
    here, clerk, monkeypatch
):
    monkeypatch.setattr(format_stages, "SMALL_BYTES", 10_000_000)
    people = household(1, *(f"Persona {n}" for n in range(11))) | {"folio": "A-7"}
    first, second = (
        render_fillable(PdfJob(formato=BOLETA), format_catalogos(), raw=people, sheets=(n,)) for n in (1, 2)
    )
    person_at = FormatBrowser(clerk, "boleta_ingreso", activacion=here.id)
    files = [(BytesIO(second), "z continuacion.pdf"), (BytesIO(first), "hoja.pdf")]
    answer = person_at.post(person_at.url, archivo=files, **person_at.place)
    page = person_at.follow(answer).text
    assert "Continuación, hoja 2" in page and "Primera hoja" in page and "z continuacion.pdf" in page
    assert (figures(page)["Con error"], figures(page)["Nuevas"]) == (0, 1), page
    person_at.save(answer.location)
    assert len(kept(BOLETA)[0]["personas"]) == 11
    alone = person_at.post(person_at.url, archivo=[(BytesIO(second), "z.pdf")], **person_at.place)
    assert alone.status_code == 422 and "hoja de continuación" in alone.text
    mixed = [(BytesIO(first), "hoja.pdf"), (BytesIO(book(BOLETA, people)), "libro.xlsx")]
    refused = person_at.post(person_at.url, archivo=mixed, **person_at.place)
    assert refused.status_code == 422 and "uno por uno" in refused.text


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_photograph_is_sent_to_where_it_is_typed(here, clerk):
    person_at = FormatBrowser(clerk, "boleta_ingreso", activacion=here.id)
    answer = person_at.post(person_at.url, archivo=[(BytesIO(picture()), "foto.jpg")], **person_at.place)
    assert answer.status_code == 422 and "Transcribir hojas" in answer.text


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_large_file_that_cannot_be_read_does_not_stay_as_if_it_were_being_read(here, clerk, monkeypatch):
    monkeypatch.setattr(format_stages, "SMALL_BYTES", 10)
    monkeypatch.setattr(format_import_views, "start_task", tasks.run_here)
    blank = render_fillable(PdfJob(formato=BOLETA), format_catalogos())
    person_at = FormatBrowser(clerk, "boleta_ingreso", activacion=here.id)
    answer = person_at.post(person_at.url, archivo=[(BytesIO(blank), "hoja.pdf")], **person_at.place)
    assert "/tareas/" in answer.location
    assert "no tiene filas llenas" in clerk.get(answer.location).text
    assert "Archivos sin guardar" not in clerk.get(person_at.url).text


def test_the_same_file_twice_changes_nothing_and_says_so(here, clerk):
    person_at = FormatBrowser(clerk, "incidente", activacion=here.id)
    content = book(INCIDENTE, *GOOD)
    person_at.save(person_at.shown(content)[0])
    assert count(Registro) == 2
    home, page = person_at.shown(content)
    assert figures(page)["Ya están aquí"] == 2 and "Todo esto ya está guardado" in page
    assert "no cambió nada" in person_at.save(home).text
    assert count(Registro) == 2


def test_two_equal_sheets_of_one_file_are_two(here, clerk):
    person_at = FormatBrowser(clerk, "incidente", activacion=here.id)
    person_at.save(person_at.shown(book(INCIDENTE, GOOD[0], GOOD[0]))[0])
    assert count(Registro) == 2


def test_only_the_good_rows_when_chosen_and_the_corrected_book_adds_the_rest(here, clerk):
    person_at = FormatBrowser(clerk, "boleta_ingreso", activacion=here.id)
    wrong = household(2, "Luz")
    wrong["personas"][0] |= {"edad": "mil"}
    home, page = person_at.shown(book(BOLETA, household(1, "Ana"), wrong))
    assert (figures(page)["Nuevas"], figures(page)["Con error"]) == (1, 1)
    refused = person_at.save(home, "todo")
    assert refused.status_code == 422 and count(Familia) == 0
    done = person_at.save(home, "buenas")
    assert "1 fila quedó" in done.text and count(Familia) == 1
    sheets = read_sheets(clerk.get(f"{home}/errores.xlsx").data)
    rows = [list(row) for row in sheets["Personas"]]
    column = rows[0].index("edad")
    (bad,) = [row for row in rows if row[column] == "mil"]
    assert "número" in bad[-1]
    bad[column] = "30"
    fixed = rebuilt({**sheets, "Personas": rows})
    home, page = person_at.shown(fixed)
    assert figures(page) == {"En el archivo": 2, "Nuevas": 1, "Ya están aquí": 1, "Con error": 0}
    person_at.save(home)
    assert (count(Familia), count_inside(here.id)) == (2, 2)


def rebuilt(sheets):
    import xlsxwriter

    target = BytesIO()
    out = xlsxwriter.Workbook(target)
    for name, grid in sheets.items():
        sheet = out.add_worksheet(name)
        for r, row in enumerate(grid):
            for c, value in enumerate(row):
                sheet.write(r, c, value)
    out.close()
    return target.getvalue()


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_csv_with_errors_comes_back_as_a_workbook(here, clerk):
    person_at = FormatBrowser(clerk, "boleta_ingreso", activacion=here.id)
    table = f"familia;ocurrido_en;personas.nombres;personas.sexo\n1;{WHEN};Ana;mujer\n2;{WHEN};Luis;perro\n"
    home, _page = person_at.shown(table.encode("cp1252"), "lista.csv")
    (summary, sheet) = read_sheets(clerk.get(f"{home}/errores.xlsx").data).values()
    assert "Por corregir: 1" in summary[0][0]
    assert "perro" in sheet[2][3] and "no está en la lista" in sheet[2][4] and sheet[1][4] == ""
    assert sheet[0][4] == "Qué revisar"


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_json_with_errors_comes_back_as_a_workbook_too(here, clerk):
    person_at = FormatBrowser(clerk, "boleta_ingreso", activacion=here.id)
    wrong = household(1, "Ana")
    wrong["personas"].append({"nombres": "Luis", "sexo": "perro"})
    home, page = person_at.shown(json.dumps([wrong]).encode(), "x.json")
    assert "hoja «Personas», celda" in page
    sheets = read_sheets(clerk.get(f"{home}/errores.xlsx").data)
    assert "no está en la lista" in sheets["Personas"][3][-1]


PEOPLE = st.tuples(st.text(max_size=60), st.integers(0, 110), st.sampled_from(["mujer", "hombre"]))


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(st.text(max_size=60), st.integers(0, 110), st.sampled_from(["mujer", "hombre"])),
        min_size=1,
        max_size=4,
    )
)
def test_what_goes_into_a_file_comes_out_of_it(app, facts):
    from albergues_app.capturas.places import Lugar
    from albergues_app.formats.engine import answers_to_json, validate
    from albergues_app.interchange import format_import as imports

    raw = {
        "ocurrido_en": WHEN,
        "personas": [
            {"nombres": "Ana", "sexo": s, "edad": e, "edad_unidad": "anios", "senas": t} for t, e, s in facts
        ],
    }
    meant = validate(BOLETA, raw, format_catalogos(), "rapido", clock.now())
    encargo = imports.Encargo(BOLETA, Lugar("", "", ""), True)
    written = book(BOLETA, meant.answers)
    told = json.dumps([answers_to_json(meant.answers)]).encode()
    for name, content in (("a.xlsx", written), ("a.json", told)):
        plain = read_here(content, name)
        lectura = imports.understand(BOLETA, plain, True)
        ensayo = imports.rehearse(encargo, lectura, imports.propose_columns(BOLETA, lectura, True))
        assert [r.answers for _x, r in ensayo.leidos] == [meant.answers], name


def read_here(content, name):
    """As the child would, without starting one for each example."""
    import base64
    import pickle

    from albergues_app.interchange.format_files import read_plain

    return json.loads(
        json.dumps(read_plain(content, name, base64.b64encode(pickle.dumps(BOLETA)).decode(), [], True))
    )


# --- columns ---------------------------------------------------------------------------------------

STRANGE = "Nº;Fecha;Quién llegó;Es;Nota\n" + "".join(
    f"{n};{WHEN};Ana {'abc'[n]};{sex};x\n" for n, sex in enumerate(("mujer", "hombre", "mujer"))
)


def test_what_columns_are_is_asked_once_and_remembered_for_that_sender_alone(here, clerk, entra):
    person_at = FormatBrowser(clerk, "boleta_ingreso", activacion=here.id)
    answer = person_at.follow(person_at.upload(STRANGE.encode(), "lista.csv"))
    assert "¿Qué trae cada columna?" in answer.text
    form = chosen_of(answer.text)
    assert form["c-0-3"] == "personas.sexo" and form["c-0-2"] == ""
    said = {"c-0-0": "familia", "c-0-1": "ocurrido_en", "c-0-2": "personas.nombres"}
    _home, page = person_at.shown(STRANGE.encode(), "lista.csv", **said)
    assert figures(page)["Nuevas"] == 3, page
    assert count(ColumnaRecordada) == 5
    again = person_at.follow(person_at.upload((STRANGE + f"9;{WHEN};Eva;mujer;y\n").encode(), "otra.csv"))
    assert figures(again.text)["Nuevas"] == 4
    other = FormatBrowser(entra("albergue", municipio="1413"), "boleta_ingreso", activacion=here.id)
    assert "¿Qué trae cada columna?" in other.follow(other.upload(STRANGE.encode(), "lista.csv")).text


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_field_twice_or_none_keeps_the_page_with_what_was_chosen(here, clerk):
    person_at = FormatBrowser(clerk, "boleta_ingreso", activacion=here.id)
    home = person_at.upload(STRANGE.encode(), "lista.csv").location
    answer = person_at.post(f"{home}/columnas", **{"c-0-0": "telefono", "c-0-4": "telefono"})
    assert answer.status_code == 422 and "Deje una" in answer.text
    assert chosen_of(answer.text)["c-0-4"] == "telefono"
    nothing = {f"c-0-{n}": "" for n in range(5)}
    assert person_at.post(f"{home}/columnas", **nothing).status_code == 422
    assert person_at.post(f"{home}/columnas", **{"c-0-3": "no.existe"}).status_code == 422


# --- doors -----------------------------------------------------------------------------------------


def test_of_another_territory_or_another_area_or_another_account_it_is_absent(here, clerk, entra, app):
    person_at = FormatBrowser(clerk, "incidente", activacion=here.id)
    home, _page = person_at.shown(book(INCIDENTE, GOOD[0]))
    beside, far = entra("albergue", municipio="1413"), entra("albergue", municipio="0901")
    assert far.get(person_at.url, query_string=person_at.place).status_code == 404
    for client in (beside, far):
        token = csrf_of(client.get("/registros/importar/incidente").text)
        for path in ("", "/columnas", "/revision", "/errores.xlsx"):
            assert client.get(home + path).status_code == 404
        for path in ("/guardar", "/descartar", "/columnas"):
            assert client.post(home + path, data={"csrf_token": token}).status_code == 404
    assert clerk.get("/registros/importar/ficha_medica").status_code == 404
    assert entra("auditoria").get("/registros/importar/incidente").status_code in {403, 404}
    doctor = entra("salud", municipio="1413")
    assert FormatBrowser(doctor, "ficha_medica", activacion=here.id)
    assert count(Registro) == 0
    assert app.test_client().get("/registros/importar/incidente").status_code in {302, 303, 401}


def test_the_territory_is_asked_again_when_it_is_written(here, clerk, monkeypatch):
    person_at = FormatBrowser(clerk, "incidente", activacion=here.id)
    home, _page = person_at.shown(book(INCIDENTE, GOOD[0]))
    with unit_of_work(SISTEMA):
        row = db.session.scalars(
            select(CuentaTerritorio).join(Cuenta).where(Cuenta.rol == "albergue")
        ).first()
        row.codigo = "0901"
    assert person_at.post(f"{home}/guardar", modo="todo").status_code == 404
    assert count(Registro) == 0


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_what_a_profession_may_see_is_asked_again_at_every_step(here, entra):
    """Who is no longer of that profession begins anew, and what the file said of it is neither shown nor written."""
    reserved = {**GOOD[0], "involucrados_reservado": "Marta Reservada Chub"}
    person_at = FormatBrowser(entra("proteccion", municipio="1413"), "incidente", activacion=here.id)
    home, _page = person_at.shown(book(INCIDENTE, reserved, gate=False))
    cuenta = db.session.scalars(select(Cuenta).where(Cuenta.rol == "proteccion")).one().id
    for rol, status in (("albergue", 404), ("proteccion", 200)):
        with unit_of_work(SISTEMA):
            db.session.get_one(Cuenta, cuenta).rol = rol
        for path in ("", "/columnas", "/revision", "/errores.xlsx"):
            answer = person_at.client.get(home + path, follow_redirects=True)
            assert answer.status_code == status or (path == "/errores.xlsx" and answer.status_code == 404)
            assert "Reservada" not in answer.text or rol == "proteccion"
        assert person_at.client.get(person_at.url, query_string=person_at.place).status_code == 200
        answer = person_at.post(f"{home}/guardar", modo="todo")
        assert (answer.status_code, count(Registro)) == ((404, 0) if rol == "albergue" else (303, 1))
    assert kept(INCIDENTE)[0]["involucrados_reservado"] == "Marta Reservada Chub"


# --- what is kept ----------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_nothing_of_the_file_is_readable_on_disk_and_it_goes_when_it_is_written(
    here, clerk, app, monkeypatch
):
    person_at = FormatBrowser(clerk, "boleta_ingreso", activacion=here.id)
    home, _page = person_at.shown(book(BOLETA, household(1, "Xquenda")))
    folder = Path(app.config["INSTANCIA"]) / "subidas" / home.rpartition("/")[2]
    assert all(b"Xquenda" not in part.read_bytes() for part in folder.iterdir())
    assert not (folder / "archivo.sello").exists()
    person_at.save(home)
    assert {p.stem for p in folder.iterdir()} <= {"datos", "encargo", f"emergencia-{here.emergencia_id}"}
    rows = db.session.scalars(select(Auditoria).where(Auditoria.tabla == "importacion"))
    trail = " ".join(f"{a.accion} {a.tabla} {a.fila_id} {a.cambios}" for a in rows)
    assert "Xquenda" not in trail and "importar:boleta_ingreso" in trail
    later = clock.now() + uploads.KEEP + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    uploads.clean_uploads()


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x00" * 4000, b"%PDF-1.4 x", b"{no"])
def test_what_cannot_be_read_is_refused_with_a_sentence_and_not_kept(here, clerk, app, content):
    person_at = FormatBrowser(clerk, "incidente", activacion=here.id)
    answer = person_at.upload(content)
    assert answer.status_code == 422 and "que corregir" in answer.text
    folder = Path(app.config["INSTANCIA"]) / "subidas"
    assert list(folder.iterdir()) == []


# --- large, in the background ----------------------------------------------------------------------


def await_task(client, answer, seconds=60):
    there = answer.location
    for _ in range(seconds * 10):
        page = client.get(there)
        if page.status_code == 303:
            return page.location
        if "avance" not in page.text or "hx-get" not in page.text:
            return page
        time.sleep(0.1)
    raise AssertionError("the task does not end")


def many(families):
    lines = ["familia;ocurrido_en;personas.nombres;personas.apellidos;personas.sexo;personas.edad"]
    lines += [
        f"{n // 3 + 1};{WHEN};Ana {word(n)};Cobo {word(n // 3)};mujer;{n % 90}" for n in range(families * 3)
    ]
    return "\n".join(lines).encode()


def word(n):
    return "".join("abcdefghij"[int(d)] for d in str(n))


def test_a_long_file_is_read_judged_and_written_by_tasks(here, clerk, monkeypatch):
    monkeypatch.setattr(format_stages, "SMALL_BYTES", 1000)
    monkeypatch.setattr(format_stages, "SMALL_ROWS", 10)
    person_at = FormatBrowser(clerk, "boleta_ingreso", activacion=here.id)
    home = await_task(clerk, person_at.upload(many(20), "lista.csv"))
    page = person_at.follow(clerk.get(home)).text
    assert figures(page)["Nuevas"] == 20
    done = await_task(clerk, person_at.post(f"{home}/guardar", modo="todo"))
    assert "20 familias nuevas con 60 personas" in done.text
    assert count_inside(here.id) == 60


def test_killed_in_the_middle_of_writing_nothing_is_half_done(here, clerk, monkeypatch):
    monkeypatch.setattr(format_stages, "SMALL_ROWS", 10)
    monkeypatch.setattr(format_stages, "SMALL_BYTES", 10_000_000)
    person_at = FormatBrowser(clerk, "boleta_ingreso", activacion=here.id)
    home = person_at.upload(many(900), "lista.csv").location
    assert figures(person_at.follow(clerk.get(home)).text)["Nuevas"] == 900
    started = []
    real = tasks.subprocess.Popen
    monkeypatch.setattr(
        tasks.subprocess, "Popen", lambda *a, **k: started.append(real(*a, **k)) or started[-1]
    )
    task = person_at.post(f"{home}/guardar", modo="todo").location
    key = UUID(task.rpartition("/")[2])
    for _ in range(400):
        if tasks._spoken(key)[2] == "Guardando":
            break
        time.sleep(0.02)
    started[0].send_signal(signal.SIGKILL)
    started[0].wait()
    assert count_inside(here.id) in {0, 2700}
    broken = clerk.get(task).text
    if count_inside(here.id) == 0:
        assert "No se pudo" in broken and count(Familia) == 0 and count(Captura) == 0
    again = await_task(clerk, person_at.post(f"{home}/guardar", modo="todo"))
    assert "900" in again.text
    assert count_inside(here.id) == 2700


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)  # where one writer makes the other wait
def test_a_desk_writes_while_a_long_file_goes_in(here, clerk, app, monkeypatch):
    monkeypatch.setattr(format_stages, "SMALL_ROWS", 10)
    person_at = FormatBrowser(clerk, "boleta_ingreso", activacion=here.id)
    home = await_task(clerk, person_at.upload(many(600), "lista.csv"))
    here_id, entered, stop = here.id, [], threading.Event()

    def desk():
        with app.app_context():
            while not stop.is_set():
                ingreso(db.session.get_one(Activacion, here_id), persona())
                entered.append(1)
                time.sleep(0.02)

    thread = threading.Thread(target=desk)
    thread.start()
    try:
        done = await_task(clerk, person_at.post(f"{home}/guardar", modo="todo"))
    finally:
        stop.set()
        thread.join()
    assert "600 familias nuevas" in done.text
    assert len(entered) > 5
    db.session.rollback()
    assert count_inside(here_id) == 1800 + len(entered)


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_of_a_table_without_titles_no_person_is_remembered(here, clerk):
    person_at = FormatBrowser(clerk, "boleta_ingreso", activacion=here.id)
    table = "Jacinta Chocoj Tuyuc;treinta\nLuz Raymundo;cuarenta\n"
    home = person_at.upload(table.encode(), "sin titulos.csv").location
    sent = person_at.post(f"{home}/columnas", **{"c-0-0": "personas.nombres", "c-0-1": ""})
    assert sent.status_code in {303, 422}, sent.text
    rows = db.session.scalars(select(ColumnaRecordada)).all()
    assert rows, "it was remembered"
    assert not [row.titulo for row in rows if "jacinta" in row.titulo or "treinta" in row.titulo]


def test_dissociation_takes_the_files_on_their_way_in_and_no_other(here, clerk):
    from albergues_app.ocupacion import dissociation

    other = make_activacion(make_albergue("1413", nombre="Otra escuela"))
    homes = [
        FormatBrowser(clerk, "incidente", activacion=place.id).shown(book(INCIDENTE, GOOD[0]))[0]
        for place in (here, other)
    ]
    gone = here.emergencia_id
    assert gone != other.emergencia_id
    for forget in dissociation.ALSO:
        if forget is uploads.drop_uploads_of:
            forget(gone)
    assert [clerk.get(f"{home}/revision").status_code for home in homes] == [404, 200]
