"""What a check-in writes, row by row, and what is checked before: shared by one household and by many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from albergues_app.audit.sealing import digest, keyring, seal_for, seal_json
from albergues_app.core import clock
from albergues_app.core.errors import Aviso, Invalid, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import Keyring, SealKey
from albergues_app.core.text import clean, normalize, phonetic
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion import cui as cui_check
from albergues_app.ocupacion.bandas import birth_from_age
from albergues_app.pliegos.services import Donde, use_folio
from albergues_app.tarjetas import services as tarjetas
from albergues_app.territorio.catalogo import catalogo

LATE = timedelta(hours=6)
"""A fact written this long after it happened is marked «tardío» (editable practice, not a rule of any institution)."""


@dataclass(frozen=True)
class PersonaNueva:
    """A person as the desk or a program gives it. ``edad`` in ``edad_unidad`` on the day of entry."""

    id: UUID
    nombres: str
    apellidos: str | None = None
    sexo: str = "no_registrado"
    edad: int | None = None
    edad_unidad: str | None = None
    nacimiento: date | None = None
    parentesco: str | None = None
    cui: str | None = None
    grupos: int = 0
    nna: str | None = None
    """What protection's own form says of a child (`acompanado`, `separado`, `no_acompanado`); never the gate's."""
    necesidades: Sequence[str] = ()
    """What this person needs, by the codes of the ficha."""


@dataclass(frozen=True)
class CapturaNueva:
    """The filled format this came from, as given."""

    formato: str
    edicion: str
    respuestas: dict[str, Any]
    folio: str | None = None


@dataclass(frozen=True)
class IngresoNuevo:
    """One household that arrives."""

    id: UUID
    activacion_id: UUID
    ocurrido_en: datetime
    personas: Sequence[PersonaNueva]
    familia_id: UUID
    clase: str = "ingreso"
    capturado_en: datetime | None = None
    municipio_procedencia: str | None = None
    comunidad: str | None = None
    telefono: str | None = None
    declarados: int | None = None
    motivo: str | None = None
    captura: CapturaNueva | None = field(default=None, repr=False)
    animales: Mapping[str, int] | None = None
    """Kind → how many the household brings, as the boleta asks."""
    necesidades: Sequence[str] = ()
    """What the whole household needs, by the codes of the boleta."""
    tarjeta: str | None = None
    """The code of a card printed before (`QK7-4M2`): it becomes the new family's own."""

    @property
    def necesitan(self) -> bool:
        """Did anybody of the household tell a need?"""
        return bool(self.necesidades) or any(p.necesidades for p in self.personas)


@dataclass(frozen=True)
class Context:
    """The activation, the hour and the account of one check-in."""

    activacion: Any
    moment: datetime
    cuenta_id: UUID | None

    @cached_property
    def sello(self) -> SealKey | Keyring:
        """The key of the emergency, asked for once."""
        return seal_for(self.activacion.emergencia_id)


def check_ingreso(datos: IngresoNuevo, moment: datetime) -> list[Aviso]:
    errors: list[Aviso] = []
    avisos: list[Aviso] = []
    if not datos.personas:
        errors.append(
            Aviso("falta_persona", "Anote al menos una persona; el nombre puede ser N/N.", "personas")
        )
    seen: set[UUID] = set()
    for n, persona in enumerate(datos.personas):
        if persona.id in seen:
            errors.append(
                Aviso("persona_repetida", "La misma persona está dos veces en la lista.", f"personas[{n}].id")
            )
        seen.add(persona.id)
        if not clean(persona.nombres):
            errors.append(
                Aviso("falta_nombre", "Escriba el nombre, o N/N si no se sabe.", f"personas[{n}].nombres")
            )
        if persona.edad is not None:
            limit = {"anios": 130, "meses": 240, "dias": 3650}[persona.edad_unidad or "anios"]
            if not 0 <= persona.edad <= limit:
                errors.append(
                    Aviso("edad_fuera_de_rango", f"La edad va de 0 a {limit}.", f"personas[{n}].edad")
                )
    procedencia = datos.municipio_procedencia
    if procedencia is not None and procedencia not in catalogo().municipios:
        errors.append(
            Aviso(
                "municipio_desconocido",
                f"El municipio «{procedencia}» no existe.",
                "familia.municipio_procedencia",
            )
        )
    if errors:
        raise Invalid(errors)
    if moment - datos.ocurrido_en > LATE:
        avisos.append(
            Aviso(
                "registro_tardio",
                "Quedó como registro tardío; corrige las cifras de ese momento.",
                "ocurrido_en",
            )
        )
    if datos.declarados is not None and datos.declarados != len(datos.personas):
        avisos.append(
            Aviso(
                "declarados_distinto",
                f"Declararon {datos.declarados} y hay {len(datos.personas)} anotadas.",
                "declarados",
            )
        )
    return avisos


