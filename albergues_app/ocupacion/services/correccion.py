"""Correct what is known of a person, or move a person to another household: always a new version, with its reason."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from albergues_app.audit.listener import bulk_insert
from albergues_app.audit.sealing import keyring
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.text import clean
from albergues_app.ocupacion.bandas import birth_from_age
from albergues_app.ocupacion.claves import key_rows
from albergues_app.ocupacion.derive import lock_personas, rederive
from albergues_app.ocupacion.models import ClavePersona, Familia, PersonaVersion, Pertenencia
from albergues_app.ocupacion.services.ingreso_rows import (
    PersonaNueva,
    cui_warnings,
    membership_row,
    version_values,
)


def current_version(persona_id: UUID) -> PersonaVersion:
    """What is held of a person now. Raises NotFound."""
    row = db.session.scalar(
        select(PersonaVersion).where(PersonaVersion.persona_id == persona_id, PersonaVersion.actual)
    )
    if row is None:
        raise NotFound()
    return row


def correct_persona(
    datos: PersonaNueva, motivo: str, vigente_desde: datetime | None = None, said_on: date | None = None
) -> tuple[PersonaVersion, list[Aviso]]:
    """Write a new version. By default it holds from where the present one does: an error was never true.

    ``said_on`` is the day an age was said (default: today). A CUI of None keeps the one known.

    :raises RuleBroken: no reason. :raises Invalid: no name. :raises NotFound: unknown person.
    """
    if not clean(motivo):
        raise RuleBroken("falta_motivo", "Escriba el motivo de la corrección.", "motivo")
    if not clean(datos.nombres):
        raise Invalid([Aviso("falta_nombre", "Escriba el nombre, o N/N si no se sabe.", "nombres")])
    lock_personas([datos.id])
    old = current_version(datos.id)
    moment = clock.now()
    avisos: list[Aviso] = []
    nacimiento, estimated = datos.nacimiento, datos.nacimiento is None
    if nacimiento is None and datos.edad is not None:
        if (datos.edad, datos.edad_unidad) == (old.edad, old.edad_unidad):
            nacimiento, estimated = old.nacimiento, old.nacimiento_estimado
        else:
            nacimiento = birth_from_age(
                datos.edad, datos.edad_unidad or "anios", said_on or clock.local_day(moment)
            )
    cui = cui_warnings(datos.cui, "cui", avisos)
    if cui is None and old.cui is not None:
        cui = keyring().open(old.cui, "persona_version.cui").decode()
    row = version_values(
        datos, nacimiento, estimated, vigente_desde or old.vigente_desde, moment, clean(motivo), cui
    )
    is_latest = row["vigente_desde"] >= old.vigente_desde
    row["actual"] = is_latest
    if is_latest:
        old.actual = False
        db.session.flush()
        _replace_keys(old, row)
    bulk_insert(db.session, PersonaVersion, [row])
    rederive([datos.id], moment)
    return db.session.get_one(PersonaVersion, row["id"]), avisos


def _replace_keys(old: PersonaVersion, row: dict[str, Any]) -> None:
    k = table_of(ClavePersona)
    before = key_rows({name: getattr(old, name) for name in row})
    db.session.execute(
        delete(k).where(k.c.persona_id == old.persona_id, k.c.clave.in_({key["clave"] for key in before}))
    )
    bulk_insert(db.session, ClavePersona, key_rows(row))


def move_to_familia(
    persona_id: UUID, familia_id: UUID, desde: datetime, parentesco: str | None = None
) -> None:
    """From an instant on, the person belongs to another household; before it, to the earlier one.

    :raises NotFound: unknown person or family.
    """
    if not lock_personas([persona_id]) or db.session.get(Familia, familia_id) is None:
        raise NotFound()
    moment = clock.now()
    bulk_insert(db.session, Pertenencia, [membership_row(persona_id, familia_id, parentesco, desde, moment)])
    rederive([persona_id], moment)
