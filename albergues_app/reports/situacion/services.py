"""Draft a bulletin, write in it, review, authorise, seal and correct it. The outermost caller opens ``unit_of_work``.

Three persons sign: who writes, who reviews and who authorises are different accounts. Nobody signs over who made their
account, and who authorises made none of the accounts before; a sede may review what a municipality of its own wrote.
What was reviewed is what is sealed: each move says over which content it was made, and only a draft is written on.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.models import ROL_NOMBRE, Cuenta, Rol
from albergues_app.coe.models import Coe
from albergues_app.coe.services import EntradaNueva, write_entrada
from albergues_app.consolidados.scope import Ambito, Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Forbidden, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.emergencias.models import Emergencia
from albergues_app.reports.situacion import queries, snapshot, verificador
from albergues_app.reports.situacion.content import freeze
from albergues_app.reports.situacion.models import (
    ESTADO_NOMBRE,
    MOVES,
    Boletin,
    BoletinPaso,
    BoletinSellado,
    EstadoBoletin,
)
from albergues_app.reports.situacion.writing import empty

SEEN = timedelta(hours=2)


def create_boletin(key: UUID, asked: Pregunta) -> Boletin:
    """Begin a bulletin: the figures of the cut-off, frozen as known now. Flushes.

    :raises RuleBroken: `corte_futuro`; `ya_hay_borrador`, one of the same place and cut-off is being made.
    """
    if asked.corte > clock.now():
        raise RuleBroken(
            "corte_futuro", "Ese corte todavía no llega. Espere a la hora o elija otro.", "corte"
        )
    _turn(asked.emergencia_id)
    b = Boletin
    open_one = db.session.scalar(
        select(b.id).where(
            b.emergencia_id == asked.emergencia_id, b.ambito == asked.ambito.codigo, b.corte == asked.corte,
            b.estado.in_((EstadoBoletin.BORRADOR, EstadoBoletin.REVISADO, EstadoBoletin.AUTORIZADO)),
        )
    )  # fmt: skip
    if open_one is not None:
        raise RuleBroken(
            "ya_hay_borrador", "Ya hay un boletín en preparación de ese lugar y corte. Ábralo.", "corte"
        )
    return _begin(key, asked, empty(), None, None)


def correct_boletin(key: UUID, sealed: BoletinSellado, motivo: str) -> Boletin:
    """Begin a bulletin that corrects an issued one: same cut-off, the texts as they were, figures as known now. Flushes.

    :raises RuleBroken: `falta_motivo`, `ya_corregido`, `ya_hay_borrador`.
    """
    if not clean(motivo):
        raise RuleBroken("falta_motivo", "Escriba qué estaba mal y por qué se corrige.", "motivo")
    _turn(sealed.emergencia_id)
    _refuse_corrected(sealed)
    b = Boletin
    waiting = db.session.scalar(
        select(b.id).where(
            b.corrige_id == sealed.id, b.estado.not_in((EstadoBoletin.DESCARTADO, EstadoBoletin.SELLADO))
        )
    )
    if waiting is not None:
        raise RuleBroken(
            "ya_hay_borrador", "Ya hay una corrección de ese boletín en preparación. Ábrala.", None
        )
    before = db.session.get_one(Boletin, sealed.boletin_id)
    asked = Pregunta(sealed.emergencia_id, Ambito(sealed.ambito), sealed.corte, clock.now())
    return _begin(key, asked, json.loads(before.textos), sealed.id, clean(motivo))


def _begin(
    key: UUID, asked: Pregunta, textos: dict[str, Any], corrige_id: UUID | None, motivo: str | None
) -> Boletin:
    me = _me()
    row = Boletin(
        id=key,
        emergencia_id=asked.emergencia_id,
        ambito=asked.ambito.codigo,
        departamento_codigo=asked.ambito.departamento_codigo,
        municipio_codigo=asked.ambito.municipio_codigo,
        corte=asked.corte,
        conocido_en=asked.conocido_en,
        estado=EstadoBoletin.BORRADOR,
        cifras=verificador.canonical(freeze(asked)),
        textos=verificador.canonical(textos),
        redactores=json.dumps([str(me)]),
        corrige_id=corrige_id,
        motivo=motivo,
        cuenta_id=me,
        creado_en=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def write_boletin(boletin_id: UUID, textos: dict[str, Any], over: str | None = None) -> Boletin:
    """Keep what a person wrote; who writes can no longer review nor authorise it. Flushes.

    ``over``: the hash of the content that was on the page on which it was written; None: whatever there is.

    :raises RuleBroken: `no_es_borrador`; `cambio_mientras_escribia`, somebody else saved meanwhile.
    """
    row = _draft(boletin_id)
    if over is not None and over != snapshot.content_hash(row):
        raise RuleBroken(
            "cambio_mientras_escribia",
            "Otra persona guardó este borrador mientras usted escribía. Lo de usted sigue abajo, sin guardar: compárelo "
            "con lo guardado y guarde de nuevo.",
        )
    row.textos = verificador.canonical(textos)
    _add_writer(row)
    db.session.flush()
    return row


def refresh_boletin(boletin_id: UUID) -> Boletin:
    """Freeze the figures of the same cut-off anew, as known now. Flushes. :raises RuleBroken: `no_es_borrador`."""
    row = _draft(boletin_id)
    row.conocido_en = clock.now()
    asked = Pregunta(row.emergencia_id, Ambito(row.ambito), row.corte, row.conocido_en)
    row.cifras = verificador.canonical(freeze(asked))
    _add_writer(row)
    db.session.flush()
    return row


def _draft(boletin_id: UUID) -> Boletin:
    row = _locked(boletin_id)
    if row.estado != EstadoBoletin.BORRADOR:
        raise RuleBroken(
            "no_es_borrador",
            f"Este boletín está {ESTADO_NOMBRE[row.estado].lower()}: para cambiarlo, devuélvalo a borrador.",
        )
    return row


def _add_writer(row: Boletin) -> None:
    writers, me = json.loads(row.redactores), str(_me())
    if me not in writers:
        row.redactores = json.dumps([*writers, me])


def move_boletin(boletin_id: UUID, to: EstadoBoletin, seen: str, motivo: str = "") -> Boletin:
    """Review, authorise, send back to draft or drop. ``seen``: the hash of the content that was on the page. Flushes.

    :raises RuleBroken: `paso_no_permitido`, `cambio_mientras_leia`, `falta_motivo`, `misma_persona`, `cuenta_propia`.
    """
    if to == EstadoBoletin.SELLADO:
        raise RuleBroken("paso_no_permitido", "Para emitirlo, use «Emitir boletín».")
    row = _locked(boletin_id)
    content = _check_move(row, to, seen)
    reason = clean(motivo)[:500]
    if to in {EstadoBoletin.BORRADOR, EstadoBoletin.DESCARTADO} and not reason:
        raise RuleBroken("falta_motivo", "Escriba el motivo: lo leerá quien lo escribió.", "motivo")
    if to in {EstadoBoletin.REVISADO, EstadoBoletin.AUTORIZADO}:
        _refuse_same(row, to)
    _note(row, to, content, reason or None)
    return row


def _check_move(row: Boletin, to: EstadoBoletin, seen: str) -> str:
    if to not in MOVES[EstadoBoletin(row.estado)]:
        raise RuleBroken(
            "paso_no_permitido",
            f"Un boletín {ESTADO_NOMBRE[row.estado].lower()} no pasa a {ESTADO_NOMBRE[to].lower()}.",
        )
    content = snapshot.content_hash(row)
    if seen != content:
        raise RuleBroken("cambio_mientras_leia", "El boletín cambió mientras usted lo leía. Léalo de nuevo.")
    return content


def _refuse_same(row: Boletin, to: EstadoBoletin) -> None:
    """Who writes, reviews and authorises are three persons, also behind their accounts."""
    me, writers = _me(), queries.redactores(row)
    signed = queries.who_signed(queries.moves_of(row))
    before = [*writers, *(p.cuenta_id for a, p in signed.items() if a == EstadoBoletin.REVISADO)]
    if me in before:
        what = "Usted escribió en él" if me in writers else "Usted lo revisó"
        verb = "revisarlo" if to == EstadoBoletin.REVISADO else "autorizarlo"
        raise RuleBroken("misma_persona", f"{what}: debe {verb} otra persona.")
    found = queries.cuentas([me, *before])
    if found[me].creada_por in before:
        raise RuleBroken(
            "cuenta_propia", "Quien ya lo firmó creó la cuenta de usted. Debe hacerlo otra persona."
        )
    if to == EstadoBoletin.AUTORIZADO and any(found[key].creada_por == me for key in before):
        raise RuleBroken(
            "cuenta_propia", "Usted creó la cuenta de quien ya lo firmó. Debe hacerlo otra persona."
        )


def _note(row: Boletin, to: EstadoBoletin, content: str, motivo: str | None) -> None:
    db.session.add(
        BoletinPaso(
            id=uuid7(),
            boletin_id=row.id,
            de=row.estado,
            a=to,
            contenido=content,
            motivo=motivo,
            cuenta_id=_me(),
            registrado_en=clock.now(),
        )
    )
    row.estado = to
    db.session.flush()


def seal_boletin(boletin_id: UUID, seen: str, verificar_en: str = "") -> tuple[BoletinSellado, list[Aviso]]:
    """Issue an authorised bulletin: number, hash on the previous, PDF, and its entry in the log of the COE. Flushes.

    The emergency's row is held until commit (PostgreSQL), or the writer's lock (SQLite): numbers have no gaps.
    ``verificar_en``: the address under which the public page finds a hash; "" where there is none.

    :raises RuleBroken: `paso_no_permitido`, `cambio_mientras_leia`, `ya_corregido`, `nada_que_corregir`.
    """
    from albergues_app.reports.situacion.sheet import render_pdf

    row = _locked(boletin_id)
    _turn(row.emergencia_id)
    content = _check_move(row, EstadoBoletin.SELLADO, seen)
    last, moment = queries.last_sealed(row.emergencia_id, row.ambito), clock.now()
    corrected = db.session.get(BoletinSellado, row.corrige_id) if row.corrige_id else None
    if corrected is not None:
        _refuse_corrected(corrected)
    signed = queries.who_signed(queries.moves_of(row))
    datos = {
        **snapshot.content_of(row),
        "numero": last.numero + 1 if last else 1,
        "anterior": last.huella if last else verificador.genesis(str(row.emergencia_id), row.ambito),
        "anterior_numero": last.numero if last else None,
        "sellado_en": clock.iso(moment),
        "verificar_en": verificar_en,
        "firmas": signatures(row),
        "corrige": correction(row, corrected),
    }
    if corrected is not None and not datos["corrige"]["celdas"]:
        raise RuleBroken(
            "nada_que_corregir",
            "Ninguna cifra ni texto cambia frente al boletín que corrige. Escriba la corrección o descártelo.",
        )
    text = verificador.canonical(datos)
    huella = verificador.sha256(text)
    pdf = verificador.close_pdf(render_pdf(datos, huella), huella)
    total = datos["cuerpo"]["total"]
    sealed = BoletinSellado(
        id=uuid7(),
        boletin_id=row.id,
        emergencia_id=row.emergencia_id,
        ambito=row.ambito,
        departamento_codigo=row.departamento_codigo,
        municipio_codigo=row.municipio_codigo,
        numero=datos["numero"],
        corte=row.corte,
        sellado_en=moment,
        personas=total["personas"],
        solo_declaradas=total["solo_declaradas"],
        albergues=total["albergues"],
        corrige_id=row.corrige_id,
        elaboro_id=row.cuenta_id,
        reviso_id=signed[EstadoBoletin.REVISADO].cuenta_id,
        autorizo_id=signed[EstadoBoletin.AUTORIZADO].cuenta_id,
        datos=text,
        anterior=datos["anterior"],
        huella=huella,
        pdf=pdf,
        pdf_huella=verificador.sha256(pdf),
    )
    db.session.add(sealed)
    _note(row, EstadoBoletin.SELLADO, content, None)
    return sealed, _log_entry(row, datos, huella)


def signatures(row: Boletin) -> list[dict[str, Any]]:
    """Who wrote, reviewed and authorised it so far, each with its hour."""
    found = queries.cuentas([row.cuenta_id])
    first: Cuenta = found[row.cuenta_id]
    signed = queries.who_signed(queries.moves_of(row))
    others = ((EstadoBoletin.REVISADO, "Revisó"), (EstadoBoletin.AUTORIZADO, "Autorizó"))
    return [
        {
            "papel": "Elaboró", "nombre": first.nombre, "rol": ROL_NOMBRE[Rol(first.rol)],
            "cuando": clock.iso(row.creado_en),
        },
        *(
            {"papel": word, "nombre": p.quien, "rol": p.rol, "cuando": clock.iso(p.cuando)}
            for state, word in others
            if (p := signed.get(state)) is not None
        ),
    ]  # fmt: skip


def correction(row: Boletin, corrected: BoletinSellado | None) -> dict[str, Any] | None:
    """What a bulletin corrects: number, hash, reason, and the cells that changed."""
    if corrected is None:
        return None
    before = json.loads(corrected.datos)
    return {
        "numero": corrected.numero,
        "huella": corrected.huella,
        "motivo": row.motivo or "",
        "celdas": snapshot.changed_cells(before, snapshot.content_of(row)),
    }


def _log_entry(row: Boletin, datos: dict[str, Any], huella: str) -> list[Aviso]:
    """An entry «boletín» in the log of the COE of that emergency and place, while it works."""
    c = Coe
    coe_id = db.session.scalar(
        select(c.id)
        .where(
            c.emergencia_id == row.emergencia_id,
            c.nivel == datos["nivel"],
            c.departamento_codigo.is_not_distinct_from(row.departamento_codigo),
            c.municipio_codigo.is_not_distinct_from(row.municipio_codigo),
            c.desactivado_en.is_(None),
        )
        .order_by(c.activado_en.desc())
        .limit(1)
    )
    if coe_id is None:
        return []
    total = datos["cuerpo"]["total"]
    said = [
        f"Corte {clock.to_local(row.corte):%d/%m/%Y %H:%M}. {total['personas']:,} personas en el registro y "
        f"{total['solo_declaradas']:,} solo declaradas, en {total['albergues']:,} albergues.",
        *(
            [f"Corrige al No. {datos['corrige']['numero']}: {datos['corrige']['motivo']}"]
            if datos["corrige"]
            else []
        ),
        f"Huella {huella}",
    ]
    try:
        entry = write_entrada(
            coe_id,
            EntradaNueva(
                uuid7(),
                clock.now(),
                "boletin",
                f"Boletín de situación No. {datos['numero']} emitido",
                "\n".join(said),
            ),
        )
    except (RuleBroken, Forbidden) as refused:
        return [
            Aviso(
                "sin_bitacora",
                f"No quedó en la bitácora del COE: {refused.mensaje} Anótelo en su turno.",
                None,
            )
        ]
    return [Aviso("en_bitacora", f"Quedó en la bitácora del COE con el folio {entry['folio']}.", None)]


def _refuse_corrected(sealed: BoletinSellado) -> None:
    other = queries.correction_of(sealed)
    if other is not None:
        raise RuleBroken("ya_corregido", f"Ya lo corrigió el No. {other.numero}. Corrija ese.")


def _locked(boletin_id: UUID) -> Boletin:
    row = db.session.get(Boletin, boletin_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound()
    return row


def _turn(emergencia_id: UUID) -> None:
    """Bulletins of one emergency are begun and sealed one after the other."""
    db.session.execute(
        select(Emergencia.id).where(Emergencia.id == emergencia_id).with_for_update(key_share=True)
    )


def _me() -> UUID:
    """A program without account signs nothing."""
    actor = current_actor()
    if actor is None or actor.cuenta_id is None:
        raise Forbidden("Un boletín lo escribe y lo firma una persona con su cuenta.")
    return actor.cuenta_id
