"""How an act is laid out: sections of fields, tables and lines to fill, from the frozen data of ``acts``."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from albergues_app.core import clock

_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
    "noviembre", "diciembre",
)  # fmt: skip

Campo = dict[str, Any]


def field(rotulo: str, valor: Any = None, ancho: int = 6, lineas: int = 1) -> Campo:
    """A label and its value; without value, lines to write on by hand."""
    return {
        "rotulo": rotulo,
        "valor": "" if valor in (None, "") else str(valor),
        "ancho": ancho,
        "lineas": lineas,
    }


def when_text(raw: str | None) -> str:
    """«20/11/2026 18:05» in Guatemala; "" for None."""
    return f"{clock.to_local(datetime.fromisoformat(raw)):%d/%m/%Y %H:%M}" if raw else ""


def day_text(raw: str | None) -> str:
    return f"{date.fromisoformat(raw):%d/%m/%Y}" if raw else ""


def long_when(raw: str) -> str:
    """«a las 18:05 horas del 20 de noviembre de 2026»."""
    local = clock.to_local(datetime.fromisoformat(raw))
    return f"a las {local:%H:%M} horas del {local.day} de {_MONTHS[local.month - 1]} de {local.year}"


def amount(value: float | None, unit: str = "") -> str:
    """«1,284 m²»; unknown is "": a line to fill by hand, never 0."""
    if value is None:
        return ""
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    return f"{text} {unit}".strip()


def lay_out(datos: dict[str, Any], huella: str) -> dict[str, Any]:
    """What the template draws."""
    opening = datos["clase"] == "apertura"
    place = f"{datos['municipio']}, {datos['departamento']}"
    verb = "se abre" if opening else "se cierra y se entrega"
    site, event = datos["albergue"], datos["emergencia"]
    again = ", en reapertura," if datos["reapertura"] else ""
    intro = (
        f"En el municipio de {datos['municipio']}, departamento de {datos['departamento']}, "
        f"{long_when(datos['cuando'])}, {verb} como albergue el inmueble «{site['nombre']}» "
        f"({site['codigo']}){again} por la emergencia «{event['nombre']}»."
    )
    return {
        "titulo": "Acta de apertura de albergue" if opening else "Acta de cierre y entrega de albergue",
        "lugar": place,
        "folio": datos["folio"],
        "numero": datos["numero"] or "",
        "introduccion": intro,
        "secciones": _opening(datos) if opening else _closing(datos),
        "firmas": (
            ["Municipalidad o COMRED", "Administra el albergue", "SOSEP, testigo", "Propietario del inmueble"]
            if opening
            else ["Municipalidad", "Propietario del inmueble", "Administró el albergue", "SOSEP"]
        ),
        "pie": f"Generada el {when_text(datos['generada_en'])} (hora de Guatemala) con datos del registro.",
        "huella": huella,
        "capacitacion": datos["capacitacion"],
    }


def _event(datos: dict[str, Any]) -> dict[str, Any]:
    event, site = datos["emergencia"], datos["albergue"]
    alerts = "; ".join(datos["alertas"]) or "ninguna registrada"
    since = when_text(event["inicio"])
    official = "Oficial" if site["oficial"] else "No oficial"
    return {
        "titulo": "Emergencia y albergue",
        "campos": [
            field("Emergencia", f"{event['nombre']} ({event['tipo']}), desde {since}", 8),
            field("Acta de la coordinadora", event["acta"], 4),
            field("Alertas vigentes en el municipio a esa hora", alerts, 12),
            field("Albergue", f"{datos['albergue']['codigo']} · {datos['albergue']['nombre']}", 8),
            field("Tipo de inmueble", datos["albergue"]["inmueble"], 4),
            field("Dirección", datos["albergue"]["lugar"], 8),
            field("Situación del sitio", f"{official} · {site['estado'].lower()}", 4),
        ],
    }  # fmt: skip


def _capacity_text(capacity: dict[str, Any] | None) -> str:
    if capacity is None:
        return ""
    source = f"{capacity['fuente']}, {day_text(capacity['fecha'])}"
    return f"{capacity['personas']:,} personas, {capacity['clase']}: {source}"


def _opening(datos: dict[str, Any]) -> list[dict[str, Any]]:
    medida = datos["medida"] or {}
    measured = f"{medida['fuente']}, {day_text(medida['fecha'])}" if medida else ""
    return [
        _event(datos),
        {
            "titulo": "Responsables",
            "campos": [
                field("Administrador titular", datos["administrador"]),
                field("Administrador suplente"),
                field("Solicitada por", datos["solicitada_por"]),
                field("Autorizada por", datos["autorizada_por"]),
                field("Institución que administra (municipalidad, SOSEP, iglesia, ONG, comunidad)", None, 8),
                field("Modalidad y horario (24 h, nocturna, diurna)", None, 4),
            ],
        },
        {
            "titulo": "Capacidad y estado en que se recibe",
            "campos": [
                field("Capacidad", _capacity_text(datos["capacidad"]), 12),
                field("Área techada útil", amount(medida.get("area_m2"), "m²"), 3),
                field("Inodoros o letrinas", amount(medida.get("inodoros")), 3),
                field("Duchas", amount(medida.get("duchas")), 3),
                field("Agua al día", amount(medida.get("agua_litros_dia"), "L"), 3),
                field("Fuente de esas medidas", measured, 6),
                field("Lecturas de agua y luz", None, 6),
                field("Ambientes, mobiliario y daños que ya tenía", None, 12, 2),
            ],
        },
        _figures(datos),
        {
            "titulo": "Servicios asegurados (institución y desde cuándo)",
            "campos": [
                field("Agua", None, 4), field("Alimentación", None, 4), field("Salud", None, 4),
                field("Seguridad", None, 4), field("Limpieza", None, 4),
                field("Normas de convivencia leídas, en idioma", None, 4),
            ],
        },
        _attending(),
    ]  # fmt: skip


def _attending() -> dict[str, Any]:
    return {
        "titulo": "Comparecientes",
        "tabla": {
            "columnas": ["Nombre", "DPI (CUI)", "Institución", "Cargo"],
            "anchos": [4, 3, 3, 2],
            "filas": [["", "", "", ""] for _ in range(3)],
            "numericas": False,
        },
    }


def _figures(datos: dict[str, Any]) -> dict[str, Any]:
    cifras = datos["cifras"]
    return {
        "titulo": f"Personas a las {when_text(cifras['corte'])}",
        "nota": f"Fuente: {cifras['fuente']}.",
        "grandes": [[x["rotulo"], x["valor"], x["alcance"]] for x in cifras["grandes"]],
    }


def _closing(datos: dict[str, Any]) -> list[dict[str, Any]]:
    cifras = datos["cifras"]
    rows = [[r["destino"], f"{r['personas']:,}", f"{r['familias']:,}"] for r in cifras["destinos"]]
    since, until = when_text(datos["abierta_en"]), when_text(datos["cuando"])
    total = ["Total", f"{cifras['personas']:,}", f"{cifras['familias']:,}"]
    return [
        _event(datos),
        {
            "titulo": "Lo que fue el albergue",
            "nota": f"Desde {since} hasta {until}. Fuente: {cifras['fuente']}.",
            "grandes": [[x["rotulo"], x["valor"], x["alcance"]] for x in cifras["grandes"]],
        },
        {
            "titulo": "A dónde fue cada persona",
            "nota": "Por la última salida de cada persona. La familia que se separó cuenta en cada destino "
            "y una vez en el total.",
            "tabla": {
                "columnas": ["Destino", "Personas", "Familias"],
                "anchos": [8, 2, 2],
                "filas": rows or [["Nadie fue registrado por su nombre", "0", "0"]],
                "total": total,
                "numericas": True,
            },
        },
        {
            "titulo": "Cierre y entrega",
            "campos": [
                field("Criterio de cierre", cifras.get("motivo"), 12),
                field("Pendientes de protección (0, o entregados a PGN o SBS)", None, 6),
                field("Limpieza y desinfección hechas", None, 6),
                field("Saldos de bodega y a dónde van", None, 12),
                field("Inventario de bienes devuelto y diferencias", None, 12, 2),
                field("Lecturas de agua y luz", None, 6),
                field("Archivo documental, entregado a", None, 6),
            ],
        },
        {
            "titulo": "Responsables",
            "campos": [
                field("Administró", datos["administrador"]),
                field("Acta de apertura", datos["acta_apertura"]),
                field("Recibe el inmueble (nombre y cargo)", datos["albergue"]["propietario"], 12),
            ],
        },
    ]  # fmt: skip
