"""Good and bad answers of the formats of the daily work, as plain data, judged in modo completo.

Of each format: first a complete sheet (it may be signed too), then a minimal one, then bad ones. The errors
are pairs of path and code.
"""

from __future__ import annotations

from typing import Any

Case = tuple[dict[str, Any], set[tuple[str, str]]]

FIRMA = {"registrador": "Marta Cobo", "registrador_cargo": "Voluntaria"}
FIRMAS = FIRMA | {"supervisor": "Luis Brito"}


def _rows(base: dict[str, Any], name: str, *rows: dict[str, Any]) -> dict[str, Any]:
    return base | {name: list(rows)}


def _without(base: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in base.items() if key not in names}


# registro_nna
NNA_MINIMO = {
    "ocurrido_en": "20/11/2026 18:05",
    "nombres": "Diego José",
    "sexo": "hombre",
    "edad": 8,
    "edad_unidad": "anios",
    "idioma": "ixl",
    "condicion": "no_acompanado",
    "separacion_fecha": "desconocido",
    "separacion_lugar": "Aldea Acul",
    "acompanante_presente": False,
    "cuidado_actual": "espacio_protegido",
}
BUSQUEDA = {"fecha": "20/11/2026", "lugar": "Radio local", "resultado": "Nadie llamó"}
NNA_COMPLETO = NNA_MINIMO | {
    "apellidos": "Raymundo Brito",
    "codigo_familia": "QK7-4M2",
    "cui": "1587 56444 0904",
    "edad_estimada": True,
    "senias": "Suéter rojo, cicatriz en la ceja",
    "condicion": "separado",
    "separacion_fecha": "19/11/2026",
    "separacion_causa": "El río se llevó el puente",
    "convivia_con": "Su madre y dos hermanas",
    "madre_nombre": "Ana Brito",
    "padre_nombre": "desconocido",
    "familia_comunidad": "Acul, Nebaj",
    "familia_telefono": "55000134",
    "acompanante_presente": True,
    "acompanante_nombre": "Pedro Brito",
    "acompanante_dpi": "desconocido",
    "acompanante_parentesco": "Tío",
    "acompanante_verificado": True,
    "cuidado_actual": "familia_acogiente",
    "pgn_notificada_en": "20/11/2026 19:00",
    "pgn_nombre": "Lcda. Rosa Ixcoy",
    "pgn_medio": "llamada",
    "pgn_expediente": "desconocido",
    "alba_keneth": False,
    "acciones_busqueda": [BUSQUEDA],
    "resolucion": "reunificado",
    "reunificado_con": "Ana Brito, su madre",
    "entrega_nombre": "Ana Brito",
    "entrega_dpi": "2000 00020 1413",
    "entrega_autorizacion": "PGN, oficio 12",
    "entregado_en": "20/11/2026 20:00",
    "registrador": "Marta Cobo",
}
REGISTRO_NNA: list[Case] = [
    (NNA_COMPLETO, set()),
    (NNA_MINIMO, set()),
    (_without(NNA_MINIMO, "condicion"), {("condicion", "obligatorio")}),
    (NNA_MINIMO | {"nombres": "N/N"}, {("senias", "obligatorio")}),
    (
        NNA_MINIMO | {"acompanante_presente": True, "acompanante_nombre": "Pedro"},
        {
            ("acompanante_dpi", "obligatorio"),
            ("acompanante_parentesco", "obligatorio"),
            ("acompanante_verificado", "obligatorio"),
        },
    ),
    (NNA_MINIMO | {"condicion": "extraviado"}, {("alba_keneth", "obligatorio")}),
    (NNA_MINIMO | {"separacion_fecha": "21/11/2026"}, {("separacion_fecha", "fecha_futura")}),
    (
        NNA_COMPLETO | {"entregado_en": "20/11/2026 17:00"},
        {("entregado_en", "entrega_antes")},
    ),
    (
        _rows(NNA_MINIMO, "acciones_busqueda", BUSQUEDA, {"fecha": "20/11/2026"}),
        {("acciones_busqueda[1].lugar", "obligatorio"), ("acciones_busqueda[1].resultado", "obligatorio")},
    ),
]

