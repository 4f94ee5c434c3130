"""What a hand-over of the shift says: what the system knows at that hour, and what was signed, opened again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.identity import build_identity
from albergues_app.accounts.models import Cuenta, CuentaTerritorio
from albergues_app.accounts.permissions import RULES, HasRole, Permiso, permits
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.coe.hojas import Leida, fits, sections_of
from albergues_app.coe.integrantes import lugar_of
from albergues_app.coe.models import Coe
from albergues_app.coe.models_sci import EstadoRecurso
from albergues_app.coe.models_turno import CLASE_TURNO, EntregaTurno
from albergues_app.coe.recursos_queries import Recurso, name_of, present_of
from albergues_app.coe.turnos import CONTEXT
from albergues_app.compromisos.models import EstadoCompromiso
from albergues_app.compromisos.queries import Fila, abiertas_de_coe
from albergues_app.consolidados.scope import Ambito
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.keys import KeyMissing
from albergues_app.emergencias.models import Alerta, Emergencia
from albergues_app.emergencias.queries import alertas_vigentes
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato, validate
from albergues_app.formats.outputs.web_form import flatten
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.territorio.catalogo import catalogo

FORMATO = "entrega_turno"
OWN_FIELDS = frozenset(
    {
        "turno_saliente", "turno_entrante", "folio_papel", "saliente", "entrante", "entrante_cargo",
        "acuse_saliente", "acuse_entrante",
    }
)  # fmt: skip
"""Fields of the format that the accounts and the shift give by themselves: nobody types them."""


def formato() -> Formato:
    """The edition in use."""
    return formatos.latest(FORMATO)


def place_code(coe: Coe) -> str | None:
    """The INE code of the place of a COE; None: the country."""
    return coe.municipio_codigo or coe.departamento_codigo


def figures_at(coe: Coe, when: datetime) -> dict[str, Any]:
    """Shelters and persons of the COE's place and emergency at an hour: one reading of the one table of occupancy.

    ``personas`` is everybody: with a name (``en_registro``, ``en_transito`` of them) and only declared.
    """
    viewer = Ambito(lugar_of(coe)).viewer()
    total = cuadro(viewer, "pais", corte=when, emergencia_id=coe.emergencia_id).total
    return {
        "corte": clock.iso(when),
        "ambito": place_name_short(coe),
        "emergencia": db.session.get_one(Emergencia, coe.emergencia_id).nombre,
        "albergues": total.albergues,
        "sin_reporte": total.sin_reporte,
        "personas": total.personas + total.solo_declaradas,
        "en_registro": total.personas,
        "en_transito": total.en_transito,
        "solo_declaradas": total.solo_declaradas,
    }


def place_name_short(coe: Coe) -> str:
    """«Quiché», «Nebaj, Quiché» or «todo el país»."""
    known = catalogo()
    if coe.municipio_codigo:
        return known.lugar_texto(coe.municipio_codigo)
    return known.departamento_nombre(coe.departamento_codigo) if coe.departamento_codigo else "todo el país"


def alerts_of(coe: Coe, when: datetime) -> list[Alerta]:
    """The alerts in force over the COE's place at an hour, of its emergency or of none, the highest first."""
    return [
        a for a in alertas_vigentes(when, place_code(coe)) if a.emergencia_id in {None, coe.emergencia_id}
    ]


def alert_places(alerta: Alerta) -> str:
    """Where an alert is in force, by name."""
    known = catalogo()
    names = [
        known.departamento_nombre(p.codigo) if len(p.codigo) == 2 else known.municipio_nombre(p.codigo)
        for p in alerta.lugares
    ]
    return ", ".join(names) or "todo el país"


def proposal(coe: Coe, when: datetime, cifras: Mapping[str, Any]) -> dict[str, str]:
    """What the system fills in of the format, as flat text of its inputs."""
    answers: dict[str, Any] = {
        "ocurrido_en": when,
        "albergues_abiertos": cifras["albergues"],
        "personas_albergadas": cifras["personas"],
        "alertas": [
            {
                "color": a.color,
                "ambito": a.ambito,
                "nivel": a.nivel,
                "territorio": fits(alert_places(a)),
            }
            for a in alerts_of(coe, when)[:60]
        ],
        "tareas": [
            {
                "tarea": fits(f"{c.folio}: {c.descripcion}", 200),
                "responsable": _person(c.responsable),
                "institucion": (c.institucion or "")[:80],
                "plazo": c.vence_en if c.vence_en - when < timedelta(days=366) else None,
                "estado": _how_it_goes(c, when),
            }
            for c in abiertas_de_coe(coe.id)
        ],
        "recursos": [_resource(r) for r in present_of(coe)[:300]],
        "compromisos_12h": [
            {
                "descripcion": fits(f"{c.folio}: {c.descripcion}", 300),
                "responsable": _person(c.responsable),
                "hora": c.vence_en,
            }
            for c in abiertas_de_coe(coe.id, hasta=when + timedelta(hours=12), limit=100)
        ],
    }
    return flatten(formato(), answers)


