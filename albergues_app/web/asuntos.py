"""What needs somebody now, one line each, in order of urgency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from albergues_app.accounts.doors import visible
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.albergues.models import Activacion, Albergue, Contacto
from albergues_app.aprobaciones.queries import summary_for
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.emergencias.cap import pending_for
from albergues_app.emergencias.models import SIGNO_ALERTA
from albergues_app.emergencias.queries import alertas_vigentes
from albergues_app.identidad import busquedas, consultas
from albergues_app.identidad.posibles import MOST_COUNTED, pending
from albergues_app.ocupacion.figures import Cuadro, Fila
from albergues_app.ocupacion.models_derivadas import Resumen, Tramo
from albergues_app.ocupacion.nna_cases import count_cases
from albergues_app.ocupacion.ritmo import Callado, silent
from albergues_app.pases.queries import LONG_OUTSIDE, asked_lately
from albergues_app.territorio.catalogo import catalogo
from albergues_app.web.asunto import (
    NAMED,
    NIVELES,
    ORDER,
    SHOWN,
    Abierta,
    Asunto,
    names,
    names_only,
    people_text,
    said,
    site_url,
)
from albergues_app.web.asuntos_boletines import bulletins
from albergues_app.web.asuntos_camino import absences, transfers
from albergues_app.web.asuntos_coe import handed_over
from albergues_app.web.asuntos_compromisos import commitments
from albergues_app.web.asuntos_necesidades import needs
from albergues_app.web.asuntos_sitios import (
    capacity_unknown,
    missing_sheets,
    new_editions,
    papers,
    to_reevaluate,
    tray,
)
from albergues_app.web.presentation import cuando, hace, numero
from albergues_app.web.shell import ruta


def abiertas(now: datetime) -> list[Abierta]:
    """Open activations that the account sees."""
    stmt: Any = select(
        Activacion.id,
        Activacion.albergue_id,
        Albergue.nombre,
        Activacion.municipio_codigo,
        Activacion.abierta_en,
    ).join(Albergue, Albergue.id == Activacion.albergue_id)
    stmt = visible(stmt, Permiso.ACTIVACION_VER, Activacion).where(
        Activacion.estado.in_(("activa", "en_cierre")), Activacion.abierta_en <= now
    )
    return [Abierta(*row) for row in db.session.execute(stmt.order_by(Albergue.codigo, Activacion.id))]


def asuntos(identity: Identity, table: Cuadro, now: datetime) -> list[Asunto]:
    """All that needs this account, the gravest first."""
    found: list[Asunto] = []
    found += _silent(identity, table.filas, now)
    found += _over_capacity(identity, table.filas)
    found += _alerts(identity, now)
    found += _proposed_alerts(identity, now)
    found += _approvals(identity, now)
    found += handed_over(identity, now)
    found += commitments(identity, now)
    found += _children(identity, now)
    if role_may(identity.rol, Permiso.BOLETIN_FIRMAR):
        found += bulletins(identity)
    if role_may(identity.rol, Permiso.MOVIMIENTO_REGISTRAR):
        found += transfers(identity, now)
        found += absences(identity, now)
        found += needs(identity, now)
        found += _long_outside(now)
        found += _duplicates(identity, now)
        found += _questions(identity, now)
        found += _relatives(identity, now)
    if role_may(identity.rol, Permiso.ACTIVACION_EDITAR):
        found += papers(now)
        found += capacity_unknown(table.filas)
        found += to_reevaluate(now)
    if role_may(identity.rol, Permiso.REGISTRO_VER):
        found += missing_sheets(identity)
    if role_may(identity.rol, Permiso.ALBERGUE_IMPORTAR):
        found += tray(identity)
    if role_may(identity.rol, Permiso.ENTREGA_REGISTRAR):
        found += new_editions(identity)
    return sorted(found, key=lambda a: ORDER[a.nivel])


def resumen(lista: Iterable[Asunto]) -> str:
    """«2 críticos · 1 aviso»."""
    counts = [0] * len(NIVELES)
    for asunto in lista:
        counts[ORDER[asunto.nivel]] += 1
    return " · ".join(
        f"{n} {one if n == 1 else many}" for n, (_c, _r, one, many) in zip(counts, NIVELES, strict=True) if n
    )


def _silent(identity: Identity, filas: Sequence[Fila], now: datetime) -> list[Asunto]:
    """Who owes a parte by the hours of its own shelter; apart, those just open that owe none yet."""
    late = silent(identity, now)
    owing = {c.albergue_id for c in late}
    fresh = [f for f in filas if f.ultimo_parte is None and f.id is not None and f.id not in owing]
    found = []
    if late:
        title = "1 albergue sin parte" if len(late) == 1 else f"{len(late)} albergues sin parte"
        known = [c.personas for c in late if c.personas is not None]
        last = f"{people_text(sum(known))} según el último dato" if known else "sin ningún dato todavía"
        tried = sum(c.llamada is not None for c in late)
        calls = f" · ya se llamó a {tried}" if tried else ""
        url, action, icon = _call(identity, late)
        shown = [(_name(identity, c), c.municipio) for c in late[:NAMED]]
        title = f"{title} desde {cuando(late[0].desde, now)}"
        found.append(
            Asunto("critico", title, f"{names(shown, total=len(late))} · {last}{calls}", action, url, icon)
        )
    if fresh:
        one = len(fresh) == 1
        title = "1 albergue recién abierto" if one else f"{len(fresh)} albergues recién abiertos"
        found.append(
            Asunto(
                "sindato",
                f"{title} sin su primer parte",
                names([(f.nombre, f.municipio or "") for f in fresh[:NAMED]], total=len(fresh)),
                "Ver",
                site_url(fresh[0].id) if one else "#abiertos",
            )
        )
    return found


def _name(identity: Identity, callado: Callado) -> str:
    return "Ubicación reservada" if callado.reservada and identity.from_afar else callado.nombre


def _call(identity: Identity, late: Sequence[Callado]) -> tuple[str | None, str, str]:
    """To one silent shelter with a known number: call. To several: the list of whom to call, or the table."""
    if not role_may(identity.rol, Permiso.PARTE_REGISTRAR):
        if len(late) > 1 or (late[0].reservada and identity.from_afar):
            return "#abiertos", "Ver cuáles", ""
        return site_url(late[0].albergue_id), "Ver albergue", ""
    if len(late) == 1 and role_may(identity.rol, Permiso.ACTIVACION_EDITAR):
        number = db.session.scalar(
            select(Contacto.telefono)
            .where(
                Contacto.albergue_id == late[0].albergue_id, Contacto.activo, Contacto.telefono.is_not(None)
            )
            .order_by(Contacto.confirmado_en.desc())
            .limit(1)
        )
        if number:
            return f"tel:+502{number}", f"Llamar al {number[:4]} {number[4:]}", "tel"
    return ruta("ocupacion.llamadas"), "Llamar" if len(late) == 1 else "A quién llamar", "tel"


def _over_capacity(identity: Identity, filas: Sequence[Fila]) -> list[Asunto]:
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
        where = f" · hay lugar cerca: {room}" if room else ""
        if not room and identity.covers_departamento((fila.municipio or "")[:2]):
            where = " · no hay lugar en los demás del departamento"
        found.append(
            Asunto(
                "critico",
                f"{fila.nombre}: {people_text(excess)} sobre su capacidad",
                f"{numero(said(fila))} de {numero(fila.capacidad)}{where}",
                "Ver albergue",
                None if fila.reservada else site_url(fila.id),
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


def _proposed_alerts(identity: Identity, now: datetime) -> list[Asunto]:
    """CAP messages that wait for somebody to accept them."""
    if not role_may(identity.rol, Permiso.EMERGENCIA_DECLARAR):
        return []
    waiting = pending_for(identity, now)
    if not waiting:
        return []
    one, newest = len(waiting) == 1, waiting[0]
    return [
        Asunto(
            "alto",
            "1 alerta recibida por revisar" if one else f"{len(waiting)} alertas recibidas por revisar",
            f"{newest.evento} · {newest.autoridad} · recibida {hace(newest.recibida_en, now)}",
            "Revisar",
            ruta("cap.ver", cap_id=newest.id) if one else ruta("cap.lista"),
        )
    ]


def _mine(identity: Identity, codigo: str) -> bool:
    """Does an alert over this place (department or municipality) touch the account's territory?"""
    if identity.covers_municipio(codigo) or codigo in identity.departamentos:
        return True
    return any(p.startswith(codigo) for p in (*identity.municipios, *identity.albergues))


