"""What the institution adds to a format: its official number and its own blank."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.core.downloads import PDF, download
from albergues_app.core.errors import AppError, Aviso, Invalid, NotFound
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.definiciones import official
from albergues_app.definiciones.blueprint import bp
from albergues_app.definiciones.condition_forms import Unclear
from albergues_app.definiciones.forms import Sheet
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato


def _formato(codigo: str) -> Formato:
    try:
        return formatos.latest(codigo)
    except formatos.UnknownFormato as error:
        raise NotFound() from error


@bp.route("/oficial/<string:codigo>", methods=["GET", "POST"])
@requires(Permiso.FORMATO_DEFINIR)
def oficial(codigo: str) -> ResponseReturnValue:
    """The official number and the institution's blank of a format, with their history."""
    formato = _formato(codigo)
    holds = official.codigo_oficial_of(codigo)
    sheet = Sheet(
        {"codigo_oficial": holds.codigo, "fuente": holds.fuente,
         "fecha": holds.fecha.strftime("%d/%m/%Y") if holds.fecha else ""} if holds else {}
    )  # fmt: skip
    if request.method == "POST":
        sheet.valores = dict(request.form)
        try:
            said = _ACTIONS.get(request.form.get("accion", ""), _code)(codigo)
        except NotFound:
            raise
        except AppError as refused:
            found = (
                refused.errores
                if isinstance(refused, Invalid)
                else [Aviso(refused.codigo, refused.mensaje, refused.campo)]
            )
            sheet.errores = [Unclear(one.mensaje, one.campo or "") for one in found]
        else:
            flash(said, "bien")
            return redirect(url_for(".oficial", codigo=codigo), 303)
    return render_template(
        "definiciones/oficial.html",
        formato=formato,
        hoja=sheet,
        vigente=holds,
        codigos=official.code_history(codigo),
        hojas=official.blank_history(codigo),
    ), 422 if sheet.errores else 200


def _day(name: str) -> date | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        day, month, year = (int(part) for part in text.split("/"))
        found = date(year, month, day)
        if not 1900 <= year <= 2100:
            raise ValueError
    except ValueError as error:
        raise Invalid(
            [Aviso("fecha_invalida", "Escriba la fecha como día/mes/año, por ejemplo 20/11/2026.", name)]
        ) from error
    return found


def _code(codigo: str) -> str:
    day = _day("fecha")
    with unit_of_work(current_cuenta().as_actor("web")):
        official.set_codigo_oficial(
            codigo, request.form.get("codigo_oficial", ""), request.form.get("fuente", ""), day
        )
    return "Código oficial guardado. Se imprime desde ahora."


def _attach(codigo: str) -> str:
    given: Any = request.files.get("hoja")
    content = b""
    if given is not None and given.filename:
        with given.stream as stream:
            content = stream.read()
    day = _day("fecha_hoja")
    pages = official.check_blank(content)
    with unit_of_work(current_cuenta().as_actor("web")):
        official.attach_blank(
            codigo, content, pages, given.filename, request.form.get("fuente_hoja", ""), day
        )
    return "Hoja oficial guardada. Se ofrece desde ahora junto a la nuestra."


def _withdraw(codigo: str) -> str:
    with unit_of_work(current_cuenta().as_actor("web")):
        official.withdraw_blank(codigo)
    return "La hoja oficial ya no se ofrece; queda en la historia."


_ACTIONS = {"codigo": _code, "hoja": _attach, "quitar_hoja": _withdraw}


@bp.get("/oficial/<string:codigo>/hoja-<int:serie>.pdf")
@requires(Permiso.FORMATO_DEFINIR)
def hoja_guardada(codigo: str, serie: int) -> ResponseReturnValue:
    """A blank of the history."""
    content = official.blank_content(codigo, serie)
    return download(content, PDF, f"{codigo}_oficial_{serie}.pdf")
