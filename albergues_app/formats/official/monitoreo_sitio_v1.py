"""Monitoreo de sitio, edition 1: how people live in a site, official or not, week by week."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    AddUp,
    Ambito,
    Campo,
    Choice,
    Date,
    Formato,
    Level,
    LongText,
    Mark,
    MultiChoice,
    Option,
    Seccion,
    Text,
    Warn,
    Whole,
    YesNo,
    options,
)
from albergues_app.formats.official.common import SOSEP, firmas
from albergues_app.formats.official.common_lugar import encabezado_lugar, interno
from albergues_app.formats.official.common_sitio import (
    AMENAZA,
    COUNT_RULES,
    actor,
    band_rules,
    bands,
    coordinates,
    count,
)

_SI_PARCIAL_NO = options(("si", "Sí"), ("parcial", "Parcial"), ("no", "No"))
NECESIDAD = options(
    ("agua", "Agua"),
    ("alimentos", "Alimentos"),
    ("higiene", "Higiene y limpieza"),
    Option("sanitarios", "Inodoros y duchas", "Sanitarios"),
    ("salud", "Salud"),
    Option("techo", "Techo o espacio", "Techo"),
    Option("abrigo", "Ropa y abrigo", "Abrigo"),
    Option("dormir", "Colchonetas y frazadas", "Dormir"),
    ("cocina", "Cocina"),
    Option("seguridad", "Seguridad y protección", "Seguridad"),
    ("educacion", "Educación"),
    ("energia", "Energía"),
    ("informacion", "Información"),
    ("trabajo", "Trabajo"),
    Option("ninguna", "Ninguna más"),
    "otro",
)

_SECTORES = (
    (
        "agua",
        "Agua",
        (
            ("agua_alcanza", "¿Alcanza?", "15 litros o más por persona al día."),
            ("agua_segura", "¿Es segura?", "Clorada, hervida o embotellada para beber."),
            ("agua_cerca", "¿Está cerca?", "A menos de 500 metros y con menos de 30 minutos de espera."),
            ("agua_guardar", "¿Hay en qué guardarla?", ""),
        ),
    ),
    (
        "saneamiento",
        "Saneamiento",
        (
            ("inodoros_alcanzan", "¿Alcanzan los inodoros?", "Uno por cada 50 personas o menos."),
            ("inodoros_por_sexo", "¿Separados por sexo?", "Con cerrojo y luz."),
            ("duchas_alcanzan", "¿Alcanzan las duchas?", "Una por cada 50 personas o menos."),
            ("basura_recogida", "¿Se recoge la basura?", "Todos los días."),
        ),
    ),
    (
        "alimentacion",
        "Alimentación",
        (
            ("comidas_diarias", "¿Hay 3 comidas al día?", ""),
            ("alimento_bebes", "¿Hay para bebés?", ""),
            ("dietas_especiales", "¿Dietas especiales?", "Para personas enfermas o mayores."),
            ("cocina_segura", "¿Cocina segura?", "Lejos de donde se duerme."),
        ),
    ),
    (
        "salud",
        "Salud",
        (
            ("atencion_salud", "¿Llega personal de salud?", "Al menos una vez por semana."),
            ("medicinas", "¿Hay medicinas básicas?", ""),
            ("referencia_salud", "¿Saben a dónde referir?", ""),
            ("apoyo_emocional", "¿Hay apoyo emocional?", ""),
        ),
    ),
    (
        "educacion_energia",
        "Educación y energía",
        (
            ("ninez_estudia", "¿La niñez estudia?", ""),
            ("espacio_ninez", "¿Hay espacio de niñez?", ""),
            ("materiales_educativos", "¿Hay materiales?", "Cuadernos, juegos o libros."),
            ("energia_electrica", "¿Hay energía eléctrica?", ""),
            ("carga_telefonos", "¿Se cargan teléfonos?", ""),
            ("combustible_cocina", "¿Hay gas o leña?", ""),
        ),
    ),
    (
        "proteccion_sitio",
        "Protección",
        (
            ("espacios_separados", "¿Espacios separados?", "Mujeres solas, familias y hombres solos."),
            ("luz_nocturna", "¿Hay luz de noche?", "En pasillos, inodoros y duchas."),
            ("canal_quejas", "¿Hay dónde quejarse?", ""),
            ("ruta_proteccion", "¿Conocen a quién avisar?", "Si hay violencia o un niño solo. Sin casos."),
        ),
    ),
    (
        "informacion",
        "Información",
        (
            ("informacion_idioma", "¿En su idioma?", "Reciben información en el idioma que hablan."),
            ("senal", "¿Hay señal?", "De radio o teléfono."),
            ("informacion_regreso", "¿Saben qué sigue?", "Cuándo podrían volver y qué ayuda habrá."),
        ),
    ),
)

_VISITA = Seccion(
    code="visita",
    title="La visita",
    campos=(
        interno(
            name="fecha",
            label="Fecha",
            type=Date(),
            required=Mark.R,
            quick=True,
            example="20/11/2026",
            hxl="#date+reported",
        ),
        actor(
            "informante",
            "Quién informa",
            Mark.R,
            width=8,
            sensitive=True,
            level=Level.N2,
            hint="La persona encargada del sitio, o alguien que lo conoce bien.",
        ),
        interno(name="informante_cargo", label="Su cargo", type=Text(max_length=80, width=5)),
        interno(
            name="oficial",
            label="¿Es albergue oficial?",
            type=YesNo(width=5),
            required=Mark.R,
            hint="Si no tiene punto de acta, marque No.",
            hxl="#status+official",
        ),
        interno(
            name="administrador_presente",
            label="¿Hay administrador?",
            type=YesNo(width=4),
            required=Mark.R,
            hint="Si estaba quien administra el día de la visita.",
        ),
        interno(
            name="lugar_poblado",
            label="Lugar poblado",
            type=Text(width=10),
            hint="Si el sitio no está en el catálogo, con esto y el punto se puede agregar.",
            hxl="#loc+community+name",
        ),
        *coordinates(Mark.O),
    ),
)

_POBLACION = Seccion(
    code="poblacion",
    title="Cuántas personas hay",
    hint="0 si no hay; en blanco si no se sabe.",
    campos=(
        count("personas", "Personas", Mark.R, width=5, hxl="#affected+sheltered"),
        count("familias", "Familias", Mark.R, width=5, hxl="#affected+sheltered+hh"),
        count("mujeres", "Mujeres", Mark.R, width=5, hxl="#affected+sheltered+f"),
        count("hombres", "Hombres", Mark.R, width=5, hxl="#affected+sheltered+m"),
        count("no_registrado", "Sexo sin dato"),
        *bands(Mark.R),
    ),
)

_INTENCION = Seccion(
    code="intencion",
    title="De dónde vienen y qué piensan hacer",
    campos=(
        interno(
            name="comunidades_origen",
            label="Comunidades de origen",
            type=LongText(max_length=1000, lines=1, width=12),
            hint="Separe con punto y coma; primero la de más personas.",
            example="Acul; Tzalbal",
        ),
        *(
            interno(name=f"intencion_{name}", label=label, type=Whole(maximum=100, width=4), hint=hint)
            for name, label, hint in (
                ("volver", "% piensa volver", "De cada 100 familias, cuántas. Entre las tres, 100."),
                ("quedarse", "% piensa quedarse", "En este lugar."),
                ("reubicarse", "% irse a otro lugar", ""),
            )
        ),
    ),
)


def _sector(code: str, title: str, questions: tuple[tuple[str, str, str], ...]) -> Seccion:
    campos: tuple[Campo, ...] = tuple(
        interno(
            name=name, label=label, type=Choice(options=_SI_PARCIAL_NO, width=24 // len(questions)), hint=hint
        )
        for name, label, hint in questions
    )
    return Seccion(code=code, title=title, campos=campos)


_CONCLUSION = Seccion(
    code="conclusion",
    title="Riesgos, necesidades y recomendación",
    campos=(
        interno(
            name="riesgos",
            label="Riesgos del sitio",
            type=MultiChoice(options=AMENAZA, width=24),
        ),
        interno(
            name="riesgos_detalle",
            label="Qué riesgo, y dónde",
            type=LongText(max_length=1000, lines=1, width=12),
        ),
        interno(name="observaciones", label="Observaciones", type=LongText(lines=1, width=12)),
        *(
            interno(
                name=f"necesidad_{number}",
                label=f"Necesidad {number}",
                type=Choice(options=NECESIDAD, width=4, code_on_paper=True),
                required=Mark.R,
                hint="La más urgente primero." if number == 1 else "Si no hay más, escriba Ninguna más.",
            )
            for number in (1, 2, 3)
        ),
        interno(
            name="recomendacion",
            label="Recomendación",
            type=Choice(
                options=options(
                    ("oficializar", "Oficializar"),
                    ("reubicar", "Reubicar"),
                    ("mejorar", "Mejorar"),
                    ("cerrar", "Cerrar"),
                    "otro",
                ),
                width=12,
            ),
        ),
    ),
)

MONITOREO_SITIO_V1 = Formato(
    code="monitoreo_sitio",
    version=1,
    title="Monitoreo de sitio",
    issuer=SOSEP,
    source="Informe de sitio de OIM, Guatemala 2018; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Sede departamental o equipo de OIM, con quien coordina el sitio",
    when_filled="Cada semana; en un sitio no oficial, al encontrarlo",
    purpose="Saber cómo vive la gente en cada sitio, oficial o no, y qué se recomienda.",
    moment="operacion",
    record="visita",
    order=260,
    ambito=Ambito.SITIO,
    secciones=(
        encabezado_lugar(inmueble="Albergue o inmueble"),
        _VISITA,
        _POBLACION,
        _INTENCION,
        *(_sector(*sector) for sector in _SECTORES),
        _CONCLUSION,
        firmas(registrador="Quién hizo la visita", supervisor=False),
    ),
    rules=(
        *COUNT_RULES,
        *band_rules(),
        Warn(
            code="intencion_no_suma",
            campo="intencion_volver",
            message="Los tres porcentajes no suman 100. Revíselos.",
            holds=AddUp(("intencion_volver", "intencion_quedarse", "intencion_reubicarse"), 100),
        ),
    ),
    notice="Escriba lo que pasa en el sitio. Sin nombres de personas ni casos de salud o protección.",
    signatures=("Quién hizo la visita", "Quién informa"),
)
