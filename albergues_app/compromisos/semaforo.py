"""How a commitment stands against its date: pure functions of two instants (dominio.md 6.3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from albergues_app.core import clock


class Semaforo(StrEnum):
    """Overdue red; up to so many days before, amber; more, green. What is closed has no light."""

    VERDE = "verde"
    AMBAR = "ambar"
    ROJO = "rojo"


SEMAFORO_NOMBRE: dict[str, str] = {"rojo": "Vencidos", "ambar": "Por vencer", "verde": "Con tiempo"}


def semaforo(vence_en: datetime, now: datetime, aviso_dias: int) -> Semaforo:
    """The light at an instant.

    :param vence_en: the instant at which it is overdue; for a date without hour, the midnight that ends it.
    :param aviso_dias: days before that from which it is amber (dominio.md 6.3: 7).
    """
    if now >= vence_en:
        return Semaforo.ROJO
    return Semaforo.AMBAR if vence_en - now <= timedelta(days=aviso_dias) else Semaforo.VERDE


def due_day(vence_en: datetime, con_hora: bool) -> date:
    """The calendar day on which it must be done, in Guatemala."""
    return clock.local_day(vence_en if con_hora else vence_en - timedelta(microseconds=1))


def days_overdue(vence_en: datetime, now: datetime) -> int:
    """Whole days past the due instant; 0 while it is not overdue, and in its first day."""
    return max(0, (now - vence_en).days)


def escalation(vence_en: datetime, now: datetime, steps: Sequence[tuple[str, int]]) -> str | None:
    """The highest level that an overdue commitment has reached; None while it is with who is responsible.

    :param steps: (level, days overdue from which it reaches it), the lowest first.
    """
    if now < vence_en:
        return None
    late = days_overdue(vence_en, now)
    reached = [level for level, days in steps if late >= days]
    return reached[-1] if reached else None
