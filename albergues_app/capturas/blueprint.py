"""The pages of filled formats: one blueprint, and what its views ask of a format or a record before anything else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404
from albergues_app.accounts.permissions import Permiso
from albergues_app.audit.listener import record_opening
from albergues_app.capturas.models import Registro
from albergues_app.capturas.places import Lugar, place_of
from albergues_app.capturas.services import answers_of, edition_of
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato, validate
from albergues_app.ocupacion.format_catalogs import format_catalogos

bp = Blueprint("registros", __name__, url_prefix="/registros", template_folder="templates")


def formato_or_404(codigo: str) -> Formato:
    """The edition in use, for those who may fill it in. :raises NotFound: there is none for this account."""
    try:
        formato = formatos.latest(codigo)
    except formatos.UnknownFormato as error:
        raise NotFound() from error
    if not _may_fill(formato):
        raise NotFound()
    return formato


def _may_fill(formato: Formato) -> bool:
    """A format of a profession is absent for the others."""
    rol = current_cuenta().rol.value
    return formato.area.value in {"general", rol}


def fillable() -> list[Formato]:
    """Formats that this account may fill in, in catalogue order."""
    return [f for f in formatos.all() if _may_fill(f)]


def registro_or_404(registro_id: UUID, permiso: Permiso) -> Registro:
    return get_visible_or_404(Registro, registro_id, permiso)


def place_of_row(row: Registro) -> Lugar:
    """The place of a record that is already seen: its names, without asking the doors again."""
    given = {
        "activacion": str(row.activacion_id or ""), "albergue": str(row.albergue_id or ""),
        "municipio": row.municipio_codigo or "", "departamento": row.departamento_codigo,
        "emergencia": str(row.emergencia_id or "") if row.activacion_id is None else "",
    }  # fmt: skip
    return place_of(edition_of(row), given, Permiso.REGISTRO_VER)


def opened(row: Registro, pantalla: str) -> dict[str, Any]:
    """The answers, and in the trail who opened them."""
    key = row.id
    with unit_of_work(current_cuenta().as_actor("web")):
        fresh = db.session.get_one(Registro, key)
        answers = answers_of(fresh)
        record_opening(db.session(), "registro", key, pantalla)
    return answers


def typed_answers(row: Registro, formato: Formato, answers: dict[str, Any]) -> dict[str, Any]:
    """The stored answers as typed values, read at the hour they were taken."""
    return validate(formato, answers, format_catalogos(), "rapido", row.actualizado_en, gate=False).answers
