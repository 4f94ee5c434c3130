"""A list of sites through the browser: nothing lost, nothing doubled, nothing of another territory."""

from __future__ import annotations

import io
import re
import threading
import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from albergues_app.albergues.models import Activacion, Albergue, PorResolver, ReporteSitio
from albergues_app.audit.chain import verify
from albergues_app.audit.models import Auditoria
from albergues_app.core import clock, tasks
from albergues_app.core.db import db
from albergues_app.core.tasks import Tarea
from albergues_app.interchange import upload_stages, uploads
from albergues_app.interchange.tables import read_table
from tests.factories.albergues import ingreso, make_activacion, make_albergue, persona
from tests.factories.cuentas import csrf_of
from tests.interchange.shared_data import data

HEAD = "nombre;municipio;departamento;capacidad;fecha;personas;nota"


def count(model):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


def csv_of(*lines, head=HEAD):
    return "\n".join((head, *lines)).encode()


class Browser:
    """The pages of an import as a person walks them."""

    def __init__(self, client):
        self.client = client
        self.token = csrf_of(client.get("/importaciones/").text)

    def post(self, path, follow=False, **form):
        return self.client.post(path, data={"csrf_token": self.token, **form}, follow_redirects=follow)

    def upload(self, content, name="lista.csv"):
        return self.post("/importaciones/", archivo=(io.BytesIO(content), name))

    def proposed(self, page):
        """The form of the columns page as the browser would send it."""
        form = {"hoja": re.search(r'name="hoja" value="(\d+)"', page).group(1)}
        for name, options in re.findall(
            r'<select[^>]* name="((?:columna|fijo)-[^"]+)"[^>]*>(.*?)</select>', page, re.S
        ):
            chosen = re.search(r'<option value="([^"]*)" selected>', options)
            form[name] = chosen.group(1) if chosen else ""
        return form

    def rehearse(self, content, name="lista.csv", **changes):
        """Upload, confirm the columns; gives the address of the list and the dry-run page."""
        answer = self.upload(content, name)
        assert answer.status_code == 303, answer.text
        home = answer.headers["Location"].removesuffix("/columnas")
        form = {**self.proposed(self.client.get(f"{home}/columnas").text), **changes}
        answer = self.post(f"{home}/columnas", **form)
        assert answer.status_code == 303, answer.text
        assert answer.headers["Location"] == f"{home}/ensayo"
        return home, self.client.get(f"{home}/ensayo").text

    def counts(self, page):
        shown = [int(n.replace(",", "")) for n in re.findall(r'<div class="val">([\d,]+)</div>', page)]
        return dict(zip(("nuevos", "conocidos", "reportes", "por_resolver", "errores"), shown, strict=True))

    def wait(self, path, seconds=90):
        """Follow a task to its end; gives the last answer and what was shown on the way."""
        seen, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            answer = self.client.get(path)
            if answer.status_code == 303 or "every 1s" not in answer.text:
                return answer, seen
            seen.append(answer.text)
            time.sleep(0.1)
        raise AssertionError("the task never ended")


@pytest.fixture
def nacional(entra):
    return Browser(entra("nacional"))


@pytest.fixture
def quiche(entra):
    return Browser(entra("sede", departamento="14"))


def test_a_row_says_all_that_is_wrong_with_it_at_once(nacional):
    head = "Nombre,Departamento,Municipio,Capacidad"
    home, page = nacional.rehearse(csv_of("Escuela,Quiché,Xyzabc,muchas", head=head))
    row = page[page.index('<th scope="row">Escuela') :].split("</tr>")[0]
    assert "No hay un municipio «Xyzabc»" in row and "«muchas» no es un número" in row
    book = nacional.client.get(f"{home}/errores.xlsx").data
    said = " ".join(str(c) for r in read_table(book, "x.xlsx").hojas[0].filas for c in r if c)
    assert "Xyzabc»" in said and "Por resolver" in said


# --- the real list ---------------------------------------------------------------------------------


