"""A strict parser of the pages of the site: reports tags that are not closed in order; tables are rows of cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "input", "br"}
SELF_CLOSED = {"path", "circle", "polyline", "use"}  # of SVG


@dataclass
class Cell:
    """One cell: its text, its numbers with all digits, and its links."""

    is_head: bool
    text: str = ""
    numbers: list[float] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


@dataclass
class Line:
    """One row of a table: its section, caption, id and cells."""

    section: str
    table: str
    id: str
    cells: list[Cell] = field(default_factory=list)


class Page(HTMLParser):
    """One page; `faults` lists the errors of its markup."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []  # targets of links
        self.loads: list[str] = []  # addresses that the browser loads by itself
        self.lines: list[Line] = []
        self.headings: list[int] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self._section: list[str] = []
        self._caption = ""
        self._cell: Cell | None = None
        text = path.read_text(encoding="utf-8")
        assert text.startswith("<!DOCTYPE html>\n<html lang=")
        self.feed(text)
        self.close()
        if self._open:
            self.faults.append(f"never closed: {self._open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {k: v or "" for k, v in attrs}
        if len(attributes) != len(attrs):
            self.faults.append(f"{self.getpos()}: an attribute occurs more than once in <{tag}>")
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "a":
            self.links.append(attributes["href"])
            if self._cell is not None:
                self._cell.links.append(attributes["href"])
        elif tag == "use":
            self.links.append(attributes["href"])
        elif "href" in attributes or "src" in attributes:
            self.loads.append(attributes.get("href") or attributes["src"])
        if tag == "section":
            self._section.append(attributes.get("aria-labelledby", ""))
        elif tag == "caption":
            self._caption = ""
        elif tag == "tr":
            section = self._section[-1] if self._section else ""
            self.lines.append(Line(section, self._caption, attributes.get("id", "")))
        elif tag in ("td", "th"):
            self._cell = Cell(tag == "th")
            self.lines[-1].cells.append(self._cell)
        elif tag == "data" and self._cell is not None:
            self._cell.numbers.append(float(attributes["value"]))
        elif tag in ("h1", "h2", "h3"):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SELF_CLOSED:
            self.faults.append(f"{self.getpos()}: <{tag}/> is not an empty element of HTML")
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"{self.getpos()}: </{tag}> closes {self._open[-1:]}")
            return
        self._open.pop()
        if tag == "section":
            self._section.pop()
        elif tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._open[-1:] == ["caption"]:
            self._caption += data
        if self._cell is not None:
            self._cell.text += data

    def section(self, name: str) -> list[Line]:
        """The rows with data cells in the tables of one section."""
        return [x for x in self.lines if x.section == name and any(not c.is_head for c in x.cells)]

    def numbers(self, name: str) -> list[float]:
        """All numbers in the tables of one section, sorted."""
        return sorted(n for line in self.section(name) for cell in line.cells for n in cell.numbers)
