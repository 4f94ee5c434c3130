"""The accredited list of a COE, by place, and who came to an activation. The outermost caller opens ``unit_of_work``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.coe.models import Coe
from albergues_app.coe.models_integrantes import CoeAsistencia, CoeIntegrante
from albergues_app.consolidados.scope import PAIS, Ambito
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.territorio.catalogo import catalogo


@dataclass(frozen=True)
class IntegranteNuevo:
    """An accreditation as it was received; ``lugar`` is GT, a department or a municipality."""

    id: UUID
    lugar: str
    institucion: str
    titular: str
    suplente: str | None
    telefono: str | None
    correo: str | None
    funcion_id: UUID | None
    seccion: str | None
    acreditado_en: date
    vence_en: date | None


def lugar_of(row: Any) -> str:
    """The place code of a member or of a COE."""
    return str(row.municipio_codigo or row.departamento_codigo or PAIS)


def place_of_members(lugar: str) -> str:
    """«COE nacional», «Quiché», «Nebaj, Quiché»."""
    known = catalogo()
    if lugar == PAIS:
        return "COE nacional"
    return known.lugar_texto(lugar) if len(lugar) == 4 else known.departamento_nombre(lugar)


def accredit(datos: IntegranteNuevo) -> CoeIntegrante:
    """Add an institution to the list of a place. :raises RuleBroken: `vence_antes`."""
    place = Ambito(datos.lugar)
    row = CoeIntegrante(
        id=datos.id,
        departamento_codigo=place.departamento_codigo,
        municipio_codigo=place.municipio_codigo,
        registrado_en=clock.now(),
        **_fields(datos),
    )
    db.session.add(row)
    db.session.flush()
    return row


def correct_member(integrante_id: UUID, datos: IntegranteNuevo) -> CoeIntegrante:
    """Change what an accreditation says; the trail keeps who and when. :raises RuleBroken: `ya_retirado`, `vence_antes`."""
    row = _living(integrante_id)
    for name, value in _fields(datos).items():
        setattr(row, name, value)
    db.session.flush()
    return row


def withdraw(integrante_id: UUID) -> CoeIntegrante:
    """It is no longer accredited; what it attended stays. :raises RuleBroken: `ya_retirado`."""
    row = _living(integrante_id)
    row.retirado_en = clock.now()
    db.session.flush()
    return row


def _fields(datos: IntegranteNuevo) -> dict[str, Any]:
    if datos.vence_en is not None and datos.vence_en < datos.acreditado_en:
        raise RuleBroken(
            "vence_antes", "La vigencia termina antes de la acreditación. Revise las fechas.", "vence_en"
        )
    return {
        "institucion": clean(datos.institucion),
        "titular": clean(datos.titular),
        "suplente": clean(datos.suplente or "") or None,
        "telefono": clean(datos.telefono or "") or None,
        "correo": clean(datos.correo or "") or None,
        "funcion_id": datos.funcion_id,
        "seccion": datos.seccion,
        "acreditado_en": datos.acreditado_en,
        "vence_en": datos.vence_en,
    }


def _living(integrante_id: UUID) -> CoeIntegrante:
    row = db.session.get(CoeIntegrante, integrante_id, with_for_update=True)
    if row is None:
        raise NotFound()
    if row.retirado_en is not None:
        raise RuleBroken("ya_retirado", "Esta acreditación ya se retiró: agregue otra.")
    return row


def members_of(lugar: str, on: date | None = None) -> list[CoeIntegrante]:
    """The accredited list of a place by institution; ``on`` leaves out what was not valid that day."""
    place = Ambito(lugar)
    m = CoeIntegrante
    stmt = select(m).where(
        m.departamento_codigo.is_not_distinct_from(place.departamento_codigo),
        m.municipio_codigo.is_not_distinct_from(place.municipio_codigo),
        m.retirado_en.is_(None),
    )
    if on is not None:
        stmt = stmt.where(m.acreditado_en <= on, or_(m.vence_en.is_(None), m.vence_en >= on))
    return list(db.session.scalars(stmt.order_by(m.institucion, m.titular)))


def places_with_members(identity: Identity) -> list[tuple[str, int, int]]:
    """(place, members, of them expired) of every list the account may see."""
    m = CoeIntegrante
    today = clock.local_day(clock.now())
    stmt: Any = select(
        m.departamento_codigo,
        m.municipio_codigo,
        func.count(),
        func.count().filter(m.vence_en < today),
    ).where(m.retirado_en.is_(None))
    rows = db.session.execute(
        visible(stmt, identity, Permiso.COE_VER, m).group_by(m.departamento_codigo, m.municipio_codigo)
    )
    found = [(row[1] or row[0] or PAIS, row[2], row[3]) for row in rows]
    return sorted(found, key=lambda one: (one[0] != PAIS, one[0]))


@dataclass(frozen=True)
class LlegadaNueva:
    """Somebody who came: of the list (``integrante_id``), or written by name and institution."""

    id: UUID
    llego_en: datetime
    nombre: str
    institucion: str
    integrante_id: UUID | None = None


def arrive(coe_id: UUID, datos: LlegadaNueva) -> CoeAsistencia:
    """Note that somebody came.

    :raises RuleBroken: `coe_desactivado`, `otro_lugar`, `ya_esta`, `falta_nombre`, `falta_institucion`.
    """
    coe = db.session.get(Coe, coe_id, with_for_update=True, populate_existing=True)
    if coe is None:
        raise NotFound()
    if coe.desactivado_en is not None:
        raise RuleBroken("coe_desactivado", "Este COE ya se desactivó: ya no recibe asistencia.")
    member = db.session.get(CoeIntegrante, datos.integrante_id) if datos.integrante_id else None
    if datos.integrante_id and (member is None or lugar_of(member) != lugar_of(coe)):
        raise RuleBroken("otro_lugar", "Elija a alguien de la lista de este COE.", "integrante")
    nombre = clean(datos.nombre) or (member.titular if member else "")
    institucion = member.institucion if member else clean(datos.institucion)
    if not nombre:
        raise RuleBroken("falta_nombre", "Escriba quién llegó, o elíjalo de la lista.", "nombre")
    if not institucion:
        raise RuleBroken("falta_institucion", "Escriba de qué institución viene.", "institucion")
    if any(
        a.nombre == nombre and a.institucion == institucion and a.salio_en is None
        for a in attendance_of(coe_id)
        if a.motivo is None
    ):
        raise RuleBroken("ya_esta", f"{nombre} ya consta presente.", "nombre")
    actor = current_actor()
    row = CoeAsistencia(
        id=datos.id,
        coe_id=coe_id,
        integrante_id=datos.integrante_id,
        institucion=institucion,
        nombre=nombre,
        llego_en=datos.llego_en,
        registrado_en=clock.now(),
        cuenta_id=actor.cuenta_id if actor else None,
    )
    db.session.add(row)
    db.session.flush()
    return row


def leave(asistencia_id: UUID, when: datetime) -> CoeAsistencia:
    """Note that somebody left. :raises RuleBroken: `ya_salio`, `antes_de_llegar`."""
    row = _attendance(asistencia_id)
    if row.salio_en is not None:
        raise RuleBroken("ya_salio", "Ya constaba su salida.")
    if when < row.llego_en:
        raise RuleBroken("antes_de_llegar", "La salida es anterior a la llegada.", "salio_en")
    row.salio_en = when
    db.session.flush()
    return row


def annul_attendance(asistencia_id: UUID, motivo: str) -> CoeAsistencia:
    """A line noted by mistake no longer counts and stays readable. :raises RuleBroken: `falta_motivo`."""
    row = _attendance(asistencia_id)
    if not clean(motivo):
        raise RuleBroken("falta_motivo", "Escriba por qué se anula.", "motivo")
    row.motivo = clean(motivo)[:300]
    db.session.flush()
    return row


def _attendance(asistencia_id: UUID) -> CoeAsistencia:
    row = db.session.get(CoeAsistencia, asistencia_id, with_for_update=True)
    if row is None:
        raise NotFound()
    if row.motivo is not None:
        raise RuleBroken("anulada", "Esa línea ya se anuló.")
    return row


def attendance_of(coe_id: UUID) -> list[CoeAsistencia]:
    """Who came to an activation, the last one first."""
    a = CoeAsistencia
    stmt = select(a).where(a.coe_id == coe_id)
    return list(db.session.scalars(stmt.order_by(a.llego_en.desc(), a.registrado_en.desc())))
