"""A hand-over of the shift on paper: what was said, the figures of its hour, and both signatures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from albergues_app.coe.entrega import open_entrega, parts_of
from albergues_app.coe.models import Coe
from albergues_app.coe.models_turno import CLASE_TURNO, EntregaTurno, EstadoEntrega
from albergues_app.coe.paper import place_name
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.documents import render_typst
from albergues_app.core.instance import is_training
from albergues_app.emergencias.models import Emergencia


def entrega_pdf(coe: Coe, row: EntregaTurno) -> bytes:
    """The same hand-over gives the same bytes for ever."""
    seen = open_entrega(coe, row)
    accepted = row.estado == EstadoEntrega.ACEPTADA
    data = {
        "titulo": "Entrega de turno",
        "lugar": place_name(coe),
        "emergencia": db.session.get_one(Emergencia, coe.emergencia_id).nombre,
        "turnos": f"{CLASE_TURNO.get(seen.turno_saliente, '')} a {CLASE_TURNO[row.clase].lower()}",
        "hora": _when(row.ocurrido_en),
        "hasta": _when(row.hasta) if row.hasta else "",
        "estado": {
            EstadoEntrega.FIRMADA: "SIN ACEPTAR",
            EstadoEntrega.DEVUELTA: "DEVUELTA, SIN EFECTO",
        }.get(EstadoEntrega(row.estado), ""),
        "folio": row.folio or 0,
        "cifras": _figures(seen.cifras),
        "partes": [
            {"titulo": p.titulo, "datos": p.pares, "columnas": p.columnas, "filas": p.filas}
            for p in (parts_of(row.edicion, seen.respuestas) if seen.respuestas is not None else ())
        ],
        "nota": row.nota or "",
        "firmas": [
            {
                "papel": "Entrega el turno",
                **seen.saliente,
                "dicho": f"Firmó con su cuenta el {_when(row.firmada_en)}",
            },
            {
                "papel": "Recibe el turno",
                **seen.entrante,
                "dicho": f"Aceptó con su cuenta el {_when(row.respondida_en)}"
                if accepted and row.respondida_en
                else "Sin aceptar",
            },
        ],
        "huella": row.huella,
        "capacitacion": is_training(),
    }
    return render_typst("albergues_app.coe", "entrega.typ", data)


def _figures(cifras: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of the system as the sheet says them; empty when they were destroyed."""
    if not cifras:
        return {}
    said = {name: f"{value:,}" for name, value in cifras.items() if isinstance(value, int)}
    return {
        "ambito": cifras["ambito"],
        "emergencia": cifras["emergencia"],
        "dichas": [
            (said["albergues"], "albergue abierto" if cifras["albergues"] == 1 else "albergues abiertos"),
            (
                said["personas"],
                f"{'persona' if cifras['personas'] == 1 else 'personas'} ({said['en_registro']} en el registro, "
                f"{said['en_transito']} de ellas en tránsito; {said['solo_declaradas']} solo declaradas)",
            ),
            (
                said["sin_reporte"],
                "albergue sin reportar" if cifras["sin_reporte"] == 1 else "albergues sin reportar",
            ),
        ],
    }


def _when(instant: datetime) -> str:
    return f"{clock.to_local(instant):%d/%m/%Y %H:%M}"
