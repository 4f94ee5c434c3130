"""The check sign of a folio catches what a hand does wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albergues_app.core.ids import SPEAKABLE
from albergues_app.pliegos.codes import folio_code, new_lot, read_folio

LOTS = st.text(alphabet=SPEAKABLE, min_size=5, max_size=5)
NUMBERS = st.integers(1, 999)


@given(LOTS, NUMBERS)
def test_a_folio_is_read_back_as_it_was_printed(lote, numero):
    code = folio_code(lote, numero)
    assert len(code) == 11
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("-", " "), f"  {code} "):
        assert read_folio(typed) == (code, True)


@given(LOTS, NUMBERS, st.data())
def test_one_wrong_sign_and_two_swapped_neighbours_never_fit(lote, numero, data):
    signs = folio_code(lote, numero).replace("-", "")
    at = data.draw(st.integers(0, len(signs) - 1))
    alphabet = "0123456789" if 5 <= at < 8 else SPEAKABLE
    other = data.draw(st.sampled_from([s for s in alphabet if s != signs[at]]))
    wrong = signs[:at] + other + signs[at + 1 :]
    assert read_folio(wrong) is not None
    assert read_folio(wrong)[1] is False
    for left in (0, 1, 2, 3, 5, 6):
        if signs[left] != signs[left + 1]:
            swapped = signs[:left] + signs[left + 1] + signs[left] + signs[left + 2 :]
            assert read_folio(swapped)[1] is False


@pytest.mark.parametrize("text", ["", "000123", "QK7-4M2", "ACEFH-12-A", "ACEFH-0123-A", "=1+1", "x" * 400])
def test_what_has_another_shape_is_not_ours(text):
    assert read_folio(text) is None


def test_letters_that_look_like_digits_are_forgiven_in_the_number():
    code = folio_code("ACEFH", 10)
    assert read_folio(code.replace("-010-", "-OIO-")) == (code, True)


def test_lots_have_five_speakable_signs():
    assert all(set(new_lot()) <= set(SPEAKABLE) and len(new_lot()) == 5 for _ in range(200))
