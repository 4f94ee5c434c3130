"""The engine: it never raises, it keeps what people wrote, and it knows what is still missing."""

from __future__ import annotations

import datetime as dt
import json
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albergues_app.formats import catalogo
from albergues_app.formats.engine import (
    Catalogo,
    Catalogos,
    Level,
    answers_to_json,
    check_cui,
    clean,
    completeness,
    validate,
)
from albergues_app.formats.engine.field_type import is_blank

BOLETA = catalogo.get("boleta_ingreso")
CATALOGOS = Catalogos(
    {"departamento": Catalogo({"14": "Quiché"}), "municipio": Catalogo({"1413": "Nebaj, Quiché"})}
)
AHORA = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
PERSONA = {"nombres": "Ana", "sexo": "mujer", "edad": 30, "edad_unidad": "anios", "parentesco": "jefe"}
HOJA = {"ocurrido_en": "20/11/2026 18:05"}

cells = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.dates()
    | st.datetimes()
    | st.datetimes(timezones=st.timezones())
    | st.times()
    | st.timedeltas()
    | st.sampled_from(
        ["sí", "12", "20/11/2026", "mujer", "otro", "desconocido", "N/N", "2026-11-20T18:05", "1413"]
    )
)
anything = st.recursive(
    cells,
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
    max_leaves=8,
)


def rows_of(campos):
    names = sorted({c.key(p.suffix) for c in campos for p in c.type.parts()} | {c.name for c in campos})
    return st.dictionaries(st.sampled_from(names), anything, max_size=20)


@st.composite
def raw_answers(draw):
    formato = draw(st.sampled_from(catalogo.all()))
    raw = draw(rows_of(formato.campos))
    for repetible in formato.repetibles:
        raw[repetible.name] = draw(anything | st.lists(rows_of(repetible.campos) | anything, max_size=3))
    return formato, draw(st.just(raw) | anything)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(raw_answers(), st.sampled_from(["rapido", "completo", "firma"]), st.booleans())
def test_validate_never_raises_and_its_answers_survive_json(given_answers, mode, gate):
    formato, raw = given_answers
    result = validate(formato, raw, CATALOGOS, mode, AHORA, gate)
    stored = json.loads(json.dumps(answers_to_json(result.answers)))
    assert 0 <= completeness(formato, result.answers, AHORA, gate) <= 100
    if result.ok:
        assert validate(formato, stored, CATALOGOS, "rapido", AHORA, gate).answers == result.answers


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=100))
def test_text_is_kept_as_nfc_without_what_cannot_be_stored(text):
    cleaned = clean(text)
    assert unicodedata.is_normalized("NFC", cleaned)
    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")


@pytest.mark.parametrize("text", ["Kꞌicheꞌ", "Ñuño Güímar", "Q'anjob'al", "Tzʼutujil", "María José"])
def test_accents_n_tilde_and_mayan_apostrophes_stay(text):
    assert clean(f"  {text}\t ") == text


@pytest.mark.parametrize(
    ("cui", "reasons"),
    [
        ("1587 56444 0904", ()),
        ("1580 35224 0101", ()),
        ("1680 35224 0101", ("verificador",)),
        ("1000 00074 0101", ("resto_10",)),
        ("1587-56444-0904", ()),
        ("1587 56444 0514", ()),
        ("1587 56444 1333", ()),
        ("1587 56444 0515", ("territorio",)),
        ("1587 56444 2301", ("territorio",)),
        ("1587 56444 0900", ("territorio",)),
        ("158756444090", ("formato",)),
        ("１５８７５６４４４０９０４", ("formato",)),
    ],
)
def test_cui_vectors_of_the_domain(cui, reasons, catalogos):
    assert check_cui(cui, catalogos).reasons == reasons


def test_a_cui_that_fails_is_kept_and_only_warned_about(catalogos):
    raw = HOJA | {"personas": [PERSONA | {"cui": "1680 35224 0101"}]}
    result = validate(BOLETA, raw, catalogos, "completo", AHORA)
    assert result.answers["personas"][0]["cui"] == "1680352240101"
    assert [(w.codigo, w.campo) for w in result.warnings] == [("cui_verificador", "personas[0].cui")]
    assert not any(e.campo.endswith("cui") for e in result.errors)


def test_modo_rapido_asks_for_the_minimum_and_the_rest_is_pending():
    raw = HOJA | {"personas": [{"nombres": "N/N", "sexo": "no_registrado"}]}
    result = validate(BOLETA, raw, CATALOGOS, "rapido", AHORA)
    assert result.ok
    assert {p.campo for p in result.pending} >= {"motivo", "municipio_procedencia", "personas[0].edad"}
    assert not validate(BOLETA, raw, CATALOGOS, "completo", AHORA).ok


