"""Formats whose facts have tables of their own: where they are filled in, and what a filled one writes besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy import select

from albergues_app.accounts.permissions import Permiso
from albergues_app.capturas.models import Registro
from albergues_app.capturas.places import Lugar
from albergues_app.capturas.services import RegistroNuevo
from albergues_app.capturas.site_facts import SITE_FORMATS, tell_site
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.formats.engine import Formato, NoAnswer
from albergues_app.noches.sheet import HojaNoche, write_night
from albergues_app.ocupacion import gate_book
from albergues_app.ocupacion.bindings import BOLETA, CONTROL, FICHA
from albergues_app.ocupacion.models_nna import Resolucion
from albergues_app.ocupacion.nna_cases import CONDICION_NOMBRE, HojaNna, bind_sheet
from albergues_app.ocupacion.services.parte import ParteNuevo, register_parte

PARTE, NNA, NOCHE = "parte_diario", "registro_nna", "registro_nocturno"
HOUSEHOLDS = frozenset({BOLETA})
"""Formats that let people in: they go to the register, with the sheet kept beside it, and are no record here."""

_PAGES = {
    BOLETA: ("ocupacion.ingreso", "ocupacion.registro"),
    FICHA: ("ocupacion.ingreso", "ocupacion.registro"),
    CONTROL: ("ocupacion.personas", "ocupacion.registro"),
}
"""Format → its page for an open shelter, and the page that chooses one."""


@dataclass(frozen=True)
class Binder:
    """What a format writes besides its record, in the same unit of work, by the services that its tables have.

    ``facts`` reads what the tables are told out of the answers; ``write`` tells it under an id; ``correct``
    tells it anew, knowing what was told before. Who may do it is ``permiso``, at the activation.
    """

    permiso: Permiso
    facts: Callable[[Mapping[str, Any], Lugar], Any]
    write: Callable[[Any, UUID], list[Aviso]]
    correct: Callable[[Any, Any, UUID], list[Aviso]]
    page: str
    """Endpoint where an activation shows what was written, and the words of the link to it."""
    page_text: str
    no_annulment: str
    """Why the record cannot be annulled, and what to do instead."""
    foresee: Callable[[Any], list[Aviso]] | None = None
    """What ``write`` would refuse or leave unwritten, told before a file is kept; None: nothing that can be known."""


MEALS = ("raciones_desayuno", "raciones_almuerzo", "raciones_cena")


def _parte_of(answers: Mapping[str, Any], lugar: Lugar) -> ParteNuevo:
    assert lugar.activacion_id is not None

    def number(name: str) -> int | None:
        value = answers.get(name)
        return None if isinstance(value, NoAnswer) else value

    meals = [n for name in MEALS if (n := number(name)) is not None]
    return ParteNuevo(
        UUID(int=0),
        lugar.activacion_id,
        clock.as_utc(answers["corte"]),
        answers["fuente"],
        answers["personas"],
        number("familias"),
        number("mujeres"),
        number("hombres"),
        answers.get("nota"),
        number("conteo_fisico"),
        number("pernoctaron"),
        max(meals, default=None),
    )


def _write_parte(parte: ParteNuevo, key: UUID) -> list[Aviso]:
    body = register_parte(replace(parte, id=key))
    return [Aviso(a["codigo"], a["mensaje"], a["campo"]) for a in body["avisos"]]


def _correct_parte(before: ParteNuevo, parte: ParteNuevo, key: UUID) -> list[Aviso]:
    """A newer count of the same cut stands in place of the one before, which is not erased."""
    if parte.corte != before.corte:
        when = f"{clock.to_local(before.corte):%d/%m/%Y %H:%M}"
        raise RuleBroken(
            "corte_no_se_corrige",
            f"El parte de las {when} ya se envió y su hora no se corrige: llene otro parte con la otra hora.",
            "corte",
        )
    return _write_parte(parte, key)


def _book_of(answers: Mapping[str, Any], lugar: Lugar) -> tuple[UUID, list[Mapping[str, Any]]]:
    assert lugar.activacion_id is not None
    return lugar.activacion_id, list(answers["movimientos"])


def _correct_book(
    before: tuple[UUID, list[Mapping[str, Any]]], after: tuple[UUID, list[Mapping[str, Any]]], key: UUID
) -> list[Aviso]:
    """What a corrected page adds is written; what it takes away stays in the ledger until it is annulled there."""
    avisos = gate_book.write_book(after[0], after[1], key)
    gone = sum(row not in after[1] for row in before[1])
    if gone:
        avisos.append(
            Aviso(
                "linea_quitada",
                f"{gone} líneas cambiaron: si ya habían anotado un movimiento, anúlelo en la página del albergue.",
                "movimientos",
            )
        )
    return avisos


def _ficha_of(answers: Mapping[str, Any], lugar: Lugar) -> tuple[UUID, Mapping[str, Any]]:
    assert lugar.activacion_id is not None
    return lugar.activacion_id, answers


def _nna_of(answers: Mapping[str, Any], lugar: Lugar) -> HojaNna:
    assert lugar.activacion_id is not None
    given = {k: v for k, v in answers.items() if not isinstance(v, NoAnswer)}
    moments = {
        k: clock.as_utc(given[k]) if given.get(k) else None for k in ("pgn_notificada_en", "entregado_en")
    }
    condition, resolution = str(given.get("condicion")), given.get("resolucion")
    return HojaNna(
        activacion_id=lugar.activacion_id,
        nombre=f"{given.get('nombres') or 'N/N'} {given.get('apellidos') or ''}".strip(),
        codigo_familia=given.get("codigo_familia"),
        condicion=condition if condition in CONDICION_NOMBRE else "otro",
        ocurrido_en=clock.as_utc(given["ocurrido_en"]),
        pgn_en=moments["pgn_notificada_en"],
        pgn_nombre=given.get("pgn_nombre"),
        resolucion=(resolution if resolution in set(Resolucion) else "otro") if resolution else None,
        entregado_en=moments["entregado_en"],
    )


def _correct_nna(_before: HojaNna, after: HojaNna, captura_id: UUID) -> list[Aviso]:
    row = db.session.scalars(select(Registro.id).where(Registro.captura_id == captura_id)).one()
    return bind_sheet(after, row)


def _noche_of(answers: Mapping[str, Any], lugar: Lugar) -> HojaNoche:
    assert lugar.activacion_id is not None
    lines = [{k: v for k, v in row.items() if not isinstance(v, NoAnswer)} for row in answers["personas"]]
    return HojaNoche(lugar.activacion_id, answers["noche"], tuple(lines))


BINDERS: dict[str, Binder] = {
    NOCHE: Binder(
        permiso=Permiso.INGRESO_REGISTRAR,
        facts=_noche_of,
        write=write_night,
        correct=lambda _before, hoja, key: write_night(hoja, key),
        page="noches.informe",
        page_text="Personas y noches",
        no_annulment="Lo que esta hoja anotó sigue en el registro: anule cada movimiento en la página del albergue.",
    ),
    NNA: Binder(
        permiso=Permiso.NNA_VER,
        facts=_nna_of,
        write=bind_sheet,
        correct=_correct_nna,
        page="proteccion.lista",
        page_text="Casos de protección",
        no_annulment="Este registro lleva un caso: ciérrelo en «Protección» y diga por qué.",
    ),
    CONTROL: Binder(
        permiso=Permiso.MOVIMIENTO_REGISTRAR,
        facts=_book_of,
        write=lambda facts, key: gate_book.write_book(facts[0], facts[1], key),
        correct=_correct_book,
        page="ocupacion.personas",
        page_text="Personas del albergue",
        no_annulment="Lo que esta hoja anotó sigue en el registro: anule cada movimiento en la página del albergue.",
        foresee=lambda facts: gate_book.problems_of(facts[0], facts[1]),
    ),
    FICHA: Binder(
        permiso=Permiso.INGRESO_REGISTRAR,
        facts=_ficha_of,
        write=lambda facts, _key: gate_book.write_ficha(facts[0], facts[1]),
        correct=lambda _before, facts, _key: gate_book.write_ficha(facts[0], facts[1]),
        page="ocupacion.personas",
        page_text="Personas del albergue",
        no_annulment="Lo que esta ficha dijo de la persona se corrige en la página de la persona.",
    ),
    PARTE: Binder(
        permiso=Permiso.PARTE_REGISTRAR,
        facts=_parte_of,
        write=_write_parte,
        correct=_correct_parte,
        page="ocupacion.partes",
        page_text="Partes del albergue",
        no_annulment="Un parte enviado no se anula: corríjalo, o envíe otro del mismo corte.",
    ),
}
"""Formats whose facts have tables of their own, besides ``HOUSEHOLDS``."""


TELLERS: dict[str, Callable[[RegistroNuevo, Mapping[str, Any] | None, UUID], list[Aviso]]] = {}
"""Formats that tell packages above this one, which each add their own: the sheet (and what it said before), under the
id of its Captura, in the unit of work that keeps it. What they cannot write they say, and the sheet stays."""


def working_page(formato: Formato, activacion: str) -> str | None:
    """The page where this format is worked, when it is not the common one."""
    pages = _PAGES.get(formato.code)
    if pages is None:
        return None
    return url_for(pages[0], activacion_id=activacion) if activacion else url_for(pages[1])


def tables_page(row: Registro, formato: Formato) -> tuple[str, str] | None:
    """Where one sees what a record wrote to its tables: address and words."""
    if formato.code in SITE_FORMATS and row.albergue_id is not None:
        return url_for("albergues.ver", albergue_id=row.albergue_id), "Ficha del albergue"
    binder = BINDERS.get(formato.code)
    return (url_for(binder.page, activacion_id=row.activacion_id), binder.page_text) if binder else None


def foresee(formato: Formato, answers: Mapping[str, Any], lugar: Lugar) -> list[Aviso]:
    """What the tables would refuse or leave unwritten of a sheet; nothing is written."""
    binder = BINDERS.get(formato.code)
    return binder.foresee(binder.facts(answers, lugar)) if binder is not None and binder.foresee else []


def bind(datos: RegistroNuevo) -> list[Aviso]:
    """Write the facts of a filled format into their own tables, under its id; what there is to tell."""
    binder = BINDERS.get(datos.formato.code)
    if datos.formato.code in TELLERS:
        captura_id = db.session.get_one(Registro, datos.id).captura_id
        return TELLERS[datos.formato.code](datos, None, captura_id)
    if binder is None:
        return tell_site(datos.formato.code, datos.lugar, datos.result.answers)
    return binder.write(binder.facts(datos.result.answers, datos.lugar), datos.id)


def writes_tables(formato: Formato) -> bool:
    """Whether a kept sheet tells something to tables of its own."""
    return formato.code in BINDERS or formato.code in SITE_FORMATS or formato.code in TELLERS


def changes_facts(
    formato: Formato, lugar: Lugar, before: Mapping[str, Any], after: Mapping[str, Any]
) -> bool:
    """Whether a corrected sheet tells its tables something else."""
    binder = BINDERS.get(formato.code)
    return binder is not None and binder.facts(before, lugar) != binder.facts(after, lugar)


def bind_again(datos: RegistroNuevo, before: Mapping[str, Any], captura_id: UUID) -> list[Aviso]:
    """Write the facts of a corrected sheet, under the id of its new Captura, where they are others."""
    if datos.formato.code in TELLERS:
        return TELLERS[datos.formato.code](datos, before, captura_id)
    if datos.formato.code in SITE_FORMATS:
        return tell_site(datos.formato.code, datos.lugar, datos.result.answers, before)
    if not changes_facts(datos.formato, datos.lugar, before, datos.result.answers):
        return []
    binder = BINDERS[datos.formato.code]
    old, new = (binder.facts(answers, datos.lugar) for answers in (before, datos.result.answers))
    return binder.correct(old, new, captura_id)
