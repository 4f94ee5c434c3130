"""Correct what a site is called, where it stands, whose it is, what is blocked. These split no figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from albergues_app.albergues.models import Activacion, Albergue, Contacto
from albergues_app.albergues.services import point_warnings
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, RuleBroken
from albergues_app.core.text import clean, normalize


@dataclass(frozen=True)
class DatosSitio:
    """The descriptive facts of a site; ``lat``/``lon`` in degrees, WGS84."""

    nombre: str
    tipo_inmueble: str
    lat: float | None = None
    lon: float | None = None
    precision_m: int | None = None
    lugar_poblado: str | None = None
    direccion: str | None = None
    referencia: str | None = None
    propietario: str | None = None


def edit_sitio(albergue: Albergue, datos: DatosSitio) -> list[Aviso]:
    """Write the descriptive facts; the trail keeps what they were.

    :raises Invalid: no name, one coordinate without the other.
    """
    errors: list[Aviso] = []
    if not clean(datos.nombre):
        errors.append(Aviso("falta_nombre", "Escriba el nombre del albergue.", "nombre"))
    if (datos.lat is None) != (datos.lon is None):
        errors.append(Aviso("punto_incompleto", "Escriba latitud y longitud, o ninguna de las dos.", "lat"))
    if errors:
        raise Invalid(errors)
    albergue.nombre, albergue.nombre_normal = clean(datos.nombre), normalize(datos.nombre)
    albergue.tipo_inmueble = datos.tipo_inmueble
    albergue.lat, albergue.lon = datos.lat, datos.lon
    albergue.precision_m = datos.precision_m if datos.lat is not None else None
    albergue.lugar_poblado, albergue.direccion = datos.lugar_poblado, datos.direccion
    albergue.referencia, albergue.propietario = datos.referencia, datos.propietario
    db.session.flush()
    return point_warnings(datos.lat, datos.lon, albergue.municipio_codigo)


def block_sitio(albergue: Albergue, motivo: str | None, hasta: date | None) -> None:
    """Block the places of a site for a reason, until a day or without end; no reason unblocks.

    :raises RuleBroken: a day without reason.
    """
    if hasta is not None and not clean(motivo or ""):
        raise RuleBroken("falta_motivo", "Escriba por qué está bloqueado.", "bloqueado_motivo")
    albergue.bloqueado_motivo = clean(motivo) if motivo else None
    albergue.bloqueado_hasta = hasta
    db.session.flush()


def confirm_contacto(albergue_id: UUID, contacto_id: UUID) -> bool:
    """Note that the contact answered today; False when it is not of this site."""
    contacto = db.session.scalar(
        select(Contacto).where(Contacto.id == contacto_id, Contacto.albergue_id == albergue_id)
    )
    if contacto is None:
        return False
    contacto.confirmado_en = clock.now()
    db.session.flush()
    return True


@dataclass(frozen=True)
class DatosActivacion:
    """Who asked for, authorised and runs an activation, and the number of its act."""

    acta_apertura: str | None
    administrador: str | None
    solicitada_por: str | None
    autorizada_por: str | None


def edit_activacion(activacion: Activacion, datos: DatosActivacion) -> None:
    """Complete what was still missing at the opening: there are 24 hours for it, and people come first."""
    activacion.acta_apertura = datos.acta_apertura
    activacion.administrador = datos.administrador
    activacion.solicitada_por = datos.solicitada_por
    activacion.autorizada_por = datos.autorizada_por
    db.session.flush()
