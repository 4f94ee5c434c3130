"""The documents of the formats: ``python -m tests.formatos`` writes them anew.

Each edition's page and picture in ``docs/formatos``, the page about telephones, the card of the public shelf in
``static/formatos``, and the fingerprint of an edition that had none. That of an edition that is already frozen is
never written over: a change wants the next edition.
"""

from __future__ import annotations

import json
from pathlib import Path

from albergues_app.formats import catalogo
from albergues_app.formats.engine import Formato, fingerprint
from albergues_app.formats.outputs.handbook import handbook_page
from albergues_app.formats.outputs.pdf import PAPERS, PdfJob, count_pages
from albergues_app.formats.outputs.picture import card_picture, light_picture, read_grey
from albergues_app.formats.outputs.xlsform import said_rules

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs" / "formatos"
CARDS = ROOT / "albergues_app" / "static" / "formatos"
GOLDEN = Path(__file__).parent / "golden" / "formatos.json"
PICTURE_PPI = 80
PHONE_GUIDE = """# Los formatos en el teléfono (ODK y Kobo)

Cada formato sale como XLSForm: en «Formatos», el botón «En el teléfono (ODK)»; en la API, `enlaces.xlsform`; en la
terminal, `albergues formato blanco CODIGO SALIDA.xlsx --odk`. Esta página se escribe con `python -m tests.formatos`.

**Cargarlo en ODK.** En ODK Central: proyecto → «New» → suba el `.xlsx` → pruebe el borrador con el código QR →
publíquelo. En ODK Collect lea el QR del proyecto y baje el formulario. **En Kobo.** «Nuevo» → «Cargar un XLSForm» →
implementar; en KoboCollect escriba la dirección del servidor y baje el formulario. Funciona sin señal; se envía
cuando la hay. Una edición nueva del formato trae otra `version`: súbala al mismo formulario.

**Lo que hace.** Pregunta lo mismo que el papel, con los mismos códigos. Lo obligatorio es lo de «completar»; si falta
algo, guarde el borrador. Municipio se elige después del departamento. Donde no se sabe el dato, hay «si no se sabe» o
se escribe «Desconocido». Si una regla entre respuestas no se cumple, aparece una pregunta que lo dice: un error no
deja enviar; un aviso solo se lee. Lo que escribe el sistema (folio, evento, albergue) no se pregunta. En los formatos
de la puerta no va nada de salud ni de protección.

**Traer las respuestas.** De ODK Central: «Submissions» → «Download» → el `.zip` completo, sin fotografías. De Kobo:
«Datos» → «Descargas» → XLS, con «XML values and headers», y todas sus hojas. Cárguelo donde se carga un Excel lleno,
o con `albergues formato leer CODIGO envios.zip --guardar --activacion ID`. Se revisa igual que todo lo demás. Cada
envío se conoce por el identificador que le dio su teléfono: el mismo archivo dos veces, o el envío corregido en el
servidor, no cambia nada aquí; lo ya leído se corrige en «Registros». Los envíos rechazados en el servidor no se leen.
De una fotografía llega el nombre del archivo.

## Lo que el teléfono no puede decir

Se revisa al leer los envíos: que el CUI sea válido (solo avisa), que la persona no esté ya dentro de un albergue, que
el albergue estuviera abierto a esa hora, y lo que se pide al firmar. Lo que se respondió y después se ocultó por otra
respuesta no se envía.
"""


def blank_picture(formato: Formato) -> bytes:
    """The first page of the blank as it is kept in ``docs/formatos``."""
    return light_picture(PdfJob(formato=formato), ppi=PICTURE_PPI)


def pages_by_paper(formato: Formato) -> dict[str, int]:
    """Pages of its blank by paper, as the shelf and the kit print it."""
    return {
        papel: count_pages(PdfJob(formato=formato, papel=papel, gate=formato.at_gate)) for papel in PAPERS
    }


def phone_page() -> str:
    """How to take a format to telephones, and which of its rules the telephone cannot say."""
    lines, said_in_all, apart_in_all = [], 0, 0
    for formato in catalogo.all():
        said, apart = said_rules(formato, formato.at_gate)
        said_in_all, apart_in_all = said_in_all + len(said), apart_in_all + len(apart)
        lines += [f"| {formato.title} | {rule.message} | {reason} |" for rule, reason in apart]
    counted = f"De las {said_in_all + apart_in_all} reglas entre respuestas, el teléfono dice {said_in_all}. No dice estas:"
    table = "\n".join(["| Formato | Regla | Por qué |", "|---|---|---|", *dict.fromkeys(lines)])
    return f"{PHONE_GUIDE}\n{counted}\n\n{table}\n"


def main() -> None:
    """Write every page and picture; freeze the new editions."""
    frozen = json.loads(GOLDEN.read_text(encoding="utf-8"))
    CARDS.mkdir(exist_ok=True)
    pages = {}
    for formato in catalogo.editions():
        (DOCS / f"{formato.slug}.md").write_text(handbook_page(formato), encoding="utf-8")
        _keep_picture(DOCS / f"{formato.slug}.png", blank_picture(formato))
        _keep_picture(CARDS / f"{formato.slug}.png", card_picture(formato))
        pages[formato.slug] = pages_by_paper(formato)
        frozen.setdefault(formato.slug, fingerprint(formato))
    (DOCS / "odk.md").write_text(phone_page(), encoding="utf-8")
    _write(CARDS / "paginas.json", pages)
    _write(GOLDEN, frozen)


def _keep_picture(path: Path, content: bytes) -> None:
    """Leave a picture alone that shows the same: another release of what packs it is no change of the paper."""
    if not path.exists() or read_grey(path.read_bytes()) != read_grey(content):
        path.write_bytes(content)


def _write(path: Path, values: object) -> None:
    path.write_text(json.dumps(values, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
