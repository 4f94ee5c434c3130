"""Cases of children as protection reads them, as a sede counts them, and as the filled `registro_nna` tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.audit.sealing import open_json, seal_for, seal_json
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso
from albergues_app.core.keys import KeyMissing
from albergues_app.core.text import clean
from albergues_app.ocupacion.gate_book import stays_of, whom
from albergues_app.ocupacion.models import Familia, PersonaVersion
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.models_nna import CasoNna, OrigenCaso, Resolucion
from albergues_app.ocupacion.services.nna import Llegada, close_case, note_notice, open_cases, open_cases_of

_DETAIL = "caso_nna.detalle"

CONDICION_NOMBRE = {
    "sin_adulto": "Sin adulto de su familia",
    "no_acompanado": "No acompañado",
    "separado": "Separado",
    "huerfano": "Huérfano",
    "extraviado": "Extraviado",
    "otro": "Otra",
}
ORIGEN_NOMBRE = {
    OrigenCaso.INGRESO: "Ingresó sin un adulto de su familia",
    OrigenCaso.TRASLADO: "Lo trasladaron sin un adulto de su familia",
    OrigenCaso.QUEDO_SOLO: "Los adultos de su familia salieron y quedó",
    OrigenCaso.MARCADO: "Así lo marcó la ficha",
    OrigenCaso.REGISTRO: "Lo abrió el registro de NNA",
}
RESOLUCION_NOMBRE = {
    Resolucion.REUNIFICADO: "Reunificado con su familia",
    Resolucion.INSTITUCIONALIZADO: "Institucionalizado",
    Resolucion.TRASLADADO: "Trasladado",
    Resolucion.OTRO: "Otra",
    Resolucion.ERROR: "Se abrió por error",
}


@dataclass(frozen=True)
class CasoEnLista:
    """A case in the list: who it is, without the name."""

    caso: CasoNna
    sexo: str | None
    nacimiento: Any
    familia: str | None
    albergue: str
    dentro: bool


def list_cases(identity: Identity, closed: bool = False, limit: int = 200) -> list[CasoEnLista]:
    """Open cases, the most urgent notice first; or the closed ones, the newest first. No names."""
    c, v, f, s, e = CasoNna, PersonaVersion, Familia, Albergue, Estancia
    stmt: Any = (
        select(c, v.sexo, v.nacimiento, f.codigo, s.nombre, e.id)
        .join(s, s.codigo == c.albergue_codigo)
        .outerjoin(v, (v.persona_id == c.persona_id) & v.actual)
        .outerjoin(f, f.id == c.familia_id)
        .outerjoin(e, (e.persona_id == c.persona_id) & e.egreso_en.is_(None))
    )
    stmt = visible(stmt, identity, Permiso.NNA_VER, c)
    if closed:
        stmt = stmt.where(c.cerrado_en.is_not(None)).order_by(c.cerrado_en.desc(), c.id)
    else:
        stmt = stmt.where(c.cerrado_en.is_(None)).order_by(c.avisado_en.is_not(None), c.avisar_antes_de, c.id)
    return [
        CasoEnLista(caso, sexo, nacimiento, familia, albergue, stay is not None)
        for caso, sexo, nacimiento, familia, albergue, stay in db.session.execute(stmt.limit(limit))
    ]


@dataclass(frozen=True)
class Cuenta:
    """How many cases, without saying of whom."""

    abiertos: int = 0
    sin_aviso: int = 0
    vencidos: int = 0
    primero: datetime | None = None
    """The first clock to run out, among those without notice."""


def count_cases(identity: Identity, now: datetime) -> Cuenta:
    """Open cases of the account's territory."""
    c = CasoNna
    waiting = c.avisado_en.is_(None)
    stmt: Any = select(
        func.count(),
        func.count().filter(waiting),
        func.count().filter(waiting, c.avisar_antes_de <= now),
        func.min(c.avisar_antes_de).filter(waiting),
    ).where(c.cerrado_en.is_(None))
    return Cuenta(*db.session.execute(visible(stmt, identity, Permiso.NNA_CONTAR, c)).one())


