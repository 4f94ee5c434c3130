"""One record typed from a page: written by the format's own use case, and tied to its place on the paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, select

from albergues_app.audit.models import Captura
from albergues_app.capturas.bindings import HOUSEHOLDS
from albergues_app.capturas.hoja import Hoja
from albergues_app.capturas.intake import work_of
from albergues_app.capturas.models import Registro
from albergues_app.capturas.places import Lugar
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.formats.engine import Formato, Result
from albergues_app.ocupacion.models import Familia
from albergues_app.transcripcion.models import HojaEscaneada, LoteTranscripcion, RenglonTranscrito

MAX_LINE = 200
MAX_PAGES = 20
_MARK = "nolee:"
_FLAT = re.compile(r"[a-z0-9_]+(-\d{1,4}-[a-z0-9_]+)?")


def folio_field(formato: Formato) -> str:
    """The field of the sheet that holds the number printed on the paper."""
    names = {c.name for c in formato.campos}
    return "folio_papel" if "folio_papel" in names else "folio"


def read_marks(form: Iterable[str], formato: Formato) -> list[str]:
    """Flat names of the fields marked «no se lee», among those that a sheet may have."""
    marked = {key.removeprefix(_MARK) for key in form if key.startswith(_MARK)}
    return sorted(name for name in marked if len(name) <= 120 and _FLAT.fullmatch(name))[:400]


def next_line(hoja_id: UUID) -> int:
    """The first line of a page below the last one typed."""
    r = RenglonTranscrito
    return (db.session.scalar(select(func.max(r.renglon)).where(r.hoja_id == hoja_id)) or 0) + 1


def last_folio(hoja_id: UUID) -> str:
    """The folio of the last record of a page: the next one begins with it."""
    r = RenglonTranscrito
    stmt = select(r.folio).where(r.hoja_id == hoja_id).order_by(r.transcrito_en.desc(), r.renglon.desc())
    return db.session.scalars(stmt.limit(1)).first() or ""


def usual_pages(lote_id: UUID) -> int:
    """How many pages the last record of the batch filled: the next one probably fills as many."""
    r = RenglonTranscrito
    stmt = select(r.hojas).where(r.lote_id == lote_id).order_by(r.transcrito_en.desc(), r.renglon.desc())
    return db.session.scalars(stmt.limit(1)).first() or 1


def last_page(numero: int, raw: str, total: int) -> tuple[int, Aviso | None]:
    """The page on which a record that begins on ``numero`` ends, and why it cannot be that one."""
    if not raw:
        return numero, None
    if (
        raw.isascii()
        and raw.isdigit()
        and len(raw) < 6
        and numero <= int(raw) <= min(total, numero + MAX_PAGES - 1)
    ):
        return int(raw), None
    last = min(total, numero + MAX_PAGES - 1)
    return numero, Aviso(
        "hoja_invalida", f"Escriba en qué hoja termina: de la {numero} a la {last}.", "hasta"
    )


def line_error(hoja_id: UUID, raw: str) -> tuple[int, Aviso | None]:
    """Where on the page it stands, and why it may not stand there."""
    if not (raw.isascii() and raw.isdigit() and len(raw) < 6) or not 1 <= int(raw) <= MAX_LINE:
        return 0, Aviso("renglon_invalido", f"Escriba el número del renglón, de 1 a {MAX_LINE}.", "renglon")
    r = RenglonTranscrito
    taken = db.session.scalar(select(r.id).where(r.hoja_id == hoja_id, r.renglon == int(raw)))
    if taken is None:
        return int(raw), None
    return int(raw), Aviso(
        "renglon_ocupado",
        f"El renglón {raw} de esta hoja ya está transcrito. El siguiente libre es el {next_line(hoja_id)}.",
        "renglon",
    )


def typing_work(
    lote: LoteTranscripcion,
    hoja_id: UUID,
    renglon: int,
    hojas: int,
    formato: Formato,
    lugar: Lugar,
    result: Result,
    op_id: UUID,
    no_se_lee: list[str],
) -> Callable[[], dict[str, Any]]:
    """What to run inside the unit of work: the record by its use case, and its place on the paper.

    :raises RuleBroken: what the use case refuses.
    """
    folio = _folio(formato, result)
    write = work_of(formato, lugar, result, op_id, folio=folio)
    lote_id = lote.id

    def work() -> dict[str, Any]:
        db.session.execute(select(HojaEscaneada.id).where(HojaEscaneada.id == hoja_id).with_for_update())
        _n, refused = line_error(hoja_id, str(renglon))
        if refused is not None:
            raise RuleBroken(refused.codigo, refused.mensaje, refused.campo)
        repeated = folio_elsewhere(lote_id, hoja_id, folio)
        body = write()
        body["avisos"] += [a.as_dict() for a in repeated]
        tabla = "familia" if formato.code in HOUSEHOLDS else "registro"
        fila_id = uuid5(op_id, "familia") if tabla == "familia" else op_id
        actor = current_actor()
        db.session.add(
            RenglonTranscrito(
                id=op_id,
                lote_id=lote_id,
                hoja_id=hoja_id,
                renglon=renglon,
                hojas=hojas,
                tabla=tabla,
                fila_id=fila_id,
                captura_id=_captura_of(fila_id),
                folio=folio,
                no_se_lee=" ".join(no_se_lee),
                cuenta_id=actor.cuenta_id if actor else None,
                transcrito_en=clock.now(),
            )
        )
        db.session.flush()
        return {"id": str(op_id), "avisos": body["avisos"]}

    return work


def _folio(formato: Formato, result: Result) -> str | None:
    given = result.answers.get(folio_field(formato))
    return clean(str(given))[:40] or None if given else None


def _captura_of(fila_id: UUID) -> UUID:
    stmt = select(Captura.id).where(Captura.objeto_id == fila_id).order_by(Captura.registrado_en, Captura.id)
    return db.session.scalars(stmt.limit(1)).one()


def folio_elsewhere(lote_id: UUID, hoja_id: UUID, folio: str | None) -> list[Aviso]:
    """The same folio on another page, or in a record that came another way: said, never refused."""
    if not folio:
        return []
    lote = db.session.get_one(LoteTranscripcion, lote_id)
    r, h, lt = RenglonTranscrito, HojaEscaneada, LoteTranscripcion
    other = db.session.execute(
        select(h.numero, lt.id, lt.nombre)
        .join_from(r, h, h.id == r.hoja_id)
        .join(lt, lt.id == r.lote_id)
        .where(
            r.folio == folio, r.hoja_id != hoja_id, lt.formato == lote.formato,
            lt.departamento_codigo == lote.departamento_codigo, lt.area == lote.area,
        )
        .limit(1)
    ).first()  # fmt: skip
    if other is not None:
        where = f"la hoja {other.numero} de este lote" if other.id == lote_id else "una hoja de otro lote"
        return [_repeated(folio, where)]
    mine = select(r.fila_id).where(r.folio == folio)
    kept = db.session.scalar(
        select(Registro.id).where(
            Registro.folio == folio, Registro.formato == lote.formato, Registro.area == lote.area,
            Registro.departamento_codigo == lote.departamento_codigo, Registro.id.not_in(mine),
        ).limit(1)
    )  # fmt: skip
    if kept is None and lote.activacion_id is not None:
        c = Captura
        kept = db.session.scalar(
            select(c.id).join(Familia, Familia.id == c.objeto_id).where(
                c.activacion_id == lote.activacion_id, c.formato == lote.formato, c.folio == folio,
                c.objeto_id.not_in(mine),
            ).limit(1)
        )  # fmt: skip
    return [_repeated(folio, "un registro anotado por otra vía")] if kept is not None else []


def _repeated(folio: str, where: str) -> Aviso:
    return Aviso(
        "folio_repetido",
        f"El folio {folio} ya está en {where}. Quedó guardado; revise si la hoja se subió dos veces.",
        "folio_papel",
    )


def lines_of(lote_id: UUID) -> list[tuple[RenglonTranscrito, int]]:
    """Every record of a batch with the number of its page, in the order of the paper."""
    r, h = RenglonTranscrito, HojaEscaneada
    stmt = select(r, h.numero).join(h, h.id == r.hoja_id).where(r.lote_id == lote_id)
    return [(row, number) for row, number in db.session.execute(stmt.order_by(h.numero, r.renglon))]


def settle(line: RenglonTranscrito) -> None:
    """What could not be read was asked: nothing of it is in doubt any more (flushes; the trail keeps what was)."""
    line.no_se_lee = ""
    db.session.flush()


def blank_sheet(formato: Formato, lugar: Lugar, gate: bool) -> Hoja:
    """An empty sheet with what the place says by itself."""
    sheet = Hoja(formato, gate=gate)
    sheet.valores = dict(lugar.known_answers)
    return sheet
