"""The pages of filled formats: one blueprint, and what its views ask of a format or a record before anything else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404
from albergues_app.accounts.permissions import Permiso, area_may, role_may
from albergues_app.audit.listener import record_opening
from albergues_app.capturas.intake import permiso_of_tables
from albergues_app.capturas.models import Registro
from albergues_app.capturas.services import answers_of
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Ambito, Formato

bp = Blueprint("registros", __name__, url_prefix="/registros", template_folder="templates")


def formato_or_404(codigo: str) -> Formato:
    """The edition in use, for those who may fill it in. :raises NotFound: there is none for this account."""
    try:
        formato = formatos.latest(codigo)
    except formatos.UnknownFormato as error:
        raise NotFound() from error
    if not area_may(current_cuenta().rol, Permiso.REGISTRO_EDITAR, formato.area):
        raise NotFound()
    return formato


def fillable() -> list[Formato]:
    """Formats that this account may fill in, and has where, in catalogue order."""
    cuenta = current_cuenta()
    rol = cuenta.rol
    return [
        f for f in formatos.all()
        if area_may(rol, Permiso.REGISTRO_EDITAR, f.area) and role_may(rol, permiso_of_tables(f) or Permiso.REGISTRO_EDITAR)
        and not (f.ambito is Ambito.LUGAR and cuenta.only_in_shelters)
    ]  # fmt: skip


def registro_or_404(registro_id: UUID, permiso: Permiso) -> Registro:
    return get_visible_or_404(Registro, registro_id, permiso)


def opened(row: Registro, pantalla: str) -> dict[str, Any]:
    """The answers, and in the trail who opened them."""
    key = row.id
    with unit_of_work(current_cuenta().as_actor("web")):
        fresh = db.session.get_one(Registro, key)
        answers = answers_of(fresh)
        record_opening(db.session(), "registro", key, pantalla)
    return answers
