"""A filled format becomes signed when its signed paper is noted; an act takes effect with the scan of it.

What a sheet wrote to other tables is noted beside it (``note_effect``), so that both pages can show each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy import select

from albergues_app.accounts.identity import Identity, load_identity
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues import site_page
from albergues_app.audit.models import Captura
from albergues_app.capturas.models import EstadoRegistro, Registro
from albergues_app.capturas.models_firma import RegistroEfecto
from albergues_app.capturas.services import answers_of, edition_of, living, registro_for_update, typed_answers
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.scans import fingerprint
from albergues_app.core.unit_of_work import current_actor
from albergues_app.pliegos.firmas import Firma, FirmaNueva, check_firma, firmas_of, scan_of, sign


@dataclass(frozen=True)
class Hecho:
    """What a sheet wrote: the kind and id of the object, words without people, and what there is to tell."""

    clase: str
    objeto_id: UUID
    dice: str
    avisos: list[Aviso] = field(default_factory=list)


@dataclass(frozen=True)
class AlFirmar:
    """What a format does to its tables once its paper is signed, by the services that its own page uses.

    ``apply`` is given the record, its answers and those of the version that took effect before; what it refuses
    (``RuleBroken``, ``Invalid``) leaves the scan out. ``may`` asks it of the account at work.
    """

    apply: Callable[[Registro, Mapping[str, Any], Mapping[str, Any]], Hecho]
    may: Callable[[Registro], bool]
    quien: str
    """Who may, in words: «la municipalidad o la sede»."""
    que: str
    """What happens then, in words: «el albergue queda cerrado»."""
    no_annulment: str
    """Why a record that took effect is not annulled, and what to do instead."""


AL_FIRMAR: dict[str, AlFirmar] = {}
"""Formats that take effect when signed; packages above add their own."""


def actor_may(permiso: Permiso, row: Any) -> bool:
    """Whether who is at work in this unit of work may do this to a row; the terminal has every right."""
    actor = current_actor()
    if actor is None or actor.cuenta_id is None:
        return actor is not None
    cuenta = load_identity(actor.cuenta_id)
    return cuenta is not None and permits(cuenta, permiso, row)


def sign_registro(registro_id: UUID, version: int, datos: FirmaNueva) -> dict[str, Any]:
    """Note the signed paper of the ``version`` in force; what the format does when signed is done with its scan.

    The same file again is refused, unless what it should do is still to be done and this account may.

    :raises Invalid: no file one can keep, or too little to find the paper by.
    :raises RuleBroken: `registro_anulado`, `version_cambiada`, `falta_escaneo`, `escaneo_repetido`,
        `emergencia_disociada`, and what the tables refuse: nothing is written then.
    """
    row = registro_for_update(registro_id)
    formato, captura = edition_of(row), db.session.get_one(Captura, row.captura_id)
    tipo = check_firma(formato, datos)
    living(row)
    if row.version != version:
        raise RuleBroken(
            "version_cambiada",
            f"Esta hoja se corrigió y va en la versión {row.version}. Imprima esa versión, fírmenla y adjúntela.",
            "version",
        )
    due = _due(row)
    if due is not None and not tipo:
        raise RuleBroken(
            "falta_escaneo",
            f"Con esta hoja {due.que}: hace falta su escaneo o su fotografía, no basta el folio.",
            "escaneo",
        )
    known = scan_of(captura.id, fingerprint(datos.content)) if tipo else None
    again = known is not None and due is not None and due.may(row)
    signed = known if known is not None and again else sign(captura, formato, datos)
    row.estado = EstadoRegistro.FIRMADO
    avisos: list[Aviso] = []
    if due is not None and due.may(row):
        hecho = due.apply(row, typed_answers(row, formato, answers_of(row)), told_before(row))
        note_effect(row.id, row.captura_id, hecho)
        avisos = hecho.avisos
    elif due is not None:
        avisos.append(Aviso("surtira_efecto", _still(due), None))
    db.session.flush()
    return {
        "id": str(signed.id), "registro": str(row.id), "estado": row.estado, "version": row.version,
        "serie": signed.serie, "tipo": signed.tipo, "peso": signed.peso, "huella": signed.huella,
        "folio": signed.folio, "firmada_en": clock.iso(signed.firmada_en) if signed.firmada_en else None,
        "avisos": [a.as_dict() for a in avisos],
    }  # fmt: skip


def _due(row: Registro) -> AlFirmar | None:
    """What is still to be done of the version in force when it is signed."""
    rule = AL_FIRMAR.get(row.formato)
    return rule if rule is not None and effect_of(row.captura_id) is None else None


def effect_of(captura_id: UUID) -> RegistroEfecto | None:
    """What this version wrote, if it did."""
    return db.session.scalar(select(RegistroEfecto).where(RegistroEfecto.captura_id == captura_id))


def note_effect(registro_id: UUID, captura_id: UUID, hecho: Hecho) -> None:
    """Note what a version wrote. In the unit of work that wrote it."""
    actor = current_actor()
    db.session.add(
        RegistroEfecto(
            id=uuid7(), registro_id=registro_id, captura_id=captura_id, clase=hecho.clase,
            objeto_id=hecho.objeto_id, dice=hecho.dice, cuenta_id=actor.cuenta_id if actor else None,
            escrito_en=clock.now(),
        )
    )  # fmt: skip
    db.session.flush()


def told_before(row: Registro) -> dict[str, Any]:
    """The answers of the last version that wrote something; none: nobody told the tables anything yet."""
    last = db.session.scalar(
        select(RegistroEfecto.captura_id)
        .where(RegistroEfecto.registro_id == row.id)
        .order_by(RegistroEfecto.escrito_en.desc(), RegistroEfecto.id.desc())
        .limit(1)
    )
    if last is None:
        return {}
    return typed_answers(row, edition_of(row), answers_of(row, db.session.get_one(Captura, last)))


def _still(rule: AlFirmar) -> str:
    return (
        f"La hoja quedó firmada. Surtirá efecto cuando la adjunte {rule.quien}, y entonces {rule.que}: puede ser el "
        "mismo archivo."
    )


def waits(formato: str) -> str:
    """What is said of a sheet whose format takes effect when signed, while it is not."""
    return f"Surtirá efecto al adjuntar la hoja firmada: {AL_FIRMAR[formato].que}."


def waiting_words(row: Registro) -> str | None:
    """What the page says of a sheet that has not taken effect yet; None: it has, or it never has any."""
    if row.estado == EstadoRegistro.ANULADO:
        return None
    rule = _due(row)
    if rule is None:
        return None
    return _still(rule) if row.estado == EstadoRegistro.FIRMADO else waits(row.formato)


def has_effect(row: Registro) -> bool:
    """Whether any version of a record wrote something to other tables."""
    wrote = select(RegistroEfecto.id).where(RegistroEfecto.registro_id == row.id).limit(1)
    return db.session.scalar(wrote) is not None


def signature_of(row: Registro) -> Firma:
    """What is known of the signature of the version in force; nothing: it is not signed."""
    return firmas_of([row.captura_id])[row.captura_id] if row.estado == EstadoRegistro.FIRMADO else Firma()


def versions_of(registro_id: UUID) -> dict[UUID, int]:
    """The number of each version of a record, by its Captura."""
    order = (
        select(Captura.id).where(Captura.objeto_id == registro_id).order_by(Captura.registrado_en, Captura.id)
    )
    return {key: n for n, key in enumerate(db.session.scalars(order), 1)}


@dataclass(frozen=True)
class Efecto:
    """What a version wrote, with the page where it stands."""

    version: int
    dice: str
    escrito_en: datetime
    url: str | None


_PAGES = {
    "activacion": ("activaciones.ver", "activacion_id"),
    "albergue": ("albergues.ver", "albergue_id"),
    "coe": ("coe.ver", "coe_id"),
}


def effects_of(row: Registro) -> list[Efecto]:
    """What each version of a record wrote, the latest first."""
    numbers = versions_of(row.id)
    found = db.session.scalars(
        select(RegistroEfecto)
        .where(RegistroEfecto.registro_id == row.id)
        .order_by(RegistroEfecto.escrito_en.desc(), RegistroEfecto.id.desc())
    )
    return [
        Efecto(numbers.get(e.captura_id, 0), e.dice, e.escrito_en, page_of(e.clase, e.objeto_id))
        for e in found
    ]


def page_of(clase: str, objeto_id: UUID) -> str | None:
    """The page of what a sheet wrote to."""
    if clase not in _PAGES:
        return None
    endpoint, name = _PAGES[clase]
    where: dict[str, Any] = {name: objeto_id}
    return url_for(endpoint, **where)


def papers_of(cuenta: Identity, objeto_id: UUID) -> list[tuple[str, str, datetime]]:
    """The records that wrote to a site or an activation, for those who may read them: address, words, when."""
    stmt = (
        select(Registro, RegistroEfecto)
        .join(RegistroEfecto, RegistroEfecto.registro_id == Registro.id)
        .where(RegistroEfecto.objeto_id == objeto_id)
        .order_by(RegistroEfecto.escrito_en.desc(), RegistroEfecto.id.desc())
        .limit(20)
    )
    return [
        (
            url_for("registros.ver", registro_id=row.id),
            f"{edition_of(row).title}{f' {row.folio}' if row.folio else ''}: {efecto.dice}",
            efecto.escrito_en,
        )
        for row, efecto in db.session.execute(stmt)
        if permits(cuenta, Permiso.REGISTRO_VER, row)
    ]


site_page.HOJAS.append(papers_of)
