"""An administrator defines a format in a real browser, from the empty sheet to the one that somebody fills in.

With ``ALBERGUES_RETRATOS=folder`` it leaves the pictures of the guide there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.test_roles import World, browser, world
from tests.journeys.walk import Walk

pytestmark = [
    pytest.mark.navegador,
    pytest.mark.parametrize("base", ["sqlite"], indirect=True),
]
__all__ = ["browser", "world"]


def picture(her: Walk, name: str) -> None:
    folder = os.environ.get("ALBERGUES_RETRATOS")
    if folder:
        her.page.set_viewport_size({"width": 1000, "height": 700})
        her.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
        her.page.set_viewport_size({"width": 1280, "height": 900})


def asks_when_told(walk: Walk) -> None:
    """A field that is asked only after a yes stays away until then."""
    asked = walk.page.locator("[name=que_ropa_falta]")
    asked.wait_for(state="hidden")
    walk.page.locator("[name=falta_ropa]").select_option(label="Sí")
    asked.wait_for(state="visible")
    walk.page.locator("[name=falta_ropa]").select_option(label="No")
    asked.wait_for(state="hidden")


def test_administracion_defines_a_format_and_a_shelter_fills_it_in(world: World, browser: Any) -> None:
    her = Walk(world, browser, "administracion")
    her.follow("Definir formatos", "nav")
    her.press("Crear borrador")
    her.says("Escriba el título del formato")
    her.fill(titulo="Control de ropa", codigo="control_ropa")
    her.press("Crear borrador")
    her.says("Faltan", "Escriba para qué sirve")
    her.small()
    her.follow("Editar portada")
    her.fill(
        purpose="Saber qué ropa hay y a quién se dio.", who_fills="Encargado de bodega",
        when_filled="Cada entrega", source="Oficio 3-2026",
    )  # fmt: skip
    her.small()
    her.press("Guardar portada")
    her.follow("Agregar sección que se repite")
    her.fill(titulo="Prendas", singular="prenda")
    her.press("Crear sección")
    her.follow("Agregar campo")
    her.fill(tipo="Choice")
    her.press("Seguir")
    her.fill(
        rotulo="¿Qué prenda?", tipo_options="camisa | Camisa | Cam\nPantalón\notro", marca="R", nivel="1"
    )
    her.small()
    picture(her, "campo")
    her.press("Guardar y agregar otro")
    her.fill(tipo="Whole")
    her.press("Seguir")
    her.fill(rotulo="Cantidad", nivel="1", marca="C")
    her.press("Guardar campo")
    her.says("Diga cuándo es obligatorio")
    her.fill(texto_cuando="si es camisa", **{"obliga-0-campo": "que_prenda", "obliga-0-valor": "Camisa"})
    her.press("Guardar campo")
    her.small()
    her.go("/definir-formatos/control_ropa/secciones/0")
    her.follow("Agregar campo")
    her.fill(tipo="Whole")
    her.press("Seguir")
    her.fill(rotulo="Total de prendas", nivel="1")
    her.press("Guardar campo")
    her.follow("Agregar campo")
    her.fill(tipo="Whole")
    her.press("Seguir")
    her.fill(rotulo="¿Falta ropa?", nivel="1")
    her.page.select_option("#c-elegir-tipo", "YesNo")
    her.press("Cambiar de tipo")
    assert her.page.input_value("[name=rotulo]") == "¿Falta ropa?", "another kind of the same question"
    her.press("Guardar campo")
    her.follow("Agregar campo")
    her.fill(tipo="Text")
    her.press("Seguir")
    her.fill(rotulo="Qué ropa falta", **{"pide-0-campo": "falta_ropa", "pide-0-valor": "sí"})
    her.press("Guardar campo")
    her.follow("Volver al formato")
    her.follow("Agregar regla")
    her.fill(clase="suma_filas")
    her.press("Seguir")
    her.says("Prendas: Cantidad")
    her.fill(campo_a="cantidad", total="total_de_prendas", campo="total_de_prendas")
    her.fill(mensaje="Las cantidades no suman el total.")
    her.small()
    picture(her, "regla")
    her.press("Guardar regla")
    her.follow("Agregar cálculo de la hoja")
    her.fill(clase="cuenta_filas")
    her.press("Seguir")
    her.press("Guardar cálculo")
    her.says("Elija en qué campo queda")
    her.fill(clase="suma_filas")
    her.press("Cambiar")
    her.fill(campo_a="cantidad", campo="total_de_prendas")
    her.small()
    picture(her, "calculo")
    her.press("Guardar cálculo")
    her.says("la suma de «Cantidad» en las filas de «Prendas»", "No falta nada")
    her.small()
    picture(her, "formato")
    assert her.file("Papel carta")[:4] == b"%PDF" and her.file("Excel")[:2] == b"PK"
    her.follow("En pantalla")
    asks_when_told(her)
    her.fill(ocurrido_en="20/11/2026 08:00")
    her.fill(**{"prendas-0-que_prenda": "camisa", "prendas-0-cantidad": "3"})
    her.press("Revisar", ".barra-guardar")
    her.says("Falta")
    her.small()
    her.go("/definir-formatos/control_ropa")
    her.press("Publicar edición 1")
    her.says("Publicada la edición 1")
    her.go("/definir-formatos/oficial/control_ropa")
    her.fill(codigo_oficial="MUNI-7", fuente="Acuerdo 5-2026", fecha="03/02/2026")
    her.press("Guardar código")
    her.says("Hoy se imprime «MUNI-7»")
    her.small()
    picture(her, "oficial")
    her.end()

    clerk = Walk(world, browser, "albergue")
    clerk.go("/formatos?q=ropa")
    clerk.says("Control de ropa", "Código MUNI-7")
    clerk.go(f"/registros/nuevo/control_ropa?activacion={world.activacion_id}")
    asks_when_told(clerk)
    clerk.fill(ocurrido_en="20/11/2026 08:00")
    clerk.fill(**{"prendas-0-que_prenda": "camisa", "prendas-0-cantidad": "3"})
    clerk.page.wait_for_function(
        "document.querySelector('output[aria-labelledby=r-total_de_prendas]').value === '3'"
    )
    clerk.press("Guardar", ".barra-guardar")
    clerk.says("Control de ropa", "Camisa")
    clerk.end()
