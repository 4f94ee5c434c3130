"""Acts of opening and closing: issued once, frozen, with a folio without gaps; printed the same for ever.

What the data hold is written in; the rest of dominio.md 2.4.4 and 2.4.20 are lines to fill by hand. The
figures are counted by ``ocupacion``, which knows who was inside, and arrive with their hour and source.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.albergues.capacity import latest_medida
from albergues_app.albergues.models import INMUEBLE_NOMBRE, Acta, Activacion, Albergue
from albergues_app.albergues.queries import capacidades_at
from albergues_app.albergues.states import NOMBRE_SITIO
from albergues_app.audit.listener import canonical
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.documents import render_typst
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.instance import is_training
from albergues_app.emergencias.models import TIPO_NOMBRE, Emergencia
from albergues_app.emergencias.queries import alertas_vigentes
from albergues_app.territorio.catalogo import catalogo
from albergues_app.territorio.models import Municipio

CLASES: dict[str, str] = {
    "apertura": "Acta de apertura de albergue",
    "cierre": "Acta de cierre y entrega de albergue",
}
_PREFIX = {"apertura": "AP", "cierre": "CI"}

Cifras = Callable[[Activacion], dict[str, Any]]


def acta_of(activacion_id: UUID, clase: str) -> Acta | None:
    """The act that was issued, if any."""
    return db.session.scalar(select(Acta).where(Acta.activacion_id == activacion_id, Acta.clase == clase))


def issue_acta(activacion: Activacion, clase: str, cifras: Cifras) -> Acta:
    """Issue the act, or give back the one already issued: an act is issued once.

    Acts of one municipality are issued one after the other, so that their folios have no gap.

    :raises RuleBroken: `acta_antes_de_tiempo`.
    """
    db.session.execute(
        select(Municipio.codigo).where(Municipio.codigo == activacion.municipio_codigo).with_for_update()
    )
    known = acta_of(activacion.id, clase)
    if known is not None:
        return known
    when = activacion.abierta_en if clase == "apertura" else activacion.cerrada_en
    if when is None:
        word = "abra" if clase == "apertura" else "cierre"
        raise RuleBroken("acta_antes_de_tiempo", f"El acta se emite cuando el albergue {word}.", None)
    anio, municipio = clock.local_day(when).year, activacion.municipio_codigo
    last = db.session.scalar(
        select(func.max(Acta.serie)).where(
            Acta.municipio_codigo == municipio, Acta.anio == anio, Acta.clase == clase
        )
    )
    serie = (last or 0) + 1
    folio = f"{_PREFIX[clase]}-{municipio}-{anio}-{serie:03d}"
    moment = clock.now()
    datos = canonical(
        {"folio": folio, "clase": clase, **facts(activacion, clase, moment), "cifras": cifras(activacion)}
    )
    acta = Acta(
        id=uuid7(),
        municipio_codigo=municipio,
        albergue_codigo=activacion.albergue_codigo,
        activacion_id=activacion.id,
        clase=clase,
        anio=anio,
        serie=serie,
        folio=folio,
        datos=datos,
        huella=hashlib.sha256(datos.encode()).hexdigest(),
        generada_en=moment,
    )
    db.session.add(acta)
    db.session.flush()
    return acta


def facts(activacion: Activacion, clase: str, moment: Any) -> dict[str, Any]:
    """What an act says besides its figures: plain values, as known when it is issued."""
    albergue = db.session.get_one(Albergue, activacion.albergue_id)
    emergencia = db.session.get_one(Emergencia, activacion.emergencia_id)
    when = (activacion.abierta_en if clase == "apertura" else activacion.cerrada_en) or moment
    capacity = capacidades_at(when, moment, [albergue.id]).get(albergue.id)
    medida = latest_medida(albergue.id)
    known = catalogo()
    return {
        "capacitacion": is_training(),
        "generada_en": moment,
        "numero": activacion.acta_apertura if clase == "apertura" else activacion.acta_cierre,
        "acta_apertura": activacion.acta_apertura,
        "cuando": when,
        "abierta_en": activacion.abierta_en,
        "municipio": known.municipio_nombre(activacion.municipio_codigo),
        "departamento": known.departamento_nombre(activacion.municipio_codigo),
        "albergue": {
            "codigo": albergue.codigo,
            "nombre": albergue.nombre,
            "inmueble": INMUEBLE_NOMBRE[albergue.tipo_inmueble],
            "lugar": ", ".join(x for x in (albergue.lugar_poblado, albergue.direccion) if x),
            "propietario": albergue.propietario,
            "oficial": albergue.oficial,
            "estado": NOMBRE_SITIO[albergue.estado],
        },
        "emergencia": {
            "nombre": emergencia.nombre,
            "tipo": TIPO_NOMBRE[emergencia.tipo],
            "inicio": emergencia.inicio,
            "acta": emergencia.acta_numero,
        },
        "alertas": [
            f"{a.color}, {a.ambito}, {a.nivel}" + (f" ({a.documento})" if a.documento else "")
            for a in alertas_vigentes(when, activacion.municipio_codigo)
        ],
        "administrador": activacion.administrador,
        "solicitada_por": activacion.solicitada_por,
        "autorizada_por": activacion.autorizada_por,
        "reapertura": activacion.reactiva_a is not None,
        "capacidad": (
            {
                "personas": capacity.personas,
                "clase": capacity.clase,
                "fuente": capacity.fuente,
                "fecha": capacity.fecha,
            }
            if capacity
            else None
        ),
        "medida": (
            {
                "area_m2": medida.area_m2,
                "inodoros": medida.inodoros,
                "duchas": medida.duchas,
                "agua_litros_dia": medida.agua_litros_dia,
                "fuente": medida.fuente,
                "fecha": medida.fecha,
            }
            if medida
            else None
        ),
    }  # fmt: skip


def render_acta(acta: Acta) -> bytes:
    """The PDF of an issued act: from its frozen data alone, so that it never changes."""
    from albergues_app.albergues.acts_layout import lay_out

    page = lay_out(json.loads(acta.datos), acta.huella)
    return render_typst("albergues_app.albergues", "acta.typ", page)
