"""Pages of the SCI-201, the summary of an incident by versions, and of the SCI-214, what somebody did in a period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import send, typed_form
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.capturas.hoja import Hoja
from albergues_app.coe import actividades, adjuntos, resumen
from albergues_app.coe.blueprint import bp
from albergues_app.coe.croquis import CAMPO, said_on_sheet, sketch_in_log, with_sketch
from albergues_app.coe.hojas import campos_of, formato_of, options_of, read_answers, sections_of, sheet_pdf
from albergues_app.coe.models import Coe
from albergues_app.coe.panel import account_names
from albergues_app.coe.paper import place_name
from albergues_app.core import clock
from albergues_app.core.downloads import PDF, download
from albergues_app.core.errors import Invalid, NotFound
from albergues_app.core.keys import KeyMissing
from albergues_app.core.text import whole_number
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats.outputs.web_form import flatten
from albergues_app.ocupacion.blueprint import places_by_departamento


def _common(coe: Coe, seccion: str) -> dict[str, Any]:
    return {
        "coe": coe,
        "lugar": place_name(coe),
        "escribe": coe.desactivado_en is None and permits(current_cuenta(), Permiso.COE_ESCRIBIR, coe),
        "seccion": seccion,
    }


# ── SCI-201 ─────────────────────────────────────────────────────────────────────────────────────


@bp.get("/<uuid:coe_id>/sci-201")
@requires(Permiso.COE_VER)
def ver_resumen(coe_id: UUID) -> ResponseReturnValue:
    """The summary in its latest version, or in the one that the address names, and the list of all."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_VER)
    versions = resumen.versions_of(coe)
    asked = whole_number(request.args.get("version", ""))
    shown = next((v for v in versions if asked in (None, v.version)), None)
    if asked is not None and shown is None:
        raise NotFound()
    formato = formato_of(resumen.SCI_201)
    return render_template(
        "coe/resumen.html",
        versiones=versions,
        vista=shown,
        partes=sections_of(formato, read_answers(formato, shown.hoja, shown.registrado_en))
        if shown and shown.hoja is not None
        else [],
        croquis=sketch_in_log(coe, shown.hoja) if shown else None,
        quienes=account_names(v.cuenta_id for v in versions),
        **_common(coe, "sci_201"),
    )


@bp.route("/<uuid:coe_id>/sci-201/nueva", methods=["GET", "POST"])
@requires(Permiso.COE_ESCRIBIR)
def nuevo_resumen(coe_id: UUID) -> ResponseReturnValue:
    """Write a version: what the system knows stands filled in; people complete it."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    if coe.desactivado_en is not None:
        raise NotFound()
    formato, last, status = formato_of(resumen.SCI_201), next(iter(resumen.versions_of(coe)), None), 200
    sheet = Hoja(formato, gate=False, version=last.version if last else 0)
    if request.method == "GET":
        sheet.valores = flatten(formato, resumen.propose(coe, current_cuenta().nombre, last))
        return _summary_form(coe, sheet)
    sheet.valores = {k: v[:20_000] for k, v in request.form.items()}
    sheet.mas = request.form.get("mas", "")
    form = typed_form()
    _take_sketch(coe, form)
    sheet.valores[CAMPO] = form.get(CAMPO)
    if sheet.mas:
        sheet.errores = form.errores
    else:

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            typed.raw[CAMPO], typed.errores = form.raw.get(CAMPO, []), list(form.errores)
            sheet.valores = {name: values[0][:20_000] for name, values in typed.raw.items() if values}
            result = sheet.judge("rapido")
            typed.errores += sheet.errores
            over = typed.integer("version", 0, 1_000_000) or 0
            typed.check()
            return lambda: resumen.write_resumen(coe_id, result.answers, over, typed.op_id)

        envio = send("web.coe.resumen", work, coe.emergencia_id, coe=coe_id)
        if envio.body:
            flash(f"Resumen guardado: versión {envio.body['version']}.", "bien")
            return redirect(url_for("coe.ver_resumen", coe_id=coe_id), 303)
        sheet.errores, sheet.op_id, status = envio.errores, envio.op_id, 422
        coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
        if any(
            e.codigo == "version_cambiada" for e in sheet.errores
        ):  # told who was faster: what follows is on purpose
            sheet.valores["version"] = str(resumen.versions_of(coe)[0].version)
    return _summary_form(coe, sheet), status


def _take_sketch(coe: Coe, typed: Typed) -> None:
    """Keep the photograph or PDF of the sketch until the summary is written; its id stays in the form."""
    if typed.yes("sin_croquis"):
        typed.raw[CAMPO] = []
    file = request.files.get("archivo_croquis")
    if file is None or not file.filename:
        return
    try:
        good = adjuntos.read_file(file)
        with unit_of_work(current_cuenta().as_actor("web")):
            typed.raw[CAMPO] = [str(adjuntos.keep_file(coe, typed.op_id, *good))]
    except Invalid as refused:
        typed.errores += [replace(fault, campo="archivo_croquis") for fault in refused.errores]
    except KeyMissing:
        typed.fault("emergencia_disociada", "Los datos de esta emergencia ya se destruyeron.", None)


def _summary_form(coe: Coe, sheet: Hoja) -> str:
    described = sheet.descrita
    for section in described["sections"]:  # the sketch has its own part of the page: the log keeps it
        section["campos"] = [c for c in section["campos"] if c["widget"] != "file"]
    return render_template(
        "coe/resumen_nuevo.html",
        hoja=sheet,
        descrita=described,
        croquis=sheet.valores.get(CAMPO, ""),
        croquis_error=next((e.mensaje for e in sheet.errores if e.campo == "archivo_croquis"), ""),
        lugares_=places_by_departamento(),
        **_common(coe, "sci_201"),
    )


@bp.get("/<uuid:coe_id>/sci-201/<int:version>.pdf")
@requires(Permiso.COE_VER)
def sci_201(coe_id: UUID, version: int) -> ResponseReturnValue:
    """One version of the summary on the official layout, to be signed."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_VER)
    found = next(iter(resumen.versions_of(coe, version)), None) if version < 2**31 else None
    if found is None:
        raise NotFound()
    content = sheet_pdf(
        coe,
        formato_of(resumen.SCI_201),
        said_on_sheet(coe, found.hoja or {}),
        found.huella,
        f"Versión {version}",
    )
    content = with_sketch(coe, content, found.hoja, version)
    return download(content, PDF, f"sci-201-version-{version}.pdf", inline=True)


