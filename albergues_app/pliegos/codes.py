"""The folio of a pre-numbered sheet, such as ``K7QM4-012-X``: the batch, its number in it, and a check sign."""

from __future__ import annotations

import re
import secrets

from albergues_app.core.ids import SPEAKABLE

LOT_SIGNS = 5
_SHAPE = re.compile(rf"[{SPEAKABLE}]{{{LOT_SIGNS}}}\d{{3}}[{SPEAKABLE}]")
_AS_DIGIT = str.maketrans("OIL", "011")


def new_lot() -> str:
    """Five signs that nobody confuses aloud or by hand: one of 6.4 million, and unique in the database."""
    return "".join(secrets.choice(SPEAKABLE) for _ in range(LOT_SIGNS))


def folio_code(lote: str, numero: int) -> str:
    """The folio as it is printed. ``numero`` goes from 1 to 999."""
    return f"{lote}-{numero:03d}-{_check(lote, f'{numero:03d}')}"


def read_folio(text: str) -> tuple[str, bool] | None:
    """What was typed as a folio of ours, and whether its check sign fits; None: it has another shape.

    Spaces, dashes and small letters are forgiven, and O, I or L where a digit stands.
    """
    signs = re.sub(r"[\s.·–—-]", "", text).upper()
    lote, numero, check = (
        signs[:LOT_SIGNS],
        signs[LOT_SIGNS : LOT_SIGNS + 3].translate(_AS_DIGIT),
        signs[LOT_SIGNS + 3 :],
    )
    if not _SHAPE.fullmatch(f"{lote}{numero}{check}"):
        return None
    return f"{lote}-{numero}-{check}", _check(lote, numero) == check


def lacks_check(text: str) -> str | None:
    """A folio of ours that was copied without its last sign, as it is printed so far; None: it is something else."""
    known = read_folio(f"{text}{SPEAKABLE[0]}")
    return known[0].rpartition("-")[0] if known else None


def _check(lote: str, numero: str) -> str:
    """Distinct weights modulo a prime: one wrong sign, or two neighbours swapped, always changes it."""
    values = [*(SPEAKABLE.index(sign) for sign in lote), *map(int, numero)]
    return SPEAKABLE[sum(weight * value for weight, value in enumerate(values, start=1)) % len(SPEAKABLE)]
