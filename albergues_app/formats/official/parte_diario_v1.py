"""Parte diario, edition 1: the count of a shelter at a cut."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    AddUp,
    Campo,
    Choice,
    Date,
    Decimal,
    Difference,
    Every,
    Formato,
    Instant,
    Level,
    LongText,
    Mark,
    MultiChoice,
    Not,
    NotAfter,
    Option,
    Repetible,
    Rule,
    Seccion,
    Text,
    Warn,
    Whole,
    YesNo,
    options,
)
from albergues_app.formats.official.common import SOSEP, encabezado, firmas
from albergues_app.formats.official.common_lugar import TURNO, interno
from albergues_app.formats.official.common_sitio import COUNT_RULES, actor, band_rules, bands, count

_DIFIEREN = Not(
    Every((NotAfter("conteo_nominal", "conteo_fisico"), NotAfter("conteo_fisico", "conteo_nominal")))
)

FUENTE = (
    Option("conteo_fisico", "Conteo físico"),
    Option("registro_nominal", "Registro con nombres", aliases=("registro nominal",)),
    Option("estimacion", "Estimación"),
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
            hint="La hora del conteo: 06:00 o 18:00. De noche: al cerrar la entrada y a la salida.",
            example="20/11/2026 18:00",
            hxl="#date+reported",
        ),
        interno(
            name="turno",
            label="Turno",
            type=Choice(options=TURNO, width=7),
            required=Mark.R,
        ),
        actor("administrador", "Administrador o administradora", Mark.R, width=8),
        interno(
            name="fuente",
            label="Cómo se contó",
            type=Choice(options=FUENTE, width=24),
            required=Mark.R,
            quick=True,
            hint="Conteo físico: persona por persona.",
            hxl="#meta+source",
        ),
    ),
)

_OCUPACION = Seccion(
    code="ocupacion",
    title="Cuántas personas hay",
    hint="0 si no hay; en blanco si no se sabe.",
    campos=(
        count(
            "personas",
            "Personas",
            Mark.R,
            width=3,
            quick=True,
            hint="Todas, de cualquier edad, también quien salió y vuelve hoy.",
            example="58",
            hxl="#affected+sheltered",
        ),
        count("familias", "Familias", Mark.R, width=3, example="12", hxl="#affected+sheltered+hh"),
        count(
            "mujeres", "Mujeres", Mark.R, width=3, hint="De todas las edades.", hxl="#affected+sheltered+f"
        ),
        count(
            "hombres", "Hombres", Mark.R, width=3, hint="De todas las edades.", hxl="#affected+sheltered+m"
        ),
        count("no_registrado", "Sexo sin dato", width=3),
        count("pernoctaron", "Pernoctaron", width=3, hint="Durmieron anoche aquí."),
        count("presentes_dia", "Presentes de día", width=3),
    ),
)

_EDADES = Seccion(
    code="edades",
    title="Mujeres y hombres por edad",
    hint="Cada línea suma el total de mujeres o de hombres.",
    campos=bands(Mark.S),
)

_GRUPOS = Seccion(
    code="grupos",
    title="Grupos: cuántas personas son",
    hint="Solo el número. Una persona puede estar en varios grupos.",
    campos=(
        count("embarazadas", "Embarazadas", Mark.S, hxl="#affected+sheltered+pregnant"),
        count(
            "lactantes",
            "Madres lactantes",
            Mark.S,
            hint="Mujeres que dan pecho.",
            hxl="#affected+sheltered+lactating",
        ),
        count("adultos_mayores", "60 años o más", Mark.S, hxl="#affected+sheltered+elderly"),
        count("con_discapacidad", "Con discapacidad", Mark.S, hxl="#affected+sheltered+disabled"),
        Campo(
            name="enfermos_cronicos",
            label="Enfermedad crónica",
            type=Whole(maximum=100_000, width=4),
            required=Mark.S,
            level=Level.N3,
            sensitive=True,
            hint="Cuántas personas. Sin nombres ni enfermedades.",
            hxl="#affected+sheltered+chronic",
        ),
        count("extranjeros", "Extranjeros", Mark.S),
        Campo(
            name="nna_no_acompanados",
            label="Menores de 18 años sin su familia",
            type=Whole(maximum=100_000, width=6),
            required=Mark.S,
            gate=False,
            level=Level.N4,
            sensitive=True,
            hint="Lo anota solo protección.",
            hxl="#affected+sheltered+unaccompanied",
        ),
    ),
)

_MOVIMIENTOS = Seccion(
    code="movimientos",
    title="Movimientos desde el parte anterior (24 horas)",
    hint="Los propone el sistema. Si los cambia, escriba por qué.",
    campos=(
        count("personas_anterior", "Había (parte anterior)", width=4),
        count("ingresos", "Ingresos", width=3),
        count("egresos", "Egresos", width=3),
        count("traslados_entran", "Traslados: entran", width=4),
        count("traslados_salen", "Traslados: salen", width=4),
        count("nacimientos", "Nacimientos", width=3),
        count("fallecimientos", "Fallecimientos", width=3),
        interno(
            name="movimientos_motivo",
            label="Por qué se cambió lo propuesto",
            type=Text(max_length=300, width=12),
        ),
        interno(name="nota", label="Nota", type=LongText(max_length=500, lines=1, width=12)),
    ),
)

_SERVICIOS = Seccion(
    code="servicios",
    title="Servicios en las últimas 24 horas",
    campos=(
        interno(
            name="agua_litros",
            label="Agua recibida, en litros",
            type=Whole(maximum=100_000_000, width=5),
            hint="Un camión cisterna trae de 8,000 a 10,000 litros.",
        ),
        count("inodoros_mujeres", "Inodoros de mujeres que sirven", width=5),
        count("inodoros_hombres", "Inodoros de hombres que sirven", width=5),
        count("duchas", "Duchas que sirven", width=4),
        interno(
            name="energia_horas",
            label="Energía, en horas",
            type=Decimal(maximum=24, places=1, width=5),
            hint="De 0 a 24.",
        ),
        count("raciones_desayuno", "Raciones: desayuno"),
        count("raciones_almuerzo", "Raciones: almuerzo"),
        count("raciones_cena", "Raciones: cena"),
        interno(name="basura_retirada", label="¿Se retiró la basura?", type=YesNo(width=5)),
        count("consultas_medicas", "Atención médica: consultas", width=6, hint="Solo el número."),
        interno(
            name="seguridad",
            label="Seguridad presente",
            type=MultiChoice(
                options=options(
                    ("pnc", "PNC"),
                    ("ejercito", "Ejército"),
                    Option("comite", "Comité de seguridad", "Comité"),
                    "otro",
                ),
                width=24,
            ),
        ),
    ),
)

_NOVEDADES = Seccion(
    code="novedades",
    title="Novedades y cuadre",
    campos=(
        interno(
            name="incidentes",
            label="Incidentes",
            type=LongText(lines=2, width=14),
            hint="Sin nombres ni datos de salud o protección; eso va en su propia hoja.",
        ),
        interno(name="visitas", label="Visitas", type=LongText(max_length=500, lines=2, width=10)),
        count("conteo_nominal", "Conteo por nombres", hint="Presentes según el registro."),
        count("conteo_fisico", "Conteo físico", hint="Contadas una por una."),
        interno(
            name="diferencia",
            label="Diferencia",
            type=Whole(minimum=-100_000, maximum=100_000, width=4),
            auto=True,
            hint="Nombres menos físico; la saca el sistema.",
        ),
        interno(
            name="diferencia_explicacion",
            label="Explicación de la diferencia",
            type=Text(max_length=300, width=12),
            required=Mark.C,
            required_when=_DIFIEREN,
            required_text="si los dos conteos no son iguales",
            asked_when=_DIFIEREN,
            example="3 personas con salida temporal",
        ),
    ),
)

_NECESIDADES = Repetible(
    name="necesidades",
    title="Necesidades urgentes",
    singular="necesidad",
    max_rows=60,
    paper_rows=3,
    hint="Qué falta, cuánto y para cuándo.",
    campos=(
        interno(name="articulo", label="Qué falta", type=Text(), paper_width=10, required=Mark.R),
        interno(name="cantidad", label="Cantidad", type=Decimal(width=3), paper_width=4, required=Mark.R),
        interno(
            name="unidad", label="Unidad", type=Text(max_length=40), paper_width=4, example="colchonetas"
        ),
        interno(
            name="plazo",
            label="Para cuándo",
            type=Date(future=True),
            paper_width=6,
            example="21/11/2026",
        ),
    ),
)


_GRUPO_DE_MAS = tuple(
    Rule(
        code="grupo_de_mas",
        campo=name,
        message="El grupo tiene más personas que el albergue. Revise los números.",
        holds=NotAfter(name, "personas"),
    )
    for name in (
        "lactantes",
        "adultos_mayores",
        "con_discapacidad",
        "enfermos_cronicos",
        "extranjeros",
        "nna_no_acompanados",
        "embarazadas",
    )
)

PARTE_DIARIO_V1 = Formato(
    code="parte_diario",
    version=1,
    title="Parte diario de ocupación",
    issuer=SOSEP,
    source="Partes de albergue de la región y datos abiertos de Noto 2024; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Administrador o administradora del albergue",
    when_filled="A las 06:00 y a las 18:00",
    purpose="Decir cuántas personas hay en el corte, y qué servicios y necesidades.",
    moment="operacion",
    record="parte",
    order=80,
    secciones=(
        encabezado(),
        _CORTE,
        _OCUPACION,
        _EDADES,
        _GRUPOS,
        _MOVIMIENTOS,
        _SERVICIOS,
        _NOVEDADES,
        _NECESIDADES,
        firmas(registrador="Quién contó", supervisor=False),
    ),
    rules=(
        *COUNT_RULES,
        *band_rules(),
        *_GRUPO_DE_MAS,
        Warn(
            code="embarazadas_de_mas",
            campo="embarazadas",
            message="Hay más embarazadas que mujeres. Revise los números.",
            holds=NotAfter("embarazadas", "mujeres"),
        ),
        Warn(
            code="mayores_distintos",
            campo="adultos_mayores",
            message="No es igual a las mujeres y hombres de 60 años o más. Revise los números.",
            holds=AddUp(("mujeres_60_mas", "hombres_60_mas"), "adultos_mayores"),
        ),
        Warn(
            code="movimientos_no_cuadran",
            campo="personas",
            message="Lo que había, más lo que entró, menos lo que salió, no da las personas. Revise.",
            holds=AddUp(
                ("personas_anterior", "ingresos", "traslados_entran", "nacimientos"),
                "personas",
                minus=("egresos", "traslados_salen", "fallecimientos"),
                zero_if_blank=("traslados_entran", "traslados_salen", "nacimientos", "fallecimientos"),
            ),
        ),
    ),
    notice="El primer parte puede llevar solo la hora, cómo se contó y las personas.",
    calculos=(Difference(campo="diferencia", first="conteo_nominal", second="conteo_fisico"),),
    signatures=("Quién contó", "Administrador o administradora"),
)
