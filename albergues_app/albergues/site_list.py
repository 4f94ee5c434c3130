"""The list of sites: Core statements whose number does not depend on how many sites there are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.albergues.queries import CapacidadVigente, capacidades_at
from albergues_app.albergues.reserve import looks_from_afar
from albergues_app.albergues.states import NOMBRE_SITIO, OPEN
from albergues_app.core import clock
from albergues_app.core.db import db, run
from albergues_app.core.text import normalize
from albergues_app.territorio.catalogo import catalogo

POR_PAGINA = 50


@dataclass(frozen=True)
class Filtro:
    """What the address of the list says. Unknown values are as if absent."""

    texto: str = ""
    departamento: str = ""
    municipio: str = ""
    estado: str = ""
    oficial: str = ""
    abierto: bool = False
    pagina: int = 1

    @classmethod
    def read(cls, args: Any) -> Filtro:
        """From the query string."""
        known = catalogo()
        municipio = args.get("municipio", "")
        departamento = args.get("departamento", "")
        page = args.get("pagina", "1")
        return cls(
            texto=args.get("q", "")[:80].strip(),
            departamento=departamento if departamento in known.departamentos else "",
            municipio=municipio if municipio in known.municipios else "",
            estado=args.get("estado", "") if args.get("estado", "") in NOMBRE_SITIO else "",
            oficial=args.get("oficial", "") if args.get("oficial", "") in {"si", "no"} else "",
            abierto=args.get("abierto", "") == "1",
            pagina=max(1, min(100_000, int(page)))
            if page.isascii() and page.isdigit() and len(page) < 7
            else 1,
        )

    def args(self, **changes: Any) -> dict[str, Any]:
        """As arguments of an address, without what is empty; a change of filter goes back to page 1."""
        values: dict[str, Any] = {
            "q": self.texto,
            "departamento": self.departamento,
            "municipio": self.municipio,
            "estado": self.estado,
            "oficial": self.oficial,
            "abierto": "1" if self.abierto else "",
            **changes,
        }
        return {name: value for name, value in values.items() if value}

    @property
    def activo(self) -> bool:
        return bool(self.args())


@dataclass(frozen=True)
class FilaSitio:
    """A site in the list."""

    id: UUID
    codigo: str
    nombre: str
    municipio: str
    tipo_inmueble: str
    estado: str
    oficial: bool
    reservada: bool
    activaciones: tuple[tuple[UUID, str], ...]
    capacidad: CapacidadVigente | None


@dataclass(frozen=True)
class ListaSitios:
    """One page of the list, with the counts of the whole."""

    filas: list[FilaSitio]
    total: int
    oficiales: int
    abiertos: int
    reservadas: int
    pagina: int
    paginas: int


def list_sitios(cuenta: Identity, filtro: Filtro) -> ListaSitios:
    """The sites of the account's territory that fit the filter, by municipality and name."""
    s = Albergue.__table__
    hide = looks_from_afar(cuenta)
    conditions = [_matches(filtro), s.c.ubicacion_reservada.is_(False) if hide else true()]
    counts: Any = select(func.count(), func.count().filter(s.c.oficial)).select_from(s)
    total, oficiales = run(visible(counts.where(*conditions), cuenta, Permiso.ALBERGUE_VER, Albergue)).one()
    abiertos = _count_open(cuenta, filtro, conditions, hide)
    paginas = max(1, math.ceil(total / POR_PAGINA))
    pagina = min(filtro.pagina, paginas)
    rows = _page(cuenta, conditions, pagina) if total else []
    ids = [r.id for r in rows]
    now = clock.now()
    capacities = capacidades_at(now, now, ids) if ids else {}
    open_now = _open_of(ids) if ids else {}
    filas = [
        FilaSitio(
            r.id, r.codigo, r.nombre, r.municipio_codigo, r.tipo_inmueble, r.estado, r.oficial,
            r.ubicacion_reservada, tuple(open_now.get(r.id, ())), capacities.get(r.id),
        )
        for r in rows
    ]  # fmt: skip
    reservadas = _count_reserved(cuenta, filtro) if hide else 0
    return ListaSitios(filas, total, oficiales, abiertos, reservadas, pagina, paginas)


