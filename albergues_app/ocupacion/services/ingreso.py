"""Let a household in. The hottest path of the system: Core statements, one per table, one fsync."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, literal, or_, select

from albergues_app.albergues.models import Activacion
from albergues_app.albergues.queries import capacidades_at
from albergues_app.audit.listener import bulk_insert
from albergues_app.audit.models import Captura
from albergues_app.audit.sealing import digest, keyring, seal_for, seal_json
from albergues_app.core import clock
from albergues_app.core.db import db, run
from albergues_app.core.errors import Aviso, Invalid, RuleBroken
from albergues_app.core.ids import speakable_code, uuid7
from albergues_app.core.keys import Keyring, SealKey
from albergues_app.core.text import clean, normalize, phonetic
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion import cui as cui_check
from albergues_app.ocupacion.bandas import age_on, birth_from_age
from albergues_app.ocupacion.derive import (
    Arrival,
    NewInside,
    Place,
    derive_new,
    lock_personas,
    persona_disociada,
    rederive,
)
from albergues_app.ocupacion.models import Familia, Movimiento, Persona, PersonaVersion, Pertenencia, Resumen
from albergues_app.territorio.catalogo import catalogo

LATE = timedelta(hours=6)
"""A fact written this long after it happened is marked «tardío» (editable practice, not a rule of any institution)."""


@dataclass(frozen=True)
class PersonaNueva:
    """A person as the desk or a program gives it. ``edad`` in ``edad_unidad`` on the day of entry."""

    id: UUID
    nombres: str
    apellidos: str | None = None
    sexo: str = "no_registrado"
    edad: int | None = None
    edad_unidad: str | None = None
    nacimiento: date | None = None
    parentesco: str | None = None
    cui: str | None = None
    grupos: int = 0


@dataclass(frozen=True)
class CapturaNueva:
    """The filled format this came from, as given."""

    formato: str
    edicion: str
    respuestas: dict[str, Any]
    folio: str | None = None


@dataclass(frozen=True)
class IngresoNuevo:
    """One household that arrives."""

    id: UUID
    activacion_id: UUID
    ocurrido_en: datetime
    personas: Sequence[PersonaNueva]
    familia_id: UUID
    clase: str = "ingreso"
    capturado_en: datetime | None = None
    municipio_procedencia: str | None = None
    comunidad: str | None = None
    telefono: str | None = None
    declarados: int | None = None
    motivo: str | None = None
    captura: CapturaNueva | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _Context:
    activacion: Any
    moment: datetime
    cuenta_id: UUID | None

    @cached_property
    def sello(self) -> SealKey | Keyring:
        """The key of the emergency, asked for once."""
        return seal_for(self.activacion.emergencia_id)


@dataclass(frozen=True)
class Preparada:
    """What of a person's check-in needs no database: spelled out before the lock, so that another desk waits less."""

    version: dict[str, Any]
    body: dict[str, Any]
    avisos: list[Aviso]


def prepare_ingreso(datos: IngresoNuevo) -> list[Preparada] | None:
    """The persons as they will be written, in order; None when the data do not hold, and registering says why."""
    moment = clock.now()
    try:
        _check(datos, moment)
    except Invalid:
        return None
    return [_prepare(datos, n, moment) for n in range(len(datos.personas))]


def _prepare(datos: IngresoNuevo, n: int, moment: datetime) -> Preparada:
    avisos: list[Aviso] = []
    version = _version_row(datos.personas[n], datos, moment, avisos, n)
    return Preparada(version, _persona_body(datos.personas[n]), avisos)


