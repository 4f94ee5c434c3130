"""The blueprint of transcription and what its pages share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, request

from albergues_app.accounts.doors import current_cuenta
from albergues_app.capturas.gate import behind_the_gate
from albergues_app.capturas.hoja import Hoja
from albergues_app.capturas.intake import may_write
from albergues_app.capturas.places import Lugar
from albergues_app.core.db import db
from albergues_app.formats.engine import Formato
from albergues_app.transcripcion.lotes import formato_of, lote_or_404, lugar_of
from albergues_app.transcripcion.models import LoteTranscripcion
from albergues_app.transcripcion.renglones import read_marks

bp = Blueprint("transcripcion", __name__, url_prefix="/transcripcion", template_folder="templates")

NOT_ANSWERS = {"csrf_token", "op_id", "accion", "mas", "renglon", "hasta", "seguir", "muestra_de"}
"""What a form of typing sends besides answers."""

_NOT_SAID = {"pendiente", "registro_tardio"}
"""What is true of every sheet of paper: blanks, and that it is written long after it happened."""

_SEND = {"transcripcion.nuevo", "transcripcion.subir"}


@bp.url_value_preprocessor
def take_large_files(_endpoint: str | None, _values: Any) -> None:
    """Photographs of a whole night are larger than other files; said before anybody reads the body."""
    if request.endpoint in _SEND:
        request.max_content_length = int(current_app.config["TRANSCRIPCION_MB"]) * 1024 * 1024


def open_lote(lote_id: UUID) -> tuple[LoteTranscripcion, Formato, Lugar]:
    """A batch, its edition and its place, through every door.

    :raises NotFound: absent or not for this account. :raises Forbidden: never for this role.
    """
    lote = lote_or_404(lote_id)
    formato, lugar = formato_of(lote), lugar_of(lote)
    may_write(current_cuenta(), formato, lugar)
    return lote, formato, lugar


def typed_answers(form: Mapping[str, str]) -> dict[str, str]:
    """The answers among what a form of typing sends."""
    return {k: v[:20_000] for k, v in form.items() if k not in NOT_ANSWERS and not k.startswith("nolee:")}


def typed_sheet(formato: Formato) -> Hoja:
    """The form as it was sent. A blank field that cannot be read is «desconocido» where the format has that answer."""
    sheet = Hoja(formato, gate=behind_the_gate(current_cuenta(), formato))
    sheet.valores = typed_answers(request.form)
    sheet.mas = request.form.get("mas", "")
    unknown = {c.name for c in formato.campos if c.unknown}
    unknown |= {f"{r.name}-{c.name}" for r in formato.repetibles for c in r.campos if c.unknown}
    from albergues_app.transcripcion.muestra import field_key

    for name in read_marks(request.form, formato):
        if field_key(name) in unknown and not sheet.valores.get(name, "").strip():
            sheet.valores[name] = "desconocido"
    return sheet


def tell(body: dict[str, Any], sentence: str) -> None:
    """What was saved and, apart, what is to be looked at; what is merely blank is counted."""
    flash(sentence, "bien")
    seen = [
        a for a in body["avisos"]
        if a["codigo"] not in _NOT_SAID and not a["mensaje"].startswith("Falta «")
    ]  # fmt: skip
    for message in list(dict.fromkeys(a["mensaje"] for a in seen))[:4]:
        flash(message, "aviso")


def fresh_lote(lote_id: UUID) -> LoteTranscripcion:
    """The batch again inside a unit of work: what was loaded before is forgotten."""
    return db.session.get_one(LoteTranscripcion, lote_id)
