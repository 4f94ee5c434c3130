"""Consolidado departamental, edition 1: every shelter of a department at a cut, and who did not report."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Ambito,
    Calculo,
    Choice,
    Formato,
    FromCatalogo,
    In,
    Instant,
    LongText,
    Mark,
    NotAfter,
    Option,
    Repetible,
    RowsAddUp,
    RowsAre,
    RowsCount,
    RowsSum,
    Seccion,
    Text,
    Warn,
    YesNo,
)
from albergues_app.formats.official.common import SOSEP, firmas
from albergues_app.formats.official.common_lugar import encabezado_lugar, interno
from albergues_app.formats.official.common_sitio import COUNT_RULES, actor, count

_RECTIFICADO = In("estado", ("rectificado",))
CLASE_SITIO = (
    Option("oficial", "Oficial", "Of."),
    Option("no_oficial", "No oficial", "No of."),
    Option("autoalbergue", "Auto-albergue (estimado)", "Auto", aliases=("auto-albergue",)),
)
_TOTALES = (
    ("oficial", "oficiales", "Oficiales"),
    ("no_oficial", "no_oficiales", "No oficiales"),
    ("autoalbergue", "autoalbergue", "Auto-albergue"),
)

_CORTE = Seccion(
    code="corte",
    title="El corte",
    campos=(
        interno(
            name="corte",
            label="Fecha y hora del corte",
            type=Instant(),
            required=Mark.R,
            quick=True,
            example="20/11/2026 18:00",
            hxl="#date+reported",
        ),
        interno(
            name="estado",
            label="Estado del consolidado",
            type=Choice(
                options=(
                    Option("preliminar", "Preliminar"),
                    Option("validado", "Validado"),
                    Option("enviado", "Enviado"),
                    Option("rectificado", "Rectificado"),
                ),
                width=9,
            ),
            required=Mark.R,
            hint="Validado: la coordinadora o el coordinador ya lo revisó.",
            hxl="#status+verified",
        ),
        interno(
            name="rectifica_a",
            label="Rectifica al consolidado",
            type=Text(max_length=40, width=6),
            required=Mark.C,
            required_when=_RECTIFICADO,
            required_text="si es una rectificación",
            asked_when=_RECTIFICADO,
            hint="El folio del que corrige.",
        ),
    ),
)

_ALBERGUES = Repetible(
    name="albergues",
    title="Albergues y sitios",
    singular="albergue",
    max_rows=2000,
    paper_rows=10,
    hint="Si no reportó, anote el último dato y la hora de ese dato.",
    campos=(
        interno(
            name="albergue_nombre",
            label="Albergue o sitio",
            type=Text(),
            paper_width=4,
            required=Mark.R,
            quick=True,
            hxl="#loc+shelter+name",
        ),
        interno(
            name="albergue_codigo",
            label="Código del sitio",
            short="Código",
            type=Text(max_length=12),
            paper_width=2,
            example="1413-003",
            hxl="#loc+shelter+code",
        ),
        interno(
            name="albergue_municipio",
            label="Municipio del sitio",
            short="Municipio",
            type=FromCatalogo(catalogo="municipio"),
            paper_width=3,
            required=Mark.R,
            hxl="#adm2+code",
        ),
        interno(
            name="clase",
            label="Clase de sitio",
            short="Clase",
            type=Choice(options=CLASE_SITIO, width=3),
            paper_width=3,
            required=Mark.R,
            hint="Auto-albergue: familias en casas, calles o predios, sin albergue.",
        ),
        interno(
            name="reporto",
            label="¿Reportó en este corte?",
            short="Reportó",
            type=YesNo(width=3),
            paper_width=3,
            required=Mark.R,
        ),
        interno(
            name="corte_dato",
            label="Fecha y hora del dato",
            short="Hora del dato",
            type=Instant(),
            paper_width=2,
            required=Mark.C,
            required_when=In("reporto", (False,)),
            required_text="si no reportó",
            hint="Del último parte que se tiene.",
        ),
        count("familias", "Familias", paper_width=1, short="Fam."),
        count("personas", "Personas", Mark.R, paper_width=1, short="Pers."),
        count("mujeres", "Mujeres", paper_width=1, short="Muj."),
        count("hombres", "Hombres", paper_width=1, short="Hom."),
        count("no_registrado", "Sexo sin dato", paper_width=1, short="S/D"),
        count("capacidad", "Capacidad", paper_width=1, short="Cap.", hxl="#capacity+persons+num"),
        count(
            "servicios_noche",
            "Servicios de la noche",
            paper_width=1,
            short="Serv.",
            hint="Solo en temporada de frío: personas que durmieron.",
        ),
    ),
    rules=(
        *COUNT_RULES,
        Warn(
            code="dato_despues_del_corte",
            campo="corte_dato",
            message="El dato es de después del corte. Revise la hora.",
            holds=NotAfter("corte_dato", "corte"),
        ),
    ),
)

_TOTAL = Seccion(
    code="totales",
    title="Totales: cada clase por aparte, nunca en una sola suma",
    campos=(
        *(
            campo
            for width, (_, name, words) in zip((2, 3, 3), _TOTALES, strict=True)
            for campo in (
                count(f"{name}_sitios", f"{words}: sitios", Mark.R, width=width),
                count(f"{name}_familias", f"{words}: familias", Mark.R, width=width),
                count(f"{name}_personas", f"{words}: personas", Mark.R, width=width),
            )
        ),
        count("sin_reporte", "Sin reporte en este corte", Mark.R, width=5, hint="Cuántos no reportaron."),
        count(
            "servicios_acumulados",
            "Servicios acumulados de la temporada de frío",
            width=7,
            hint="Noches-persona desde que empezó la temporada.",
        ),
        interno(name="observaciones", label="Observaciones", type=LongText(lines=1, width=12)),
    ),
)


def _total_rules() -> tuple[Warn, ...]:
    found: list[Warn] = []
    for clase, name, words in _TOTALES:
        where = In("clase", (clase,))
        found += (
            Warn(
                code="sitios_no_suman",
                campo=f"{name}_sitios",
                message=f"{words}: el número de sitios no es el de las líneas. Revise la tabla.",
                holds=RowsAre("albergues", equal_to=f"{name}_sitios", where=where),
            ),
            *(
                Warn(
                    code=f"{what}_no_suman",
                    campo=f"{name}_{what}",
                    message=f"{words}: las {what} no suman lo de las líneas. Revise la tabla.",
                    holds=RowsAddUp("albergues", what, f"{name}_{what}", where),
                )
                for what in ("familias", "personas")
            ),
        )
    return tuple(found)


def _totals() -> tuple[Calculo, ...]:
    found: list[Calculo] = []
    for clase, name, _words in _TOTALES:
        where = In("clase", (clase,))
        found.append(RowsCount(campo=f"{name}_sitios", rows="albergues", where=where))
        found += [
            RowsSum(campo=f"{name}_{what}", rows="albergues", amount=what, where=where)
            for what in ("familias", "personas")
        ]
    unheard = RowsCount(campo="sin_reporte", rows="albergues", where=In("reporto", (False,)))
    return (*found, unheard)


CONSOLIDADO_DEPARTAMENTAL_V1 = Formato(
    code="consolidado_departamental",
    version=1,
    title="Consolidado departamental",
    issuer=SOSEP,
    source="Consolidados publicados de temporadas anteriores; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="El sistema lo arma; la coordinadora o el coordinador departamental lo valida",
    when_filled="En cada corte: 06:00 y 18:00",
    purpose="Decir cuántas personas hay en el departamento, y qué albergues no reportaron.",
    moment="coe",
    landscape=True,
    record="consolidado",
    order=270,
    ambito=Ambito.LUGAR,
    secciones=(
        encabezado_lugar(municipio=False),
        _CORTE,
        _ALBERGUES,
        _TOTAL,
        firmas(
            actor("validado_por", "Coordinador o coordinadora que valida", Mark.S, width=8),
            registrador="Quién lo preparó",
            supervisor=False,
        ),
    ),
    rules=(
        *_total_rules(),
        Warn(
            code="sin_reporte_no_suma",
            campo="sin_reporte",
            message="No es el número de líneas que no reportaron. Revise la tabla.",
            holds=RowsAre("albergues", equal_to="sin_reporte", where=In("reporto", (False,))),
        ),
    ),
    calculos=_totals(),
    notice="Oficiales, no oficiales y auto-albergue no se suman entre sí.",
    signatures=("Quién lo preparó", "Coordinador o coordinadora departamental"),
)
