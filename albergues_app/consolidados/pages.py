"""The two pages of figures, of a cut-off and of a frozen version: what both show, and for whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404
from albergues_app.accounts.page_writing import Envio
from albergues_app.accounts.permissions import Permiso, permits, role_may
from albergues_app.albergues.reserve import looks_from_afar
from albergues_app.consolidados import services, sheets
from albergues_app.consolidados.asking import (
    address_of,
    question_of,
)
from albergues_app.consolidados.avance import avance_of
from albergues_app.consolidados.body import Cuerpo, load, veil_reserved
from albergues_app.consolidados.build import build
from albergues_app.consolidados.changes import Celda, compare
from albergues_app.consolidados.given import contrast
from albergues_app.consolidados.models import (
    CLASE_DADA,
    FUENTE_NOMBRE,
    MEDIO_NOMBRE,
    MOVES,
    Consolidado,
    EstadoConsolidado,
)
from albergues_app.consolidados.queries import (
    given_rows,
    last_version,
    moves_of,
    state_of,
    states_of,
    versions_of,
)
from albergues_app.consolidados.scope import PAIS, Ambito, Pregunta
from albergues_app.core import clock
from albergues_app.territorio.catalogo import catalogo


def preliminary_page(question: Pregunta, emergencia: str, envio: Envio) -> ResponseReturnValue:
    cuenta = current_cuenta()
    body = build(question, emergencia)
    frozen = last_version(question.emergencia_id, question.ambito.codigo, question.corte)
    may = permits(cuenta, Permiso.CONSOLIDADO_VALIDAR, question.ambito)
    page = render_template(
        "consolidados/corte.html",
        **shared(body, question),
        congelado=frozen,
        valida=may and frozen is None and question.corte <= clock.now(),
        anota=may,
        envio=envio,
        hace_rato=clock.now() - question.conocido_en > services.SEEN,
    )
    return page, envio.status


def shown_to(body: Cuerpo) -> Cuerpo:
    return veil_reserved(body) if looks_from_afar(current_cuenta()) else body


def changes_between(before: Consolidado, after: Consolidado) -> list[Celda]:
    return compare(shown_to(load(before.datos)), shown_to(load(after.datos)))


def shared(body: Cuerpo, question: Pregunta) -> dict[str, Any]:
    """What both pages of figures show."""
    body = shown_to(body)
    address: dict[str, Any] = dict(address_of(question))

    def behind(cifra: str, municipio: str = "", clase: str = "") -> str:
        return url_for(
            "consolidados.detalle", cifra=cifra, municipio=municipio or None, clase=clase or None, **address
        )

    given = contrast(body)
    return {
        "c": body,
        "p": question,
        "direccion": address,
        "avance": avance_of(body, question),
        "detras": behind,
        "cuadre_texto": sheets.cuadre_text(body.cuadre),
        "familias_texto": sheets.families_text(body.cuadre),
        "capacidad_texto": sheets.room_text(body),
        "nota_fuera": sheets.NOTA_FUERA,
        "nota_noches": sheets.NOTA_NOCHES,
        "contrastes": given,
        "anotados": given_rows(x.dado["id"] for x in given),
        "de_lejos": looks_from_afar(current_cuenta()),
        "fuentes": list(FUENTE_NOMBRE.items()),
        "medios": list(MEDIO_NOMBRE.items()),
        "clases_dadas": list(CLASE_DADA.items()),
        "FUENTE_DADA": FUENTE_NOMBRE,
        "MEDIO_DADO": MEDIO_NOMBRE,
        "CLASE_DADA": CLASE_DADA,
        "lugares_dados": _places_to_note(question.ambito),
        "puede_ver_personas": role_may(current_cuenta().rol, Permiso.PERSONA_VER),
    }


def _places_to_note(ambito: Ambito) -> list[tuple[str, str]]:
    """Places below this one that this account may note a given total for."""
    known, cuenta = catalogo(), current_cuenta()
    codes = [ambito.codigo]
    if ambito.codigo == PAIS:
        codes += list(known.departamentos)
    if ambito.nivel != "municipio":
        codes += [c for c in known.municipios if ambito.covers(c)] if ambito.codigo != PAIS else []
    places = [Ambito(c) for c in codes]
    return [(p.codigo, p.nombre) for p in places if permits(cuenta, Permiso.CONSOLIDADO_VALIDAR, p)]


def visible_consolidado(consolidado_id: UUID, permiso: Permiso = Permiso.CONSOLIDADO_VER) -> Consolidado:
    return get_visible_or_404(Consolidado, consolidado_id, permiso)


def frozen_page(row: Consolidado, envio: Envio) -> ResponseReturnValue:
    body, question = load(row.datos), question_of(row)
    versions = versions_of(row)
    state = state_of(row.id)
    today = replace(question, conocido_en=clock.now())
    late = (
        compare(shown_to(body), shown_to(build(today, body.emergencia_nombre)))
        if versions[0].id == row.id
        else []
    )
    before = next((v for v in versions if v.id == row.rectifica_id), None)
    page = render_template(
        "consolidados/ver.html",
        **shared(body, question),
        fila=row,
        estado_=state,
        pasos=moves_of(row),
        versiones=versions,
        estados=states_of([v.id for v in versions]),
        anterior=before,
        cambios=changes_between(before, row) if before else [],
        despues=late,
        conocido_hoy=clock.iso(today.conocido_en),
        entero=services.fingerprint(row.datos) == row.huella,
        puede=permits(current_cuenta(), Permiso.CONSOLIDADO_VALIDAR, row),
        siguientes=MOVES[state],
        estados_={e.name: e for e in EstadoConsolidado},
        envio=envio,
    )
    return page, envio.status
