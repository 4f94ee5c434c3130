"""The first page of a bulletin, for the hurried. PDF, DOCX, screen and message say this; nothing is counted here."""

from __future__ import annotations

from typing import Any

from albergues_app.consolidados.body import Cuerpo, Grupo
from albergues_app.consolidados.sheets import (
    moment,
    number,
    signed,
)
from albergues_app.emergencias.models import SIGNO_ALERTA
from albergues_app.ocupacion.bandas import CODIGOS, SIN_DATO
from albergues_app.ocupacion.bandas import NOMBRE as BANDA_NOMBRE
from albergues_app.reports.situacion import outline
from albergues_app.reports.situacion.snapshot import body_of, coe_text
from albergues_app.territorio.catalogo import catalogo

TOP_NEEDS, TOP_ACTIONS = 5, 4


def title_of(datos: dict[str, Any]) -> str:
    """«Boletín No. 6», or a draft."""
    return f"Boletín No. {datos['numero']}" if datos["numero"] else "Borrador de boletín"


def first_page(datos: dict[str, Any]) -> dict[str, Any]:
    """What the hurried read: who, where, when, four figures, what is lacking, what comes next."""
    body = body_of(datos)
    alert = datos["alertas"][0] if datos["alertas"] else None
    return {
        "titulo": "Boletín de situación",
        "numero": f"No. {datos['numero']}" if datos["numero"] else "Borrador",
        "emergencia": datos["emergencia"]["nombre"],
        "lugar": datos["lugar"],
        "nivel": datos["nivel"],
        "corte": moment(datos["corte"]),
        "emitido": moment(datos["sellado_en"]) if datos["sellado_en"] else "",
        "anterior": f"Sigue al No. {datos['anterior_numero']}" if datos["anterior_numero"] else "",
        "simulacro": datos["emergencia"]["simulacro"],
        "alerta": {
            "color": alert["color"],
            "texto": f"{SIGNO_ALERTA[alert['color']]} Alerta {alert['color']} {alert['ambito']}",
            "desde": f"desde {moment(alert['desde'])}",
            "mas": len(datos["alertas"]) - 1,
        }
        if alert
        else None,
        "coe": f"COE {datos['nivel']}: {coe_text(datos['coe'][-1])}"
        if datos["coe"]
        else f"COE {datos['nivel']}: sin activación registrada",
        "tarjetas": cards(datos, body),
        "situacion": datos["textos"]["situacion"],
        "proximos": datos["textos"]["proximos"],
        "falta": lacking(datos),
        "acciones": datos["acciones"][:TOP_ACTIONS],
        "acciones_mas": max(0, len(datos["acciones"]) - TOP_ACTIONS),
        "mapa": map_svg(datos, body),
        "mapa_rotulo": "Personas por departamento"
        if body.place.nivel == "pais"
        else "Personas por municipio",
        "mapa_credito": datos["mapa"]["credito"] if datos["mapa"] else "",
        "serie": [
            *(_point(f"No. {s['numero']}", s["corte"], s["personas"]) for s in datos["serie"]),
            _point(
                f"No. {datos['numero']}" if datos["numero"] else "este",
                datos["corte"],
                body.total.personas + body.total.solo_declaradas,
            ),
        ],
        "edades": [
            {
                "rotulo": BANDA_NOMBRE[code],
                "personas": datos["bandas"][code],
                "dicho": f"{datos['bandas'][code]:,}",
            }
            for code in CODIGOS
            if datos["bandas"][code] or code != SIN_DATO
        ],
        "firmas": [
            {"papel": f["papel"], "quien": f"{f['nombre']}, {f['rol']}", "cuando": moment(f["cuando"])}
            for f in datos["firmas"]
        ],
        "corrige": {
            "texto": f"Corrige al No. {datos['corrige']['numero']}.",
            "motivo": datos["corrige"]["motivo"],
            "celdas": len(datos["corrige"]["celdas"]),
        }
        if datos["corrige"]
        else None,
        "notas": datos["notas"],
    }


def _point(label: str, corte: str, people: int) -> dict[str, Any]:
    """A bar of the line of bulletins."""
    return {"rotulo": label, "corte": moment(corte)[:5], "personas": people, "dicho": f"{people:,}"}


