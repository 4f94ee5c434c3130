"""The log kept on paper (bitácora, SCI-214): its lines become entries of the COE that is active there, or it is said
why they did not. A record that is annulled rectifies them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.permissions import Permiso
from albergues_app.audit.models import Captura
from albergues_app.capturas.bindings import TELLERS, Teller
from albergues_app.capturas.firma import actor_may
from albergues_app.capturas.models import Registro
from albergues_app.capturas.rows import ids_of, with_ids
from albergues_app.capturas.services import RegistroNuevo, answers_of, edition_of
from albergues_app.coe.acciones import Accion, write_with_action
from albergues_app.coe.models import Coe, EntradaCoe
from albergues_app.coe.papel import coe_for, not_written, wrote
from albergues_app.coe.services import EntradaNueva, write_entrada
from albergues_app.compromisos.queries import of_origins
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.unit_of_work import current_actor

BITACORA, SCI_214 = "bitacora_coe", "sci_214"
SECTIONS = {BITACORA: "entradas", SCI_214: "actividades"}
_FROM_THE_LOG = re.compile(r"^Folio \d+\.")
"""How the SCI-214 that the system draws begins a line: that line is in the log already."""


def tell_log(datos: RegistroNuevo, before: Mapping[str, Any] | None, captura_id: UUID) -> list[Aviso]:
    """Write the lines of a kept sheet that are not in the log yet; what there is to tell. In the caller's unit of work.

    An entry is never changed: a corrected line is told, to be rectified in the log itself.
    """
    coe, section = coe_for(datos), SECTIONS[datos.formato.code]
    if isinstance(coe, Aviso):
        return [coe]
    answers = with_ids(datos.formato, datos.result.answers, datos.filas)
    keys = ids_of(datos.formato, captura_id, answers)[section]
    rows = list(datos.result.answers.get(section) or ())
    ids = [uuid5(datos.id, f"entrada/{key}") for key in keys]
    known = set(db.session.scalars(select(EntradaCoe.id).where(EntradaCoe.id.in_(ids))))
    written: list[int] = []
    for key, row in zip(ids, rows, strict=True):
        entry = _entrada(key, row, coe) if section == "entradas" else _actividad(key, row, answers)
        if key not in known and entry is not None:
            try:
                done = row.get("accion_estado") in {"cumplida", "cancelada"}
                body = (
                    write_entrada(coe.id, entry) if done else write_with_action(coe.id, entry, _accion(row))
                )
                written.append(int(body["folio"]))
            except RuleBroken as refused:
                return [not_written(refused.mensaje.rstrip(".").lower())]
    avisos = []
    if written:
        folios = f"el folio {written[0]}" if len(written) == 1 else f"los folios {written[0]} a {written[-1]}"
        avisos.append(wrote(datos, captura_id, coe, f"Quedó en la bitácora del COE con {folios}"))
    earlier = list((before or {}).get(section) or ())
    changed = sum(key in known and row not in earlier for key, row in zip(ids, rows, strict=True))
    if changed:
        lines = "1 línea ya estaba" if changed == 1 else f"{changed} líneas ya estaban"
        avisos.append(
            Aviso(
                "entrada_no_se_cambia",
                f"{lines} en la bitácora, que no se cambia: rectifíquela allí con otra entrada.",
                section,
            )
        )
    return avisos


def annul_log(row: Registro, motivo: str) -> list[Aviso]:
    """Rectify every entry that the sheet wrote, in any of its versions. In the unit of work that annuls the record.

    :raises RuleBroken: `no_se_anula`, who annuls it does not write in that log; and what the log refuses.
    """
    formato, keys = edition_of(row), set()
    for captura in db.session.scalars(select(Captura).where(Captura.objeto_id == row.id)):
        rows = ids_of(formato, captura.id, answers_of(row, captura))[SECTIONS[row.formato]]
        keys |= {uuid5(row.id, f"entrada/{key}") for key in rows}
    e = EntradaCoe
    stmt = select(e.id, e.coe_id, e.folio, e.tipo).where(e.id.in_(keys)).order_by(e.folio)
    entries = db.session.execute(stmt).all()
    if not entries:
        return []
    coe = db.session.get_one(Coe, entries[0].coe_id)
    if not actor_may(Permiso.COE_ESCRIBIR, coe):
        raise RuleBroken(
            "no_se_anula", "Sus líneas están en la bitácora del COE: la anula un miembro de ese COE."
        )
    actor = current_actor()
    cuenta = db.session.get(Cuenta, actor.cuenta_id) if actor and actor.cuenta_id else None
    who = cuenta.nombre if cuenta else "el sistema"
    for one in entries:
        write_entrada(
            one.coe_id,
            EntradaNueva(
                uuid5(one.id, "anulada"),
                clock.now(),
                one.tipo,
                f"Anulada la entrada {one.folio}",
                f"Anulada por {who}: {motivo}\nVenía de una hoja de papel que se anuló.",
                rectifica_a=one.folio,
            ),
        )
    some = "1 entrada" if len(entries) == 1 else f"{len(entries)} entradas"
    avisos = [
        Aviso("entradas_rectificadas", f"{some} de la bitácora quedaron rectificadas: «Anulada por {who}».")
    ]
    made = of_origins("coe", [one.id for one in entries]).values()
    if left := [fila.folio for of_entry in made for fila in of_entry if fila.vivo]:
        avisos.append(
            Aviso(
                "compromisos_abiertos",
                f"Siguen sus compromisos: {', '.join(left)}. Cancele los que ya no van.",
            )
        )
    return avisos


def _accion(row: Mapping[str, Any]) -> Accion:
    due = row.get("accion_plazo")
    return Accion(
        row.get("accion_responsable"), row.get("accion_institucion"), clock.as_utc(due) if due else None
    )


def _entrada(key: UUID, row: Mapping[str, Any], coe: Coe) -> EntradaNueva:
    tipo = str(row["tipo"])
    extra = [
        f"Tipo: {row['tipo_otro']}" if row.get("tipo_otro") else "",
        f"Albergue: {row['albergue']}" if row.get("albergue") else "",
        f"Lugar: {row['comunidad']}" if row.get("comunidad") else "",
        f"Acción: {row['accion_responsable']}" if row.get("accion_responsable") else "",
    ]
    rectifies = row.get("rectifica_a")
    if rectifies is not None and not 1 <= rectifies <= coe.ultimo_folio:
        extra.append(f"Rectifica a la entrada {rectifies} de la hoja")
        rectifies = None
    medio = row.get("medio_otro") or row.get("medio")
    return EntradaNueva(
        key,
        clock.as_utc(row["ocurrido_en"]),
        tipo,
        str(row["asunto"]),
        "\n".join([str(row["detalle"]), *(line for line in extra if line)]),
        str(row.get("prioridad") or "rutina"),
        row.get("origen"),
        row.get("destino"),
        str(medio)[:40] if medio else None,
        territorio=row.get("municipio") or row.get("departamento"),
        rectifica_a=rectifies,
        requiere_accion=row.get("requiere_accion") is True,
    )


def _actividad(key: UUID, row: Mapping[str, Any], answers: Mapping[str, Any]) -> EntradaNueva | None:
    """A line of the SCI-214 as an entry; None: the log told it."""
    said = str(row["actividad"])
    if _FROM_THE_LOG.match(said):
        return None
    who = " · ".join(str(answers[name]) for name in ("nombre", "unidad", "institucion") if answers.get(name))
    return EntradaNueva(
        key,
        clock.as_utc(row["ocurrido_en"]),
        "otro",
        said if len(said) <= 140 else f"{said[:139]}…",
        said,
        origen=who[:160] or None,
    )


TELLERS |= {code: Teller(tell_log, annul_log) for code in SECTIONS}
