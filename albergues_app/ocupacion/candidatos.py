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
"""Candidates of one search, by their words in alphabetical order, that are compared with care."""
AS_WRITTEN = 15
"""As many more by the name as it is written: a slip in a first letter puts the word elsewhere in the alphabet."""
_ALIKE_FROM = 52.0

T = TypeVar("T")


def sorted_words(texto: str) -> str:
    """The words of a name in alphabetical order: what ``fuzz.token_sort_ratio`` compares, sorted once."""
    return " ".join(sorted(texto.split()))


def narrow(texto: str, textos: Sequence[str], ordenado: str, ordenados: Sequence[str]) -> list[int]:
    """Positions of the names most alike, whatever the order of their words. ``ordenado``: ``sorted_words`` of each."""
    if len(textos) <= NARROWED:
        return list(range(len(textos)))
    found: dict[int, None] = {}
    for one, all_, limit in ((ordenado, ordenados, NARROWED), (texto, textos, AS_WRITTEN)):
        alike = process.extract(one, all_, scorer=fuzz.ratio, limit=limit, score_cutoff=_ALIKE_FROM)
        found |= dict.fromkeys(position for _name, _score, position in alike)
    return list(found)


def rank(
    wanted: Ficha, candidates: Iterable[tuple[T, Ficha]], hoy: int, least: float = ALGO_PARECIDA
) -> list[tuple[Parecido, T]]:
    """Those worth a look, the likeliest first; the same CUI is always worth one. Ties keep their order."""
    found = []
    for key, ficha in candidates:
        alike = compare(wanted, ficha, hoy, least)
        if alike.puntos >= least or alike.mismo_cui:
            found.append((alike, key))
    found.sort(key=lambda one: -one[0].puntos)
    return found
