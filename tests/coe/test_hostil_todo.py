"""The list of naughty strings through every text field of the COE that is a form: text on every page and in every file.

The fields are read from the forms themselves, so a new one is covered the day it is made. The log's own entries, which
also come by API, are in `test_hostil.py`; the bulletin's fields in `tests/situacion/test_hostil.py`.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import icalendar
import pytest
from pypdf import PdfReader
from sqlalchemy import select

from albergues_app.accounts.models import Cuenta
from albergues_app.coe import verificador
from albergues_app.compromisos.models import Compromiso
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from tests.factories.albergues import make_emergencia
from tests.factories.cap import cap_xml
from tests.factories.coe import make_coe
from tests.factories.cuentas import logged_in
from tests.formularios import TYPED, Campo, Pagina, errors_of, own_form, post
from tests.pdf import pages_of

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)
ALSO = (
    '#import "@preview/x:1.0.0": *',
    "#set page(width: 1cm)",
    "$ x^2 $ *b* _i_ @nota <rotulo> `raw` /* */",
    "{{ 7*7 }}{% raw %}",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://ejemplo.gt")',
    "+1+1",
    "@SUM(1)",
    "-2+3",
    "]]> <!-- --> &lt;b&gt; &#x3C;i&#x3E;",
    "antes\x00despu\u00e9s",
    "\u202eodot le\u202c",
    "\ufeff\u200b\u2028fin",
    "x" * 160,
)
"""What the list lacks: markup of the sheets, formulas, and what files cannot hold."""
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no message of another institution can hold."""
HOURS = {"ocurrido_en", "plazo", "hora", "solicitado_en", "llegada_en", "lat", "lon"}
"""Fields of a format that look like words and are hours or places: as the page proposes them."""
ACTS = ("avances", "fechas", "responsables", "cumplimiento", "verificacion", "cancelacion")
FORMS = {
    "integrante": ("integrante",),
    "asistencia": ("asistencia",),
    "entrada": ("entrada",),
    "grado": ("grado",),
    "recurso": ("recurso",),
    "resumen": ("resumen",),
    "mensaje": ("mensaje", "respuesta"),
    "compromiso": ("compromiso", *(f"compromiso.{act}" for act in ACTS)),
    "turno": ("entrega", "devuelta", "acepta", "sin_entrega"),
    "alerta": ("alerta",),
    "cap": ("cap", "cap.motivo"),
    "activa": ("activa", "desactiva"),
}
"""What is typed together, and the forms it is."""


def all_lines(datos: Any) -> list[str]:
    lines = (datos / "hostiles" / "blns.txt").read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("#") and clean(line)] + list(ALSO)


def hard_lines(datos: Any) -> list[str]:
    """A few of each kind: elements, attributes, formulas, templates, direction."""
    lines = all_lines(datos)[: -len(ALSO)]
    kinds = (
        r"<script",
        r"onerror",
        r"<svg",
        r"javascript:",
        r"^[=+@-].*\(",
        r"\{\{",
        r"[\u202a-\u202e\u2066]",
        r"DROP TABLE",
        r"^[\"'`]",
    )
    found = [
        line for kind in kinds for line in [x for x in lines if re.search(kind, x, re.I) and len(x) < 150][:2]
    ]
    assert len(found) > 12
    return [*dict.fromkeys(found), *ALSO]


