"""What a person typed in a form, read as values: every fault is kept, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from albergues_app.core import clock
from albergues_app.core.errors import Aviso, Invalid
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean

AHEAD = timedelta(hours=24)
YEAR_MIN = 1900
CLOCK_OUT = "%Y-%m-%dT%H:%M"
"""How a browser writes ``<input type="datetime-local">``: the wall clock of Guatemala."""


class Typed:
    """The fields of one form. ``raw`` is a mapping of names to the lists of what was sent."""

    def __init__(self, raw: Mapping[str, list[str]] | None = None) -> None:
        self.raw = {name: [_storable(v) for v in values] for name, values in (raw or {}).items()}
        self.errores: list[Aviso] = []
        self.avisos: list[Aviso] = []
        """What was understood otherwise than typed: said after saving."""

    def get(self, name: str, default: str = "") -> str:
        """As it was typed, to show it again."""
        values = self.raw.get(name)
        return values[0] if values else default

    def all(self, name: str) -> list[str]:
        return self.raw.get(name, [])

    def has(self, name: str) -> bool:
        return name in self.raw

    @property
    def op_id(self) -> UUID:
        """The client's id of this form, so that a double click has one effect; new when none came."""
        try:
            return UUID(self.get("op_id"))
        except ValueError:
            return uuid7()

    def content(self) -> dict[str, Any]:
        """What was sent, without what only guards the sending: equal content is the same operation."""
        return {name: values for name, values in self.raw.items() if name not in {"csrf_token", "op_id"}}

    def fault(self, codigo: str, mensaje: str, campo: str | None) -> None:
        self.errores.append(Aviso(codigo, mensaje, campo))

    def check(self) -> None:
        """Raise Invalid with every fault found, if any."""
        if self.errores:
            raise Invalid(self.errores)

    def text(self, name: str, needed: str = "", limit: int = 200) -> str:
        """Clean text; ``needed`` is the sentence when it is empty."""
        value = clean(self.get(name))
        if not value and needed:
            self.fault(f"falta_{name}", needed, name)
        if len(value) > limit:
            self.fault("texto_largo", f"Son {len(value)} letras; caben {limit}. Abrévielo.", name)
        return value[:limit]

    def optional(self, name: str, limit: int = 200) -> str | None:
        return self.text(name, limit=limit) or None

    def choice(self, name: str, options: Collection[str], needed: str = "") -> str:
        """One of a closed list."""
        value = self.get(name)
        if not value:
            if needed:
                self.fault(f"falta_{name}", needed, name)
            return ""
        if value not in options:
            self.fault("valor_desconocido", "Elija uno de la lista.", name)
            return ""
        return value

    def choices(self, name: str, options: Collection[str]) -> list[str]:
        """Some of a closed list, each once."""
        values = list(dict.fromkeys(v for v in self.all(name) if v))
        if any(v not in options for v in values):
            self.fault("valor_desconocido", "Elija de la lista.", name)
        return [v for v in values if v in options]

    def yes(self, name: str) -> bool:
        return self.get(name) in {"1", "on", "si"}

    def integer(self, name: str, low: int = 0, high: int = 1_000_000, needed: str = "") -> int | None:
        """A whole number; thousands may be written with commas or spaces."""
        raw = self.get(name).strip()
        if not raw:
            if needed:
                self.fault(f"falta_{name}", needed, name)
            return None
        plain = raw.replace(",", "").replace(" ", "")
        if not plain.isascii() or not plain.isdigit() or len(plain) > 9:
            self.fault("numero_invalido", "Escriba un número entero de 0 en adelante, por ejemplo 120.", name)
            return None
        if not low <= int(plain) <= high:
            self.fault("numero_fuera", f"El número va de {low:,} a {high:,}.", name)
            return None
        return int(plain)

    def decimal(self, name: str, low: float, high: float) -> float | None:
        """A number with a point."""
        raw = self.get(name).strip()
        if not raw:
            return None
        try:
            value = float(raw)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.fault("numero_fuera", f"Escriba un número de {low:g} a {high:g}, con punto decimal.", name)
            return None
        return value

    def day(self, name: str, needed: str = "", ahead: timedelta | None = AHEAD) -> date | None:
        """A calendar day (``<input type="date">``)."""
        raw = self.get(name).strip()
        if not raw:
            if needed:
                self.fault(f"falta_{name}", needed, name)
            return None
        try:
            value = date.fromisoformat(raw)
        except ValueError:
            self.fault("fecha_invalida", "Escriba la fecha completa: día, mes y año.", name)
            return None
        return value if self._in_range(clock.day_start(value), name, ahead) else None

    def instant(self, name: str, needed: str = "", ahead: timedelta | None = AHEAD) -> datetime | None:
        """A wall-clock time of Guatemala (``<input type="datetime-local">``), as an instant."""
        raw = self.get(name).strip()
        if not raw:
            if needed:
                self.fault(f"falta_{name}", needed, name)
            return None
        try:
            value = datetime.fromisoformat(raw)
        except ValueError:
            self.fault("hora_invalida", "Escriba fecha y hora completas.", name)
            return None
        if value.tzinfo is None:
            value = value.replace(tzinfo=clock.LOCAL)
        return clock.as_utc(value) if self._in_range(value, name, ahead) else None

    def _in_range(self, value: datetime, name: str, ahead: timedelta | None) -> bool:
        if not YEAR_MIN <= value.year <= 9000:
            self.fault("fecha_antigua", "Revise el año de la fecha.", name)
            return False
        if ahead is not None and clock.as_utc(value) - clock.now() > ahead:
            self.fault("fecha_futura", "La fecha está en el futuro. Revise el día, el mes y el año.", name)
            return False
        return True


def wall_clock(instant: datetime | None) -> str:
    """An instant as a browser's date-time field wants it; "" for None."""
    return "" if instant is None else clock.to_local(instant).strftime(CLOCK_OUT)


def _storable(value: str) -> str:
    """No database takes NUL or lone surrogates."""
    return "".join(c for c in value if c != "\x00" and not 0xD800 <= ord(c) <= 0xDFFF)