# ficha_medica
MEDICA_MINIMA = {
    "ocurrido_en": "20/11/2026 18:05",
    "nombres": "Pedro",
    "sexo": "hombre",
    "edad": 40,
    "edad_unidad": "anios",
    "sintomas": ["ninguno"],
    "profesional": "Dra. Elena Toc",
}
MEDICA_COMPLETA = MEDICA_MINIMA | {
    "nombres": "Juana",
    "apellidos": "Raymundo",
    "sexo": "mujer",
    "edad": 28,
    "cui": "1587 56444 0904",
    "temperatura": 38.5,
    "presion_sistolica": 120,
    "presion_diastolica": 80,
    "frecuencia_cardiaca": 88,
    "saturacion": 97,
    "peso": "61.25",
    "talla": 152,
    "sintomas": ["fiebre", "otro"],
    "sintomas_otro": "mareo",
    "enfermedad_cronica": ["diabetes", "salud_mental"],
    "medicamento": "Metformina 850 mg",
    "ultimo_dia_medicina": "25/11/2026",
    "alergias": "Penicilina",
    "vacunas": "Tétanos",
    "embarazo": True,
    "embarazo_semanas": 30,
    "embarazo_controles": 3,
    "embarazo_peligro": ["hinchazon"],
    "diagnostico": "Fiebre en estudio",
    "tratamiento": "Acetaminofén",
    "aislamiento": True,
    "aislamiento_desde": "20/11/2026",
    "proxima_visita": "22/11/2026",
    "referido": True,
    "referido_a": "hospital",
    "colegiado": "12345",
}
FICHA_MEDICA: list[Case] = [
    (MEDICA_COMPLETA, set()),
    (MEDICA_MINIMA, set()),
    (
        _without(MEDICA_MINIMA, "sintomas", "profesional"),
        {("sintomas", "obligatorio"), ("profesional", "obligatorio")},
    ),
    (MEDICA_MINIMA | {"sexo": "mujer", "edad": 20}, {("embarazo", "obligatorio")}),
    (MEDICA_MINIMA | {"saturacion": 140}, {("saturacion", "numero_fuera_de_rango")}),
    (MEDICA_MINIMA | {"temperatura": "treinta"}, {("temperatura", "numero_invalido")}),
    (MEDICA_MINIMA | {"aislamiento": True}, {("aislamiento_desde", "obligatorio")}),
    (
        MEDICA_MINIMA
        | {"ocurrido_en": "19/11/2026 10:00", "aislamiento": True, "aislamiento_desde": "20/11/2026"},
        {("aislamiento_desde", "aislamiento_despues")},
    ),
    (MEDICA_MINIMA | {"referido": True}, {("referido_a", "obligatorio")}),
]

# hoja_referencia
REFERENCIA_MINIMA = {
    "ocurrido_en": "20/11/2026 18:05",
    "clase": "familia",
    "codigo_familia": "QK7-4M2",
    "institucion_destino": "renap",
    "servicio": "Reposición de DPI",
    "motivo": "Perdieron los documentos",
    "urgencia": "ordinaria",
    "plazo_dias": 3,
    "resumen": "Familia de cinco sin documentos",
    "consentimiento": True,
    "medio": "oficio",
    "refiere_nombre": "Marta Cobo",
}
REFERENCIA_COMPLETA = REFERENCIA_MINIMA | {
    "clase": "persona",
    "persona": "Juana Raymundo",
    "sexo": "mujer",
    "edad": 28,
    "edad_unidad": "anios",
    "telefono": "55000134",
    "destino_lugar": "RENAP de Nebaj",
    "documentos_adjuntos": "Copia de la denuncia",
    "deber_legal": False,
    "estado": "cerrada",
    "refiere_cargo": "Técnica, SOSEP",
    "refiere_telefono": "55000135",
    "recibido_por": "Carlos Chel",
    "contrarreferencia_fecha": "20/11/2026",
    "resultado": "atendido",
    "proxima_accion": "Recoger el DPI en una semana",
}
HOJA_REFERENCIA: list[Case] = [
    (REFERENCIA_COMPLETA, set()),
    (_without(REFERENCIA_MINIMA, "consentimiento") | {"deber_legal": True}, set()),
    (_without(REFERENCIA_MINIMA, "codigo_familia"), {("persona", "obligatorio")}),
    (_without(REFERENCIA_MINIMA, "consentimiento"), {("consentimiento", "obligatorio")}),
    (REFERENCIA_MINIMA | {"urgencia": "mañana"}, {("urgencia", "fuera_de_lista")}),
    (REFERENCIA_MINIMA | {"institucion_destino": "otro"}, {("institucion_destino_otro", "obligatorio")}),
    (
        REFERENCIA_MINIMA | {"contrarreferencia_fecha": "19/11/2026"},
        {("contrarreferencia_fecha", "respuesta_antes")},
    ),
    (REFERENCIA_MINIMA | {"estado": "cerrada"}, {("resultado", "obligatorio")}),
]

