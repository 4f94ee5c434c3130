"""Who looked at whom: what a person may ask to know of itself, and what a coordinator sees of its territory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import ROL_NOMBRE, Cuenta, Rol
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.audit.listener import canonical
from albergues_app.audit.models import Lectura
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.documents import render_typst
from albergues_app.core.instance import is_training
from albergues_app.ocupacion.matches import visible_stays
from albergues_app.ocupacion.models import Persona
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.queries import personas_by_id
from albergues_app.ocupacion.reading_reason import SHIFT
from albergues_app.ocupacion.unidas import gather

PANTALLA: dict[str, str] = {
    "activaciones:cierre": "Cierre del albergue",
    "api:boletas": "Un programa pidió las boletas de una familia",
    "api:ingreso": "Un programa pidió un ingreso",
    "api:ingresos": "Un programa pidió los ingresos",
    "api:registro": "Un programa pidió un formato lleno",
    "web:ambientes": "Quién duerme dónde",
    "web:aprobacion": "Lo que una persona pide y otra aprueba",
    "web:bajar_exportacion": "Copia de datos que se sacó del sistema",
    "web:boleta": "Boleta de la familia",
    "web:boleta_escaneo": "Boleta firmada, escaneada",
    "web:boletas": "Firmas de la boleta",
    "web:busquedas": "Familiares que buscan",
    "web:buscar": "Búsqueda por nombre o código",
    "web:coincidencias": "Coincidencias y posibles duplicados",
    "web:conocida": "Familia conocida, por su código",
    "web:consultas": "Consultas entre sedes",
    "web:en_transito": "Personas en camino",
    "web:familia": "Página de la familia",
    "web:hoja_ambientes": "Hoja de quién duerme dónde",
    "web:importar_registros": "Revisión de un archivo de registros",
    "web:lecturas": "Registro de lecturas",
    "web:lista": "Lista de un bus",
    "web:noche": "Puerta de la noche",
    "web:pase_lista": "Pase de lista",
    "web:persona": "Página de la persona",
    "web:personas": "Lista de personas del albergue",
    "web:por_aclarar": "Por aclarar, después del pase de lista",
    "web:por_numeros": "Varias familias por sus números",
    "web:presentes_del_corte": "Quiénes suman en un consolidado",
    "web:quien_vio": "Este mismo informe",
    "web:uniones": "Uniones hechas",
}
"""Protection's own page has no name here: named, it would tell that there is a case."""
_PREFIXES = (("web:registro", "Un formato lleno"), ("web:transcripcion", "Transcripción de papel"))
MOST, PER_PERSON = 3000, 2000
_MARGIN = timedelta(days=1)


def pantalla_texto(code: str) -> str:
    """A screen as people call it."""
    known = PANTALLA.get(code)
    if known is None:
        known = next((words for prefix, words in _PREFIXES if code.startswith(prefix)), None)
    return known or ("Un programa" if code.startswith("api:") else "Otra página")


@dataclass(frozen=True)
class Vista:
    """How often an account saw a person on one screen in one day."""

    dia: date
    cuenta: str
    rol: str
    pantalla: str
    motivo: str
    veces: int
    primera: datetime
    ultima: datetime


@dataclass(frozen=True)
class Mirada:
    """One opening of one screen, with the people in it."""

    momento: datetime
    cuenta: str
    rol: str
    pantalla: str
    motivo: str
    personas: tuple[tuple[str, UUID, UUID], ...]
    """Name, activation and id of the first few."""
    cuantas: int


def who_saw(persona_id: UUID) -> list[Vista]:
    """Every reading of a human being, by any of its records, newest day first, alike ones together."""
    rows = db.session.execute(
        select(Lectura.registrado_en, Lectura.cuenta_id, Lectura.pantalla, Lectura.motivo)
        .where(Lectura.persona_id.in_(list(gather([persona_id]))))
        .order_by(Lectura.registrado_en.desc())
        .limit(PER_PERSON)
    ).all()
    accounts = _accounts(row.cuenta_id for row in rows)
    together: dict[tuple[Any, ...], list[datetime]] = {}
    for row, motivo in zip(rows, _reasons(rows, lambda _row: persona_id), strict=True):
        key = (clock.local_day(row.registrado_en), row.cuenta_id, row.pantalla, motivo)
        together.setdefault(key, []).append(row.registrado_en)
    return [
        Vista(dia, *accounts[cuenta], pantalla_texto(pantalla), motivo, len(times), min(times), max(times))
        for (dia, cuenta, pantalla, motivo), times in together.items()
    ]


def _reasons(rows: Sequence[Any], whom: Callable[[Any], UUID]) -> list[str]:
    """The reason of each reading, the newest first. One said before a person's page opens holds for the shift."""
    said: dict[tuple[UUID | None, UUID], tuple[datetime, str]] = {}
    found = []
    for row in reversed(rows):
        key, reason = (row.cuenta_id, whom(row)), row.motivo or ""
        if reason and row.pantalla == "web:persona":
            said[key] = row.registrado_en, reason
        elif row.pantalla == "web:persona" and key in said and row.registrado_en - said[key][0] < SHIFT:
            reason = said[key][1]
        found.append(reason)
    return found[::-1]


