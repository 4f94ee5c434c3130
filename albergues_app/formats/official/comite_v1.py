"""Comité, edition 1: one committee of residents and its members."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Campo,
    Choice,
    Date,
    Formato,
    In,
    Level,
    LongText,
    Mark,
    NotAfter,
    Option,
    PersonName,
    Phone,
    Repetible,
    RowsAre,
    Rule,
    Seccion,
    Text,
    Warn,
    options,
)
from albergues_app.formats.official.common import SEXO, SOSEP, encabezado, firmas
from albergues_app.formats.official.common_operacion import COMITE, fecha

_COMITE = Seccion(
    code="comite",
    title="El comité",
    campos=(
        Campo(
            name="comite",
            label="Comité",
            type=Choice(options=COMITE, width=24),
            required=Mark.R,
            quick=True,
            level=Level.N0,
        ),
        fecha("Fecha en que se formó", name="fecha_formacion"),
        Campo(
            name="tareas",
            label="Tareas acordadas",
            type=LongText(lines=1, max_length=800, width=18),
            level=Level.N1,
        ),
    ),
)

_MIEMBROS = Repetible(
    name="miembros",
    title="Integrantes",
    singular="integrante",
    min_rows=1,
    max_rows=60,
    paper_rows=8,
    hint="Procure que al menos la mitad sean mujeres. No se borra a quien sale: se anota hasta cuándo.",
    campos=(
        Campo(
            name="persona",
            label="Nombre",
            paper_width=8,
            type=PersonName(),
            required=Mark.R,
            quick=True,
            sensitive=True,
        ),
        Campo(
            name="sexo",
            label="Sexo",
            paper_width=4,
            type=Choice(options=SEXO),
            required=Mark.R,
            level=Level.N1,
            hxl="#beneficiary+sex",
        ),
        Campo(
            name="cargo",
            label="Cargo",
            paper_width=8,
            type=Choice(
                options=options(
                    Option(
                        "coordinador",
                        "Coordinador o coordinadora",
                        "Coord.",
                        aliases=("coordinador", "coordinadora"),
                    ),
                    Option("secretario", "Secretario o secretaria", "Secr.", aliases=("secretaria",)),
                    ("vocal", "Vocal"),
                    "otro",
                ),
            ),
            required=Mark.R,
            level=Level.N1,
        ),
        Campo(
            name="codigo_familia",
            label="Código de su familia",
            short="Código",
            paper_width=4,
            type=Text(max_length=20),
            example="QK7-4M2",
        ),
        Campo(name="telefono", label="Teléfono", paper_width=6, type=Phone(), sensitive=True),
        Campo(name="desde", label="Desde", paper_width=6, type=Date(), required=Mark.R, level=Level.N1),
        Campo(name="hasta", label="Hasta", paper_width=6, type=Date(future=True), level=Level.N1),
        Campo(
            name="observaciones",
            label="Observaciones",
            paper_width=6,
            type=Text(max_length=200),
            level=Level.N1,
        ),
    ),
    rules=(
        Rule(
            code="hasta_antes",
            campo="hasta",
            message="«Hasta» es antes que «desde». Revise las fechas.",
            holds=NotAfter("desde", "hasta"),
        ),
    ),
)

COMITE_V1 = Formato(
    code="comite",
    version=1,
    title="Comité del albergue",
    issuer=SOSEP,
    source="Comisiones de albergues (2011) y guía de albergues (SV); código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Asamblea del albergue, con su administrador o administradora",
    when_filled="En las primeras 48 horas y en cada cambio",
    purpose="Saber quién integra cada comité y desde cuándo.",
    moment="apertura",
    record="comité",
    order=220,
    secciones=(encabezado(), _COMITE, _MIEMBROS, firmas(supervisor=False)),
    rules=(
        Warn(
            code="sin_coordinacion",
            campo="miembros",
            message="Marque quién coordina: una sola persona.",
            holds=RowsAre("miembros", minimum=1, maximum=1, where=In("cargo", ("coordinador",))),
            modes=("completo", "firma"),
        ),
        Warn(
            code="sin_mujeres",
            campo="miembros",
            message="No hay mujeres en el comité. Invítelas: deben ser al menos la mitad.",
            holds=RowsAre("miembros", minimum=1, where=In("sexo", ("mujer",))),
            modes=("completo", "firma"),
        ),
    ),
    notice="Participar es voluntario y no se paga con ayuda.",
    signatures=("Coordinador o coordinadora", "Administrador o administradora"),
)