def test_the_real_list_goes_through_the_browser_without_losing_a_row(app, nacional):
    path = data("albergues_gt", "albergues_gt_reportados.csv")
    home, page = nacional.rehearse(path.read_bytes(), path.name)
    counts = nacional.counts(page)
    assert counts == {"nuevos": 45, "conocidos": 0, "reportes": 13, "por_resolver": 8, "errores": 0}
    assert sum(counts.values()) == 66 and "= 66 filas" in page
    assert count(Albergue) == 0, "a dry run writes nothing"
    done = nacional.post(f"{home}/guardar")
    assert done.status_code == 303
    page = nacional.client.get(done.headers["Location"]).text
    assert "La lista quedó guardada" in page
    assert (count(Albergue), count(ReporteSitio), count(PorResolver)) == (45, 58, 8)
    assert verify(db.session()).intact
    actors = set(db.session.scalars(select(Auditoria.actor).where(Auditoria.tabla == "albergue")))
    assert len(actors) == 1 and next(iter(actors)).startswith("nacional")
    # The same file again, as another upload: nothing new.
    home, page = nacional.rehearse(path.read_bytes(), path.name)
    assert nacional.counts(page)["conocidos"] == 45
    assert nacional.post(f"{home}/guardar").status_code == 303
    assert (count(Albergue), count(ReporteSitio), count(PorResolver)) == (45, 58, 8)


def test_the_table_never_travels_through_the_browser(app, nacional):
    home, page = nacional.rehearse(csv_of("Escuela Secreta;Nebaj;Quiché;5;;;clave-de-la-fila"))
    assert "clave-de-la-fila" not in page
    folder = uploads._folder() / home.rsplit("/", 1)[-1]
    assert folder.stat().st_mode & 0o077 == 0
    kept = b"".join(p.read_bytes() for p in folder.iterdir())
    assert b"Escuela Secreta" not in kept and b"clave-de-la-fila" not in kept


# --- columns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_person_corrects_the_columns_and_gives_values_for_all_rows(app, nacional):
    content = b"sitio;otra cosa;personas\nEscuela Uno;Nebaj;30\nEscuela Dos;Nebaj;12\n"
    answer = nacional.upload(content)
    home = answer.headers["Location"]
    page = nacional.client.get(home).text
    assert "Escuela Uno; Escuela Dos" in page and "otra cosa" in page
    form = {
        **nacional.proposed(page),
        "columna-municipio": "1",
        "fijo-departamento": "14",
        "fijo-fecha": "2020-11-08",
    }
    assert nacional.post(home, **form).status_code == 303
    page = nacional.client.get(home.replace("columnas", "ensayo")).text
    assert nacional.counts(page)["nuevos"] == 2 and "Nebaj, Quiché" in page
    assert "Elegida por usted" in nacional.client.get(home).text, "what was chosen is still there"
    nacional.post(home.replace("columnas", "guardar"))
    assert {r.fecha.isoformat() for r in db.session.scalars(select(ReporteSitio))} == {"2020-11-08"}
    assert set(db.session.scalars(select(Albergue.municipio_codigo))) == {"1413"}


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_one_column_for_two_fields_or_no_name_keeps_the_form(app, nacional):
    home = nacional.upload(csv_of("Escuela;Nebaj;Quiché;5;;;")).headers["Location"]
    form = nacional.proposed(nacional.client.get(home).text)
    answer = nacional.post(
        home, **{**form, "columna-direccion": form["columna-municipio"], "fijo-evento": "Eta"}
    )
    assert answer.status_code == 422
    assert "está elegida para" in answer.text and 'value="Eta"' in answer.text
    answer = nacional.post(home, **{**form, "columna-nombre": ""})
    assert answer.status_code == 422 and "nombre del albergue" in answer.text
    assert nacional.post(home, **{**form, "columna-nombre": "99"}).status_code == 422


def test_a_municipality_is_proposed_for_all_rows_to_whoever_has_one(entra):
    muni = Browser(entra("municipal", municipio="1413"))
    home, page = muni.rehearse(b"nombre;capacidad\nEscuela;40\n")
    assert muni.counts(page)["nuevos"] == 1
    assert muni.post(f"{home}/guardar").status_code == 303
    assert db.session.scalars(select(Albergue.municipio_codigo)).one() == "1413"


