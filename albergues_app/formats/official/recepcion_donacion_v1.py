"""Recepción de donación, edition 1: what came in, from whom, for whom; the donor takes a receipt."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Campo,
    Choice,
    Date,
    Decimal,
    Formato,
    In,
    Level,
    LongText,
    Mark,
    Not,
    Option,
    PersonName,
    Phone,
    Repetible,
    RowsAre,
    Rule,
    Seccion,
    Text,
    Warn,
    YesNo,
    options,
)
from albergues_app.formats.official.common import SOSEP, encabezado
from albergues_app.formats.official.common_operacion import ARTICULO_CATEGORIA, cierre, ocurrido

_DONANTE = Seccion(
    code="donante",
    title="Quién dona",
    campos=(
        ocurrido("Fecha y hora de recepción", "La hora en que se recibió.", level=Level.N1),
        Campo(
            name="donante_tipo",
            label="El donante es",
            type=Choice(
                options=options(
                    ("persona", "Persona"),
                    ("empresa", "Empresa"),
                    ("iglesia", "Iglesia"),
                    Option("ong", "ONG"),
                    ("gobierno", "Gobierno"),
                    "otro",
                ),
                width=15,
            ),
            required=Mark.R,
            level=Level.N1,
        ),
        Campo(
            name="donante",
            label="Nombre del donante",
            type=Text(width=10),
            required=Mark.R,
            quick=True,
            sensitive=True,
            hint="Si no quiere dar su nombre, escriba Anónimo.",
        ),
        Campo(
            name="donante_documento",
            label="NIT o DPI",
            type=Text(max_length=30, width=6),
            sensitive=True,
            hint="No es obligatorio. Puede ser CF.",
        ),
        Campo(name="donante_telefono", label="Teléfono", type=Phone(foreign=True), sensitive=True),
    ),
)

_ARTICULOS = Repetible(
    name="articulos",
    title="Lo que se recibe",
    singular="artículo",
    min_rows=1,
    max_rows=500,
    paper_rows=14,
    hint="Una línea por artículo. Cuente delante de quien dona.",
    campos=(
        Campo(
            name="articulo",
            label="Artículo",
            paper_width=6,
            type=Text(),
            required=Mark.R,
            quick=True,
            level=Level.N0,
            hxl="#item+name",
            example="Colchoneta",
        ),
        Campo(
            name="categoria",
            label="Categoría",
            paper_width=3,
            type=Choice(options=ARTICULO_CATEGORIA, code_on_paper=True),
            level=Level.N0,
        ),
        Campo(
            name="cantidad",
            label="Cantidad",
            paper_width=2,
            type=Decimal(),
            required=Mark.R,
            quick=True,
            level=Level.N0,
        ),
        Campo(
            name="unidad",
            label="Unidad",
            paper_width=2,
            type=Text(max_length=30),
            required=Mark.R,
            level=Level.N0,
            hxl="#item+unit",
            example="unidad",
        ),
        Campo(
            name="caducidad",
            label="Fecha de caducidad",
            short="Caduca",
            paper_width=3,
            type=Date(future=True),
            level=Level.N0,
            hint="Si la trae.",
        ),
        Campo(
            name="estado",
            label="Estado",
            paper_width=8,
            type=Choice(
                options=options(("bueno", "Bueno"), ("usado", "Usado"), Option("no_apto", "No apto"), "otro"),
            ),
            required=Mark.R,
            level=Level.N0,
            hint="No apto: vencido, roto o sucio. Apártelo.",
        ),
    ),
    rules=(
        Rule(
            code="cantidad_cero",
            campo="cantidad",
            message="La cantidad debe ser mayor que cero.",
            holds=Not(In("cantidad", (0,))),
        ),
    ),
)

_DESTINO = Seccion(
    code="destino",
    title="Para quién es y quién recibe",
    campos=(
        Campo(
            name="destino",
            label="La donación es para",
            type=Choice(
                options=options(
                    Option("albergue", "Un albergue"),
                    Option("municipio", "El municipio"),
                    Option("sin_destino", "Sin destino señalado"),
                    "otro",
                ),
                width=15,
            ),
            required=Mark.R,
            level=Level.N0,
        ),
        Campo(
            name="destino_albergue",
            label="Cuál albergue",
            type=Text(width=9),
            required=Mark.C,
            required_when=In("destino", ("albergue",)),
            required_text="si es para un albergue",
            asked_when=In("destino", ("albergue",)),
            level=Level.N0,
        ),
        Campo(
            name="observaciones",
            label="Observaciones",
            type=LongText(lines=1, max_length=500),
            level=Level.N1,
        ),
        Campo(
            name="recibe_nombre",
            label="Quién recibe",
            type=PersonName(width=9),
            required=Mark.R,
            level=Level.N1,
        ),
        Campo(name="recibe_cargo", label="Cargo e institución", type=Text(width=8), level=Level.N1),
        Campo(
            name="constancia_entregada",
            label="¿Se dio constancia al donante?",
            type=YesNo(width=7),
            required=Mark.R,
            level=Level.N1,
            hint="Una copia de esta hoja, firmada.",
        ),
    ),
)

RECEPCION_DONACION_V1 = Formato(
    code="recepcion_donacion",
    version=1,
    title="Recepción de donación",
    issuer=SOSEP,
    source="Documentos de bodega de CONRED y quejas publicadas en 2018; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Bodeguero o bodeguera",
    when_filled="Al recibir",
    purpose="Dejar constancia de cada donación y de a dónde va, para dar cuentas a quien dona.",
    moment="operacion",
    record="recepción",
    order=130,
    secciones=(encabezado(), _DONANTE, _ARTICULOS, _DESTINO, cierre(title="Registro")),
    rules=(
        Warn(
            code="hay_no_apto",
            campo="articulos",
            message="Hay artículos no aptos. Apártelos y no los entregue.",
            holds=RowsAre("articulos", maximum=0, where=In("estado", ("no_apto",))),
        ),
        Warn(
            code="sin_constancia",
            campo="constancia_entregada",
            message="No se dio constancia. Entregue una copia firmada al donante.",
            holds=Not(In("constancia_entregada", (False,))),
        ),
    ),
    notice="La donación es para las personas albergadas. No lleva propaganda de nadie.",
    signatures=("Donante", "Quien recibe: firma y sello"),
)
