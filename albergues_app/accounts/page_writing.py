"""How a page writes: once per form, however often it is sent; a refusal brings the form back as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import flash, request

from albergues_app.accounts.doors import current_cuenta
from albergues_app.audit.operations import SameIdOtherContent
from albergues_app.audit.writing import write_once
from albergues_app.core.errors import AppError, Aviso, Invalid
from albergues_app.core.ids import uuid7
from albergues_app.core.typed import Typed


@dataclass
class Envio:
    """What came of a form: ``body`` when it was written, else ``errores`` to show beside what was typed."""

    typed: Typed
    errores: list[Aviso] = field(default_factory=list)
    body: dict[str, Any] | None = None
    op_id: UUID = field(default_factory=uuid7)

    @property
    def status(self) -> int:
        return 422 if self.errores else 200

    def error(self, campo: str) -> str | None:
        """The first fault of a field, to stand beside it."""
        return next((e.mensaje for e in self.errores if e.campo == campo), None)

    def valor(self, campo: str, default: Any = "") -> Any:
        """What to show in a field: what was typed, or the default where nothing was sent: another form of the page was."""
        return self.typed.get(campo) if self.typed.has(campo) else default

    def marcado(self, campo: str, codigo: str, default: bool = False) -> bool:
        """Is this box ticked?"""
        return codigo in self.typed.all(campo) if self.typed.raw else default


def empty_form() -> Envio:
    """A form nobody has sent yet."""
    return Envio(Typed())


def typed_form() -> Typed:
    """The fields of the form that was sent."""
    return Typed(request.form.to_dict(flat=False))


def send(
    clase: str,
    work: Callable[[Typed], Callable[[], dict[str, Any]]],
    sello_id: UUID | None = None,
    **path: UUID,
) -> Envio:
    """Read the form and write it once.

    ``work`` reads the form (leaving its faults in it) and returns what to run inside the unit of work. What
    is refused with 409 or 422 becomes ``errores``; 403 and 404 go on as they are.
    """
    typed = typed_form()
    envio = Envio(typed, op_id=typed.op_id)
    try:
        run = work(typed)
        typed.check()
        content = {"ruta": {k: str(v) for k, v in path.items()}, **typed.content()}
        outcome = write_once(current_cuenta().as_actor("web"), envio.op_id, clase, content, sello_id, run)
        if outcome.status == 409:
            raise SameIdOtherContent(
                "id_ya_usado",
                "Este formulario ya se había guardado con otros datos. Revise y guarde de nuevo.",
                None,
            )
    except AppError as refused:
        if refused.status not in {409, 422}:
            raise
        envio.errores = list(refused.errores) if isinstance(refused, Invalid) else [_as_aviso(refused)]
        if refused.status == 409:
            envio.op_id = uuid7()
    else:
        envio.body = outcome.body
        for mensaje in [a.mensaje for a in typed.avisos] + [
            a["mensaje"] for a in outcome.body.get("avisos") or []
        ]:
            flash(mensaje, "aviso")
    return envio


def _as_aviso(error: AppError) -> Aviso:
    return Aviso(error.codigo, error.mensaje, error.campo)
