"""The form for telephones of every format: pyxform takes it without a word, and it says what the format says."""

from __future__ import annotations

import datetime as dt
import subprocess
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from shutil import which
from typing import Any

import pytest
import pyxform
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
from albergues_app.formats.outputs.xlsform_logic import circular, mentions
from albergues_app.formats.outputs.xlsx_in import read_sheets
from albergues_app.territorio.data import official_names
from tests.conftest import missing
from tests.formatos import DOCS, phone_page
from tests.formats import cases_asesoria, cases_coe, cases_operacion, cases_sitio
from tests.formats.phone import Converted, H, Phone, as_typed, convert_formato
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
        target = BytesIO()
        write_xlsform(catalogo.latest(code), target, country())
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
    for _ in range(25):
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


HIDDEN = {"foto_de_menor", "embarazo_en_hombre", "nombres_en_violencia"}
"""Rules of a question that the form hides in the very case that they forbid."""


@pytest.mark.parametrize("code", CODES)
def test_every_rule_that_the_form_says_was_seen_broken_and_kept(code, ahora):
    """No rule is said in words that can never be false: each is broken on purpose, through what it looks at."""
    phone, formato, chance = phone_of(code, ahora), catalogo.latest(code), Random(code)
    read = [
        validate(formato, c, country(), "completo", ahora, formato.at_gate).answers for c in cases_of(code)
    ]
    said, _unsaid = said_rules(formato, formato.at_gate)
    owned = [("", r) for r in formato.rules] + [(x.name, r) for x in formato.repetibles for r in x.rules]
    for section, rule in owned:
        if rule not in said:
            continue
        looked = mentions(rule.holds, section)
        for where, campo in formato.walk():
            if campo.asked_when is not None and (where, campo.name) in looked:
                looked |= mentions(campo.asked_when, where)
        for _ in range(3000):
            made = answers_to_json(chance.choice(read))
            for repetible in formato.repetibles:
                if {(repetible.name, ""), *((repetible.name, k) for s, k in looked if s)} & looked:
                    made[repetible.name] = (made.get(repetible.name) or [{}])[: chance.randint(1, 3)]
            for where, key in sorted(looked):
                campo = next(
                    (c for s, c in formato.walk() if s == where and key in {c.name, *c.answer_keys}), None
                )
                for row in [] if campo is None else made.get(where) or [] if where else [made]:
                    row[key if isinstance(campo.type, engine.Document) else campo.name] = any_value(
                        campo, chance
                    )
            answers = validate(formato, made, country(), "completo", ahora, formato.at_gate).answers
            asked = as_asked(formato, answers, ahora)
            rows = asked[section] if section else [asked]
            if not all(rule.holds.holds(row, asked, ahora) for row in rows):
                compare(phone, formato, answers, ahora)
                break
        else:
            assert rule.code in HIDDEN, f"never broken: {rule.code} at {rule.campo}"


def any_value(campo: engine.Campo, chance: Random) -> Any:
    """Some answer that the type may take, as JSON; sometimes none."""
    kind = campo.type
    day = dt.date(2026, 11, 20) - dt.timedelta(days=chance.choice((0, 0, 1, 2, 30, 3000, 14000)))
    hour = f"{chance.randint(0, 23):02d}:{chance.choice((0, 30)):02d}"
    codes = [option.code for option in kind.options_shown(True)]
    number = chance.choice((0, 0, 1, 2, 3, 5, 17, 18, 40, 60, 120, 300))
    match kind:
        case _ if chance.random() < 0.1:
            return None
        case engine.YesNo():
            return chance.random() < 0.5
        case engine.MultiChoice():
            return chance.sample(codes, min(len(codes), chance.randint(1, 2)))
        case engine.Document():
            return chance.choice([*codes, "1587564440904"])
        case engine.CountByKind():
            return {chance.choice(codes): number for _ in range(2)}
        case engine.Choice():
            return chance.choice([*codes, *(["desconocido"] if campo.unknown else [])])
        case engine.Date():
            return day.isoformat()
        case engine.Instant():
            return f"{day.isoformat()}T{hour}:00-06:00"
        case engine.Time():
            return hour
        case engine.Whole() | engine.Decimal():
            return number
        case _:
            return chance.choice(("algo", "1587564440904", "123"))


