"""Needs told at the door: each has something to do and an hour by which to do it (F27)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import ColumnElement, and_, or_, select

from albergues_app.audit.listener import bulk_insert
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.core.errors import NotFound
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.models_necesidad import Necesidad
from albergues_app.ocupacion.services.ingreso_rows import IngresoNuevo
from albergues_app.ocupacion.unidas import gather


@dataclass(frozen=True)
class Atencion:
    """What a kind of need asks of the shelter. ``horas``: proposed by us, no rule of any institution."""

    nombre: str
    accion: str
    horas: int


ATENCIONES: dict[str, Atencion] = {
    "agua": Atencion("Agua", "Dar agua segura para beber.", 1),
    "comida": Atencion("Comida", "Dar de comer en el siguiente tiempo, o antes si viene en ayunas.", 4),
    "formula": Atencion("Fórmula infantil", "Preguntar a salud antes de darla; cuidar el agua limpia.", 4),
    "panales": Atencion("Pañales", "Entregar pañales de su talla.", 6),
    "ropa": Atencion("Ropa", "Entregar ropa seca o abrigo.", 12),
    "medicina": Atencion("Medicina", "Avisar a salud para que la vea y diga qué medicina.", 6),
    "medicamento_diario": Atencion(
        "Medicamento diario", "Preguntar cuándo toca la próxima dosis y avisar a salud.", 6
    ),
    "dieta": Atencion("Comida especial", "Avisar a la cocina.", 4),
    "ayuda_diaria": Atencion("Ayuda para comer o vestirse", "Acordar quién ayuda y a qué horas.", 6),
    "silla_ruedas": Atencion(
        "Silla de ruedas", "Dar lugar en el primer nivel y paso libre; conseguir silla.", 12
    ),
    "rampa": Atencion("Rampa", "Dar lugar en el primer nivel, con rampa y baño cerca.", 6),
    "apoyo_caminar": Atencion(
        "Bastón, muletas o andador", "Dar lugar cerca del baño; conseguir el apoyo.", 24
    ),
    "psicologica": Atencion("Apoyo emocional", "Avisar a quien da apoyo emocional en el turno.", 24),
    "lentes_audifono": Atencion("Lentes o audífono", "Anotar para referirla a quien los da.", 72),
    "otro": Atencion("Otra necesidad", "Preguntar qué necesita.", 12),
}
"""The kinds that the boleta and the ficha de persona ask at the gate. Protection is none of them: it has its own
restricted form."""


def read_horas(raw: str) -> dict[str, int]:
    """Hours by kind of the setting ``NECESIDADES_HORAS`` («agua=2, panales=8»).

    :raises ValueError: an unknown kind, or what is not a whole number from 1 to 720.
    """
    found = {}
    for part in filter(None, (p.strip() for p in raw.split(","))):
        codigo, _, hours = (p.strip() for p in part.partition("="))
        if codigo not in ATENCIONES or not hours.isdigit() or not 1 <= int(hours) <= 720:
            raise ValueError(
                f"NECESIDADES_HORAS: «{part}» no se entiende. Escriba, por ejemplo, agua=2, panales=8. "
                f"Necesidades: {', '.join(ATENCIONES)}."
            )
        found[codigo] = int(hours)
    return found


def horas_of(codigo: str) -> int:
    """Hours within which a need is attended, counted from when it was told."""
    return read_horas(current_app.config["NECESIDADES_HORAS"]).get(codigo, ATENCIONES[codigo].horas)


def note_necesidades(
    familia_id: UUID,
    de_familia: Iterable[str],
    de_personas: Mapping[UUID, Iterable[str]],
    dicha_en: datetime,
) -> int:
    """Keep what a family and its persons need; what waits already in that emergency is not asked
    twice. Returns how many are new."""
    told = [(None, c) for c in de_familia] + [(p, c) for p, codes in de_personas.items() for c in codes]
    told = [one for one in dict.fromkeys(told) if one[1] in ATENCIONES]
    if not told:
        return 0
    n, f, speaks = table_of(Necesidad), table_of(Familia), gather(de_personas)
    emergencia = select(f.c.emergencia_id).where(f.c.id == familia_id).scalar_subquery()
    waiting = {
        (speaks.get(row.persona_id), row.codigo)
        for row in db.session.execute(
            select(n.c.persona_id, n.c.codigo)
            .join(f, f.c.id == n.c.familia_id)
            .where(of_these(familia_id, speaks), n.c.atendida_en.is_(None), f.c.emergencia_id == emergencia)
        )
    }
    moment, actor = clock.now(), current_actor()
    rows: list[dict[str, Any]] = [
        {
            "id": uuid7(),
            "familia_id": familia_id,
            "persona_id": persona_id,
            "codigo": codigo,
            "dicha_en": dicha_en,
            "vence_en": dicha_en + timedelta(hours=horas_of(codigo)),
            "registrado_en": moment,
            "cuenta_id": actor.cuenta_id if actor else None,
            "atendida_en": None,
            "atendida_por": None,
            "como": None,
        }
        for persona_id, codigo in told
        if (speaks[persona_id] if persona_id else None, codigo) not in waiting
    ]
    bulk_insert(db.session, Necesidad, rows)
    return len(rows)


def of_these(familia_id: UUID, personas: Collection[UUID]) -> ColumnElement[bool]:
    """Needs of a whole family, and those of these persons (every record of each), told in whatever family."""
    n = table_of(Necesidad)
    return or_(and_(n.c.familia_id == familia_id, n.c.persona_id.is_(None)), n.c.persona_id.in_(personas))


def note_needs_told(datos: IngresoNuevo) -> int:
    """Keep the needs that a household told when it came in."""
    return note_necesidades(
        datos.familia_id, datos.necesidades, {p.id: p.necesidades for p in datos.personas}, datos.ocurrido_en
    )


def attend(familia_id: UUID, personas: Collection[UUID], ids: Sequence[UUID], como: str | None = None) -> int:
    """Say of needs of a family, or of these of its members, that they were attended; who did it first stays.
    Returns how many it was.

    :raises NotFound: one of them is of somebody else.
    """
    rows = db.session.scalars(
        select(Necesidad)
        .where(Necesidad.id.in_(ids), of_these(familia_id, gather(personas)))
        .order_by(Necesidad.id)
        .with_for_update()
    ).all()
    if len(rows) != len(set(ids)):
        raise NotFound()
    moment, actor = clock.now(), current_actor()
    mine = [row for row in rows if row.atendida_en is None]
    for row in mine:
        row.atendida_en = moment
        row.atendida_por = actor.cuenta_id if actor else None
        row.como = clean(como)[:200] or None if como else None
    db.session.flush()
    return len(mine)
