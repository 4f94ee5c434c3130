"""The log kept on paper: its lines become entries of the COE that is active there, or it is said why they did not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from albergues_app.accounts.identity import load_identity
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.capturas.bindings import TELLERS
from albergues_app.capturas.places import Lugar
from albergues_app.capturas.rows import ids_of, with_ids
from albergues_app.capturas.services import RegistroNuevo
from albergues_app.coe.models import Coe, EntradaCoe
from albergues_app.coe.services import EntradaNueva, write_entrada
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.unit_of_work import current_actor

FORMATO, SECTION = "bitacora_coe", "entradas"


def tell_log(datos: RegistroNuevo, before: Mapping[str, Any] | None, captura_id: UUID) -> list[Aviso]:
    """Write the lines of a kept sheet that are not in the log yet; what there is to tell. In the caller's unit of work.

    An entry is never changed: a corrected line is told, to be rectified in the log itself.
    """
    coe = _active(datos.lugar)
    if coe is None:
        return [_not_written("no hay un COE activo en ese lugar para esa emergencia")]
    if not _may(coe):
        return [_not_written("la escriben los miembros de ese COE")]
    answers = with_ids(datos.formato, datos.result.answers, datos.filas)
    keys = ids_of(datos.formato, captura_id, answers)[SECTION]
    rows = list(datos.result.answers.get(SECTION) or ())
    ids = [uuid5(datos.id, f"entrada/{key}") for key in keys]
    known = set(db.session.scalars(select(EntradaCoe.id).where(EntradaCoe.id.in_(ids))))
    written: list[int] = []
    for key, row in zip(ids, rows, strict=True):
        if key not in known:
            try:
                written.append(int(write_entrada(coe.id, _entrada(key, row, coe))["folio"]))
            except RuleBroken as refused:
                return [_not_written(refused.mensaje.rstrip(".").lower())]
    avisos = []
    if written:
        folios = f"el folio {written[0]}" if len(written) == 1 else f"los folios {written[0]} a {written[-1]}"
        avisos.append(Aviso("escrita_en_bitacora", f"Quedó en la bitácora del COE con {folios}."))
    earlier = list((before or {}).get(SECTION) or ())
    changed = sum(key in known and row not in earlier for key, row in zip(ids, rows, strict=True))
    if changed:
        lines = "1 línea ya estaba" if changed == 1 else f"{changed} líneas ya estaban"
        avisos.append(
            Aviso(
                "entrada_no_se_cambia",
                f"{lines} en la bitácora, que no se cambia: rectifíquela allí con otra entrada.",
                SECTION,
            )
        )
    return avisos


def _not_written(why: str) -> Aviso:
    return Aviso(
        "bitacora_sin_escribir", f"La hoja quedó guardada, pero no pasó a la bitácora del COE: {why}."
    )


def _active(lugar: Lugar) -> Coe | None:
    """The COE at work in that very place, of the emergency if one was named."""
    stmt = select(Coe).where(
        Coe.desactivado_en.is_(None),
        Coe.departamento_codigo == lugar.departamento,
        Coe.municipio_codigo == lugar.municipio if lugar.municipio else Coe.municipio_codigo.is_(None),
    )
    if lugar.emergencia_id is not None:
        stmt = stmt.where(Coe.emergencia_id == lugar.emergencia_id)
    found = db.session.scalars(stmt.limit(2)).all()
    return found[0] if len(found) == 1 else None


def _may(coe: Coe) -> bool:
    actor = current_actor()
    if actor is None or actor.cuenta_id is None:
        return actor is not None  # the terminal has every right
    cuenta = load_identity(actor.cuenta_id)
    return cuenta is not None and permits(cuenta, Permiso.COE_ESCRIBIR, coe)


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


TELLERS[FORMATO] = tell_log
