"""What the page of a log shows: its entries by filter, what is typed, what comes after a folio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy import ColumnElement, func, select

from albergues_app.coe.models import TIPO_NOMBRE, Coe, EntradaCoe, Prioridad
from albergues_app.coe.queries import Leida, entradas_of
from albergues_app.coe.services import EntradaNueva, write_entrada
from albergues_app.core import clock
from albergues_app.core.db import run
from albergues_app.core.text import normalize, whole_number
from albergues_app.core.typed import Typed
from albergues_app.territorio.catalogo import catalogo

PAGE = 100
"""Entries on a page; the older ones come by their folios."""

MEDIOS = {
    "radio": "Radio",
    "telefono": "Teléfono",
    "mensajeria": "Mensajería",
    "presencial": "Presencial",
    "correo": "Correo",
    "oficio": "Oficio",
}
PRIORIDAD_NOMBRE = {"rutina": "Rutina", "prioritario": "Prioritario", "urgente": "Urgente"}
_E = EntradaCoe.__table__


@dataclass(frozen=True)
class Filtro:
    """What of a log is asked for; each part stands in the address."""

    q: str
    tipo: str
    prioridad: str
    tardias: bool
    hasta: int | None

    @classmethod
    def from_address(cls) -> Filtro:
        args = request.args
        return cls(
            args.get("q", "")[:200].strip(),
            args.get("tipo", "") if args.get("tipo", "") in TIPO_NOMBRE else "",
            args.get("prioridad", "") if args.get("prioridad", "") in PRIORIDAD_NOMBRE else "",
            args.get("tardias") == "1",
            whole_number(args.get("hasta", "")),
        )

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.tipo or self.prioridad or self.tardias)

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.tipo:
            found.append(_E.c.tipo == self.tipo)
        if self.prioridad:
            found.append(_E.c.prioridad == self.prioridad)
        if self.tardias:
            found.append(_E.c.tardio)
        if self.hasta is not None:
            found.append(_E.c.folio <= self.hasta)
        return found

    def address(self, **changes: Any) -> dict[str, Any]:
        """The parts of the address with some changed; what says nothing is left out."""
        whole = {
            "q": self.q, "tipo": self.tipo, "prioridad": self.prioridad,
            "tardias": "1" if self.tardias else "", **changes,
        }  # fmt: skip
        return {name: value for name, value in whole.items() if value}


def entries_for(coe: Coe, filtro: Filtro) -> tuple[list[Leida], bool]:
    """The newest entries that meet the filter, and whether older ones remain.

    Texts are sealed: a word is looked for in all of them once opened (10,000 in some tenths of a second).
    """
    if not filtro.q:
        rows = entradas_of(coe, *filtro.conditions(), newest_first=True, limit=PAGE + 1)
        return rows[:PAGE], len(rows) > PAGE
    words = normalize(filtro.q).split()
    found: list[Leida] = []
    for entry in entradas_of(coe, *filtro.conditions(), newest_first=True):
        text = normalize(" ".join(str(v) for v in (entry.folio, *entry.textos.values()) if v))
        if all(word in text for word in words):
            found.append(entry)
            if len(found) > PAGE:
                return found[:PAGE], True
    return found, False


def rectified_of(coe: Coe) -> dict[int, int]:
    """Folio → the folio that corrects it, the last one."""
    stmt = select(_E.c.rectifica_a, _E.c.folio).where(_E.c.coe_id == coe.id, _E.c.rectifica_a.is_not(None))
    return {row.rectifica_a: row.folio for row in run(stmt.order_by(_E.c.folio))}


def counts_of(coe: Coe) -> dict[str, int]:
    """How many entries each quick filter would show."""
    stmt = select(
        func.count(),
        func.count().filter(_E.c.prioridad == Prioridad.URGENTE),
        func.count().filter(_E.c.tipo == "decision"),
        func.count().filter(_E.c.tardio),
    ).where(_E.c.coe_id == coe.id)
    row = run(stmt).one()
    return {"todas": row[0], "urgentes": row[1], "decisiones": row[2], "tardias": row[3]}


def places_of(coe: Coe) -> list[tuple[str, str]]:
    """The municipalities that an entry may be of."""
    if coe.municipio_codigo:
        return []
    known = catalogo()
    wanted = (
        known.municipios_de(coe.departamento_codigo) if coe.departamento_codigo else known.municipios.values()
    )
    return sorted(((m.codigo, known.lugar_texto(m.codigo)) for m in wanted), key=lambda p: p[1])


def read_entrada(coe: Coe, typed: Typed) -> Callable[[], dict[str, Any]]:
    """What was typed as an entry to write; its faults are gathered in ``typed``."""
    when: datetime | None = typed.instant("ocurrido_en", "Escriba la hora del hecho.")
    datos = EntradaNueva(
        id=typed.op_id,
        ocurrido_en=when or clock.now(),
        tipo=typed.choice("tipo", TIPO_NOMBRE, "Elija el tipo."),
        asunto=typed.text("asunto", "Escriba el asunto en una línea.", 140),
        detalle=_lines(typed),
        prioridad=typed.choice("prioridad", PRIORIDAD_NOMBRE) or Prioridad.RUTINA,
        origen=typed.optional("origen", 160),
        destino=typed.optional("destino", 160),
        medio=typed.choice("medio", MEDIOS) or None,
        territorio=typed.choice("territorio", dict(places_of(coe))) or None,
        rectifica_a=typed.integer("rectifica_a", 1, 10_000_000),
    )
    coe_id = coe.id
    return lambda: write_entrada(coe_id, datos)


def _lines(typed: Typed) -> str:
    """The detail with its lines; long enough for a report by radio."""
    raw = typed.get("detalle")
    if len(raw) > 8000:
        typed.fault(
            "texto_largo", "El detalle pasa de 8,000 letras: escriba el resto en otra entrada.", "detalle"
        )
        return ""
    from albergues_app.core.text import clean

    text = "\n".join(clean(line) for line in raw.replace("\x00", "").splitlines()).strip()
    if not text:
        typed.fault("falta", "Escriba el detalle: qué pasó, cuánto, dónde y qué se respondió.", "detalle")
    return text
