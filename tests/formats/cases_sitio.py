"""Good and bad answers of the formats of sites, acts, counts and nights, as plain data.

For each format: what is sent, and the errors of modo rápido as (path, code). The first case is complete (with
its files it can be signed), the second is the least that may be saved.
"""

from __future__ import annotations

from typing import Any

Case = tuple[dict[str, Any], set[tuple[str, str]]]

FIRMA_DOS = [
    {"nombre": "Marta Elena Cobo", "dpi": "1587 56444 0904", "institucion": "Municipalidad de Nebaj",
     "cargo": "Concejala", "firma": "firma"},
    {"nombre": "Pedro Raymundo", "dpi": "desconocido", "institucion": "SOSEP", "cargo": "Delegado",
     "firma": "otro", "firma_otro": "Se retiró antes"},
]  # fmt: skip
EDADES = ("0", "1_4", "5_12", "13_17", "18_29", "30_59", "60_mas", "sin_dato")


def edades(mujeres: tuple[int, ...], hombres: tuple[int, ...]) -> dict[str, int]:
    """One count for each sex and age."""
    return {
        f"{sex}_{code}": number
        for sex, numbers in (("mujeres", mujeres), ("hombres", hombres))
        for code, number in zip(EDADES, numbers, strict=True)
    }


AMBIENTE = {"nombre": "Aula 1", "largo_m": 8.5, "ancho_m": 6, "util_m2": 48, "uso_previsto": "dormitorio"}
FICHA: dict[str, Any] = {
    "fecha": "20/11/2026", "nombre": "Escuela Aldea Acul", "nombres_alternos": "La escuelita",
    "tipo_inmueble": "escuela", "departamento": "14", "municipio": "1413", "lugar_poblado": "Acul",
    "lugar_categoria": "aldea", "direccion": "Calle real", "referencia": "Frente al campo",
    "lat": 15.405278, "lon": "-91.146944", "precision_m": 8, "metodo_ubicacion": "GPS",
    "propietario": "Ministerio de Educación", "propietario_tipo": "estado",
    "llaves_1_nombre": "Ana Brito", "llaves_1_telefono": "5500 0134",
    "llaves_2_nombre": "desconocido", "llaves_2_telefono": "desconocido",
    "ambientes": [AMBIENTE, AMBIENTE | {"nombre": "Galera", "uso_previsto": "otro", "uso_previsto_otro": "Misa"}],
    "area_terreno_m2": 1200.5, "inodoros_mujeres": 3, "inodoros_hombres": 2, "inodoros_mixtos": 0,
    "inodoros_accesibles": 0, "duchas_mujeres": 1, "duchas_hombres": 1, "chorros": 4, "lavamanos": 2,
    "lavaderos": 1, "fuente_agua": ["red", "lluvia"], "almacenamiento_litros": 2500, "energia": "si",
    "drenaje": "fosa", "cocina": ["lena"], "ventilacion": "buena", "cerca_perimetral": "parcial",
    "parqueo": False, "area_juego": True, "area_animales": False, "rampa": False, "bano_accesible": False,
    "puerta_ancha": True, "acceso_vehicular": "todo_tiempo", "minutos_salud": 40, "minutos_pnc": 35,
    "amenaza_inundacion": "apto", "amenaza_deslizamiento": "no_apto", "amenaza_sismo": "no_evaluado",
    "amenaza_volcan": "apto", "amenaza_viento": "apto", "amenaza_incendio": "no_evaluado",
    "amenaza_quimica": "apto", "distancia_rio_m": 300, "capacidad_autorizada": 25,
    "informante": "Diego Cobo", "informante_cargo": "Director", "registrador": "Rosa Chávez",
    "supervisor": "Luis Tum",
}  # fmt: skip

CRITICOS = [
    "punto_acta",
    "anuencia_propietario",
    "administrador_nombrado",
    "fuera_zona_riesgo",
    "dictamen_estructural",
    "salidas_libres",
    "electricidad_segura",
    "agua_funciona",
    "inodoros",
    "espacio_persona",
    "cuarto_aislamiento",
    "cocina_aparte",
    "letrinas_luz",
]
EVALUADOR = {"nombre": "Luis Tum", "institucion": "SE-CONRED", "cargo": "Delegado", "firma": "firma"}
COMPROMISO = {"descripcion": "Reparar 3 inodoros", "responsable": "Ana Brito",
              "institucion": "Municipalidad", "fecha_compromiso": "15/12/2026", "prioridad": "urgente"}  # fmt: skip
