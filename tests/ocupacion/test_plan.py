"""How SQLite reads for the figure of now: never a walk through the history."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from albergues_app.core.db import db
from albergues_app.ocupacion.figures import cuadro
from tests.factories.cuentas import make_identity

GATHERED = (
    ("tramo", "ix_tramo_vigente_hasta", "80000 5 4 4 4 3 1 1"),
    ("tramo", "ix_tramo_activacion", "153384 103 9"),
    ("tramo", "ix_tramo_conocido_hasta", "153384 10"),
    ("activacion", "sqlite_autoindex_activacion_1", "1500 1"),
)


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_statistics_without_transits_do_not_send_the_figure_of_now_through_the_history(app: Flask) -> None:
    who = make_identity("nacional")
    db.session.commit()
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
        # as gathered on 150,000 intervals when nobody was on the way from one shelter to another
        for table, index, said in GATHERED:
            connection.execute(
                text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:t, :i, :s)"),
                {"t": table, "i": index, "s": said},
            )
    db.engine.dispose()
    asked: list[tuple[str, Any]] = []
    event.listen(
        db.engine, "before_cursor_execute", lambda _c, _cu, sql, values, _x, _m: asked.append((sql, values))
    )
    cuadro(who, "departamento")
    plans = [
        (sql, row[3])
        for sql, values in list(asked)
        if "FROM tramo" in sql
        for row in db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
    ]
    assert any("ix_tramo_transito" in step for _sql, step in plans)
    through = [(sql, step) for sql, step in plans if "SCAN tramo" in step or "ix_tramo_activacion" in step]
    assert not through
