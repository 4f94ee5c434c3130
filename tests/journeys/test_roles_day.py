"""The day of each role in a real browser: the main thing it does today, page by page, with 0 violations on each.

The clerk's families (registro) are at ``test_desk.py``; here is the rest of a clerk's day.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.albergues import ingreso, make_activacion, make_albergue, make_emergencia, persona
from tests.factories.cuentas import make_cuenta
from tests.journeys.test_roles import World, browser, world
from tests.journeys.walk import Walk

pytestmark = [
    pytest.mark.navegador,
    pytest.mark.parametrize("base", ["sqlite"], indirect=True),
]
__all__ = ["browser", "world"]

LISTA = (
    "Nombre,Departamento,Municipio,Capacidad\n"
    "Escuela de Xexocom,Quiché,Nebaj,80\n"
    "Salón de Vicalamá,Quiché,,40\n"
).encode()


def test_administracion_gives_an_account_and_reads_the_trail(world: World, browser: Any) -> None:
    her = Walk(world, browser, "administracion")
    her.says("Hoy: cuentas y ajustes", "La administración no ve personas")
    her.follow("Crear cuenta")
    her.fill(correo="sede.quiche@ejemplo.gt", nombre="Sede de Quiché", rol="sede", **{"lugar-1": "S14"})
    her.press("Crear cuenta")
    first = her.code()
    her.small()
    her.follow("Ya la entregué")
    her.says("Sin estrenar", "Sede de Quiché")
    her.press("Imprimir código")
    assert her.code() != first
    her.follow("Ya la entregué")
    her.press("Desactivar")
    her.says("Desactivada")
    her.go("/cambios")
    her.says("Cuenta administracion", "encadenados")
    her.press("Comprobar la cadena")
    her.says("intacta")
    her.go("/importaciones/limites")
    for path in ("/albergues", "/mapa", f"/activaciones/{world.activacion_id}/personas"):
        her.refused(path)
    her.end()


def test_nacional_declares_an_emergency_and_its_alert(world: World, browser: Any) -> None:
    he = Walk(world, browser, "nacional")
    he.go("/emergencias")
    he.follow("Declarar emergencia")
    he.press("Declarar emergencia")
    he.says("datos que corregir")
    he.page.eval_on_selector("main [name=csrf_token]", "field => { field.value = 'de otra sesión' }")
    he.fill(nombre="Lluvias de otro día")
    he.press("Declarar emergencia")
    he.says("lo que escribió no se perdió")
    he.small()
    assert he.page.is_visible(".secciones a[href='/emergencias']")
    he.press("Enviar otra vez")
    assert he.page.input_value("main [name=nombre]") == "Lluvias de otro día"
    he.fill(nombre="Lluvias de noviembre", tipo="inundacion", departamentos="16", acta_numero="CN-7-2026")
    he.press("Declarar emergencia")
    he.says("Lluvias de noviembre", "Alta Verapaz", "CN-7-2026", "No hay albergues abiertos")
    he.follow("Declarar alerta")
    he.fill(color="roja", amenaza="inundacion", autoridad="CONRED", departamentos="16")
    he.press("Declarar alerta")
    he.go("/")
    assert "Alerta roja" in he.page.inner_text("body")
    assert "Lluvias de noviembre" in he.page.inner_text("body")
    he.go("/emergencias")
    he.says("Alerta roja", "2 en curso")
    he.small()
    he.go("/mapa")
    he.end()


def test_municipal_registers_a_site_and_opens_it_with_its_act(world: World, browser: Any) -> None:
    her = Walk(world, browser, "municipal")
    her.go("/albergues")
    her.follow("Registrar sitio")
    her.press("Registrar sitio")
    her.says("datos que corregir")
    her.fill(
        nombre="Escuela de Acul", tipo_inmueble="escuela", municipio="1413", lat="15.44", lon="-91.19",
        capacidad="60", fuente="Dirección de la escuela",
    )  # fmt: skip
    her.press("Registrar sitio")
    her.says("Escuela de Acul", "60")
    her.small()
    site = her.page.url.removeprefix(world.base)
    her.go(f"{site}/contacto")
    her.fill(papel="encargado_dia", nombre="Tomasa Cobo", telefono="5555 1234")
    her.press("Guardar contacto")
    her.says("Tomasa Cobo")
    her.go(f"{site}/abrir")
    her.fill(acta_numero="12-2026", administrador="Tomasa Cobo")
    her.press("Abrir albergue")
    her.says("Activa", "12-2026", "Quiénes son")
    her.press("Emitir")
    assert her.file("PDF").startswith(b"%PDF")
    her.follow("Adjuntar firmada")
    her.says("el acta está sin firmar")
    her.refused("/emergencias/nueva")
    her.end()


def test_sede_imports_a_list_and_closes_a_shelter(world: World, browser: Any) -> None:
    he = Walk(world, browser, "sede")
    he.go("/importaciones/")
    he.page.set_input_files("[name=archivo]", {"name": "lista.csv", "mimeType": "text/csv", "buffer": LISTA})
    he.press("Revisar la lista")
    he.says("2 filas")
    he.press("Revisar las filas")
    he.says("no falta ninguna", "Escuela de Xexocom", "Salón de Vicalamá")
    he.press("Guardar la lista")
    he.go("/importaciones/por-resolver")
    he.says("Salón de Vicalamá")
    he.small()
    he.page.locator("article select[name=otro]").first.select_option("1413")
    he.press("Poner en ese municipio")
    he.go("/albergues?q=vicalama")
    he.says("Salón de Vicalamá", "Nebaj")
    he.go(f"/activaciones/{world.activacion_id}/cierre")
    he.press("Iniciar el cierre")
    he.fill(destino_todas="vivienda_propia")
    he.press("Registrar salidas")
    he.says("No queda nadie")
    he.page.locator("main [name=criterios]").first.check()
    he.fill(acta="C-3-2026")
    he.press("Cerrar albergue", "form[action$='/cerrar']")
    he.go(f"/activaciones/{world.activacion_id}")
    he.says("Cerrad", "C-3-2026", "Atendidas desde el inicio: 5")
    he.end()


def test_albergue_sends_its_count_and_gives_a_volunteer_an_account(world: World, browser: Any) -> None:
    her = Walk(world, browser, "albergue")
    her.says("Salón de Nebaj", "5 personas")
    her.go(f"/activaciones/{world.activacion_id}")
    her.follow("Parte diario")
    her.fill(personas="7", familias="2", mujeres="4", hombres="3", fuente="conteo_fisico")
    her.press("Enviar parte")
    her.says("El parte y el registro difieren en +2")
    assert "F2 P7 M4 H3 conteo físico" in her.page.input_value("#c-texto")
    her.small()
    her.go(f"/activaciones/{world.activacion_id}")
    her.says("Declaradas, aparte: 7", "Personas 5")
    her.go("/cuentas")
    her.follow("Crear cuenta")
    her.fill(correo="noche@ejemplo.gt", nombre="Voluntario", rol="registro", **{"lugar-1": "1413-001"})
    her.press("Crear cuenta")
    assert her.code()
    her.refused("/albergues/nuevo")
    her.end()


def test_registro_finds_somebody_corrects_and_moves_her(world: World, browser: Any) -> None:
    he = Walk(world, browser, "registro")
    he.page.fill("#q", "Persona 3")
    he.page.keyboard.press("Enter")
    he.page.wait_for_selector("h1:has-text('resultado')")
    he.look()
    he.says("Persona 3", "Queda anotado que usted las vio")
    he.follow("Persona 3")
    he.small()
    he.follow("Persona 3")
    he.fill(apellidos="Cobo Brito", edad="31", motivo="Se vio el documento")
    he.press("Guardar corrección")
    he.says("Persona 3 Cobo Brito", "Se vio el documento")
    he.go(f"/activaciones/{world.activacion_id}/personas")
    he.page.get_by_label("Marcar a Persona 3 Cobo Brito").check()
    he.fill(tipo="salida_temporal")
    he.press("Registrar movimiento")
    he.says("Fuera por un rato")
    he.page.locator("summary", has_text="Anular").first.click()
    he.page.fill("#m-1", "No salió")
    he.press("Anular este movimiento")
    he.says("Anulado", "5 personas dentro")
    he.hides("Fuera por un rato")
    he.refused("/cuentas")
    he.end()


def test_mando_reads_the_map_of_another_hour_and_takes_it_along(world: World, browser: Any) -> None:
    her = Walk(world, browser, "mando")
    her.go("/mapa")
    her.says("Personas 5", "Santa María Nebaj")
    her.small()
    book = her.file("Excel")
    assert book.startswith(b"PK")
    her.fill(corte="2026-11-18T05:00")
    her.press("Ver", ".mapa-hora")
    her.says("No había albergues abiertos")
    her.go("/activaciones")
    her.follow("Salón de Nebaj")
    her.says("5 personas", "Mujeres")
    her.hides("Persona 3")
    her.refused(f"/activaciones/{world.activacion_id}/personas")
    her.end()


@pytest.mark.parametrize("rol", ["proteccion", "salud"])
def test_proteccion_and_salud_read_whom_to_attend_without_a_name(
    world: World, browser: Any, rol: str
) -> None:
    baby = persona(nombres="Criatura", edad=8, edad_unidad="meses")
    ingreso(world.activacion, persona(nombres="Anciana", edad=82), baby)
    they = Walk(world, browser, rol)
    they.follow("Ver", "#abiertos")
    they.go("/activaciones")
    they.follow("Salón de Nebaj")
    they.says("7 personas", "Para atender, ahora", "Por edad")
    they.small()
    they.hides("Anciana", "Criatura", "Persona 3")
    they.go("/formatos?q=ficha")
    assert they.file("Imprimir en blanco").startswith(b"%PDF")
    they.go("/mapa")
    for path in (f"/activaciones/{world.activacion_id}/personas", "/cuentas", "/identidad/posibles"):
        they.refused(path)
    they.end()


def test_institucion_reads_its_own_department_and_no_reserved_place(world: World, browser: Any) -> None:
    emergencia = make_emergencia(nombre="Frío")
    hidden = make_activacion(
        make_albergue("1405", nombre="Casa segura", ubicacion_reservada=True), emergencia
    )
    ingreso(hidden, persona(nombres="Reservada"))
    elsewhere = make_activacion(make_albergue("0101", nombre="Gimnasio capitalino"), emergencia)
    elsewhere_id = elsewhere.id
    she = Walk(world, browser, "institucion")
    she.says("Quiché", "Personas albergadas 6")
    she.hides("Casa segura", "Gimnasio capitalino")
    she.go("/albergues")
    she.says("Ubicación reservada (1)", "Salón de Nebaj")
    she.hides("Casa segura", "Gimnasio capitalino")
    she.small()
    she.go("/activaciones")
    she.hides("Casa segura", "Gimnasio capitalino")
    she.follow("Salón de Nebaj")
    she.hides("Persona 3")
    she.go("/emergencias")
    she.follow("Tormenta de práctica")
    she.says("5", "Declaratoria")
    she.refused(f"/activaciones/{elsewhere_id}", 404)
    she.refused("/importaciones/")
    she.end()


def test_auditoria_checks_the_chain_and_sees_an_account_without_its_buttons(
    world: World, browser: Any
) -> None:
    watched = make_cuenta("municipal", municipio="1405")
    watched_id = watched.id
    he = Walk(world, browser, "auditoria")
    he.follow("Ver cambios")
    he.says("asientos encadenados")
    he.press("Comprobar la cadena")
    he.says("intacta")
    he.fill(tabla="cuenta")
    he.press("Filtrar")
    he.says("Quitar filtro")
    he.small()
    he.go(f"/cuentas/{watched_id}")
    he.says("Sesiones abiertas")
    assert he.page.locator("main form").count() == 0
    he.go(f"/activaciones/{world.activacion_id}")
    he.hides("Persona 3")
    for path in (f"/activaciones/{world.activacion_id}/personas", "/cuentas/nueva", "/importaciones/"):
        he.refused(path)
    he.end()
