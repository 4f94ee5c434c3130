"""A person of some role who walks through the pages: every page met is looked at, and nothing leaves the origin."""

from __future__ import annotations

import re
from typing import Any

from tests.factories.cuentas import CLAVE
from tests.journeys.test_desk import log_in, look
from tests.journeys.test_roles import World, at_home, new_page

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 900}


class Walk:
    """``Walk(world, browser, "sede").go("/albergues").press("Filtrar")``: each step ends with a look at the page."""

    def __init__(self, world: World, browser: Any, rol: str, correo: str = "", clave: str = CLAVE) -> None:
        self.base, self.rol, self.page = world.base, rol, new_page(browser)
        self.page.set_default_timeout(10_000)
        self.looked: set[str] = set()
        if clave == CLAVE:
            log_in(self.page, self.base, correo or world.correos[rol])
            self.look()

    def look(self) -> None:
        """0 violations at 1280, once for each page and heading."""
        page = self.page
        page.wait_for_load_state()
        seen = f"{page.url.split('?')[0]} {page.title()} {page.locator('#errores').count()}"
        if seen not in self.looked:
            self.looked.add(seen)
            look(page, f"{self.rol} {seen}")

    def small(self) -> None:
        """The same page on a telephone."""
        self.page.set_viewport_size(NARROW)
        look(self.page, f"{self.rol} 360 {self.page.url}")
        self.page.set_viewport_size(WIDE)

    def go(self, path: str) -> None:
        answer = self.page.goto(self.base + path)
        assert answer.status == 200, (self.rol, path, answer.status)
        self.look()

    def refused(self, path: str, status: int = 403) -> None:
        """What this role may not see, by address and not only by a missing button."""
        answer = self.page.request.get(self.base + path, max_redirects=0)
        assert answer.status == status, (self.rol, path, answer.status)

    def follow(self, text: str, where: str = "main") -> None:
        self._click(f"{where} a", text)

    def press(self, text: str, where: str = "main") -> None:
        self._click(f"{where} button", text)

    def _click(self, selector: str, text: str) -> None:
        with self.page.expect_navigation():
            self.page.locator(selector, has_text=text).first.click()
        self.look()

    def fill(self, **fields: str) -> None:
        """By the name of the field; a list is chosen by its value."""
        for name, value in fields.items():
            control = self.page.locator(f"main [name='{name}']").first
            kind = control.evaluate("c => c.tagName === 'SELECT' ? 'select' : c.type")
            if kind == "select":
                control.select_option(value)
            elif kind in {"radio", "checkbox"}:
                self.page.locator(f"main [name='{name}'][value='{value}']").check()
            else:
                control.fill(value)

    def says(self, *wanted: str) -> str:
        """All of this stands on the page, whatever its spacing."""
        text = " ".join(self.page.inner_text("main").split())
        for part in wanted:
            assert part in text, (self.rol, self.page.url, part, text)
        return text

    def hides(self, *unwanted: str) -> None:
        for part in unwanted:
            assert part not in self.page.content(), (self.rol, self.page.url, part)

    def file(self, text: str) -> bytes:
        """What the link gives, whether the browser shows it or keeps it."""
        href = self.page.locator("main a", has_text=text).first.get_attribute("href")
        answer = self.page.request.get(self.base + href)
        assert answer.status == 200, (self.rol, href, answer.status)
        return bytes(answer.body())

    def code(self) -> str:
        """The one-time code of the sheet on the page."""
        found = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}", self.page.inner_text("main"))
        assert found, self.page.inner_text("main")
        return found.group(0)

    def end(self) -> None:
        """A form sent back is a 400 or 422, which the browser mentions; anything else is a complaint."""
        self.page.complaints = [c for c in self.page.complaints if "status of 4" not in c]
        at_home(self.page, self.base)
