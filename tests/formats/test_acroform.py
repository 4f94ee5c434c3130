"""The fillable PDF: every field over its box, what is typed comes back, and no hostile file gets in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    TextStringObject,
)

from albergues_app.formats import catalogo
from albergues_app.formats.engine import Formato, MultiChoice, answers_to_json, shown, validate
from albergues_app.formats.outputs.acroform import render_fillable, sheets_needed, sheets_offered
from albergues_app.formats.outputs.acroform_in import MAX_BYTES, open_pdf, read_pdf, read_pdfs
from albergues_app.formats.outputs.flat_in import read_any
from albergues_app.formats.outputs.paper_controls import OTHER_BOX
from albergues_app.formats.outputs.pdf import Encabezado, PdfJob, render_pdf
from albergues_app.formats.outputs.xlsx_in import UnreadableWorkbook
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.format_files import filled_from, open_file

BOLETA = catalogo.get("boleta_ingreso")
DOORS = [(f, f.at_gate) for f in catalogo.editions()]
DOORS += [(f, False) for f in catalogo.editions() if f.at_gate and not all(c.gate for _, c in f.walk())]
DOOR_IDS = [f"{f.slug}-{'puerta' if gate else 'reservado'}" for f, gate in DOORS]
HIDDEN = {"_formato", "_edicion", "_hoja", "_puerta"}


_KEPT: dict[tuple[str, bool], bytes] = {}


def fillable(formato: Formato, catalogos: Any = None, gate: bool | None = None, **options: Any) -> bytes:
    """The document; the blank without catalogues is drawn once for all tests."""
    job = PdfJob(formato=formato, gate=formato.at_gate if gate is None else gate)
    if catalogos is not None or options or formato not in catalogo.editions():
        return render_fillable(job, catalogos, **options)
    key = (formato.slug, job.gate)
    if key not in _KEPT:
        _KEPT[key] = render_fillable(job)
    return _KEPT[key]


def widgets(content: bytes) -> list[tuple[int, str, Any, Any]]:
    """Page, name, rectangle and field of every box."""
    found = []
    for number, page in enumerate(PdfReader(BytesIO(content)).pages, start=1):
        for one in page.get("/Annots", ()):
            widget = one.get_object()
            field = widget if "/T" in widget else widget["/Parent"]
            found.append((number, str(field["/T"]), [float(x) for x in widget["/Rect"]], field))
    return found


def typed(content: bytes, **values: str) -> bytes:
    """The document with these fields filled in by somebody else's program."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(content)))
    by_name = {str(f.get_object()["/T"]): f.get_object() for f in writer.root_object["/AcroForm"]["/Fields"]}
    for name, value in values.items():
        field = by_name[name.replace("__", "-")]
        state = field["/FT"] == "/Btn"
        field[NameObject("/V")] = NameObject(f"/{value}") if state else TextStringObject(value)
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def flat_names(formato: Formato, gate: bool) -> set[str]:
    """Every flat name of the paper with its rows, as the screen names them."""

    def of(campos: Any) -> set[str]:
        return {
            campo.key(part.suffix)
            for campo in shown(campos, gate)
            if campo.type.paper().kind != "none"
            for part in campo.parts(gate)
        }  # fmt: skip

    names = of(formato.campos)
    for r in formato.repetibles:
        names |= {f"{r.name}-{n}-{name}" for n in range(r.paper_rows) for name in of(r.campos)}
    return names


def held_by_another(formato: Formato, name: str, drawn: set[str]) -> bool:
    """Whether a narrow cell has one box for several names: «Otro: cuál», or the numbers of the options."""
    prefix, _, own = name.rpartition("-")
    start = f"{prefix}-" if prefix else ""
    section = name.split("-")[0] if prefix else ""
    for s, campo in formato.walk():
        if s == section and own in campo.known_keys and start + campo.name in drawn:
            return own == campo.key("otro") or isinstance(campo.type, MultiChoice)
    return False


