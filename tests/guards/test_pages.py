"""Every page that opens, seen as a person sees it: no English, nothing of another host."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask

from albergues_app.accounts.models import Rol
from tests.guards.test_walk import Walk, rol, walk

__all__ = ["rol", "walk"]

ENGLISH = frozenset((Path(__file__).parent / "english.txt").read_text(encoding="utf-8").split())
"""Common English words that are not Spanish ones."""

MACHINE = {"script", "style", "template", "code"}
"""What no person reads as a sentence; a key of letters drawn by lot may spell a word."""

PAGES = (200, 400, 403, 404, 405, 422)


class Visible(HTMLParser):
    """The text that a person reads or hears: content, titles, labels, placeholders."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.hosts: list[str] = []
        self.skip = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in MACHINE:
            self.skip += 1
        for name, value in attrs:
            if name in {"title", "placeholder", "aria-label", "alt"} and value:
                self.text.append(value)
            if name in {"src", "href", "action", "srcset", "data", "poster", "formaction"} and value:
                self.hosts.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in MACHINE:
            self.skip -= 1

    def handle_data(self, data: str) -> None:
        if not self.skip:
            self.text.append(data)


def pages(walk: Walk) -> Iterator[tuple[str, str]]:
    """(address, page) of every GET page, opened or refused."""
    corner = walk.corners["lo propio"]
    for rule, verb, _permiso in walk.rules():
        if verb != "GET" or rule.rule.startswith("/api/"):
            continue
        path, _ = walk.path(rule, corner)
        answer = walk.client.get(path)
        if answer.mimetype == "text/html" and answer.status_code in PAGES:
            yield path, answer.text
    for path in ("/no-existe", "/entrar", "/formatos", "/buscar?q=nebaj"):
        answer = walk.client.get(path)
        if answer.status_code in PAGES:
            yield path, answer.text


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.parametrize("rol", [Rol.NACIONAL, Rol.REGISTRO, Rol.MANDO, Rol.ADMINISTRACION], indirect=True)
def test_no_page_speaks_english_or_calls_another_host(walk: Walk) -> None:
    faults, seen = [], 0
    for path, page in pages(walk):
        seen += 1
        parser = Visible()
        parser.feed(page)
        words = set(re.findall(r"\b[a-záéíóúñü]+\b", " ".join(parser.text).lower()))
        if words & ENGLISH:
            faults.append(f"{path}: en inglés: {sorted(words & ENGLISH)}")
        foreign = [u for u in parser.hosts if re.match(r"(?:[a-z]+:)?//", u)]
        if foreign:
            faults.append(f"{path}: llama a otro sitio: {foreign}")
        if re.search(r'lang="(?!es)', page) or 'lang="es-GT"' not in page:
            faults.append(f"{path}: falta lang=es-GT")
        if len(re.findall(r"<h1\b", page)) != 1:
            faults.append(f"{path}: {len(re.findall(r'<h1', page))} títulos h1; debe haber uno")
        for form in re.findall(r'<form\b[^>]*method="post".*?</form>', page, flags=re.S | re.I):
            if 'name="csrf_token"' not in form:
                faults.append(f"{path}: un formulario post sin csrf_token")
        ids = re.findall(r'\sid="([^"]+)"', page)
        twice = {i for i in ids if ids.count(i) > 1}
        if twice:
            faults.append(f"{path}: id repetido {sorted(twice)}")
    assert seen > 10
    assert not faults, "\n".join(faults)


def test_text_of_people_is_escaped_on_every_page(make_app: Callable[..., Flask]) -> None:
    from tests.factories.albergues import make_activacion, make_albergue
    from tests.factories.cuentas import CLAVE, make_cuenta

    evil = "<img src=x onerror=alert(1)>"
    app = make_app(WTF_CSRF_ENABLED=False)
    with app.app_context():
        site = make_albergue("1413", nombre=evil)
        make_activacion(site, administrador=evil)
        cuenta = make_cuenta("nacional")
        client = app.test_client()
        client.post("/entrar", data={"correo": cuenta.correo, "clave": CLAVE})
        for path in (
            "/",
            "/albergues",
            "/buscar?q=img",
            f"/albergues/{site.id}",
            "/emergencias",
            "/registro",
        ):
            page = client.get(path).text
            assert evil not in page, path
            if path == "/":
                assert html.escape(evil) in page
