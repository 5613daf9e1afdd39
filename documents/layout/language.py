"""
The language of layouts: HTML with `{{ path }}`, `{{#rows}}..{{/rows}}`, `{{^x}}..{{/x}}` and
`{{picture:name}}`. It has no logic, no loops but over rows, and sees nothing but a snapshot.

A name is looked for in the row that is being shown, then in what surrounds it, as the list of
placeholders has them. All that is shown is escaped. A layout begins with its list:

    <!--placeholders
    number        Number of the trip
    legs[].from   Where the leg begins
    picture:map   Map of the track
    -->
    <style>...</style>
    <h1>{{ number }}</h1>
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from documents.exceptions import LayoutRefused
from documents.layout.markup import VOID, OpenTags, check_tag
from documents.layout.placeholders import NAME, PICTURE, Placeholders, read_placeholders
from documents.layout.styles import check_stylesheet

MOST_CHARACTERS = 200_000
MOST_SECTIONS = 8
_HEAD = re.compile(r"\s*<!--placeholders\s*\n(?P<list>.*?)-->", re.DOTALL)
_STYLE = re.compile(r"\s*<style>(?P<css>[^<]*)</style>")
_TOKEN = re.compile(
    r"(?P<comment><!--(?!placeholders)(?:(?!-->).)*-->)"
    r"|\{\{(?P<mark>[#^/]?)\s*(?P<name>[a-z0-9_.:]+)\s*\}\}"
    r"|<(?P<close>/)?(?P<tag>[a-z][a-z0-9]*)(?P<attributes>(?:\s+[a-z-]+=\"[^\"<>]*\")*)\s*/?>"
    r"|(?P<text>[^<>{}]+|\{(?!\{)|\}(?!\}))",
    re.DOTALL,
)
_INSIDE = re.compile(r"\{\{\s*(?P<name>[a-z0-9_.:]+)\s*\}\}")
Context = Literal["text", "attribute", "address", "picture"]
_CONTEXTS: dict[str, Context] = {"href": "address", "src": "picture"}


@dataclass(frozen=True)
class Fixed:
    """HTML as it stands."""

    html: str


@dataclass(frozen=True)
class Shown:
    """A value of the snapshot: in which scope, and the way from there; empty is the row itself."""

    scope: int
    way: tuple[str, ...]
    context: Context = "text"


@dataclass(frozen=True)
class Section:
    """What is shown for each row, or only with a value, or (`is_absent`) only without one."""

    scope: int
    way: tuple[str, ...]
    kind: Literal["rows", "group", "value", "picture"]
    is_absent: bool
    inner: tuple["Node", ...]


Node = Fixed | Shown | Section


@dataclass(frozen=True)
class Layout:
    """A layout that was read and found good."""

    placeholders: Placeholders
    style: str
    body: tuple[Node, ...]


def read_layout(text: str, *, allowed: Placeholders | None = None) -> Layout:
    """
    Read a layout; an edited one may show what is `allowed` and lists nothing itself.

    Raises LayoutRefused, naming the line.
    """
    if len(text) > MOST_CHARACTERS:
        raise LayoutRefused(f"The template has more than {MOST_CHARACTERS} characters.")
    head = _HEAD.match(text)
    if head is None and allowed is None:
        raise LayoutRefused("A layout that ships begins with the list of its placeholders.")
    own = read_placeholders(head["list"]) if head else None
    at = head.end() if head else 0
    style = _STYLE.match(text, at)
    if style:
        check_stylesheet(style["css"], line=_line(text, style.start("css")))
        at = style.end()
    listed = allowed or own
    assert listed is not None  # noqa: S101 - one of the two is there, see above
    reader = _Reader(text, at, listed)
    return Layout(listed, style["css"] if style else "", reader.read())


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


class _Reader:
    """Goes through the text once, token by token."""

    def __init__(self, text: str, at: int, placeholders: Placeholders) -> None:
        self._text, self._at, self._listed = text, at, placeholders
        self._tags = OpenTags()

    def read(self) -> tuple[Node, ...]:
        return self._until("", [""])

    def _until(self, name: str, scopes: list[str]) -> tuple[Node, ...]:
        """The nodes up to the end of a section; without a name up to the end of the text."""
        begun, floor = self._at, len(self._tags.names)
        nodes: list[Node] = []
        while self._at < len(self._text):
            token = self._next()
            if token["mark"] == "/":
                if token["name"] != name:
                    raise self._refusal(f"{{{{/{token['name']}}}}} closes another section.", token)
                self._check_balance(floor, token.start())
                return tuple(nodes)
            nodes.extend(self._nodes(token, scopes, floor))
        if name:
            raise LayoutRefused(f"{{{{#{name}}}}} is not closed.", line=_line(self._text, begun))
        self._check_balance(floor, self._at)
        return tuple(nodes)

    def _next(self) -> re.Match[str]:
        token = _TOKEN.match(self._text, self._at)
        if token is None:
            shown = self._text[self._at : self._at + 30].split("\n")[0]
            line = _line(self._text, self._at)
            raise LayoutRefused(f"This is neither a tag nor a placeholder: {shown!r}.", line=line)
        self._at = token.end()
        return token

    def _nodes(self, token: re.Match[str], scopes: list[str], floor: int) -> Sequence[Node]:
        if token["comment"]:
            return ()
        if token["text"]:
            return (Fixed(token["text"]),)
        if token["tag"]:
            return self._tag(token, scopes, floor)
        if token["mark"]:
            return (self._section(token, scopes),)
        return (self._value(token["name"], scopes, "text", token),)

    def _tag(self, token: re.Match[str], scopes: list[str], floor: int) -> Sequence[Node]:
        tag, line = token["tag"], _line(self._text, token.start())
        if token["close"]:
            if token["attributes"]:
                raise LayoutRefused(f"</{tag}> takes no attributes.", line=line)
            self._tags.close(tag, line, floor=floor)
            return (Fixed(f"</{tag}>"),)
        attributes = check_tag(tag, token["attributes"], line)
        if tag not in VOID:
            self._tags.open(tag, line)
        nodes: list[Node] = [Fixed(f"<{tag}")]
        for name, value in attributes:
            nodes.append(Fixed(f' {name}="'))
            nodes.extend(self._attribute(name, value, scopes, token))
            nodes.append(Fixed('"'))
        return [*nodes, Fixed(">")]

    def _attribute(
        self, name: str, value: str, scopes: list[str], token: re.Match[str]
    ) -> list[Node]:
        nodes: list[Node] = []
        at = 0
        context = _CONTEXTS.get(name, "attribute")
        for found in _INSIDE.finditer(value):
            nodes.append(Fixed(value[at : found.start()]))
            nodes.append(self._value(found["name"], scopes, context, token))
            at = found.end()
        rest = value[at:]
        if "{{" in rest or "}}" in rest or (context == "address" and at and value.strip() != value):
            raise self._refusal(f"{name} is not written well.", token)
        if context == "address" and len(nodes) > 1 and (len(nodes) > 2 or nodes[0] != Fixed("")):
            raise self._refusal("href is one placeholder or one address.", token)
        return [*nodes, Fixed(rest)]

    def _value(self, name: str, scopes: list[str], context: Context, token: re.Match[str]) -> Shown:
        if name.startswith(PICTURE):
            self._check_picture(name, token)
            if context != "picture":
                raise self._refusal("A picture stands in the src of an <img>.", token)
            return Shown(0, (name.removeprefix(PICTURE),), "picture")
        if context == "picture":
            raise self._refusal("src takes {{picture:name}} alone.", token)
        if name == ".":
            if not scopes[-1].endswith("[]."):
                raise self._refusal("{{ . }} stands in a section of rows.", token)
            return Shown(len(scopes) - 1, (), context)
        found = self._listed.find(name, scopes) if NAME.fullmatch(name) else None
        if found is None or not self._listed.has_value(found.prefix):
            raise self._refusal(f"{name[:60]!r} is not among the placeholders.", token)
        return Shown(found.scope, found.way, context)

    def _section(self, token: re.Match[str], scopes: list[str]) -> Section:
        name, is_absent = token["name"], token["mark"] == "^"
        if len(scopes) > MOST_SECTIONS:
            raise self._refusal(f"Sections stand more than {MOST_SECTIONS} deep.", token)
        if name.startswith(PICTURE):
            self._check_picture(name, token)
            inner = self._until(name, [*scopes, scopes[-1]])
            return Section(0, (name.removeprefix(PICTURE),), "picture", is_absent, inner)
        found = self._listed.find(name, scopes) if NAME.fullmatch(name) else None
        if found is None:
            raise self._refusal(f"{name[:60]!r} is not among the placeholders.", token)
        if self._listed.is_list(found.prefix):
            kind, below = "rows", f"{found.prefix}[]."
        elif self._listed.is_group(found.prefix):
            kind, below = "group", f"{found.prefix}."
        else:
            kind, below = "value", scopes[-1]
        inner = self._until(name, [*scopes, scopes[-1] if is_absent else below])
        return Section(found.scope, found.way, kind, is_absent, inner)  # type: ignore[arg-type]

    def _check_picture(self, name: str, token: re.Match[str]) -> None:
        if not self._listed.has_picture(name.removeprefix(PICTURE)):
            raise self._refusal(f"{name[:60]!r} is not among the pictures.", token)

    def _check_balance(self, floor: int, at: int) -> None:
        if len(self._tags.names) > floor:
            raise LayoutRefused(
                f"<{self._tags.names[-1]}> is not closed where it was opened.",
                line=_line(self._text, at),
            )

    def _refusal(self, reason: str, token: re.Match[str]) -> LayoutRefused:
        return LayoutRefused(reason, line=_line(self._text, token.start()))