@pytest.mark.parametrize(("formato", "gate"), DOORS, ids=DOOR_IDS)
def test_every_field_stands_over_a_box_of_its_own(formato, gate):
    content = fillable(formato, gate=gate)
    reader = PdfReader(BytesIO(content))
    boxes = [w for w in widgets(content) if w[1] not in HIDDEN]
    drawn = {name for _, name, _, _ in boxes}
    wanted = flat_names(formato, gate)
    missing = {name for name in wanted - drawn if not held_by_another(formato, name, drawn)}
    assert not missing
    extra = {n for n in drawn - wanted if not n.endswith(f"_{OTHER_BOX}")} - {"_folio"}
    assert all(held_by_another(formato, f"{n}_otro", drawn) for n in extra), extra
    for number, name, (left, low, right, high), field in boxes:
        page = reader.pages[number - 1].mediabox
        assert 0 <= left < right <= float(page.width) and 0 <= low < high <= float(page.height), name
        assert right - left >= 6 and high - low >= 6, (name, right - left, high - low)
        assert str(field["/TU"]).strip(), name
    for number in range(1, len(reader.pages) + 1):
        on_page = [(name, box) for page, name, box, _ in boxes if page == number]
        for at, (name, a) in enumerate(on_page):
            for other, b in on_page[at + 1 :]:
                apart = a[2] <= b[0] + 0.1 or b[2] <= a[0] + 0.1 or a[3] <= b[1] + 0.1 or b[3] <= a[1] + 0.1
                assert apart, (name, other)


@pytest.mark.parametrize(
    ("formato", "papel"),
    [(f, "carta") for f in catalogo.editions()] + [(f, "oficio") for f in catalogo.editions()[::6]],
    ids=lambda x: getattr(x, "slug", x),
)
def test_it_takes_the_pages_of_the_blank(formato, papel):
    job = PdfJob(formato=formato, gate=formato.at_gate, papel=papel)
    made = fillable(formato) if papel == "carta" else render_fillable(job)
    blank, form = (PdfReader(BytesIO(content)) for content in (render_pdf(job), made))
    assert len(form.pages) == len(blank.pages)
    assert form.root_object["/Lang"].startswith("es")
    assert all(page["/Tabs"] == "/S" for page in form.pages)


def test_what_the_gate_must_not_see_is_not_in_its_paper():
    for formato in catalogo.editions():
        if not formato.at_gate:
            continue
        hidden = {
            name
            for section, campo in formato.walk()
            for name in {campo.key(p.suffix) for p in campo.type.parts()} - {campo.key(p.suffix) for p in campo.parts(True)}
            | (set() if campo.gate else campo.known_keys)
        }  # fmt: skip
        content = fillable(formato)
        assert not hidden & {name.rpartition("-")[2] for _, name, _, _ in widgets(content)}, formato.slug
    reserved = {name for _, name, _, _ in widgets(fillable(catalogo.get("ficha_persona"), gate=False))}
    assert "embarazo" in reserved


def test_one_tabs_in_the_order_of_reading():
    names = [n for page, n, _, _ in widgets(fillable(BOLETA)) if page == 1]
    wanted = ["folio", "evento", "ocurrido_en", "motivo", "motivo_otro", "telefono", "personas-0-nombres",
              "personas-0-sexo"]  # fmt: skip
    at = [names.index(name) for name in wanted]
    assert at == sorted(at)


def test_lists_required_marks_and_hints_are_those_of_the_format(catalogos):
    fields = {name: field for _, name, _, field in widgets(fillable(BOLETA, catalogos))}
    place = fields["municipio_procedencia"]
    assert place["/FT"] == "/Ch" and "Nebaj, Quiché" in place["/Opt"]
    assert [str(x) for x in fields["personas-3-parentesco"]["/Opt"]][:3] == ["", "Jefe/a", "Cónyuge"]
    when = fields["ocurrido_en"]
    assert "20/11/2026 18:05" in when["/TU"] and when["/Ff"] & 2
    assert not int(fields["telefono"].get("/Ff", 0)) & 2
    assert fields["personas-0-sexo"]["/Ff"] & 2 and not fields["personas-5-sexo"]["/Ff"] & 2
    assert fields["comunidad_procedencia"]["/MaxLen"] == 120


