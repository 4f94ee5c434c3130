"""The paper of the night, `registro_nocturno`: each line is an entry with its exit and services, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.text import normalize
from albergues_app.noches.models import REFERIDO_NOMBRE, RechazoNocturno
from albergues_app.noches.queries import NOCTURNA, nights_by_person
from albergues_app.noches.services import (
    EntradaNueva,
    RechazoNuevo,
    enter_night,
    give_services,
    refuse_night,
)
from albergues_app.ocupacion.models import PersonaVersion
from albergues_app.ocupacion.services import MovimientoNuevo
from albergues_app.ocupacion.services.movimiento import register_movimiento
from albergues_app.ocupacion.services.nna import held_back

_NOON = time(12)


@dataclass(frozen=True)
class HojaNoche:
    """A filled sheet of one night; each line as typed values, without what was not known."""

    activacion_id: UUID
    noche: date
    lineas: tuple[Mapping[str, Any], ...]


def write_night(hoja: HojaNoche, sheet_id: UUID) -> list[Aviso]:
    """Write what the sheet tells and the register does not hold yet: sent twice, or beside the screen, it is once.

    A line is of a known user when one person alone of this site's season has that name and sex.

    :raises RuleBroken: what a check-in refuses, with the line; nothing is written then.
    """
    activacion = db.session.get_one(Activacion, hoja.activacion_id)
    if activacion.modalidad != NOCTURNA:
        return [
            Aviso(
                "no_es_nocturno",
                "Este albergue no consta como nocturno: la hoja quedó guardada y no se anotó en el registro.",
                "personas",
            )
        ]
    avisos: list[Aviso] = []
    for number, line in enumerate(hoja.lineas):
        campo = f"personas[{number}].nombre"
        try:
            avisos += [
                Aviso(codigo, f"Línea {number + 1}: {text}", campo)
                for codigo, text in _line(activacion, hoja.noche, line, sheet_id, number)
            ]
        except RuleBroken as refused:
            raise RuleBroken(refused.codigo, f"Línea {number + 1}: {refused.mensaje}", campo) from refused
    return avisos


def _line(
    activacion: Activacion, noche: date, line: Mapping[str, Any], sheet_id: UUID, number: int
) -> list[tuple[str, str]]:
    if line.get("hora_ingreso") is None:
        return [("falta_hora", "falta la hora en que llegó: no se anotó en el registro.")]
    arrived = _instant(noche, line["hora_ingreso"])
    if line.get("sobrio") is False:
        return _refusal(activacion, noche, line, arrived, uuid5(sheet_id, f"rechazo/{number}"))
    known = _known(activacion, line)
    if len(known) > 1:
        return [("usuaria_ambigua", "varias personas de la temporada se llaman así. Anótela en «La noche».")]
    if known and noche in _nights(activacion).get(known[0], set()):
        give_services(activacion, known[0], noche, line.get("servicios") or ())
        return [("ya_constaba", "ya constaba en el registro esa noche.")]
    body = enter_night(
        EntradaNueva(
            id=uuid5(sheet_id, f"entrada/{number}"),
            activacion_id=activacion.id,
            ocurrido_en=arrived,
            persona_id=known[0] if known else None,
            nombre=line["nombre"],
            sexo=line["sexo"],
            edad=line.get("edad"),
            procedencia=line.get("procedencia"),
            cui=line.get("cui"),
            servicios=line.get("servicios") or (),
        )
    )
    told = [(a["codigo"], a["mensaje"]) for a in body["avisos"]]
    left = line.get("hora_salida")
    if left is None:
        return told
    persona, when = UUID(body["personas"][0]["id"]), _instant(noche, left)
    if held_back([persona], when):
        return [*told, ("requiere_dos_personas", "su salida necesita dos personas. Pídala en «Personas».")]
    key = uuid5(sheet_id, f"salida/{number}")
    register_movimiento(MovimientoNuevo(key, "egreso", activacion.id, [persona], when, destino="desconocido"))
    return told


def _refusal(
    activacion: Activacion, noche: date, line: Mapping[str, Any], when: datetime, key: UUID
) -> list[tuple[str, str]]:
    r = RechazoNocturno
    same = select(r.id).where(r.activacion_id == activacion.id, r.noche == noche, r.ocurrido_en == when)
    if db.session.scalar(same.limit(1)) is not None:
        return [("ya_constaba", "ya constaba que no se recibió a alguien a esa hora.")]
    told = line.get("referido_hora")
    referred = line.get("referido_a")
    refuse_night(
        RechazoNuevo(
            id=key,
            activacion_id=activacion.id,
            ocurrido_en=when,
            motivo="no_sobria",
            referido_a=referred if referred in REFERIDO_NOMBRE else "otro",
            sexo=line["sexo"],
            referido_en=_instant(noche, told) if told is not None else None,
        )
    )
    return []


def _instant(noche: date, hour: time) -> datetime:
    """An hour of the night: before noon it is of the day after."""
    day = noche if hour >= _NOON else noche + timedelta(days=1)
    return clock.as_utc(datetime.combine(day, hour, clock.LOCAL))


def _nights(activacion: Activacion) -> dict[UUID, set[date]]:
    a = Activacion.__table__
    same = select(a.c.id).where(
        a.c.albergue_id == activacion.albergue_id, a.c.emergencia_id == activacion.emergencia_id
    )
    found: dict[UUID, set[date]] = {}
    for people in nights_by_person(db.session.scalars(same).all(), clock.now()).values():
        for persona, nights in people.items():
            found.setdefault(persona, set()).update(nights)
    return found


def _known(activacion: Activacion, line: Mapping[str, Any]) -> list[UUID]:
    """Persons of the season with that name and, where both are known, that sex."""
    name = normalize(line["nombre"])
    if not name or name == normalize("N/N"):
        return []
    v = PersonaVersion
    stmt = select(v.persona_id, v.sexo).where(
        v.actual, v.nombre_normal == name, v.persona_id.in_(list(_nights(activacion)))
    )
    either = {"no_registrado", line["sexo"]}
    return [
        row.persona_id
        for row in db.session.execute(stmt)
        if row.sexo in either or line["sexo"] == "no_registrado"
    ]
