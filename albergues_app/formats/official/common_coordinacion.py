"""Fields and lists that the formats of the COE, the SCI and the advisory visits share."""

from __future__ import annotations

from albergues_app.formats.engine import (
    Choice,
    Date,
    Given,
    In,
    Instant,
    Level,
    Mark,
    Not,
    NotAfter,
    Option,
    PersonName,
    Phone,
    Repetible,
    Rule,
    Some,
    Text,
    Warn,
    options,
)
from albergues_app.formats.official.common import SEXO
from albergues_app.formats.official.common_lugar import FIRMA, interno

PRIORIDAD = options(
    Option("rutina", "Rutina"),
    Option("prioritario", "Prioritario", aliases=("prioritaria",)),
    Option("urgente", "Urgente"),
)
MEDIO = options(
    ("radio", "Radio"),
    Option("telefono", "Teléfono", aliases=("llamada",)),
    Option("mensajeria", "Mensajería del teléfono", "Mensajería", aliases=("mensaje", "WhatsApp")),
    Option("presencial", "Presencial", aliases=("en persona",)),
    Option("correo", "Correo electrónico", "Correo"),
    Option("oficio", "Oficio"),
    "otro",
)
SECCION_SCI = options(
    Option("mando", "Mando o toma de decisiones", "Mando", aliases=("comandante del incidente",)),
    Option("informacion_publica", "Información pública", "Información"),
    ("enlace", "Enlace"),
    ("seguridad", "Seguridad"),
    ("operaciones", "Operaciones"),
    ("planificacion", "Planificación"),
    ("logistica", "Logística"),
    Option("administracion_finanzas", "Administración y finanzas", "Admón. y finanzas"),
    "otro",
)
COMPROMISO_ESTADO = (
    Option("pendiente", "Pendiente"),
    Option("en_proceso", "En proceso"),
    Option("cumplido", "Cumplido", aliases=("cumplida",)),
    Option("reprogramado", "Reprogramado", aliases=("reprogramada",)),
    Option("cancelado", "Cancelado", aliases=("cancelada",)),
)


PERIODO = (
    interno(
        name="periodo_desde",
        label="El período operacional empieza",
        type=Instant(max_hours_ahead=24 * 7),
        required=Mark.R,
        hint="Los períodos suelen durar 12 o 24 horas.",
        example="20/11/2026 06:00",
        hxl="#date+start",
    ),
    interno(
        name="periodo_hasta",
        label="El período operacional termina",
        type=Instant(max_hours_ahead=24 * 14),
        required=Mark.R,
        example="20/11/2026 18:00",
        hxl="#date+end",
    ),
)
PERIODO_AL_REVES = Rule(
    code="periodo_al_reves",
    campo="periodo_hasta",
    message="El período termina antes de empezar. Revise las dos fechas.",
    holds=NotAfter("periodo_desde", "periodo_hasta"),
)
FUERA_DEL_PERIODO = (
    Warn(
        code="antes_del_periodo",
        campo="ocurrido_en",
        message="Es de antes del período de esta hoja. Si es un registro tardío, puede guardar.",
        holds=NotAfter("periodo_desde", "ocurrido_en"),
    ),
    Warn(
        code="despues_del_periodo",
        campo="ocurrido_en",
        message="Es de después del período de esta hoja. Revise la fecha o use otra hoja.",
        holds=NotAfter("ocurrido_en", "periodo_hasta"),
    ),
)

PARTICIPANTES = Repetible(
    name="participantes",
    title="Participantes",
    singular="participante",
    min_rows=1,
    max_rows=300,
    paper_rows=10,
    hint="Una línea por persona. En «Firma», la firma o la huella.",
    campos=(
        interno(
            name="nombre",
            label="Nombre y apellidos",
            type=PersonName(width=7),
            paper_width=6,
            required=Mark.R,
            example="Marta Elena Cobo",
        ),
        interno(
            name="cargo",
            label="Cargo",
            type=Text(max_length=80, width=4),
            paper_width=4,
            required=Mark.R,
            example="Directora de la DMM",
        ),
        interno(
            name="institucion",
            label="Institución",
            type=Text(max_length=80, width=4),
            paper_width=4,
            required=Mark.R,
            hint="Si es de la comunidad, el nombre del COCODE o de la aldea.",
            hxl="#org+name",
        ),
        interno(
            name="telefono",
            label="Teléfono",
            type=Phone(),
            paper_width=4,
            sensitive=True,
            level=Level.N2,
            example="5500 0134",
        ),
        interno(
            name="sexo",
            label="Sexo",
            type=Choice(options=SEXO, width=3),
            paper_width=3,
            required=Mark.R,
            hint="Si no se sabe, marque No registrado.",
        ),
        interno(
            name="firma",
            label="Firma",
            type=Choice(options=FIRMA, width=4, code_on_paper=True),
            paper_width=3,
            required=Mark.S,
            hint="En el papel, la firma o la huella; al pasarlo, cuál de las dos puso.",
        ),
    ),
)

