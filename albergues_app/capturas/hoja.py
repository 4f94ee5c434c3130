"""A format on the screen: what was typed as flat text, what was found, and how many rows to draw."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from albergues_app.accounts.identity import Identity
from albergues_app.audit.sealing import seal_for
from albergues_app.capturas.adjuntos import drop_files
from albergues_app.capturas.models import Borrador
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.core.errors import Aviso
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato, Mode, Result
from albergues_app.formats.outputs.flat import cell_text
from albergues_app.formats.outputs.web_form import describe_form, unflatten
from albergues_app.ocupacion.bindings import avisos_of, check, message_of
from albergues_app.ocupacion.format_catalogs import format_catalogos

_ROW = re.compile(r"^([a-z0-9_]+)-(\d{1,4})-")
_PATH = re.compile(r"^([a-z0-9_]+)\[(\d{1,4})\]")
_SEAL = "borrador.contenido"
OF_A_PAGE = "hoja:"
"""Where the draft of a sheet that is typed from its picture hangs: it is found again on that page, not in the list."""


@dataclass
class Hoja:
    """One sheet. ``gate``: fields of health and protection are left out."""

    formato: Formato
    op_id: UUID = field(default_factory=uuid7)
    valores: dict[str, str] = field(default_factory=dict)
    errores: list[Aviso] = field(default_factory=list)
    gate: bool = True
    version: int = 0
    """Of the record that is being corrected: the one that was on the screen."""
    mas: str = ""
    """The repeating section that asked for more rows."""

    def error_of(self, name: str) -> str | None:
        """The first message of a field by its flat name."""
        return message_of(self.errores, name)

    @property
    def resumen(self) -> list[Aviso]:
        """The errors for the head of the page: those of a row say which."""
        names = {r.name: r.singular.capitalize() for r in self.formato.repetibles}
        found = []
        for one in self.errores:
            row = _PATH.match(one.campo or "")
            said = f"{names[row[1]]} {int(row[2]) + 1}: " if row and row[1] in names else ""
            found.append(Aviso(one.codigo, said + one.mensaje, one.campo))
        return found

    def filas(self, code: str) -> int:
        """Rows to draw of a repeating section: what was typed and one more, or what the paper begins with."""
        repetible = next(r for r in self.formato.repetibles if r.name == code)
        last = max((n for n, name in self._typed() if name == code), default=-1)
        wanted = max(last + 2, repetible.min_rows, 1) + (3 if self.mas == code else 0)
        return min(wanted, repetible.max_rows)

    def puestas(self, code: str) -> list[int]:
        """Numbers of the rows of a section that hold something."""
        return sorted({n for n, name in self._typed() if name == code})

    def _typed(self) -> list[tuple[int, str]]:
        found = []
        for key, value in self.valores.items():
            match = _ROW.match(key)
            if match and value:
                found.append((int(match[2]), match[1]))
        return found

    @property
    def calculados(self) -> dict[str, str]:
        """What the format works out from what was typed, by the flat name of its field."""
        if not self.formato.calculos or not any(self.valores.values()):
            return {}
        result = check(self.formato, unflatten(self.formato, self.valores), self.gate)
        found: dict[str, str] = {}
        for calculo in self.formato.calculos:
            values = calculo.values(result.answers, clock.now())
            numbers = result.row_numbers.get(calculo.repetible, ())
            names = [f"{calculo.repetible}-{n}-" for n in numbers] if calculo.repetible else [""]
            for name, value in zip(names, values, strict=True):
                if value is not None:
                    found[name + calculo.campo] = cell_text(value)
        return found

    @property
    def descrita(self) -> dict[str, Any]:
        """The screen as the format describes it."""
        return describe_form(self.formato, format_catalogos(), gate=self.gate)

    def judge(self, mode: Mode) -> Result:
        """The verdict of the engine on what was typed; errors stay in the sheet."""
        result = check(self.formato, unflatten(self.formato, self.valores), self.gate, mode)
        self.errores = avisos_of(result.errors)
        return result


@dataclass(frozen=True)
class BorradorVisible:
    """A draft in the list of its owner."""

    id: UUID
    titulo: str
    formato: str
    lugar: str
    registro_id: UUID | None
    actualizado_en: Any


def keep_draft(
    cuenta: Identity,
    op_id: UUID,
    formato: Formato,
    lugar: str,
    emergencia_id: UUID | None,
    registro_id: UUID | None,
    valores: Mapping[str, str],
) -> bool:
    """Keep what is typed, sealed (in the caller's unit of work). False: the id is of another account or another sheet."""
    row = db.session.get(Borrador, op_id)
    if row is not None and (row.cuenta_id, row.formato, row.registro_id) != (
        cuenta.id,
        formato.code,
        registro_id,
    ):
        return False  # fmt: skip
    text = json.dumps(dict(valores), ensure_ascii=False)
    sealed = seal_for(emergencia_id).seal(text.encode(), _SEAL)
    if row is None:
        row = Borrador(
            id=op_id, cuenta_id=cuenta.id, formato=formato.code, edicion=formato.version,
            emergencia_id=emergencia_id, lugar=lugar, registro_id=registro_id, contenido=sealed,
            actualizado_en=clock.now(),
        )  # fmt: skip
        db.session.add(row)
    row.lugar, row.emergencia_id = lugar, emergencia_id
    row.contenido, row.actualizado_en = sealed, clock.now()
    db.session.flush()
    return True


def open_draft(
    cuenta: Identity, op_id: UUID, formato: Formato, registro_id: UUID | None = None
) -> tuple[Borrador, dict[str, str]] | None:
    """A draft of this account for this format (and the record it would correct), or None."""
    row = db.session.get(Borrador, op_id)
    if row is None or (row.cuenta_id, row.formato, row.registro_id) != (cuenta.id, formato.code, registro_id):
        return None
    try:
        return row, json.loads(seal_for(row.emergencia_id).open(row.contenido, _SEAL))
    except KeyMissing:
        return None


def drop_draft(cuenta: Identity, op_id: UUID) -> None:
    """In the caller's unit of work, with its files that no record took; another's is left alone."""
    drop_files(cuenta.id, op_id)
    b = table_of(Borrador)
    db.session.execute(delete(b).where(b.c.id == op_id, b.c.cuenta_id == cuenta.id))


def drafts_of(cuenta: Identity) -> list[BorradorVisible]:
    """The drafts of an account, the latest first; not those of pages of paper."""
    mine = (Borrador.cuenta_id == cuenta.id) & Borrador.lugar.not_like(f"{OF_A_PAGE}%")
    stmt = select(Borrador).where(mine).order_by(Borrador.actualizado_en.desc())
    return [
        BorradorVisible(
            row.id, formatos.get(row.formato, row.edicion).title, row.formato, row.lugar, row.registro_id,
            row.actualizado_en,
        )
        for row in db.session.scalars(stmt.limit(50))
    ]  # fmt: skip
