"""Pictures of sheets made for the tests, and the steps of a person who types them. Synthetic people only."""

from __future__ import annotations

import io
import re
from typing import Any

from PIL import Image, ImageDraw

from albergues_app.core.ids import uuid7
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.outputs.web_form import flatten
from tests.factories.cuentas import csrf_of

CAMERA = "Camara de Marta Ical"


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (900, 1200), text: str = "Hoja", **more: Any
) -> bytes:
    """A page with a word on it; a photograph carries the data of its camera and where it was taken."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((60, 60), text, fill="black")
    out = io.BytesIO()
    if kind == "JPEG":
        exif = Image.Exif()
        exif[0x0110] = CAMERA
        exif[0x8825] = {1: "N", 2: (15.0, 24.0, 30.0)}
        more.setdefault("exif", exif.tobytes())
    image.save(out, kind, **more)
    return out.getvalue()


def pdf(pages: int = 3) -> bytes:
    """A scan of several pages."""
    images = [Image.open(io.BytesIO(picture(text=f"Hoja {n}"))).convert("RGB") for n in range(pages)]
    out = io.BytesIO()
    images[0].save(out, "PDF", save_all=True, append_images=images[1:])
    return out.getvalue()


def send(client: Any, codigo: str, activacion: Any, *files: bytes, **more: Any) -> Any:
    """Upload a batch through the page."""
    activacion_id = getattr(activacion, "id", activacion)
    page = client.get(f"/transcripcion/nuevo/{codigo}?activacion={activacion_id}")
    assert page.status_code == 200, page.text[:500]
    op = re.search(r'name="op_id" value="([^"]+)"', page.text)
    data = {
        "csrf_token": csrf_of(page.text), "op_id": op.group(1), "activacion": str(activacion_id),
        "hojas": [(io.BytesIO(content), f"foto {n}.jpg") for n, content in enumerate(files)],
        **more,
    }  # fmt: skip
    return client.post(f"/transcripcion/nuevo/{codigo}", data=data, content_type="multipart/form-data")


def lote_sent(client: Any, codigo: str, activacion: Any, *files: bytes) -> str:
    """The address of a new batch."""
    answer = send(client, codigo, activacion, *(files or (picture(),)))
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def form_of(codigo: str, answers: dict[str, Any]) -> dict[str, str]:
    return flatten(formatos.latest(codigo), answers)


def type_line(client: Any, lote: str, numero: int, codigo: str, answers: dict[str, Any], **more: Any) -> Any:
    """Type one record of a page."""
    url = f"{lote}/hojas/{numero}"
    page = client.get(url)
    assert page.status_code == 200, page.text[:500]
    line = re.search(r'name="renglon" value="([^"]*)"', page.text)
    data = {
        "csrf_token": csrf_of(page.text), "op_id": str(uuid7()), "renglon": line.group(1), "seguir": "renglon",
        **form_of(codigo, answers),
    }  # fmt: skip
    return client.post(url, data={**data, **more})


def type_second(
    client: Any, lote: str, segunda_id: Any, codigo: str, answers: dict[str, Any], **more: Any
) -> Any:
    """Type a record of the sample again."""
    url = f"{lote}/muestra/{segunda_id}"
    page = client.get(url)
    token = csrf_of(page.text if page.status_code == 200 else client.get("/mi-cuenta").text)
    data = {"csrf_token": token, "op_id": str(uuid7()), **form_of(codigo, answers)}
    return client.post(url, data={**data, **more})


def draw(client: Any, lote: str, pct: int = 100) -> Any:
    """Draw the sample."""
    token = csrf_of(client.get(lote).text)
    return client.post(f"{lote}/muestra", data={"csrf_token": token, "pct": str(pct)})
