"""36: any field takes any Unicode and gives it back byte for byte, after NFC; a name is a name in every answer."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albergues_app.core import clock
from tests.factories.albergues import OPENED, make_activacion

LETTERS = "aZñÑáü'’ʼꞌ`´-.=+@\"<&>{}|;,$%#1" + "e\u0301n\u0303" + "שלוםعلي" + "漢😀" + "\u200f"
"""Spanish, the saltillos of Mayan languages, combining marks, right to left, signs of formulas and of markup."""
NAMES = st.text(LETTERS, min_size=1, max_size=40).filter(lambda t: any(c.isalpha() for c in t))


def test_any_name_comes_back_as_it_was_typed(client, ficha):
    headers, place = ficha("nacional"), str(make_activacion().id)

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=8, max_size=8))
    def same(said) -> None:
        people = [{"id": str(uuid4()), "nombres": n, "apellidos": a, "sexo": "mujer"} for n, a, _ in said]
        op = str(uuid4())
        body = {
            "id": op, "ocurrido_en": clock.iso(OPENED + timedelta(hours=1)), "familia": {"id": str(uuid4())},
            "personas": people,
        }  # fmt: skip
        made = client.post(f"/api/v1/activaciones/{place}/ingresos", json=body, headers=headers)
        assert made.status_code == 201, made.text
        read = client.get(f"/api/v1/activaciones/{place}/ingresos/{op}", headers=headers).json
        wanted = {p["id"]: (nfc(n), nfc(a)) for p, (n, a, _) in zip(people, said, strict=True)}
        for answer in (made.json, read):
            assert {p["id"]: (p["nombres"], p["apellidos"]) for p in answer["personas"]} == wanted
        for _, _, name in said[:2]:
            site = {"id": str(uuid4()), "nombre": name, "municipio": "1413", "tipo_inmueble": "otro"}
            assert client.post("/api/v1/albergues", json=site, headers=headers).status_code == 201
            assert client.get(f"/api/v1/albergues/{site['id']}", headers=headers).json["nombre"] == nfc(name)

    same()


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
