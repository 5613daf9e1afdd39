"""The CSS that a layout may hold: listed properties, listed functions, nothing from elsewhere."""

from collections.abc import Iterable
from typing import Any

import tinycss2

from documents.exceptions import LayoutRefused

AT_RULES = {"page", "media"}
MARGIN_BOXES = {
    f"{edge}-{place}"
    for edge, places in {
        "top": ("left", "center", "right", "left-corner", "right-corner"),
        "bottom": ("left", "center", "right", "left-corner", "right-corner"),
        "left": ("top", "middle", "bottom"),
        "right": ("top", "middle", "bottom"),
    }.items()
    for place in places
}
FUNCTIONS = {
    "rgb", "rgba", "hsl", "hsla", "calc", "min", "max", "counter", "counters",
    "linear-gradient", "repeat", "minmax", "fit-content", "translate", "rotate", "scale",
    "nth-child", "nth-of-type", "not",
}  # fmt: skip
_PLAIN = """
    align-content align-items align-self background background-color background-image
    background-position background-repeat background-size border border-collapse border-color
    border-radius border-spacing border-style border-width bottom box-decoration-break
    box-sizing break-after break-before break-inside caption-side clear color column-count
    column-gap column-width content counter-increment counter-reset direction display empty-cells
    flex flex-basis flex-direction flex-flow flex-grow flex-shrink flex-wrap float font
    font-family font-size font-style font-variant font-variant-numeric font-weight gap grid
    grid-area grid-column grid-row grid-template grid-template-columns grid-template-rows height
    hyphens justify-content justify-items justify-self left letter-spacing line-height list-style
    list-style-position list-style-type margin max-height max-width min-height min-width
    object-fit object-position opacity order orphans outline overflow overflow-wrap padding
    page page-break-after page-break-before page-break-inside position right row-gap size
    table-layout text-align text-decoration text-indent text-overflow text-transform top transform
    transform-origin unicode-bidi vertical-align visibility white-space widows width word-break
    word-spacing z-index
"""
PROPERTIES = set(_PLAIN.split()) | {
    f"{name}-{edge}{end}"
    for name, ends in {
        "border": ("", "-color", "-style", "-width"),
        "margin": ("",),
        "padding": ("",),
    }.items()
    for edge in ("top", "right", "bottom", "left")
    for end in ends
}
IMAGES = ("data:image/png;base64,", "data:image/jpeg;base64,")


def check_stylesheet(text: str, *, line: int = 1) -> None:
    """Raise LayoutRefused, with the line, for a stylesheet with anything that is not listed."""
    rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    _check_rules(rules, line - 1)


def check_declarations(text: str, *, line: int = 1) -> None:
    """The same for the value of a style attribute."""
    found = tinycss2.parse_blocks_contents(text, skip_comments=True, skip_whitespace=True)
    for each in found:
        if each.type != "declaration":
            raise LayoutRefused("This is not a list of CSS declarations.", line=line)
        _check_declaration(each, line - each.source_line)


def _check_rules(rules: Iterable[Any], before: int) -> None:
    for rule in rules:
        line = before + rule.source_line
        if rule.type == "qualified-rule":
            _check_tokens(rule.prelude, line)
            _check_block(rule.content, before, is_page=False)
        elif rule.type == "at-rule" and rule.lower_at_keyword in AT_RULES and rule.content:
            _check_tokens(rule.prelude, line)
            if rule.lower_at_keyword == "media":
                inner = tinycss2.parse_rule_list(
                    rule.content, skip_comments=True, skip_whitespace=True
                )
                _check_rules(inner, before)
            else:
                _check_block(rule.content, before, is_page=True)
        else:
            raise LayoutRefused(_not_allowed(rule), line=line)


def _check_block(content: Any, before: int, *, is_page: bool) -> None:
    found = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
    for each in found:
        if each.type == "declaration":
            _check_declaration(each, before)
        elif is_page and each.type == "at-rule" and each.lower_at_keyword in MARGIN_BOXES:
            _check_block(each.content or [], before, is_page=False)
        else:
            raise LayoutRefused(_not_allowed(each), line=before + each.source_line)


def _check_declaration(declaration: Any, before: int) -> None:
    line = before + declaration.source_line
    if declaration.lower_name not in PROPERTIES:
        name = declaration.lower_name[:40]
        raise LayoutRefused(f"The CSS property {name!r} is not allowed.", line=line)
    _check_tokens(declaration.value, line)


def _check_tokens(tokens: Iterable[Any], line: int) -> None:
    for token in tokens:
        if token.type == "url":
            _check_address(token.value, line)
        elif token.type == "function":
            if token.lower_name == "url":
                _check_address("".join(getattr(t, "value", "") for t in token.arguments), line)
            elif token.lower_name not in FUNCTIONS:
                name = token.lower_name[:40]
                raise LayoutRefused(f"The CSS function {name}() is not allowed.", line=line)
            else:
                _check_tokens(token.arguments, line)
        elif token.type == "error":
            raise LayoutRefused(f"This is not CSS: {token.message}.", line=line)
        elif token.type.endswith("block"):
            _check_tokens(token.content, line)


def _check_address(address: str, line: int) -> None:
    if not address.startswith(IMAGES):
        raise LayoutRefused("url() takes PNG and JPEG as data: only.", line=line)


def _not_allowed(rule: Any) -> str:
    if rule.type == "at-rule":
        return f"@{rule.lower_at_keyword[:40]} is not allowed here."
    return f"This is not CSS: {getattr(rule, 'message', rule.type)}."
