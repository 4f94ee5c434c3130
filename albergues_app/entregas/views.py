"""Pages of who has which edition: municipalities, one place, what is new, what to send. See ``views_entrega``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.albergues.models import Albergue
from albergues_app.albergues.reserve import is_hidden
from albergues_app.core import clock
from albergues_app.core.db import run, table_of
from albergues_app.core.downloads import XLSX, download
from albergues_app.core.errors import NotFound
from albergues_app.entregas import books, ledger, municipios, queries
from albergues_app.entregas.models import Tenencia
from albergues_app.entregas.places import own_albergues, own_sedes, visible_municipio
from albergues_app.entregas.queries import ESTADO_NIVEL, ESTADO_NOMBRE, edicion_texto
from albergues_app.territorio.catalogo import SedeInfo, catalogo

bp = Blueprint("entregas", __name__, url_prefix="/entregas", template_folder="templates")
ULTIMAS = 20


@bp.app_context_processor
def words() -> dict[str, Any]:
    """How states and editions are said."""
    return {"ESTADO_FORMATOS": ESTADO_NOMBRE, "NIVEL_FORMATOS": ESTADO_NIVEL, "edicion_texto": edicion_texto}


@bp.get("")
@requires(Permiso.ENTREGA_VER)
def lista() -> ResponseReturnValue:
    """The municipalities of one's territory and how they stand; an account of shelters goes to its own."""
    cuenta = current_cuenta()
    if not queries.own_municipios(cuenta):
        return _shelters(cuenta)
    filtro = municipios.Filtro.read(request.args)
    known, held = catalogo(), queries.held_by_municipio(cuenta)
    mine = {c[:2] for c in queries.own_municipios(cuenta)}
    return render_template(
        "entregas/lista.html",
        lista=municipios.list_municipios(cuenta, filtro, held),
        filtro=filtro,
        departamentos=[(d.codigo, d.nombre) for d in known.departamentos.values() if d.codigo in mine],
        sedes=[(s.codigo, s.nombre) for s in own_sedes(cuenta)],
        formatos=queries.in_force(),
        nuevas=[n for n in queries.ediciones_nuevas(cuenta, held) if n.pendientes],
        registra=role_may(cuenta.rol, Permiso.ENTREGA_REGISTRAR),
        hoy=queries.today(),
    )


def _shelters(cuenta: Identity) -> ResponseReturnValue:
    own = own_albergues(cuenta)
    if len(own) == 1:
        return redirect(url_for(".albergue", albergue_id=own[0].id), 303)
    return render_template("entregas/albergues.html", albergues=own)


@bp.get("/municipios.xlsx")
@requires(Permiso.ENTREGA_VER)
def lista_xlsx() -> Response:
    """The list as a workbook, with its counts and the edition each municipality holds."""
    found = municipios.list_municipios(current_cuenta(), municipios.Filtro.read(request.args))
    day = queries.today()
    title = f"Formatos por municipio · {len(found.filas):,} municipios · {day:%d/%m/%Y}"
    return download(
        books.write_book(title, books.list_book(found)), XLSX, f"formatos-municipios-{day:%Y%m%d}.xlsx"
    )


@bp.get("/municipios/<string(length=4):municipio>")
@requires(Permiso.ENTREGA_VER)
def municipio(municipio: str) -> ResponseReturnValue:
    """One municipality: the edition it holds of each format, what it lacks, and its deliveries."""
    codigo, cuenta = visible_municipio(municipio), current_cuenta()
    rows = queries.renglones(codigo)
    own = {
        r.formato.code: queries.Tenida(r.tiene, r.ultima) for r in rows if r.tiene is not None and r.ultima
    }
    libro = ledger.list_entregas(cuenta, ledger.Filtro(municipio=codigo))
    return render_template(
        "entregas/municipio.html",
        codigo=codigo,
        renglones=rows,
        situacion=queries.situacion(codigo, own, queries.needed()),
        libro=libro,
        ultimas=ULTIMAS,
        albergues=_with_formats(codigo),
        registra=role_may(cuenta.rol, Permiso.ENTREGA_REGISTRAR),
    )


