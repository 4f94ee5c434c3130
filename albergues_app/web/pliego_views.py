"""Pages of pre-numbered paper: make it, print it again, see which sheets are missing, say what became of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, area_may, permits
from albergues_app.albergues.models import Albergue
from albergues_app.capturas import shelf
from albergues_app.capturas.places import Lugar, paper_place
from albergues_app.core.db import db
from albergues_app.core.downloads import PDF, download
from albergues_app.core.errors import Invalid, NotFound
from albergues_app.core.instance import is_training
from albergues_app.core.turns import turn
from albergues_app.core.typed import Typed
from albergues_app.emergencias.models import Emergencia
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato
from albergues_app.formats.outputs.pdf import Encabezado, PdfJob, read_papel, render_many, render_pdf
from albergues_app.formats.outputs.poster import Cartel, render_poster
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.pliegos import queries
from albergues_app.pliegos.models import NOMBRE_FOLIO, EstadoFolio, Pliego
from albergues_app.pliegos.services import MAX_FOLIOS, Donde, build_pliego, create_pliego, mark_folios, spans
from albergues_app.territorio.catalogo import catalogo
from albergues_app.web import format_kit as kits

bp = Blueprint("pliegos", __name__, url_prefix="/pliegos")

BUSY = "Ahora mismo se preparan otros PDF. Espere un minuto y vuelva a pedirlo."
_PLACES = ("activacion", "albergue", "municipio", "departamento")
_BY_HAND = (EstadoFolio.ANULADO, EstadoFolio.EXTRAVIADO, EstadoFolio.SIN_USAR)


def _mine(formato: Formato) -> bool:
    """A format of a profession is absent for the others."""
    return area_may(current_cuenta().rol, Permiso.REGISTRO_EDITAR, formato.area)


def _given() -> dict[str, str]:
    """The place that the address or the form names; ``lugar`` is one of them in one field."""
    given = {name: request.values.get(name, "") for name in _PLACES}
    kind, _, key = request.values.get("lugar", "").partition(":")
    if key and kind in _PLACES:
        given = dict.fromkeys(_PLACES, "") | {kind: key}
    return given


@bp.get("")
@requires(Permiso.REGISTRO_VER)
def lista() -> ResponseReturnValue:
    """The pliegos of the account's territory; of one shelter, its page of formats."""
    cuenta, given = current_cuenta(), _given()
    lugar = paper_place(given) if any(given.values()) else None
    rows = queries.list_pliegos(
        cuenta,
        activacion=lugar.activacion_id if lugar else None,
        municipio=(lugar.municipio or "") if lugar and lugar.activacion_id is None else "",
        formato=request.args.get("formato", "")[:40],
        kit=parse_id(request.args.get("kit")),
    )
    return render_template(
        "pliegos/lista.html",
        pliegos=rows,
        cuentas=queries.counts(rows),
        lugar=lugar,
        kit=parse_id(request.args.get("kit")),
        titulos={f.code: f.title for f in formatos.editions()},
    )


@bp.route("/nuevo", methods=["GET", "POST"])
@requires(Permiso.REGISTRO_EDITAR)
def nuevo() -> ResponseReturnValue:
    """Number blanks of one format for one place."""
    envio = empty_form()
    if request.method == "POST":
        envio = send("web.pliego.nuevo", _one)
        if envio.body is not None:
            flash("Pliego hecho. Imprímalo; si lo imprime otra vez sale con los mismos folios.", "bien")
            return redirect(url_for(".ver", pliego_id=envio.body["id"]), 303)
    return _form(envio), envio.status


def _form(envio: Envio) -> str:
    codigo = request.args.get("formato", "")
    return render_template(
        "pliegos/nuevo.html",
        envio=envio,
        lugares=_places(),
        lugar=_default_place(),
        formatos=[(f.code, f.title) for f in formatos.all() if _mine(f)],
        formato=codigo,
        maximo=MAX_FOLIOS,
    )


