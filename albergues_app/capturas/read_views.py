"""The list of filled formats, reading one, annulling it, its PDF, and the export."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID, uuid5

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.page_writing import Envio, empty_form
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.audit.listener import record_opening
from albergues_app.audit.models import Captura
from albergues_app.audit.writing import write_once
from albergues_app.capturas import adjuntos, firma, shelf
from albergues_app.capturas import hoja as hojas
from albergues_app.capturas.bindings import annuls, tables_page
from albergues_app.capturas.blueprint import (
    bp,
    fillable,
    formato_or_404,
    opened,
    registro_or_404,
)
from albergues_app.capturas.gate import at_the_gate, behind_the_gate, sees_off_the_gate
from albergues_app.capturas.hoja import Hoja
from albergues_app.capturas.intake import annulment_of
from albergues_app.capturas.models import NOMBRE_ESTADO, EstadoRegistro, Registro
from albergues_app.capturas.places import place_of_row
from albergues_app.capturas.services import (
    answers_of,
    edition_of,
    read_registros,
    typed_answers,
)
from albergues_app.core.db import db
from albergues_app.core.downloads import PDF, XLSX, download
from albergues_app.core.errors import AppError, NotFound
from albergues_app.core.instance import is_training
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.outputs.pdf import Estado, PdfJob, read_papel, render_many, render_pdf
from albergues_app.formats.outputs.web_form import flatten
from albergues_app.formats.outputs.xlsx import write_workbook
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.pliegos.firmas import hojas_of
from albergues_app.territorio.catalogo import catalogo

EXPORT_LIMIT = 3_000
"""Records of one workbook: 1.6 s of a web worker for a sheet of one page (5,000 take 2.6 s)."""


@bp.get("")
@requires(Permiso.REGISTRO_VER)
def lista() -> ResponseReturnValue:
    """Filled formats of the account's territory."""
    cuenta, filtro = current_cuenta(), shelf.Filtro.read(request.args)
    rows, total = shelf.list_registros(cuenta, filtro)
    return render_template(
        "capturas/lista.html",
        filas=rows,
        total=total,
        filtro=filtro,
        paginas=max(1, -(-total // shelf.POR_PAGINA)),
        formatos=fillable(),
        titulos={f.code: f.title for f in formatos.editions()},
        vigentes={f.code for f in formatos.all()},
        borradores=hojas.drafts_of(cuenta),
        NOMBRE_ESTADO=NOMBRE_ESTADO,
    )


@bp.get("/<uuid:registro_id>")
@requires(Permiso.REGISTRO_VER)
def ver(registro_id: UUID) -> ResponseReturnValue:
    """One filled format as it was taken, and its versions."""
    return show(registro_id, empty_form())


def show(registro_id: UUID, envio: Envio) -> str:
    """The page of a filled format; ``envio`` is the form that notes its signed paper."""
    row = registro_or_404(registro_id, Permiso.REGISTRO_VER)
    answers = opened(row, "web:registro")
    row = registro_or_404(registro_id, Permiso.REGISTRO_VER)
    formato, lugar = edition_of(row), place_of_row(row, edition_of(row))
    sheet = Hoja(formato, valores=flatten(formato, typed_answers(row, formato, answers)))
    sheet.gate = behind_the_gate(current_cuenta(), formato)
    c = Captura.__table__
    versions = db.session.execute(
        select(c.c.id, c.c.registrado_en, c.c.huella, c.c.via).where(c.c.objeto_id == row.id)
        .order_by(c.c.registrado_en, c.c.id)
    ).all()  # fmt: skip
    return render_template(
        "capturas/ver.html",
        registro=row,
        formato=formato,
        hoja=sheet,
        descrita=sheet.descrita,
        lugar=lugar,
        versiones=versions,
        edita=permits(current_cuenta(), Permiso.REGISTRO_EDITAR, row)
        and row.estado != EstadoRegistro.ANULADO,
        archivos=adjuntos.files_of(row.id),
        hojas=hojas_of(row.id),
        numeros=firma.versions_of(row.id),
        con_escaneo=row.formato in firma.AL_FIRMAR,
        envio=envio,
        efectos=firma.effects_of(row),
        espera=firma.waiting_words(row),
        ve_todo=sees_off_the_gate(current_cuenta(), formato),
        limite_mb=current_app.config["ESCANEO_MB"],
        anula=annuls(row),
        tablas=tables_page(row, formato),
        NOMBRE_ESTADO=NOMBRE_ESTADO,
        lugar_nombre=_name_of,
    )


def _name_of(kind: str, code: str) -> str:
    known = catalogo()
    try:
        return known.departamento_nombre(code) if kind == "departamento" else known.lugar_texto(code)
    except KeyError:
        return code


@bp.post("/<uuid:registro_id>/anular")
@requires(Permiso.REGISTRO_EDITAR)
def anular(registro_id: UUID) -> ResponseReturnValue:
    """It no longer counts; it stays readable with its reason."""
    row = registro_or_404(registro_id, Permiso.REGISTRO_EDITAR)
    emergencia_id, motivo = row.emergencia_id, request.form.get("motivo", "")
    op_id = uuid5(registro_id, "anular")

    try:
        content = {"registro": registro_id, "motivo": motivo}
        who = current_cuenta().as_actor("web")
        outcome = write_once(
            who, op_id, "web.registro.anular", content, emergencia_id, annulment_of(registro_id, motivo)
        )
        if outcome.status == 409:
            flash("Este registro ya estaba anulado con otro motivo: vale el primero.", "error")
        else:
            flash("Registro anulado. Sigue en la lista con su motivo.", "bien")
            for aviso in outcome.body["avisos"]:
                flash(aviso["mensaje"], "aviso")
    except AppError as error:
        if error.status != 422:
            raise
        flash(error.mensaje, "error")
    return redirect(url_for(".ver", registro_id=registro_id), 303)


_ON_PAPER: dict[EstadoRegistro, Estado] = {
    EstadoRegistro.GUARDADO: "borrador",
    EstadoRegistro.COMPLETO: "completo",
    EstadoRegistro.FIRMADO: "firmado",
    EstadoRegistro.ANULADO: "anulado",
}
"""What the sheet says of itself. It is signed once its signed paper was attached."""


@bp.get("/<uuid:registro_id>/hoja.pdf")
@requires(Permiso.REGISTRO_VER)
def hoja_pdf(registro_id: UUID) -> ResponseReturnValue:
    """The same layout as the blank, with the answers, its state and its fingerprint."""
    row = registro_or_404(registro_id, Permiso.REGISTRO_VER)
    answers = opened(row, "web:registro_pdf")
    row = registro_or_404(registro_id, Permiso.REGISTRO_VER)
    formato = edition_of(row)
    typed = typed_answers(row, formato, answers)
    huella = db.session.get_one(Captura, row.captura_id).huella
    signed = firma.signature_of(row)
    job = PdfJob(
        formato=formato,
        answers=typed,
        encabezado=place_of_row(row, formato).encabezado,
        papel=read_papel(request.args.get("papel")),
        estado=_ON_PAPER[EstadoRegistro(row.estado)],
        huella=huella,
        firma=signed.words,
        firmantes={f.linea: f.nombre for f in signed.firmantes},
        gate=behind_the_gate(current_cuenta(), formato),
        capacitacion=is_training(),
    )
    rows = max((len(typed.get(r.name) or ()) for r in formato.repetibles), default=0)
    content = render_pdf(job, format_catalogos()) if rows <= 100 else render_many([job], format_catalogos())
    return download(content, PDF, f"{formato.slug}_{str(row.id)[-6:]}.pdf", inline=True)


@bp.get("/<uuid:registro_id>/archivos/<uuid:adjunto_id>")
@requires(Permiso.REGISTRO_VER)
def archivo(registro_id: UUID, adjunto_id: UUID) -> ResponseReturnValue:
    """A file of a filled format, for who may read the answer that names it; the trail says who opened it."""
    row = registro_or_404(registro_id, Permiso.REGISTRO_VER)
    formato = edition_of(row)
    answers = answers_of(row)
    if behind_the_gate(current_cuenta(), formato):
        answers = at_the_gate(formato, answers)
    if adjunto_id not in set(adjuntos.ids_in(formato, answers)):
        raise NotFound()
    with unit_of_work(current_cuenta().as_actor("web")):
        file, content = adjuntos.open_file(registro_id, adjunto_id)
        tipo = file.tipo
        record_opening(db.session(), "adjunto", adjunto_id, "web:registro_archivo")
    name = f"{formato.slug}_{str(adjunto_id)[-6:]}.{adjuntos.ENDINGS[tipo]}"
    return download(content, adjuntos.TIPOS[tipo], name, inline=tipo != "pdf")


@bp.get("/exportar.xlsx")
@requires(Permiso.REGISTRO_VER)
def exportar() -> ResponseReturnValue:
    """Every filled format of one kind that the list shows, in the workbook that can be loaded back."""
    filtro, cuenta = shelf.Filtro.read(request.args), current_cuenta()
    formato = formato_or_404(filtro.formato)
    stmt = shelf.select_registros(cuenta, filtro).where(
        Registro.edicion == formato.version, Registro.estado != EstadoRegistro.ANULADO
    )
    keys = list(
        db.session.scalars(
            stmt.with_only_columns(Registro.id)
            .order_by(Registro.ocurrido_en, Registro.id)
            .limit(EXPORT_LIMIT + 1)
        )
    )
    if len(keys) > EXPORT_LIMIT:
        flash(
            f"Son más de {EXPORT_LIMIT:,} registros y un libro lleva hasta {EXPORT_LIMIT:,}: "
            "filtre por albergue, municipio o palabra y baje cada parte.",
            "error",
        )
        return redirect(url_for(".lista", **filtro.args()), 303)
    with unit_of_work(cuenta.as_actor("web")):
        for key in keys:
            record_opening(db.session(), "registro", key, "web:registro_exportar")
    records = [typed_answers(row, formato, answers) for row, answers in read_registros(keys)]
    target = BytesIO()
    write_workbook(
        formato, target, format_catalogos(), records, gate=behind_the_gate(cuenta, formato),
        training=is_training(),
    )  # fmt: skip
    return download(target.getvalue(), XLSX, f"{formato.slug}_registros.xlsx")
