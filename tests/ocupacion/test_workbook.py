"""The filled workbook: dry run, all or nothing, errors in one's book; one table through every door."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from albergues_app.audit.models import Lectura
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.formats.official.boleta_ingreso_v1 import BOLETA_INGRESO_V1
from albergues_app.formats.outputs.xlsx import write_workbook
from albergues_app.formats.outputs.xlsx_in import read_sheets
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.ocupacion.models import Familia, PersonaVersion
from albergues_app.ocupacion.services.ingreso import count_inside
from tests.factories.albergues import make_activacion, make_albergue
from tests.interchange.format_browser import FormatBrowser, figures
from tests.ocupacion.desk_help import HIJO, MADRE, household, send
from tests.pdf import text_of

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)

WHEN = "19/11/2026 18:05"


@pytest.fixture
def here(app):
    return make_activacion(make_albergue())


@pytest.fixture
def client(entra):
    return entra("registro", municipio="1413")


def person(nombres: str = "Juana", sexo: str = "mujer", edad: Any = 38, **more: Any) -> dict[str, Any]:
    return {
        "nombres": nombres,
        "apellidos": "Cobo",
        "sexo": sexo,
        "edad": edad,
        "edad_unidad": "anios",
        **more,
    }


def book(*families: dict[str, Any]) -> bytes:
    target = BytesIO()
    write_workbook(BOLETA_INGRESO_V1, target, format_catalogos(), families)
    return target.getvalue()


def browser(client, activacion):
    return FormatBrowser(client, "boleta_ingreso", activacion=activacion.id)


def test_a_good_book_is_shown_first_and_then_registered_once(here, client):
    content = book(
        {
            "ocurrido_en": WHEN,
            "municipio_procedencia": "1413",
            "personas": [person(), person("Diego", "hombre", 8)],
        },
        {"ocurrido_en": WHEN, "personas": [person("Petrona")]},
    )
    person_at = browser(client, here)
    home, page = person_at.shown(content)
    assert figures(page) == {"En el archivo": 2, "Nuevas": 2, "Ya están aquí": 0, "Con error": 0}
    assert "con 3 personas" in page and count_inside(here.id) == 0
    assert "Quedó guardado" in person_at.save(home).text
    assert count_inside(here.id) == 3
    assert db.session.query(Familia).count() == 2
    person_at.save(home)
    assert count_inside(here.id) == 3


def test_an_hour_before_the_opening_is_seen_in_the_dry_run(here, client):
    _home, page = browser(client, here).shown(
        book({"ocurrido_en": "01/01/2026 08:00", "personas": [person()]})
    )
    assert "El albergue abrió el" in page and figures(page)["Con error"] == 1


def test_the_filled_boleta_of_a_family_is_the_sheet_as_taken_and_the_reading_is_logged(here, client):
    send(client, here.id, household(MADRE, HIJO))
    familia = db.session.scalar(select(Familia.id))
    before = db.session.query(Lectura).count()
    answer = client.get(f"/activaciones/{here.id}/familias/{familia}/boleta.pdf")
    assert answer.mimetype == "application/pdf"
    text = text_of(answer.data)
    assert "Raymundo Brito" in text
    assert db.session.query(Lectura).count() == before + 2


def test_the_public_shelf_gives_paper_and_workbook_without_account(app):
    client = app.test_client()
    page = client.get("/formatos").text
    assert "Boleta de ingreso de familia" in page
    assert client.get("/formatos/boleta_ingreso/en-blanco.pdf?papel=oficio").data[:5] == b"%PDF-"
    assert "Personas" in read_sheets(client.get("/formatos/boleta_ingreso/para-llenar.xlsx").data)
    assert client.get("/formatos/otra_cosa/en-blanco.pdf").status_code == 404
    assert "Boleta" not in client.get("/formatos?q=hospitalizacion").text


GOOD = [
    person(),
    person("N/N", "no_registrado", None),
    person("Tomás", "hombre", 0, edad_unidad="dias"),
    person("Ana", "mujer", "12", parentesco="hija"),
    person("Ixchel Chꞌen", "M", "101"),
    person("Luis", "H", 8, edad_unidad="meses"),
    person("Rosa", cui="2000000121413"),
    person("José", "hombre", None, fecha_nacimiento="05/03/1988"),
]
BAD = [
    (person(""), "nombres"),
    (person("123"), "nombres"),
    (person(sexo=""), "sexo"),
    (person(sexo="perro"), "sexo"),
    (person(edad="mil"), "edad"),
    (person(edad=131), "edad"),
    (person(edad=-1), "edad"),
    (person(edad=3, edad_unidad="siglos"), "edad_unidad"),
    (person(parentesco="vecino"), "parentesco"),
    (person(fecha_nacimiento="31/02/2020"), "fecha_nacimiento"),
    (person(fecha_nacimiento="01/01/2199"), "fecha_nacimiento"),
]
SHAPE = ("nombres", "apellidos", "sexo", "edad", "edad_unidad", "parentesco", "cui")
FACTS = (
    "nombres",
    "apellidos",
    "sexo",
    "edad",
    "edad_unidad",
    "anio_nacimiento",
    "parentesco",
    "cui_indice",
    "grupos",
)


def facts() -> list[tuple[Any, ...]]:
    """What the register holds of everyone, without ids."""
    rows = db.session.execute(select(*(getattr(PersonaVersion, f) for f in FACTS)))
    return sorted(map(tuple, rows), key=str)


def by_screen(client, here, row):
    typed = {f"personas-0-{k}": "" if v is None else str(v) for k, v in row.items()}
    answer = send(client, here.id, {**typed, "ocurrido_en": WHEN})
    told = [part.split("</a>")[0].split('">') for part in answer.text.split('href="#c-personas-0-')[1:]]
    return answer.status_code == 303, dict(told)


def by_book(client, here, row):
    person_at = browser(client, here)
    home, _page = person_at.shown(book({"ocurrido_en": WHEN, "personas": [row]}))
    return "Quedó guardado" in person_at.save(home).text


def by_api(here, headers, row, client):
    """The API knows codes and numbers only; rows whose shape is another are left out."""
    body = {k: row.get(k) for k in SHAPE}
    if set(row) - set(SHAPE) or body["sexo"] not in {"mujer", "hombre", "no_registrado"}:
        return None
    if isinstance(body["edad"], str) or body["parentesco"] == "hija" or body["nombres"] == "123":
        return None
    person_in = {**body, "id": str(uuid7())}
    if person_in["edad"] is None:
        person_in["edad_unidad"] = None
    post = {
        "id": str(uuid7()),
        "ocurrido_en": "2026-11-19T18:05:00-06:00",
        "familia": {"id": str(uuid7())},
        "personas": [person_in],
    }
    answer = client.post(f"/api/v1/activaciones/{here.id}/ingresos", json=post, headers=headers)
    return answer.status_code == 201


@pytest.mark.parametrize("row", GOOD, ids=lambda r: f"{r['nombres']}-{r['sexo']}-{r['edad']}")
def test_a_good_row_gives_equal_persons_through_every_door(here, client, ficha, app, row):
    assert by_screen(client, here, row)[0]
    (first,) = facts()
    assert by_book(client, here, row)
    assert facts() == [first, first]
    said = by_api(here, ficha("registro", municipio="1413"), row, app.test_client())
    assert said in {None, True}
    assert len(set(facts())) == 1


@pytest.mark.parametrize(("row", "field"), BAD)
def test_a_bad_row_is_refused_on_the_same_field_through_every_door(here, client, ficha, app, row, field):
    saved, told = by_screen(client, here, row)
    assert (saved, set(told)) == (False, {field})
    _home, page = browser(client, here).shown(book({"ocurrido_en": WHEN, "personas": [row]}))
    assert figures(page)["Con error"] == 1
    assert told[field] in page
    assert by_api(here, ficha("registro", municipio="1413"), row, app.test_client()) in {None, False}
    assert facts() == []