def register_ingreso(datos: IngresoNuevo, preparadas: list[Preparada] | None = None) -> dict[str, Any]:
    """Write the check-in; returns the resource with its ``avisos``. The caller's unit of work commits.

    Known persons and families are used as they stand; what differs is said in ``avisos``. Over capacity is
    recorded and warned about, never refused.

    :raises RuleBroken: `activacion_no_abierta`, `activacion_cerrada`, `antes_de_apertura`, `estancia_abierta`.
    :raises Invalid: unknown municipality, ages out of range, the same person twice in the list.
    """
    moment = clock.now()
    actor = current_actor()
    context = _Context(_open_activacion(datos), moment, actor.cuenta_id if actor else None)
    avisos = _check(datos, moment)
    ids = [p.id for p in datos.personas]
    seen = seen_before(ids)
    known = lock_personas(sorted(seen.personas))
    fresh = [p for p in datos.personas if p.id not in known]
    if seen.movidas - known:
        raise persona_disociada()
    codigo = _familia(datos, context, avisos)
    if preparadas is None:
        preparadas = [_prepare(datos, n, moment) for n in range(len(ids))]
    newly = [one for one in preparadas if one.version["persona_id"] not in known]
    versions = [{**one.version, "registrado_en": moment} for one in newly]
    avisos.extend(aviso for one in newly for aviso in one.avisos)
    _insert_personas(datos, context, fresh, versions)
    if known:
        _use_as_they_stand(datos, known, context, avisos)
    movements = _movement_rows(datos, context)
    avisos.extend(_capacity_warning(context.activacion, len(ids)))
    bulk_insert(db.session, Movimiento, list(movements.values()))
    by_id = {v["persona_id"]: v for v in versions}
    place = Place(
        context.activacion.id, context.activacion.municipio_codigo, context.activacion.albergue_codigo
    )
    if fresh:
        newcomers = [
            NewInside(
                p.id, datos.familia_id, movements[p.id]["id"], by_id[p.id]["sexo"],
                by_id[p.id]["nacimiento"], by_id[p.id]["grupos"],
            )
            for p in fresh
        ]  # fmt: skip
        derive_new([Arrival(place, newcomers, datos.ocurrido_en)], moment)
    if known:
        rederive(known, moment)
    _keep_captura(datos, context)
    return {
        "id": str(datos.id),
        "clase": datos.clase,
        "activacion": str(datos.activacion_id),
        "familia": {
            "id": str(datos.familia_id),
            "codigo": codigo,
            "municipio_procedencia": datos.municipio_procedencia,
        },
        "personas": [one.body for one in preparadas],
        "ocurrido_en": clock.iso(datos.ocurrido_en),
        "capturado_en": clock.iso(datos.capturado_en or moment),
        "registrado_en": clock.iso(moment),
        "avisos": [a.as_dict() for a in avisos],
    }


_A = Activacion.__table__
_ACTIVACION = select(
    _A.c.id, _A.c.estado, _A.c.abierta_en, _A.c.municipio_codigo, _A.c.albergue_codigo, _A.c.albergue_id,
    _A.c.emergencia_id,
).where(_A.c.id == bindparam("activacion"))  # fmt: skip
_ACTIVACION_FIJA = _ACTIVACION.with_for_update(read=True)
_F = Familia.__table__
_FAMILIA = select(_F.c.id, _F.c.codigo, _F.c.municipio_procedencia).where(
    or_(
        _F.c.id == bindparam("familia"),
        and_(_F.c.emergencia_id == bindparam("emergencia"), _F.c.codigo == bindparam("codigo")),
    )
)
"""The household, and whoever has the code proposed for it, in one question."""
_R = Resumen.__table__
_INSIDE = select(func.coalesce(func.sum(_R.c.personas), 0)).where(
    _R.c.activacion_id == bindparam("activacion")
)


def activacion_row(activacion_id: UUID) -> Any:
    """What a check-in asks of an activation, without loading the object; None when there is none."""
    return run(_ACTIVACION, {"activacion": activacion_id}).one_or_none()


def _open_activacion(datos: IngresoNuevo) -> Any:
    row = run(_ACTIVACION_FIJA, {"activacion": datos.activacion_id}).one_or_none()
    if row is None:
        raise RuleBroken("activacion_no_abierta", "La activación no existe.", "activacion")
    if row.estado in {"cerrada", "anulada"}:
        raise RuleBroken(
            "activacion_cerrada", "Este albergue ya está cerrado. Abra una activación nueva.", "activacion"
        )
    if row.abierta_en is None:
        raise RuleBroken(
            "activacion_no_abierta", "Este albergue todavía no abre. Anote primero su apertura.", "activacion"
        )
    if datos.ocurrido_en < row.abierta_en:
        raise RuleBroken(
            "antes_de_apertura",
            f"El albergue abrió el {clock.to_local(row.abierta_en):%d/%m/%Y %H:%M}. Revise la hora del ingreso.",
            "ocurrido_en",
        )
    return row


