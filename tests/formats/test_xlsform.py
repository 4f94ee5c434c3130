"""The form for telephones of every format: pyxform takes it without a word, and it says what the format says."""

from __future__ import annotations

import datetime as dt
import time
from functools import cache
from io import BytesIO
from random import Random
from typing import Any

import pytest
from lxml import etree

from albergues_app.formats import catalogo, engine
from albergues_app.formats.engine import (
    HORA_LOCAL,
    Catalogo,
    Catalogos,
    NoAnswer,
    answers_to_json,
    fingerprint,
    shown,
    validate,
)
from albergues_app.formats.engine.field_type import Context, Invalid, Part
from albergues_app.formats.engine.formato import Formato
from albergues_app.formats.engine.validation import answered, needs
from albergues_app.formats.outputs.xlsform import said_rules, write_xlsform
from albergues_app.formats.outputs.xlsform_logic import circular
from albergues_app.formats.outputs.xlsx_in import read_sheets
from albergues_app.territorio.data import official_names
from tests.formats import cases_asesoria, cases_coe, cases_operacion, cases_sitio
from tests.formats.phone import Converted, Phone, as_typed, convert_formato
from tests.formats.test_doors import BOLETA, CONTROL, FICHA

CODES = [formato.code for formato in catalogo.all()]


@cache
def country() -> Catalogos:
    """The 22 departments and 340 municipalities, without a database."""
    names = official_names()
    municipios = {c: f"{n}, {names.departamentos[c[:2]]}" for c, n in names.municipios.items()}
    return Catalogos({"departamento": Catalogo(names.departamentos), "municipio": Catalogo(municipios)})


@cache
def converted(code: str) -> Converted:
    return convert_formato(catalogo.latest(code), country())


def cases_of(code: str) -> list[dict[str, Any]]:
    """Every case of the tables, good and bad."""
    for module in (cases_sitio, cases_operacion, cases_coe, cases_asesoria):
        if code in module.CASES:
            scanned = {"escaneo": "acta.pdf"} if code == "acta_oficializacion" else {}
            return [given | scanned for given, _errors in module.CASES[code]]
    own = {"boleta_ingreso": BOLETA, "ficha_persona": FICHA, "control_ingresos_egresos": CONTROL}
    return [raw for _name, raw, _errors in own[code]]


@pytest.mark.parametrize("code", CODES)
def test_pyxform_converts_it_without_a_warning(code):
    made = converted(code)
    assert made.warnings == []
    formato, sheets = catalogo.latest(code), read_sheets(made.workbook)
    settings = dict(zip(*sheets["settings"][:2], strict=True))
    assert (settings["form_id"], settings["form_title"]) == (code, formato.title)
    assert settings["version"] == f"{formato.version}-{fingerprint(formato)[:8]}"
    assert settings["default_language"] == "Español (es)"


@pytest.mark.parametrize("code", CODES)
def test_every_field_of_the_door_is_asked_and_no_other(code):
    formato, made = catalogo.latest(code), converted(code)
    asked = {(node.section, node.campo.name) for node in made.form.plan.nodes()}
    groups = [("", formato.campos), *((r.name, r.campos) for r in formato.repetibles)]
    expected = {
        (section, campo.name)
        for section, campos in groups
        for campo in shown(campos, formato.at_gate)
        if not campo.auto
    }
    assert asked <= expected
    assert expected <= made.form.plan.by_key.keys()
    for node in made.form.plan.nodes():
        assert f'/{node.name}"' in made.xform


def test_the_country_stands_once_and_the_file_is_light():
    for code in ("boleta_ingreso", "visita_asesoria", "evaluacion_sitio"):
        begun, target = time.perf_counter(), BytesIO()
        write_xlsform(catalogo.latest(code), target, country())
        assert time.perf_counter() - begun < 1
        assert len(target.getvalue()) < 200_000
    choices = read_sheets(converted("boleta_ingreso").workbook)["choices"]
    municipios = [row for row in choices if row[0] == "municipio"]
    assert len(municipios) == 340
    assert ["municipio", "1413", "Santa María Nebaj", "14"] in [list(row) for row in municipios]
    assert len([row for row in choices if row[0] == "departamento"]) == 22


def phone_of(code: str, ahora: Any) -> Phone:
    return Phone(converted(code), ahora)


