"""The fillable PDF of a format: the blank paper with AcroForm fields over its boxes.

typst says where each box stands; pypdf lays the fields there. Names of fields are our flat names (see
``paper_controls``); ``_formato``, ``_edicion``, ``_hoja`` and ``_puerta`` are hidden and say what the
paper is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from albergues_app.formats.engine import Catalogos, Formato
from albergues_app.formats.outputs.paper_controls import Control, FormControls, values_of
from albergues_app.formats.outputs.pdf import PdfJob, build_data, compile_marked, known_answers

if TYPE_CHECKING:
    from pypdf import PdfWriter
    from pypdf.generic import DictionaryObject, IndirectObject

CODE, EDITION, SHEET, GATE, FOLIO = "_formato", "_edicion", "_hoja", "_puerta", "_folio"
MAX_SHEETS = 20
_REQUIRED, _READ_ONLY, _MULTILINE = 1 << 1, 1 << 0, 1 << 12
_RADIO, _COMBO, _EDIT = 1 << 15, 1 << 17, 1 << 18
_PRINTED, _HIDDEN = 4, 2
_INK = "0.043 0.18 0.361"
_ONE_LINE_PT, _TWO_LINES_PT = 12.5, 21.0
_APOSTROPHES = str.maketrans({"ꞌ": "’", "ʼ": "’", "ʹ": "’"})


def sheets_needed(formato: Formato, raw: Mapping[str, Any]) -> int:
    """Return how many sheets hold the rows of the repeating sections; 1 is the form alone."""
    rows = [
        (len(given) if isinstance(given := raw.get(r.name), (list, tuple)) else 0, r.paper_rows)
        for r in formato.repetibles
    ]
    return min(MAX_SHEETS, max([1, *(-(-number // on_paper) for number, on_paper in rows)]))


def sheets_offered(formato: Formato) -> int:
    """Return the last sheet that still has rows: 1 where nothing repeats."""
    return min(MAX_SHEETS, max([1, *(-(-r.max_rows // r.paper_rows) for r in formato.repetibles)]))


def render_fillable(
    job: PdfJob,
    catalogos: Catalogos | None = None,
    *,
    raw: Mapping[str, Any] | None = None,
    sheets: Sequence[int] = (),
) -> bytes:
    """Return the fillable document of a format, with what is known or given already in its fields.

    Parameters
    ----------
    raw : mapping, optional
        Raw or validated answers. ``job.answers`` is not looked at.
    sheets : sequence of int, optional
        1 is the form, 2 and further its continuations with the rows that come next; ``(2,)`` is a
        continuation alone. Left out: as many as the answers need.

    Raises
    ------
    ValueError
        If the format has no such sheet.
    """
    from pypdf import PdfReader, PdfWriter

    known, formato = catalogos or Catalogos(), job.formato
    given = known_answers(job) | dict(raw or {})
    wanted = tuple(sheets) or tuple(range(1, sheets_needed(formato, given) + 1))
    if not all(1 <= sheet <= sheets_offered(formato) for sheet in wanted):
        raise ValueError(f"{formato.slug} has no sheet {max(wanted)}")
    form = FormControls(formato, known, job.gate)
    data = build_data(job, known, form, wanted)
    folio = "folio" if any(campo.name == "folio" for campo in formato.campos) else FOLIO
    content, marks = compile_marked(data | {"folio_nombre": folio})
    form.controls.setdefault(folio, Control(folio, "text", "Folio", max_length=30))
    values = values_of(formato, given, form.controls)
    if job.encabezado.folio:
        values[folio] = job.encabezado.folio
    writer = PdfWriter(clone_from=PdfReader(BytesIO(content)))
    fields = _Fields(writer)
    for name, group in _by_name(marks).items():
        fields.add(form.controls[name], group, values.get(name, ""))
    fields.finish(
        {
            CODE: formato.code,
            EDITION: str(formato.version),
            SHEET: str(wanted[0]),
            GATE: "si" if job.gate else "no",
        }
    )
    writer.add_metadata({"/Subject": f"{formato.code} edición {formato.version}"})
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def _in_helvetica(text: str) -> str:
    """Return text as the letters of the form can draw it; the field keeps the text itself."""
    return text.translate(_APOSTROPHES).encode("cp1252", "replace").decode("cp1252")


def _is_tall(control: Control, height: float) -> bool:
    """Tell whether a field takes several lines: long text, where the paper has room for more than one."""
    return control.multiline and height >= _TWO_LINES_PT


def _by_name(marks: Iterable[Mapping[str, Any]]) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """Group the boxes by field, in reading order: a group of boxes has one for each state."""
    groups: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for mark in marks:
        name, _, state = mark["nombre"].partition("=")
        groups.setdefault(name, []).append((state, mark))
    return groups


class _Fields:
    """The AcroForm of one document being written."""

    def __init__(self, writer: PdfWriter) -> None:
        from pypdf.generic import ArrayObject, DictionaryObject, NameObject

        self.writer = writer
        self.fields = ArrayObject()
        self.on_page: list[list[IndirectObject]] = [[] for _ in writer.pages]
        self.shared: dict[Any, IndirectObject] = {}
        self.fonts = DictionaryObject()
        for short, name in (("/Helv", "/Helvetica"), ("/ZaDb", "/ZapfDingbats")):
            font = DictionaryObject({NameObject("/Type"): NameObject("/Font")})
            font[NameObject("/Subtype")] = NameObject("/Type1")
            font[NameObject("/BaseFont")] = NameObject(name)
            if short == "/Helv":
                font[NameObject("/Encoding")] = NameObject("/WinAnsiEncoding")
            self.fonts[NameObject(short)] = writer._add_object(font)
        self.filled: list[dict[str, str]] = [{} for _ in writer.pages]
        self.named: dict[str, DictionaryObject] = {}

    def add(self, control: Control, boxes: Sequence[tuple[str, Mapping[str, Any]]], value: str) -> None:
        """Add one field with a widget on each of its boxes."""
        from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

        field = self.named[control.name] = DictionaryObject()
        field[NameObject("/T")] = TextStringObject(control.name)
        field[NameObject("/TU")] = TextStringObject(control.tip)
        flags = _REQUIRED if control.required else 0
        if control.kind in ("radio", "check"):
            field[NameObject("/FT")] = NameObject("/Btn")
            flags |= _RADIO if control.kind == "radio" else 0
        elif control.kind == "combo":
            field[NameObject("/FT")] = NameObject("/Ch")
            flags |= _COMBO | (_EDIT if control.editable else 0)
            field[NameObject("/Opt")] = self._lines(control.choices)
        else:
            field[NameObject("/FT")] = NameObject("/Tx")
            flags |= _MULTILINE if _is_tall(control, boxes[0][1]["alto"]) else 0
            if control.max_length:
                field[NameObject("/MaxLen")] = NumberObject(control.max_length)
        if flags:
            field[NameObject("/Ff")] = NumberObject(flags)
        if control.kind in ("text", "combo"):
            field[NameObject("/DA")] = self._look()
        widgets = [self._widget(control, state, box, value) for state, box in boxes]
        self._set_value(field, control, value)
        if len(widgets) == 1 and control.kind != "radio":
            field.update(widgets[0])
            self._place(field, boxes[0][1])
            return
        parent = self.writer._add_object(field)
        self.fields.append(parent)
        kids = ArrayObject()
        for widget, (_, box) in zip(widgets, boxes, strict=True):
            widget[NameObject("/Parent")] = parent
            kids.append(self._place(widget, box, root=False))
        field[NameObject("/Kids")] = kids

    def _set_value(self, field: DictionaryObject, control: Control, value: str) -> None:
        from pypdf.generic import NameObject, TextStringObject

        if control.kind in ("radio", "check"):
            known = value in control.choices
            if value or control.kind == "check":
                off = NameObject("/Off") if not value else TextStringObject(value)
                field[NameObject("/V")] = NameObject(f"/{value}") if known else off
        elif value:
            field[NameObject("/V")] = TextStringObject(value)

    def _widget(self, control: Control, state: str, box: Mapping[str, Any], value: str) -> DictionaryObject:
        from pypdf.generic import (
            DictionaryObject,
            NameObject,
            NumberObject,
            RectangleObject,
            TextStringObject,
        )

        page = self.writer.pages[box["pagina"] - 1]
        top = float(page.mediabox.height) - box["y"]
        height = box["alto"] if _is_tall(control, box["alto"]) else min(box["alto"], _ONE_LINE_PT)
        corners = (box["x"], top - height, box["x"] + box["ancho"], top)
        widget = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Annot"),
                NameObject("/Subtype"): NameObject("/Widget"),
                NameObject("/F"): NumberObject(_PRINTED),
                NameObject("/Rect"): RectangleObject([round(c, 2) for c in corners]),
                NameObject("/P"): page.indirect_reference,
            }
        )
        if control.kind in ("radio", "check"):
            state = state or control.choices[0]
            widget[NameObject("/AS")] = NameObject(f"/{state}" if value == state else "/Off")
            widget[NameObject("/AP")] = self._cross(state, box["ancho"], box["alto"])
            # A program that draws the mark anew draws a cross too: "8" of its font of signs.
            widget[NameObject("/MK")] = DictionaryObject({NameObject("/CA"): TextStringObject("8")})
            widget[NameObject("/DA")] = TextStringObject(f"/ZaDb 0 Tf {_INK} rg")
        elif value:
            self.filled[box["pagina"] - 1][control.name] = value
        return widget

    def _place(
        self, widget: DictionaryObject, box: Mapping[str, Any], *, root: bool = True
    ) -> IndirectObject:
        reference = self.writer._add_object(widget)
        self.on_page[box["pagina"] - 1].append(reference)
        if root:
            self.fields.append(reference)
        return reference

    def _lines(self, choices: tuple[str, ...]) -> IndirectObject:
        """Return a list of a drop-down; equal lists are written once."""
        from pypdf.generic import ArrayObject, TextStringObject

        if choices not in self.shared:
            lines = ArrayObject([TextStringObject(""), *(TextStringObject(text) for text in choices)])
            self.shared[choices] = self.writer._add_object(lines)
        return self.shared[choices]

    @staticmethod
    def _look() -> Any:
        """Return font, size (0: as large as fits) and colour of what is typed."""
        from pypdf.generic import TextStringObject

        return TextStringObject(f"/Helv 0 Tf {_INK} rg")

    def _cross(self, state: str, width: float, height: float) -> DictionaryObject:
        """Return the two looks of a box. The cross is drawn as lines: not every reader has the glyph."""
        from pypdf.generic import DictionaryObject, NameObject

        w, h, m = round(width, 2), round(height, 2), 1.4
        lines = f"q {_INK} RG 1.3 w {m} {m} m {w - m} {h - m} l {m} {h - m} m {w - m} {m} l S Q"
        looks = DictionaryObject({NameObject("/Off"): self._stream(w, h, "")})
        looks[NameObject(f"/{state}")] = self._stream(w, h, lines)
        return DictionaryObject({NameObject("/N"): looks})

    def _stream(self, width: float, height: float, drawing: str) -> IndirectObject:
        from pypdf.generic import DecodedStreamObject, NameObject, RectangleObject

        key = (width, height, drawing)
        if key not in self.shared:
            stream = DecodedStreamObject()
            stream[NameObject("/Type")] = NameObject("/XObject")
            stream[NameObject("/Subtype")] = NameObject("/Form")
            stream[NameObject("/BBox")] = RectangleObject([0, 0, width, height])
            stream.set_data(drawing.encode("ascii"))
            self.shared[key] = self.writer._add_object(stream)
        return self.shared[key]

    def _draw_values(self) -> None:
        """Draw what fields hold already, so that readers without a form engine show it too."""
        from pypdf.generic import NameObject, TextStringObject

        for page, names in zip(self.writer.pages, self.filled, strict=True):
            if names:
                drawn = {name: _in_helvetica(value) for name, value in names.items()}
                self.writer.update_page_form_field_values(page, drawn, auto_regenerate=None)
        for names in self.filled:
            for name, value in names.items():
                self.named[name][NameObject("/V")] = TextStringObject(value)

    def finish(self, hidden: Mapping[str, str]) -> None:
        """Write the hidden fields, the order of each page, the form itself and what its fields show."""
        from pypdf.generic import (
            ArrayObject,
            DictionaryObject,
            NameObject,
            NumberObject,
            RectangleObject,
            TextStringObject,
        )

        for name, value in hidden.items():
            field = DictionaryObject(
                {
                    NameObject("/Type"): NameObject("/Annot"),
                    NameObject("/Subtype"): NameObject("/Widget"),
                    NameObject("/FT"): NameObject("/Tx"),
                    NameObject("/T"): TextStringObject(name),
                    NameObject("/V"): TextStringObject(value),
                    NameObject("/Ff"): NumberObject(_READ_ONLY),
                    NameObject("/F"): NumberObject(_HIDDEN),
                    NameObject("/Rect"): RectangleObject([0, 0, 0, 0]),
                    NameObject("/DA"): self._look(),
                    NameObject("/P"): self.writer.pages[0].indirect_reference,
                }
            )
            self._place(field, {"pagina": 1})
        for page, widgets in zip(self.writer.pages, self.on_page, strict=True):
            page[NameObject("/Annots")] = ArrayObject(widgets)
            page[NameObject("/Tabs")] = NameObject("/S")
        self.writer.root_object[NameObject("/AcroForm")] = self.writer._add_object(
            DictionaryObject(
                {
                    NameObject("/Fields"): self.fields,
                    NameObject("/DR"): DictionaryObject({NameObject("/Font"): self.fonts}),
                    NameObject("/DA"): self._look(),
                }
            )
        )
        self._draw_values()
