"""Entrega de turno, edition 1: what the outgoing person hands over and the incoming one accepts."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Ambito,
    Blank,
    Choice,
    Formato,
    In,
    Instant,
    Level,
    LongText,
    Mark,
    Option,
    PersonName,
    Repetible,
    Rule,
    Seccion,
    Some,
    Text,
    Whole,
    YesNo,
    options,
)
from albergues_app.formats.official.bitacora_coe_v1 import TAREA_ESTADO
from albergues_app.formats.official.common import SOSEP
from albergues_app.formats.official.common_lugar import TURNO, encabezado_lugar, interno

ALERTA_COLOR = (
    Option("verde", "Verde ●"),
    Option("amarilla", "Amarilla ▲"),
    Option("anaranjada", "Anaranjada ◆"),
    Option("roja", "Roja ■"),
)
ALERTA_AMBITO = options(("institucional", "Institucional"), ("poblacional", "Poblacional"), "otro")
NIVEL = (
    Option("nacional", "Nacional"),
    Option("departamental", "Departamental", "Deptal."),
    Option("municipal", "Municipal"),
)

_SITUACION = Seccion(
    code="situacion",
    title="Cómo está todo a esta hora",
    campos=(
        interno(
            name="situacion_actual",
            label="Situación actual, en 3 a 5 líneas",
            type=LongText(max_length=1500, lines=5),
            required=Mark.R,
            hint="Qué pasa, dónde, qué se espera y qué falta.",
        ),
        interno(
            name="albergues_abiertos",
            label="Albergues abiertos",
            type=Whole(maximum=5000, width=6),
            required=Mark.R,
            hint="A la hora de la entrega. El sistema propone la cifra.",
        ),
        interno(
            name="personas_albergadas",
            label="Total de personas albergadas",
            type=Whole(maximum=5_000_000, width=6),
            required=Mark.R,
            hint="A la misma hora.",
            hxl="#affected+sheltered",
        ),
        interno(
            name="novedades_seguridad",
            label="Novedades de seguridad",
            type=LongText(max_length=1500, lines=2),
            level=Level.N2,
            hint="Si no hubo, escriba «sin novedad». Sin nombres de víctimas.",
        ),
    ),
)

_ALERTAS = Repetible(
    name="alertas",
    title="Alertas vigentes",
    singular="alerta",
    max_rows=60,
    paper_rows=3,
    hint="Todas las que siguen vigentes, no solo la más alta.",
    campos=(
        interno(
            name="color",
            label="Color",
            type=Choice(options=ALERTA_COLOR, width=8),
            paper_width=7,
            required=Mark.R,
        ),
        interno(
            name="ambito",
            label="Ámbito",
            type=Choice(options=ALERTA_AMBITO, width=6),
            paper_width=6,
        ),
        interno(
            name="nivel",
            label="Nivel",
            type=Choice(options=NIVEL, width=6),
            paper_width=4,
        ),
        interno(
            name="territorio",
            label="Dónde rige",
            type=Text(width=6),
            paper_width=7,
            required=Mark.R,
            example="Quiché: Nebaj, Chajul y Cotzal",
        ),
    ),
)

_TAREAS = Repetible(
    name="tareas",
    title="Tareas abiertas",
    singular="tarea",
    max_rows=300,
    paper_rows=5,
    ignored_alone=("estado",),
    hint="El sistema trae las que siguen abiertas; agregue las que falten.",
    campos=(
        interno(
            name="tarea",
            label="Tarea, o folio de la bitácora",
            type=Text(max_length=200, width=8),
            paper_width=9,
            required=Mark.R,
        ),
        interno(
            name="responsable",
            label="Responsable",
            type=PersonName(width=5),
            paper_width=5,
        ),
        interno(
            name="institucion",
            label="Institución",
            type=Text(max_length=80, width=4),
            paper_width=4,
        ),
        interno(
            name="plazo",
            label="Para cuándo",
            type=Instant(max_hours_ahead=24 * 366),
            paper_width=3,
        ),
        interno(
            name="estado",
            label="Cómo va",
            type=Choice(options=TAREA_ESTADO, width=3, code_on_paper=True),
            paper_width=3,
            default="abierta",
        ),
    ),
)

_RECURSOS = Repetible(
    name="recursos",
    title="Recursos asignados",
    singular="recurso",
    max_rows=300,
    paper_rows=3,
    hint="Personas, vehículos y equipo que siguen trabajando.",
    campos=(
        interno(
            name="recurso",
            label="Recurso",
            type=Text(width=8),
            paper_width=9,
            required=Mark.R,
            example="Camión de la Brigada, 6 personas",
        ),
        interno(
            name="cantidad",
            label="Cuántos",
            type=Whole(maximum=100_000, width=3),
            paper_width=3,
        ),
        interno(
            name="institucion",
            label="Institución",
            type=Text(max_length=80, width=5),
            paper_width=5,
        ),
        interno(
            name="asignacion",
            label="En qué está y dónde",
            type=Text(width=7),
            paper_width=7,
        ),
    ),
)

_COMPROMISOS = Repetible(
    name="compromisos_12h",
    title="Compromisos de las próximas 12 horas",
    singular="compromiso",
    max_rows=100,
    paper_rows=3,
    campos=(
        interno(
            name="descripcion",
            label="Qué se debe hacer",
            type=Text(max_length=300, width=10),
            paper_width=11,
            required=Mark.R,
        ),
        interno(
            name="responsable",
            label="Responsable",
            type=PersonName(width=5),
            paper_width=6,
        ),
        interno(
            name="hora",
            label="Fecha y hora",
            type=Instant(),
            paper_width=7,
        ),
    ),
)

_EQUIPO = Repetible(
    name="equipo",
    title="Llaves y equipo que se entregan",
    singular="objeto",
    max_rows=100,
    paper_rows=4,
    campos=(
        interno(
            name="objeto",
            label="Llave u objeto",
            type=Text(width=9),
            paper_width=10,
            required=Mark.R,
            example="Radio portátil con cargador",
        ),
        interno(
            name="cantidad",
            label="Cuántos",
            type=Whole(maximum=10_000, width=3),
            paper_width=3,
        ),
        interno(
            name="recibido",
            label="¿Se recibió?",
            type=YesNo(width=4),
            paper_width=4,
        ),
        interno(
            name="observaciones",
            label="En qué estado está",
            type=Text(width=7),
            paper_width=7,
        ),
    ),
)

_ACUSES = Seccion(
    code="acuses",
    title="Quién entrega y quién recibe",
    campos=(
        interno(
            name="saliente",
            label="Quién entrega el turno",
            type=PersonName(width=12),
            required=Mark.R,
            quick=True,
        ),
        interno(
            name="entrante",
            label="Quién recibe el turno",
            type=PersonName(width=12),
            required=Mark.R,
            quick=True,
            hint="No puede anotar en la bitácora antes de aceptar.",
        ),
        interno(
            name="saliente_cargo",
            label="Cargo e institución de quien entrega",
            type=Text(width=12),
        ),
        interno(
            name="entrante_cargo",
            label="Cargo e institución de quien recibe",
            type=Text(width=12),
        ),
        interno(
            name="acuse_saliente",
            label="Quien entrega declara que informó todo",
            type=YesNo(width=12),
            required=Mark.S,
        ),
        interno(
            name="acuse_entrante",
            label="Quien recibe acepta el turno",
            type=YesNo(width=12),
            required=Mark.S,
        ),
        interno(
            name="digitador",
            label="Quién lo pasó al sistema",
            type=PersonName(width=24),
            auto=True,
        ),
    ),
)

ENTREGA_TURNO_V1 = Formato(
    code="entrega_turno",
    version=1,
    title="Entrega de turno",
    issuer=SOSEP,
    source="Práctica de bitácora y cambio de turno del COE; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Quien sale del turno, con quien entra",
    when_filled="En cada cambio de turno",
    purpose="Pasar la situación, lo pendiente y el equipo a quien recibe el turno.",
    moment="coe",
    record="entrega",
    order=310,
    ambito=Ambito.LUGAR,
    secciones=(
        encabezado_lugar(
            interno(
                name="ocurrido_en",
                label="Fecha y hora de la entrega",
                type=Instant(),
                required=Mark.R,
                quick=True,
                example="20/11/2026 18:00",
                hxl="#date+start",
            ),
            interno(name="turno_saliente", label="Turno que sale", type=Choice(options=TURNO, width=7)),
            interno(name="turno_entrante", label="Turno que entra", type=Choice(options=TURNO, width=7)),
        ),
        _SITUACION,
        _ALERTAS,
        _TAREAS,
        _RECURSOS,
        _COMPROMISOS,
        _EQUIPO,
        _ACUSES,
    ),
    rules=(
        Rule(
            code="entrega_sin_informar",
            campo="acuse_saliente",
            message="Quien entrega debe declarar que informó todo antes de firmar.",
            holds=Some((Blank("acuse_saliente"), In("acuse_saliente", (True,)))),
            modes=("firma",),
        ),
        Rule(
            code="turno_sin_aceptar",
            campo="acuse_entrante",
            message="Quien recibe debe aceptar el turno antes de firmar.",
            holds=Some((Blank("acuse_entrante"), In("acuse_entrante", (True,)))),
            modes=("firma",),
        ),
    ),
    signatures=("Quien entrega el turno", "Quien recibe el turno"),
)
