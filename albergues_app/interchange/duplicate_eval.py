"""Measure the search of duplicates on persons and labelled pairs of a file: ours, and three simpler methods.

The candidates and the points are those of the desk (``ocupacion.candidatos``); only the keys stand in memory.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, compress

from rapidfuzz import fuzz

from albergues_app.interchange.duplicate_people import Lectura, Registro
from albergues_app.interchange.metaphone import metaphone
from albergues_app.ocupacion.candidatos import narrow, rank
from albergues_app.ocupacion.claves import UNKNOWN_YEAR, YEARS_NEAR, Rango, choose, keys_of, ranges_of
from albergues_app.ocupacion.parecido import UMBRAL

RAPIDFUZZ_FROM = 90
Par = tuple[int, int]


@dataclass(frozen=True)
class Medida:
    """Of the pairs that are one person: how many were said, and how many of those said are."""

    aciertos: int
    dichos: int
    verdaderos: int

    @property
    def precision(self) -> float:
        """Share of what was said that is true; 0 when nothing was said."""
        return self.aciertos / self.dichos if self.dichos else 0.0

    @property
    def recall(self) -> float:
        """Share of what is true that was said; 0 when nothing is true."""
        return self.aciertos / self.verdaderos if self.verdaderos else 0.0

    @property
    def f1(self) -> float:
        total = self.dichos + self.verdaderos
        return 2 * self.aciertos / total if total else 0.0


@dataclass(frozen=True)
class Evaluacion:
    """The four methods, and whether only the labelled pairs were judged."""

    nuestro: Medida
    igualdad: Medida
    metaphone: Medida
    rapidfuzz: Medida
    solo_etiquetados: bool
    sin_etiqueta: int
    """Pairs said by ours that nobody labelled, where only labelled pairs are judged."""


class _Keys:
    """The table ``clave_persona``, of a file."""

    def __init__(self, personas: Sequence[Registro]) -> None:
        rows = sorted(
            (key, p.ficha.anio or UNKNOWN_YEAR, n)
            for n, p in enumerate(personas)
            for key in keys_of(p.ficha.nombre, p.ficha.nacimiento)
        )
        self._keys = [key for key, _anio, _n in rows]
        self._years = [anio for _key, anio, _n in rows]
        self._at = [n for _key, _anio, n in rows]

    def _bounds(self, rango: Rango) -> tuple[int, int]:
        start = bisect_left(self._keys, rango.desde)
        return start, bisect_right(self._keys, rango.hasta, start)

    def length(self, rango: Rango) -> int:
        start, end = self._bounds(rango)
        return end - start

    def read(self, rango: Rango, anio: int | None) -> Iterable[int]:
        start, end = self._bounds(rango)
        if not rango.cerca or anio is None:
            return self._at[start:end]
        near = {UNKNOWN_YEAR, *range(anio - YEARS_NEAR, anio + YEARS_NEAR + 1)}
        return compress(self._at[start:end], map(near.__contains__, self._years[start:end]))


def find_pairs(
    personas: Sequence[Registro], hoy: int, progress: Callable[[int, int], None] | None = None
) -> tuple[set[Par], set[Par]]:
    """(pairs said to be one person, pairs that were looked at)."""
    keys = _Keys(personas)
    by_cui: dict[str, list[int]] = defaultdict(list)
    for n, p in enumerate(personas):
        if p.ficha.cui:
            by_cui[p.ficha.cui].append(n)
    said: set[Par] = set()
    seen: set[Par] = set()
    for n, p in enumerate(personas):
        f = p.ficha
        near: set[int] = set()
        for rango in choose(ranges_of(f.nombre, f.anio, f.nacimiento), keys.length, f.anio):
            near.update(keys.read(rango, f.anio))
        sure = set(by_cui.get(f.cui, ())[:50]) if f.cui else set()
        # of two persons, one search is enough: that of the first
        others = sorted(o for o in near - sure if o > n)
        kept = narrow(
            p.texto, [personas[o].texto for o in others], p.ordenado, [personas[o].ordenado for o in others]
        )
        fresh = [(n, o) for o in {others[at] for at in kept} | {o for o in sure if o > n}]
        seen.update(fresh)
        for alike, pair in rank(f, ((pair, personas[pair[1]].ficha) for pair in fresh), hoy, UMBRAL):
            if alike.muy:
                said.add(pair)
        if progress is not None and n % 5000 == 4999:
            progress(n + 1, len(personas))
    return said, seen


def evaluate(read: Lectura, hoy: int, progress: Callable[[int, int], None] | None = None) -> Evaluacion:
    """Measure on what was read. With a label «no» among the pairs only labelled pairs are judged; without any, every
    pair that is not listed is taken for two persons."""
    only_labelled = not all(read.pares.values())
    truth = {pair for pair, same in read.pares.items() if same}
    judged = set(read.pares) if only_labelled else None
    said, seen = find_pairs(read.personas, hoy, progress)
    texts = [p.ordenado for p in read.personas]
    codes = [" ".join(sorted(map(metaphone, p.texto.split()))) for p in read.personas]

    def measure(pairs: set[Par]) -> Medida:
        kept = pairs if judged is None else pairs & judged
        return Medida(len(kept & truth), len(kept), len(truth))

    alike = {
        (a, b)
        for a, b in seen | set(read.pares)
        if texts[a] and fuzz.ratio(texts[a], texts[b]) >= RAPIDFUZZ_FROM
    }
    return Evaluacion(
        measure(said),
        measure(_equal([p.texto for p in read.personas])),
        measure(_equal(codes)),
        measure(alike),
        only_labelled,
        len(said - judged) if judged is not None else 0,
    )


def _equal(values: Sequence[str]) -> set[Par]:
    """Every two with the same value, but for those of a value that very many have (a wall of «N N»)."""
    groups: Mapping[str, list[int]] = defaultdict(list)
    for n, value in enumerate(values):
        if value:
            groups[value].append(n)
    return {pair for group in groups.values() if len(group) <= 2000 for pair in combinations(group, 2)}
