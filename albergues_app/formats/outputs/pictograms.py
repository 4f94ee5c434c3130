"""Small drawings beside the headings of the paper, for who reads with difficulty. Drawn here, in one weight of line.

They name a subject (people, water, a signature), never an answer, and stand photocopies: black lines, no greys.
"""

from __future__ import annotations

_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#16222E" '
    'stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">'
)

_DRAWINGS: dict[str, str] = {
    "personas": (
        '<circle cx="8" cy="7" r="3.4"/>'
        '<path d="M1.5 21c0-5 3-7.5 6.5-7.5s6.5 2.5 6.5 7.5"/>'
        '<circle cx="17.5" cy="9" r="2.6"/>'
        '<path d="M17 14.2c3.3 0 5.5 2.3 5.5 6.8"/>'
    ),
    "persona": (
        '<circle cx="12" cy="7" r="4"/>'
        '<path d="M4 22c0-6 3.5-8.5 8-8.5s8 2.5 8 8.5"/>'
    ),
    "casa": (
        '<path d="M2 12 12 3l10 9"/>'
        '<path d="M5 10v11h14V10"/>'
        '<path d="M10 21v-6h4v6"/>'
    ),
    "lugar": (
        '<path d="M12 22c5-6.5 7-9.6 7-13a7 7 0 0 0-14 0c0 3.4 2 6.5 7 13z"/>'
        '<circle cx="12" cy="9" r="2.4"/>'
    ),
    "agua": (
        '<path d="M12 2.5c4 5.5 6.5 8.8 6.5 12.2a6.5 6.5 0 0 1-13 0C5.5 11.3 8 8 12 2.5z"/>'
    ),
    "aseo": (
        '<path d="M6 3v8h12a6 6 0 0 1-5 6l1 5H8l.5-5.5A6 6 0 0 1 4.5 11H6"/>'
    ),
    "cocina": (
        '<path d="M4 10h16v7a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4z"/>'
        '<path d="M1.5 10h21"/>'
        '<path d="M9 6.5c-1.2-1.5 1.2-2 0-4M14 6.5c-1.2-1.5 1.2-2 0-4"/>'
    ),
    "salud": (
        '<path d="M9 3h6v6h6v6h-6v6H9v-6H3V9h6z"/>'
    ),
    "seguridad": (
        '<path d="M12 2.5 20 6v6c0 5-3.5 8-8 9.5C7.5 20 4 17 4 12V6z"/>'
        '<path d="m8.5 12 2.5 2.5 4.5-5"/>'
    ),
    "peligro": (
        '<path d="M12 3 22.5 21h-21z"/>'
        '<path d="M12 10v5M12 18v.2"/>'
    ),
    "rampa": (
        '<circle cx="10" cy="4" r="1.8"/>'
        '<path d="M10 8v6h6l2.5 6H21"/>'
        '<path d="M7.5 11.5a5.5 5.5 0 1 0 7.3 7.3"/>'
    ),
    "ninez": (
        '<circle cx="12" cy="8" r="5"/>'
        '<path d="M10 7.5v.2M14 7.5v.2M10 10.2c1.2 1 2.8 1 4 0"/>'
        '<path d="M6 21c.5-4 2.5-6 6-6s5.5 2 6 6"/>'
    ),
    "firma": (
        '<path d="M3 21h18"/>'
        '<path d="m5 17 1-4L16.5 2.5l3 3L9 16z"/>'
    ),
    "hora": (
        '<circle cx="12" cy="12" r="9.5"/>'
        '<path d="M12 6.5V12l4 2.5"/>'
    ),
    "telefono": (
        '<path d="M7 2h10v20H7z"/>'
        '<path d="M10.5 18.5h3"/>'
    ),
    "animal": (
        '<circle cx="6" cy="10" r="2"/>'
        '<circle cx="10" cy="5" r="2"/>'
        '<circle cx="14.5" cy="5" r="2"/>'
        '<circle cx="18.5" cy="10" r="2"/>'
        '<path d="M12 11c3 0 6 4 6 7s-3.5 3-6 2c-2.5 1-6 1-6-2s3-7 6-7z"/>'
    ),
    "hoja": (
        '<path d="M5 2h10l4 4v16H5z"/>'
        '<path d="M8.5 10h7M8.5 14h7M8.5 18h4"/>'
    ),
    "caja": (
        '<path d="M3 7.5 12 3l9 4.5v9L12 21l-9-4.5z"/>'
        '<path d="m3 7.5 9 4.5 9-4.5M12 12v9"/>'
    ),
    "llave": (
        '<circle cx="7.5" cy="16.5" r="4.5"/>'
        '<path d="M11 13.5 21 3.5M17 7.5l3 3"/>'
    ),
    "camino": (
        '<path d="M3 8h16M15 4l4 4-4 4"/>'
        '<path d="M21 17H5M9 13l-4 4 4 4"/>'
    ),
    "aviso": (
        '<path d="M3 10v5h4l8 5V5l-8 5z"/>'
        '<path d="M18.5 9c1.5 2 1.5 5 0 7"/>'
    ),
    "tarea": (
        '<path d="M4 3h16v18H4z"/>'
        '<path d="m8 12 3 3 5.5-6.5"/>'
    ),
}  # fmt: skip

