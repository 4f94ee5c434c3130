"""Acta de apertura, edition 1: what opens the work of a site for one emergency."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Choice,
    Decimal,
    Formato,
    In,
    Instant,
    LongText,
    Mark,
    Option,
    Repetible,
    RowsAre,
    Seccion,
    Text,
    Time,
    Whole,
    YesNo,
    options,
)
from albergues_app.formats.official.common import IDIOMA, SOSEP, encabezado, firmas
from albergues_app.formats.official.common_lugar import interno
from albergues_app.formats.official.common_sitio import actor, firmantes, needed_when_complete, photo

_CON_HORARIO = In("modalidad", ("nocturna", "diurna"))

_ACTA = Seccion(
    code="acta",
    title="El acta",
    campos=(
        interno(
            name="numero_acta",
            label="Número de acta",
            type=Text(max_length=40, width=6),
            required=Mark.R,
            example="AP-1413-2026-001",
        ),
        interno(
            name="lugar",
            label="Lugar donde se levanta el acta",
            type=Text(width=9),
            required=Mark.R,
            example="Salón Municipal de Nebaj",
        ),
        interno(
            name="abierta_en",
            label="Fecha y hora de apertura",
            type=Instant(),
            required=Mark.R,
            quick=True,
            hint="Cuando entró la primera persona o se abrió la puerta, aunque el acta se escriba después.",
            example="20/11/2026 18:05",
            hxl="#date+start",
        ),
        interno(
            name="alerta_vigente",
            label="Alerta vigente",
            type=Choice(
                options=options(
                    ("verde", "Verde"),
                    ("amarilla", "Amarilla"),
                    ("anaranjada", "Anaranjada"),
                    ("roja", "Roja"),
                    Option("ninguna", "Ninguna"),
                    "otro",
                ),
                width=15,
            ),
        ),
        interno(
            name="acta_coe",
            label="Acta de activación del COE",
            type=Text(max_length=80, width=9),
            hint="Número y fecha, si el COE está activado.",
        ),
    ),
)

_ADMINISTRACION = Seccion(
    code="administracion",
    title="Quién administra y cómo funciona",
    campos=(
        actor(
            "administrador",
            "Administrador o administradora titular",
            Mark.R,
            width=12,
            hint="Quien responde por el albergue.",
        ),
        actor(
            "administrador_suplente",
            "Suplente",
            Mark.R,
            width=12,
            unknown=True,
            hint="Si aún no hay, escriba Desconocido y nómbrelo después.",
        ),
        interno(
            name="institucion_administra",
            label="Institución que administra",
            type=Choice(
                options=options(
                    ("municipalidad", "Municipalidad"),
                    ("sosep", "SOSEP"),
                    ("iglesia", "Iglesia"),
                    ("ong", "ONG"),
                    ("comunidad", "Comunidad"),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.R,
            hxl="#org+admin+name",
        ),
        interno(
            name="modalidad",
            label="Modalidad",
            type=Choice(
                options=options(
                    Option("24_horas", "24 horas", aliases=("24 h",)),
                    ("nocturna", "Nocturna"),
                    ("diurna", "Diurna"),
                    "otro",
                ),
                width=12,
            ),
            required=Mark.R,
        ),
        interno(
            name="horario_desde",
            label="Abre a las",
            type=Time(),
            required=Mark.C,
            required_when=_CON_HORARIO,
            required_text="si es nocturna o diurna",
            asked_when=_CON_HORARIO,
            example="18:00",
        ),
        interno(
            name="horario_hasta",
            label="Cierra a las",
            type=Time(),
            required=Mark.C,
            required_when=_CON_HORARIO,
            required_text="si es nocturna o diurna",
            asked_when=_CON_HORARIO,
            example="06:00",
        ),
        interno(
            name="capacidad_autorizada",
            label="Capacidad autorizada",
            type=Whole(maximum=100_000, width=4),
            required=Mark.R,
            hint="Máximo de personas.",
            hxl="#capacity+persons+num",
        ),
    ),
)

_COMPARECIENTES = firmantes(
    "comparecientes",
    "Comparecientes",
    "compareciente",
    con_dpi=True,
    rows=5,
    hint="Dos o más: municipalidad, quien administra y SOSEP como testigo.",
)

_ESTADO = Seccion(
    code="estado_recibido",
    title="En qué estado se recibe el inmueble",
    campos=(
        interno(
            name="ambientes_estado",
            label="Ambientes",
            type=LongText(max_length=1000, lines=2, width=12),
            required=Mark.S,
            hint="Cuántos se reciben y cómo están.",
        ),
        interno(
            name="servicios_estado",
            label="Servicios",
            type=LongText(max_length=1000, lines=2, width=12),
            required=Mark.S,
            hint="Agua, luz, inodoros y cocina: qué funciona y qué no.",
        ),
        interno(
            name="mobiliario_estado",
            label="Mobiliario",
            type=LongText(max_length=1000, lines=1, width=12),
            required=Mark.S,
            hint="El detalle va en el inventario de bienes. Si no se recibe ninguno, escriba Ninguno.",
        ),
        interno(
            name="inventario_folio",
            label="Folio del inventario",
            type=Text(max_length=30, width=4),
            hint="Del inventario de bienes que acompaña el acta.",
        ),
        interno(
            name="lectura_agua",
            label="Lectura de agua",
            type=Decimal(width=4),
            required=Mark.S,
            unknown=True,
            hint="Número del contador. Si no hay contador, escriba Desconocido.",
        ),
        interno(
            name="lectura_luz",
            label="Lectura de luz",
            type=Decimal(width=4),
            required=Mark.S,
            unknown=True,
            hint="Número del contador. Si no hay contador, escriba Desconocido.",
        ),
        photo("foto_1", "Foto del inmueble al recibirlo", Mark.S),
        photo("foto_2", "Otra foto"),
        photo("foto_3", "Una foto más"),
    ),
)

_SERVICIOS = Repetible(
    name="servicios_asegurados",
    title="Servicios asegurados",
    singular="servicio",
    max_rows=30,
    paper_rows=5,
    hint="Qué institución responde por cada servicio, y desde cuándo.",
    campos=(
        interno(
            name="servicio",
            label="Servicio",
            type=Choice(
                options=options(
                    ("agua", "Agua"),
                    ("alimentacion", "Alimentación"),
                    ("salud", "Salud"),
                    ("seguridad", "Seguridad"),
                    ("limpieza", "Limpieza"),
                    "otro",
                ),
                width=8,
            ),
            paper_width=8,
            required=Mark.R,
        ),
        interno(
            name="institucion",
            label="Institución responsable",
            short="Institución",
            type=Text(width=8),
            paper_width=8,
            hxl="#org+name",
        ),
        interno(
            name="desde",
            label="Desde qué fecha y hora",
            short="Desde",
            type=Instant(max_hours_ahead=24 * 31),
            paper_width=8,
            example="20/11/2026 20:00",
        ),
    ),
)

_NORMAS = Seccion(
    code="normas",
    title="Normas de convivencia",
    campos=(
        interno(
            name="normas_entregadas",
            label="¿Entregadas y leídas?",
            type=YesNo(width=6),
            required=Mark.S,
        ),
        interno(
            name="normas_idioma",
            label="Idioma en que se leyeron",
            type=Choice(options=IDIOMA, width=9, code_on_paper=True),
            required=Mark.S,
            required_when=In("normas_entregadas", (True,)),
            required_text="si se leyeron",
        ),
        interno(
            name="normas_otro_idioma",
            label="También se leyeron en",
            type=Choice(options=IDIOMA, width=9, code_on_paper=True),
        ),
    ),
)

ACTA_APERTURA_V1 = Formato(
    code="acta_apertura",
    version=1,
    title="Acta de apertura de albergue",
    issuer=SOSEP,
    source="Actas de apertura de la región y lineamientos de SOSEP; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Municipalidad (alcaldía o COMRED) y quien administra; SOSEP como testigo",
    when_filled="Al abrir; a más tardar en 24 horas",
    purpose="Dejar constancia de que el albergue abre, quién lo administra y cómo se recibe el inmueble.",
    moment="apertura",
    record="acta",
    order=40,
    secciones=(
        encabezado(),
        _ACTA,
        _ADMINISTRACION,
        _COMPARECIENTES,
        _ESTADO,
        _SERVICIOS,
        _NORMAS,
        firmas(registrador="Quién levantó el acta", supervisor=False),
    ),
    rules=(
        *needed_when_complete(
            "faltan_comparecientes",
            "comparecientes",
            "Anote al menos dos comparecientes.",
            RowsAre("comparecientes", minimum=2),
        ),
    ),
    notice="El albergue puede recibir personas antes de tener esta acta. Complétela en 24 horas.",
    signatures=(
        "Por la municipalidad",
        "Administrador o administradora",
        "Propietario o quien lo representa",
        "SOSEP, testigo",
    ),
)
