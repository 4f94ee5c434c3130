"""Write a delivery, annul it, confirm it, attach its signed receipt. What each place holds is derived in the same go."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select

from albergues_app.albergues.models import Albergue
from albergues_app.audit.sealing import keyring
from albergues_app.capturas.models import Registro
from albergues_app.core import clock
from albergues_app.core.db import db, insert_rows, run, table_of
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.scans import fingerprint, recognise
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.entregas.models import (
    EDICION_ANTERIOR,
    EntregaEscaneo,
    EntregaFormatos,
    EntregaLinea,
    EstadoEntrega,
    Medio,
    Tenencia,
)
from albergues_app.formats import catalogo as formatos
from albergues_app.territorio.models import Municipio

VISITA = "visita_asesoria"
PAPEL = "de la constancia firmada"
YEAR_MIN = 1990
_SCAN = "entrega_escaneo.contenido"


@dataclass(frozen=True)
class LineaNueva:
    """One format given. ``quedaban``: printed copies the place still had, if somebody counted them."""

    formato: str
    edicion: int
    cantidad: int
    medio: str
    quedaban: int | None = None


@dataclass(frozen=True)
class EntregaNueva:
    """A delivery as it was told. ``corrige`` is the delivery it replaces, which is annulled with ``motivo``."""

    id: UUID
    municipio: str
    fecha: date
    entrega: str
    lineas: Sequence[LineaNueva]
    albergue_id: UUID | None = None
    recibe_nombre: str = ""
    recibe_cargo: str = ""
    recibe_telefono: str = ""
    capacitacion: bool = False
    capacitacion_minutos: int | None = None
    capacitacion_personas: int | None = None
    observaciones: str = ""
    visita_id: UUID | None = None
    corrige_id: UUID | None = None
    motivo: str = ""


def register_entrega(datos: EntregaNueva) -> tuple[EntregaFormatos, list[Aviso]]:
    """Write a delivery with its folio. Flushes; the caller's unit of work commits.

    Deliveries of one municipality are written one after the other, so that their folios have no gap and what it
    holds is summed over all of them. An older edition, or nobody who received it, is recorded and said.

    :raises Invalid: what was told cannot be. :raises NotFound: shelter, visit or corrected delivery of elsewhere.
    :raises RuleBroken: `entrega_anulada`, the one to correct does not count any more.
    """
    _check(datos)
    _lock(datos.municipio)
    albergue = _albergue(datos)
    _visit(datos)
    if datos.corrige_id is not None:
        replaced = db.session.get(EntregaFormatos, datos.corrige_id)
        if replaced is None or replaced.municipio_codigo != datos.municipio:
            raise NotFound()
        annul_entrega(replaced, datos.motivo)
    moment, actor, anio = clock.now(), current_actor(), datos.fecha.year
    e = table_of(EntregaFormatos).c
    last = db.session.scalar(
        select(func.max(e.serie)).where(e.municipio_codigo == datos.municipio, e.anio == anio)
    )
    serie = (last or 0) + 1
    row = EntregaFormatos(
        id=datos.id,
        municipio_codigo=datos.municipio,
        albergue_id=albergue.id if albergue else None,
        albergue_codigo=albergue.codigo if albergue else None,
        anio=anio,
        serie=serie,
        folio=f"EF-{datos.municipio}-{anio}-{serie:03d}",
        fecha=datos.fecha,
        estado=EstadoEntrega.VIGENTE,
        entrega=clean(datos.entrega),
        recibe_nombre=clean(datos.recibe_nombre) or None,
        recibe_cargo=clean(datos.recibe_cargo) or None,
        recibe_telefono=_digits(datos.recibe_telefono) or None,
        capacitacion=datos.capacitacion,
        capacitacion_minutos=datos.capacitacion_minutos,
        capacitacion_personas=datos.capacitacion_personas,
        observaciones=clean(datos.observaciones) or None,
        visita_id=datos.visita_id,
        corrige_id=datos.corrige_id,
        registrado_en=moment,
        cuenta_id=actor.cuenta_id if actor else None,
    )
    db.session.add(row)
    db.session.flush()  # before its lines, which name it
    db.session.add_all(_lines(datos))
    db.session.flush()
    refresh_tenencia(datos.municipio, row.albergue_codigo, {linea.formato for linea in datos.lineas})
    return row, _warnings(datos)


def _lines(datos: EntregaNueva) -> list[EntregaLinea]:
    return [
        EntregaLinea(
            id=uuid7(),
            entrega_id=datos.id,
            orden=n,
            formato=linea.formato,
            edicion=linea.edicion,
            cantidad=linea.cantidad,
            medio=linea.medio,
            quedaban=linea.quedaban,
        )
        for n, linea in enumerate(datos.lineas, start=1)
    ]


def _check(datos: EntregaNueva) -> None:
    errors: list[Aviso] = []
    if not clean(datos.entrega):
        errors.append(Aviso("falta_entrega", "Escriba quién entregó los formatos.", "entrega"))
    if not datos.lineas:
        errors.append(Aviso("sin_formatos", "Anote al menos un formato con su cantidad.", "lineas"))
    if datos.fecha > clock.local_day(clock.now()) + timedelta(days=1):
        errors.append(
            Aviso("fecha_futura", "La fecha está en el futuro. Revise el día, el mes y el año.", "fecha")
        )
    if datos.fecha.year < YEAR_MIN:
        errors.append(Aviso("fecha_antigua", "Revise el año de la fecha.", "fecha"))
    known = {(f.code, f.version) for f in formatos.editions()}
    known |= {(code, EDICION_ANTERIOR) for code, _ in known}
    for n, linea in enumerate(datos.lineas):
        if (linea.formato, linea.edicion) not in known:
            what = f"No hay formato «{linea.formato}» edición {linea.edicion}. Elija de los que existen."
            errors.append(Aviso("formato_desconocido", what, f"lineas[{n}].formato"))
        if linea.cantidad < 1:
            errors.append(
                Aviso("cantidad_invalida", "La cantidad es de 1 en adelante.", f"lineas[{n}].cantidad")
            )
        if linea.medio not in set(Medio):
            errors.append(Aviso("valor_desconocido", "Elija el medio de la lista.", f"lineas[{n}].medio"))
    digits = _digits(datos.recibe_telefono)
    if datos.recibe_telefono.strip() and (len(digits) != 8 or digits[0] not in "234567"):
        errors.append(
            Aviso(
                "telefono_invalido", "El teléfono lleva 8 cifras, por ejemplo 5550 1234.", "recibe_telefono"
            )
        )
    if errors:
        raise Invalid(errors)


def _digits(raw: str) -> str:
    return "".join(c for c in raw if c.isascii() and c.isdigit())


def _lock(municipio: str) -> None:
    found = db.session.execute(
        select(Municipio.codigo).where(Municipio.codigo == municipio).with_for_update()
    ).first()
    if found is None:
        raise NotFound()


def _albergue(datos: EntregaNueva) -> Albergue | None:
    if datos.albergue_id is None:
        return None
    albergue = db.session.get(Albergue, datos.albergue_id)
    if albergue is None or albergue.municipio_codigo != datos.municipio:
        raise NotFound()
    return albergue


def _visit(datos: EntregaNueva) -> None:
    if datos.visita_id is None:
        return
    visit = db.session.get(Registro, datos.visita_id)
    if visit is None or visit.formato != VISITA or visit.municipio_codigo not in (None, datos.municipio):
        raise NotFound()


def _warnings(datos: EntregaNueva) -> list[Aviso]:
    found = []
    current = {f.code: f for f in formatos.in_force(clock.local_day(clock.now()))}
    for n, linea in enumerate(datos.lineas):
        newest = current.get(linea.formato)
        if newest is not None and linea.edicion < newest.version:
            found.append(
                Aviso(
                    "edicion_vieja",
                    f"De «{newest.title}» ya rige la edición {newest.version}: se anotó la entrega de una anterior.",
                    f"lineas[{n}].edicion",
                )
            )
    if not clean(datos.recibe_nombre):
        found.append(
            Aviso(
                "sin_quien_recibe",
                "Falta quién recibió: anótelo al adjuntar la constancia firmada.",
                "recibe_nombre",
            )
        )
    return found


def annul_entrega(row: EntregaFormatos, motivo: str) -> None:
    """It counts no more, with its reason; it stays readable. Flushes.

    :raises RuleBroken: `falta_motivo`, `entrega_anulada`.
    """
    if not clean(motivo):
        raise RuleBroken("falta_motivo", "Escriba por qué se anula la entrega.", "motivo")
    _lock(row.municipio_codigo)
    db.session.refresh(row, with_for_update=True)
    if not row.vigente:
        raise RuleBroken("entrega_anulada", "Esta entrega ya está anulada: anote una nueva.")
    actor = current_actor()
    row.estado, row.motivo = EstadoEntrega.ANULADA, clean(motivo)
    row.anulada_en, row.anulada_por = clock.now(), actor.cuenta_id if actor else None
    db.session.flush()
    refresh_tenencia(row.municipio_codigo, row.albergue_codigo, {linea.formato for linea in row.lineas})


def confirm_entrega(row: EntregaFormatos) -> None:
    """The municipality says that it received them. Said twice it is once. Flushes.

    :raises RuleBroken: `entrega_anulada`.
    """
    db.session.refresh(row, with_for_update=True)
    if not row.vigente:
        raise RuleBroken("entrega_anulada", "Esta entrega está anulada: no hay qué confirmar.")
    if row.confirmada_en is None:
        actor = current_actor()
        row.confirmada_en, row.confirmada_por = clock.now(), actor.cuenta_id if actor else None
        db.session.flush()


def refresh_tenencia(municipio: str, albergue_codigo: str | None, codes: Collection[str]) -> None:
    """Sum anew what one place holds of some formats, from the deliveries that count.

    The caller holds the lock of the municipality. The cost is that of one place's lines, never of the ledger.
    """
    t, e, n = table_of(Tenencia).c, table_of(EntregaFormatos), table_of(EntregaLinea)
    where = albergue_codigo or ""
    run(
        delete(table_of(Tenencia)).where(
            t.municipio_codigo == municipio, t.albergue_codigo == where, t.formato.in_(codes)
        )
    )
    of_place = (
        e.c.albergue_codigo.is_(None) if albergue_codigo is None else e.c.albergue_codigo == albergue_codigo
    )
    rows = run(
        select(n.c.formato, n.c.edicion, n.c.cantidad, n.c.medio, n.c.quedaban, e.c.fecha)
        .join_from(e, n, n.c.entrega_id == e.c.id)
        .where(
            e.c.municipio_codigo == municipio,
            of_place,
            e.c.estado == EstadoEntrega.VIGENTE,
            n.c.formato.in_(codes),
        )
        .order_by(e.c.fecha, e.c.registrado_en, e.c.id, n.c.orden)
    )
    held: dict[tuple[str, int], dict[str, Any]] = {}
    for line in rows:
        key = (line.formato, line.edicion)
        row = held.setdefault(
            key,
            {
                "municipio_codigo": municipio, "albergue_codigo": where, "formato": line.formato,
                "edicion": line.edicion, "ultima": line.fecha, "impresos": 0, "existencia": None,
            },
        )  # fmt: skip
        printed = line.cantidad if line.medio == Medio.IMPRESO else 0
        row["ultima"] = max(row["ultima"], line.fecha)
        row["impresos"] += printed
        counted = row["existencia"] if line.quedaban is None else line.quedaban
        row["existencia"] = None if counted is None else counted + printed
    insert_rows(Tenencia, list(held.values()))


def attach_escaneo(row: EntregaFormatos, content: bytes) -> EntregaEscaneo:
    """Attach the signed receipt; it supersedes the one before, which stays. Flushes.

    :raises Invalid: not a file one can keep. :raises RuleBroken: `escaneo_repetido`.
    """
    tipo, huella = recognise(content, PAPEL), fingerprint(content)
    db.session.refresh(row, with_for_update=True)
    s = EntregaEscaneo
    if db.session.scalar(select(s.id).where(s.entrega_id == row.id, s.huella == huella)) is not None:
        raise RuleBroken("escaneo_repetido", "Ese mismo archivo ya está adjunto a esta entrega.", "escaneo")
    last = db.session.scalar(select(func.max(s.serie)).where(s.entrega_id == row.id)) or 0
    actor = current_actor()
    scan = EntregaEscaneo(
        id=uuid7(),
        entrega_id=row.id,
        serie=last + 1,
        tipo=tipo,
        peso=len(content),
        huella=huella,
        contenido=keyring().seal(content, _SCAN),
        cuenta_id=actor.cuenta_id if actor else None,
        adjuntado_en=clock.now(),
    )
    db.session.add(scan)
    db.session.flush()
    return scan


def open_escaneo(row: EntregaFormatos, serie: int) -> tuple[EntregaEscaneo, bytes]:
    """A scan and the file as it was given. :raises NotFound: there is none with that number."""
    scan = db.session.scalar(
        select(EntregaEscaneo).where(EntregaEscaneo.entrega_id == row.id, EntregaEscaneo.serie == serie)
    )
    if scan is None:
        raise NotFound()
    return scan, keyring().open(scan.contenido, _SCAN)
