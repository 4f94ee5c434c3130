"""An emergency of days replayed through the web: every bulletin and every closed period proved with the programs alone.

A script is the sede: families come, move and leave, shelters report at 06:00 and 18:00, the COE keeps its log and hands
its shifts over, each night a bulletin is written, reviewed, authorised and issued. The script keeps its own account of
what happened and when it was told, and adds it up with nothing of the application. On the last day paper arrives late:
what was issued is the same to the byte, what is asked now is not, and a correction lists exactly what changed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from albergues_app.accounts.services import create_ficha_api
from albergues_app.coe.queries import verify_logs
from albergues_app.consolidados.scope import Ambito, Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.reports.situacion import sheet
from albergues_app.reports.situacion import verificador as seal
from albergues_app.reports.situacion.content import freeze
from albergues_app.reports.situacion.models import Boletin, BoletinSellado
from albergues_app.reports.situacion.queries import verify_series
from tests.factories.cuentas import CLAVE, SISTEMA, csrf_of, make_cuenta
from tests.formularios import Pagina, post

BEGIN = datetime(2026, 11, 16, 12, tzinfo=UTC)
"""16/11/2026 06:00 in Guatemala."""
HALF = timedelta(hours=12)


@dataclass(frozen=True)
class Hecho:
    """So many persons of a family more or fewer in a shelter: since when, and since when it is known."""

    cuando: datetime
    sabido: datetime
    albergue: str
    familia: int
    personas: int


@dataclass
class Familia:
    """Who moves together, and where they are."""

    numero: int
    ids: list[str]
    albergue: str = ""
    salida: str = ""
    """The id of the egreso that took them out."""


class Puesto:
    """One person of the sede: a program's token, and a browser."""

    def __init__(self, app: Flask) -> None:
        cuenta = make_cuenta("sede", departamento="14")
        self.id, self.correo = str(cuenta.id), cuenta.correo
        with unit_of_work(SISTEMA):
            self.headers = {"Authorization": f"Bearer {create_ficha_api(cuenta)}"}
        self.web = app.test_client()
        token = csrf_of(self.web.get("/entrar").text)
        sent = {"correo": self.correo, "clave": CLAVE, "csrf_token": token}
        assert self.web.post("/entrar", data=sent).status_code == 303


@dataclass
class Emitido:
    """A bulletin as it left: what the script says of its hour, and its bytes."""

    pagina: str
    corte: datetime
    sabido: datetime
    pdf: bytes


