"""A definition is JSON of a closed schema: what goes out comes back the same, and what is hostile is refused."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from albergues_app.core.errors import Invalid
from albergues_app.definiciones import calculation_sentences, forms, rule_sentences
from albergues_app.definiciones.condition_forms import names_of
from albergues_app.definiciones.condition_words import WORDS, say
from albergues_app.definiciones.documents import read_document
from albergues_app.formats import catalogo
from albergues_app.formats.engine import (
    Calculo,
    Condition,
    Difference,
    FieldType,
    Formato,
    RowsCount,
    RowsSum,
    conditions,
    fingerprint,
    sums,
)
from albergues_app.formats.engine.condition_checks import inner
from albergues_app.formats.engine.definition import problems
from albergues_app.formats.engine.serial import (
    CALCULATIONS,
    CONDITIONS,
    FIELD_TYPES,
    Malformed,
    from_json,
    to_json,
)
from tests.factories.formatos import FULL

KNOWN_ODD = {
    ("ficha_persona_v1", "condicion"),  # its rule looks at a field that the form of the gate adds
    ("kardex_v1", "opciones"),  # «se suma» and «se resta» are told apart by a sign alone
    ("visita_asesoria_v1", "condicion_ciclica"),  # goes on being asked where it was answered
}
"""Editions already frozen that an administrator could not publish as they are."""


@pytest.mark.parametrize("formato", catalogo.of_code(), ids=lambda f: f.slug)
def test_every_format_of_the_code_comes_back_the_same_from_json(formato: Any) -> None:
    again = from_json(json.loads(json.dumps(to_json(formato), ensure_ascii=False)))
    assert again == formato
    assert fingerprint(again) == fingerprint(formato)
    assert {(formato.slug, p.codigo) for p in problems(formato)} <= KNOWN_ODD


def subclasses(cls: type) -> set[str]:
    found = {c.__name__ for c in cls.__subclasses__()}
    return found | {name for c in cls.__subclasses__() for name in subclasses(c)}


def test_the_closed_schema_has_every_kind_of_field_and_condition_of_the_engine() -> None:
    assert set(FIELD_TYPES) == subclasses(FieldType)
    made = {c.__name__ for m in (conditions, sums) for c in vars(m).values() if isinstance(c, type)}
    assert set(CONDITIONS) == subclasses(Condition) & made
    assert set(CALCULATIONS) == subclasses(Calculo)


def used_in(condition: Condition) -> set[str]:
    return {type(condition).__name__}.union(*(used_in(c) for c in inner(condition)), set())


def test_the_full_format_uses_them_all_and_may_be_published() -> None:
    kinds = {type(campo.type).__name__ for _, campo in FULL.walk()}
    assert kinds == set(FIELD_TYPES)
    rules = [*FULL.rules, *(r for rep in FULL.repetibles for r in rep.rules)]
    asked = [c for _, campo in FULL.walk() for c in (campo.required_when, campo.asked_when) if c]
    found = set().union(*(used_in(c) for c in (*asked, *(rule.holds for rule in rules))))
    assert found == set(CONDITIONS)
    assert problems(FULL) == []


def test_the_pages_offer_every_kind_of_field_and_reach_every_condition() -> None:
    assert set(forms.TYPE_NAMES) == set(FIELD_TYPES)
    for kind in FIELD_TYPES:
        assert all(option["rotulo"] for option in forms.type_options(kind))
    by_lines = {"In", "Given", "Blank", "Not", "OnSheet", "AgeBetween", "Every", "Some"}
    by_sentences = {kind.__name__ for sentence in rule_sentences.SENTENCES for kind in sentence.makes}
    assert by_lines | by_sentences == set(CONDITIONS)


def every_rule() -> list[Any]:
    found = []
    for formato in (*catalogo.of_code(), FULL):
        places = [("", formato.rules), *((r.name, r.rules) for r in formato.repetibles)]
        found += [(formato, section, rule) for section, rules in places for rule in rules]
    return found


def test_what_the_pages_say_of_a_condition_is_read_back_to_the_same_condition() -> None:
    tried = kept = 0
    for formato, section, rule in every_rule():
        names = names_of(formato, section)
        assert say(rule.holds, names.labels)
        typed = rule_sentences.write_rule(rule.holds)
        tried += 1
        if typed is None:
            kept += 1
            continue
        assert rule_sentences.read_rule(typed, lambda name, t=typed: t.get(name, []), names) == rule.holds
    for rule in (r for rules in ([*FULL.rules], FULL.repetibles[0].rules) for r in rules):
        assert rule_sentences.write_rule(rule.holds) is not None, f"ninguna frase dice {rule.code}"
    assert tried > 150 and kept < tried / 3


def test_what_is_worked_out_is_said_offered_and_read_back_the_same() -> None:
    assert {type(c).__name__ for c in FULL.calculos} == set(CALCULATIONS)
    assert {c.makes.__name__ for c in calculation_sentences.CALCULATIONS} == set(CALCULATIONS)
    assert {kind.__name__ for kind in WORDS} == set(CONDITIONS) | set(CALCULATIONS)
    for formato in (*catalogo.of_code(), FULL):
        for calculo in formato.calculos:
            names = names_of(formato, calculo.repetible)
            assert say(calculo, names.labels)
            typed = calculation_sentences.write_calculation(calculo)
            assert typed is not None, (formato.slug, calculo.campo)
            read = calculation_sentences.read_calculation(
                typed, lambda name, t=typed: t.get(name, []), names, names_of(formato), calculo.repetible
            )
            assert read == calculo, (formato.slug, calculo.campo)


@pytest.mark.parametrize(
    ("calculos", "said"),
    [
        ((Difference(campo="faltan", first="faltan", second="litros"),), "que necesita"),
        (
            (
                RowsCount(campo="con_hora", rows="tomas"),
                RowsSum(campo="con_hora", rows="tomas", amount="cubetas"),
            ),
            "dos veces",
        ),
        (
            (
                Difference(campo="faltan", first="cubetas_total", second="litros"),
                RowsCount(campo="cubetas_total", rows="tomas"),
            ),
            "Bájelo",
        ),
        ((Difference(campo="notas", first="litros", second="litros"),), "no es un campo de número"),
    ],
)
def test_a_calculation_that_cannot_be_done_is_refused(calculos: Any, said: str) -> None:
    assert any(said in p.mensaje for p in problems(replace(FULL, calculos=calculos)))


def test_a_field_of_the_pages_comes_back_the_same() -> None:
    for formato in (*catalogo.of_code(), FULL):
        document = to_json(formato)
        for section in document["secciones"]:
            names = names_of(formato, section.get("name", ""))
            for campo in (c for c in section["campos"] if not c["auto"]):
                made, faults = forms.read_field(forms.field_values(campo), campo, names, set())
                assert made == campo and not faults, (formato.slug, campo["name"], faults)


def changed(**changes: Any) -> dict[str, Any]:
    return {**to_json(FULL), **changes}


def with_field(**changes: Any) -> dict[str, Any]:
    document = to_json(FULL)
    document["secciones"][0]["campos"][2] |= changes
    return document


def deep(levels: int) -> dict[str, Any]:
    condition: dict[str, Any] = {"clase": "Given", "campo": "dia"}
    for _ in range(levels):
        condition = {"clase": "Not", "condition": condition}
    return with_field(asked_when=condition)


def doubled() -> dict[str, Any]:
    document = to_json(FULL)
    document["secciones"][0]["campos"][3]["name"] = "dia"
    return document


def in_a_ring() -> dict[str, Any]:
    document = to_json(FULL)
    campos = document["secciones"][0]["campos"]
    campos[2]["asked_when"] = {"clase": "Given", "campo": "otro_dia"}
    campos[3]["asked_when"] = {"clase": "Not", "condition": {"clase": "Blank", "campo": "hora"}}
    campos[4]["asked_when"] = {"clase": "Given", "campo": "dia"}
    return document


def many(count: int) -> dict[str, Any]:
    document = to_json(FULL)
    first = document["secciones"][0]["campos"][2]
    document["secciones"][0]["campos"] += [{**first, "name": f"c{n}", "aliases": []} for n in range(count)]
    return document


HOSTILE = {
    "class": with_field(name="__class__"),
    "dunder": with_field(name="a__init__"),
    "capitals": with_field(name="Dia"),
    "reserved": with_field(name="csrf_token"),
    "id": with_field(name="id"),
    "long name": with_field(name="a" * 41),
    "unknown class": with_field(type={"clase": "object"}),
    "class of python": with_field(type={"clase": "__import__('os')"}),
    "condition as type": with_field(type={"clase": "In", "campo": "dia", "values": ["x"]}),
    "extra": with_field(type={"clase": "Text", "max_length": 3, "width": 8, "__init__": 1}),
    "bool as number": with_field(type={"clase": "Whole", "minimum": True, "maximum": 3, "width": 3}),
    "not a number": with_field(type={"clase": "Decimal", "minimum": float("nan"), "maximum": 3, "places": 2, "width": 4}),
    "backwards": with_field(type={"clase": "Whole", "minimum": 9, "maximum": 3, "width": 3}),
    "wide": with_field(type={"clase": "Whole", "minimum": 0, "maximum": 3, "width": 10**9}),
    "huge text": with_field(label="x" * 5000),
    "control": with_field(label="a\x00b"),
    "turned over": with_field(label="abc\x1b[2J"),
    "no options": with_field(type={"clase": "Choice", "options": [], "width": 8, "code_on_paper": False}),
    "deep": deep(40),
    "itself": with_field(asked_when={"clase": "Given", "campo": "dia"}),
    "ring": in_a_ring(),
    "absent": with_field(asked_when={"clase": "Given", "campo": "nadie"}),
    "doubled": doubled(),
    "many": many(300),
    "very many": many(599),
    "code": changed(code="nuevo"),
    "code of a path": changed(code="../../etc"),
    "taken": changed(code="incidente"),
    "no sections": changed(secciones=[]),
    "sections of text": changed(secciones="x" * 100),
    "rule of nothing": changed(rules=[None]),
    "dates of text": changed(rules=[{"clase": "Rule", "code": "r", "campo": "dia", "message": "m", "modes": ["rapido"],
                                     "holds": {"clase": "NotAfter", "first": "notas", "second": "dia"}}]),
    "modes": changed(rules=[{**to_json(FULL.rules[0]), "modes": ["nunca"]}]),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_definition_is_refused_at_once_with_a_sentence(name: str) -> None:
    began = time.thread_time()
    try:
        formato = from_json(HOSTILE[name])
    except Malformed as refused:
        assert refused.problem.mensaje.endswith((".", ")"))
    else:
        found = problems(formato, {"incidente"})
        assert found and all((p.mensaje and not p.mensaje.isascii()) or p.mensaje for p in found)
    assert time.thread_time() - began < 1, "seconds of work, not of waiting"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"null", b"\xff\xfe", b"%PDF-1.4", b"[" * 100_000, b'{"clase":' * 50_000, b"x" * 1_000_001,
        b'{"clase": "Formato"}', b'"' + b"a" * 900_000 + b'"', b"1" * 5000,
    ],
)  # fmt: skip
def test_a_file_that_is_no_definition_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_document(content)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
names = st.sampled_from(["clase", "code", "campos", "secciones", "type", "options", "holds", "name", "rules"])
values = st.sampled_from(["Formato", "Campo", "Seccion", "Text", "In", "Option", "Rule"]) | leaves
trees = st.recursive(
    values, lambda inside: st.lists(inside, max_size=4) | st.dictionaries(names, inside, max_size=6)
)


@settings(max_examples=300, deadline=None)
@given(data=trees, at=st.sampled_from(sorted(to_json(FULL))))
def test_whatever_stands_where_a_piece_belongs_is_read_or_refused(data: Any, at: str) -> None:
    for document in (data, {**to_json(FULL), at: data}):
        try:
            problems(from_json(document))
        except Malformed:
            continue


def test_the_example_of_the_guide_is_a_format() -> None:
    from tests.guards.como_agregar import EXAMPLE, EXAMPLE_MODULE

    made: dict[str, Any] = {}
    exec(EXAMPLE, made)  # noqa: S102 -- the text that the guide prints
    formato = next(v for v in made.values() if isinstance(v, Formato))
    assert formato.slug == EXAMPLE_MODULE and problems(formato) == []