# kardex
MOVIMIENTO = {
    "fecha": "20/11/2026",
    "tipo": "entrada_donacion",
    "cantidad": 100,
    "documento_respaldo": "Recepción 12",
    "recibe_entrega": "Luis Brito",
}
CONTEO = {"fecha": "20/11/2026", "segun_kardex": 100, "contado": 99, "conto": "Marta Cobo"}
KARDEX_MINIMO = {
    "articulo": "Colchoneta",
    "unidad": "unidad",
    "categoria": "albergue",
    "perecedero": False,
    "movimientos": [MOVIMIENTO],
}
KARDEX_COMPLETO = KARDEX_MINIMO | FIRMAS | {
    "articulo_codigo": "ALI-01",
    "articulo": "Kit de alimentos",
    "presentacion": "bolsa",
    "categoria": "alimento",
    "es_kit": True,
    "kit_componentes": "Frijol, arroz, aceite",
    "perecedero": True,
    "requiere_frio": False,
    "existencia_minima": 20,
    "bodega": "Salón municipal",
    "movimientos": [
        MOVIMIENTO | {"lote": "L-1", "caducidad": "01/06/2027", "donante": "Iglesia", "estante": "A2"},
        MOVIMIENTO | {"tipo": "salida_entrega", "cantidad": "10.50", "lote": "desconocido"},
    ],
    "conteos": [CONTEO, CONTEO | {"contado": 90, "explicacion": "Bolsas rotas"}],
}  # fmt: skip
KARDEX: list[Case] = [
    (KARDEX_COMPLETO, set()),
    (KARDEX_MINIMO, set()),
    (
        _without(KARDEX_MINIMO, "categoria", "movimientos"),
        {("categoria", "obligatorio"), ("movimientos", "faltan_filas")},
    ),
    (KARDEX_MINIMO | {"es_kit": True}, {("kit_componentes", "obligatorio")}),
    (KARDEX_MINIMO | {"perecedero": True}, {("movimientos[0].lote", "obligatorio")}),
    (
        _rows(KARDEX_MINIMO, "movimientos", MOVIMIENTO, MOVIMIENTO | {"cantidad": 0}),
        {("movimientos[1].cantidad", "cantidad_cero")},
    ),
    (
        _rows(KARDEX_MINIMO, "movimientos", MOVIMIENTO | {"cantidad": -3}),
        {("movimientos[0].cantidad", "numero_fuera_de_rango")},
    ),
    (
        _rows(KARDEX_MINIMO, "conteos", CONTEO, CONTEO | {"contado": 90}),
        {("conteos[1].explicacion", "obligatorio")},
    ),
]

