"""The whole of a bulletin as one plain value: what is drawn, hashed, attached to the PDF and compared."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from albergues_app.consolidados.body import Cuerpo, load
from albergues_app.consolidados.changes import compare
from albergues_app.consolidados.sheets import moment
from albergues_app.core import clock
from albergues_app.ocupacion.bandas import CODIGOS
from albergues_app.ocupacion.bandas import NOMBRE as BANDA_NOMBRE
from albergues_app.reports.situacion import verificador
from albergues_app.reports.situacion.models import CONCEPTOS, Boletin
from albergues_app.reports.situacion.writing import TEXTOS, actions_of

NOTAS = (
    "Cifras preliminares, sujetas a cambio. Cada una lleva su fuente, su ámbito y su hora.",
    "Lo registrado por nombre y lo solo declarado en un parte se cuentan por aparte. «Sin dato» no es cero.",
)

_INSTANT = re.compile(
    r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{6})?-06:00"
)


def content_of(row: Boletin) -> dict[str, Any]:
    """Figures and texts of a draft, joined: all but number, signatures and what it corrects."""
    frozen, written = json.loads(row.cifras), json.loads(row.textos)
    proposed, dropped = frozen.pop("propuestas"), set(written["quitadas"])
    others, differs = _others(frozen, written["otras"])
    return {
        "formato": verificador.FORMATO,
        **frozen,
        "textos": {name: written[name] for name in TEXTOS if name != "acciones"},
        "acciones": actions_of(written["acciones"]),
        "necesidades": [g for g in proposed if g["clave"] not in dropped],
        "necesidades_quitadas": sum(g["clave"] in dropped for g in proposed),
        "otras": others,
        "difiere": [*frozen["difiere"], *differs],
        "notas": list(NOTAS),
    }


def content_hash(row: Boletin) -> str:
    """Of what a reader of the draft has before them: a move is made over this and nothing else."""
    return verificador.sha256(verificador.canonical(content_of(row)))


def _others(
    frozen: dict[str, Any], written: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What a person wrote; else what the bulletins below add up to. Where both speak and differ, both are told."""
    found, differs = [], []
    for code, name in CONCEPTOS.items():
        own, below = written.get(code), frozen["sumas"].get(code)
        if own is None and below is None:
            continue
        told = _who_adds(below["lugares"]) if below else ""
        use = own or {"valor": below["valor"], "fuente": told, "corte": below["corte"]}
        found.append({"codigo": code, "nombre": name, "ambito": frozen["lugar"], **use})
        if own and below and own["valor"] != below["valor"]:
            differs.append(
                {
                    "lugar": frozen["lugar"], "que": name, "dice": below["valor"], "aqui": own["valor"],
                    "diferencia": below["valor"] - own["valor"], "quien": told, "corte": below["corte"],
                }
            )  # fmt: skip
    return found, differs


def _who_adds(lugares: list[str]) -> str:
    if len(lugares) == 1:
        return f"Boletín de {lugares[0]}"
    return f"Suma de {len(lugares)} boletines: {', '.join(lugares)}"


def draft(row: Boletin, corrige: dict[str, Any] | None, firmas: list[dict[str, Any]]) -> dict[str, Any]:
    """A bulletin that is not issued: no number, no hash."""
    return {
        **content_of(row), "numero": None, "anterior": None, "anterior_numero": None, "sellado_en": None,
        "verificar_en": "", "firmas": firmas, "corrige": corrige,
    }  # fmt: skip


def body_of(datos: dict[str, Any]) -> Cuerpo:
    """The consolidated figures inside a bulletin."""
    return load(verificador.canonical(datos["cuerpo"]))