def family_values(datos: IngresoNuevo, emergencia_id: UUID, codigo: str, moment: datetime) -> dict[str, Any]:
    """Every column of a Familia."""
    return {
        "id": datos.familia_id,
        "codigo": codigo,
        "emergencia_id": emergencia_id,
        "municipio_procedencia": datos.municipio_procedencia,
        "comunidad": clean(datos.comunidad) if datos.comunidad else None,
        "telefono": datos.telefono,
        "declarados": datos.declarados,
        "registrada_en": moment,
    }


def membership_row(
    persona: UUID, familia: UUID, parentesco: str | None, vigente_desde: datetime, moment: datetime
) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "persona_id": persona,
        "familia_id": familia,
        "parentesco": parentesco,
        "vigente_desde": vigente_desde,
        "registrado_en": moment,
    }


def version_row(
    p: PersonaNueva, datos: IngresoNuevo, moment: datetime, avisos: list[Aviso], n: int
) -> dict[str, Any]:
    nacimiento, estimated = p.nacimiento, p.nacimiento is None
    if nacimiento is None and p.edad is not None:
        nacimiento = birth_from_age(p.edad, p.edad_unidad or "anios", clock.local_day(datos.ocurrido_en))
    return version_values(
        p,
        nacimiento,
        estimated,
        clock.ALWAYS,
        moment,
        None,
        cui_warnings(p.cui, f"personas[{n}].cui", avisos),
    )


def cui_warnings(raw: str | None, campo: str, avisos: list[Aviso]) -> str | None:
    """The CUI as 13 digits when it has them; what looks wrong is an aviso, never a refusal (dominio.md 4.4)."""
    if not raw or not raw.strip():
        return None
    digits = cui_check.digits(raw)
    avisos.extend(Aviso("cui_dudoso", text, campo) for text in cui_check.problems(digits))
    return digits


def version_values(
    p: PersonaNueva,
    nacimiento: date | None,
    estimated: bool,
    vigente_desde: datetime,
    moment: datetime,
    motivo: str | None,
    cui: str | None,
) -> dict[str, Any]:
    """Every column of a PersonaVersion."""
    nombres = clean(p.nombres)
    apellidos = clean(p.apellidos) if p.apellidos else None
    full = f"{nombres} {apellidos or ''}"
    ring = keyring()
    return {
        "id": uuid7(),
        "persona_id": p.id,
        "vigente_desde": vigente_desde,
        "registrado_en": moment,
        "nombres": nombres,
        "apellidos": apellidos,
        "nombre_normal": normalize(full),
        "fonetica": phonetic(full),
        "sexo": p.sexo,
        "nacimiento": nacimiento,
        "nacimiento_estimado": estimated,
        "edad": p.edad,
        "edad_unidad": p.edad_unidad if p.edad is not None else None,
        "anio_nacimiento": nacimiento.year if nacimiento else None,
        "parentesco": p.parentesco,
        "cui": ring.seal(cui.encode(), "persona_version.cui") if cui else None,
        "cui_indice": ring.index(cui, "cui") if cui else None,
        "grupos": p.grupos,
        "motivo": motivo,
        "actual": True,
    }