UNIDADES = engine.options(("anios", "Años"), ("meses", "Meses"), ("dias", "Días"))
LAB_RULES = (
    engine.AgeBetween(2, 17), engine.AgeBetween(0, 0), engine.Not(engine.AgeBetween(18, 150)),
    engine.NotAfter("a", "b"), engine.NotAfter("fecha_nacimiento", "a"), engine.NotAfter("a", "fecha_nacimiento"),
    engine.NotAfter("x", "y"), engine.NotAfter("t", "u"), engine.WithinHours("a", "b", 72),
    engine.AddUp(("x", "y"), "z"), engine.AddUp(("x", "y"), "z", zero_if_blank=("y",)),
    engine.AddUp(("x", "y"), "z", at_most=True), engine.AddUp(("x",), 5, minus=("y",)),
    engine.RatioBetween("x", "y", 0.5, 2.5), engine.Not(engine.FartherThan("x", "y", 10)),
    engine.Matches("codigo", 4), engine.In("x", (1, 2)), engine.Some((engine.Blank("x"), engine.Given("y"))),
    engine.Every((engine.Given("a"), engine.Not(engine.Given("x")))), engine.In("si", (True,)),
    engine.Not(engine.In("si", (False,))), engine.Blank("edad"), engine.In("edad", ("desconocido",)),
)  # fmt: skip
LAB = {
    "ocurrido_en": ("2026-11-20T18:05:00-06:00", "2026-11-10T18:05:00-06:00", None),
    "fecha_nacimiento": ("2008-11-20", "2008-11-21", "2024-11-20", "2024-11-21", "2026-11-20", None),
    "edad": (0, 1, 2, 17, 18, 23, 24, 364, 365, 730, "desconocido", None),
    "edad_unidad": ("anios", "meses", "dias", None),
    "a": ("2026-11-17T18:05:00-06:00", "2026-11-20T00:00:00-06:00", None),
    "b": ("2026-11-20T18:05:00-06:00", "2026-11-20T18:06:00-06:00", "2026-11-17T18:04:00-06:00", None),
    "x": (0, 1, 2, 5, 9, 10, 11, None),
    "y": (0, 2, 5, 10, None),
    "z": (3, 5, 10, 12, None),
    "t": ("06:00", "18:05", None),
    "u": ("18:05", "18:04", None),
    "codigo": ("1234", "12-34", "123", "a1b2c3d4e5", None),
    "si": (True, False, None),
}


def test_each_condition_says_the_same_on_its_limits():
    kinds: dict[str, Any] = {
        "ocurrido_en": engine.Instant(), "fecha_nacimiento": engine.Date(), "edad": engine.Whole(),
        "edad_unidad": engine.Choice(options=UNIDADES), "a": engine.Instant(), "b": engine.Instant(),
        "t": engine.Time(), "u": engine.Time(), "codigo": engine.Text(), "si": engine.YesNo(),
    }  # fmt: skip
    campos = tuple(
        engine.Campo(name=n, label=n, type=kinds.get(n, engine.Whole()), unknown=n == "edad") for n in LAB
    )
    rules = tuple(
        engine.Rule(code=f"r{n}", campo="x", message=f"Regla {n}.", holds=one)
        for n, one in enumerate(LAB_RULES)
    )
    lab = replace(
        catalogo.latest("incidente"),
        secciones=(engine.Seccion(code="unica", title="Única", campos=campos),),
        rules=rules,
    )
    assert said_rules(lab, True) == (list(rules), [])
    phone, chance, seen = Phone(convert_formato(lab, country()), AT), Random(13), set[tuple[str, bool]]()
    for _ in range(700):
        given = {name: chance.choice(values) for name, values in LAB.items()}
        answers = validate(lab, given, country(), "completo", AT).answers
        compare(phone, lab, answers, AT)
        seen |= {(rule.code, rule.holds.holds(answers, answers, AT)) for rule in rules}
    assert len(seen) == 2 * len(rules)


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


