"""What needs somebody among the commitments: one's own overdue and due today, what went up, what waits to be verified."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.compromisos.queries import Fila, for_today
from albergues_app.compromisos.recordatorio import due_text
from albergues_app.compromisos.semaforo import Semaforo
from albergues_app.web.asunto import Asunto
from albergues_app.web.presentation import hace
from albergues_app.web.shell import ruta

_LONG = 90


def commitments(identity: Identity, now: datetime) -> list[Asunto]:
    """At most four lines, the gravest first."""
    if not role_may(identity.rol, Permiso.COMPROMISO_VER):
        return []
    found = for_today(identity, now)
    late = [f for f in found.propios if f.semaforo is Semaforo.ROJO]
    today = [f for f in found.propios if f.semaforo is not Semaforo.ROJO]
    lines = []
    if late:
        lines.append(
            _line("critico", "a su cargo, vencido", "a su cargo, vencidos", late, "compromisos.mios", now)
        )
    if today:
        lines.append(
            _line("alto", "a su cargo vence hoy", "a su cargo vencen hoy", today, "compromisos.mios", now)
        )
    if found.escalados:
        lines.append(_line("alto", "vencido", "vencidos", found.escalados, "compromisos.lista", now))
    if found.por_verificar:
        one = found.por_verificar == 1
        lines.append(
            Asunto(
                "aviso",
                "1 compromiso por verificar" if one else f"{found.por_verificar} compromisos por verificar",
                "Alguien lo dio por cumplido; lo confirma otra persona."
                if one
                else "Se dieron por cumplidos; los confirma otra persona.",
                "Verificar",
                ruta("compromisos.lista", estado="por_verificar"),
            )
        )
    return lines


def _line(nivel: str, one: str, many: str, filas: Sequence[Fila], page: str, now: datetime) -> Asunto:
    first, count = filas[0], len(filas)
    words = first.descripcion if len(first.descripcion) <= _LONG else f"{first.descripcion[:_LONG].rstrip()}…"
    late = f", {hace(first.vence_en, now)}" if first.semaforo is Semaforo.ROJO else ""
    title = f"Compromiso {one}: {first.quien}" if count == 1 else f"{count} compromisos {many}"
    said = words if count == 1 else f"El primero: {first.quien}, «{words}»"
    own = ruta("compromisos.ver", compromiso_id=first.id)
    return Asunto(
        nivel,
        title,
        f"{said} · {due_text(first)}{late}",
        "Ver",
        own if count == 1 else ruta(page, luz=_light(filas)),
    )


def _light(filas: Sequence[Fila]) -> str | None:
    return "rojo" if all(f.semaforo is Semaforo.ROJO for f in filas) else None
