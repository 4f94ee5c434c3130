"""Good and bad answers for the formats of the advisory visits.

``CASES[code]`` is a list of answers and what ``completo`` must refuse: pairs of path and code.
"""

from __future__ import annotations

from typing import Any

from albergues_app.formats.official.common_verificacion import CRITICOS, SECCIONES_VERIFICACION

Case = tuple[dict[str, Any], set[tuple[str, str]]]

PARTICIPANTE = {
    "nombre": "Marta Elena Cobo",
    "cargo": "Directora de la DMM",
    "institucion": "Municipalidad de Nebaj",
    "sexo": "mujer",
}
COMPROMISO = {
    "descripcion": "Enviar el punto de acta",
    "institucion": "Municipalidad de Nebaj",
    "fecha_compromiso": "15/12/2026",
}
FORMATO = {"formato": "boleta_ingreso", "edicion": 1, "cantidad": 50, "medio": "impreso"}
VISITA = {
    "sede": "Quiché",
    "municipio": "1413",
    "fecha": "20/11/2026",
    "hora_inicio": "09:00",
    "hora_fin": "11:30",
    "lugar": "Municipalidad",
    "modalidad": "presencial",
    "motivo": "programada",
    "participantes": [PARTICIPANTE],
    "temas": ["oficializacion"],
}
VISITA_COMPLETA = VISITA | {
    "departamento": "14", "motivo": "capacitacion", "temas": ["formatos", "otro"],
    "temas_otro": "Temporada fría", "temas_detalle": "Llenado de la boleta",
    "participantes": [PARTICIPANTE | {"telefono": "5500 0134", "firma": "huella"},
                      PARTICIPANTE | {"sexo": "NR", "firma": "otro", "firma_otro": "Salió antes"}],
    "compromisos_anteriores": [
        {"descripcion": "Nombrar comisión", "estado": "cumplido", "evidencia": "Acta 12",
         "verificado_por": "Pedro Raymundo", "verificado_en": "20/11/2026"},
        {"descripcion": "Rampa", "estado": "reprogramado", "nueva_fecha": "31/01/2027", "motivo": "Sin fondos"},
    ],
    "sitios_revisados": [{"sitio": "1413-001", "lista_folio": "14-000123", "observaciones": "Sin luz"}],
    "hallazgos": "Sin agua los domingos", "fortalezas": "Comisión activa", "riesgos": "Ladera",
    "recomendaciones": [{"recomendacion": "Poner un depósito de agua"}],
    "formatos_entregados": [FORMATO | {"recibido_por": "Ana Brito", "acuse": "Sí"}],
    "capacitacion_tema": "Boleta de ingreso", "capacitacion_horas": "1.5",
    "capacitacion_mujeres": 8, "capacitacion_hombres": 0,
    "compromisos": [COMPROMISO | {"responsable": "Ana Brito", "prioridad": "urgente"}],
    "fotos": [{"archivo": "foto-1.jpg", "descripcion": "El salón"}],
    "proxima_visita": "15/01/2027", "lat": 15.4052, "lon": "-91.1468", "acta_escaneada": "acta.pdf",
    "registrador": "Pedro Raymundo", "registrador_cargo": "Técnico de sede",
}  # fmt: skip

LISTA = {"fecha": "20/11/2026", "revisor": "Pedro Raymundo"} | dict.fromkeys(CRITICOS, "no_observado")
LISTA_COMPLETA = (
    LISTA
    | {campo.name: "cumple" for seccion in SECCIONES_VERIFICACION for campo in seccion.campos}
    | {"revisor_cargo": "Sede de Quiché", "acompanante": "Ana Brito", "visita_folio": "14-000200",
       "inodoros": "no cumple", "rampa": "parcial", "animales_lugar": "No aplica",
       "notas": [{"punto": "D1", "nota": "2 para 180 personas", "foto": "f.jpg"},
                 {"punto": "otro", "punto_otro": "Techo", "nota": "Gotea"}]}
)  # fmt: skip

