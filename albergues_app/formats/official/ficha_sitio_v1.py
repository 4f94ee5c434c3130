"""Ficha de sitio, edition 1: what a building is before anybody needs it."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Ambito,
    Campo,
    Choice,
    Date,
    Decimal,
    Formato,
    FromCatalogo,
    LongText,
    Mark,
    MultiChoice,
    Not,
    NotAfter,
    Option,
    PersonName,
    Phone,
    Repetible,
    RowsAre,
    Rule,
    Seccion,
    Text,
    Whole,
    YesNo,
    options,
)
from albergues_app.formats.official.common import SOSEP, firmas
from albergues_app.formats.official.common_lugar import interno
from albergues_app.formats.official.common_sitio import (
    AMENAZA,
    TIPO_INMUEBLE,
    actor,
    coordinates,
    count,
    photo,
)

_IDENTIFICACION = Seccion(
    code="identificacion",
    title="El inmueble",
    campos=(
        interno(
            name="codigo",
            label="Código del sitio",
            type=Text(max_length=12, width=4),
            required=Mark.R,
            auto=True,
            hint="Código del municipio y número de orden; lo pone el sistema.",
            example="0514-003",
            hxl="#loc+shelter+code",
        ),
        interno(name="folio", label="Folio", type=Text(max_length=30, width=5), auto=True),
        interno(
            name="folio_papel",
            label="Folio de papel",
            type=Text(max_length=20, width=4),
            hint="El número impreso en la hoja, si lo tiene.",
        ),
        interno(
            name="fecha",
            label="Fecha de la visita",
            type=Date(),
            required=Mark.R,
            hint="El día en que se vio el inmueble.",
            example="20/11/2026",
            hxl="#date+reported",
        ),
        interno(
            name="nombre",
            label="Nombre del inmueble",
            type=Text(width=12),
            required=Mark.R,
            quick=True,
            hint="Como lo conoce la comunidad.",
            example="Escuela Oficial Rural Mixta Aldea Acul",
            hxl="#loc+shelter+name",
        ),
        interno(
            name="nombres_alternos",
            label="Otros nombres con que se conoce",
            type=Text(max_length=240, width=12),
            hint="Separe con punto y coma.",
        ),
        interno(
            name="tipo_inmueble",
            label="Tipo de inmueble",
            type=Choice(options=TIPO_INMUEBLE, width=24),
            required=Mark.R,
            hxl="#loc+building+type",
        ),
    ),
)

_UBICACION = Seccion(
    code="ubicacion",
    title="Dónde está",
    campos=(
        interno(
            name="departamento",
            label="Departamento",
            type=FromCatalogo(catalogo="departamento", width=6),
            required=Mark.R,
            satisfied_by=("municipio",),
            hxl="#adm1+code",
        ),
        interno(
            name="municipio",
            label="Municipio",
            type=FromCatalogo(catalogo="municipio", within="departamento", width=7),
            required=Mark.R,
            quick=True,
            hxl="#adm2+code",
        ),
        interno(
            name="lugar_poblado",
            label="Lugar poblado",
            type=Text(width=11),
            required=Mark.R,
            hint="El nombre de la aldea, caserío, colonia o barrio donde está.",
            example="Acul",
            hxl="#loc+community+name",
        ),
        interno(
            name="lugar_categoria",
            label="Categoría del lugar",
            type=Choice(
                options=options(
                    ("ciudad", "Ciudad"),
                    ("pueblo", "Pueblo"),
                    ("aldea", "Aldea"),
                    ("caserio", "Caserío"),
                    ("finca", "Finca"),
                    ("colonia", "Colonia"),
                    ("barrio", "Barrio"),
                    ("canton", "Cantón"),
                    ("paraje", "Paraje"),
                    ("parcelamiento", "Parcelamiento"),
                    ("lotificacion", "Lotificación"),
                    "otro",
                ),
                width=24,
            ),
        ),
        interno(name="direccion", label="Dirección", type=Text(max_length=200, width=12)),
        interno(
            name="referencia",
            label="Referencia para llegar",
            type=Text(max_length=200, width=12),
            example="Frente al campo de fútbol",
        ),
        *coordinates(Mark.S),
        interno(
            name="precision_m",
            label="Precisión, en metros",
            type=Whole(maximum=100_000, width=3),
            required=Mark.S,
            unknown=True,
            hint="La que muestra el teléfono. Si el punto salió de un mapa, puede poner Desconocido.",
        ),
        interno(
            name="metodo_ubicacion",
            label="Cómo se tomó el punto",
            type=Choice(
                options=options(
                    Option("gps", "GPS o teléfono", "GPS"),
                    Option("mapa", "Mapa", aliases=("en el mapa",)),
                    Option("estimado", "Estimado"),
                    "otro",
                ),
                width=11,
            ),
            required=Mark.S,
        ),
    ),
)

_RESPONSABLES = Seccion(
    code="responsables",
    title="De quién es y quién tiene las llaves",
    campos=(
        interno(
            name="propietario",
            label="Propietario o propietaria",
            type=Text(width=9),
            required=Mark.S,
            sensitive=True,
            hint="Persona o institución dueña del inmueble.",
        ),
        interno(
            name="propietario_tipo",
            label="Tipo de propiedad",
            type=Choice(
                options=options(
                    ("municipal", "Municipal"),
                    ("estado", "Estado"),
                    ("comunal", "Comunal"),
                    ("iglesia", "Iglesia"),
                    ("privado", "Privado"),
                    "otro",
                ),
                width=15,
            ),
            required=Mark.S,
        ),
        *(
            campo
            for number, words in ((1, "Primera persona con llaves"), (2, "Segunda persona con llaves"))
            for campo in (
                Campo(
                    name=f"llaves_{number}_nombre",
                    label=words,
                    type=PersonName(width=14),
                    required=Mark.S,
                    unknown=number == 2,
                    sensitive=True,
                    hint="" if number == 1 else "Si nadie más tiene llaves, escriba Desconocido.",
                ),
                Campo(
                    name=f"llaves_{number}_telefono",
                    label=f"Teléfono de la {'primera' if number == 1 else 'segunda'}",
                    type=Phone(),
                    required=Mark.S,
                    unknown=True,
                    sensitive=True,
                    example="5500 0134",
                ),
            )
        ),
    ),
)

_AMBIENTES = Repetible(
    name="ambientes",
    title="Área techada: los ambientes",
    singular="ambiente",
    max_rows=100,
    paper_rows=10,
    hint="Una línea por salón, aula o galera. Área útil: la que queda libre para personas.",
    campos=(
        interno(
            name="nombre",
            label="Nombre del ambiente",
            short="Ambiente",
            type=Text(width=8),
            paper_width=8,
            required=Mark.R,
            example="Aula 1",
        ),
        interno(
            name="largo_m",
            label="Largo, en metros",
            short="Largo (m)",
            type=Decimal(maximum=1_000),
            paper_width=3,
            required=Mark.S,
            example="8.5",
        ),
        interno(
            name="ancho_m",
            label="Ancho, en metros",
            short="Ancho (m)",
            type=Decimal(maximum=1_000),
            paper_width=3,
            required=Mark.S,
            example="6",
        ),
        interno(
            name="util_m2",
            label="Área útil, en metros cuadrados",
            short="Área útil (m²)",
            type=Decimal(maximum=1_000_000),
            paper_width=4,
            required=Mark.S,
            hint="Sin gradas, tarimas, cocina ni baños.",
            example="48",
        ),
        interno(
            name="uso_previsto",
            label="Uso previsto",
            type=Choice(
                options=options(
                    ("dormitorio", "Dormitorio"),
                    ("cocina", "Cocina"),
                    ("comedor", "Comedor"),
                    ("bodega", "Bodega"),
                    Option("aislamiento", "Aislamiento o clínica", "Aislamiento"),
                    Option("ninez", "Espacio de niñez", "Niñez"),
                    Option("lactancia", "Espacio de lactancia", "Lactancia"),
                    Option("oficina", "Oficina y registro", "Oficina"),
                    "otro",
                ),
                width=6,
            ),
            paper_width=6,
            required=Mark.S,
        ),
    ),
)

_SANITARIOS = Seccion(
    code="sanitarios",
    title="Inodoros o letrinas, duchas y agua: cuántos hay que sirven",
    hint="0 si no hay; en blanco si no se contó.",
    campos=(
        interno(
            name="area_terreno_m2",
            label="Área del terreno, en m²",
            type=Decimal(maximum=100_000_000, width=6),
        ),
        count("inodoros_mujeres", "Inodoros de mujeres", Mark.S, width=6),
        count("inodoros_hombres", "Inodoros de hombres", Mark.S, width=6),
        count("inodoros_mixtos", "Inodoros mixtos", Mark.S, width=6),
        count("inodoros_accesibles", "Inodoros accesibles", Mark.S, hint="Para silla de ruedas."),
        count("duchas_mujeres", "Duchas de mujeres", Mark.S),
        count("duchas_hombres", "Duchas de hombres", Mark.S),
        count("chorros", "Chorros", Mark.S),
        count("lavamanos", "Lavamanos", Mark.S),
        count("lavaderos", "Lavaderos (pilas)", Mark.S),
    ),
)

_SERVICIOS = Seccion(
    code="servicios",
    title="Servicios",
    campos=(
        interno(
            name="fuente_agua",
            label="De dónde viene el agua",
            type=MultiChoice(
                options=options(
                    Option("red", "Red de tubería", "Red"),
                    ("pozo", "Pozo"),
                    Option("camion", "Camión cisterna", "Camión"),
                    ("lluvia", "Lluvia"),
                    "otro",
                ),
                width=17,
            ),
            required=Mark.S,
        ),
        interno(
            name="almacenamiento_litros",
            label="Agua que se puede guardar, en litros",
            type=Whole(maximum=100_000_000, width=7),
            required=Mark.S,
            hint="Tinacos, cisternas y depósitos. Un tonel tiene unos 200 litros.",
        ),
        interno(
            name="energia",
            label="Energía eléctrica",
            type=Choice(
                options=options(("si", "Sí"), Option("planta", "Solo planta"), ("no", "No"), "otro"),
                width=12,
            ),
            required=Mark.S,
        ),
        interno(
            name="drenaje",
            label="Drenaje",
            type=Choice(
                options=options(
                    Option("red", "Red de drenaje", "Red"),
                    Option("fosa", "Fosa séptica", "Fosa"),
                    ("pozo_absorcion", "Pozo de absorción"),
                    ("no", "No hay"),
                    "otro",
                ),
                width=12,
            ),
            required=Mark.S,
        ),
        interno(
            name="cocina",
            label="Cocina",
            type=MultiChoice(
                options=options(
                    ("gas", "Gas"),
                    ("lena", "Leña"),
                    Option("lena_mejorada", "Estufa mejorada de leña", "Estufa mejorada"),
                    ("electrica", "Eléctrica"),
                    Option("no", "No hay", aliases=("sin cocina",)),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.S,
        ),
        interno(
            name="ventilacion",
            label="Ventilación",
            type=Choice(
                options=options(("buena", "Buena"), ("regular", "Regular"), ("mala", "Mala"), "otro"),
                width=12,
            ),
            required=Mark.S,
        ),
        interno(
            name="cerca_perimetral",
            label="Cerca perimetral",
            type=Choice(
                options=options(("completa", "Completa"), ("parcial", "Parcial"), ("no", "No hay"), "otro"),
                width=12,
            ),
            required=Mark.S,
        ),
        interno(name="parqueo", label="Parqueo", type=YesNo(width=4), required=Mark.S),
        interno(name="area_juego", label="Área de juego", type=YesNo(width=4), required=Mark.S),
        interno(name="area_animales", label="Área para animales", type=YesNo(width=4), required=Mark.S),
        interno(name="rampa", label="Rampa", type=YesNo(width=4), required=Mark.S),
        interno(name="bano_accesible", label="Baño accesible", type=YesNo(width=4), required=Mark.S),
        interno(
            name="puerta_ancha",
            label="Puerta de 0.9 m o más",
            type=YesNo(width=4),
            required=Mark.S,
            hint="Para que pase una silla de ruedas.",
        ),
        interno(
            name="acceso_vehicular",
            label="Acceso de vehículos",
            type=Choice(
                options=options(
                    Option("todo_tiempo", "Todo tiempo"),
                    Option("temporada_seca", "Solo temporada seca", "Temporada seca"),
                    Option("a_pie", "Solo a pie"),
                    "otro",
                ),
                width=14,
            ),
        ),
        interno(
            name="minutos_salud",
            label="Minutos al centro de salud",
            type=Whole(maximum=2_880, width=5),
            hint="En el medio que usa la gente.",
        ),
        interno(name="minutos_pnc", label="Minutos a la PNC", type=Whole(maximum=2_880, width=5)),
    ),
)

_APTITUD = options(
    Option("apto", "Apto"),
    Option("no_apto", "No apto"),
    Option("no_evaluado", "No evaluado", "No eval.", aliases=("sin evaluar",)),
)
_RIESGOS = Seccion(
    code="riesgos",
    title="Para qué amenaza sirve",
    hint="Si nadie lo ha visto, marque No evaluado.",
    campos=(
        *(
            interno(
                name=f"amenaza_{option.code}",
                label=option.label,
                type=Choice(options=_APTITUD, width=8),
                required=Mark.S,
            )
            for option in AMENAZA
            if option.code != "otro"
        ),
        interno(
            name="amenaza_otra",
            label="Otra amenaza (especifique)",
            type=Text(width=16),
            hint="Cuál es, y si el inmueble es apto.",
        ),
        *(
            interno(
                name=f"distancia_{name}_m",
                label=f"Metros {words}",
                type=Whole(maximum=500_000, width=width),
            )
            for name, words, width in (
                ("rio", "al río más cercano", 5),
                ("ladera", "a la ladera", 4),
                ("volcan", "al volcán", 5),
                ("linea_electrica", "a línea eléctrica", 5),
                ("gasolinera", "a gasolinera", 5),
            )
        ),
    ),
)

_CAPACIDAD = Seccion(
    code="capacidad",
    title="Capacidad",
    campos=(
        interno(
            name="capacidad_calculada",
            label="Capacidad calculada",
            type=Whole(maximum=100_000, width=5),
            required=Mark.R,
            auto=True,
            hint="La saca el sistema de área, inodoros, duchas y agua.",
        ),
        interno(
            name="capacidad_autorizada",
            label="Capacidad autorizada (personas)",
            type=Whole(maximum=100_000, width=6),
            required=Mark.S,
            hint="Máximo de personas que se acepta recibir.",
            hxl="#capacity+persons+num",
        ),
        interno(
            name="capacidad_justificacion",
            label="Por qué se autoriza más de lo calculado",
            type=LongText(max_length=500, lines=1, width=13),
            required=Mark.C,
            required_when=Not(NotAfter("capacidad_autorizada", "capacidad_calculada")),
            required_text="si la autorizada es mayor que la calculada",
        ),
        photo("foto_1", "Foto de la fachada"),
        photo("foto_2", "Foto del interior"),
        photo("foto_3", "Foto de los sanitarios"),
        photo("croquis", "Croquis", pdf=True),
    ),
)

_CIERRE = firmas(
    actor(
        "informante",
        "Quién dio la información",
        width=12,
        sensitive=True,
        hint="La persona del lugar que mostró el inmueble.",
    ),
    interno(name="informante_cargo", label="Su cargo", type=Text(max_length=80, width=12)),
    registrador="Quién llenó la ficha",
)

FICHA_SITIO_V1 = Formato(
    code="ficha_sitio",
    version=1,
    title="Ficha de sitio",
    issuer=SOSEP,
    source="Ficha de albergues de El Salvador (Esfera), fases SOSEP 2014; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Comisión de albergues de la COMRED, con la sede departamental",
    when_filled="Antes de la temporada, o al encontrar un sitio",
    purpose="Tener en un catálogo los inmuebles que pueden ser albergue.",
    moment="preparacion",
    record="sitio",
    order=10,
    ambito=Ambito.SITIO,
    secciones=(
        _IDENTIFICACION,
        _UBICACION,
        _RESPONSABLES,
        _AMBIENTES,
        _SANITARIOS,
        _SERVICIOS,
        _RIESGOS,
        _CAPACIDAD,
        _CIERRE,
    ),
    rules=(
        Rule(
            code="sin_ambientes",
            campo="ambientes",
            message="Anote al menos un ambiente techado para firmar la ficha.",
            holds=RowsAre("ambientes", minimum=1),
            modes=("firma",),
        ),
    ),
    notice="Un sitio se puede guardar solo con su nombre y su municipio. Lo demás se completa después.",
    signatures=("Quién llenó la ficha", "Propietario o quien lo representa", "Sede departamental de SOSEP"),
)
