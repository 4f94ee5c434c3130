"""What is kept of paper: no number of a batch is lost from sight (17), a card never owes (27), a receipt proves (39)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.entregas.models import EntregaFormatos
from albergues_app.entregas.receipt import lay_out
from albergues_app.entregas.resource import lineas_of
from albergues_app.entregas.services import LineaNueva, annul_entrega
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import validate
from albergues_app.pliegos.models import Pliego
from albergues_app.pliegos.queries import counts, folios_of, missing
from albergues_app.pliegos.services import Donde, build_pliego, create_pliego, mark_folios, use_folio
from tests.factories.cuentas import SISTEMA
from tests.factories.entregas import make_entrega

QUICK = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
SHEETS = 6
QUICHE = Donde(departamento="14", municipio="1413")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("usar", "usar", "anulado", "extraviado", "sin_usar")),
        st.integers(1, SHEETS + 2),
        st.sampled_from(("a", "b")),
    ),
    max_size=12,
)


def test_every_sheet_of_a_batch_is_answered_for_or_missed(app, base):
    """17: numbers go from 1 without a gap; each is used, annulled, lost or told to be missing, and never two of them."""
    owners = {name: uuid7() for name in "ab"}

    @settings(QUICK, max_examples=25 if base == "sqlite" else 8)
    @given(STEPS)
    def holds(steps) -> None:
        key, state = uuid7(), dict.fromkeys(range(1, SHEETS + 1), "sin_usar")
        owner: dict[int, UUID] = {}
        with unit_of_work(SISTEMA):
            create_pliego(build_pliego(key, formatos.latest("incidente"), QUICHE, SHEETS, "carta"))
        codes = {f.numero: f.codigo for f in folios_of(db.session.get_one(Pliego, key))}
        assert sorted(codes) == list(state)
        for what, number, who in steps:
            with unit_of_work(SISTEMA):
                if what == "usar":
                    text = codes.get(number, codes[1][:-1] + "?")
                    told = use_folio(text, "incidente", QUICHE, registro_id=owners[who])
                    if number in state and state[number] in {"sin_usar", "extraviado"}:
                        state[number], owner[number] = "usado", owners[who]
                    elif owner.get(number) != owners[who]:
                        assert told, "a sheet that cannot be used says so"
                    continue
                try:
                    mark_folios(db.session.get_one(Pliego, key), [number], what, "Se mojó")
                except RuleBroken as refused:
                    wanted = "folio_usado" if number in state else "folio_ausente"
                    assert refused.codigo == wanted and state.get(number) in {None, "usado"}
                else:
                    state[number] = what
        row = db.session.get_one(Pliego, key)
        folios = folios_of(row)
        assert {f.numero: f.estado for f in folios} == state
        assert {f.numero: f.registro_id for f in folios if f.registro_id} == owner
        unseen = tuple(n for n, kept in state.items() if kept == "sin_usar")
        told = counts([row])[key]
        assert missing(folios).numeros == unseen and told.faltan == len(unseen)
        assert told.usados + told.anulados + told.extraviados + told.faltan == SHEETS
        db.session.rollback()

    holds()


IN = ("entrada_donacion", "entrada_compra", "traslado_entra", "ajuste_mas")
OUT = ("salida_entrega", "traslado_sale", "baja_vencido", "baja_daniado", "baja_perdida", "ajuste_menos")
MOVES = st.lists(
    st.tuples(st.sampled_from(IN + OUT), st.decimals("0.01", "500", places=2)), min_size=1, max_size=15
)
MEALS = st.tuples(*[st.integers(0, 300)] * 3)


@settings(QUICK, max_examples=60)
@given(MOVES, MEALS)
def test_nothing_leaves_a_store_or_a_kitchen_that_was_not_in_it_without_being_said(moves, meal):
    """27: a balance is never below zero: where more would leave than is there, it is not kept and the row says so."""
    rows = [{"tipo": kind, "cantidad": str(amount)} for kind, amount in moves]
    result = validate(formatos.latest("kardex"), {"movimientos": rows}, gate=False)
    impossible = {w.campo for w in result.warnings if w.codigo == "calculo_imposible"}
    held = Decimal(0)
    for n, ((kind, amount), row) in enumerate(zip(moves, result.answers["movimientos"], strict=True)):
        held += amount if kind in IN else -amount
        if held < 0:
            assert "saldo" not in row and f"movimientos[{n}].saldo" in impossible
        else:
            assert row["saldo"] == held and f"movimientos[{n}].saldo" not in impossible
    prepared, served, left = meal
    day = {"tiempos": [{"tiempo": "cena", "preparadas": prepared, "servidas": served, "sobrantes": left}]}
    told = {w.codigo for w in validate(formatos.latest("alimentacion"), day, gate=False).warnings}
    assert ("servidas_de_mas" in told) == (served > prepared)
    assert ("sobrantes_de_mas" in told) == (left > prepared)


FORMATS = ("boleta_ingreso", "parte_diario", "kardex")
LINES = st.lists(
    st.tuples(st.sampled_from(FORMATS), st.integers(1, 900), st.sampled_from(("impreso", "usb"))),
    min_size=1, max_size=3, unique_by=lambda line: (line[0], line[2]),
)  # fmt: skip
NAMES = st.sampled_from(("Ana Cobo", "Ana Cóbo", "=1+1", "Juana Brito"))


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_mark_of_a_receipt_is_that_of_the_delivery_as_it_is_stored(app):
    """39: read again it is the same; no two deliveries that differ share it; an annulled one has another."""
    known: dict[str, UUID] = {}

    def mark(key: UUID) -> str:
        db.session.expire_all()
        return str(lay_out(db.session.get_one(EntregaFormatos, key), lineas_of([key])[key])["huella"])

    @settings(QUICK, max_examples=15)
    @given(LINES, NAMES, st.booleans())
    def proves(lines, name, annulled) -> None:
        given = [LineaNueva(code, 1, number, how) for code, number, how in lines]
        key = make_entrega("1413", *given, recibe_nombre=name).id
        first = mark(key)
        assert len(first) == 64 and first == mark(key)
        assert known.setdefault(first, key) == key
        if annulled:
            with unit_of_work(SISTEMA):
                annul_entrega(db.session.get_one(EntregaFormatos, key), "Se anotó dos veces")
            assert mark(key) != first

    proves()
