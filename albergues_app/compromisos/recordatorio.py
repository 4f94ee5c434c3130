"""The list of reminders as text, for the telephone and for messaging groups: who, what, by when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from albergues_app.compromisos.models import PRIORIDAD_NOMBRE
from albergues_app.compromisos.queries import Fila
from albergues_app.compromisos.semaforo import Semaforo
from albergues_app.core import clock
from albergues_app.core.instance import is_training


def by_whom(filas: Sequence[Fila]) -> dict[str, list[Fila]]:
    """The commitments of each person and institution, whoever is latest first."""
    found: dict[str, list[Fila]] = {}
    for fila in filas:
        found.setdefault(fila.quien, []).append(fila)
    return found


def due_text(fila: Fila) -> str:
    """«Venció el 17/11/2026», «Vence hoy a las 18:00»."""
    hour = f" a las {clock.to_local(fila.vence_en):%H:%M}" if fila.con_hora else ""
    if fila.semaforo is Semaforo.ROJO:
        return f"Venció el {fila.dia:%d/%m/%Y}{hour}"
    return f"Vence hoy{hour}" if fila.vence_hoy else f"Vence el {fila.dia:%d/%m/%Y}{hour}"


def reminder_text(filas: Sequence[Fila], titulo: str, now: datetime) -> str:
    """Plain text with one block per who is responsible."""
    local = clock.to_local(now)
    training = "CAPACITACIÓN · " if is_training() else ""
    lines = [f"{training}COMPROMISOS · {titulo} · al {local:%d/%m/%Y %H:%M}"]
    for who, own in by_whom(filas).items():
        lines += ["", who]
        for fila in own:
            urgent = f" [{PRIORIDAD_NOMBRE[fila.prioridad]}]" if fila.prioridad != "rutina" else ""
            lines.append(f"- {due_text(fila)}: {fila.descripcion} ({fila.lugar}; {fila.folio}){urgent}")
    return "\n".join(lines)
