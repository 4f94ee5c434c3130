"""The health fields of the ficha de persona, edition 1. None of them stands at the gate (``gate=False``).

HIV and mental health are not here at all: they belong to the ficha médica and its role.
"""

from __future__ import annotations

from albergues_app.formats.engine import (
    AgeBetween,
    Campo,
    Choice,
    Date,
    Every,
    In,
    Level,
    Mark,
    MultiChoice,
    Option,
    Text,
    Whole,
    YesNo,
    options,
)

_MUJER_FERTIL = Every((In("sexo", ("mujer",)), AgeBetween(10, 54)))
_DIFICULTAD = (
    Option("ninguna", "Ninguna dificultad", "Ninguna"),
    Option("alguna", "Alguna dificultad", "Alguna"),
    Option("mucha", "Mucha dificultad", "Mucha"),
    Option("no_puede", "No puede", "No puede"),
)

SALUD_CAMPOS = (
    Campo(
        name="discapacidad",
        label="¿Vive con una discapacidad?",
        type=YesNo(),
        gate=False,
        sensitive=True,
        level=Level.N3,
        unknown=True,
    ),
    Campo(
        name="discapacidad_tipo",
        label="Tipo de discapacidad",
        type=MultiChoice(
            options=options(
                ("fisica", "Física"),
                ("visual", "Visual"),
                ("auditiva", "Auditiva"),
                ("intelectual", "Intelectual"),
                ("psicosocial", "Psicosocial"),
                "otro",
            ),
        ),
        asked_when=In("discapacidad", (True,)),
        gate=False,
        sensitive=True,
        level=Level.N3,
    ),
    *(
        Campo(
            name=f"dificultad_{code}",
            label=f"¿Dificultad para {label}?",
            type=Choice(options=_DIFICULTAD, width=12),
            gate=False,
            sensitive=True,
            level=Level.N3,
            unknown=True,
        )
        for code, label in (
            ("ver", "ver, aun con lentes"),
            ("oir", "oír, aun con audífono"),
            ("caminar", "caminar o subir gradas"),
            ("recordar", "recordar o concentrarse"),
            ("cuidarse", "bañarse o vestirse"),
            ("comunicarse", "comunicarse o entender"),
        )
    ),
    Campo(
        name="embarazo",
        label="¿Está embarazada?",
        type=YesNo(),
        required=Mark.C,
        required_when=_MUJER_FERTIL,
        required_text="si es mujer de 10 a 54 años",
        asked_when=_MUJER_FERTIL,
        gate=False,
        sensitive=True,
        level=Level.N3,
        unknown=True,
    ),
    Campo(
        name="embarazo_semanas",
        label="Semanas de embarazo",
        type=Whole(minimum=1, maximum=43, width=4),
        asked_when=In("embarazo", (True,)),
        gate=False,
        sensitive=True,
        level=Level.N3,
        unknown=True,
    ),
    Campo(
        name="parto_probable",
        label="Fecha probable de parto",
        type=Date(future=True),
        asked_when=In("embarazo", (True,)),
        gate=False,
        sensitive=True,
        level=Level.N3,
        unknown=True,
    ),
    Campo(
        name="lactancia",
        label="¿Da de mamar?",
        type=YesNo(),
        asked_when=_MUJER_FERTIL,
        gate=False,
        sensitive=True,
        level=Level.N3,
        unknown=True,
    ),
    Campo(
        name="enfermedad_cronica",
        label="Enfermedad crónica",
        type=MultiChoice(
            options=options(
                ("diabetes", "Diabetes"),
                ("hipertension", "Hipertensión"),
                ("asma_epoc", "Asma o EPOC"),
                ("cardiaca", "Del corazón"),
                ("renal", "De los riñones"),
                ("epilepsia", "Epilepsia"),
                ("cancer", "Cáncer"),
                "otro",
            ),
        ),
        gate=False,
        sensitive=True,
        level=Level.N3,
    ),
    Campo(
        name="medicamento",
        label="Medicamento y dosis",
        type=Text(max_length=200, width=14),
        gate=False,
        sensitive=True,
        level=Level.N3,
    ),
    Campo(
        name="ultimo_dia_medicina",
        label="Último día con medicina",
        type=Date(future=True),
        gate=False,
        sensitive=True,
        level=Level.N3,
        hint="El día en que se le acaba lo que trae.",
    ),
    Campo(
        name="alergias",
        label="Alergias",
        type=Text(max_length=200, width=24),
        gate=False,
        sensitive=True,
        level=Level.N3,
    ),
    Campo(
        name="sintomas",
        label="Síntomas al ingreso",
        type=MultiChoice(
            options=options(
                ("fiebre", "Fiebre"),
                ("tos", "Tos"),
                ("diarrea", "Diarrea"),
                ("exantema", "Manchas en la piel"),
                ("herida", "Herida"),
                "otro",
            ),
        ),
        gate=False,
        sensitive=True,
        level=Level.N3,
    ),
)