# recepcion_donacion
ARTICULO = {"articulo": "Frazada", "cantidad": 50, "unidad": "unidad", "estado": "bueno"}
RECEPCION_MINIMA = {
    "ocurrido_en": "20/11/2026 18:05",
    "donante_tipo": "persona",
    "donante": "Anónimo",
    "articulos": [ARTICULO],
    "destino": "sin_destino",
    "recibe_nombre": "Luis Brito",
    "constancia_entregada": True,
}
RECEPCION_COMPLETA = RECEPCION_MINIMA | {
    "donante_tipo": "empresa",
    "donante": "Panadería La Espiga",
    "donante_documento": "576937-K",
    "donante_telefono": "55000134",
    "articulos": [
        ARTICULO | {"categoria": "ropa_abrigo"},
        ARTICULO | {"articulo": "Leche", "cantidad": "12.5", "unidad": "litro", "caducidad": "01/12/2026"},
        ARTICULO | {"estado": "otro", "estado_otro": "sin empaque"},
    ],
    "destino": "albergue",
    "destino_albergue": "Salón Municipal de Nebaj",
    "observaciones": "Pan dulce para la refacción",
    "recibe_cargo": "Bodeguero",
}
RECEPCION_DONACION: list[Case] = [
    (RECEPCION_COMPLETA, set()),
    (RECEPCION_MINIMA, set()),
    (
        _without(RECEPCION_MINIMA, "donante", "articulos"),
        {("donante", "obligatorio"), ("articulos", "faltan_filas")},
    ),
    (RECEPCION_MINIMA | {"destino": "albergue"}, {("destino_albergue", "obligatorio")}),
    (RECEPCION_MINIMA | {"donante_telefono": "123"}, {("donante_telefono", "telefono_invalido")}),
    (
        _rows(RECEPCION_MINIMA, "articulos", ARTICULO, _without(ARTICULO, "estado") | {"cantidad": "0"}),
        {("articulos[1].estado", "obligatorio"), ("articulos[1].cantidad", "cantidad_cero")},
    ),
]

# entrega_ayuda
ENTREGA = {"persona": "Familia Raymundo", "cantidad": 1, "recibe_nombre": "Juana Raymundo"}
FIRMADA = {"recibe_firma": "huella"}
PLANILLA_MINIMA = {
    "fecha": "20/11/2026",
    "responsable": "Marta Cobo",
    "institucion": "Municipalidad de Nebaj",
    "tipo": "frazada",
    "criterio": "familia",
    "donante": "Compra",
    "entregas": [ENTREGA],
}
MENOR_JEFE = ENTREGA | FIRMADA | {"recibe_menor": True, "recibe_jefatura": True}
PLANILLA_COMPLETA = PLANILLA_MINIMA | FIRMAS | {
    "tipo": "otro",
    "tipo_otro": "Filtro de agua",
    "intervalo_dias": 30,
    "entregas": [
        ENTREGA
        | FIRMADA
        | {"codigo_familia": "QK7-4M2", "integrantes": 5, "contenido": "1 filtro", "recibe_dpi": "1"},
        MENOR_JEFE | {"observaciones": "Vive con sus hermanas"},
    ],
    "total_familias": 2,
    "total_personas": 8,
    "por_sexo": {"mujeres": 5, "hombres": 3},
    "por_edad": {"de_0_a_4": 2, "de_13_a_17": 1, "de_30_a_59": 5},
}  # fmt: skip
ENTREGA_AYUDA: list[Case] = [
    (PLANILLA_COMPLETA, set()),
    (PLANILLA_MINIMA, set()),
    (_without(PLANILLA_MINIMA, "donante", "tipo"), {("donante", "obligatorio"), ("tipo", "obligatorio")}),
    (PLANILLA_MINIMA | {"criterio": "sorteo"}, {("criterio", "fuera_de_lista")}),
    (PLANILLA_MINIMA | {"fecha": "25/11/2026"}, {("fecha", "fecha_futura")}),
    (
        _rows(PLANILLA_MINIMA, "entregas", ENTREGA, {"cantidad": 0, "codigo_familia": "QK7-4M2"}),
        {("entregas[1].recibe_nombre", "obligatorio"), ("entregas[1].cantidad", "cantidad_cero")},
    ),
]

