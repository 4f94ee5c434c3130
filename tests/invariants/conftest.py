"""An empty ledger as often as an example needs one."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from albergues_app.audit.chain import GENESIS
from albergues_app.core.db import Base, db


@pytest.fixture
def empty(app, base) -> Callable[[], None]:
    """A function that takes the database back to the catalogue of territory, for the next example."""
    kept = {"departamento", "municipio", "municipio_alias", "sede", "sede_municipio", "limites_edicion"}
    tables = ", ".join(
        t.name for t in Base.metadata.sorted_tables if t.name not in kept | {"auditoria_cabeza"}
    )
    if base == "sqlite":
        file = Path(db.engine.url.database)
        pristine = file.with_name("vacia.sqlite")
        db.engine.dispose()
        with sqlite3.connect(file) as origin, sqlite3.connect(pristine) as copy:
            origin.backup(copy)
        origin.close()
        copy.close()

    def back() -> None:
        db.session.remove()
        if base == "sqlite":
            db.engine.dispose()
            for suffix in ("-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
            shutil.copy2(pristine, file)
            return
        with db.engine.connect() as connection:
            connection.exec_driver_sql("SET session_replication_role = replica")
            connection.exec_driver_sql(f"TRUNCATE {tables}")
            connection.exec_driver_sql(f"UPDATE auditoria_cabeza SET seq = 0, huella = '{GENESIS}'")
            connection.exec_driver_sql("SET session_replication_role = DEFAULT")
            connection.commit()

    return back
