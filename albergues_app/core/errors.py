"""The few ways in which work is refused. Messages are Spanish, say what to do, and carry a code for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Aviso:
    """Something to look at that does not stop the work."""

    codigo: str
    mensaje: str
    campo: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        return {"codigo": self.codigo, "mensaje": self.mensaje, "campo": self.campo}


class AppError(Exception):
    """Base of everything the application refuses on purpose."""

    status = 400

    def __init__(self, codigo: str, mensaje: str, campo: str | None = None) -> None:
        super().__init__(mensaje)
        self.codigo = codigo
        self.mensaje = mensaje
        self.campo = campo

    def as_dict(self) -> dict[str, object]:
        own = {"codigo": self.codigo, "mensaje": self.mensaje, "campo": self.campo}
        return {**own, "errores": [own]}


class RuleBroken(AppError):
    """The state of the world forbids it (422)."""

    status = 422


class Invalid(AppError):
    """The data given are wrong (422); holds every error found, the first one leading."""

    status = 422

    def __init__(self, errores: Sequence[Aviso]) -> None:
        first = errores[0]
        super().__init__(first.codigo, first.mensaje, first.campo)
        self.errores = list(errores)

    def as_dict(self) -> dict[str, object]:
        return {**super().as_dict(), "errores": [e.as_dict() for e in self.errores]}


class NotFound(AppError):
    """Absent, or outside one's territory: the same words for both, so nobody learns which (404)."""

    status = 404

    def __init__(self) -> None:
        super().__init__("no_encontrado", "No se encontró. Revise el enlace o el código.")


class Forbidden(AppError):
    """This role may never do this (403)."""

    status = 403

    def __init__(self, mensaje: str = "Su cuenta no puede hacer esto. Pídalo a su coordinación.") -> None:
        super().__init__("prohibido", mensaje)


class Unauthenticated(AppError):
    """No valid credential (401)."""

    status = 401

    def __init__(self, mensaje: str = "Entre con su cuenta.") -> None:
        super().__init__("sin_credencial", mensaje)


class TooMany(AppError):
    """Too many attempts (429)."""

    status = 429

    def __init__(self, mensaje: str, seconds: int) -> None:
        super().__init__("demasiados_intentos", mensaje)
        self.seconds = seconds


class WriteWithoutActor(RuntimeError):
    """A write outside ``unit_of_work``: a fault of the program, never of a person."""
