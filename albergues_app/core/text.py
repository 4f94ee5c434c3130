"""Spanish text: what is stored (NFC) and how it is compared (no accents, ñ kept, Mayan apostrophes ignored)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u02bb\ua78b\ua78c`\u00b4]")
_NOT_WORD = re.compile(r"[^0-9a-zñ]+")
_SPACES = re.compile(r"\s+")


def _is_letter(char: str) -> bool:
    """Neither a control character, nor half of one, nor one of the numbers that Unicode promises to be none.

    The engine of formats, which imports nothing of ours, says it for itself: one test holds both to it.
    """
    return unicodedata.category(char) not in {"Cc", "Cs"} and ord(char) & 0xFFFE != 0xFFFE


def clean(text: str) -> str:
    """NFC, without control characters and what no file can hold, spaces collapsed: the form in which names are stored."""
    text = unicodedata.normalize("NFC", text)
    if text.isprintable():  # of what separates, only the plain space is printable
        return " ".join(text.split())
    text = "".join(" " if c.isspace() else c for c in text if c.isspace() or _is_letter(c))
    return _SPACES.sub(" ", text).strip()


_ENDS = {
    **dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c"), **dict.fromkeys("\u2066\u2067\u2068", "\u2069"),
}  # fmt: skip
"""Each mark of Unicode that turns the direction of writing, and the mark that ends it."""


def close_directions(text: str) -> str:
    """The same text with every direction that a line leaves open ended on it: what stands after it keeps its own order.

    >>> ascii(close_directions("COMRED \u202e de Tactic"))
    "'COMRED \\u202e de Tactic\\u202c'"
    """
    if not any(mark in text for mark in _ENDS):
        return text
    lines = []
    for line in text.split("\n"):
        waiting: list[str] = []
        for char in line:
            if char in _ENDS:
                waiting.append(_ENDS[char])
            elif waiting and char == waiting[-1]:
                waiting.pop()
            elif char == "\u2069" and char in waiting:
                del waiting[len(waiting) - 1 - waiting[::-1].index(char) :]
        lines.append(line + "".join(reversed(waiting)))
    return "\n".join(lines)


@lru_cache(8192)
def normalize(text: str) -> str:
    """The comparison form: lower case, no accents (ñ stays), no apostrophes, words split by one space.

    >>> normalize("Ch'orti' Núñez-Güitz")
    'chorti nuñez guitz'
    """
    text = _APOSTROPHES.sub("", unicodedata.normalize("NFC", text)).casefold().replace("ñ", "\0")
    plain = text
    if not text.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", plain.replace("\0", "ñ")).strip()


_SOUNDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ñ", "n"),
        ("ph", "f"),
        ("th", "t"),
        ("sh", "X"),
        ("ch", "C"),
        ("t[sz]", "s"),  # Tzoc, Tsoc, Soc
        ("ll", "y"),
        # hu, gu and w before a vowel are one sound: Huitz, Güitz, Witz; Walter, Gualter
        ("(?:hu|gu|w)(?=[aeio])", "G"),
        ("w", "u"),
        ("qu(?=[ei])|ck|q", "k"),
        ("g(?=[eiy])", "j"),
        ("s?c(?=[eiy])|z", "s"),
        ("c", "k"),
        # Félix, Max; elsewhere x, sh and j are one: Xicará, Shicara; Ximénez, Jiménez
        ("[xX](?![aeiouy])", "s"),
        ("[xX]", "j"),
        ("h", ""),
        ("v", "b"),
        ("n(?=[bp])", "m"),
        # Raymundo and Raimundo, Eloy and Eloi: before a consonant or at the end, y is the vowel
        ("y(?![aeiou])", "i"),
        # Iolanda and Yolanda, Maia and Maya
        ("(?:(?<=[aeou])|^)i(?=[aeou])", "y"),
        (r"(.)\1+", r"\1"),
    )
)
"""How letters sound in the names of Guatemala, Spanish and Mayan, in the order in which they are read."""


@lru_cache(65536)
def phonetic_word(word: str) -> str:
    """How one normalised word sounds (dependencias.md part 9): equal keys sound alike in Guatemala."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word.lower()


_VOWELS = re.compile("[aeiou]+")


@lru_cache(65536)
def skeleton_word(word: str) -> str:
    """What is left of a word's sound when vowels are misheard: its consonants, and an «a» where it begins with a vowel.

    A word with fewer than two consonants keeps its whole sound, or «Ana» and «Noé» would be half the country.
    """
    bones = bare_skeleton(word)
    return bones if len(bones) > 1 else phonetic_word(word)


def bare_skeleton(word: str) -> str:
    """As ``skeleton_word`` for the beginning of a word that is still being typed, however short."""
    sound = phonetic_word(word)
    first = "a" if sound[:1] in {"a", "e", "i", "o", "u"} else ""
    return re.sub(r"(.)\1+", r"\1", first + _VOWELS.sub("", sound))


def phonetic(text: str) -> str:
    """Sorted sound keys of the words of a name, so that swapped surnames agree."""
    return " ".join(sorted(phonetic_word(w) for w in normalize(text).split()))


def whole_number(text: str, digits: int = 9) -> int | None:
    """The whole number that a text is, of so many digits at most; None for any other text, «²» and «--5» among them."""
    found = re.fullmatch(r"-?[0-9]+", text.strip())
    return int(found[0]) if found and len(found[0].lstrip("-")) <= digits else None


_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(value: object) -> str:
    """A value as a cell of a CSV: one that a spreadsheet would take for a formula begins with an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_DANGEROUS) else text
