"""Ask for an export, let a second person approve it, make its file in the background, hand it over once it is ready."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from flask import current_app
from sqlalchemy import or_, select

from albergues_app.accounts.identity import Identity, load_identity
from albergues_app.accounts.models import ROL_NOMBRE, Cuenta, Rol
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.aprobaciones.models import Aprobacion, AprobacionRespuesta
from albergues_app.aprobaciones.services import Clase, Cuerpo, PeticionNueva, approved, ask, register_clase
from albergues_app.audit.listener import record_opening
from albergues_app.audit.sealing import keyring
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.text import clean
from albergues_app.emergencias.models import Emergencia
from albergues_app.exportaciones.columns import Columna, chosen, columns_for
from albergues_app.exportaciones.models import CLASE_NOMBRE, ClaseExportacion, Exportacion
from albergues_app.exportaciones.rows import count_rows
from albergues_app.exportaciones.sealed_file import folder, read_parts
from albergues_app.ocupacion.dissociation import ALSO
from albergues_app.territorio.catalogo import catalogo

KEY_CONTEXT: Final = "exportacion.clave"
_TASKS: Final = UUID("6f1f4a3e-3f0c-4d0e-9f0b-3c6c2a4d5e10")


class EstadoExportacion(StrEnum):
    """Where an export stands, from its row, its approval and the clock."""

    ESPERA = "espera"
    RECHAZADA = "rechazada"
    CADUCADA = "caducada"
    POR_PREPARAR = "por_preparar"
    LISTA = "lista"


ESTADO_NOMBRE: dict[str, str] = {
    "espera": "Espera a otra persona",
    "rechazada": "Rechazada",
    "caducada": "Caducada",
    "por_preparar": "Por preparar",
    "lista": "Lista para bajar",
}


@dataclass(frozen=True)
class Pedido:
    """What somebody asks to take out."""

    id: UUID
    clase: str
    formato: str
    corte: datetime
    motivo: str
    destinatario: str
    emergencia_id: UUID | None = None
    departamento: str | None = None
    municipio: str | None = None
    albergue_codigo: str | None = None
    desde: datetime | None = None
    columnas: list[str] = field(default_factory=list)


def request_export(pedido: Pedido, identity: Identity) -> Exportacion:
    """Write the request; over the limit, or complete, it waits for a second person. Flushes.

    :raises RuleBroken: `falta_motivo`, `falta_destinatario`, `nada_que_exportar`.
    """
    motivo, to = clean(pedido.motivo)[:300], clean(pedido.destinatario)[:160]
    if not motivo:
        raise RuleBroken("falta_motivo", "Escriba para qué se necesitan estos datos.", "motivo")
    if not to:
        raise RuleBroken("falta_destinatario", "Escriba para quién son.", "destinatario")
    complete = pedido.clase == ClaseExportacion.COMPLETA
    columns = [] if complete else chosen(identity.rol, pedido.clase, pedido.columnas)
    row = Exportacion(
        id=pedido.id,
        cuenta_id=identity.id,
        clase=pedido.clase,
        formato="archivo" if complete else pedido.formato,
        emergencia_id=pedido.emergencia_id,
        departamento_codigo=pedido.departamento or (pedido.municipio or "")[:2] or None,
        municipio_codigo=pedido.municipio,
        albergue_codigo=pedido.albergue_codigo,
        desde=pedido.desde,
        corte=pedido.corte,
        columnas=",".join(c.codigo for c in columns),
        filas=0,
        motivo=motivo,
        destinatario=to,
        pedida_en=clock.now(),
    )
    if not complete:
        row.filas = count_rows(row, identity)
        if not row.filas:
            raise RuleBroken(
                "nada_que_exportar", "No hay a quién exportar con eso. Revise el lugar y la hora.", None
            )
    db.session.add(row)
    db.session.flush()
    if complete or row.filas > current_app.config["EXPORTACION_SOLA"]:
        kind = COMPLETA if complete else PERSONAS
        departamento, municipio = (None, None) if complete else _answered_in(row, identity)
        row.aprobacion_id = ask(
            PeticionNueva(
                id=row.id,
                clase=kind.codigo,
                objeto_id=row.id,
                titulo=_title(row),
                cuerpo={"exportacion": str(row.id)},
                motivo=motivo,
                departamento=departamento,
                municipio=municipio,
                albergue_codigo=row.albergue_codigo,
            )
        ).id
        db.session.flush()
    return row


def _answered_in(row: Exportacion, identity: Identity) -> tuple[str | None, str | None]:
    """(department, municipality) whose people answer: the narrowest that holds what is taken out; neither, the country."""
    if row.albergue_codigo:
        codes = {row.albergue_codigo[:4]}
    elif row.municipio_codigo or row.departamento_codigo:
        codes = {str(row.municipio_codigo or row.departamento_codigo)}
    elif identity.nacional:
        return None, None
    else:
        codes = set(identity.departamentos | identity.municipios) | {c[:4] for c in identity.albergues}
    departments = {c[:2] for c in codes}
    if len(departments) > 1:
        return None, None
    alone = next(iter(codes)) if len(codes) == 1 else ""
    return departments.pop(), alone if len(alone) == 4 else None


def _title(row: Exportacion) -> str:
    if row.clase == ClaseExportacion.COMPLETA:
        return "Exportación completa de la instancia"
    return f"Exportar {row.filas:,} {'estancias' if row.clase == 'estancias' else 'personas'} · {place_text(row)}"


def place_text(row: Exportacion) -> str:
    """The place an export is of."""
    known = catalogo()
    if row.albergue_codigo:
        return f"albergue {row.albergue_codigo}"
    if row.municipio_codigo:
        return known.lugar_texto(row.municipio_codigo)
    return known.departamento_nombre(row.departamento_codigo) if row.departamento_codigo else "su territorio"


def columns_of(row: Exportacion) -> list[Columna]:
    """The columns of a request, in their order."""
    codes = row.columnas.split(",")
    known = {c.codigo: c for c in columns_for(Rol.NACIONAL, row.clase)}
    return [known[c] for c in codes if c in known]


def describe(row: Exportacion) -> list[tuple[str, str]]:
    """Label and text of everything that is said of an export: for its page, its approver and its copies."""
    asker = db.session.get(Cuenta, row.cuenta_id)
    emergency = db.session.get(Emergencia, row.emergencia_id) if row.emergencia_id else None
    lines = [
        ("Copia", row.copia),
        ("Qué", CLASE_NOMBRE[row.clase]),
        ("Quién la pidió", f"{asker.nombre} ({ROL_NOMBRE[Rol(asker.rol)]})" if asker else "sin cuenta"),
        ("Cuándo", _local(row.pedida_en)),
        ("Para qué", row.motivo),
        ("Para quién", row.destinatario),
    ]
    if row.clase != ClaseExportacion.COMPLETA:
        names = [c.titulo for c in columns_of(row)]
        lines += [
            ("Lugar", place_text(row)),
            ("Emergencia", emergency.nombre if emergency else "todas"),
            ("A la hora" if row.desde is None else "Desde", _local(row.desde or row.corte)),
            *([("Hasta", _local(row.corte))] if row.desde is not None else []),
            ("Filas", f"{row.filas:,}"),
            ("Columnas", ", ".join(names)),
            ("Lleva nombres", "sí" if any(c.nombra for c in columns_of(row)) else "no"),
        ]
    return lines


def _local(value: datetime) -> str:
    return f"{clock.to_local(value):%d/%m/%Y %H:%M}"


def state_of(row: Exportacion) -> EstadoExportacion:
    """Where it stands now."""
    now = clock.now()
    if row.hecha_en is not None:
        gone = row.caduca_en is None or row.caduca_en <= now or not file_of(row).exists()
        return EstadoExportacion.CADUCADA if gone else EstadoExportacion.LISTA
    if row.aprobacion_id is None:
        return EstadoExportacion.POR_PREPARAR
    answer = db.session.scalar(
        select(AprobacionRespuesta.respuesta).where(AprobacionRespuesta.aprobacion_id == row.aprobacion_id)
    )
    if answer is None:
        ends = db.session.scalar(select(Aprobacion.caduca_en).where(Aprobacion.id == row.aprobacion_id))
        return EstadoExportacion.CADUCADA if ends is None or ends <= now else EstadoExportacion.ESPERA
    return EstadoExportacion.POR_PREPARAR if answer == "aprobada" else EstadoExportacion.RECHAZADA


def refuse_unapproved(row: Exportacion) -> None:
    """The guard of whoever makes the file. :raises RuleBroken: `falta_aprobacion`, `ya_hecha`."""
    kind = COMPLETA if row.clase == ClaseExportacion.COMPLETA else PERSONAS
    needs = row.clase == ClaseExportacion.COMPLETA or row.filas > current_app.config["EXPORTACION_SOLA"]
    if needs and not approved(kind.codigo, row.id):
        raise RuleBroken("falta_aprobacion", "Esta exportación espera a que otra persona la apruebe.")
    if row.hecha_en is not None:
        raise RuleBroken("ya_hecha", "Esta exportación ya se preparó. Si caducó, pídala de nuevo.")


def owner_of(row: Exportacion) -> Identity:
    """Who asked, as that account is now. :raises NotFound: it was disabled."""
    identity = load_identity(row.cuenta_id)
    if identity is None:
        raise NotFound()
    return identity


def file_of(row: Exportacion) -> Path:
    return folder() / f"{row.id}.sellado"


def mark_done(row: Exportacion, key: bytes, huella: str, peso: int, filas: int | None = None) -> None:
    """Note that the file is there, and until when. Flushes."""
    moment = clock.now()
    row.clave, row.huella, row.peso = keyring().seal(key, KEY_CONTEXT), huella, peso
    row.hecha_en, row.caduca_en = moment, moment + timedelta(hours=current_app.config["EXPORTACION_HORAS"])
    if filas is not None:
        row.filas = filas
    db.session.flush()


def key_of(row: Exportacion) -> bytes:
    assert row.clave is not None
    return keyring().open(row.clave, KEY_CONTEXT)


def hand_over(row: Exportacion) -> Iterator[bytes]:
    """The content, part by part; the opening is noted by the caller's unit of work.

    :raises RuleBroken: `exportacion_caducada`.
    """
    if state_of(row) is not EstadoExportacion.LISTA:
        raise RuleBroken("exportacion_caducada", "El archivo ya no está. Pida la exportación de nuevo.")
    record_opening(db.session(), "exportacion", row.id, "web:bajar_exportacion")
    return read_parts(file_of(row), key_of(row))


def clean_exports() -> int:
    """Remove the files whose time is over; the rows stay."""
    limit, gone = clock.now(), 0
    for path in folder().iterdir():
        keep = None
        with contextlib.suppress(ValueError):
            keep = db.session.scalar(select(Exportacion.caduca_en).where(Exportacion.id == UUID(path.stem)))
        old = path.stat().st_mtime < (limit - timedelta(hours=24)).timestamp()
        if (keep is not None and keep <= limit) or (keep is None and old):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def forget_exports(emergencia_id: UUID) -> None:
    """No file with the people of a dissociated emergency stays; the rows, without them, do."""
    stmt = select(Exportacion.id).where(
        or_(Exportacion.emergencia_id == emergencia_id, Exportacion.emergencia_id.is_(None))
    )
    for key in db.session.scalars(stmt):
        (folder() / f"{key}.sellado").unlink(missing_ok=True)


ALSO.append(forget_exports)


def _approve(row: Aprobacion, _cuerpo: Cuerpo) -> dict[str, Any]:
    """Nothing is made here: who asked prepares the file, with its own territory and its own reading noted."""
    db.session.get_one(Exportacion, row.objeto_id)
    return {"avisos": [], "dice": "Aprobada: quien la pidió ya puede preparar su archivo."}


def _described(row: Aprobacion, _cuerpo: Cuerpo) -> list[tuple[str, str]]:
    export = db.session.get(Exportacion, row.objeto_id)
    return describe(export) if export is not None else []


PERSONAS: Final = register_clase(
    Clase(
        "exportar_personas", "Exportar datos de personas", Permiso.EXPORTACION_APROBAR, _approve, _described
    )
)
COMPLETA: Final = register_clase(
    Clase("exportar_todo", "Exportación completa", Permiso.EXPORTACION_COMPLETA, _approve, _described)
)


def may_ask_all(identity: Identity) -> bool:
    """May this account ask for the whole instance?"""
    return role_may(identity.rol, Permiso.EXPORTACION_COMPLETA)


def task_id_of(export_id: UUID) -> UUID:
    """The one task of an export: asked twice, it is the same work."""
    return uuid5(_TASKS, str(export_id))