AYUDA = {
    "municipio": "1413",
    "lugar": "Municipalidad",
    "fecha": "20/11/2026",
    "asunto": "Reunión de la comisión de albergues",
    "participantes": [PARTICIPANTE],
}
AYUDA_COMPLETA = AYUDA | {
    "departamento": "14", "hora_inicio": "09:00", "hora_fin": "10:00", "origen": "comude",
    "agenda": [{"punto": "Sitios"}, {"punto": "Formatos"}], "desarrollo": "Se leyó la lista.\nSe aprobó.",
    "acuerdos": [{"acuerdo": "Usar la boleta oficial"}], "compromisos": [COMPROMISO],
    "proxima_reunion": "15/01/2027", "proxima_lugar": "Nebaj", "hoja_firmada": "hoja.pdf",
    "registrador": "Pedro Raymundo",
}  # fmt: skip


def _without(answers: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in answers.items() if name not in names}


CASES: dict[str, list[Case]] = {
    "visita_asesoria": [
        (VISITA_COMPLETA, set()),
        (VISITA, set()),
        (
            _without(VISITA, "municipio", "participantes"),
            {("municipio", "obligatorio"), ("participantes", "faltan_filas")},
        ),
        (VISITA | {"hora_inicio": "25:00"}, {("hora_inicio", "hora_invalida")}),
        (VISITA | {"municipio": "0101", "departamento": "14"}, {("municipio", "lugar_de_otro_departamento")}),
        (
            VISITA | {"motivo": "capacitacion", "capacitacion_tema": "Boleta", "capacitacion_horas": 2},
            {("capacitacion_mujeres", "obligatorio"), ("capacitacion_hombres", "obligatorio")},
        ),
        (
            VISITA | {"formatos_entregados": [FORMATO, {"formato": "Parte diario", "cantidad": -1}]},
            {
                ("formatos_entregados[1].cantidad", "numero_fuera_de_rango"),
                ("formatos_entregados[1].edicion", "obligatorio"),
                ("formatos_entregados[1].medio", "obligatorio"),
            },
        ),
        (
            VISITA | {"compromisos_anteriores": [{"descripcion": "Rampa", "estado": "reprogramado"}]},
            {
                ("compromisos_anteriores[0].nueva_fecha", "obligatorio"),
                ("compromisos_anteriores[0].motivo", "obligatorio"),
            },
        ),
        (
            VISITA | {"compromisos": [_without(COMPROMISO, "institucion")]},
            {("compromisos[0].responsable", "obligatorio")},
        ),
        (
            VISITA | {"participantes": [PARTICIPANTE | {"telefono": "123"}]},
            {("participantes[0].telefono", "telefono_invalido")},
        ),
    ],
    "lista_verificacion": [
        (LISTA_COMPLETA, set()),
        (LISTA, set()),
        (_without(LISTA, "inodoros"), {("inodoros", "obligatorio")}),
        (LISTA | {"rampa": "más o menos"}, {("rampa", "fuera_de_lista")}),
        (LISTA | {"fecha": "22/11/2026"}, {("fecha", "fecha_futura")}),
        (
            LISTA | {"notas": [{"punto": "Z9", "nota": "x"}, {"punto": "D1"}]},
            {("notas[0].punto", "fuera_de_lista"), ("notas[1].nota", "obligatorio")},
        ),
    ],
    "ayuda_memoria": [
        (AYUDA_COMPLETA, set()),
        (AYUDA, set()),
        (
            _without(AYUDA, "municipio", "lugar"),
            {("departamento", "obligatorio"), ("lugar", "obligatorio")},
        ),
        (AYUDA | {"fecha": "31/02/2026"}, {("fecha", "fecha_invalida")}),
        (
            AYUDA | {"participantes": [PARTICIPANTE, _without(PARTICIPANTE, "nombre")]},
            {("participantes[1].nombre", "obligatorio")},
        ),
        (
            AYUDA | {"compromisos": [COMPROMISO | {"fecha_compromiso": "pronto"}]},
            {("compromisos[0].fecha_compromiso", "fecha_invalida")},
        ),
    ],
}
