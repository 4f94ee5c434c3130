"""Pages of card lots: made before any family is known, printed again the same, and what became of each card."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits, visible
from albergues_app.albergues.models import Albergue
from albergues_app.albergues.reserve import is_hidden
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.instance import is_training
from albergues_app.core.typed import Typed
from albergues_app.formats.outputs.cards import Tarjetas
from albergues_app.ocupacion.card_views import send_cards
from albergues_app.ocupacion.cards import codes_of_families
from albergues_app.ocupacion.desk import parse_id
from albergues_app.tarjetas import queries
from albergues_app.tarjetas.models import NOMBRE_TARJETA, EstadoTarjeta, LoteTarjetas
from albergues_app.tarjetas.services import MAX_TARJETAS, build_lote, create_lote, mark_tarjetas
from albergues_app.territorio.catalogo import catalogo
from albergues_app.web.pliego_views import read_spans

bp = Blueprint("tarjetas", __name__, url_prefix="/tarjetas")

_BY_HAND = (EstadoTarjeta.ANULADA, EstadoTarjeta.PERDIDA, EstadoTarjeta.LIBRE)
SITES_SHOWN = 4000


@bp.get("")
@requires(Permiso.INGRESO_REGISTRAR)
def lista() -> ResponseReturnValue:
    """The lots of the account's territory; of one shelter or municipality when the address says so."""
    site = _asked_site()
    rows = queries.list_lotes(
        current_cuenta(), site.id if site else None, request.args.get("municipio", "")[:4] if not site else ""
    )
    return render_template(
        "tarjetas/lista.html", lotes=rows, cuentas=queries.counts(rows), sitio=site, nombres=_names(rows)
    )


def _asked_site() -> Albergue | None:
    key = parse_id(request.values.get("albergue"))
    return get_visible_or_404(Albergue, key, Permiso.INGRESO_REGISTRAR) if key else None


def _names(rows: list[LoteTarjetas]) -> dict[UUID, str]:
    """Where the cards of each lot go."""
    return {row.id: _name_of(row) for row in rows}


def _name_of(row: LoteTarjetas) -> str:
    site = db.session.get(Albergue, row.albergue_id) if row.albergue_id else None
    place = catalogo().lugar_texto(row.municipio_codigo)
    return f"{site.nombre} · {place}" if site else f"Municipio de {place}"


@bp.route("/nuevo", methods=["GET", "POST"])
@requires(Permiso.INGRESO_REGISTRAR)
def nuevo() -> ResponseReturnValue:
    """Reserve the codes of a lot; nothing else has to exist yet."""
    envio = empty_form()
    if request.method == "POST":
        envio = send("web.tarjetas.nuevo", _one)
        if envio.body is not None:
            flash(
                "Lote hecho: los códigos quedan apartados. Si lo imprime otra vez salen las mismas.", "bien"
            )
            return redirect(url_for(".ver", lote_tarjetas_id=envio.body["id"]), 303)
    site = _asked_site()
    page = render_template(
        "tarjetas/nuevo.html",
        envio=envio,
        lugares=_places(),
        lugar=f"albergue:{site.id}" if site else "",
        maximo=MAX_TARJETAS,
    )
    return page, envio.status


def _places() -> list[tuple[str, list[tuple[str, str]]]]:
    """Where cards can go: sites and municipalities of the account."""
    cuenta, known = current_cuenta(), catalogo()
    stmt = visible(
        select(Albergue).order_by(Albergue.nombre, Albergue.id), cuenta, Permiso.INGRESO_REGISTRAR, Albergue
    )
    sites = [s for s in db.session.scalars(stmt.limit(SITES_SHOWN)) if not is_hidden(cuenta, s)]
    return [
        ("Albergues", [(f"albergue:{s.id}", f"{s.nombre} · {s.codigo}") for s in sites]),
        (
            "Municipios",
            [
                (f"municipio:{c}", known.lugar_texto(c))
                for c in known.municipios
                if cuenta.covers_municipio(c)
            ],
        ),
    ]


def _one(typed: Typed) -> Any:
    lugar = typed.get("lugar")
    if not lugar:
        typed.fault("falta_lugar", "Elija para qué albergue o municipio son las tarjetas.", "lugar")
    raw = typed.get("cantidad").strip()
    if not (raw.isdecimal() and raw.isascii() and len(raw) < 7 and 1 <= int(raw) <= MAX_TARJETAS):
        typed.fault("cantidad", f"Escriba cuántas tarjetas: de 1 a {MAX_TARJETAS}.", "cantidad")
    return lambda: _write(typed.op_id, lugar, int(raw))


