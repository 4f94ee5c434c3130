"""A whole list let in at once: the good rows in one transaction, families together, and what was said of who is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, NotFound, RuleBroken
from albergues_app.core.text import clean
from albergues_app.ocupacion.known_family import as_known, open_stays
from albergues_app.ocupacion.models import RespuestaDuplicado
from albergues_app.ocupacion.services import (
    IngresoNuevo,
    MovimientoNuevo,
    PersonaNueva,
    register_ingreso,
    register_movimiento,
)
from albergues_app.ocupacion.services.duplicado import note_duplicados
from albergues_app.ocupacion.services.lote import register_ingresos
from albergues_app.ocupacion.visibility import refuse_unseen, refuse_unseen_familia, seen_personas

MOST_YEARS = {"anios": 130, "meses": 240, "dias": 3650}
SEXOS = ("mujer", "hombre", "no_registrado")


@dataclass(frozen=True)
class FilaLista:
    """A row of the list as it stands on the screen; ``conocida``: the person of the register somebody says it is."""

    id: UUID
    nombres: str
    apellidos: str
    sexo: str
    edad: str
    edad_unidad: str
    familia: str
    cui: str = ""
    conocida: UUID | None = None
    coincidencias: tuple[tuple[UUID, RespuestaDuplicado], ...] = ()


def faults(fila: FilaLista) -> list[str]:
    """What must be corrected before this row can be kept, in words."""
    found = []
    if not clean(fila.nombres):
        found.append("Escriba el nombre, o N/N si no se sabe.")
    if fila.sexo not in SEXOS:
        found.append("Elija el sexo.")
    if fila.edad_unidad not in MOST_YEARS:
        found.append("Elija años, meses o días.")
    elif fila.edad and not (fila.edad.isascii() and fila.edad.isdigit()):
        found.append("La edad es un número entero.")
    elif fila.edad and int(fila.edad[:6]) > MOST_YEARS[fila.edad_unidad]:
        found.append(f"La edad va de 0 a {MOST_YEARS[fila.edad_unidad]}.")
    if not clean(fila.familia):
        found.append("Escriba la familia: un número o una letra.")
    return found


@dataclass(frozen=True)
class ListaNueva:
    """The rows to let in."""

    id: UUID
    activacion_id: UUID
    ocurrido_en: datetime
    filas: Sequence[FilaLista]
    municipio_procedencia: str | None = None
    lista_id: UUID | None = None
    """The list these rows were left over from: they join its families, by the same mark."""


def register_list(identity: Identity, datos: ListaNueva) -> dict[str, Any]:
    """Let everybody of the list in, family by family. All or nothing: the caller leaves out what has faults.

    Who is said to be a person of the register is used as it stands: it enters if it is nowhere, comes by traslado
    from another shelter of the account's territory, and is left as it is if it is here already.

    :raises NotFound: a person or family of another territory. :raises RuleBroken: what the register refuses.
    """
    said = [f.conocida for f in datos.filas if f.conocida]
    if len(set(said)) != len(said):
        raise RuleBroken(
            "persona_repetida",
            "Dos filas dicen ser la misma persona del registro. Deje una sola.",
            "personas",
        )
    if set(said) - seen_personas(identity, said):
        raise NotFound()
    refuse_unseen(identity, [f.id for f in datos.filas])
    stays = open_stays(said)
    families: dict[str, list[FilaLista]] = {}
    here, elsewhere = 0, []
    for fila in datos.filas:
        stay = stays.get(fila.conocida) if fila.conocida else None
        if stay is None:
            families.setdefault(clean(fila.familia).upper(), []).append(fila)
        elif stay.activacion_id == datos.activacion_id:
            here += 1
        else:
            elsewhere.append((stay.activacion_id, fila.conocida))
    lote: list[IngresoNuevo] = []
    mixed: list[IngresoNuevo] = []
    for mark, filas in families.items():
        known = [f.conocida for f in filas if f.conocida]
        familia_id = uuid5(datos.lista_id or datos.id, f"familia/{mark}")
        refuse_unseen_familia(identity, familia_id)
        ingreso = IngresoNuevo(
            id=uuid5(datos.id, f"ingreso/{mark}"),
            activacion_id=datos.activacion_id,
            ocurrido_en=datos.ocurrido_en,
            personas=[*as_known(known), *(_persona(f) for f in filas if not f.conocida)],
            familia_id=familia_id,
            municipio_procedencia=datos.municipio_procedencia,
        )
        (mixed if known else lote).append(ingreso)
    avisos = [aviso for found in (register_ingresos(lote) if lote else []) for aviso in found]
    for ingreso in mixed:
        body = register_ingreso(ingreso)
        avisos += [Aviso(a["codigo"], a["mensaje"], a["campo"]) for a in body["avisos"]]
    moved = _bring(identity, datos, elsewhere)
    pairs = {
        (f.id, other): answer for f in datos.filas if not f.conocida for other, answer in f.coincidencias
    }
    waiting = note_duplicados(datos.activacion_id, "registro", pairs)
    entered = sum(len(i.personas) for i in [*lote, *mixed])
    return {
        "id": str(datos.id),
        "activacion": str(datos.activacion_id),
        "familias": [str(i.familia_id) for i in (*lote, *mixed)],
        "ingresaron": entered,
        "trasladadas": moved,
        "ya_estaban": here,
        "por_revisar": waiting,
        "avisos": [a.as_dict() for a in dict.fromkeys(avisos)],
    }


def _persona(fila: FilaLista) -> PersonaNueva:
    age = int(fila.edad) if fila.edad else None
    return PersonaNueva(
        id=fila.id,
        nombres=clean(fila.nombres),
        apellidos=clean(fila.apellidos) or None,
        sexo=fila.sexo,
        edad=age,
        edad_unidad=fila.edad_unidad if age is not None else None,
        cui=clean(fila.cui) or None,
    )


def _bring(identity: Identity, datos: ListaNueva, people: Sequence[tuple[UUID, UUID | None]]) -> int:
    """Those who are inside another shelter come from it, where the account may move them."""
    by_place: dict[UUID, list[UUID]] = {}
    for place, persona in people:
        if persona is not None:
            by_place.setdefault(place, []).append(persona)
    for place, ids in by_place.items():
        origin = db.session.get(Activacion, place)
        if origin is None or not permits(identity, Permiso.MOVIMIENTO_REGISTRAR, origin):
            raise RuleBroken(
                "esta_en_otro_albergue",
                "Una persona está en otro albergue y su cuenta no puede trasladarla. Pida el traslado a ese albergue.",
                "personas",
            )
        register_movimiento(
            MovimientoNuevo(
                uuid5(datos.id, f"traslado/{place}"),
                "traslado",
                place,
                sorted(ids),
                max(datos.ocurrido_en, origin.abierta_en or datos.ocurrido_en),
                activacion_destino=datos.activacion_id,
            )
        )
    return len(people)


@dataclass(frozen=True)
class MovimientoDeFamilias:
    """One thing that many families do at the door: `ingreso`, `retorno`, `salida_temporal`, `egreso`, `traslado`."""

    id: UUID
    activacion_id: UUID
    tipo: str
    familias: dict[UUID, Sequence[UUID]]
    """Family → the persons of it that do it."""
    ocurrido_en: datetime
    activacion_destino: UUID | None = None
    destino: str | None = None
    acuse: bool = False


def move_families(datos: MovimientoDeFamilias, seen: set[UUID]) -> dict[str, Any]:
    """Write it for all of them, or for none.

    :raises RuleBroken: :raises Invalid: as ``register_ingreso`` and ``register_movimiento``.
    """
    people = [p for ids in datos.familias.values() for p in ids]
    avisos: list[dict[str, Any]] = []
    if datos.tipo == "ingreso":
        for familia, ids in datos.familias.items():
            body = register_ingreso(
                IngresoNuevo(
                    id=uuid5(datos.id, str(familia)),
                    activacion_id=datos.activacion_id,
                    ocurrido_en=datos.ocurrido_en,
                    personas=as_known(ids),
                    familia_id=familia,
                )
            )
            avisos += [a for a in body["avisos"] if a not in avisos]
    else:
        body = register_movimiento(
            MovimientoNuevo(
                datos.id,
                datos.tipo,
                datos.activacion_id,
                people,
                datos.ocurrido_en,
                activacion_destino=datos.activacion_destino,
                destino=datos.destino,
                acuse=datos.acuse,
            ),
            seen,
        )
        avisos += body["avisos"]
    return {
        "id": str(datos.id),
        "tipo": datos.tipo,
        "familias": len(datos.familias),
        "personas": len(people),
        "ocurrido_en": clock.iso(datos.ocurrido_en),
        "avisos": avisos,
    }
