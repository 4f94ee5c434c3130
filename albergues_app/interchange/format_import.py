"""Filled formats of a file, judged row by row before anything is written: what is new, what is here, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.capturas.batch import (
    Entrada,
    Guardado,
    Progress,
    entries,
    known_ids,
    save_batch,
    searches,
    world_errors,
)
from albergues_app.capturas.bindings import HOUSEHOLDS
from albergues_app.capturas.intake import ingreso_of, may_write
from albergues_app.capturas.places import Lugar
from albergues_app.capturas.services import summary
from albergues_app.core import clock
from albergues_app.core.errors import Forbidden, RuleBroken
from albergues_app.core.unit_of_work import Actor
from albergues_app.formats.engine import Formato, Notice, Result
from albergues_app.formats.outputs.columns_in import SheetMap, Sheets, propose
from albergues_app.formats.outputs.flat_sheets import lay_out
from albergues_app.formats.outputs.readers import layout_of
from albergues_app.formats.outputs.xlsx_errors import Finding, findings_of, write_errors_of
from albergues_app.formats.outputs.xlsx_in import (
    Filled,
    FilledRecord,
    Place,
    UnreadableWorkbook,
    check_filled,
    read_mapped,
)
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.format_files import filled_from, open_file, open_pdfs, sheets_from
from albergues_app.ocupacion import matches
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.ocupacion.services import IngresoNuevo

EMPTY = "El archivo no tiene filas llenas. Llene al menos una y vuelva a subirlo."
_STOP = frozenset({"fila_sin_familia", "numero_repetido"})


@dataclass(frozen=True)
class Encargo:
    """What a file is taken for. ``gate``: whether what is of a profession stays out."""

    formato: Formato
    lugar: Lugar
    gate: bool


@dataclass
class Lectura:
    """What a file holds. ``filled`` where no column can be chosen: JSON, a PDF, another program's layout."""

    sheets: Sheets
    filled: Filled | None = None


@dataclass
class Ensayo:
    """The dry run: every record with its verdict and the id it has or would have; nothing is written."""

    leidos: list[tuple[FilledRecord, Result]]
    entradas: list[Entrada | None] = field(default_factory=list)
    """Of each record, in order; None where it has errors."""
    conocidos: frozenset[Any] = frozenset()
    sueltas: list[str] = field(default_factory=list)
    """Rows that belong to no record."""
    notas: list[str] = field(default_factory=list)
    hallazgos: list[Finding] = field(default_factory=list)

    @property
    def con_errores(self) -> int:
        """Records and loose rows to be corrected."""
        return sum(one is None for one in self.entradas) + len(self.sueltas)

    @property
    def buenos(self) -> list[Result]:
        """What may be written, known or not."""
        return [one.result for one in self.entradas if one is not None]

    def state_of(self, number: int) -> str:
        """``error`` | ``conocido`` | ``nuevo`` of a record by its place in ``leidos``."""
        one = self.entradas[number]
        return "error" if one is None else "conocido" if one.id in self.conocidos else "nuevo"


def check_doors(identity: Identity, formato: Formato, lugar: Lugar) -> None:
    """Both doors of writing this format there, as the account is now.

    :raises Forbidden: this role never. :raises NotFound: not this format, or not here.
    """
    if not role_may(identity.rol, Permiso.REGISTRO_EDITAR):
        raise Forbidden()
    may_write(identity, formato, lugar)


def read_content(
    formato: Formato, content: bytes, filename: str, gate: bool, more: Sequence[bytes] = ()
) -> dict[str, Any]:
    """The file as plain values, read in a limited child; ``more`` are PDFs that go on with its rows.

    :raises ArchivoIlegible: with one sentence
    """
    plain = open_pdfs(formato, [content, *more]) if more else open_file(formato, content, filename, gate)
    if "tabla" in plain and not any(h["filas"] for h in plain["tabla"]["hojas"]):
        raise ArchivoIlegible(EMPTY)
    return plain


def understand(formato: Formato, plain: Mapping[str, Any], gate: bool) -> Lectura:
    """Tables, or the records of a reader that says itself what is what. :raises ArchivoIlegible: a part is missing"""
    if "llenos" in plain:
        return Lectura(*lay_out(formato, filled_from(plain["llenos"]), gate))
    sheets = sheets_from(dict(plain))
    layout = layout_of(formato, sheets, gate)
    try:
        return Lectura(sheets, layout.read(formato, sheets, gate) if layout else None)
    except UnreadableWorkbook as problem:
        raise ArchivoIlegible(str(problem)) from problem


def propose_columns(
    formato: Formato, lectura: Lectura, gate: bool, remembered: Mapping[str, str] | None = None
) -> list[SheetMap]:
    """What each column of the tables is taken for; nothing where there is nothing to choose."""
    if lectura.filled is not None:
        return []
    return propose(formato, lectura.sheets, gate, format_catalogos(), remembered)


