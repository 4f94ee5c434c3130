"""Hoja de referencia, edition 1: send a person or family to another institution, and hear what came of it."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Area,
    Attachment,
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
    Whole,
    YesNo,
    options,
)
from albergues_app.formats.official.common import EDAD_UNIDAD, SEXO, SOSEP, encabezado
from albergues_app.formats.official.common_operacion import apart, cierre, ocurrido

_POR_LEY = In("deber_legal", (True,))

_QUIEN = Seccion(
    code="a_quien",
    title="A quién se refiere",
    campos=(
        ocurrido("Fecha y hora de la referencia", "La hora en que se decide referir."),
        apart(
            "clase",
            "Se refiere a",
            Choice(options=(Option("persona", "Una persona"), Option("familia", "Una familia")), width=10),
            Level.N3,
            required=Mark.R,
        ),
        apart(
            "persona",
            "Nombre de la persona o de quien representa a la familia",
            PersonName(width=16),
            Level.N3,
            required=Mark.R,
            satisfied_by=("codigo_familia",),
            quick=True,
            hint="El nombre o el código. Si no se sabe, N/N.",
        ),
        apart(
            "codigo_familia",
            "Código de la persona o familia",
            Text(max_length=20, width=8),
            Level.N3,
            example="QK7-4M2",
        ),
        apart("sexo", "Sexo", Choice(options=SEXO, width=10), Level.N3),
        apart("edad", "Edad", Whole(maximum=130, width=3), Level.N3, unknown=True),
        apart(
            "edad_unidad",
            "En años, meses o días",
            Choice(options=EDAD_UNIDAD, width=6),
            Level.N3,
            required=Mark.C,
            required_when=Given("edad"),
            required_text="si anotó la edad",
            default="anios",
        ),
        apart("telefono", "Teléfono de contacto", Phone(foreign=True), Level.N3),
        apart(
            "integrantes",
            "Si es familia, cuántas personas",
            Whole(minimum=1, maximum=60, width=9),
            Level.N3,
            asked_when=In("clase", ("familia",)),
        ),
    ),
)

_DESTINO = Seccion(
    code="destino",
    title="A dónde y para qué",
    hint="Escriba solo lo que quien atiende necesita saber. Nada de relatos ni detalles de violencia.",
    campos=(
        apart(
            "institucion_destino",
            "Institución de destino",
            Choice(
                options=options(
                    Option("pgn", "PGN"),
                    Option("sbs", "SBS"),
                    Option("mspas", "MSPAS (puesto, CAP, hospital)", "MSPAS"),
                    Option("igss", "IGSS"),
                    Option("renap", "RENAP"),
                    Option("mineduc", "MINEDUC"),
                    Option("mides", "MIDES"),
                    Option("mintrab", "MINTRAB o INTECAP", "MINTRAB"),
                    Option("igm", "IGM"),
                    Option("conamigua", "CONAMIGUA"),
                    Option("pdh", "PDH"),
                    Option("mp", "MP o PNC", "MP/PNC", aliases=("pnc",)),
                    Option("demi", "DEMI"),
                    Option("sesan_maga", "SESAN o MAGA", "SESAN"),
                    Option("sosep", "Programa de SOSEP", "SOSEP"),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.R,
        ),
        apart(
            "destino_lugar",
            "Oficina, municipio o persona que recibe",
            Text(max_length=200, width=14),
            hint="Por ejemplo: hospital de Nebaj.",
        ),
        apart(
            "servicio",
            "Servicio que se solicita",
            Text(max_length=200, width=10),
            required=Mark.R,
            example="Consulta de control prenatal",
        ),
        apart("motivo", "Motivo", LongText(lines=2, max_length=500), required=Mark.R),
        apart(
            "urgencia",
            "Urgencia",
            Choice(
                options=(
                    Option("inmediata", "Inmediata"),
                    Option("24h", "En 24 horas", "24 h", aliases=("24 h", "24 horas")),
                    Option("ordinaria", "Ordinaria"),
                ),
                width=12,
            ),
            Level.N3,
            required=Mark.R,
        ),
        apart(
            "plazo_dias",
            "Días para dar seguimiento",
            Whole(minimum=0, maximum=365, width=12),
            Level.N3,
            required=Mark.R,
            default="3",
            hint="Si nadie responde en este plazo, se pregunta. Lo usual: 3.",
        ),
        apart(
            "resumen",
            "Resumen mínimo",
            LongText(lines=3, max_length=1000),
            required=Mark.R,
            hint="Dos o tres líneas. Lo delicado se dice en persona.",
        ),
        apart("documentos_adjuntos", "Documentos que se adjuntan", Text(max_length=300, width=24), Level.N3),
        apart("adjunto", "Foto del documento", Attachment(), hint="Solo si hace falta y con permiso."),
    ),
)

_PERMISO = Seccion(
    code="permiso",
    title="Permiso y envío",
    campos=(
        apart(
            "deber_legal",
            "¿La ley obliga a informar?",
            YesNo(width=9),
            Level.N3,
            hint="Por ejemplo a la PGN, si un menor está en riesgo. Entonces no hace falta el permiso.",
        ),
        apart(
            "consentimiento",
            "¿La persona acepta que se envíen sus datos?",
            YesNo(width=15),
            Level.N3,
            required=Mark.C,
            required_when=Not(_POR_LEY),
            required_text="si la ley no obliga a informar",
        ),
        apart(
            "medio",
            "Medio",
            Choice(
                options=options(
                    ("oficio", "Oficio"),
                    ("llamada", "Llamada"),
                    ("correo", "Correo"),
                    Option("presencial", "En persona", aliases=("presencial",)),
                    "otro",
                ),
                width=24,
            ),
            Level.N3,
            required=Mark.R,
        ),
        apart(
            "estado",
            "Estado",
            Choice(
                options=(
                    Option("borrador", "Borrador"),
                    Option("enviada", "Enviada"),
                    Option("recibida", "Recibida"),
                    Option("en_atencion", "En atención"),
                    Option("cerrada", "Cerrada"),
                    Option("rechazada", "Rechazada"),
                    Option("sin_respuesta", "Sin respuesta"),
                ),
                width=24,
            ),
            Level.N3,
            default="borrador",
        ),
        Campo(
            name="refiere_nombre",
            label="Quién refiere",
            type=PersonName(width=9),
            required=Mark.R,
            level=Level.N1,
        ),
        Campo(
            name="refiere_cargo",
            label="Cargo e institución de quien refiere",
            type=Text(width=8),
            level=Level.N1,
        ),
        Campo(
            name="refiere_telefono",
            label="Teléfono de quien refiere",
            type=Phone(),
            level=Level.N1,
            hint="Para que puedan contestar.",
        ),
    ),
)

_CONTRA = Seccion(
    code="contrarreferencia",
    title="Contrarreferencia: la llena quien recibe y la devuelve",
    campos=(
        apart("recibido_por", "Recibido por (nombre y cargo)", PersonName(width=12), Level.N3),
        apart("contrarreferencia_fecha", "Fecha", Date(), Level.N3),
        apart(
            "resultado",
            "Resultado",
            Choice(
                options=options(
                    ("atendido", "Atendido"),
                    ("en_proceso", "En proceso"),
                    ("rechazado", "Rechazado"),
                    Option("no_se_presento", "No se presentó"),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.C,
            required_when=In("estado", ("cerrada",)),
            required_text="si la referencia está cerrada",
        ),
        apart("proxima_accion", "Próxima acción", LongText(lines=1, max_length=500)),
    ),
)

HOJA_REFERENCIA_V1 = Formato(
    code="hoja_referencia",
    version=1,
    title="Hoja de referencia y contrarreferencia",
    issuer=SOSEP,
    source="Funciones de la sede (derivación) y protocolo de niñez migrante 2017; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Cualquier persona autorizada del albergue, la sede, salud o protección",
    when_filled="Cuando hace falta otra institución",
    purpose="Llevar a una persona o familia al servicio que necesita, y saber si la atendieron.",
    moment="operacion",
    area=Area.PROTECCION,
    record="referencia",
    order=110,
    secciones=(encabezado(), _QUIEN, _DESTINO, _PERMISO, _CONTRA, cierre(title="Registro")),
    rules=(
        Warn(
            code="sin_permiso",
            campo="consentimiento",
            message="La persona no acepta y la ley no obliga. No envíe sus datos: déle la dirección.",
            holds=Not(Every((In("consentimiento", (False,)), Not(_POR_LEY)))),
        ),
        Rule(
            code="respuesta_antes",
            campo="contrarreferencia_fecha",
            message="La respuesta tiene fecha anterior a la referencia. Revise las fechas.",
            holds=NotAfter("ocurrido_en", "contrarreferencia_fecha"),
        ),
        Warn(
            code="respuesta_sin_nombre",
            campo="recibido_por",
            message="Hay resultado y falta quién lo recibió. Pregunte el nombre.",
            holds=Some((Not(Given("resultado")), Given("recibido_por"))),
        ),
    ),
    notice="Un original va con la persona y una copia queda aquí. Lo delicado no se escribe: se dice.",
    signatures=("Quien refiere", "Persona referida: firma o huella", "Quien recibe: firma y sello"),
)