# alimentacion
TIEMPO = {
    "tiempo": "desayuno",
    "presentes": 120,
    "preparadas": 130,
    "servidas": 120,
    "sobrantes": 10,
    "cocina": "Turno de la mañana",
}
DIA_MINIMO = {"fecha": "20/11/2026", "tiempos": [TIEMPO]}
DIA_COMPLETO = DIA_MINIMO | FIRMAS | {
    "estufas": 3,
    "gas_cilindros": 2,
    "lenia": 4,
    "observaciones": "Falta aceite",
    "tiempos": [
        TIEMPO | {"menu": "Frijol, huevo, tortilla", "dietas": {"diabetico": 3, "otro": 1},
                  "dietas_otro": "papilla"},
        TIEMPO | {"tiempo": "otro", "tiempo_otro": "Atol de la noche"},
    ],
}  # fmt: skip
ALIMENTACION: list[Case] = [
    (DIA_COMPLETO, set()),
    (DIA_MINIMO, set()),
    ({"observaciones": "x"}, {("fecha", "obligatorio"), ("tiempos", "faltan_filas")}),
    (_rows(DIA_MINIMO, "tiempos", _without(TIEMPO, "sobrantes")), {("tiempos[0].sobrantes", "obligatorio")}),
    (
        _rows(DIA_MINIMO, "tiempos", TIEMPO, TIEMPO | {"servidas": -1}),
        {("tiempos[1].servidas", "numero_fuera_de_rango")},
    ),
    (
        _rows(DIA_MINIMO, "tiempos", TIEMPO | {"tiempo": "merienda"}),
        {("tiempos[0].tiempo", "fuera_de_lista")},
    ),
]

# control_visitas
VISITA = {
    "hora_entrada": "14:30",
    "nombre": "Carlos Chel",
    "motivo": "familiar",
    "visita_a": "Familia Raymundo",
    "autorizo": "Marta Cobo",
}
VISITAS_MINIMA = {"fecha": "20/11/2026", "visitas": [VISITA]}
VISITAS_COMPLETA = VISITAS_MINIMA | FIRMAS | {
    "puerta": "Entrada principal",
    "visitas": [
        VISITA | {"hora_salida": "15:10", "dpi": "2000 00020 1413", "institucion": "Salud", "vehiculo": "P-1"},
        VISITA
        | {
            "motivo": "prensa",
            "hora_salida": "16:00",
            "prensa_autorizacion": "Alcaldesa",
            "prensa_sin_fotos_nna": True,
        },
    ],
}  # fmt: skip
CONTROL_VISITAS: list[Case] = [
    (VISITAS_COMPLETA, set()),
    (VISITAS_MINIMA, set()),
    ({"fecha": "20/11/2026"}, {("visitas", "faltan_filas")}),
    (
        _rows(VISITAS_MINIMA, "visitas", VISITA | {"motivo": "prensa"}),
        {
            ("visitas[0].prensa_autorizacion", "obligatorio"),
            ("visitas[0].prensa_sin_fotos_nna", "obligatorio"),
        },
    ),
    (
        _rows(VISITAS_MINIMA, "visitas", VISITA, VISITA | {"hora_entrada": "25:00"}),
        {("visitas[1].hora_entrada", "hora_invalida")},
    ),
    (
        _rows(VISITAS_MINIMA, "visitas", _without(VISITA, "autorizo") | {"hora_salida": "10:00"}),
        {("visitas[0].autorizo", "obligatorio")},
    ),
]

