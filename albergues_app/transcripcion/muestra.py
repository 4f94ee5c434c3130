"""The sample that a second person types blind: how it is drawn, who may type it, and where the two typings differ."""

from __future__ import annotations

import hashlib
import math
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Cuenta
from albergues_app.audit.models import Auditoria, Captura, Lectura
from albergues_app.audit.sealing import open_json, seal_for, seal_json
from albergues_app.capturas.gate import at_the_gate
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing
from albergues_app.core.unit_of_work import current_actor
from albergues_app.formats.engine import Formato, Result, answers_to_json, validate
from albergues_app.formats.outputs.web_form import flatten
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.ocupacion.models import Pertenencia
from albergues_app.transcripcion.models import (
    CampoDistinto,
    LoteTranscripcion,
    RenglonTranscrito,
    SegundaTranscripcion,
)

_CONTEXT = "segunda_transcripcion.respuestas"
_SHEETS = ("web:boleta", "web:familia", "web:persona")
"""Screens that show what was answered of a household; a list of names shows no sheet."""
_ROW = re.compile(r"-\d+-")


def size_of(records: int, pct: int) -> int:
    """How many of so many records: the percentage rounded up, never under the least nor over what there is."""
    least = int(current_app.config["TRANSCRIPCION_MUESTRA_MINIMA"])
    return min(records, max(least, math.ceil(records * pct / 100)))


def rank(semilla: str, renglon_id: UUID) -> str:
    """The place of a record in the draw: anybody who has the seed gets the same order."""
    return hashlib.sha256(f"{semilla}/{renglon_id}".encode()).hexdigest()


def draw_sample(lote: LoteTranscripcion, pct: int) -> int:
    """Choose at random until the sample has its size; returns how many are new. Those chosen before stay.

    The seed is made now, so that nobody could know while typing which records would be looked at.

    :raises RuleBroken: `sin_registros`, `muestra_invalida`.
    """
    if not 1 <= pct <= 100:
        raise RuleBroken("muestra_invalida", "Escriba un porcentaje de 1 a 100.", "pct")
    r, s = RenglonTranscrito, SegundaTranscripcion
    every = list(db.session.scalars(select(r.id).where(r.lote_id == lote.id)))
    if not every:
        raise RuleBroken("sin_registros", "Todavía no hay registros transcritos en este lote.", "pct")
    chosen = set(db.session.scalars(select(s.renglon_id).where(s.lote_id == lote.id)))
    semilla, moment = secrets.token_hex(16), clock.now()
    wanted = size_of(len(every), pct) - len(chosen)
    fresh = sorted((key for key in every if key not in chosen), key=lambda key: rank(semilla, key))
    fresh = fresh[: max(0, wanted)]
    if fresh:
        lote.semilla, lote.muestra_pct, lote.muestra_en = semilla, pct, moment
    for key in fresh:
        db.session.add(
            SegundaTranscripcion(
                id=uuid7(), lote_id=lote.id, renglon_id=key, elegida_en=moment, cuenta_id=None, hecha_en=None,
                respuestas=None, comparados="",
            )
        )  # fmt: skip
    db.session.flush()
    return len(fresh)


def pending_for(cuenta: Identity, lote_id: UUID) -> list[SegundaTranscripcion]:
    """Records of the sample that this account may type blind, in a fixed order."""
    r, s = RenglonTranscrito, SegundaTranscripcion
    stmt = (
        select(s).join(r, r.id == s.renglon_id)
        .where(s.lote_id == lote_id, s.hecha_en.is_(None), r.cuenta_id.is_distinct_from(cuenta.id))
        .order_by(s.id)
    )  # fmt: skip
    return [row for row in db.session.scalars(stmt) if not has_seen(cuenta, _line(row))]


def seconds_of(lote_id: UUID) -> list[SegundaTranscripcion]:
    """The sample of a batch, in a fixed order that says nothing of the page."""
    s = SegundaTranscripcion
    return list(db.session.scalars(select(s).where(s.lote_id == lote_id).order_by(s.id)))


def account_names(
    lines: Sequence[tuple[RenglonTranscrito, int]], seconds: Sequence[SegundaTranscripcion]
) -> dict[UUID | None, str]:
    """Names of those who typed."""
    wanted = {line.cuenta_id for line, _n in lines} | {s.cuenta_id for s in seconds}
    rows = db.session.execute(select(Cuenta.id, Cuenta.nombre).where(Cuenta.id.in_(wanted - {None})))
    return {row.id: row.nombre for row in rows}


def _line(second: SegundaTranscripcion) -> RenglonTranscrito:
    return db.session.get_one(RenglonTranscrito, second.renglon_id)


def may_type_blind(cuenta: Identity, second: SegundaTranscripcion) -> None:
    """:raises RuleBroken: `misma_persona`, `ya_lo_vio`, `ya_verificado`: it would be no second opinion."""
    line = _line(second)
    if second.hecha_en is not None:
        raise RuleBroken("ya_verificado", "Este registro ya tiene su segunda transcripción.")
    if line.cuenta_id == cuenta.id:
        raise RuleBroken(
            "misma_persona",
            "Usted transcribió este registro la primera vez. Otra persona, con su cuenta, debe transcribirlo de nuevo.",
        )
    if has_seen(cuenta, line):
        raise RuleBroken(
            "ya_lo_vio",
            "Usted ya abrió este registro y vio lo que se anotó. Para que la comprobación valga lo transcribe otra persona.",
        )


