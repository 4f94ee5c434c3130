"""The boletas of a family: which are in force, and their signature on paper (F57)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, permits, visible
from albergues_app.albergues.models import Activacion
from albergues_app.audit.listener import record_reading
from albergues_app.audit.models import Captura
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato
from albergues_app.ocupacion import bindings
from albergues_app.ocupacion.known_family import members_of
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.visibility import sees_familia
from albergues_app.pliegos.firmas import Firma, FirmaNueva, firmas_of, sign


def boletas_of(cuenta: Identity | None, familia_id: UUID) -> list[Captura]:
    """The boletas of a family in force that this account may read (None: all), in the order they were taken."""
    stmt = (
        select(Captura)
        .join(Activacion, Activacion.id == Captura.activacion_id)
        .where(Captura.objeto_id == familia_id, Captura.formato == bindings.BOLETA)
    )
    if cuenta is not None:
        stmt = visible(stmt, cuenta, Permiso.PERSONA_VER, Activacion)
    every = list(db.session.scalars(stmt.order_by(Captura.registrado_en, Captura.id)))
    corrected = {row.version_de for row in every}
    return [row for row in every if row.id not in corrected]


def seen_boletas(cuenta: Identity, familia_id: UUID) -> list[Captura]:
    """As ``boletas_of``. :raises NotFound: a family of another territory."""
    if not sees_familia(cuenta, familia_id):
        raise NotFound()
    return boletas_of(cuenta, familia_id)


def read_boletas(cuenta: Identity, familia_id: UUID, pantalla: str, municipio: str) -> list[Captura]:
    """As ``seen_boletas``, to show who signed them: the reading of the family is logged. Inside ``unit_of_work``."""
    taken = seen_boletas(cuenta, familia_id)
    if taken:
        record_reading(db.session(), list(members_of(familia_id)), pantalla, municipio)
    return taken


def boleta_to_sign(cuenta: Identity, familia_id: UUID, boleta_id: UUID) -> Captura:
    """A boleta in force of a family, for those who register people in the shelter where it was taken.

    :raises NotFound: there is none, or it was taken where this account registers nobody.
    """
    row = next((b for b in seen_boletas(cuenta, familia_id) if b.id == boleta_id), None)
    if row is None or not signs(cuenta, row):
        raise NotFound()
    return row


def signs(cuenta: Identity, boleta: Captura) -> bool:
    """Whether this account may note the signed paper of a boleta."""
    place = db.session.get_one(Activacion, boleta.activacion_id)
    return permits(cuenta, Permiso.INGRESO_REGISTRAR, place)


def edition_of(captura: Captura) -> Formato:
    """The edition it was taken on."""
    return formatos.get(captura.formato, int(captura.edicion))


def sign_boleta(captura_id: UUID, datos: FirmaNueva) -> dict[str, Any]:
    """Note the signed paper of a boleta in force; the resource. The family is held until the unit of work ends.

    :raises Invalid: no file one can keep, or too little to find the paper by.
    :raises RuleBroken: `version_cambiada`, `escaneo_repetido`, `emergencia_disociada`.
    """
    captura = db.session.get(Captura, captura_id)
    if captura is None or captura.formato != bindings.BOLETA or captura.objeto_id is None:
        raise NotFound()
    db.session.get_one(Familia, captura.objeto_id, with_for_update=True)
    if captura_id not in {row.id for row in boletas_of(None, captura.objeto_id)}:
        raise RuleBroken(
            "version_cambiada", "Esta boleta se corrigió. Imprima la que vale, fírmenla y anótela.", "escaneo"
        )
    sign(captura, edition_of(captura), datos)
    return body_of(captura, firmas_of([captura_id])[captura_id])


def body_of(captura: Captura, firma: Firma) -> dict[str, Any]:
    """The resource as the API answers it: never the answers themselves."""
    return {
        "id": str(captura.id),
        "formato": captura.formato,
        "edicion": int(captura.edicion),
        "activacion": str(captura.activacion_id),
        "familia": str(captura.objeto_id),
        "folio": captura.folio,
        "huella": captura.huella,
        "registrado_en": clock.iso(captura.registrado_en),
        "estado": "firmado" if firma else "borrador",
        "firma": firma.as_body(),
        "avisos": [],
    }
