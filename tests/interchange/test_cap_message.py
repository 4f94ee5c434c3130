"""Reading CAP 1.2: real messages of other countries, those of ours, what is refused and why, and hostile files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Invalid
from albergues_app.core.ids import uuid7
from albergues_app.interchange import cap_message
from albergues_app.interchange.cap_export import alerta_to_cap
from albergues_app.interchange.cap_import import read_cap
from albergues_app.interchange.errors import ArchivoIlegible
from tests.conftest import ROOT
from tests.emergencias.test_pages import alerta
from tests.factories.cap import NS, cap_xml, geocode
from tests.interchange.shared_data import data

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)

SCHEMA = etree.XMLSchema(etree.parse(ROOT / "tests" / "interchange" / "cap_1_2.xsd"))
NOWHERE, OVER, NOT_CAP = "area_desconocida", "cap_vencida", "archivo_ilegible"
SAMPLES = {
    # file: (reasons when it came in time, reasons today, is it valid against the schema of 1.2)
    "43b080713727.cap": ([NOWHERE], [NOWHERE], True),  # it says no end
    "KAR0-0306112239-SW.cap": ([NOWHERE], [NOWHERE], False),
    "australia.cap": ([NOWHERE], [OVER, NOWHERE], True),
    "canada.cap": (
        [],
        [OVER],
        True,
    ),  # an update that says «all clear»: it withdraws, so it needs no place of ours
    "earthquake.cap": ([NOWHERE], [OVER, NOWHERE], False),
    "thunderstorm.cap": ([NOWHERE], [OVER, NOWHERE], True),
    "wcatwc-warning.cap": ([NOWHERE], [OVER, NOWHERE], True),
    "weather.cap": ([NOWHERE], [OVER, NOWHERE], False),
    "weather.atom": ([NOT_CAP], [NOT_CAP], False),
    "weather_index.atom": ([NOT_CAP], [NOT_CAP], False),
    "xee.cap": ([NOT_CAP], [NOT_CAP], False),
}


def reasons(content: bytes, now: datetime | None = None, training: bool = False) -> list[str]:
    """Why a message is refused; [] when it proposes an alert."""
    try:
        read_cap(uuid7(), content, now or clock.now(), training)
    except Invalid as refused:
        return [e.codigo for e in refused.errores]
    except AppError as refused:
        return [refused.codigo]
    return []


def proposed(**parts):
    return read_cap(uuid7(), cap_xml(**parts), clock.now(), training=False)


def test_every_sample_of_the_shared_data_is_known_here(app):
    assert {p.name for p in data("estandares", "cap").iterdir()} == set(SAMPLES)


def test_each_real_message_is_read_or_refused_with_its_reasons(app):
    for name in sorted(SAMPLES):
        content = data("estandares", "cap", name).read_bytes()
        in_time, today, valid = SAMPLES[name]
        assert reasons(content) == today
        if today != [NOT_CAP]:
            sent = cap_message.parse_message(content).enviado
            assert reasons(content, sent + timedelta(minutes=1)) == in_time
            assert SCHEMA.validate(etree.fromstring(content)) == valid


def test_what_a_real_message_says_is_read_whole(app):
    message = cap_message.parse_message(data("estandares", "cap", "canada.cap").read_bytes())
    assert (message.tipo, message.estado, message.alcance) == ("Update", "Actual", "Public")
    assert [r.identificador for r in message.referencias] == [
        "2.49.0.1.124.a3f342a4.2012",
        "2.49.0.1.124.60f31a3a.2012",
    ]
    english = message.infos[0]
    assert (english.idioma, english.respuestas, english.urgencia) == ("en-CA", ("AllClear",), "Past")
    assert english.areas[0].descripcion == "Windsor - Leamington - Essex County"
    assert english.areas[0].poligonos[0][0] == (42.3481, -82.9314)
    assert ("profile:CAP-CP:Location:0.3", "3537001") in english.areas[0].geocodigos
    circle = (
        cap_message.parse_message(data("estandares", "cap", "australia.cap").read_bytes()).infos[0].areas[0]
    )
    assert circle.circulos == (cap_message.Circulo(-35.3888, 147.0598, 25.0),)


# --- what a message of ours proposes ---------------------------------------------------------------


def test_a_message_becomes_the_alert_a_person_would_declare(app):
    found = proposed(signed=True, sent=datetime(2026, 11, 20, 12, tzinfo=UTC), expires=None)
    assert (found.nivel, list(found.lugares)) == ("departamental", ["14"])
    assert (found.color, found.amenaza, found.ambito) == ("anaranjada", "inundacion", "poblacional")
    assert found.autoridad == "INSIVUMEH de práctica" and found.firmado
    assert (found.desde, found.hasta) == (datetime(2026, 11, 20, 12, tzinfo=UTC), None)


def test_the_places_are_known_by_p_code_by_ine_by_iso_or_by_shape(app):
    for areas, nivel, lugares in [
        (geocode("GT1413"), "municipal", ["1413"]),
        (geocode("GT0207"), "municipal", ["0206"]),  # OCHA's number of Sansare; INE's is 0206
        (geocode("0207", "INE"), "municipal", ["0207"]),
        (geocode("GT-14", "ISO 3166-2"), "departamental", ["14"]),
        (geocode("GT-QC", "ISO 3166-2"), "departamental", ["14"]),
        (geocode("14", "Departamento") + geocode("GT13"), "departamental", ["13", "14"]),
        (geocode("GT", "ISO 3166-1"), "nacional", []),
        (geocode("GT02") + geocode("GT1413"), "municipal",
         ["0201", "0202", "0203", "0204", "0205", "0206", "0207", "0208", "1413"]),
        ("".join(geocode(f"180{n}", "INE") for n in range(1, 6)), "departamental", ["18"]),
        # Nebaj lies at 15.406 N, 91.146 W; a radius of 0 is a point
        ("<area><areaDesc>Nebaj</areaDesc><circle>15.406,-91.146 0</circle></area>", "municipal", ["1413"]),
        # a code counts before the shape of its own area
        (geocode("GT14").replace("<geocode>", "<circle>14.0,-90.4 5</circle><geocode>"), "departamental", ["14"]),
    ]:  # fmt: skip
        found = proposed(areas=areas)
        assert (found.nivel, list(found.lugares)) == (nivel, lugares), areas


def test_shapes_take_what_lies_under_them_and_not_what_they_graze(app):
    ring = "17.9,-92.3 17.9,-88.2 13.7,-88.2 13.7,-92.3 17.9,-92.3"
    whole = proposed(areas=f"<area><areaDesc>Todo</areaDesc><polygon>{ring}</polygon></area>")
    assert (whole.nivel, list(whole.lugares)) == ("nacional", [])
    near = proposed(areas="<area><areaDesc>Nebaj</areaDesc><circle>15.406,-91.146 12</circle></area>")
    assert "1413" in near.lugares and len(near.lugares) < 10
    assert all(c.startswith(("14", "13")) for c in near.lugares)


def test_a_code_that_is_not_plainly_ours_is_of_nowhere(app):
    for value in ["1413", "GT9913", "GT141", "006109", "GTX", "MX-CHP", "", "GT-99"]:
        assert reasons(cap_xml(areas=geocode(value, "SAME"))) == [NOWHERE]


def test_the_colour_is_the_one_it_says_else_that_of_its_severity(app):
    for parts, color in [
        ({"severity": "Extreme"}, "roja"),
        ({"severity": "Minor"}, "verde"),
        ({"severity": "Unknown"}, None),
        ({"before_areas": "<parameter><valueName>Color</valueName><value>Alerta Amarilla</value></parameter>"},
         "amarilla"),
        ({"before_areas": "<parameter><valueName>awareness_level</valueName><value>4; red</value></parameter>"},
         "roja"),
    ]:  # fmt: skip
        assert proposed(**parts).color == color


def test_the_threat_comes_from_the_words_else_from_the_category(app):
    for event, category, amenaza in [
        ("Erupción del volcán de Fuego, lahares", "Geo", "volcan"),
        ("Hurricane warning", "Met", "huracan"),
        ("Tormenta tropical Sara", "Met", "huracan"),
        ("Sismo de 6.1", "Geo", "sismo"),
        ("Helada", "Met", "frio"),
        ("Aviso", "Fire", "incendio"),
        ("Aviso", "Security", "otro"),
    ]:
        assert proposed(event=event, headline="", category=category).amenaza == amenaza


def test_of_several_languages_the_spanish_block_is_the_one_that_counts(app):
    english = (
        "<info><language>en-US</language><category>Met</category><event>Flood</event><urgency>Future</urgency>"
        f"<severity>Extreme</severity><certainty>Likely</certainty>{geocode('GT05')}</info>"
    )
    found = proposed(extra="", more=english)
    assert (found.color, list(found.lugares)) == ("anaranjada", ["14"])


# --- refused, and why ------------------------------------------------------------------------------


def test_a_message_that_will_not_do_is_refused_with_its_reason(app):
    for content, codigo in [
        (cap_xml(status="Draft"), "cap_no_es_alerta"),
        (cap_xml(status="System"), "cap_no_es_alerta"),
        (cap_xml(status="Test"), "cap_de_prueba"),
        (cap_xml(status="Exercise"), "cap_de_prueba"),
        (cap_xml(status="actual"), "valor_desconocido"),
        (cap_xml(msg_type="Ack", references="a,b,2026-01-01T00:00:00-06:00"), "cap_no_es_alerta"),
        (cap_xml(msg_type="Update"), "falta_elemento"),
        (cap_xml(msg_type="Update", references="a b"), "referencia_invalida"),
        (cap_xml(scope="Restricted"), "falta_elemento"),
        (cap_xml(scope="Private"), "falta_elemento"),
        (cap_xml(info=False), "cap_sin_contenido"),
        (cap_xml(expires=timedelta(minutes=5)), OVER),
        (cap_xml(severity="Grave"), "valor_desconocido"),
        (cap_xml(event=""), "elemento_vacio"),
        (cap_xml(identifier="x" * 201), "texto_largo"),
        (cap_xml(extra="<note>a</note><source>b</source>"), "elemento_fuera_de_orden"),
        (cap_xml(extra="<note>a</note><note>b</note>"), "elemento_repetido"),
        (cap_xml(extra="<script>x</script>"), "elemento_desconocido"),
        (cap_xml(areas="<area><areaDesc>A</areaDesc><polygon>14,-90 15,-90 14,-90</polygon></area>"),
         "poligono_invalido"),
        (cap_xml(areas="<area><areaDesc>A</areaDesc><polygon>14,-90 15,-90 15,-91 14,-91</polygon></area>"),
         "poligono_invalido"),
        (cap_xml(areas="<area><areaDesc>A</areaDesc><circle>95,-90 5</circle></area>"), "circulo_invalido"),
        (cap_xml(areas="<area><areaDesc>A</areaDesc><circle>15,-90 nan</circle></area>"), "circulo_invalido"),
        (cap_xml(areas="<area><areaDesc>Todo el departamento</areaDesc></area>"), NOWHERE),
        (cap_xml(sent=datetime(2099, 1, 1, tzinfo=UTC)), "cap_del_futuro"),
        (cap_xml().replace(NS.encode(), b"urn:oasis:names:tc:emergency:cap:1.0"), NOT_CAP),
        (cap_xml().replace(b"<sent>20", b"<sent>"), "hora_invalida"),
        (b"", NOT_CAP),
        (b"%PDF-1.7", NOT_CAP),
    ]:  # fmt: skip
        assert codigo in reasons(content), codigo


def test_exercises_and_tests_are_for_the_training_instance_and_marked(app):
    for status, calidad in (("Exercise", "ejercicio"), ("Test", "prueba")):
        found = read_cap(uuid7(), cap_xml(status=status), clock.now(), training=True)
        assert found.calidad == calidad


# --- hostile files ---------------------------------------------------------------------------------

BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = [
    '<!DOCTYPE alert [<!ENTITY l0 "ja">' + BOMB + "]>",
    '<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE alert [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>',
    '<!DOCTYPE alert SYSTEM "http://127.0.0.1:9/x.dtd">',
    '<!DOCTYPE alert PUBLIC "-//A" "http://127.0.0.1:9/x.dtd">',
    "<!DOCTYPE alert>",
]


def test_no_dtd_and_no_entity_is_taken_in_any_encoding(app):
    for doctype in DOCTYPES:
        text = cap_xml(headline="&x; &l9;").decode().replace("?>", f"?>{doctype}", 1)
        for content in (text.encode(), text.replace("UTF-8", "UTF-16").encode("utf-16")):
            with pytest.raises(ArchivoIlegible):
                read_cap(uuid7(), content, clock.now(), training=False)


def test_what_would_hurt_is_refused_with_a_sentence(app):
    for content in [
        b"<a>" * 100_000 + b"</a>" * 100_000,
        cap_xml(extra="<note>" + "<b>" * 50_000 + "</b>" * 50_000 + "</note>"),
        cap_xml(headline="x" * cap_message.MAX_BYTES),
        cap_xml(areas="<area><areaDesc>A</areaDesc><polygon>" + "14,-90 " * 60_000 + "</polygon></area>"),
        cap_xml(areas="<area><areaDesc>A</areaDesc>" + "<circle>14,-90 1</circle>" * 20_000 + "</area>"),
        cap_xml(references="a,b,9999-12-31T23:59:59-14:00"),
        cap_xml().replace(b"UTF-8", b"utf-7"),
        cap_xml().replace(b"UTF-8", b"no-hay"),
        cap_xml().replace(b"UTF-8", b"rot13"),
        cap_xml()[:-20],
        b"\xff\xfe" + cap_xml(),
        b'<x xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd" parse="text"/></x>',
    ]:
        assert reasons(content)


def test_a_crossing_ring_is_mended_and_not_a_fault_of_the_server(app):
    bow = "15.2,-91.4 15.6,-91.0 15.6,-91.4 15.2,-91.0 15.2,-91.4"
    assert proposed(areas=f"<area><areaDesc>A</areaDesc><polygon>{bow}</polygon></area>").lugares
    line = "15.2,-91.4 15.6,-91.4 15.4,-91.4 15.2,-91.4"
    assert reasons(cap_xml(areas=f"<area><areaDesc>A</areaDesc><polygon>{line}</polygon></area>")) == [
        NOWHERE
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_spoilt_message_is_read_or_refused_and_never_breaks(app, data):
    content = bytearray(
        cap_xml(areas="<area><areaDesc>A</areaDesc><circle>15.4,-91.1 5</circle></area>", signed=True)
    )
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 12))] = data.draw(st.binary(max_size=8))
    reasons(bytes(content))


# --- ours, given out -------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    color=st.sampled_from(["verde", "amarilla", "anaranjada", "roja"]),
    ambito=st.sampled_from(["poblacional", "institucional"]),
    amenaza=st.sampled_from(["inundacion", "deslizamiento", "huracan", "volcan", "quimica", "otro"]),
    where=st.sampled_from(
        [("nacional", []), ("departamental", ["13", "14"]), ("municipal", ["0206", "1413"])]
    ),
    autoridad=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).filter(str.strip),
    ends=st.booleans(),
)
def test_what_goes_out_is_valid_and_comes_back_as_it_was(app, color, ambito, amenaza, where, autoridad, ends):
    app.config["CAP_REMITENTE"] = "coe@institucion.example"
    now = clock.now().replace(microsecond=0)
    row = alerta(
        color, where[1], where[0], ambito=ambito, amenaza=amenaza, autoridad=autoridad,
        desde=now, hasta=now + timedelta(hours=6) if ends else None,
    )  # fmt: skip
    content = alerta_to_cap(row, now)
    assert content == alerta_to_cap(row, now)
    SCHEMA.assertValid(etree.fromstring(content))
    back = read_cap(uuid7(), content, now, training=True)
    assert (back.color, back.ambito, back.amenaza) == (color, ambito, amenaza)
    assert (back.nivel, list(back.lugares)) == where
    assert (back.desde, back.hasta) == (row.desde, row.hasta)
    assert back.calidad == "ejercicio"  # this instance is of Capacitación
    db.session.rollback()


def test_an_alert_that_was_lifted_goes_out_as_its_cancel(app):
    app.config["CAP_REMITENTE"] = "coe@institucion.example"
    now = clock.now()
    row = alerta("roja", hasta=now - timedelta(minutes=1))
    first = cap_message.parse_message(alerta_to_cap(row, row.desde))
    last = alerta_to_cap(row, now)
    SCHEMA.assertValid(etree.fromstring(last))
    message = cap_message.parse_message(last)
    assert message.tipo == "Cancel"
    assert [(r.remitente, r.identificador, r.enviado) for r in message.referencias] == [
        (first.remitente, first.identificador, first.enviado)
    ]