def has_seen(cuenta: Identity, line: RenglonTranscrito) -> bool:
    """Did the account open what was typed first? The trail of readings knows."""
    a, p = Auditoria, Lectura
    if line.tabla == "registro":
        opened = select(a.seq).where(
            a.tabla == "registro",
            a.fila_id == str(line.fila_id),
            a.accion == "lectura",
            a.cuenta_id == cuenta.id,
        )
        return db.session.execute(opened.limit(1)).first() is not None
    members = select(Pertenencia.persona_id).where(Pertenencia.familia_id == line.fila_id)
    read = select(p.id).where(p.cuenta_id == cuenta.id, p.pantalla.in_(_SHEETS), p.persona_id.in_(members))
    return db.session.execute(read.limit(1)).first() is not None


def first_answers(lote: LoteTranscripcion, line: RenglonTranscrito) -> dict[str, Any]:
    """What was typed first, whatever was corrected since. :raises NotFound: its key was destroyed."""
    return _open(lote, db.session.get_one(Captura, line.captura_id).respuestas, "captura.respuestas")


def second_answers(lote: LoteTranscripcion, second: SegundaTranscripcion) -> dict[str, Any]:
    """What was typed blind. :raises NotFound: not yet, or its key was destroyed."""
    if not second.respuestas:
        raise NotFound()
    return _open(lote, second.respuestas, _CONTEXT)


def _open(lote: LoteTranscripcion, sealed: bytes, context: str) -> dict[str, Any]:
    try:
        opened: dict[str, Any] = open_json(seal_for(lote.emergencia_id), sealed, context)
    except KeyMissing as error:
        raise NotFound() from error
    return opened


def typed(formato: Formato, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Stored answers as values: dates are dates again."""
    return validate(formato, answers, format_catalogos(), "rapido", clock.now(), gate=False).answers


def compare(
    formato: Formato, first: Mapping[str, Any], second: Mapping[str, Any]
) -> tuple[list[str], list[str]]:
    """(compared, different) by flat name: fields that either typing filled. Case and spaces make no difference.

    What the screen fills by itself and nobody changed was not typed, and does not count.
    """
    one, two, given = _texts(formato, first), _texts(formato, second), _defaults(formato)
    untouched = {n for n in one if one[n] == two.get(n) == given.get(field_key(n))}
    names = sorted((one.keys() | two.keys()) - untouched, key=_in_order)
    return names, [name for name in names if one.get(name) != two.get(name)]


def _texts(formato: Formato, answers: Mapping[str, Any]) -> dict[str, str]:
    auto = {key for c in formato.campos if c.auto for key in c.known_keys}
    auto |= {
        f"{r.name}-{key}" for r in formato.repetibles for c in r.campos if c.auto for key in c.known_keys
    }
    return {
        name: " ".join(text.split()).casefold()
        for name, text in flatten(formato, typed(formato, answers)).items()
        if text.strip() and field_key(name) not in auto
    }


def _defaults(formato: Formato) -> dict[str, str]:
    found = {c.name: c.default.casefold() for c in formato.campos if c.default}
    return found | {
        f"{r.name}-{c.name}": c.default.casefold() for r in formato.repetibles for c in r.campos if c.default
    }


def _in_order(name: str) -> tuple[str, int, str]:
    section, _, rest = name.partition("-")
    number, _, field = rest.partition("-")
    return (section, int(number), field) if number.isdigit() else ("", 0, name)


def keep_second(
    lote: LoteTranscripcion, second: SegundaTranscripcion, formato: Formato, result: Result
) -> dict[str, Any]:
    """Keep the blind typing and compare (inside the caller's unit of work).

    :raises RuleBroken: whom ``may_type_blind`` refuses.
    """
    actor = current_actor()
    given = answers_to_json(result.answers)
    first = first_answers(lote, _line(second))
    # What one of them typed that is off the gate is on no paper of the gate, and nobody there may see it.
    both = [at_the_gate(formato, one) if formato.at_gate else one for one in (first, given)]
    names, different = compare(formato, *both)
    second.respuestas = seal_json(seal_for(lote.emergencia_id), given, _CONTEXT)
    second.cuenta_id = actor.cuenta_id if actor else None
    second.hecha_en = clock.now()
    second.comparados = " ".join(names)
    for name in different:
        db.session.add(
            CampoDistinto(
                id=uuid7(), segunda_id=second.id, campo=name[:120], decision=None, decidido_por=None,
                decidido_en=None,
            )
        )  # fmt: skip
    db.session.flush()
    return {"id": str(second.id), "comparados": len(names), "distintos": len(different), "avisos": []}


def differences(second_ids: Sequence[UUID]) -> dict[UUID, list[CampoDistinto]]:
    """Fields that differ, by second typing, in the order of the sheet."""
    found: dict[UUID, list[CampoDistinto]] = {key: [] for key in second_ids}
    for row in db.session.scalars(select(CampoDistinto).where(CampoDistinto.segunda_id.in_(found))):
        found[row.segunda_id].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: _in_order(row.campo))
    return found


def field_key(flat: str) -> str:
    """The field whatever its row: `personas-0-edad` → `personas-edad`."""
    return _ROW.sub("-", flat)