_OF_SECTION: dict[str, tuple[str, ...]] = {
    "personas": (
        "personas", "hogar", "familia", "otros_integrantes", "ocupacion", "poblacion", "grupos", "cifras",
        "miembros", "participantes", "comparecientes", "comite", "personal", "entregas", "grupo_j", "asamblea",
        "edades", "acuses", "intencion", "visitas",
    ),
    "persona": ("persona", "datos", "nombre", "acompanante", "evaluadores", "donante", "a_quien"),
    "casa": ("identificacion", "ambientes", "estado_recibido", "motivo", "grupo_e", "albergues", "estancia",
             "sitios_revisados", "capacidad"),
    "lugar": ("ubicacion", "destino", "destinos"),
    "agua": ("agua", "grupo_c"),
    "aseo": ("saneamiento", "sanitarios", "grupo_d"),
    "cocina": ("alimentacion", "tiempos", "grupo_f"),
    "salud": ("salud", "signos", "historia", "atencion", "gestacion", "grupo_i", "cuidado"),
    "seguridad": ("proteccion_sitio", "grupo_g", "normas"),
    "peligro": ("riesgos", "grupo_b", "incidente", "hecho", "alertas"),
    "rampa": ("grupo_h",),
    "ninez": ("separacion", "acciones_busqueda"),
    "firma": ("firmas",),
    "hora": ("corte", "dia", "turnos", "semana", "noche", "servicios_asegurados", "situacion"),
    "telefono": ("contacto", "mensaje"),
    "animal": ("grupo_l",),
    "hoja": ("acta", "grupo_a", "resumen", "formatos_entregados"),
    "caja": ("bienes", "articulo", "articulos", "saldos", "recursos", "equipo", "entrega", "conteos", "necesidades"),
    "llave": ("responsables", "anuencia", "administracion"),
    "camino": ("movimientos", "permiso"),
    "aviso": ("informacion", "grupo_k", "novedades", "buzon", "capacitacion"),
    "tarea": ("compromisos", "tareas", "acuerdos", "compromisos_12h", "compromisos_anteriores", "resultado", "grupo_m",
              "seguimiento"),
}  # fmt: skip
"""Drawing → codes of the sections it stands beside; a subject that no drawing says clearly has none."""

_BY_CODE = {code: drawing for drawing, codes in _OF_SECTION.items() for code in codes}


def pictogram(section: str) -> str:
    """The SVG of a section's subject, or an empty text."""
    drawing = _BY_CODE.get(section)
    return "" if drawing is None else f"{_HEAD}{_DRAWINGS[drawing]}</svg>"