def _write(lote_id: UUID, lugar: str, cantidad: int) -> dict[str, Any]:
    kind, _, key = lugar.partition(":")
    site = db.session.get(Albergue, parse_id(key)) if kind == "albergue" and parse_id(key) else None
    municipio = site.municipio_codigo if site else key
    if site is None and (kind != "municipio" or municipio not in catalogo().municipios):
        raise NotFound()
    row = build_lote(lote_id, cantidad, municipio, site.id if site else None, site.codigo if site else None)
    if not permits(current_cuenta(), Permiso.INGRESO_REGISTRAR, row):
        raise NotFound()
    return create_lote(row, codes_of_families)


@bp.get("/<uuid:lote_tarjetas_id>")
@requires(Permiso.INGRESO_REGISTRAR)
def ver(lote_tarjetas_id: UUID) -> ResponseReturnValue:
    """One lot: which cards wait, which were handed out, which no longer count and why."""
    return _page(get_visible_or_404(LoteTarjetas, lote_tarjetas_id, Permiso.INGRESO_REGISTRAR), empty_form())


def _page(lote: LoteTarjetas, envio: Envio) -> tuple[str, int]:
    page = render_template(
        "tarjetas/ver.html",
        lote=lote,
        lugar=_name_of(lote),
        tarjetas=queries.cards_of(lote),
        cuentas=queries.counts([lote])[lote.id],
        NOMBRE_TARJETA=NOMBRE_TARJETA,
        por_mano=[(e.value, NOMBRE_TARJETA[e]) for e in _BY_HAND],
        envio=envio,
    )
    return page, envio.status


@bp.post("/<uuid:lote_tarjetas_id>/estado")
@requires(Permiso.INGRESO_REGISTRAR)
def marcar(lote_tarjetas_id: UUID) -> ResponseReturnValue:
    """Say that cards nobody has were annulled or lost, or came back, and why."""
    get_visible_or_404(LoteTarjetas, lote_tarjetas_id, Permiso.INGRESO_REGISTRAR)

    def work(typed: Typed) -> Any:
        numeros = read_spans(typed.get("numeros"))
        if not numeros:
            typed.fault("numeros", "Escriba los números de las tarjetas, por ejemplo 3, 8-12.", "numeros")
        estado = typed.choice("estado", [e.value for e in _BY_HAND], "Elija qué pasó con ellas.")
        motivo = typed.text("motivo", "Escriba qué pasó con esas tarjetas.", limit=300)
        return lambda: mark_tarjetas(
            db.session.get_one(LoteTarjetas, lote_tarjetas_id), numeros, estado, motivo
        )

    envio = send("web.tarjetas.marcar", work, lote=lote_tarjetas_id)
    if envio.body is not None:
        flash("Anotado.", "bien")
        return redirect(url_for(".ver", lote_tarjetas_id=lote_tarjetas_id), 303)
    return _page(get_visible_or_404(LoteTarjetas, lote_tarjetas_id, Permiso.INGRESO_REGISTRAR), envio)


@bp.get("/<uuid:lote_tarjetas_id>/tarjetas.pdf")
@requires(Permiso.INGRESO_REGISTRAR)
def tarjetas_pdf(lote_tarjetas_id: UUID) -> ResponseReturnValue:
    """The cards of a lot that still count; ``?numeros=3,8-12`` prints those alone."""
    lote = get_visible_or_404(LoteTarjetas, lote_tarjetas_id, Permiso.INGRESO_REGISTRAR)
    wanted = set(read_spans(request.args.get("numeros", "")))
    void = (EstadoTarjeta.ANULADA, EstadoTarjeta.PERDIDA)
    cards = [
        card
        for card in queries.cards_of(lote)
        if card.estado not in void and (not wanted or card.numero in wanted)
    ]
    if not cards:
        raise NotFound()
    site = db.session.get(Albergue, lote.albergue_id) if lote.albergue_id else None
    if site is not None:
        lugar = "" if site.ubicacion_reservada else site.nombre
    else:
        lugar = catalogo().lugar_texto(lote.municipio_codigo)
    sheet = Tarjetas(
        codigos=[(card.codigo, f"Lote {lote.lote} · {card.numero:03d}") for card in cards],
        lugar=lugar,
        capacitacion=is_training(),
    )
    return send_cards(sheet, f"tarjetas_{lote.lote}.pdf")
