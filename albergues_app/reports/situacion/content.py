"""The figures of a bulletin, frozen: one question to the consolidated figures, and what stands beside them at that hour.

Nothing is counted here: ``consolidados.build`` and ``ocupacion.figures`` count. What leaves the system never names a
reserved site: its row keeps its municipality and a code that nobody can trace.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from albergues_app.audit.sealing import keyring
from albergues_app.coe.grados import acts_of, grados_of, in_force_since
from albergues_app.coe.models import GRADO_NOMBRE, Coe
from albergues_app.coe.models_turno import CoeGrado
from albergues_app.consolidados.body import Cuerpo, Linea, Noches, veil_reserved
from albergues_app.consolidados.build import WHOLE_COUNTRY, build
from albergues_app.consolidados.given import contrast
from albergues_app.consolidados.models import CLASE_DADA, FUENTE_NOMBRE
from albergues_app.consolidados.scope import PAIS, Pregunta
from albergues_app.consolidados.sheets import RESERVADA
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.core.instance import is_training
from albergues_app.emergencias.models import TIPO_NOMBRE, Alerta, Emergencia
from albergues_app.emergencias.queries import alertas_vigentes
from albergues_app.ocupacion.bandas import CODIGOS
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.models_derivadas import Tramo
from albergues_app.reports.situacion import below, gaps, outline
from albergues_app.reports.situacion.queries import line_of_bulletins
from albergues_app.territorio.catalogo import catalogo

REGISTRO = "Registro nominal del sistema"
PARTES = "Partes de albergues sin registro nominal"
SITIOS = "Sitios con activación abierta"
CAPACIDAD = "Capacidad autorizada, declarada o calculada de cada sitio"
ESTIMACION = "Familias registradas fuera y última estimación de cada lugar"


def freeze(asked: Pregunta) -> dict[str, Any]:
    """All that the system knows for a bulletin, as plain values."""
    emergencia = db.session.get_one(Emergencia, asked.emergencia_id)
    body = build(asked, emergencia.nombre)
    told, given = below.bulletins_below(asked), _given(body)
    proposed = gaps.propose(asked, body)
    _veil(body, proposed)
    body.dados = []
    codigo = None if asked.ambito.codigo == PAIS else asked.ambito.codigo
    return {
        "emergencia": {
            "id": str(emergencia.id),
            "nombre": emergencia.nombre,
            "tipo": TIPO_NOMBRE[emergencia.tipo],
            "simulacro": emergencia.es_simulacro,
        },
        "ambito": asked.ambito.codigo,
        "nivel": below.NIVEL[asked.ambito.nivel],
        "lugar": asked.ambito.nombre,
        "corte": clock.iso(asked.corte),
        "conocido_en": clock.iso(asked.conocido_en),
        "capacitacion": is_training(),
        "alertas": _alerts(asked, codigo),
        "coe": _coes(asked),
        "actas": _acts(asked, codigo),
        "cuerpo": asdict(body),
        "bandas": _bands(asked),
        "cifras": _figures(asked, body),
        "propuestas": proposed,
        "dados": given,
        "aportes": told,
        "difiere": below.differences(body, told),
        "sumas": below.sums(told),
        "serie": line_of_bulletins(asked),
        "mapa": outline.outlines_of(asked.ambito.codigo),
    }


def _veil(body: Cuerpo, proposed: list[dict[str, Any]]) -> None:
    hidden: dict[str, str] = {}
    veil_reserved(body)
    rows: list[Linea | Noches] = [*body.lineas, *body.nocturnos]
    for line in rows:
        if line.reservada:
            blind = "R-" + keyring().index(f"{body.emergencia}/{line.codigo}", "boletin.reservada")[:8]
            hidden[line.codigo] = blind
            line.codigo = blind
            line.nombre = RESERVADA
    for gap in proposed:
        if gap["codigo"] in hidden:
            gap["codigo"], gap["albergue"] = hidden[gap["codigo"]], RESERVADA
            gap["clave"] = f"{gap['codigo']}/{gap['que']}"


def _given(body: Cuerpo) -> list[dict[str, Any]]:
    """Totals that others gave, beside the computed one; who said it and any note stay inside the system."""
    return [
        {
            "lugar": c.nombre, "clase": CLASE_DADA[c.dado["clase"]], "fuente": FUENTE_NOMBRE[c.dado["fuente"]],
            "corte": c.dado["corte"], "dado": c.dado["personas"], "calculado": c.calculado, "diferencia": c.diferencia,
        }
        for c in contrast(body)
    ]  # fmt: skip


def _alerts(asked: Pregunta, codigo: str | None) -> list[dict[str, Any]]:
    known = catalogo()
    return [
        {
            "color": a.color, "ambito": a.ambito, "nivel": a.nivel, "autoridad": a.autoridad,
            "lugares": [
                known.departamento_nombre(p.codigo) if len(p.codigo) == 2 else known.lugar_texto(p.codigo)
                for p in a.lugares
            ],
            "desde": clock.iso(a.desde),
        }
        for a in _alerts_at(asked, codigo)
    ]  # fmt: skip


def _alerts_at(asked: Pregunta, codigo: str | None) -> list[Alerta]:
    return [
        a
        for a in alertas_vigentes(asked.corte, codigo)
        if a.emergencia_id in {None, asked.emergencia_id} and a.registrada_en <= asked.conocido_en
    ]


def _coes(asked: Pregunta) -> list[dict[str, Any]]:
    """The COE of the place itself with its level at that hour."""
    return [{**_level(c, asked), "acta": acts_of([c], asked.conocido_en)[c.id]} for c in _coes_at(asked)]


def _coes_at(asked: Pregunta) -> list[Coe]:
    """The COE of the place itself that worked at the cut-off."""
    rows = db.session.scalars(
        select(Coe)
        .where(Coe.emergencia_id == asked.emergencia_id, Coe.activado_en <= asked.corte)
        .order_by(Coe.activado_en, Coe.id)
    )
    return [
        c
        for c in rows
        if (c.departamento_codigo, c.municipio_codigo)
        == (asked.ambito.departamento_codigo, asked.ambito.municipio_codigo)
        and (c.desactivado_en is None or c.desactivado_en > asked.corte)
    ]


def _acts(asked: Pregunta, codigo: str | None) -> list[dict[str, Any]]:
    """The acts under which the place works at the cut-off: of its COE and each level of it, and of its alerts."""
    rows: list[tuple[str, str, str | None, datetime]] = []
    for coe in _coes_at(asked):
        levels = _levels(coe, asked)
        own = [(g.acta_numero, _of_coe(g.grado), g.autoridad, g.desde) for g in levels if g.acta_numero]
        begun = acts_of([coe], asked.conocido_en)[coe.id]
        if begun and begun not in {
            acta for acta, *_ in own
        }:  # it came with a line of an hour past the cut-off
            own.insert(0, (begun, _of_coe(levels[0].grado), coe.autoridad, coe.activado_en))
        rows += own
    rows += [
        (a.documento, f"Alerta {a.color} {a.ambito}", a.autoridad, a.desde)
        for a in _alerts_at(asked, codigo)
        if a.documento
    ]
    return [
        {"acta": acta, "de": what, "autoridad": who or "", "desde": clock.iso(since)}
        for acta, what, who, since in rows
    ]


def _of_coe(grado: str) -> str:
    return f"COE: {GRADO_NOMBRE[grado].lower()}"


def _levels(coe: Coe, asked: Pregunta) -> list[CoeGrado]:
    """The history of its level up to the cut-off, as known then: a later change is of later bulletins."""
    whole = grados_of(coe.id)
    told = [g for g in whole if g.desde <= asked.corte and g.registrado_en <= asked.conocido_en]
    return told or whole[:1]


def _level(coe: Coe, asked: Pregunta) -> dict[str, str | None]:
    """The level of a COE at the cut-off and since when."""
    told = _levels(coe, asked)
    return {"grado": GRADO_NOMBRE[told[-1].grado], "desde": clock.iso(in_force_since(told))}


def _bands(asked: Pregunta) -> dict[str, int]:
    table = cuadro(
        WHOLE_COUNTRY, "municipio", asked.corte, asked.conocido_en, asked.emergencia_id, bandas=True
    )
    rows = [f for f in table.filas if asked.ambito.covers(f.codigo)]
    return {band: sum(f.bandas.get(band, 0) for f in rows) for band in CODIGOS}


def _attended(asked: Pregunta) -> int:
    """Different persons that were ever inside up to the cut-off, as known at the hour of the question."""
    t, m = table_of(Tramo), gaps.activations_of(asked)
    stmt = select(func.count(func.distinct(t.c.persona_id))).where(
        t.c.clase == "dentro", t.c.desde <= asked.corte, t.c.conocido_desde <= asked.conocido_en,
        t.c.conocido_hasta > asked.conocido_en, t.c.activacion_id.in_(m),
    )  # fmt: skip
    return int(db.session.scalar(stmt) or 0) if m else 0


def _figures(asked: Pregunta, body: Cuerpo) -> list[dict[str, Any]]:
    """Each with its name, value, source, scope and hour. ``principal``: what the verifier prints."""
    total, place = body.total, body.place
    outside = sum(r.personas + r.solo_declaradas for r in body.fuera) if body.fuera else None
    ever = _attended(asked)
    rows: list[tuple[str, str, int | None, str]] = [
        ("personas", "Personas en albergues, en el registro", total.personas, REGISTRO),
        ("solo_declaradas", "Personas en albergues, solo declaradas", total.solo_declaradas, PARTES),
        ("familias", "Familias en albergues, en el registro", total.familias, REGISTRO),
        ("albergues", "Albergues abiertos", total.albergues, SITIOS),
        ("oficiales", "Albergues oficiales", total.oficiales, SITIOS),
        ("no_oficiales", "Albergues no oficiales", total.no_oficiales, SITIOS),
        ("capacidad", "Capacidad", total.capacidad, CAPACIDAD),
        ("capacidad_sin_dato", "Albergues sin dato de capacidad", total.capacidad_sin_dato, CAPACIDAD),
        ("diferencia", "Lugares libres (+) o de más (−)", total.diferencia, CAPACIDAD),
        ("sobre_capacidad", "Albergues sobre su capacidad", total.sobre_capacidad, CAPACIDAD),
        ("sin_reporte", "Albergues sin reporte en el corte", total.sin_reporte, "Partes recibidos"),
        ("mujeres", "Mujeres", total.mujeres, REGISTRO),
        ("hombres", "Hombres", total.hombres, REGISTRO),
        ("no_registrado", "Sexo no registrado", total.no_registrado, REGISTRO),
        ("fuera_temporal", "Fuera por un rato (contadas en su albergue)", total.fuera_temporal, REGISTRO),
        ("en_transito", "En traslado, sin recibir todavía", body.en_transito, REGISTRO),
        ("atendidas", "Personas atendidas desde el inicio", ever, REGISTRO),
        ("fuera_de_albergue", "Personas fuera de albergue", outside, ESTIMACION),
    ]
    main = {"personas", "solo_declaradas", "familias", "albergues", "capacidad", "diferencia", "sin_reporte"}
    return [
        {
            "codigo": code, "nombre": name, "valor": value, "ambito": place.nombre, "corte": body.corte,
            "fuente": source, "principal": code in main,
        }
        for code, name, value, source in rows
    ]  # fmt: skip
