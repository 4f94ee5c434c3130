"""Facts of the instance itself: training or operation. Training is marked for good (F140)."""

from __future__ import annotations

from pathlib import Path

from flask import current_app


def _mark() -> Path:
    return Path(current_app.config["INSTANCIA"]) / "CAPACITACION"


def is_training() -> bool:
    """True in an instance of Capacitación: stripes on every page and every print."""
    return _mark().exists()


def mark_training() -> None:
    """Mark the instance as Capacitación. There is no way back: its people are synthetic."""
    _mark().write_text(
        "Instancia de Capacitación: datos sintéticos. Esta marca no se quita.\n", encoding="utf-8"
    )
