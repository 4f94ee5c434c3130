"""The list, its summary, the reminders, and making a commitment. What is done with one stands in ``acts_views``."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.page_writing import empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.compromisos import filtro as filtros
from albergues_app.compromisos import recordatorio
from albergues_app.compromisos.blueprint import bp
from albergues_app.compromisos.filtro import Filtro
from albergues_app.compromisos.formulario import read_compromiso
from albergues_app.compromisos.models import ESTADO_NOMBRE, ORIGEN_NOMBRE, PRIORIDAD_NOMBRE
from albergues_app.compromisos.queries import ESCALA_NOMBRE, MOST
from albergues_app.compromisos.semaforo import SEMAFORO_NOMBRE
from albergues_app.compromisos.services import Origen, create_compromiso
from albergues_app.consolidados.scope import PAIS, Ambito
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.typed import Typed
from albergues_app.emergencias.models import Emergencia
from albergues_app.emergencias.queries import emergencias_en_curso
from albergues_app.emergencias.scope import departamentos_of, lugares_of, municipios_of
from albergues_app.entregas.places import own_sedes
from albergues_app.territorio.catalogo import catalogo


@bp.get("")
@requires(Permiso.COMPROMISO_VER)
def lista() -> ResponseReturnValue:
    """All that the account sees, whatever it was made in."""
    return _list(Filtro.read(request.args), "compromisos.lista")


@bp.get("/mios")
@requires(Permiso.COMPROMISO_VER)
def mios() -> ResponseReturnValue:
    """What is in one's own charge."""
    return _list(Filtro.read({**request.args, "quien": "mios"}), "compromisos.mios")


def _list(filtro: Filtro, pagina: str) -> str:
    cuenta, now = current_cuenta(), clock.now()
    return render_template(
        "compromisos/lista.html",
        lista=filtros.list_compromisos(cuenta, filtro, now),
        cuentas=filtros.count_alive(cuenta, filtro, now),
        filtro=filtro,
        pagina=pagina,
        **_options(filtro),
    )


def _options(filtro: Filtro) -> dict[str, Any]:
    """What a filter may be chosen from, and the words of what it says."""
    cuenta = current_cuenta()
    emergencias = {str(e.id): e.nombre for e in emergencias_en_curso(clock.now())}
    if filtro.emergencia and filtro.emergencia not in emergencias:
        past = db.session.get(Emergencia, UUID(filtro.emergencia))
        emergencias |= {filtro.emergencia: past.nombre} if past else {}
    return {
        "emergencias": emergencias,
        "departamentos": [(d.codigo, d.nombre) for d in departamentos_of(cuenta)],
        "municipios": [(m.codigo, m.nombre) for m in municipios_of(cuenta)] if not cuenta.nacional else [],
        "sedes": [(s.codigo, s.nombre) for s in own_sedes(cuenta)],
        "instituciones": filtros.institutions(cuenta),
        "ESTADOS": filtros.ESTADOS,
        "ESTADO_NOMBRE": ESTADO_NOMBRE,
        "ORIGEN_NOMBRE": ORIGEN_NOMBRE,
        "PRIORIDAD_NOMBRE": PRIORIDAD_NOMBRE,
        "SEMAFORO_NOMBRE": SEMAFORO_NOMBRE,
        "ESCALA_NOMBRE": ESCALA_NOMBRE,
        "QUIEN": filtros.QUIEN,
        "ahora_": clock.now(),
    }


@bp.get("/resumen")
@requires(Permiso.COMPROMISO_VER)
def resumen() -> ResponseReturnValue:
    """How many are overdue, soon due, to verify: by sede, municipality, institution or emergency."""
    cuenta, now = current_cuenta(), clock.now()
    por = request.args.get("por", "") if request.args.get("por", "") in filtros.POR else "municipio"
    filtro = Filtro.read(request.args)
    names: dict[UUID, str] = {}
    if por == "emergencia":
        names = {row.id: row.nombre for row in db.session.execute(select(Emergencia.id, Emergencia.nombre))}
    return render_template(
        "compromisos/resumen.html",
        grupos=filtros.summary(cuenta, filtro, por, now, names),
        cuentas=filtros.count_alive(cuenta, filtro, now),
        filtro=filtro,
        por=por,
        POR=filtros.POR,
        ahora_=now,
    )


