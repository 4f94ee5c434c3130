"""Let a household in. The hottest path of the system: Core statements, one per table, one fsync."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, literal, null, or_, select

from albergues_app.albergues.models import Activacion
from albergues_app.albergues.queries import capacidad_of
from albergues_app.audit.listener import bulk_insert
from albergues_app.audit.models import Captura
from albergues_app.audit.sealing import keyring
from albergues_app.core import clock
from albergues_app.core.db import Question, db, run
from albergues_app.core.errors import Aviso, Invalid, RuleBroken
from albergues_app.core.ids import speakable_code
from albergues_app.core.text import normalize
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion import cui as cui_check
from albergues_app.ocupacion.avisos_puerta import as_avisos
from albergues_app.ocupacion.bandas import age_on, birth_from_age
from albergues_app.ocupacion.claves import key_rows
from albergues_app.ocupacion.derive import (
    Arrival,
    NewInside,
    Place,
    derive_new,
    lock_personas,
    persona_disociada,
    rederive,
)
from albergues_app.ocupacion.models import (
    ClavePersona,
    Familia,
    Movimiento,
    Persona,
    PersonaVersion,
    Pertenencia,
)
from albergues_app.ocupacion.models_derivadas import Resumen
from albergues_app.ocupacion.services.animales import note_animals
from albergues_app.ocupacion.services.ingreso_rows import (
    Context,
    IngresoNuevo,
    PersonaNueva,
    captura_values,
    check_ingreso,
    family_values,
    membership_row,
    movement_rows,
    persona_body,
    take_card,
    use_paper,
    version_row,
)
from albergues_app.ocupacion.services.necesidades import note_needs_told
from albergues_app.ocupacion.services.nna import open_at_arrival
from albergues_app.tarjetas.models import Tarjeta


@dataclass(frozen=True)
class Preparada:
    """What of a person's check-in needs no database: spelled out before the lock, so that another desk waits less."""

    version: dict[str, Any]
    claves: list[dict[str, Any]]
    body: dict[str, Any]
    avisos: list[Aviso]


def prepare_ingreso(datos: IngresoNuevo) -> list[Preparada] | None:
    """The persons as they will be written, in order; None when the data do not hold, and registering says why."""
    moment = clock.now()
    try:
        check_ingreso(datos, moment)
    except Invalid:
        return None
    return [_prepare(datos, n, moment) for n in range(len(datos.personas))]


def _prepare(datos: IngresoNuevo, n: int, moment: datetime) -> Preparada:
    avisos: list[Aviso] = []
    version = version_row(datos.personas[n], datos, moment, avisos, n)
    return Preparada(version, key_rows(version), persona_body(datos.personas[n]), avisos)


def register_ingreso(
    datos: IngresoNuevo, preparadas: list[Preparada] | None = None, puerta: bool = False
) -> dict[str, Any]:
    """Write the check-in; returns the resource with its ``avisos``. The caller's unit of work commits.

    Known persons and families are used as they stand; what differs is said in ``avisos``. Over capacity is
    recorded and warned about, never refused. ``puerta``: say there too what the gate is to do with who is known,
    for a program that shows no page.

    :raises RuleBroken: `activacion_no_abierta`, `activacion_cerrada`, `antes_de_apertura`, `estancia_abierta`.
    :raises Invalid: unknown municipality, ages out of range, the same person twice in the list.
    """
    moment = clock.now()
    actor = current_actor()
    context = Context(open_activacion(datos), moment, actor.cuenta_id if actor else None)
    avisos = check_ingreso(datos, moment)
    ids = [p.id for p in datos.personas]
    seen = seen_before(ids)
    known = lock_personas(sorted(seen.personas))
    fresh = [p for p in datos.personas if p.id not in known]
    if seen.movidas - known:
        raise persona_disociada()
    codigo, known_family = _familia(datos, context, avisos)
    if preparadas is None:
        preparadas = [_prepare(datos, n, moment) for n in range(len(ids))]
    newly = [one for one in preparadas if one.version["persona_id"] not in known]
    versions = [{**one.version, "registrado_en": moment} for one in newly]
    avisos.extend(aviso for one in newly for aviso in one.avisos)
    _insert_personas(datos, context, fresh, versions)
    bulk_insert(db.session, ClavePersona, [key for one in newly for key in one.claves])
    if known:
        _use_as_they_stand(datos, known, context, avisos)
    movements = movement_rows(datos, context)
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
    if datos.animales:
        note_animals(datos.familia_id, datos.animales)
    if datos.necesitan:
        note_needs_told(datos)
    if puerta and (known or known_family):
        avisos.extend(as_avisos(ids))
    marked = {p.id: p.nna for p in datos.personas}
    avisos.extend(
        open_at_arrival(context.activacion, datos.familia_id, versions, known, marked, datos.ocurrido_en)
    )
    _keep_captura(datos, context)
    avisos.extend(use_paper(datos, context.activacion))
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
_UNA = select(
    _A.c.id, _A.c.estado, _A.c.abierta_en, _A.c.municipio_codigo, _A.c.albergue_codigo, _A.c.albergue_id,
    _A.c.emergencia_id,
).where(_A.c.id == bindparam("activacion"))  # fmt: skip
_ACTIVACION, _ACTIVACION_FIJA = Question(_UNA), Question(_UNA.with_for_update(read=True))
_F, _T = Familia.__table__, Tarjeta.__table__
_FAMILIA = Question(
    select(_F.c.id, _F.c.codigo, _F.c.municipio_procedencia, literal(False).label("tarjeta"))
    .where(
        or_(
            _F.c.id == bindparam("familia"),
            and_(_F.c.emergencia_id == bindparam("emergencia"), _F.c.codigo == bindparam("codigo")),
        )
    )
    .union_all(select(_T.c.id, _T.c.codigo, null(), literal(True)).where(_T.c.codigo == bindparam("codigo")))
)
"""The household, and whoever has the code proposed for it, a family or a card, in one question."""
_R = Resumen.__table__
_INSIDE = Question(
    select(func.coalesce(func.sum(_R.c.personas), 0).label("personas")).where(
        _R.c.activacion_id == bindparam("activacion")
    )
)


