"""A site: its registration, what is corrected of it, its states, and who answers for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, cast, func, select

from albergues_app.albergues.models import Activacion, Albergue, AlbergueVersion, Contacto, SitioTransicion
from albergues_app.albergues.services.capacidad import CapacidadNueva, add_capacidad
from albergues_app.albergues.states import (
    MOVES_SITIO,
    NEEDS_REASON_SITIO,
    NOMBRE_SITIO,
    EstadoSitio,
    may_move_sitio,
)
from albergues_app.core import clock
from albergues_app.core.db import Base, db
from albergues_app.core.errors import Aviso, Invalid, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean, normalize
from albergues_app.core.unit_of_work import current_actor
from albergues_app.territorio.catalogo import catalogo
from albergues_app.territorio.points import has_lookup, municipio_at


@dataclass(frozen=True)
class AlbergueNuevo:
    """A site as somebody reports it. ``lat``/``lon`` in degrees, WGS84."""

    id: UUID
    nombre: str
    municipio: str
    tipo_inmueble: str
    lat: float | None = None
    lon: float | None = None
    oficial: bool = False
    ubicacion_reservada: bool = False
    capacidad: CapacidadNueva | None = None
    lugar_poblado: str | None = None
    direccion: str | None = None


def create_albergue(datos: AlbergueNuevo) -> tuple[Albergue, list[Aviso]]:
    """Register a site. Warns of a twin by name, a point elsewhere, missing capacity; refuses none of them.

    :raises Invalid: no name, unknown municipality, one coordinate without the other.
    """
    nombre = clean(datos.nombre)
    errors: list[Aviso] = []
    if not nombre:
        errors.append(Aviso("falta_nombre", "Escriba el nombre del albergue.", "nombre"))
    if datos.municipio not in catalogo().municipios:
        errors.append(
            Aviso(
                "municipio_desconocido",
                f"El municipio «{datos.municipio}» no existe. Use el código INE.",
                "municipio",
            )
        )
    if (datos.lat is None) != (datos.lon is None):
        errors.append(Aviso("punto_incompleto", "Escriba latitud y longitud, o ninguna de las dos.", "lat"))
    if errors:
        raise Invalid(errors)
    avisos = point_warnings(datos.lat, datos.lon, datos.municipio)
    normal = normalize(nombre)
    twin = db.session.scalar(
        select(Albergue.codigo).where(
            Albergue.nombre_normal == normal, Albergue.municipio_codigo == datos.municipio
        )
    )
    if twin:
        avisos.append(
            Aviso(
                "posible_duplicado",
                f"Ya existe {twin} con el mismo nombre en ese municipio. Revise si es el mismo.",
                "nombre",
            )
        )
    moment = clock.now()
    albergue = Albergue(
        id=datos.id,
        codigo=next_codigo(datos.municipio),
        nombre=nombre,
        nombre_normal=normal,
        municipio_codigo=datos.municipio,
        tipo_inmueble=datos.tipo_inmueble,
        estado=EstadoSitio.IDENTIFICADO,
        estado_desde=moment,
        oficial=datos.oficial,
        ubicacion_reservada=datos.ubicacion_reservada,
        lat=datos.lat,
        lon=datos.lon,
        lugar_poblado=datos.lugar_poblado,
        direccion=datos.direccion,
        registrado_en=moment,
    )
    db.session.add(albergue)
    db.session.add(
        AlbergueVersion(
            id=uuid7(),
            albergue_id=datos.id,
            vigente_desde=clock.ALWAYS,
            registrado_en=moment,
            oficial=datos.oficial,
            municipio_codigo=datos.municipio,
            ubicacion_reservada=datos.ubicacion_reservada,
        )
    )
    if datos.capacidad is not None:
        add_capacidad(datos.id, datos.capacidad)
    else:
        avisos.append(
            Aviso(
                "capacidad_sin_dato", "La capacidad queda «sin dato» hasta que alguien la diga.", "capacidad"
            )
        )
    db.session.flush()
    return albergue, avisos


def point_warnings(lat: float | None, lon: float | None, municipio: str) -> list[Aviso]:
    """A polygon never overrules the municipality a person typed: it warns."""
    if lat is None or lon is None or not has_lookup():
        return []
    found = municipio_at(lat, lon)
    if found == municipio:
        return []
    if found:
        text = f"El punto cae en {catalogo().lugar_texto(found)}. Quedó el municipio que usted escribió."
    elif lon > 0 and municipio_at(lat, -lon):
        text = (
            f"El punto no cae en Guatemala: falta el signo menos. Corrija la longitud a {-lon:g} en «Editar»."
        )
    else:
        text = "El punto no cae en Guatemala. Revise la latitud y la longitud en «Editar»."
    return [Aviso("punto_fuera_del_municipio", text, "lat")]


def next_codigo(municipio: str) -> str:
    """The next serial of a municipality: `1413-003`. Two at once: the unique key lets one win and the other retry."""
    serial = cast(func.substr(Albergue.codigo, 6), Integer)
    last = db.session.scalar(select(func.max(serial)).where(Albergue.codigo.like(f"{municipio}-%")))
    return f"{municipio}-{(last or 0) + 1:03d}"


def change_albergue(
    albergue: Albergue,
    *,
    motivo: str,
    vigente_desde: datetime | None = None,
    oficial: bool | None = None,
    municipio: str | None = None,
    ubicacion_reservada: bool | None = None,
) -> AlbergueVersion:
    """Correct what splits figures: official or not, municipality, reserved location. Past figures follow both times.

    What is given holds from ``vigente_desde`` on, also past changes that were dated later but written before.

    :raises RuleBroken: no reason given. :raises Invalid: unknown municipality.
    """
    if not clean(motivo):
        raise RuleBroken("falta_motivo", "Escriba el motivo del cambio.", "motivo")
    if municipio is not None and municipio not in catalogo().municipios:
        raise Invalid([Aviso("municipio_desconocido", f"El municipio «{municipio}» no existe.", "municipio")])
    if oficial is not None:
        albergue.oficial = oficial
    if ubicacion_reservada is not None:
        albergue.ubicacion_reservada = ubicacion_reservada
    if municipio is not None and municipio != albergue.municipio_codigo:
        albergue.municipio_codigo = municipio
        _move_rows(albergue.codigo, municipio)
    moment = clock.now()
    given = {"oficial": oficial, "municipio_codigo": municipio, "ubicacion_reservada": ubicacion_reservada}
    said = {name: value for name, value in given.items() if value is not None}
    versions = [
        AlbergueVersion(
            id=uuid7(),
            albergue_id=albergue.id,
            vigente_desde=since,
            registrado_en=moment,
            motivo=clean(motivo),
            **{**held, **said},
        )
        for since, held in _held_from(albergue.id, vigente_desde or moment)
    ]
    db.session.add_all(versions)
    db.session.flush()
    return versions[0]


def _held_from(albergue_id: UUID, since: datetime) -> list[tuple[datetime, dict[str, Any]]]:
    """What was held of a site at ``since``, then at each later change: a correction goes on through all of them."""
    v = AlbergueVersion
    rows = db.session.scalars(
        select(v).where(v.albergue_id == albergue_id).order_by(v.vigente_desde, v.registrado_en)
    )
    before: dict[str, Any] = {}
    later: dict[datetime, dict[str, Any]] = {}
    for row in rows:
        held = {
            "oficial": row.oficial,
            "municipio_codigo": row.municipio_codigo,
            "ubicacion_reservada": row.ubicacion_reservada,
        }
        if row.vigente_desde <= since:
            before = held
        else:
            later[row.vigente_desde] = held
    return [(since, before), *later.items()]


def _move_rows(albergue_codigo: str, municipio: str) -> None:
    """Copy the new municipality down to the live rows of the site, so that its territory sees it from now on.

    The ledger is append-only: its rows keep the code they were written with; access to them goes by the stay.
    """
    activaciones = db.session.scalars(select(Activacion).where(Activacion.albergue_codigo == albergue_codigo))
    for activacion in activaciones:
        activacion.municipio_codigo = municipio
    estancia = Base.metadata.tables["estancia"]
    db.session.execute(
        estancia.update()
        .where(estancia.c.albergue_codigo == albergue_codigo)
        .values(municipio_codigo=municipio)
    )


def transition_sitio(
    albergue: Albergue,
    a: str,
    ocurrida_en: datetime,
    motivo: str | None = None,
    acta_numero: str | None = None,
    transicion_id: UUID | None = None,
) -> tuple[SitioTransicion, list[Aviso]]:
    """Move a site to another state.

    :raises RuleBroken: `transicion_ilegal`, `falta_motivo`, `antes_de_la_anterior`.
    """
    if not may_move_sitio(albergue.estado, a):
        ways = ", ".join(NOMBRE_SITIO[m] for m in sorted(MOVES_SITIO[EstadoSitio(albergue.estado)]))
        raise RuleBroken(
            "transicion_ilegal",
            f"De «{NOMBRE_SITIO[albergue.estado]}» no se pasa a «{NOMBRE_SITIO[a]}». Puede pasar a: {ways}.",
            "a",
        )
    reopening = albergue.estado == EstadoSitio.DESCARTADO
    if (EstadoSitio(a) in NEEDS_REASON_SITIO or reopening) and not clean(motivo or ""):
        raise RuleBroken("falta_motivo", "Escriba el motivo de este cambio.", "motivo")
    if ocurrida_en < albergue.estado_desde and _has_moved(albergue.id):
        raise RuleBroken(
            "antes_de_la_anterior", "La fecha es anterior al último cambio de estado.", "ocurrida_en"
        )
    avisos: list[Aviso] = []
    if a == EstadoSitio.OFICIALIZADO and not acta_numero:
        avisos.append(Aviso("acta_pendiente", "Falta el número del punto de acta del Concejo.", "acta"))
    actor = current_actor()
    row = SitioTransicion(
        id=transicion_id or uuid7(),
        albergue_id=albergue.id,
        de=albergue.estado,
        a=a,
        ocurrida_en=ocurrida_en,
        registrado_en=clock.now(),
        motivo=clean(motivo) if motivo else None,
        acta_numero=acta_numero,
        cuenta_id=actor.cuenta_id if actor else None,
    )
    db.session.add(row)
    albergue.estado, albergue.estado_desde = a, ocurrida_en
    if a in {EstadoSitio.APTO, EstadoSitio.CONDICIONES, EstadoSitio.NO_APTO}:
        albergue.evaluado_en = ocurrida_en
    db.session.flush()
    return row, avisos


def _has_moved(albergue_id: UUID) -> bool:
    return (
        db.session.scalar(
            select(SitioTransicion.id).where(SitioTransicion.albergue_id == albergue_id).limit(1)
        )
        is not None
    )


def add_contacto(albergue: Albergue, papel: str, nombre: str, telefono: str | None) -> Contacto:
    """Note who answers for the site in a role; the earlier one in that role stays as history.

    :raises Invalid: no name, or a telephone that is not 8 digits.
    """
    digits = "".join(c for c in telefono or "" if c.isdigit())
    errors: list[Aviso] = []
    if not clean(nombre):
        errors.append(Aviso("falta_nombre", "Escriba el nombre de la persona de contacto.", "nombre"))
    if digits and (len(digits) != 8 or digits[0] not in "234567"):
        errors.append(
            Aviso("telefono_invalido", "El teléfono lleva 8 cifras, por ejemplo 5550 1234.", "telefono")
        )
    if errors:
        raise Invalid(errors)
    for old in db.session.scalars(
        select(Contacto).where(Contacto.albergue_id == albergue.id, Contacto.papel == papel, Contacto.activo)
    ):
        old.activo = False
    row = Contacto(
        id=uuid7(),
        albergue_id=albergue.id,
        papel=papel,
        nombre=clean(nombre),
        telefono=digits or None,
        confirmado_en=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return row
