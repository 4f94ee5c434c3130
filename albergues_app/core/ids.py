"""Keys made where the record is born (UUIDv7, RFC 9562): ordered by time, unique by 74 random bits, never a secret."""

from __future__ import annotations

import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """A new UUIDv7."""
    millis = time.time_ns() // 1_000_000
    value = (millis & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return UUID(int=value)


SPEAKABLE = "ACEFHJKMNPQRTVWXYZ23479"
"""23 signs nobody confuses aloud or by hand. A prime count, so that the check sign below is exact."""


def speakable_code() -> str:
    """A family code such as ``QK7-4M2``: five random signs and one check sign."""
    body = [secrets.randbelow(len(SPEAKABLE)) for _ in range(5)]
    signs = "".join(SPEAKABLE[i] for i in [*body, _check(body)])
    return f"{signs[:3]}-{signs[3:]}"


def speakable_is_valid(code: str) -> bool:
    """True when the check sign fits: every single wrong sign and every swap of neighbours is caught."""
    signs = code.upper().replace("-", "").replace(" ", "")
    if len(signs) != 6 or any(s not in SPEAKABLE for s in signs):
        return False
    *body, check = (SPEAKABLE.index(s) for s in signs)
    return _check(body) == check


def read_code(text: str) -> str | None:
    """A code as people write it or a card reader types it, as ``QK7-4M2``; None: it is no code, or a sign is wrong.

    Small letters, spaces and any stroke between the halves are forgiven, also the one that a reader set for another
    keyboard types in its place.
    """
    signs = "".join(s for s in text.upper() if s.isalnum())
    return f"{signs[:3]}-{signs[3:]}" if speakable_is_valid(signs) else None


def _check(body: list[int]) -> int:
    # Distinct weights modulo a prime: any single wrong sign and any swap of neighbours changes the check.
    return sum(value * weight for value, weight in zip(body, (1, 2, 3, 4, 5), strict=True)) % len(SPEAKABLE)