def _check(datos: IngresoNuevo, moment: datetime) -> list[Aviso]:
    errors: list[Aviso] = []
    avisos: list[Aviso] = []
    if not datos.personas:
        errors.append(
            Aviso("falta_persona", "Anote al menos una persona; el nombre puede ser N/N.", "personas")
        )
    seen: set[UUID] = set()
    for n, persona in enumerate(datos.personas):
        if persona.id in seen:
            errors.append(
                Aviso("persona_repetida", "La misma persona está dos veces en la lista.", f"personas[{n}].id")
            )
        seen.add(persona.id)
        if not clean(persona.nombres):
            errors.append(
                Aviso("falta_nombre", "Escriba el nombre, o N/N si no se sabe.", f"personas[{n}].nombres")
            )
        if persona.edad is not None:
            limit = {"anios": 130, "meses": 240, "dias": 3650}[persona.edad_unidad or "anios"]
            if not 0 <= persona.edad <= limit:
                errors.append(
                    Aviso("edad_fuera_de_rango", f"La edad va de 0 a {limit}.", f"personas[{n}].edad")
                )
    procedencia = datos.municipio_procedencia
    if procedencia is not None and procedencia not in catalogo().municipios:
        errors.append(
            Aviso(
                "municipio_desconocido",
                f"El municipio «{procedencia}» no existe.",
                "familia.municipio_procedencia",
            )
        )
    if errors:
        raise Invalid(errors)
    if moment - datos.ocurrido_en > LATE:
        avisos.append(
            Aviso(
                "registro_tardio",
                "Quedó como registro tardío; corrige las cifras de ese momento.",
                "ocurrido_en",
            )
        )
    if datos.declarados is not None and datos.declarados != len(datos.personas):
        avisos.append(
            Aviso(
                "declarados_distinto",
                f"Declararon {datos.declarados} y hay {len(datos.personas)} anotadas.",
                "declarados",
            )
        )
    return avisos


_M, _P = Movimiento.__table__, Persona.__table__
_IDS: Any = bindparam("ids", expanding=True)
_SEEN = (
    select(_P.c.id, literal(False).label("movida"))
    .where(_P.c.id.in_(_IDS))
    .union_all(select(_M.c.persona_id, literal(True)).where(_M.c.persona_id.in_(_IDS)))
)


@dataclass(frozen=True)
class Seen:
    """Which ids are persons, and which have a movement: one with a movement only had its data destroyed."""

    personas: set[UUID]
    movidas: set[UUID]


def seen_before(ids: Sequence[UUID]) -> Seen:
    """Asked in one statement, so that a desk writing the same person meanwhile is seen whole or not at all."""
    seen = Seen(set(), set())
    if ids:
        for row in run(_SEEN, {"ids": list(ids)}):
            (seen.movidas if row.movida else seen.personas).add(row.id)
    return seen


def _familia(datos: IngresoNuevo, context: _Context, avisos: list[Aviso]) -> str:
    emergencia = context.activacion.emergencia_id
    while True:
        codigo = speakable_code()
        rows = run(_FAMILIA, {"familia": datos.familia_id, "codigo": codigo, "emergencia": emergencia}).all()
        stands = next((row for row in rows if row.id == datos.familia_id), None)
        if stands is not None or not rows:
            break
    if stands is not None:
        given = datos.municipio_procedencia
        if given is not None and given != stands.municipio_procedencia:
            avisos.append(
                Aviso("dato_distinto", "La familia ya consta con otra procedencia; se dejó como está.",
                      "familia.municipio_procedencia")
            )  # fmt: skip
        return str(stands.codigo)
    bulk_insert(db.session, Familia, [family_values(datos, emergencia, codigo, context.moment)])
    return codigo


def family_values(datos: IngresoNuevo, emergencia_id: UUID, codigo: str, moment: datetime) -> dict[str, Any]:
    """Every column of a Familia."""
    return {
        "id": datos.familia_id,
        "codigo": codigo,
        "emergencia_id": emergencia_id,
        "municipio_procedencia": datos.municipio_procedencia,
        "comunidad": clean(datos.comunidad) if datos.comunidad else None,
        "telefono": datos.telefono,
        "declarados": datos.declarados,
        "registrada_en": moment,
    }


def _insert_personas(
    datos: IngresoNuevo, context: _Context, fresh: Sequence[PersonaNueva], versions: list[dict[str, Any]]
) -> None:
    emergencia = context.activacion.emergencia_id
    people = [{"id": p.id, "emergencia_id": emergencia, "registrada_en": context.moment} for p in fresh]
    members = [
        membership_row(p.id, datos.familia_id, p.parentesco, clock.ALWAYS, context.moment) for p in fresh
    ]
    bulk_insert(db.session, Persona, people)
    bulk_insert(db.session, PersonaVersion, versions)
    bulk_insert(db.session, Pertenencia, members)