COMPROMISOS = Repetible(
    name="compromisos",
    title="Compromisos nuevos",
    singular="compromiso",
    max_rows=100,
    paper_rows=6,
    ignored_alone=("prioridad",),
    hint="Qué se hará, quién responde y para cuándo. Quedan en la lista de compromisos.",
    campos=(
        interno(
            name="descripcion",
            label="A qué se comprometen",
            type=Text(max_length=300, width=10),
            paper_width=9,
            required=Mark.R,
            example="Enviar el punto de acta del salón municipal",
        ),
        interno(
            name="responsable",
            label="Persona responsable",
            type=PersonName(width=5),
            paper_width=4,
            required=Mark.R,
            satisfied_by=("institucion",),
            hint="El nombre de la persona; si aún no se sabe, basta la institución.",
        ),
        interno(
            name="institucion",
            label="Institución responsable",
            short="Institución",
            type=Text(max_length=80, width=4),
            paper_width=4,
            hxl="#org+name",
        ),
        interno(
            name="fecha_compromiso",
            label="Fecha en que debe estar cumplido",
            short="Para cuándo",
            type=Date(future=True),
            paper_width=4,
            required=Mark.R,
            example="15/12/2026",
            hxl="#date+due",
        ),
        interno(
            name="prioridad",
            label="Prioridad",
            type=Choice(options=PRIORIDAD, width=4),
            paper_width=3,
            default="rutina",
        ),
    ),
    rules=(
        Warn(
            code="compromiso_antes",
            campo="fecha_compromiso",
            message="La fecha del compromiso es anterior a esta hoja. Revísela.",
            holds=NotAfter("fecha", "fecha_compromiso"),
        ),
    ),
)

_REPROGRAMADO = In("estado", ("reprogramado",))
_CUMPLIDO = In("estado", ("cumplido",))

COMPROMISOS_ANTERIORES = Repetible(
    name="compromisos_anteriores",
    title="Compromisos anteriores que se revisaron",
    singular="compromiso anterior",
    max_rows=100,
    paper_rows=3,
    hint="Cómo va hoy cada uno. Al reprogramar se guarda también la fecha que tenía.",
    campos=(
        interno(
            name="descripcion",
            label="Compromiso anterior, o su número",
            short="Compromiso o número",
            type=Text(max_length=300, width=8),
            paper_width=14,
            required=Mark.R,
        ),
        interno(
            name="estado",
            label="Cómo va hoy",
            type=Choice(options=COMPROMISO_ESTADO, width=5, code_on_paper=True),
            paper_width=5,
            required=Mark.R,
            hint="Lo vencido lo calcula el sistema por la fecha.",
            hxl="#status",
        ),
        interno(
            name="nueva_fecha",
            label="Nueva fecha",
            type=Date(future=True),
            paper_width=5,
            required=Mark.C,
            required_when=_REPROGRAMADO,
            required_text="si se reprogramó",
            asked_when=_REPROGRAMADO,
        ),
        interno(
            name="motivo",
            label="Por qué se reprograma o se cancela",
            short="Por qué cambia",
            type=Text(max_length=200, width=5),
            paper_width=7,
            required=Mark.C,
            required_when=_REPROGRAMADO,
            required_text="si se reprogramó",
            asked_when=In("estado", ("reprogramado", "cancelado")),
        ),
        interno(
            name="evidencia",
            label="Con qué se comprueba que se cumplió",
            short="Evidencia",
            type=Text(max_length=200, width=5),
            paper_width=7,
            asked_when=_CUMPLIDO,
            hint="El documento, la fotografía o lo que se vio.",
        ),
        interno(
            name="verificado_por",
            label="Quién lo comprobó",
            type=PersonName(width=4),
            paper_width=6,
            asked_when=_CUMPLIDO,
            hint="Una persona distinta de la responsable.",
        ),
        interno(
            name="verificado_en",
            label="Fecha en que se comprobó",
            short="Cuándo",
            type=Date(),
            paper_width=4,
            asked_when=_CUMPLIDO,
        ),
    ),
    rules=(
        Warn(
            code="cumplido_sin_comprobar",
            campo="verificado_por",
            message="Está cumplido y nadie lo ha comprobado. Anote quién y con qué.",
            holds=Some((Not(_CUMPLIDO), Given("verificado_por"))),
        ),
    ),
)
