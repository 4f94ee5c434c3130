"""Key pairs: by which names are found that were written otherwise (rendimiento.md part 8).

Of each person every two words of the name, in the order written, by their skeletons: «jn lps». A search asks for the
pairs of what was typed, in both orders, and also for a word beside any other that begins alike: one word may then be
quite wrong. Which of the ranges are read is decided by how long they are, the rarest first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

from albergues_app.core.text import bare_skeleton, skeleton_word
from albergues_app.ocupacion.nombres import Nombre, read_name

MAX_WORDS = 6
"""Words of a name that make pairs; beyond, a name is a sentence."""
FEW_WORDS = 3
"""A name with no more words than these is kept in both orders: with one word wrong there is little else to find it by."""
YEARS_NEAR = 2
UNKNOWN_YEAR = 0
_LAST = "~"
"""After every sign of a key."""
LONG_RANGE = 1000
"""A range with more rows than this is read only within the years near, or when nothing rarer is left."""
BUDGET = 2500
"""Rows of keys that one search reads."""


def skeletons(nombre: Nombre) -> list[str]:
    """Skeletons of the words of a name, each once, in order."""
    return list(dict.fromkeys(skeleton_word(w) for w in nombre.palabras))[:MAX_WORDS]


def keys_of(nombre: Nombre, nacimiento: str = "") -> list[str]:
    """The keys under which a person is found. ``nacimiento``: a date that was given as such is a key too."""
    words = skeletons(nombre)
    pairs = permutations(words, 2) if len(words) <= FEW_WORDS else combinations(words, 2)
    keys = [f"{a} {b}" for a, b in pairs] if len(words) > 1 else words
    return keys if not nacimiento else [*keys, date_key(nacimiento)]


def key_rows(version: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of ``ClavePersona`` of the columns of a current version."""
    born = version["nacimiento"]
    exact = f"{born:%Y%m%d}" if born is not None and not version["nacimiento_estimado"] else ""
    year, persona = version["anio_nacimiento"] or UNKNOWN_YEAR, version["persona_id"]
    return [
        {"clave": key, "anio": year, "persona_id": persona}
        for key in keys_of(read_name(version["nombres"], version["apellidos"]), exact)
    ]


def date_key(nacimiento: str) -> str:
    """A birth date among the keys."""
    return f"@{nacimiento}"


@dataclass(frozen=True, slots=True)
class Rango:
    """Keys from ``desde`` to ``hasta`` inclusive. ``cerca``: only of a birth year near, or unknown."""

    desde: str
    hasta: str
    cerca: bool = False


def ranges_of(nombre: Nombre, anio: int | None, nacimiento: str = "", typing: bool = False) -> list[Rango]:
    """Where somebody may be found, before it is known how many are there. ``typing``: the last word may be unfinished."""
    words = skeletons(nombre)
    found = [Rango(date_key(nacimiento), date_key(nacimiento))] if nacimiento else []
    found += [Rango(w, w) for w in words]
    unfinished = bare_skeleton(nombre.palabras[-1]) if typing and len(nombre.palabras) > 1 else ""
    for a, b in permutations(words, 2):
        if unfinished and b == words[-1]:
            found.append(Rango(f"{a} {unfinished}", f"{a} {unfinished}{_LAST}"))
        else:
            found.append(Rango(f"{a} {b}", f"{a} {b}"))
    if len(words) > 1:
        pairs = permutations(words, 2) if len(words) <= FEW_WORDS else combinations(words, 2)
        found += [Rango(f"{a} {b[:1]}", f"{a} {b[:1]}{_LAST}", True) for a, b in pairs]
    return list(dict.fromkeys(found))


def choose(ranges: Sequence[Rango], length: Callable[[Rango], int], anio: int | None) -> list[Rango]:
    """The ranges worth reading: all short ones of the whole name, then the rarest others while the budget lasts.

    ``length`` may stop counting at ``LONG_RANGE`` + 1.
    """
    left = BUDGET
    chosen: list[Rango] = []
    for size, _order, one in sorted(
        ((length(r), n, r) for n, r in enumerate(ranges)), key=lambda t: (t[2].cerca, t[0], t[1])
    ):
        if not size:
            continue
        near = one
        if size > LONG_RANGE:
            if one.cerca or (anio is None and chosen):
                continue
            near = Rango(one.desde, one.hasta, anio is not None)
        if size > left and chosen:
            break
        chosen.append(near)
        left -= size
    return chosen
