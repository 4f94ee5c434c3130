"""One way to write, for API and web: unit of work, idempotency, and a second try when two writers met."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError, OperationalError

from albergues_app.audit.operations import Outcome, once
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.unit_of_work import Actor, unit_of_work

TRIES = 4


def write_once(
    actor: Actor,
    op_id: UUID,
    clase: str,
    content: Any,
    sello_id: UUID | None,
    work: Callable[[], dict[str, Any]],
) -> Outcome:
    """Run ``work`` once for ``op_id`` and commit; the same id again gives the same body.

    Two writers that met on a unique key (same new person, same code) or in a deadlock try again: the second then
    sees what the first wrote and answers by the rules.

    :raises RuleBroken: the rules of ``work``; `ocupado` when the tries ran out.
    """
    for _ in range(TRIES):
        try:
            with unit_of_work(actor):
                return once(op_id, clase, content, sello_id, work)
        except IntegrityError as error:
            last: Exception = error
        except OperationalError as error:
            if db.engine.dialect.name == "sqlite" or "deadlock" not in str(error).lower():
                raise
            last = error
    raise RuleBroken("ocupado", "Otra persona escribió lo mismo a la vez. Vuelva a intentarlo.") from last
