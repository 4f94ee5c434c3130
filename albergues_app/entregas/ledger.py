"""The ledger itself: deliveries, newest first, found by folio, place and state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Albergue
from albergues_app.core.db import db
from albergues_app.entregas.models import EntregaEscaneo, EntregaFormatos, EntregaLinea, EstadoEntrega
from albergues_app.territorio.catalogo import catalogo

POR_PAGINA = 50


@dataclass(frozen=True)
class Filtro:
    """What the address of the list says. Unknown values are as if absent."""

    texto: str = ""
    departamento: str = ""
    municipio: str = ""
    albergue_codigo: str = ""
    estado: str = ""
    pagina: int = 1

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Filtro:
        """From the query string."""
        known, page = catalogo(), args.get("pagina", "1")
        departamento, municipio = args.get("departamento", ""), args.get("municipio", "")
        estado = args.get("estado", "")
        return cls(
            args.get("q", "").strip()[:40],
            departamento if departamento in known.departamentos else "",
            municipio if municipio in known.municipios else "",
            estado=estado if estado in {*EstadoEntrega, "sin_firma"} else "",
            pagina=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
        )

    def args(self, **changes: Any) -> dict[str, Any]:
        """As arguments of an address, without what is empty."""
        values = {
            "q": self.texto, "departamento": self.departamento, "municipio": self.municipio, "estado": self.estado,
            **changes,
        }  # fmt: skip
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True)
class Fila:
    """A delivery in a list."""

    entrega: EntregaFormatos
    albergue: str | None
    formatos: int
    ejemplares: int
    escaneos: int


@dataclass(frozen=True)
class Libro:
    """One page of the ledger."""

    filas: list[Fila]
    total: int
    pagina: int
    paginas: int


def list_entregas(cuenta: Identity, filtro: Filtro) -> Libro:
    """One page, newest first: as many statements for ten deliveries as for fifty thousand."""
    e = EntregaFormatos
    wanted = _conditions(filtro)
    count: Any = select(func.count()).select_from(e).where(*wanted)
    total = int(db.session.scalar(visible(count, cuenta, Permiso.ENTREGA_VER, e)) or 0)
    paginas = max(1, -(-total // POR_PAGINA))
    pagina = min(filtro.pagina, paginas)
    stmt = visible(select(e).where(*wanted), cuenta, Permiso.ENTREGA_VER, e)
    stmt = stmt.order_by(e.fecha.desc(), e.id.desc()).limit(POR_PAGINA).offset((pagina - 1) * POR_PAGINA)
    rows = list(db.session.scalars(stmt))
    return Libro(_rows(rows), total, pagina, paginas)


def _conditions(filtro: Filtro) -> list[Any]:
    e = EntregaFormatos
    wanted: list[Any] = []
    if filtro.texto:
        wanted.append(e.folio.contains(filtro.texto.upper(), autoescape=True))
    if filtro.departamento:
        wanted.append(e.municipio_codigo.startswith(filtro.departamento, autoescape=True))
    if filtro.municipio:
        wanted.append(e.municipio_codigo == filtro.municipio)
    if filtro.albergue_codigo:
        wanted.append(e.albergue_codigo == filtro.albergue_codigo)
    if filtro.estado == "sin_firma":
        signed = select(EntregaEscaneo.id).where(EntregaEscaneo.entrega_id == e.id)
        wanted += [e.estado == EstadoEntrega.VIGENTE, ~signed.exists()]
    elif filtro.estado:
        wanted.append(e.estado == filtro.estado)
    return wanted


def _rows(rows: list[EntregaFormatos]) -> list[Fila]:
    ids = [row.id for row in rows]
    n, s = EntregaLinea, EntregaEscaneo
    lines: dict[UUID, tuple[int, int]] = {
        key: (count, copies)
        for key, count, copies in db.session.execute(
            select(n.entrega_id, func.count(), func.sum(n.cantidad).filter(n.medio == "impreso"))
            .where(n.entrega_id.in_(ids)).group_by(n.entrega_id)
        )
    }  # fmt: skip
    scans: dict[UUID, int] = {
        r.entrega_id: r.cuantos
        for r in db.session.execute(
            select(s.entrega_id, func.count().label("cuantos"))
            .where(s.entrega_id.in_(ids))
            .group_by(s.entrega_id)
        )
    }
    sites = {row.albergue_id for row in rows if row.albergue_id}
    named = db.session.execute(select(Albergue.id, Albergue.nombre).where(Albergue.id.in_(sites)))
    names: dict[UUID, str] = {r.id: r.nombre for r in named}
    return [
        Fila(
            row,
            names.get(row.albergue_id) if row.albergue_id else None,
            lines.get(row.id, (0, 0))[0],
            lines.get(row.id, (0, 0))[1] or 0,
            scans.get(row.id, 0),
        )
        for row in rows
    ]
