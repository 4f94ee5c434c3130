"""Good and bad answers for the formats of the COE and the SCI.

``CASES[code]`` is a list of answers and what ``completo`` must refuse: pairs of path and code.
"""

from __future__ import annotations

from typing import Any

Case = tuple[dict[str, Any], set[tuple[str, str]]]

PERIODO = {"periodo_desde": "20/11/2026 06:00", "periodo_hasta": "20/11/2026 18:00"}

ENTRADA = {
    "ocurrido_en": "20/11/2026 10:15",
    "tipo": "llamada",
    "prioridad": "rutina",
    "origen": "Bomberos Voluntarios, Nebaj",
    "asunto": "Derrumbe en la entrada de Acul",
    "detalle": "Paso cerrado. Sin personas heridas.",
}
BITACORA = PERIODO | {"turno": "diurno", "entradas": [ENTRADA]}
BITACORA_COMPLETA = BITACORA | {
    "folio_papel": "000123",
    "registrador": "Marta Elena Cobo",
    "registrador_cargo": "Técnica de sede, SOSEP",
    "supervisor": "Pedro Raymundo",
    "entradas": [
        ENTRADA | {
            "destino": "COE departamental", "medio": "otro", "medio_otro": "Mensajero a caballo",
            "municipio": "1413", "comunidad": "Aldea Acul", "albergue": "1413-001", "requiere_accion": "Sí",
            "accion_responsable": "Juan Brito", "accion_institucion": "Caminos",
            "accion_plazo": "21/11/2026 12:00", "accion_estado": "en_curso", "prioridad": "urgente",
        },
        ENTRADA | {"tipo": "otro", "tipo_otro": "Rectificación", "rectifica_a": 1, "requiere_accion": "No",
                   "adjunto": "f3b1.pdf"},
        {"prioridad": "rutina", "accion_estado": "abierta"},
    ],
}  # fmt: skip

ENTREGA = {
    "ocurrido_en": "20/11/2026 18:00",
    "situacion_actual": "Llueve en el área Ixil.\nDos albergues abiertos.",
    "albergues_abiertos": 2,
    "personas_albergadas": 0,
    "saliente": "Marta Elena Cobo",
    "entrante": "Pedro Raymundo",
}
ENTREGA_COMPLETA = ENTREGA | {
    "turno_saliente": "diurno", "turno_entrante": "nocturno", "personas_albergadas": "1,284",
    "novedades_seguridad": "Sin novedad",
    "alertas": [{"color": "Anaranjada ◆", "ambito": "poblacional", "nivel": "Deptal.", "territorio": "Quiché"}],
    "tareas": [{"tarea": "Folio 12: agua para Acul", "responsable": "Juan Brito", "institucion": "Caminos",
                "plazo": "21/11/2026 12:00", "estado": "en_curso"}],
    "recursos": [{"recurso": "Camión", "cantidad": 1, "institucion": "Ejército", "asignacion": "Nebaj"}],
    "compromisos_12h": [{"descripcion": "Parte de las 06:00", "responsable": "Pedro Raymundo",
                         "hora": "21/11/2026 06:00"}],
    "equipo": [{"objeto": "Radio portátil", "cantidad": 2, "recibido": "x", "observaciones": "Con cargador"}],
    "saliente_cargo": "Técnica, SOSEP", "entrante_cargo": "Técnico, SOSEP",
    "acuse_saliente": True, "acuse_entrante": True,
}  # fmt: skip

RESUMEN = {"ocurrido_en": "20/11/2026 07:00", "incidente": "Derrumbe de Acul"}
RESUMEN_COMPLETO = RESUMEN | {
    "lugar": "Entrada de Acul", "lat": "15.4052", "lon": -91.1468,
    "croquis_descripcion": "Norte arriba; el paso cerrado, al sur del puente.", "croquis": "croquis.pdf",
    "acciones": [{"ocurrido_en": "20/11/2026 07:20", "accion": "Se cerró el paso"}],
    "organizacion": [
        {"seccion": "Mando", "nombre": "Ana Cobo", "institucion": "CODRED", "telefono": "Canal 4"},
        {"seccion": "otro", "seccion_otro": "Base", "nombre": "Luis Brito"},
    ],
    "recursos": [{"recurso": "Ambulancia", "identificacion": "BV-114", "solicitado_en": "20/11/2026 07:10",
                  "llegada_en": "20/11/2026 07:50", "en_escena": True, "asignacion": "Puente"}],
    "registrador": "Ana Cobo", "registrador_cargo": "CODRED",
}  # fmt: skip

