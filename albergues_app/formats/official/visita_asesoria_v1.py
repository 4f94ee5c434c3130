"""Visita de asesoría, edition 1: what SOSEP saw, taught, delivered and agreed with a municipality."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Ambito,
    Attachment,
    Choice,
    Date,
    Decimal,
    Formato,
    FromCatalogo,
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
    Repetible,
    RowsAre,
    Seccion,
    Some,
    Text,
    Time,
    Warn,
    Whole,
    YesNo,
    options,
)
from albergues_app.formats.official.common import SOSEP, firmas
from albergues_app.formats.official.common_coordinacion import (
    COMPROMISOS,
    COMPROMISOS_ANTERIORES,
    PARTICIPANTES,
)
from albergues_app.formats.official.common_lugar import encabezado_lugar, interno

_CAPACITACION = Some((In("motivo", ("capacitacion",)), Given("capacitacion_tema")))
_CAPACITACION_TEXTO = "si hubo capacitación"

MODALIDAD = options(
    ("presencial", "Presencial"), ("virtual", "Virtual"), ("telefonica", "Telefónica"), "otro"
)
VISITA_MOTIVO = options(
    ("programada", "Programada"),
    Option("solicitud_municipal", "Solicitud municipal", aliases=("solicitud",)),
    ("alerta", "Alerta"),
    Option("activacion", "Activación"),
    ("seguimiento", "Seguimiento"),
    ("cierre", "Cierre"),
    Option("capacitacion", "Capacitación"),
    Option("socializacion_formatos", "Socialización de formatos", "Formatos"),
    "otro",
)
VISITA_TEMAS = options(
    Option("identificacion", "Identificación de sitios"),
    Option("evaluacion", "Evaluación y habilitación"),
    Option("oficializacion", "Oficialización (punto de acta)"),
    Option("comision", "Comisión de albergues de la COMRED"),
    Option("plan_municipal", "Plan municipal de respuesta"),
    Option("formatos", "Formatos oficiales"),
    Option("administracion", "Administración del albergue"),
    Option("registro", "Registro y parte diario"),
    Option("agua_saneamiento", "Agua y saneamiento"),
    Option("proteccion_ninez", "Protección de niñez y mujeres"),
    Option("suministros", "Suministros y ayuda"),
    Option("convivencia", "Comités y convivencia"),
    Option("cierre", "Cierre y devolución del inmueble"),
    "otro",
)
FORMATO_MEDIO = options(
    ("impreso", "Impreso"),
    Option("archivo", "Archivo (correo o memoria USB)", "Archivo"),
    Option("enlace", "Enlace o QR", "Enlace/QR"),
    "otro",
)

_TEMAS = Seccion(
    code="temas",
    title="De qué se habló",
    campos=(
        interno(
            name="temas", label="Temas tratados", type=MultiChoice(options=VISITA_TEMAS), required=Mark.R
        ),
        interno(
            name="temas_detalle",
            label="Qué se trató de cada tema",
            type=LongText(lines=3),
        ),
    ),
)

_FORMATOS = Repetible(
    name="formatos_entregados",
    title="Formatos entregados",
    singular="formato",
    max_rows=100,
    paper_rows=5,
    hint="Cada formato que se dejó, con su edición y quién lo recibió.",
    campos=(
        interno(
            name="formato",
            label="Formato",
            type=FromCatalogo(catalogo="formato", free=True, width=7),
            paper_width=7,
            required=Mark.R,
            example="Boleta de ingreso de familia",
        ),
        interno(
            name="edicion",
            label="Edición",
            type=Text(max_length=20, width=2),
            paper_width=2,
            required=Mark.R,
            hint="El número impreso junto al título.",
            example="1",
        ),
        interno(
            name="cantidad",
            label="Cantidad",
            type=Whole(maximum=100_000, width=2),
            paper_width=2,
            required=Mark.R,
            hint="Ejemplares impresos. Si fue por archivo o enlace, 1.",
        ),
        interno(
            name="medio",
            label="Medio",
            type=Choice(options=FORMATO_MEDIO, width=5),
            paper_width=6,
            required=Mark.R,
        ),
        interno(
            name="recibido_por",
            label="Quién lo recibió",
            type=PersonName(width=5),
            paper_width=5,
        ),
        interno(
            name="acuse",
            label="¿Firmó de recibido?",
            short="Acuse",
            type=YesNo(width=3),
            paper_width=2,
            required=Mark.S,
        ),
    ),
)

_CAPACITACION_SECCION = Seccion(
    code="capacitacion",
    title="Capacitación",
    hint="Solo si la hubo.",
    campos=(
        interno(
            name="capacitacion_tema",
            label="Tema de la capacitación",
            type=Text(width=11),
            required=Mark.C,
            required_when=_CAPACITACION,
            required_text=_CAPACITACION_TEXTO,
        ),
        interno(
            name="capacitacion_horas",
            label="Horas",
            type=Decimal(maximum=100, places=1, width=3),
            required=Mark.C,
            required_when=_CAPACITACION,
            required_text=_CAPACITACION_TEXTO,
            example="1.5",
        ),
        interno(
            name="capacitacion_mujeres",
            label="Asistentes mujeres",
            type=Whole(maximum=10_000, width=5),
            required=Mark.C,
            required_when=_CAPACITACION,
            required_text=_CAPACITACION_TEXTO,
        ),
        interno(
            name="capacitacion_hombres",
            label="Asistentes hombres",
            type=Whole(maximum=10_000, width=5),
            required=Mark.C,
            required_when=_CAPACITACION,
            required_text=_CAPACITACION_TEXTO,
        ),
    ),
)

_SITIOS = Repetible(
    name="sitios_revisados",
    title="Sitios revisados",
    singular="sitio",
    max_rows=60,
    paper_rows=3,
    hint="De cada sitio se llena también una lista de verificación.",
    campos=(
        interno(
            name="sitio",
            label="Sitio o albergue",
            type=FromCatalogo(catalogo="albergue", free=True, width=9),
            paper_width=9,
            required=Mark.R,
            hint="El código o el nombre.",
            hxl="#loc+shelter+name",
        ),
        interno(
            name="lista_folio",
            label="Folio de su lista de verificación",
            short="Folio de la lista",
            type=Text(max_length=30, width=5),
            paper_width=5,
        ),
        interno(
            name="observaciones",
            label="Lo más importante que se vio",
            type=Text(max_length=300, width=10),
            paper_width=10,
        ),
    ),
)

_HALLAZGOS = Seccion(
    code="hallazgos",
    title="Lo que se encontró",
    hint="Sin nombres de personas albergadas ni casos de salud o de protección.",
    campos=(
        interno(name="hallazgos", label="Hallazgos", type=LongText(lines=4)),
        interno(name="fortalezas", label="Fortalezas", type=LongText(width=12, lines=3)),
        interno(name="riesgos", label="Riesgos", type=LongText(width=12, lines=3)),
    ),
)

_RECOMENDACIONES = Repetible(
    name="recomendaciones",
    title="Recomendaciones",
    singular="recomendación",
    max_rows=60,
    paper_rows=5,
    campos=(
        interno(
            name="recomendacion",
            label="Recomendación",
            type=Text(max_length=500, width=24),
            paper_width=24,
            required=Mark.R,
        ),
    ),
)

_FOTOS = Repetible(
    name="fotos",
    title="Fotografías",
    singular="fotografía",
    max_rows=30,
    paper_rows=4,
    hint="Del lugar y de los trabajos. Sin rostros de niñas, niños ni personas albergadas.",
    campos=(
        interno(name="archivo", label="Fotografía", type=Attachment(), level=Level.N2),
        interno(
            name="descripcion",
            label="Qué muestra",
            type=Text(max_length=200, width=24),
            paper_width=24,
        ),
    ),
)

VISITA_ASESORIA_V1 = Formato(
    code="visita_asesoria",
    version=1,
    title="Visita de asesoría a la municipalidad",
    issuer=SOSEP,
    source="Funciones de la sede y fases de SOSEP; no se conoce una hoja propia; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Técnico, técnica, coordinador o coordinadora de la sede",
    when_filled="En cada visita, llamada o reunión de asesoría",
    purpose="Dejar constancia de la asesoría, de los formatos entregados y de lo que se acordó.",
    moment="asesoria",
    record="visita",
    order=400,
    ambito=Ambito.LUGAR,
    secciones=(
        encabezado_lugar(
            interno(
                name="sede",
                label="Sede departamental",
                type=FromCatalogo(catalogo="sede", free=True, width=6),
                required=Mark.R,
            ),
            interno(
                name="departamento",
                label="Departamento",
                type=FromCatalogo(catalogo="departamento", width=6),
                hxl="#adm1+code",
            ),
            interno(
                name="municipio",
                label="Municipio",
                type=FromCatalogo(catalogo="municipio", within="departamento", width=6),
                required=Mark.R,
                quick=True,
                hxl="#adm2+code",
            ),
            interno(
                name="lugar",
                label="Lugar",
                type=Text(width=12),
                required=Mark.R,
                example="Salón de sesiones de la municipalidad",
            ),
            interno(
                name="fecha",
                label="Fecha",
                type=Date(),
                required=Mark.R,
                quick=True,
                example="20/11/2026",
                hxl="#date+start",
            ),
            interno(name="hora_inicio", label="Empieza a las", type=Time(), required=Mark.R, example="09:00"),
            interno(name="hora_fin", label="Termina a las", type=Time(), required=Mark.R, example="11:30"),
            interno(
                name="modalidad",
                label="Modalidad",
                type=Choice(options=MODALIDAD, width=24),
                required=Mark.R,
            ),
            interno(
                name="motivo",
                label="Motivo de la visita",
                type=Choice(options=VISITA_MOTIVO, width=24),
                required=Mark.R,
                hint="El principal.",
            ),
            lugar=False,
        ),
        PARTICIPANTES,
        _TEMAS,
        COMPROMISOS_ANTERIORES,
        _SITIOS,
        _HALLAZGOS,
        _RECOMENDACIONES,
        _FORMATOS,
        _CAPACITACION_SECCION,
        COMPROMISOS,
        _FOTOS,
        firmas(
            interno(
                name="proxima_visita",
                label="Próxima visita",
                type=Date(future=True),
                example="15/01/2027",
            ),
            interno(
                name="lat",
                label="Punto GPS: latitud",
                type=Decimal(minimum=13, maximum=18, places=6, width=6),
                example="15.405200",
                hxl="#geo+lat",
            ),
            interno(
                name="lon",
                label="Punto GPS: longitud",
                type=Decimal(minimum=-93, maximum=-88, places=6, width=6),
                hint="En Guatemala empieza con signo menos.",
                example="-91.146800",
                hxl="#geo+lon",
            ),
            interno(
                name="acta_escaneada",
                label="Acta o ayuda de memoria firmada",
                type=Attachment(pdf=True),
                required=Mark.S,
                level=Level.N2,
                hint="Fotografía o PDF de la hoja ya firmada.",
            ),
            registrador="Por SOSEP",
            supervisor=False,
        ),
    ),
    rules=(
        Warn(
            code="termina_antes",
            campo="hora_fin",
            message="La visita termina antes de empezar. Revise las dos horas.",
            holds=NotAfter("hora_inicio", "hora_fin"),
        ),
        Warn(
            code="sin_compromisos",
            campo="compromisos",
            message="La visita no tiene compromisos. Si no hubo, puede guardar.",
            holds=RowsAre("compromisos", minimum=1),
            modes=("completo", "firma"),
        ),
        Warn(
            code="sin_formatos",
            campo="formatos_entregados",
            message="El motivo es socializar formatos y no anotó cuáles entregó.",
            holds=Some(
                (
                    Not(In("motivo", ("socializacion_formatos",))),
                    RowsAre("formatos_entregados", minimum=1),
                )
            ),
        ),
        Warn(
            code="proxima_antes",
            campo="proxima_visita",
            message="La próxima visita es anterior a esta. Revise la fecha.",
            holds=NotAfter("fecha", "proxima_visita"),
        ),
    ),
    signatures=("Por SOSEP", "Por la municipalidad", "Por la COMRED"),
)
