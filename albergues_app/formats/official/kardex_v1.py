"""Kardex, edition 1: the card of one article. Movements only; nobody writes over a balance."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Balance,
    Blank,
    Campo,
    Choice,
    Date,
    Decimal,
    Every,
    FartherThan,
    Formato,
    In,
    Level,
    Mark,
    Not,
    OnSheet,
    Option,
    PersonName,
    Repetible,
    Rule,
    Seccion,
    Text,
    Warn,
    YesNo,
    options,
)
from albergues_app.formats.official.common import SOSEP, encabezado, firmas
from albergues_app.formats.official.common_operacion import ARTICULO_CATEGORIA, fecha

_PERECEDERO = OnSheet(In("perecedero", (True,)))
_DIFERENCIA = FartherThan("contado", "segun_kardex", 2)

_ARTICULO = Seccion(
    code="articulo",
    title="Artículo",
    hint="Una tarjeta por artículo.",
    campos=(
        Campo(name="articulo_codigo", label="Código", type=Text(max_length=30, width=4), level=Level.N0),
        Campo(
            name="articulo",
            label="Artículo",
            type=Text(width=12),
            required=Mark.R,
            quick=True,
            level=Level.N0,
            hxl="#item+name",
            example="Frijol negro",
        ),
        Campo(
            name="unidad",
            label="Unidad",
            type=Text(max_length=30, width=4),
            required=Mark.R,
            level=Level.N0,
            hxl="#item+unit",
            example="libra",
            hint="La que se cuenta: libra, litro, caja, par, kit.",
        ),
        Campo(
            name="presentacion",
            label="Presentación",
            type=Text(width=4),
            level=Level.N0,
            example="bolsa de 5 libras",
        ),
        Campo(
            name="categoria",
            label="Categoría",
            type=Choice(options=ARTICULO_CATEGORIA, width=24),
            required=Mark.R,
            level=Level.N0,
        ),
        Campo(name="es_kit", label="¿Es un kit?", type=YesNo(width=4), level=Level.N0),
        Campo(
            name="kit_componentes",
            label="Qué trae el kit",
            type=Text(max_length=300, width=20),
            required=Mark.C,
            required_when=In("es_kit", (True,)),
            required_text="si es un kit",
            asked_when=In("es_kit", (True,)),
            level=Level.N0,
        ),
        Campo(
            name="perecedero",
            label="¿Caduca?",
            type=YesNo(width=4),
            required=Mark.R,
            level=Level.N0,
            hint="Si caduca, anote el lote y la fecha en cada movimiento.",
        ),
        Campo(name="requiere_frio", label="¿Necesita frío?", type=YesNo(width=4), level=Level.N0),
        Campo(
            name="existencia_minima",
            label="Mínimo antes de pedir más",
            type=Decimal(width=7),
            level=Level.N0,
        ),
        Campo(name="bodega", label="Bodega", type=Text(width=9), level=Level.N1),
    ),
)

_MOVIMIENTOS = Repetible(
    name="movimientos",
    title="Movimientos",
    singular="movimiento",
    min_rows=1,
    max_rows=2000,
    paper_rows=20,
    hint="No se borra ni se corrige el saldo: se anota un ajuste. Sale primero lo que caduca antes.",
    campos=(
        fecha("Fecha", paper_width=2),
        Campo(
            name="tipo",
            label="Tipo de movimiento",
            short="Tipo",
            paper_width=2,
            type=Choice(
                options=options(
                    Option("entrada_donacion", "Entrada por donación", "Entra: donación"),
                    Option("entrada_compra", "Entrada por compra", "Entra: compra"),
                    Option("traslado_entra", "Traslado: entra", "Entra: traslado"),
                    Option("salida_entrega", "Salida por entrega", "Sale: entrega"),
                    Option("traslado_sale", "Traslado: sale", "Sale: traslado"),
                    Option("baja_vencido", "Baja por vencido", "Baja: vencido"),
                    Option("baja_daniado", "Baja por dañado", "Baja: dañado"),
                    Option("baja_perdida", "Baja por pérdida", "Baja: pérdida"),
                    Option("ajuste_mas", "Ajuste: se suma", "Ajuste +"),
                    Option("ajuste_menos", "Ajuste: se resta", "Ajuste -"),
                    "otro",
                ),
                code_on_paper=True,
            ),
            required=Mark.R,
            quick=True,
            level=Level.N1,
        ),
        Campo(
            name="cantidad",
            label="Cantidad",
            paper_width=2,
            type=Decimal(),
            required=Mark.R,
            quick=True,
            level=Level.N1,
            hint="Siempre mayor que cero; el tipo dice si entra o sale.",
        ),
        Campo(
            name="saldo",
            label="Saldo",
            paper_width=2,
            type=Decimal(),
            auto=True,
            level=Level.N1,
        ),
        Campo(
            name="documento_respaldo",
            label="Documento de respaldo",
            short="Documento de respaldo",
            paper_width=4,
            type=Text(max_length=80),
            required=Mark.R,
            level=Level.N1,
            hint="Folio de la recepción, la planilla, la factura o el acta.",
        ),
        Campo(
            name="recibe_entrega",
            label="Quién recibe o entrega",
            short="Recibe o entrega",
            paper_width=4,
            type=PersonName(),
            required=Mark.R,
            level=Level.N1,
        ),
        Campo(
            name="lote",
            label="Lote",
            paper_width=2,
            type=Text(max_length=40),
            required=Mark.C,
            required_when=_PERECEDERO,
            required_text="si el artículo caduca",
            unknown=True,
            level=Level.N1,
            hint="Si no trae lote, escriba Desconocido.",
        ),
        Campo(
            name="caducidad",
            label="Fecha de caducidad",
            short="Caduca",
            paper_width=2,
            type=Date(future=True),
            level=Level.N1,
        ),
        Campo(name="donante", label="Donante", paper_width=3, type=Text(), level=Level.N2, sensitive=True),
        Campo(name="estante", label="Estante", paper_width=1, type=Text(max_length=30), level=Level.N1),
    ),
    rules=(
        Rule(
            code="cantidad_cero",
            campo="cantidad",
            message="La cantidad debe ser mayor que cero.",
            holds=Not(In("cantidad", (0,))),
        ),
        Warn(
            code="caducidad_falta",
            campo="caducidad",
            message="El artículo caduca y falta la fecha. Léala en el empaque.",
            holds=Not(
                Every(
                    (
                        _PERECEDERO,
                        In("tipo", ("entrada_donacion", "entrada_compra", "traslado_entra")),
                        Blank("caducidad"),
                    )
                )
            ),
        ),
    ),
)

_CONTEOS = Repetible(
    name="conteos",
    title="Conteos físicos",
    singular="conteo",
    max_rows=60,
    paper_rows=4,
    hint="Cuente sin ver el saldo. Si la diferencia pasa de 2 %, explíquela.",
    campos=(
        fecha("Fecha del conteo", paper_width=3),
        Campo(
            name="segun_kardex",
            label="Según el kardex",
            paper_width=3,
            type=Decimal(),
            required=Mark.R,
            level=Level.N1,
        ),
        Campo(
            name="contado", label="Contado", paper_width=3, type=Decimal(), required=Mark.R, level=Level.N1
        ),
        Campo(
            name="explicacion",
            label="Explicación de la diferencia",
            paper_width=9,
            type=Text(max_length=300),
            required=Mark.C,
            required_when=_DIFERENCIA,
            required_text="si la diferencia pasa de 2 %",
            level=Level.N1,
        ),
        Campo(
            name="conto",
            label="Quién contó",
            paper_width=6,
            type=PersonName(),
            required=Mark.R,
            level=Level.N1,
        ),
    ),
)

KARDEX_V1 = Formato(
    code="kardex",
    version=1,
    title="Kardex de bodega",
    issuer=SOSEP,
    source="Manejo de bodega de CONRED y regla de tolerancia de la CNE (CR); código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Bodeguero o bodeguera",
    when_filled="En cada movimiento",
    purpose="Saber cuánto hay de cada artículo, de dónde vino y a dónde fue.",
    moment="operacion",
    landscape=True,
    record="tarjeta",
    order=120,
    secciones=(
        encabezado(),
        _ARTICULO,
        _MOVIMIENTOS,
        _CONTEOS,
        firmas(registrador="Bodeguero o bodeguera"),
    ),
    notice="El saldo nunca se borra. Lo vencido o dañado se da de baja con acta y testigo.",
    calculos=(
        Balance(
            campo="saldo",
            repetible="movimientos",
            amount="cantidad",
            kind="tipo",
            enters=("entrada_donacion", "entrada_compra", "traslado_entra", "ajuste_mas"),
            leaves=(
                *("salida_entrega", "traslado_sale", "baja_vencido", "baja_daniado", "baja_perdida"),
                "ajuste_menos",
            ),
        ),
    ),
    signatures=("Bodeguero o bodeguera", "Supervisor o supervisora"),
)