def membership_row(
    persona: UUID, familia: UUID, parentesco: str | None, vigente_desde: datetime, moment: datetime
) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "persona_id": persona,
        "familia_id": familia,
        "parentesco": parentesco,
        "vigente_desde": vigente_desde,
        "registrado_en": moment,
    }


def _version_row(
    p: PersonaNueva, datos: IngresoNuevo, moment: datetime, avisos: list[Aviso], n: int
) -> dict[str, Any]:
    nacimiento, estimated = p.nacimiento, p.nacimiento is None
    if nacimiento is None and p.edad is not None:
        nacimiento = birth_from_age(p.edad, p.edad_unidad or "anios", clock.local_day(datos.ocurrido_en))
    return version_values(
        p,
        nacimiento,
        estimated,
        clock.ALWAYS,
        moment,
        None,
        cui_warnings(p.cui, f"personas[{n}].cui", avisos),
    )


def cui_warnings(raw: str | None, campo: str, avisos: list[Aviso]) -> str | None:
    """The CUI as 13 digits when it has them; what looks wrong is an aviso, never a refusal (dominio.md 4.4)."""
    if not raw or not raw.strip():
        return None
    digits = cui_check.digits(raw)
    avisos.extend(Aviso("cui_dudoso", text, campo) for text in cui_check.problems(digits))
    return digits


def version_values(
    p: PersonaNueva,
    nacimiento: date | None,
    estimated: bool,
    vigente_desde: datetime,
    moment: datetime,
    motivo: str | None,
    cui: str | None,
) -> dict[str, Any]:
    """Every column of a PersonaVersion."""
    nombres = clean(p.nombres)
    apellidos = clean(p.apellidos) if p.apellidos else None
    full = f"{nombres} {apellidos or ''}"
    ring = keyring()
    return {
        "id": uuid7(),
        "persona_id": p.id,
        "vigente_desde": vigente_desde,
        "registrado_en": moment,
        "nombres": nombres,
        "apellidos": apellidos,
        "nombre_normal": normalize(full),
        "fonetica": phonetic(full),
        "sexo": p.sexo,
        "nacimiento": nacimiento,
        "nacimiento_estimado": estimated,
        "edad": p.edad,
        "edad_unidad": p.edad_unidad if p.edad is not None else None,
        "anio_nacimiento": nacimiento.year if nacimiento else None,
        "parentesco": p.parentesco,
        "cui": ring.seal(cui.encode(), "persona_version.cui") if cui else None,
        "cui_indice": ring.index(cui, "cui") if cui else None,
        "grupos": p.grupos,
        "motivo": motivo,
        "actual": True,
    }


def _use_as_they_stand(datos: IngresoNuevo, known: set[UUID], context: _Context, avisos: list[Aviso]) -> None:
    """A known person keeps its data; a new household for it is a dated membership, so history stays."""
    v, m = PersonaVersion.__table__, Pertenencia.__table__
    current = {
        row.persona_id: row
        for row in db.session.execute(
            select(
                v.c.persona_id, v.c.nombre_normal, v.c.sexo, v.c.nacimiento, v.c.parentesco, v.c.cui_indice
            ).where(v.c.persona_id.in_(known), v.c.actual)
        )
    }
    day = clock.local_day(datos.ocurrido_en)
    families: dict[UUID, UUID] = {}
    for row in db.session.execute(
        select(m.c.persona_id, m.c.familia_id)
        .where(m.c.persona_id.in_(known))
        .order_by(m.c.vigente_desde, m.c.registrado_en)
    ):
        families[row.persona_id] = row.familia_id
    joined = []
    for n, p in enumerate(datos.personas):
        if p.id not in known:
            continue
        stands = current.get(p.id)
        if stands is not None:
            avisos.extend(
                Aviso(
                    "dato_distinto",
                    f"La persona ya consta con otro dato ({word}); se dejó como está.",
                    f"personas[{n}].{campo}",
                )
                for campo, word in _what_differs(p, stands, day)
            )
        if families.get(p.id) != datos.familia_id:
            since = datos.ocurrido_en if p.id in families else clock.ALWAYS
            joined.append(membership_row(p.id, datos.familia_id, p.parentesco, since, context.moment))
    bulk_insert(db.session, Pertenencia, joined)


