"""Small charts made on the server: numbers in, path text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, TOP, BASE = 200.0, 3.0, 34.0


@dataclass(frozen=True)
class Chispa:
    """A sparkline in a box of 200 by 36: the line, and the area under it."""

    linea: str
    area: str


def chispa(values: Sequence[int]) -> Chispa:
    """A line from the first to the last value; 0 lies on the base, the highest at the top."""
    highest = max([*values, 1])
    step = WIDTH / max(1, len(values) - 1)
    points = [f"{i * step:.0f} {BASE - (BASE - TOP) * max(0, v) / highest:.1f}" for i, v in enumerate(values)]
    line = "M" + " L".join(points)
    return Chispa(line, f"{line}L{WIDTH:.0f} {BASE:.0f}L0 {BASE:.0f}Z")
