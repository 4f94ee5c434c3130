"""Incidente, queja o sugerencia, edition 1."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Campo,
    Choice,
    Date,
    Every,
    Formato,
    Given,
    In,
    Level,
    LongText,
    Mark,
    MultiChoice,
    Not,
    NotAfter,
    Option,
    PersonName,
    Phone,
    Rule,
    Seccion,
    Some,
    Text,
    Warn,
    options,
)
from albergues_app.formats.official.common import SOSEP, encabezado, firmas
from albergues_app.formats.official.common_operacion import apart, ocurrido

_RESERVADO = In("tipo", ("violencia", "extravio_nna"))
_INCIDENTE = Not(In("clase", ("queja", "sugerencia")))
_QUEJA = In("clase", ("queja", "sugerencia"))
_AVISAR = Every((_INCIDENTE, Some((_RESERVADO, In("gravedad", ("grave",))))))

_HECHO = Seccion(
    code="hecho",
    title="Qué es y cuándo",
    campos=(
        ocurrido("Fecha y hora", level=Level.N1),
        Campo(
            name="clase",
            label="Es",
            type=Choice(
                options=(
                    Option("incidente", "Incidente"),
                    Option("queja", "Queja"),
                    Option("sugerencia", "Sugerencia"),
                ),
                width=9,
            ),
            required=Mark.R,
            default="incidente",
            level=Level.N1,
        ),
        Campo(name="lugar", label="Lugar del albergue", type=Text(width=6), level=Level.N1),
    ),
)

_INCIDENTE_SECCION = Seccion(
    code="incidente",
    title="Incidente",
    campos=(
        Campo(
            name="tipo",
            label="Tipo",
            type=Choice(
                options=options(
                    ("conflicto", "Conflicto"),
                    ("robo", "Robo"),
                    ("violencia", "Violencia"),
                    Option("alcohol_drogas", "Alcohol o drogas"),
                    ("accidente", "Accidente"),
                    ("salud", "Salud"),
                    ("incendio", "Incendio"),
                    Option("extravio_nna", "Menor de 18 años extraviado", "Menor extraviado"),
                    Option("danio_instalaciones", "Daño a las instalaciones", "Daño"),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.C,
            required_when=_INCIDENTE,
            required_text="si es un incidente",
            asked_when=_INCIDENTE,
            level=Level.N2,
        ),
        Campo(
            name="gravedad",
            label="Gravedad",
            type=Choice(
                options=(Option("leve", "Leve"), Option("moderada", "Moderada"), Option("grave", "Grave")),
                width=10,
            ),
            required=Mark.C,
            required_when=_INCIDENTE,
            required_text="si es un incidente",
            asked_when=_INCIDENTE,
            level=Level.N1,
            hint="Grave: hay peligro para la vida, personas heridas o un delito.",
        ),
        Campo(
            name="involucrados",
            label="Personas involucradas",
            type=Text(max_length=300, width=14),
            asked_when=Every((_INCIDENTE, Not(_RESERVADO))),
            sensitive=True,
            level=Level.N3,
            hint="Si hay violencia o un menor extraviado, no escriba nombres aquí.",
        ),
        apart(
            "involucrados_reservado",
            "Personas involucradas (reservado)",
            Text(max_length=300, width=24),
            asked_when=_RESERVADO,
            hint="Solo lo lee protección.",
        ),
        Campo(
            name="relato",
            label="Qué pasó",
            type=LongText(lines=4, max_length=1500),
            sensitive=True,
            level=Level.N3,
            hint="Lo que se vio, sin juzgar y sin nombres de víctimas.",
        ),
        Campo(
            name="medida",
            label="Medida que se tomó",
            type=LongText(lines=2, max_length=800),
            required=Mark.C,
            required_when=_INCIDENTE,
            required_text="si es un incidente",
            asked_when=_INCIDENTE,
            level=Level.N2,
        ),
        Campo(
            name="autoridad_avisada",
            label="Autoridad avisada",
            type=MultiChoice(
                options=options(
                    Option("pnc", "PNC (110)", "PNC"),
                    Option("bomberos", "Bomberos (122, 123)", "Bomberos"),
                    Option("pgn", "PGN"),
                    Option("mp", "MP"),
                    Option("mspas", "MSPAS"),
                    Option("conred", "CONRED (119)", "CONRED"),
                    ("municipalidad", "Municipalidad"),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.C,
            required_when=_AVISAR,
            required_text="si es grave, hay violencia o un menor extraviado",
            asked_when=_INCIDENTE,
            level=Level.N1,
        ),
        Campo(
            name="autoridad_detalle",
            label="A quién se avisó, a qué hora y qué respondió",
            type=Text(max_length=300, width=24),
            asked_when=_INCIDENTE,
            level=Level.N2,
        ),
    ),
)

_BUZON = Seccion(
    code="buzon",
    title="Queja o sugerencia",
    hint="Se acepta sin nombre. Nadie pierde ayuda por quejarse.",
    campos=(
        Campo(
            name="canal",
            label="Cómo llegó",
            type=Choice(
                options=options(
                    Option("buzon", "Buzón"),
                    Option("persona", "En persona"),
                    Option("comite", "Comité"),
                    Option("telefono", "Teléfono"),
                    "otro",
                ),
                width=16,
            ),
            required=Mark.C,
            required_when=_QUEJA,
            required_text="si es queja o sugerencia",
            asked_when=_QUEJA,
            level=Level.N1,
        ),
        Campo(
            name="quien_presenta",
            label="Quién la presenta (puede quedar en blanco)",
            type=PersonName(width=8),
            asked_when=_QUEJA,
            sensitive=True,
            level=Level.N3,
        ),
        Campo(
            name="categoria_queja",
            label="Sobre qué",
            type=Choice(
                options=options(
                    ("alimentacion", "Alimentación"),
                    Option("agua_higiene", "Agua, baños y limpieza"),
                    ("salud", "Salud"),
                    Option("ayuda", "Reparto de ayuda"),
                    Option("trato", "Trato recibido"),
                    ("seguridad", "Seguridad"),
                    ("espacio", "Espacio"),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.C,
            required_when=_QUEJA,
            required_text="si es queja o sugerencia",
            asked_when=_QUEJA,
            level=Level.N1,
        ),
        Campo(
            name="telefono", label="Teléfono para responder", type=Phone(), asked_when=_QUEJA, sensitive=True
        ),
        Campo(
            name="plazo_respuesta",
            label="Se responde a más tardar",
            type=Date(future=True),
            asked_when=_QUEJA,
            level=Level.N1,
        ),
        Campo(
            name="respuesta",
            label="Respuesta",
            type=LongText(lines=1, max_length=800, width=24),
            asked_when=_QUEJA,
            level=Level.N2,
        ),
    ),
)

_SEGUIMIENTO = Seccion(
    code="seguimiento",
    title="Seguimiento",
    campos=(
        Campo(
            name="seguimiento",
            label="Qué sigue y quién lo hace",
            type=LongText(lines=2, max_length=800),
            level=Level.N2,
        ),
        Campo(name="seguimiento_fecha", label="Fecha de revisión", type=Date(future=True), level=Level.N1),
        Campo(
            name="seguimiento_estado",
            label="Estado",
            type=Choice(
                options=(
                    Option("abierto", "Abierto"),
                    Option("en_proceso", "En proceso"),
                    Option("cerrado", "Cerrado"),
                ),
                width=10,
            ),
            default="abierto",
            level=Level.N1,
        ),
    ),
)

INCIDENTE_V1 = Formato(
    code="incidente",
    version=1,
    title="Incidente, queja o sugerencia",
    issuer=SOSEP,
    source="Normas de SOSEP 2018 y guía de albergues (SV); código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Administrador o administradora, o quien esté de turno",
    when_filled="En cada incidente, queja o sugerencia",
    purpose="Dejar constancia, avisar a quien corresponde y dar seguimiento hasta cerrar.",
    moment="operacion",
    record="incidente",
    order=210,
    secciones=(
        encabezado(),
        _HECHO,
        _INCIDENTE_SECCION,
        _BUZON,
        _SEGUIMIENTO,
        firmas(registrador="Quién anota"),
    ),
    rules=(
        Warn(
            code="nombres_en_violencia",
            campo="involucrados",
            message="Hay violencia o un menor extraviado: borre los nombres y llame a protección.",
            holds=Not(Every((_RESERVADO, Given("involucrados")))),
        ),
        Warn(
            code="avise_ya",
            campo="tipo",
            message="Avise de inmediato: PNC 110 y, si es menor de edad, PGN. Llene la hoja de referencia.",
            holds=Not(Every((_RESERVADO, Not(In("autoridad_avisada", ("pnc", "pgn", "mp")))))),
        ),
        Rule(
            code="revision_antes",
            campo="seguimiento_fecha",
            message="La revisión es antes del hecho. Revise la fecha.",
            holds=NotAfter("ocurrido_en", "seguimiento_fecha"),
        ),
    ),
    notice="Violencia o menores: aquí no se escriben nombres. Se avisa y se llena la hoja de referencia.",
    signatures=("Quién anota", "Supervisor o supervisora"),
)
