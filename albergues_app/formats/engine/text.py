"""Text as people write it: one normal form, and one folded form to compare with."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_APOSTROPHES = "'’‘ʼʹ´`ꞌ"
_SPACES = re.compile(r"\s+")


def _is_storable(char: str) -> bool:
    """Tell whether XML, JSON and both databases can keep this character."""
    if char in "\t\n":
        return True
    code = ord(char)
    if unicodedata.category(char) in {"Cc", "Cs"}:
        return False
    return code & 0xFFFE != 0xFFFE


def clean(text: str, *, lines: bool = False) -> str:
    """Return NFC text without control characters, trimmed, with single spaces.

    Accents, ñ and the apostrophes of the Mayan languages stay as typed. With ``lines`` the line breaks stay.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isprintable():
        text = "".join(char for char in text if _is_storable(char))
    text = unicodedata.normalize("NFC", text)
    if lines:
        kept = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
        return "\n".join(kept).strip()
    return _SPACES.sub(" ", text).strip()


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return the form used to compare labels: no accents, case, apostrophes, punctuation or spaces."""
    text = "".join(char for char in text if char not in _APOSTROPHES)
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if char.isalnum())