def _approvals(identity: Identity, now: datetime) -> list[Asunto]:
    """What another person asked and this one may answer."""
    if not role_may(identity.rol, Permiso.APROBACION_RESPONDER):
        return []
    waiting = summary_for(identity, now)
    if waiting.primera_caduca is None:
        return []
    one = waiting.cuantas == 1
    return [
        Asunto(
            "alto",
            "1 solicitud por aprobar" if one else f"{waiting.cuantas} solicitudes por aprobar",
            f"{waiting.titulo}{'' if one else ' y otras'} · caduca {cuando(waiting.primera_caduca, now)}",
            "Revisar",
            ruta("aprobaciones.lista"),
        )
    ]


def _children(identity: Identity, now: datetime) -> list[Asunto]:
    """Children without notice to PGN: to protection with its page, to a sede as a count and nothing else."""
    if not role_may(identity.rol, Permiso.NNA_CONTAR):
        return []
    cases = count_cases(identity, now)
    if not cases.abiertos:
        return []
    reads = role_may(identity.rol, Permiso.NNA_VER)
    many = "1 caso abierto" if cases.abiertos == 1 else f"{cases.abiertos} casos abiertos"
    if cases.primero is None:
        return (
            [
                Asunto(
                    "sindato", f"Protección: {many}, con aviso a la PGN", "", "Ver", ruta("proteccion.lista")
                )
            ]
            if reads
            else []
        )
    late = f"{cases.vencidos} con el plazo vencido · " if cases.vencidos else ""
    what = "vence" if cases.primero > now else "venció"
    return [
        Asunto(
            "critico" if cases.vencidos else "alto",
            f"Protección: {cases.sin_aviso} sin aviso a la PGN",
            f"{late}{many} · el primero {what} {cuando(cases.primero, now)}",
            "Ver casos" if reads else "",
            ruta("proteccion.lista") if reads else None,
        )
    ]