def _default_place() -> str:
    return next((f"{kind}:{key}" for kind, key in _given().items() if key), "")


def _places() -> list[tuple[str, list[tuple[str, str]]]]:
    """Where paper can go, by kind: open shelters, municipalities and departments of the account."""
    cuenta, known = current_cuenta(), catalogo()
    return [
        ("Albergues abiertos", [(f"activacion:{key}", name) for key, name in shelf.open_places(cuenta)]),
        (
            "Municipalidades",
            [
                (f"municipio:{c}", known.lugar_texto(c))
                for c in known.municipios
                if cuenta.covers_municipio(c)
            ],
        ),
        (
            "Sedes departamentales",
            [
                (f"departamento:{d.codigo}", d.nombre)
                for d in known.departamentos.values()
                if cuenta.works_in_departamento(d.codigo)
            ],
        ),
    ]


def _place_of(typed: Typed) -> Donde | None:
    try:
        return _donde(paper_place(_given()))
    except Invalid:
        typed.fault("falta_lugar", "Elija para qué albergue, municipalidad o sede son las hojas.", "lugar")
        return None


def _donde(lugar: Lugar) -> Donde:
    return Donde(
        departamento=lugar.departamento,
        municipio=lugar.municipio,
        albergue_codigo=lugar.albergue_codigo,
        albergue_id=lugar.albergue_id,
        activacion_id=lugar.activacion_id,
        emergencia_id=lugar.emergencia_id,
    )


def _one(typed: Typed) -> Any:
    known = {f.code: f for f in formatos.all() if _mine(f)}
    codigo = typed.choice("formato", list(known), "Elija el formato.")
    donde = _place_of(typed)
    cantidad = _quantity(typed, "cantidad")
    papel = read_papel(typed.get("papel"))
    return lambda: _write(typed.op_id, known[codigo], donde, cantidad, papel)


def _quantity(typed: Typed, name: str) -> int:
    raw = typed.get(name).strip()
    if not (raw.isdecimal() and raw.isascii() and len(raw) < 7 and 1 <= int(raw) <= MAX_FOLIOS):
        typed.fault("cantidad", f"Escriba cuántas hojas: de 1 a {MAX_FOLIOS}.", name)
        return 0
    return int(raw)


def _write(
    pliego_id: UUID, formato: Formato, donde: Donde | None, cantidad: int, papel: str, kit: UUID | None = None
) -> dict[str, Any]:
    assert donde is not None
    row = build_pliego(pliego_id, formato, donde, cantidad, papel, kit)
    if not permits(current_cuenta(), Permiso.REGISTRO_EDITAR, row):
        raise NotFound()
    return create_pliego(row)


@bp.route("/kit", methods=["GET", "POST"])
@requires(Permiso.REGISTRO_EDITAR)
def kit() -> ResponseReturnValue:
    """The kit of a shelter with numbers: one pliego for each format that is chosen."""
    envio, chosen = empty_form(), kits.read(request.values)
    if request.method == "POST":
        envio = send("web.pliego.kit", _many)
        if envio.body is not None:
            flash("Kit numerado. Si lo imprime otra vez sale con los mismos folios.", "bien")
            return redirect(url_for(".lista", kit=envio.body["id"]), 303)
    groups = [(name, [r for r in rows if _mine(r.formato)]) for name, rows in kits.groups(chosen)]
    page = render_template(
        "pliegos/kit.html",
        envio=envio,
        kit=chosen,
        grupos=groups,
        lugares=_places(),
        lugar=_default_place(),
        limite=kits.MAX_PAGES,
    )
    return page, envio.status


