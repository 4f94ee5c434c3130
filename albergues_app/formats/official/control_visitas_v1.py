"""Control de visitas, edition 1: who comes in without staying."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Campo,
    Choice,
    Formato,
    In,
    Level,
    Mark,
    Not,
    NotAfter,
    Option,
    PersonName,
    Repetible,
    Seccion,
    Text,
    Time,
    Warn,
    YesNo,
    options,
)
from albergues_app.formats.official.common import SOSEP, encabezado, firmas
from albergues_app.formats.official.common_operacion import fecha

_PRENSA = In("motivo", ("prensa",))

_VISITAS = Repetible(
    name="visitas",
    title="Visitas",
    singular="visita",
    min_rows=1,
    max_rows=1000,
    paper_rows=13,
    hint="Nadie pasa a los dormitorios sin permiso de la familia.",
    campos=(
        Campo(
            name="hora_entrada",
            label="Hora de entrada",
            short="Entra",
            paper_width=2,
            type=Time(),
            required=Mark.R,
            quick=True,
            level=Level.N1,
            example="14:30",
        ),
        Campo(
            name="nombre",
            label="Nombre de quien visita",
            short="Nombre",
            paper_width=6,
            type=PersonName(),
            required=Mark.R,
            quick=True,
            sensitive=True,
        ),
        Campo(
            name="dpi",
            label="DPI",
            paper_width=4,
            type=Text(max_length=30),
            sensitive=True,
            hint="No es obligatorio.",
        ),
        Campo(name="institucion", label="Institución", paper_width=4, type=Text(), level=Level.N1),
        Campo(
            name="motivo",
            label="Motivo",
            paper_width=3,
            type=Choice(
                options=options(
                    ("familiar", "Familiar"),
                    Option("donacion", "Donación"),
                    ("prensa", "Prensa"),
                    Option("institucion", "Institución", "Institución"),
                    ("voluntariado", "Voluntariado"),
                    ("religiosa", "Religiosa"),
                    "otro",
                ),
                code_on_paper=True,
            ),
            required=Mark.R,
            level=Level.N1,
        ),
        Campo(
            name="visita_a",
            label="A quién o qué visita",
            paper_width=5,
            type=Text(),
            required=Mark.R,
            sensitive=True,
            hint="Persona, familia, comité o lugar del albergue.",
        ),
        Campo(
            name="hora_salida",
            label="Hora de salida",
            short="Sale",
            paper_width=2,
            type=Time(),
            required=Mark.S,
            level=Level.N1,
        ),
        Campo(
            name="autorizo",
            label="Quién autorizó",
            paper_width=6,
            type=PersonName(),
            required=Mark.R,
            level=Level.N1,
        ),
        Campo(
            name="vehiculo", label="Vehículo (placa)", paper_width=4, type=Text(max_length=30), sensitive=True
        ),
        Campo(
            name="prensa_autorizacion",
            label="Prensa: quién dio la autorización escrita",
            short="Prensa: autorización de",
            paper_width=6,
            type=Text(),
            required=Mark.C,
            required_when=_PRENSA,
            required_text="si es prensa",
            asked_when=_PRENSA,
            level=Level.N1,
        ),
        Campo(
            name="prensa_sin_fotos_nna",
            label="Prensa: ¿se le dijo que no hay fotos de menores de 18?",
            short="Prensa: sin fotos de < 18",
            paper_width=6,
            type=YesNo(),
            required=Mark.C,
            required_when=_PRENSA,
            required_text="si es prensa",
            asked_when=_PRENSA,
            level=Level.N1,
        ),
    ),
    rules=(
        Warn(
            code="sale_antes",
            campo="hora_salida",
            message="Sale antes de entrar. Si se quedó la noche, no es visita. Revise las horas.",
            holds=NotAfter("hora_entrada", "hora_salida"),
        ),
        Warn(
            code="prensa_sin_aviso",
            campo="prensa_sin_fotos_nna",
            message="No se permiten fotos de menores de 18 años. Dígaselo antes de que pase.",
            holds=Not(In("prensa_sin_fotos_nna", (False,))),
        ),
    ),
)

CONTROL_VISITAS_V1 = Formato(
    code="control_visitas",
    version=1,
    title="Control de visitas",
    issuer=SOSEP,
    source="Práctica común de albergues; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Comité de seguridad",
    when_filled="En cada visita",
    purpose="Saber quién entra y sale sin quedarse, y cuidar a las personas albergadas.",
    moment="operacion",
    landscape=True,
    record="hoja",
    order=190,
    secciones=(
        encabezado(),
        Seccion(
            code="dia",
            title="El día",
            campos=(
                fecha("Fecha"),
                Campo(name="puerta", label="Puerta o lugar", type=Text(width=18), level=Level.N1),
            ),
        ),
        _VISITAS,
        firmas(),
    ),
    notice="Prensa: solo con autorización y sin fotos de niñas, niños ni adolescentes.",
    signatures=("Comité de seguridad", "Supervisor o supervisora"),
)
