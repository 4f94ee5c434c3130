"""From a search to the likeliest few: the same steps over the database and over a file in memory.

1. ``claves.ranges_of`` and ``choose``: which keys are read. 2. ``narrow``: of the names found, those most alike by
rapidfuzz. 3. ``parecido.compare``: points by everything that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from rapidfuzz import fuzz, process

from albergues_app.ocupacion.parecido import ALGO_PARECIDA, Ficha, Parecido, compare

NARROWED = 40
"""Candidates of one search that are compared with care."""
_ALIKE_FROM = 52.0

T = TypeVar("T")


def sorted_words(texto: str) -> str:
    """The words of a name in alphabetical order: what ``fuzz.token_sort_ratio`` compares, sorted once."""
    return " ".join(sorted(texto.split()))


def narrow(texto: str, textos: Sequence[str], limit: int = NARROWED) -> list[int]:
    """Positions of the names most alike, whatever the order of their words; all ``sorted_words``."""
    if len(textos) <= limit:
        return list(range(len(textos)))
    found = process.extract(texto, textos, scorer=fuzz.ratio, limit=limit, score_cutoff=_ALIKE_FROM)
    return [position for _name, _score, position in found]


def rank(wanted: Ficha, candidates: Iterable[tuple[T, Ficha]], hoy: int) -> list[tuple[Parecido, T]]:
    """Those worth a look, the likeliest first; the same CUI is always worth one. Ties keep their order."""
    found = []
    for key, ficha in candidates:
        alike = compare(wanted, ficha, hoy)
        if alike.puntos >= ALGO_PARECIDA or alike.mismo_cui:
            found.append((alike, key))
    found.sort(key=lambda one: -one[0].puntos)
    return found