def test_what_people_type_is_read_as_in_any_other_door(catalogos, ahora):
    content = typed(
        fillable(BOLETA, catalogos),
        ocurrido_en="20/11/2026 18:05", municipio_procedencia="nebaj", motivo="otro",
        motivo_otro="Se cayó el puente", zona_riesgo="desconocido", medios_vida_perdidos_cultivo="si",
        medios_vida_perdidos_otro_casilla="si", medios_vida_perdidos_otro="la tienda",
        animales_perro="2", telefono="5500 0134",
        personas__0__nombres="Kꞌotzij", personas__0__sexo="mujer", personas__0__edad="38",
        personas__0__edad_estimada="Sí", personas__0__habilidades="1, 3; Otro: teje, borda",
        personas__0__nacionalidad="Otro: Belice", personas__0__documento_tipo="DPI",
        personas__0__documento_numero="1587 56444 0904",
        personas__2__nombres="Ana", personas__2__sexo="Mujer", personas__2__fecha_nacimiento="5/3/1985",
    )  # fmt: skip
    filled = read_pdf(BOLETA, content)
    result = validate(BOLETA, filled.records[0].raw, catalogos, now=ahora)
    assert [(e.campo, e.codigo) for e in result.errors] == []
    said = answers_to_json(result.answers)
    assert (said["municipio_procedencia"], said["motivo_otro"]) == ("1413", "Se cayó el puente")
    assert said["zona_riesgo"] == "desconocido"
    assert (said["medios_vida_perdidos"], said["medios_vida_perdidos_otro"]) == (
        ["cultivo", "otro"],
        "la tienda",
    )
    assert said["animales"] == {"perro": 2}
    first, third = said["personas"]
    assert (first["nombres"], first["edad_estimada"]) == ("Kꞌotzij", True)
    assert first["habilidades_otro"] == "teje, borda" and len(first["habilidades"]) == 3
    assert (first["nacionalidad"], first["nacionalidad_otro"]) == ("otro", "Belice")
    assert (first["documento_tipo"], third["fecha_nacimiento"]) == ("dpi", "1985-03-05")
    assert result.row_numbers["personas"] == (0, 2)


def test_an_error_says_the_page_the_row_and_the_field(catalogos, ahora):
    content = typed(fillable(BOLETA), ocurrido_en="20/11/2026 18:05", personas__2__nombres="Ana",
                    personas__2__edad="doce")  # fmt: skip
    record = read_pdf(BOLETA, content).records[0]
    wrong = {
        e.campo: str(record.locate(e.campo))
        for e in validate(BOLETA, record.raw, catalogos, now=ahora).errors
    }
    assert wrong["personas[2].edad"] == "página 2, fila 3, «Edad»"
    assert wrong["personas[2].sexo"].startswith("página 2, fila 3")


def test_the_known_head_and_answers_stand_in_the_fields_and_are_drawn(catalogos, ahora):
    name = "Kꞌotzij (Ñuño)"
    raw = {"ocurrido_en": "20/11/2026 18:05", "personas": [{"nombres": name, "sexo": "mujer"}],
           "necesidades": ["agua"]}  # fmt: skip
    answers = validate(BOLETA, raw, catalogos, now=ahora).answers
    place = Encabezado(albergue="Salón de Nebaj", municipio="Nebaj", folio="14-000123")
    content = render_fillable(PdfJob(formato=BOLETA, encabezado=place), catalogos, raw=answers)
    reader = PdfReader(BytesIO(content))
    boxes = {}
    for page in reader.pages:
        for one in page["/Annots"]:
            widget = one.get_object()
            boxes.setdefault(str(widget.get("/T") or widget["/Parent"]["/T"]), []).append(widget)
    person = boxes["personas-0-nombres"][0]
    assert person["/V"] == name
    assert "K’otzij".encode("cp1252") in person["/AP"]["/N"].get_data()
    assert boxes["necesidades_agua"][0]["/AS"] == "/si" and boxes["necesidades_comida"][0]["/AS"] == "/Off"
    cross = boxes["necesidades_agua"][0]["/AP"]["/N"]["/si"].get_data()
    assert b" l S" in cross and b"Tj" not in cross
    women = [w for w in boxes["personas-0-sexo"] if w["/AS"] != "/Off"]
    assert [str(w["/AS"]) for w in women] == ["/mujer"]
    assert len(boxes["folio"]) == 1 + len(reader.pages)
    again = read_pdf(BOLETA, content).records[0].raw
    assert (again["albergue"], again["folio"], again["personas"][0]["nombres"]) == (
        "Salón de Nebaj",
        "14-000123",
        name,
    )


def boleta_of(number: int) -> dict[str, Any]:
    people = [{"nombres": f"Persona {chr(65 + n)}", "sexo": "mujer"} for n in range(number)]
    return {"ocurrido_en": "20/11/2026 18:05", "personas": people}


def names_of(record: Any, catalogos: Any, ahora: Any) -> list[str]:
    result = validate(BOLETA, record.raw, catalogos, now=ahora)
    assert result.ok, result.errors
    return [p["nombres"] for p in result.answers["personas"]]