# --- bad files and rows with errors ----------------------------------------------------------------


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "vacia.xlsx"), (b"%PDF-1.7 no es una lista", "lista.xlsx"), (b"PK\x03\x04roto", "lista.xlsx"),
        (b"nombre\n", "solo-titulos.csv"), (b'{"type":"Feature"', "x.geojson"),
    ],
)  # fmt: skip
def test_a_bad_file_gives_one_sentence_and_keeps_the_form(nacional, content, name):
    answer = nacional.upload(content, name)
    if answer.status_code == 303:  # it can be read, and has no rows
        home = answer.headers["Location"]
        answer = nacional.post(home, **nacional.proposed(nacional.client.get(home).text))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text and "<form" in answer.text
    assert "Traceback" not in answer.text
    assert count(Tarea) == 0


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_hostile_corpus_is_refused_by_the_page(nacional):
    seen = 0
    for path in sorted(data("hostiles").rglob("*"))[:400]:
        if path.suffix.lower() not in {".xlsx", ".ods", ".csv", ".geojson", ".zip"} or seen >= 6:
            continue
        if path.stat().st_size > upload_stages.SMALL_BYTES:
            continue
        seen += 1
        answer = nacional.upload(path.read_bytes(), path.name)
        assert answer.status_code in {303, 422}, path
        if answer.status_code == 422:
            assert answer.text.count('<div class="caja caja-critico resumen-errores"') == 1, path
    assert seen


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_without_a_file_it_says_so(nacional):
    answer = nacional.post("/importaciones/")
    assert answer.status_code == 422 and "Elija el archivo" in answer.text


def test_rows_with_errors_come_back_in_the_persons_own_workbook_and_stop_everything(app, nacional):
    home, page = nacional.rehearse(
        csv_of("Escuela;Nebaj;Quiché;muchas;;;", "Iglesia;Nebaj;Quiché;10;;;"), "mía.csv"
    )
    assert nacional.counts(page) == {
        "nuevos": 1,
        "conocidos": 0,
        "reportes": 0,
        "por_resolver": 0,
        "errores": 1,
    }
    assert "Hay filas que corregir" in page and "Guardar la lista" not in page
    answer = nacional.client.get(f"{home}/errores.xlsx")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    back = read_table(answer.data, "x.xlsx")
    assert [h.nombre for h in back.hojas] == ["Revisión", "lista"]
    row = back.hoja("lista").filas[1]
    assert row[0] == "Escuela" and any("muchas" in str(c) for c in row[7:])
    answer = nacional.post(f"{home}/guardar")
    assert answer.status_code == 422 and "Corrija primero" in answer.text
    assert count(Albergue) == 0
    # Corrected in that same workbook, it goes in.
    from tests.interchange.build_files import xlsx

    fixed = [list(r) for r in back.hoja("lista").filas]
    fixed[1][3] = 30
    home, page = nacional.rehearse(xlsx(("lista", fixed)), "corregida.xlsx")
    assert nacional.counts(page)["errores"] == 0
    assert nacional.post(f"{home}/guardar").status_code == 303
    assert count(Albergue) == 2


# --- territory -------------------------------------------------------------------------------------


def test_rows_of_another_department_are_errors_that_reveal_nothing(app, quiche):
    foreign = make_albergue("0701", nombre="Escuela Sololá", oficial=True)
    codigo = foreign.codigo
    lines = (
        f"{codigo};Escuela Sololá;Sololá;Sololá;no",
        "0701-999;Escuela Otra;Sololá;Sololá;no",
        f"{codigo};Escuela de Nebaj;Nebaj;Quiché;no",
        "1413-777;Salón de Nebaj;Nebaj;Quiché;no",
    )
    home, page = quiche.rehearse(csv_of(*lines, head="codigo;nombre;municipio;departamento;oficial"))
    assert quiche.counts(page) == {
        "nuevos": 2,
        "conocidos": 0,
        "reportes": 0,
        "por_resolver": 0,
        "errores": 2,
    }
    assert page.count("no es de su territorio") == 2
    assert "consta como" not in page
    home, _ = quiche.rehearse(csv_of(*lines[2:], head="codigo;nombre;municipio;departamento;oficial"))
    assert quiche.post(f"{home}/guardar").status_code == 303
    db.session.rollback()
    assert (
        db.session.scalars(select(Albergue.nombre).where(Albergue.codigo == codigo)).one() == "Escuela Sololá"
    )
    assert count(ReporteSitio) == 0 and count(Albergue) == 3


