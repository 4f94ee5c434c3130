"""The clock of Guatemala, Spanish text, and identifiers."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albergues_app.core import clock, documents
from albergues_app.core.ids import SPEAKABLE, speakable_code, speakable_is_valid, uuid7
from albergues_app.core.text import clean, close_directions, normalize, phonetic, whole_number
from albergues_app.formats.engine.text import clean as engine_clean


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        (datetime(2026, 11, 20, 23, 59, tzinfo=UTC), date(2026, 11, 20)),  # 17:59
        (datetime(2026, 11, 21, 0, 1, tzinfo=UTC), date(2026, 11, 20)),  # 18:01, another day in UTC
        (datetime(2026, 11, 21, 5, 59, 59, tzinfo=UTC), date(2026, 11, 20)),  # 23:59:59
        (datetime(2026, 11, 21, 6, 0, tzinfo=UTC), date(2026, 11, 21)),  # midnight
    ],
)
def test_the_day_is_the_one_of_guatemala(utc, day):
    assert clock.local_day(utc) == day
    assert clock.day_start(day) <= utc < clock.day_end(day)


@given(st.integers(0, 4_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)))
def test_iso_is_the_same_instant_at_minus_six(instant):
    text = clock.iso(instant)
    assert text.endswith("-06:00")
    assert datetime.fromisoformat(text) == instant


def test_iso_of_what_has_not_ended_is_none():
    assert clock.iso(None) is None
    assert clock.iso(clock.FOREVER) is None


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="naive"):
        clock.as_utc(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ch'orti'", "CHꞌORTIꞌ"),
        ("José  Ángel", "jose angel"),
        ("Núñez", "nuñez"),
        ("Güitz-Tzoc", "guitz tzoc"),
        ("Tz’utujil", "Tz`utujil"),
    ],
)
def test_names_compare_without_accents_and_apostrophes(one, other):
    assert normalize(one) == normalize(other)


def test_enie_is_a_letter_of_its_own():
    assert normalize("Peña") != normalize("Pena")
    assert normalize("Pen\u0303a") == normalize("Peña")


@pytest.mark.parametrize("none", ["\x00", "\x7f", "\ufffe", "\uffff", "\U0001fffe", "\ud800"])
def test_what_no_file_can_hold_is_not_kept(none):
    assert clean(f"Acul{none} centro") == "Acul centro"
    assert engine_clean(f"Acul{none} centro") == "Acul centro"


@given(st.text())
def test_clean_is_nfc_and_stays_as_it_is(text):
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip() and "  " not in once
    assert normalize(once) == normalize(normalize(once))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Sic", "Zic"), ("Baltazar", "Valtasar"), ("Quixtán", "Kixtan"), ("López Ana", "Ana Lopes")],
)
def test_what_sounds_alike_has_one_key(one, other):
    assert phonetic(one) == phonetic(other)


def test_ids_are_uuid_7_in_order_of_time(monkeypatch):
    import time

    before = time.time_ns() // 1_000_000
    made = [uuid7() for _ in range(200)]
    assert {u.version for u in made} == {7} and {u.variant for u in made} == {"specified in RFC 4122"}
    assert len(set(made)) == 200
    assert all(before <= u.int >> 80 <= before + 60_000 for u in made)
    assert timedelta(0) <= timedelta(milliseconds=(made[-1].int >> 80) - (made[0].int >> 80))


def test_a_family_code_catches_a_wrong_sign_and_swapped_neighbours():
    for _ in range(50):
        code = speakable_code()
        assert speakable_is_valid(code) and speakable_is_valid(code.lower().replace("-", " "))
        signs = code.replace("-", "")
        for n, sign in enumerate(signs):
            for other in SPEAKABLE:
                assert (other == sign) or not speakable_is_valid(signs[:n] + other + signs[n + 1 :])
        for n in range(5):
            swapped = signs[:n] + signs[n + 1] + signs[n] + signs[n + 2 :]
            assert swapped == signs or not speakable_is_valid(swapped)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("7", 7),
        (" -12 ", -12),
        ("²", None),
        ("--5", None),
        ("", None),
        ("1" * 10, None),
        ("9" * 5000, None),
        ("٣", None),
    ],
)
def test_a_whole_number_is_read_or_it_is_none(typed, number):
    assert whole_number(typed) == number


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("COMRED de Tactic", "COMRED de Tactic"),
        ("COMRED \u202e de Tactic", "COMRED \u202e de Tactic\u202c"),
        ("\u202eya\u202c cerrada", "\u202eya\u202c cerrada"),
        ("una\u202e\ny otra", "una\u202e\u202c\ny otra"),
        ("\u2067a\u202eb\u2069c", "\u2067a\u202eb\u2069c"),
        ("\u2067a\u202bb", "\u2067a\u202bb\u202c\u2069"),
        ("\u202c suelta", "\u202c suelta"),
    ],
)
def test_a_direction_left_open_ends_with_its_line(text, closed):
    assert close_directions(text) == closed == close_directions(closed)


def test_a_sheet_closes_what_people_wrote_and_never_the_file_that_it_carries():
    drawn = documents._closed({"filas": [("De \u202e", 3)], "adjunto": "datos \u202e"})
    assert drawn == {"filas": [["De \u202e\u202c", 3]], "adjunto": "datos \u202e"}