def _resource(recurso: Recurso) -> dict[str, str]:
    """One that is on the spot: what it is, with its plate and people; since when, and doing what, where."""
    people = (
        f"{recurso.personas:,} {'persona' if recurso.personas == 1 else 'personas'}"
        if recurso.personas
        else ""
    )
    came = recurso.hora("llegada_en")
    hours = [f"llegó {_hour(came)}"] if came else []
    if recurso.estado == EstadoRecurso.ASIGNADO:
        hours.append(f"asignado {_hour(recurso.ocurrido_en)}")
    does = ", ".join(part for part in (recurso.dice("asignacion"), recurso.dice("albergue")) if part)
    return {
        "recurso": fits(", ".join(p for p in (name_of(recurso), recurso.dice("matricula"), people) if p)),
        "institucion": recurso.dice("institucion")[:80],
        "asignacion": fits(": ".join(part for part in (", ".join(hours).capitalize(), does) if part)),
    }


def _person(name: str | None) -> str:
    """As a name of the format takes it: with some letter."""
    return fits(name) if name and any(char.isalpha() for char in name) else ""


def _hour(when: datetime) -> str:
    return f"{clock.to_local(when):%d/%m %H:%M}"


def _how_it_goes(compromiso: Fila, when: datetime) -> str:
    """A commitment's state in the words of the format."""
    if compromiso.vence_en <= when:
        return "vencida"
    return "en_curso" if compromiso.estado == EstadoCompromiso.EN_PROCESO else "abierta"


def described(description: Mapping[str, Any]) -> dict[str, Any]:
    """The screen of the format without what the accounts give by themselves."""
    sections = []
    for section in description["sections"]:
        campos = [c for c in section["campos"] if c["name"] not in OWN_FIELDS]
        sections.append({**section, "campos": campos})
    return {**description, "sections": sections}


def may_receive(coe: Coe, besides: UUID) -> list[tuple[str, str]]:
    """(id, name) of the active accounts that may write in this COE, without one's own."""
    roles = {
        str(rol)
        for clause in RULES[Permiso.COE_ESCRIBIR]
        for condition in clause
        if isinstance(condition, HasRole)
        for rol in condition.roles
    }
    rows = db.session.execute(
        select(Cuenta, CuentaTerritorio.clase, CuentaTerritorio.codigo)
        .outerjoin(CuentaTerritorio, CuentaTerritorio.cuenta_id == Cuenta.id)
        .where(Cuenta.activa, Cuenta.rol.in_(roles), Cuenta.id != besides)
        .order_by(Cuenta.nombre, Cuenta.correo)
    )
    places: dict[UUID, tuple[Cuenta, list[tuple[str, str]]]] = {}
    for cuenta, clase, codigo in rows:
        listed = places.setdefault(cuenta.id, (cuenta, []))[1]
        if clase is not None:
            listed.append((clase, codigo))
    return [
        (str(cuenta.id), f"{cuenta.nombre} ({cuenta.correo})")
        for cuenta, listed in places.values()
        if permits(build_identity(cuenta, listed), Permiso.COE_ESCRIBIR, coe)
    ]


@dataclass(frozen=True)
class Entregada:
    """A hand-over as it was signed. ``respuestas`` is None when its emergency's key was destroyed."""

    respuestas: dict[str, Any] | None
    cifras: dict[str, Any]
    saliente: dict[str, str]
    entrante: dict[str, str]
    turno_saliente: str


GONE = Entregada(None, {}, {"nombre": "", "correo": ""}, {"nombre": "", "correo": ""}, "")


def open_entrega(coe: Coe, row: EntregaTurno) -> Entregada:
    """What was signed."""
    try:
        content = open_json(seal_for(coe.emergencia_id), row.contenido, CONTEXT)
    except KeyMissing:
        return GONE
    known = formatos.get(FORMATO, row.edicion)
    stored = content.pop("respuestas")
    answers = validate(known, stored, format_catalogos(), "rapido", row.firmada_en, gate=False).answers
    return Entregada(respuestas=answers, **content)


def parts_of(edicion: int, respuestas: Mapping[str, Any]) -> list[Leida]:
    """The answers by section, in words; an empty table says that there is nothing."""
    return sections_of(formatos.get(FORMATO, edicion), respuestas, OWN_FIELDS)


def summary(row: EntregaTurno, seen: Entregada) -> str:
    """What the log's entry tells of a hand-over."""
    answers, cifras = seen.respuestas or {}, defaultdict(str, seen.cifras)
    lines = [
        f"{seen.saliente['nombre']} entrega el turno {CLASE_TURNO.get(seen.turno_saliente, '').lower()} a "
        f"{seen.entrante['nombre']}.",
        f"Situación: {answers.get('situacion_actual', '')}",
        f"Albergues abiertos: {_number(answers.get('albergues_abiertos'))}. Personas albergadas: "
        f"{_number(answers.get('personas_albergadas'))}. Según el sistema, corte "
        f"{clock.to_local(row.ocurrido_en):%d/%m/%Y %H:%M}, {cifras['ambito']}: {_number(cifras['albergues'])} y "
        f"{_number(cifras['personas'])}; sin reportar {_number(cifras['sin_reporte'])}.",
        f"Alertas vigentes: {len(answers.get('alertas') or ())}. Recursos: {len(answers.get('recursos') or ())}. "
        f"Tareas abiertas: {len(answers.get('tareas') or ())}. "
        f"Compromisos de las próximas 12 horas: {len(answers.get('compromisos_12h') or ())}.",
    ]
    return "\n".join(lines)


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else "sin dato"
