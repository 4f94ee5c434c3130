"""Entrega de ayuda, edition 1: one planilla for each distribution; who receives signs."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Campo,
    Choice,
    CountByKind,
    Decimal,
    Every,
    Formato,
    In,
    Level,
    Mark,
    Not,
    Option,
    PersonName,
    Repetible,
    RowsCount,
    RowsSum,
    Rule,
    Seccion,
    SumIs,
    Text,
    Warn,
    Whole,
    YesNo,
    options,
)
from albergues_app.formats.official.common import SOSEP, encabezado, firmas
from albergues_app.formats.official.common_operacion import fecha, firma

_MENOR_NO_JEFE = Every((In("recibe_menor", (True,)), Not(In("recibe_jefatura", (True,)))))

_ENTREGA = Seccion(
    code="entrega",
    title="La entrega",
    hint="Una planilla por cada entrega y cada clase de ayuda.",
    campos=(
        fecha("Fecha"),
        Campo(
            name="responsable",
            label="Responsable de la entrega",
            type=PersonName(width=9),
            required=Mark.R,
            level=Level.N1,
        ),
        Campo(
            name="institucion",
            label="Institución que entrega",
            type=Text(width=9),
            required=Mark.R,
            level=Level.N0,
            hxl="#org+impl+name",
        ),
        Campo(
            name="tipo",
            label="Qué se entrega",
            type=Choice(
                options=options(
                    Option("kit_higiene", "Kit de higiene"),
                    Option("kit_limpieza", "Kit de limpieza"),
                    Option("alimentos", "Alimentos o ración"),
                    ("colchoneta", "Colchoneta"),
                    ("frazada", "Frazada"),
                    ("ropa", "Ropa"),
                    ("panales", "Pañales"),
                    ("agua", "Agua"),
                    ("efectivo", "Efectivo"),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.R,
            quick=True,
            level=Level.N0,
            hxl="#item+type",
        ),
        Campo(
            name="criterio",
            label="Se reparte por",
            type=Choice(
                options=options(("familia", "Familia"), ("persona", "Persona"), ("grupo", "Grupo"), "otro"),
                width=9,
            ),
            required=Mark.R,
            level=Level.N0,
        ),
        Campo(
            name="donante",
            label="Donante",
            type=Text(width=8),
            required=Mark.R,
            level=Level.N0,
            hint="Quien dio lo que se entrega. Si se compró, escriba Compra.",
        ),
        Campo(
            name="intervalo_dias",
            label="Cada cuántos días se puede repetir",
            type=Whole(maximum=365, width=7),
            level=Level.N0,
            hint="Por ejemplo, kit de higiene: 30.",
        ),
    ),
)

_RECIBEN = Repetible(
    name="entregas",
    title="Quiénes reciben",
    singular="entrega",
    min_rows=1,
    max_rows=2000,
    paper_rows=26,
    hint="Firma un adulto. Un menor de 18 años firma solo si es jefa o jefe de hogar.",
    campos=(
        Campo(
            name="persona",
            label="Familia o persona",
            paper_width=4,
            type=PersonName(),
            required=Mark.R,
            satisfied_by=("codigo_familia",),
            quick=True,
            sensitive=True,
            hint="El nombre o el código de la familia.",
        ),
        Campo(
            name="codigo_familia", label="Código", paper_width=2, type=Text(max_length=20), example="QK7-4M2"
        ),
        Campo(
            name="integrantes",
            label="Personas de la familia",
            short="Son",
            paper_width=1,
            type=Whole(minimum=1, maximum=60),
        ),
        Campo(
            name="contenido",
            label="Contenido",
            paper_width=2,
            type=Text(max_length=200),
            level=Level.N1,
            hint="Si no es igual para todos.",
        ),
        Campo(
            name="cantidad",
            label="Cantidad",
            short="Cant.",
            paper_width=1,
            type=Decimal(),
            required=Mark.R,
            quick=True,
            level=Level.N1,
        ),
        Campo(
            name="recibe_nombre",
            label="Quién recibe",
            paper_width=4,
            type=PersonName(),
            required=Mark.R,
            sensitive=True,
        ),
        Campo(
            name="recibe_dpi",
            label="DPI de quien recibe",
            short="DPI",
            paper_width=3,
            type=Text(max_length=30),
            sensitive=True,
            hint="No es obligatorio.",
        ),
        Campo(
            name="recibe_menor",
            label="¿Quien recibe es menor de 18 años?",
            short="< 18",
            paper_width=1,
            type=YesNo(),
        ),
        Campo(
            name="recibe_jefatura",
            label="¿Es jefa o jefe de hogar?",
            short="Jefe/a",
            paper_width=1,
            type=YesNo(),
        ),
        firma("recibe_firma", paper_width=3),
        Campo(
            name="observaciones",
            label="Observaciones",
            short="Obs.",
            paper_width=2,
            type=Text(max_length=200),
            sensitive=True,
            hint="Sin datos de salud ni de protección.",
        ),
    ),
    rules=(
        Rule(
            code="cantidad_cero",
            campo="cantidad",
            message="La cantidad debe ser mayor que cero.",
            holds=Not(In("cantidad", (0,))),
        ),
        Warn(
            code="menor_recibe",
            campo="recibe_menor",
            message="Recibe un menor de 18 años que no es jefe de hogar. Busque a un adulto.",
            holds=Not(_MENOR_NO_JEFE),
            modes=("rapido", "completo"),
        ),
        Rule(
            code="menor_firma",
            campo="recibe_menor",
            message="Un menor de 18 años no firma, salvo que sea jefa o jefe de hogar.",
            holds=Not(_MENOR_NO_JEFE),
            modes=("firma",),
        ),
    ),
)

_POR_FAMILIA = In("criterio", ("familia",))

_RESUMEN = Seccion(
    code="resumen",
    title="Resumen de beneficiarios",
    hint="Cuente a todas las personas de las familias que recibieron.",
    campos=(
        Campo(
            name="total_familias", label="Familias", type=Whole(width=3), level=Level.N0, hxl="#reached+hh"
        ),
        Campo(
            name="total_personas", label="Personas", type=Whole(width=3), level=Level.N0, hxl="#reached+ind"
        ),
        Campo(
            name="por_sexo",
            label="Por sexo",
            type=CountByKind(
                options=options(
                    ("mujeres", "Mujeres"),
                    ("hombres", "Hombres"),
                    Option("no_registrado", "No registrado", "Sin dato"),
                ),
                maximum=100_000,
                width=18,
            ),
            level=Level.N0,
        ),
        Campo(
            name="por_edad",
            label="Por edad (años)",
            type=CountByKind(
                options=options(
                    Option("de_0_a_4", "De 0 a 4", "0-4"),
                    Option("de_5_a_12", "De 5 a 12", "5-12"),
                    Option("de_13_a_17", "De 13 a 17", "13-17"),
                    Option("de_18_a_29", "De 18 a 29", "18-29"),
                    Option("de_30_a_59", "De 30 a 59", "30-59"),
                    Option("de_60_mas", "De 60 o más", "60+"),
                    Option("sin_dato", "Sin dato"),
                ),
                maximum=100_000,
                width=24,
            ),
            level=Level.N0,
        ),
    ),
)

ENTREGA_AYUDA_V1 = Formato(
    code="entrega_ayuda",
    version=1,
    title="Planilla de entrega de ayuda",
    issuer=SOSEP,
    source="Registro de damnificados (CO) y kits de ayuda de la región; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Comisión de suministros",
    when_filled="En cada entrega",
    purpose="Entregar con orden, sin repetir ni olvidar a nadie, y dar cuentas.",
    moment="operacion",
    landscape=True,
    record="planilla",
    order=140,
    secciones=(encabezado(), _ENTREGA, _RECIBEN, _RESUMEN, firmas()),
    rules=(
        Warn(
            code="sexo_no_suma",
            campo="por_sexo",
            message="Mujeres, hombres y sin dato no suman el total de personas. Cuente otra vez.",
            holds=SumIs("por_sexo", equal_to="total_personas"),
        ),
        Warn(
            code="edades_no_suman",
            campo="por_edad",
            message="Las edades no suman el total de personas. Cuente otra vez.",
            holds=SumIs("por_edad", equal_to="total_personas"),
        ),
    ),
    calculos=(
        RowsCount(campo="total_familias", rows="entregas", when=_POR_FAMILIA),
        RowsSum(campo="total_personas", rows="entregas", amount="integrantes", when=_POR_FAMILIA),
    ),
    notice="La ayuda es gratuita y no se condiciona. Nadie queda sin ayuda por no tener documentos.",
    signatures=("Responsable de la entrega", "Testigo del comité", "Supervisor o supervisora"),
)