@pytest.mark.parametrize("code", CODES)
def test_need_relevance_and_rules_are_those_of_the_format(code, ahora):
    """For the answers of each case: shown where asked, missing where missing, told where a rule is broken."""
    phone, formato = phone_of(code, ahora), catalogo.latest(code)
    for given in cases_of(code):
        answers = validate(formato, given, country(), "completo", ahora, formato.at_gate).answers
        compare(phone, formato, answers, ahora)


def compare(phone: Phone, formato: Formato, answers: dict[str, Any], ahora: Any) -> None:
    answers = as_asked(formato, answers, ahora)
    made = phone.converted
    filling = phone.open(as_typed(made, answers))
    refused = {(r.name, r.row) for r in filling.refusals()}
    visible = filling.shown()
    plan, loops = made.form.plan, circular(made.form.plan)
    groups: list[tuple[str, int, Any, Any]] = [("", -1, formato.campos, answers)]
    for repetible in formato.repetibles:
        groups += [
            (repetible.name, n, repetible.campos, row) for n, row in enumerate(answers[repetible.name])
        ]
    for section, number, campos, row in groups:
        for campo in campos:
            nodes = plan.whole(section, campo.name)
            if not nodes:
                continue
            first, where = nodes[0], (nodes[0].name, number)
            asked = campo.asked_when is None or campo.asked_when.holds(row, answers, ahora)
            assert (where in visible) is asked, where
            missing = (
                asked
                and campo.required.value in "RC"
                and needs(campo, row, answers, ahora, formato.at_gate)
                and not answered(campo, row)
            )
            if (section, campo.name) not in loops:
                assert ((first.name, number) in refused) is missing, (where, campo.required, row)
    said = said_rules(formato, formato.at_gate)[0]
    for section, number, _campos, row in groups:
        rules = formato.rules if not section else next(
            r.rules for r in formato.repetibles if r.name == section
        )  # fmt: skip
        for rule in rules:
            if rule not in said:
                continue
            names = {name for name, one in made.form.rule_of.items() if one is rule}
            told = any((name, number) in visible for name in names)
            assert told is not rule.holds.holds(row, answers, ahora), (rule.code, row)


def as_asked(formato: Formato, answers: dict[str, Any], ahora: Any) -> dict[str, Any]:
    """What a telephone would hold of these answers: without what it does not ask or hides."""
    for _ in range(4):
        answers = {
            **keep(formato, formato.campos, answers, answers, ahora),
            **{
                r.name: [row for raw in answers.get(r.name) or ()
                         if (row := keep(formato, r.campos, raw, answers, ahora))]
                for r in formato.repetibles
            },
        }  # fmt: skip
    return answers


def keep(formato: Formato, campos: Any, row: Any, root: Any, ahora: Any) -> dict[str, Any]:
    found = {}
    for campo in campos:
        if campo.auto or (formato.at_gate and not campo.gate):
            continue
        if campo.asked_when is not None and not campo.asked_when.holds(row, root, ahora):
            continue
        found |= {key: row[key] for key in campo.answer_keys if row.get(key) is not None}
    return found


@pytest.mark.parametrize("code", CODES)
def test_they_are_for_answers_that_nobody_thought_of(code, ahora):
    """The same, for cases where answers were rubbed out, moved to another case's, or made larger and smaller."""
    phone, formato, chance = phone_of(code, ahora), catalogo.latest(code), Random(code)
    read = [
        validate(formato, c, country(), "completo", ahora, formato.at_gate).answers for c in cases_of(code)
    ]
    for _ in range(60):
        made = answers_to_json(shaken(formato, chance.choice(read), read, chance))
        answers = validate(formato, made, country(), "completo", ahora, formato.at_gate).answers
        compare(phone, formato, answers, ahora)


def shaken(
    formato: Formato, answers: dict[str, Any], read: list[dict[str, Any]], chance: Random
) -> dict[str, Any]:
    """A sheet like another, with a few answers changed for others that their type also takes."""
    pools: dict[tuple[str, str], list[Any]] = {}
    for one in read:
        for key, value in one.items():
            rows = value if isinstance(value, list) else []
            pools.setdefault(("", key), []).append(value)
            for row in rows:
                for inner, cell in row.items():
                    pools.setdefault((key, inner), []).append(cell)

    def shake(section: str, row: dict[str, Any]) -> dict[str, Any]:
        made = dict(row)
        for (where, key), values in pools.items():
            if where != section or isinstance(values[0], list) or chance.random() > 0.15:
                continue
            value = chance.choice([None, *values])
            if isinstance(value, int) and not isinstance(value, bool) and not isinstance(value, NoAnswer):
                value = max(0, value + chance.randint(-2, 2))
            elif isinstance(value, dt.datetime | dt.date):
                value += dt.timedelta(days=chance.randint(-9000, 2))
            made[key] = value
        return {key: value for key, value in made.items() if value is not None}

    made = shake("", answers)
    for repetible in formato.repetibles:
        rows = [shake(repetible.name, row) for row in answers.get(repetible.name) or ()]
        made[repetible.name] = [row for row in rows + rows[: chance.randint(0, 1)] if row]
    return made


