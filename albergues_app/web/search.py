"""The search box: shelters, activations, acts, and, for those who register, people of their own shelters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, and_, case, false, literal, or_, select
from sqlalchemy.orm import aliased

from albergues_app.accounts import budget
from albergues_app.accounts.doors import current_cuenta, requires, visible
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.albergues.models import Acta, Activacion, Albergue
from albergues_app.compromisos.models import Compromiso
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import read_code
from albergues_app.core.text import clean, normalize, phonetic_word
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.entregas.models import EntregaFormatos
from albergues_app.ocupacion.avisos_puerta import AvisoVisto, in_force
from albergues_app.ocupacion.models import Familia, Persona, PersonaVersion, Pertenencia
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.queries import PersonaVista, personas_by_id
from albergues_app.tarjetas.models import Tarjeta
from albergues_app.territorio.catalogo import catalogo
from albergues_app.web.views import bp

LIMIT = 20
MINIMUM_SOUND = 3
"""Letters a word's sound key needs before it is looked for: `zzzz` sounds `s`, and half the country has one."""
MINIMUM_NAME = 3
"""Signs of a name before people are looked for: one letter must not list a whole shelter."""


@dataclass(frozen=True)
class Hallada:
    """A person found among those who are inside."""

    persona: PersonaVista
    familia: str
    albergue: str
    municipio: str
    activacion_id: UUID
    ingreso_en: datetime
    fuera: bool
    avisos: Sequence[AvisoVisto] = ()
    """What the gate is to do with it."""


@dataclass
class Hallazgos:
    """What a search found, by kind."""

    albergues: list[Any] = field(default_factory=list)
    activaciones: list[Any] = field(default_factory=list)
    actas: list[Any] = field(default_factory=list)
    entregas: list[Any] = field(default_factory=list)
    compromisos: list[Any] = field(default_factory=list)
    personas: list[Hallada] = field(default_factory=list)
    agotado: bool = False
    """People were not looked for: this account did so too often in this hour."""

    @property
    def total(self) -> int:
        kinds = (
            self.albergues,
            self.activaciones,
            self.actas,
            self.entregas,
            self.compromisos,
            self.personas,
        )
        return sum(map(len, kinds))


@bp.route("/buscar", methods=["GET", "POST"])
@requires(Permiso.SESION_PROPIA)
def buscar() -> ResponseReturnValue:
    """One box for codes, places, folios, acts and families.

    The boxes send what was typed in the body: names of people are looked for there only, so that none is ever in an
    address, a history or a log.
    """
    by_name = request.method == "POST"
    raw = clean((request.form if by_name else request.args).get("q", "")[:80])
    identity = current_cuenta()
    found = look_for(identity, raw, by_name) if raw else None
    return render_template(
        "buscar/buscar.html",
        q=raw,
        h=found,
        con_personas=role_may(identity.rol, Permiso.PERSONA_VER),
        ahora_=clock.now(),
    )


def look_for(identity: Identity, raw: str, by_name: bool = True) -> Hallazgos:
    """Everything of the account's territory that answers to the text."""
    found = Hallazgos()
    plain = normalize(raw)
    if not plain:
        return found
    if role_may(identity.rol, Permiso.ALBERGUE_VER):
        found.albergues = _albergues(identity, raw, plain)
        found.activaciones = _activaciones(identity, raw, [row.id for row in found.albergues])
        found.actas = _actas(identity, raw)
    if role_may(identity.rol, Permiso.ENTREGA_VER):
        found.entregas = _entregas(raw)
    if role_may(identity.rol, Permiso.COMPROMISO_VER) and raw.upper().startswith("CP-"):
        found.compromisos = _compromisos(raw)
    if role_may(identity.rol, Permiso.PERSONA_VER):
        found.agotado = budget.exhausted(identity, budget.BUSQUEDA)
        if not found.agotado:
            found.personas = _personas(identity, raw, plain, by_name)
    return found


def _like(text: str) -> str:
    """A pattern that contains the text as it is."""
    return f"%{text.replace(chr(92), chr(92) * 2).replace('%', chr(92) + '%').replace('_', chr(92) + '_')}%"


