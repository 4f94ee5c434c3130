"""Normas de convivencia, edition 1: the norms that an assembly approved, and who was told of them."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Campo,
    Choice,
    CountByKind,
    Formato,
    Level,
    Mark,
    MultiChoice,
    Option,
    PersonName,
    Repetible,
    RowsAre,
    Seccion,
    Text,
    Warn,
    options,
)
from albergues_app.formats.official.common import IDIOMA, SOSEP, encabezado, firmas
from albergues_app.formats.official.common_operacion import fecha, firma

_ASAMBLEA = Seccion(
    code="asamblea",
    title="La asamblea",
    campos=(
        fecha("Fecha en que se aprobaron", name="fecha_aprobacion"),
        Campo(
            name="version_normas",
            label="Versión",
            type=Text(max_length=20, width=4),
            required=Mark.R,
            level=Level.N0,
            example="1",
            hint="1 la primera vez; súbala en cada cambio.",
        ),
        Campo(
            name="idioma",
            label="Idioma de este texto",
            type=Choice(options=IDIOMA, width=6, code_on_paper=True),
            required=Mark.R,
            level=Level.N0,
            hint="Una hoja por idioma.",
        ),
        Campo(
            name="asistentes",
            label="Asistentes",
            type=CountByKind(
                options=options(("mujeres", "Mujeres"), ("hombres", "Hombres")), maximum=10_000, width=8
            ),
            level=Level.N0,
        ),
        Campo(
            name="medios",
            label="Cómo se dieron a conocer",
            type=MultiChoice(
                options=options(
                    Option("leidas", "Leídas en voz alta"),
                    Option("impresas", "Impresas en la pared"),
                    Option("audio", "Audio"),
                    Option("pictogramas", "Dibujos (pictogramas)"),
                    "otro",
                ),
                width=24,
            ),
            level=Level.N0,
        ),
    ),
)

_NORMAS = Repetible(
    name="normas",
    title="Las normas",
    singular="norma",
    min_rows=1,
    max_rows=60,
    paper_rows=14,
    hint="Una norma por línea, con palabras sencillas. Ninguna norma quita derechos ni comida.",
    campos=(
        Campo(
            name="tema",
            label="Tema",
            paper_width=4,
            type=Choice(
                options=options(
                    Option("medidas_sanitarias", "Medidas de salud y aislamiento", "Salud"),
                    Option("prioridad", "Primero niñez, embarazadas y mayores", "Prioridad"),
                    ("vestimenta", "Vestimenta"),
                    Option("higiene", "Higiene personal y limpieza", "Higiene"),
                    Option("tareas", "Ayuda en tareas comunes", "Tareas"),
                    Option("tiempo_servicios", "Tiempo en duchas, baños y cocina", "Tiempo"),
                    Option("alcohol_drogas", "Sin alcohol ni drogas", "Alcohol"),
                    Option("armas", "Sin armas", "Armas"),
                    Option("no_violencia", "Cooperación, tolerancia y no violencia", "Violencia"),
                    Option("autoridad", "Respeto a PNC y Ejército", "Autoridad"),
                    Option("clinica", "Uso de la clínica de 24 horas", "Clínica"),
                    "otro",
                ),
                code_on_paper=True,
            ),
            level=Level.N0,
        ),
        Campo(
            name="texto",
            label="Norma",
            paper_width=20,
            type=Text(max_length=400),
            required=Mark.R,
            quick=True,
            level=Level.N0,
            example="Quien cocina se lava las manos.",
        ),
    ),
)

_ACUSES = Repetible(
    name="acuses",
    title="Familias enteradas",
    singular="familia",
    max_rows=1000,
    paper_rows=29,
    hint="Una línea por familia. Firmar dice que las conoce; no es condición para quedarse.",
    campos=(
        Campo(
            name="codigo_familia",
            label="Código de la familia",
            short="Código",
            paper_width=3,
            type=Text(max_length=20),
            example="QK7-4M2",
        ),
        Campo(
            name="nombre",
            label="Quién se entera por la familia",
            short="Nombre",
            paper_width=9,
            type=PersonName(),
            required=Mark.R,
            satisfied_by=("codigo_familia",),
            sensitive=True,
        ),
        fecha("Fecha", paper_width=5),
        firma("acuse_firma", paper_width=7),
    ),
)

NORMAS_CONVIVENCIA_V1 = Formato(
    code="normas_convivencia",
    version=1,
    title="Normas de convivencia",
    issuer=SOSEP,
    source="Temas de las normas publicadas por SOSEP en 2018; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Asamblea del albergue, con su administrador o administradora",
    when_filled="El primer día y en cada cambio",
    purpose="Acordar cómo se vive en el albergue y que cada familia lo sepa en su idioma.",
    moment="apertura",
    record="hoja",
    order=200,
    secciones=(encabezado(), _ASAMBLEA, _NORMAS, _ACUSES, firmas(supervisor=False)),
    rules=(
        Warn(
            code="pocas_normas",
            campo="normas",
            message="Hay menos de cinco normas. Revise los temas de la lista.",
            holds=RowsAre("normas", minimum=5),
            modes=("completo", "firma"),
        ),
    ),
    notice="Léalas en voz alta en el idioma de las familias. Se cambian en asamblea.",
    signatures=("Por la asamblea", "Administrador o administradora"),
)
