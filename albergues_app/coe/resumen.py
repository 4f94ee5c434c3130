"""The initial summary of an incident (SCI-201): proposed from what the COE knows, completed by people, kept by versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.audit.listener import bulk_insert
from albergues_app.audit.models import Captura
from albergues_app.coe import recursos_queries
from albergues_app.coe.croquis import keep_in_log, sketch_of
from albergues_app.coe.hojas import fits, formato_of, keep_sheet, open_sheet, read_answers
from albergues_app.coe.integrantes import lugar_of, members_of
from albergues_app.coe.models import AdjuntoCoe, Coe, EntradaCoe, TipoEntrada
from albergues_app.coe.models_sci import EstadoRecurso, ResumenCoe
from albergues_app.coe.queries import entradas_of
from albergues_app.core import clock
from albergues_app.core.db import db, run
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import current_actor
from albergues_app.emergencias.models import Emergencia
from albergues_app.territorio.catalogo import catalogo

SCI_201 = "sci_201"
ACTIONS = (TipoEntrada.DECISION, TipoEntrada.ASIGNACION, TipoEntrada.SOLICITUD, TipoEntrada.INCIDENTE)
"""Entries of the log that say what was done or ordered."""
ACTIONS_AT_MOST = 300
_S, _C, _E = ResumenCoe.__table__, Captura.__table__, EntradaCoe.__table__


@dataclass(frozen=True)
class Resumen:
    """One version; ``hoja`` is None when it was destroyed with the emergency's key."""

    version: int
    ultimo_folio: int
    ocurrido_en: datetime
    registrado_en: datetime
    cuenta_id: UUID | None
    huella: str
    hoja: dict[str, Any] | None


def versions_of(coe: Coe, *numbers: int) -> list[Resumen]:
    """The versions of the summary of a COE, the latest first; only some of them when numbers are given."""
    stmt = (
        select(_S, _C.c.respuestas, _C.c.huella)
        .join(_C, _C.c.id == _S.c.captura_id)
        .where(_S.c.coe_id == coe.id)
    )
    if numbers:
        stmt = stmt.where(_S.c.version.in_(numbers))
    names = Resumen.__dataclass_fields__.keys() - {"hoja"}
    return [
        Resumen(**{n: row[n] for n in names}, hoja=open_sheet(coe.emergencia_id, row["respuestas"]))
        for row in run(stmt.order_by(_S.c.version.desc())).mappings()
    ]


def propose(coe: Coe, quien: str, last: Resumen | None) -> dict[str, Any]:
    """The answers of a new version: what the system knows, over what people wrote in the one before."""
    stored = (last.hoja if last else None) or {}
    before = read_answers(formato_of(SCI_201), stored, last.registrado_en) if last else {}
    emergencia = db.session.get_one(Emergencia, coe.emergencia_id)
    return {
        "incidente": fits(emergencia.nombre),
        "lugar": _place(coe),
        "organizacion": _organisation(coe),
        **before,
        "ocurrido_en": clock.now(),
        "registrador": quien,
        "recursos": _resources(coe, before.get("recursos") or []),
        "acciones": [*(before.get("acciones") or []), *_actions(coe, last.ultimo_folio if last else 0)][
            -300:
        ],
    }


def _place(coe: Coe) -> str:
    known = catalogo()
    if coe.municipio_codigo:
        return known.lugar_texto(coe.municipio_codigo)
    return known.departamento_nombre(coe.departamento_codigo) if coe.departamento_codigo else "Todo el país"


def _organisation(coe: Coe) -> list[dict[str, Any]]:
    """Who represents each accredited institution today; without a section it is a liaison (dominio.md 1.6)."""
    members = members_of(lugar_of(coe), clock.local_day(clock.now()))
    rows = [
        {
            "seccion": m.seccion or "enlace", "nombre": m.titular, "institucion": m.institucion[:80],
            "telefono": m.telefono or "",
        }
        for m in members[:60]
    ]  # fmt: skip
    return [{name: value for name, value in row.items() if value} for row in rows]


