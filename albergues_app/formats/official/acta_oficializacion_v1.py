"""Acta de oficialización, edition 1: the point of act by which a municipality makes a site official."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Ambito,
    Campo,
    Cui,
    Date,
    Formato,
    In,
    LongText,
    Mark,
    Not,
    NotAfter,
    Rule,
    Seccion,
    Text,
    Whole,
    YesNo,
)
from albergues_app.formats.official.common import SOSEP, firmas
from albergues_app.formats.official.common_lugar import encabezado_lugar, interno
from albergues_app.formats.official.common_sitio import actor, photo

_CON_PLAZO = Not(In("uso_sin_plazo", (True,)))

_ACTA = Seccion(
    code="acta",
    title="El punto de acta del Concejo Municipal",
    campos=(
        interno(
            name="numero_acta",
            label="Número de acta",
            type=Text(max_length=40, width=6),
            required=Mark.R,
            quick=True,
            example="45-2026",
        ),
        interno(
            name="punto_acta",
            label="Punto",
            type=Text(max_length=40, width=6),
            required=Mark.R,
            hint="El punto del acta que trata del sitio.",
            example="Quinto",
        ),
        interno(
            name="fecha_sesion",
            label="Fecha de la sesión del Concejo",
            type=Date(),
            required=Mark.R,
            example="12/03/2026",
            hxl="#date+approved",
        ),
        interno(
            name="capacidad_autorizada",
            label="Capacidad que autoriza",
            type=Whole(maximum=100_000, width=6),
            hint="Personas, si el punto de acta lo dice.",
            hxl="#capacity+persons+num",
        ),
        interno(
            name="extracto",
            label="Texto o extracto del punto de acta",
            type=LongText(max_length=8000, lines=9),
            hint="Copie lo que el Concejo acordó sobre el sitio.",
        ),
        photo(
            "escaneo", "Punto de acta escaneado", Mark.R, pdf=True, hint="PDF o foto, con firmas y sellos."
        ),
    ),
)

_ANUENCIA = Seccion(
    code="anuencia",
    title="Anuencia del propietario",
    campos=(
        actor(
            "anuencia_nombre",
            "Quién da la anuencia",
            Mark.R,
            width=9,
            sensitive=True,
            hint="El dueño o quien lo representa. Si es del municipio, el alcalde o la alcaldesa.",
        ),
        Campo(
            name="anuencia_dpi",
            label="DPI",
            type=Cui(),
            required=Mark.R,
            unknown=True,
            sensitive=True,
            example="1587 56444 0904",
        ),
        interno(
            name="anuencia_cargo",
            label="Cargo o calidad con que firma",
            type=Text(max_length=80, width=5),
            required=Mark.R,
            example="Presidenta del COCODE",
        ),
        interno(
            name="uso_desde",
            label="Se puede usar desde",
            type=Date(future=True),
            required=Mark.R,
            example="12/03/2026",
        ),
        interno(
            name="uso_hasta",
            label="Se puede usar hasta",
            type=Date(future=True),
            required=Mark.C,
            required_when=_CON_PLAZO,
            required_text="si tiene plazo",
            asked_when=_CON_PLAZO,
        ),
        interno(name="uso_sin_plazo", label="Sin plazo", type=YesNo(width=4)),
        interno(
            name="condiciones",
            label="Condiciones de uso",
            type=LongText(lines=5),
            required=Mark.R,
            hint="Si no puso ninguna, escriba Ninguna.",
            example="Devolver limpio antes del inicio de clases",
        ),
    ),
)

ACTA_OFICIALIZACION_V1 = Formato(
    code="acta_oficializacion",
    version=1,
    title="Acta de oficialización de sitio",
    issuer=SOSEP,
    source="Fases de SOSEP 2014: punto de acta del Concejo Municipal; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Secretaría municipal, por acuerdo del Concejo",
    when_filled="Después de un resultado apto",
    purpose="Dejar constancia de que el Concejo Municipal autoriza usar el sitio como albergue.",
    moment="preparacion",
    record="acta",
    order=30,
    ambito=Ambito.SITIO,
    secciones=(
        encabezado_lugar(inmueble="Albergue o inmueble"),
        _ACTA,
        _ANUENCIA,
        firmas(registrador="Secretario o secretaria municipal", supervisor=False),
    ),
    rules=(
        Rule(
            code="uso_al_reves",
            campo="uso_hasta",
            message="El uso termina antes de empezar. Revise las dos fechas.",
            holds=NotAfter("uso_desde", "uso_hasta"),
        ),
    ),
    notice="Esta hoja resume el punto de acta; no lo sustituye. Adjunte la copia certificada.",
    signatures=("Alcalde o alcaldesa municipal", "Secretario o secretaria municipal", "Quien da la anuencia"),
)
