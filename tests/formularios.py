"""The forms of a page, read as a browser reads them: what it holds, and what each field takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
TYPED = {"text", "email", "tel", "search", "url", "textarea"}
"""Kinds of field into which a person types words."""


@dataclass
class Campo:
    """A field: its kind, how many letters it takes (0: it does not say), of a list what it offers."""

    nombre: str
    clase: str
    limite: int = 0
    opciones: list[str] = field(default_factory=list)


@dataclass
class Forma:
    """One form: where it goes, what it would send untouched, its fields."""

    destino: str
    metodo: str = "get"
    valores: dict[str, list[str]] = field(default_factory=dict)
    campos: dict[str, Campo] = field(default_factory=dict)

    def words(self) -> list[Campo]:
        """The fields for words."""
        return [c for c in self.campos.values() if c.clase in TYPED]


class Pagina(HTMLParser):
    """A page as a browser takes it: its elements with their attributes, its words, its forms."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elementos: list[tuple[str, dict[str, str]]] = []
        self.formas: list[Forma] = []
        self.words: list[str] = []
        self._open: Forma | None = None
        self._select: str | None = None
        self._first: str | None = None
        self._option: dict[str, str] | None = None
        self._said: list[str] = []
        self._area: str | None = None
        self.feed(html)
        self.close()

    @property
    def texto(self) -> str:
        """All that is read, without its spaces."""
        return "".join("".join(self.words).split())

    def form(self, ends: str) -> Forma:
        """The one that writes and whose address ends so."""
        return next(f for f in self.formas if f.metodo == "post" and f.destino.endswith(ends))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, str] = {name: value or "" for name, value in attrs}
        self.elementos.append((tag, given))
        self.words += [given[a] for a in ("value", "title", "placeholder", "aria-label", "alt") if a in given]
        if tag == "form":
            self._open = Forma(given.get("action", ""), given.get("method", "get").lower())
            self.formas.append(self._open)
            return
        form, name = self._open, given.get("name", "")
        if tag == "option":
            self._option, self._said = given, []
        if form is None or not name:
            return
        if tag == "input":
            self._input(form, name, given)
        elif tag == "select":
            form.campos[name] = Campo(name, "select")
            self._select, self._first = name, None
        elif tag == "textarea":
            form.campos[name] = Campo(name, "textarea", int(given.get("maxlength") or 0))
            form.valores[name] = [""]
            self._area = name

    def _input(self, form: Forma, name: str, given: dict[str, str]) -> None:
        kind, value = given.get("type", "text"), given.get("value", "")
        number = kind == "text" and given.get("inputmode") in {"numeric", "decimal"}
        form.campos.setdefault(
            name, Campo(name, "number" if number else kind, int(given.get("maxlength") or 0))
        )
        if kind in {"checkbox", "radio"}:
            if "checked" in given:
                form.valores.setdefault(name, []).append(value or "on")
        elif kind not in {"file", "submit", "button", "image"}:
            form.valores[name] = [value]

    def _offer(self, form: Forma, select: str, given: dict[str, str]) -> None:
        """What an option sends: its value, or its words when it has none."""
        value = given["value"] if "value" in given else " ".join("".join(self._said).split())
        form.campos[select].opciones += [value] if value else []
        if "selected" in given or self._first is None:
            form.valores[select] = [value]
            self._first = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "option" and self._option is not None:
            if self._open is not None and self._select is not None:
                self._offer(self._open, self._select, self._option)
            self._option = None
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._option is not None:
            self._said.append(data)
        if self._area is not None and self._open is not None:
            held = self._open.valores[self._area]
            held[0] += data if held[0] else data.removeprefix("\n")


def post(client: Any, page: str, ends: str = "", status: int = 303, **fields: Any) -> Any:
    """Open a page, fill in its form and send it as a browser would; the answer."""
    shown = client.get(page)
    assert shown.status_code == 200, (page, shown.status_code)
    form = Pagina(shown.text).form(ends) if ends else own_form(Pagina(shown.text), page)
    answer = client.post(form.destino or page, data={**form.valores, **fields})
    assert answer.status_code == status, (page, answer.status_code, errors_of(answer.text))
    return answer


def own_form(page: Pagina, path: str) -> Forma:
    """The form that writes to its own page."""
    own = {"", path, path.split("?")[0]}
    return next(f for f in page.formas if f.metodo == "post" and f.destino in own)


def errors_of(html: str) -> str:
    """What a page that came back says is wrong."""
    at = html.find('id="errores"')
    found = Pagina(html[at : html.find("</div>", at)] if at >= 0 else html[:2000])
    return " ".join("".join(found.words).split())
