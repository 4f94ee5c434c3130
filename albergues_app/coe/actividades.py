"""What a person or a unit did in a period (SCI-214), taken from their entries in the log: nobody types it twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts.models import ROL_NOMBRE, Cuenta
from albergues_app.coe.hojas import fits
from albergues_app.coe.models import Coe, EntradaCoe
from albergues_app.coe.panel import account_names
from albergues_app.coe.queries import Leida, entradas_of
from albergues_app.core import clock
from albergues_app.core.db import run

SCI_214 = "sci_214"
AT_MOST = 2000
"""Lines that one sheet takes, as the format says."""
LETTERS = 1000
"""Of one line, as the format says."""
_GOES_ON = "… (sigue en la bitácora)"
_E, _T = EntradaCoe.__table__, Cuenta.__table__


def writers_of(coe: Coe) -> list[tuple[UUID, str, int]]:
    """The accounts that wrote in a log: their names and how many entries, those with most first."""
    stmt = (
        select(_E.c.cuenta_id, func.count().label("n"))
        .where(_E.c.coe_id == coe.id, _E.c.cuenta_id.is_not(None))
        .group_by(_E.c.cuenta_id)
    )
    rows = run(stmt).all()
    names = account_names(row.cuenta_id for row in rows)
    found = [(row.cuenta_id, names.get(row.cuenta_id, "Cuenta retirada"), row.n) for row in rows]
    return sorted(found, key=lambda w: (-w[2], w[1]))


def period_of(when: datetime) -> tuple[datetime, datetime]:
    """The twelve hours in which an instant falls, from 06:00 or 18:00 of Guatemala."""
    local = clock.to_local(when)
    start = datetime.combine(local.date(), time(6 if 6 <= local.hour < 18 else 18), clock.LOCAL)
    if local.hour < 6:
        start -= timedelta(days=1)
    return clock.as_utc(start), clock.as_utc(start + timedelta(hours=12))


def activities_of(coe: Coe, cuentas: Sequence[UUID], desde: datetime, hasta: datetime) -> list[Leida]:
    """The entries that these accounts wrote of facts from one hour until before another, by hour of the fact."""
    found = entradas_of(
        coe, _E.c.cuenta_id.in_(cuentas), _E.c.ocurrido_en >= desde, _E.c.ocurrido_en < hasta, limit=AT_MOST
    )
    return sorted(found, key=lambda e: (e.row["ocurrido_en"], e.row["folio"]))


def sheet_of(
    coe: Coe, cuentas: Sequence[UUID], desde: datetime, hasta: datetime, seccion: str, quien: str
) -> dict[str, Any]:
    """The answers of the SCI-214: one account is a person, several are a unit and say who wrote each line."""
    entries = activities_of(coe, cuentas, desde, hasta)
    stmt = select(_T.c.id, _T.c.nombre, _T.c.rol).where(_T.c.id.in_(cuentas)).order_by(_T.c.nombre)
    people = {row.id: row for row in run(stmt)}
    several = len(cuentas) > 1
    corrected = {
        e.row["rectifica_a"]: e.row["folio"] for e in entradas_of(coe, _E.c.rectifica_a.is_not(None))
    }
    answers: dict[str, Any] = {
        "periodo_desde": desde,
        "periodo_hasta": hasta,
        "nombre": fits(", ".join(p.nombre for p in people.values())),
        "unidad": "" if several else ", ".join(ROL_NOMBRE[p.rol] for p in people.values()),
        "seccion": seccion,
        "recursos": [
            {"nombre": p.nombre, "institucion": ROL_NOMBRE[p.rol]} for p in people.values() if several
        ],
        "actividades": [
            {
                "ocurrido_en": clock.as_utc(e.row["ocurrido_en"]),
                "actividad": _line(e, corrected, people[e.row["cuenta_id"]].nombre if several else ""),
            }
            for e in entries
        ],
        "registrador": quien,
        "preparado_en": clock.now(),
    }
    return {name: value for name, value in answers.items() if value not in ("", [])}


def _line(entry: Leida, corrected: dict[int, int], quien: str) -> str:
    folio = entry.row["folio"]
    words = [f"Folio {folio}."]
    if folio in corrected:
        words.append(f"(Rectificada por el folio {corrected[folio]}.)")
    if entry.row["rectifica_a"]:
        words.append(f"(Rectifica el folio {entry.row['rectifica_a']}.)")
    if quien:
        words.append(f"{quien}:")
    asunto = str(entry.textos["asunto"])
    words.append(
        f"{asunto}{'' if asunto.endswith(('.', '?', '!', '…')) else '.'} {entry.textos['detalle'] or ''}"
    )
    said = " ".join(" ".join(words).split())
    return said if len(said) <= LETTERS else f"{said[: LETTERS - len(_GOES_ON)]}{_GOES_ON}"