def rehearse(encargo: Encargo, lectura: Lectura, maps: Sequence[SheetMap]) -> Ensayo:
    """Judge every row and write nothing. :raises ArchivoIlegible: no row is filled"""
    formato, now = encargo.formato, clock.now()
    filled = lectura.filled or read_mapped(lectura.sheets, maps)
    if not filled.records and not filled.notices:
        raise ArchivoIlegible(EMPTY)
    checked = check_filled(formato, filled, format_catalogos(), "rapido", now, encargo.gate)
    stops = {(p.sheet, p.row): n for n, p in filled.notices if p and n.codigo in _STOP}
    results = [result for _record, result in checked]
    judged = []
    for (record, result), world in zip(checked, world_errors(formato, encargo.lugar, results), strict=True):
        own = record.places.get("")
        repeated = stops.pop((own.sheet, own.row), None) if own else None
        more = [*world, *([repeated] if repeated else [])]
        judged.append((record, _with_errors(result, more)))
    if not judged and not stops:
        raise ArchivoIlegible(EMPTY)
    fit = [(record, result) for record, result in judged if result.ok]
    good = entries(formato, encargo.lugar, [r for _, r in fit], [record.key for record, _ in fit])
    waiting = iter(good)
    told = [(n, p) for n, p in filled.notices if n.codigo not in _STOP]
    return Ensayo(
        leidos=judged,
        entradas=[next(waiting) if result.ok else None for _record, result in judged],
        conocidos=frozenset(known_ids(formato, [one.id for one in good])),
        sueltas=[f"{n.mensaje} ({Place(*where)})" for where, n in stops.items()],
        notas=list(dict.fromkeys(f"{n.mensaje} ({p})" if p else n.mensaje for n, p in told)),
        hallazgos=[f for f in findings_of(filled, judged) if f.place != Place("", 0)],
    )


def _with_errors(result: Result, more: Sequence[Notice]) -> Result:
    if not more:
        return result
    errors = (*result.errors, *more)
    return Result(result.answers, errors, result.warnings, result.pending, result.row_numbers)


def find_alike(identity: Identity, encargo: Encargo, ensayo: Ensayo, limit: int) -> dict[int, list[str]]:
    """Of each new household (by its place), who may be registered already. Whom it names is logged as read."""
    fresh = [one for one in ensayo.entradas if one is not None and one.id not in ensayo.conocidos]
    if encargo.formato.code not in HOUSEHOLDS or sum(map(_people_of, fresh)) > limit:
        return {}
    places: list[int] = []
    lote: list[IngresoNuevo] = []
    for number, one in enumerate(ensayo.entradas):
        if one is not None and one.id not in ensayo.conocidos:
            lote.append(ingreso_of(encargo.formato, encargo.lugar, one.result, one.id))
            places += [number] * len(lote[-1].personas)
    people = [p for datos in lote for p in datos.personas]
    found = matches.find_many(identity, searches(lote), [p.id for p in people], "web:importar_registros")
    told: dict[int, list[str]] = {}
    for number, persona, same in zip(places, people, found, strict=True):
        for m in same:
            who = f"{persona.nombres} {persona.apellidos or ''}".strip()
            where = f"presente en {m.albergue}" if m.presente else f"estuvo en {m.albergue}"
            text = (
                f"{who} puede ser {m.nombre}, familia {m.familia}, {where}: {', '.join(m.razones).lower()}."
            )
            told.setdefault(number, []).append(f"{who}: {m.razones[0]}" if m.persona_id is None else text)
    return told


def _people_of(one: Entrada) -> int:
    return len(one.result.answers.get("personas") or ())


def title_of(formato: Formato, result: Result) -> str:
    """What a person knows a record by: the head of a household and how many they are, else its first answers."""
    rows = {r.name: len(result.answers.get(r.name) or ()) for r in formato.repetibles}
    if formato.code in HOUSEHOLDS:
        people = result.answers.get("personas") or [{}]
        head = next((p for p in people if p.get("parentesco") == "jefe"), people[0])
        name = f"{head.get('nombres') or ''} {head.get('apellidos') or ''}".strip() or "Sin nombre"
        return f"{name} · {rows.get('personas', 0)} {'persona' if rows.get('personas') == 1 else 'personas'}"
    words = [summary(formato, result.answers)]
    words += [f"{r.title}: {rows[r.name]}" for r in formato.repetibles if rows[r.name]]
    return " · ".join(word for word in words if word)[:200]


def save(
    encargo: Encargo,
    ensayo: Ensayo,
    actor: Actor,
    *,
    only_good: bool,
    identity: Identity | None = None,
    progress: Progress | None = None,
) -> Guardado:
    """Write the good records in one transaction; with errors, only where the person chose so.

    :raises RuleBroken: something is wrong and nobody chose to leave it out, or nothing is good.
    """
    if ensayo.con_errores and not only_good:
        raise RuleBroken("filas_con_error", "Hay filas con error. No se guardó nada.", "archivo")
    if not ensayo.buenos:
        raise RuleBroken(
            "nada_bueno", "Ninguna fila está bien. Corríjalas y suba el archivo de nuevo.", "archivo"
        )
    claves = [one.clave for one in ensayo.entradas if one is not None]
    return save_batch(encargo.formato, encargo.lugar, ensayo.buenos, actor, identity, progress, claves)


def errors_workbook(lectura: Lectura, ensayo: Ensayo, maps: Sequence[SheetMap] = ()) -> bytes:
    """The person's own tables as a workbook, with what to correct beside each row."""
    target = BytesIO()
    headings = {one.sheet: one.first_row for one in maps if one.first_row}
    write_errors_of(lectura.sheets, target, ensayo.hallazgos, headings)
    return target.getvalue()
