"""Pages of sites: the list, a new site, the page of one. What changes a site is in ``views_edit``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import empty_form, send
from albergues_app.accounts.permissions import Permiso, permits, role_may
from albergues_app.albergues import capacity, site_forms, site_page
from albergues_app.albergues.models import INMUEBLE_NOMBRE, Albergue
from albergues_app.albergues.queries import capacidades_at, next_capacidad
from albergues_app.albergues.reserve import is_hidden
from albergues_app.albergues.services import create_albergue
from albergues_app.albergues.site_list import Filtro, ListaSitios, list_sitios
from albergues_app.albergues.states import NOMBRE_SITIO
from albergues_app.audit.changes import kept
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.typed import Typed
from albergues_app.territorio.catalogo import catalogo

bp = Blueprint("albergues", __name__, url_prefix="/albergues", template_folder="templates")


@bp.get("")
@requires(Permiso.ALBERGUE_VER)
def lista() -> ResponseReturnValue:
    """The sites of one's territory; the filter stands in the address."""
    cuenta, filtro, now = current_cuenta(), Filtro.read(request.args), clock.now()
    known = catalogo()

    def make() -> tuple[tuple[ListaSitios, Markup], datetime]:
        found = list_sitios(cuenta, filtro)
        return (found, Markup(render_template("albergues/_filas.html", lista=found))), next_capacidad(now)  # noqa: S704 - our own template

    key = (cuenta.door_key, filtro, request.script_root)
    found, filas = kept("albergues.lista", key, _LISTED, now, make)
    mine = [m for c, m in known.municipios.items() if cuenta.covers_municipio(c)]
    return render_template(
        "albergues/lista.html",
        lista=found,
        filas=filas,
        filtro=filtro,
        estados=list(NOMBRE_SITIO.items()),
        departamentos=[(c, known.departamentos[c].nombre) for c in dict.fromkeys(m.codigo[:2] for m in mine)],
        municipios=[(m.codigo, m.nombre) for m in mine if m.codigo.startswith(filtro.departamento or "-")],
        edita=role_may(cuenta.rol, Permiso.ALBERGUE_EDITAR),
        corte=now,
    )


_LISTED = frozenset({"albergue", "capacidad", "activacion"})
"""What the list is made of."""


@bp.route("/nuevo", methods=["GET", "POST"])
@requires(Permiso.ALBERGUE_EDITAR)
def nuevo() -> ResponseReturnValue:
    """Register a site in a municipality of one's territory."""
    cuenta, envio = current_cuenta(), empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            datos = site_forms.read_sitio(typed, cuenta, typed.op_id)

            def run() -> dict[str, Any]:
                row, avisos = create_albergue(datos)
                return {"id": str(row.id), "codigo": row.codigo, "avisos": [a.as_dict() for a in avisos]}

            return run

        envio = send("web.albergue", work)
        if envio.body:
            flash(f"El sitio quedó registrado con el código {envio.body['codigo']}.", "bien")
            return redirect(url_for("albergues.ver", albergue_id=envio.body["id"]), 303)
    page = render_template(
        "albergues/nuevo.html",
        envio=envio,
        inmuebles=list(INMUEBLE_NOMBRE.items()),
        municipios=own_municipios(),
        hoy=site_forms.today(),
    )
    return page, envio.status


@bp.get("/<uuid:albergue_id>")
@requires(Permiso.ALBERGUE_VER)
def ver(albergue_id: UUID) -> ResponseReturnValue:
    """One site: what it is, whether it may be used, how many fit, whom to call, and its history."""
    albergue = visible_sitio(albergue_id)
    now, settings = clock.now(), current_app.config
    medida = capacity.latest_medida(albergue.id)
    vigente = capacidades_at(now, now, [albergue.id]).get(albergue.id)
    authorised = vigente.personas if vigente and vigente.clase == "autorizada" else None
    activaciones = site_page.activaciones_of(albergue.id)
    cuenta = current_cuenta()
    return render_template(
        "albergues/ver.html",
        albergue=albergue,
        vigente=vigente,
        capacidades=capacity.capacidades_of(albergue.id),
        medida=medida,
        calculada=capacity.compute_capacidad(
            medida, capacity.Normas.from_settings(settings), autorizada=authorised
        ),
        contactos=site_page.contactos_of(albergue.id),
        activaciones=activaciones,
        historia=site_page.history(albergue, activaciones),
        hojas=site_page.papers_of(cuenta, albergue.id),
        bloqueado=site_page.is_blocked(albergue),
        vencida=site_page.evaluation_overdue(albergue, settings["VENCE_EVALUACION_MESES"]),
        edita=permits(cuenta, Permiso.ALBERGUE_EDITAR, albergue),
        corte=now,
        CLASE_NOMBRE=site_page.CLASE_NOMBRE,
        REGIMEN_NOMBRE=site_page.REGIMEN_NOMBRE,
    )


@bp.get("/codigo/<string(maxlength=20):codigo_sitio>")
@requires(Permiso.ALBERGUE_VER)
def por_codigo(codigo_sitio: str) -> ResponseReturnValue:
    """The page of the site with that code: the map knows codes, which weigh half of what ids do."""
    albergue_id = db.session.scalar(select(Albergue.id).where(Albergue.codigo == codigo_sitio))
    if albergue_id is None:
        raise NotFound()
    return redirect(url_for(".ver", albergue_id=visible_sitio(albergue_id).id))


def visible_sitio(albergue_id: UUID, permiso: Permiso = Permiso.ALBERGUE_VER) -> Albergue:
    """The site through its door; a reserved one is absent for those who look from afar."""
    albergue = get_visible_or_404(Albergue, albergue_id, permiso)
    if is_hidden(current_cuenta(), albergue):
        raise NotFound()
    return albergue


def own_municipios() -> list[tuple[str, str]]:
    """Municipalities of the account's territory, as options."""
    known, cuenta = catalogo(), current_cuenta()
    return [(c, known.lugar_texto(c)) for c in known.municipios if cuenta.covers_municipio(c)]


from albergues_app.albergues import views_edit  # noqa: E402, F401 - its views stand on the same blueprint
