"""What is sent is read only of who may send it: no stranger makes the server take in megabytes."""

from __future__ import annotations

import io

import pytest

from tests.factories.albergues import make_activacion, make_albergue
from tests.transcripcion.hojas import picture, send

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)
MB = 1024 * 1024


class Body(io.RawIOBase):
    """A body that says how much of it was read."""

    def __init__(self, size: int) -> None:
        self.left, self.taken = size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        given = min(len(buffer), self.left)
        buffer[:given] = b"x" * given
        self.left -= given
        self.taken += given
        return given


def post(client, path, size, chunked=False):
    body = Body(size)
    environ = {"wsgi.input": body, "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    environ |= {"wsgi.input_terminated": True} if chunked else {"CONTENT_LENGTH": str(size)}
    return client.post(path, environ_overrides=environ), body.taken


@pytest.mark.parametrize(
    "path", ["/transcripcion/nuevo/incidente", "/albergues/importar", "/entrar", "/no-hay"]
)
def test_nothing_large_is_read_of_who_has_no_session(app, path):
    answer, taken = post(app.test_client(), path, 50 * MB)
    assert (answer.status_code, taken) == (401, 0)
    assert "Entre de nuevo" in answer.text


def test_nor_of_a_body_that_does_not_say_its_size(app):
    answer, taken = post(app.test_client(), "/transcripcion/nuevo/incidente", 50 * MB, chunked=True)
    assert answer.status_code == 413 and taken < MB


def test_nor_of_a_role_that_never_sends_anything_there(entra):
    answer, taken = post(entra("mando"), "/transcripcion/nuevo/incidente", 50 * MB)
    assert (answer.status_code, taken) == (403, 0)


def test_a_log_in_and_the_sheets_of_who_may_send_them_go_through(app, entra):
    answer = app.test_client().post("/entrar", data={"correo": "a@b.gt", "clave": "x" * 100})
    assert answer.status_code == 400, "the form's key is missing, and the form was read"
    clerk, here = entra("albergue", municipio="1413"), make_activacion(make_albergue())
    noise = picture("PNG", (900, 1200)) + b"x" * 100_000
    assert len(noise) > 64 * 1024
    assert send(clerk, "incidente", here, noise).status_code == 303
