"""The log on paper: entries in order, rectifications beside what they correct, page x of y, lines to sign."""

from __future__ import annotations

from typing import Any

from albergues_app.coe.cierres import cierres_of
from albergues_app.coe.grados import acts_of
from albergues_app.coe.models import GRADO_NOMBRE, MEDIO_NOMBRE, TIPO_NOMBRE, Coe
from albergues_app.coe.panel import account_names
from albergues_app.coe.queries import Leida
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.documents import render_typst
from albergues_app.core.instance import is_training
from albergues_app.emergencias.models import Emergencia
from albergues_app.territorio.catalogo import catalogo


def place_name(coe: Coe) -> str:
    """«COE departamental de Quiché», as it is said."""
    known = catalogo()
    if coe.municipio_codigo:
        return f"COE municipal de {known.municipio_nombre(coe.municipio_codigo)}"
    if coe.departamento_codigo:
        return f"COE departamental de {known.departamento_nombre(coe.departamento_codigo)}"
    return "COE nacional"


def log_pdf(coe: Coe, entries: list[Leida]) -> bytes:
    """The log as a signed document would have it."""
    rectified = {e.row["rectifica_a"]: e.row["folio"] for e in entries if e.row["rectifica_a"]}
    emergencia = db.session.get_one(Emergencia, coe.emergencia_id)
    authors = account_names(e.row["cuenta_id"] for e in entries)
    data: dict[str, Any] = {
        "titulo": "Bitácora del COE",
        "lugar": place_name(coe),
        "emergencia": emergencia.nombre,
        "acta": acts_of([coe])[coe.id] or "",
        "grado": GRADO_NOMBRE[coe.grado],
        "activado": _when(coe.activado_en),
        "desactivado": _when(coe.desactivado_en) if coe.desactivado_en else "",
        "total": f"{len(entries):,} {'entrada' if len(entries) == 1 else 'entradas'}",
        "huella": coe.cabeza,
        "capacitacion": is_training(),
        "cierres": [
            {
                "numero": c.numero,
                "hasta": _when(c.hasta),
                "folios": f"{c.folio_desde} a {c.folio_hasta}",
                "cerrado": _when(c.cerrado_en),
                "huella": c.huella,
            }
            for c in cierres_of(coe.id)
        ],
        "entradas": [
            {
                "folio": e.row["folio"],
                "hecho": _when(e.row["ocurrido_en"]),
                "anotado": _when(e.row["registrado_en"]),
                "autor": authors.get(e.row["cuenta_id"], ""),
                "tardio": e.row["tardio"],
                "en_cerrado": e.row["en_cerrado"],
                "tipo": TIPO_NOMBRE[e.row["tipo"]],
                "prioridad": e.row["prioridad"] if e.row["prioridad"] != "rutina" else "",
                "medio": MEDIO_NOMBRE.get(e.row["medio"] or "", e.row["medio"] or ""),
                "turno": e.row["turno"],
                "origen": e.textos["origen"] or "",
                "destino": e.textos["destino"] or "",
                "asunto": e.textos["asunto"],
                "detalle": e.textos["detalle"],
                "accion": e.row["requiere_accion"],
                "archivos": [
                    {"nombre": a["nombre"] or "archivo", "peso": f"{a['peso']:,}", "huella": a["huella"]}
                    for a in e.archivos
                ],
                "rectifica": e.row["rectifica_a"] or 0,
                "rectificada": rectified.get(e.row["folio"], 0),
            }
            for e in entries
        ],
    }
    return render_typst("albergues_app.coe", "bitacora.typ", data)


def _when(instant: Any) -> str:
    return f"{clock.to_local(instant):%d/%m/%Y %H:%M}"