def test_birth_date_stands_in_for_age():
    row = {"nombres": "Ana", "sexo": "mujer", "fecha_nacimiento": "05/03/1988"}
    result = validate(BOLETA, HOJA | {"personas": [row]}, CATALOGOS, "rapido", AHORA)
    assert "personas[0].edad" not in {p.campo for p in result.pending}


def test_unknown_is_an_answer_about_a_person():
    raw = HOJA | {
        "municipio_procedencia": "no sabe",
        "personas": [PERSONA | {"pueblo": "prefiere no responder"}],
    }
    result = validate(BOLETA, raw, CATALOGOS, "rapido", AHORA)
    assert result.answers["municipio_procedencia"] == "desconocido"
    assert result.answers["personas"][0]["pueblo"] == "no_responde"
    assert "municipio_procedencia" not in {p.campo for p in result.pending}


def test_the_gate_drops_health_and_protection_with_a_warning():
    row = PERSONA | {"embarazo": True, "nna_situacion": "acompanado", "enfermedad_cronica": ["diabetes"]}
    raw = HOJA | {"personas": [row]}
    at_gate = validate(BOLETA, raw, CATALOGOS, "rapido", AHORA)
    assert not {"embarazo", "nna_situacion", "enfermedad_cronica"} & set(at_gate.answers["personas"][0])
    assert [w.codigo for w in at_gate.warnings] == ["no_va_en_la_puerta"] * 3
    elsewhere = validate(BOLETA, raw, CATALOGOS, "rapido", AHORA, gate=False)
    assert elsewhere.answers["personas"][0]["embarazo"] is True


def test_the_gate_does_not_know_the_option_proteccion():
    raw = HOJA | {"personas": [PERSONA], "necesidades": ["agua", "proteccion"]}
    assert [e.codigo for e in validate(BOLETA, raw, CATALOGOS, now=AHORA).errors] == ["fuera_de_lista"]
    assert validate(BOLETA, raw, CATALOGOS, now=AHORA, gate=False).ok


def test_paths_count_the_rows_that_were_sent_and_answers_leave_empty_rows_out():
    raw = HOJA | {"personas": [{}, PERSONA, None, PERSONA | {"edad": 900}]}
    result = validate(BOLETA, raw, CATALOGOS, now=AHORA)
    assert [e.campo for e in result.errors] == ["personas[3].edad"]
    assert len(result.answers["personas"]) == 2
    assert result.row_numbers["personas"] == (1, 3)


def test_names_that_the_format_does_not_have_are_said_and_not_saved():
    result = validate(BOLETA, HOJA | {"personas": [PERSONA | {"religion": "x"}]}, CATALOGOS, now=AHORA)
    assert [(w.codigo, w.campo) for w in result.warnings] == [("campo_desconocido", "personas[0]")]
    assert "religion" not in result.answers["personas"][0]


def test_completeness_rises_to_one_hundred(catalogos):
    minimum = validate(
        BOLETA, HOJA | {"personas": [{"nombres": "N/N", "sexo": "mujer"}]}, catalogos, now=AHORA
    )
    full = HOJA | {
        "integrantes_declarados": 1,
        "municipio_procedencia": "1413",
        "motivo": "frio",
        "personas": [PERSONA],
    }
    assert completeness(BOLETA, minimum.answers, AHORA) < 60
    assert completeness(BOLETA, validate(BOLETA, full, catalogos, now=AHORA).answers, AHORA) == 100


def test_a_naive_hour_was_written_in_guatemala():
    raw = HOJA | {"personas": [PERSONA]}
    moment = validate(BOLETA, raw, CATALOGOS, now=AHORA).answers["ocurrido_en"]
    assert moment == dt.datetime(2026, 11, 21, 0, 5, tzinfo=dt.UTC)


def test_religion_and_party_are_asked_nowhere():
    words = " ".join(campo.label.lower() for formato in catalogo.all() for _, campo in formato.walk())
    assert not any(word in words for word in ("religi", "iglesia", "partido", "voto"))


def test_what_is_off_the_gate_is_sensitive_and_high():
    for formato in catalogo.all():
        for _, campo in formato.walk():
            if not campo.gate:
                assert campo.sensitive and campo.level >= Level.N3, (
                    f"{campo.name}: mark it sensitive, N3 or N4"
                )


def test_messages_are_spanish_and_short(catalogos):
    raw = {"ocurrido_en": "x", "telefono": "1", "motivo": "zz", "personas": [{"edad": "x", "sexo": "x"}, 3]}
    result = validate(BOLETA, raw, catalogos, "firma", AHORA)
    assert len(result.errors) > 8
    for notice in (*result.errors, *result.pending):
        assert notice.mensaje.endswith(".") and len(notice.mensaje) < 130, notice


@given(st.text(max_size=4))
def test_a_cell_is_blank_when_nothing_is_left_of_it_once_it_is_clean(text):
    assert is_blank(text) is (clean(text) == "")
