"""The forms of emergencies and alerts, read from what was typed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from albergues_app.core import clock
from albergues_app.core.typed import Typed
from albergues_app.emergencias.models import ColorAlerta, TipoEmergencia
from albergues_app.emergencias.services import AlertaNueva, EmergenciaNueva

AMBITOS = {"poblacional": "Poblacional", "institucional": "Institucional"}
NIVELES = {"nacional": "Nacional", "departamental": "Departamental", "municipal": "Municipal"}
WATCH = timedelta(days=7)
"""How long before it begins an alert may be declared: a hurricane is seen coming."""
COLOR_NOMBRE = {"verde": "Verde", "amarilla": "Amarilla", "anaranjada": "Anaranjada", "roja": "Roja"}


def read_emergencia(typed: Typed, row_id: UUID, departamentos: set[str]) -> EmergenciaNueva:
    """An emergency; ``departamentos`` are those the account may name. Read as on the page: so go its faults."""
    nombre = typed.text("nombre", "Escriba cómo se conoce la emergencia.")
    tipo = typed.choice("tipo", set(TipoEmergencia), "Elija el tipo de amenaza.")
    inicio = typed.instant("inicio", "Escriba desde cuándo.") or clock.now()
    chosen = typed.choices("departamentos", departamentos)
    if not chosen and not any(e.campo == "departamentos" for e in typed.errores):
        typed.fault("falta_departamento", "Marque al menos un departamento.", "departamentos")
    return EmergenciaNueva(
        id=row_id,
        nombre=nombre,
        tipo=tipo,
        inicio=inicio,
        departamentos=chosen,
        acta_numero=typed.optional("acta_numero"),
        autoridad=typed.optional("autoridad"),
        base_legal=typed.optional("base_legal", 500),
    )


def read_alerta(typed: Typed, row_id: UUID, places: set[str]) -> AlertaNueva:
    """An alert; ``places`` are the departments and municipalities the account may name. Read as on the page."""
    color = typed.choice("color", set(ColorAlerta), "Elija el color de la alerta.")
    ambito = typed.choice("ambito", AMBITOS, "Elija el ámbito: poblacional o institucional.")
    nivel = typed.choice("nivel", NIVELES, "Elija el nivel: nacional, departamental o municipal.")
    amenaza = typed.choice("amenaza", set(TipoEmergencia), "Elija la amenaza.")
    emergencia_id = _uuid(typed, "emergencia")
    desde = typed.instant("desde", "Escriba desde cuándo rige.", WATCH) or clock.now()
    hasta = typed.instant("hasta", ahead=None)
    autoridad = typed.text("autoridad", "Escriba quién la declara.")
    documento = typed.optional("documento")
    wanted = {"departamental": "departamentos", "municipal": "municipios"}.get(nivel)
    lugares = typed.choices(wanted, places) if wanted else []
    if wanted and not lugares and not any(e.campo == wanted for e in typed.errores):
        typed.fault("falta_lugar", f"Marque los {wanted} de la alerta.", wanted)
    return AlertaNueva(
        id=row_id,
        emergencia_id=emergencia_id,
        ambito=ambito,
        nivel=nivel,
        color=color,
        amenaza=amenaza,
        desde=desde,
        hasta=hasta,
        autoridad=autoridad,
        documento=documento,
        lugares=lugares,
    )


def _uuid(typed: Typed, name: str) -> UUID | None:
    raw = typed.get(name)
    if not raw:
        return None
    try:
        return UUID(raw)
    except ValueError:
        typed.fault("valor_desconocido", "Elija uno de la lista.", name)
        return None
