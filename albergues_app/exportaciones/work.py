"""The background tasks: the file of an export of persons, and the complete archive."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from albergues_app.accounts.identity import Identity
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.tasks import Report
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.exportaciones import services
from albergues_app.exportaciones.archive import Unseekable, write_archive
from albergues_app.exportaciones.coverage import coverage_of
from albergues_app.exportaciones.models import ClaseExportacion, Exportacion
from albergues_app.exportaciones.rows import batches
from albergues_app.exportaciones.sealed_file import SealedWriter, folder, new_key
from albergues_app.exportaciones.writing import Marca, write_csv, write_xlsx


def task_export(arguments: dict[str, Any], actor: Actor, report: Report) -> dict[str, Any]:
    """Write the file of an export that may be made. ``arguments``: exportacion."""
    return make_file(UUID(arguments["exportacion"]), actor, report)


def make_file(export_id: UUID, actor: Actor, report: Report) -> dict[str, Any]:
    """The sealed file, in constant memory.

    :raises RuleBroken: `falta_aprobacion`, `ya_hecha`. :raises NotFound: who asked is no longer an account.
    """
    row = db.session.get(Exportacion, export_id)
    if row is None or row.cuenta_id != actor.cuenta_id:
        raise NotFound()
    services.refuse_unapproved(row)
    identity, columns = services.owner_of(row), services.columns_of(row)
    mark, total = mark_of(row, identity), row.filas
    path, key, formato = services.file_of(row), new_key(), row.formato
    db.session.expunge(row)
    db.session.rollback()

    def said(done: int) -> None:
        report(done, max(total, done), "Escribiendo filas")

    said(0)
    try:
        with SealedWriter(path, key) as target:
            parts = batches(row, identity, actor, any(c.nombra for c in columns))
            if formato == "xlsx":
                filas = write_xlsx(target, columns, parts, mark, folder(), said)
            else:
                filas = write_csv(target, columns, parts, mark, said)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    with unit_of_work(actor):
        services.mark_done(
            db.session.get_one(Exportacion, export_id), key, target.fingerprint, target.size, filas
        )
    return {"filas": filas, "peso": target.size}


def mark_of(row: Exportacion, identity: Identity) -> Marca:
    """The watermark of a copy."""
    lines = services.describe(row)
    said, scope = dict(lines), coverage_of(row, identity)
    lines += scope.lineas
    from albergues_app.core.instance import is_training

    if is_training():
        lines.insert(0, ("CAPACITACIÓN", "personas y datos de práctica"))
    lines.append(
        (
            "Cuidado",
            "Contiene datos de personas. No se publica, no se reenvía y se destruye cuando ya no hace falta.",
        )
    )
    return Marca(
        row.copia, lines, f"{said['Para quién']}: {said['Para qué']}", said["Quién la pidió"],
        f"{clock.to_local(row.pedida_en):%d/%m/%Y %H:%M}", scope,
    )  # fmt: skip


def task_archive(arguments: dict[str, Any], actor: Actor, report: Report) -> dict[str, Any]:
    """Write the complete archive of an approved request. ``arguments``: exportacion."""
    return make_archive(UUID(arguments["exportacion"]), actor, report)


def make_archive(export_id: UUID, actor: Actor, report: Report) -> dict[str, Any]:
    """The whole instance, sealed on disk with a key of its own until its passphrase is chosen on handing it over."""
    row = db.session.get(Exportacion, export_id)
    if row is None or row.cuenta_id != actor.cuenta_id or row.clase != ClaseExportacion.COMPLETA:
        raise NotFound()
    services.refuse_unapproved(row)
    if not services.owner_of(row).nacional:
        raise NotFound()
    path, key = services.file_of(row), new_key()
    try:
        with SealedWriter(path, key) as target:
            manifest = write_archive(Unseekable(target), report)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    filas = sum(t["filas"] for t in manifest["tablas"].values())
    with unit_of_work(actor):
        services.mark_done(
            db.session.get_one(Exportacion, export_id), key, target.fingerprint, target.size, filas
        )
    return {"filas": filas, "peso": target.size}