class Reparto:
    """Hands the lines out: each field gets every one of them, as many at a time as it takes."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.first: dict[tuple[str, str], int] = {}
        self.next: dict[tuple[str, str], int] = {}
        self.typed: list[tuple[str, str, str]] = []

    def done(self, *keys: str) -> bool:
        """Every field of those forms has had every line."""
        mine = [at - self.first[field] for field, at in self.next.items() if field[0] in keys]
        return bool(mine) and min(mine) >= len(self.lines)

    def text(self, key: str, campo: Campo) -> str:
        """The next lines that fit, of each field from another one on, and a mark of its own; what is too long is cut."""
        name = (key, campo.nombre)
        start = self.first.setdefault(name, 7 * len(self.first) % len(self.lines))
        begin = at = self.next.get(name, start)
        limit, joint, found = (campo.limite or 200) - 8, "\n" if campo.clase == "textarea" else " ", ""
        while at < begin + len(self.lines):
            more = self.lines[at % len(self.lines)][:limit]
            if found and len(found) + len(joint) + len(more) > limit:
                break
            found, at = found + (joint if found else "") + more, at + 1
        self.next[name] = at
        found = f"{found} q{len(self.typed)}q"
        self.typed.append((key, campo.nombre, found))
        return found


def shown(text: str) -> str:
    """A text as it is kept, without its spaces."""
    return "".join("".join(clean(line).split()) for line in text.splitlines())


def read_pdf(content: bytes, most: int) -> str:
    reader = PdfReader(io.BytesIO(content))
    papers = {tuple(p.mediabox) for p in reader.pages}
    assert len(papers) == 1 and len(reader.pages) <= most, "the text changed the sheet"
    assert b"/JavaScript" not in content and b"/URI" not in content
    return "".join("".join(pages_of(content)).split())


class Recorrido:
    """Who types: every form of a COE, then those of ``only`` over and over, and every page and file that shows it."""

    def __init__(self, app: Any, lines: list[str], only: Collection[str] = FORMS) -> None:
        self.reparto, self.only = Reparto(lines), only
        self.client, self.other = logged_in(app, "nacional"), logged_in(app, "nacional")
        self.ids = [
            str(key) for key in db.session.scalars(select(Cuenta.id).order_by(Cuenta.creada_en, Cuenta.id))
        ]
        emergencia = make_emergencia(nombre="<b>Tormenta</b>")
        self.emergencia_id = emergencia.id
        self.above, self.below = (
            make_coe("14", self.emergencia_id).id,
            make_coe("1413", self.emergencia_id).id,
        )
        db.session.rollback()
        self.home = f"/coe/{self.above}"
        self.round = self.versions = 0
        self.pages: set[str] = set()
        self.unprinted: list[tuple[str, str, str]] = []
        self.promise = self.message = self.handed = ""

    # ── typing ──

    def send(self, key: str, page: str, ends: str = "", status: int = 303, **fixed: Any) -> str:
        """Fill every text field of a form and send it; where it leads."""
        client = fixed.pop("who", self.client)
        shown_page = client.get(page)
        assert shown_page.status_code == 200, (key, page, shown_page.status_code)
        read = Pagina(shown_page.text)
        form = read.form(ends) if ends else own_form(read, page)
        given = {}
        for c in form.campos.values():
            name = c.nombre.rsplit("-", 1)[-1]
            if c.nombre in fixed or name in HOURS or (c.nombre != name and name.endswith("_otro")):
                continue  # «otro, ¿cuál?» of a row is asked for when that was chosen
            if c.clase in TYPED:
                given[c.nombre] = self.reparto.text(key, c)
            elif c.clase == "select" and c.nombre != name and not form.valores[c.nombre][0]:
                given[c.nombre] = c.opciones[0]  # a row of a table asks for it
        assert given, (key, "no field for words")
        answer = client.post(form.destino or page, data={**form.valores, **given, **fixed})
        assert answer.status_code == status, (key, answer.status_code, errors_of(answer.text))
        return str(answer.headers["Location"])

    def step(self) -> None:
        """Each form once more, of those that still lack a line; the first time, every one."""
        self.round += 1
        day, r = "2026-11-18T08:00", self.reparto
        forms = [
            ("integrante", lambda: self.send("integrante", "/coe/integrantes/nuevo?lugar=14", lugar="14")),
            (
                "asistencia",
                lambda: self.send("asistencia", f"{self.home}/asistencia", "/asistencia", integrante=""),
            ),
            ("entrada", self.entries),
            (
                "grado",
                lambda: self.send(
                    "grado", f"{self.home}/grado", grado=("monitoreo", "activacion_parcial")[self.round % 2]
                ),
            ),
            ("recurso", self.resources),
            ("resumen", self.summary),
            ("mensaje", self.messages),
            ("compromiso", self.promises),
            ("turno", self.shifts),
            (
                "alerta",
                lambda: self.send(
                    "alerta",
                    "/emergencias/alertas/nueva",
                    color="roja",
                    ambito="poblacional",
                    nivel="departamental",
                    departamentos="14",
                    amenaza="tormenta",
                ),
            ),
            ("cap", self.cap),
            ("activa", lambda: self.activate(day)),
        ]
        for key, run in forms:
            if self.round == 1 or (key in self.only and not r.done(*FORMS[key])):
                run()

    def done(self) -> bool:
        """Every field of its forms has had every line."""
        return self.round > 0 and all(self.reparto.done(*FORMS[key]) for key in self.only)

    def entries(self) -> None:
        """Each asks somebody to do something."""
        self.send("entrada", self.home, self.home, tipo="radio", rectifica_a="", requiere_accion="1")
        self.pages.add(self.newest_promise())

    @staticmethod
    def newest_promise() -> str:
        db.session.rollback()
        return f"/compromisos/{db.session.scalar(select(Compromiso.id).order_by(Compromiso.creado_en.desc()).limit(1))}"

    def resources(self) -> None:
        page = self.send(
            "recurso",
            f"{self.home}/recursos/nuevo",
            clase="otro",
            contacto_telefono="5550 1234",
            estado="llego",
        )
        self.pages.add(page)

    def summary(self) -> None:
        self.send("resumen", f"{self.home}/sci-201/nueva")
        self.versions += 1
        self.pages.add(f"{self.home}/sci-201?version={self.versions}")

    def messages(self) -> None:
        self.message = self.send("mensaje", f"{self.home}/mensajes/nuevo", para=f"coe:{self.below}")
        self.send("respuesta", self.message.replace(str(self.above), str(self.below)))
        self.pages.add(self.message)

    def promises(self) -> None:
        """Made from an entry, then all that may be done to it; who verifies is another person."""
        soon, later = (clock.local_day(clock.now() + timedelta(days=n)).isoformat() for n in (2, 3))
        self.send("compromiso", f"{self.home}/entradas/1/compromiso", fecha=soon, correo="")
        self.promise = self.newest_promise()
        self.pages.add(self.promise)
        for name, more in (
            ("avances", {}),
            ("fechas", {"fecha": later}),
            ("responsables", {"correo": ""}),
            ("cumplimiento", {}),
        ):
            self.send(f"compromiso.{name}", self.promise, f"/{name}", **more)
        self.send("compromiso.verificacion", self.promise, "/verificacion", who=self.other, resultado="falta")
        self.send("compromiso.cancelacion", self.promise, "/cancelacion")

    def shifts(self) -> None:
        gives, comes = self.client, self.other
        if self.round == 1:
            post(gives, f"{self.home}/turnos/recibir")
        fixed = {"entrante_cuenta": self.ids[1], "informo": "1"}
        back = self.send("entrega", f"{self.home}/turnos/entregar", who=gives, **fixed)
        self.send("devuelta", back, "/devolver", who=comes)
        self.handed = self.send("entrega", f"{self.home}/turnos/entregar", who=gives, **fixed)
        self.send("acepta", self.handed, "/aceptar", who=comes)
        self.pages |= {back, self.handed}
        self.send("sin_entrega", f"{self.home}/turnos/recibir", who=gives)

    def cap(self) -> None:
        """A message of another institution: what it says is of whoever wrote it."""
        r, text = self.reparto, {}
        for name in ("event", "headline", "description"):
            given = re.sub(NOT_XML, "", r.text("cap", Campo(name, "text", 200)))
            text[name], r.typed[-1] = given, ("cap", name, given)
        data = cap_xml(identifier=f"aviso-{self.round}-{uuid7()}", **text)
        page = "/emergencias/cap"
        token = Pagina(self.client.get(page).text).form("").valores["csrf_token"]
        sent = self.client.post(
            page, data={"csrf_token": token, "archivo": (io.BytesIO(data), f"<b>{self.round}.cap")}
        )
        assert sent.status_code == 303, errors_of(sent.text)
        self.pages.add(sent.headers["Location"])
        self.send("cap.motivo", sent.headers["Location"], "/descartar")

    def activate(self, day: str) -> None:
        """A COE is activated and ended, each with its words."""
        page = self.send("activa", "/coe/nuevo", emergencia=self.emergencia_id, lugar="1401", activado_en=day)
        self.send("desactiva", f"{page}/desactivar")
        self.pages |= {f"{page}/grado", page}

    # ── reading ──

    def read(self, papers: bool = True) -> None:
        """Every page, and every paper and file if asked, shows what was typed since the last time, and only as text."""
        db.session.rollback()
        day = "?desde=2026-11-18T06:00&hasta=2026-11-19T06:00"
        pages = [
            "/",
            "/coe",
            self.home,
            f"/coe/{self.below}",
            f"{self.home}/grado",
            f"{self.home}/asistencia",
            f"{self.home}/turnos",
            "/coe/integrantes?lugar=14",
            f"{self.home}/recursos",
            f"{self.home}/sci-201",
            f"{self.home}/sci-201/nueva",
            f"{self.home}/mensajes",
            f"{self.home}/sci-214{day}",
            "/compromisos",
            "/compromisos/resumen",
            "/compromisos/recordatorio",
            "/emergencias/alertas",
            "/emergencias",
            f"/emergencias/{self.emergencia_id}",
            "/emergencias/cap",
            f"{self.home}/turnos/entregar",
            *sorted(self.pages),
        ]
        seen = "".join(self.inert(page) for page in pages)
        missing = {(key, name, part) for key, name, part in self.reparto.typed if shown(part) not in seen}
        assert not missing, sorted(missing)[:12]
        self.unprinted += self.reparto.typed
        self.pages, self.reparto.typed = set(), []
        if papers:
            self.papers()
            self.files()

    def inert(self, path: str) -> str:
        """The words of a page in which nothing that was typed became an element, an attribute or an address."""
        answer = self.client.get(path, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.status_code)
        page = Pagina(answer.text)
        for tag, given in page.elementos:
            assert re.fullmatch(r"[a-z][a-z0-9]*", tag), (path, tag)
            assert tag not in {
                "iframe",
                "object",
                "embed",
                "base",
                "math",
                "video",
                "audio",
                "frameset",
                "marquee",
                "style",
            }, (path, tag)
            assert not any(
                name.startswith("on") or name in {"style", "srcdoc", "background"} for name in given
            ), (path, tag, given)
            for name in ("href", "src", "action", "formaction", "xlink:href"):
                assert re.match(
                    r"(/(?!/)|#|\?|$|data:image/|tel:\+?[0-9]+$|mailto:[^\"<> ]+$)", given.get(name, "")
                ), (path, given)
            if tag == "script":
                assert given.get("src", "").startswith("/estatico/"), (path, given)
        return page.texto

    def papers(self) -> None:
        """On paper too, where the letters are in the font."""
        day = "?desde=2026-11-18T06:00&hasta=2026-11-19T06:00"
        papers = [
            f"{self.handed}/pdf",
            f"{self.home}/recursos/sci-211.pdf",
            f"{self.message}/sci-213.pdf",
            f"{self.home}/sci-214.pdf{day}",
            f"{self.home}/archivo/pdf",
        ]
        version = re.findall(r"sci-201/(\d+)\.pdf", self.client.get(f"{self.home}/sci-201").text)[0]
        papers.append(f"{self.home}/sci-201/{version}.pdf")
        most = 60 + 10 * self.round  # the log holds what was typed in every round
        read = "".join(read_pdf(self.client.get(path).data, most) for path in papers)
        printed = [
            (key, name, line)
            for key, name, value in self.unprinted
            for line in value.split("\n")
            if key in {"entrada", "respuesta", "mensaje", "acepta"} and line.isascii() and line.isprintable()
        ]
        lost = [p for p in printed if shown(p[2]) not in read]
        assert len(lost) <= len(printed) // 8, lost[:6]
        self.unprinted = []

    def files(self) -> None:
        """The log as data, our alerts as CAP, the calendar and the reminder as text."""
        whole, sheet = (self.client.get(f"{self.home}/archivo/{kind}").data for kind in ("json", "csv"))
        assert verificador.verify("b.json", whole) == verificador.verify("b.csv", sheet)
        assert json.loads(whole)["total"] == verificador.verify("b.json", whole)
        for alert in re.findall(
            r"/emergencias/cap/alertas/[0-9a-f-]{36}", self.client.get("/emergencias/alertas").text
        )[:5]:
            root = ElementTree.fromstring(self.client.get(alert).data)  # noqa: S314 - our own
            assert not [
                e for e in root.iter() if not e.tag.startswith("{urn:oasis:names:tc:emergency:cap:1.2}")
            ]
        post(self.client, "/compromisos/calendario", alcance="todos")
        address = re.search(
            r"/compromisos/calendario/[^\"<]+\.ics", self.client.get("/compromisos/calendario").text
        )
        assert address
        feed = icalendar.Calendar.from_ical(self.client.get(address[0]).data)
        names = {name for event in feed.walk("VEVENT") for name in event}
        assert names <= {
            "UID",
            "DTSTAMP",
            "DTSTART",
            "DTEND",
            "DUE",
            "SUMMARY",
            "URL",
            "STATUS",
            "CLASS",
            "LAST-MODIFIED",
            "SEQUENCE",
            "CATEGORIES",
            "DESCRIPTION",
            "PRIORITY",
            "TRANSP",
            "LOCATION",
        }, names


@pytest.fixture
def exporting(make_app: Any) -> Any:
    app = make_app(CAP_REMITENTE="coe@institucion.example", SESION_INACTIVA_MIN=600)  # a round takes minutes
    with app.app_context():
        yield app


def test_hostile_texts_in_every_form_of_the_coe_are_text(exporting: Any, datos: Any) -> None:
    walk = Recorrido(exporting, hard_lines(datos))
    for _ in range(2):
        walk.step()
    walk.read()


@pytest.mark.largo
@pytest.mark.parametrize("forma", FORMS)
def test_every_naughty_string_in_every_field_of_the_coe_is_text(
    exporting: Any, datos: Any, forma: str
) -> None:
    walk = Recorrido(exporting, all_lines(datos), {forma})
    while not walk.done():
        walk.step()
        if walk.round % 8 == 0:
            walk.read(papers=walk.round % 64 == 0)  # they hold all that was typed before, every time
    walk.read()
