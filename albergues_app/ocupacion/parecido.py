"""How likely two records are one person: points for what agrees, points off for what contradicts.

One scale for the desk, for books and for ``albergues evaluar duplicados``. The weights are ours (dominio.md 4.6 says
what to compare, no source says how much); they were set on invented people and checked on others', see
docs/duplicados.md. The shelter is never compared: the same person in two shelters is one.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from albergues_app.ocupacion.nombres import (
    APELLIDO,
    CASADA,
    CUALQUIERA,
    EMPTY,
    NOMBRE,
    Nombre,
    rarity,
    word_likeness,
)

UMBRAL = 8.0
"""From these points on, two records are said to be the same person."""
ALGO_PARECIDA = 4.5
"""From these points on, the desk is asked to look."""

_WORD = {NOMBRE: 3.0, APELLIDO: 3.5, CASADA: 2.0, CUALQUIERA: 3.2}
_CONFLICT = {NOMBRE: -6.0, APELLIDO: -5.5, CASADA: -0.5, CUALQUIERA: -5.5}
_NO_GIVEN_NAME_AGREES = -3.0
_ONLY_ONE_HAS_IT = -0.4
_OTHER_PART = -0.6
_NAME_AT_MOST = 14.0
_EVIDENCE = (
    (0.0, 0.5, 0.62, 0.7, 0.76, 0.82, 0.88, 0.95, 1.0),
    (-1.0, -0.9, -0.45, -0.1, 0.25, 0.55, 0.75, 0.93, 1.0),
)
"""What a likeness of two words is worth, from «these are different names» (-1) to «it is the same» (1)."""
_ALIGNED_FROM = 0.62


@dataclass(frozen=True, slots=True)
class Ficha:
    """What is known of a person for comparing. Only the name is needed; None or empty is «not known»."""

    nombre: Nombre = EMPTY
    sexo: str = ""
    anio: int | None = None
    """Year of birth, from the date or from the age."""
    nacimiento: str = ""
    """Year, month and day as eight digits, only when the date itself was given and not derived from an age. It need not
    exist: a date of a strange file may bear a slip."""
    municipio: str = ""
    cui: str = ""
    """Digits, or the index of the sealed number: equal strings are equal numbers."""
    cui_legible: bool = False
    """The digits themselves stand in ``cui``, so that a slip of one digit can be seen."""


@dataclass(frozen=True, slots=True)
class Parecido:
    """The points, and those of the name alone."""

    puntos: float
    nombre: float
    mismo_cui: bool

    @property
    def muy(self) -> bool:
        """Taken for the same person."""
        return self.puntos >= UMBRAL


def compare(one: Ficha, other: Ficha, hoy: int, least: float = ALGO_PARECIDA) -> Parecido:
    """Points of two records. ``hoy`` is the present year: the older one is, the less an age is known to the year.
    Where no name could reach ``least``, names are not compared."""
    same_cui = bool(one.cui) and one.cui == other.cui
    points = _birth(one, other, hoy) + _sex(one.sexo, other.sexo)
    points += _municipio(one.municipio, other.municipio) + _cui(one, other)
    if points + _NAME_AT_MOST < least:
        return Parecido(points, 0.0, same_cui)
    name = name_points(one.nombre, other.nombre)
    return Parecido(points + name, name, same_cui)


def name_points(one: Nombre, other: Nombre) -> float:
    """Points of two names: words are paired by likeness wherever they stand, so swapped surnames agree."""
    if not one.palabras or not other.palabras:
        return 0.0
    if one.palabras == other.palabras and one.papeles == other.papeles:
        same = zip(one.palabras, one.papeles, strict=True)
        return min(_NAME_AT_MOST, sum(_WORD[p] * rarity(w) for w, p in same))
    left, right = list(range(len(one.palabras))), list(range(len(other.palabras)))
    points, given_agrees, crossed, kept = 0.0, False, 0, 0
    for likeness, i, j in _pairs(one, other):
        if i not in left or j not in right:
            continue
        left.remove(i)
        right.remove(j)
        worth = _worth(likeness)
        roles = one.papeles[i], other.papeles[j]
        if worth > 0:
            rare = min(rarity(one.palabras[i]), rarity(other.palabras[j]))
            points += worth * rare * min(_WORD[r] for r in roles)
        else:
            points -= worth * min(_CONFLICT[r] for r in roles)
        given_agrees = given_agrees or (worth > 0.2 and NOMBRE in roles)
        apart = _apart(*roles)
        crossed += apart
        kept += not apart
    points += _OTHER_PART * min(crossed, kept)
    if left and right:
        points += _joined(one, other, left, right)
    points += _left_over(one, other, left, right, given_agrees)
    return min(_NAME_AT_MOST, points)


def _apart(one: str, other: str) -> bool:
    """A given name against a surname."""
    return one != other and CUALQUIERA not in (one, other) and CASADA not in (one, other)


def _pairs(one: Nombre, other: Nombre) -> list[tuple[float, int, int]]:
    """(likeness, place in one, place in the other), the most alike first; those of the same part and place before others.
    What is written the same is not compared with anything else."""
    same = [(-1.0, _apart(p, other.papeles[j]), abs(i - j), i, j)
            for i, (w, p) in enumerate(zip(one.palabras, one.papeles, strict=True))
            for j, v in enumerate(other.palabras) if w == v]  # fmt: skip
    here, there = {t[3] for t in same}, {t[4] for t in same}
    for i, word in enumerate(one.palabras):
        if i in here:
            continue
        for j, against in enumerate(other.palabras):
            if j in there:
                continue
            likeness = word_likeness(word, against)
            if likeness >= _ALIGNED_FROM:
                same.append((-likeness, _apart(one.papeles[i], other.papeles[j]), abs(i - j), i, j))
    same.sort()
    return [(-minus, i, j) for minus, _apart_, _far, i, j in same]


def _worth(likeness: float) -> float:
    at, worth = _EVIDENCE
    n = min(bisect_right(at, likeness), len(at) - 1)
    share = (likeness - at[n - 1]) / (at[n] - at[n - 1])
    return worth[n - 1] + share * (worth[n] - worth[n - 1])


def _joined(one: Nombre, other: Nombre, left: list[int], right: list[int]) -> float:
    """«María José» and «Mariajosé»: words written as one, or one written as two."""
    points = 0.0
    for a, b, whole, halves in ((one, other, left, right), (other, one, right, left)):
        for i in list(whole):
            word = a.palabras[i]
            for j in range(len(b.palabras) - 1) if len(word) >= 5 else ():
                free = [n for n in (j, j + 1) if n in halves]
                joined = b.palabras[j] + b.palabras[j + 1]
                if not free or abs(len(joined) - len(word)) > 2:
                    continue
                if OSA.normalized_similarity(word, joined) >= 0.86:
                    whole.remove(i)
                    for n in free:
                        halves.remove(n)
                    points += 0.9 * _WORD[a.papeles[i]]
                    break
    return points


def _left_over(one: Nombre, other: Nombre, left: list[int], right: list[int], given_agrees: bool) -> float:
    """Words without a pair: on both sides they contradict, on one side something is only missing."""
    a = [one.papeles[i] for i in left]
    b = [other.papeles[j] for j in right]
    points = 0.0
    for part in (NOMBRE, APELLIDO, CUALQUIERA):
        while part in a and (part in b or CUALQUIERA in b):
            a.remove(part)
            b.remove(part if part in b else CUALQUIERA)
            points += _CONFLICT[part]
            if part == NOMBRE and not given_agrees:
                points += _NO_GIVEN_NAME_AGREES
                given_agrees = True
        while part in b and CUALQUIERA in a:
            b.remove(part)
            a.remove(CUALQUIERA)
            points += _CONFLICT[part]
    return points + _ONLY_ONE_HAS_IT * (len(a) + len(b))


def _sex(one: str, other: str) -> float:
    if not one or not other or "no_registrado" in (one, other):
        return 0.0
    return 0.6 if one == other else -2.5


_YEARS = ((1.5, 2.0), (2.5, 1.0), (3.5, -0.7), (5.5, -2.5), (10.5, -5.0), (15.5, -7.0))

_AGE_SLIP = -5.5
"""34 for 43, or 24 for 84: an age of two digits with one of them wrong."""


def _birth(one: Ficha, other: Ficha, hoy: int) -> float:
    if one.nacimiento and other.nacimiento:
        return _dates(one.nacimiento, other.nacimiento)
    if one.anio is None or other.anio is None:
        return 0.0
    ages = sorted((hoy - one.anio, hoy - other.anio))
    apart = (ages[1] - ages[0]) / max(1.0, ages[0] / 30)
    points = next((p for most, p in _YEARS if apart <= most), -9.0)
    if points < _AGE_SLIP and min(ages) >= 10 and OSA.distance(str(ages[0]), str(ages[1])) == 1:
        return _AGE_SLIP
    return points


def _dates(one: str, other: str) -> float:
    if one == other:
        return 6.5
    if one[:4] == other[:4] and one[4:6] == other[6:] and one[6:] == other[4:6]:
        return 5.0
    slips = OSA.distance(one, other)
    if slips == 1:
        return 4.0
    same = (one[:4] == other[:4]) + (one[4:6] == other[4:6]) + (one[6:] == other[6:])
    apart = abs(int(one[:4]) - int(other[:4]))
    if same == 2:
        return 3.0 if apart <= 2 else 0.5
    if slips == 2:
        return 1.0 if apart <= 10 else -1.0
    if apart <= 1:
        return -1.5
    if apart <= 2:
        return -2.5
    return -5.0 if apart <= 5 else -8.0


def _municipio(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    if one == other:
        return 1.5
    if one.isdigit() and other.isdigit():
        return -0.3 if one[:2] == other[:2] else -0.9
    return 1.0 if OSA.normalized_similarity(one, other) >= 0.8 else -0.9


def _cui(one: Ficha, other: Ficha) -> float:
    if not one.cui or not other.cui:
        return 0.0
    if one.cui == other.cui:
        return 12.0 if len(one.cui) >= 12 else 9.0
    if not (one.cui_legible and other.cui_legible):
        return -2.5
    slips = OSA.distance(one.cui, other.cui, score_cutoff=2)
    long = min(len(one.cui), len(other.cui)) >= 12
    if slips == 1:
        return 7.0 if long else 5.0
    if slips == 2:
        return 3.5 if long else 1.0
    return -4.0
