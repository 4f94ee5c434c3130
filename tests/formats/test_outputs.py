"""Every output knows every type and every field; published editions are frozen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from albergues_app.formats import catalogo
from albergues_app.formats.engine import Catalogos, FieldType, Seccion, fingerprint, shown
from albergues_app.formats.outputs import flat, json_schema, paper, web_form, xlsx
from albergues_app.formats.outputs.handbook import handbook_page

GOLDEN = Path(__file__).parents[1] / "golden" / "formatos.json"
DOCS = Path(__file__).parents[2] / "docs" / "formatos"
OFFICIAL = Path(catalogo.official.__path__[0])
APART = {"ficha_persona_salud_v1"}
"""Modules that hold fields and no format."""
FORMATOS = catalogo.editions()


def every_type(base: type[FieldType] = FieldType) -> list[type[FieldType]]:
    return [sub for direct in base.__subclasses__() for sub in (direct, *every_type(direct))]


def used_types():
    return {type(campo.type): campo.type for formato in FORMATOS for _, campo in formato.walk()}


@pytest.mark.parametrize("field_type", every_type(), ids=lambda t: t.__name__)
def test_every_field_type_answers_for_every_output(field_type):
    missing = [
        name for name in ("to_text", "schema", "widget", "cell", "paper")
        if getattr(field_type, name) is getattr(FieldType, name)
    ]  # fmt: skip
    reads = field_type.read is not FieldType.read or field_type.parse is not FieldType.parse
    assert not missing and reads, f"write {missing or 'read() or parse()'} in {field_type.__name__}"


@pytest.mark.parametrize("field_type", used_types().values(), ids=lambda t: type(t).__name__)
def test_every_output_knows_every_kind(field_type):
    kinds = {
        "outputs/web_form.py WIDGETS": (field_type.widget().kind, web_form.WIDGETS),
        "outputs/xlsx.py CELLS": (field_type.cell().kind, xlsx.CELLS),
        "outputs/paper.py PAPER_KINDS": (field_type.paper().kind, paper.PAPER_KINDS),
    }
    for where, (kind, known) in kinds.items():
        assert kind in known, f"teach «{kind}» of {type(field_type).__name__} to {where}"


@pytest.mark.parametrize("gate", [True, False], ids=["puerta", "aparte"])
@pytest.mark.parametrize("formato", FORMATOS, ids=lambda f: f.slug)
def test_every_shown_field_is_on_every_output(formato, gate):
    described_schema = json_schema.build_schema(formato, gate)
    assert set(described_schema["required"]) <= set(described_schema["properties"])
    schema = described_schema["properties"]
    form = web_form.describe_form(formato, gate=gate)
    page = paper.lay_out(formato, {}, Catalogos(), gate=gate, blank=True)
    on_paper = [text for section in page["sections"] for text in _texts(section)]
    for section, described in zip(formato.secciones, form["sections"], strict=True):
        campos = shown(section.campos, gate)
        properties = schema if isinstance(section, Seccion) else schema[section.name]["items"]["properties"]
        assert [c.name for c in campos] == [c["name"] for c in described["campos"]]
        for campo in campos:
            keys = {campo.key(suffix) for suffix in campo.type.schema()}
            assert keys <= set(properties), f"{campo.name} is not in the JSON Schema"
            if campo.type.paper().kind != "none":
                wanted = campo.label if isinstance(section, Seccion) else campo.brief
                assert any(text.startswith(wanted) for text in on_paper), f"{campo.name} is not on the paper"


def _texts(section):
    rows = section.get("rows") or [row for record in section["records"] for row in record]
    return [text for row in rows for cell in row for text in paper.flat_texts(cell)]


@pytest.mark.parametrize("formato", FORMATOS, ids=lambda f: f.slug)
def test_no_output_of_the_gate_names_a_field_of_health_or_protection(formato):
    hidden = {campo.name for _, campo in formato.walk() if not campo.gate} | {
        "necesidades_proteccion",
        "proteccion",
    }
    everything = json.dumps(
        [json_schema.build_schema(formato), web_form.describe_form(formato)["sections"]], ensure_ascii=False
    )
    columns = {
        c.name
        for group in (formato.campos, *(r.campos for r in formato.repetibles))
        for c in flat.columns_of(group)
    }
    assert not [name for name in hidden if f'"{name}"' in everything]
    assert not hidden & columns
    labels = {campo.label for _, campo in formato.walk() if not campo.gate}
    page = paper.lay_out(formato, {}, Catalogos(), blank=True)
    assert not labels & {text for section in page["sections"] for text in _texts(section)}


def test_published_editions_are_frozen():
    frozen = json.loads(GOLDEN.read_text(encoding="utf-8"))
    now = {formato.slug: fingerprint(formato) for formato in FORMATOS}
    changed = sorted(slug for slug in frozen if now.get(slug) != frozen[slug])
    assert not changed, (
        f"{changed} changed: a published edition stays; write the next one (…_v2.py) beside it"
    )
    assert set(now) == set(frozen), f"freeze {sorted(set(now) - set(frozen))} in tests/golden/formatos.json"


def test_registry_finds_editions():
    assert (
        catalogo.get("boleta_ingreso")
        is catalogo.get("boleta_ingreso", 1)
        is catalogo.latest("boleta_ingreso")
    )
    assert len(catalogo.all()) == len({formato.code for formato in FORMATOS})
    assert {formato.slug for formato in FORMATOS} == {path.stem for path in OFFICIAL.glob("*_v?.py")} - APART
    with pytest.raises(catalogo.UnknownFormato):
        catalogo.get("boleta_ingreso", 99)
    with pytest.raises(catalogo.UnknownFormato):
        catalogo.get("nada")


def test_enumerations_are_those_of_the_contract():
    def codes(formato: str, name: str) -> list[str]:
        campo = next(c for _, c in catalogo.get(formato).walk() if c.name == name)
        return [option.code for option in campo.type.options]

    assert codes("ficha_persona", "sexo") == ["mujer", "hombre", "no_registrado"]
    assert codes("ficha_persona", "edad_unidad") == ["anios", "meses", "dias"]
    parentesco = "jefe conyuge hijo hijastro nieto padre suegro hermano yerno otro_pariente no_pariente"
    assert " ".join(codes("ficha_persona", "parentesco")) == parentesco
    destino = (
        "vivienda_propia familiar alquiler otro_albergue atu hospital otro_departamento otro desconocido"
    )
    assert " ".join(codes("control_ingresos_egresos", "destino")) == destino


def test_web_form_survives_hostile_names():
    formato = catalogo.get("boleta_ingreso")
    form = {
        "personas-0-nombres": "Ana",
        "personas-99999999-nombres": "x",
        "personas-0-__class__": "x",
        "otra": "x",
    }
    assert web_form.unflatten(formato, form) == {"personas": [{"nombres": "Ana"}]}


@pytest.mark.parametrize("formato", FORMATOS, ids=lambda f: f.slug)
def test_the_page_of_each_format_is_true(formato):
    page = DOCS / f"{formato.slug}.md"
    assert page.is_file(), f"write {page.name} with python -m tests.formatos"
    assert page.read_text(encoding="utf-8") == handbook_page(formato), (
        f"write {page.name} again with python -m tests.formatos"
    )
    assert (DOCS / f"{formato.slug}.png").is_file(), "python -m tests.formatos"
    assert f"({formato.slug}.md)" in (DOCS / "LEEME.md").read_text(encoding="utf-8")