EVALUACION: dict[str, Any] = {
    "fecha": "20/11/2026", "motivo": "inicial", "informante": "Diego Cobo", "informante_cargo": "Director",
    **dict.fromkeys(CRITICOS, "cumple"),
    "inodoros": "parcial", "inodoros_nota": "Faltan 3 de mujeres",
    "extintor": "no", "rampa": "no_aplica", "animales_lugar": "no_observado",
    "danio_estructural": "leve", "dictamen_sanitario": "pendiente",
    "resultado": "apto_con_condiciones", "vigencia_hasta": "20/11/2027",
    "compromisos": [COMPROMISO], "evaluadores": [EVALUADOR],
}  # fmt: skip

OFICIALIZACION: dict[str, Any] = {
    "numero_acta": "45-2026", "punto_acta": "Quinto", "fecha_sesion": "12/03/2026",
    "capacidad_autorizada": 120, "extracto": "El Concejo acuerda autorizar el uso…",
    "anuencia_nombre": "María Brito", "anuencia_dpi": "1587 56444 0904",
    "anuencia_cargo": "Presidenta del COCODE", "uso_desde": "12/03/2026", "uso_hasta": "12/03/2028",
    "uso_sin_plazo": False, "condiciones": "Devolver limpio", "registrador": "Luis Tum",
}  # fmt: skip

APERTURA: dict[str, Any] = {
    "numero_acta": "AP-1413-2026-001", "lugar": "Salón Municipal", "abierta_en": "20/11/2026 18:05",
    "alerta_vigente": "anaranjada", "acta_coe": "02-2026", "administrador": "Ana Brito",
    "administrador_suplente": "Luis Tum", "institucion_administra": "municipalidad",
    "modalidad": "nocturna", "horario_desde": "18:00", "horario_hasta": "06:00", "capacidad_autorizada": 120,
    "comparecientes": FIRMA_DOS, "ambientes_estado": "Dos salones, buenos",
    "servicios_estado": "Agua y luz funcionan", "mobiliario_estado": "Ninguno", "inventario_folio": "12",
    "lectura_agua": 1520.5, "lectura_luz": "desconocido",
    "servicios_asegurados": [
        {"servicio": "agua", "institucion": "Municipalidad", "desde": "20/11/2026 20:00"},
        {"servicio": "otro", "servicio_otro": "Traducción", "institucion": "ALMG"},
    ],
    "normas_entregadas": True, "normas_idioma": "ixl", "normas_otro_idioma": "spa",
    "registrador": "Rosa Chávez",
}  # fmt: skip

PARTE: dict[str, Any] = {
    "corte": "20/11/2026 18:00", "turno": "diurno", "administrador": "Ana Brito", "fuente": "conteo_fisico",
    "personas": 58, "familias": 12, "mujeres": 30, "hombres": 27, "no_registrado": 1, "pernoctaron": 55,
    "presentes_dia": 40, "nota": "Llegó un grupo a las 17:00",
    **edades((1, 4, 5, 3, 6, 8, 3, 0), (0, 3, 6, 2, 5, 7, 4, 0)),
    "embarazadas": 2, "lactantes": 3, "adultos_mayores": 7, "con_discapacidad": 1, "enfermos_cronicos": 4,
    "extranjeros": 0, "personas_anterior": 50, "ingresos": 10, "egresos": 2, "agua_litros": 900,
    "inodoros_mujeres": 2, "inodoros_hombres": 2, "duchas": 2, "energia_horas": 22.5,
    "raciones_desayuno": 58, "raciones_almuerzo": 58, "raciones_cena": 58, "basura_retirada": True,
    "seguridad": ["pnc", "comite"], "consultas_medicas": 5, "incidentes": "Ninguno",
    "conteo_nominal": 61, "conteo_fisico": 58, "diferencia_explicacion": "3 con salida temporal",
    "necesidades": [{"articulo": "Colchonetas", "cantidad": 20, "unidad": "unidades", "plazo": "21/11/2026"}],
    "registrador": "Rosa Chávez",
}  # fmt: skip
PARTE_MINIMO = {"corte": "20/11/2026 18:00", "fuente": "estimacion", "personas": 58}

BIEN = {"bien": "Silla plástica", "cantidad": 20, "estado_recibir": "bueno", "responsable": "Ana Brito"}
INVENTARIO: dict[str, Any] = {
    "momento": "cierre", "fecha": "20/11/2026", "entrega": "Ana Brito", "recibe": "Luis Tum",
    "bienes": [
        BIEN | {"cantidad_devuelta": 18, "estado_devolver": "regular", "diferencia_explicacion": "2 rotas"},
        BIEN | {"bien": "Mesa", "cantidad": 3, "cantidad_devuelta": 3, "estado_devolver": "bueno"},
    ],
    "registrador": "Rosa Chávez",
}  # fmt: skip

