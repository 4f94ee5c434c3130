"""The small closed vocabularies of a format: marks, levels, modes and answers that are not data."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Literal, get_args

Mode = Literal["rapido", "completo", "firma"]
MODES: tuple[str, ...] = get_args(Mode)


class Mark(StrEnum):
    """How much a field is needed: to save, under a condition, to sign, or never."""

    R = "R"
    C = "C"
    S = "S"
    O = "O"  # noqa: E741 -- the mark printed on the official paper is the letter O


class Level(IntEnum):
    """How delicate an answer is, from public (N0) to protection (N4)."""

    N0 = 0
    N1 = 1
    N2 = 2
    N3 = 3
    N4 = 4


class NoAnswer(StrEnum):
    """An answer that is a value and not a gap: nobody is forced to invent."""

    DESCONOCIDO = "desconocido"
    NO_RESPONDE = "no_responde"

    @property
    def label(self) -> str:
        """Text shown to people."""
        return "Desconocido" if self is NoAnswer.DESCONOCIDO else "Prefiere no responder"