def _count_open(cuenta: Identity, filtro: Filtro, conditions: list[ColumnElement[bool]], hide: bool) -> int:
    """How many of the sites that fit are open now. The index of open activations alone, where every site fits."""
    s, a = Albergue.__table__, Activacion.__table__
    opened = select(func.count(a.c.albergue_id.distinct())).where(a.c.estado.in_(OPEN))
    if filtro.activo or hide or not cuenta.nacional:
        opened = opened.join_from(a, s, s.c.id == a.c.albergue_id).where(*conditions)
        opened = visible(opened, cuenta, Permiso.ALBERGUE_VER, Albergue)
    return int(run(opened).scalar_one())


def _page(cuenta: Identity, conditions: list[ColumnElement[bool]], pagina: int) -> list[Any]:
    s = Albergue.__table__
    stmt: Select[Any] = select(
        s.c.id, s.c.codigo, s.c.nombre, s.c.municipio_codigo, s.c.tipo_inmueble, s.c.estado, s.c.oficial,
        s.c.ubicacion_reservada,
    )  # fmt: skip
    stmt = visible(stmt.where(*conditions), cuenta, Permiso.ALBERGUE_VER, Albergue)
    stmt = stmt.order_by(s.c.municipio_codigo, s.c.nombre_normal, s.c.id)
    return list(db.session.execute(stmt.limit(POR_PAGINA).offset((pagina - 1) * POR_PAGINA)))


def _matches(filtro: Filtro) -> ColumnElement[bool]:
    s = Albergue.__table__
    wanted: list[ColumnElement[bool]] = [true()]
    if filtro.texto:
        words = normalize(filtro.texto).split() or [filtro.texto]
        named = and_(*(s.c.nombre_normal.contains(w, autoescape=True) for w in words))
        wanted.append(or_(named, s.c.codigo.startswith(filtro.texto, autoescape=True)))
    if filtro.departamento:
        wanted.append(s.c.municipio_codigo.startswith(filtro.departamento, autoescape=True))
    if filtro.municipio:
        wanted.append(s.c.municipio_codigo == filtro.municipio)
    if filtro.estado:
        wanted.append(s.c.estado == filtro.estado)
    if filtro.oficial:
        wanted.append(s.c.oficial.is_(filtro.oficial == "si"))
    if filtro.abierto:
        wanted.append(s.c.id.in_(_open_sites()))
    return and_(*wanted)


def _open_sites() -> Any:
    a = Activacion.__table__
    return select(a.c.albergue_id).where(a.c.estado.in_(OPEN))


def _open_of(ids: list[UUID]) -> dict[UUID, list[tuple[UUID, str]]]:
    """Live activations (open, or in preparation) of these sites."""
    a = Activacion.__table__
    stmt = select(a.c.albergue_id, a.c.id, a.c.estado).where(
        a.c.albergue_id.in_(ids), a.c.estado.in_((*OPEN, "preparacion"))
    )
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for row in db.session.execute(stmt.order_by(a.c.creada_en)):
        found.setdefault(row.albergue_id, []).append((row.id, row.estado))
    return found


def _count_reserved(cuenta: Identity, filtro: Filtro) -> int:
    """Reserved sites of the department (of all, without one): a finer filter would tell where they are."""
    s = Albergue.__table__
    stmt = select(func.count()).select_from(s).where(s.c.ubicacion_reservada.is_(True))
    departamento = filtro.departamento or filtro.municipio[:2]
    if departamento:
        stmt = stmt.where(s.c.municipio_codigo.startswith(departamento, autoescape=True))
    return int(db.session.scalar(visible(stmt, cuenta, Permiso.ALBERGUE_VER, Albergue)) or 0)
