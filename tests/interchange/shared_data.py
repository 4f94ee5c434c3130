"""Where the data beside the project are, and whether their absence is a failure."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def data(*parts: str) -> Path:
    """A file or folder of the data; without it the test is skipped, or fails where data are compulsory."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        if "datos" in os.environ.get("ALBERGUES_EXIGIR", ""):
            pytest.fail(f"falta {'/'.join(parts)} en shared/data")
        pytest.skip("no está shared/data")
    return path
