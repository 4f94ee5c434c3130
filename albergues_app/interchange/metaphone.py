"""Metaphone of an English word (Lawrence Philips, 1990): only to measure our keys against what others use."""

from __future__ import annotations

import re
from typing import Final

_RULES: Final = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        (r"^(?:ae|gn|kn|pn|wr)", lambda m: m[0][1]),
        (r"^x", "s"),
        (r"^wh", "w"),
        (r"mb$", "m"),
        (r"([abd-z])\1+", r"\1"),
        (r"sch", "sk"),
        (r"cia|ch", "X"),
        (r"c(?=[iey])", "s"),
        (r"c|q", "k"),
        (r"dg(?=[eyi])", "j"),
        (r"d", "t"),
        (r"gh(?![aeiou]|$)", ""),
        (r"gn(?:ed)?$", "n"),
        (r"g(?=[iey])", "j"),
        (r"g", "k"),
        (r"(?<=[aeiou])h(?![aeiou])", ""),
        (r"kk", "k"),
        (r"ph", "f"),
        (r"(?:sh|si(?=[oa])|ti(?=[oa]))", "X"),
        (r"th", "0"),
        (r"tch", "X"),
        (r"v", "f"),
        (r"[wy](?![aeiou])", ""),
        (r"x", "ks"),
        (r"z", "s"),
        (r"(?<!^)[aeiou]", ""),
    )
)


def metaphone(word: str) -> str:
    """The code of one normalised word."""
    for pattern, code in _RULES:
        word = pattern.sub(code, word)
    return word