# normas_convivencia
NORMA = {"tema": "armas", "texto": "No se entra con armas."}
NORMAS_MINIMA = {"fecha_aprobacion": "20/11/2026", "version_normas": "1", "idioma": "spa", "normas": [NORMA]}
NORMAS_COMPLETA = NORMAS_MINIMA | FIRMA | {
    "asistentes": {"mujeres": 30, "hombres": 20},
    "medios": ["leidas", "pictogramas"],
    "normas": [NORMA] * 5,
    "acuses": [
        {"codigo_familia": "QK7-4M2", "nombre": "Juana", "fecha": "20/11/2026", "acuse_firma": "firma"}
    ],
}  # fmt: skip
NORMAS_CONVIVENCIA: list[Case] = [
    (NORMAS_COMPLETA, set()),
    (NORMAS_MINIMA, set()),
    (_without(NORMAS_MINIMA, "normas", "idioma"), {("normas", "faltan_filas"), ("idioma", "obligatorio")}),
    (NORMAS_MINIMA | {"idioma": "klingon"}, {("idioma", "fuera_de_lista")}),
    (_rows(NORMAS_MINIMA, "normas", NORMA, {"tema": "otro"}),
     {("normas[1].texto", "obligatorio"), ("normas[1].tema_otro", "obligatorio")}),
    (_rows(NORMAS_MINIMA, "acuses", {"codigo_familia": "QK7-4M2"}), {("acuses[0].fecha", "obligatorio")}),
]  # fmt: skip

# incidente
INCIDENTE_MINIMO = {
    "ocurrido_en": "20/11/2026 18:05",
    "clase": "incidente",
    "tipo": "conflicto",
    "gravedad": "leve",
    "medida": "Se habló con las dos familias",
}
QUEJA_MINIMA = {
    "ocurrido_en": "20/11/2026 18:05",
    "clase": "queja",
    "canal": "buzon",
    "categoria_queja": "alimentacion",
}
INCIDENTE_COMPLETO = INCIDENTE_MINIMO | FIRMAS | {
    "lugar": "Cocina",
    "tipo": "incendio",
    "gravedad": "grave",
    "involucrados": "Turno de cocina",
    "relato": "Se prendió una olla",
    "autoridad_avisada": ["bomberos", "otro"],
    "autoridad_avisada_otro": "COCODE",
    "autoridad_detalle": "18:10, llegaron en 15 minutos",
    "seguimiento": "Comprar extintor",
    "seguimiento_fecha": "22/11/2026",
    "seguimiento_estado": "abierto",
}  # fmt: skip
INCIDENTE: list[Case] = [
    (INCIDENTE_COMPLETO, set()),
    (INCIDENTE_MINIMO, set()),
    (
        QUEJA_MINIMA | {"plazo_respuesta": "23/11/2026", "telefono": "55000134", "respuesta": "Se revisa"},
        set(),
    ),
    (_without(INCIDENTE_MINIMO, "tipo", "medida"), {("tipo", "obligatorio"), ("medida", "obligatorio")}),
    (INCIDENTE_MINIMO | {"tipo": "violencia"}, {("autoridad_avisada", "obligatorio")}),
    (INCIDENTE_MINIMO | {"gravedad": "grave"}, {("autoridad_avisada", "obligatorio")}),
    (INCIDENTE_MINIMO | {"tipo": "otro"}, {("tipo_otro", "obligatorio")}),
    (INCIDENTE_MINIMO | {"seguimiento_fecha": "19/11/2026"}, {("seguimiento_fecha", "revision_antes")}),
    (_without(QUEJA_MINIMA, "categoria_queja"), {("categoria_queja", "obligatorio")}),
]

# comite
MIEMBRO = {"persona": "Juana Raymundo", "sexo": "mujer", "cargo": "coordinador", "desde": "20/11/2026"}
COMITE_MINIMO = {"comite": "limpieza", "fecha_formacion": "20/11/2026", "miembros": [MIEMBRO]}
COMITE_COMPLETO = COMITE_MINIMO | FIRMA | {
    "tareas": "Barrer dos veces al día",
    "miembros": [
        MIEMBRO | {"codigo_familia": "QK7-4M2", "telefono": "55000134", "hasta": "30/11/2026"},
        MIEMBRO | {"persona": "Pedro Cobo", "sexo": "hombre", "cargo": "otro", "cargo_otro": "Suplente"},
    ],
}  # fmt: skip
COMITE: list[Case] = [
    (COMITE_COMPLETO, set()),
    (COMITE_MINIMO, set()),
    (
        _without(COMITE_MINIMO, "comite", "miembros"),
        {("comite", "obligatorio"), ("miembros", "faltan_filas")},
    ),
    (COMITE_MINIMO | {"comite": "otro"}, {("comite_otro", "obligatorio")}),
    (
        _rows(COMITE_MINIMO, "miembros", MIEMBRO, MIEMBRO | {"hasta": "19/11/2026"}),
        {("miembros[1].hasta", "hasta_antes")},
    ),
    (_rows(COMITE_MINIMO, "miembros", _without(MIEMBRO, "sexo")), {("miembros[0].sexo", "obligatorio")}),
]

