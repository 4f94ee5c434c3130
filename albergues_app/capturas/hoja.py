"""A format on the screen: what was typed as flat text, what was found, and how many rows to draw."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Rol
from albergues_app.audit.sealing import seal_for
from albergues_app.capturas.models import Borrador
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.core.errors import Aviso
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Area, Formato, Notice, Repetible, Result, validate
from albergues_app.formats.outputs.web_form import describe_form, unflatten
from albergues_app.ocupacion.format_catalogs import format_catalogos

_ROW = re.compile(r"^([a-z0-9_]+)-(\d{1,4})-")
_SEAL = "borrador.contenido"


@dataclass
class Hoja:
    """One sheet. ``gate``: fields of health and protection are left out."""

    formato: Formato
    op_id: UUID = field(default_factory=uuid7)
    valores: dict[str, str] = field(default_factory=dict)
    errores: list[Aviso] = field(default_factory=list)
    gate: bool = True
    mas: str = ""
    """The repeating section that asked for more rows."""

    def error_of(self, name: str) -> str | None:
        """The first message of a field by its flat name."""
        return next((e.mensaje for e in self.errores if e.campo and flat_name(e.campo) == name), None)

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
    def descrita(self) -> dict[str, Any]:
        """The screen as the format describes it."""
        return describe_form(self.formato, format_catalogos(), gate=self.gate)

    def judge(self, mode: str) -> Result:
        """The verdict of the engine on what was typed; errors stay in the sheet."""
        result = judge(self.formato, unflatten(self.formato, self.valores), self.gate, mode)
        self.errores = notices_as_avisos(result.errors)
        return result


def judge(formato: Formato, raw: object, gate: bool, mode: str = "rapido") -> Result:
    """``validate`` with the catalogues and the clock of the instance."""
    return validate(formato, raw, format_catalogos(), mode, clock.now(), gate)  # type: ignore[arg-type]


def flat_name(path: str) -> str:
    """`personas[2].edad` as the form names it: `personas-2-edad`."""
    return path.replace("[", "-").replace("].", "-").replace("]", "").replace(".", "-")


def notices_as_avisos(notices: Sequence[Notice]) -> list[Aviso]:
    return [Aviso(n.codigo, n.mensaje, n.campo or None) for n in notices]


def behind_the_gate(cuenta: Identity, formato: Formato) -> bool:
    """True where fields of health and protection are left out: for everybody but those professions."""
    return formato.area is Area.GENERAL and cuenta.rol not in {Rol.SALUD, Rol.PROTECCION}


def at_the_gate(formato: Formato, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers without those of health and protection."""
    off = {key for c in formato.campos if not c.gate for key in c.answer_keys}
    shown = {k: v for k, v in answers.items() if k not in off}
    for repetible in formato.repetibles:
        off = {key for c in repetible.campos if not c.gate for key in c.answer_keys}
        rows = answers.get(repetible.name) or []
        shown[repetible.name] = [{k: v for k, v in row.items() if k not in off} for row in rows]
    return shown


def with_hidden(formato: Formato, raw: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What the screen did not show stays as it was: the answers off the gate, of the sheet and of each row."""
    merged = {**_hidden(formato.campos, before), **raw}
    for repetible in formato.repetibles:
        old, new = before.get(repetible.name) or [], merged.get(repetible.name) or []
        if isinstance(new, list) and len(old) == len([row for row in new if row]):
            merged[repetible.name] = [
                {**_hidden(repetible.campos, one), **two}
                for one, two in zip(old, [row for row in new if row], strict=True)
            ]
    return merged


def _hidden(campos: Sequence[Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    return {k: answers[k] for c in campos if not c.gate for k in c.answer_keys if k in answers}


def section_of(formato: Formato, code: str) -> Repetible | None:
    return next((r for r in formato.repetibles if r.name == code), None)


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
    """Keep what is typed, sealed (in the caller's unit of work). False: the id belongs to another account."""
    row = db.session.get(Borrador, op_id)
    if row is not None and row.cuenta_id != cuenta.id:
        return False
    text = json.dumps(dict(valores), ensure_ascii=False)
    sealed = seal_for(emergencia_id).seal(text.encode(), _SEAL)
    if row is None:
        row = Borrador(
            id=op_id, cuenta_id=cuenta.id, formato=formato.code, edicion=formato.version,
            emergencia_id=emergencia_id, lugar=lugar, registro_id=registro_id, contenido=sealed,
            actualizado_en=clock.now(),
        )  # fmt: skip
        db.session.add(row)
    row.contenido, row.actualizado_en = sealed, clock.now()
    db.session.flush()
    return True


def open_draft(cuenta: Identity, op_id: UUID) -> tuple[Borrador, dict[str, str]] | None:
    """A draft of this account, or None."""
    row = db.session.get(Borrador, op_id)
    if row is None or row.cuenta_id != cuenta.id:
        return None
    try:
        return row, json.loads(seal_for(row.emergencia_id).open(row.contenido, _SEAL))
    except KeyMissing:
        return None


def drop_draft(cuenta: Identity, op_id: UUID) -> None:
    """In the caller's unit of work; one that is not there, or another's, is left alone."""
    b = table_of(Borrador)
    db.session.execute(delete(b).where(b.c.id == op_id, b.c.cuenta_id == cuenta.id))


def drafts_of(cuenta: Identity) -> list[BorradorVisible]:
    """The drafts of an account, the latest first."""
    stmt = select(Borrador).where(Borrador.cuenta_id == cuenta.id).order_by(Borrador.actualizado_en.desc())
    return [
        BorradorVisible(
            row.id, formatos.get(row.formato, row.edicion).title, row.formato, row.lugar, row.registro_id,
            row.actualizado_en,
        )
        for row in db.session.scalars(stmt.limit(50))
    ]  # fmt: skip
