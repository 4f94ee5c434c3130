"""What the bulletins below say: the last of each municipality for its department, of each department for the country."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import func, select

from albergues_app.consolidados.body import Cuerpo
from albergues_app.consolidados.scope import PAIS, Ambito, Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.reports.situacion.models import CONCEPTOS, BoletinSellado

NIVEL = {"pais": "nacional", "departamento": "departamental", "municipio": "municipal"}
COMPARED = {
    "albergues": "Albergues", "familias": "Familias", "personas": "Personas en el registro",
    "solo_declaradas": "Personas solo declaradas",
}  # fmt: skip


def bulletins_below(asked: Pregunta) -> list[dict[str, Any]]:
    """The last sealed of each place one level down, at or before the cut-off, as known then: plain values.

    A correction has the cut-off of what it corrects and a higher number, so it is the last.
    """
    b, place = BoletinSellado, asked.ambito
    if place.nivel == "municipio":
        return []
    stmt = select(b).where(
        b.emergencia_id == asked.emergencia_id, b.corte <= asked.corte, b.sellado_en <= asked.conocido_en
    )
    if place.codigo == PAIS:
        stmt = stmt.where(func.length(b.ambito) == 2, b.ambito != PAIS)
    else:
        stmt = stmt.where(func.length(b.ambito) == 4, b.ambito.startswith(place.codigo))
    last = {row.ambito: row for row in db.session.scalars(stmt.order_by(b.corte, b.numero))}
    return [_told(last[code]) for code in sorted(last)]


def _told(row: BoletinSellado) -> dict[str, Any]:
    datos = json.loads(row.datos)
    total = datos["cuerpo"]["total"]
    return {
        "ambito": row.ambito,
        "lugar": Ambito(row.ambito).nombre,
        "nivel": NIVEL[Ambito(row.ambito).nivel],
        "numero": row.numero,
        "corte": clock.iso(row.corte),
        "huella": row.huella,
        **{name: total[name] for name in COMPARED},
        "otras": [{k: o[k] for k in ("codigo", "valor", "fuente", "corte")} for o in datos["otras"]],
        "situacion": datos["textos"]["situacion"],
        "necesidades": datos["textos"]["necesidades"],
        "proximos": datos["textos"]["proximos"],
        "acciones": datos["acciones"],
    }


def differences(body: Cuerpo, below: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where a bulletin below says another figure than this one counts for its place at its own cut-off."""
    groups = {g.codigo: g for g in (body.departamentos if body.ambito == PAIS else body.municipios)}
    found = []
    for told in below:
        group = groups.get(told["ambito"])
        for name, words in COMPARED.items():
            here = getattr(group, name) if group else 0
            if told[name] != here:
                found.append(_difference(told, words, told[name], here))
    return found


def _difference(told: dict[str, Any], que: str, dice: int, aqui: int) -> dict[str, Any]:
    return {
        "lugar": told["lugar"], "que": que, "dice": dice, "aqui": aqui, "diferencia": dice - aqui,
        "quien": f"Boletín {told['nivel']} No. {told['numero']}", "corte": told["corte"],
    }  # fmt: skip


def sums(below: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By concept: what the bulletins below add up to, out of how many, and the oldest hour among them."""
    found: dict[str, dict[str, Any]] = {}
    for told in below:
        for other in told["otras"]:
            one = found.setdefault(other["codigo"], {"valor": 0, "lugares": [], "corte": other["corte"]})
            one["valor"] += other["valor"]
            one["lugares"].append(told["lugar"])
            one["corte"] = min(one["corte"], other["corte"])
    return {code: found[code] for code in CONCEPTOS if code in found}
