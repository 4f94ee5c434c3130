"""The forms of sites, read from what was typed."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from albergues_app.accounts.identity import Identity
from albergues_app.albergues.capacity import MedidaNueva
from albergues_app.albergues.models import INMUEBLE_NOMBRE, MODALIDAD_NOMBRE, ClaseCapacidad
from albergues_app.albergues.services import ActivacionNueva, AlbergueNuevo, CapacidadNueva
from albergues_app.albergues.site_edit import DatosSitio
from albergues_app.albergues.site_page import REGIMEN_NOMBRE
from albergues_app.core import clock
from albergues_app.core.errors import Aviso
from albergues_app.core.typed import Typed
from albergues_app.territorio.catalogo import catalogo
from albergues_app.territorio.points import municipio_at


def today() -> date:
    return clock.local_day(clock.now())


def read_municipio(typed: Typed, cuenta: Identity) -> str:
    """A municipality of the account's territory, by code."""
    known = {c for c in catalogo().municipios if cuenta.covers_municipio(c)}
    return typed.choice("municipio", known, "Elija el municipio.")


def read_sitio(typed: Typed, cuenta: Identity, row_id: UUID) -> AlbergueNuevo:
    """A new site; the capacity is optional and then «sin dato»."""
    datos = read_datos(typed)
    personas = typed.integer("capacidad", high=100_000)
    return AlbergueNuevo(
        id=row_id,
        nombre=datos.nombre,
        municipio=read_municipio(typed, cuenta),
        tipo_inmueble=datos.tipo_inmueble,
        lat=datos.lat,
        lon=datos.lon,
        oficial=typed.yes("oficial"),
        ubicacion_reservada=typed.yes("ubicacion_reservada"),
        capacidad=None if personas is None else read_capacidad(typed, personas),
        lugar_poblado=datos.lugar_poblado,
        direccion=datos.direccion,
    )


def read_datos(typed: Typed) -> DatosSitio:
    """The descriptive facts."""
    nombre = typed.text("nombre", "Escriba el nombre del albergue.")
    tipo = typed.choice("tipo_inmueble", INMUEBLE_NOMBRE, "Elija el tipo de inmueble.")
    lat = typed.decimal("lat", -90, 90)
    return DatosSitio(
        nombre=nombre,
        tipo_inmueble=tipo,
        lat=lat,
        lon=_west(typed, lat, typed.decimal("lon", -180, 180)),
        precision_m=typed.integer("precision_m", high=100_000),
        lugar_poblado=typed.optional("lugar_poblado"),
        direccion=typed.optional("direccion"),
        referencia=typed.optional("referencia"),
        propietario=typed.optional("propietario"),
    )


def _west(typed: Typed, lat: float | None, lon: float | None) -> float | None:
    """Guatemala lies west of Greenwich: a point that falls inside only with the minus sign gets it, and it is said."""
    if lat is None or lon is None or lon <= 0 or municipio_at(lat, lon) or not municipio_at(lat, -lon):
        return lon
    mensaje = f"A la longitud {lon:g} le faltaba el signo menos: se guardó {-lon:g}, que sí cae en Guatemala."
    typed.avisos.append(Aviso("longitud_sin_signo", mensaje, "lon"))
    return -lon


def read_capacidad(typed: Typed, personas: int | None = None) -> CapacidadNueva:
    """How many fit, who says so, since when."""
    if personas is None:
        personas = typed.integer("personas", high=100_000, needed="Escriba cuántas personas caben.")
    clase = typed.choice("clase", {ClaseCapacidad.AUTORIZADA, ClaseCapacidad.DECLARADA}) or None
    return CapacidadNueva(
        personas=personas or 0,
        fuente=typed.text("fuente", "Escriba quién lo dice: acta, municipalidad, encargado…"),
        fecha=typed.day("fecha", "Escriba la fecha del dato.") or today(),
        clase=clase,
        regimen=typed.choice("regimen", REGIMEN_NOMBRE) or "general",
    )


def read_medida(typed: Typed) -> MedidaNueva:
    """What was measured; an empty field is not measured, never 0."""
    return MedidaNueva(
        area_m2=typed.decimal("area_m2", 0, 1_000_000),
        inodoros=typed.integer("inodoros", high=10_000),
        duchas=typed.integer("duchas", high=10_000),
        agua_litros_dia=typed.integer("agua_litros_dia", high=100_000_000),
        fuente=typed.text("fuente", "Escriba quién midió."),
        fecha=typed.day("fecha", "Escriba la fecha de la medición.") or today(),
    )


def read_when(typed: Typed, name: str, needed: str) -> datetime:
    """An hour that must be there; after a fault any instant will do, nothing is written."""
    return typed.instant(name, needed) or clock.now()


def read_apertura(typed: Typed, row_id: UUID, albergue_id: UUID, emergencias: set[str]) -> ActivacionNueva:
    """An activation as asked for: open now, or only in preparation."""
    emergencia = typed.choice("emergencia", emergencias, "Elija la emergencia.")
    ready = typed.choice("modo", {"abrir", "preparar"}, "Elija si ya abre o solo se prepara.") != "preparar"
    return ActivacionNueva(
        id=row_id,
        albergue_id=albergue_id,
        emergencia_id=UUID(emergencia) if emergencia else row_id,
        abierta_en=read_when(typed, "abierta_en", "Escriba la hora de apertura.") if ready else None,
        administrador=typed.optional("administrador"),
        acta_numero=typed.optional("acta_numero"),
        solicitada_por=typed.optional("solicitada_por"),
        autorizada_por=typed.optional("autorizada_por"),
        modalidad=typed.choice("modalidad", MODALIDAD_NOMBRE) or "continua",
    )
