"""
XML read as a stream, without document types and entities.

A document type could name external files or entities that unfold without end, so a document that
has one is refused. Memory is bounded: text, depth and the size of one tag are capped.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from flight_operations.logs.source import Source

MAX_DEPTH = 64
MAX_TEXT = 65_536
MAX_TAG_BYTES = 4 << 20
BLOCK = 1 << 16


class XmlRefused(Exception):
    """The document is not to be read: it has a document type or is nested too deeply."""


class XmlDamaged(Exception):
    """The document is not well formed from `line` on."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Tag:
    """The start or the end of an element. `name` is local; `text` is complete at the end."""

    name: str
    parent: str
    line: int
    is_start: bool
    attributes: dict[str, str]
    text: str = ""


@dataclass(slots=True)
class _Collector:
    parser: expat.XMLParserType
    tags: list[Tag] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.names) >= MAX_DEPTH:
            raise XmlRefused("The document is nested too deeply.")
        local = _local(name)
        parent = self.names[-1] if self.names else ""
        line = self.parser.CurrentLineNumber
        self.tags.append(Tag(local, parent, line, is_start=True, attributes=attributes))
        self.names.append(local)
        self.texts.append([])
        self.lengths.append(0)

    def end(self, _name: str) -> None:
        local, text = self.names.pop(), "".join(self.texts.pop())
        self.lengths.pop()
        parent = self.names[-1] if self.names else ""
        line = self.parser.CurrentLineNumber
        self.tags.append(Tag(local, parent, line, is_start=False, attributes={}, text=text))

    def text(self, data: str) -> None:
        if self.names and self.lengths[-1] < MAX_TEXT:
            self.texts[-1].append(data)
            self.lengths[-1] += len(data)

    def refuse_doctype(self, *_details: object) -> None:
        raise XmlRefused("The document has a document type, which is not accepted.")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def tags(source: Source) -> Iterator[Tag]:
    """
    Walk the starts and ends of all elements, in the order of the document.

    Raises XmlRefused and XmlDamaged.
    """
    parser = expat.ParserCreate()
    collector = _Collector(parser)
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.text
    parser.StartDoctypeDeclHandler = collector.refuse_doctype
    parser.EntityDeclHandler = collector.refuse_doctype
    fed = 0
    while True:
        block = source.read(BLOCK)
        fed += len(block)
        try:
            parser.Parse(block, not block)
        except (expat.ExpatError, ValueError, LookupError) as broken:
            # Everything before the damage is sound and is handed out first.
            yield from collector.tags
            raise XmlDamaged(parser.CurrentLineNumber, str(broken)) from broken
        yield from collector.tags
        collector.tags.clear()
        if not block:
            return
        if fed - max(0, parser.CurrentByteIndex) > MAX_TAG_BYTES:
            raise XmlRefused("One tag of the document is larger than 4 MB.")
