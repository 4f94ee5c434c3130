"""What is being typed of a page and not saved yet: one draft for each page and account, gone when its record is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from albergues_app.accounts.identity import Identity
from albergues_app.capturas import hoja as hojas
from albergues_app.formats.engine import Formato
from albergues_app.ocupacion.desk import parse_id
from albergues_app.transcripcion.blueprint import typed_answers

_OF_THE_SENDING = {"csrf_token", "accion", "mas"}


@dataclass(frozen=True)
class Escrito:
    """A form as it was left."""

    escrito: Mapping[str, str]
    en: datetime

    @property
    def op_id(self) -> UUID | None:
        """Of the form: what was sent and never answered is not written twice."""
        return parse_id(self.escrito.get("op_id"))

    @property
    def respuestas(self) -> dict[str, str]:
        return typed_answers(self.escrito)


def keep(
    cuenta: Identity, donde_id: UUID, formato: Formato, emergencia_id: UUID | None, form: Mapping[str, str]
) -> None:
    """In the caller's unit of work. ``donde_id`` is the page, or the record of the sample."""
    typed = {k: v[:20_000] for k, v in form.items() if k not in _OF_THE_SENDING and not k.startswith("_")}
    lugar = f"{hojas.OF_A_PAGE}{donde_id}"
    hojas.keep_draft(cuenta, _id(cuenta, donde_id), formato, lugar, emergencia_id, None, typed)


def recall(cuenta: Identity, donde_id: UUID, formato: Formato) -> Escrito | None:
    """What this account left there, or None."""
    found = hojas.open_draft(cuenta, _id(cuenta, donde_id), formato)
    return None if found is None else Escrito(found[1], found[0].actualizado_en)


def drop(cuenta: Identity, donde_id: UUID) -> None:
    """In the caller's unit of work."""
    hojas.drop_draft(cuenta, _id(cuenta, donde_id))


def _id(cuenta: Identity, donde_id: UUID) -> UUID:
    return uuid5(donde_id, f"borrador/{cuenta.id}")
