"""Spanish text: what is stored (NFC) and how it is compared (no accents, ñ kept, Mayan apostrophes ignored)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u02bb\ua78b\ua78c`\u00b4]")
_NOT_WORD = re.compile(r"[^0-9a-zñ]+")
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """NFC, without control characters, spaces collapsed: the form in which names are stored."""
    text = unicodedata.normalize("NFC", text)
    if text.isprintable():  # of what separates, only the plain space is printable
        return " ".join(text.split())
    text = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) != "Cc")
    return _SPACES.sub(" ", text).strip()


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


_PHONETIC = (
    ("ñ", "n"),
    ("ch", "C"),
    ("sh", "x"),
    ("ll", "y"),
    ("tz", "s"),
    ("qu", "k"),
    ("gue", "ge"),
    ("gui", "gi"),
    ("ce", "se"),
    ("ci", "si"),
    ("ge", "je"),
    ("gi", "ji"),
    ("h", ""),
    ("z", "s"),
    ("v", "b"),
    ("c", "k"),
    ("w", "gu"),
)


_VOWEL_Y = re.compile(r"y(?![aeiou])")
"""Raymundo and Raimundo, Eloy and Eloi: before a consonant or at the end, y is the vowel."""


@lru_cache(4096)
def phonetic_word(word: str) -> str:
    """How one normalised word sounds (dependencias.md part 9): equal keys sound alike in Guatemala."""
    for old, new in _PHONETIC:
        word = word.replace(old, new)
    word = _VOWEL_Y.sub("i", word)
    return re.sub(r"(.)\1+", r"\1", word).lower()


def phonetic(text: str) -> str:
    """Sorted sound keys of the words of a name, so that swapped surnames agree."""
    return " ".join(sorted(phonetic_word(w) for w in normalize(text).split()))


def whole_number(text: str, digits: int = 9) -> int | None:
    """The whole number that a text is, of so many digits at most; None for any other text, «²» and «--5» among them."""
    found = re.fullmatch(r"-?[0-9]+", text.strip())
    return int(found[0]) if found and len(found[0].lstrip("-")) <= digits else None
