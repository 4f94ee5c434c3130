"""«Hoy»: what needs me now, the figures with their hour, and the open shelters, the most worrying first."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from albergues_app.accounts.doors import current_cuenta, requires, visible
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Cuenta, Intento, Rol
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.ocupacion import daily
from albergues_app.ocupacion.figures import Cuadro, Fila, cuadro
from albergues_app.territorio.catalogo import catalogo
from albergues_app.web.asunto import Abierta, Asunto, said
from albergues_app.web.asuntos import abiertas, asuntos, resumen
from albergues_app.web.svg import Chispa, chispa
from albergues_app.web.views import bp

DIAS = 7
EN_TABLA = 60
"""Rows of the table; a country of five hundred shelters is read in its list."""

OWN = frozenset({Rol.ALBERGUE, Rol.REGISTRO})
"""Work in shelters of their own, which come first on their page."""

_DAYS = ("Lunes", "Martes", "Miércoles", "Jueves", "Viernes", "Sábado", "Domingo")


@dataclass
class Panorama:
    """All that the page shows about figures."""

    tabla: Cuadro
    filas: list[Fila]
    abiertas: list[Abierta]
    """For those who work in shelters of their own; nobody else's page shows them."""
    serie: list[tuple[str, int]]
    chispa: Chispa
    asuntos: list[Asunto] = field(default_factory=list)

    @property
    def recibidos(self) -> int:
        return self.tabla.total.albergues - self.tabla.total.sin_reporte

    @property
    def mas_viejo(self) -> datetime | None:
        """The oldest among the last reports; None when some shelter never sent one, or there is none."""
        hours = [f.ultimo_parte for f in self.tabla.filas]
        return None if not hours or None in hours else min(h for h in hours if h is not None)

    @property
    def libres(self) -> int:
        return sum(f.diferencia for f in self.tabla.filas if (f.diferencia or 0) > 0 and f.diferencia)

    @property
    def exceso(self) -> int:
        return -sum(f.diferencia for f in self.tabla.filas if (f.diferencia or 0) < 0 and f.diferencia)

    @property
    def con_capacidad(self) -> int:
        """Persons in the shelters whose capacity is known: what ``diferencia`` speaks of."""
        return sum(said(f) for f in self.tabla.filas if f.capacidad is not None)

    @property
    def ocultas(self) -> int:
        return max(0, len(self.tabla.filas) - len(self.filas))


def worry(fila: Fila) -> tuple[bool, int, float]:
    """Sort key: silent first, then over capacity, then unknown, then the fullest."""
    if fila.capacidad is None:
        return (not fila.sin_reporte, 1, 0.0)
    people = said(fila)
    share = people / fila.capacidad if fila.capacidad else float(people > 0) * 9
    return (not fila.sin_reporte, 0 if people > fila.capacidad else 2, -share)


def panorama(identity: Identity, now: datetime) -> Panorama:
    """Figures of the account's territory now, in a constant number of queries."""
    table = cuadro(identity, "albergue")
    open_ones = abiertas(now) if identity.rol in OWN else []
    series = _series(identity, table, now)
    found = Panorama(
        table,
        sorted(table.filas, key=worry)[:EN_TABLA],
        open_ones,
        series,
        chispa([n for _day, n in series]),
    )
    found.asuntos = asuntos(identity, table, now)
    return found


def _series(identity: Identity, table: Cuadro, now: datetime) -> list[tuple[str, int]]:
    """Persons at the end of the last six days, and now."""
    today = clock.local_day(now)
    days = [today - timedelta(days=n) for n in range(DIAS - 1, 0, -1)]
    ids: set[UUID] | None = None
    if not identity.nacional:
        ids = set(db.session.scalars(visible(select(Activacion.id), Permiso.OCUPACION_VER, Activacion)))
    counts = daily.series(ids, days)
    return [
        *((f"{day:%d/%m}", counts[day]) for day in days),
        (f"{today:%d/%m}", table.total.personas - table.total.en_transito),
    ]


def alcance(identity: Identity) -> str:
    """The account's territory in words."""
    known = catalogo()
    if identity.nacional:
        return "todo el país"
    parts = [known.departamento_nombre(c) for c in sorted(identity.departamentos)]
    municipios = sorted(identity.municipios)
    whole = {m[:2] for m in municipios}
    if len(municipios) > 3 and len(whole) == 1:
        parts.append(f"{len(municipios)} municipios de {known.departamento_nombre(next(iter(whole)))}")
    elif len(municipios) > 3:
        parts.append(f"{len(municipios)} municipios")
    else:
        parts += [known.municipio_nombre(m) for m in municipios]
    if identity.albergues:
        n = len(identity.albergues)
        parts.append("1 albergue" if n == 1 else f"{n} albergues")
    return ", ".join(parts) or "sin territorio"


@bp.get("/")
@requires(Permiso.SESION_PROPIA)
def hoy() -> ResponseReturnValue:
    """The first page of every role."""
    identity, now = current_cuenta(), clock.now()
    local = clock.to_local(now)
    common = {
        "momento": f"{_DAYS[local.weekday()]} {local:%d/%m/%Y}, {local:%H:%M}",
        "alcance": alcance(identity),
        "ahora_": now,
    }
    if not role_may(identity.rol, Permiso.OCUPACION_VER):
        return render_template("hoy/administracion.html", cuentas=_accounts(now), **common)
    found = panorama(identity, now)
    return render_template(
        "hoy/hoy.html",
        p=found,
        resumen=resumen(found.asuntos),
        propio=identity.rol in OWN,
        de_lejos=identity.from_afar,
        **common,
    )


@dataclass(frozen=True)
class Cuentas:
    """What the administration looks at first."""

    activas: int
    inactivas: int
    sin_clave: int
    codigos_vencidos: int
    en_espera: int


def _accounts(now: datetime) -> Cuentas:
    rows = db.session.execute(
        select(Cuenta.activa, Cuenta.clave_hash.is_(None), Cuenta.codigo_caduca_en).select_from(Cuenta)
    ).all()
    waiting = db.session.scalar(select(func.count()).select_from(Intento).where(Intento.espera_hasta > now))
    pending = [r for r in rows if r[0] and r[1]]
    return Cuentas(
        activas=sum(1 for r in rows if r[0]),
        inactivas=sum(1 for r in rows if not r[0]),
        sin_clave=len(pending),
        codigos_vencidos=sum(1 for r in pending if r[2] is None or r[2] < now),
        en_espera=int(waiting or 0),
    )