def tell_protection(activacion_id: UUID) -> bool:
    """Whether the gate of this shelter should be told «Avise a protección»: a case nobody gave notice of."""
    stmt = select(CasoNna.id).where(
        CasoNna.activacion_id == activacion_id, CasoNna.cerrado_en.is_(None), CasoNna.avisado_en.is_(None)
    )
    return db.session.scalar(stmt.limit(1)) is not None


def details_of(caso: CasoNna) -> dict[str, str]:
    """What was written of the notice and of the closing; empty once the emergency's key was destroyed."""
    if caso.detalle is None:
        return {}
    try:
        found: dict[str, str] = open_json(seal_for(caso.emergencia_id), caso.detalle, _DETAIL)
    except KeyMissing:
        return {}
    return found


def sealed_details(caso: CasoNna, **more: str | None) -> bytes:
    """The details with what is added, sealed with the emergency's key."""
    merged = {**details_of(caso), **{k: clean(v)[:500] for k, v in more.items() if v and clean(v)}}
    return seal_json(seal_for(caso.emergencia_id), merged, _DETAIL)


# --- the filled format ---


@dataclass(frozen=True)
class HojaNna:
    """What a filled `registro_nna` tells its case."""

    activacion_id: UUID
    nombre: str
    codigo_familia: str | None
    condicion: str
    ocurrido_en: datetime
    pgn_en: datetime | None = None
    pgn_nombre: str | None = None
    resolucion: str | None = None
    entregado_en: datetime | None = None


def bind_sheet(hoja: HojaNna, registro_id: UUID) -> list[Aviso]:
    """Tie the format to its case, opening one where there is none; the clock and the closing follow the sheet."""
    activacion = db.session.get_one(Activacion, hoja.activacion_id)
    caso, avisos = _case_of(hoja, registro_id, activacion)
    caso.registro_id, caso.condicion = registro_id, hoja.condicion
    if caso.cerrado_en is None and hoja.pgn_en is not None and hoja.pgn_en != caso.avisado_en:
        note_notice(caso, max(hoja.pgn_en, caso.abierto_en), sealed_details(caso, aviso=hoja.pgn_nombre))
    if caso.cerrado_en is None and hoja.resolucion is not None:
        when = max(hoja.entregado_en or clock.now(), caso.abierto_en)
        close_case(caso, hoja.resolucion, when, None)
    db.session.flush()
    return avisos


def _case_of(hoja: HojaNna, registro_id: UUID, activacion: Activacion) -> tuple[CasoNna, list[Aviso]]:
    mine = db.session.scalars(select(CasoNna).where(CasoNna.registro_id == registro_id)).first()
    if mine is not None:
        return mine, []
    tied = whom(stays_of(activacion.id), None if hoja.nombre == "N/N" else hoja.nombre, hoja.codigo_familia)
    named = hoja.nombre != "N/N" or hoja.codigo_familia is not None
    if named and len(tied) == 1:
        found = open_cases_of([tied[0].persona_id]).get(tied[0].persona_id)
        return found or _open(activacion, tied[0].persona_id, tied[0].familia_id, hoja), []
    stmt = select(CasoNna).where(
        CasoNna.activacion_id == activacion.id, CasoNna.cerrado_en.is_(None), CasoNna.registro_id.is_(None)
    )
    waiting: Sequence[CasoNna] = db.session.scalars(stmt.limit(2)).all()
    if not named and len(waiting) == 1:
        return waiting[0], []
    return _open(activacion, None, None, hoja), [
        Aviso(
            "nna_sin_persona",
            "Nadie con ese nombre o código consta en este albergue: el caso quedó abierto sin persona del registro. "
            "Corrija el nombre o el código de familia para ligarlo.",
            "nombres",
        )
    ]


def _open(activacion: Activacion, persona: UUID | None, familia: UUID | None, hoja: HojaNna) -> CasoNna:
    one = Llegada(persona, familia, hoja.condicion, OrigenCaso.REGISTRO)
    return db.session.get_one(CasoNna, open_cases(activacion, [one], hoja.ocurrido_en)[0])