def _many(typed: Typed) -> Any:
    donde = _place_of(typed)
    chosen = kits.read(request.form)
    try:
        chosen.check()
    except Invalid as refused:
        for fault in refused.errores:
            typed.fault(fault.codigo, fault.mensaje, fault.campo)
    rows = [r for r in chosen.renglones if r.copias and _mine(r.formato)]
    for row in rows:
        if row.copias > MAX_FOLIOS:
            typed.fault(
                "cantidad",
                f"{row.formato.title}: con folio caben {MAX_FOLIOS} copias.",
                f"n-{row.formato.code}",
            )
    kit_id = typed.op_id

    def work() -> dict[str, Any]:
        for row in rows:
            _write(uuid5(kit_id, row.formato.code), row.formato, donde, row.copias, chosen.papel, kit_id)
        return {"id": str(kit_id), "pliegos": len(rows), "avisos": []}

    return work


@bp.get("/<uuid:pliego_id>")
@requires(Permiso.REGISTRO_VER)
def ver(pliego_id: UUID) -> ResponseReturnValue:
    """One pliego: which sheets were used, by what, and which are missing."""
    return _page(get_visible_or_404(Pliego, pliego_id, Permiso.REGISTRO_VER), empty_form())


def _page(pliego: Pliego, envio: Envio) -> tuple[str, int]:
    folios = queries.folios_of(pliego)
    page = render_template(
        "pliegos/ver.html",
        pliego=pliego,
        formato=formatos.get(pliego.formato, pliego.edicion),
        folios=folios,
        faltantes=queries.missing(folios),
        saltados_texto=spans(list(queries.missing(folios).saltados)),
        cuentas=queries.counts([pliego])[pliego.id],
        lugar=_name_of(pliego),
        edita=permits(current_cuenta(), Permiso.REGISTRO_EDITAR, pliego),
        NOMBRE_FOLIO=NOMBRE_FOLIO,
        por_mano=[(e.value, NOMBRE_FOLIO[e]) for e in _BY_HAND],
        envio=envio,
    )
    return page, envio.status


@bp.post("/<uuid:pliego_id>/folios")
@requires(Permiso.REGISTRO_EDITAR)
def marcar(pliego_id: UUID) -> ResponseReturnValue:
    """Say that sheets were annulled or lost, or came back, and why."""
    get_visible_or_404(Pliego, pliego_id, Permiso.REGISTRO_EDITAR)

    def work(typed: Typed) -> Any:
        numeros = read_spans(typed.get("folios"))
        if not numeros:
            typed.fault("folios", "Escriba los números de las hojas, por ejemplo 3, 8-12.", "folios")
        estado = typed.choice("estado", [e.value for e in _BY_HAND], "Elija qué pasó con ellas.")
        motivo = typed.text("motivo", "Escriba qué pasó con esas hojas.", limit=300)
        return lambda: mark_folios(db.session.get_one(Pliego, pliego_id), numeros, estado, motivo)

    envio = send("web.pliego.marcar", work, pliego=pliego_id)
    if envio.body is not None:
        flash("Anotado.", "bien")
        return redirect(url_for(".ver", pliego_id=pliego_id), 303)
    return _page(get_visible_or_404(Pliego, pliego_id, Permiso.REGISTRO_EDITAR), envio)


def read_spans(text: str) -> list[int]:
    """«3, 8-12» as numbers; empty where a part of it cannot be read."""
    found: list[int] = []
    for part in filter(None, re.split(r"[,;\s]+", re.sub(r"\s*[-–—]\s*", "-", text.strip()[:400]))):
        match = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", part)
        if match is None:
            return []
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last:
            return []
        found += range(first, last + 1)
    return found


@bp.get("/<uuid:pliego_id>/hojas.pdf")
@requires(Permiso.REGISTRO_VER)
def hojas_pdf(pliego_id: UUID) -> ResponseReturnValue:
    """The numbered blanks, always with the same folios; ``?folios=3,8-12`` prints those alone."""
    pliego = get_visible_or_404(Pliego, pliego_id, Permiso.REGISTRO_VER)
    wanted = set(read_spans(request.args.get("folios", "")))
    return _print([pliego], wanted, f"{pliego.formato}_{pliego.lote}.pdf")


