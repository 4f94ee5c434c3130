"""Pages of the resources of a COE: the list with its counts, one resource with its facts, the SCI-211 on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.coe import recursos, recursos_queries
from albergues_app.coe.blueprint import bp
from albergues_app.coe.hojas import campos_of, formato_of, options_of, sheet_pdf
from albergues_app.coe.models import Coe
from albergues_app.coe.models_sci import ESTADO_NOMBRE, EstadoRecurso
from albergues_app.coe.panel import account_names
from albergues_app.coe.paper import place_name
from albergues_app.core import clock
from albergues_app.core.downloads import PDF, download
from albergues_app.core.errors import NotFound
from albergues_app.core.text import clean, whole_number
from albergues_app.core.typed import Typed, wall_clock

_TEXTS = {
    "tipo": 120, "clase_otro": 120, "institucion": 80, "matricula": 40, "contacto_nombre": 120,
    "contacto_telefono": 40, "asignacion": 120, "albergue": 120,
}  # fmt: skip
"""Fields of the line that are typed, with the letters that a page takes; the format judges them."""
NEXT = {"pedido": "en_camino", "en_camino": "llego", "llego": "asignado", "asignado": "desmovilizado"}


@bp.get("/<uuid:coe_id>/recursos")
@requires(Permiso.COE_VER)
def lista_recursos(coe_id: UUID) -> ResponseReturnValue:
    """Resources and staff of a COE; the filter stands in the address."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_VER)
    filtro, words = _filter(), _words()
    found = recursos_queries.resources_of(coe, filtro)
    pages = max(1, -(-len(found) // recursos_queries.PAGE))
    page = min(filtro.pagina, pages)
    return render_template(
        "coe/recursos.html",
        filas=found[(page - 1) * recursos_queries.PAGE : page * recursos_queries.PAGE],
        encontrados=len(found),
        pagina=page,
        paginas=pages,
        filtro=filtro,
        conteo=recursos_queries.count_resources(coe),
        **_common(coe),
        **words,
    )


def _filter() -> recursos_queries.Filtro:
    args, clases = (
        request.args,
        dict(options_of(campos_of(formato_of(recursos.SCI_211), "recursos")["clase"])),
    )
    return recursos_queries.Filtro(
        estado=args.get("estado", "") if args.get("estado", "") in ESTADO_NOMBRE else "",
        clase=args.get("clase", "") if args.get("clase", "") in clases else "",
        albergue=clean(args.get("albergue", ""))[:12],
        q=args.get("q", "").strip()[:100],
        pagina=max(1, whole_number(args.get("pagina", ""), 4) or 1),
    )


def _common(coe: Coe) -> dict[str, Any]:
    cuenta = current_cuenta()
    writes = permits(cuenta, Permiso.COE_ESCRIBIR, coe)
    return {
        "coe": coe,
        "lugar": place_name(coe),
        "escribe": writes and coe.desactivado_en is None,
        "telefonos": writes,
        "seccion": "recursos",
        "ESTADO_NOMBRE": ESTADO_NOMBRE,
    }


def _words() -> dict[str, Any]:
    campos = campos_of(formato_of(recursos.SCI_211), "recursos")
    clases = options_of(campos["clase"])
    return {"f": campos, "clases": clases, "CLASE_NOMBRE": dict(clases)}


@bp.route("/<uuid:coe_id>/recursos/nuevo", methods=["GET", "POST"])
@requires(Permiso.COE_ESCRIBIR)
def nuevo_recurso(coe_id: UUID) -> ResponseReturnValue:
    """Register a resource: asked for, on the way, or already there."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    if coe.desactivado_en is not None:
        raise NotFound()
    envio = empty_form()
    if request.method == "POST":
        envio = _send(coe, None)
        if envio.body:
            flash("Recurso registrado.", "bien")
            return redirect(url_for("coe.ver_recurso", coe_id=coe_id, recurso_id=envio.body["id"]), 303)
        coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    page = render_template(
        "coe/recurso_nuevo.html",
        envio=envio,
        estados=[(e, n) for e, n in ESTADO_NOMBRE.items() if e != EstadoRecurso.DESMOVILIZADO],
        ahora_texto=wall_clock(clock.now()),
        **_common(coe),
        **_words(),
    )
    return page, envio.status


@bp.route("/<uuid:coe_id>/recursos/<uuid:recurso_id>", methods=["GET"])
@requires(Permiso.COE_VER)
def ver_recurso(coe_id: UUID, recurso_id: UUID) -> ResponseReturnValue:
    """A resource as it stands, every fact of it, and the form of the next one."""
    return _resource_page(get_visible_or_404(Coe, coe_id, Permiso.COE_VER), recurso_id, empty_form())


@bp.post("/<uuid:coe_id>/recursos/<uuid:recurso_id>")
@requires(Permiso.COE_ESCRIBIR)
def anotar_recurso(coe_id: UUID, recurso_id: UUID) -> ResponseReturnValue:
    """Write the next fact of a resource."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    if recursos_queries.resource_of(coe, recurso_id) is None:
        raise NotFound()
    envio = _send(coe, recurso_id)
    if envio.body:
        flash(f"Anotado: {ESTADO_NOMBRE[envio.body['estado']].lower()}.", "bien")
        return redirect(url_for("coe.ver_recurso", coe_id=coe_id, recurso_id=recurso_id), 303)
    return _resource_page(
        get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR), recurso_id, envio
    ), envio.status


def _resource_page(coe: Coe, recurso_id: UUID, envio: Envio) -> str:
    facts = recursos_queries.facts_of(coe, recurso_id)
    if not facts:
        raise NotFound()
    now, common = facts[-1], _common(coe)
    may = common["telefonos"] and now.fila is not None
    if coe.desactivado_en is not None and now.estado == EstadoRecurso.DESMOVILIZADO:
        may = False
    only_release = coe.desactivado_en is not None
    return render_template(
        "coe/recurso.html",
        recurso=now,
        pasos=facts,
        quienes=account_names(fact.cuenta_id for fact in facts),
        envio=envio,
        anota=may,
        estados=[
            (e, n) for e, n in ESTADO_NOMBRE.items() if not only_release or e == EstadoRecurso.DESMOVILIZADO
        ],
        siguiente="desmovilizado" if only_release else NEXT.get(now.estado, now.estado),
        ahora_texto=wall_clock(clock.now()),
        **common,
        **_words(),
    )


def _send(coe: Coe, recurso_id: UUID | None) -> Envio:
    coe_id = coe.id

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        estado = typed.choice("estado", ESTADO_NOMBRE, "Elija en qué estado está.")
        when = typed.instant("ocurrido_en", "Escriba la hora.")
        fila: dict[str, Any] = {"clase": typed.get("clase"), "personas": typed.get("personas").strip()[:12]}
        for name, limit in _TEXTS.items():
            fila[name] = typed.text(name, limit=limit)
        asked = typed.instant("solicitado_en")
        if asked is not None:
            fila["solicitado_en"] = asked
        visto = typed.integer("visto", 0, 1_000_000) or 0
        motivo = typed.optional("motivo", 300)
        typed.check()
        datos = recursos.PasoNuevo(
            typed.op_id, estado, when or clock.now(), {k: v for k, v in fila.items() if v}, visto, motivo
        )
        return lambda: recursos.write_paso(coe_id, recurso_id, datos)

    path = {"coe": coe_id} | ({"recurso": recurso_id} if recurso_id else {})
    return send("web.coe.recurso", work, coe.emergencia_id, **path)


@bp.get("/<uuid:coe_id>/recursos/sci-211.pdf")
@requires(Permiso.COE_VER)
def sci_211(coe_id: UUID) -> ResponseReturnValue:
    """The SCI-211 with every resource of the COE, to be signed."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_VER)
    phones = permits(current_cuenta(), Permiso.COE_ESCRIBIR, coe)
    answers = recursos_queries.sheet_of(coe, phones) | {"lugar_registro": place_name(coe)}
    content = sheet_pdf(coe, formato_of(recursos.SCI_211), answers)
    return download(content, PDF, f"sci-211-{str(coe.id)[-6:]}.pdf", inline=True)
