"""What the gate does not show of a row stays with that row, wherever it goes, and goes to no other."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albergues_app.capturas.gate import at_the_gate, with_hidden
from albergues_app.capturas.rows import ids_after, ids_of, with_ids
from albergues_app.core.ids import uuid7
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Campo, Level, Repetible, Text, Whole, validate
from tests.factories.albergues import make_activacion
from tests.factories.cuentas import csrf_of
from tests.factories.formatos import make_published

PERSONAS = Repetible(
    name="personas",
    title="Personas",
    singular="persona",
    campos=(
        Campo(name="nombre", label="Nombre", type=Text(max_length=40)),
        Campo(name="edad", label="Edad", type=Whole(minimum=0, maximum=120)),
        Campo(name="padece", label="Padece", type=Text(max_length=60), gate=False, level=Level.N4),
    ),
)
HOJA = replace(formatos.latest("incidente"), code="hoja_filas", secciones=(PERSONAS,), rules=(), calculos=())

people = st.lists(
    st.tuples(st.sampled_from("ABCDEFGH"), st.none() | st.integers(0, 3)),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one[0],
)


def sheet(rows):
    """What is stored of the rows, each with what only health may know of it, and their ids."""
    stored = {
        "personas": [
            {"nombre": name, **({} if age is None else {"edad": age}), "padece": f"de {name}"}
            for name, age in rows
        ]
    }
    return stored, ids_of(HOJA, uuid4(), stored)


def corrected(stored, ids, sent):
    """The rows of the next version, with their ids, after a correction at the gate."""
    raw = {"personas": sent}
    before = validate(HOJA, stored, gate=False).answers
    merged = with_hidden(HOJA, raw, before, True, validate(HOJA, raw, gate=True), ids)
    result = validate(HOJA, merged, gate=False)
    assert result.ok
    own = ids_after(result, {"personas": [row and row.get("id") for row in merged["personas"]]})
    return with_ids(HOJA, result.answers, own)["personas"]


def shown(stored, ids):
    return with_ids(HOJA, at_the_gate(HOJA, stored), ids)["personas"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(people, st.data())
def test_rows_that_travel_with_their_ids_keep_what_is_hidden_of_each_and_no_more(rows, data):
    stored, ids = sheet(rows)
    sent = data.draw(st.permutations(shown(stored, ids)))
    sent = sent[data.draw(st.integers(0, len(sent))) :]
    edited = [{**row, **({"edad": "90"} if data.draw(st.booleans()) else {})} for row in sent]
    fresh = [{"nombre": "Z"}] * data.draw(st.integers(0, 2))
    after = corrected(stored, ids, data.draw(st.permutations([*edited, *fresh])))
    assert {row["nombre"] for row in after if "padece" in row} == {row["nombre"] for row in sent}
    assert all(row["padece"] == f"de {row['nombre']}" for row in after if "padece" in row)
    names = dict(zip(ids["personas"], (name for name, _age in rows), strict=True))
    assert {row["id"]: row["nombre"] for row in after if "id" in row}.items() <= names.items()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(people, st.data())
def test_rows_typed_again_in_other_places_are_known_by_what_they_say(rows, data):
    """The screen keeps the id of a place; the clerk takes one out and moves the others up, or writes one more."""
    stored, ids = sheet(rows)
    places = shown(stored, ids)
    typed = data.draw(st.permutations(places))[data.draw(st.integers(0, len(places))) :]
    typed = [{k: v for k, v in row.items() if k != "id"} for row in typed]
    sent = [{"id": place["id"], "nombre": "", "edad": ""} for place in places]
    for place, row in zip(sent, typed, strict=False):
        place |= row
    after = corrected(stored, ids, [*sent, {"nombre": "Z", "edad": "99"}])
    assert [row.get("padece") for row in after] == [*(f"de {row['nombre']}" for row in typed), None]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(people, st.data())
def test_without_ids_only_what_is_unchanged_keeps_it(rows, data):
    stored, ids = sheet(rows)
    sent = data.draw(st.permutations(at_the_gate(HOJA, stored)["personas"]))
    changed = [{**row, "edad": "90"} if data.draw(st.booleans()) else row for row in sent]
    for row in corrected(stored, ids, changed):
        assert row.get("padece") == (None if row.get("edad") == 90 else f"de {row['nombre']}")


def test_a_row_of_which_nothing_stands_at_the_gate_is_not_taken_out_there():
    stored = {"personas": [{"padece": "solo salud lo sabe"}, {"nombre": "Ana", "padece": "de Ana"}]}
    ids = ids_of(HOJA, uuid4(), stored)
    first, second = ids["personas"]
    emptied = [{"id": first, "nombre": "", "edad": ""}, {"id": second, "nombre": "", "edad": ""}]
    for sent in ([], emptied):
        assert corrected(stored, ids, sent) == [{"padece": "solo salud lo sabe", "id": first}]


def test_a_row_with_nothing_but_what_the_gate_may_not_send_moves_no_other():
    stored, ids = sheet([("A", 1), ("B", 2)])
    sent = [{"padece": "inventado"}, *shown(stored, ids)]
    assert [row["padece"] for row in corrected(stored, ids, sent)] == ["de A", "de B"]


def test_an_id_sent_twice_or_never_given_brings_nothing():
    stored, ids = sheet([("A", 1), ("B", 2)])
    key = ids["personas"][0]
    after = corrected(
        stored, ids, [{"id": key, "nombre": "A", "edad": "1"}, {"id": key, "nombre": "C", "edad": "1"}]
    )
    assert [row.get("padece") for row in after] == ["de A", None]
    assert "padece" not in corrected(stored, ids, [{"id": str(uuid4()), "nombre": "A", "edad": "3"}])[0]


def test_what_a_profession_wrote_of_rows_stays_through_corrections_of_the_gate(entra, ficha, app):
    here, clerk = make_activacion(), entra("albergue", municipio="1413")
    formato = replace(HOJA, secciones=(formatos.latest("incidente").secciones[0], PERSONAS))
    make_published(formato)
    client, salud = app.test_client(), ficha("salud", municipio="1413")
    rows = [{"nombre": name, "edad": n, "padece": f"de {name}"} for n, name in enumerate("ABC")]
    key = str(uuid7())
    sent = client.post(
        f"/api/v1/formatos/{formato.code}/capturas",
        json={"id": key, "activacion": str(here.id), "respuestas": {"personas": rows}},
        headers=salud,
    )
    assert sent.status_code == 201, sent.text
    page = clerk.get(f"/registros/{key}/corregir").text
    assert "de A" not in page
    given = client.get(f"/api/v1/registros/{key}", headers=ficha("albergue", municipio="1413")).json
    ids = [row["id"] for row in given["respuestas"]["personas"]]
    assert all(f'value="{one}"' in page for one in ids)
    form = {"csrf_token": csrf_of(page), "op_id": uuid7(), "_version": 1, "motivo_correccion": "Se fue A"}
    for n, row in enumerate([{}, {"nombre": "B", "edad": 50}, {"nombre": "C", "edad": 2}]):
        form |= {f"personas-{n}-{k}": v for k, v in ({"id": ids[n], "nombre": "", "edad": ""} | row).items()}
    assert clerk.post(f"/registros/{key}/corregir", data=form).status_code == 303
    kept = client.get(f"/api/v1/registros/{key}", headers=salud).json["respuestas"]["personas"]
    assert [(row["nombre"], row["edad"], row["padece"], row["id"]) for row in kept] == [
        ("B", 50, "de B", ids[1]),
        ("C", 2, "de C", ids[2]),
    ]


@pytest.mark.parametrize("gone", [0, 1])
def test_two_rows_that_say_the_same_are_told_by_their_ids(gone):
    stored = {"personas": [{"nombre": "N/N", "padece": "uno"}, {"nombre": "N/N", "padece": "dos"}]}
    ids = ids_of(HOJA, uuid4(), stored)
    sent = [row for n, row in enumerate(shown(stored, ids)) if n != gone]
    assert [row["padece"] for row in corrected(stored, ids, sent)] == [["dos"], ["uno"]][gone]
