"""What a stolen database would cost to guess from: the suite hashes with little work, the application does not."""

from __future__ import annotations

import argon2

from tests.once import REAL_HASHER


def test_the_work_of_a_guess_is_what_owasp_asks_for():
    made = argon2.extract_parameters(REAL_HASHER().hash("tres volcanes verdes"))
    assert made.type is argon2.Type.ID
    assert (made.memory_cost, made.time_cost, made.parallelism) == (19 * 1024, 2, 1)
