"""What is kept between requests is told stale by the trail: every table it is made of must leave a link, always."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

from albergues_app.audit.models import Audited
from albergues_app.core.db import Base
from albergues_app.web.factory import MODELS

PACKAGE = Path(__file__).parents[2] / "albergues_app"


def kept_tables() -> dict[str, frozenset[str]]:
    """Module and constant → the tables named at each call of ``kept``."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "import kept" not in source:
            continue
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "kept":
                tables = node.args[2]
                assert isinstance(tables, ast.Name), f"{name}: dé a `kept` una constante con sus tablas"
                found[f"{name}.{tables.id}"] = getattr(importlib.import_module(name), tables.id)
    return found


def test_what_is_kept_is_made_of_tables_whose_every_change_leaves_a_link() -> None:
    for models in MODELS:
        importlib.import_module(f"albergues_app.{models}.models")
    by_table = {m.class_.__tablename__: m.class_ for m in Base.registry.mappers}
    uses = kept_tables()
    assert len(uses) >= 5
    for use, tables in uses.items():
        for table in tables:
            model = by_table[table]
            assert issubclass(model, Audited), f"{use}: «{table}» no deja rastro"
            assert not model.SIN_RASTRO, f"{use}: «{table}» tiene columnas que cambian sin rastro"