@bp.get("/recordatorio")
@requires(Permiso.COMPROMISO_VER)
def recordar() -> ResponseReturnValue:
    """What is overdue or soon due, by who is responsible, to print and to copy as text."""
    cuenta, now, asked = current_cuenta(), clock.now(), Filtro.read(request.args)
    found = filtros.list_compromisos(cuenta, asked, now, MOST)
    filas = [f for f in found.filas if f.abierto and (asked.luz or f.semaforo != "verde")]
    title = _scope(asked)
    return render_template(
        "compromisos/recordatorio.html",
        grupos=recordatorio.by_whom(filas),
        texto=recordatorio.reminder_text(filas, title, now),
        filas=filas,
        hay_mas=found.hay_mas,
        filtro=asked,
        alcance=title,
        ahora_=now,
    )


def _scope(filtro: Filtro) -> str:
    """Of what the reminders are, in words."""
    known = catalogo()
    if filtro.quien == "mios":
        return "a cargo de " + current_cuenta().nombre
    if filtro.municipio:
        return known.lugar_texto(filtro.municipio)
    if filtro.sede:
        return known.sedes[filtro.sede].nombre
    if filtro.departamento:
        return known.departamento_nombre(filtro.departamento)
    places = own_sedes(current_cuenta())
    return places[0].nombre if len(places) == 1 else "todos los lugares"


@bp.route("/nuevo", methods=["GET", "POST"])
@requires(Permiso.COMPROMISO_LLEVAR)
def nuevo() -> ResponseReturnValue:
    """Note down what somebody committed to, in a meeting, a referral, or anything without a page of its own."""
    cuenta = current_cuenta()
    lugares = [
        (codigo, nombre)
        for codigo, nombre in lugares_of(cuenta)
        if permits(cuenta, Permiso.COMPROMISO_LLEVAR, place_row(codigo))
    ]
    emergencias = [(str(e.id), e.nombre) for e in emergencias_en_curso(clock.now())]
    envio = empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            lugar = typed.choice("lugar", dict(lugares), "Elija de dónde es el compromiso.")
            clase = typed.choice("origen", TYPED_ORIGINS, "Elija de dónde sale.")
            emergencia = typed.choice("emergencia", dict(emergencias))
            place = place_row(lugar)
            datos = read_compromiso(
                typed, cuenta, Origen(clase or "otro", folio=typed.optional("origen_folio", 160)),
                departamento=place.departamento_codigo, municipio=place.municipio_codigo,
                emergencia_id=UUID(emergencia) if emergencia else None,
            )  # fmt: skip
            typed.check()
            return lambda: created(datos)

        envio = send("web.compromiso", work)
        if envio.body:
            flash(f"Compromiso {envio.body['folio']} anotado.", "bien")
            return redirect(url_for("compromisos.ver", compromiso_id=envio.body["id"]), 303)
    page = render_template(
        "compromisos/nuevo.html",
        envio=envio,
        lugares=lugares,
        emergencias=emergencias,
        origenes=[(codigo, ORIGEN_NOMBRE[codigo]) for codigo in TYPED_ORIGINS],
        prioridades=list(PRIORIDAD_NOMBRE.items()),
    )
    return page, envio.status


TYPED_ORIGINS = ("reunion", "visita", "referencia", "monitoreo", "otro")
"""What may be said by hand; of a log's entry and of a filled format it is made in their own pages."""


def created(datos: Any) -> dict[str, Any]:
    """Make it, as a form's answer."""
    row, avisos = create_compromiso(datos)
    return {"id": str(row.id), "folio": row.folio, "avisos": [a.as_dict() for a in avisos]}


def place_row(codigo: str) -> Any:
    """A place by its code («GT»: the country), as permissions ask for a commitment of nobody's account."""
    place = Ambito(codigo or PAIS)
    return SimpleNamespace(
        departamento_codigo=place.departamento_codigo, municipio_codigo=place.municipio_codigo,
        albergue_codigo=None, cuenta_id=None,
    )  # fmt: skip


from albergues_app.compromisos import acts_views, calendar_views, sheet_views  # noqa: E402

__all__ = ["acts_views", "bp", "calendar_views", "sheet_views"]
