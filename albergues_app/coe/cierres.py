"""Close a period of a log: sealed by the hash of its last entry, on the closure before; what comes late is said to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.audit.listener import bulk_insert
from albergues_app.coe import verificador
from albergues_app.coe.models import Coe, EntradaCoe
from albergues_app.coe.models_turno import CierrePeriodo
from albergues_app.coe.services import header_of, instant
from albergues_app.core import clock
from albergues_app.core.db import db, run
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.unit_of_work import current_actor

_E = EntradaCoe.__table__


def cierres_of(coe_id: UUID) -> list[CierrePeriodo]:
    """The closures of a log in their order."""
    stmt = select(CierrePeriodo).where(CierrePeriodo.coe_id == coe_id)
    return list(db.session.scalars(stmt.order_by(CierrePeriodo.numero)))


def close_period(coe_id: UUID, key: UUID, hasta: datetime) -> CierrePeriodo:
    """Close what is written and not closed yet; facts before ``hasta`` that come later are late in a closed period.

    Every folio is in one closure at most, and in order. An activation that ended is closed too.

    :raises RuleBroken: `nada_que_cerrar`, `hora_futura`, `antes_de_activarse`, `antes_del_ultimo`.
    """
    coe = db.session.get(Coe, coe_id, with_for_update=True, populate_existing=True)
    if coe is None:
        raise NotFound()
    moment, before = clock.now(), cierres_of(coe_id)
    last = before[-1] if before else None
    if hasta > moment:
        raise RuleBroken(
            "hora_futura", "Un período se cierra cuando ya terminó: escriba una hora que ya pasó.", "hasta"
        )
    if hasta < coe.activado_en:
        raise RuleBroken("antes_de_activarse", "La hora es anterior a la activación.", "hasta")
    if last is not None and hasta <= last.hasta:
        said = f"{clock.to_local(last.hasta):%d/%m/%Y %H:%M}"
        raise RuleBroken(
            "antes_del_ultimo", f"Ya está cerrado hasta el {said}: escriba una hora posterior.", "hasta"
        )
    first = last.folio_hasta + 1 if last else 1
    if coe.ultimo_folio < first:
        raise RuleBroken("nada_que_cerrar", "No hay entradas nuevas desde el último cierre.", "hasta")
    actor = current_actor()
    row: dict[str, Any] = {
        "id": key,
        "coe_id": coe_id,
        "numero": len(before) + 1,
        "hasta": hasta,
        "folio_desde": first,
        "folio_hasta": coe.ultimo_folio,
        "cerrado_en": moment,
        "cuenta_id": actor.cuenta_id if actor else None,
        "cabeza": coe.cabeza,
        "anterior": last.huella if last else verificador.hash_of_coe(header_of(coe)),
    }
    row["huella"] = verificador.hash_of_closure(row["anterior"], chained_closure(row))
    bulk_insert(db.session, CierrePeriodo, [row])
    coe.cierres = row["numero"]
    db.session.flush()
    return db.session.get_one(CierrePeriodo, key)


def chained_closure(row: Any) -> dict[str, Any]:
    """A closure as its hash and its exports spell it."""
    of = row if isinstance(row, Mapping) else {c.name: getattr(row, c.name) for c in row.__table__.columns}
    return {
        "numero": of["numero"],
        "hasta": instant(of["hasta"]),
        "folio_desde": of["folio_desde"],
        "folio_hasta": of["folio_hasta"],
        "cerrado_en": instant(of["cerrado_en"]),
        "cuenta": str(of["cuenta_id"]) if of["cuenta_id"] else None,
        "cabeza": of["cabeza"],
    }


def closure_bodies(coe_id: UUID) -> list[dict[str, Any]]:
    """The closures of a log as an export carries them."""
    return [
        {**chained_closure(row), "anterior": row.anterior, "huella": row.huella} for row in cierres_of(coe_id)
    ]


def late_in_closed(coe_id: UUID) -> Callable[[Mapping[str, Any]], bool]:
    """Whether an entry was written after the period of its fact had been closed."""
    marks = run(
        select(CierrePeriodo.folio_hasta, CierrePeriodo.hasta)
        .where(CierrePeriodo.coe_id == coe_id)
        .order_by(CierrePeriodo.numero)
    ).all()
    ends = [mark.folio_hasta for mark in marks]

    def is_late(row: Mapping[str, Any]) -> bool:
        before = bisect_left(ends, row["folio"])
        return before > 0 and bool(row["ocurrido_en"] < marks[before - 1].hasta)

    return is_late


def first_altered(coe: Coe) -> int | None:
    """The number of the first closure that does not hold with the entries as they are, or None.

    The entries themselves are ``verify_log``'s: the hash of the last one of a period covers all before it.
    """
    found = cierres_of(coe.id)
    stmt = select(_E.c.folio, _E.c.huella).where(
        _E.c.coe_id == coe.id, _E.c.folio.in_([row.folio_hasta for row in found])
    )
    ends = {row.folio: row.huella for row in run(stmt)} if found else {}
    anterior, folio = verificador.hash_of_coe(header_of(coe)), 0
    for expected, row in enumerate(found, start=1):
        right = (
            row.numero == expected
            and row.folio_desde == folio + 1 <= row.folio_hasta
            and row.cabeza == ends.get(row.folio_hasta)
            and row.anterior == anterior
            and row.huella == verificador.hash_of_closure(anterior, chained_closure(row))
        )
        if not right:
            return expected
        anterior, folio = row.huella, row.folio_hasta
    return None if len(found) == coe.cierres else len(found) + 1
