"""Acta de cierre, edition 1: why it closes, where everybody went, and what is given back."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Campo,
    Choice,
    Date,
    Decimal,
    Every,
    Formato,
    Given,
    In,
    Instant,
    Level,
    LongText,
    Mark,
    MultiChoice,
    Not,
    NotAfter,
    Option,
    Repetible,
    RowsAddUp,
    RowsAre,
    Rule,
    Seccion,
    Some,
    Text,
    Warn,
    Whole,
    YesNo,
    options,
)
from albergues_app.formats.official.common import DESTINO, SOSEP, encabezado, firmas
from albergues_app.formats.official.common_lugar import interno
from albergues_app.formats.official.common_sitio import actor, count, needed_when_complete


def _sums(what: str) -> tuple[Rule, ...]:
    """Return that the table adds up to the total; in modo rápido only once it has a row."""
    message = f"Las {what} por destino no suman el total de {what}. Revise la tabla."
    adds = RowsAddUp("destinos", what, f"{what}_total")
    begun = Some((RowsAre("destinos", maximum=0), adds))
    code = f"destinos_{what}"
    return (
        Rule(code=code, campo="destinos", message=message, holds=begun, modes=("rapido",)),
        Rule(code=code, campo="destinos", message=message, holds=adds, modes=("completo", "firma")),
    )


_PENDIENTES = Every((Given("pendientes_proteccion"), Not(In("pendientes_proteccion", (0,)))))
_DIFERENCIAS = In("inventario_devuelto", ("con_diferencias", "no_devuelto"))
_CON_SALDO = In("bodega_saldo", ("con_saldo",))

_ACTA = Seccion(
    code="acta",
    title="El acta",
    campos=(
        interno(
            name="numero_acta",
            label="Número de acta",
            type=Text(max_length=40, width=6),
            required=Mark.R,
            example="CI-1413-2026-001",
        ),
        interno(
            name="lugar",
            label="Lugar donde se levanta el acta",
            type=Text(width=9),
            required=Mark.R,
            example="Salón Municipal de Nebaj",
        ),
        interno(
            name="cerrada_en",
            label="Fecha y hora de cierre",
            type=Instant(),
            required=Mark.R,
            quick=True,
            hint="Cuando salió la última persona.",
            example="02/12/2026 10:30",
            hxl="#date+end",
        ),
        interno(
            name="criterios_cierre",
            label="Por qué se cierra",
            type=MultiChoice(
                options=options(
                    Option("riesgo_superado", "El riesgo se evaluó y se superó", "Riesgo superado"),
                    Option("regreso_clases", "La autoridad educativa pide el inmueble", "Regreso a clases"),
                    Option(
                        "poblacion_reducida",
                        "Quedan pocas familias, con alternativa inmediata",
                        "Pocas familias",
                    ),
                    Option("inmueble_inseguro", "El inmueble dejó de ser seguro", "Inmueble inseguro"),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.R,
            hint="Uno o varios.",
        ),
    ),
)

_CIFRAS = Seccion(
    code="cifras",
    title="Cuántas personas pasaron por el albergue",
    hint="Las propone el sistema, desde la apertura hasta el cierre.",
    campos=(
        count(
            "familias_total",
            "Familias en total",
            Mark.R,
            hint="Cada familia una vez.",
            hxl="#affected+sheltered+hh",
        ),
        count(
            "personas_total",
            "Personas en total",
            Mark.R,
            hint="Cada persona una vez, aunque haya entrado dos veces.",
            hxl="#affected+sheltered",
        ),
        count("maximo_personas", "Máximo de personas", width=5, hint="El día con más personas a la vez."),
        interno(name="maximo_fecha", label="Fecha del máximo", type=Date(), example="24/11/2026"),
        count("noches_persona", "Noches-persona", width=5, hint="La suma de las personas de cada noche."),
    ),
)

_DESTINOS = Repetible(
    name="destinos",
    title="A dónde fueron",
    singular="destino",
    max_rows=40,
    paper_rows=9,
    hint="Deben sumar el total. Una familia repartida se cuenta donde va su jefe o jefa de hogar.",
    campos=(
        interno(
            name="destino",
            label="Destino",
            type=Choice(options=DESTINO, width=9),
            paper_width=9,
            required=Mark.R,
            hint="Si alguien falleció, «Otro» y escríbalo.",
        ),
        count("familias", "Familias", Mark.R, paper_width=4),
        count("personas", "Personas", Mark.R, paper_width=4),
        interno(name="observaciones", label="Observaciones", type=Text(max_length=200), paper_width=7),
    ),
)

_ENTREGA = Seccion(
    code="entrega",
    title="Lo que queda y lo que se entrega",
    campos=(
        Campo(
            name="pendientes_proteccion",
            label="Pendientes de protección",
            type=Whole(maximum=100_000, width=6),
            required=Mark.R,
            level=Level.N3,
            sensitive=True,
            hint="Solo el número; 0 si no hay. Sin nombres ni detalles.",
        ),
        Campo(
            name="proteccion_entregada",
            label="Entregados a",
            type=Choice(options=options(("pgn", "PGN"), ("sbs", "SBS"), "otro"), width=10),
            required=Mark.C,
            required_when=_PENDIENTES,
            required_text="si hay pendientes",
            asked_when=_PENDIENTES,
            level=Level.N3,
            sensitive=True,
        ),
        interno(
            name="bodega_saldo",
            label="Saldo de bodega",
            type=Choice(
                options=options(
                    Option("sin_saldo", "Sin saldo", aliases=("cero",)),
                    Option("con_saldo", "Con saldo"),
                ),
                width=8,
            ),
            required=Mark.R,
            hint="Con saldo: anote abajo cada artículo y a dónde va.",
        ),
        interno(
            name="inventario_devuelto",
            label="Bienes del inmueble",
            type=Choice(
                options=options(
                    Option("completo", "Devueltos completos"),
                    Option("con_diferencias", "Devueltos con diferencias"),
                    Option("no_devuelto", "No devueltos"),
                    Option("sin_bienes", "No se recibieron"),
                ),
                width=24,
            ),
            required=Mark.R,
        ),
        interno(
            name="inventario_diferencias",
            label="Diferencias en los bienes",
            type=LongText(max_length=1000, lines=2),
            required=Mark.C,
            required_when=_DIFERENCIAS,
            required_text="si hay diferencias",
            asked_when=_DIFERENCIAS,
            hint="Qué falta o qué se dañó, y cómo se repone.",
        ),
        interno(name="limpieza_hecha", label="¿Limpio y desinfectado?", type=YesNo(width=6), required=Mark.S),
        interno(name="lectura_agua", label="Lectura de agua", type=Decimal(width=4), unknown=True),
        interno(name="lectura_luz", label="Lectura de luz", type=Decimal(width=4), unknown=True),
        interno(
            name="informe_final",
            label="Informe final",
            type=Text(max_length=40, width=4),
            auto=True,
            hint="El número del informe que hace el sistema.",
        ),
        actor(
            "archivo_entregado_a",
            "El archivo de papeles se entregó a",
            Mark.S,
            width=6,
            hint="Nombre de quien guarda los documentos.",
        ),
        interno(
            name="novedades",
            label="Incidentes y observaciones del cierre",
            type=LongText(lines=4),
            hint="Sin nombres de personas albergadas ni datos de salud o protección.",
        ),
    ),
)

_SALDOS = Repetible(
    name="saldos",
    title="Saldos de bodega y a dónde van",
    singular="saldo",
    max_rows=500,
    paper_rows=10,
    campos=(
        interno(name="articulo", label="Artículo", type=Text(), paper_width=9, required=Mark.R),
        interno(
            name="cantidad",
            label="Cantidad",
            type=Decimal(width=4),
            paper_width=4,
            required=Mark.R,
        ),
        interno(name="unidad", label="Unidad", type=Text(max_length=40), paper_width=3, example="quintales"),
        interno(
            name="destino",
            label="Destino del saldo",
            short="Destino",
            type=Text(),
            paper_width=8,
            required=Mark.R,
            example="Bodega municipal de Nebaj",
        ),
    ),
)

_FIRMANTES = tuple(
    campo
    for name, words in (
        ("municipalidad", "Por la municipalidad"),
        ("propietario", "Propietario o quien lo representa"),
        ("administrador", "Administrador o administradora"),
        ("sosep", "Por SOSEP"),
    )
    for campo in (
        actor(f"firma_{name}", words, Mark.S, width=8),
        interno(name=f"firma_{name}_cargo", label="Cargo", type=Text(max_length=80, width=4)),
    )
)

ACTA_CIERRE_V1 = Formato(
    code="acta_cierre",
    version=1,
    title="Acta de cierre y entrega de albergue",
    issuer=SOSEP,
    source="Lineamientos de El Salvador y actas de cierre de la región; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Municipalidad, propietario, quien administra y SOSEP",
    when_filled="Al cerrar, cuando ya no hay nadie adentro",
    purpose="Dejar constancia del cierre: a dónde fue cada familia y qué se devolvió.",
    moment="cierre",
    record="acta",
    order=250,
    secciones=(
        encabezado(),
        _ACTA,
        _CIFRAS,
        _DESTINOS,
        _ENTREGA,
        _SALDOS,
        firmas(*_FIRMANTES, registrador="Quién levantó el acta", supervisor=False),
    ),
    rules=(
        *_sums("personas"),
        *_sums("familias"),
        Rule(
            code="familias_de_mas",
            campo="familias_total",
            message="Hay más familias que personas. Revise los números.",
            holds=NotAfter("familias_total", "personas_total"),
        ),
        Rule(
            code="maximo_de_mas",
            campo="maximo_personas",
            message="El máximo es mayor que el total de personas. Revise los números.",
            holds=NotAfter("maximo_personas", "personas_total"),
        ),
        Rule(
            code="maximo_despues",
            campo="maximo_fecha",
            message="La fecha del máximo es después del cierre. Revísela.",
            holds=NotAfter("maximo_fecha", "cerrada_en"),
        ),
        *needed_when_complete(
            "faltan_saldos",
            "saldos",
            "Hay saldo en bodega: anote cada artículo y a dónde va.",
            Some((Not(_CON_SALDO), RowsAre("saldos", minimum=1))),
        ),
        Warn(
            code="saldo_contradice",
            campo="bodega_saldo",
            message="Marcó «Sin saldo» y anotó artículos. Revise cuál es.",
            holds=Not(
                Every((In("bodega_saldo", ("sin_saldo",)), Not(RowsAre("saldos", maximum=0)))),
            ),
        ),
    ),
    notice="No se cierra con personas adentro. Cada egreso lleva su destino en el registro.",
    signatures=("Por la municipalidad", "Propietario", "Administrador o administradora", "Por SOSEP"),
)
