"""What needs somebody now, one line each, in order of urgency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import aliased

from albergues_app.accounts.doors import visible
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.albergues.models import Activacion, Albergue, Contacto, PorResolver
from albergues_app.albergues.states import EstadoSitio
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.emergencias.models import SIGNO_ALERTA
from albergues_app.emergencias.queries import alertas_vigentes
from albergues_app.ocupacion.figures import Cuadro, Fila
from albergues_app.ocupacion.models import Tramo
from albergues_app.territorio.catalogo import catalogo
from albergues_app.web.presentation import cuando, hace, numero
from albergues_app.web.shell import ruta

NIVELES: tuple[tuple[str, str, str, str], ...] = (
    ("critico", "Crítico", "crítico", "críticos"),
    ("alto", "Alto", "alto", "altos"),
    ("aviso", "Aviso", "aviso", "avisos"),
    ("sindato", "Pendiente", "pendiente", "pendientes"),
)
_ORDER = {nivel: n for n, (nivel, *_rest) in enumerate(NIVELES)}
ROTULO = {nivel: rotulo for nivel, rotulo, *_rest in NIVELES}
SHOWN = 5
"""Lines of one kind before the rest is told in one."""


@dataclass(frozen=True)
class Asunto:
    """One line: how grave, what, the detail, and the one thing to do."""

    nivel: str
    titulo: str
    detalle: str
    accion: str = ""
    url: str | None = None
    icono: str = ""

    @property
    def rotulo(self) -> str:
        return ROTULO[self.nivel]


@dataclass(frozen=True)
class Abierta:
    """An activation that is open now, as the list of matters needs it."""

    id: UUID
    albergue_id: UUID
    nombre: str
    municipio: str
    abierta_en: datetime
    administrador: str | None
    acta: str | None


def abiertas(now: datetime) -> list[Abierta]:
    """Open activations that the account sees."""
    stmt: Any = select(
        Activacion.id,
        Activacion.albergue_id,
        Albergue.nombre,
        Activacion.municipio_codigo,
        Activacion.abierta_en,
        Activacion.administrador,
        Activacion.acta_apertura,
    ).join(Albergue, Albergue.id == Activacion.albergue_id)
    stmt = visible(stmt, Permiso.ACTIVACION_VER, Activacion).where(
        Activacion.estado.in_(("activa", "en_cierre")), Activacion.abierta_en <= now
    )
    return [Abierta(*row) for row in db.session.execute(stmt.order_by(Albergue.codigo, Activacion.id))]


def asuntos(identity: Identity, table: Cuadro, open_ones: Sequence[Abierta], now: datetime) -> list[Asunto]:
    """All that needs this account, the gravest first."""
    found: list[Asunto] = []
    found += _silent(identity, table.filas, open_ones, now)
    found += _over_capacity(table.filas)
    found += _alerts(identity, now)
    if role_may(identity.rol, Permiso.MOVIMIENTO_REGISTRAR):
        found += _transfers(now)
        found += _long_outside(now)
    if role_may(identity.rol, Permiso.ACTIVACION_EDITAR):
        found += _papers(open_ones, now)
        found += _capacity_unknown(table.filas)
        found += _to_reevaluate(now)
    if role_may(identity.rol, Permiso.ALBERGUE_IMPORTAR):
        found += _tray(identity)
    return sorted(found, key=lambda a: _ORDER[a.nivel])


def resumen(lista: Iterable[Asunto]) -> str:
    """«2 críticos · 1 aviso»."""
    counts = [0] * len(NIVELES)
    for asunto in lista:
        counts[_ORDER[asunto.nivel]] += 1
    return " · ".join(
        f"{n} {one if n == 1 else many}" for n, (_c, _r, one, many) in zip(counts, NIVELES, strict=True) if n
    )


def names(filas: Sequence[tuple[str, str]], limit: int = 3) -> str:
    """«Salón de Nebaj (Nebaj), Escuela Tzalbal (Nebaj) y 4 más»."""
    known = catalogo()
    said = [f"{nombre} ({known.municipio_nombre(municipio)})" for nombre, municipio in filas[:limit]]
    rest = len(filas) - len(said)
    if rest > 0:
        return f"{', '.join(said)} y {rest} más"
    return " y ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def _people(count: int) -> str:
    return "1 persona" if count == 1 else f"{numero(count)} personas"


def said(fila: Fila) -> int:
    """Persons of a shelter: nominal, and declared where there is no register."""
    return fila.personas + fila.solo_declaradas


def _silent(
    identity: Identity, filas: Sequence[Fila], open_ones: Sequence[Abierta], now: datetime
) -> list[Asunto]:
    limit = timedelta(hours=current_app.config["PARTE_HORAS"])
    opened: dict[UUID, datetime] = {}
    for row in open_ones:
        opened[row.albergue_id] = min(row.abierta_en, opened.get(row.albergue_id, row.abierta_en))
    silent: list[tuple[datetime, Fila]] = []
    fresh: list[tuple[datetime, Fila]] = []
    for fila in filas:
        if fila.sin_reporte and fila.id is not None:
            since = fila.ultimo_parte or opened.get(fila.id, now)
            (silent if now - since > limit else fresh).append((since, fila))
    found = []
    if silent:
        silent.sort(key=lambda pair: pair[0])
        oldest = silent[0][0]
        people = sum(said(f) for _s, f in silent)
        one = len(silent) == 1
        title = "1 albergue sin parte" if one else f"{len(silent)} albergues sin parte"
        url, action, icon = _call(identity, [f for _s, f in silent])
        found.append(
            Asunto(
                "critico",
                f"{title} desde {cuando(oldest, now)}",
                f"{names([(f.nombre, f.municipio or '') for _s, f in silent])} · "
                f"{_people(people)} según el último dato",
                action,
                url,
                icon,
            )
        )
    if fresh:
        one = len(fresh) == 1
        title = "1 albergue recién abierto" if one else f"{len(fresh)} albergues recién abiertos"
        found.append(
            Asunto(
                "sindato",
                f"{title} sin su primer parte",
                names([(f.nombre, f.municipio or "") for _s, f in fresh]),
                "Ver",
                _site(fresh[0][1].id) if len(fresh) == 1 else "#abiertos",
            )
        )
    return found


def _call(identity: Identity, filas: Sequence[Fila]) -> tuple[str | None, str, str]:
    """To one silent shelter with a known number: call. To several: look at them in the table."""
    if len(filas) > 1:
        return "#abiertos", "Ver cuáles", ""
    if role_may(identity.rol, Permiso.ACTIVACION_EDITAR):
        number = db.session.scalar(
            select(Contacto.telefono)
            .where(Contacto.albergue_id == filas[0].id, Contacto.activo, Contacto.telefono.is_not(None))
            .order_by(Contacto.confirmado_en.desc())
            .limit(1)
        )
        if number:
            return f"tel:+502{number}", f"Llamar al {number[:4]} {number[4:]}", "tel"
    return _site(filas[0].id), "Ver albergue", ""


def _site(albergue_id: UUID | None) -> str | None:
    return ruta("albergues.ver", albergue_id=albergue_id) if albergue_id else None


def _over_capacity(filas: Sequence[Fila]) -> list[Asunto]:
    over = [f for f in filas if f.capacidad is not None and said(f) > f.capacidad]
    over.sort(key=lambda f: f.diferencia or 0)
    found = []
    for fila in over[:SHOWN]:
        excess = said(fila) - (fila.capacidad or 0)
        free = sorted(
            (
                f
                for f in filas
                if (f.municipio or "")[:2] == (fila.municipio or "")[:2] and (f.diferencia or 0) > 0
            ),
            key=lambda f: (f.municipio != fila.municipio, -(f.diferencia or 0)),
        )[:2]
        room = " y ".join(f"{f.diferencia} en {f.nombre}" for f in free)
        where = f"hay lugar cerca: {room}" if room else "no hay lugar en los demás del departamento"
        found.append(
            Asunto(
                "critico",
                f"{fila.nombre}: {_people(excess)} sobre su capacidad",
                f"{numero(said(fila))} de {numero(fila.capacidad)} · {where}",
                "Ver albergue",
                None if fila.reservada else _site(fila.id),
            )
        )
    rest = over[SHOWN:]
    if rest:
        excess = sum(said(f) - (f.capacidad or 0) for f in rest)
        found.append(
            Asunto(
                "critico",
                f"Otros {len(rest)} albergues sobre su capacidad",
                f"{numero(excess)} personas de exceso entre todos",
                "Ver cuáles",
                "#abiertos",
            )
        )
    return found


def _capacity_unknown(filas: Sequence[Fila]) -> list[Asunto]:
    unknown = [f for f in filas if f.capacidad is None]
    if not unknown:
        return []
    title = "1 albergue abierto" if len(unknown) == 1 else f"{len(unknown)} albergues abiertos"
    return [
        Asunto(
            "alto",
            f"{title} con capacidad sin dato",
            f"{names([(f.nombre, f.municipio or '') for f in unknown])} · "
            f"{_people(sum(map(said, unknown)))} fuera de la cuenta de lugares",
            "Anotar capacidad",
            _site(unknown[0].id) if len(unknown) == 1 else "#abiertos",
        )
    ]


_ALERT_LEVEL = {"roja": "critico", "anaranjada": "alto", "amarilla": "aviso", "verde": "sindato"}


def _alerts(identity: Identity, now: datetime) -> list[Asunto]:
    known = catalogo()
    found = []
    for alerta in alertas_vigentes(now):
        if alerta.nivel != "nacional" and not any(_mine(identity, p.codigo) for p in alerta.lugares):
            continue
        places = [
            known.departamento_nombre(p.codigo) if len(p.codigo) == 2 else known.municipio_nombre(p.codigo)
            for p in alerta.lugares
        ]
        where = (
            "todo el país"
            if alerta.nivel == "nacional"
            else ", ".join(places[:4]) + (f" y {len(places) - 4} más" if len(places) > 4 else "")
        )
        detail = f"Ámbito {alerta.ambito} · {alerta.autoridad}"
        found.append(
            Asunto(
                _ALERT_LEVEL[alerta.color],
                f"{SIGNO_ALERTA[alerta.color]} Alerta {alerta.color} en {where}, "
                f"desde {cuando(alerta.desde, now)}",
                detail,
                "Ver emergencias",
                ruta("emergencias.lista"),
            )
        )
    return found


def _mine(identity: Identity, codigo: str) -> bool:
    """Does an alert over this place (department or municipality) touch the account's territory?"""
    if identity.covers_municipio(codigo) or codigo in identity.departamentos:
        return True
    return any(p.startswith(codigo) for p in (*identity.municipios, *identity.albergues))