def test_more_rows_than_the_paper_go_on_continuation_sheets(catalogos, ahora):
    raw = boleta_of(19)
    assert (
        sheets_needed(BOLETA, raw),
        sheets_offered(BOLETA),
        sheets_offered(catalogo.get("ficha_persona")),
    ) == (3, 10, 1)
    record = read_pdf(BOLETA, fillable(BOLETA, catalogos, raw=raw)).records[0]
    assert names_of(record, catalogos, ahora) == [p["nombres"] for p in raw["personas"]]
    last = {n for _, n, _, _ in widgets(fillable(BOLETA, sheets=(8,))) if n.startswith("personas-")}
    assert {int(n.split("-")[1]) for n in last} == {56, 57, 58, 59}, "a boleta holds 60 persons"
    with pytest.raises(ValueError, match="no sheet 11"):
        fillable(BOLETA, sheets=(11,))


def test_continuations_join_by_folio_or_else_by_order(catalogos, ahora):
    first, second = (
        fillable(BOLETA, catalogos, raw=boleta_of(n) | {"folio": folio}, sheets=(1,))
        for n, folio in ((2, "A-1"), (1, "B-2"))
    )
    after = fillable(BOLETA, catalogos, sheets=(2,))

    def sheet(name: str, folio: str) -> bytes:
        return typed(
            after,
            personas__8__nombres=name,
            personas__8__sexo="hombre",
            **({"folio": folio} if folio else {}),
        )

    records = read_pdfs(
        BOLETA, [first, second, sheet("Luis", "a-1"), sheet("Juan", "A-1"), sheet("Pedro", "")]
    ).records
    assert [names_of(r, catalogos, ahora) for r in records] == [
        ["Persona A", "Persona B", "Luis", "Juan"], ["Persona A", "Pedro"],
    ]  # fmt: skip
    path = "personas[9].nombres"
    assert records[0].raw["personas"][9]["nombres"] == "Juan"
    assert records[0].places[path].row == 9, "the paper's own number: the second sheet 2 begins at 9 too"
    for alone, says in (
        ([sheet("Luis", "A-1")], "continuación .hoja 2.[.] Envíela"),
        ([first, sheet("Luis", "Z-9")], "folio «Z-9», y las primeras hojas de este envío llevan «A-1»"),
    ):
        with pytest.raises(UnreadableWorkbook, match=says):
            read_pdfs(BOLETA, alone)


def test_another_format_or_edition_is_refused_by_name():
    content = fillable(BOLETA)
    with pytest.raises(UnreadableWorkbook, match="«boleta_ingreso», no de «Ficha"):
        read_pdf(catalogo.get("ficha_persona"), content)
    newer = fillable(replace(BOLETA, version=9))
    with pytest.raises(UnreadableWorkbook, match=r"edición 9.*solo se conoce hasta la 1"):
        read_pdf(BOLETA, newer)
    with pytest.raises(UnreadableWorkbook, match=r"edición 1 .*se lee la 9.*Pase los datos a la pantalla"):
        read_pdf(replace(BOLETA, version=9), content)
    assert open_pdf(content).edition == 1


def test_what_nobody_filled_in_has_no_record():
    assert read_pdf(BOLETA, fillable(BOLETA)).records == []


def test_a_field_that_is_not_of_the_format_is_said():
    writer = PdfWriter(clone_from=PdfReader(BytesIO(typed(fillable(BOLETA), evento="Sara"))))
    stranger = DictionaryObject({NameObject("/T"): TextStringObject("clave"), NameObject("/FT"): NameObject("/Tx"),
                                 NameObject("/V"): TextStringObject("x")})  # fmt: skip
    writer.root_object["/AcroForm"]["/Fields"].append(writer._add_object(stranger))
    filled = read_pdf(BOLETA, written(writer))
    assert "«clave»" in filled.notices[0][0].mensaje and "clave" not in filled.records[0].raw


def armed(change: Callable[[PdfWriter], None]) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(typed(fillable(BOLETA), evento="Sara"))))
    change(writer)
    return written(writer)


def _action(kind: str) -> DictionaryObject:
    return DictionaryObject({NameObject("/S"): NameObject(kind), NameObject("/F"): TextStringObject("x")})


