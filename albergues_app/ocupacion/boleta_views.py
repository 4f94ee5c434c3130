"""The boleta on paper and in Excel: blank for this shelter, filled as it was taken, and the workbook back."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion
from albergues_app.audit.listener import record_reading
from albergues_app.audit.models import Captura
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.core.db import db
from albergues_app.core.downloads import PDF, XLSX, download
from albergues_app.core.errors import NotFound
from albergues_app.core.instance import is_training
from albergues_app.core.keys import KeyMissing
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato, validate
from albergues_app.formats.outputs.pdf import Encabezado, PdfJob, read_papel, render_many, render_pdf
from albergues_app.formats.outputs.xlsx import write_workbook
from albergues_app.ocupacion import bindings
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.boletas import boletas_of
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.ocupacion.known_family import members_of
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.places_left import cupo_of
from albergues_app.ocupacion.shelter_views import visible_activacion
from albergues_app.ocupacion.visibility import sees_familia
from albergues_app.pliegos.firmas import Firma, firmas_of
from albergues_app.territorio.catalogo import catalogo


def heading(activacion: Activacion) -> Encabezado:
    """What the system knows of the sheet before anybody writes."""
    cupo = cupo_of(activacion)
    emergencia = db.session.get_one(Emergencia, activacion.emergencia_id)
    return Encabezado(
        evento=emergencia.nombre,
        albergue=cupo.nombre,
        albergue_codigo=cupo.codigo,
        departamento=catalogo().departamento_nombre(cupo.municipio),
        municipio=catalogo().municipio_nombre(cupo.municipio),
    )


def _blank(activacion_id: UUID, formato: Formato) -> Response:
    activacion = visible_activacion(activacion_id)
    papel = read_papel(request.args.get("papel"))
    job = PdfJob(formato=formato, encabezado=heading(activacion), papel=papel, capacitacion=is_training())
    return download(
        render_pdf(job, format_catalogos()), PDF, f"{formato.slug}_en_blanco_{papel}.pdf", inline=True
    )


@bp.get("/activaciones/<uuid:activacion_id>/boleta-en-blanco.pdf")
@requires(Permiso.ACTIVACION_VER)
def boleta_en_blanco(activacion_id: UUID) -> ResponseReturnValue:
    """The boleta to print, with shelter and emergency already on it."""
    return _blank(activacion_id, bindings.boleta())


@bp.get("/activaciones/<uuid:activacion_id>/control-en-blanco.pdf")
@requires(Permiso.ACTIVACION_VER)
def control_en_blanco(activacion_id: UUID) -> ResponseReturnValue:
    """The book of movements to print."""
    return _blank(activacion_id, bindings.control())


@bp.get("/activaciones/<uuid:activacion_id>/boleta-para-llenar.xlsx")
@requires(Permiso.ACTIVACION_VER)
def boleta_excel(activacion_id: UUID) -> ResponseReturnValue:
    """The workbook to fill without a connection and load afterwards."""
    known = heading(visible_activacion(activacion_id))
    target = BytesIO()
    context = {"Albergue": f"{known.albergue_codigo} {known.albergue}", "Emergencia": known.evento}
    write_workbook(bindings.boleta(), target, format_catalogos(), context=context, training=is_training())
    return download(target.getvalue(), XLSX, f"{bindings.boleta().slug}.xlsx")


@bp.get("/activaciones/<uuid:activacion_id>/familias/<uuid:familia_id>/boleta.pdf")
@requires(Permiso.PERSONA_VER)
def boleta_llena(activacion_id: UUID, familia_id: UUID) -> ResponseReturnValue:
    """The boleta of a family as it was taken; the reading of its persons is logged."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.PERSONA_VER)
    if not sees_familia(current_cuenta(), familia_id):
        raise NotFound()
    with unit_of_work(current_cuenta().as_actor("web")):
        record_reading(db.session(), list(members_of(familia_id)), "web:boleta", activacion.municipio_codigo)
        taken = _taken(familia_id)
    if not taken:
        flash("Esta familia no tiene aquí boleta: se registró por otra vía o en otro lugar.", "aviso")
        place = url_for("ocupacion.familia", activacion_id=activacion_id, familia_id=familia_id)
        return redirect(place, 303)
    signed = firmas_of(captura.id for captura, _answers in taken)
    jobs = [_job(captura, answers, signed[captura.id]) for captura, answers in taken]
    known = format_catalogos()
    content = render_pdf(jobs[0], known) if len(jobs) == 1 else render_many(jobs, known)
    return download(content, PDF, f"boleta_{_code(familia_id)}.pdf", inline=True)


def _code(familia_id: UUID) -> str:
    return db.session.get_one(Familia, familia_id).codigo


def _taken(familia_id: UUID) -> list[tuple[Captura, dict[str, Any]]]:
    """The sheets of a family in force, opened, in order: each names its shelter."""
    rows = boletas_of(current_cuenta(), familia_id)
    try:
        return [(r, open_json(seal_for(r.emergencia_id), r.respuestas, "captura.respuestas")) for r in rows]
    except KeyMissing as error:
        raise NotFound() from error


def _job(captura: Captura, answers: dict[str, Any], firma: Firma) -> PdfJob:
    formato = formatos.get(captura.formato, int(captura.edicion))
    result = validate(formato, answers, format_catalogos(), "rapido", captura.registrado_en)
    typed = (
        {**result.answers, "codigo_familia": _code(captura.objeto_id)}
        if captura.objeto_id
        else result.answers
    )
    known = heading(db.session.get_one(Activacion, captura.activacion_id))
    return PdfJob(
        formato=formato,
        answers=typed,
        encabezado=known,
        estado="firmado" if firma else "borrador",
        huella=captura.huella,
        firma=firma.words,
        firmantes={f.linea: f.nombre for f in firma.firmantes},
        capacitacion=is_training(),
    )