CIERRE: dict[str, Any] = {
    "numero_acta": "CI-1413-2026-001", "lugar": "Salón Municipal", "cerrada_en": "20/11/2026 10:30",
    "criterios_cierre": ["riesgo_superado", "regreso_clases"], "familias_total": 12, "personas_total": 58,
    "maximo_personas": 58, "maximo_fecha": "14/11/2026", "noches_persona": 460,
    "destinos": [
        {"destino": "vivienda_propia", "familias": 10, "personas": 49},
        {"destino": "otro", "destino_otro": "Finca", "familias": 2, "personas": 9},
    ],
    "pendientes_proteccion": 1, "proteccion_entregada": "pgn", "bodega_saldo": "con_saldo",
    "inventario_devuelto": "con_diferencias", "inventario_diferencias": "2 sillas rotas; se reponen",
    "limpieza_hecha": True, "lectura_agua": 1600, "lectura_luz": "desconocido",
    "archivo_entregado_a": "Rosa Chávez",
    "saldos": [{"articulo": "Frijol", "cantidad": 1.5, "unidad": "quintales", "destino": "Bodega municipal"}],
    "firma_municipalidad": "Marta Cobo", "firma_propietario": "María Brito", "firma_administrador": "Ana Brito",
    "firma_sosep": "Pedro Raymundo", "registrador": "Luis Tum",
}  # fmt: skip

MONITOREO: dict[str, Any] = {
    "fecha": "20/11/2026", "informante": "Ana Brito", "informante_cargo": "Coordinadora", "oficial": False,
    "administrador_presente": True, "lugar_poblado": "Acul", "lat": 15.4, "lon": -91.1,
    "personas": 57, "familias": 12, "mujeres": 30, "hombres": 27,
    **edades((1, 4, 5, 3, 6, 8, 3, 0), (0, 3, 6, 2, 5, 7, 4, 0)),
    "comunidades_origen": "Acul; Tzalbal", "intencion_volver": 60, "intencion_quedarse": 30,
    "intencion_reubicarse": 10, "agua_alcanza": "parcial", "inodoros_alcanzan": "no", "senal": "si",
    "riesgos": ["deslizamiento"], "riesgos_detalle": "Ladera atrás", "necesidad_1": "agua",
    "necesidad_2": "dormir", "necesidad_3": "ninguna", "recomendacion": "oficializar",
    "registrador": "Rosa Chávez",
}  # fmt: skip

LINEA = {"albergue_nombre": "Salón Municipal", "albergue_codigo": "1413-001", "albergue_municipio": "1413",
         "clase": "oficial", "reporto": True, "familias": 12, "personas": 58, "mujeres": 30, "hombres": 28,
         "capacidad": 120}  # fmt: skip
CONSOLIDADO: dict[str, Any] = {
    "corte": "20/11/2026 18:00", "estado": "validado",
    "albergues": [
        LINEA,
        LINEA | {"albergue_nombre": "Iglesia de Acul", "clase": "no_oficial", "reporto": False,
                 "corte_dato": "20/11/2026 06:00"},
    ],
    "oficiales_sitios": 1, "oficiales_familias": 12, "oficiales_personas": 58, "no_oficiales_sitios": 1,
    "no_oficiales_familias": 12, "no_oficiales_personas": 58, "autoalbergue_sitios": 0,
    "autoalbergue_familias": 0, "autoalbergue_personas": 0, "sin_reporte": 1,
    "validado_por": "Marta Cobo", "registrador": "Rosa Chávez",
}  # fmt: skip

ENTRA = {"nombre": "Don Chepe", "sexo": "hombre", "edad": 61, "procedencia": "Zona 18",
         "hora_ingreso": "18:40", "sobrio": True, "servicios": ["cena", "frazada"], "hora_salida": "05:45"}  # fmt: skip
NO_ENTRA = {"nombre": "N/N", "sexo": "mujer", "edad": "desconocido", "hora_ingreso": "20:10", "sobrio": False,
            "referido_a": "bomberos", "referido_hora": "20:15"}  # fmt: skip
