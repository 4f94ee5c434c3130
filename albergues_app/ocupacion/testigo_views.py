"""Differences between witnesses, who is on each, and the balance of movements of a territory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import send
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.typed import Typed
from albergues_app.ocupacion import medidas as measures
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.figures import cuadros
from albergues_app.ocupacion.flujo import ENTRAN, SALEN
from albergues_app.ocupacion.flujo import cuadre as balance
from albergues_app.ocupacion.lengths import lengths_inside, lengths_of_who_left
from albergues_app.ocupacion.services.descuadre import explain_descuadre, take_descuadre
from albergues_app.ocupacion.sums import LEVELS, sums_of
from albergues_app.ocupacion.testigos import NOMBRES, open_differences
from albergues_app.territorio.catalogo import catalogo

SHOWN = 200
NIVELES = {"albergue": "Albergue", "municipio": "Municipio", "departamento": "Departamento"}


@bp.get("/diferencias")
@requires(Permiso.PARTE_VER)
def diferencias() -> ResponseReturnValue:
    """Shelters whose witnesses do not agree, by size and age; the sum of each sede and municipality."""
    departamento = _departamento()
    found, looked = open_differences(current_cuenta(), departamento)
    places: Counter[tuple[str, str]] = Counter()
    for one in found:
        places[one.sede, one.municipio] += 1
    return render_template(
        "ocupacion/diferencias.html",
        filas=found[:SHOWN],
        cuantas=len(found),
        mirados=looked,
        lugares=sorted(places.items(), key=lambda pair: (-pair[1], pair[0])),
        departamento=departamento,
        departamentos=_own_departamentos(),
        momento=clock.now(),
        toma=role_may(current_cuenta().rol, Permiso.PARTE_REGISTRAR),
        NOMBRES=NOMBRES,
    )


@bp.post("/activaciones/<uuid:activacion_id>/diferencia")
@requires(Permiso.PARTE_REGISTRAR)
def diferencia(activacion_id: UUID) -> ResponseReturnValue:
    """Take a difference, or explain it and close it."""
    get_visible_or_404(Activacion, activacion_id, Permiso.PARTE_REGISTRAR)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        accion, nota = typed.get("accion"), typed.optional("nota", 500)
        if accion == "explicar":
            return lambda: explain_descuadre(activacion_id, nota or "")
        return lambda: take_descuadre(activacion_id, nota)

    envio = send("web.diferencia", work, activacion=activacion_id)
    if envio.errores:
        flash(envio.errores[0].mensaje, "error")
    else:
        explained = request.form.get("accion") == "explicar"
        flash(
            "La diferencia quedó explicada." if explained else "Quedó anotado que usted se encarga.", "bien"
        )
    if request.form.get("vuelve") == "lista":
        return redirect(url_for("ocupacion.diferencias"), 303)
    return redirect(url_for("activaciones.ver", activacion_id=activacion_id, _anchor="testigos"), 303)


@bp.get("/cuadre")
@requires(Permiso.OCUPACION_VER)
def cuadre() -> ResponseReturnValue:
    """Before + in - out = now for every shelter, municipality or department; and the three measures."""
    typed = Typed(request.args.to_dict(flat=False))
    cuenta, now = current_cuenta(), clock.now()
    until = typed.instant("hasta")
    since = typed.instant("desde") or (until or now) - timedelta(hours=24)
    if until is not None and until <= since:
        typed.fault("al_reves", "La segunda hora va después de la primera.", "hasta")
    if typed.errores:
        since, until = now - timedelta(hours=24), None
    por = request.args.get("por", "")
    por = por if por in NIVELES else "municipio"
    departamento = _departamento()
    found = balance(cuenta, por, since, until, departamento)
    tables = None if departamento else cuadros(cuenta, LEVELS, until, bandas=True)
    page = render_template(
        "ocupacion/cuadre.html",
        tabla=found,
        por=por,
        NIVELES=NIVELES,
        ENTRAN=ENTRAN,
        SALEN=SALEN,
        medidas=measures.medidas(measures.activations_since_the_start(cuenta, None, departamento), until),
        ocupacion=tables["pais"].total if tables else None,
        sumas=sums_of(tables) if tables else None,
        dentro=lengths_inside(cuenta, until or now, departamento),
        salieron=lengths_of_who_left(cuenta, since, until or now, departamento),
        departamento=departamento,
        departamentos=_own_departamentos(),
        ahora_=until is None,
        pedido={"desde": typed.get("desde"), "hasta": typed.get("hasta")},
        errores=typed.errores,
    )
    return page, 422 if typed.errores else 200


def _departamento() -> str:
    asked = request.args.get("departamento", "")
    return asked if asked in catalogo().departamentos else ""


def _own_departamentos() -> list[Any]:
    """Departments where the account sees something."""
    cuenta, known = current_cuenta(), catalogo()
    mine = {c[:2] for c in known.municipios if cuenta.covers_municipio(c)} | {c[:2] for c in cuenta.albergues}
    return sorted((d for c, d in known.departamentos.items() if c in mine), key=lambda d: d.nombre)