@dataclass
class Repeticion:
    """The script. ``ritmo``: families that come, and entries that are written, in each half day."""

    app: Flask
    albergues: int
    dias: int
    familias: int
    entradas: int
    azar: Random = field(default_factory=lambda: Random(1114))
    hechos: list[Hecho] = field(default_factory=list)
    partes: list[tuple[datetime, datetime, str]] = field(default_factory=list)
    adentro: list[Familia] = field(default_factory=list)
    afuera: list[Familia] = field(default_factory=list)
    emitidos: list[Emitido] = field(default_factory=list)
    bitacoras: list[bytes] = field(default_factory=list)
    escritas: int = 0

    def __post_init__(self) -> None:
        self.at(BEGIN)
        self.puestos = [Puesto(self.app) for _ in range(3)]
        self.api_client, self.de_turno = self.app.test_client(), 0
        self.emergencia = self.api(
            "/emergencias",
            nombre="Tormenta de práctica",
            tipo="tormenta",
            inicio=self.iso(BEGIN),
            departamentos=["14"],
        )["id"]
        self.sitios: dict[str, tuple[str, int | None]] = {}
        for n in range(self.albergues):
            room = None if n % 5 == 2 else 20 + 7 * (n % 4)
            capacity = {"personas": room, "fuente": "acta", "fecha": "2026-01-01"} if room else None
            site = self.api(
                "/albergues",
                nombre=f"Escuela {n + 1}",
                municipio=("1413", "1401", "1405")[n % 3],
                tipo_inmueble="escuela",
                oficial=n % 2 == 0,
                capacidad=capacity,
            )
            opened = self.api(
                "/activaciones", albergue=site["id"], emergencia=self.emergencia, abierta_en=self.iso(BEGIN)
            )
            self.sitios[site["codigo"]] = (opened["id"], room)
        self.coe = self.api(
            "/coe",
            emergencia=self.emergencia,
            nivel="departamental",
            departamento="14",
            activado_en=self.iso(BEGIN),
            acta={"numero": "07-2026"},
        )["id"]
        self.at(BEGIN + timedelta(minutes=5))
        post(self.puestos[0].web, f"/coe/{self.coe}/turnos/recibir")
        self.escritas += 1

    # ── the hour ──

    def at(self, instant: datetime) -> None:
        self.ahora = instant
        clock._frozen.set(instant)

    def iso(self, instant: datetime) -> str:
        return clock.to_local(instant).isoformat()

    # ── what happens ──

    def api(self, path: str, **body: Any) -> dict[str, Any]:
        """A second later, from whoever has the shift."""
        self.at(self.ahora + timedelta(seconds=1))
        got = self.api_client.post(
            f"/api/v1{path}", json={"id": str(uuid7()), **body}, headers=self.puestos[self.de_turno].headers
        )
        assert got.status_code == 201, (path, got.status_code, got.text)
        found: dict[str, Any] = got.json
        return found

    def count(self, when: datetime, albergue: str, familia: Familia, people: int) -> None:
        self.hechos.append(Hecho(when, self.ahora, albergue, familia.numero, people))

    def arrive(self, albergue: str, when: datetime, size: int) -> None:
        who = [
            {
                "id": str(uuid7()),
                "nombres": "N/N",
                "sexo": self.azar.choice(("mujer", "hombre")),
                "edad": max(self.azar.randint(0, 90), 0 if n else 20),
                "edad_unidad": "anios",
            }
            for n in range(size)  # nobody leaves without an adult
        ]
        self.api(
            f"/activaciones/{self.sitios[albergue][0]}/ingresos",
            ocurrido_en=self.iso(when),
            familia={"id": str(uuid7())},
            personas=who,
        )
        family = Familia(len({h.familia for h in self.hechos}), [p["id"] for p in who], albergue)
        self.adentro.append(family)
        self.count(when, albergue, family, size)

    def leave(self, family: Familia, when: datetime) -> None:
        family.salida = self.api(
            "/movimientos",
            tipo="egreso",
            personas=family.ids,
            destino="familiar",
            activacion=self.sitios[family.albergue][0],
            ocurrido_en=self.iso(when),
        )["id"]
        self.adentro.remove(family)
        self.afuera.append(family)
        self.count(when, family.albergue, family, -len(family.ids))

    def move(self, family: Familia, to: str, when: datetime) -> None:
        self.api(
            "/movimientos",
            tipo="traslado",
            personas=family.ids,
            activacion=self.sitios[family.albergue][0],
            activacion_destino=self.sitios[to][0],
            ocurrido_en=self.iso(when),
        )
        self.count(when, family.albergue, family, -len(family.ids))
        self.count(when, to, family, len(family.ids))
        family.albergue = to

    def undo(self, family: Familia, left: datetime) -> None:
        """They never left: the egreso is annulled, days later."""
        self.api(
            "/movimientos",
            tipo="anulacion",
            anula=family.salida,
            activacion=self.sitios[family.albergue][0],
            personas=[],
            ocurrido_en=self.iso(left),
            motivo="Se anotó por error",
        )
        self.count(left, family.albergue, family, len(family.ids))

    def report(self, albergue: str, corte: datetime, personas: int) -> None:
        self.api(
            "/partes",
            activacion=self.sitios[albergue][0],
            corte=self.iso(corte),
            fuente="conteo_fisico",
            personas=personas,
        )
        self.partes.append((corte, self.ahora, albergue))

    def note(self, n: int) -> None:
        kind = ("radio", "llamada", "decision", "solicitud")[n % 4]
        place = self.azar.choice(list(self.sitios))
        late = timedelta(hours=2) if n % 7 == 6 else timedelta(minutes=n % 20)
        got = self.api(
            f"/coe/{self.coe}/entradas",
            ocurrido_en=self.iso(max(BEGIN, self.ahora - late)),
            tipo=kind,
            asunto=f"Nota {n} de {place}",
            detalle=f"Según el folio {max(1, self.escritas)}: 40 colchonetas.",
        )
        self.escritas += 1
        assert got["folio"] == self.escritas

    # ── half a day ──

    def half_day(self, end: datetime) -> None:
        """From the hour before to ``end``, which is 06:00 or 18:00 of Guatemala."""
        begin, steps = end - HALF + timedelta(minutes=10), self.familias * 2 + self.entradas
        places = list(self.sitios)
        for step in range(steps):
            self.at(begin + (timedelta(hours=11) * step) / steps)
            when = self.ahora - timedelta(minutes=self.azar.randint(0, 9))
            if step % 2 == 0 and step < 2 * self.familias:
                self.arrive(self.azar.choice(places), when, self.azar.randint(1, 6))
            elif step < 2 * self.familias and len(self.adentro) > 2 and self.azar.random() < 0.6:
                family = self.azar.choice(self.adentro[:-1])
                if self.azar.random() < 0.5:
                    self.leave(family, self.ahora)
                else:
                    self.move(
                        family, self.azar.choice([p for p in places if p != family.albergue]), self.ahora
                    )
            else:
                self.note(step)
        self.at(end - timedelta(minutes=15))
        for n, place in enumerate(places):
            if n == 0 or self.azar.random() > 0.2:  # some do not report
                self.report(place, self.ahora, sum(len(f.ids) for f in self.adentro if f.albergue == place))
        self.hand_over(end + timedelta(minutes=5))
        self.close(end)

    def hand_over(self, when: datetime) -> None:
        """Who has the shift signs and the next accepts; what the system fills in is what the script counts."""
        gives, comes = self.puestos[self.de_turno], self.puestos[(self.de_turno + 1) % 3]
        self.at(when)
        address = f"/coe/{self.coe}/turnos/entregar"
        form = next(f for f in Pagina(gives.web.get(address).text).formas if "entrante_cuenta" in f.campos)
        assert form.valores["personas_albergadas"] == [str(sum(self.persons(when, when).values()))]
        assert form.valores["albergues_abiertos"] == [str(self.albergues)]
        signed = post(
            gives.web, address, entrante_cuenta=comes.id, situacion_actual="Sigue la lluvia", informo="1"
        )
        page = signed.headers["Location"]
        self.at(when + timedelta(minutes=1))
        sooner = self.api_client.post(
            f"/api/v1/coe/{self.coe}/entradas",
            headers=comes.headers,
            json={
                "id": str(uuid7()),
                "ocurrido_en": self.iso(self.ahora),
                "tipo": "radio",
                "asunto": "a",
                "detalle": "b",
            },
        )
        assert (sooner.status_code, sooner.json["codigo"]) == (422, "turno_sin_aceptar")
        post(comes.web, page, "/aceptar", nota="Todo completo")
        self.de_turno, self.escritas = (self.de_turno + 1) % 3, self.escritas + 1
        assert comes.web.get(f"{page}/pdf").data.startswith(b"%PDF")

    def close(self, end: datetime) -> None:
        """Close the period that ended, and keep the log as whoever was there would."""
        self.at(end + timedelta(minutes=10))
        web = self.puestos[self.de_turno].web
        post(web, f"/coe/{self.coe}/periodos", hasta=clock.to_local(end).strftime("%Y-%m-%dT%H:%M"))
        self.bitacoras.append(web.get(f"/coe/{self.coe}/archivo/json").data)

    def bulletin(self, corte: datetime) -> None:
        """Written by who has the shift, reviewed and authorised by the other two, issued."""
        self.at(corte + timedelta(minutes=20))
        web = self.puestos[self.de_turno].web
        begun = post(
            web,
            "/boletines/nuevo",
            emergencia=self.emergencia,
            ambito="14",
            corte=clock.to_local(corte).strftime("%Y-%m-%dT%H:%M"),
        )
        page, known = begun.headers["Location"], self.ahora
        self.issue(page, f"Día {len(self.emitidos) + 1}: sigue la lluvia.")
        self.emitidos.append(Emitido(page, corte, known, web.get(f"{page}/hoja.pdf").data))

    def issue(self, page: str, situacion: str) -> None:
        writes, reviews, authorises = (self.puestos[(self.de_turno + k) % 3].web for k in range(3))
        post(
            writes,
            page,
            page,
            situacion=situacion,
            proximos="Visita a Nebaj.",
            acciones="Cruz Roja: 40 colchonetas",
        )
        for step, (who, what) in enumerate(
            ((reviews, "revisar"), (authorises, "autorizar"), (writes, "emitir"))
        ):
            self.at(self.ahora + timedelta(minutes=step + 1))
            post(who, page, f"/{what}")
        self.escritas += 1

    def alert(self, color: str, since: datetime) -> None:
        post(
            self.puestos[0].web,
            "/emergencias/alertas/nueva",
            emergencia=self.emergencia,
            color=color,
            ambito="poblacional",
            nivel="departamental",
            departamentos="14",
            amenaza="tormenta",
            autoridad="CONRED",
            desde=clock.to_local(since).strftime("%Y-%m-%dT%H:%M"),
        )

    def lift(self) -> None:
        page = self.puestos[0].web.get("/emergencias/alertas").text
        (address,) = re.findall(r'href="(/emergencias/alertas/[^"]+/levantar)"', page)
        post(self.puestos[0].web, address, hasta=clock.to_local(self.ahora).strftime("%Y-%m-%dT%H:%M"))

    def level(self, grado: str) -> None:
        post(
            self.puestos[0].web,
            f"/coe/{self.coe}/grado",
            grado=grado,
            motivo="Baja la lluvia",
            desde=clock.to_local(self.ahora).strftime("%Y-%m-%dT%H:%M"),
        )

    def run(self) -> None:
        self.alert("roja", self.ahora)
        for day in range(self.dias):
            if day == 1:  # after the first bulletin the alert is lifted and the COE works with less
                self.lift()
                self.level("activacion_parcial")
            self.half_day(BEGIN + HALF + timedelta(days=day))
            self.bulletin(BEGIN + HALF + timedelta(days=day))
            if day < self.dias - 1:
                self.half_day(BEGIN + timedelta(days=day + 1))

    # ── the script's own account ──

    def persons(self, corte: datetime, sabido: datetime) -> dict[str, int]:
        """Persons by shelter at an hour, as known at another."""
        found = dict.fromkeys(self.sitios, 0)
        for h in self.hechos:
            if h.cuando <= corte and h.sabido <= sabido:
                found[h.albergue] += h.personas
        return found

    def households(self, corte: datetime, sabido: datetime) -> dict[str, int]:
        """Families by shelter: those that have somebody in."""
        inside: dict[tuple[str, int], int] = {}
        for h in self.hechos:
            if h.cuando <= corte and h.sabido <= sabido:
                inside[h.albergue, h.familia] = inside.get((h.albergue, h.familia), 0) + h.personas
        return {place: sum(n > 0 for (at, _), n in inside.items() if at == place) for place in self.sitios}

    def silent(self, corte: datetime, sabido: datetime) -> set[str]:
        told = {p for when, known, p in self.partes if corte - HALF < when <= corte and known <= sabido}
        return set(self.sitios) - told