def _set(path: str, value: Any) -> Callable[[PdfWriter], None]:
    def change(writer: PdfWriter) -> None:
        node: Any = writer.root_object
        *steps, last = path.split()
        for step in steps:
            node = node[int(step) if step.isdigit() else step].get_object()
        node[NameObject(last)] = value

    return change


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "javascript": (lambda: armed(_set("/OpenAction", _action("/JavaScript"))), "programas"),
    "al_abrir": (lambda: armed(_set("/OpenAction", _action("/Launch"))), "programas"),
    "en_un_campo": (
        lambda: armed(_set("/AcroForm /Fields 3 /AA", DictionaryObject({NameObject("/K"): _action("/JavaScript")}))),
        "programas",
    ),
    "envia_a_otro": (lambda: armed(_set("/AcroForm /Fields 3 /A", _action("/SubmitForm"))), "programas"),
    "al_cargar": (lambda: armed(_set("/Names", DictionaryObject({NameObject("/JavaScript"): ArrayObject()}))), "programas"),
    "adjunto": (lambda: armed(lambda w: w.add_attachment("x.exe", b"MZ")), "programas"),
    "xfa": (lambda: armed(_set("/AcroForm /XFA", TextStringObject("<xdp/>"))), "XFA"),
    "con_clave": (lambda: armed(lambda w: w.encrypt("secreto", algorithm="RC4-128")), "contraseña"),
    "papel": (lambda: render_pdf(PdfJob(formato=BOLETA)), "no tiene campos"),
    "de_otros": (lambda: armed(_set("/AcroForm /Fields", ArrayObject())), "no tiene campos"),
    "sin_edicion": (lambda: typed(fillable(BOLETA), _edicion="uno"), "no es de estos formatos"),
    "cortado": (lambda: fillable(BOLETA)[:3000], "."),
    "vacio": (lambda: b"", "no es un PDF"),
    "texto": (lambda: b"hola", "no es un PDF"),
    "solo_cabeza": (lambda: b"%PDF-1.7\n", "no es un PDF"),
    "basura": (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 400, "no es un PDF"),
    "enorme": (lambda: b"%PDF-1.7\n" + b" " * MAX_BYTES, "demasiado grande"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence_that_helps(case):
    made, words = HOSTILE[case]
    start = time.thread_time()
    with pytest.raises(UnreadableWorkbook) as said:
        read_any(BOLETA, made(), "x.pdf")
    assert words in str(said.value) and str(said.value).endswith(".")
    assert time.thread_time() - start < 12, "seconds of work, not of waiting"


def _circle(writer: PdfWriter) -> None:
    """Fields that are their own children, and a tree a thousand deep."""
    fields = writer.root_object["/AcroForm"]["/Fields"]
    node = DictionaryObject({NameObject("/T"): TextStringObject("a")})
    reference = writer._add_object(node)
    node[NameObject("/Kids")] = ArrayObject([reference])
    fields.append(reference)
    for _ in range(1000):
        above = DictionaryObject(
            {NameObject("/T"): TextStringObject("b"), NameObject("/Kids"): ArrayObject([reference])}
        )
        reference = writer._add_object(above)
    fields.append(reference)


def _bomb(writer: PdfWriter) -> None:
    stream = DecodedStreamObject()
    stream.set_data(b"a" * 300_000_000)
    field = writer.root_object["/AcroForm"]["/Fields"][5].get_object()
    field[NameObject("/V")] = writer._add_object(stream.flate_encode(9))


def test_circles_of_fields_end_and_the_good_ones_are_read():
    assert read_pdf(BOLETA, armed(_circle)).records[0].raw["evento"] == "Sara"


def test_an_answer_of_300_megabytes_does_not_fill_the_memory_of_the_child():
    try:
        plain = open_file(BOLETA, armed(_bomb), "x.pdf", True)
    except ArchivoIlegible as said:
        assert said.mensaje.endswith(".")
    else:
        assert all(len(str(v)) <= 8000 for r in filled_from(plain["llenos"]).records for v in r.raw.values())


def test_the_child_reads_it_and_the_places_come_along(catalogos, ahora):
    content = fillable(BOLETA, catalogos, raw=boleta_of(3))
    filled = filled_from(open_file(BOLETA, content, "boleta.pdf", True)["llenos"])
    assert names_of(filled.records[0], catalogos, ahora) == ["Persona A", "Persona B", "Persona C"]
    assert str(filled.records[0].locate("personas[1].nombres")) == "página 2, fila 2, «Nombres»"


def test_a_very_long_list_of_objects_is_too_big(monkeypatch):
    import albergues_app.formats.outputs.acroform_in as reader

    monkeypatch.setattr(reader, "MAX_OBJECTS", 500)
    with pytest.raises(UnreadableWorkbook, match="demasiado grande"):
        read_pdf(BOLETA, fillable(BOLETA))


def test_fields_without_value_but_with_a_marked_box_count(catalogos):
    writer = PdfWriter(clone_from=PdfReader(BytesIO(fillable(BOLETA, catalogos))))
    for page in writer.pages:
        for one in page["/Annots"]:
            widget = one.get_object()
            if str(widget.get("/T", "")) == "necesidades_agua":
                del widget["/V"]
                widget[NameObject("/AS")] = NameObject("/si")
    assert read_pdf(BOLETA, written(writer)).records[0].raw == {"necesidades_agua": "si"}
