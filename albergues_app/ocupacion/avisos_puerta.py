"""Advices for the gate as the gate reads them: what to do and until when. Why is not in anything of this module.

One statement for all the people of a page, by indexes of the few advices that live. An advice follows the human being:
through joined records, and, where it is of a family, whoever belongs to it now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, or_, select, union_all

from albergues_app.audit.listener import record_opening
from albergues_app.audit.sealing import seal_for
from albergues_app.core import clock
from albergues_app.core.db import db, run, table_of
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.keys import KeyMissing
from albergues_app.ocupacion.models import Persona, Pertenencia
from albergues_app.ocupacion.models_aviso import AvisoPuerta, ClaseAviso
from albergues_app.ocupacion.queries import PersonaVista

CLASE_NOMBRE: dict[str, str] = {
    ClaseAviso.NO_PASA: "No pasa sin consultar",
    ClaseAviso.INSTRUCCION: "Instrucción",
    ClaseAviso.AVISAR: "Avise si pasa",
}
"""The strongest first."""
NIVEL: dict[str, str] = {
    ClaseAviso.NO_PASA: "critico",
    ClaseAviso.INSTRUCCION: "alto",
    ClaseAviso.AVISAR: "aviso",
}
_STRENGTH = {clase: n for n, clase in enumerate(CLASE_NOMBRE)}
TEXTO, MOTIVO, RETIRO = "aviso_puerta.texto", "aviso_puerta.motivo", "aviso_puerta.motivo_retiro"
"""What each text is sealed for."""
SIN_CONSULTAR = "falta_consulta"
_NAMED = 3
"""Names said of a longer list."""


@dataclass(frozen=True)
class AvisoVisto:
    """An advice as the gate reads it."""

    id: UUID
    clase: str
    texto: str
    hasta: datetime
    de_familia: bool

    @property
    def nombre(self) -> str:
        return CLASE_NOMBRE[self.clase]

    @property
    def nivel(self) -> str:
        return NIVEL[self.clase]

    @property
    def detiene(self) -> bool:
        """Somebody is to be asked first."""
        return self.clase == ClaseAviso.NO_PASA


@dataclass(frozen=True)
class AvisoDe:
    """An advice and those of a page whom it is about."""

    aviso: AvisoVisto
    personas: tuple[UUID, ...]
    quienes: str = ""
    """Their names, as the page says them."""


_A, _M, _LATER = table_of(AvisoPuerta), table_of(Pertenencia), table_of(Pertenencia).alias("despues")
_ASKED, _SPEAKS, _JOINED = (table_of(Persona).alias(n) for n in ("pedida", "habla", "unida"))
_IDS: Any = bindparam("ids", expanding=True)
_NOW = bindparam("ahora", type_=_A.c.desde.type)
_ANCHOR = func.coalesce(_ASKED.c.unida_a, _ASKED.c.id)
_RECORDS = union_all(
    select(_ASKED.c.id.label("pedida"), _SPEAKS.c.id.label("registro"))
    .join_from(_ASKED, _SPEAKS, _SPEAKS.c.id == _ANCHOR)
    .where(_ASKED.c.id.in_(_IDS)),
    select(_ASKED.c.id, _JOINED.c.id)
    .join_from(_ASKED, _JOINED, _JOINED.c.unida_a == _ANCHOR)
    .where(_ASKED.c.id.in_(_IDS)),
).cte("registros")
"""Every record of the human beings asked for, beside the id that was asked for."""
_SHOWN = (_A.c.id, _A.c.clase, _A.c.texto, _A.c.hasta, _A.c.familia_id, _A.c.emergencia_id)
LIVING = (_A.c.retirado_en.is_(None), _A.c.desde <= _NOW, _A.c.hasta > _NOW)
_MOVED_ON = exists().where(
    _LATER.c.persona_id == _M.c.persona_id,
    or_(
        _LATER.c.vigente_desde > _M.c.vigente_desde,
        (_LATER.c.vigente_desde == _M.c.vigente_desde) & (_LATER.c.registrado_en > _M.c.registrado_en),
        (_LATER.c.vigente_desde == _M.c.vigente_desde)
        & (_LATER.c.registrado_en == _M.c.registrado_en)
        & (_LATER.c.id > _M.c.id),
    ),
)
_IN_FORCE = union_all(
    select(_RECORDS.c.pedida, *_SHOWN)
    .join_from(_RECORDS, _A, _A.c.persona_id == _RECORDS.c.registro)
    .where(*LIVING),
    select(_RECORDS.c.pedida, *_SHOWN)
    .join_from(_RECORDS, _M, _M.c.persona_id == _RECORDS.c.registro)
    .join(_A, _A.c.familia_id == _M.c.familia_id)
    .where(*LIVING, ~_MOVED_ON),
)


def in_force(personas: Iterable[UUID], now: datetime | None = None) -> dict[UUID, list[AvisoVisto]]:
    """The advices of each of these persons, in the order given, the strongest first; who has none is not in it.

    One statement, however many they are.
    """
    wanted = list(dict.fromkeys(personas))
    if not wanted:
        return {}
    found: dict[UUID, dict[UUID, AvisoVisto]] = {}
    for row in run(_IN_FORCE, {"ids": wanted, "ahora": now or clock.now()}):
        if row.id in found.get(row.pedida, {}):
            continue
        seen = as_seen(row)
        if seen is not None:
            found.setdefault(row.pedida, {})[seen.id] = seen
    return {persona: strongest_first(found[persona].values()) for persona in wanted if persona in found}


def as_seen(row: Any) -> AvisoVisto | None:
    """A row of the table without its reason; None once the emergency's key was destroyed."""
    text = opened(row.emergencia_id, row.texto, TEXTO)
    if text is None:
        return None
    return AvisoVisto(row.id, row.clase, text, row.hasta, row.familia_id is not None)


