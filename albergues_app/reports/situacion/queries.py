"""Reads of the series: what was issued, what is in force, whether the chain holds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.models import ROL_NOMBRE, Cuenta, Rol
from albergues_app.consolidados.scope import Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.reports.situacion import verificador
from albergues_app.reports.situacion.models import Boletin, BoletinPaso, BoletinSellado, EstadoBoletin

SERIE = 8
"""How many bulletins the line of persons goes back."""


def last_sealed(emergencia_id: UUID, ambito: str) -> BoletinSellado | None:
    """The one with the highest number of its series."""
    b = BoletinSellado
    stmt = select(b).where(b.emergencia_id == emergencia_id, b.ambito == ambito)
    return db.session.scalar(stmt.order_by(b.numero.desc()).limit(1))


def sealed_of(boletin_id: UUID) -> BoletinSellado | None:
    """The sealed copy of a bulletin, once it was issued."""
    return db.session.scalar(select(BoletinSellado).where(BoletinSellado.boletin_id == boletin_id))


def correction_of(row: BoletinSellado) -> BoletinSellado | None:
    """The bulletin that corrects this one."""
    return db.session.scalar(select(BoletinSellado).where(BoletinSellado.corrige_id == row.id))


def find_by_hash(huella: str) -> BoletinSellado | None:
    """By its whole hash, or by the first 16 or more of its digits."""
    digits = huella.strip().lower()
    if not 16 <= len(digits) <= 64 or not all(c in "0123456789abcdef" for c in digits):
        return None
    stmt = select(BoletinSellado).where(BoletinSellado.huella.startswith(digits))
    found = list(db.session.scalars(stmt.limit(2)))
    return found[0] if len(found) == 1 else None


def line_of_bulletins(asked: Pregunta) -> list[dict[str, Any]]:
    """Persons of the last bulletins of the series up to a cut-off, as issued by then, oldest first.

    Of a corrected one, its correction.
    """
    b = BoletinSellado
    stmt = select(b.numero, b.corte, b.personas, b.solo_declaradas).where(
        b.emergencia_id == asked.emergencia_id, b.ambito == asked.ambito.codigo, b.corte < asked.corte,
        b.sellado_en <= asked.conocido_en,
    )  # fmt: skip
    by_cut = {row.corte: row for row in db.session.execute(stmt.order_by(b.corte, b.numero))}
    return [
        {"numero": row.numero, "corte": clock.iso(row.corte), "personas": row.personas + row.solo_declaradas}
        for row in list(by_cut.values())[-SERIE:]
    ]


@dataclass(frozen=True)
class Paso:
    """One move as the page tells it."""

    de: str
    a: str
    cuando: datetime
    cuenta_id: UUID
    quien: str
    rol: str
    motivo: str | None


def moves_of(row: Boletin) -> list[Paso]:
    """What happened to a bulletin, in order."""
    p, c = BoletinPaso, Cuenta
    stmt = select(p, c.nombre, c.rol).join(c, c.id == p.cuenta_id).where(p.boletin_id == row.id)
    return [
        Paso(m.de, m.a, m.registrado_en, m.cuenta_id, nombre, ROL_NOMBRE[Rol(rol)], m.motivo)
        for m, nombre, rol in db.session.execute(stmt.order_by(p.registrado_en, p.id))
    ]


def who_signed(pasos: list[Paso]) -> dict[str, Paso]:
    """Who reviewed and who authorised what stands now: moves before it last went back to draft do not count."""
    found: dict[str, Paso] = {}
    for paso in pasos:
        if paso.a == EstadoBoletin.BORRADOR:
            found = {}
        else:
            found[paso.a] = paso
    return found


def redactores(row: Boletin) -> list[UUID]:
    """The accounts that wrote in it; who began it first."""
    return [UUID(key) for key in json.loads(row.redactores)]


def cuentas(ids: Iterable[UUID]) -> dict[UUID, Cuenta]:
    """Accounts by id."""
    return {c.id: c for c in db.session.scalars(select(Cuenta).where(Cuenta.id.in_(list(ids))))}


def _told(datos: dict[str, Any]) -> tuple[Any, ...]:
    total = datos["cuerpo"]["total"]
    return datos["numero"], total["personas"], total["solo_declaradas"], total["albergues"]


def _kept(row: BoletinSellado) -> tuple[Any, ...]:
    return row.numero, row.personas, row.solo_declaradas, row.albergues


def verify_series() -> list[str]:
    """A sentence for each bulletin that is not as it was issued, and for each that is missing."""
    b, wrong = BoletinSellado, []
    anterior, series, expected, issued = "", None, 0, set()
    stmt = select(b).order_by(b.emergencia_id, b.ambito, b.numero).execution_options(yield_per=20)
    for row in db.session.scalars(stmt):
        issued.add(row.boletin_id)
        if series != (row.emergencia_id, row.ambito):
            series, expected = (row.emergencia_id, row.ambito), 0
            anterior = verificador.genesis(str(row.emergencia_id), row.ambito)
        expected += 1
        datos = json.loads(row.datos)
        where = f"El boletín No. {row.numero} de {row.ambito} ({row.emergencia_id})"
        if row.numero != expected or row.anterior != anterior or datos.get("anterior") != anterior:
            wrong.append(f"{where} no sigue al anterior.")
        elif verificador.sha256(row.datos) != row.huella or _told(datos) != _kept(row):
            wrong.append(f"{where} tiene datos alterados.")
        elif verificador.sha256(row.pdf) != row.pdf_huella:
            wrong.append(f"{where} tiene su PDF alterado.")
        expected, anterior = row.numero, row.huella
    for key in db.session.scalars(select(Boletin.id).where(Boletin.estado == EstadoBoletin.SELLADO)):
        if key not in issued:
            wrong.append(f"Falta el boletín emitido {key}.")
    return wrong
