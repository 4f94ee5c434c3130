"""The rows behind a figure: the shelters that add up to it, and the stays of one shelter at that hour, as known then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from albergues_app.albergues.models import Activacion
from albergues_app.audit.listener import record_reading
from albergues_app.consolidados.body import Cuerpo, Linea
from albergues_app.consolidados.scope import Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.ocupacion.bandas import NOMBRE, banda_on
from albergues_app.ocupacion.models import GRUPO_BIT, Familia
from albergues_app.ocupacion.models_derivadas import Tramo

CIFRAS: dict[str, str] = {
    "albergues": "Albergues y sitios",
    "personas": "Personas en el registro",
    "solo_declaradas": "Personas solo declaradas",
    "familias": "Familias",
    "mujeres": "Mujeres",
    "hombres": "Hombres",
    "no_registrado": "Sexo sin dato",
    "fuera_temporal": "Fuera por un rato",
    "capacidad": "Capacidad",
    "capacidad_sin_dato": "Sin dato de capacidad",
    "diferencia": "Diferencia con la capacidad",
    "sobre_capacidad": "Sobre su capacidad",
    "sin_reporte": "Sin reporte en el corte",
}
"""The figures that open."""

SEXO_NOMBRE = {"mujer": "mujer", "hombre": "hombre", "no_registrado": "no registrado"}
GRUPO_TEXTO = {
    "embarazada": "embarazo",
    "lactante": "lactancia",
    "discapacidad": "discapacidad",
    "enfermedad_cronica": "enfermedad crónica",
    "extranjero": "extranjera",
    "dieta": "comida especial",
    "interprete": "intérprete",
}


def rows_behind(
    body: Cuerpo, cifra: str, municipio: str = "", clase: str = ""
) -> tuple[list[Linea], int | None]:
    """The shelters whose figures add up to it, and their sum (None: nothing is known of any)."""
    rows = [
        r
        for r in (body.fuera if clase == "fuera" else body.lineas)
        if r.municipio.startswith(municipio) and (not clase or r.clase == clase) and getattr(r, cifra)
    ]
    values = [getattr(r, cifra) for r in rows]
    return rows, sum(values) if values else (None if cifra in {"capacidad", "diferencia"} else 0)


@dataclass(frozen=True)
class Presencia:
    """A person inside at an hour, as it was known at another: by folio, never by name."""

    persona_id: UUID
    activacion_id: UUID
    folio: str
    sexo: str
    banda: str
    necesidades: str
    desde: datetime
    fuera: bool


def needs_text(grupos: int) -> str:
    """«embarazo, discapacidad»; empty when there is none."""
    return ", ".join(GRUPO_TEXTO[g] for g, bit in GRUPO_BIT.items() if grupos & bit)


def present_at(
    asked: Pregunta, albergue_id: UUID, sexo: str, pantalla: str, limit: int, offset: int
) -> list[Presencia]:
    """The stays behind a shelter's count; each is noted as seen. Call inside ``unit_of_work``."""
    t, a, f = table_of(Tramo), table_of(Activacion), table_of(Familia)
    held = (
        t.c.desde <= asked.corte, t.c.hasta > asked.corte,
        t.c.conocido_desde <= asked.conocido_en, t.c.conocido_hasta > asked.conocido_en,
        a.c.albergue_id == albergue_id, a.c.emergencia_id == asked.emergencia_id,
    )  # fmt: skip
    stmt = (
        select(
            t.c.persona_id,
            t.c.activacion_id,
            f.c.codigo,
            t.c.sexo,
            t.c.nacimiento,
            t.c.grupos,
            t.c.desde,
            a.c.municipio_codigo,
        )
        .select_from(t.join(a, a.c.id == t.c.activacion_id).outerjoin(f, f.c.id == t.c.familia_id))
        .where(t.c.clase == "dentro", *held)
        .order_by(f.c.codigo, t.c.desde, t.c.persona_id)
        .limit(limit)
        .offset(offset)
    )
    if sexo:
        stmt = stmt.where(t.c.sexo == sexo)
    rows = db.session.execute(stmt).all()
    out = (
        select(t.c.persona_id)
        .select_from(t.join(a, a.c.id == t.c.activacion_id))
        .where(t.c.clase == "fuera", *held)
    )
    away = set(db.session.scalars(out))
    record_reading(
        db.session(), [r.persona_id for r in rows], pantalla, rows[0].municipio_codigo if rows else None
    )
    day: date = clock.local_day(asked.corte)
    return [
        Presencia(
            r.persona_id, r.activacion_id, r.codigo or "sin familia", SEXO_NOMBRE[r.sexo],
            NOMBRE[banda_on(r.nacimiento, day)], needs_text(r.grupos), r.desde, r.persona_id in away,
        )
        for r in rows
    ]  # fmt: skip
