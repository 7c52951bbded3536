"""Reading the pages of the site as a strict reader does: every tag closed in order, tables as rows of cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "input", "br"}
SELF_CLOSED = {"path", "circle", "polyline", "use"}  # of SVG


@dataclass
class Cell:
    """One cell: its text, the numbers in it with all their digits, and its links."""

    is_head: bool
    text: str = ""
    numbers: list[float] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


@dataclass
class Line:
    """One row of a table, with its id, the section it stands in and its cells."""

    section: str
    table: str
    id: str
    cells: list[Cell] = field(default_factory=list)


class Page(HTMLParser):
    """One page; `faults` holds what is not well-formed."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []  # places that a reader may go to
        self.loads: list[str] = []  # addresses that the browser fetches by itself
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
        given = {k: v or "" for k, v in attrs}
        if len(given) != len(attrs):
            self.faults.append(f"{self.getpos()}: an attribute stands twice in <{tag}>")
        self.tags.append((tag, given))
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
            if self._cell is not None:
                self._cell.links.append(given["href"])
        elif tag == "use":
            self.links.append(given["href"])
        elif "href" in given or "src" in given:
            self.loads.append(given.get("href") or given["src"])
        if tag == "section":
            self._section.append(given.get("aria-labelledby", ""))
        elif tag == "caption":
            self._caption = ""
        elif tag == "tr":
            section = self._section[-1] if self._section else ""
            self.lines.append(Line(section, self._caption, given.get("id", "")))
        elif tag in ("td", "th"):
            self._cell = Cell(tag == "th")
            self.lines[-1].cells.append(self._cell)
        elif tag == "data" and self._cell is not None:
            self._cell.numbers.append(float(given["value"]))
        elif tag in ("h1", "h2", "h3"):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SELF_CLOSED:
            self.faults.append(f"{self.getpos()}: <{tag}/> is no empty tag of HTML")
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
        """The rows of the tables of one section that hold cells of data."""
        return [x for x in self.lines if x.section == name and any(not c.is_head for c in x.cells)]

    def numbers(self, name: str) -> list[float]:
        """All numbers of one section, sorted."""
        return sorted(n for line in self.section(name) for cell in line.cells for n in cell.numbers)