def opened(emergencia_id: UUID, sealed: bytes, context: str) -> str | None:
    """A sealed text of an advice; None once its key was destroyed."""
    try:
        return seal_for(emergencia_id).open(bytes(sealed), context).decode()
    except KeyMissing:
        return None


def strongest_first(avisos: Iterable[AvisoVisto]) -> list[AvisoVisto]:
    return sorted(avisos, key=lambda one: (_STRENGTH[one.clase], one.id))


def boxes(
    found: Mapping[UUID, Sequence[AvisoVisto]], names: Mapping[UUID, str] | None = None
) -> list[AvisoDe]:
    """Each advice once, with all whom it is about, in the order in which they were asked for."""
    people: dict[AvisoVisto, list[UUID]] = {}
    for persona, avisos in found.items():
        for aviso in avisos:
            people.setdefault(aviso, []).append(persona)
    return [
        AvisoDe(one, tuple(people[one]), _said(people[one], names or {})) for one in strongest_first(people)
    ]


def _said(personas: Sequence[UUID], names: Mapping[UUID, str]) -> str:
    known = [names[p] for p in personas if p in names]
    more = len(known) - _NAMED
    return ", ".join(known[:_NAMED]) + (f" y {more} más" if more > 0 else "")


def boxes_for(people: Iterable[PersonaVista]) -> list[AvisoDe]:
    """What stands for the people of a page, with their names."""
    names = {p.id: p.nombre for p in people}
    return boxes(in_force(names), names)


def as_avisos(personas: Collection[UUID]) -> list[Aviso]:
    """What a program that moves these persons is told beside what was saved."""
    return [
        Aviso("aviso_puerta", f"{one.aviso.nombre}: {one.aviso.texto}", "personas")
        for one in boxes(in_force(personas))
    ]


def refuse_unasked(personas: Collection[UUID], ticked: bool) -> list[UUID]:
    """Before people move by a form: ids of the advices by which somebody had to be asked, and was.

    :raises RuleBroken: `falta_consulta`, an advice says so and nobody ticked that it was done.
    """
    asked = [one.aviso for one in boxes(in_force(personas)) if one.aviso.detiene]
    if asked and not ticked:
        raise RuleBroken(SIN_CONSULTAR, unasked_text(asked[0]), "consultado")
    return [aviso.id for aviso in asked]


def unasked_text(aviso: AvisoVisto) -> str:
    """What is missing, said to who is at the gate."""
    text = aviso.texto if aviso.texto.endswith((".", "…")) else f"{aviso.texto}."
    return f"«{aviso.nombre}»: {text} Después marque «Ya lo consulté» y guarde otra vez."


def note_asked(avisos: Iterable[UUID]) -> None:
    """Keep in the trail that whoever moves these people says to have asked; inside the unit of work that moves them."""
    for aviso_id in avisos:
        record_opening(db.session(), "aviso_puerta", aviso_id, "consultado")