RECURSO = {
    "clase": "personal",
    "institucion": "Cruz Roja",
    "contacto_nombre": "Luisa Brito",
    "llegada_en": "20/11/2026 08:00",
}
RECURSOS = {"recursos": [RECURSO]}
RECURSOS_COMPLETO = {
    "lugar_registro": "Base de Nebaj",
    "recursos": [
        RECURSO | {
            "solicitado_en": "20/11/2026 06:00", "clase": "otro", "clase_otro": "Planta eléctrica",
            "tipo": "5 kW", "matricula": "P-204", "personas": 3, "contacto_telefono": "5500 0134",
            "asignacion": "Luz del salón", "albergue": "1413-001", "desmovilizado_en": "20/11/2026 17:00",
        },
        RECURSO,
    ],
    "registrador": "Ana Cobo",
}  # fmt: skip

MENSAJE = {
    "para_cargo": "Jefatura de operaciones, COE",
    "de_nombre": "Marta Elena Cobo",
    "asunto": "Agua para el salón municipal",
    "ocurrido_en": "20/11/2026 09:00",
    "mensaje": "Se piden 5,000 litros de agua para hoy a las 15:00.",
}
MENSAJE_COMPLETO = MENSAJE | {
    "para_nombre": "Pedro Raymundo", "de_cargo": "Sede de Quiché", "prioridad": "prioritario",
    "pide_respuesta": True, "medio": "radio", "de_firma": "Marta Cobo, técnica",
    "respuesta": "Sale la pipa a las 13:00.", "respuesta_en": "20/11/2026 09:40",
    "respuesta_nombre": "Pedro Raymundo", "respuesta_cargo": "Operaciones",
}  # fmt: skip

ACTIVIDAD = {"ocurrido_en": "20/11/2026 07:30", "actividad": "Se abrió el salón municipal"}
ACTIVIDADES = PERIODO | {
    "nombre": "Marta Elena Cobo",
    "institucion": "SOSEP",
    "seccion": "logistica",
    "actividades": [ACTIVIDAD],
}
ACTIVIDADES_COMPLETO = ACTIVIDADES | {
    "unidad": "Sede de Quiché", "seccion": "otro", "seccion_otro": "Albergues",
    "recursos": [{"nombre": "Luis Brito", "cargo": "Bodega", "institucion": "Municipalidad"}],
    "actividades": [ACTIVIDAD, ACTIVIDAD | {"ocurrido_en": "20/11/2026 05:00"}],
    "preparado_en": "20/11/2026 18:10", "registrador": "Marta Elena Cobo", "registrador_cargo": "Técnica",
}  # fmt: skip


def _without(answers: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in answers.items() if name not in names}


