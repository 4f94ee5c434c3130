"""A bulletin as plain text for a messaging group: figures, cut-off, source, and where to check it. No names of people."""

from __future__ import annotations

from typing import Any

from albergues_app.consolidados.sheets import moment, number, signed
from albergues_app.emergencias.models import SIGNO_ALERTA
from albergues_app.reports.situacion.layout import count_of, kinds_of, lacking, title_of
from albergues_app.reports.situacion.snapshot import body_of


def message_of(datos: dict[str, Any], huella: str = "") -> str:
    """Ten lines at most, as they are pasted."""
    t = body_of(datos).total
    only = f" y {t.solo_declaradas:,} solo declaradas en partes" if t.solo_declaradas else ""
    needs = lacking(datos)
    lines = [
        ("CAPACITACIÓN · " if datos["capacitacion"] else "")
        + ("SIMULACRO · " if datos["emergencia"]["simulacro"] else "")
        + f"{title_of(datos)} · {datos['emergencia']['nombre']} · {datos['lugar']}",
        f"Corte {moment(datos['corte'])}. Cifras sujetas a cambio.",
        *(
            [f"Corrige al No. {datos['corrige']['numero']}: {datos['corrige']['motivo']}"]
            if datos["corrige"]
            else []
        ),
        *([f"{SIGNO_ALERTA[a['color']]} Alerta {a['color']} {a['ambito']}" for a in datos["alertas"][:1]]),
        f"{count_of(t.personas, 'persona', 'personas')} en el registro{only}, "
        f"{count_of(t.familias, 'familia', 'familias')}, en {count_of(t.albergues, 'albergue', 'albergues')} "
        f"({kinds_of(t)}).",
        f"Capacidad {number(t.capacidad)}"
        + (f" ({t.capacidad_sin_dato:,} sin dato)" if t.capacidad_sin_dato else "")
        + f"; lugares {signed(t.diferencia)}; reportaron {t.albergues - t.sin_reporte:,} de {t.albergues:,}.",
        *([f"Hace falta: {needs['suma']}."] if needs["suma"] else []),
        *(f"{o['nombre']}: {o['valor']:,} ({o['fuente']})." for o in datos["otras"][:4]),
        "Fuente: registro y partes del sistema de albergues, Función 13.",
    ]
    if huella:
        where = f"{datos['verificar_en']}{huella[:16]}" if datos["verificar_en"] else huella[:16]
        lines.append(f"Compruebe: {where}")
    else:
        lines.append("BORRADOR: no lo difunda.")
    return "\n".join(lines)
