"""A photograph made small enough for a sheet of paper, in a child process: a huge one ends the child and nothing else."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

LONG_SIDE = 1600
"""Pixels of the longer side: what the browser sends already, and 220 dots an inch on a letter sheet."""
MEMORY = 768 * 1024 * 1024
SECONDS = 20


def shrink(content: bytes) -> bytes | None:
    """The JPEG or PNG as a JPEG that lies as it was taken; None when it cannot be drawn."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "albergues_app.core.small_picture"],
            input=content,
            capture_output=True,
            timeout=2 * SECONDS,
            check=False,
            cwd=Path(__file__).resolve().parents[2],
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 and done.stdout else None


def _draw(content: bytes) -> bytes:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # how many points it has was judged when it was kept (core.images)
    picture = Image.open(io.BytesIO(content), formats=("JPEG", "PNG"))
    picture.draft("RGB", (LONG_SIDE, LONG_SIDE))
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((LONG_SIDE, LONG_SIDE))
    above = upright.convert("RGBA")
    plain = Image.new("RGB", above.size, "white")
    plain.paste(above, mask=above.getchannel("A"))
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=82)
    return out.getvalue()


def _limit() -> None:
    import resource

    for limit, value in (
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (allowed, allowed))


if __name__ == "__main__":
    _limit()
    sys.stdout.buffer.write(_draw(sys.stdin.buffer.read()))