CASES: dict[str, list[Case]] = {
    "bitacora_coe": [
        (BITACORA_COMPLETA, set()),
        (BITACORA, set()),
        (_without(BITACORA, "turno", "entradas"), {("turno", "obligatorio"), ("entradas", "faltan_filas")}),
        (BITACORA | {"periodo_hasta": "20/11/2026 05:00"}, {("periodo_hasta", "periodo_al_reves")}),
        (BITACORA | {"turno": "matutino"}, {("turno", "fuera_de_lista")}),
        (
            BITACORA | {"entradas": [ENTRADA, ENTRADA | {"tipo": "rumor", "asunto": "a" * 141}]},
            {("entradas[1].tipo", "fuera_de_lista"), ("entradas[1].asunto", "texto_largo")},
        ),
        (
            BITACORA | {"entradas": [ENTRADA | {"requiere_accion": True}]},
            {("entradas[0].accion_responsable", "obligatorio")},
        ),
        (
            BITACORA | {"entradas": [ENTRADA | {"accion_plazo": "20/11/2026 09:00"}]},
            {("entradas[0].accion_plazo", "plazo_antes")},
        ),
        (
            BITACORA | {"entradas": [_without(ENTRADA, "prioridad", "origen")]},
            {("entradas[0].prioridad", "obligatorio"), ("entradas[0].origen", "obligatorio")},
        ),
    ],
    "entrega_turno": [
        (ENTREGA_COMPLETA, set()),
        (ENTREGA, set()),
        (_without(ENTREGA, "entrante"), {("entrante", "obligatorio")}),
        (ENTREGA | {"albergues_abiertos": -1}, {("albergues_abiertos", "numero_fuera_de_rango")}),
        (
            ENTREGA | {"alertas": [{"color": "morada", "territorio": "Quiché"}]},
            {("alertas[0].color", "fuera_de_lista")},
        ),
        (ENTREGA | {"equipo": [{"cantidad": 1}]}, {("equipo[0].objeto", "obligatorio")}),
    ],
    "sci_201": [
        (RESUMEN_COMPLETO, set()),
        (RESUMEN, set()),
        (_without(RESUMEN, "incidente"), {("incidente", "obligatorio")}),
        (RESUMEN | {"lat": 51.5}, {("lat", "numero_fuera_de_rango")}),
        (
            RESUMEN | {"organizacion": [{"seccion": "capitanía", "nombre": "Ana"}]},
            {("organizacion[0].seccion", "fuera_de_lista")},
        ),
        (RESUMEN | {"recursos": [{"identificacion": "BV-1"}]}, {("recursos[0].recurso", "obligatorio")}),
    ],
    "sci_211": [
        (RECURSOS_COMPLETO, set()),
        (RECURSOS, set()),
        ({"lugar_registro": "Base"}, {("recursos", "faltan_filas")}),
        (
            {"recursos": [RECURSO, {"clase": "personal"}]},
            {
                ("recursos[1].institucion", "obligatorio"),
                ("recursos[1].contacto_nombre", "obligatorio"),
                ("recursos[1].llegada_en", "obligatorio"),
            },
        ),
        (
            {"recursos": [RECURSO | {"desmovilizado_en": "20/11/2026 07:00"}]},
            {("recursos[0].desmovilizado_en", "se_fue_antes")},
        ),
        ({"recursos": [RECURSO | {"personas": 1.5}]}, {("recursos[0].personas", "numero_invalido")}),
    ],
    "sci_213": [
        (MENSAJE_COMPLETO, set()),
        (MENSAJE, set()),
        (_without(MENSAJE, "para_cargo"), {("para_nombre", "obligatorio")}),
        (MENSAJE | {"asunto": "a" * 141}, {("asunto", "texto_largo")}),
        (MENSAJE_COMPLETO | {"respuesta_en": "20/11/2026 08:00"}, {("respuesta_en", "respuesta_antes")}),
        (
            MENSAJE | {"respuesta": "Enterado."},
            {("respuesta_en", "obligatorio"), ("respuesta_nombre", "obligatorio")},
        ),
    ],
    "sci_214": [
        (ACTIVIDADES_COMPLETO, set()),
        (ACTIVIDADES, set()),
        (_without(ACTIVIDADES, "nombre"), {("nombre", "obligatorio")}),
        (ACTIVIDADES | {"periodo_hasta": "19/11/2026 18:00"}, {("periodo_hasta", "periodo_al_reves")}),
        (
            ACTIVIDADES | {"actividades": [ACTIVIDAD, {"ocurrido_en": "20/11/2026"}]},
            {
                ("actividades[1].ocurrido_en", "fecha_hora_invalida"),
                ("actividades[1].actividad", "obligatorio"),
            },
        ),
        (ACTIVIDADES | {"preparado_en": "20/11/2026 05:00"}, {("preparado_en", "preparado_antes")}),
    ],
}
