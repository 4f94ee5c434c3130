"""The third decision: before the paper, which of the two typings is right; the record is corrected by a new version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.audit.listener import bulk_insert
from albergues_app.audit.models import Captura
from albergues_app.audit.sealing import digest, open_json, seal_for, seal_json
from albergues_app.capturas.bindings import bind_again
from albergues_app.capturas.intake import may_correct
from albergues_app.capturas.places import Lugar
from albergues_app.capturas.rows import ids_after
from albergues_app.capturas.services import (
    RegistroNuevo,
    answers_of,
    correct_registro,
    registro_for_update,
    typed_with_ids,
)
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import current_actor
from albergues_app.formats.engine import Formato, answers_to_json
from albergues_app.formats.outputs.web_form import flatten, unflatten
from albergues_app.ocupacion.bindings import check, persona_from
from albergues_app.ocupacion.models import Familia, PersonaVersion
from albergues_app.ocupacion.services.correccion import correct_persona, current_version
from albergues_app.transcripcion.models import (
    CampoDistinto,
    Decision,
    LoteTranscripcion,
    RenglonTranscrito,
    SegundaTranscripcion,
)
from albergues_app.transcripcion.muestra import second_answers, typed

MOTIVO = "Segunda transcripción de la hoja de papel"
_PERSON = {"nombres", "apellidos", "sexo", "edad", "edad_unidad", "fecha_nacimiento", "parentesco", "cui"}
_FAMILY = {"municipio_procedencia": "municipio_procedencia", "comunidad_procedencia": "comunidad",
           "telefono": "telefono", "integrantes_declarados": "declarados"}  # fmt: skip
"""Fields of the boleta that its household keeps, and under which name."""


def may_decide(cuenta: Identity, line: RenglonTranscrito, second: SegundaTranscripcion) -> bool:
    """Neither of the two who typed it."""
    return second.hecha_en is not None and cuenta.id not in {line.cuenta_id, second.cuenta_id}


def decide(
    cuenta: Identity,
    lote: LoteTranscripcion,
    line: RenglonTranscrito,
    second: SegundaTranscripcion,
    formato: Formato,
    lugar: Lugar,
    chosen: Mapping[str, Decision],
) -> dict[str, Any]:
    """Note each decision and correct the record where the second typing was right, all at once.

    Runs inside the caller's unit of work.

    :raises RuleBroken: `no_decide_quien_transcribio`, `sin_decisiones`, or what the correction refuses.
    """
    if not may_decide(cuenta, line, second):
        raise RuleBroken(
            "no_decide_quien_transcribio",
            "Usted transcribió esta hoja. Decide una tercera persona, con el papel a la vista.",
        )
    rows = db.session.scalars(
        select(CampoDistinto).where(CampoDistinto.segunda_id == second.id, CampoDistinto.decision.is_(None))
    )
    mine = {row.campo: row for row in rows if row.campo in chosen}
    if not mine:
        raise RuleBroken(
            "sin_decisiones", "Marque en cada campo cuál de las dos dice lo que está en el papel."
        )
    moment = clock.now()
    for name, row in mine.items():
        row.decide(chosen[name], cuenta.id, moment)
    read = {name for name in mine if chosen[name] is not Decision.NINGUNA}
    line.no_se_lee = " ".join(name for name in line.dudosos if name not in read)
    db.session.flush()
    right = [name for name in mine if chosen[name] is Decision.SEGUNDA]
    avisos: list[Aviso] = []
    if right:
        two = flatten(formato, typed(formato, second_answers(lote, second)))
        changes = {name: two.get(name, "") for name in right}
        if line.tabla == "registro":
            avisos = _correct_registro(cuenta, line, formato, lugar, changes)
        else:
            avisos = _correct_household(lote, line, formato, changes)
    return {"id": str(second.id), "decididos": len(mine), "corregidos": len(right),
            "avisos": [a.as_dict() for a in avisos]}  # fmt: skip


def _merged(formato: Formato, answers: Mapping[str, Any], changes: Mapping[str, str]) -> dict[str, Any]:
    """The answers in force with some fields as the second typing has them."""
    flat = {**flatten(formato, typed(formato, answers)), **changes}
    return unflatten(formato, {name: text for name, text in flat.items() if text})


def _correct_registro(
    cuenta: Identity, line: RenglonTranscrito, formato: Formato, lugar: Lugar, changes: Mapping[str, str]
) -> list[Aviso]:
    """A new version of the record, and of what it told to tables of its own."""
    row = registro_for_update(line.fila_id)
    kept = answers_of(row)
    before, ids = typed_with_ids(row, formato, kept)
    result = check(formato, _merged(formato, kept, changes), False)
    if not result.ok:
        raise RuleBroken("correccion_rechazada", result.errors[0].mensaje, result.errors[0].campo or None)
    may_correct(cuenta, formato, lugar, before, result.answers)
    datos = RegistroNuevo(row.id, formato, lugar, result, filas=ids_after(result, ids))
    correct_registro(row, datos, MOTIVO, row.version)
    return bind_again(datos, before, row.captura_id)


def _correct_household(
    lote: LoteTranscripcion, line: RenglonTranscrito, formato: Formato, changes: Mapping[str, str]
) -> list[Aviso]:
    """A new version of the sheet, of each person that changes, and of what the household keeps."""
    last = _last_sheet(line)
    key = seal_for(lote.emergencia_id)
    before = open_json(key, last.respuestas, "captura.respuestas")
    result = check(formato, _merged(formato, before, changes), False)
    if not result.ok:
        raise RuleBroken("correccion_rechazada", result.errors[0].mensaje, result.errors[0].campo or None)
    actor, moment = current_actor(), clock.now()
    sealed = seal_json(key, answers_to_json(result.answers), "captura.respuestas")
    version = {
        **{c.name: getattr(last, c.name) for c in Captura.__table__.columns},
        "id": uuid7(), "version_de": last.id, "respuestas": sealed, "huella": digest(sealed),
        "cuenta_id": actor.cuenta_id if actor else None, "via": actor.via if actor else "sistema",
        "registrado_en": moment,
    }  # fmt: skip
    bulk_insert(db.session, Captura, [version])
    return _correct_people(line, result.answers, changes) + _correct_family(line, result.answers, changes)


def _last_sheet(line: RenglonTranscrito) -> Captura:
    stmt = select(Captura).where(Captura.objeto_id == line.fila_id)
    return db.session.scalars(stmt.order_by(Captura.registrado_en.desc(), Captura.id.desc()).limit(1)).one()


def _correct_people(
    line: RenglonTranscrito, answers: Mapping[str, Any], changes: Mapping[str, str]
) -> list[Aviso]:
    rows = sorted({int(name.split("-")[1]) for name in changes if name.startswith("personas-")})
    people = _people_of(line)
    left = False
    for number in rows:
        fields = {name.split("-", 2)[2] for name in changes if name.startswith(f"personas-{number}-")}
        if number >= len(people) or number >= len(answers["personas"]):
            left = True
            continue
        old = current_version(people[number])
        given = persona_from(answers["personas"][number], people[number], grupos=old.grupos)
        if fields & _PERSON:
            said_on = clock.local_day(clock.as_utc(answers["ocurrido_en"]))
            correct_persona(given, MOTIVO, said_on=said_on)
        left = left or bool(fields - _PERSON)
    return [_BY_HAND] if left else []


_BY_HAND = Aviso(
    "corregir_en_la_familia",
    "La hoja quedó corregida. Revise también la página de la familia: hay datos que se corrigen ahí.",
)


def _people_of(line: RenglonTranscrito) -> list[UUID]:
    """The persons that this sheet let in, in the order of its rows."""
    ids = [uuid5(line.id, f"persona/{number}") for number in range(60)]
    v = PersonaVersion
    held = set(db.session.scalars(select(v.persona_id).where(v.persona_id.in_(ids), v.actual)))
    return [key for key in ids if key in held]


def _correct_family(
    line: RenglonTranscrito, answers: Mapping[str, Any], changes: Mapping[str, str]
) -> list[Aviso]:
    familia = db.session.get_one(Familia, line.fila_id)
    for name, column in _FAMILY.items():
        if name in changes:
            value = answers.get(name)
            setattr(familia, column, value if isinstance(value, str | int) else None)
    db.session.flush()
    # The hour of entry stands in the ledger, which is annulled and written anew, never changed.
    return [_BY_HAND] if "ocurrido_en" in changes else []