def test_nobody_opens_the_list_of_another(app, nacional, entra):
    home, _ = nacional.rehearse(csv_of("Escuela;Nebaj;Quiché;5;;;"))
    done = nacional.post(f"{home}/guardar").headers["Location"]
    for other in (Browser(entra("nacional")), Browser(entra("sede", departamento="07"))):
        for path in ("columnas", "ensayo", "errores.xlsx"):
            answer = other.client.get(f"{home}/{path}")
            gone = other.client.get(f"/importaciones/{uuid4()}/{path}")
            assert answer.status_code == gone.status_code == 404
            assert (
                re.sub(r'nonce="[^"]*"|csrf[^>]*', "", answer.text)[:400]
                == re.sub(r'nonce="[^"]*"|csrf[^>]*', "", gone.text)[:400]
            )
        assert other.post(f"{home}/guardar").status_code == 404
        assert other.client.get(done).status_code == 404
        assert other.client.get(f"{done}/avance").status_code == 404
    assert entra("registro", albergue="1413-001").get("/importaciones/").status_code == 403


def test_a_list_expires_after_a_day_and_is_cleaned(app, nacional):
    home, _ = nacional.rehearse(csv_of("Escuela;Nebaj;Quiché;5;;;"))
    carga_id = UUID(home.rsplit("/", 1)[-1])
    owner = db.session.scalars(select(Auditoria.cuenta_id).where(Auditoria.cuenta_id.is_not(None))).first()
    with clock.frozen(clock.now() + timedelta(hours=25)):
        if owner is not None:
            with pytest.raises(uploads.CargaVencida):
                uploads.open_upload(owner, carga_id)
        assert uploads.clean_uploads() == 1
    answer = nacional.client.get(f"{home}/ensayo")
    assert answer.status_code == 404 and "súbala de nuevo" in answer.text


# --- once, and beside others -----------------------------------------------------------------------


def test_a_double_confirmation_has_one_effect(app, nacional):
    home, _ = nacional.rehearse(csv_of("Escuela;Nebaj;Quiché;5;2020-11-08;12;", "Iglesia;;Quiché;;;;"))
    first, second = nacional.post(f"{home}/guardar"), nacional.post(f"{home}/guardar")
    assert first.headers["Location"] == second.headers["Location"]
    assert (count(Albergue), count(ReporteSitio), count(PorResolver), count(Tarea)) == (1, 1, 1, 1)


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)  # the other database does not make a writer wait
def test_a_big_list_is_a_task_that_can_be_left_and_a_check_in_waits_little(app, nacional, monkeypatch):
    from albergues_app.territorio.catalogo import catalogo

    activacion_id = make_activacion().id
    munis = list(catalogo().municipios)
    content = csv_of(
        *(f"Escuela número {i};{munis[i % 340]};{40 + i % 90};2020-11-09;{i % 60}" for i in range(3000)),
        head="nombre;codigo municipio;capacidad;fecha;personas",
    )
    answer = nacional.upload(content)
    assert answer.status_code == 303 and "/tareas/" in answer.headers["Location"]
    answer, _ = nacional.wait(answer.headers["Location"])
    assert answer.status_code == 303, answer.text
    home = answer.headers["Location"].removesuffix("/columnas")
    form = nacional.proposed(nacional.client.get(f"{home}/columnas").text)
    answer, _ = nacional.wait(nacional.post(f"{home}/columnas", **form).headers["Location"])
    assert answer.status_code == 303, answer.text
    assert nacional.counts(nacional.client.get(f"{home}/ensayo").text)["nuevos"] == 3000
    done = nacional.post(f"{home}/guardar")
    assert nacional.post(f"{home}/guardar").headers["Location"] == done.headers["Location"]
    waits: list[float] = []
    stop = threading.Event()

    def desk():
        with app.app_context():
            row = db.session.get_one(Activacion, activacion_id)
            while not stop.is_set():
                before = time.monotonic()
                ingreso(row, persona())
                waits.append(time.monotonic() - before)
                row = db.session.get_one(Activacion, activacion_id)
            db.session.remove()

    clerk = threading.Thread(target=desk)
    clerk.start()
    try:
        answer, seen = nacional.wait(done.headers["Location"])
    finally:
        stop.set()
        clerk.join()
    assert "La lista quedó guardada" in answer.text, answer.text
    assert seen and all("volver después" in s for s in seen)
    assert count(Albergue) == 3001 and count(Tarea) == 3
    assert len(waits) > 3
    assert verify(db.session()).intact


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_moving_part_answers_204_until_something_changes(app, nacional):
    home, _ = nacional.rehearse(csv_of("Escuela;Nebaj;Quiché;5;;;"))
    tarea_id = UUID(nacional.post(f"{home}/guardar").headers["Location"].rsplit("/", 1)[-1])
    from albergues_app.web.task_views import version

    known = version(tasks.progress(tarea_id))
    assert nacional.client.get(f"/tareas/{tarea_id}/avance?v={known}").status_code == 204
    answer = nacional.client.get(f"/tareas/{tarea_id}/avance?v=otra")
    assert answer.status_code == 200 and "<html" not in answer.text and "quedó guardada" in answer.text


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_dead_child_is_shown_as_failed_and_can_be_started_again(app, nacional):
    home, _ = nacional.rehearse(csv_of("Escuela;Nebaj;Quiché;5;;;"))
    real = tasks.execute
    tasks.execute = lambda _key: None  # as a child that was killed at once: the row stays in progress
    try:
        done = nacional.post(f"{home}/guardar").headers["Location"]
    finally:
        tasks.execute = real
    page = nacional.client.get(done).text
    assert "No se pudo" in page and "Empiécela de nuevo" in page and f"{home}/ensayo" in page
    assert count(Albergue) == 0
    assert nacional.post(f"{home}/guardar").headers["Location"] == done
    assert "quedó guardada" in nacional.client.get(done).text
    assert count(Albergue) == 1