def activacion_row(activacion_id: UUID) -> Any:
    """What a check-in asks of an activation, without loading the object; None when there is none."""
    return next(iter(_ACTIVACION.rows(activacion=activacion_id)), None)


def open_activacion(datos: IngresoNuevo) -> Any:
    row = next(iter(_ACTIVACION_FIJA.rows(activacion=datos.activacion_id)), None)
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


def _familia(datos: IngresoNuevo, context: Context, avisos: list[Aviso]) -> tuple[str, bool]:
    """Its code, and whether it was known."""
    emergencia = context.activacion.emergencia_id
    while True:
        codigo = datos.tarjeta or speakable_code()
        rows = _FAMILIA.rows(familia=datos.familia_id, codigo=codigo, emergencia=emergencia)
        stands = next((row for row in rows if row.id == datos.familia_id), None)
        if stands is not None or datos.tarjeta or not rows:
            break
    if stands is not None:
        if datos.tarjeta and datos.tarjeta != stands.codigo:
            avisos.append(
                Aviso("tarjeta_no_usada", f"La familia ya tiene el código {stands.codigo}; la tarjeta {datos.tarjeta} "
                      "no se usó. Para cambiarla, use «Reponer tarjeta» en su página.", "tarjeta")
            )  # fmt: skip
        given = datos.municipio_procedencia
        if given is not None and given != stands.municipio_procedencia:
            avisos.append(
                Aviso("dato_distinto", "La familia ya consta con otra procedencia; se dejó como está.",
                      "familia.municipio_procedencia")
            )  # fmt: skip
        return str(stands.codigo), True
    if datos.tarjeta:
        avisos.extend(take_card(datos, context.activacion, any(not row.tarjeta for row in rows)))
    bulk_insert(db.session, Familia, [family_values(datos, emergencia, codigo, context.moment)])
    return codigo, False


def _insert_personas(
    datos: IngresoNuevo, context: Context, fresh: Sequence[PersonaNueva], versions: list[dict[str, Any]]
) -> None:
    emergencia = context.activacion.emergencia_id
    people = [{"id": p.id, "emergencia_id": emergencia, "registrada_en": context.moment} for p in fresh]
    members = [
        membership_row(p.id, datos.familia_id, p.parentesco, clock.ALWAYS, context.moment) for p in fresh
    ]
    bulk_insert(db.session, Persona, people)
    bulk_insert(db.session, PersonaVersion, versions)
    bulk_insert(db.session, Pertenencia, members)


def _use_as_they_stand(datos: IngresoNuevo, known: set[UUID], context: Context, avisos: list[Aviso]) -> None:
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


def _capacity_warning(activacion: Any, entering: int) -> list[Aviso]:
    now = clock.now()
    capacity = capacidad_of(activacion.albergue_id, now, now)
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
    return int(_INSIDE.rows(activacion=activacion_id)[0].personas)


def _keep_captura(datos: IngresoNuevo, context: Context) -> None:
    if datos.captura is not None:
        bulk_insert(db.session, Captura, [captura_values(datos, context)])
