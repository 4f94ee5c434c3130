"""One way in for the doors that are no screen: what a filled format writes, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, permits, role_may
from albergues_app.albergues.models import Activacion
from albergues_app.capturas.bindings import (
    BINDERS,
    HOUSEHOLDS,
    annul_tables,
    bind,
    bind_again,
    changes_facts,
)
from albergues_app.capturas.gate import told_at_the_gate, with_hidden
from albergues_app.capturas.places import Lugar
from albergues_app.capturas.rows import Ids, ids_after
from albergues_app.capturas.services import (
    RegistroNuevo,
    annul_registro,
    correct_registro,
    registro_for_update,
    save_registro,
)
from albergues_app.core.db import db
from albergues_app.core.errors import Forbidden, NotFound, RuleBroken
from albergues_app.formats.engine import Formato, Mode, Result
from albergues_app.ocupacion import bindings
from albergues_app.ocupacion.services.ingreso import register_ingreso
from albergues_app.ocupacion.services.ingreso_rows import IngresoNuevo


class _WouldBe:
    """The record before it is written, as permissions ask for it."""

    def __init__(self, area: str, lugar: Lugar) -> None:
        self.area = area
        self.departamento_codigo = lugar.departamento
        self.municipio_codigo, self.albergue_codigo = lugar.municipio, lugar.albergue_codigo


def may_write(cuenta: Identity, formato: Formato, lugar: Lugar) -> None:
    """The doors of writing a filled format at a place.

    :raises Forbidden: this role never. :raises NotFound: not this format, or not here.
    """
    if not permits(cuenta, Permiso.REGISTRO_EDITAR, _WouldBe(formato.area, lugar)):
        raise NotFound()
    permiso = permiso_of_tables(formato)
    if permiso is None:
        return
    if not role_may(cuenta.rol, permiso):
        raise Forbidden()
    row = db.session.get(Activacion, lugar.activacion_id)
    if row is None or not permits(cuenta, permiso, row):
        raise NotFound()


def permiso_of_tables(formato: Formato) -> Permiso | None:
    """The right that a format needs besides, where it writes to tables of its own."""
    if formato.code in HOUSEHOLDS:
        return Permiso.INGRESO_REGISTRAR
    binder = BINDERS.get(formato.code)
    return binder.permiso if binder is not None else None


def may_correct(
    cuenta: Identity, formato: Formato, lugar: Lugar, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """Who may complete a sheet may not always change what its tables were told.

    :raises RuleBroken: `numeros_de_otro`.
    """
    if not changes_facts(formato, lugar, before, after):
        return
    row = db.session.get(Activacion, lugar.activacion_id)
    if row is None or not permits(cuenta, BINDERS[formato.code].permiso, row):
        raise RuleBroken(
            "numeros_de_otro",
            f"Su rol puede completar «{formato.title}», pero no cambiar sus números ni su hora. Pídalo a quien lo envió.",
        )


def work_of(
    formato: Formato,
    lugar: Lugar,
    result: Result,
    op_id: UUID,
    capturado_en: datetime | None = None,
    folio: str | None = None,
    completo: bool = False,
) -> Callable[[], dict[str, Any]]:
    """What to run inside the unit of work for one valid sheet."""
    if formato.code in HOUSEHOLDS:
        household = ingreso_of(formato, lugar, result, op_id, capturado_en, folio)
        return lambda: register_ingreso(household)
    datos = RegistroNuevo(op_id, formato, lugar, result, capturado_en, folio, completo)

    def work() -> dict[str, Any]:
        body = save_registro(datos)
        body["avisos"] += [a.as_dict() for a in bind(datos)]
        return body

    return work


def correction_of(
    cuenta: Identity,
    registro_id: UUID,
    formato: Formato,
    lugar: Lugar,
    judged: Correccion,
    before: Mapping[str, Any],
    motivo: str,
    version: int,
    capturado_en: datetime | None = None,
    completo: bool = False,
) -> Callable[[], dict[str, Any]]:
    """What to run inside the unit of work for one corrected sheet, seen in its ``version`` with ``before``."""
    datos = RegistroNuevo(
        registro_id, formato, lugar, judged.result, capturado_en, None, completo, judged.filas
    )

    def work() -> dict[str, Any]:
        row = registro_for_update(registro_id)
        may_correct(cuenta, formato, lugar, before, judged.result.answers)
        body = correct_registro(row, datos, motivo, version)
        body["avisos"] += [a.as_dict() for a in bind_again(datos, before, row.captura_id)]
        return body

    return work


def annulment_of(registro_id: UUID, motivo: str) -> Callable[[], dict[str, Any]]:
    """What to run inside the unit of work to annul a record.

    :raises RuleBroken: `no_se_anula`, what it wrote to its tables would stand; nothing is written then.
    """

    def work() -> dict[str, Any]:
        row = registro_for_update(registro_id)
        body = annul_registro(row, motivo)
        body["avisos"] += [a.as_dict() for a in annul_tables(row, motivo)]
        return body

    return work


@dataclass(frozen=True)
class Correccion:
    """The verdict on a corrected sheet, and which row of it is which row of the version before."""

    result: Result
    filas: dict[str, list[str | None]]


def judge_correction(
    formato: Formato, raw: Mapping[str, Any], before: Mapping[str, Any], ids: Ids, mode: Mode, gate: bool
) -> Correccion:
    """Judge a corrected sheet; what this door does not show stays as it was. ``ids``: of the rows of ``before``."""
    result = bindings.check(formato, raw, gate, mode)
    if not result.ok:
        return Correccion(result, {})
    merged = with_hidden(formato, raw, before, gate, result, ids)
    whole = bindings.check(formato, merged, False)
    by_place = {
        r.name: [row.get("id") if isinstance(row, Mapping) else None for row in merged.get(r.name) or ()]
        for r in formato.repetibles
    }
    filas = ids_after(whole, by_place)
    if not gate:
        return Correccion(whole, filas)
    refused = tuple(n for n in result.warnings if n.codigo == "no_va_en_la_puerta")
    told = told_at_the_gate(formato, whole)
    return Correccion(replace(told, warnings=(*refused, *told.warnings)), filas)


def ingreso_of(
    formato: Formato,
    lugar: Lugar,
    result: Result,
    op_id: UUID,
    capturado_en: datetime | None = None,
    folio: str | None = None,
) -> IngresoNuevo:
    """The household of a boleta. Ids come from the sheet's: sent twice it is once."""
    assert lugar.activacion_id is not None
    datos = bindings.ingreso_from(
        result,
        op_id=op_id,
        activacion_id=lugar.activacion_id,
        familia_id=uuid5(op_id, "familia"),
        persona_ids={n: uuid5(op_id, f"persona/{n}") for n in result.row_numbers.get("personas", ())},
        capturado_en=capturado_en,
        formato=formato,
    )
    if folio and datos.captura is not None:
        datos = replace(datos, captura=replace(datos.captura, folio=folio))
    return datos