# ── the proof ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def instance(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """Sessions and tokens that last for the days of the script."""
    app = make_app(
        SESION_INACTIVA_MIN=60 * 24 * 9,
        SESION_HORAS=24 * 9,
        API_POR_MINUTO_FICHA=10**6,
        API_POR_MINUTO_DIRECCION=10**6,
    )
    with app.app_context():
        yield app
    clock._frozen.set(None)


def alone(folder: Path, program: bytes, files: dict[str, bytes]) -> subprocess.CompletedProcess[str]:
    """A program that the system hands out, run where there is nothing but it and the files."""
    folder.mkdir(exist_ok=True)
    (folder / "verificador.py").write_bytes(program)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    words = [sys.executable, "-I", "-S", "verificador.py", *files]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def sealed_of(page: str) -> tuple[Boletin, BoletinSellado]:
    key = UUID(page.rsplit("/", 1)[1])
    return db.session.get_one(Boletin, key), db.session.query(BoletinSellado).filter_by(boletin_id=key).one()


def as_told(s: Repeticion, e: Emitido) -> None:
    """A bulletin says what the script says that was known when it was begun."""
    _row, sealed = sealed_of(e.pagina)
    body = json.loads(sealed.datos)["cuerpo"]
    lines = {r["codigo"]: r for r in body["lineas"]}
    persons = s.persons(e.corte, e.sabido)
    assert {c: r["personas"] for c, r in lines.items()} == persons
    assert {c: r["familias"] for c, r in lines.items()} == s.households(e.corte, e.sabido)
    assert {c for c, r in lines.items() if r["sin_reporte"]} == s.silent(e.corte, e.sabido)
    assert body["total"]["personas"] == sealed.personas == sum(persons.values())
    rooms = {c: room for c, (_, room) in s.sitios.items() if room is not None}
    assert body["total"]["diferencia"] == sum(room - persons[c] for c, room in rooms.items())
    assert {m["codigo"]: m["personas"] for m in body["municipios"]} == {
        muni: sum(n for c, n in persons.items() if c.startswith(muni)) for muni in {c[:4] for c in persons}
    }


