"""What belongs to a place and never to one shelter, as the doors of ``permissions`` ask for it."""

from __future__ import annotations

from sqlalchemy import String, literal
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.sql import ColumnElement


class OfNoShelter:
    """Mixin: an account of a shelter alone sees no such row."""

    @hybrid_property
    def albergue_codigo(self) -> str | None:
        return None

    @albergue_codigo.inplace.expression
    @classmethod
    def _albergue_codigo(cls) -> ColumnElement[str | None]:
        return literal(None, String())
