"""What needs somebody about sites and their papers: acts, capacity, evaluations, rows without a municipality."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import and_, func, not_, or_, select

from albergues_app.accounts.doors import visible
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion, Albergue, PorResolver
from albergues_app.albergues.states import OPEN, EstadoSitio
from albergues_app.core.db import db
from albergues_app.entregas.queries import ediciones_nuevas
from albergues_app.ocupacion.figures import Fila
from albergues_app.pliegos.queries import unanswered_when_closed
from albergues_app.web.asunto import NAMED, SHOWN, Asunto, names, names_only, people_text, said, site_url
from albergues_app.web.presentation import cuando, hace, numero
from albergues_app.web.shell import ruta


def papers(now: datetime) -> list[Asunto]:
    """Openings whose act or person in charge is still missing after 24 hours: those that are told, and how many."""
    a = Activacion
    acta, encargado = (func.coalesce(column, "") != "" for column in (a.acta_apertura, a.administrador))
    due: Any = select(
        a.id, a.albergue_id, Albergue.nombre, a.abierta_en, acta, encargado, func.count().over()
    ).join(Albergue, Albergue.id == a.albergue_id)
    due = visible(due, Permiso.ACTIVACION_VER, a).where(
        a.estado.in_(OPEN), a.abierta_en < now - timedelta(hours=24), not_(and_(acta, encargado))
    )
    rows = list(db.session.execute(due.order_by(Albergue.codigo, a.id).limit(SHOWN + NAMED)))
    found = []
    for activacion_id, albergue_id, nombre, abierta_en, has_acta, has_encargado, _all in rows[:SHOWN]:
        lacks = [
            word
            for word, value in (("acta de apertura", has_acta), ("persona encargada", has_encargado))
            if not value
        ]
        found.append(
            Asunto(
                "aviso",
                f"{nombre}: falta {' y '.join(lacks)}",
                f"Abrió {cuando(abierta_en, now)}. El plazo era de 24 horas.",
                "Completar",
                ruta("activaciones.ver", activacion_id=activacion_id) or site_url(albergue_id),
            )
        )
    if len(rows) > SHOWN:
        rest = rows[0][-1] - SHOWN
        found.append(
            Asunto(
                "aviso",
                f"Otras {rest} aperturas sin acta o sin persona encargada",
                names_only([nombre for _a, _b, nombre, *_rest in rows[SHOWN:]], total=rest),
                "Ver albergues",
                ruta("albergues.lista"),
            )
        )
    return found


def capacity_unknown(filas: Sequence[Fila]) -> list[Asunto]:
    unknown = [f for f in filas if f.capacidad is None]
    if not unknown:
        return []
    title = "1 albergue abierto" if len(unknown) == 1 else f"{len(unknown)} albergues abiertos"
    return [
        Asunto(
            "alto",
            f"{title} con capacidad sin dato",
            f"{names([(f.nombre, f.municipio or '') for f in unknown])} · "
            f"{people_text(sum(map(said, unknown)))} fuera de la cuenta de lugares",
            "Anotar capacidad",
            site_url(unknown[0].id) if len(unknown) == 1 else "#abiertos",
        )
    ]


def missing_sheets(identity: Identity) -> list[Asunto]:
    """Numbered sheets nobody answered for, where a shelter is closing or has closed."""
    rows = unanswered_when_closed(identity)
    if not rows:
        return []
    sheets = sum(n for *_place, n in rows)
    title = "1 hoja con folio sin responder" if sheets == 1 else f"{sheets} hojas con folio sin responder"
    return [
        Asunto(
            "aviso",
            f"{title} en {'1 albergue cerrado' if len(rows) == 1 else f'{len(rows)} albergues cerrados'} o por cerrar",
            names([(name, place) for _key, name, place, _n in rows]),
            "Ver qué falta",
            ruta("pliegos.lista", activacion=rows[0][0]) if len(rows) == 1 else ruta("pliegos.lista"),
        )
    ]


def to_reevaluate(now: datetime) -> list[Asunto]:
    months = int(current_app.config["VENCE_EVALUACION_MESES"])
    limit = now - timedelta(days=round(months * 30.44))
    stmt: Any = select(Albergue.id, Albergue.nombre, Albergue.municipio_codigo).where(
        or_(
            Albergue.estado == EstadoSitio.POR_REEVALUAR,
            Albergue.evaluado_en < limit,
        ),
        Albergue.estado.not_in((EstadoSitio.DESCARTADO, EstadoSitio.INHABILITADO)),
    )
    rows: list[Any] = list(
        db.session.execute(visible(stmt, Permiso.ALBERGUE_EDITAR, Albergue).order_by(Albergue.codigo))
    )
    if not rows:
        return []
    title = "1 sitio por reevaluar" if len(rows) == 1 else f"{len(rows)} sitios por reevaluar"
    return [
        Asunto(
            "sindato",
            title,
            f"{names([(r[1], r[2]) for r in rows])} · evaluación pedida o de hace más de {months} meses",
            "Ver sitio" if len(rows) == 1 else "Ver sitios",
            site_url(rows[0][0]) if len(rows) == 1 else ruta("albergues.lista", estado="por_reevaluar"),
        )
    ]


def tray(identity: Identity) -> list[Asunto]:
    """Rows of imported lists that nobody could place; without department, they are the central office's."""
    p = PorResolver
    stmt: Any = select(func.count(), func.min(p.registrado_en)).where(p.resuelta_en.is_(None))
    if not identity.nacional:
        codes = {*identity.departamentos, *(m[:2] for m in identity.municipios)}
        stmt = stmt.where(p.departamento_codigo.in_(codes))
    count, oldest = db.session.execute(stmt).one()
    if not count:
        return []
    title = (
        "1 fila de listados por resolver" if count == 1 else f"{numero(count)} filas de listados por resolver"
    )
    return [
        Asunto(
            "sindato",
            title,
            f"No se supo de qué municipio son · la más antigua, {hace(oldest)}",
            "Resolver",
            ruta("importaciones.por_resolver") or ruta("importaciones.lista"),
        )
    ]


def new_editions(identity: Identity) -> list[Asunto]:
    """Formats with a newer edition in force that some municipality must still receive, in one line."""
    pending = [n for n in ediciones_nuevas(identity) if n.pendientes]
    if not pending:
        return []
    places = {codigo for n in pending for codigo in n.pendientes}
    where = "1 municipio" if len(places) == 1 else f"{numero(len(places))} municipios"
    title = (
        "1 formato con edición nueva" if len(pending) == 1 else f"{len(pending)} formatos con edición nueva"
    )
    return [
        Asunto(
            "sindato",
            f"{title} por entregar en {where}",
            names_only([f"{n.formato.title}, la {n.formato.version}" for n in pending]),
            "Ver quiénes",
            ruta("entregas.ediciones"),
        )
    ]