def _with_formats(municipio: str) -> list[Any]:
    """Shelters of the municipality that received formats: id, name, code, how many formats, last day."""
    t, a = table_of(Tenencia), table_of(Albergue)
    stmt = (
        select(
            a.c.id, a.c.nombre, a.c.codigo, func.count(t.c.formato.distinct()).label("formatos"),
            func.max(t.c.ultima).label("ultima"),
        )
        .join_from(t, a, a.c.codigo == t.c.albergue_codigo)
        .where(t.c.municipio_codigo == municipio, t.c.albergue_codigo != "")
        .group_by(a.c.id, a.c.nombre, a.c.codigo).order_by(a.c.nombre, a.c.id)
    )  # fmt: skip
    return list(run(stmt))


@bp.get("/albergues/<uuid:albergue_id>")
@requires(Permiso.ENTREGA_VER)
def albergue(albergue_id: UUID) -> ResponseReturnValue:
    """One shelter: the formats it received itself."""
    row = get_visible_or_404(Albergue, albergue_id, Permiso.ENTREGA_VER)
    if is_hidden(current_cuenta(), row):
        raise NotFound()
    filtro = ledger.Filtro(albergue_codigo=row.codigo)
    return render_template(
        "entregas/albergue.html",
        albergue=row,
        renglones=[
            r
            for r in queries.renglones(row.municipio_codigo, row.codigo)
            if r.tiene is not None or r.necesario
        ],
        libro=ledger.list_entregas(current_cuenta(), filtro),
        ve_municipio=current_cuenta().covers_municipio(row.municipio_codigo),
        registra=role_may(current_cuenta().rol, Permiso.ENTREGA_REGISTRAR),
    )


@bp.get("/libro")
@requires(Permiso.ENTREGA_VER)
def libro() -> ResponseReturnValue:
    """Every delivery of one's territory, newest first."""
    cuenta, filtro = current_cuenta(), ledger.Filtro.read(request.args)
    known = catalogo()
    mine = queries.own_municipios(cuenta)
    return render_template(
        "entregas/libro.html",
        libro=ledger.list_entregas(cuenta, filtro),
        filtro=filtro,
        departamentos=[(c, known.departamento_nombre(c)) for c in dict.fromkeys(m[:2] for m in mine)],
        registra=role_may(cuenta.rol, Permiso.ENTREGA_REGISTRAR),
    )


@bp.get("/ediciones")
@requires(Permiso.ENTREGA_VER)
def ediciones() -> ResponseReturnValue:
    """«Deben recibir la edición N»: each format with a newer edition, who still waits for it, and progress."""
    nuevas = queries.ediciones_nuevas(current_cuenta())
    return render_template("entregas/ediciones.html", nuevas=nuevas, hoy=queries.today())


def _sede() -> tuple[SedeInfo | None, list[SedeInfo]]:
    own = own_sedes(current_cuenta())
    asked = request.args.get("sede", "")
    if asked:
        chosen = next((s for s in own if s.codigo == asked), None)
        if chosen is None:
            raise NotFound()
        return chosen, own
    return (own[0] if len(own) == 1 else None), own


@bp.get("/por-enviar")
@requires(Permiso.ENTREGA_VER)
def por_enviar() -> ResponseReturnValue:
    """What to send before the season: per sede, which format to which municipality. Printed, copied or as Excel."""
    sede, own = _sede()
    return render_template(
        "entregas/por_enviar.html",
        sede=sede,
        sedes=[(s.codigo, s.nombre) for s in own],
        envio=municipios.envio_of(current_cuenta(), sede) if sede else None,
        hoy=queries.today(),
        ahora_=clock.now(),
    )


@bp.get("/por-enviar.xlsx")
@requires(Permiso.ENTREGA_VER)
def por_enviar_xlsx() -> ResponseReturnValue:
    """The same as a workbook, with a column for the copies."""
    sede, _own = _sede()
    if sede is None:
        return redirect(url_for(".por_enviar"), 303)
    day = queries.today()
    title = f"Formatos por enviar · {sede.nombre} · {day:%d/%m/%Y}"
    pages = books.send_book(municipios.envio_of(current_cuenta(), sede))
    return download(books.write_book(title, pages), XLSX, f"por-enviar-{sede.codigo}-{day:%Y%m%d}.xlsx")


from albergues_app.entregas import views_entrega  # noqa: E402, F401 - its views stand on the same blueprint