HOSTILE = '=cmd|\'x\'!A1 "dos" ${otra} <b>negrita</b> & "] {{ 7*7 }}'


def hostile_format() -> Formato:
    """A format whose every word was typed by somebody with bad intentions, and its names by somebody unlucky."""
    names = (
        "inicio",
        "fin",
        "start",
        "end",
        "name",
        "label",
        "type",
        "meta_",
        "today",
        "instanceName",
        "aviso",
    )
    fields = tuple(
        engine.Campo(name=n, label=HOSTILE, type=engine.Text(), hint=HOSTILE, example=HOSTILE) for n in names
    )
    chosen = engine.Campo(
        name="elige", label=HOSTILE, type=engine.Choice(options=engine.options(("a", HOSTILE), "otro")),
        required=engine.Mark.C, required_when=engine.Given("inicio"), required_text=HOSTILE,
    )  # fmt: skip
    total, part = (engine.Campo(name=n, label=n, type=engine.Whole()) for n in ("total", "parte"))
    adds = engine.AddUp(("parte",), "total")
    return replace(
        catalogo.latest("incidente"),
        title=HOSTILE, notice=HOSTILE,
        secciones=(
            engine.Seccion(code="inicio", title=HOSTILE, campos=(*fields, chosen, total, part), hint=HOSTILE),
            engine.Repetible(name="filas", title=HOSTILE, singular="fila", campos=(*fields, chosen), min_rows=2),
        ),
        rules=(engine.Rule(code="suma", campo="total", message=HOSTILE, holds=adds),),
    )  # fmt: skip


def test_text_typed_by_people_stays_text():
    made = convert_formato(hostile_format(), country())
    assert made.warnings == []
    root = etree.fromstring(made.xform.encode())
    texts = {"".join(node.itertext()).strip() for node in root.iter(f"{H}value", f"{H}label", f"{H}title")}
    shown_as = HOSTILE.replace("${", "$ {")
    assert shown_as in texts
    assert any(text.startswith(shown_as) and "Suma:" in text for text in texts)
    assert not [text for text in texts if "negrita" in text and "<b>" not in text]
    phone = Phone(made, AT)
    refused = {r.name for r in phone.open({"inicio": "x", "total": "3", "parte": "2"}).refusals()}
    assert {"elige", *(n for n, rule in made.form.rule_of.items() if rule.code == "suma")} <= refused


def test_a_form_of_training_says_so_first():
    target = BytesIO()
    write_xlsform(catalogo.latest("incidente"), target, country(), training=True)
    sheets = read_sheets(target.getvalue())
    assert any("CAPACITACIÓN" in str(cell) for cell in sheets["survey"][3])
    assert "CAPACITACIÓN" in sheets["settings"][1][0]


@pytest.mark.largo
def test_the_engine_of_the_telephones_takes_every_form(tmp_path):
    """ODK Validate, which pyxform brings: JavaRosa, the engine of ODK Collect, opens and walks each form."""
    java = which("java")
    if java is None:
        missing("java", "no hay Java")
    jar = Path(pyxform.__file__).parent / "validators" / "odk_validate" / "bin" / "ODK_Validate.jar"
    forms = []
    for code in CODES:
        forms.append(tmp_path / f"{code}.xml")
        forms[-1].write_text(converted(code).xform, encoding="utf-8")
    told = subprocess.run(
        [java, "-Djava.awt.headless=true", "-jar", str(jar), *map(str, forms)],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert (told.stdout + told.stderr).count("Xform is valid!") == len(CODES), told.stderr[-2000:]
    assert told.returncode == 0


def test_the_page_about_telephones_says_what_they_cannot():
    assert (DOCS / "odk.md").read_text(encoding="utf-8") == phone_page()
