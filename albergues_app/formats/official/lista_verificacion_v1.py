"""Lista de verificación, edition 1: is the shelter ready? Point by point, the critical ones marked."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Ambito,
    AnswersCount,
    Attachment,
    Choice,
    Date,
    Decimal,
    Formato,
    Level,
    Mark,
    Option,
    PersonName,
    Repetible,
    Score,
    Seccion,
    Text,
    Whole,
)
from albergues_app.formats.official.common import SOSEP
from albergues_app.formats.official.common_lugar import encabezado_lugar, interno
from albergues_app.formats.official.common_verificacion import (
    CRITICOS,
    CRITICOS_PENDIENTES,
    GRUPOS,
    PUNTOS,
    SECCIONES_VERIFICACION,
)

_NOTAS = Repetible(
    name="notas",
    title="Notas por punto",
    singular="nota",
    max_rows=120,
    paper_rows=4,
    hint="Escriba el número del punto (por ejemplo, D1) y lo que se vio o falta.",
    campos=(
        interno(
            name="punto",
            label="Punto",
            type=Choice(
                options=(*PUNTOS, Option("otro", "Otro (especifique)", "Otro")), width=3, code_on_paper=True
            ),
            paper_width=3,
            required=Mark.R,
            example="D1",
        ),
        interno(
            name="nota",
            label="Qué se vio o qué falta",
            type=Text(max_length=300, width=21),
            paper_width=21,
            required=Mark.R,
        ),
        interno(
            name="foto",
            label="Fotografía",
            type=Attachment(),
            level=Level.N2,
            hint="Sin rostros de personas albergadas.",
        ),
    ),
)

_RESULTADO = Seccion(
    code="resultado",
    title="Resultado",
    hint="Lo calcula el sistema: cumple vale 1; parcial, 0.5; no, 0. No cuenta lo que no aplica ni lo no observado.",
    campos=(
        interno(
            name="puntaje",
            label="Puntaje, de 0 a 100",
            type=Decimal(maximum=100, places=1, width=8),
            auto=True,
        ),
        interno(
            name="criticos_pendientes",
            label=f"Puntos críticos sin cumplir, de {len(CRITICOS)}",
            type=Whole(maximum=len(CRITICOS), width=8),
            auto=True,
        ),
        interno(
            name="digitador",
            label="Quién lo pasó al sistema",
            type=PersonName(width=8),
            auto=True,
        ),
    ),
)

LISTA_VERIFICACION_V1 = Formato(
    code="lista_verificacion",
    version=1,
    title="Lista de verificación del albergue",
    issuer=SOSEP,
    source="Fases de SOSEP, fallas vistas en albergues y normas Esfera; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Técnico o técnica de la sede con la comisión de albergues",
    when_filled="En la visita de asesoría y antes de abrir",
    purpose="Saber si un albergue está listo y qué le falta, primero lo crítico.",
    moment="asesoria",
    record="lista",
    order=410,
    ambito=Ambito.SITIO,
    secciones=(
        encabezado_lugar(
            interno(
                name="fecha",
                label="Fecha de la revisión",
                type=Date(),
                required=Mark.R,
                quick=True,
                example="20/11/2026",
                hxl="#date+start",
            ),
            interno(
                name="visita_folio",
                label="Folio de la visita de asesoría",
                type=Text(max_length=30, width=6),
                hint="Si la lista es parte de una visita.",
            ),
            interno(
                name="revisor",
                label="Quién revisa",
                type=PersonName(width=9),
                required=Mark.R,
            ),
            interno(
                name="revisor_cargo",
                label="Cargo e institución",
                type=Text(width=9),
            ),
            interno(
                name="acompanante",
                label="Quién acompaña por el albergue o la municipalidad",
                type=PersonName(width=9),
            ),
            inmueble="Albergue",
        ),
        *SECCIONES_VERIFICACION,
        _NOTAS,
        _RESULTADO,
    ),
    rules=CRITICOS_PENDIENTES,
    calculos=(
        Score(
            campo="puntaje",
            among=tuple(punto.name for grupo in GRUPOS for punto in grupo.puntos),
            worth=(("cumple", 100), ("parcial", 50), ("no", 0)),
        ),
        AnswersCount(campo="criticos_pendientes", among=CRITICOS, values_counted=("no", "parcial")),
    ),
    notice="Lo crítico que no se cumple se atiende primero y queda como compromiso; no impide recibir gente.",
    signatures=("Quien revisa", "Por la municipalidad o el albergue"),
)
