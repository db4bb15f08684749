"""Cuts a Word or HTML manual into drafts: each heading with words below it becomes a question with its answer."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table as DocxTable
from docx.text.paragraph import Paragraph

from caredesk.core.office import BROKEN
from caredesk.knowledge_base.errors import UnreadableTable
from caredesk.knowledge_base.files import LARGEST_FILE, refuse_zip_bomb
from caredesk.knowledge_base.rules import LONGEST, REQUIRED_COLUMNS
from caredesk.knowledge_base.schemas import Table, TableRow

_BROKEN: tuple[type[Exception], ...] = (*BROKEN, PackageNotFoundError)

MANUALS = (".docx", ".html", ".htm")
MOST_BLOCKS = 50_000
_SILENT = frozenset({"script", "style", "head", "template", "noscript", "nav", "svg"})
_BLOCKS = frozenset({"p", "div", "li", "tr", "br", "section", "article", "blockquote", "ul", "ol", "table", "dt", "dd"})


@dataclass(frozen=True)
class Block:
    """A piece of a manual: a heading of some level, or words (level 0)."""

    level: int
    text: str


@dataclass
class Section:
    """A heading with what stands below it, and the headings above."""

    title: str
    above: tuple[str, ...]
    lines: list[str] = field(default_factory=list)


def is_manual(name: str) -> bool:
    """Tell whether a file is read as a manual and not as a table."""
    return Path(name).suffix.lower() in MANUALS


def manual_table(data: bytes, *, name: str) -> Table:
    """Return a manual's sections as the rows of a table. Raises UnreadableTable with the reason."""
    if len(data) > LARGEST_FILE:
        raise UnreadableTable(file=name, reason=f"larger than {LARGEST_FILE // 1024 // 1024} MB")
    read: Callable[..., Iterable[Block]] = _word_blocks if Path(name).suffix.lower() == ".docx" else _html_blocks
    sections = [section for section in _sections(read(data, name=name)) if section.lines]
    if not sections:
        raise UnreadableTable(file=name, reason="no heading has words below it")
    rows = tuple(_row(number, section, source=Path(name).stem) for number, section in enumerate(sections, start=1))
    return Table(columns=(*REQUIRED_COLUMNS, "source"), rows=rows)


def _sections(blocks: Iterable[Block]) -> Iterator[Section]:
    above: list[tuple[int, str]] = []
    current: Section | None = None
    for block in blocks:
        if not block.level:
            if current is not None:
                current.lines.append(block.text)
            continue
        if current is not None:
            yield current
        above = [one for one in above if one[0] < block.level]
        current = Section(title=block.text, above=tuple(title for _, title in above))
        above.append((block.level, block.text))
    if current is not None:
        yield current


def _row(number: int, section: Section, *, source: str) -> TableRow:
    place = " / ".join((*section.above, section.title))
    # The same manual, changed, meets its own drafts again: an id follows from where a section stands.
    digest = hashlib.sha256(f"{source}\n{place}".encode()).hexdigest()[:12]
    cells = {
        "id": f"m-{digest}",
        "category": (section.above[0] if section.above else source)[: LONGEST["category"]],
        "question": section.title,
        "similar": "",
        "answer": "\n".join(section.lines),
        "source": f"{source} · {place}"[: LONGEST["source"]],
    }
    return TableRow(number=number, cells=cells)


# ---- Word ------------------------------------------------------------------------------------------------


def _word_blocks(data: bytes, *, name: str) -> Iterator[Block]:
    refuse_zip_bomb(data, name=name)
    try:
        document = Document(io.BytesIO(data))
        parts = list(document.iter_inner_content())
    except _BROKEN as error:
        raise UnreadableTable(file=name, reason="no readable Word document") from error
    for part in parts[:MOST_BLOCKS]:
        if isinstance(part, Paragraph):
            text = part.text.strip()
            if text:
                yield _word_block(part, text=text)
        elif isinstance(part, DocxTable):
            for row in part.rows:
                yield Block(0, "- " + " · ".join(dict.fromkeys(cell.text.strip() for cell in row.cells)))


def _word_block(paragraph: Paragraph, *, text: str) -> Block:
    style = paragraph.style
    name = (style.name or "").lower() if style is not None else ""
    if name == "title":
        return Block(1, text)
    if name.startswith("heading"):
        return Block(int(name.removeprefix("heading").strip() or 1), text)
    if name.startswith("list number"):
        return Block(0, f"1. {text}")
    return Block(0, f"- {text}" if name.startswith("list") else text)


# ---- HTML ------------------------------------------------------------------------------------------------


def _html_blocks(data: bytes, *, name: str) -> list[Block]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UnreadableTable(file=name, reason="neither UTF-8 nor GB 18030")
    reader = _HtmlReader()
    reader.feed(text)
    reader.close()
    return reader.finished()


class _HtmlReader(HTMLParser):
    """Reads headings and words; scripts and styles are nobody's answer."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks: list[Block] = []
        self._words: list[str] = []
        self._level = 0
        self._mark = ""
        self._silent = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif _heading(tag):
            self._end_block()
            self._level = _heading(tag)
        elif tag in _BLOCKS:
            self._end_block()
            self._mark = "- " if tag == "li" else ""
        elif tag == "a":
            href = next((value or "" for key, value in attrs if key == "href"), "")
            self._links.append((href, len(self._words)))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(self._silent - 1, 0)
        elif _heading(tag) or tag in _BLOCKS:
            self._end_block()
        elif tag == "a" and self._links:
            href, start = self._links.pop()
            words = "".join(self._words[start:]).strip()
            if words and href.startswith(("https://", "http://", "tel:")):
                self._words[start:] = [f"[{words}]({href})"]

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._words.append(data)

    def finished(self) -> list[Block]:
        """Return what was read."""
        self._end_block()
        return self._blocks[:MOST_BLOCKS]

    def _end_block(self) -> None:
        text = " ".join("".join(self._words).split())
        if text:
            self._blocks.append(Block(self._level, text if self._level else f"{self._mark}{text}"))
        self._words, self._level, self._links = [], 0, []


def _heading(tag: str) -> int:
    return int(tag[1]) if len(tag) == 2 and tag[0] == "h" and tag[1] in "123456" else 0
