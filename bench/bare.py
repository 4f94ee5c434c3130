"""The same check-in in a bare Flask with Core and nothing else: the upper bound a target is a share of.

Run under gunicorn: `bench.bare:make("/path/to.sqlite")`.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import uuid
from typing import Any

from flask import Flask, jsonify, request


def make(path: str) -> Flask:
    """An application with one route: four persons, four movements, a summary, one fsync."""
    app = Flask(__name__)
    local = threading.local()

    def connection() -> sqlite3.Connection:
        if not hasattr(local, "connection"):
            local.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
                local.connection.execute(f"PRAGMA {pragma}")
        found: sqlite3.Connection = local.connection
        return found

    setup = connection()
    setup.execute(
        "CREATE TABLE IF NOT EXISTS persona (id TEXT PRIMARY KEY, nombre TEXT, sexo TEXT, edad INT)"
    )
    setup.execute(
        "CREATE TABLE IF NOT EXISTS movimiento (id TEXT PRIMARY KEY, persona TEXT, lugar TEXT, hora TEXT)"
    )
    setup.execute(
        "CREATE TABLE IF NOT EXISTS resumen (lugar TEXT, sexo TEXT, n INT, PRIMARY KEY (lugar, sexo))"
    )

    @app.get("/salud/vivo")
    def vivo() -> Any:
        return jsonify(ok=True)

    @app.post("/ingreso")
    def ingreso() -> Any:
        data = request.get_json()
        people = data["personas"]
        base = connection()
        lock = os.open(f"{path}.escritor", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            base.execute("BEGIN IMMEDIATE")
            base.executemany(
                "INSERT INTO persona VALUES (?,?,?,?)",
                [(p["id"], p["nombres"], p["sexo"], p["edad"]) for p in people],
            )
            base.executemany(
                "INSERT INTO movimiento VALUES (?,?,?,?)",
                [(uuid.uuid4().hex, p["id"], data["lugar"], data["ocurrido_en"]) for p in people],
            )
            for p in people:
                base.execute(
                    "INSERT INTO resumen VALUES (?,?,1) ON CONFLICT DO UPDATE SET n = n + 1",
                    (data["lugar"], p["sexo"]),
                )
            base.execute("COMMIT")
        finally:
            os.close(lock)
        return jsonify(id=data["id"]), 201

    return app
