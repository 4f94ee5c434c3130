"""The documents of the formats: ``python -m tests.formatos`` writes them anew.

Each edition's page and picture in ``docs/formatos``, the card of the public shelf in ``static/formatos``, and the
fingerprint of an edition that had none. The fingerprint of an edition that is already frozen is never written
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

from pypdf import PdfReader

from albergues_app.formats import catalogo
from albergues_app.formats.engine import Formato, fingerprint
from albergues_app.formats.outputs.handbook import handbook_page
from albergues_app.formats.outputs.pdf import PdfJob, render_pdf
from albergues_app.formats.outputs.picture import card_picture, light_picture

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs" / "formatos"
CARDS = ROOT / "albergues_app" / "static" / "formatos"
GOLDEN = Path(__file__).parent / "golden" / "formatos.json"
PICTURE_PPI = 80


def blank_picture(formato: Formato) -> bytes:
    """The first page of the blank as it is kept in ``docs/formatos``."""
    return light_picture(PdfJob(formato=formato), ppi=PICTURE_PPI)


def count_pages(formato: Formato) -> dict[str, int]:
    """Pages of its blank by paper, as the shelf and the kit print it."""
    papers = ("carta", "oficio")
    drawn = {
        p: render_pdf(PdfJob(formato=formato, papel=p, gate=formato.at_gate))
        for p in papers
    }  # fmt: skip
    return {p: len(PdfReader(BytesIO(content)).pages) for p, content in drawn.items()}


def main() -> None:
    """Write every page and picture; freeze the new editions."""
    frozen = json.loads(GOLDEN.read_text(encoding="utf-8"))
    CARDS.mkdir(exist_ok=True)
    pages = {}
    for formato in catalogo.editions():
        (DOCS / f"{formato.slug}.md").write_text(handbook_page(formato), encoding="utf-8")
        (DOCS / f"{formato.slug}.png").write_bytes(blank_picture(formato))
        (CARDS / f"{formato.slug}.png").write_bytes(card_picture(formato))
        pages[formato.slug] = count_pages(formato)
        frozen.setdefault(formato.slug, fingerprint(formato))
    _write(CARDS / "paginas.json", pages)
    _write(GOLDEN, frozen)


def _write(path: Path, values: object) -> None:
    path.write_text(json.dumps(values, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
