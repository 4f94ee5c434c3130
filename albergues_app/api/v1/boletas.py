"""The boletas of a family, and their signed papers."""

from __future__ import annotations

from typing import Any

from flask import Response

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion
from albergues_app.api.v1 import answers
from albergues_app.api.v1.blueprint import answer, bp, documented, read_body, write
from albergues_app.api.v1.formatos import firma_of
from albergues_app.api.v1.shapes import FirmaIn
from albergues_app.core.scans import fingerprint
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.boletas import body_of, boleta_to_sign, edition_of, read_boletas, sign_boleta
from albergues_app.pliegos.firmas import firmas_of


@bp.get("/activaciones/<uuid:activacion_id>/familias/<uuid:familia_id>/boletas")
@documented(tag="Formatos", answer=answers.Lista)
@requires(Permiso.PERSONA_VER)
def list_boletas(activacion_id: Any, familia_id: Any) -> Response:
    """The boletas of a family in force, with who signed them and without their answers; the reading is logged."""
    municipio = get_visible_or_404(Activacion, activacion_id, Permiso.PERSONA_VER).municipio_codigo
    with unit_of_work(current_cuenta().as_actor("api")):
        rows = read_boletas(current_cuenta(), familia_id, "api:boletas", municipio)
    signed = firmas_of(row.id for row in rows)
    return answer({"filas": [body_of(row, signed[row.id]) for row in rows], "siguiente": None})


@bp.post("/activaciones/<uuid:activacion_id>/familias/<uuid:familia_id>/boletas/<uuid:boleta_id>/firmas")
@documented(body=FirmaIn, created=True, tag="Formatos")
@requires(Permiso.INGRESO_REGISTRAR)
def post_firma_boleta(activacion_id: Any, familia_id: Any, boleta_id: Any) -> Response:
    """Note the signed paper of a boleta, by its scan or its folio."""
    get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    shape = read_body(FirmaIn)
    row = boleta_to_sign(current_cuenta(), familia_id, boleta_id)
    datos = firma_of(shape, edition_of(row), reservado=False)
    return write(
        shape.id,
        "boleta.firma",
        shape.model_copy(update={"contenido": fingerprint(datos.content)}),
        row.emergencia_id,
        lambda: sign_boleta(boleta_id, datos),
        boleta=boleta_id,
    )
