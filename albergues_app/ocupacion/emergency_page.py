"""The page of one emergency, with the figures of its shelters: on the blueprint of emergencias."""

from __future__ import annotations

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.core import clock
from albergues_app.emergencias.models import Emergencia
from albergues_app.emergencias.queries import alertas_of
from albergues_app.emergencias.scope import reaches_all
from albergues_app.emergencias.views import bp, names
from albergues_app.ocupacion.outside import outside_figures
from albergues_app.ocupacion.ritmo import silent
from albergues_app.ocupacion.shelter_page import open_shelters

SHOWN = 50


@bp.get("/<uuid:emergencia_id>")
@requires(Permiso.EMERGENCIA_VER)
def ver(emergencia_id: UUID) -> ResponseReturnValue:
    """What was declared, its alerts, and its open shelters in one's territory with their figures."""
    emergencia = get_visible_or_404(Emergencia, emergencia_id, Permiso.EMERGENCIA_VER)
    cuenta, now = current_cuenta(), clock.now()
    sees = role_may(cuenta.rol, Permiso.OCUPACION_VER)
    table, rows, hidden, sums = open_shelters(cuenta, emergencia.id) if sees else (None, [], 0, None)
    late = silent(cuenta, now, emergencia_id=emergencia.id) if sees else []
    declares = role_may(cuenta.rol, Permiso.EMERGENCIA_DECLARAR)
    return render_template(
        "emergencias/ver.html",
        emergencia=emergencia,
        alertas=alertas_of(emergencia.id),
        total=table.total if table else None,
        corte=table.corte if table else now,
        filas=rows[:SHOWN],
        resto=max(0, len(rows) - SHOWN),
        reservadas=hidden,
        sumas=sums,
        callados=[c for c in late if not (c.reservada and cuenta.from_afar)][:SHOWN],
        cuantos_callan=len(late),
        llama=role_may(cuenta.rol, Permiso.PARTE_REGISTRAR),
        fuera=outside_figures(cuenta, emergencia.id).total if sees else None,
        declara=declares,
        termina=declares and emergencia.fin is None and reaches_all(cuenta, emergencia.departamentos),
        **names(),
    )
