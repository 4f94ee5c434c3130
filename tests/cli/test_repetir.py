"""`albergues repetir`: the totals of each hour are those of the series, in the summary and in every figure after it."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from albergues_app.albergues.models import Activacion, ActivacionTransicion, Albergue, Capacidad
from albergues_app.audit.chain import verify
from albergues_app.audit.models import Auditoria, Conflicto
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.ocupacion.verify import differences
from tests.cli.test_commands import albergues  # noqa: F401 - a fixture

TITLES = (
    "timestamp",
    "shelter_id",
    "shelter_name",
    "city",
    "evacuation_capacity",
    "total_population",
    "shelter_status",
)
START = datetime(2017, 9, 8, 12, tzinfo=UTC)
CITIES = ("Key West", "Nebaj, Quiché", "Puerto Barrios", "1413", "San José", "")
TABLES = (Emergencia, Albergue, Activacion, ActivacionTransicion, Capacidad, Parte, Auditoria, Conflicto)


def spelled(rng: Random, when: datetime) -> str:
    """The same instant in one of the notations people publish."""
    local = when - timedelta(hours=6)
    return rng.choice(
        [
            when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            local.strftime("%Y-%m-%dT%H:%M:%S-06:00"),
            local.strftime("%Y-%m-%d %H:%M:%S"),
            local.strftime("%d/%m/%Y %H:%M"),
            str(int(when.timestamp())),
            str(int(when.timestamp()) * 1000),
        ]
    )


def make_series(file: Path, hours: int, shelters: int, seed: int = 1) -> list[dict]:
    """A dirty series with what it says of each shelter; ``count`` None: nobody can count that row.

    Told apart by how it is made, not by reading it: the recount does not know the program's reader.
    """
    rng, said, lines = Random(seed), [], []
    for hour in range(hours):
        when = START + timedelta(hours=hour)
        for shelter in range(shelters):
            if rng.random() < 0.1:
                continue  # absent from this hour
            count = rng.randint(0, 180)
            written, counted = rng.choice(
                [(str(count), count)] * 12 + [("", None), ("-4", None), ("unknown", None)]
            )
            row = [
                spelled(rng, when), f"S{shelter}", f"Shelter {shelter}" + (" annex" if rng.random() < 0.05 else ""),
                CITIES[shelter % len(CITIES)], rng.choice(["", "-1", "unknown", "150", "150", "60"]), written,
                rng.choice(["OPEN", "OPEN", "FULL", "CLOSED", "ALERT", "STANDBY", "weird"]),
            ]  # fmt: skip
            lines.append(row)
            said.append({"when": when, "shelter": shelter, "hora": row[0], "count": counted})
            if rng.random() < 0.04:
                lines.append(row)
                said.append({**said[-1], "count": None})
    order = sorted(range(len(lines)), key=lambda i: (lines[i][1], i)) if seed % 2 else list(range(len(lines)))
    rng.shuffle(lines_of_noise := [["", "S1", "", "", "", "3", ""], ["soon", "S2", "", "", "", "3", ""]])
    with file.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(TITLES)
        table.writerows([lines[i] for i in order] + lines_of_noise)
    return [said[i] for i in order] + [{"count": None, "when": None}] * len(lines_of_noise)


def recount(said: list[dict], incremental: bool) -> list[dict]:
    """Plain Python: the picture of each hour."""
    hours = sorted({row["when"] for row in said if row["when"]})
    by_hour = defaultdict(dict)
    for row in said:
        if row["when"] and row["count"] is not None:
            by_hour[row["when"]][row["shelter"]] = row["count"]
    picture, found = {}, []
    for when in hours:
        picture = {**picture, **by_hour[when]} if incremental else by_hour[when]
        hora = next(row["hora"] for row in said if row["when"] == when)
        found.append(
            {"hora": hora, "albergues": len(picture), "personas": sum(picture.values()), "when": when}
        )
    return found


def summary(result) -> dict:
    return json.loads(result.stdout.splitlines()[-1])


def held() -> list[int]:
    """How many rows there are of all that a run can write."""
    db.session.rollback()
    return [db.session.scalar(select(func.count()).select_from(t)) for t in TABLES]


@pytest.mark.parametrize("incremental", [False, True])
def test_the_totals_of_every_hour_are_those_of_the_series(albergues, client, ficha, tmp_path, incremental):  # noqa: F811
    file = tmp_path / "irma.csv"
    said = make_series(file, hours=6, shelters=20, seed=1 + incremental)
    options = ("--incremental",) if incremental else ()
    done = albergues("repetir", str(file), *options)
    assert done.exit_code == 0, done.output
    told, wanted = summary(done), recount(said, incremental)
    assert told["por_hora"] == [{k: w[k] for k in ("hora", "albergues", "personas")} for w in wanted]
    assert told["filas"] == len(said) == told["aceptadas"] + told["dudosas"] + told["rechazadas"]
    assert told["rechazadas"] == sum(row["count"] is None for row in said)
    assert told["dudosas"] > 0

    headers = ficha("nacional")
    for hour in wanted:
        for known in ("", clock.iso(hour["when"])):  # as it was, and as it was known that hour
            for por in ("pais", "albergue"):
                asked = {"corte": clock.iso(hour["when"]), "por": por} | (
                    {"conocido_en": known} if known else {}
                )
                answer = client.get("/api/v1/ocupacion", query_string=asked, headers=headers).json
                total = answer["total"]
                assert total["albergues"] == hour["albergues"], (hour, por, known)
                assert (total["solo_declaradas"], total["declaradas"] or 0) == (
                    hour["personas"],
                    hour["personas"],
                )
                assert sum(f["solo_declaradas"] for f in answer["filas"]) == hour["personas"]

    before = held()
    again = albergues("repetir", str(file), *options)
    assert again.exit_code == 0 and summary(again) == told
    assert held() == before
    db.session.rollback()
    assert verify(db.session()).intact and differences() == []


def test_doubts_go_with_the_parte_and_the_reasons_are_printed_with_their_counts(albergues, tmp_path):  # noqa: F811
    file = tmp_path / "serie.csv"
    file.write_text(
        "hora,id,nombre,lugar,capacidad,personas,estado\n"
        "2020-11-05 06:00,A,Escuela Rural,Panzós,30,45,OPEN\n"
        "2020-11-05 06:00,B,Salón,Key West,,-3,OPEN\n"
        "2020-11-05 06:00,C,=cmd|' /C calc'!A0,Panzós,,0,CLOSED\n",
        encoding="utf-8",
    )
    done = albergues("repetir", str(file))
    assert summary(done) == {
        "filas": 3, "aceptadas": 1, "dudosas": 1, "rechazadas": 1,
        "por_hora": [{"hora": "2020-11-05 06:00", "albergues": 2, "personas": 45}],
    }  # fmt: skip
    assert "Dudas: 1 · más personas que capacidad" in done.stdout
    assert "Rechazos: 1 · las personas son menos que cero" in done.stdout
    assert "Regla de los lugares" in done.stdout and "Key West" not in done.stdout  # its only row was refused
    db.session.rollback()
    parte = db.session.scalar(select(Parte).where(Parte.personas == 45))
    assert (parte.nota, parte.fuente) == (
        "Fila 2 de la serie; estado OPEN; más personas que capacidad.",
        "conteo_fisico",
    )
    sites = {a.nombre: a for a in db.session.scalars(select(Albergue))}
    assert (
        sites["Escuela Rural"].municipio_codigo == "1607"
        and sites["Escuela Rural"].tipo_inmueble == "escuela"
    )
    assert "=cmd|' /C calc'!A0" in sites
    states = {a.albergue_id: a.estado for a in db.session.scalars(select(Activacion))}
    assert {n: states[a.id] for n, a in sites.items()} == {
        "Escuela Rural": "activa",
        "=cmd|' /C calc'!A0": "en_cierre",
    }


def test_a_shelter_that_comes_back_is_a_new_activation_of_the_same_site(albergues, tmp_path):  # noqa: F811
    file = tmp_path / "serie.csv"
    file.write_text("hora,id,personas\n1,A,5\n".replace("1,A", "2020-11-05 06:00,A") + "2020-11-05 07:00,B,1\n"
                    "2020-11-05 08:00,A,6\n", encoding="utf-8")  # fmt: skip
    assert albergues("repetir", str(file)).exit_code == 0
    db.session.rollback()
    first, second = db.session.scalars(
        select(Activacion)
        .join(Albergue)
        .where(Albergue.nombre == "Albergue A")
        .order_by(Activacion.abierta_en)
    )
    assert (first.estado, second.estado) == ("cerrada", "activa")
    assert second.reactiva_a == first.id and first.albergue_id == second.albergue_id
    assert clock.iso(first.cerrada_en) == "2020-11-05T07:00:00-06:00"


def test_the_real_reports_of_guatemala_are_counted_day_by_day(albergues, datos, tmp_path):  # noqa: F811
    file = datos / "albergues_gt" / "albergues_gt_reportados.csv"
    mapa = tmp_path / "mapa.json"
    mapa.write_text(
        json.dumps({"hora": "fecha", "personas": "cantidad", "lugar": "codigo_ine", "estado": None})
    )
    done = albergues("repetir", str(file), "--columnas", str(mapa))
    assert done.exit_code == 0, done.output
    with file.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    days, whole = defaultdict(dict), [r for r in rows if len(r["fecha"]) == 10]
    for row in whole:  # other dates say a month or a year only: no hour to put them at
        if row["cantidad"].isdigit():
            days[row["fecha"]][(row["nombre"], row["codigo_ine"])] = int(row["cantidad"])
    told = summary(done)
    assert told["filas"] == len(rows) == 66
    assert {t["hora"]: t["personas"] for t in told["por_hora"] if t["albergues"]} == {
        day: sum(found.values()) for day, found in days.items()
    }


def test_only_an_instance_of_training_takes_a_series(app, albergues, tmp_path):  # noqa: F811
    (Path(app.config["INSTANCIA"]) / "CAPACITACION").unlink()
    file = tmp_path / "serie.csv"
    file.write_text("hora,id,personas\n2020-11-05 06:00,A,5\n", encoding="utf-8")
    before = held()
    done = albergues("repetir", str(file))
    assert done.exit_code == 1 and "Capacitación" in done.stderr and held() == before


def test_a_series_without_one_good_row_says_that_none_could_be_counted(albergues, tmp_path):  # noqa: F811
    file = tmp_path / "serie.csv"
    file.write_text("hora,id,personas\nayer,A,5\n2020-11-05 06:00,A,-1\n", encoding="utf-8")
    done = albergues("repetir", str(file))
    assert done.exit_code == 0 and "Ninguna fila se pudo contar" in done.stdout
    assert "Ya estaba" not in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [(("--zona", "Marte/Olimpo"), "zona"), (("--columnas", "mapa.json"), "«gente» del mapa")],
)
def test_what_cannot_be_read_ends_with_two(albergues, tmp_path, monkeypatch, words, told):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    Path("serie.csv").write_text("hora,id,personas\n2020-11-05 06:00,A,5\n", encoding="utf-8")
    Path("mapa.json").write_text('{"personas": "gente"}', encoding="utf-8")
    done = albergues("repetir", "serie.csv", *words)
    assert done.exit_code == 2 and told in done.stderr


@pytest.mark.largo
def test_a_hundred_thousand_rows_go_through(albergues, client, ficha, tmp_path):  # noqa: F811
    file = tmp_path / "larga.csv"
    said = make_series(file, hours=240, shelters=445, seed=2)
    assert len(said) > 95_000
    told, wanted = summary(albergues("repetir", str(file))), recount(said, incremental=False)
    assert told["por_hora"] == [{k: w[k] for k in ("hora", "albergues", "personas")} for w in wanted]
    headers = ficha("nacional")
    for hour in wanted[::24]:
        asked = {"corte": clock.iso(hour["when"])}
        total = client.get("/api/v1/ocupacion", query_string=asked, headers=headers).json["total"]
        assert (total["albergues"], total["solo_declaradas"]) == (hour["albergues"], hour["personas"])