def _what_differs(p: PersonaNueva, stands: Any, day: date) -> list[tuple[str, str]]:
    """(field, Spanish word) of each thing given that is not what is held. What was not given does not differ."""
    found = []
    if stands.nombre_normal != normalize(f"{p.nombres} {p.apellidos or ''}"):
        found.append(("nombres", "nombre"))
    if stands.sexo != p.sexo:
        found.append(("sexo", "sexo"))
    if p.edad is not None and not _age_fits(p.edad, p.edad_unidad or "anios", stands.nacimiento, day):
        found.append(("edad", "edad"))
    if p.parentesco is not None and stands.parentesco != p.parentesco:
        found.append(("parentesco", "parentesco"))
    cui = cui_check.digits(p.cui) if p.cui and p.cui.strip() else None
    if cui is not None and stands.cui_indice != keyring().index(cui, "cui"):
        found.append(("cui", "CUI"))
    return found


def _age_fits(edad: int, unidad: str, nacimiento: date | None, day: date) -> bool:
    if nacimiento is None:
        return False
    if unidad == "anios":
        return age_on(nacimiento, day) == edad
    apart = abs((birth_from_age(edad, unidad, day) - nacimiento).days)
    return apart <= (31 if unidad == "meses" else 1)


def _movement_rows(datos: IngresoNuevo, context: _Context) -> dict[UUID, dict[str, Any]]:
    a = context.activacion
    detalle = None
    if datos.motivo:
        detalle = seal_json(seal_for(a.emergencia_id), {"motivo": clean(datos.motivo)}, "movimiento.detalle")
    return {
        p.id: {
            "id": uuid7(),
            "operacion_id": datos.id,
            "tipo": datos.clase,
            "persona_id": p.id,
            "familia_id": datos.familia_id,
            "activacion_id": a.id,
            "municipio_codigo": a.municipio_codigo,
            "albergue_codigo": a.albergue_codigo,
            "contraparte_id": None,
            "acuse": False,
            "destino": None,
            "anula_id": None,
            "detalle": detalle,
            "tardio": context.moment - datos.ocurrido_en > LATE,
            "cuenta_id": context.cuenta_id,
            "ocurrido_en": datos.ocurrido_en,
            "capturado_en": datos.capturado_en or context.moment,
            "registrado_en": context.moment,
        }
        for p in datos.personas
    }


def _capacity_warning(activacion: Any, entering: int) -> list[Aviso]:
    now = clock.now()
    capacity = capacidades_at(now, now, [activacion.albergue_id]).get(activacion.albergue_id)
    if capacity is None:
        return []
    inside = count_inside(activacion.id)
    left = capacity.personas - inside - entering
    if left >= 0:
        return []
    return [
        Aviso("sobre_capacidad", f"Con este ingreso hay {inside + entering} personas de {capacity.personas}. "
              "Se registró de todos modos.", "personas")
    ]  # fmt: skip


def count_inside(activacion_id: UUID) -> int:
    """Persons inside now, salida temporal included: one read of the summary."""
    return int(run(_INSIDE, {"activacion": activacion_id}).scalar_one())


def _keep_captura(datos: IngresoNuevo, context: _Context) -> None:
    if datos.captura is not None:
        bulk_insert(db.session, Captura, [captura_values(datos, context)])


def captura_values(datos: IngresoNuevo, context: _Context) -> dict[str, Any]:
    """Every column of the Captura of a household: the answers sealed, their hash over the sealed bytes."""
    assert datos.captura is not None
    a = context.activacion
    sealed = seal_json(context.sello, datos.captura.respuestas, "captura.respuestas")
    actor = current_actor()
    return {
        "id": uuid7(),
        "formato": datos.captura.formato,
        "edicion": datos.captura.edicion,
        "emergencia_id": a.emergencia_id,
        "activacion_id": a.id,
        "municipio_codigo": a.municipio_codigo,
        "objeto_id": datos.familia_id,
        "version_de": None,
        "respuestas": sealed,
        "huella": digest(sealed),
        "folio": datos.captura.folio,
        "cuenta_id": context.cuenta_id,
        "via": actor.via if actor else "sistema",
        "ocurrido_en": datos.ocurrido_en,
        "capturado_en": datos.capturado_en or context.moment,
        "registrado_en": context.moment,
    }


def _persona_body(p: PersonaNueva) -> dict[str, Any]:
    return {
        "id": str(p.id),
        "nombres": clean(p.nombres),
        "apellidos": clean(p.apellidos) if p.apellidos else None,
        "sexo": p.sexo,
        "edad": p.edad,
        "edad_unidad": p.edad_unidad if p.edad is not None else None,
        "parentesco": p.parentesco,
    }
