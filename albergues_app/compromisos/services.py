"""What may happen to a commitment. Each act is a step of its history; the outermost caller opens ``unit_of_work``.

The state machine is ``FROM``: the states in which each step may be taken. Nobody verifies what they themselves
said was done, nor what is theirs to do; a date that is moved keeps the one it had.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts.models import Cuenta
from albergues_app.audit.sealing import seal_for, seal_json
from albergues_app.compromisos.evidencias import Archivo, keep_evidence
from albergues_app.compromisos.models import (
    OPEN,
    ORIGEN_NOMBRE,
    PRIORIDAD_NOMBRE,
    Compromiso,
    CompromisoPaso,
    EstadoCompromiso,
    Paso,
)
from albergues_app.consolidados.scope import PAIS
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing
from albergues_app.core.text import clean, normalize
from albergues_app.core.unit_of_work import current_actor
from albergues_app.territorio.models import Departamento, Municipio

CONTEXT, CONTEXT_PASO = "compromiso.contenido", "compromiso_paso.contenido"
FROM: dict[Paso, frozenset[EstadoCompromiso]] = {
    Paso.AVANCE: frozenset(OPEN),
    Paso.REPROGRAMADO: frozenset(OPEN),
    Paso.REASIGNADO: frozenset(OPEN),
    Paso.CUMPLIDO: frozenset(OPEN),
    Paso.CANCELADO: frozenset(OPEN),
    Paso.VERIFICADO: frozenset({EstadoCompromiso.CUMPLIDO}),
    Paso.DEVUELTO: frozenset({EstadoCompromiso.CUMPLIDO}),
}
LONGEST = 2000
CAPITAL = "01"


@dataclass(frozen=True)
class Origen:
    """What it was made in: a kind, and the id and folio of the row that stands for it, in whatever package."""

    clase: str = "otro"
    id: UUID | None = None
    folio: str | None = None
    coe_id: UUID | None = None


@dataclass(frozen=True)
class Encargado:
    """Who must do it: a person, an institution, or both; and the person's account, if there is one."""

    responsable: str | None = None
    institucion: str | None = None
    cuenta_id: UUID | None = None


@dataclass(frozen=True)
class Plazo:
    """When it is overdue. ``con_hora`` False: at the midnight that ends its day."""

    vence_en: datetime
    con_hora: bool = False


@dataclass(frozen=True)
class CompromisoNuevo:
    """A commitment as it is made. Place by INE codes; none is the whole country."""

    id: UUID
    descripcion: str
    plazo: Plazo
    encargado: Encargado
    origen: Origen = Origen()
    prioridad: str = "rutina"
    departamento: str | None = None
    municipio: str | None = None
    albergue_codigo: str | None = None
    emergencia_id: UUID | None = None


def create_compromiso(datos: CompromisoNuevo) -> tuple[Compromiso, list[Aviso]]:
    """Put it on the list under the next folio of its place and year. Flushes; the caller commits.

    A date that has gone by is taken and said.

    :raises Invalid: nothing to do, nobody to do it, an unknown kind or priority. :raises RuleBroken:
        `emergencia_disociada`.
    """
    faults = [*_text_fault(datos.descripcion, "descripcion", "Escriba a qué se comprometen.")]
    encargado = _clean(datos.encargado, faults)
    if datos.origen.clase not in ORIGEN_NOMBRE:
        faults.append(Aviso("valor_desconocido", "Elija de dónde sale el compromiso.", "origen"))
    if datos.prioridad not in PRIORIDAD_NOMBRE:
        faults.append(Aviso("valor_desconocido", "Elija la prioridad de la lista.", "prioridad"))
    if faults:
        raise Invalid(faults)
    moment, actor = clock.now(), current_actor()
    lugar, anio = datos.municipio or datos.departamento or PAIS, clock.to_local(moment).year
    serie = _next_in_series(lugar, anio)
    row = Compromiso(
        id=datos.id,
        folio=f"CP-{lugar}-{anio}-{serie:03d}",
        lugar=lugar,
        anio=anio,
        serie=serie,
        contenido=_seal(datos.emergencia_id, {"descripcion": clean(datos.descripcion)}, CONTEXT),
        origen_clase=datos.origen.clase,
        origen_id=datos.origen.id,
        origen_folio=clean(datos.origen.folio)[:160] if datos.origen.folio else None,
        coe_id=datos.origen.coe_id,
        emergencia_id=datos.emergencia_id,
        departamento_codigo=datos.municipio[:2] if datos.municipio else datos.departamento,
        municipio_codigo=datos.municipio,
        albergue_codigo=datos.albergue_codigo,
        prioridad=datos.prioridad,
        vence_en=datos.plazo.vence_en,
        con_hora=datos.plazo.con_hora,
        estado=EstadoCompromiso.PENDIENTE,
        vivo=True,
        pasos=0,
        reprogramaciones=0,
        creado_en=moment,
        creado_por=actor.cuenta_id if actor else None,
        actualizado_en=moment,
    )
    _entrust(row, encargado)
    db.session.add(row)
    db.session.flush()
    _step(row, Paso.CREADO, "", vence_en=row.vence_en, vence_con_hora=row.con_hora)
    avisos = []
    if datos.plazo.vence_en <= moment:
        avisos.append(Aviso("ya_vencido", "La fecha ya pasó: queda en la lista como vencido.", "fecha"))
    return row, avisos