def movement_rows(datos: IngresoNuevo, context: Context) -> dict[UUID, dict[str, Any]]:
    a = context.activacion
    detalle = None
    if datos.motivo:
        detalle = seal_json(seal_for(a.emergencia_id), {"motivo": clean(datos.motivo)}, "movimiento.detalle")
    return {
        p.id: {
            "id": uuid7(),
            "operacion_id": datos.id,
            "tipo": datos.clase,
            "persona_id": p.id,
            "familia_id": datos.familia_id,
            "activacion_id": a.id,
            "municipio_codigo": a.municipio_codigo,
            "albergue_codigo": a.albergue_codigo,
            "contraparte_id": None,
            "acuse": False,
            "destino": None,
            "anula_id": None,
            "detalle": detalle,
            "tardio": context.moment - datos.ocurrido_en > LATE,
            "cuenta_id": context.cuenta_id,
            "ocurrido_en": datos.ocurrido_en,
            "capturado_en": datos.capturado_en or context.moment,
            "registrado_en": context.moment,
        }
        for p in datos.personas
    }


def captura_values(datos: IngresoNuevo, context: Context) -> dict[str, Any]:
    """Every column of the Captura of a household: the answers sealed, their hash over the sealed bytes."""
    assert datos.captura is not None
    a = context.activacion
    sealed = seal_json(context.sello, datos.captura.respuestas, "captura.respuestas")
    actor = current_actor()
    return {
        "id": uuid7(),
        "formato": datos.captura.formato,
        "edicion": datos.captura.edicion,
        "emergencia_id": a.emergencia_id,
        "activacion_id": a.id,
        "municipio_codigo": a.municipio_codigo,
        "objeto_id": datos.familia_id,
        "version_de": None,
        "respuestas": sealed,
        "huella": digest(sealed),
        "folio": datos.captura.folio,
        "cuenta_id": context.cuenta_id,
        "via": actor.via if actor else "sistema",
        "ocurrido_en": datos.ocurrido_en,
        "capturado_en": datos.capturado_en or context.moment,
        "registrado_en": context.moment,
    }


def use_paper(datos: IngresoNuevo, activacion: Any) -> list[Aviso]:
    """Tie the folio of the paper this was copied from to the family; what there is to tell of it."""
    if datos.captura is None or not datos.captura.folio:
        return []
    here = Donde(
        departamento=activacion.municipio_codigo[:2],
        municipio=activacion.municipio_codigo,
        albergue_id=activacion.albergue_id,
        activacion_id=activacion.id,
    )
    return use_folio(datos.captura.folio, datos.captura.formato, here, familia_id=datos.familia_id)


def take_card(datos: IngresoNuevo, activacion: Any, has_family: bool) -> list[Aviso]:
    """Tie the card the family was handed to it; ``has_family``: another one of the emergency answers to its code.

    :raises RuleBroken: `tarjeta_entregada`, `tarjeta_anulada`.
    """
    assert datos.tarjeta is not None
    if has_family:
        raise RuleBroken(
            "tarjeta_entregada",
            f"La tarjeta {datos.tarjeta} ya es de una familia registrada. Si es esa familia, ábrala con su código; "
            "si no, use otra tarjeta.",
            tarjetas.CAMPO,
        )
    here = tarjetas.Donde(activacion.municipio_codigo, activacion.albergue_id)
    return tarjetas.hand_over(datos.tarjeta, datos.familia_id, activacion.emergencia_id, here)


def persona_body(p: PersonaNueva) -> dict[str, Any]:
    return {
        "id": str(p.id),
        "nombres": clean(p.nombres),
        "apellidos": clean(p.apellidos) if p.apellidos else None,
        "sexo": p.sexo,
        "edad": p.edad,
        "edad_unidad": p.edad_unidad if p.edad is not None else None,
        "parentesco": p.parentesco,
    }