@bp.get("/kit.pdf")
@requires(Permiso.REGISTRO_VER)
def kit_pdf() -> ResponseReturnValue:
    """Every pliego of a kit in one PDF. Without a kit of the account's there is nothing to print."""
    key = parse_id(request.args.get("kit"))
    rows = queries.list_pliegos(current_cuenta(), kit=key) if key else []
    if not rows:
        return redirect(url_for(".lista"), 303)
    order = {f.code: n for n, f in enumerate(formatos.all())}
    rows.sort(key=lambda p: order.get(p.formato, 0))
    return _print(rows, set(), "kit_con_folio.pdf")


def _print(pliegos: list[Pliego], wanted: set[int], name: str) -> ResponseReturnValue:
    jobs = [job for pliego in pliegos for job in _jobs(pliego, wanted)]
    if not jobs:
        raise NotFound()
    if len(jobs) == 1:
        return download(render_pdf(jobs[0], format_catalogos()), PDF, name, inline=True)
    with turn("pliego", BUSY):
        return download(render_many(jobs, format_catalogos()), PDF, name, inline=True)


def _jobs(pliego: Pliego, wanted: set[int]) -> list[PdfJob]:
    formato, place = formatos.get(pliego.formato, pliego.edicion), _heading(pliego)
    papel = read_papel(pliego.papel)
    return [
        PdfJob(
            formato=formato,
            encabezado=replace(place, folio_papel=folio.codigo),
            papel=papel,
            gate=formato.at_gate,
            capacitacion=is_training(),
        )
        for folio in queries.folios_of(pliego)
        if not wanted or folio.numero in wanted
    ]


def _heading(pliego: Pliego) -> Encabezado:
    """What the sheets say of their place before anybody writes."""
    known, site = catalogo(), _site(pliego)
    event = db.session.get(Emergencia, pliego.emergencia_id) if pliego.emergencia_id else None
    return Encabezado(
        evento=event.nombre if event else "",
        albergue=site.nombre if site else "",
        albergue_codigo=pliego.albergue_codigo or "",
        departamento=known.departamento_nombre(pliego.departamento_codigo),
        municipio=known.municipio_nombre(pliego.municipio_codigo) if pliego.municipio_codigo else "",
    )


def _site(pliego: Pliego) -> Albergue | None:
    return db.session.get(Albergue, pliego.albergue_id) if pliego.albergue_id else None


def _name_of(pliego: Pliego) -> str:
    site, known = _site(pliego), catalogo()
    if site is not None:
        return f"{site.nombre} · {known.lugar_texto(site.municipio_codigo)}"
    if pliego.municipio_codigo:
        return f"Municipalidad de {known.lugar_texto(pliego.municipio_codigo)}"
    return f"Sede de {known.departamento_nombre(pliego.departamento_codigo)}"


@bp.get("/cartel.pdf")
@requires(Permiso.REGISTRO_VER)
def cartel() -> ResponseReturnValue:
    """A sheet for the wall of a place: the public shelf, and the formats of the place for whoever has an account."""
    given = _given()
    if not any(given.values()):
        return redirect(url_for("formatos.cartel"), 303)
    lugar = paper_place(given)
    kind, _, key = lugar.clave.partition(":")
    poster = Cartel(
        titulo="Formatos de este albergue" if lugar.albergue_id else "Formatos oficiales de albergues",
        lugar=lugar.nombre,
        detalle=lugar.albergue_codigo or "",
        codigos=(
            (url_for("formatos.estante", _external=True), "Formatos en blanco", "No necesita cuenta."),
            (
                url_for(".lista", _external=True, **{kind: key}),
                "Hojas con folio de aquí",
                "Entre con su cuenta.",
            ),
        ),
        papel=read_papel(request.args.get("papel")),
        capacitacion=is_training(),
    )
    return download(render_poster(poster), PDF, f"cartel_{kind}.pdf", inline=True)
