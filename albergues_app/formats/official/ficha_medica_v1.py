"""Ficha médica, edition 1: screening and care. Only counts by syndrome leave it; nothing stands at the gate."""

from __future__ import annotations

import datetime as dt
from typing import Any

from albergues_app.formats.engine import (
    AgeBetween,
    Area,
    Campo,
    Choice,
    Date,
    Decimal,
    Every,
    FieldType,
    Formato,
    In,
    Level,
    LongText,
    Mark,
    MultiChoice,
    Not,
    NotAfter,
    Option,
    PersonName,
    Rule,
    Seccion,
    Some,
    Text,
    Warn,
    Whole,
    YesNo,
    options,
)
from albergues_app.formats.official.common import SOSEP, encabezado
from albergues_app.formats.official.common_operacion import (
    SIN_NOMBRE,
    apart,
    cierre,
    cui_aparte,
    ocurrido,
    persona_aparte,
)

_MUJER_FERTIL = Every((In("sexo", ("mujer",)), AgeBetween(10, 54)))
_EMBARAZADA = In("embarazo", (True,))
_CONTAGIOSO = In("sintomas", ("fiebre", "tos", "diarrea", "exantema"))


def _salud(name: str, label: str, type_: FieldType, **more: Any) -> Campo:
    return apart(name, label, type_, Level.N3, **more)


_PERSONA = Seccion(
    code="persona",
    title="Persona atendida",
    campos=(
        ocurrido("Fecha y hora de la atención", "La hora en que la atendieron, aunque se anote después."),
        *persona_aparte(Level.N3),
        cui_aparte(Level.N3),
        _salud(
            "senias",
            "Señas, si no se sabe el nombre",
            Text(max_length=200, width=14),
            required=Mark.C,
            required_when=SIN_NOMBRE,
            required_text="si el nombre es N/N",
            asked_when=SIN_NOMBRE,
        ),
    ),
)

_SIGNOS = Seccion(
    code="signos",
    title="Signos",
    hint="Lo que se pueda medir.",
    campos=(
        _salud("temperatura", "Temperatura (°C)", Decimal(minimum=20, maximum=50, places=1, width=4)),
        _salud("presion_sistolica", "Presión sistólica", Whole(minimum=20, maximum=350, width=4)),
        _salud("presion_diastolica", "Presión diastólica", Whole(minimum=10, maximum=250, width=4)),
        _salud("frecuencia_cardiaca", "Pulso por minuto", Whole(maximum=400, width=4)),
        _salud("saturacion", "Oxígeno (%)", Whole(maximum=100, width=4), hint="Saturación con oxímetro."),
        _salud("peso", "Peso (kg)", Decimal(maximum=500, places=2, width=4)),
        _salud("talla", "Talla (cm)", Decimal(maximum=260, places=1, width=4)),
        _salud(
            "perimetro_braquial",
            "Brazo, MUAC (cm)",
            Decimal(maximum=60, places=1, width=4),
            asked_when=AgeBetween(0, 4),
            hint="En niños y niñas de 6 a 59 meses.",
        ),
    ),
)

