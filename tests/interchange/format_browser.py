"""The pages by which a filled file comes in, as a person walks them."""

from __future__ import annotations

import html
import re
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.cuentas import csrf_of


class FormatBrowser:
    """One person, one format, one place."""

    def __init__(self, client: FlaskClient, codigo: str, **place: Any) -> None:
        self.client, self.url = client, f"/registros/importar/{codigo}"
        self.place = {name: str(value) for name, value in place.items()}
        page = client.get(self.url, query_string=self.place)
        assert page.status_code == 200, page.status
        self.token = csrf_of(page.text)

    def post(self, path: str, **form: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token, **form})

    def upload(self, content: bytes, name: str = "lleno.xlsx") -> TestResponse:
        return self.post(self.url, archivo=(BytesIO(content), name), **self.place)

    def follow(self, answer: TestResponse) -> TestResponse:
        """Where an upload leads: the columns or the dry run."""
        while answer.status_code == 303:
            answer = self.client.get(answer.location)
        return answer

    def shown(self, content: bytes, name: str = "lleno.xlsx", **columns: str) -> tuple[str, str]:
        """(address of the file, dry-run page), with the columns as proposed but for those given."""
        answer = self.upload(content, name)
        assert answer.status_code == 303, answer.text
        home = answer.location
        page = self.follow(answer).text
        if "¿Qué trae cada columna?" in page or columns:
            if "¿Qué trae cada columna?" not in page:
                page = self.client.get(f"{home}/columnas").text
            answer = self.post(f"{home}/columnas", **{**chosen_of(page), **columns})
            assert answer.status_code == 303, answer.text
            page = self.follow(answer).text
        return home, page

    def save(self, home: str, modo: str = "todo") -> TestResponse:
        """Press the button; the page of the outcome."""
        answer = self.post(f"{home}/guardar", modo=modo)
        return self.follow(answer) if answer.status_code == 303 else answer


def chosen_of(page: str) -> dict[str, str]:
    """The form of the columns page as the browser would send it."""
    form = {}
    for name, options in re.findall(r'<select[^>]* name="(c-[^"]+)"[^>]*>(.*?)</select>', page, re.S):
        found = re.search(r'<option value="([^"]*)" selected>', options)
        form[name] = html.unescape(found.group(1)) if found else ""
    return form


def figures(page: str) -> dict[str, int]:
    """The totals of the dry-run page by their words."""
    found = re.findall(r'<div class="rot">([^<]+)</div><div class="val">([\d,]+)</div>', page)
    return {words: int(number.replace(",", "")) for words, number in found}