def _municipios(plain: str) -> list[str]:
    known = catalogo()
    return [c for name, codes in known.por_nombre.items() if plain in name for c in codes]


def _albergues(identity: Identity, raw: str, plain: str) -> list[Any]:
    words = [Albergue.nombre_normal.like(_like(word), escape="\\") for word in plain.split()]
    stmt: Any = select(
        Albergue.id,
        Albergue.codigo,
        Albergue.nombre,
        Albergue.municipio_codigo,
        Albergue.estado,
        Albergue.oficial,
    ).where(
        or_(
            Albergue.codigo.like(_like(raw)[1:], escape="\\"),
            and_(*words),
            Albergue.municipio_codigo.in_(_municipios(plain)),
        )
    )
    if identity.from_afar:
        stmt = stmt.where(Albergue.ubicacion_reservada.is_(False))
    return list(
        db.session.execute(
            visible(stmt, Permiso.ALBERGUE_VER, Albergue).order_by(Albergue.codigo).limit(LIMIT)
        )
    )


def _activaciones(identity: Identity, raw: str, albergues: Sequence[UUID]) -> list[Any]:
    """Activations by act number, and those of the shelters found."""
    pattern = _like(raw)
    stmt: Any = (
        select(
            Activacion.id,
            Activacion.albergue_id,
            Activacion.estado,
            Activacion.abierta_en,
            Activacion.acta_apertura,
            Activacion.acta_cierre,
            Albergue.nombre,
            Activacion.municipio_codigo,
            Emergencia.nombre.label("emergencia"),
        )
        .join(Albergue, Albergue.id == Activacion.albergue_id)
        .join(Emergencia, Emergencia.id == Activacion.emergencia_id)
        .where(
            or_(
                Activacion.acta_apertura.ilike(pattern, escape="\\"),
                Activacion.acta_cierre.ilike(pattern, escape="\\"),
                Activacion.albergue_id.in_(albergues),
            )
        )
        .order_by(Activacion.creada_en.desc())
        .limit(LIMIT)
    )
    if identity.from_afar:
        stmt = stmt.where(Albergue.ubicacion_reservada.is_(False))
    return list(db.session.execute(visible(stmt, Permiso.ACTIVACION_VER, Activacion)))


def _actas(identity: Identity, raw: str) -> list[Any]:
    stmt: Any = (
        select(
            Acta.id,
            Acta.folio,
            Acta.clase,
            Acta.generada_en,
            Acta.activacion_id,
            Albergue.nombre,
            Acta.municipio_codigo,
        )
        .join(Activacion, Activacion.id == Acta.activacion_id)
        .join(Albergue, Albergue.id == Activacion.albergue_id)
        .where(Acta.folio.ilike(_like(raw), escape="\\"))
        .order_by(Acta.generada_en.desc())
        .limit(LIMIT)
    )
    if identity.from_afar:
        stmt = stmt.where(Albergue.ubicacion_reservada.is_(False))
    return list(db.session.execute(visible(stmt, Permiso.ACTIVACION_VER, Acta)))


def _entregas(raw: str) -> list[Any]:
    """Deliveries of formats by the beginning of their folio: EF-1413-2026."""
    e = EntregaFormatos
    stmt: Any = select(e.id, e.folio, e.fecha, e.municipio_codigo, e.estado).where(
        e.folio.like(_like(raw.upper())[1:], escape="\\")
    )
    stmt = visible(stmt, Permiso.ENTREGA_VER, e)
    return list(db.session.execute(stmt.order_by(e.fecha.desc(), e.id).limit(LIMIT)))


def _compromisos(raw: str) -> list[Any]:
    """Commitments by the beginning of their folio: CP-1413-2026."""
    c = Compromiso
    columns = (
        c.id,
        c.folio,
        c.vence_en,
        c.municipio_codigo,
        c.departamento_codigo,
        c.responsable,
        c.institucion,
    )
    stmt: Any = select(*columns).where(c.folio.like(_like(raw.upper())[1:], escape="\\"))
    return list(
        db.session.execute(visible(stmt, Permiso.COMPROMISO_VER, c).order_by(c.folio.desc()).limit(LIMIT))
    )


