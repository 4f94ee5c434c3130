"""Templates compile, let Jinja escape, and hold no script, style or handler of their own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

PACKAGE = Path(__file__).parents[2] / "albergues_app"
TEMPLATES = sorted(p for p in PACKAGE.rglob("*.html") if "static" not in p.parts)
SCRIPTS = sorted(p for p in (PACKAGE / "static" / "js").glob("*.js"))


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_holds_no_rule_of_its_own(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    bare = re.sub(r"\{#.*?#\}", "", source, flags=re.S)
    assert not re.search(r"\|\s*safe\b", bare), "quite |safe: el texto de la gente se escapa siempre"
    assert "autoescape false" not in bare
    assert not re.search(r"<[a-z][^>]*\son[a-z]+\s*=", bare), "quite el manejador en línea; use static/js"
    assert not re.search(r"<[a-z][^>]*\sstyle\s*=", bare), "quite style=…; use una clase"
    assert "javascript:" not in bare
    for tag in re.findall(r"<(?:script|style)\b[^>]*>", bare):
        assert "src=" in tag or "nonce=" in tag or 'type="application/json"' in tag, f"{tag}: falta el nonce"
    assert not re.search(r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//", bare), "nada de otros sitios"


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_writes_text_as_text(path: Path) -> None:
    source = re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert word not in source, f"quite {word}: use textContent o createElement"
    assert not re.search(r"[\"'`]https?://(?!www\.w3\.org/)", source), "nada de otros sitios"


def test_every_template_compiles(app: Flask) -> None:
    names = [n for n in app.jinja_env.list_templates() if n.endswith(".html")]
    assert len(names) > 20
    for name in names:
        app.jinja_env.get_template(name)


def test_no_python_module_marks_peoples_text_as_safe() -> None:
    """``Markup(`` is for our own constants: each use is listed here with its reason."""
    allowed = {
        "web/presentation.py",
        "web/mi_cuenta.py",
        "maps/served.py",
        "albergues/views.py",  # the rows of the list as a template of ours escaped them, kept for the next reader
    }
    found = {
        name_of(p) for p in PACKAGE.rglob("*.py") if re.search(r"\bMarkup\(", p.read_text(encoding="utf-8"))
    }
    assert found <= allowed, f"use de Markup sin revisar: {sorted(found - allowed)}"