def cards(datos: dict[str, Any], body: Cuerpo) -> list[dict[str, str]]:
    """Four figures, each with what it is of."""
    t = body.total
    before = next((s for s in reversed(datos["serie"])), None)
    now = t.personas + t.solo_declaradas
    change = now - before["personas"] if before else 0
    since = (
        f" · {signed(change) if change else 'sin cambio'} desde el No. {before['numero']}" if before else ""
    )
    only = (
        f" · {count_of(t.solo_declaradas, 'persona', 'personas')} más, solo declaradas"
        if t.solo_declaradas
        else ""
    )
    free = sum(r.diferencia for r in body.lineas if r.diferencia is not None and r.diferencia > 0)
    over = -sum(r.diferencia for r in body.lineas if r.diferencia is not None and r.diferencia < 0)
    known = t.albergues - t.capacidad_sin_dato
    return [
        {
            "rotulo": "Personas", "valor": number(t.personas),
            "pie": f"{count_of(t.familias, 'familia', 'familias')}{only}{since}",
        },
        {
            "rotulo": "Albergues", "valor": number(t.albergues),
            "pie": kinds_of(t) + (f" · {t.sin_reporte:,} sin reporte" if t.sin_reporte else ""),
        },
        {
            "rotulo": "Capacidad", "valor": number(t.capacidad),
            "pie": count_of(known, "albergue", "albergues")
            + (f" · {t.capacidad_sin_dato:,} sin dato" if t.capacidad_sin_dato else ""),
        },
        {"rotulo": "Lugares", "valor": signed(t.diferencia), "pie": f"{free:,} libres · {over:,} de exceso"},
    ]  # fmt: skip


def kinds_of(total: Grupo) -> str:
    """«8 oficiales · 1 no oficial»."""
    official = count_of(total.oficiales, "oficial", "oficiales")
    return f"{official} · {count_of(total.no_oficiales, 'no oficial', 'no oficiales')}"


def count_of(n: int, one: str, many: str) -> str:
    """«1 albergue», «2 albergues»."""
    return f"{n:,} {one if n == 1 else many}"


def lacking(datos: dict[str, Any]) -> dict[str, Any]:
    """The needs added up, then the shelters that lack most."""
    needs = datos["necesidades"]
    total: dict[str, int] = {}
    for need in needs:
        total[need["que"]] = total.get(need["que"], 0) + (need["falta"] if need["falta"] is not None else 1)
    words = {
        "lugares": ("lugar para {} persona", "lugar para {} personas"), "agua": ("{} L de agua al día",) * 2,
        "inodoros": ("{} inodoro", "{} inodoros"), "duchas": ("{} ducha", "{} duchas"), "espacio": ("{} m² techados",) * 2,
        "reporte": ("{} albergue sin reporte", "{} albergues sin reporte"),
        "medidas": ("{} albergue por medir", "{} albergues por medir"),
    }  # fmt: skip
    added = [pair[total[que] != 1].format(f"{total[que]:,}") for que, pair in words.items() if que in total]
    by: dict[str, list[dict[str, Any]]] = {}
    for need in needs:
        if need["que"] not in {"medidas", "reporte"}:
            by.setdefault(need["codigo"], []).append(need)
    known = catalogo()
    rows = [
        {
            "donde": f"{own[0]['albergue']} ({known.municipio_nombre(own[0]['municipio'])})",
            "que": "; ".join(n["texto"][:1].lower() + n["texto"][1:] for n in own),
        }
        for own in by.values()
    ]
    return {
        "suma": ", ".join(added),
        "filas": rows[:TOP_NEEDS],
        "mas": max(0, len(rows) - TOP_NEEDS),
        "texto": datos["textos"]["necesidades"],
    }


def map_svg(datos: dict[str, Any], body: Cuerpo) -> str:
    """The small map, or "" where the instance had none."""
    if not datos["mapa"]:
        return ""
    country = body.place.nivel == "pais"
    groups = body.departamentos if country else body.municipios
    persons = {g.codigo: g.personas + g.solo_declaradas for g in groups}
    silent = {r.municipio[:2] if country else r.municipio for r in body.callan}
    return outline.paint(
        datos["mapa"], persons, silent, body.ambito if body.place.nivel == "municipio" else ""
    )