def note_progress(compromiso_id: UUID, texto: str) -> Compromiso:
    """Say how it goes; what nobody had begun is in process from then on.

    :raises RuleBroken: `compromiso_cerrado`. :raises Invalid: nothing was said.
    """
    row = _at(compromiso_id, Paso.AVANCE)
    _need(texto, "avance", "Escriba qué se ha hecho.")
    row.estado = EstadoCompromiso.EN_PROCESO
    _step(row, Paso.AVANCE, texto)
    return row


def reschedule(compromiso_id: UUID, plazo: Plazo, motivo: str) -> Compromiso:
    """Agree on another date, with the reason; the one it had stays in the history.

    :raises RuleBroken: `compromiso_cerrado`, `misma_fecha`. :raises Invalid: no reason.
    """
    row = _at(compromiso_id, Paso.REPROGRAMADO)
    _need(motivo, "motivo", "Escriba por qué se cambia la fecha.")
    if (row.vence_en, row.con_hora) == (plazo.vence_en, plazo.con_hora):
        raise RuleBroken("misma_fecha", "Es la fecha que ya tenía. Escriba la nueva.", "fecha")
    had: dict[str, Any] = {"vencia_en": row.vence_en, "vencia_con_hora": row.con_hora}
    row.vence_en, row.con_hora = plazo.vence_en, plazo.con_hora
    row.reprogramaciones += 1
    _step(row, Paso.REPROGRAMADO, motivo, vence_en=plazo.vence_en, vence_con_hora=plazo.con_hora, **had)
    return row


def entrust(compromiso_id: UUID, encargado: Encargado, motivo: str) -> Compromiso:
    """Give it to somebody else; who had it stays in the history.

    :raises RuleBroken: `compromiso_cerrado`. :raises Invalid: no reason, nobody.
    """
    row = _at(compromiso_id, Paso.REASIGNADO)
    faults = [*_text_fault(motivo, "motivo", "Escriba por qué cambia el responsable.")]
    new = _clean(encargado, faults)
    if faults:
        raise Invalid(faults)
    had = " · ".join(part for part in (row.responsable, row.institucion) if part)
    _entrust(row, new)
    _step(row, Paso.REASIGNADO, motivo, antes=had)
    return row


def fulfil(compromiso_id: UUID, evidencia: str, archivo: Archivo | None = None) -> Compromiso:
    """Say that it was done, with what shows it; it leaves the list when somebody else has verified it.

    :raises RuleBroken: `compromiso_cerrado`, `emergencia_disociada`. :raises Invalid: no evidence.
    """
    row = _at(compromiso_id, Paso.CUMPLIDO)
    _need(evidencia, "evidencia", "Escriba qué se hizo y cómo se comprueba.")
    actor = current_actor()
    row.estado, row.cumplido_en = EstadoCompromiso.CUMPLIDO, clock.now()
    row.cumplido_por = actor.cuenta_id if actor else None
    _step(row, Paso.CUMPLIDO, evidencia)
    if archivo is not None:
        keep_evidence(row, archivo)
    return row


def verify(compromiso_id: UUID, nota: str = "") -> Compromiso:
    """Confirm that it was done: it leaves the list for good.

    :raises RuleBroken: `compromiso_cerrado`, `sin_cumplir`, `verifica_otra_persona`, `verifica_una_cuenta`.
    """
    row = _at(compromiso_id, Paso.VERIFICADO)
    row.verificado_por, row.verificado_en, row.vivo = _verifier(row), clock.now(), False
    _step(row, Paso.VERIFICADO, nota)
    return row


def give_back(compromiso_id: UUID, motivo: str) -> Compromiso:
    """It was not done, or not all of it: it is in process again, with the reason.

    :raises RuleBroken: as ``verify``. :raises Invalid: no reason.
    """
    row = _at(compromiso_id, Paso.DEVUELTO)
    _need(motivo, "nota", "Escriba qué falta.")
    _verifier(row)
    row.estado, row.cumplido_en, row.cumplido_por = EstadoCompromiso.EN_PROCESO, None, None
    _step(row, Paso.DEVUELTO, motivo)
    return row


def cancel(compromiso_id: UUID, motivo: str) -> Compromiso:
    """It will not be done; it stays readable with the reason.

    :raises RuleBroken: `compromiso_cerrado`. :raises Invalid: no reason.
    """
    row = _at(compromiso_id, Paso.CANCELADO)
    _need(motivo, "motivo", "Escriba por qué se cancela.")
    row.estado, row.vivo = EstadoCompromiso.CANCELADO, False
    _step(row, Paso.CANCELADO, motivo)
    return row


