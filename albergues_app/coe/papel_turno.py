"""The hand-over of a shift that was signed on paper: it takes effect when its scan is attached.

Who holds the shift attaches it: the hand-over is signed in the system and waits for the account that receives it.
Who receives attaches it: the shift is taken. Either is what that account may do on the page of the shifts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.permissions import Permiso
from albergues_app.capturas.firma import AL_FIRMAR, AlFirmar, Hecho, actor_may
from albergues_app.capturas.models import Registro
from albergues_app.capturas.services import answers_of
from albergues_app.coe import entrega
from albergues_app.coe.models import Coe
from albergues_app.coe.papel import coe_of_record
from albergues_app.coe.periods import turno_of
from albergues_app.coe.turnos import EntregaNueva, TurnoNuevo, sign_entrega, take_turno, turno_abierto
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.unit_of_work import current_actor
from albergues_app.formats.engine import answers_to_json, fold

PAPER = "Se recibió con la hoja de entrega firmada en papel."


def _own() -> UUID | None:
    actor = current_actor()
    return actor.cuenta_id if actor else None


def _may(record: Registro) -> bool:
    """Is it the account that holds the shift, or the one that the sheet says receives it?"""
    coe, own = coe_of_record(record), _own()
    if coe is None or own is None or not actor_may(Permiso.COE_ESCRIBIR, coe):
        return False
    turno = turno_abierto(coe.id)
    if turno is not None and turno.cuenta_id == own:
        return True
    receives = str(answers_of(record).get("entrante") or "")
    return fold(db.session.get_one(Cuenta, own).nombre) == fold(receives)


def _apply(record: Registro, answers: Mapping[str, Any], _before: Mapping[str, Any]) -> Hecho:
    coe, own = coe_of_record(record), _own()
    assert coe is not None and own is not None
    turno = turno_abierto(coe.id)
    when = min(clock.as_utc(answers["ocurrido_en"]), clock.now())
    clase = str(answers.get("turno_entrante") or turno_of(when))
    if turno is None or turno.cuenta_id != own:
        take_turno(coe.id, TurnoNuevo(uuid5(record.captura_id, "turno"), clase, None, PAPER))
        return Hecho("coe", coe.id, "Recibió el turno con la hoja firmada")
    sign_entrega(
        coe.id,
        EntregaNueva(
            id=uuid5(record.captura_id, "entrega"),
            entrante_id=_receiver(coe, own, str(answers.get("entrante") or "")),
            clase=clase,
            hasta=None,
            ocurrido_en=when,
            edicion=record.edicion,
            respuestas=answers_to_json(answers),
            cifras=entrega.figures_at(coe, when),
        ),
    )
    return Hecho("coe", coe.id, "Firmó la entrega del turno; falta que quien recibe la acepte en «Turnos»")


def _receiver(coe: Coe, own: UUID, name: str) -> UUID:
    """The one account of the COE with that name. :raises RuleBroken: `entrante_sin_cuenta`."""
    found = [
        key for key, label in entrega.may_receive(coe, own) if fold(label.rsplit(" (", 1)[0]) == fold(name)
    ]
    if len(found) != 1:
        raise RuleBroken(
            "entrante_sin_cuenta",
            f"{'Hay varias cuentas' if found else 'No hay una cuenta'} de este COE a nombre de «{name}». Entregue el "
            "turno en la página «Turnos», o corrija el nombre en la hoja.",
            "entrante",
        )
    return UUID(found[0])


AL_FIRMAR[entrega.FORMATO] = AlFirmar(
    _apply,
    _may,
    "quien entrega o quien recibe el turno, con su cuenta",
    "quien entrega la deja firmada, o quien recibe toma el turno",
    "Esta entrega ya consta en los turnos del COE: la devuelve o la retira quien la firmó, en «Turnos».",
)
