"""Make a pliego, tie a folio to what was captured from it, and say what became of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.core import clock
from albergues_app.core.db import db, insert_rows
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.formats.engine import Formato
from albergues_app.pliegos.codes import folio_code, lacks_check, new_lot, read_folio
from albergues_app.pliegos.models import EstadoFolio, FolioPapel, Pliego

MAX_FOLIOS = 200
"""Sheets of one pliego: what one PDF holds without making anybody wait a minute."""


@dataclass(frozen=True, kw_only=True)
class Donde:
    """Where paper is used: a shelter at work, a site, a municipality or a department."""

    departamento: str
    municipio: str | None = None
    albergue_codigo: str | None = None
    albergue_id: UUID | None = None
    activacion_id: UUID | None = None
    emergencia_id: UUID | None = None


def build_pliego(
    pliego_id: UUID, formato: Formato, donde: Donde, cantidad: int, papel: str, kit_id: UUID | None = None
) -> Pliego:
    """The row before it is written, so that a door may look at it."""
    actor = current_actor()
    return Pliego(
        id=pliego_id,
        lote=new_lot(),
        formato=formato.code,
        edicion=formato.version,
        area=formato.area.value,
        papel=papel,
        cantidad=cantidad,
        kit_id=kit_id,
        emergencia_id=donde.emergencia_id,
        activacion_id=donde.activacion_id,
        albergue_id=donde.albergue_id,
        departamento_codigo=donde.departamento,
        municipio_codigo=donde.municipio,
        albergue_codigo=donde.albergue_codigo,
        creado_en=clock.now(),
        cuenta_id=actor.cuenta_id if actor else None,
    )


def create_pliego(row: Pliego) -> dict[str, Any]:
    """Write a pliego and all its folios. The lot is unique: where two writers drew the same one, the write is tried anew.

    :raises RuleBroken: `cantidad`.
    """
    if not 1 <= row.cantidad <= MAX_FOLIOS:
        raise RuleBroken("cantidad", f"Escriba cuántas hojas: de 1 a {MAX_FOLIOS}.", "cantidad")
    db.session.add(row)
    db.session.flush()
    insert_rows(
        FolioPapel,
        [
            {
                "id": uuid7(),
                "pliego_id": row.id,
                "numero": numero,
                "codigo": folio_code(row.lote, numero),
                "estado": EstadoFolio.SIN_USAR.value,
                "registro_id": None,
                "familia_id": None,
                "motivo": None,
                "cambiado_en": None,
            }
            for numero in range(1, row.cantidad + 1)
        ],
    )
    return {"id": str(row.id), "lote": row.lote, "avisos": []}


def use_folio(
    text: str,
    formato: str,
    donde: Donde,
    *,
    registro_id: UUID | None = None,
    familia_id: UUID | None = None,
) -> list[Aviso]:
    """Tie the folio that was copied from the paper to what was captured, in the caller's unit of work.

    Nothing is refused: a folio that is unknown, of another format or already used is told and left as it is; one
    of another place, or lost, is told and tied.
    """
    read = read_folio(text)
    if read is None:
        if short := lacks_check(text):
            return [
                _told("folio_mal_copiado", f"Al folio {short} le falta su letra final. Cópiela de la hoja.")
            ]
        return [_told("folio_desconocido", f"El folio «{text[:20]}» no es de un pliego del sistema.")]
    codigo, fits = read
    if not fits:
        return [
            _told(
                "folio_mal_copiado", f"El folio {codigo} no cuadra con su letra final. Compárelo con la hoja."
            )
        ]
    stmt = select(FolioPapel).where(FolioPapel.codigo == codigo).with_for_update()
    folio = db.session.scalars(stmt).one_or_none()
    if folio is None:
        return [_told("folio_desconocido", f"El folio {codigo} no es de un pliego del sistema.")]
    pliego = db.session.get_one(Pliego, folio.pliego_id)
    if pliego.formato != formato:
        return [_told("folio_de_otro_formato", f"El folio {codigo} es de otro formato. Revise la hoja.")]
    if folio.estado == EstadoFolio.USADO:
        same = (folio.registro_id, folio.familia_id) == (registro_id, familia_id)
        twice = f"El folio {codigo} ya se usó. Revise si esta hoja se pasó dos veces."
        return [] if same else [_told("folio_ya_usado", twice)]
    if folio.estado == EstadoFolio.ANULADO:
        return [_told("folio_anulado", f"El folio {codigo} está anulado y así queda. Revise por qué.")]
    told = []
    if folio.estado == EstadoFolio.EXTRAVIADO:
        told.append(_told("folio_aparecido", f"El folio {codigo} estaba como extraviado; ahora queda usado."))
    if not _is_here(pliego, donde):
        told.append(_told("folio_de_otro_lugar", f"El folio {codigo} se imprimió para otro lugar."))
    folio.estado, folio.cambiado_en = EstadoFolio.USADO, clock.now()
    folio.registro_id, folio.familia_id, folio.motivo = registro_id, familia_id, None
    db.session.flush()
    return told


def release_folios(registro_id: UUID, keep: str | None) -> None:
    """A correction of the folio frees the one that was copied wrong; ``keep`` is the one in force now."""
    read = read_folio(keep) if keep else None
    kept = read[0] if read else None
    for folio in db.session.scalars(select(FolioPapel).where(FolioPapel.registro_id == registro_id)):
        if folio.codigo != kept:
            folio.estado, folio.registro_id = EstadoFolio.SIN_USAR, None
            folio.cambiado_en = clock.now()
    db.session.flush()


def forget_reasons(emergencia_id: UUID) -> None:
    """With the key of an emergency goes what people wrote about its sheets of paper."""
    mine = select(Pliego.id).where(Pliego.emergencia_id == emergencia_id)
    for folio in db.session.scalars(
        select(FolioPapel).where(FolioPapel.pliego_id.in_(mine), FolioPapel.motivo.is_not(None))
    ):
        folio.motivo = None
    db.session.flush()


def mark_folios(pliego: Pliego, numeros: list[int], estado: str, motivo: str) -> dict[str, Any]:
    """Say that sheets were annulled or lost, or came back, and why.

    :raises RuleBroken: `falta_motivo`, `folio_ausente`, `folio_usado`.
    """
    reason = clean(motivo)[:300]
    if not reason:
        raise RuleBroken("falta_motivo", "Escriba qué pasó con esas hojas.", "motivo")
    stmt = (
        select(FolioPapel)
        .where(FolioPapel.pliego_id == pliego.id, FolioPapel.numero.in_(numeros))
        .with_for_update()
    )
    found = {folio.numero: folio for folio in db.session.scalars(stmt)}
    absent = [n for n in numeros if n not in found]
    if absent:
        raise RuleBroken(
            "folio_ausente", f"Este pliego va de 1 a {pliego.cantidad}: no tiene {spans(absent)}.", "folios"
        )
    used = [n for n in numeros if found[n].estado == EstadoFolio.USADO]
    if used:
        raise RuleBroken(
            "folio_usado",
            f"Ya se usaron: {spans(used)}. Si es un error, anule el registro que los usó.",
            "folios",
        )
    moment = clock.now()
    for folio in found.values():
        folio.estado, folio.motivo, folio.cambiado_en = EstadoFolio(estado), reason, moment
    db.session.flush()
    return {"id": str(pliego.id), "marcados": len(found), "avisos": []}


def spans(numeros: list[int]) -> str:
    """«3, 8–12, 40»."""
    runs: list[list[int]] = []
    for numero in sorted(set(numeros)):
        if runs and numero == runs[-1][1] + 1:
            runs[-1][1] = numero
        else:
            runs.append([numero, numero])
    return ", ".join(f"{a}" if a == b else f"{a}, {b}" if b == a + 1 else f"{a}–{b}" for a, b in runs)


def _is_here(pliego: Pliego, donde: Donde) -> bool:
    if pliego.albergue_id is not None:
        return pliego.albergue_id == donde.albergue_id
    if pliego.municipio_codigo is not None:
        return pliego.municipio_codigo == donde.municipio
    return pliego.departamento_codigo == donde.departamento


def _told(codigo: str, mensaje: str) -> Aviso:
    return Aviso(codigo, mensaje, "folio_papel")
