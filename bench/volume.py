"""Fill a SQLite instance with years of work in seconds: rows as the services write them, by one statement a table.

Only for measuring reads: the audit chain of these rows is left out.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

FOREVER = "9999-12-31 00:00:00.000000"


def fill(
    path: Path,
    shelters: list[dict[str, Any]],
    familia_de: str,
    persons: int,
    days: int,
    now: dt.datetime,
    seed: int = 7,
) -> dict[str, int]:
    """Insert persons with four movements each (ingreso, salida, retorno, egreso; the last ones are still inside).

    ``shelters``: activacion, emergencia, municipio, codigo. Returns the counts.
    """
    rng = Random(seed)
    base = sqlite3.connect(path)
    base.execute("PRAGMA synchronous=OFF")
    base.execute("PRAGMA foreign_keys=OFF")
    start = now - dt.timedelta(days=days)
    inside_share = min(0.16, 40_000 / persons)
    moves, spans, stays, people, families, versions = [], [], [], [], [], []
    cells: dict[tuple[str, str, str], int] = {}
    members: dict[tuple[str, str], int] = {}
    made = {"personas": 0, "movimientos": 0, "dentro": 0}

    def text(instant: dt.datetime) -> str:
        return instant.strftime("%Y-%m-%d %H:%M:%S.%f")

    def flush() -> None:
        base.executemany(
            "INSERT INTO movimiento (id,operacion_id,tipo,persona_id,familia_id,activacion_id,acuse,tardio,ocurrido_en,capturado_en,registrado_en,municipio_codigo,albergue_codigo) VALUES (?,?,?,?,?,?,0,0,?,?,?,?,?)",
            moves,
        )
        base.executemany(
            "INSERT INTO tramo (persona_id,familia_id,activacion_id,clase,desde,hasta,conocido_desde,conocido_hasta,vigente,sexo,nacimiento,grupos,banda) VALUES (?,?,?,?,?,?,?,?,?,?,?,0,?)",
            spans,
        )
        base.executemany(
            "INSERT INTO estancia (id,persona_id,familia_id,activacion_id,ingreso_en,egreso_en,ingreso_movimiento,fuera,municipio_codigo,albergue_codigo) VALUES (?,?,?,?,?,?,?,0,?,?)",
            stays,
        )
        base.executemany("INSERT INTO persona (id,emergencia_id,registrada_en) VALUES (?,?,?)", people)
        base.executemany(
            "INSERT INTO familia (id,codigo,emergencia_id,registrada_en) VALUES (?,?,?,?)", families
        )
        base.executemany(
            "INSERT INTO persona_version (id,persona_id,vigente_desde,registrado_en,nombres,apellidos,nombre_normal,fonetica,sexo,nacimiento,nacimiento_estimado,anio_nacimiento,grupos,actual) VALUES (?,?,'0001-01-01 00:00:00.000000',?,?,?,?,?,?,?,1,?,0,1)",
            versions,
        )
        for rows in (moves, spans, stays, people, families, versions):
            rows.clear()

    base.execute("BEGIN")
    family = ""
    for n in range(persons):
        if n % 4 == 0:
            shelter = rng.choice(shelters)
            family = UUID(int=rng.getrandbits(128)).hex
            staying = rng.random() < inside_share
            entered = (
                (now - dt.timedelta(days=rng.uniform(0, 12)))
                if staying
                else start + dt.timedelta(days=rng.uniform(0, days - 3))
            )
            stay_days = rng.expovariate(1 / 6) + 0.2
            left = min(entered + dt.timedelta(days=stay_days), now - dt.timedelta(minutes=5))
            families.append((family, f"V{n // 4:06d}", shelter["emergencia"], text(entered)))
        person = UUID(int=rng.getrandbits(128)).hex
        sex = "mujer" if rng.random() < 0.52 else "hombre"
        birth = now.date() - dt.timedelta(days=rng.randint(30, 80 * 365))
        age = (now.date() - birth).days // 365
        band = next(
            code
            for code, top in (
                ("0", 1),
                ("1_4", 5),
                ("5_12", 13),
                ("13_17", 18),
                ("18_29", 30),
                ("30_59", 60),
                ("60_mas", 999),
            )
            if age < top
        )
        people.append((person, shelter["emergencia"], text(entered)))
        name = f"persona {n % 5000}"
        versions.append(
            (
                UUID(int=rng.getrandbits(128)).hex,
                person,
                text(entered),
                name,
                "volumen",
                f"{name} volumen",
                f"{name} bolumen",
                sex,
                birth.isoformat(),
                birth.year,
            )
        )
        first = UUID(int=rng.getrandbits(128)).hex
        out = entered + (left - entered) * 0.3
        back = entered + (left - entered) * 0.4
        kinds = [("ingreso", entered), ("salida_temporal", out), ("retorno", back)]
        if not staying:
            kinds.append(("egreso", left))
        for kind, when in kinds:
            key = first if kind == "ingreso" else UUID(int=rng.getrandbits(128)).hex
            moves.append(
                (
                    key,
                    key,
                    kind,
                    person,
                    family,
                    shelter["activacion"],
                    text(when),
                    text(when),
                    text(when),
                    shelter["municipio"],
                    shelter["codigo"],
                )
            )
        end = FOREVER if staying else text(left)
        # As the services leave it: what was held while it was open, superseded when it closed.
        if not staying:
            spans.append(
                (
                    person,
                    family,
                    shelter["activacion"],
                    "dentro",
                    text(entered),
                    FOREVER,
                    text(entered),
                    text(left),
                    0,
                    sex,
                    birth.isoformat(),
                    band,
                )
            )
        spans.append(
            (
                person,
                family,
                shelter["activacion"],
                "dentro",
                text(entered),
                end,
                text(entered if staying else left),
                FOREVER,
                1,
                sex,
                birth.isoformat(),
                band,
            )
        )
        spans.append(
            (
                person,
                family,
                shelter["activacion"],
                "fuera",
                text(out),
                FOREVER,
                text(out),
                text(back),
                0,
                sex,
                birth.isoformat(),
                band,
            )
        )
        spans.append(
            (
                person,
                family,
                shelter["activacion"],
                "fuera",
                text(out),
                text(back),
                text(back),
                FOREVER,
                1,
                sex,
                birth.isoformat(),
                band,
            )
        )
        stays.append(
            (
                UUID(int=rng.getrandbits(128)).hex,
                person,
                family,
                shelter["activacion"],
                text(entered),
                None if staying else text(left),
                first,
                shelter["municipio"],
                shelter["codigo"],
            )
        )
        if staying:
            cell = (shelter["activacion"], sex, band)
            cells[cell] = cells.get(cell, 0) + 1
            members[(shelter["activacion"], family)] = members.get((shelter["activacion"], family), 0) + 1
            made["dentro"] += 1
        made["personas"] += 1
        made["movimientos"] += len(kinds)
        if len(moves) > 40_000:
            flush()
    flush()
    base.executemany(
        "INSERT INTO resumen (activacion_id,sexo,banda,personas,fuera) VALUES (?,?,?,?,0)",
        [(*k, v) for k, v in cells.items()],
    )
    base.executemany(
        "INSERT INTO resumen_familia (activacion_id,familia_id,personas) VALUES (?,?,?)",
        [(*k, v) for k, v in members.items()],
    )
    base.commit()
    base.execute("ANALYZE")
    base.commit()
    base.close()
    return made
