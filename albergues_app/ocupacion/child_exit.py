"""The departure of a child, asked by one account with who receives it, and done when another approves."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.aprobaciones.models import Aprobacion
from albergues_app.aprobaciones.services import Clase, PeticionNueva, ask, register_clase
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from albergues_app.ocupacion.queries import personas_by_id
from albergues_app.ocupacion.services.movimiento import DESTINOS, MovimientoNuevo, register_movimiento
from albergues_app.ocupacion.services.nna import SALIDA, NeedsTwoPersons

RECIBE = ("autoriza_nombre", "autoriza_dpi", "autoriza_parentesco", "autoriza_institucion")
"""Who receives the child, under the names of the control sheet."""
_ROTULO = {
    "autoriza_nombre": "Lo recibe",
    "autoriza_dpi": "Su DPI",
    "autoriza_parentesco": "Parentesco",
    "autoriza_institucion": "Institución",
}
_TIPO = {"egreso": "Salida del albergue", "fallecimiento": "Fallecimiento", "anulacion": "Anular su ingreso"}


def register_or_ask(
    datos: MovimientoNuevo, seen: set[UUID] | None, activacion: Activacion, form: Any
) -> dict[str, Any]:
    """Write the movement; one that needs two persons becomes a request, told by ``pedida`` in the body.

    :raises Invalid: a request lacks its reason, or who receives the child and its document.
    """
    try:
        return register_movimiento(datos, seen)
    except NeedsTwoPersons:
        return _ask(datos, activacion, {name: clean(form.get(name) or "")[:120] for name in RECIBE})


def _ask(datos: MovimientoNuevo, activacion: Activacion, recibe: dict[str, str]) -> dict[str, Any]:
    faults = []
    if not clean(datos.motivo or ""):
        faults.append(Aviso("falta_motivo", "Escriba el motivo: lo leerá quien aprueba la salida.", "motivo"))
    if datos.tipo == "egreso":
        if not recibe["autoriza_nombre"]:
            faults.append(
                Aviso("falta_autoriza_nombre", "Escriba el nombre de quien lo recibe.", "autoriza_nombre")
            )
        if not recibe["autoriza_dpi"]:
            faults.append(Aviso("falta_autoriza_dpi", "Escriba el DPI de quien lo recibe.", "autoriza_dpi"))
    if faults:
        raise Invalid([Aviso("requiere_dos_personas", NeedsTwoPersons().mensaje, None), *faults])
    site = db.session.scalar(select(Albergue.nombre).where(Albergue.id == activacion.albergue_id))
    row = ask(
        PeticionNueva(
            id=uuid7(),
            clase=SALIDA,
            objeto_id=datos.id,
            titulo=f"Salida de alguien menor de 18 años · {site} ({activacion.albergue_codigo})",
            cuerpo={"movimiento": _plain(datos), "recibe": recibe},
            motivo=datos.motivo or "",
            emergencia_id=activacion.emergencia_id,
            municipio=activacion.municipio_codigo,
            albergue_codigo=activacion.albergue_codigo,
        )
    )
    return {
        "id": str(datos.id),
        "tipo": datos.tipo,
        "personas": [],
        "avisos": [],
        "pedida": str(row.id),
        "caduca_en": clock.iso(row.caduca_en),
    }


def _plain(datos: MovimientoNuevo) -> dict[str, Any]:
    values = asdict(datos)
    values["personas"] = [str(p) for p in datos.personas]
    return {k: clock.iso(v) if isinstance(v, datetime) else v for k, v in values.items()}


def _movement(cuerpo: dict[str, Any]) -> MovimientoNuevo:
    m = cuerpo["movimiento"]
    return MovimientoNuevo(
        id=UUID(m["id"]),
        tipo=m["tipo"],
        activacion_id=UUID(m["activacion_id"]),
        personas=[UUID(p) for p in m["personas"]],
        ocurrido_en=datetime.fromisoformat(m["ocurrido_en"]),
        capturado_en=datetime.fromisoformat(m["capturado_en"]) if m["capturado_en"] else None,
        motivo=m["motivo"],
        destino=m["destino"],
        anula=UUID(m["anula"]) if m["anula"] else None,
        extra=m["extra"],
    )


def _apply(row: Aprobacion, cuerpo: dict[str, Any]) -> dict[str, Any]:
    """Two persons agreed: the movement is written now, with the hour it was asked for."""
    return register_movimiento(_movement(cuerpo))


def _describe(row: Aprobacion, cuerpo: dict[str, Any]) -> list[tuple[str, str]]:
    datos = _movement(cuerpo)
    people = personas_by_id(datos.personas, "web:aprobacion", row.municipio_codigo)
    day = clock.local_day(datos.ocurrido_en)
    lines = [("Qué", _TIPO.get(datos.tipo, datos.tipo))]
    lines += [("Persona", f"{p.nombre}, {p.edad_texto(day)}") for p in people.values()]
    lines.append(("Hora", f"{clock.to_local(datos.ocurrido_en):%d/%m/%Y %H:%M}"))
    if datos.destino:
        lines.append(("Destino", DESTINOS.get(datos.destino, datos.destino)))
    return lines + [(_ROTULO[name], cuerpo["recibe"][name]) for name in RECIBE if cuerpo["recibe"].get(name)]


CLASE = register_clase(
    Clase(
        SALIDA,
        "Salida de una niña, un niño o un adolescente",
        Permiso.SALIDA_NNA_APROBAR,
        _apply,
        _describe,
    )
)
