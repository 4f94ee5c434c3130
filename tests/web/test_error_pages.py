"""Error pages: who is logged in keeps the sections, and a form whose key no longer holds comes back ready to be sent."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from albergues_app.core.db import db
from albergues_app.emergencias.models import Emergencia

OURS = {"Sec-Fetch-Site": "same-origin"}
TYPED = {"nombre": 'Lluvias <b>"nuevas"</b>', "tipo": "inundacion", "inicio": "2026-11-18T06:00"}


def expired(client: FlaskClient, path: str = "/emergencias/nueva", **form: Any) -> Any:
    return client.post(path, data={"csrf_token": "de-otra-sesion", **form}, headers=OURS)


def hidden(page: str) -> dict[str, list[str]]:
    """The form that the page gives back."""
    form = re.search(r"<form.*?</form>", page, re.S)
    assert form, page
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form.group(0)):
        fields.setdefault(name, []).append(html.unescape(value))
    return fields


def test_an_expired_form_comes_back_and_is_saved_with_one_button(entra: Callable[..., FlaskClient]) -> None:
    client = entra("nacional")
    answer = expired(
        client, **TYPED, departamentos=["14", "16"], op_id="0198c0de-0000-7000-8000-000000000001"
    )
    assert answer.status_code == 400
    assert "lo que escribió no se perdió" in answer.text
    assert "Cuenta nacional" in answer.text
    assert "<b>" not in answer.text
    assert 'href="/emergencias"' in answer.text, "the sections stay"
    assert db.session.query(Emergencia).count() == 0
    fields = hidden(answer.text)
    assert fields["departamentos"] == ["14", "16"] and fields["nombre"] == [TYPED["nombre"]]
    saved = client.post("/emergencias/nueva", data=fields, headers=OURS)
    assert saved.status_code == 303, saved.text
    again = client.post("/emergencias/nueva", data=fields, headers=OURS)
    assert again.location == saved.location
    assert db.session.query(Emergencia).count() == 1


def test_what_another_site_wrote_is_not_given_back(entra: Callable[..., FlaskClient]) -> None:
    client = entra("nacional")
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://otro.example"}):
        answer = client.post("/emergencias/nueva", data=TYPED, headers=headers)
        assert answer.status_code == 400
        assert "Lluvias" not in answer.text


def test_passwords_are_not_given_back(entra: Callable[..., FlaskClient]) -> None:
    answer = expired(entra("nacional"), "/mi-cuenta/clave", actual="secreto uno", nueva="secreto dos")
    assert answer.status_code == 400
    assert "secreto" not in answer.text


def test_an_error_shows_sections_to_who_is_known_and_to_nobody_else(
    client: FlaskClient, entra: Callable[..., FlaskClient]
) -> None:
    known = entra("mando").get("/no-existe")
    assert known.status_code == 404 and 'href="/mapa"' in known.text and 'href="/cuentas"' not in known.text
    assert 'class="inferior"' in known.text, "on a telephone too"
    stranger = client.get("/no-existe")
    assert stranger.status_code == 404 and 'aria-label="Secciones"' not in stranger.text
    assert "Entre de nuevo" in expired(client, "/entrar", correo="x@ejemplo.gt").text
