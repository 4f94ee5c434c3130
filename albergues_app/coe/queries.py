"""Read a log: its entries with their texts, and whether its chain holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.coe import verificador
from albergues_app.coe.models import Coe, EntradaCoe
from albergues_app.coe.services import CONTEXT, chained, header_of
from albergues_app.core.db import db, run
from albergues_app.core.keys import KeyMissing

_E = EntradaCoe.__table__
DESTROYED = {
    "asunto": "Texto destruido con los datos de la emergencia",
    "detalle": "",
    "origen": None,
    "destino": None,
}
_CHUNK = 2000


@dataclass(frozen=True)
class Leida:
    """An entry with its texts. ``sal`` is None when its texts were destroyed with the emergency's key."""

    row: dict[str, Any]
    textos: dict[str, Any]
    sal: str | None

    def __getattr__(self, name: str) -> Any:
        try:
            return self.textos[name] if name in self.textos else self.row[name]
        except KeyError as error:
            raise AttributeError(name) from error


def entradas_of(
    coe: Coe, *conditions: Any, newest_first: bool = False, limit: int | None = None
) -> list[Leida]:
    """Entries of a log that meet the conditions, in the order of their folios."""
    stmt = select(_E).where(_E.c.coe_id == coe.id, *conditions)
    stmt = stmt.order_by(_E.c.folio.desc() if newest_first else _E.c.folio)
    if limit is not None:
        stmt = stmt.limit(limit)
    return list(_open(coe.emergencia_id, run(stmt).mappings().all()))


def _open(emergencia_id: UUID, rows: Sequence[Any]) -> Iterator[Leida]:
    try:
        key = seal_for(emergencia_id)
    except KeyMissing:
        key = None
    for row in rows:
        if key is None:
            yield Leida(dict(row), DESTROYED, None)
            continue
        texts = open_json(key, row["contenido"], CONTEXT)
        yield Leida(dict(row), {name: texts.get(name) for name in verificador.TEXTOS}, texts["sal"])


def entrada_of(coe: Coe, entrada_id: UUID) -> Leida | None:
    """One entry of this log by its id."""
    found = entradas_of(coe, _E.c.id == entrada_id)
    return found[0] if found else None


@dataclass(frozen=True)
class Veredicto:
    """How many entries hold, and the folio of the first that does not."""

    entradas: int
    alterada: int | None


def verify_log(coe: Coe) -> Veredicto:
    """Recompute the chain of a log from the activation's data to the last entry."""
    anterior, expected = verificador.hash_of_coe(header_of(coe)), 0
    while True:
        stmt = (
            select(_E).where(_E.c.coe_id == coe.id, _E.c.folio > expected).order_by(_E.c.folio).limit(_CHUNK)
        )
        rows = run(stmt).mappings().all()
        for row in rows:
            expected += 1
            right = row["folio"] == expected and row["anterior"] == anterior
            if not right or verificador.hash_of_entry(anterior, chained(row)) != row["huella"]:
                return Veredicto(expected, expected)
            anterior = row["huella"]
        if len(rows) < _CHUNK:
            break
    if expected != coe.ultimo_folio or anterior != coe.cabeza:
        return Veredicto(expected, expected + 1)
    return Veredicto(expected, None)


def verify_logs() -> list[str]:
    """A sentence for each log whose chain does not hold."""
    found = []
    for coe in db.session.scalars(select(Coe).order_by(Coe.id)):
        verdict = verify_log(coe)
        if verdict.alterada is not None:
            found.append(f"La bitácora del COE {coe.id} está alterada en el folio {verdict.alterada}.")
    return found