def may_verify(row: Compromiso, cuenta_id: UUID | None) -> bool:
    """Neither who said that it was done nor who had to do it; and a person, not the system."""
    return cuenta_id is not None and cuenta_id not in {row.cumplido_por, row.cuenta_id}


def _verifier(row: Compromiso) -> UUID:
    actor = current_actor()
    if actor is None or actor.cuenta_id is None:
        raise RuleBroken("verifica_una_cuenta", "Verifica una persona, con su cuenta.")
    if not may_verify(row, actor.cuenta_id):
        raise RuleBroken(
            "verifica_otra_persona",
            "Debe verificarlo otra persona: no quien lo tenía a cargo ni quien lo dio por cumplido.",
        )
    return actor.cuenta_id


def _at(compromiso_id: UUID, paso: Paso) -> Compromiso:
    """The row, locked, in a state from which this step may be taken."""
    row = db.session.get(Compromiso, compromiso_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound()
    if not row.vivo:
        raise RuleBroken("compromiso_cerrado", "Este compromiso ya se cerró: no admite cambios.")
    if row.estado not in FROM[paso]:
        if paso in {Paso.VERIFICADO, Paso.DEVUELTO}:
            raise RuleBroken("sin_cumplir", "Nadie lo ha dado por cumplido todavía.")
        raise RuleBroken(
            "por_verificar", "Ya se dio por cumplido: primero debe verificarse, o devolverse si falta algo."
        )
    return row


def _step(row: Compromiso, paso: Paso, texto: str, *, antes: str = "", **dates: Any) -> None:
    actor, moment = current_actor(), clock.now()
    row.pasos += 1
    row.actualizado_en = moment
    said = {"texto": _lines(texto)} | ({"antes": antes} if antes else {})
    empty = {"vencia_en": None, "vencia_con_hora": None, "vence_en": None, "vence_con_hora": None}
    db.session.add(
        CompromisoPaso(
            id=uuid7(),
            compromiso_id=row.id,
            orden=row.pasos,
            clase=paso,
            registrado_en=moment,
            cuenta_id=actor.cuenta_id if actor else None,
            contenido=_seal(row.emergencia_id, said, CONTEXT_PASO),
            **(empty | dates),
        )
    )
    db.session.flush()


def _seal(emergencia_id: UUID | None, value: dict[str, str], context: str) -> bytes:
    try:
        return seal_json(seal_for(emergencia_id), value, context)
    except KeyMissing as error:
        raise RuleBroken(
            "emergencia_disociada",
            "Los datos de esta emergencia ya se destruyeron: sus compromisos solo se leen.",
        ) from error


def _next_in_series(lugar: str, anio: int) -> int:
    """The next number of a place and year; those of one place are made one after the other.

    Theirs is the lock on the place's row of the catalogue; the country has none, and takes that of its capital.
    """
    place = Municipio if len(lugar) == 4 else Departamento
    codigo = CAPITAL if lugar == PAIS else lugar
    db.session.execute(select(place.codigo).where(place.codigo == codigo).with_for_update(key_share=True))
    c = table_of(Compromiso).c
    last = db.session.scalar(select(func.max(c.serie)).where(c.lugar == lugar, c.anio == anio))
    return (last or 0) + 1


def _clean(encargado: Encargado, faults: list[Aviso]) -> Encargado:
    responsable = clean(encargado.responsable or "")[:160] or None
    institucion = clean(encargado.institucion or "")[:160] or None
    cuenta = db.session.get(Cuenta, encargado.cuenta_id) if encargado.cuenta_id else None
    if cuenta is not None and not responsable:
        responsable = cuenta.nombre
    if not (responsable or institucion):
        faults.append(
            Aviso(
                "falta_responsable",
                "Escriba quién responde: la persona, la institución o ambas.",
                "responsable",
            )
        )
    return Encargado(responsable, institucion, cuenta.id if cuenta else None)


def _entrust(row: Compromiso, encargado: Encargado) -> None:
    row.responsable, row.institucion = encargado.responsable, encargado.institucion
    row.institucion_normal = normalize(encargado.institucion) if encargado.institucion else None
    row.cuenta_id = encargado.cuenta_id


def _lines(text: str) -> str:
    return "\n".join(clean(line) for line in text.splitlines()).strip()


def _need(text: str, campo: str, sentence: str) -> None:
    if faults := _text_fault(text, campo, sentence):
        raise Invalid(faults)


def _text_fault(text: str, campo: str, sentence: str) -> list[Aviso]:
    if not clean(text):
        return [Aviso(f"falta_{campo}", sentence, campo)]
    if len(text) > LONGEST:
        return [Aviso("texto_largo", f"Son {len(text):,} letras; caben {LONGEST:,}. Abrévielo.", campo)]
    return []
