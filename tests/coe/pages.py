"""How the tests of the COE read and send its pages."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from albergues_app.core.ids import uuid7
from tests.factories.cuentas import csrf_of


def send(client: FlaskClient, path: str, status: int = 303, **fields: Any) -> Any:
    """Send a form of a page with its token; returns the answer."""
    token = csrf_of(client.get("/mi-cuenta").text)
    answer = client.post(path, data={"csrf_token": token, "op_id": str(uuid7()), **fields})
    assert answer.status_code == status, answer.text
    return answer
