"""Registro de NNA no acompañado o separado, edition 1. Protection's own: nothing of it stands at the gate."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    AgeBetween,
    Area,
    Blank,
    Choice,
    Date,
    Every,
    Formato,
    Given,
    In,
    Instant,
    Level,
    LongText,
    Mark,
    Not,
    NotAfter,
    Option,
    PersonName,
    Phone,
    Repetible,
    Rule,
    Seccion,
    Some,
    Text,
    Warn,
    WithinHours,
    YesNo,
    options,
)
from albergues_app.formats.official.common import IDIOMA, SOSEP, encabezado, firmas
from albergues_app.formats.official.common_operacion import (
    SIN_NOMBRE,
    apart,
    cui_aparte,
    ocurrido,
    persona_aparte,
)

_ADULTO = In("acompanante_presente", (True,))
_ALBA = In("alba_keneth", (True,))
_RESUELTO = Given("resolucion")

_PERSONA = Seccion(
    code="persona",
    title="Niña, niño o adolescente",
    hint="Escuche sin presionar. No pregunte dos veces lo mismo ni delante de otras personas.",
    campos=(
        ocurrido("Fecha y hora del registro", "La hora en que se encontró o se presentó."),
        *persona_aparte(Level.N4),
        cui_aparte(Level.N4, "CUI (13 dígitos, también los niños lo tienen)"),
        apart("edad_estimada", "¿Edad calculada a ojo?", YesNo(width=6)),
        apart(
            "senias",
            "Señas: estatura, cabello, marcas, ropa, qué traía",
            LongText(lines=2, max_length=1000),
            required=Mark.C,
            required_when=SIN_NOMBRE,
            required_text="si no se sabe quién es",
            hint="Lo que ayude a que su familia lo reconozca.",
        ),
        apart(
            "idioma",
            "Idioma que habla",
            Choice(options=IDIOMA, width=9, code_on_paper=True),
            required=Mark.R,
            unknown=True,
            hint="Escriba el nombre del idioma.",
        ),
        apart(
            "condicion",
            "Condición",
            Choice(
                options=options(
                    Option(
                        "no_acompanado", "No acompañado: sin ningún adulto de su familia", "No acompañado"
                    ),
                    Option("separado", "Separado: con otro pariente, sin sus padres", "Separado"),
                    Option("huerfano", "Huérfano o huérfana", "Huérfano"),
                    ("extraviado", "Extraviado"),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.R,
            quick=True,
        ),
    ),
)

_SEPARACION = Seccion(
    code="separacion",
    title="Cómo se separó y con quién vivía",
    campos=(
        apart(
            "separacion_fecha",
            "Fecha de la separación",
            Date(),
            required=Mark.R,
            unknown=True,
            hint="Si no se sabe, escriba Desconocido.",
        ),
        apart(
            "separacion_lugar",
            "Lugar de la separación",
            Text(max_length=200, width=18),
            required=Mark.R,
            unknown=True,
        ),
        apart("separacion_causa", "Causa de la separación", LongText(lines=1, max_length=500), unknown=True),
        apart("convivia_con", "Con quién vivía", Text(max_length=200, width=24), unknown=True),
        apart("padre_nombre", "Nombre del padre", PersonName(width=8), unknown=True),
        apart("madre_nombre", "Nombre de la madre", PersonName(width=8), unknown=True),
        apart("encargado_nombre", "Nombre de la persona encargada", PersonName(width=8), unknown=True),
        apart(
            "familia_comunidad",
            "Comunidad y municipio de la familia",
            Text(max_length=200, width=16),
            unknown=True,
        ),
        apart("familia_telefono", "Teléfono de la familia", Phone(foreign=True)),
    ),
)

_ACOMPANANTE = Seccion(
    code="acompanante",
    title="Adulto que lo acompaña ahora",
    campos=(
        apart("acompanante_presente", "¿Lo acompaña un adulto?", YesNo(width=6), required=Mark.R),
        apart(
            "acompanante_nombre",
            "Nombre del adulto",
            PersonName(width=10),
            required=Mark.C,
            required_when=_ADULTO,
            required_text="si lo acompaña un adulto",
            asked_when=_ADULTO,
            unknown=True,
        ),
        apart(
            "acompanante_dpi",
            "DPI del adulto",
            Text(max_length=30, width=8),
            required=Mark.C,
            required_when=_ADULTO,
            required_text="si lo acompaña un adulto",
            asked_when=_ADULTO,
            unknown=True,
            hint="Si no lo tiene, escriba Desconocido.",
        ),
        apart(
            "acompanante_parentesco",
            "Parentesco que dice tener",
            Text(max_length=60, width=10),
            required=Mark.C,
            required_when=_ADULTO,
            required_text="si lo acompaña un adulto",
            asked_when=_ADULTO,
            unknown=True,
        ),
        apart(
            "acompanante_verificado",
            "¿Se verificó el parentesco?",
            YesNo(width=14),
            required=Mark.C,
            required_when=_ADULTO,
            required_text="si lo acompaña un adulto",
            asked_when=_ADULTO,
            hint="Con documento, con la comunidad o con el propio niño o niña.",
        ),
    ),
)

_CUIDADO = Seccion(
    code="cuidado",
    title="Cuidado y avisos",
    campos=(
        apart(
            "cuidado_actual",
            "Dónde y con quién está ahora",
            Choice(
                options=options(
                    Option("familia_acogiente", "Familia acogiente en el albergue", "Familia acogiente"),
                    Option("espacio_protegido", "Espacio protegido"),
                    Option("hogar_sbs", "Hogar de la SBS"),
                    ("hospital", "Hospital"),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.R,
        ),
        apart(
            "pgn_notificada_en",
            "PGN: fecha y hora del aviso",
            Instant(),
            required=Mark.S,
            hint="Antes de 24 horas.",
        ),
        apart("pgn_nombre", "PGN: quién recibió el aviso", PersonName(width=8), required=Mark.S),
        apart(
            "pgn_medio",
            "PGN: por qué medio",
            Choice(
                options=options(
                    ("llamada", "Llamada"),
                    ("presencial", "En persona"),
                    ("oficio", "Oficio"),
                    ("correo", "Correo"),
                    "otro",
                ),
                width=16,
            ),
            required=Mark.S,
        ),
        apart(
            "pgn_expediente",
            "PGN: n.º de expediente",
            Text(max_length=40, width=8),
            required=Mark.S,
            unknown=True,
            hint="Si aún no lo dan, escriba Desconocido.",
        ),
        apart(
            "alba_keneth",
            "¿Alerta Alba-Keneth activada?",
            YesNo(width=8),
            required=Mark.C,
            required_when=In("condicion", ("extraviado",)),
            required_text="si está extraviado",
        ),
        apart(
            "alba_keneth_numero",
            "N.º de la alerta",
            Text(max_length=40, width=8),
            required=Mark.C,
            required_when=_ALBA,
            required_text="si se activó la alerta",
            asked_when=_ALBA,
            unknown=True,
        ),
    ),
)

_BUSQUEDA = Repetible(
    name="acciones_busqueda",
    title="Acciones de búsqueda de la familia",
    singular="acción",
    max_rows=60,
    paper_rows=12,
    campos=(
        apart("fecha", "Fecha", Date(), required=Mark.R, paper_width=5),
        apart(
            "lugar",
            "Dónde se buscó o a quién se llamó",
            Text(max_length=200, width=8),
            required=Mark.R,
            short="Lugar o llamada",
            paper_width=8,
        ),
        apart("resultado", "Resultado", Text(max_length=300, width=11), required=Mark.R, paper_width=11),
    ),
)

_RESOLUCION = Seccion(
    code="cierre_caso",
    title="Resolución y entrega",
    hint="Se llena al cerrar el caso.",
    campos=(
        apart(
            "resolucion",
            "Resolución",
            Choice(
                options=options(
                    Option("reunificado", "Reunificado con su familia", "Reunificado"),
                    Option("institucionalizado", "Institucionalizado"),
                    Option("trasladado", "Trasladado"),
                    "otro",
                ),
                width=24,
            ),
        ),
        apart(
            "reunificado_con",
            "Reunificado con (nombre y parentesco)",
            Text(max_length=200, width=12),
            required=Mark.C,
            required_when=In("resolucion", ("reunificado",)),
            required_text="si se reunificó",
            asked_when=In("resolucion", ("reunificado",)),
        ),
        apart(
            "entrega_nombre",
            "Entregado a",
            PersonName(width=12),
            required=Mark.C,
            required_when=_RESUELTO,
            required_text="si hay resolución",
            asked_when=_RESUELTO,
        ),
        apart(
            "entrega_dpi",
            "DPI de quien recibe",
            Text(max_length=30, width=7),
            required=Mark.C,
            required_when=_RESUELTO,
            required_text="si hay resolución",
            asked_when=_RESUELTO,
            unknown=True,
        ),
        apart(
            "entrega_autorizacion",
            "Orden o autorización (quién y número)",
            Text(max_length=200, width=8),
            required=Mark.C,
            required_when=_RESUELTO,
            required_text="si hay resolución",
            asked_when=_RESUELTO,
            hint="De juzgado o de la PGN.",
        ),
        apart("entregado_en", "Fecha y hora de entrega", Instant(), asked_when=_RESUELTO),
    ),
)

REGISTRO_NNA_V1 = Formato(
    code="registro_nna",
    version=1,
    title="Registro de NNA no acompañado o separado",
    issuer=SOSEP,
    source="Familias de datos de protección de niñez (Primero); código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Solo personal capacitado de SOSEP, PGN o SBS",
    when_filled="De inmediato",
    purpose="Proteger al niño o niña que está sin sus padres, avisar a la PGN y buscar a su familia.",
    moment="operacion",
    area=Area.PROTECCION,
    record="registro",
    order=90,
    secciones=(
        encabezado(),
        _PERSONA,
        _SEPARACION,
        _ACOMPANANTE,
        _CUIDADO,
        _BUSQUEDA,
        _RESOLUCION,
        firmas(registrador="Persona de protección que registra", supervisor=False),
    ),
    rules=(
        Warn(
            code="mayor_de_edad",
            campo="edad",
            message="Tiene 18 años o más; este registro es para menores. Revise la edad.",
            holds=Not(AgeBetween(18, 130)),
        ),
        Warn(
            code="no_acompanado_con_adulto",
            campo="condicion",
            message="Marcó «no acompañado» y un adulto verificado lo acompaña. Si es pariente, es «separado».",
            holds=Not(Every((In("condicion", ("no_acompanado",)), In("acompanante_verificado", (True,))))),
        ),
        Rule(
            code="separacion_despues",
            campo="separacion_fecha",
            message="La separación es después del registro. Revise la fecha.",
            holds=NotAfter("separacion_fecha", "ocurrido_en"),
        ),
        Warn(
            code="aviso_tardio",
            campo="pgn_notificada_en",
            message="El aviso a la PGN pasó de 24 horas. Anote la causa con su jefatura.",
            holds=WithinHours("ocurrido_en", "pgn_notificada_en", 24),
        ),
        Warn(
            code="sin_aviso_pgn",
            campo="pgn_notificada_en",
            message="Falta avisar a la PGN. Debe hacerse antes de 24 horas.",
            holds=Given("pgn_notificada_en"),
            modes=("rapido", "completo"),
        ),
        Rule(
            code="entrega_antes",
            campo="entregado_en",
            message="La entrega es antes del registro. Revise la fecha y la hora.",
            holds=NotAfter("ocurrido_en", "entregado_en"),
        ),
        Warn(
            code="entrega_sin_verificar",
            campo="resolucion",
            message="Va a entregarlo a un adulto sin verificar el parentesco. Consulte a la PGN.",
            holds=Some(
                (
                    Not(In("resolucion", ("reunificado",))),
                    Blank("acompanante_verificado"),
                    In("acompanante_verificado", (True,)),
                )
            ),
        ),
    ),
    notice="Reservado: no se copia, no se exporta y no lleva foto. Guárdelo bajo llave.",
    signatures=("Persona de protección que registra", "PGN o SBS: recibe el caso", "Quien recibe al NNA"),
)
