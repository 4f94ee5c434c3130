"""The question in words: «7 personas salieron ayer y no han vuelto: ¿volvieron, se fueron, siguen fuera?»"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from albergues_app.core import clock
from albergues_app.pases.queries import Pregunta


def question_text(asked: Sequence[Pregunta], now: datetime) -> str:
    """One sentence for all that is asked of a shelter; empty when nothing is."""
    outside = [q for q in asked if q.clase == "fuera"]
    missing = len(asked) - len(outside)
    return question(len(outside), missing, min((q.desde for q in outside), default=now), now)


def question(outside: int, missing: int, since: datetime, now: datetime) -> str:
    """The same from the numbers alone; ``since``: when the first of who is outside went out."""
    people = "1 persona" if outside == 1 else f"{outside} personas"
    absent = "1 persona" if missing == 1 else f"{missing} personas"
    if outside:
        one = outside == 1
        went, back = ("salió", "ha vuelto") if one else ("salieron", "han vuelto")
        ask = "¿volvió, se fue, sigue fuera?" if one else "¿volvieron, se fueron, siguen fuera?"
        and_also = (
            f" Y {absent} no {'estaba' if missing == 1 else 'estaban'} en el pase de lista."
            if missing
            else ""
        )
        return f"{people} {went} {_when(since, now)} y no {back}: {ask}{and_also}"
    if missing == 1:
        return "1 persona no estaba en el pase de lista: ¿está aquí, salió un rato, se fue?"
    return (
        f"{absent} no estaban en el pase de lista: ¿están aquí, salieron un rato, se fueron?"
        if missing
        else ""
    )


def _when(since: datetime, now: datetime) -> str:
    """«hoy», «ayer» or the day."""
    days = (clock.local_day(now) - clock.local_day(since)).days
    return {0: "hoy", 1: "ayer"}.get(days, f"el {clock.local_day(since):%d/%m}")
