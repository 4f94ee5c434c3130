"""The gate: movements of persons and families marked on a list, as the control sheet has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import Activacion
from albergues_app.audit.writing import write_once
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from albergues_app.formats.engine.field_type import is_blank
from albergues_app.formats.outputs.web_form import describe_form
from albergues_app.ocupacion import bindings
from albergues_app.ocupacion.avisos_puerta import note_asked, refuse_unasked
from albergues_app.ocupacion.bandas import age_on
from albergues_app.ocupacion.child_exit import register_or_ask
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.ocupacion.known_family import as_known, members_of, open_stays
from albergues_app.ocupacion.models import Familia, PersonaVersion
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.services.acuse import AcuseNuevo, acknowledge_traslado
from albergues_app.ocupacion.services.ingreso import register_ingreso
from albergues_app.ocupacion.services.ingreso_rows import IngresoNuevo
from albergues_app.ocupacion.services.movimiento import MovimientoNuevo, register_movimiento
from albergues_app.ocupacion.traslados import legs_of, on_the_way
from albergues_app.ocupacion.visibility import refuse_unseen, refuse_unseen_familia, seen_personas

TIPOS = ("salida_temporal", "retorno", "egreso", "traslado_sale", "fallecimiento")
"""What leaves or comes back by this page; who enters has the boleta."""

CAMPOS = (
    "tipo",
    "motivo",
    "destino",
    "destino_comunidad",
    "retorno_previsto",
    "autoriza_nombre",
    "autoriza_dpi",
    "autoriza_parentesco",
    "autoriza_institucion",
    "observaciones",
    "ocurrido_en",
)


def gate_campos() -> dict[str, Any]:
    """Fields of a line of the control sheet, as the format describes them."""
    described = describe_form(bindings.control(), format_catalogos())
    row = next(s for s in described["sections"] if s["code"] == "movimientos")
    campos = {c["name"]: c for c in row["campos"]}
    campos["tipo"] = {
        **campos["tipo"],
        "options": [o for o in campos["tipo"]["options"] if o["code"] in TIPOS],
    }
    return campos


def chosen(activacion_id: UUID, form: Any) -> list[UUID]:
    """Persons marked one by one, and those inside of the families marked whole."""
    people = [i for raw in form.getlist("personas") if (i := parse_id(raw))]
    families = [i for raw in form.getlist("familias") if (i := parse_id(raw))]
    if families:
        e = Estancia.__table__
        rows = db.session.scalars(
            select(e.c.persona_id).where(
                e.c.activacion_id == activacion_id, e.c.familia_id.in_(families), e.c.egreso_en.is_(None)
            )
        )
        people.extend(rows)
    return list(dict.fromkeys(people))


def save_movimiento(identity: Identity, activacion: Activacion, form: Any) -> dict[str, Any]:
    """Judge by the control sheet and register; what the sheet still misses comes back among the avisos.

    :raises Invalid: fields to correct. :raises RuleBroken: the state of the world; `falta_consulta`.
    """
    people = chosen(activacion.id, form)
    typed = {name: form.get(name, "") for name in CAMPOS}
    rows = _sheet_rows(activacion.id, people, typed)
    result = bindings.check(bindings.control(), {"movimientos": rows})
    if not result.ok:
        raise Invalid(_without_row(bindings.avisos_of(result.errors)))
    op_id = parse_id(form.get("id")) or uuid7()
    datos = bindings.movimiento_from(
        result.answers["movimientos"],
        op_id=op_id,
        activacion_id=activacion.id,
        personas=people,
        activacion_destino=parse_id(form.get("activacion_destino")),
        acuse=bool(form.get("acuse")),
    )
    content = {
        "activacion": activacion.id,
        "personas": people,
        "destino": datos.activacion_destino,
        "acuse": datos.acuse,
        **{k: str(v) for k, v in typed.items()},
    }
    seen = seen_personas(identity, people)
    asked = refuse_unasked(seen, bool(form.get("consultado")))

    def work() -> dict[str, Any]:
        note_asked(asked)
        return register_or_ask(datos, seen, db.session.get_one(Activacion, datos.activacion_id), form)

    body = _write(identity, op_id, "web.movimiento", content, activacion.emergencia_id, work)
    if "pedida" in body:
        return body
    notes = _without_row(bindings.avisos_of([*result.warnings, *result.pending]))
    return {**body, "avisos": [*body["avisos"], *(a.as_dict() for a in notes)]}


def _sheet_rows(activacion_id: UUID, people: Sequence[UUID], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """One line per family, as the volunteer at the gate writes it."""
    common: dict[str, Any] = {k: v for k, v in typed.items() if not is_blank(v)}
    common.setdefault("ocurrido_en", clock.to_local(clock.now()))
    e, f = Estancia.__table__, Familia.__table__
    rows = db.session.execute(
        select(e.c.persona_id, e.c.familia_id, f.c.codigo)
        .join_from(e, f, f.c.id == e.c.familia_id)
        .where(e.c.persona_id.in_(people), e.c.activacion_id == activacion_id)
    )
    family_of = {row.persona_id: (row.codigo, row.familia_id) for row in rows}
    by_family: dict[tuple[str, UUID], int] = {}
    for persona in people:
        if persona in family_of:
            by_family[family_of[persona]] = by_family.get(family_of[persona], 0) + 1
    if not by_family:
        return [{**common, "persona": "N/N"}]
    nna = "Sí" if _any_minor(people) else "No"
    return [
        {
            **common,
            "codigo_familia": codigo,
            "familia_completa": "Sí" if n == len(members_of(familia)) else "No",
            "es_nna": nna,
        }
        for (codigo, familia), n in by_family.items()
    ]


def _any_minor(people: Sequence[UUID]) -> bool:
    v, today = PersonaVersion.__table__, clock.local_day(clock.now())
    births = db.session.scalars(select(v.c.nacimiento).where(v.c.persona_id.in_(people), v.c.actual))
    return any(born is not None and age_on(born, today) < 18 for born in births)


def _without_row(avisos: Sequence[Aviso]) -> list[Aviso]:
    """The lines differ only in the family: one message for all, on the field of the page."""
    bare = [replace(a, campo=(a.campo or "").rpartition(".")[2] or None) for a in avisos]
    return list(dict.fromkeys(bare))


def _write(
    identity: Identity, op_id: UUID, clase: str, content: Any, emergencia_id: UUID, work: Any
) -> dict[str, Any]:
    outcome = write_once(identity.as_actor("web"), op_id, clase, content, emergencia_id, work)
    if outcome.status == 409:
        raise RuleBroken(
            "id_ya_usado", "Este formulario ya se guardó con otros datos. Vuelva a la lista y revise."
        )
    return outcome.body


def receive(identity: Identity, activacion: Activacion, form: Any) -> dict[str, Any]:
    """Say who arrived of a traslado towards here, and, where it is said, that the others did not.

    :raises NotFound: no such traslado, or somebody that is not of it. :raises Invalid: nobody named.
    """
    traslado_id = parse_id(form.get("traslado"))
    legs = legs_of(traslado_id) if traslado_id else []
    if traslado_id is None or not legs or legs[0].contraparte_id != activacion.id:
        raise NotFound()
    wanted = {i for raw in form.getlist("personas") if (i := parse_id(raw))}
    others = form.get("demas") == "no_llegaron"
    if not wanted and not others:
        raise Invalid(
            [Aviso("falta_persona", "Marque a quién llegó, o diga que los demás no llegaron.", "personas")]
        )
    op_id = parse_id(form.get("id")) or uuid7()

    def work() -> dict[str, Any]:
        rest = [one.persona_id for one in on_the_way(traslado=traslado_id) if one.persona_id not in wanted]
        missing = rest if others else []
        return acknowledge_traslado(AcuseNuevo(op_id, traslado_id, sorted(wanted), missing, clock.now()))

    content = {"traslado": traslado_id, "personas": sorted(map(str, wanted)), "demas": others}
    return _write(identity, op_id, "web.acuse", content, activacion.emergencia_id, work)


def cancel_traslado(
    identity: Identity, activacion: Activacion, traslado_id: UUID, form: Any
) -> dict[str, Any]:
    """Those marked, still on the way, never left: they are inside the sender again. The ledger keeps both.

    :raises NotFound: not a traslado sent from here. :raises Invalid: nobody marked.
    :raises RuleBroken: `no_en_camino`: somebody of them was received meanwhile.
    """
    legs = legs_of(traslado_id)
    if not legs or legs[0].activacion_id != activacion.id:
        raise NotFound()
    sent = {leg.persona_id for leg in legs}
    people = [i for raw in form.getlist("personas") if (i := parse_id(raw)) and i in sent]
    if not people:
        raise Invalid([Aviso("falta_persona", "Elija al menos una persona.", "personas")])
    op_id = parse_id(form.get("id")) or uuid7()
    datos = MovimientoNuevo(
        id=op_id,
        tipo="anulacion",
        activacion_id=activacion.id,
        personas=people,
        ocurrido_en=clock.now(),
        anula=traslado_id,
        motivo="El traslado se canceló antes de llegar",
    )

    def work() -> dict[str, Any]:
        if set(people) - {one.persona_id for one in on_the_way(traslado=traslado_id)}:
            raise RuleBroken(
                "no_en_camino",
                "Una persona ya no viene en camino: el destino la recibió. Vea la lista otra vez.",
            )
        return register_movimiento(datos)

    content = {"traslado": traslado_id, "personas": sorted(map(str, people))}
    return _write(identity, op_id, "web.traslado.cancelar", content, activacion.emergencia_id, work)


def enter_known(identity: Identity, activacion: Activacion, familia_id: UUID, form: Any) -> dict[str, Any]:
    """Members of a known family that are nowhere now come in, as they stand.

    :raises NotFound: a family or person of another territory. :raises Invalid: nobody marked.
    :raises RuleBroken: `falta_consulta`.
    """
    refuse_unseen_familia(identity, familia_id)
    members = members_of(familia_id)
    people = [i for raw in form.getlist("personas") if (i := parse_id(raw)) and i in members]
    if not people:
        raise Invalid([Aviso("falta_persona", "Elija al menos una persona.", "personas")])
    refuse_unseen(identity, people)
    asked = refuse_unasked(people, bool(form.get("consultado")))
    return _enter(identity, activacion, parse_id(form.get("id")) or uuid7(), familia_id, people, asked)


def _enter(
    identity: Identity,
    activacion: Activacion,
    op_id: UUID,
    familia_id: UUID,
    people: Sequence[UUID],
    asked: Sequence[UUID],
) -> dict[str, Any]:
    datos = IngresoNuevo(
        id=op_id,
        activacion_id=activacion.id,
        ocurrido_en=clock.now(),
        personas=as_known(people),
        familia_id=familia_id,
    )
    content = {"activacion": activacion.id, "familia": familia_id, "personas": sorted(map(str, people))}

    def work() -> dict[str, Any]:
        note_asked(asked)
        return register_ingreso(datos)

    return _write(identity, op_id, "web.ingreso_conocido", content, activacion.emergencia_id, work)


def bring(
    identity: Identity, origen: Activacion, destino_id: UUID, persona_id: UUID, form: Any
) -> dict[str, Any]:
    """A traslado proposed at the desk of the destination: the person, or its whole family there."""
    stay = open_stays([persona_id]).get(persona_id)
    if stay is None or stay.activacion_id != origen.id:
        raise NotFound()
    people = [persona_id]
    if form.get("familia"):
        inside = open_stays(list(members_of(stay.familia_id)))
        people = [p for p, s in inside.items() if s.activacion_id == origen.id]
    op_id = parse_id(form.get("id")) or uuid7()
    datos = MovimientoNuevo(
        id=op_id,
        tipo="traslado",
        activacion_id=origen.id,
        personas=people,
        ocurrido_en=clock.now(),
        activacion_destino=destino_id,
    )
    content = {"origen": origen.id, "destino": destino_id, "personas": sorted(map(str, people))}
    seen = seen_personas(identity, people)
    return _write(
        identity, op_id, "web.traer", content, origen.emergencia_id, lambda: register_movimiento(datos, seen)
    )


def annul(identity: Identity, activacion: Activacion, operacion_id: UUID, form: Any) -> dict[str, Any]:
    """Annul an operation of this shelter; both stay in the ledger.

    :raises RuleBroken: no reason; already annulled; the rest would not hold without it.
    """
    motivo = clean(str(form.get("motivo") or ""))[:300]
    if not motivo:
        raise RuleBroken("falta_motivo", "Escriba el motivo de la anulación.", "motivo")
    op_id = parse_id(form.get("id")) or uuid7()
    datos = MovimientoNuevo(
        id=op_id,
        tipo="anulacion",
        activacion_id=activacion.id,
        personas=[],
        ocurrido_en=clock.now(),
        anula=operacion_id,
        motivo=motivo,
    )
    content = {"anula": operacion_id, "motivo": motivo}
    return _write(
        identity,
        op_id,
        "web.anulacion",
        content,
        activacion.emergencia_id,
        lambda: register_or_ask(datos, None, db.session.get_one(Activacion, datos.activacion_id), form),
    )
