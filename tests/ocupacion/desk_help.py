"""What the tests of the desk share: a page's hidden fields, and a household typed as a person types it."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
ROW = ("nombres", "apellidos", "sexo", "edad", "edad_unidad", "parentesco")
MADRE = ("Juana", "Raymundo Brito", "mujer", "38", "anios", "jefe")
HIJO = ("Diego", "Cobo Raymundo", "hombre", "8", "meses", "hijo")


def hidden(page: str, form: str = 'id="hoja"') -> dict[str, str]:
    """Hidden fields of the form that carries this text."""
    body = page[page.index(form) :]
    return dict(HIDDEN.findall(body[: body.index("</form>")]))


def household(*people: tuple[str, ...], **more: str) -> dict[str, str]:
    """A boleta typed on the screen."""
    typed = {
        f"personas-{n}-{name}": value
        for n, person in enumerate(people)
        for name, value in zip(ROW, person, strict=False)
    }
    return {**typed, **more}


def send(client: FlaskClient, activacion_id: Any, data: dict[str, str], **more: Any) -> TestResponse:
    """Open the desk, type, save."""
    url = f"/activaciones/{activacion_id}/ingresos/nuevo"
    page = client.get(url)
    assert page.status_code == 200, page.text[:300]
    return client.post(url, data={**hidden(page.text), **data}, **more)
