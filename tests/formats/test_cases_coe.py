"""The formats of the COE and the SCI refuse what they must, and nothing else."""

from __future__ import annotations

import pytest

from albergues_app.formats import catalogo
from albergues_app.formats.engine import Ambito, validate
from tests.formats import cases_coe as cases
from tests.formats.cases_coe import CASES

TABLE = [
    pytest.param(code, raw, expected, id=f"{code}-{number}")
    for code, rows in CASES.items()
    for number, (raw, expected) in enumerate(rows)
]


@pytest.mark.parametrize(("code", "raw", "expected"), TABLE)
def test_verdict(code, raw, expected, catalogos, ahora):
    found = validate(catalogo.get(code), raw, catalogos, "completo", ahora)
    assert {(e.campo, e.codigo) for e in found.errors} == expected
    assert not any(w.codigo == "campo_desconocido" for w in found.warnings)
    quick = validate(catalogo.get(code), raw, catalogos, "rapido", ahora)
    assert {(e.campo, e.codigo) for e in quick.errors} <= expected


def codes_of(code, raw, catalogos, ahora, mode="completo"):
    found = validate(catalogo.get(code), raw, catalogos, mode, ahora)
    return {w.codigo for w in found.warnings}, {e.codigo for e in found.errors}


def test_a_late_entry_is_warned_about_and_kept(catalogos, ahora):
    late = cases.BITACORA | {"entradas": [cases.ENTRADA | {"ocurrido_en": "19/11/2026 23:00"}]}
    assert codes_of("bitacora_coe", late, catalogos, ahora) == ({"antes_del_periodo"}, set())


def test_a_shift_is_signed_only_when_both_accept(catalogos, ahora):
    signed = cases.ENTREGA_COMPLETA
    assert codes_of("entrega_turno", signed, catalogos, ahora, "firma") == (set(), set())
    refused = signed | {"acuse_entrante": False}
    assert codes_of("entrega_turno", refused, catalogos, ahora, "firma")[1] == {"turno_sin_aceptar"}
    assert codes_of("entrega_turno", refused, catalogos, ahora)[1] == set()


def test_a_message_that_waits_for_its_answer_is_warned_about(catalogos, ahora):
    raw = cases.MENSAJE | {"pide_respuesta": "Sí"}
    assert codes_of("sci_213", raw, catalogos, ahora) == ({"sin_respuesta"}, set())


def test_log_entries_have_the_codes_of_the_contract():
    entrada = {c.name: c for _, c in catalogo.get("bitacora_coe").walk() if _ == "entradas"}
    tipos = (
        "llamada radio mensaje reunion decision solicitud asignacion reporte incidente visita"
        " cambio_turno boletin otro"
    )
    assert " ".join(o.code for o in entrada["tipo"].type.options) == tipos
    assert [o.code for o in entrada["prioridad"].type.options] == ["rutina", "prioritario", "urgente"]


def test_all_of_them_hang_from_a_place():
    assert {catalogo.get(code).ambito for code in CASES} == {Ambito.LUGAR}
    assert {catalogo.get(code).moment for code in CASES} == {"coe"}
