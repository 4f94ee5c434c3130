"""Idempotency (contrato-api.md «General»): the client's id makes a write happen once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from albergues_app.audit.listener import canonical
from albergues_app.audit.models import Conflicto, Operacion
from albergues_app.audit.sealing import digest, keyring, open_json, seal_for, seal_json
from albergues_app.core import clock
from albergues_app.core.db import Question, db, table_of
from albergues_app.core.errors import AppError, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing, Keyring, SealKey
from albergues_app.core.unit_of_work import current_actor

_ANSWER, _CONTENT = "operacion.respuesta", "conflicto.contenido"

_T = table_of(Operacion)
_CLAIM: dict[str, Any] = {
    # RETURNING, because PostgreSQL's driver gives no row count for an INSERT.
    name: dialect.insert(_T).on_conflict_do_nothing(index_elements=["id"]).returning(_T.c.id)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_KEEP_ANSWER = Question(update(_T).where(_T.c.id == bindparam("op_id")).values(respuesta=bindparam("answer")))
_KNOWN = select(_T.c.huella, _T.c.respuesta, _T.c.sello_id, _T.c.clase).where(_T.c.id == bindparam("op_id"))


class SameIdOtherContent(AppError):
    """The id was used before for something else (409)."""

    status = 409


@dataclass(frozen=True)
class Outcome:
    """What to answer: 201 the first time, 200 when repeated, 409 when the id meant something else."""

    status: int
    body: dict[str, Any]


def once(
    op_id: UUID, clase: str, content: Any, sello_id: UUID | None, work: Callable[[], dict[str, Any]]
) -> Outcome:
    """Run ``work`` the first time ``op_id`` is seen; afterwards give the same body back.

    Runs inside the caller's unit of work. ``content`` is the validated content, so that spelling differences
    of the JSON do not matter. Other content under a known id is kept sealed, as evidence, and answers 409;
    the caller commits in all three cases.
    """
    session, actor = db.session(), current_actor()
    assert actor is not None, "once() outside unit_of_work"
    connection = session.connection()
    text = canonical(content)
    huella = keyring().index(f"{clase}\0{text}", "operacion")
    claim = {
        "id": op_id,
        "clase": clase,
        "huella": huella,
        "sello_id": sello_id,
        "cuenta_id": actor.cuenta_id,
        "registrado_en": clock.now(),
    }
    if connection.execute(_CLAIM[connection.dialect.name], claim).first() is not None:
        key = _living_key(sello_id)
        answer = canonical(work())
        sealed = key.seal(answer.encode(), _ANSWER)
        _KEEP_ANSWER.rows(op_id=op_id, answer=sealed)
        return Outcome(201, json.loads(answer))  # spelled as the repeated ones will be
    known = connection.execute(_KNOWN, {"op_id": op_id}).one()
    if known.huella == huella:
        try:
            return Outcome(200, open_json(seal_for(known.sello_id), known.respuesta, _ANSWER))
        except KeyMissing:
            return Outcome(200, {"id": str(op_id), "avisos": []})
    _keep_evidence(op_id, clase, text, sello_id, known.respuesta, actor.cuenta_id)
    error = SameIdOtherContent(
        "id_ya_usado",
        "Ese identificador ya se usó con otro contenido. Ambos quedaron guardados para revisión.",
        "id",
    )
    return Outcome(409, error.as_dict())


def _living_key(sello_id: UUID | None) -> SealKey | Keyring:
    try:
        return seal_for(sello_id)
    except KeyMissing as error:
        raise RuleBroken(
            "emergencia_disociada",
            "Los datos personales de esta emergencia ya se destruyeron: no admite registros nuevos.",
        ) from error


def _keep_evidence(
    op_id: UUID, clase: str, text: str, sello_id: UUID | None, first: bytes | None, cuenta_id: UUID | None
) -> None:
    try:
        sealed = seal_json(seal_for(sello_id), text, _CONTENT)
    except KeyMissing:  # dissociated: nothing personal is kept anew, only that it happened
        sello_id, sealed = None, seal_json(keyring(), None, _CONTENT)
    db.session.execute(
        insert(table_of(Conflicto)).values(
            id=uuid7(),
            operacion_id=op_id,
            clase=clase,
            sello_id=sello_id,
            primero=first,
            contenido=sealed,
            huella=digest(sealed),
            cuenta_id=cuenta_id,
            registrado_en=clock.now(),
        )
    )
