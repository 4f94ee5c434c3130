"""A whole activation of a COE in a real browser: act and members, three shifts, sixty entries, a bulletin, its correction.

Every figure of the bulletin is counted again from the ledger by SQL that shares nothing with the application, and what
leaves the system is verified by the programs that the system hands out, run by a Python that has not got it.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from albergues_app.albergues.models import Activacion, MedidaSitio
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.services import ParteNuevo, register_parte
from tests.factories.albergues import (
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import SISTEMA, make_cuenta
from tests.journeys.test_desk import log_in, look
from tests.journeys.test_registros import shoot
from tests.journeys.test_roles import at_home, browser, new_page
from tests.pdf import text_of
from tests.served import served
from tests.situacion.recuento import Recuento, plain

pytestmark = [pytest.mark.navegador, pytest.mark.parametrize("base", ["sqlite"], indirect=True)]
__all__ = ["browser"]
WRITTEN, TYPED = 60, 12
SAID = "Llueve desde ayer.\nEl paso a Chajul está cerrado."


class Sala:
    """A night in Quiché: three shelters, and the three persons of the sede who will take turns."""

    base: str

    def __init__(self, app: Any) -> None:
        self.app, self.file = app, Path(app.config["INSTANCIA"]) / "albergues.sqlite"
        now = clock.now().replace(second=0, microsecond=0)
        self.opened, self.now = now - timedelta(hours=14), now
        emergencia = make_emergencia(inicio=now - timedelta(hours=20))
        self.emergencia_id = emergencia.id
        salon = make_activacion(make_albergue("1413", 6, nombre="Salón de Nebaj"), emergencia, self.opened)
        escuela = make_activacion(
            make_albergue("1401", 20, nombre="Escuela Tecún Umán", oficial=True), emergencia, self.opened
        )
        iglesia = make_activacion(make_albergue("1413", None, nombre="Iglesia"), emergencia, self.opened)
        self.salon_id = salon.id
        self.codigo = salon.albergue_codigo
        with unit_of_work(SISTEMA):
            db.session.add(
                MedidaSitio(
                    id=uuid7(), albergue_id=salon.albergue_id, area_m2=20.0, inodoros=0, duchas=1, agua_litros_dia=50,
                    fuente="visita", fecha=clock.local_day(self.opened) - timedelta(days=1), registrado_en=now,
                )
            )  # fmt: skip
        when = now - timedelta(hours=10)
        ages = ((38, "mujer"), (41, "hombre"), (15, "mujer"), (8, "hombre"), (0, "hombre"))
        ingreso(salon, *(persona(edad=n, sexo=s) for n, s in ages), ocurrido_en=when)
        ingreso(salon, *(persona(edad=n, sexo="mujer") for n in (70, 3)), ocurrido_en=when)
        divided = uuid7()
        ingreso(salon, persona(edad=25, sexo="no_registrado"), familia_id=divided, ocurrido_en=when)
        here = [persona(edad=n, sexo="hombre") for n in (20, 33, 61, 12)]
        ingreso(escuela, *here, ocurrido_en=when, familia_id=divided)
        movimiento(escuela, "egreso", here[0].id, ocurrido_en=now - timedelta(hours=5))
        movimiento(escuela, "salida_temporal", here[1].id, ocurrido_en=now - timedelta(hours=4))
        movimiento(
            escuela, "traslado", here[2].id, ocurrido_en=now - timedelta(hours=2), activacion_destino=salon.id,
            acuse=True,
        )  # fmt: skip
        with unit_of_work(SISTEMA):
            register_parte(ParteNuevo(uuid7(), iglesia.id, now - timedelta(hours=3), "estimacion", 25, 6))
            register_parte(ParteNuevo(uuid7(), salon.id, now - timedelta(hours=3), "conteo_fisico", 8))
        self.correos = [make_cuenta("sede", departamento="14").correo for _ in range(3)]

    def late(self) -> None:
        """What a sheet of paper brings after the bulletin, of an hour before it."""
        db.session.rollback()
        ingreso(
            db.session.get_one(Activacion, self.salon_id), persona(edad=50, sexo="mujer"), persona(edad=4),
            ocurrido_en=self.now - timedelta(hours=6),
        )  # fmt: skip
        db.session.rollback()

    def ask(self, sql: str, **given: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as connection:
            return connection.execute(sql, {"e": self.emergencia_id.hex, **given}).fetchall()


@pytest.fixture
def sala(app: Any) -> Iterator[Sala]:
    made = Sala(app)
    db.session.rollback()
    with served(app) as made.base:
        yield made


# ── the pages ────────────────────────────────────────────────────────────────────────────────────


def wall(when: datetime | None = None) -> str:
    """An instant, or now, as a field of the page takes it."""
    return clock.to_local(when or clock.now()).strftime("%Y-%m-%dT%H:%M")


def press(page: Any, text: str) -> None:
    with page.expect_navigation():
        page.locator("main button:visible, main a.btn:visible", has_text=text).first.click()


def said(page: Any) -> str:
    return " ".join(page.inner_text("main").split())


def table(page: Any, title: str) -> list[list[str]]:
    """The rows of an annex by its title, the totals last."""
    annex = page.locator("details.anexo", has=page.locator("summary", has_text=title)).first
    rows = annex.evaluate(
        "a => [...a.querySelectorAll('tbody tr, tfoot tr')].map(r => [...r.children].map(c => c.textContent.trim()))"
    )
    return [[" ".join(cell.split()) for cell in row] for row in rows]


class Mesa:
    """One person of the sede at a table of the COE."""

    def __init__(self, sala: Sala, browser: Any, correo: str, width: int = 1280) -> None:
        self.sala, self.page = sala, new_page(browser, width)
        self.page.set_default_timeout(10_000)
        log_in(self.page, sala.base, correo)

    def go(self, path: str) -> Any:
        answer = self.page.goto(self.sala.base + path)
        assert answer.status == 200, (path, answer.status)
        return self.page

    def send(self, path: str, **fields: Any) -> Any:
        """A form as the page sends it, without drawing the page again."""
        token = self.page.locator("[name=csrf_token]").first.get_attribute("value")
        form = {"csrf_token": token, "op_id": str(uuid7()), **fields}
        return self.page.request.post(self.sala.base + path, form=form, max_redirects=0)

    def file(self, path: str) -> bytes:
        answer = self.page.request.get(self.sala.base + path)
        assert answer.status == 200, (path, answer.status)
        return bytes(answer.body())

    def type_entry(self, kind: str, asunto: str, detalle: str, destino: str = "") -> None:
        """With the keyboard alone, in the order of the fields."""
        keys = self.page.keyboard
        self.page.focus("#c-tipo")
        for step in (kind, "", "COMRED de Nebaj", destino, asunto, detalle):
            keys.type(step)
            if step is not detalle:
                keys.press("Tab")
        with self.page.expect_navigation():
            keys.press("Control+Enter")

    def note(self, coe: str, n: int, **fields: Any) -> None:
        when = wall()
        got = self.send(coe, **{
            "ocurrido_en": when, "tipo": "radio", "asunto": f"Reporte {n}", "detalle": f"Sin novedad a la hora {n}.",
            "prioridad": "rutina", **fields,
        })  # fmt: skip
        assert got.status == 303, got.text()

    def hand_over(self, coe: str, to: str) -> str:
        """Sign for the account of an address; returns the page of the hand-over."""
        self.go(f"{coe}/turnos/entregar")
        page = self.page
        value = page.locator(f"[name=entrante_cuenta] option:has-text('{to}')").get_attribute("value")
        page.select_option("[name=entrante_cuenta]", value)
        page.fill("[name=situacion_actual]", "Sigue la lluvia.\nFalta agua en Nebaj.")
        page.fill("[name='compromisos_12h-0-descripcion']", "Cisterna a las 20:00")
        page.check("[name=informo]")
        press(page, "Firmar y entregar el turno")
        return str(page.url).removeprefix(self.sala.base)


def alone(folder: Path, program: bytes, *files: bytes) -> subprocess.CompletedProcess[str]:
    """Run a program that the system hands out where there is nothing else: its exit code and what it says."""
    folder.mkdir(exist_ok=True)
    (folder / "verificador.py").write_bytes(program)
    names = []
    for n, content in enumerate(files):
        kind = "pdf" if content.startswith(b"%PDF") else "json"
        names.append(f"{n}.{kind}")
        (folder / names[-1]).write_bytes(content)
    words = [sys.executable, "-I", "-S", "verificador.py", *names]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def test_a_coe_from_its_act_to_its_end(sala: Sala, browser: Any, tmp_path: Path) -> None:
    ana, beto, carla = (Mesa(sala, browser, correo) for correo in sala.correos)

    # The act, the members, who came.
    ana.go("/coe/nuevo")
    ana.page.select_option("[name=lugar]", "14")
    ana.page.fill("[name=activado_en]", wall(sala.opened))
    ana.page.fill("[name=acta]", "07-2026")
    ana.page.fill("[name=autoridad]", "Gobernación")
    press(ana.page, "Activar COE")
    coe = ana.page.url.removeprefix(sala.base)
    assert "La bitácora está vacía" in said(ana.page)
    for who, place in (("Cruz Roja", "operaciones"), ("MSPAS", "")):
        ana.go("/coe/integrantes/nuevo?lugar=14")
        got = ana.send("/coe/integrantes/nuevo", lugar="14", institucion=who, titular=f"Titular {who}", seccion=place,
                       acreditado_en="2026-01-01")  # fmt: skip
        assert got.status == 303, got.text()
    ana.go(f"{coe}/asistencia")
    ana.page.select_option("[name=integrante]", label="Cruz Roja: Titular Cruz Roja")
    press(ana.page, "Anotar llegada")
    assert "1 presente ·" in said(ana.page) and "Titular Cruz Roja" in said(ana.page)

    # Three shifts of twenty entries. Who comes writes nothing before accepting; who left, nothing more.
    ana.go(coe)
    with ana.page.expect_navigation():
        ana.page.click("text=Recibir el primer turno")
    press(ana.page, "Recibir el turno")
    shifts, handed, n = [ana, beto, carla], [], 0
    for turn, me in enumerate(shifts):
        if turn:
            before = shifts[turn - 1]
            handed.append(before.hand_over(coe, sala.correos[turn]))
            assert "todavía no acepta" in said(before.page)
            me.go(coe)
            assert me.page.locator("#nueva").count() == 0 and "no puede anotar" in said(me.page)
            refused = me.send(coe, tipo="radio", asunto="Antes de tiempo", detalle="x", ocurrido_en=wall())
            assert refused.status == 422 and "acéptelo" in refused.text(), refused.text()
            with me.page.expect_navigation():
                me.page.click("text=Leer y aceptar")
            assert "Falta agua en Nebaj." in said(me.page)
            press(me.page, "Aceptar el turno")
            refused = before.send(coe, tipo="radio", asunto="Fuera de turno", detalle="x", ocurrido_en=wall())
            assert refused.status == 422 and "turno" in refused.text()
            me.go(coe)
        typed = [
            ("Lla", "Agua para " + sala.codigo, f"Nebaj pide agua para el {sala.codigo}, según el folio 1.", "Bodega"),
            ("Rad", "Paso cerrado", "Chajul avisa que el paso sigue cerrado.", ""),
            ("Deci", "Se abre otro salón", "Por acuerdo de la mesa, conforme al folio 2.", "COMRED"),
            ("Inc", "Derrumbe", "En la entrada de Santa María Nebaj, sin heridos.", ""),
        ]  # fmt: skip
        for one in typed:
            me.type_entry(*one)
            n += 1
        while n < WRITTEN // 3 * (turn + 1):
            n += 1
            more: dict[str, Any] = {}
            if n == 10:
                more = {"rectifica_a": "3", "asunto": "Se corrige", "detalle": "Eran 40 colchonetas, no 4."}
            if n == 30:
                five_before = wall(clock.now() - timedelta(hours=5))
                more = {"ocurrido_en": five_before, "asunto": "Llamada de la tarde"}
            me.note(coe, n, **more)
    kinds = dict(
        sala.ask("SELECT tipo, count(*) FROM coe_entrada WHERE tipo <> 'cambio_turno' GROUP BY tipo")
    )
    assert kinds == {"radio": WRITTEN - 9, "llamada": 3, "decision": 3, "incidente": 3}
    ((count, first, last, corrects, tardy),) = sala.ask(
        "SELECT count(*), min(folio), max(folio), max(rectifica_a), sum(tardio) FROM coe_entrada"
    )
    assert (count, first, last, corrects, tardy) == (WRITTEN + 3, 1, WRITTEN + 3, 3, 1)
    page = carla.go(coe)
    text = said(page)
    assert "Rectificada por el folio 11" in page.inner_text("#folio-3.rectificada")
    tardy_folio = sala.ask("SELECT folio FROM coe_entrada WHERE tardio")[0][0]
    assert (
        "Registro tardío" in page.inner_text(f"#folio-{tardy_folio}") and text.count("Registro tardío") == 1
    )
    links = page.eval_on_selector_all(
        "#folio-2 .asu a, #folio-2 .linea a", "all => all.map(a => a.textContent)"
    )
    assert sala.codigo in links and "folio 1" in links
    look(page, "bitácora de tres turnos")
    page.set_viewport_size({"width": 360, "height": 900})
    look(page, "bitácora de tres turnos 360")
    shoot(page, "coe_completo")
    page.set_viewport_size({"width": 1280, "height": 900})

    # The hand-over on paper says what the system counts at its hour.
    paper = text_of(carla.file(f"{handed[1]}/pdf"))
    here = Recuento(sala.ask, clock.now())
    whole = here.sum("personas") + here.sum("declaradas") + here.en_camino
    for word in ("Falta agua en Nebaj.", "Cisterna a las 20:00", "Entrega", "Recibe", f"{whole}"):
        assert word in paper, (word, paper)
    stated = carla.go(handed[1]).locator(".cifras.dos .val").all_inner_texts()
    assert stated == [plain(len(here.filas)), plain(whole)]

    # A bulletin: carla writes, ana reviews, beto authorises; nobody twice.
    corte = clock.now().replace(second=0, microsecond=0)
    carla.go("/boletines/nuevo")
    carla.page.select_option("[name=ambito]", "14")
    carla.page.fill("[name=corte]", wall(corte))
    press(carla.page, "Empezar boletín")
    boletin = carla.page.url.removeprefix(sala.base)
    carla.page.fill("[name=situacion]", SAID)
    carla.page.fill("[name=proximos]", "Visita a Nebaj.")
    carla.page.fill("[name=acciones]", "Cruz Roja: 40 colchonetas")
    press(carla.page, "Guardar borrador")
    first = sign(boletin, carla, ana, beto)
    look(carla.page, "boletín emitido")
    before = Recuento(sala.ask, corte)
    as_counted(carla.page, before)
    pdf = carla.file(f"{boletin}/hoja.pdf")
    printed(pdf, before)
    carla.go(coe)
    assert "Boletín de situación No. 1 emitido" in said(carla.page) and first in said(carla.page)

    # Anybody checks it: the program alone, and the page of its QR.
    nobody = new_page(browser)
    program = bytes(nobody.request.get(f"{sala.base}/boletines/verificador").body())
    good = alone(tmp_path / "uno", program, pdf)
    assert good.returncode == 0, good.stdout
    assert f"Personas en albergues, en el registro: {before.sum('personas')}" in good.stdout
    datos = json.loads(carla.file(f"{boletin}/datos.json"))["datos"]
    address = f"{datos['verificar_en']}{first}"
    printed_words = "".join(text_of(pdf).split())
    assert "".join(datos["verificar_en"].split()) in printed_words and first in printed_words
    nobody.goto(address)
    assert "Válido" in said(nobody) and first in said(nobody) and "Llueve" not in said(nobody)
    look(nobody, "página pública del boletín")

    # A late sheet, and the correction: a new number that lists the cells that changed.
    sala.late()
    carla.go(boletin)
    carla.page.click("summary:has-text('Corregir este boletín')")
    carla.page.fill("[name=motivo]", "Llegó una hoja de papel tarde")
    press(carla.page, "Empezar la corrección")
    second_page = carla.page.url.removeprefix(sala.base)
    second = sign(second_page, carla, ana, beto)
    after = Recuento(sala.ask, corte)
    as_counted(carla.page, after)
    assert (
        "Boletín No. 2" in carla.page.inner_text("h1") and after.sum("personas") == before.sum("personas") + 2
    )
    told = {(r[0], r[1]): (r[2], r[3]) for r in table(carla.page, "Celdas que cambiaron")}
    salon = [next(f for f in r.filas if f["codigo"] == sala.codigo) for r in (before, after)]
    where = f"{sala.codigo} Salón de Nebaj"
    wanted = {
        (place, words): (plain(one), plain(two))
        for place, was, now in ((where, salon[0], salon[1]), ("Total", before, after))
        for words, key in (("Personas", "personas"), ("Mujeres", "mujeres"), ("Familias", "familias"),
                           ("Diferencia", "lugares"))
        for one, two in [
            (was[key], now[key]) if place != "Total"
            else (was.familias, now.familias) if key == "familias" else (was.sum(key), now.sum(key))
        ]
    } | {
        ("Edades", name): (plain(n), plain(after.edades[name])) for name, n in before.edades.items()
        if n != after.edades[name]
    } | {
        ("Total", "Personas atendidas desde el inicio"): (plain(before.atendidas), plain(after.atendidas)),
    }  # fmt: skip
    needs = {key for key in told if key[1].startswith("Necesidad: ")}
    assert {k: v for k, v in told.items() if k not in needs} == wanted
    assert {key[1] for key in needs} == {f"Necesidad: {w}" for w in ("lugares", "agua", "espacio")}
    nobody.goto(address)
    assert "Sustituido por el No. 2" in said(nobody)
    chain = alone(tmp_path / "dos", program, pdf, carla.file(f"{second_page}/hoja.pdf"))
    assert chain.returncode == 0 and f"Sigue a {first}" in chain.stdout and second in chain.stdout

    # The end: read, exported and verified for ever, and nothing is written any more.
    carla.go(f"{coe}/desactivar")
    carla.page.fill("[name=motivo]", "Pasó la lluvia")
    press(carla.page, "Desactivar COE")
    assert (
        "ya no admite entradas. Motivo: Pasó la lluvia" in said(carla.page)
        and carla.page.locator("#nueva").count() == 0
    )
    written = rows_of(sala)
    now_ = wall()
    forms: dict[str, dict[str, str]] = {
        "": {"tipo": "radio", "asunto": "Tarde", "detalle": "x", "ocurrido_en": now_},
        "/turnos/recibir": {"clase": "diurno", "motivo": "x"},
        "/turnos/entrar": {},
        "/asistencia": {"nombre": "x", "institucion": "x", "llego_en": now_},
        "/grado": {"grado": "monitoreo", "desde": now_, "motivo": "x"},
        "/recursos/nuevo": {"estado": "llego", "ocurrido_en": now_, "clase": "vehiculo", "tipo": "x", "institucion": "x",
                            "contacto_nombre": "x"},
        "/mensajes/nuevo": {"para": "institucion", "para_cargo": "x", "de_nombre": "x", "asunto": "x", "mensaje": "x",
                            "ocurrido_en": now_},
        "/sci-201/nueva": {"version": "0", "incidente": "x", "ocurrido_en": now_},
        "/desactivar": {"motivo": "x", "desactivado_en": now_},
    }  # fmt: skip
    for path, fields in forms.items():
        status = carla.send(f"{coe}{path}", **fields).status
        assert status in {404, 422}, (path, status)
    assert rows_of(sala) == written
    log = carla.file(f"{coe}/archivo/json")
    checked = alone(tmp_path / "tres", carla.file("/coe/verificador"), log)
    assert checked.returncode == 0, checked.stdout
    at = log.index(b"colchonetas")
    assert (
        alone(tmp_path / "tres", carla.file("/coe/verificador"), log[:at] + b"C" + log[at + 1 :]).returncode
        == 1
    )
    for who in (ana, beto, carla):
        who.page.complaints = [c for c in who.page.complaints if "status of 4" not in c]
        at_home(who.page, sala.base)


def rows_of(sala: Sala) -> dict[str, int]:
    """How many rows each table of the COE holds."""
    names = [
        name
        for (name,) in sala.ask("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'coe%'")
    ]
    assert len(names) > 8
    return {name: sala.ask(f"SELECT count(*) FROM {name}")[0][0] for name in names}


def sign(boletin: str, writes: Mesa, reviews: Mesa, authorises: Mesa) -> str:
    """Reviewed, authorised and issued by three persons; returns the hash. Who signed once finds no second button."""
    assert "Dar por revisado" not in said(writes.page)
    press(reviews.go(boletin), "Dar por revisado")
    assert (
        reviews.page.locator("button:has-text('Autorizar boletín')").count() == 1
    )  # it is refused when pressed
    press(reviews.page, "Autorizar boletín")
    assert "Usted lo revisó: debe autorizarlo otra persona." in said(reviews.page)
    press(authorises.go(boletin), "Autorizar boletín")
    press(writes.go(boletin), "Emitir boletín")
    assert "ya tiene número y sello" in said(writes.page)
    found = re.search(r"[0-9a-f]{64}", writes.page.inner_text("code.huella"))
    assert found
    return found.group(0)


def as_counted(page: Any, wanted: Recuento) -> None:
    """Every figure on the page of a bulletin is the one that the ledger gives."""
    cards = page.eval_on_selector_all(
        "main > .boletin-marco .cifras .cifra, .boletin-marco .cifras .cifra",
        "all => all.map(c => [...c.children].map(d => d.textContent.trim().replace(/\\s+/g, ' ')))",
    )
    assert [c[:2] for c in cards] == [c[:2] for c in wanted.cards]
    assert all(c[2].startswith(w[2]) for c, w in zip(cards, wanted.cards, strict=True)), (cards, wanted.cards)
    assert table(page, "Albergues abiertos") == wanted.shelters
    assert table(page, "Por municipio") == wanted.places
    assert table(page, "Personas del registro por edad y sexo") == wanted.ages
    assert {r[0]: r[1] for r in table(page, "Fuente, ámbito y hora de cada cifra")} == wanted.figures
    assert {r[1] for r in table(page, "Necesidades y brechas")} == wanted.needs


def printed(pdf: bytes, wanted: Recuento) -> None:
    """And on the sheet: each row of each table, in order."""
    paper = "".join(text_of(pdf).split())
    for row in [*wanted.cards, *wanted.shelters, *wanted.places, *wanted.ages]:
        spelled = "".join("".join(row).split())
        assert spelled in paper, (row, paper)
    for line in SAID.split("\n"):
        assert "".join(line.split()) in paper
