"""The filled workbook of boletas: read → dry run → register, all or nothing. Same rules as the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from flask import current_app

from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import Activacion
from albergues_app.audit.sealing import keyring
from albergues_app.audit.writing import write_once
from albergues_app.core import clock
from albergues_app.core.errors import AppError, Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.keys import KeyMissing
from albergues_app.formats.engine import Notice, Result
from albergues_app.formats.outputs.xlsx_errors import Finding, findings_of, write_errors
from albergues_app.formats.outputs.xlsx_in import (
    Filled,
    FilledRecord,
    Place,
    UnreadableWorkbook,
    check_filled,
    read_filled,
)
from albergues_app.ocupacion import bindings, matches
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.ocupacion.models import RespuestaDuplicado
from albergues_app.ocupacion.services.duplicado import note_duplicados
from albergues_app.ocupacion.services.ingreso import register_ingreso
from albergues_app.ocupacion.services.ingreso_rows import PersonaNueva

KEEP = timedelta(hours=2)
"""How long an uploaded workbook waits, sealed, for its owner to register it."""

_STOP = frozenset({"fila_sin_familia", "numero_repetido"})


@dataclass(frozen=True)
class Fila:
    """One household of the workbook in the preview."""

    numero: int
    lugar: str
    personas: int
    jefatura: str
    errores: tuple[str, ...]
    avisos: tuple[str, ...]
    pendientes: int
    parecidas: tuple[str, ...] = ()
    """Who of this household may be registered already, in words."""


@dataclass
class Ensayo:
    """The dry run: what would be registered, and what is to be corrected first."""

    filas: list[Fila] = field(default_factory=list)
    sueltas: list[str] = field(default_factory=list)
    hallazgos: list[Finding] = field(default_factory=list)
    leidas: list[tuple[FilledRecord, Result]] = field(default_factory=list)

    @property
    def con_errores(self) -> int:
        return sum(1 for f in self.filas if f.errores) + len(self.sueltas)

    @property
    def personas(self) -> int:
        return sum(f.personas for f in self.filas)

    @property
    def parecidas(self) -> int:
        """Households with somebody who may be registered already."""
        return sum(1 for f in self.filas if f.parecidas)

    @property
    def ok(self) -> bool:
        return bool(self.filas) and not self.con_errores


def rehearse(content: bytes, activacion: Activacion) -> Ensayo:
    """Judge every row and write nothing.

    :raises Invalid: not a workbook of this format.
    """
    formato = bindings.boleta()
    try:
        filled = read_filled(formato, content)
    except UnreadableWorkbook as problem:
        raise Invalid([Aviso("libro_ilegible", str(problem), "archivo")]) from problem
    checked = check_filled(formato, filled, format_catalogos(), "rapido", clock.now())
    world = [_world_errors(activacion, result) for _record, result in checked]
    judged = [
        (record, _with_errors(result, notices))
        for (record, result), notices in zip(checked, world, strict=True)
    ]
    ensayo = Ensayo(leidas=judged, hallazgos=findings_of(filled, judged))
    ensayo.filas = [_fila(record, result) for record, result in judged]
    ensayo.sueltas = _loose(filled)
    if not ensayo.filas and not ensayo.sueltas:
        raise Invalid(
            [Aviso("libro_vacio", "El libro no tiene familias anotadas. Llene al menos una fila.", "archivo")]
        )
    return ensayo


def _world_errors(activacion: Activacion, result: Result) -> list[Notice]:
    """What the register would refuse, known before writing: an hour before the shelter opened."""
    when = result.answers.get("ocurrido_en")
    if when is None or activacion.abierta_en is None or clock.as_utc(when) >= activacion.abierta_en:
        return []
    opened = f"{clock.to_local(activacion.abierta_en):%d/%m/%Y %H:%M}"
    return [
        Notice(
            "antes_de_apertura", f"El albergue abrió el {opened}. Revise la hora del ingreso.", "ocurrido_en"
        )
    ]


def _with_errors(result: Result, more: Sequence[Notice]) -> Result:
    if not more:
        return result
    return Result(
        result.answers, (*result.errors, *more), result.warnings, result.pending, result.row_numbers
    )


def _fila(record: FilledRecord, result: Result) -> Fila:
    people = result.answers.get("personas") or []
    head = next((p for p in people if p.get("parentesco") == "jefe"), people[0] if people else {})
    place = record.places.get("")
    name = f"{head.get('nombres') or ''} {head.get('apellidos') or ''}".strip()

    def told(notice: Notice) -> str:
        where = record.locate(notice.campo)
        return f"{notice.mensaje} ({where})" if where else notice.mensaje

    return Fila(
        record.number,
        str(place) if place else "",
        len(people),
        name,
        tuple(told(n) for n in result.errors),
        tuple(told(n) for n in result.warnings),
        len(result.pending),
    )


def _loose(filled: Filled) -> list[str]:
    return [
        f"{n.mensaje} ({place})" if place else n.mensaje for n, place in filled.notices if n.codigo in _STOP
    ]


def find_known(identity: Identity, activacion: Activacion, carga_id: UUID, ensayo: Ensayo) -> None:
    """Say in the preview who of the book may be registered already. The reading of whom it names is logged."""
    if not ensayo.ok:
        return
    numbers, people = [], []
    for record, result in ensayo.leidas:
        personas = _ingreso(carga_id, activacion.id, record, result).personas
        numbers += [record.number] * len(personas)
        people += personas
    found = matches.find_many(identity, _searches(people), [p.id for p in people], "web:carga_boletas")
    told: dict[int, list[str]] = {}
    for number, persona, same in zip(numbers, people, found, strict=True):
        told.setdefault(number, []).extend(_told(persona, m) for m in same)
    ensayo.filas = [replace(f, parecidas=tuple(told[f.numero])) for f in ensayo.filas]


def _searches(people: Sequence[PersonaNueva]) -> list[matches.Busqueda]:
    return [
        matches.Busqueda(
            p.nombres, p.apellidos or "", p.sexo, p.edad, p.edad_unidad or "anios", p.nacimiento, p.cui or ""
        )
        for p in people
    ]


def _told(persona: PersonaNueva, m: matches.Coincidencia) -> str:
    who = f"{persona.nombres} {persona.apellidos or ''}".strip()
    if m.persona_id is None:
        return f"{who}: {m.razones[0]}"
    where = f"presente en {m.albergue}" if m.presente else f"estuvo en {m.albergue}"
    return f"{who} puede ser {m.nombre}, familia {m.familia}, {where}: {', '.join(m.razones).lower()}."


def register_all(
    identity: Identity, activacion: Activacion, carga_id: UUID, ensayo: Ensayo
) -> dict[str, Any]:
    """Every household in one transaction, or none. Ids come from the upload: sending twice is once.

    Whom the new persons may be is looked up before the transaction, and kept for somebody to answer.

    :raises RuleBroken: there is something to correct, or the register refused one; the message says which.
    """
    if not ensayo.ok:
        raise RuleBroken(
            "libro_con_errores", "El libro tiene filas por corregir. No se guardó nada.", "archivo"
        )
    datos = [_ingreso(carga_id, activacion.id, record, result) for record, result in ensayo.leidas]
    people = [p for d in datos for p in d.personas]
    known = matches.match_ids(_searches(people), [p.id for p in people])
    waiting = RespuestaDuplicado.SIN_RESPONDER
    pares = {(p.id, otra): waiting for p, others in zip(people, known, strict=True) for otra in others}
    seen = matches.visible_stays(identity, list({otra for _p, otra in pares}))
    activacion_id = activacion.id
    lugar = {d.id: record for d, (record, _r) in zip(datos, ensayo.leidas, strict=True)}

    def work() -> dict[str, Any]:
        bodies = []
        for one in datos:
            try:
                bodies.append(register_ingreso(one))
            except AppError as refused:
                text = f"Familia n.º {lugar[one.id].number}: {refused.mensaje} No se guardó nada."
                raise RuleBroken(refused.codigo, text, "archivo") from refused
        note_duplicados(activacion_id, "libro", pares)
        return {
            "id": str(carga_id),
            "parecidas": len({persona for persona, otra in pares if otra in seen}),
            "familias": [b["familia"]["codigo"] for b in bodies],
            "personas": sum(len(b["personas"]) for b in bodies),
            "avisos": [],
        }

    content = {"activacion": activacion.id, "carga": carga_id, "familias": len(datos)}
    outcome = write_once(
        identity.as_actor("web"), carga_id, "web.carga_boletas", content, activacion.emergencia_id, work
    )
    if outcome.status == 409:
        raise RuleBroken("id_ya_usado", "Este libro ya se guardó en otro albergue.", "archivo")
    return outcome.body


def _ingreso(carga_id: UUID, activacion_id: UUID, record: FilledRecord, result: Result) -> Any:
    def made(name: str) -> UUID:
        return uuid5(uuid5(NAMESPACE_URL, str(carga_id)), f"{record.number}/{name}")

    people = {n: made(f"persona/{n}") for n in result.row_numbers["personas"]}
    return bindings.ingreso_from(
        result,
        op_id=made("ingreso"),
        activacion_id=activacion_id,
        familia_id=made("familia"),
        persona_ids=people,
    )


def errors_workbook(content: bytes, ensayo: Ensayo) -> bytes:
    """The person's own workbook with what to correct beside each row."""
    target = BytesIO()
    write_errors(content, target, [f for f in ensayo.hallazgos if f.place != Place("", 0)])
    return target.getvalue()


def keep_upload(identity: Identity, carga_id: UUID, content: bytes) -> None:
    """Keep an uploaded workbook sealed for its owner; old ones go."""
    folder = _folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    limit = (clock.now() - KEEP).timestamp()
    for old in folder.glob("*.sello"):
        if old.stat().st_mtime < limit:
            old.unlink(missing_ok=True)
    path = folder / f"{carga_id}.sello"
    path.touch(mode=0o600)
    path.write_bytes(keyring().seal(content, _context(identity, carga_id)))


def open_upload(identity: Identity, carga_id: UUID) -> bytes:
    """The workbook that this account uploaded.

    :raises NotFound: it is gone, or somebody else's.
    """
    path = _folder() / f"{carga_id}.sello"
    try:
        return keyring().open(path.read_bytes(), _context(identity, carga_id))
    except (OSError, KeyMissing, IndexError) as error:
        raise NotFound() from error


def drop_upload(carga_id: UUID) -> None:
    (_folder() / f"{carga_id}.sello").unlink(missing_ok=True)


def _context(identity: Identity, carga_id: UUID) -> str:
    return f"carga.{identity.id}.{carga_id}"


def _folder() -> Path:
    return Path(current_app.config["INSTANCIA"]) / "cargas"
