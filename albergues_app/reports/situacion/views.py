"""Pages of the bulletins: the list, a new one, one being made or issued. Also ``views_*``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import defer

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires, visible_select
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.consolidados.asking import asked_emergencia, emergencias
from albergues_app.consolidados.scope import Ambito, Pregunta, own_ambitos, recent_cuts
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.emergencias.scope import municipios_of
from albergues_app.reports.situacion import layout, queries, services, snapshot, writing
from albergues_app.reports.situacion.annexes import annexes
from albergues_app.reports.situacion.blueprint import bp
from albergues_app.reports.situacion.message import message_of
from albergues_app.reports.situacion.models import (
    CONCEPTOS,
    MOVES,
    Boletin,
    BoletinSellado,
    EstadoBoletin,
)

SHOWN = 100
FILES = (("boletines.libro_xlsx", "Excel"), ("boletines.copia_docx", "Word"))
"""Other shapes of a bulletin."""
ON_SCREEN = 60
"""Rows of an annex on the page; all of them are in the files."""


@bp.get("")
@requires(Permiso.BOLETIN_VER)
def lista() -> ResponseReturnValue:
    """What is being made, and what was issued, of one emergency."""
    emergencia = asked_emergencia()
    if emergencia is None:
        return render_template("boletines/lista.html", emergencia=None, emergencias=[])
    making = list(
        db.session.scalars(
            visible_select(Boletin, Permiso.BOLETIN_VER)
            .options(defer(Boletin.cifras), defer(Boletin.textos))
            .where(
                Boletin.emergencia_id == emergencia.id,
                Boletin.estado.in_(
                    (EstadoBoletin.BORRADOR, EstadoBoletin.REVISADO, EstadoBoletin.AUTORIZADO)
                ),
            )
            .order_by(Boletin.corte.desc(), Boletin.creado_en.desc())
        )
    )
    issued = list(
        db.session.scalars(
            visible_select(BoletinSellado, Permiso.BOLETIN_VER)
            .options(defer(BoletinSellado.datos), defer(BoletinSellado.pdf))
            .where(BoletinSellado.emergencia_id == emergencia.id)
            .order_by(BoletinSellado.sellado_en.desc(), BoletinSellado.numero.desc())
            .limit(SHOWN)
        )
    )
    corrected = {row.corrige_id: row.numero for row in issued if row.corrige_id}
    return render_template(
        "boletines/lista.html",
        emergencia=emergencia,
        emergencias=emergencias(),
        haciendose=[(row, Ambito(row.ambito).nombre) for row in making],
        emitidos=[(row, Ambito(row.ambito).nombre, corrected.get(row.id)) for row in issued],
        escribe=bool(_places()),
    )


def _places() -> list[Ambito]:
    """Where this account writes bulletins, the widest first: a sede also for a municipality of its own."""
    cuenta = current_cuenta()
    places = [*own_ambitos(cuenta), *(Ambito(m.codigo) for m in municipios_of(cuenta))]
    found = {p.codigo: p for p in places if permits(cuenta, Permiso.BOLETIN_ESCRIBIR, p)}
    return list(found.values())


@bp.route("/nuevo", methods=["GET", "POST"])
@requires(Permiso.BOLETIN_ESCRIBIR)
def nuevo() -> ResponseReturnValue:
    """Choose emergency, place and cut-off; the system freezes the figures and drafts the rest."""
    places = [(p.codigo, p.nombre) for p in _places()]
    rows = [(str(e.id), e.nombre) for e in emergencias()]
    cuts = recent_cuts(clock.now())
    envio = empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            emergencia = typed.choice("emergencia", dict(rows), "Elija la emergencia.")
            place = typed.choice("ambito", dict(places), "Elija de dónde es el boletín.")
            corte = typed.instant("corte", "Escriba la hora de corte.")
            typed.check()
            assert corte is not None
            key = typed.op_id

            def run() -> dict[str, Any]:
                asked = Pregunta(UUID(emergencia), Ambito(place), corte, clock.now())
                return {"id": str(services.create_boletin(key, asked).id)}

            return run

        envio = send("web.boletin", work)
        if envio.body:
            flash("Las cifras quedaron congeladas a esa hora. Escriba lo que el sistema no sabe.", "bien")
            return redirect(url_for(".ver", boletin_id=envio.body["id"]), 303)
    page = render_template(
        "boletines/nuevo.html",
        envio=envio,
        lugares=places,
        emergencias=rows,
        elegida=request.args.get("emergencia", rows[0][0] if rows else ""),
        corte_texto=wall_clock(cuts[0]),
    )
    return page, envio.status


def visible_boletin(boletin_id: UUID, permiso: Permiso = Permiso.BOLETIN_VER) -> Boletin:
    return get_visible_or_404(Boletin, boletin_id, permiso)


@bp.get("/<uuid:boletin_id>")
@requires(Permiso.BOLETIN_VER)
def ver(boletin_id: UUID) -> ResponseReturnValue:
    """A bulletin: its form while it is a draft, who signs next, its sheet once it was issued."""
    return page_of(visible_boletin(boletin_id), empty_form())


def datos_of(row: Boletin) -> tuple[dict[str, Any], str]:
    """The data of a bulletin and their hash; of one not issued, as they stand now, and ""."""
    sealed = queries.sealed_of(row.id)
    if sealed is not None:
        return json.loads(sealed.datos), sealed.huella
    corrected = db.session.get(BoletinSellado, row.corrige_id) if row.corrige_id else None
    return snapshot.draft(row, services.correction(row, corrected), services.signatures(row)), ""


def page_of(row: Boletin, envio: Envio, accion: str = "") -> ResponseReturnValue:
    """The page of a bulletin, for whoever looks. ``accion``: which of its forms came back with ``envio``."""
    cuenta, sealed = current_cuenta(), queries.sealed_of(row.id)
    datos, huella = datos_of(row)
    frozen, textos = json.loads(row.cifras), json.loads(row.textos)
    state, corrected_by = EstadoBoletin(row.estado), queries.correction_of(sealed) if sealed else None
    writes = permits(cuenta, Permiso.BOLETIN_ESCRIBIR, row)
    signs = permits(cuenta, Permiso.BOLETIN_FIRMAR, row)
    page = render_template(
        "boletines/ver.html",
        fila=row,
        b=datos,
        p=layout.first_page(datos),
        anexos=annexes(datos),
        sellado=sealed,
        huella=huella,
        corregido_por=corrected_by,
        estado_=state,
        pasos=queries.moves_of(row),
        siguientes=MOVES[state],
        E=EstadoBoletin,
        visto=snapshot.content_hash(row) if sealed is None else "",
        textos=textos,
        ajeno=any(e.codigo == "cambio_mientras_escribia" for e in envio.errores),
        campos=writing.TEXTOS,
        conceptos=CONCEPTOS,
        sumas=frozen["sumas"],
        propuestas=frozen["propuestas"],
        revisar=_checks(datos),
        texto=message_of(datos, huella),
        archivos=FILES,
        ANEXO_EN_PANTALLA=ON_SCREEN,
        escribe=writes and state == EstadoBoletin.BORRADOR,
        firma=signs,
        mio=cuenta.id in queries.redactores(row),
        puede_escribir=writes,
        corte_texto=wall_clock(row.corte),
        hora_de=_wall,
        envio=envio,
        accion=accion,
        vacio=empty_form,
    )
    return page, envio.status


def _wall(iso: str) -> str:
    from datetime import datetime

    return wall_clock(datetime.fromisoformat(iso))


def _checks(datos: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What to look at before issuing: level, what, detail."""
    body = snapshot.body_of(datos)
    found = [
        ("bien", "Las sumas cuadran", f"{body.total.albergues:,} albergues")
        if body.cuadre.residuo == 0
        else ("critico", "Las sumas no cuadran", f"Residuo de {body.cuadre.residuo:,}")
    ]
    if datos["corrige"] and not datos["corrige"]["celdas"]:
        found.append(("critico", "La corrección no cambia nada", "Sin un cambio no se podrá emitir"))
    if body.total.sin_reporte:
        names = ", ".join(r.nombre for r in body.callan[:4])
        found.append(("critico", f"{body.total.sin_reporte:,} sin reporte en el corte", names))
    if body.total.capacidad_sin_dato:
        found.append(
            ("aviso", f"{body.total.capacidad_sin_dato:,} sin dato de capacidad", "No entran en «Lugares»")
        )
    if datos["difiere"]:
        found.append(
            (
                "aviso",
                f"{len(datos['difiere']):,} cifras difieren de otros boletines",
                "Se dicen las dos, en los anexos",
            )
        )
    if not datos["textos"]["situacion"]:
        found.append(("aviso", "Falta describir la situación", "Lo que usted agrega"))
    if not datos["textos"]["proximos"]:
        found.append(("aviso", "Faltan los próximos pasos", "Lo que usted agrega"))
    return found


