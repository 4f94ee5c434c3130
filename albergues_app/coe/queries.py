"""Read a log: its entries with their texts, and whether its chain holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, null, select

from albergues_app.audit.models import AuditoriaCabeza
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.coe import verificador
from albergues_app.coe.adjuntos import file_is_whole, told
from albergues_app.coe.cierres import first_altered, late_in_closed
from albergues_app.coe.eslabones import check_chain
from albergues_app.coe.models import Coe, EntradaCoe
from albergues_app.coe.services import CONTEXT, header_of
from albergues_app.core.db import Question, db, run
from albergues_app.core.keys import KeyMissing
from albergues_app.core.text import normalize

_E = EntradaCoe.__table__
DESTROYED = verificador.DESTRUIDO
_CHUNK = 2000
_C = Coe.__table__
_HEAD = Question(
    select(
        _C.c.cabeza, _C.c.desactivado_en, _C.c.departamento_codigo, _C.c.municipio_codigo,
        null().label("albergue_codigo"), select(AuditoriaCabeza.__table__.c.seq).scalar_subquery().label("pulso"),
    ).where(_C.c.id == bindparam("coe_id"))
)  # fmt: skip


def head_of(coe_id: UUID) -> Any:
    """The last hash of a log, with what the door asks; None if there is no such activation. A page asks every 5 s.

    ``pulso`` grows whenever anything is written anywhere.
    """
    found = _HEAD.rows(coe_id=coe_id)
    return found[0] if found else None


@dataclass(frozen=True)
class Leida:
    """An entry with its texts. ``sal`` is None when its texts were destroyed with the emergency's key.

    ``row`` has besides ``en_cerrado``: it was written after the period of its fact had been closed.
    """

    row: dict[str, Any]
    textos: dict[str, Any]
    sal: str | None

    @property
    def archivos(self) -> list[dict[str, Any]]:
        """Its files, with their names."""
        return told(self.row["adjuntos"], self.textos.get("nombres"))

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
    return list(_open(coe, run(stmt).mappings().all()))


def stream_entradas(coe: Coe) -> Iterator[Leida]:
    """Every entry of a log in the order of their folios, some at a time."""
    last = 0
    while True:
        some = entradas_of(coe, _E.c.folio > last, limit=_CHUNK)
        yield from some
        if len(some) < _CHUNK:
            return
        last = some[-1].folio


def search_folios(coe: Coe, conditions: Sequence[Any], words: Sequence[str], limit: int) -> list[int]:
    """The newest folios whose texts hold all these words, normalised.

    Texts are sealed: they are opened in chunks, the newest first, and no more than are needed.
    """
    try:
        key = seal_for(coe.emergencia_id)
    except KeyMissing:
        return []
    found: list[int] = []
    before = coe.ultimo_folio + 1
    while True:
        stmt = (
            select(_E.c.folio, _E.c.contenido, _E.c.albergue_codigo)
            .where(_E.c.coe_id == coe.id, _E.c.folio < before, *conditions)
            .order_by(_E.c.folio.desc())
            .limit(_CHUNK)
        )
        rows = run(stmt).all()
        for folio, sealed, albergue in rows:
            texts = open_json(key, sealed, CONTEXT)
            said = [texts[name] for name in verificador.TEXTOS if texts[name]] + texts.get("nombres", [])
            whole = normalize(" ".join((str(folio), albergue or "", *said)))
            if all(word in whole for word in words):
                found.append(folio)
                if len(found) == limit:
                    return found
        if len(rows) < _CHUNK:
            return found
        before = rows[-1].folio


def _open(coe: Coe, rows: Sequence[Any]) -> Iterator[Leida]:
    is_late = late_in_closed(coe.id)
    try:
        key = seal_for(coe.emergencia_id)
    except KeyMissing:
        key = None
    for stored in rows:
        row = {**stored, "en_cerrado": is_late(stored)}
        if key is None:
            yield Leida(row, DESTROYED, None)
            continue
        texts = open_json(key, row["contenido"], CONTEXT)
        sal = texts.pop("sal")
        yield Leida(row, texts, sal)


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
    """Recompute the chain of a log from the activation's data to the last entry, and the hashes of its files."""
    found = check_chain(coe.id, verificador.hash_of_coe(header_of(coe)), coe.ultimo_folio)
    if found.alterada is not None:
        return Veredicto(found.ultimo, found.alterada)
    beyond = run(
        select(func.count()).where(_E.c.coe_id == coe.id, _E.c.folio > coe.ultimo_folio)
    ).scalar_one()
    if found.termina != coe.cabeza or beyond:
        return Veredicto(found.ultimo, found.ultimo + 1)
    for folio, told_files in found.archivos:
        if not all(file_is_whole(coe, file) for file in json.loads(told_files)):
            return Veredicto(found.ultimo, folio)
    return Veredicto(found.ultimo, _old_text_altered(coe, found.de_antes))


def _old_text_altered(coe: Coe, last: int) -> int | None:
    """The first entry of edition 1 whose sealed texts, which have no hash of their own, are not those of its hash."""
    try:
        key = seal_for(coe.emergencia_id)
    except KeyMissing:
        return None
    stmt = select(_E.c.folio, _E.c.texto, _E.c.contenido).where(
        _E.c.coe_id == coe.id, _E.c.folio <= last, _E.c.sellado.is_(None)
    )
    for row in run(stmt.order_by(_E.c.folio)) if last else ():
        try:
            texts = open_json(key, row.contenido, CONTEXT)
        except KeyMissing:
            return int(row.folio)
        if verificador.hash_of_texts(texts["sal"], texts) != row.texto:
            return int(row.folio)
    return None


def verify_logs() -> list[str]:
    """A sentence for each log whose chain does not hold."""
    found = []
    for coe in db.session.scalars(select(Coe).order_by(Coe.id)):
        verdict = verify_log(coe)
        if verdict.alterada is not None:
            found.append(f"La bitácora del COE {coe.id} está alterada en el folio {verdict.alterada}.")
        closure = first_altered(coe)
        if closure is not None:
            found.append(f"El cierre {closure} de la bitácora del COE {coe.id} está alterado.")
    return found
