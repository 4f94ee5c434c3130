"""Formats whose facts have tables of their own: where they are filled in, and what a filled one writes besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy import select

from albergues_app.accounts.permissions import Permiso
from albergues_app.capturas.firma import AL_FIRMAR, has_effect, waits
from albergues_app.capturas.models import Registro
from albergues_app.capturas.places import Lugar
from albergues_app.capturas.services import RegistroNuevo
from albergues_app.capturas.site_facts import SITE_FORMATS, HojaDeSitio, tell_site
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


@dataclass(frozen=True)
class Teller:
    """What a format tells a package above this one, in the unit of work that keeps the sheet.

    ``tell`` is given the sheet, what it said before (None: it is new) and the id of its Captura. What it cannot
    write it says, and the sheet stays. ``annul`` undoes in those tables what a record wrote, with the reason; where
    there is none the record is not annulled, and ``no_annulment`` says what to do instead.
    """

    tell: Callable[[RegistroNuevo, Mapping[str, Any] | None, UUID], list[Aviso]]
    annul: Callable[[Registro, str], list[Aviso]] | None = None
    no_annulment: str = ""


TELLERS: dict[str, Teller] = {}
"""Formats that tell packages above this one, which each add their own."""


def working_page(formato: Formato, activacion: str) -> str | None:
    """The page where this format is worked, when it is not the common one."""
    pages = _PAGES.get(formato.code)
    if pages is None:
        return None
    return url_for(pages[0], activacion_id=activacion) if activacion else url_for(pages[1])


def tables_page(row: Registro, formato: Formato) -> tuple[str, str] | None:
    """Where one sees what a record wrote to its tables: address and words."""
    if formato.code in SITE_FORMATS and row.albergue_id is not None:
        return url_for("albergues.ver", albergue_id=row.albergue_id), "Ficha del sitio"
    binder = BINDERS.get(formato.code)
    return (url_for(binder.page, activacion_id=row.activacion_id), binder.page_text) if binder else None


def foresee(formato: Formato, answers: Mapping[str, Any], lugar: Lugar) -> list[Aviso]:
    """What the tables would refuse or leave unwritten of a sheet; nothing is written."""
    binder = BINDERS.get(formato.code)
    return binder.foresee(binder.facts(answers, lugar)) if binder is not None and binder.foresee else []


def bind(datos: RegistroNuevo) -> list[Aviso]:
    """Write the facts of a filled format into their own tables, under its id; what there is to tell."""
    captura_id = db.session.get_one(Registro, datos.id).captura_id
    told = _told(datos, None, captura_id)
    if told is not None:
        return told
    binder = BINDERS.get(datos.formato.code)
    return binder.write(binder.facts(datos.result.answers, datos.lugar), datos.id) if binder else []


def _told(datos: RegistroNuevo, before: Mapping[str, Any] | None, captura_id: UUID) -> list[Aviso] | None:
    """What there is to tell of a format that takes effect when signed, or tells others; None: it does neither."""
    codigo = datos.formato.code
    if codigo in AL_FIRMAR:
        return [Aviso("surtira_efecto", waits(codigo))]
    if codigo in TELLERS:
        return TELLERS[codigo].tell(datos, before, captura_id)
    if codigo in SITE_FORMATS:
        return tell_site(
            HojaDeSitio(datos.id, captura_id, codigo, datos.result.answers, not datos.result.pending)
        )
    return None


def writes_tables(formato: Formato) -> bool:
    """Whether a kept sheet tells something to tables of its own."""
    return any(formato.code in table for table in (BINDERS, SITE_FORMATS, TELLERS, AL_FIRMAR))


def annul_tables(row: Registro, motivo: str) -> list[Aviso]:
    """Undo in its tables what a record that is annulled wrote; what there is to tell.

    :raises RuleBroken: `no_se_anula`, what it wrote would stand; and what the tables refuse.
    """
    if row.formato in BINDERS:
        raise RuleBroken("no_se_anula", BINDERS[row.formato].no_annulment)
    teller, rule = TELLERS.get(row.formato), AL_FIRMAR.get(row.formato)
    if teller is not None and teller.annul is not None:
        return teller.annul(row, motivo)
    if not has_effect(row):
        return []
    stands = teller or rule
    if stands is not None:
        raise RuleBroken("no_se_anula", stands.no_annulment)
    return [
        Aviso(
            "sigue_escrito",
            "Lo que esta hoja escribió en la ficha del sitio sigue ahí: corríjalo en su página.",
        )
    ]


def annuls(row: Registro) -> bool:
    """Whether the page offers to annul a record."""
    teller = TELLERS.get(row.formato)
    stands = row.formato in AL_FIRMAR or (teller is not None and teller.annul is None)
    return row.formato not in BINDERS and not (stands and has_effect(row))


def changes_facts(
    formato: Formato, lugar: Lugar, before: Mapping[str, Any], after: Mapping[str, Any]
) -> bool:
    """Whether a corrected sheet tells its tables something else."""
    binder = BINDERS.get(formato.code)
    return binder is not None and binder.facts(before, lugar) != binder.facts(after, lugar)


def bind_again(datos: RegistroNuevo, before: Mapping[str, Any], captura_id: UUID) -> list[Aviso]:
    """Write the facts of a corrected sheet, under the id of its new Captura, where they are others."""
    told = _told(datos, before, captura_id)
    if told is not None:
        return told
    if not changes_facts(datos.formato, datos.lugar, before, datos.result.answers):
        return []
    binder = BINDERS[datos.formato.code]
    old, new = (binder.facts(answers, datos.lugar) for answers in (before, datos.result.answers))
    return binder.correct(old, new, captura_id)
