"""What a page says hundreds of times, made once: findings recur from one operation to the next."""

from collections.abc import Iterable, Mapping

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString


class Markup:
    """The findings of one page, and what headings and words become."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], SafeString] = {}

    def finding(self, each: Mapping[str, str]) -> SafeString:
        """One finding with its citation, and what to do about it."""
        key = (each["rule"], each["color"], each["message"], each["fix"])
        if key not in self._known:
            self._known[key] = _finding(each)
        return self._known[key]

    def told(self, pairs: Iterable[tuple[str, str]]) -> SafeString:
        """Headings and words as the parts of a list."""
        parts = (f"<dt>{escape(head)}</dt><dd>{escape(words)}</dd>" for head, words in pairs)
        return SafeString("".join(parts))


def _finding(each: Mapping[str, str]) -> SafeString:
    source = " · ".join(part for part in (each["rule"], each["citation"]) if part)
    return format_html(
        '<li><span class="badge c-{}">{}</span>'
        "<div><b>{}</b><p>{}</p>{}<small>{}</small></div></li>",
        each["color"],
        each["color"][:1].upper(),
        each["title"] or each["rule"],
        each["message"],
        format_html('<p class="fix">{}</p>', each["fix"]) if each["fix"] else "",
        source,
    )
