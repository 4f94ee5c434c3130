"""What the page of a log shows: its entries by filter, what is typed, what comes after a folio."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy import ColumnElement, func, select

from albergues_app.accounts.doors import current_cuenta
from albergues_app.accounts.models import Cuenta
from albergues_app.coe import adjuntos
from albergues_app.coe.acciones import Accion, write_with_action
from albergues_app.coe.models import MEDIO_NOMBRE, TIPO_NOMBRE, Coe, EntradaCoe, Prioridad
from albergues_app.coe.queries import Leida, entradas_of, search_folios
from albergues_app.coe.services import EntradaNueva
from albergues_app.core import clock
from albergues_app.core.db import db, run
from albergues_app.core.errors import Invalid
from albergues_app.core.keys import KeyMissing
from albergues_app.core.text import clean, normalize, whole_number
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.desk import parse_id
from albergues_app.territorio.catalogo import catalogo

PAGE = 100
"""Entries on a page; the older ones come by their folios."""

MEDIOS = MEDIO_NOMBRE
PRIORIDAD_NOMBRE = {"rutina": "Rutina", "prioritario": "Prioritario", "urgente": "Urgente"}
_E = EntradaCoe.__table__


@dataclass(frozen=True)
class Filtro:
    """What of a log is asked for; each part stands in the address."""

    q: str = ""
    tipo: str = ""
    prioridad: str = ""
    medio: str = ""
    turno: str = ""
    lugar: str = ""
    albergue: str = ""
    cuenta: str = ""
    dia_de: str = ""
    dia_a: str = ""
    tardias: bool = False
    accion: bool = False
    archivos: bool = False
    correcciones: bool = False
    hasta: int | None = None

    @classmethod
    def from_address(cls) -> Filtro:
        args = request.args

        def one(name: str, known: Collection[str]) -> str:
            return args.get(name, "") if args.get(name, "") in known else ""

        place = args.get("lugar", "")
        return cls(
            q=args.get("q", "")[:200].strip(),
            tipo=one("tipo", TIPO_NOMBRE),
            prioridad=one("prioridad", PRIORIDAD_NOMBRE),
            medio=one("medio", MEDIOS),
            turno=clean(args.get("turno", ""))[:40],
            lugar=place if _PLACE.fullmatch(place) else "",
            albergue=clean(args.get("albergue", ""))[:12],
            cuenta=str(parse_id(args.get("cuenta")) or ""),
            dia_de=args.get("dia_de", "") if _day(args.get("dia_de", "")) else "",
            dia_a=args.get("dia_a", "") if _day(args.get("dia_a", "")) else "",
            tardias=args.get("tardias") == "1",
            accion=args.get("accion") == "1",
            archivos=args.get("archivos") == "1",
            correcciones=args.get("correcciones") == "1",
            hasta=whole_number(args.get("hasta", "")),
        )

    @property
    def narrows(self) -> bool:
        return bool(self.address())

    @property
    def beyond(self) -> bool:
        """Does it ask for what stands behind «Más filtros»?"""
        return any(
            (self.medio, self.turno, self.lugar, self.albergue, self.cuenta, self.dia_de, self.dia_a, self.accion,
             self.archivos, self.correcciones)
        )  # fmt: skip

    def conditions(self) -> list[ColumnElement[bool]]:
        c = _E.c
        equal = (
            (c.tipo, self.tipo), (c.prioridad, self.prioridad), (c.medio, self.medio), (c.turno, self.turno),
            (c.albergue_codigo, self.albergue), (c.cuenta_id, UUID(self.cuenta) if self.cuenta else None),
        )  # fmt: skip
        found: list[ColumnElement[bool]] = [column == value for column, value in equal if value]
        if self.lugar:
            found.append(c.territorio.like(f"{self.lugar}%"))
        if day := _day(self.dia_de):
            found.append(c.ocurrido_en >= clock.day_start(day))
        if day := _day(self.dia_a):
            found.append(c.ocurrido_en < clock.day_start(day + timedelta(days=1)))
        for asked, condition in (
            (self.tardias, c.tardio), (self.accion, c.requiere_accion), (self.archivos, c.adjuntos.is_not(None)),
            (self.correcciones, c.rectifica_a.is_not(None)),
        ):  # fmt: skip
            if asked:
                found.append(condition)
        if self.hasta is not None:
            found.append(c.folio <= self.hasta)
        return found

    def address(self, **changes: Any) -> dict[str, Any]:
        """The parts of the address with some changed; what says nothing is left out, and where the page begins too."""
        whole = {f.name: "1" if (value := getattr(self, f.name)) is True else value for f in fields(self)}
        whole = {**whole, "hasta": None, **changes}
        return {name: value for name, value in whole.items() if value}


_PLACE = re.compile("[0-9]{2}|[0-9]{4}")


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 <= day.year <= 9000 else None


def entries_for(coe: Coe, filtro: Filtro) -> tuple[list[Leida], bool]:
    """The newest entries that meet the filter, and whether older ones remain."""
    conditions = filtro.conditions()
    if filtro.q:
        folios = search_folios(coe, conditions, normalize(filtro.q).split(), PAGE + 1)
        rows = entradas_of(coe, _E.c.folio.in_(folios), newest_first=True) if folios else []
    else:
        rows = entradas_of(coe, *conditions, newest_first=True, limit=PAGE + 1)
    return rows[:PAGE], len(rows) > PAGE


def entries_after(coe: Coe, filtro: Filtro, folio: int) -> tuple[list[Leida], int]:
    """What meets the filter and was written after a folio, the oldest first, and how far that goes.

    A page that slept for hours asks again from there until it has come to the last folio: nothing is skipped.
    """
    conditions, last = [*filtro.conditions(), _E.c.folio > folio], coe.ultimo_folio
    if filtro.q:
        folios = search_folios(coe, conditions, normalize(filtro.q).split(), last)
        rows = entradas_of(coe, _E.c.folio.in_(sorted(folios)[: PAGE + 1])) if folios else []
    else:
        rows = entradas_of(coe, *conditions, limit=PAGE + 1)
    return rows[:PAGE], rows[PAGE - 1].folio if len(rows) > PAGE else last


def entries_of(coe: Coe, folios: Sequence[int]) -> list[Leida]:
    """Some entries by their folios, the newest first."""
    return entradas_of(coe, _E.c.folio.in_(folios), newest_first=True) if folios else []


def rectified_of(coe: Coe, folios: Sequence[int]) -> dict[int, int]:
    """Of these folios, those that another corrects → the last that does."""
    stmt = select(_E.c.rectifica_a, _E.c.folio).where(_E.c.coe_id == coe.id, _E.c.rectifica_a.in_(folios))
    return {row.rectifica_a: row.folio for row in run(stmt.order_by(_E.c.folio))} if folios else {}


@dataclass(frozen=True)
class Facetas:
    """How many entries each quick filter would show, and what the others may be."""

    cuentas: dict[str, int]
    lugares: list[tuple[str, str]]
    turnos: list[tuple[str, str]]
    autores: list[tuple[str, str]]


def facets_of(coe: Coe) -> Facetas:
    """Counted once over the whole log."""
    c = _E.c
    columns = (c.prioridad, c.tipo, c.tardio, c.requiere_accion, c.territorio, c.turno, c.cuenta_id)
    rows = run(select(*columns, func.count()).where(c.coe_id == coe.id).group_by(*columns)).all()

    def count(asked: Callable[[Any], bool]) -> int:
        return sum(row[-1] for row in rows if asked(row))

    known = catalogo()
    places = sorted({row.territorio for row in rows if row.territorio})
    authors = {row.cuenta_id for row in rows if row.cuenta_id}
    names = select(Cuenta.id, Cuenta.nombre).where(Cuenta.id.in_(authors)).order_by(Cuenta.nombre)
    return Facetas(
        {
            "todas": count(lambda _: True),
            "urgentes": count(lambda row: row.prioridad == Prioridad.URGENTE),
            "decisiones": count(lambda row: row.tipo == "decision"),
            "accion": count(lambda row: row.requiere_accion),
            "tardias": count(lambda row: row.tardio),
        },
        [(p, known.lugar_texto(p) if len(p) == 4 else known.departamento_nombre(p)) for p in places],
        [(turno, turno) for turno in sorted({row.turno for row in rows})],
        [(str(row.id), row.nombre) for row in db.session.execute(names)] if authors else [],
    )


def subjects_of(coe: Coe, folios: Sequence[int]) -> dict[int, str]:
    """What some entries of the log are of."""
    return {entry.folio: entry.asunto for entry in entries_of(coe, folios[:50])}


def places_of(coe: Coe) -> list[tuple[str, str]]:
    """The municipalities that an entry may be of."""
    if coe.municipio_codigo:
        return []
    known = catalogo()
    wanted = (
        known.municipios_de(coe.departamento_codigo) if coe.departamento_codigo else known.municipios.values()
    )
    return sorted(((m.codigo, known.lugar_texto(m.codigo)) for m in wanted), key=lambda p: p[1])


def read_entrada(coe: Coe, typed: Typed) -> Callable[[], dict[str, Any]]:
    """What was typed as an entry to write; its faults are gathered in ``typed``."""
    when: datetime | None = typed.instant("ocurrido_en", "Escriba la hora del hecho.")
    datos = EntradaNueva(
        id=typed.op_id,
        ocurrido_en=when or clock.now(),
        tipo=typed.choice("tipo", TIPO_NOMBRE, "Elija el tipo."),
        asunto=typed.text("asunto", "Escriba el asunto en una línea.", 140),
        detalle=_lines(typed),
        prioridad=typed.choice("prioridad", PRIORIDAD_NOMBRE) or Prioridad.RUTINA,
        origen=typed.optional("origen", 160),
        destino=typed.optional("destino", 160),
        medio=typed.choice("medio", MEDIOS) or None,
        territorio=typed.choice("territorio", dict(places_of(coe))) or None,
        rectifica_a=typed.integer("rectifica_a", 1, 10_000_000),
        requiere_accion=typed.yes("requiere_accion"),
        adjuntos=tuple(take_files(coe, typed)),
    )
    accion = Accion(
        typed.optional("accion_responsable", 160),
        typed.optional("accion_institucion", 160),
        typed.instant("accion_plazo", ahead=None),
    )
    coe_id = coe.id
    return lambda: write_with_action(coe_id, datos, accion)


def take_files(coe: Coe, typed: Typed) -> list[UUID]:
    """The files of the form: those kept before and still ticked, and those that came now, kept until it is written."""
    keys = [key for key in map(parse_id, typed.all("adjunto")) if key is not None]
    good = []
    for file in request.files.getlist("adjuntos"):
        if file.filename:
            try:
                good.append(adjuntos.read_file(file))
            except Invalid as refused:
                typed.errores += refused.errores
    if len(keys) + len(good) > adjuntos.MAX:
        typed.fault("muchos_adjuntos", f"Caben {adjuntos.MAX} archivos en una entrada.", "adjuntos")
        good = good[: max(0, adjuntos.MAX - len(keys))]
    if good:
        form_id = typed.op_id
        try:
            with unit_of_work(current_cuenta().as_actor("web")):
                keys += [adjuntos.keep_file(coe, form_id, *one) for one in good]
        except KeyMissing:
            typed.fault("emergencia_disociada", "Los datos de esta emergencia ya se destruyeron.", None)
    keys = list(dict.fromkeys(keys))
    typed.raw["adjunto"] = [str(key) for key in keys]
    return keys


def waiting_files(coe: Coe, typed: Typed) -> list[adjuntos.Archivo]:
    """The files of a form that came back: they need not be chosen again."""
    keys = [key for key in map(parse_id, typed.all("adjunto")) if key is not None]
    return adjuntos.named(coe, adjuntos.waiting(coe, current_cuenta().id, keys)) if keys else []


def _lines(typed: Typed) -> str:
    """The detail with its lines; long enough for a report by radio."""
    raw = typed.get("detalle")
    if len(raw) > 8000:
        typed.fault(
            "texto_largo", "El detalle pasa de 8,000 letras: escriba el resto en otra entrada.", "detalle"
        )
        return ""
    text = "\n".join(clean(line) for line in raw.replace("\x00", "").splitlines()).strip()
    if not text:
        typed.fault("falta", "Escriba el detalle: qué pasó, cuánto, dónde y qué se respondió.", "detalle")
    return text