@pytest.mark.parametrize("code", CODES)
def test_a_good_case_is_sent(code, ahora):
    phone, formato = phone_of(code, ahora), catalogo.latest(code)
    good = 0
    for given in cases_of(code):
        result = validate(formato, given, country(), "completo", ahora, formato.at_gate)
        if result.ok:
            answers = as_asked(formato, result.answers, ahora)
            assert phone.open(as_typed(phone.converted, answers)).refusals() == [], answers_to_json(answers)
            good += 1
    assert good


# --- one answer: the limit of the telephone is the limit of its type ------------------------------

AT = dt.datetime(2026, 11, 21, 0, 0, tzinfo=dt.UTC)
TEXTS = (
    "a", "N/N", "Ana 2", "12", "=1+1", "Xpꞌajil Tzꞌi’", "-Pérez", "日本", "…", "123 456", "Desconocido",
    "5500-0134", "+502 5500 0134", "00502 5500 0134", "50255000134", "(5500) 0134", "15000134", "1234", "55000134 5",
    "+1 305 555 0134", "001 305 555 0134", "+502 15000134", "+0 555 0134567", "5500 013a",
)  # fmt: skip


def typed_values(kind: Any) -> list[str]:
    """What a telephone could hold for this type, on both sides of each limit."""
    match kind:
        case engine.Whole():
            limits = (kind.minimum, kind.maximum)
            return [str(limit + step) for limit in limits for step in (-1, 0, 1)]
        case engine.Coordinate():
            limits = (kind.minimum, kind.maximum)
            return [str(round(limit + step, 6)) for limit in limits for step in (-0.01, 0, 0.01)]
        case engine.Decimal():
            limits = (kind.minimum, kind.maximum)
            whole = [format(limit + step, "f") for limit in limits for step in (-1, 0, 1)]
            return [*whole, "1.5", "1.25", "0.1", "2.675", "1.005", "33.3333", "0.30"]
        case engine.Date():
            return [
                "1899-12-31",
                "1900-01-01",
                "1988-03-05",
                "2026-11-20",
                "2026-11-21",
                "2199-12-31",
                "2200-01-01",
            ]
        case engine.Instant():
            ahead = [AT + dt.timedelta(hours=kind.max_hours_ahead, minutes=step) for step in (-5, 5)]
            fixed = ["1900-06-01T10:00:00.000-06:00", "2026-11-20T18:05:00.000-06:00"]
            return [*fixed, *(a.astimezone(HORA_LOCAL).isoformat(timespec="milliseconds") for a in ahead)]
        case engine.Cui():
            return ["1587564440904", "123", "1" * 30, "1" * 31]
        case engine.Text():
            return [*TEXTS, "ñ" * kind.max_length, "ñ" * (kind.max_length + 1)]
        case engine.Phone():
            return list(TEXTS)
        case _:
            return []


def test_one_answer_is_refused_where_its_type_refuses_it_and_nowhere_else():
    kinds = {
        part.type
        for formato in catalogo.editions()
        for _section, campo in formato.walk()
        for part in (Part("", "", campo.type), *campo.type.parts())
    }
    phone, checked = Phone(converted("incidente"), AT), 0
    for kind in kinds:
        question = kind.question()
        if question is None or not question.constraint:
            continue
        allows = phone.compile(question.constraint)
        for value in typed_values(kind):
            node = etree.fromstring("<x/>")
            node.text = value
            try:
                kind.parse({"": value}, Context(Catalogos(), {}, AT))
                taken = True
            except Invalid:
                taken = False
            # «…» and other signs beyond ASCII may be letters of some language to a telephone.
            if value != "…":
                assert bool(allows(node)) is taken, (kind, value)
            checked += 1
        assert question.message.endswith("."), kind
    assert checked > 500
    assert {type(k).__name__ for k in kinds if k.question() is not None and k.question().constraint} == {
        "Whole", "Decimal", "Coordinate", "Date", "Instant", "Text", "LongText", "PersonName", "Phone", "Cui",
    }  # fmt: skip
