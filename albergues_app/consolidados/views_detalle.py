"""The rows behind a figure, and the projection."""

from __future__ import annotations

from dataclasses import replace

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, refuse_invisible, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Albergue
from albergues_app.consolidados.asking import (
    address_of,
    asked,
    asked_emergencia,
    instant_of,
)
from albergues_app.consolidados.blueprint import bp
from albergues_app.consolidados.build import build
from albergues_app.consolidados.drill import CIFRAS, SEXO_NOMBRE, present_at, rows_behind
from albergues_app.consolidados.models import (
    CLASE_NOMBRE,
)
from albergues_app.consolidados.pages import shared
from albergues_app.consolidados.projection import METODO, project
from albergues_app.consolidados.scope import Ambito, Pregunta, find_ambito, recent_cuts
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.unit_of_work import unit_of_work

POR_PAGINA = 200


@bp.get("/detalle")
@requires(Permiso.CONSOLIDADO_VER)
def detalle() -> ResponseReturnValue:
    """The shelters that add up to a figure."""
    question, emergencia = asked()
    cifra = request.args.get("cifra", "personas")
    if cifra not in CIFRAS:
        raise NotFound()
    municipio = request.args.get("municipio", "")
    clase = request.args.get("clase", "")
    if (municipio and find_ambito(municipio) is None) or (clase and clase not in CLASE_NOMBRE):
        raise NotFound()
    body = build(question, emergencia.nombre)
    rows, total = rows_behind(body, cifra, municipio, clase)
    return render_template(
        "consolidados/detalle.html",
        **shared(body, question),
        cifra=cifra,
        nombre=CIFRAS[cifra],
        filas=rows,
        suma=total,
        municipio=municipio,
        clase=clase,
    )


@bp.get("/albergues/<string:codigo_sitio>/presentes")
@requires(Permiso.PERSONA_VER)
def presentes(codigo_sitio: str) -> ResponseReturnValue:
    """The stays behind a shelter's count at that hour, by folio; who sees them is noted."""
    site = db.session.scalar(db.select(Albergue).where(Albergue.codigo == codigo_sitio))
    refuse_invisible(site, Permiso.PERSONA_VER)
    assert site is not None
    key, nombre, codigo, municipio = site.id, site.nombre, site.codigo, site.municipio_codigo
    emergencia = asked_emergencia()
    if emergencia is None:
        raise NotFound()
    now = clock.now()
    question = Pregunta(
        emergencia.id,
        Ambito(municipio),
        instant_of("corte", recent_cuts(now, 1)[0]),
        instant_of("conocido_en", now),
    )
    sexo = request.args.get("sexo", "")
    sexo = sexo if sexo in SEXO_NOMBRE else ""
    raw = request.args.get("pagina", "1")
    page = max(1, int(raw[:5])) if raw.isascii() and raw.isdigit() else 1
    emergencia_nombre = emergencia.nombre
    with unit_of_work(current_cuenta().as_actor("web")):
        rows = present_at(
            question, key, sexo, "web:presentes_del_corte", POR_PAGINA + 1, (page - 1) * POR_PAGINA
        )
    return render_template(
        "consolidados/presentes.html",
        codigo=codigo,
        nombre=nombre,
        municipio=municipio,
        p=question,
        emergencia=emergencia_nombre,
        direccion={**address_of(question), "sexo": sexo or None},
        filas=rows[:POR_PAGINA],
        mas=len(rows) > POR_PAGINA,
        pagina=page,
        por_pagina=POR_PAGINA,
        sexo=sexo,
    )


@bp.get("/proyeccion")
@requires(Permiso.CONSOLIDADO_VER)
def proyeccion() -> ResponseReturnValue:
    """Hours until each shelter is full, by its pace: a projection and never a figure."""
    question, emergencia = asked()
    now = clock.now()
    found = project(question.emergencia_id, question.ambito, now)
    return render_template(
        "consolidados/proyeccion.html",
        **shared(build(replace(question, corte=now, conocido_en=now), emergencia.nombre), question),
        filas=found.filas,
        errores_=found.errores,
        metodo=METODO,
        ahora_=now,
        limite_h=current_app.config["PARTE_HORAS"],
    )
