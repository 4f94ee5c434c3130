"""The trail of changes read as sentences: who, when, through which door, which row, from what to what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import requires
from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.permissions import Permiso
from albergues_app.audit import chain
from albergues_app.audit.models import Auditoria, AuditoriaCabeza
from albergues_app.core import clock
from albergues_app.core.db import Base, db
from albergues_app.core.text import clean
from albergues_app.web.presentation import fecha_hora
from albergues_app.web.views import bp

PAGE = 100

NOMBRE_TABLA: dict[str, str] = {
    "acta": "un acta",
    "activacion": "una activación",
    "activacion_transicion": "un cambio de estado de una activación",
    "acta_escaneo": "el escaneo de un acta",
    "aprobacion": "una solicitud que otra persona aprueba",
    "aprobacion_respuesta": "la respuesta a una solicitud",
    "albergue": "un albergue",
    "ambiente": "un ambiente",
    "lugar_asignado": "el lugar de una persona en un ambiente",
    "posible_duplicado": "una posible coincidencia",
    "consulta": "una consulta entre sedes",
    "busqueda": "la búsqueda de un familiar",
    "aviso_puerta": "un aviso para la puerta",
    "aviso_busqueda": "el aviso de una búsqueda",
    "union_personas": "la unión de dos registros",
    "importacion": "un archivo importado",
    "registro": "un formato lleno",
    "adjunto": "un archivo de un formato",
    "registro_escaneo": "el escaneo de un formato firmado",
    "hoja_firmada": "la firma de un formato lleno",
    "registro_efecto": "lo que un formato escribió en otras tablas",
    "lote_transcripcion": "un lote de hojas para transcribir",
    "hoja_escaneada": "una hoja escaneada",
    "renglon_transcrito": "el lugar de un registro en el papel",
    "segunda_transcripcion": "una segunda transcripción",
    "campo_distinto": "un campo en que dos transcripciones difieren",
    "albergue_version": "un dato fechado de un albergue",
    "alerta": "una alerta",
    "alerta_cap": "una alerta propuesta por un mensaje CAP",
    "animales_familia": "los animales de una familia",
    "necesidad": "una necesidad de una familia",
    "alerta_lugar": "un lugar de una alerta",
    "codigo_oficial": "el código oficial de un formato",
    "formato_definido": "un formato definido aquí",
    "formato_edicion": "una edición de un formato",
    "hoja_oficial": "la hoja oficial de un formato",
    "capacidad": "una capacidad",
    "exportacion": "una exportación de datos",
    "coe": "un COE",
    "coe_adjunto": "un archivo de la bitácora del COE",
    "coe_entrada": "una entrada de la bitácora del COE",
    "coe_grado": "el grado de un COE",
    "coe_turno": "un turno de un COE",
    "coe_turno_persona": "quien entró a un turno de un COE",
    "coe_entrega_turno": "una entrega de turno",
    "coe_cierre": "un período cerrado de una bitácora",
    "coe_integrante": "una acreditación en un COE",
    "coe_asistencia": "la asistencia a un COE",
    "pnr_version": "una versión del PNR",
    "pnr_funcion": "una función del PNR",
    "boletin": "un boletín en preparación",
    "boletin_paso": "un paso de un boletín",
    "boletin_sellado": "un boletín emitido",
    "coe_mensaje": "un mensaje del COE",
    "coe_mensaje_respuesta": "la respuesta a un mensaje del COE",
    "coe_recurso_paso": "un paso de un recurso del COE",
    "coe_resumen": "un resumen del incidente (SCI-201)",
    "compromiso": "un compromiso",
    "compromiso_paso": "un paso de un compromiso",
    "compromiso_evidencia": "la evidencia de un compromiso",
    "calendario_privado": "la dirección privada de un calendario",
    "coe_propuesta": "la respuesta a una entrada propuesta del COE",
    "consolidado": "un consolidado validado",
    "consolidado_transicion": "un paso de un consolidado",
    "caso_nna": "un caso de protección",
    "contacto": "un contacto de albergue",
    "cuenta": "una cuenta",
    "cuenta_territorio": "un lugar de una cuenta",
    "emergencia": "una emergencia",
    "emergencia_departamento": "un departamento de una emergencia",
    "entrega_escaneo": "el escaneo de una constancia de entrega",
    "entrega_formatos": "una entrega de formatos",
    "entrega_linea": "un formato de una entrega",
    "familia": "una familia",
    "familia_fuera": "una familia fuera de albergue",
    "estimacion_fuera": "una estimación de personas fuera de albergue",
    "folio_papel": "el folio de una hoja",
    "pliego": "un pliego de hojas con folio",
    "ficha_api": "una ficha de programa",
    "lote_tarjetas": "un lote de tarjetas de familia",
    "tarjeta": "una tarjeta de familia",
    "descuadre": "una diferencia entre conteos",
    "motivo_sobrecupo": "por qué un albergue pasó de su capacidad",
    "llamada": "una llamada a un albergue",
    "ritmo_parte": "las horas de parte de un albergue",
    "limites_edicion": "una edición de límites",
    "medida_sitio": "una medida de un sitio",
    "movimiento": "un movimiento",
    "no_llegada": "quién no llegó de un traslado",
    "parte": "un parte",
    "pase_lista": "un pase de lista",
    "pregunta_ausencia": "una pregunta por quien no estaba",
    "persona": "una persona",
    "persona_version": "los datos de una persona",
    "pertenencia": "la pertenencia a una familia",
    "por_resolver": "una fila por resolver",
    "rechazo_nocturno": "a quien no se recibió una noche",
    "servicio_nocturno": "un servicio de una noche",
    "reporte_sitio": "un reporte de un sitio",
    "sede": "una sede",
    "sede_municipio": "un municipio de una sede",
    "total_dado": "un total que alguien dio",
    "sitio_transicion": "un cambio de estado de un sitio",
}
VERBO = {"alta": "registró", "cambio": "cambió", "baja": "quitó", "lectura": "vio"}
ABRIO = {"por qué": "leyó por qué se puso", "consultado": "dijo haber consultado por"}
"""What opening a row was for, where the trail says so."""
VIA = {
    "web": "la página",
    "api": "un programa",
    "cli": "la terminal",
    "sync": "la sincronización",
    "sistema": "el sistema",
}


@dataclass(frozen=True)
class Frase:
    """One entry as people read it."""

    seq: int
    momento: datetime
    actor: str
    via: str
    accion: str
    texto: str
    fila: str
    cambios: list[tuple[str, str, str]]


@bp.get("/cambios")
@requires(Permiso.AUDITORIA_VER)
def rastro() -> ResponseReturnValue:
    """The trail, newest first; the filter is in the address."""
    args = request.args
    day = _day(args.get("dia"))
    stmt = select(Auditoria)
    if args.get("tabla"):
        stmt = stmt.where(Auditoria.tabla == clean(args["tabla"])[:40])
    cuenta_id = _uuid(args.get("cuenta"))
    if cuenta_id is not None:
        stmt = stmt.where(Auditoria.cuenta_id == cuenta_id)
    if day is not None:
        stmt = stmt.where(
            Auditoria.registrado_en >= clock.day_start(day), Auditoria.registrado_en < clock.day_end(day)
        )
    before = args.get("antes", type=int)
    if before is not None:
        before = max(0, min(before, 2**63 - 1))
        stmt = stmt.where(Auditoria.seq < before)
    rows = list(db.session.scalars(stmt.order_by(Auditoria.seq.desc()).limit(PAGE + 1)))
    more = len(rows) > PAGE
    kept: dict[str, Any] = {name: args[name] for name in ("tabla", "cuenta", "dia") if args.get(name)}
    head = db.session.scalar(select(AuditoriaCabeza.seq))
    return render_template(
        "rastro/rastro.html",
        frases=[sentence(row) for row in rows[:PAGE]],
        siguiente=url_for("web.rastro", antes=rows[PAGE - 1].seq, **kept) if more else None,
        inicio=url_for("web.rastro", **kept) if before is not None else None,
        tablas=sorted((t, n.split(" ", 1)[1].capitalize()) for t, n in NOMBRE_TABLA.items()),
        cuentas=[
            (str(c.id), f"{c.nombre} ({c.correo})")
            for c in db.session.scalars(select(Cuenta).order_by(Cuenta.nombre, Cuenta.correo).limit(1000))
        ],
        filtro=kept,
        eslabones=head or 0,
    )


@bp.post("/cambios/comprobar")
@requires(Permiso.AUDITORIA_VER)
def comprobar_rastro() -> ResponseReturnValue:
    """Recompute the whole chain and say if a byte was changed."""
    verdict = chain.verify(db.session())
    if verdict.intact:
        flash(
            f"La cadena está intacta: {verdict.links:,} asientos comprobados. "
            f"Huella final {verdict.head[:12]}…",
            "bien",
        )
    else:
        flash(
            f"La cadena está alterada a partir del asiento {verdict.altered:,}. Avise a la oficina central y "
            "conserve los respaldos.",
            "error",
        )
    return redirect(url_for("web.rastro"), 303)


def sentence(row: Auditoria) -> Frase:
    """«Ana cambió una activación: estado, de «activa» a «en cierre»»."""
    data: dict[str, Any] = json.loads(row.cambios)
    name = NOMBRE_TABLA.get(row.tabla, f"una fila de «{row.tabla}»")
    text = f"{VERBO.get(row.accion, row.accion)} {name}"
    changes: list[tuple[str, str, str]] = []
    if row.accion == "lectura" and row.tabla != "persona":
        text = f"{ABRIO.get(data.get('pantalla', ''), 'vio')} {name}"
    elif row.accion == "lectura":
        n = len(data.get("personas", ()))
        text = f"vio los datos de {'1 persona' if n == 1 else f'{n} personas'} en «{row.fila_id}»"
    elif row.accion == "alta":
        changes = [(_label(k), "", _value(v)) for k, v in sorted(data.items())]
    else:
        changes = [(_label(k), _value(v[0]), _value(v[1])) for k, v in sorted(data.items())]
    return Frase(
        row.seq,
        row.registrado_en,
        row.actor,
        VIA.get(row.via, row.via),
        row.accion,
        text,
        "" if row.accion == "lectura" and row.tabla == "persona" else row.fila_id,
        changes,
    )


def _label(column: str) -> str:
    return column.removesuffix("_id").replace("_", " ")


def _value(value: Any) -> str:
    if value is None:
        return "vacío"
    if value == "·":
        return "(dato protegido)"
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, str) and len(value) >= 19 and value[4:5] == "-" and value[10:11] == "T":
        try:
            instant = datetime.fromisoformat(value)
            return "siempre" if instant in (clock.ALWAYS, clock.FOREVER) else fecha_hora(instant)
        except (ValueError, OverflowError):
            return value
    return str(value)


def _day(raw: str | None) -> date | None:
    try:
        day = date.fromisoformat(raw) if raw else None
    except ValueError:
        return None
    return day if day is not None and 1990 <= day.year < 9999 else None


def _uuid(raw: str | None) -> UUID | None:
    try:
        return UUID(raw) if raw else None
    except ValueError:
        return None


def audited_tables() -> set[str]:
    """Tables whose rows leave entries: each has its words above."""
    from albergues_app.audit import Audited

    return {m.local_table.name for m in Base.registry.mappers if issubclass(m.class_, Audited)}  # type: ignore[attr-defined]