def _transfers(now: datetime) -> list[Asunto]:
    """People on the way whom a shelter of this account must accept."""
    t, origin, site = Tramo, aliased(Activacion), aliased(Albergue)
    stmt: Any = (
        select(
            t.destino_id,
            Albergue.nombre,
            func.count(),
            func.min(t.desde),
            func.min(site.nombre),
        )
        .join(Activacion, Activacion.id == t.destino_id)
        .join(Albergue, Albergue.id == Activacion.albergue_id)
        .join(origin, origin.id == t.activacion_id)
        .join(site, site.id == origin.albergue_id)
        .where(text("tramo.vigente"), t.clase == "transito", t.hasta >= clock.FOREVER)
        .group_by(t.destino_id, Albergue.nombre)
    )
    found = []
    for destino, nombre, count, since, source in db.session.execute(
        visible(stmt, Permiso.MOVIMIENTO_REGISTRAR, Activacion).order_by(func.min(t.desde))
    ):
        late = now - since > timedelta(hours=6)
        found.append(
            Asunto(
                "alto" if late else "aviso",
                f"{_people(count)} en camino hacia {nombre} por aceptar",
                f"Desde {source}, {hace(since, now)}. Mientras no se acepte, no cuenta en ningún albergue.",
                "Aceptar traslado",
                ruta("ocupacion.personas", activacion_id=destino) or ruta("ocupacion.registro"),
            )
        )
    return found


