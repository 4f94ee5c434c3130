"""The form of an entry as a browser sends it."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

from albergues_app.core.ids import uuid7
from tests.factories.cuentas import csrf_of

AT = "2026-11-20T10:00"


def annotate(client: Any, coe_id: UUID | str, files: dict[str, bytes] | None = None, **fields: Any) -> Any:
    """Send the page's form; ``files``: name → bytes."""
    page = client.get(f"/coe/{coe_id}")
    assert page.status_code == 200, page.text
    data: dict[str, Any] = {
        "csrf_token": csrf_of(page.text), "op_id": str(uuid7()), "ocurrido_en": AT, "tipo": "llamada",
        "asunto": "Asunto de la hoja", "detalle": "Detalle de la hoja", "prioridad": "rutina", **fields,
    }  # fmt: skip
    if files:
        data["adjuntos"] = [(BytesIO(content), name) for name, content in files.items()]
    return client.post(f"/coe/{coe_id}", data=data, content_type="multipart/form-data")