def changed_cells(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """Every cell that two bulletins do not share: of shelters and totals, of other figures, of texts and needs."""
    cells = [
        {"donde": c.donde, "que": c.que, "antes": _said(c.antes), "ahora": _said(c.ahora)}
        for c in compare(body_of(before), body_of(after))
    ]
    seen = {(c["donde"], c["que"]) for c in cells}
    old, new = ({c["codigo"]: c for c in d["cifras"]} for d in (before, after))
    for code in (c["codigo"] for c in after["cifras"]):
        was = old.get(code, {}).get("valor")
        if was != new[code]["valor"] and code in {"atendidas", "en_transito", "fuera_de_albergue"}:
            _add(cells, seen, "Total", new[code]["nombre"], was, new[code]["valor"])
    old, new = ({o["codigo"]: o for o in d["otras"]} for d in (before, after))
    for code, name in CONCEPTOS.items():
        for field, words in (("valor", name), ("fuente", f"{name}: fuente"), ("corte", f"{name}: hora")):
            was, now = old.get(code, {}).get(field), new.get(code, {}).get(field)
            if was != now and (field == "valor" or (code in old and code in new)):
                _add(cells, seen, "Otras cifras", words, was, now)
    for band in CODIGOS:
        if before["bandas"][band] != after["bandas"][band]:
            _add(cells, seen, "Edades", BANDA_NOMBRE[band], before["bandas"][band], after["bandas"][band])
    _texts(cells, seen, before, after)
    return cells


def _texts(cells: list[dict[str, Any]], seen: set[tuple[str, str]], before: Any, after: Any) -> None:
    for name, (words, _limit) in TEXTOS.items():
        if name != "acciones" and before["textos"][name] != after["textos"][name]:
            _add(cells, seen, "Texto", words, before["textos"][name], after["textos"][name])
    was, now = (
        " · ".join(f"{a['institucion']}: {a['accion']}" for a in d["acciones"]) for d in (before, after)
    )
    if was != now:
        _add(cells, seen, "Texto", TEXTOS["acciones"][0], was, now)
    old, new = ({n["clave"]: n for n in d["necesidades"]} for d in (before, after))
    for key in sorted(old.keys() | new.keys()):
        a, b = old.get(key), new.get(key)
        if (a or {}).get("texto") != (b or {}).get("texto"):
            one = b or a
            assert one is not None
            _add(cells, seen, f"{one['codigo']} {one['albergue']}", f"Necesidad: {one['que']}",
                 a["texto"] if a else "no estaba", b["texto"] if b else "ya no está")  # fmt: skip
    for name, words in (
        ("alertas", "Alertas vigentes"),
        ("coe", "Estado del COE"),
        ("actas", "Actas y documentos"),
        ("aportes", "Boletines que reúne"),
    ):
        was, now = (d.get(name, []) for d in (before, after))
        if was != now:
            _add(cells, seen, "Encabezado", words, _listed(name, was), _listed(name, now))


def _listed(name: str, rows: list[dict[str, Any]]) -> str:
    if name == "aportes":
        return ", ".join(f"{r['lugar']} No. {r['numero']}" for r in rows) or "ninguno"
    if name == "actas":
        return "; ".join(f"{r['acta']} ({r['de']})" for r in rows) or "ninguna"
    if name == "coe":
        return "; ".join(coe_text(r) for r in rows) or "ninguno"
    told = [
        f"{r['color']} {r['ambito']} en {', '.join(r['lugares']) or 'todo el país'} desde {moment(r['desde'])}"
        for r in rows
    ]
    return "; ".join(told) or "ninguna"


def coe_text(coe: dict[str, Any]) -> str:
    """«activación total desde 20/11/2026 06:00, acta de activación 07-2026»."""
    acta = f", acta de activación {coe['acta']}" if coe["acta"] else ""
    return f"{coe['grado'].lower()} desde {moment(coe['desde'])}{acta}"


def _add(
    cells: list[dict[str, Any]], seen: set[tuple[str, str]], donde: str, que: str, antes: Any, ahora: Any
) -> None:
    if (donde, que) not in seen:
        cells.append({"donde": donde, "que": que, "antes": _said(antes), "ahora": _said(ahora)})


def _said(value: Any) -> str:
    if value is None or value == "":
        return "sin dato"
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    text = str(value)
    if _INSTANT.fullmatch(text):
        return f"{clock.to_local(datetime.fromisoformat(text)):%d/%m/%Y %H:%M}"
    return text if len(text) <= 160 else text[:157] + "…"
