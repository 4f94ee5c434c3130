"""Somebody looks for a relative: it is written down, and compared with the register away from who asks.

Nothing of what is answered to the one who asks depends on whether the person is registered: taking it down reads no
person, and the comparison is a task of its own. The person found is asked by its sede before anything is told.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.audit.sealing import open_json, seal_for, seal_json
from albergues_app.core import clock
from albergues_app.core.db import db, run, table_of
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing
from albergues_app.core.tasks import Report
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import Actor, current_actor, unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.identidad.models import AvisoBusqueda, Busqueda, RespuestaBusqueda
from albergues_app.ocupacion import matches
from albergues_app.ocupacion.models import PersonaVersion
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.unidas import speakers

CONTEXTO, NOTA = "busqueda.escrito", "aviso_busqueda.nota"
TAREA = "busquedas_repartir"
MOST = 5
PIDE = ("pide_nombre", "pide_documento", "pide_telefono", "pide_parentesco", "motivo")
BUSCA = ("nombres", "apellidos", "sexo", "edad", "procedencia")


def take_down(emergencia_id: UUID, escrito: dict[str, str]) -> dict[str, Any]:
    """Keep the request, sealed. Reads nothing of the register.

    :raises Invalid: who asks, its telephone, the reason or the name looked for is missing. :raises NotFound.
    """
    text = {name: clean(escrito.get(name, ""))[:200] for name in (*PIDE, *BUSCA)}
    needed = {
        "nombres": "Escriba el nombre de la persona que busca.",
        "apellidos": "Escriba al menos un apellido de la persona que busca.",
        "pide_nombre": "Escriba el nombre de quien pregunta.",
        "pide_telefono": "Escriba un teléfono para avisarle.",
        "pide_parentesco": "Escriba qué es de la persona que busca.",
        "motivo": "Escriba por qué la busca.",
    }
    faults = [Aviso(f"falta_{name}", words, name) for name, words in needed.items() if not text[name]]
    if faults:
        raise Invalid(faults)
    if db.session.get(Emergencia, emergencia_id) is None:
        raise NotFound()
    actor = current_actor()
    row = Busqueda(
        id=uuid7(),
        emergencia_id=emergencia_id,
        escrito=seal_json(seal_for(emergencia_id), {k: v for k, v in text.items() if v}, CONTEXTO),
        cuenta_id=actor.cuenta_id if actor else None,
        recibida_en=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return {"id": str(row.id), "avisos": []}


def written(row: Busqueda) -> dict[str, str]:
    """What was typed; empty once the data of its emergency were destroyed."""
    try:
        return dict(open_json(seal_for(row.emergencia_id), row.escrito, CONTEXTO))
    except KeyMissing:
        return {}


def task_distribute(_arguments: dict[str, Any], actor: Actor, report: Report) -> dict[str, Any]:
    """Compare the requests not yet compared; each possible person becomes a notice to its sede."""
    b = table_of(Busqueda)
    ids = list(db.session.scalars(select(b.c.id).where(b.c.repartida_en.is_(None)).order_by(b.c.recibida_en)))
    notices = 0
    for n, busqueda_id in enumerate(ids):
        report(n, len(ids), "Comparando con el registro")
        with unit_of_work(actor):
            notices += distribute(busqueda_id)
    return {"busquedas": len(ids), "avisos": notices}


def distribute(busqueda_id: UUID) -> int:
    """Compare one request with the whole register; returns how many notices it made. Twice makes none."""
    row = db.session.get_one(Busqueda, busqueda_id, with_for_update=True)
    if row.repartida_en is not None:
        return 0
    row.repartida_en = clock.now()
    typed = written(row)
    if not typed:
        return 0
    edad = typed.get("edad", "")
    search = matches.Busqueda(
        typed["nombres"],
        typed.get("apellidos", ""),
        typed.get("sexo", ""),
        int(edad) if edad.isascii() and edad.isdigit() and len(edad) < 4 else None,
    )
    found = speakers(matches.match_ids([search])[0])
    e, v = table_of(Estancia), table_of(PersonaVersion)
    made = 0
    for persona_id in list(dict.fromkeys(found.values()))[:MOST]:
        place = run(
            select(e.c.municipio_codigo, e.c.albergue_codigo)
            .where(e.c.persona_id == persona_id)
            .order_by(e.c.egreso_en.is_(None).desc(), e.c.ingreso_en.desc())
            .limit(1)
        ).first()
        held = run(select(v.c.nombre_normal).where(v.c.persona_id == persona_id, v.c.actual)).first()
        if place is None or held is None:
            continue
        made += 1
        same = held.nombre_normal == search.nombre
        db.session.add(
            AvisoBusqueda(
                id=uuid7(),
                busqueda_id=row.id,
                persona_id=persona_id,
                razones="Mismo nombre" if same else "Nombre parecido",
                municipio_codigo=place.municipio_codigo,
                albergue_codigo=place.albergue_codigo,
            )
        )
    db.session.flush()
    return made


def answer_aviso(aviso_id: UUID, respuesta: str, nota: str) -> dict[str, Any]:
    """What the person said. «No se pudo preguntar» leaves the notice waiting, with one try more.

    :raises RuleBroken: `ya_respondido`; `falta_nota`: it accepts and nobody wrote what may be told.
    """
    row = db.session.get_one(AvisoBusqueda, aviso_id, with_for_update=True)
    if row.respuesta is not None:
        raise RuleBroken("ya_respondido", "Ese aviso ya tiene respuesta.")
    actor = current_actor()
    row.cuenta_id, row.respondida_en = actor.cuenta_id if actor else None, clock.now()
    if respuesta == "no_se_pudo":
        row.intentos += 1
    else:
        row.respuesta = RespuestaBusqueda(respuesta).value
        text = clean(nota)[:300]
        if row.respuesta == RespuestaBusqueda.ACEPTA and not text:
            raise RuleBroken("falta_nota", "Escriba qué autoriza la persona que se diga.", "nota")
        emergencia_id = db.session.get_one(Busqueda, row.busqueda_id).emergencia_id
        row.nota = seal_json(seal_for(emergencia_id), text, NOTA) if text else None
    db.session.flush()
    return {"id": str(row.id), "respuesta": row.respuesta or "no_se_pudo", "avisos": []}
