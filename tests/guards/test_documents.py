"""What is written about the program is true of it: settings, permissions, glossary."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from albergues_app.config import PREFIX, SETTINGS
from albergues_app.core.db import Base
from tests.guards.documents import DOCS, WRITTEN


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_a_written_document_is_up_to_date(name: str) -> None:
    found = (DOCS / name).read_text(encoding="utf-8") if (DOCS / name).exists() else ""
    assert found == WRITTEN[name](), f"docs/{name} quedó atrás: corra python -m tests.guards.documents"


def test_the_page_on_roles_names_places_that_are_there() -> None:
    page = (DOCS / "agregar_un_rol.md").read_text(encoding="utf-8")
    files = set(re.findall(r"`([a-z_/]+\.py)`", page))
    assert len(files) > 8
    here = DOCS.parent
    lost = [f for f in files if not ((here / "albergues_app" / f).exists() or (here / f).exists())]
    assert not lost, f"corrija docs/agregar_un_rol.md: {sorted(lost)}"
    code = "".join(
        (here / "albergues_app/accounts" / f"{f}.py").read_text()
        for f in ("models", "permissions", "hierarchy")
    )
    names = set(re.findall(r"`([A-Z][A-Z_]{3,})`", page)) - {"FROM_AFAR", "PLACES"}
    assert all(name in code for name in names), sorted(name for name in names if name not in code)


def test_every_setting_has_a_help_that_ends_as_a_sentence() -> None:
    for setting in SETTINGS:
        assert re.search(r"[.…]$|\)\.$", setting.help), f"{PREFIX}{setting.name}: escriba su ayuda"


def test_the_glossary_explains_every_model(app: Flask) -> None:
    glossary = (DOCS / "glosario.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", glossary, flags=re.M))
    models = {m.class_.__name__ for m in Base.registry.mappers}
    missing = sorted(models - set(rows))
    assert not missing, f"agregue a docs/glosario.md: {missing}"
    for name in models:
        cells = [c.strip() for c in rows[name].split(" | ")]
        assert len(cells) == 3, f"{name}: significado, fuente y glosa en inglés"
        assert all(cells), f"{name}: hay una casilla vacía"


def test_the_glossary_names_no_model_that_is_gone(app: Flask) -> None:
    glossary = (DOCS / "glosario.md").read_text(encoding="utf-8")
    models = {m.class_.__name__ for m in Base.registry.mappers}
    named = set(re.findall(r"^\| `(\w+)` \|", glossary, flags=re.M))
    assert not named - models, f"quite de docs/glosario.md: {sorted(named - models)}"