# turno
TURNO_FILA = {"fecha": "22/11/2026", "franja": "manana", "comite": "limpieza", "personas": "Juana, Pedro"}
TURNO_MINIMO = {"desde": "21/11/2026", "turnos": [TURNO_FILA]}
TURNO_COMPLETO = TURNO_MINIMO | FIRMA | {
    "hasta": "27/11/2026",
    "turnos": [
        TURNO_FILA | {"cumplido": True},
        TURNO_FILA | {"franja": "otro", "franja_otro": "18:00 a 22:00", "cumplido": False,
                      "observaciones": "Llovió"},
    ],
}  # fmt: skip
TURNO: list[Case] = [
    (TURNO_COMPLETO, set()),
    (TURNO_MINIMO, set()),
    ({"hasta": "27/11/2026"}, {("desde", "obligatorio"), ("turnos", "faltan_filas")}),
    (TURNO_MINIMO | {"hasta": "20/11/2026"}, {("hasta", "hasta_antes")}),
    (
        _rows(TURNO_MINIMO, "turnos", TURNO_FILA, _without(TURNO_FILA, "comite") | {"franja": "siesta"}),
        {("turnos[1].comite", "obligatorio"), ("turnos[1].franja", "fuera_de_lista")},
    ),
]

# personal_voluntario
PERSONA = {
    "nombre": "Elena Toc",
    "institucion": "Cruz Roja",
    "funcion": "Recreación",
    "telefono": "55000134",
    "entrada_en": "20/11/2026 08:00",
    "trabaja_con_nna": False,
}
PERSONAL_MINIMO = {"personal": [PERSONA]}
PERSONAL_COMPLETO = FIRMA | {
    "personal": [
        PERSONA
        | {
            "dpi": "2000 00020 1413",
            "clase": "voluntario",
            "salida_en": "20/11/2026 17:00",
            "trabaja_con_nna": True,
            "renas_verificado": True,
            "renas_fecha": "19/11/2026",
            "induccion": True,
            "codigo_conducta": True,
            "observaciones": "Vuelve mañana",
        }
    ]
}
PERSONAL_VOLUNTARIO: list[Case] = [
    (PERSONAL_COMPLETO, set()),
    (PERSONAL_MINIMO, set()),
    ({"registrador": "Marta"}, {("personal", "faltan_filas")}),
    (
        _rows({}, "personal", PERSONA | {"trabaja_con_nna": True}),
        {("personal[0].renas_verificado", "obligatorio")},
    ),
    (
        _rows({}, "personal", PERSONA | {"trabaja_con_nna": True, "renas_verificado": True}),
        {("personal[0].renas_fecha", "obligatorio")},
    ),
    (
        _rows({}, "personal", PERSONA, PERSONA | {"salida_en": "20/11/2026 07:00"}),
        {("personal[1].salida_en", "salida_antes")},
    ),
    (
        _rows({}, "personal", PERSONA, _without(PERSONA, "funcion") | {"telefono": "1"}),
        {("personal[1].funcion", "obligatorio"), ("personal[1].telefono", "telefono_invalido")},
    ),
]

CASES: dict[str, list[Case]] = {
    "registro_nna": REGISTRO_NNA,
    "ficha_medica": FICHA_MEDICA,
    "hoja_referencia": HOJA_REFERENCIA,
    "kardex": KARDEX,
    "recepcion_donacion": RECEPCION_DONACION,
    "entrega_ayuda": ENTREGA_AYUDA,
    "alimentacion": ALIMENTACION,
    "control_visitas": CONTROL_VISITAS,
    "normas_convivencia": NORMAS_CONVIVENCIA,
    "incidente": INCIDENTE,
    "comite": COMITE,
    "turno": TURNO,
    "personal_voluntario": PERSONAL_VOLUNTARIO,
}

