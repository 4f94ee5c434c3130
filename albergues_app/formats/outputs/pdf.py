"""The paper of a format: blank or filled, carta or oficio, one document or many.

typst keeps what it compiled in memory, so a web worker renders single documents with ``render_pdf`` and
leaves the rest to ``render_many``, which works in child processes that end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from albergues_app.formats.catalogo import official_code
from albergues_app.formats.engine import Catalogos, Formato, fingerprint
from albergues_app.formats.outputs.paper import lay_out
from albergues_app.formats.outputs.paper_controls import FormControls

Papel = Literal["carta", "oficio"]
Estado = Literal["", "borrador", "completo", "firmado", "anulado"]
PAPERS: dict[Papel, tuple[float, float]] = {"carta": (215.9, 279.4), "oficio": (215.9, 330.2)}
_STATES = {
    "": "", "borrador": "BORRADOR, sin firmar", "completo": "COMPLETO, para firmar", "firmado": "FIRMADO",
    "anulado": "ANULADO",
}  # fmt: skip
_ROW_HEIGHT_MM = 8.5
_CHUNK_PAGES = 50


def read_papel(text: str | None) -> Papel:
    """Return the paper that an address or a form names; carta where it says anything else."""
    return "oficio" if text == "oficio" else "carta"


@dataclass(frozen=True, kw_only=True)
class Encabezado:
    """What the system knows before anybody writes: it is printed on the blank too."""

    evento: str = ""
    albergue: str = ""
    albergue_codigo: str = ""
    departamento: str = ""
    municipio: str = ""
    folio: str = ""
    folio_papel: str = ""
    """The number of a pre-numbered sheet: printed where a clerk will copy it from."""
    codigo_oficial: str = ""
    enlace: str = ""


@dataclass(frozen=True, kw_only=True)
class PdfJob:
    """One document: a blank where ``answers`` is None, else validated answers on the same layout."""

    formato: Formato
    answers: Mapping[str, Any] | None = None
    encabezado: Encabezado = field(default_factory=Encabezado)
    papel: Papel = "carta"
    estado: Estado = ""
    huella: str = ""
    firma: str = ""
    """Of a sheet that is signed: where its signed paper is, for the foot."""
    firmantes: Mapping[str, str] = field(default_factory=dict)
    """Of a sheet that is signed: who signed on each of its lines."""
    gate: bool = True
    capacitacion: bool = False
    page_offset: int = 0
    page_total: int = 0


def render_pdf(job: PdfJob, catalogos: Catalogos | None = None) -> bytes:
    """Return one document as PDF."""
    return _compile(build_data(job, catalogos or Catalogos()))


def count_pages(job: PdfJob, catalogos: Catalogos | None = None) -> int:
    """Return how many pages one document has. It is drawn for that: keep the answer."""
    from pypdf import PdfReader

    return len(PdfReader(BytesIO(render_pdf(job, catalogos))).pages)


def render_many(
    jobs: Iterable[PdfJob],
    catalogos: Catalogos | None = None,
    *,
    continuous: bool = False,
    timeout_s: float = 300,
) -> bytes:
    """Return many documents joined in one PDF, made in child processes of about 50 pages each.

    With ``continuous`` the pages are numbered through (a book); else each document counts its own.

    Raises
    ------
    RuntimeError
        If a child process fails; the message carries what it said.
    """
    from pypdf import PdfWriter

    catalogos = catalogos or Catalogos()
    listed = list(jobs)
    if continuous and len(listed) > 1:
        pages = _page_counts(listed, catalogos, timeout_s)
        before = [sum(pages[:index]) for index in range(len(pages))]
        listed = [
            replace(job, page_offset=offset, page_total=sum(pages))
            for job, offset in zip(listed, before, strict=True)
        ]
    writer = PdfWriter()
    for chunk in _chunks(listed):
        content, _ = _run_child([build_data(job, catalogos) for job in chunk], timeout_s)
        writer.append(BytesIO(content))
    joined = BytesIO()
    writer.write(joined)
    return joined.getvalue()


def render_copies(
    jobs: Sequence[tuple[PdfJob, int]], catalogos: Catalogos | None = None, *, timeout_s: float = 60
) -> bytes:
    """Return many equal copies joined in one PDF: each document is drawn once, its pages repeated.

    Raises
    ------
    RuntimeError
        If the child process fails; the message carries what it said.
    """
    catalogos = catalogos or Catalogos()
    documents = [build_data(job, catalogos) | {"copias": copies} for job, copies in jobs]
    return _run_child(documents, timeout_s)[0]


def _page_counts(jobs: Sequence[PdfJob], catalogos: Catalogos, timeout_s: float) -> list[int]:
    counts: list[int] = []
    for chunk in _chunks(jobs):
        counts += _run_child([build_data(job, catalogos) for job in chunk], timeout_s)[1]
    return counts


def _chunks(jobs: Sequence[PdfJob]) -> list[Sequence[PdfJob]]:
    size = _CHUNK_PAGES // 2
    return [jobs[start : start + size] for start in range(0, len(jobs), size)]


def _run_child(documents: list[dict[str, Any]], timeout_s: float) -> tuple[bytes, list[int]]:
    with tempfile.TemporaryDirectory(prefix="formatos-") as folder:
        target = Path(folder) / "documentos.pdf"
        child = subprocess.run(
            [sys.executable, "-m", "albergues_app.formats.outputs.pdf", str(target)],
            input=json.dumps(documents).encode(),
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
        if child.returncode:
            raise RuntimeError(f"PDF child process: {child.stderr.decode(errors='replace')[-500:]}")
        return target.read_bytes(), json.loads(child.stdout)


def page_size(job: PdfJob) -> tuple[float, float]:
    """Return width and height of its pages in millimetres."""
    width, height = PAPERS[job.papel]
    return (height, width) if job.formato.landscape else (width, height)


def build_data(
    job: PdfJob, catalogos: Catalogos, form: FormControls | None = None, sheets: Sequence[int] = (1,)
) -> dict[str, Any]:
    """Return what the template draws, as JSON data. Text of people stays text: it never becomes markup.

    With ``form`` it is the blank of a fillable document: what is known stands in the controls, not on the paper.
    """
    formato, known = job.formato, job.encabezado
    width, height = page_size(job)
    answers = {} if form is not None else known_answers(job) | dict(job.answers or {})
    blank = form is not None or job.answers is None
    laid = lay_out(formato, answers, catalogos, gate=job.gate, blank=blank, form=form, sheets=sheets)
    place = ", ".join(text for text in (known.municipio, known.departamento) if text)
    official = known.codigo_oficial or official_code(formato.code)
    code = f"Código {official} · " if official else ""
    foot = f"{formato.code} · edición {formato.version} · {fingerprint(formato)[:8]}"
    return {
        "titulo": formato.title,
        "emisor": formato.issuer,
        "bajada": f"{code}Edición {formato.version} · {formato.when_filled} · * obligatorio",
        "albergue": " · ".join(text for text in (known.albergue_codigo, known.albergue) if text),
        "lugar": place,
        "folio": "" if form is not None else known.folio or known.folio_papel,
        "llenable": form is not None,
        "qr": _qr(job),
        "pagina": {"ancho": width, "alto": height},
        "alto": _ROW_HEIGHT_MM,
        "aire": 1.2,
        "capacitacion": job.capacitacion,
        "estado": _STATES[job.estado],
        "pie": f"{foot} · {job.huella[:16]}" if job.huella else foot,
        "firma": job.firma,
        "aviso": formato.notice,
        "firmas": [{"linea": name, "nombre": job.firmantes.get(name, "")} for name in formato.signatures],
        "desde": job.page_offset,
        "paginas": job.page_total,
        **laid,
    }


def known_answers(job: PdfJob) -> dict[str, str]:
    """Return the answers that the system writes at the head of the paper, by name of field."""
    known = job.encabezado
    header = {
        "evento": known.evento,
        "albergue": known.albergue,
        "departamento": known.departamento,
        "municipio": known.municipio,
        "folio": known.folio,
        "folio_papel": known.folio_papel,
    }
    return {key: text for key, text in header.items() if text}


def _qr(job: PdfJob) -> str:
    """Return the QR as SVG: the link if there is one, else format, edition, shelter and folio."""
    import segno

    known = job.encabezado
    parts = (
        job.formato.code,
        str(job.formato.version),
        known.albergue_codigo,
        known.folio or known.folio_papel,
    )
    text = known.enlace or "ALB:" + ":".join(parts)
    return str(segno.make(text, micro=False, error="m").svg_inline(border=1))


def _font_paths() -> list[str]:
    folder = resources.files("albergues_app") / "static" / "vendor" / "dejavu"
    return [str(folder)] if folder.is_dir() else []


def render_picture(job: PdfJob, catalogos: Catalogos | None = None, *, ppi: float = 80) -> bytes:
    """Return the first page of one document as PNG, at ``ppi`` pixels an inch."""
    return _compile(build_data(job, catalogos or Catalogos()), picture_ppi=ppi)


def _compile(data: Mapping[str, Any], picture_ppi: float = 0) -> bytes:
    """Return the document as PDF, or its first page as PNG where ``picture_ppi`` says how fine."""
    return compile_template("formato.typ", data, picture_ppi)


def compile_template(name: str, data: Mapping[str, Any], picture_ppi: float = 0) -> bytes:
    """Return what a template of the ``typst`` folder draws from ``data``: PDF, or its first page as PNG."""
    import typst

    wanted = {"format": "png", "ppi": picture_ppi} if picture_ppi else {"format": "pdf"}
    with resources.as_file(resources.files("albergues_app.formats.outputs") / "typst") as folder:
        made = typst.compile(
            str(folder / name),
            root=str(folder),
            sys_inputs={"datos": json.dumps(data)},
            font_paths=_font_paths(),
            ignore_system_fonts=True,
            **wanted,
        )
    if isinstance(made, list):
        made = made[0]
    if not isinstance(made, bytes):
        raise TypeError("typst gave no document")
    return made


def compile_marked(data: Mapping[str, Any]) -> tuple[bytes, list[dict[str, Any]]]:
    """Return a document as PDF, and where its boxes stand: name, page, and x, y, width, height in points.

    ``x`` and ``y`` are those of the upper left corner, counted from the upper left corner of the page.
    """
    import typst

    with resources.as_file(resources.files("albergues_app.formats.outputs") / "typst") as folder:
        compiler = typst.Compiler(
            str(folder / "formato.typ"),
            root=str(folder),
            font_paths=_font_paths(),
            ignore_system_fonts=True,
            sys_inputs={"datos": json.dumps(data)},
        )
        made = compiler.compile(format="pdf")
        marks = json.loads(compiler.query("<campo>", field="value"))
    if not isinstance(made, bytes):
        raise TypeError("typst gave no document")
    return made, marks


def _child(target: str) -> None:
    """Compile the documents that arrive on standard input; print how many pages each has."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    pages = []
    for data in json.load(sys.stdin):
        content = BytesIO(_compile(data))
        drawn = PdfReader(content)
        pages.append(len(drawn.pages))
        for _ in range(data.get("copias", 1)):
            for page in drawn.pages:
                writer.add_page(page)
    writer.write(target)
    sys.stdout.write(json.dumps(pages))


if __name__ == "__main__":
    _child(sys.argv[1])