# ── SCI-214 ─────────────────────────────────────────────────────────────────────────────────────


@bp.get("/<uuid:coe_id>/sci-214")
@requires(Permiso.COE_VER)
def ver_actividades(coe_id: UUID) -> ResponseReturnValue:
    """Who did what in a period, from the log; who and when stand in the address."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_VER)
    asked = _Asked(coe)
    return render_template(
        "coe/actividades.html",
        quienes=asked.writers,
        elegidas=asked.cuentas,
        desde_texto=wall_clock(asked.desde),
        hasta_texto=wall_clock(asked.hasta),
        errores_=asked.typed.errores,
        secciones_sci=options_of(campos_of(formato_of(actividades.SCI_214))["seccion"]),
        seccion_sci=asked.seccion,
        entradas=actividades.activities_of(coe, asked.cuentas, asked.desde, asked.hasta)
        if asked.good
        else [],
        buena=asked.good,
        nombres={key: name for key, name, _ in asked.writers},
        pdf=url_for("coe.sci_214", coe_id=coe_id, **asked.address) if asked.good else "",
        corte=clock.now(),
        **_common(coe, "sci_214"),
    )


class _Asked:
    """Whose activities, and from when to when, as the address says; what it does not say is the period in force."""

    def __init__(self, coe: Coe) -> None:
        self.typed = Typed(request.args.to_dict(flat=False))
        self.writers = actividades.writers_of(coe)
        known = {str(key): key for key, _, _ in self.writers}
        chosen = self.typed.choices("cuenta", known)
        own = str(current_cuenta().id)
        if not self.typed.has("cuenta"):
            chosen = [own] if own in known else list(known)[:1]
        self.cuentas = [known[key] for key in chosen]
        start, end = actividades.period_of(min(clock.now(), coe.desactivado_en or clock.now()))
        self.desde: datetime = self.typed.instant("desde", ahead=None) or start
        self.hasta: datetime = self.typed.instant("hasta", ahead=None) or end
        sections = dict(options_of(campos_of(formato_of(actividades.SCI_214))["seccion"]))
        self.seccion = self.typed.choice("seccion", sections)
        if self.desde >= self.hasta:
            self.typed.fault(
                "periodo_al_reves", "El período termina antes de empezar. Revise las dos horas.", "hasta"
            )

    @property
    def good(self) -> bool:
        return bool(self.cuentas) and not self.typed.errores

    @property
    def address(self) -> dict[str, Any]:
        return {
            "cuenta": [str(key) for key in self.cuentas], "desde": wall_clock(self.desde),
            "hasta": wall_clock(self.hasta), **({"seccion": self.seccion} if self.seccion else {}),
        }  # fmt: skip


@bp.get("/<uuid:coe_id>/sci-214.pdf")
@requires(Permiso.COE_VER)
def sci_214(coe_id: UUID) -> ResponseReturnValue:
    """The SCI-214 of who and when the address says, to be signed."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_VER)
    asked = _Asked(coe)
    if not asked.good:
        return redirect(
            f"{url_for('coe.ver_actividades', coe_id=coe_id)}?{urlencode(list(request.args.items(multi=True)))}",
            303,
        )
    answers = actividades.sheet_of(
        coe, asked.cuentas, asked.desde, asked.hasta, asked.seccion, current_cuenta().nombre
    )
    content = sheet_pdf(coe, formato_of(actividades.SCI_214), answers)
    return download(content, PDF, f"sci-214-{clock.to_local(asked.desde):%Y%m%d-%H%M}.pdf", inline=True)
