"""Take out of package-lock.json every address: where a package came from, where its authors take gifts."""

from __future__ import annotations

import json
from pathlib import Path

lock = Path(__file__).parent / "package-lock.json"
content = json.loads(lock.read_text(encoding="utf-8"))
for package in content["packages"].values():
    package.pop("resolved", None)
    package.pop("funding", None)
lock.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
