"""The list of filled formats: found by format, state, place and any word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.albergues.states import OPEN
from albergues_app.capturas.models import NOMBRE_ESTADO, Registro
from albergues_app.core.db import db
from albergues_app.emergencias.models import Emergencia
from albergues_app.formats.engine import fold

POR_PAGINA = 50


@dataclass(frozen=True)
class Filtro:
    """What the list is asked for."""

    texto: str = ""
    formato: str = ""
    estado: str = ""
    activacion: UUID | None = None
    municipio: str = ""
    pagina: int = 1

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Filtro:
        """From the address; what cannot be read is left out."""
        pagina = args.get("pagina", "1")
        estado = args.get("estado", "")
        return cls(
            args.get("q", "")[:80].strip(),
            args.get("formato", "")[:40],
            estado if estado in set(NOMBRE_ESTADO) else "",
            _uuid(args.get("activacion")),
            args.get("municipio", "")[:4],
            max(1, int(pagina)) if pagina.isascii() and pagina.isdigit() and len(pagina) < 6 else 1,
        )

    def args(self, **changes: Any) -> dict[str, Any]:
        values = {
            "q": self.texto, "formato": self.formato, "estado": self.estado, "municipio": self.municipio,
            "activacion": self.activacion, **changes,
        }  # fmt: skip
        return {name: value for name, value in values.items() if value}


def _uuid(raw: str | None) -> UUID | None:
    try:
        return UUID(raw) if raw else None
    except ValueError:
        return None


def select_registros(cuenta: Identity, filtro: Filtro) -> Select[Any]:
    """The filled formats of the account that fit, without order."""
    stmt = visible(select(Registro), cuenta, Permiso.REGISTRO_VER, Registro)
    for word in fold(filtro.texto).split():
        stmt = stmt.where(Registro.texto.contains(word, autoescape=True))
    if filtro.formato:
        stmt = stmt.where(Registro.formato == filtro.formato)
    if filtro.estado:
        stmt = stmt.where(Registro.estado == filtro.estado)
    if filtro.activacion:
        stmt = stmt.where(Registro.activacion_id == filtro.activacion)
    if filtro.municipio:
        stmt = stmt.where(Registro.municipio_codigo == filtro.municipio)
    return stmt


def list_registros(cuenta: Identity, filtro: Filtro) -> tuple[list[Registro], int]:
    """One page, newest first, and how many there are in all."""
    stmt = select_registros(cuenta, filtro)
    total = db.session.scalar(select(func.count()).select_from(stmt.subquery())) or 0
    stmt = stmt.order_by(Registro.ocurrido_en.desc(), Registro.id.desc())
    return list(db.session.scalars(stmt.limit(POR_PAGINA).offset((filtro.pagina - 1) * POR_PAGINA))), total


def open_places(cuenta: Identity) -> list[tuple[str, str]]:
    """Open shelters of the account, to choose where a format hangs: (id, «Escuela … · Municipio»)."""
    stmt: Any = (
        select(Activacion.id, Albergue.nombre, Albergue.codigo, Emergencia.nombre)
        .join(Albergue, Albergue.id == Activacion.albergue_id)
        .join(Emergencia, Emergencia.id == Activacion.emergencia_id)
        .where(Activacion.estado.in_((*OPEN, "preparacion")))
        .order_by(Albergue.nombre, Activacion.id)
    )
    rows = db.session.execute(visible(stmt, cuenta, Permiso.ACTIVACION_VER, Activacion).limit(2000))
    return [(str(key), f"{name} · {code} · {event}") for key, name, code, event in rows]


def sites(cuenta: Identity) -> list[tuple[str, str]]:
    """Sites of the account: (id, «Escuela … · código»)."""
    stmt: Any = select(Albergue.id, Albergue.nombre, Albergue.codigo).order_by(Albergue.nombre, Albergue.id)
    rows = db.session.execute(visible(stmt, cuenta, Permiso.ALBERGUE_VER, Albergue).limit(6000))
    return [(str(key), f"{name} · {code}") for key, name, code in rows]