def act(
    boletin_id: UUID,
    permiso: Permiso,
    clase: str,
    read: Callable[[Typed, Boletin], Callable[[], dict[str, Any]]],
    said: str,
) -> ResponseReturnValue:
    """Read a form of the page and write it once; a refusal brings the page back with what was typed."""
    row = visible_boletin(boletin_id, permiso)
    envio = send(f"web.boletin.{clase}", lambda typed: read(typed, row), boletin=boletin_id)
    if envio.body:
        flash(said, "bien")
        return redirect(url_for(".ver", boletin_id=envio.body.get("id", boletin_id)), 303)
    db.session.rollback()
    return page_of(visible_boletin(boletin_id), envio, clase)


@bp.post("/<uuid:boletin_id>")
@requires(Permiso.BOLETIN_ESCRIBIR)
def escribir(boletin_id: UUID) -> ResponseReturnValue:
    """Keep what the person writes."""

    def read(typed: Typed, row: Boletin) -> Callable[[], dict[str, Any]]:
        textos = writing.read(typed, row.corte, json.loads(row.cifras)["propuestas"])
        over = typed.get("visto") if typed.has("visto") else None
        return lambda: {"id": str(services.write_boletin(boletin_id, textos, over).id)}

    return act(boletin_id, Permiso.BOLETIN_ESCRIBIR, "escribir", read, "Borrador guardado.")