# Format, answers in modo completo, and the codes of the warnings that they must raise.
WARNED: list[tuple[str, dict[str, Any], set[str]]] = [
    ("registro_nna", NNA_MINIMO, {"sin_aviso_pgn"}),
    ("registro_nna",
     NNA_COMPLETO | {"ocurrido_en": "19/11/2026 10:00", "pgn_notificada_en": "20/11/2026 10:01"},
     {"aviso_tardio"}),
    ("registro_nna", NNA_COMPLETO | {"edad": 19}, {"mayor_de_edad"}),
    ("registro_nna", NNA_COMPLETO | {"condicion": "no_acompanado"}, {"no_acompanado_con_adulto"}),
    ("registro_nna", NNA_COMPLETO | {"acompanante_verificado": False}, {"entrega_sin_verificar"}),
    ("ficha_medica", MEDICA_MINIMA | {"sintomas": ["ninguno", "dolor"]}, {"sintomas_contradicen"}),
    ("ficha_medica", MEDICA_MINIMA | {"sintomas": ["tos"]}, {"contagio_sin_decidir"}),
    ("ficha_medica", MEDICA_COMPLETA | {"presion_diastolica": 130}, {"presion_al_reves"}),
    ("ficha_medica", MEDICA_COMPLETA | {"referido": False}, {"peligro_sin_referir"}),
    ("ficha_medica", MEDICA_COMPLETA | {"sexo": "hombre"}, {"embarazo_en_hombre"}),
    ("hoja_referencia", REFERENCIA_MINIMA | {"consentimiento": False}, {"sin_permiso"}),
    ("hoja_referencia", _without(REFERENCIA_COMPLETA, "recibido_por"), {"respuesta_sin_nombre"}),
    ("kardex", KARDEX_MINIMO | {"perecedero": True, "movimientos": [MOVIMIENTO | {"lote": "1"}]},
     {"caducidad_falta"}),
    ("recepcion_donacion", RECEPCION_MINIMA | {"articulos": [ARTICULO | {"estado": "no_apto"}]},
     {"hay_no_apto"}),
    ("recepcion_donacion", RECEPCION_MINIMA | {"constancia_entregada": False}, {"sin_constancia"}),
    ("entrega_ayuda", PLANILLA_MINIMA | {"entregas": [ENTREGA | {"recibe_menor": True}]}, {"menor_recibe"}),
    ("entrega_ayuda", PLANILLA_COMPLETA | {"total_personas": 9}, {"sexo_no_suma", "edades_no_suman"}),
    ("alimentacion", DIA_MINIMO | {"tiempos": [TIEMPO | {"servidas": 140, "sobrantes": 150}]},
     {"servidas_de_mas", "sobrantes_de_mas"}),
    ("alimentacion", DIA_MINIMO | {"tiempos": [TIEMPO | {"servidas": 100}]}, {"faltaron_raciones"}),
    ("control_visitas", VISITAS_MINIMA | {"visitas": [VISITA | {"hora_salida": "10:00"}]}, {"sale_antes"}),
    ("normas_convivencia", NORMAS_MINIMA, {"pocas_normas"}),
    ("incidente",
     INCIDENTE_MINIMO | {"tipo": "violencia", "involucrados": "Ana", "autoridad_avisada": ["mspas"]},
     {"nombres_en_violencia", "avise_ya"}),
    ("comite", COMITE_MINIMO | {"miembros": [MIEMBRO | {"cargo": "vocal", "sexo": "hombre"}]},
     {"sin_coordinacion", "sin_mujeres"}),
    ("personal_voluntario",
     {"personal": [PERSONA | {"trabaja_con_nna": True, "renas_verificado": False, "codigo_conducta": False}]},
     {"nna_sin_revisar", "sin_codigo"}),
]  # fmt: skip