def readings_of(identity: Identity, day: date, cuenta_id: UUID | None) -> list[Mirada]:
    """What was looked at in a day of the persons of the account's territory, newest first. In ``unit_of_work``."""
    start, end = clock.day_start(day), clock.day_end(day)
    speaker = func.coalesce(Persona.unida_a, Persona.id)
    stay: Any = select(Estancia.id).where(Estancia.persona_id == speaker).correlate(Persona)
    stmt: Any = (
        select(Lectura.registrado_en, Lectura.cuenta_id, Lectura.pantalla, Lectura.motivo, Lectura.persona_id)
        .join(Persona, Persona.id == Lectura.persona_id)
        .where(
            Lectura.id >= _floor(start - _MARGIN),  # keys are ordered by time: no index more on a busy table
            Lectura.registrado_en >= start,
            Lectura.registrado_en < end,
            visible(stay, identity, Permiso.LECTURA_VER, Estancia).exists(),
        )
        .order_by(Lectura.registrado_en.desc(), Lectura.cuenta_id, Lectura.pantalla)
        .limit(MOST)
    )
    if cuenta_id is not None:
        stmt = stmt.where(Lectura.cuenta_id == cuenta_id)
    rows = db.session.execute(stmt).all()
    accounts = _accounts(row.cuenta_id for row in rows)
    told = zip(rows, _reasons(rows, lambda row: row.persona_id), strict=True)
    openings = [
        (key, [row.persona_id for row, _motivo in group])
        for key, group in groupby(told, lambda r: (r[0].registrado_en, r[0].cuenta_id, r[0].pantalla, r[1]))
    ]
    shown = list(dict.fromkeys(i for _key, ids in openings for i in ids[:3]))
    people = personas_by_id(shown, "web:lecturas")
    stays = visible_stays(identity, shown)
    return [
        Mirada(
            moment,
            *accounts[cuenta],
            pantalla_texto(pantalla),
            motivo,
            tuple(
                (people[i].nombre, stays[i].activacion_id, i) for i in ids[:3] if i in people and i in stays
            ),
            len(set(ids)),
        )
        for (moment, cuenta, pantalla, motivo), ids in openings
    ]


def readers_of(identity: Identity) -> list[tuple[str, str]]:
    """Accounts for the filter: id and name of whoever read something of the last days."""
    since = clock.now() - timedelta(days=7)
    stmt: Any = (
        select(Cuenta.id, Cuenta.nombre, Cuenta.correo)
        .where(
            Cuenta.id.in_(
                select(Lectura.cuenta_id)
                .join(Persona, Persona.id == Lectura.persona_id)
                .where(
                    Lectura.id >= _floor(since),
                    visible(
                        select(Estancia.id)
                        .where(Estancia.persona_id == func.coalesce(Persona.unida_a, Persona.id))
                        .correlate(Persona),
                        identity,
                        Permiso.LECTURA_VER,
                        Estancia,
                    ).exists(),
                )
            )
        )
        .order_by(Cuenta.nombre, Cuenta.correo)
    )
    return [(str(row.id), f"{row.nombre} ({row.correo})") for row in db.session.execute(stmt)]


def draw_report(persona_id: UUID, nombre: str, familia: str, rows: Sequence[Vista]) -> bytes:
    """The person's own report as a PDF, to be given in the hand."""
    page: dict[str, Any] = {
        "nombre": nombre,
        "familia": familia,
        "momento": f"{clock.to_local(clock.now()):%d/%m/%Y %H:%M}",
        "filas": [
            [f"{v.dia:%d/%m/%Y}", hours(v), v.cuenta, v.rol, v.pantalla, v.motivo or "Sin motivo anotado"]
            for v in rows
        ],
        "veces": f"{sum(v.veces for v in rows):,}",
        "cuentas": f"{len({v.cuenta for v in rows}):,}",
    }
    huella = hashlib.sha256(canonical({**page, "persona": persona_id}).encode()).hexdigest()
    return render_typst(
        "albergues_app.identidad", "quien_vio.typ", {**page, "huella": huella, "capacitacion": is_training()}
    )


def hours(v: Vista) -> str:
    """«06:12», or «de 06:12 a 18:40 (7 veces)»."""
    first, last = f"{clock.to_local(v.primera):%H:%M}", f"{clock.to_local(v.ultima):%H:%M}"
    if v.veces == 1:
        return first
    return f"{first} ({v.veces} veces)" if first == last else f"de {first} a {last} ({v.veces} veces)"


def _accounts(ids: Iterable[UUID | None]) -> dict[UUID | None, tuple[str, str]]:
    """Name and role of each account; readings without one are the system's."""
    wanted = {i for i in ids if i is not None}
    found: dict[UUID | None, tuple[str, str]] = {None: ("El sistema", "")}
    found.update((i, ("Una cuenta que ya no existe", "")) for i in wanted)
    rows = db.session.execute(select(Cuenta.id, Cuenta.nombre, Cuenta.rol).where(Cuenta.id.in_(wanted)))
    found.update((row.id, (row.nombre, ROL_NOMBRE[Rol(row.rol)])) for row in rows)
    return found


def _floor(moment: datetime) -> UUID:
    """The smallest key made from an instant on."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)
