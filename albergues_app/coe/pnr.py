"""The PNR as data: its versions and the functions of each, typed and verified by people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from albergues_app.coe.models_integrantes import PnrFuncion, PnrVersion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.text import clean


@dataclass(frozen=True)
class VersionNueva:
    """An edition of the plan; its functions are copied from ``copia_de`` as unverified."""

    id: UUID
    numero: str
    publicada: str
    vigente_desde: date | None
    fuente: str | None
    copia_de: UUID | None = None


@dataclass(frozen=True)
class FuncionNueva:
    """A function as somebody reads it in the plan, or heard of it."""

    id: UUID
    numero: int | None
    nombre: str
    seccion: str | None
    responsable: str | None
    apoyo: str | None
    verificada: bool
    nota: str | None


def versiones() -> list[PnrVersion]:
    """Every version, the newest first."""
    return list(db.session.scalars(select(PnrVersion).order_by(PnrVersion.numero.desc())))


def version_in_force(on: date | None = None) -> PnrVersion | None:
    """The version that had come into force by a day (today), or None."""
    day = on or clock.local_day(clock.now())
    stmt = select(PnrVersion).where(PnrVersion.vigente_desde <= day)
    return db.session.scalar(
        stmt.order_by(PnrVersion.vigente_desde.desc(), PnrVersion.numero.desc()).limit(1)
    )


def funciones_of(version_id: UUID) -> list[PnrFuncion]:
    """The functions of a version: numbered ones first, the rest by name."""
    rows = db.session.scalars(select(PnrFuncion).where(PnrFuncion.version_id == version_id))
    return sorted(rows, key=lambda f: (f.numero is None, f.numero or 0, f.nombre))


def function_name(row: PnrFuncion) -> str:
    """«13 · Administración de albergues», or only the name."""
    return f"{row.numero} · {row.nombre}" if row.numero is not None else row.nombre


def add_version(datos: VersionNueva) -> PnrVersion:
    """A new edition. :raises RuleBroken: `numero_repetido`."""
    if db.session.scalar(select(PnrVersion.id).where(PnrVersion.numero == datos.numero)) is not None:
        raise RuleBroken("numero_repetido", f"La versión {datos.numero} ya está.", "numero")
    row = PnrVersion(
        id=datos.id,
        numero=datos.numero,
        publicada=clean(datos.publicada),
        vigente_desde=datos.vigente_desde,
        fuente=clean(datos.fuente or "") or None,
    )
    db.session.add(row)
    db.session.flush()
    for old in funciones_of(datos.copia_de) if datos.copia_de else ():
        db.session.add(
            PnrFuncion(
                version_id=row.id, numero=old.numero, nombre=old.nombre, seccion=old.seccion,
                responsable=old.responsable, apoyo=old.apoyo, verificada=False,
                nota="Copiada de la versión anterior: por verificar.",
            )
        )  # fmt: skip
    db.session.flush()
    return row


def add_funcion(version_id: UUID, datos: FuncionNueva) -> PnrFuncion:
    """A function of a version. :raises RuleBroken: `numero_repetido`."""
    if db.session.get(PnrVersion, version_id) is None:
        raise NotFound()
    _check_number(version_id, datos, None)
    row = PnrFuncion(id=datos.id, version_id=version_id, **_fields(datos))
    db.session.add(row)
    db.session.flush()
    return row


def correct_funcion(funcion_id: UUID, datos: FuncionNueva) -> PnrFuncion:
    """Change what a function says. :raises RuleBroken: `numero_repetido`."""
    row = db.session.get(PnrFuncion, funcion_id, with_for_update=True)
    if row is None:
        raise NotFound()
    _check_number(row.version_id, datos, row.id)
    for name, value in _fields(datos).items():
        setattr(row, name, value)
    db.session.flush()
    return row


def _check_number(version_id: UUID, datos: FuncionNueva, own: UUID | None) -> None:
    for other in funciones_of(version_id):
        if datos.numero is not None and other.numero == datos.numero and other.id != own:
            raise RuleBroken(
                "numero_repetido", f"La función {datos.numero} ya es «{other.nombre}».", "numero"
            )


def _fields(datos: FuncionNueva) -> dict[str, object]:
    return {
        "numero": datos.numero,
        "nombre": clean(datos.nombre),
        "seccion": datos.seccion,
        "responsable": clean(datos.responsable or "") or None,
        "apoyo": clean(datos.apoyo or "") or None,
        "verificada": datos.verificada,
        "nota": clean(datos.nota or "") or None,
    }
