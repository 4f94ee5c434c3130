"""What is said of a file that cannot be read: one Spanish sentence that says what to do."""

from __future__ import annotations

from albergues_app.core.errors import AppError


class ArchivoIlegible(AppError):
    """The file is damaged, of another kind, or beyond the limits. Nothing of it was used (422)."""

    status = 422

    def __init__(self, mensaje: str) -> None:
        super().__init__("archivo_ilegible", mensaje, "archivo")


DAMAGED = (
    "El archivo no se pudo leer: parece dañado. Ábralo en Excel o LibreOffice, guárdelo de nuevo como .xlsx "
    "y vuelva a intentarlo."
)
TOO_HEAVY = (
    "El archivo pide demasiada memoria o tiempo para leerse. Copie solo la lista, como valores, a un libro "
    "nuevo, guárdelo como .xlsx o .csv y vuelva a intentarlo."
)