_HISTORIA = Seccion(
    code="historia",
    title="Lo que siente y lo que ya tenía",
    campos=(
        _salud(
            "sintomas",
            "Síntomas",
            MultiChoice(
                options=options(
                    Option("ninguno", "Ninguno", aliases=("sin síntomas",)),
                    ("fiebre", "Fiebre"),
                    ("tos", "Tos"),
                    Option("dificultad_respirar", "Dificultad para respirar"),
                    ("diarrea", "Diarrea"),
                    ("vomito", "Vómitos"),
                    ("exantema", "Manchas en la piel"),
                    ("herida", "Herida"),
                    ("dolor", "Dolor"),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.R,
            quick=True,
            hint="Si viene solo a revisión, marque Ninguno.",
        ),
        _salud(
            "enfermedad_cronica",
            "Enfermedad crónica",
            MultiChoice(
                options=options(
                    ("diabetes", "Diabetes"),
                    ("hipertension", "Hipertensión"),
                    ("asma_epoc", "Asma o EPOC"),
                    ("cardiaca", "Del corazón"),
                    ("renal", "De los riñones"),
                    ("epilepsia", "Epilepsia"),
                    ("cancer", "Cáncer"),
                    Option("vih", "VIH", gate=False),
                    Option("salud_mental", "Salud mental", gate=False),
                    "otro",
                ),
                width=24,
            ),
            hint="VIH y salud mental solo los lee el personal de salud.",
        ),
        _salud("medicamento", "Medicamento y dosis", Text(max_length=200, width=17)),
        _salud(
            "ultimo_dia_medicina",
            "Último día con medicina",
            Date(future=True),
            hint="El día en que se le acaba lo que trae.",
        ),
        _salud("alergias", "Alergias", Text(max_length=200, width=12)),
        _salud("vacunas", "Vacunas que le faltan o se le pusieron", Text(max_length=300, width=12)),
    ),
)

_EMBARAZO = Seccion(
    code="gestacion",
    title="Embarazo",
    hint="Mujeres de 10 a 54 años.",
    campos=(
        _salud(
            "embarazo",
            "¿Está embarazada?",
            YesNo(width=10),
            required=Mark.C,
            required_when=_MUJER_FERTIL,
            required_text="si es mujer de 10 a 54 años",
            asked_when=_MUJER_FERTIL,
            unknown=True,
        ),
        _salud(
            "embarazo_semanas",
            "Semanas",
            Whole(minimum=1, maximum=43, width=4),
            required=Mark.C,
            required_when=_EMBARAZADA,
            required_text="si está embarazada",
            asked_when=_EMBARAZADA,
            unknown=True,
        ),
        _salud(
            "embarazo_controles",
            "Controles que lleva",
            Whole(maximum=40, width=5),
            required=Mark.C,
            required_when=_EMBARAZADA,
            required_text="si está embarazada",
            asked_when=_EMBARAZADA,
            unknown=True,
        ),
        _salud(
            "embarazo_peligro",
            "Señales de peligro",
            MultiChoice(
                options=options(
                    ("ninguna", "Ninguna"),
                    ("sangrado", "Sangrado"),
                    Option("dolor_cabeza", "Dolor fuerte de cabeza o ve borroso"),
                    Option("hinchazon", "Hinchazón de cara o manos"),
                    ("convulsiones", "Convulsiones"),
                    ("fiebre", "Fiebre"),
                    Option("liquido", "Salida de líquido"),
                    Option("no_se_mueve", "El bebé no se mueve"),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.C,
            required_when=_EMBARAZADA,
            required_text="si está embarazada",
            asked_when=_EMBARAZADA,
            hint="Con una sola, refiérala de inmediato.",
        ),
    ),
)

_ATENCION = Seccion(
    code="atencion",
    title="Atención",
    campos=(
        _salud("diagnostico", "Impresión clínica", LongText(lines=2, max_length=1000)),
        _salud("tratamiento", "Tratamiento", LongText(lines=2, max_length=1000)),
        _salud("aislamiento", "¿Necesita aislamiento?", YesNo(width=8)),
        _salud(
            "aislamiento_desde",
            "Aislamiento desde",
            Date(),
            required=Mark.C,
            required_when=In("aislamiento", (True,)),
            required_text="si necesita aislamiento",
            asked_when=In("aislamiento", (True,)),
        ),
        _salud("proxima_visita", "Próxima visita", Date(future=True)),
        _salud("referido", "¿Se refiere a otro lugar?", YesNo(width=6)),
        _salud(
            "referido_a",
            "Referido a",
            Choice(
                options=options(
                    Option("puesto", "Puesto de salud", aliases=("puesto",)),
                    Option("cap", "CAP o centro de salud", "CAP", aliases=("centro de salud",)),
                    ("hospital", "Hospital"),
                    ("igss", "IGSS"),
                    "otro",
                ),
                width=18,
            ),
            required=Mark.C,
            required_when=In("referido", (True,)),
            required_text="si se refiere",
            asked_when=In("referido", (True,)),
            hint="Llene también la hoja de referencia.",
        ),
    ),
)

_PROFESIONAL = cierre(
    _salud("profesional", "Profesional que atiende", PersonName(width=10), required=Mark.R),
    _salud("colegiado", "Colegiado (si tiene)", Text(max_length=20, width=6)),
    title="Quién atiende",
)

FICHA_MEDICA_V1 = Formato(
    code="ficha_medica",
    version=1,
    title="Ficha médica y tamizaje",
    issuer=SOSEP,
    source="Atención de salud en albergues (MSPAS, 2018) y práctica clínica general; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Personal de salud del MSPAS",
    when_filled="Al ingreso y en cada consulta",
    purpose="Detectar a tiempo enfermedades y embarazos con riesgo, y dejar constancia de la atención.",
    moment="operacion",
    area=Area.SALUD,
    record="ficha",
    order=100,
    secciones=(encabezado(), _PERSONA, _SIGNOS, _HISTORIA, _EMBARAZO, _ATENCION, _PROFESIONAL),
    rules=(
        Warn(
            code="sintomas_contradicen",
            campo="sintomas",
            message="Marcó Ninguno y también un síntoma. Deje lo correcto.",
            holds=Not(
                Every(
                    (
                        In("sintomas", ("ninguno",)),
                        Some(
                            (
                                _CONTAGIOSO,
                                In(
                                    "sintomas",
                                    ("dificultad_respirar", "vomito", "herida", "dolor", "otro"),
                                ),
                            )
                        ),
                    )
                )
            ),
        ),
        Warn(
            code="presion_al_reves",
            campo="presion_diastolica",
            message="La presión diastólica es mayor que la sistólica. Revise los dos números.",
            holds=NotAfter("presion_diastolica", "presion_sistolica"),
        ),
        Warn(
            code="embarazo_en_hombre",
            campo="embarazo",
            message="Marcó embarazo en una persona anotada como hombre. Revise el sexo.",
            holds=Not(Every((_EMBARAZADA, In("sexo", ("hombre",))))),
        ),
        Warn(
            code="peligro_sin_referir",
            campo="referido",
            message="Hay señales de peligro en el embarazo y no se refirió. Refiérala de inmediato.",
            holds=Not(
                Every(
                    (
                        In(
                            "embarazo_peligro",
                            (
                                "sangrado",
                                "dolor_cabeza",
                                "hinchazon",
                                "convulsiones",
                                "fiebre",
                                "liquido",
                                "no_se_mueve",
                                "otro",
                            ),
                        ),
                        Not(In("referido", (True,))),
                    )
                )
            ),
        ),
        Warn(
            code="contagio_sin_decidir",
            campo="aislamiento",
            message="Hay síntomas que pueden contagiar. Anote si necesita aislamiento.",
            holds=Not(Every((_CONTAGIOSO, Not(In("aislamiento", (True, False)))))),
            modes=("completo", "firma"),
        ),
        Rule(
            code="aislamiento_despues",
            campo="aislamiento_desde",
            message="El aislamiento empieza después de esta atención. Revise la fecha.",
            holds=NotAfter("aislamiento_desde", "ocurrido_en"),
        ),
    ),
    notice="Secreto profesional. De esta ficha solo salen conteos por síntoma. Ante enfermedad que contagia, "
    "la persona acepta el tratamiento o aislamiento que indique el MSPAS.",
    signatures=("Profesional de salud: firma y sello", "Persona atendida o encargada: firma o huella"),
)
