"""The HTML that a layout may hold: listed tags and attributes, every tag closed where it began."""

import re
from dataclasses import dataclass, field

from documents.exceptions import LayoutRefused
from documents.layout.styles import IMAGES, check_declarations

MOST_DEPTH = 40
MOST_SPAN = 100
VOID = {"br", "hr", "img", "col", "wbr"}
_OTHERS = """
    a address article b blockquote caption cite code colgroup dd div dl dt em figcaption figure
    footer h1 h2 h3 h4 h5 h6 header i li main ol p pre s section small span strong sub sup table
    tbody td tfoot th thead tr u ul
"""
TAGS = VOID | set(_OTHERS.split())
ATTRIBUTES = {"class", "id", "lang", "dir", "title", "style"}
FURTHER = {
    "img": {"src", "alt", "width", "height"},
    "a": {"href"},
    "td": {"colspan", "rowspan", "headers"},
    "th": {"colspan", "rowspan", "headers", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start"},
}
COUNTED = {"colspan", "rowspan", "span", "start", "width", "height"}
# Where data may stand inside a tag. An address and a picture have checks of their own.
OPEN_TO_DATA = {"class", "title", "alt", "lang", "dir", "href", "src"}
PICTURE_VALUE = re.compile(r"\{\{\s*picture:[a-z][a-z0-9_]*\s*\}\}")
ADDRESS = re.compile(r"(https?://|mailto:|tel:)[^\s<>\"'\\]{1,2000}", re.ASCII)
_ATTRIBUTE = re.compile(r'\s+([a-z-]+)="([^"<>]*)"')


@dataclass
class OpenTags:
    """The tags that are open at one place of a layout."""

    names: list[str] = field(default_factory=list)

    def open(self, tag: str, line: int) -> None:
        """Step into a tag. Raises LayoutRefused."""
        self.names.append(tag)
        if len(self.names) > MOST_DEPTH:
            raise LayoutRefused(f"Tags stand more than {MOST_DEPTH} deep.", line=line)

    def close(self, tag: str, line: int, *, floor: int) -> None:
        """Step out of a tag that was opened within this section. Raises LayoutRefused."""
        if len(self.names) <= floor or self.names[-1] != tag:
            opened = self.names[-1] if len(self.names) > floor else "nothing"
            raise LayoutRefused(f"</{tag}> closes what {opened} opened.", line=line)
        self.names.pop()


def check_tag(tag: str, attributes: str, line: int) -> list[tuple[str, str]]:
    """The attributes of an opening tag. Raises LayoutRefused for what is not listed."""
    if tag not in TAGS:
        raise LayoutRefused(f"<{tag[:40]}> is not allowed.", line=line)
    found = _ATTRIBUTE.findall(attributes)
    names = [name for name, _ in found]
    if len(set(names)) != len(names):
        raise LayoutRefused(f"<{tag}> has an attribute twice.", line=line)
    for name, value in found:
        if name not in ATTRIBUTES | FURTHER.get(tag, set()):
            raise LayoutRefused(f"<{tag}> takes no attribute {name[:40]!r}.", line=line)
        _check_value(name, value, line)
    if tag == "img" and not {"src", "alt"} <= set(names):
        raise LayoutRefused("<img> needs src and alt (what a reader who cannot see hears).")
    return found


def _check_value(name: str, value: str, line: int) -> None:
    if "{{" in value and name not in OPEN_TO_DATA:
        raise LayoutRefused(f"{name} takes no placeholders.", line=line)
    if name == "style":
        check_declarations(value, line=line)
    elif name in COUNTED and not (value.isascii() and value.isdigit() and len(value) < 5):
        raise LayoutRefused(f"{name} is a whole number.", line=line)
    elif name in ("colspan", "rowspan", "span") and not 1 <= int(value) <= MOST_SPAN:
        raise LayoutRefused(f"{name} is 1 to {MOST_SPAN}.", line=line)
    elif name == "src" and not (PICTURE_VALUE.fullmatch(value) or value.startswith(IMAGES)):
        raise LayoutRefused("src takes {{picture:name}}, or PNG and JPEG as data:.", line=line)
    elif name == "href" and "{{" not in value and not is_address(value):
        raise LayoutRefused("href takes https:, http:, mailto: and tel: addresses.", line=line)


def is_address(text: str) -> bool:
    """Whether a reader may be sent there from a document."""
    return text.startswith("#") or bool(ADDRESS.fullmatch(text))
