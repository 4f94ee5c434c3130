"""Formats whose facts have tables of their own write to them, by any door, and a correction is the tables' own."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from sqlalchemy import select

from albergues_app.audit.models import Captura
from albergues_app.capturas.bindings import HOUSEHOLDS, writes_tables
from albergues_app.capturas.models import Registro
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.outputs.handbook import WRITES
from albergues_app.ocupacion.models_parte import Parte
from tests.capturas.test_registros import fill, form_of
from tests.cli.test_commands import albergues  # noqa: F401 - the fixture
from tests.factories.albergues import make_activacion, make_albergue
from tests.factories.cuentas import csrf_of

CORTE = "20/11/2026 18:00"
PARTE = {
    "corte": CORTE,
    "fuente": "conteo_fisico",
    "personas": 58,
    "familias": 12,
    "mujeres": 30,
    "hombres": 28,
}


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


@pytest.fixture
def clerk(entra):
    return entra("albergue", municipio="1413")


def counts() -> list[tuple[int, int | None]]:
    db.session.expire_all()
    rows = db.session.scalars(select(Parte).order_by(Parte.registrado_en, Parte.id))
    return [(row.personas, row.familias) for row in rows]


def declared(client, headers) -> int:
    return client.get("/api/v1/ocupacion?por=pais", headers=headers).json["total"]["declaradas"]


def test_the_page_of_each_format_says_whether_it_writes_to_tables():
    wrote = {f.code for f in formatos.all() if writes_tables(f) or f.code in HOUSEHOLDS}
    assert wrote == set(WRITES), "say it in outputs/handbook.py and run python -m tests.formatos"


def test_a_daily_count_filled_on_screen_is_the_count_of_the_shelter(here, clerk, ficha, app):
    key = uuid7()
    sent = fill(clerk, "parte_diario", PARTE, here, op_id=key)
    assert sent.status_code == 303, sent.text
    [row] = db.session.scalars(select(Parte)).all()
    assert (row.id, row.activacion_id, row.personas, row.fuente) == (key, here.id, 58, "conteo_fisico")
    assert declared(app.test_client(), ficha("nacional")) == 58
    page = clerk.get(sent.location).text
    assert f"/activaciones/{here.id}/partes" in page and "Anular este registro" not in page


def test_the_same_through_the_api_and_its_repetition_is_one_count(here, ficha, app):
    client, headers = app.test_client(), ficha("municipal", municipio="1413")
    body = {"id": str(uuid7()), "activacion": str(here.id), "respuestas": PARTE}
    for status in (201, 200):
        sent = client.post("/api/v1/formatos/parte_diario/capturas", json=body, headers=headers)
        assert sent.status_code == status, sent.text
    assert counts() == [(58, 12)]
    kept = db.session.get_one(Registro, UUID(body["id"]))
    assert db.session.get_one(Captura, kept.captura_id).objeto_id == UUID(body["id"])


def test_the_same_from_a_file_in_the_terminal(here, albergues, tmp_path):  # noqa: F811
    (tmp_path / "p.json").write_text(json.dumps({"respuestas": PARTE}), encoding="utf-8")
    words = (
        "formato",
        "leer",
        "parte_diario",
        str(tmp_path / "p.json"),
        "--guardar",
        "--activacion",
        str(here.id),
    )
    for new in (1, 0):
        done = albergues(*words)
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout.splitlines()[-1])["guardadas"] == new
    assert counts() == [(58, 12)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"corte": "01/01/2020 06:00"}, "anterior a la apertura"),
        ({"mujeres": 40}, "suman más"),
        ({"familias": 59}, "familias"),
    ],
)
def test_what_the_tables_refuse_leaves_nothing_and_keeps_what_was_typed(here, clerk, change, message):
    answer = fill(clerk, "parte_diario", PARTE | change, here)
    assert answer.status_code == 422
    assert message in answer.text and 'value="58"' in answer.text
    assert counts() == [] and db.session.scalars(select(Registro)).all() == []


def test_a_correction_is_a_newer_count_of_the_same_cut(here, clerk, ficha, app):
    key = uuid7()
    fill(clerk, "parte_diario", PARTE, here, op_id=key)

    def correct(answers, version, client=clerk):
        page = client.get(f"/registros/{key}/corregir")
        data = form_of(
            "parte_diario", answers, op_id=uuid7(), csrf_token=csrf_of(page.text), _version=version
        )
        return client.post(
            f"/registros/{key}/corregir", data=data | {"motivo_correccion": "Se contó otra vez"}
        )

    assert correct(PARTE | {"personas": 60}, 1).status_code == 303
    assert counts() == [(58, 12), (60, 12)]
    assert declared(app.test_client(), ficha("nacional")) == 60
    assert correct(PARTE | {"personas": 60, "visitas": "El alcalde"}, 2).status_code == 303
    assert len(counts()) == 2  # nothing that the table knows was changed
    moved = correct(PARTE | {"personas": 60, "corte": "20/11/2026 19:00"}, 3)
    assert moved.status_code == 422 and "su hora no se corrige" in moved.text
    assert len(counts()) == 2 and db.session.get_one(Registro, key).version == 3


def test_protection_completes_the_sheet_and_changes_none_of_its_numbers(here, clerk, entra):
    key = uuid7()
    fill(clerk, "parte_diario", PARTE, here, op_id=key)
    other = entra("proteccion", departamento="14")
    assert other.get(f"/registros/nuevo/parte_diario?activacion={here.id}").status_code == 403

    def correct(answers):
        page = other.get(f"/registros/{key}/corregir").text
        data = form_of("parte_diario", answers, op_id=uuid7(), csrf_token=csrf_of(page), _version=1)
        return other.post(
            f"/registros/{key}/corregir", data=data | {"motivo_correccion": "Lo vio protección"}
        )

    refused = correct(PARTE | {"personas": 59, "nna_no_acompanados": 1})
    assert refused.status_code == 422 and "no cambiar sus números" in refused.text
    assert correct(PARTE | {"nna_no_acompanados": 1}).status_code == 303
    assert counts() == [(58, 12)]


def test_a_count_that_was_sent_is_not_annulled(here, clerk):
    key = uuid7()
    fill(clerk, "parte_diario", PARTE, here, op_id=key)
    token = csrf_of(clerk.get(f"/registros/{key}").text)
    sent = clerk.post(f"/registros/{key}/anular", data={"csrf_token": token, "motivo": "No"})
    assert "no se anula" in clerk.get(sent.location).text
    db.session.expire_all()
    assert db.session.get_one(Registro, key).estado == "guardado"


def test_only_who_sends_counts_finds_the_sheet_to_fill(entra):
    title = formatos.latest("parte_diario").title
    assert (
        f'/registros/nuevo/parte_diario">{title}'
        in entra("albergue", municipio="1413").get("/registros").text
    )
    for rol in ("registro", "salud"):
        assert "/registros/nuevo/parte_diario" not in entra(rol, municipio="1413").get("/registros").text
