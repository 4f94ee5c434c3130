"""A person's name as words that can be compared: particles apart, the married surname marked, short forms known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from albergues_app.core.text import normalize, phonetic_word, skeleton_word

PARTICLES = frozenset({"de", "del", "la", "las", "lo", "los", "y", "e", "da", "do", "van", "von", "der"})
_WIDOW = frozenset({"vda", "viuda", "v"})
_NAMELESS = frozenset({"", "n n", "nn", "n n n", "sin nombre", "desconocido", "desconocida", "no registrado"})

NOMBRE, APELLIDO, CASADA, CUALQUIERA = "n", "a", "c", "?"
"""What a word of a name is: given, surname, surname by marriage (it comes and goes), or not known."""

_SHORT: dict[str, tuple[str, ...]] = {
    "jose": ("chepe", "pepe", "jse"),
    "maria": ("ma", "mari", "mary"),
    "francisco": ("fco", "paco", "pancho", "chico", "frco"),
    "francisca": ("fca", "paca", "pancha", "chica"),
    "guadalupe": ("gpe", "lupe", "lupita"),
    "ignacio": ("nacho",),
    "jesus": ("chus", "chucho", "jhs"),
    "manuel": ("meme", "manolo", "ml"),
    "luis": ("lucho", "guicho"),
    "antonio": ("tono", "toño", "tony"),
    "roberto": ("beto",),
    "alberto": ("beto",),
    "rosario": ("chayo",),
    "isabel": ("chabela", "chabe"),
    "concepcion": ("concha", "conchita", "chon"),
    "lorenzo": ("lencho",),
    "hortensia": ("tencha",),
    "ernesto": ("neto",),
    "enrique": ("quique",),
    "fernando": ("fdo", "nando"),
    "rafael": ("rafa", "rafita"),
    "guillermo": ("memo", "guillo"),
    "gregorio": ("goyo",),
    "vicente": ("chente",),
    "salvador": ("chava",),
    "consuelo": ("chelo",),
    "mercedes": ("meches", "mercy"),
    "dolores": ("lola", "lolita"),
    "teresa": ("tere", "teresita"),
    "margarita": ("mago", "marga"),
    "catarina": ("cata", "catana"),
    "sebastian": ("bashtian",),
    "juana": ("juanita", "jna"),
    "juan": ("juanito", "jn"),
    "ana": ("anita",),
    "carmen": ("carmencita",),
    "domingo": ("mingo", "dgo"),
    "dominga": ("minga", "domingas"),
    "eduardo": ("lalo",),
    "alejandro": ("jando",),
    "hernandez": ("hdz", "hdez"),
    "rodriguez": ("rdz", "rguez"),
    "gonzalez": ("glez", "gzlz"),
    "martinez": ("mtz", "mtez"),
    "fernandez": ("fdz", "fdez"),
    "ramirez": ("rmz",),
    "perez": ("prz",),
    "lopez": ("lpz",),
    "garcia": ("gcia",),
    "gutierrez": ("gtz", "gtrz"),
    "vasquez": ("vsqz", "vqz"),
    "sanchez": ("schz",),
}
"""Ways people and papers shorten the commonest names (general knowledge; extend it freely)."""

_LONG: dict[str, frozenset[str]] = {}
for _full, _shorts in _SHORT.items():
    for _short in _shorts:
        _LONG[_short] = _LONG.get(_short, frozenset()) | {_full}


@dataclass(frozen=True, slots=True)
class Nombre:
    """Normalised words in the order written, with what each is, and the whole as one text."""

    palabras: tuple[str, ...]
    papeles: str
    texto: str

    def __bool__(self) -> bool:
        return bool(self.palabras)


EMPTY = Nombre((), "", "")


def read_name(nombres: str, apellidos: str | None = None, known_parts: bool = True) -> Nombre:
    """Words of a name. ``known_parts`` False: the whole name stands in ``nombres``.

    A surname after «de» when there are two others already, or after «viuda de», is the married one.
    """
    given, family = normalize(nombres), normalize(apellidos or "")
    if f"{given} {family}".strip() in _NAMELESS:
        return EMPTY
    words: list[str] = []
    parts: list[str] = []
    split = known_parts and bool(family)
    for text, part in ((given, NOMBRE if split else CUALQUIERA), (family, APELLIDO)):
        if text in _NAMELESS:
            continue
        before, own, widow = "", 0, False
        for word in text.split():
            if word in PARTICLES or word in _WIDOW or word.isdigit():
                widow = widow or word in _WIDOW
                before = word
                continue
            late = own >= (2 if part == APELLIDO else 3)
            married = part != NOMBRE and (widow or (before == "de" and late))
            words.append(word)
            parts.append(CASADA if married else part)
            own += 1
            before = ""
    return Nombre(tuple(words), "".join(parts), " ".join(words))


@lru_cache(1 << 18)
def word_likeness(one: str, other: str) -> float:
    """How alike two words of names are, from 0 to 1; what sounds the same is nearly one, what is shortened too."""
    if one == other:
        return 1.0
    if len(one) > len(other):
        one, other = other, one
    sound, heard = phonetic_word(one), phonetic_word(other)
    if sound == heard:
        return 0.96
    if len(one) == 1:
        return 0.84 if other.startswith(one) or heard.startswith(sound) else 0.0
    if _same_long_form(one, other):
        return 0.9
    if _other_gender(one, other):
        return 0.62
    likeness = max(
        OSA.normalized_similarity(one, other, score_cutoff=0.5),
        0.98 * OSA.normalized_similarity(sound, heard, score_cutoff=0.5),
    )
    if len(one) >= 3 and other.startswith(one):
        return max(likeness, 0.78)
    if 0.5 <= likeness < 0.8 and len(one) >= 5 and skeleton_word(one) == skeleton_word(other):
        return 0.8
    return likeness


def _same_long_form(one: str, other: str) -> bool:
    if one not in _LONG and other not in _LONG:
        return False
    return bool(_LONG.get(one, frozenset({one})) & _LONG.get(other, frozenset({other})))


def _other_gender(one: str, other: str) -> bool:
    """Mario and María, Juan and Juana: another person of the house sooner than a slip."""
    if len(one) == len(other):
        return one[:-1] == other[:-1] and {one[-1], other[-1]} == {"a", "o"} and len(one) > 3
    return len(other) == len(one) + 1 and other[-1] == "a" and other[:-1] == one and len(one) > 3


_VERY_COMMON = frozenset(re.findall(r"\w+", """
    maria jose juan luis carlos ana lopez perez garcia hernandez morales gonzalez ramirez gomez
"""))  # fmt: skip
_COMMON = frozenset(re.findall(r"\w+", """
    miguel pedro francisco manuel antonio rosa mario jorge juana sebastian marta martha mateo jesus alberto enrique
    angel victor edgar julio cesar rene oscar roberto elena isabel carmen catarina marcos diego tomas domingo
    leon martinez vasquez mendez velasquez rodriguez ramos cruz diaz castillo reyes ortiz chavez sanchez flores aguilar
    juarez estrada mendoza santos rivera gutierrez alvarez castro jimenez contreras fuentes lorenzo pascual raymundo
    choc cac coc tzoc caal pop xol tiu us ajanel sis
"""))  # fmt: skip


@lru_cache(1 << 16)
def rarity(word: str) -> float:
    """What it is worth that two names share this word: half the country has a López, and few are called Xiloj.

    General knowledge of which names are common; no frequencies of any list.
    """
    if word in _VERY_COMMON:
        return 0.75
    return 1.0 if word in _COMMON else 1.3