def counted_anew(row: Boletin) -> None:
    """Alerts, level of the COE, line of bulletins, figures, needs: all that the system froze, to the byte."""
    asked = Pregunta(row.emergencia_id, Ambito(row.ambito), row.corte, row.conocido_en)
    again, kept = freeze(asked), json.loads(row.cifras)
    assert {k for k in kept if again[k] != kept[k]} == set()
    assert seal.canonical(again) == row.cifras


def replay(s: Repeticion, tmp_path: Path) -> None:
    s.run()
    web, nobody = s.puestos[0].web, s.app.test_client()
    for e in s.emitidos:
        as_told(s, e)

    # The last day: paper about every day before.
    s.at(s.ahora + timedelta(hours=3))
    first = next(iter(s.sitios))
    for e in s.emitidos:
        s.arrive(first, e.corte - timedelta(hours=3), 3)
    gone = [
        (f, h.cuando)
        for f in s.afuera
        for h in s.hechos
        if h.familia == f.numero and h.personas < 0 and h.albergue == f.albergue
    ][-1:]
    for family, left in gone:
        s.undo(family, left)
    quiet = sorted(s.silent(s.emitidos[0].corte, s.emitidos[0].sabido))
    for place in quiet:
        when = s.emitidos[0].corte - timedelta(minutes=10)
        s.report(place, when, s.persons(when, s.ahora)[place])
    s.alert("amarilla", BEGIN + timedelta(hours=1))  # in force from the first day, and nobody knew
    s.at(s.ahora + timedelta(minutes=5))

    # What was issued is the same to the byte: the file, the sheet drawn anew, and its figures counted anew.
    for e in s.emitidos:
        as_told(s, e)
        row, sealed = sealed_of(e.pagina)
        assert web.get(f"{e.pagina}/hoja.pdf").data == e.pdf
        drawn = sheet.render_pdf(json.loads(sealed.datos), sealed.huella)
        assert seal.close_pdf(drawn, sealed.huella) == e.pdf
        counted_anew(row)
        at = {"corte": s.iso(e.corte), "por": "albergue", "emergencia": s.emergencia}
        headers = s.puestos[0].headers
        for known, told in ((e.sabido, s.persons(e.corte, e.sabido)), (s.ahora, s.persons(e.corte, s.ahora))):
            answer = s.api_client.get(
                "/api/v1/ocupacion", query_string={**at, "conocido_en": s.iso(known)}, headers=headers
            )
            assert {f["codigo"]: f["personas"] for f in answer.json["filas"]} == told
        assert s.persons(e.corte, s.ahora) != s.persons(e.corte, e.sabido), "nothing came late"

    # A correction of the first lists what the late paper changed, and nothing else.
    web = s.puestos[s.de_turno].web
    fixed = post(web, s.emitidos[0].pagina, "/corregir", motivo="Llegó papel tarde").headers["Location"]
    corrected = Emitido(fixed, s.emitidos[0].corte, s.ahora, b"")
    s.issue(fixed, "Día 1: sigue la lluvia.")
    corrected.pdf = web.get(f"{fixed}/hoja.pdf").data
    as_told(s, corrected)
    datos = json.loads(sealed_of(fixed)[1].datos)
    assert (datos["numero"], datos["corrige"]["numero"]) == (s.dias + 1, 1)
    cells = {
        (c["donde"].split(" ")[0], c["que"]): (c["antes"], c["ahora"]) for c in datos["corrige"]["celdas"]
    }
    then, now_ = (
        s.persons(corrected.corte, s.emitidos[0].sabido),
        s.persons(corrected.corte, corrected.sabido),
    )
    assert {k[0]: v for k, v in cells.items() if k[1] == "Personas"} == {
        c: (f"{then[c]:,}", f"{now_[c]:,}") for c in then if then[c] != now_[c]
    } | {"Total": (f"{sum(then.values()):,}", f"{sum(now_.values()):,}")}
    assert {k[0] for k in cells if k[1] == "Sin reporte"} == {*quiet, *(["Total"] if quiet else [])}

    for e in [*s.emitidos, corrected]:  # neither the new number nor what it says changes those before
        counted_anew(sealed_of(e.pagina)[0])

    # With Python alone: every bulletin, in their chain, and every log that was kept.
    program = nobody.get("/boletines/verificador").data
    files = {f"{n}.pdf": e.pdf for n, e in enumerate([*s.emitidos, corrected], 1)}
    good = alone(tmp_path / "boletines", program, files)
    assert good.returncode == 0 and good.stdout.count("Íntegro.") == s.dias + 1, good.stdout
    printed = re.findall(r"Personas en albergues, en el registro: (\d+)", good.stdout)
    assert printed == [str(sum(s.persons(e.corte, e.sabido).values())) for e in [*s.emitidos, corrected]]
    other = files["2.pdf"]
    files["2.pdf"] = (
        other[: len(other) // 2] + bytes([other[len(other) // 2] ^ 1]) + other[len(other) // 2 + 1 :]
    )
    assert alone(tmp_path / "boletines", program, files).returncode == 1

    program = web.get("/coe/verificador").data
    s.bitacoras.append(web.get(f"/coe/{s.coe}/archivo/json").data)
    whole = json.loads(s.bitacoras[-1])
    assert len(whole["cierres"]) == len(s.bitacoras) - 1 == 2 * s.dias - 1
    assert [e["folio"] for e in whole["entradas"]] == list(range(1, s.escritas + 1))
    for n, content in enumerate(s.bitacoras):
        checked = alone(tmp_path / "bitacoras", program, {f"{n}.json": content})
        assert checked.returncode == 0, checked.stdout
        then_ = json.loads(content)
        assert whole["cierres"][: len(then_["cierres"])] == then_["cierres"]
        assert whole["entradas"][: len(then_["entradas"])] == then_["entradas"]
        if n < len(s.bitacoras) - 1:
            assert len(then_["cierres"]) == n + 1, "one period more each time"
        at_ = content.index(b'"huella":"') + 12
        (byte,) = content[at_ : at_ + 1]
        bad = content[:at_] + (b"0" if byte != ord("0") else b"1") + content[at_ + 1 :]
        assert alone(tmp_path / "bitacoras", program, {"mal.json": bad}).returncode == 1
    assert verify_series() == [] and verify_logs() == []


def test_two_days_of_an_emergency_come_out_as_they_were_told(instance: Flask, tmp_path: Path) -> None:
    replay(Repeticion(instance, albergues=3, dias=2, familias=2, entradas=2), tmp_path)


@pytest.mark.largo
def test_five_days_of_an_emergency_come_out_as_they_were_told(instance: Flask, tmp_path: Path) -> None:
    replay(Repeticion(instance, albergues=16, dias=5, familias=14, entradas=14), tmp_path)