def _long_outside(now: datetime) -> list[Asunto]:
    """Found where the summary says that somebody is out: the intervals of years gone by are not read."""
    t = Tramo
    with_somebody_out = select(Resumen.activacion_id).where(Resumen.fuera > 0)
    stmt: Any = (
        select(t.activacion_id, Albergue.nombre, func.count(), func.min(t.desde))
        .join(Activacion, Activacion.id == t.activacion_id)
        .join(Albergue, Albergue.id == Activacion.albergue_id)
        .where(
            t.activacion_id.in_(with_somebody_out),
            t.hasta >= clock.FOREVER,
            t.conocido_hasta >= clock.FOREVER,
            t.clase == "fuera",
            t.desde < now - LONG_OUTSIDE,
            ~asked_lately(now),
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
            f"{people_text(people)} con salida temporal de más de 24 horas",
            f"{names_only([row[1] for row in rows])} · la más antigua salió {hace(one[3], now)}",
            "Confirmar regreso o egreso",
            ruta("ocupacion.personas", activacion_id=one[0]) or ruta("ocupacion.registro"),
        )
    ]


def _questions(identity: Identity, now: datetime) -> list[Asunto]:
    """Desks of other territories that wait for this sede to say whether it is the same person."""
    count, oldest = consultas.waiting(identity)
    if not count:
        return []
    return [
        Asunto(
            "aviso",
            f"{'1 consulta de otra sede' if count == 1 else f'{count} consultas de otras sedes'} por responder",
            f"¿Es la misma persona? Esperan desde {cuando(oldest, now)}. Se responde sí, no o «llame».",
            "Responder",
            ruta("identidad.consultas"),
        )
    ]


def _relatives(identity: Identity, now: datetime) -> list[Asunto]:
    """Persons of the territory whom a relative looks for, not asked yet."""
    count, oldest = busquedas.waiting(identity)
    if not count:
        return []
    return [
        Asunto(
            "aviso",
            f"Un familiar busca a {people_text(count)} de su territorio",
            f"Desde {cuando(oldest, now)}. Pregunte a la persona si quiere que se avise; antes no se dice nada.",
            "Preguntar",
            ruta("identidad.busquedas"),
        )
    ]


def _duplicates(identity: Identity, now: datetime) -> list[Asunto]:
    """Possible matches that nobody answered, or «No sé»: who sees both persons can."""
    waiting = pending(identity)
    if not waiting.cuantos:
        return []
    unsure = f" · {waiting.no_se} con «No sé»" if waiting.no_se else ""
    many = "más de 999" if waiting.cuantos >= MOST_COUNTED else str(waiting.cuantos)
    return [
        Asunto(
            "aviso",
            f"Ingreso posible duplicado ({many})",
            f"¿Es la misma persona? El más viejo espera desde {cuando(waiting.mas_viejo, now)}{unsure}",
            "Revisar",
            ruta("identidad.por_revisar"),
        )
    ]
