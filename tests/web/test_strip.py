"""The emergency strip: the highest alert over the account's territory, whatever was declared last."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient

from albergues_app.core import clock
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.services import AlertaNueva, declare_alerta
from tests.factories.albergues import make_emergencia
from tests.factories.cuentas import SISTEMA

H = timedelta(hours=1)


def strip(client: FlaskClient) -> str:
    page = client.get("/emergencias").text
    found = re.search(r'<div class="franja.*?</div></div>', page, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group(0))) if found else ""


def red_alert(emergencia: Any, lugares: Sequence[str]) -> None:
    with unit_of_work(SISTEMA):
        declare_alerta(
            AlertaNueva(
                id=uuid7(),
                emergencia_id=emergencia.id,
                ambito="poblacional",
                nivel="departamental",
                color="roja",
                amenaza="tormenta",
                desde=clock.now() - 5 * H,
                hasta=None,
                autoridad="CONRED",
                documento=None,
                lugares=tuple(lugares),
            )
        )


def test_a_newer_emergency_does_not_hide_the_red_alert_of_the_older(
    entra: Callable[..., FlaskClient],
) -> None:
    red_alert(make_emergencia(("14",), nombre="Tormenta vieja"), ["14"])
    make_emergencia(("14",), nombre="Frío de anoche", inicio=clock.now() - H)
    shown = strip(entra("sede", sede="S14"))
    assert "Alerta roja" in shown
    assert "Tormenta vieja" in shown
    assert "y 1 más" in shown


def test_an_alert_over_another_department_is_not_shown_as_ones_own(
    entra: Callable[..., FlaskClient],
) -> None:
    red_alert(make_emergencia(("13", "14"), nombre="Tormenta"), ["13"])
    assert "Alerta roja" not in strip(entra("sede", sede="S14"))
    huehuetenango = strip(entra("sede", sede="S13"))
    assert "Alerta roja" in huehuetenango
    assert "Huehuetenango" in huehuetenango
    assert "Quiché" not in huehuetenango
