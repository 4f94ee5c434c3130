"""The doors to the places of this ledger: a municipality of the account's, one of its shelters, a visit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Albergue
from albergues_app.capturas.models import EstadoRegistro, Registro
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.entregas.forms import Destino
from albergues_app.entregas.models import EntregaFormatos
from albergues_app.entregas.services import VISITA
from albergues_app.territorio.catalogo import SedeInfo, catalogo


def visible_municipio(codigo: str) -> str:
    """:raises NotFound: absent, or not of the account's territory."""
    if codigo not in catalogo().municipios or not current_cuenta().covers_municipio(codigo):
        raise NotFound()
    return codigo


def visible_entrega(entrega_id: UUID, permiso: Permiso = Permiso.ENTREGA_VER) -> EntregaFormatos:
    """The delivery through its door."""
    return get_visible_or_404(EntregaFormatos, entrega_id, permiso)


def visible_visita(registro_id: UUID) -> Registro:
    """The sheet of an advisory visit that still stands. :raises NotFound: absent, annulled, or of elsewhere."""
    row = get_visible_or_404(Registro, registro_id, Permiso.REGISTRO_VER)
    if row.formato != VISITA or row.estado == EstadoRegistro.ANULADO:
        raise NotFound()
    return row


def destino_of(given: Mapping[str, str]) -> Destino | None:
    """To whom the delivery goes, through its door; None when nobody said it yet.

    ``given`` may hold `municipio`, `albergue` (id or code), `visita` and `corrige`.

    :raises NotFound: absent, or not for this account.
    """
    if given.get("corrige"):
        row = visible_entrega(_uuid(given["corrige"]), Permiso.ENTREGA_REGISTRAR)
        return Destino(row.municipio_codigo, row.albergue_id, row.visita_id, row.id)
    visita_id, municipio = None, given.get("municipio") or ""
    if given.get("visita"):
        visit = visible_visita(_uuid(given["visita"]))
        visita_id, municipio = visit.id, visit.municipio_codigo or municipio
    if given.get("albergue"):
        albergue = get_visible_or_404(Albergue, _uuid(given["albergue"]), Permiso.ENTREGA_REGISTRAR)
        if municipio and municipio != albergue.municipio_codigo:
            raise NotFound()
        return Destino(albergue.municipio_codigo, albergue.id, visita_id)
    return Destino(visible_municipio(municipio), None, visita_id) if municipio else None


def _uuid(raw: str) -> UUID:
    try:
        return UUID(raw)
    except ValueError as error:
        raise NotFound() from error


def albergues_of(municipio: str) -> list[tuple[str, str]]:
    """Shelters of a municipality, as options: (id, «Escuela … · código»)."""
    a = Albergue
    stmt: Any = select(a.id, a.nombre, a.codigo).where(a.municipio_codigo == municipio)
    stmt = visible(stmt, current_cuenta(), Permiso.ENTREGA_VER, Albergue).order_by(a.nombre_normal, a.id)
    return [(str(key), f"{name} · {code}") for key, name, code in db.session.execute(stmt.limit(2000))]


def own_albergues(cuenta: Identity) -> list[Albergue]:
    """The shelters an account of shelters answers for."""
    stmt = select(Albergue).where(Albergue.codigo.in_(cuenta.albergues)).order_by(Albergue.codigo)
    return list(db.session.scalars(stmt))


def own_sedes(cuenta: Identity) -> list[SedeInfo]:
    """Sedes that serve some municipality of the account's territory."""
    return [s for s in catalogo().sedes.values() if any(cuenta.covers_municipio(m) for m in s.municipios)]