@bp.post("/<uuid:boletin_id>/cifras")
@requires(Permiso.BOLETIN_ESCRIBIR)
def actualizar(boletin_id: UUID) -> ResponseReturnValue:
    """Freeze the figures of the same cut-off again, with what is known now."""

    def read(_typed: Typed, _row: Boletin) -> Callable[[], dict[str, Any]]:
        return lambda: {"id": str(services.refresh_boletin(boletin_id).id)}

    return act(
        boletin_id,
        Permiso.BOLETIN_ESCRIBIR,
        "cifras",
        read,
        "Cifras del mismo corte, con lo que ahora se sabe.",
    )


def _move(boletin_id: UUID, permiso: Permiso, to: EstadoBoletin, said: str) -> ResponseReturnValue:
    def read(typed: Typed, _row: Boletin) -> Callable[[], dict[str, Any]]:
        seen, motivo = typed.get("visto"), typed.text("motivo", limit=500)
        return lambda: {"id": str(services.move_boletin(boletin_id, to, seen, motivo).id)}

    return act(boletin_id, permiso, f"a_{to}", read, said)


@bp.post("/<uuid:boletin_id>/revisar")
@requires(Permiso.BOLETIN_FIRMAR)
def revisar(boletin_id: UUID) -> ResponseReturnValue:
    """A second person read it."""
    return _move(
        boletin_id,
        Permiso.BOLETIN_FIRMAR,
        EstadoBoletin.REVISADO,
        "Quedó revisado. Falta que otra persona lo autorice.",
    )


@bp.post("/<uuid:boletin_id>/autorizar")
@requires(Permiso.BOLETIN_FIRMAR)
def autorizar(boletin_id: UUID) -> ResponseReturnValue:
    """A third person answers for it."""
    return _move(
        boletin_id, Permiso.BOLETIN_FIRMAR, EstadoBoletin.AUTORIZADO, "Quedó autorizado. Ya puede emitirse."
    )


@bp.post("/<uuid:boletin_id>/devolver")
@requires(Permiso.BOLETIN_FIRMAR)
def devolver(boletin_id: UUID) -> ResponseReturnValue:
    """Back to draft, with the reason."""
    return _move(boletin_id, Permiso.BOLETIN_FIRMAR, EstadoBoletin.BORRADOR, "Volvió a borrador.")


@bp.post("/<uuid:boletin_id>/descartar")
@requires(Permiso.BOLETIN_ESCRIBIR)
def descartar(boletin_id: UUID) -> ResponseReturnValue:
    """It will not be issued; it stays readable and takes no number."""
    return _move(
        boletin_id, Permiso.BOLETIN_ESCRIBIR, EstadoBoletin.DESCARTADO, "Quedó descartado. No gastó número."
    )


@bp.post("/<uuid:boletin_id>/emitir")
@requires(Permiso.BOLETIN_ESCRIBIR)
def emitir(boletin_id: UUID) -> ResponseReturnValue:
    """Number and seal it."""
    address = url_for(".verificar", _external=True) + "/"

    def read(typed: Typed, _row: Boletin) -> Callable[[], dict[str, Any]]:
        seen = typed.get("visto")

        def run() -> dict[str, Any]:
            sealed, avisos = services.seal_boletin(boletin_id, seen, address)
            return {"id": str(boletin_id), "numero": sealed.numero, "avisos": [a.as_dict() for a in avisos]}

        return run

    return act(
        boletin_id, Permiso.BOLETIN_ESCRIBIR, "emitir", read, "Boletín emitido: ya tiene número y sello."
    )


@bp.post("/<uuid:boletin_id>/corregir")
@requires(Permiso.BOLETIN_ESCRIBIR)
def corregir(boletin_id: UUID) -> ResponseReturnValue:
    """Begin the bulletin that corrects this one."""

    def read(typed: Typed, row: Boletin) -> Callable[[], dict[str, Any]]:
        motivo, key, row_id = (
            typed.text("motivo", "Escriba qué estaba mal y por qué se corrige.", 500),
            typed.op_id,
            row.id,
        )

        def run() -> dict[str, Any]:
            sealed = queries.sealed_of(row_id)
            if sealed is None:
                raise NotFound()
            return {"id": str(services.correct_boletin(key, sealed, motivo).id)}

        return run

    return act(
        boletin_id, Permiso.BOLETIN_ESCRIBIR, "corregir", read,
        "Esta es la corrección, en borrador: las cifras son las del mismo corte, con lo que ahora se sabe.",
    )  # fmt: skip


from albergues_app.reports.situacion import views_archivos, views_publicas  # noqa: E402, F401 - on the same blueprint