def _sounds_like(word: str) -> ColumnElement[bool]:
    """A word of the name begins with the sound of this one. The keys of a name stand apart by spaces."""
    key = phonetic_word(word)
    if len(key) < MINIMUM_SOUND:
        return false()
    return literal(" ").concat(PersonaVersion.fonetica).like(f"% {_like(key)[1:]}", escape="\\")


def _joined_under(card: str) -> ColumnElement[bool]:
    """Another record of this human being was registered under that family's code."""
    record, family = aliased(Persona), aliased(Familia)
    joined = (
        select(record.unida_a)
        .join(Pertenencia, Pertenencia.persona_id == record.id)
        .join(family, family.id == Pertenencia.familia_id)
        .where(record.unida_a.is_not(None), family.codigo == card)
    )
    return Estancia.persona_id.in_(joined)


def _personas(identity: Identity, raw: str, plain: str, by_name: bool) -> list[Hallada]:
    """People inside now, by family code or name, in the account's territory only. Each hit is noted, and what is
    found outside one's own shelters is counted."""
    stmt: Any = (
        select(
            Estancia.persona_id,
            Estancia.activacion_id,
            Estancia.municipio_codigo,
            Estancia.albergue_codigo,
            Estancia.ingreso_en,
            Estancia.fuera,
            Familia.codigo.label("familia"),
            Albergue.nombre.label("albergue"),
        )
        .join(Familia, Familia.id == Estancia.familia_id)
        .join(Activacion, Activacion.id == Estancia.activacion_id)
        .join(Albergue, Albergue.id == Activacion.albergue_id)
        .where(Estancia.egreso_en.is_(None))
    )
    by_other_record: Any = None
    if card := read_code(raw):
        replaced = select(Tarjeta.familia_id).where(Tarjeta.codigo == card)
        stmt = stmt.where(or_(Familia.codigo == card, Familia.id.in_(replaced), _joined_under(card)))
    elif by_name and len(plain) >= MINIMUM_NAME and not plain.isdigit():
        v = PersonaVersion
        words = plain.split()
        written = {word: v.nombre_normal.like(_like(word), escape="\\") for word in words}
        alike = [or_(written[word], _sounds_like(word)) for word in words]
        by_other_record = (
            stmt.join(Persona, Persona.unida_a == Estancia.persona_id)
            .join(v, and_(v.persona_id == Persona.id, v.actual))
            .where(*alike)
        )
        stmt = stmt.join(v, and_(v.persona_id == Estancia.persona_id, v.actual)).where(*alike)
        stmt = stmt.order_by(case((and_(*written.values()), 0), else_=1))
    else:
        return []
    with unit_of_work(identity.as_actor("web")):
        found: dict[UUID, Any] = {}
        for asked in (stmt, by_other_record):
            if asked is not None and len(found) < LIMIT:
                shown = visible(asked, Permiso.PERSONA_VER, Estancia)
                for row in db.session.execute(shown.order_by(Familia.codigo, Estancia.id).limit(LIMIT)):
                    found.setdefault(row.persona_id, row)
        rows = list(found.values())[:LIMIT]
        if any(row.albergue_codigo not in identity.albergues for row in rows):
            budget.count(identity, budget.BUSQUEDA)
        by_place: dict[str, list[UUID]] = defaultdict(list)
        for row in rows:
            by_place[row.municipio_codigo].append(row.persona_id)
        people: dict[UUID, PersonaVista] = {}
        for municipio, ids in by_place.items():
            people |= personas_by_id(ids, "web:buscar", municipio)
    advices = in_force(people)
    return [
        Hallada(
            people[row.persona_id],
            row.familia,
            row.albergue,
            row.municipio_codigo,
            row.activacion_id,
            row.ingreso_en,
            row.fuera,
            advices.get(row.persona_id, ()),
        )
        for row in rows
        if row.persona_id in people
    ]
