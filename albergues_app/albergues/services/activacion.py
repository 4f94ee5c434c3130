"""An activation up to its opening. Closing asks who is inside: see ``ocupacion``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from albergues_app.albergues.models import Activacion, ActivacionTransicion, Albergue, Modalidad
from albergues_app.albergues.states import NOMBRE_SITIO, EstadoSitio
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.emergencias.models import Emergencia


@dataclass(frozen=True)
class ActivacionNueva:
    """An activation as asked for; born `activa` when ``abierta_en`` is given, else `preparacion`."""

    id: UUID
    albergue_id: UUID
    emergencia_id: UUID
    abierta_en: datetime | None
    administrador: str | None = None
    acta_numero: str | None = None
    solicitada_por: str | None = None
    autorizada_por: str | None = None
    modalidad: str = Modalidad.CONTINUA


def create_activacion(datos: ActivacionNueva) -> tuple[Activacion, list[Aviso]]:
    """Put a site to work for an emergency. Official or not, evaluated or not, never blocks: people may be inside.

    :raises RuleBroken: `activacion_viva` (this site already works for this emergency).
    """
    albergue = db.session.get_one(Albergue, datos.albergue_id)
    emergencia = db.session.get_one(Emergencia, datos.emergencia_id)
    previous = list(
        db.session.scalars(
            select(Activacion)
            .where(Activacion.albergue_id == albergue.id, Activacion.emergencia_id == emergencia.id)
            .order_by(Activacion.creada_en)
        )
    )
    if any(p.estado in {"preparacion", "activa", "en_cierre"} for p in previous):
        raise RuleBroken(
            "activacion_viva",
            "Este albergue ya está activado para esta emergencia. Use esa activación.",
            "albergue",
        )
    closed = [p for p in previous if p.estado == "cerrada"]
    ended = closed[-1].cerrada_en if closed else None
    avisos = activation_warnings(albergue, emergencia, datos)
    if ended is not None and datos.abierta_en is not None and datos.abierta_en < ended:
        avisos.append(
            Aviso(
                "antes_del_cierre",
                f"La activación anterior cerró el {clock.to_local(ended):%d/%m/%Y %H:%M}. Revise la hora.",
                "abierta_en",
            )
        )
    moment = clock.now()
    activacion = Activacion(
        id=datos.id,
        albergue_id=albergue.id,
        albergue_codigo=albergue.codigo,
        municipio_codigo=albergue.municipio_codigo,
        emergencia_id=emergencia.id,
        estado="activa" if datos.abierta_en else "preparacion",
        modalidad=Modalidad(datos.modalidad),
        creada_en=moment,
        abierta_en=datos.abierta_en,
        administrador=clean(datos.administrador) if datos.administrador else None,
        solicitada_por=datos.solicitada_por,
        autorizada_por=datos.autorizada_por,
        acta_apertura=datos.acta_numero,
        reactiva_a=closed[-1].id if closed else None,
    )
    db.session.add(activacion)
    db.session.flush()
    if datos.abierta_en:
        record_transition(
            activacion, "preparacion", "activa", datos.abierta_en, None, datos.acta_numero, None
        )
    return activacion, avisos


def activation_warnings(albergue: Albergue, emergencia: Emergencia, datos: ActivacionNueva) -> list[Aviso]:
    """What to look at when opening; none of it refuses."""
    avisos: list[Aviso] = []
    if not albergue.oficial:
        avisos.append(
            Aviso(
                "no_oficial",
                "El sitio no es oficial. Se abre igual; sus personas quedan aparte en los totales.",
                "albergue",
            )
        )
    if albergue.evaluado_en is None:
        avisos.append(
            Aviso(
                "sin_evaluacion", "El sitio no tiene evaluación. Prográmela con la municipalidad.", "albergue"
            )
        )
    if albergue.estado in {EstadoSitio.INHABILITADO, EstadoSitio.DESCARTADO, EstadoSitio.NO_APTO}:
        avisos.append(
            Aviso("sitio_no_apto", f"El sitio consta como «{NOMBRE_SITIO[albergue.estado]}». Revise antes de recibir gente.",
                  "albergue")
        )  # fmt: skip
    if albergue.municipio_codigo[:2] not in emergencia.departamentos:
        avisos.append(
            Aviso(
                "fuera_de_emergencia",
                "El municipio no está en los departamentos de la emergencia.",
                "emergencia",
            )
        )
    if not datos.acta_numero:
        avisos.append(
            Aviso("acta_pendiente", "Falta el acta de apertura: tiene 24 horas para anotarla.", "acta")
        )
    if not datos.administrador:
        avisos.append(
            Aviso("administrador_pendiente", "Falta quién administra: anótelo en 24 horas.", "administrador")
        )
    return avisos


def record_transition(
    activacion: Activacion,
    de: str,
    a: str,
    ocurrida_en: datetime,
    motivo: str | None,
    acta_numero: str | None,
    transicion_id: UUID | None,
) -> ActivacionTransicion:
    """Write one move of an activation; the rules about who is inside are the caller's."""
    actor = current_actor()
    row = ActivacionTransicion(
        id=transicion_id or uuid7(),
        activacion_id=activacion.id,
        de=de,
        a=a,
        ocurrida_en=ocurrida_en,
        registrado_en=clock.now(),
        motivo=clean(motivo) if motivo else None,
        acta_numero=acta_numero,
        cuenta_id=actor.cuenta_id if actor else None,
    )
    db.session.add(row)
    db.session.flush()
    return row
