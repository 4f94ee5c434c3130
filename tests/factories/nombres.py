"""Invented people, and how else their names get written. The slips know nothing of our keys: neighbouring keys, letters
taken for others in handwriting, lost, added and swapped letters, words left out, surnames the other way round."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

_GIVEN = re.findall(r"\w+", """
    juana maria pedro jose ana luis rosa miguel carmen mateo elena diego catarina tomas isabel pascual petrona andres marta
    gaspar dominga baltazar lucia sebastian micaela domingo rosalia marcos teresa nicolas angelica francisco magdalena
    jacinto feliciana manuel ines santiago engracia felipe
""")  # fmt: skip
_FAMILY = re.findall(r"\w+", """
    lopez perez garcia raymundo brito cobo chel raimundo ramirez velasco bernal cedillo xiloj tzunun choc caal quib coc
    ajanel sis tiu us ixcoy chavez morales hernandez gomez mendez velasquez de_leon santiago marroquin guzaro ceto terraza
""")  # fmt: skip
_SYLLABLES = re.findall(r"\w+", """
    ba be bi bo ca co cu cha che chi da de do fa fe ga go gue ja jo la le li lo ma me mi mo na ne no pa pe po qui que ra re
    ri ro sa se si so ta te ti to tza tzu va ve vi xa xi xo ya yo za ze
""")  # fmt: skip
_ENDS = ["", "", "l", "n", "r", "s", "z", "c", "j", "x", "m", "t", "p", "k"]

_KEYS = ["qwertyuiop", "asdfghjklñ", "zxcvbnm"]
_BY_HAND = [
    ("n", "u"), ("a", "o"), ("e", "c"), ("rn", "m"), ("m", "rn"), ("l", "t"), ("i", "l"), ("g", "y"), ("u", "v"),
    ("r", "v"), ("c", "e"), ("o", "a"), ("d", "cl"), ("h", "b"), ("t", "f"),
]  # fmt: skip


@dataclass(frozen=True)
class Inventada:
    """A person nobody is."""

    nombres: str
    apellidos: str
    sexo: str
    anio: int


class Padron:
    """A stream of people. With the folder of data, by the frequencies of Guatemala; without, by names made up here."""

    def __init__(self, seed: int, datos: Path | None = None) -> None:
        self.rng = Random(seed)
        if datos is None:
            self._given = _zipf(_GIVEN + self._made(500))
            self._family = _zipf([n.replace("_", " ") for n in _FAMILY] + self._made(2300))
        else:
            self._given = _read(datos / "nombres" / "nombres_gt_frecuencia.csv")
            self._family = _read(datos / "nombres" / "apellidos_gt_frecuencia.csv")

    def _made(self, how_many: int) -> list[str]:
        words: dict[str, None] = {}
        while len(words) < how_many:
            root = "".join(self.rng.choice(_SYLLABLES) for _ in range(self.rng.choice((1, 2, 2, 2, 3))))
            words[root + self.rng.choice(_ENDS)] = None
        return list(words)

    def people(self, how_many: int) -> list[Inventada]:
        given, family = self._draw(self._given, how_many * 2), self._draw(self._family, how_many * 2)
        found = []
        for n in range(how_many):
            shape = self.rng.random()
            names = given[2 * n] if shape < 0.22 else f"{given[2 * n]} {given[2 * n + 1]}"
            surnames = family[2 * n] if shape > 0.96 else f"{family[2 * n]} {family[2 * n + 1]}"
            born = 2026 - min(95, int(self.rng.expovariate(1 / 27)))
            found.append(Inventada(names, surnames, self.rng.choice(("mujer", "hombre")), born))
        return found

    def _draw(self, names: tuple[list[str], list[int]], how_many: int) -> list[str]:
        return self.rng.choices(names[0], names[1], k=how_many)

    def otherwise(self, who: Inventada, years: bool = True) -> Inventada:
        """The same person as another desk wrote her: one slip or two, and what else happens to a name and an age."""
        rng = self.rng
        given, family = who.nombres.split(), who.apellidos.split()
        for _ in range(rng.choice((1, 1, 2))):
            words = rng.choice((given, family))
            at = rng.randrange(len(words))
            words[at] = slip(words[at], rng)
        if len(given) > 1 and rng.random() < 0.12:
            given.pop()
        if len(family) > 1 and rng.random() < 0.07:
            family.pop()
        if len(family) > 1 and rng.random() < 0.08:
            family.reverse()
        if rng.random() < 0.03:
            given, family = family, given
        apart = rng.choice((-2, -1, 1, 2)) if years and rng.random() < 0.3 else 0
        return replace(who, nombres=" ".join(given), apellidos=" ".join(family), anio=who.anio + apart)


def slip(word: str, rng: Random) -> str:
    """One slip of the hand in a word of three letters or more."""
    word = word.lower()
    if len(word) < 3:
        return word
    kind, at = rng.random(), rng.randrange(len(word))
    if kind < 0.25:
        return word[:at] + rng.choice(_beside(word[at])) + word[at + 1 :]
    if kind < 0.45:
        return word[:at] + word[at + 1 :]
    if kind < 0.6:
        return word[:at] + rng.choice(_beside(word[at])) + word[at:]
    if kind < 0.75:
        at = min(at, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    possible = [(seen, taken) for seen, taken in _BY_HAND if seen in word]
    if kind < 0.95 and possible:
        return word.replace(*rng.choice(possible), 1)
    return word[: max(3, len(word) - 2)]


def _beside(letter: str) -> str:
    for row, keys in enumerate(_KEYS):
        at = keys.find(letter)
        if at >= 0:
            near = keys[max(0, at - 1) : at] + keys[at + 1 : at + 2]
            for other in _KEYS[max(0, row - 1) : row + 2]:
                near += other[max(0, at - 1) : at + 1] if other is not keys else ""
            return near
    return "a"


def _zipf(names: list[str]) -> tuple[list[str], list[int]]:
    return names, [10_000 // (rank + 8) for rank in range(len(names))]


def _read(path: Path) -> tuple[list[str], list[int]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [r["forma_mas_usada"].lower() for r in rows], [int(r["n_total"]) for r in rows]