NOCHE: dict[str, Any] = {
    "noche": "20/11/2026", "apertura_hora": "18:00", "cierre_hora": "20:30", "encargado_noche": "Ana Brito",
    "personas": [ENTRA, NO_ENTRA], "registrador": "Rosa Chávez",
}  # fmt: skip

CASES: dict[str, list[Case]] = {
    "ficha_sitio": [
        (FICHA, set()),
        ({"nombre": "Galera de Acul", "municipio": "Nebaj"}, set()),
        ({"tipo_inmueble": "escuela"}, {("nombre", "obligatorio"), ("municipio", "obligatorio")}),
        (FICHA | {"lat": 19.43}, {("lat", "numero_fuera_de_rango")}),
        (FICHA | {"lon": "noventa"}, {("lon", "numero_invalido")}),
        (FICHA | {"lat": "15.4052781234567890"}, set()),
        (FICHA | {"municipio": "La Democracia"}, {("municipio", "lugar_de_otro_departamento")}),
        (FICHA | {"inodoros_mujeres": -1}, {("inodoros_mujeres", "numero_fuera_de_rango")}),
        (
            FICHA | {"ambientes": [AMBIENTE | {"largo_m": "ocho"}]},
            {("ambientes[0].largo_m", "numero_invalido")},
        ),
        (
            FICHA | {"ambientes": [AMBIENTE, AMBIENTE | {"uso_previsto": "piscina"}]},
            {("ambientes[1].uso_previsto", "fuera_de_lista")},
        ),
    ],
    "evaluacion_sitio": [
        (EVALUACION, set()),
        ({"fecha": "20/11/2026"}, set()),
        ({"motivo": "inicial"}, {("fecha", "obligatorio")}),
        (EVALUACION | {"resultado": "apto", "salidas_libres": "no"}, {("resultado", "critico_no_cumple")}),
        (EVALUACION | {"resultado": "apto", "extintor": "no"}, set()),
        (EVALUACION | {"vigencia_hasta": "19/11/2026"}, {("vigencia_hasta", "vigencia_antes")}),
        (EVALUACION | {"punto_acta": "tal vez"}, {("punto_acta", "fuera_de_lista")}),
        (
            EVALUACION | {"compromisos": [COMPROMISO | {"fecha_compromiso": "31/02/2027"}]},
            {("compromisos[0].fecha_compromiso", "fecha_invalida")},
        ),
        (
            EVALUACION | {"evaluadores": [EVALUADOR | {"firma": "sello"}]},
            {("evaluadores[0].firma", "fuera_de_lista")},
        ),
    ],
    "acta_oficializacion": [
        (OFICIALIZACION, set()),
        ({"numero_acta": "45-2026"}, set()),
        ({"punto_acta": "Quinto"}, {("numero_acta", "obligatorio")}),
        (OFICIALIZACION | {"fecha_sesion": "01/01/2027"}, {("fecha_sesion", "fecha_futura")}),
        (OFICIALIZACION | {"uso_hasta": "11/03/2026"}, {("uso_hasta", "uso_al_reves")}),
        (OFICIALIZACION | {"capacidad_autorizada": "muchas"}, {("capacidad_autorizada", "numero_invalido")}),
    ],
    "acta_apertura": [
        (APERTURA, set()),
        ({"abierta_en": "20/11/2026 18:05"}, set()),
        ({"numero_acta": "1"}, {("abierta_en", "obligatorio")}),
        (APERTURA | {"horario_desde": "25:00"}, {("horario_desde", "hora_invalida")}),
        (APERTURA | {"modalidad": "a ratos"}, {("modalidad", "fuera_de_lista")}),
        (
            APERTURA | {"comparecientes": [FIRMA_DOS[0], {"nombre": "123"}]},
            {("comparecientes[1].nombre", "nombre_sin_letras")},
        ),
        (
            APERTURA | {"servicios_asegurados": [{"servicio": "agua", "desde": "20/11/2026"}]},
            {("servicios_asegurados[0].desde", "fecha_hora_invalida")},
        ),
    ],
    "parte_diario": [
        (PARTE, set()),
        (PARTE_MINIMO, set()),
        ({"corte": "20/11/2026 18:00", "fuente": "estimacion"}, {("personas", "obligatorio")}),
        (PARTE_MINIMO | {"mujeres": 30, "hombres": 29}, {("mujeres", "suma_mayor")}),
        (PARTE_MINIMO | {"mujeres": 30, "hombres": 27}, set()),
        (PARTE_MINIMO | {"familias": 59}, {("familias", "familias_de_mas")}),
        (PARTE | {"mujeres_60_mas": 9}, {("mujeres", "edades_mujeres_de_mas")}),
        (PARTE | {"extranjeros": 59}, {("extranjeros", "grupo_de_mas")}),
        (PARTE | {"fuente": "rumor"}, {("fuente", "fuera_de_lista")}),
        (PARTE | {"energia_horas": 25}, {("energia_horas", "numero_fuera_de_rango")}),
        (
            PARTE | {"necesidades": [{"articulo": "Agua", "cantidad": -5}]},
            {("necesidades[0].cantidad", "numero_fuera_de_rango")},
        ),
    ],
    "inventario_bienes": [
        (INVENTARIO, set()),
        ({"momento": "apertura", "bienes": [{"bien": "Silla", "cantidad": 20}]}, set()),
        ({"fecha": "20/11/2026"}, {("momento", "obligatorio")}),
        (INVENTARIO | {"fecha": "21/12/2026"}, {("fecha", "fecha_futura")}),
        (INVENTARIO | {"bienes": [{"bien": "Silla"}]}, {("bienes[0].cantidad", "obligatorio")}),
        (
            INVENTARIO | {"bienes": [BIEN, BIEN | {"cantidad": 0}]},
            {("bienes[1].cantidad", "numero_fuera_de_rango")},
        ),
        (
            INVENTARIO | {"bienes": [BIEN | {"estado_recibir": "x"}]},
            {("bienes[0].estado_recibir", "fuera_de_lista")},
        ),
    ],
    "acta_cierre": [
        (CIERRE, set()),
        ({"cerrada_en": "20/11/2026 10:30", "personas_total": 58}, set()),
        ({"numero_acta": "1"}, {("cerrada_en", "obligatorio")}),
        (CIERRE | {"personas_total": 59}, {("destinos", "destinos_personas")}),
        (CIERRE | {"familias_total": 11}, {("destinos", "destinos_familias")}),
        (CIERRE | {"maximo_personas": 90}, {("maximo_personas", "maximo_de_mas")}),
        (CIERRE | {"maximo_fecha": "21/11/2026"}, {("maximo_fecha", "fecha_futura")}),
        (CIERRE | {"bodega_saldo": "mucho"}, {("bodega_saldo", "fuera_de_lista")}),
        (
            CIERRE | {"saldos": [{"articulo": "Frijol", "cantidad": "mucho", "destino": "Bodega"}]},
            {("saldos[0].cantidad", "numero_invalido")},
        ),
    ],
    "monitoreo_sitio": [
        (MONITOREO, set()),
        ({"fecha": "20/11/2026", "personas": 40}, set()),
        ({"informante": "Ana Brito"}, {("fecha", "obligatorio")}),
        (MONITOREO | {"intencion_volver": 160}, {("intencion_volver", "numero_fuera_de_rango")}),
        (MONITOREO | {"hombres_60_mas": 40}, {("hombres", "edades_hombres_de_mas")}),
        (MONITOREO | {"necesidad_1": "oro"}, {("necesidad_1", "fuera_de_lista")}),
    ],
    "consolidado_departamental": [
        (CONSOLIDADO, set()),
        ({"corte": "20/11/2026 18:00"}, set()),
        ({"estado": "preliminar"}, {("corte", "obligatorio")}),
        (CONSOLIDADO | {"estado": "listo"}, {("estado", "fuera_de_lista")}),
        (CONSOLIDADO | {"oficiales_personas": 60}, set()),
        (CONSOLIDADO | {"albergues": [LINEA | {"mujeres": 31}]}, {("albergues[0].mujeres", "suma_mayor")}),
        (
            CONSOLIDADO | {"albergues": [LINEA, {"clase": "oficial"}]},
            {("albergues[1].albergue_nombre", "obligatorio")},
        ),
    ],
    "registro_nocturno": [
        (NOCHE, set()),
        ({"noche": "20/11/2026", "personas": [{"nombre": "N/N", "sexo": "no_registrado"}]}, set()),
        ({"personas": [ENTRA]}, {("noche", "obligatorio")}),
        (
            NOCHE | {"personas": [ENTRA | {"hora_ingreso": "a las 7"}]},
            {("personas[0].hora_ingreso", "hora_invalida")},
        ),
        (NOCHE | {"personas": [ENTRA, {"nombre": "Ana"}]}, {("personas[1].sexo", "obligatorio")}),
        (
            NOCHE | {"personas": [NO_ENTRA | {"referido_a": "nadie"}]},
            {("personas[0].referido_a", "fuera_de_lista")},
        ),
    ],
}
