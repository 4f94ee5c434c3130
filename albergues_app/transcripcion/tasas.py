"""The error of the typing, always with what it was counted over.

A field counts when either typing filled it. It counts as an error of the first typing when the two differ, until
somebody decides before the paper that the first was right; of the second, when it was decided that the second, or
neither, was right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from albergues_app.accounts.models import Cuenta
from albergues_app.core.db import db
from albergues_app.formats.engine import Campo, Formato
from albergues_app.transcripcion.models import (
    CampoDistinto,
    Decision,
    RenglonTranscrito,
    SegundaTranscripcion,
)
from albergues_app.transcripcion.muestra import field_key


@dataclass(frozen=True)
class Tasa:
    """``errores`` of ``campos`` compared."""

    nombre: str
    errores: int
    campos: int

    @property
    def pct(self) -> float | None:
        """Percent; None over nothing."""
        return 100 * self.errores / self.campos if self.campos else None


@dataclass(frozen=True)
class Tasas:
    """Of one batch."""

    lote: Tasa
    por_decidir: int
    registros: int
    """Records typed twice."""
    por_campo: list[Tasa]
    por_digitador: list[Tasa]
    """Who typed first."""
    por_verificador: list[Tasa]
    umbral: float

    @property
    def alerta(self) -> bool:
        """Above the threshold: the batch should be read again whole."""
        return self.lote.pct is not None and self.lote.pct > self.umbral


def first_was_wrong(decision: str | None) -> bool:
    """An open difference counts against the first typing."""
    return decision != Decision.PRIMERA


def second_was_wrong(decision: str | None) -> bool:
    return decision in {Decision.PRIMERA, Decision.NINGUNA}


def rates_of(lote_id: UUID, formato: Formato) -> Tasas:
    """Count the sample of a batch."""
    r, s = RenglonTranscrito, SegundaTranscripcion
    rows = db.session.execute(
        select(s.id, s.comparados, s.cuenta_id.label("segundo"), r.cuenta_id.label("primero"))
        .join(r, r.id == s.renglon_id)
        .where(s.lote_id == lote_id, s.hecha_en.is_not(None))
    ).all()
    found = db.session.execute(
        select(CampoDistinto.segunda_id, CampoDistinto.campo, CampoDistinto.decision)
        .join(s, s.id == CampoDistinto.segunda_id)
        .where(s.lote_id == lote_id)
    ).all()
    by_id = {row.id: row for row in rows}
    fields: Counter[str] = Counter()
    first: Counter[UUID | None] = Counter()
    second: Counter[UUID | None] = Counter()
    for row in rows:
        names = row.comparados.split()
        fields.update(field_key(name) for name in names)
        first[row.primero] += len(names)
        second[row.segundo] += len(names)
    wrong = [d for d in found if first_was_wrong(d.decision)]
    wrong_fields = Counter(field_key(d.campo) for d in wrong)
    wrong_first = Counter(by_id[d.segunda_id].primero for d in wrong)
    wrong_second = Counter(by_id[d.segunda_id].segundo for d in found if second_was_wrong(d.decision))
    names_of = _accounts([*first, *second])
    labels = field_labels(formato)
    return Tasas(
        lote=Tasa("Todo el lote", len(wrong), sum(fields.values())),
        por_decidir=sum(d.decision is None for d in found),
        registros=len(rows),
        por_campo=_worst_first(Tasa(labels.get(k, k), wrong_fields[k], n) for k, n in fields.items()),
        por_digitador=_worst_first(
            Tasa(names_of.get(k, "sistema"), wrong_first[k], n) for k, n in first.items()
        ),
        por_verificador=_worst_first(
            Tasa(names_of.get(k, "sistema"), wrong_second[k], n) for k, n in second.items()
        ),
        umbral=float(current_app.config["TRANSCRIPCION_ERROR_PCT"]),
    )


def _worst_first(rates: Iterable[Tasa]) -> list[Tasa]:
    return sorted(rates, key=lambda t: (-(t.pct or 0), -t.campos, t.nombre))


def _accounts(ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    wanted = {key for key in ids if key is not None}
    rows = db.session.execute(select(Cuenta.id, Cuenta.nombre).where(Cuenta.id.in_(wanted)))
    return {row.id: row.nombre for row in rows}


def field_labels(formato: Formato) -> dict[str, str]:
    """What each field is called on the sheet, by its name without row."""
    found = _labels("", formato.campos)
    for repetible in formato.repetibles:
        found |= _labels(f"{repetible.name}-", repetible.campos)
    return found


def _labels(base: str, campos: Iterable[Campo]) -> dict[str, str]:
    found = {}
    for campo in campos:
        for part in campo.type.parts():
            name = f"{campo.brief}: {part.label}" if part.suffix else campo.brief
            found[base + campo.key(part.suffix)] = name
        found[base + campo.name] = campo.brief
    return found