def test_a_fault_while_writing_leaves_nothing_and_says_so(app, nacional, monkeypatch):
    home, _ = nacional.rehearse(csv_of("Escuela;Nebaj;Quiché;5;2020-11-08;3;"))

    def fail(*_args):
        raise RuntimeError("la luz se fue")

    monkeypatch.setattr("albergues_app.interchange.site_import.tray.write", fail)
    done = nacional.post(f"{home}/guardar").headers["Location"]
    page = nacional.client.get(done).text
    assert "no se guardó nada" in page and "la luz se fue" not in page
    assert count(Albergue) == 0 and count(ReporteSitio) == 0


# --- the tray --------------------------------------------------------------------------------------


def test_a_row_of_the_tray_is_placed_by_the_department_it_belongs_to(app, nacional, quiche, entra):
    home, _ = nacional.rehearse(
        csv_of("Iglesia Bethel;;Quiché;40;2020-11-08;12;", "Salón;;;;;;", "Casa;San José;;;;;")
    )
    nacional.post(f"{home}/guardar")
    row_id = db.session.scalars(select(PorResolver.id).where(PorResolver.departamento_codigo == "14")).one()
    page = quiche.client.get("/importaciones/por-resolver").text
    assert "Iglesia Bethel" in page and "Salón" in page and "Nebaj, Quiché" in page
    outsider = Browser(entra("municipal", municipio="0701"))
    page = outsider.client.get("/importaciones/por-resolver").text
    assert "Iglesia Bethel" not in page and "Salón" not in page
    path = f"/importaciones/por-resolver/{row_id}"
    assert outsider.post(path, otro="0701").status_code == 404
    neighbour = Browser(entra("municipal", municipio="1405"))
    assert neighbour.post(path, otro="1413").status_code == 403
    assert quiche.post(path).status_code == 422
    assert quiche.post(path, otro="9999").status_code == 422
    assert quiche.post(path, otro="1413").status_code == 303
    assert "1413-001" in quiche.client.get("/importaciones/por-resolver").text
    assert quiche.post(path, otro="1413").status_code == 422, "placed once"
    assert db.session.scalars(select(Albergue.nombre)).all() == ["Iglesia Bethel"]
    other = db.session.scalars(select(PorResolver.id).where(PorResolver.nombre == "Salón")).one()
    assert quiche.post(f"/importaciones/por-resolver/{other}", accion="descartar").status_code == 303
    assert "Salón" not in quiche.client.get("/importaciones/por-resolver").text
    assert count(Albergue) == 1
    candidates = nacional.client.get("/importaciones/por-resolver").text
    assert candidates.count('type="radio" name="municipio"') == 2, "two municipalities are called San José"
