"""The rows of an export, read as a stream by the territory of who asked; each reading is noted before it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, text

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.audit.listener import record_reading
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.exportaciones.models import Exportacion
from albergues_app.ocupacion.bandas import NOMBRE, age_on, banda_on
from albergues_app.ocupacion.models import GRUPO_BIT, Familia, PersonaVersion
from albergues_app.ocupacion.models_derivadas import Estancia, Tramo
from albergues_app.territorio.catalogo import catalogo

BATCH = 2_000
SEXO = {"mujer": "mujer", "hombre": "hombre", "no_registrado": "no registrado"}
NECESIDAD = {
    "embarazada": "embarazo",
    "lactante": "lactancia",
    "discapacidad": "discapacidad",
    "enfermedad_cronica": "enfermedad crónica",
    "extranjero": "extranjera",
    "dieta": "comida especial",
    "interprete": "intérprete",
}
SALIDA = {
    "egreso": "egreso",
    "fallecimiento": "fallecimiento",
    "traslado_sale": "traslado a otro albergue",
}

Fila = dict[str, Any]


def _scope(stmt: Select[Any], export: Exportacion, identity: Identity) -> Select[Any]:
    """Within the place asked for, and never outside the account's own territory."""
    a = table_of(Activacion)
    if export.emergencia_id is not None:
        stmt = stmt.where(a.c.emergencia_id == export.emergencia_id)
    if export.albergue_codigo:
        stmt = stmt.where(a.c.albergue_codigo == export.albergue_codigo)
    elif export.municipio_codigo or export.departamento_codigo:
        stmt = stmt.where(
            a.c.municipio_codigo.startswith(export.municipio_codigo or export.departamento_codigo)
        )
    return visible(stmt, identity, Permiso.PERSONA_EXPORTAR, Activacion)


def _people(export: Exportacion, identity: Identity, count: bool) -> Select[Any]:
    if export.clase == "estancias":
        return _stays(export, identity, count)
    return _present(export, identity, count)


def _present(export: Exportacion, identity: Identity, count: bool) -> Select[Any]:
    t, a, s, f = table_of(Tramo), table_of(Activacion), table_of(Albergue), table_of(Familia)
    source = t.join(a, a.c.id == t.c.activacion_id)
    here = (text("tramo.vigente"), t.c.clase == "dentro", t.c.desde <= export.corte, t.c.hasta > export.corte)
    if count:
        return _scope(select(func.count()).select_from(source).where(*here), export, identity)
    out = t.alias("afuera")
    away = (
        select(out.c.id)
        .where(
            text("afuera.vigente"), out.c.persona_id == t.c.persona_id, out.c.clase == "fuera",
            out.c.desde <= export.corte, out.c.hasta > export.corte,
        )
        .exists()
    )  # fmt: skip
    stmt = (
        select(
            t.c.persona_id, f.c.codigo.label("folio"), t.c.sexo, t.c.nacimiento, t.c.grupos, t.c.desde,
            s.c.codigo.label("albergue_codigo"), s.c.nombre.label("albergue"), a.c.municipio_codigo,
            away.label("fuera"),
        )
        .select_from(source.join(s, s.c.id == a.c.albergue_id).outerjoin(f, f.c.id == t.c.familia_id))
        .where(*here)
    )  # fmt: skip
    return _scope(stmt, export, identity)


def _stays(export: Exportacion, identity: Identity, count: bool) -> Select[Any]:
    e, a, s, f, v = (table_of(m) for m in (Estancia, Activacion, Albergue, Familia, PersonaVersion))
    source = e.join(a, a.c.id == e.c.activacion_id)
    within = and_(
        e.c.ingreso_en <= export.corte,
        or_(e.c.egreso_en.is_(None), e.c.egreso_en >= (export.desde or clock.ALWAYS)),
    )
    if count:
        return _scope(select(func.count()).select_from(source).where(within), export, identity)
    stmt = (
        select(
            e.c.persona_id, f.c.codigo.label("folio"), v.c.sexo, v.c.nacimiento, v.c.grupos,
            e.c.ingreso_en, e.c.egreso_en, e.c.egreso_tipo,
            s.c.codigo.label("albergue_codigo"), s.c.nombre.label("albergue"), a.c.municipio_codigo,
        )
        .select_from(
            source.join(s, s.c.id == a.c.albergue_id)
            .outerjoin(f, f.c.id == e.c.familia_id)
            .outerjoin(v, and_(v.c.persona_id == e.c.persona_id, v.c.actual))
        )
        .where(within)
    )  # fmt: skip
    return _scope(stmt, export, identity)


def count_rows(export: Exportacion, identity: Identity) -> int:
    """How many persons, or stays, it would carry."""
    return int(db.session.scalar(_people(export, identity, count=True)) or 0)


def batches(export: Exportacion, identity: Identity, actor: Actor, names: bool) -> Iterator[list[Fila]]:
    """The rows in parts. The stream is one snapshot; each part is noted as read before it is given out.

    Outside any unit of work: each part has its own, so that the desk goes on writing meanwhile.
    """
    stmt = _people(export, identity, count=False)
    mark, reason = f"exportacion:{export.clase}", export.motivo
    engine = db.engine
    with engine.connect() as connection:
        rows = connection.execution_options(stream_results=True, yield_per=BATCH).execute(stmt)
        for part in rows.partitions(BATCH):
            ids = [r.persona_id for r in part]
            with unit_of_work(actor):
                record_reading(db.session(), list(dict.fromkeys(ids)), mark, None, reason)
                known = _names(ids) if names else {}
            yield [_cells(r, export, known) for r in part]


def _names(ids: Sequence[UUID]) -> dict[UUID, tuple[str, str | None]]:
    v = table_of(PersonaVersion)
    stmt = select(v.c.persona_id, v.c.nombres, v.c.apellidos).where(v.c.persona_id.in_(ids), v.c.actual)
    return {r.persona_id: (r.nombres, r.apellidos) for r in db.session.execute(stmt)}


def _cells(row: Any, export: Exportacion, names: dict[UUID, tuple[str, str | None]]) -> Fila:
    known, stay = catalogo(), export.clase == "estancias"
    day: date = clock.local_day(row.ingreso_en if stay else export.corte)
    given = names.get(row.persona_id, ("", None))
    cells: Fila = {
        "folio": row.folio or "",
        "sexo": SEXO.get(row.sexo, ""),
        "banda": NOMBRE[banda_on(row.nacimiento, day)],
        "necesidades": ", ".join(NECESIDAD[g] for g, bit in GRUPO_BIT.items() if (row.grupos or 0) & bit),
        "albergue_codigo": row.albergue_codigo,
        "albergue": row.albergue,
        "municipio_codigo": row.municipio_codigo,
        "municipio": known.municipio_nombre(row.municipio_codigo),
        "departamento": known.departamento_nombre(row.municipio_codigo),
        "nombres": given[0],
        "apellidos": given[1] or "",
        "edad": None if row.nacimiento is None else age_on(row.nacimiento, day),
    }
    if stay:
        cells |= {
            "ingreso_en": _local(row.ingreso_en),
            "egreso_en": _local(row.egreso_en),
            "egreso_tipo": SALIDA.get(row.egreso_tipo or "", ""),
        }
    else:
        cells |= {"dentro_desde": _local(row.desde), "fuera": "sí" if row.fuera else "no"}
    return cells


def _local(value: datetime | None) -> str:
    return "" if value is None else f"{clock.to_local(value):%Y-%m-%d %H:%M}"
