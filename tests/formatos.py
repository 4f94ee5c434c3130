"""The documents of the formats: ``python -m tests.formatos`` writes them anew.

Each edition's page and picture in ``docs/formatos``, and the fingerprint of an edition that had none. The
fingerprint of an edition that is already frozen is never written over: a change wants the next edition.
"""

from __future__ import annotations

import json
from pathlib import Path

from albergues_app.formats import catalogo
from albergues_app.formats.engine import fingerprint
from albergues_app.formats.outputs.handbook import handbook_page
from albergues_app.formats.outputs.pdf import PdfJob, render_picture

DOCS = Path(__file__).parents[1] / "docs" / "formatos"
GOLDEN = Path(__file__).parent / "golden" / "formatos.json"
PICTURE_PPI = 80


def main() -> None:
    """Write every page and picture; freeze the new editions."""
    frozen = json.loads(GOLDEN.read_text(encoding="utf-8"))
    for formato in catalogo.editions():
        (DOCS / f"{formato.slug}.md").write_text(handbook_page(formato), encoding="utf-8")
        (DOCS / f"{formato.slug}.png").write_bytes(render_picture(PdfJob(formato=formato), ppi=PICTURE_PPI))
        frozen.setdefault(formato.slug, fingerprint(formato))
    text = json.dumps(frozen, ensure_ascii=False, indent=2, sort_keys=True)
    GOLDEN.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
