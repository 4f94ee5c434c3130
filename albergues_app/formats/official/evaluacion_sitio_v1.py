"""Evaluación de sitio, edition 1: is it fit, with which conditions, until when."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Ambito,
    Campo,
    Choice,
    Date,
    Every,
    Formato,
    Given,
    In,
    Mark,
    Not,
    NotAfter,
    Option,
    Repetible,
    RowsAre,
    Rule,
    Seccion,
    Some,
    Text,
    Warn,
    options,
)
from albergues_app.formats.official.common import SOSEP
from albergues_app.formats.official.common_lugar import encabezado_lugar, interno
from albergues_app.formats.official.common_sitio import actor, firmantes, needed_when_complete, photo
from albergues_app.formats.official.common_verificacion import CUMPLIMIENTO, GRUPOS, Grupo, some_critical

_DICTAMINADO = In("dictamen_sanitario", ("favorable", "condicionado", "desfavorable"))
_SI_DICTAMEN = "si el dictamen ya salió"
_PIDE_COMPROMISO = Some((In("resultado", ("apto_con_condiciones",)), some_critical("parcial", "no")))

PRIORIDAD = options(
    Option("rutina", "Rutina", "Rut."),
    Option("prioritario", "Prioritario", "Prior."),
    Option("urgente", "Urgente", "Urg."),
)

_ENCABEZADO = encabezado_lugar(
    interno(
        name="fecha",
        label="Fecha de la evaluación",
        type=Date(),
        required=Mark.R,
        quick=True,
        example="20/11/2026",
        hxl="#date+reported",
    ),
    interno(
        name="motivo",
        label="Motivo de la evaluación",
        type=Choice(
            options=options(
                ("inicial", "Inicial"),
                ("renovacion", "Renovación"),
                Option("previa_apertura", "Previa a apertura", aliases=("antes de abrir",)),
                Option("posterior_sismo", "Posterior a sismo", aliases=("después de un sismo",)),
                "otro",
            ),
            width=15,
        ),
        required=Mark.R,
    ),
    actor("informante", "Quién atendió la visita", width=5, sensitive=True),
    interno(name="informante_cargo", label="Su cargo", type=Text(max_length=80, width=4)),
    inmueble="Albergue o inmueble",
)


def _seccion(grupo: Grupo) -> Seccion:
    campos: list[Campo] = []
    for punto in grupo.puntos:
        hint = " ".join(text for text in ("Crítico." if punto.critico else "", punto.hint) if text)
        campos += (
            interno(
                name=punto.name,
                label=punto.label,
                type=Choice(options=CUMPLIMIENTO, width=15),
                required=Mark.R if punto.critico else Mark.O,
                hint=hint,
            ),
            interno(
                name=f"{punto.name}_nota",
                label=f"Nota: {punto.label}",
                type=Text(max_length=300, width=9),
            ),
            photo(f"{punto.name}_foto", f"Foto: {punto.label}"),
        )
    hint = "Con *: crítico. Si uno no cumple, el resultado no puede ser Apto." if grupo is GRUPOS[0] else ""
    return Seccion(code=grupo.code, title=grupo.title, campos=tuple(campos), hint=hint)


_RESULTADO = Seccion(
    code="resultado",
    title="Daño, dictamen y resultado",
    campos=(
        interno(
            name="danio_estructural",
            label="Daño estructural",
            type=Choice(
                options=options(
                    ("ninguno", "Ninguno"),
                    ("leve", "Leve"),
                    ("moderado", "Moderado"),
                    ("severo", "Severo"),
                    "otro",
                ),
                width=13,
            ),
            required=Mark.R,
        ),
        interno(
            name="dictamen_sanitario",
            label="Dictamen sanitario (MSPAS)",
            type=Choice(
                options=options(
                    ("favorable", "Favorable"),
                    ("condicionado", "Condicionado"),
                    ("desfavorable", "Desfavorable"),
                    ("pendiente", "Pendiente"),
                ),
                width=11,
            ),
            required=Mark.S,
            hint="Si aún no sale, marque Pendiente: el sitio se puede evaluar igual.",
        ),
        interno(
            name="dictamen_numero",
            label="Número de dictamen",
            type=Text(max_length=40, width=4),
            required=Mark.S,
            required_when=_DICTAMINADO,
            required_text=_SI_DICTAMEN,
            asked_when=_DICTAMINADO,
        ),
        interno(
            name="dictamen_fecha",
            label="Fecha del dictamen",
            type=Date(),
            required=Mark.S,
            required_when=_DICTAMINADO,
            required_text=_SI_DICTAMEN,
            asked_when=_DICTAMINADO,
        ),
        photo(
            "dictamen_archivo",
            "Dictamen escaneado",
            Mark.S,
            pdf=True,
            required_when=_DICTAMINADO,
            required_text=_SI_DICTAMEN,
            asked_when=_DICTAMINADO,
        ),
        interno(
            name="resultado",
            label="Resultado",
            type=Choice(
                options=options(
                    ("apto", "Apto"),
                    ("apto_con_condiciones", "Apto con condiciones"),
                    ("no_apto", "No apto"),
                ),
                width=8,
            ),
            required=Mark.R,
            hint="Con un punto crítico que no cumple, no puede ser Apto.",
        ),
        interno(
            name="vigencia_hasta",
            label="Vigente hasta",
            type=Date(future=True),
            required=Mark.R,
            hint="Lo usual: un año después de la evaluación.",
            example="20/11/2027",
            hxl="#date+expiry",
        ),
    ),
)

_COMPROMISOS = Repetible(
    name="compromisos",
    title="Condiciones: compromisos",
    singular="compromiso",
    max_rows=100,
    paper_rows=3,
    ignored_alone=("prioridad",),
    hint="Uno por cada condición, con responsable y fecha. Quedan en la lista de compromisos.",
    campos=(
        interno(
            name="descripcion",
            label="Qué se debe hacer",
            type=Text(max_length=300, width=10),
            paper_width=8,
            required=Mark.R,
            example="Reparar 3 inodoros de mujeres",
        ),
        actor("responsable", "Responsable", Mark.R, paper_width=4, satisfied_by=("institucion",)),
        interno(
            name="institucion",
            label="Institución responsable",
            short="Institución",
            type=Text(width=4),
            paper_width=4,
            hxl="#org+name",
        ),
        interno(
            name="fecha_compromiso",
            label="Fecha en que debe estar cumplido",
            short="Para cuándo",
            type=Date(future=True),
            paper_width=4,
            required=Mark.R,
            example="15/12/2026",
        ),
        interno(
            name="prioridad",
            label="Prioridad",
            type=Choice(
                options=PRIORIDAD,
                width=4,
            ),
            paper_width=4,
            default="rutina",
        ),
    ),
)

EVALUACION_SITIO_V1 = Formato(
    code="evaluacion_sitio",
    version=1,
    title="Evaluación y habilitación de sitio",
    issuer=SOSEP,
    source="SOSEP 2014, lineamientos de El Salvador y normas Esfera; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Municipalidad, SE-CONRED (riesgo), MSPAS (sanitario) y SOSEP (administración)",
    when_filled="Cada año, antes de abrir y después de un sismo",
    purpose="Decir si un sitio es apto, apto con condiciones o no apto, y hasta cuándo.",
    moment="preparacion",
    record="evaluación",
    order=20,
    ambito=Ambito.SITIO,
    secciones=(
        _ENCABEZADO,
        *(_seccion(grupo) for grupo in GRUPOS),
        _RESULTADO,
        _COMPROMISOS,
        firmantes(
            "evaluadores",
            "Quiénes evaluaron",
            "evaluador",
            con_dpi=False,
            rows=3,
            hint="Al menos una persona. Si son más, use otra hoja.",
        ),
    ),
    rules=(
        Rule(
            code="critico_no_cumple",
            campo="resultado",
            message="Un punto crítico no cumple: el resultado no puede ser Apto.",
            holds=Not(Every((In("resultado", ("apto",)), some_critical("no")))),
        ),
        *needed_when_complete(
            "sin_compromisos",
            "compromisos",
            "Anote al menos un compromiso: hay condiciones, o un punto crítico no cumple del todo.",
            Some((Not(_PIDE_COMPROMISO), RowsAre("compromisos", minimum=1))),
        ),
        *needed_when_complete(
            "sin_evaluadores",
            "evaluadores",
            "Anote al menos una persona que evaluó.",
            RowsAre("evaluadores", minimum=1),
        ),
        Rule(
            code="vigencia_antes",
            campo="vigencia_hasta",
            message="La vigencia termina antes de la evaluación. Revise la fecha.",
            holds=NotAfter("fecha", "vigencia_hasta"),
        ),
        Warn(
            code="danio_y_apto",
            campo="resultado",
            message="Hay daño severo y el resultado es Apto. Revise con SE-CONRED.",
            holds=Not(Every((In("danio_estructural", ("severo",)), In("resultado", ("apto",))))),
        ),
        Warn(
            code="dictamen_y_apto",
            campo="resultado",
            message="El dictamen sanitario es desfavorable y el resultado es Apto. Revise los dos.",
            holds=Not(
                Every(
                    (
                        Given("resultado"),
                        In("dictamen_sanitario", ("desfavorable",)),
                        In("resultado", ("apto",)),
                    )
                )
            ),
        ),
    ),
)