def _long_outside(now: datetime) -> list[Asunto]:
    t = Tramo
    stmt: Any = (
        select(t.activacion_id, Albergue.nombre, func.count(), func.min(t.desde))
        .join(Activacion, Activacion.id == t.activacion_id)
        .join(Albergue, Albergue.id == Activacion.albergue_id)
        .where(
            text("tramo.vigente"),
            t.clase == "fuera",
            t.hasta >= clock.FOREVER,
            t.desde < now - timedelta(hours=24),
        )
        .group_by(t.activacion_id, Albergue.nombre)
        .order_by(func.min(t.desde))
    )
    rows = list(db.session.execute(visible(stmt, Permiso.MOVIMIENTO_REGISTRAR, Activacion)))
    if not rows:
        return []
    people = sum(row[2] for row in rows)
    one = rows[0]
    return [
        Asunto(
            "aviso",
            f"{_people(people)} con salida temporal de más de 24 horas",
            f"{names_only([row[1] for row in rows])} · la más antigua salió {hace(one[3], now)}",
            "Confirmar regreso o egreso",
            ruta("ocupacion.personas", activacion_id=one[0]) or ruta("ocupacion.registro"),
        )
    ]


def names_only(nombres: Sequence[str], limit: int = 3) -> str:
    rest = len(nombres) - limit
    return ", ".join(nombres[:limit]) + (f" y {rest} más" if rest > 0 else "")


def _papers(open_ones: Sequence[Abierta], now: datetime) -> list[Asunto]:
    """Openings whose act or person in charge is still missing after 24 hours."""
    due = [
        row
        for row in open_ones
        if now - row.abierta_en > timedelta(hours=24) and not (row.acta and row.administrador)
    ]
    found = []
    for row in due[:SHOWN]:
        lacks = [
            word
            for word, value in (("acta de apertura", row.acta), ("persona encargada", row.administrador))
            if not value
        ]
        found.append(
            Asunto(
                "aviso",
                f"{row.nombre}: falta {' y '.join(lacks)}",
                f"Abrió {cuando(row.abierta_en, now)}. El plazo era de 24 horas.",
                "Completar",
                ruta("activaciones.ver", activacion_id=row.id) or _site(row.albergue_id),
            )
        )
    if len(due) > SHOWN:
        found.append(
            Asunto(
                "aviso",
                f"Otras {len(due) - SHOWN} aperturas sin acta o sin persona encargada",
                names_only([r.nombre for r in due[SHOWN:]]),
                "Ver albergues",
                ruta("albergues.lista"),
            )
        )
    return found


def _to_reevaluate(now: datetime) -> list[Asunto]:
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
            _site(rows[0][0]) if len(rows) == 1 else ruta("albergues.lista", estado="por_reevaluar"),
        )
    ]


def _tray(identity: Identity) -> list[Asunto]:
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
