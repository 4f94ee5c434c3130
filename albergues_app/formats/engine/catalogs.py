"""Catalogues handed to the engine: territory and whatever else lives in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from albergues_app.formats.engine.text import fold


@dataclass(frozen=True)
class Catalogo:
    """A closed list of codes with labels, and other spellings (``aliases``: spelling -> codes)."""

    labels: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _index: dict[str, set[str]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for code, label in self.labels.items():
            for spelling in (code, label, label.split(",")[0], f"{code} {label}"):
                self._index.setdefault(fold(spelling), set()).add(code)
        for spelling, codes in self.aliases.items():
            self._index.setdefault(fold(spelling), set()).update(codes)

    def find(self, text: str, prefix: str = "") -> tuple[str, ...]:
        """Return the codes that ``text`` may mean, only those that begin with ``prefix``."""
        found = self._index.get(fold(text), set())
        return tuple(sorted(code for code in found if code.startswith(prefix)))


@dataclass(frozen=True)
class Catalogos:
    """Every catalogue by name, and how many municipalities each department has (for the CUI).

    ``lists["departamento"]`` maps ``"14"`` to ``"Quiché"``; ``lists["municipio"]`` maps ``"1413"`` to
    ``"Nebaj, Quiché"``. Where ``municipios_por_departamento`` is empty it is counted from the list.
    """

    lists: Mapping[str, Catalogo] = field(default_factory=dict)
    municipios_por_departamento: Mapping[int, int] = field(default_factory=dict)

    def get(self, name: str) -> Catalogo | None:
        """Return one catalogue, or None where it was not handed in."""
        return self.lists.get(name)

    def label(self, name: str, code: str) -> str:
        """Return the label of a code; the code itself where it is not known."""
        catalogo = self.lists.get(name)
        return code if catalogo is None else catalogo.labels.get(code, code)

    def max_municipio(self, departamento: int) -> int | None:
        """Return the highest municipality number of a department, or None where nothing is known."""
        if self.municipios_por_departamento:
            return self.municipios_por_departamento.get(departamento, 0)
        return None if self._counted is None else self._counted.get(departamento, 0)

    @cached_property
    def _counted(self) -> dict[int, int] | None:
        municipios = self.lists.get("municipio")
        if municipios is None:
            return None
        highest: dict[int, int] = {}
        for code in municipios.labels:
            if code.isdigit() and len(code) == 4:
                departamento, number = int(code[:2]), int(code[2:])
                highest[departamento] = max(highest.get(departamento, 0), number)
        return highest