def _resources(coe: Coe, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Resources of the SCI-211 that are not released, and lines of the version before that are of none of them."""
    found, told = [], set()
    for r in recursos_queries.resources_of(coe):
        line = {
            "recurso": recursos_queries.name_of(r),
            "identificacion": (r.dice("matricula") or r.dice("institucion"))[:60],
            "solicitado_en": r.hora("solicitado_en"),
            "llegada_en": r.hora("llegada_en"),
            "en_escena": r.estado in {EstadoRecurso.LLEGO, EstadoRecurso.ASIGNADO},
            "asignacion": fits(
                ", ".join(part for part in (r.dice("asignacion"), r.dice("albergue")) if part)
            ),
        }
        told.add((line["recurso"], line["identificacion"]))
        if r.estado != EstadoRecurso.DESMOVILIZADO:
            found.append({name: value for name, value in line.items() if value not in ("", None)})
    by_hand = [row for row in before if (row.get("recurso"), row.get("identificacion") or "") not in told]
    return (found + by_hand)[:300]


def _actions(coe: Coe, after: int) -> list[dict[str, Any]]:
    """What the log says was done or ordered after a folio, in order; what was rectified is left out."""
    corrected = select(_E.c.rectifica_a).where(_E.c.coe_id == coe.id, _E.c.rectifica_a.is_not(None))
    entries = entradas_of(
        coe, _E.c.folio > after, _E.c.tipo.in_(ACTIONS), _E.c.folio.not_in(corrected),
        newest_first=True, limit=ACTIONS_AT_MOST,
    )  # fmt: skip
    return [
        {
            "ocurrido_en": clock.as_utc(e.row["ocurrido_en"]),
            "accion": f"{e.textos['asunto']} (folio {e.row['folio']})",
        }
        for e in sorted(entries, key=lambda e: (e.row["ocurrido_en"], e.row["folio"]))
    ]


def write_resumen(
    coe_id: UUID, answers: Mapping[str, Any], over: int, op_id: UUID | None = None
) -> dict[str, Any]:
    """Keep the next version, written over the one numbered ``over`` (0: none); a new sketch goes into the log.

    :raises RuleBroken: `coe_desactivado`, `version_cambiada`, `emergencia_disociada`, `turno_sin_aceptar`.
    :raises Invalid: `adjunto_perdido`.
    """
    coe = db.session.get(Coe, coe_id, with_for_update=True, populate_existing=True)
    if coe is None:
        raise NotFound()
    if coe.desactivado_en is not None:
        raise RuleBroken("coe_desactivado", "Este COE ya se desactivó: su resumen queda como está.")
    stmt = (
        select(_S.c.version, _S.c.captura_id)
        .where(_S.c.coe_id == coe.id)
        .order_by(_S.c.version.desc())
        .limit(1)
    )
    last = run(stmt).first()
    if (last.version if last else 0) != over:
        raise RuleBroken(
            "version_cambiada",
            f"Otra persona guardó la versión {last.version if last else 0} mientras tanto. Lo que usted escribió sigue "
            "aquí: compárelo con lo que quedó antes de guardar de nuevo.",
            "version",
        )
    actor, when = current_actor(), clock.as_utc(answers["ocurrido_en"])
    drawn = sketch_of(answers)
    new = drawn is not None and drawn not in {sketch_of(v.hoja) for v in versions_of(coe, over)}
    if drawn is not None and new and db.session.get(AdjuntoCoe, drawn) is not None:
        keep_in_log(coe, drawn, over + 1, when)
    values = {
        "id": op_id or uuid7(),
        "coe_id": coe.id,
        "version": over + 1,
        "captura_id": keep_sheet(
            coe, formato_of(SCI_201), answers, coe.id, when, version_de=last.captura_id if last else None
        ),
        "ultimo_folio": coe.ultimo_folio,
        "ocurrido_en": when,
        "registrado_en": clock.now(),
        "cuenta_id": actor.cuenta_id if actor else None,
    }
    bulk_insert(db.session, ResumenCoe, [values])
    db.session.flush()
    return {"id": str(values["id"]), "coe": str(coe.id), "version": values["version"], "avisos": []}
