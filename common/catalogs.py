"""
Catalogs of translated texts: read from `.po`, compiled to `.mo`, and held against the sources.

Compiling needs no tool of the system, so that a machine with nothing but this can make them anew.
"""

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.template import Template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

# How many texts a call begins with; of two the other is the plural, or goes before as a context.
CALLS = {
    "gettext": 1,
    "gettext_lazy": 1,
    "gettext_noop": 1,
    "ngettext": 2,
    "ngettext_lazy": 2,
    "pgettext": 2,
    "pgettext_lazy": 2,
}
CONTEXT_MARK = "\x04"
_FILLS = re.compile(r"%\((\w+)\)s|\{(\w*)\}")


@dataclass(frozen=True)
class Entry:
    """One text, after its context where it has one, with its words, or those for each number."""

    text: str
    plural: str
    words: tuple[str, ...]
    is_fuzzy: bool = False

    @property
    def faults(self) -> list[str]:
        """What is wrong with the words."""
        if self.is_fuzzy:
            return ["is only a guess (fuzzy)"]
        if not all(self.words):
            return ["has no words"]
        wanted = fills(self.text) | fills(self.plural)
        # The form for one may leave the number out.
        found = [fills(words) for words in (self.words[-1:] if self.plural else self.words)]
        strange = [fills(words) - wanted for words in self.words]
        if any(each != wanted for each in found) or any(strange):
            return [f"must name {sorted(wanted)}"]
        return []


def fills(text: str) -> set[str]:
    """What a text is filled with."""
    return {one or other for one, other in _FILLS.findall(text)}


def read_po(path: Path) -> list[Entry]:
    """
    The entries of a catalog, its head first (with an empty text).

    Raises ValueError for a line that is none, or a text that is there twice.
    """
    entries = [_entry(block) for block in re.split(r"\n\s*\n", path.read_text().strip())]
    texts = [entry.text for entry in entries]
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        raise ValueError(f"{path}: there twice: {twice}")
    return entries


def compiled(entries: list[Entry]) -> bytes:
    """The entries as `gettext` reads them, sorted by text."""
    pairs = sorted(
        ("\0".join(filter(None, (e.text, e.plural))).encode(), "\0".join(e.words).encode())
        for e in entries
    )
    count = len(pairs)
    place = 28 + 16 * count
    tables, texts = [b"", b""], b""
    for column in (0, 1):
        for pair in pairs:
            tables[column] += struct.pack("<II", len(pair[column]), place + len(texts))
            texts += pair[column] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, place)
    return head + tables[0] + tables[1] + texts


def texts_of_module(source: str) -> Iterator[tuple[str, str]]:
    """Each text that a module marks, with its plural."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in CALLS
    }
    contexts = {name for name, real in names.items() if real.startswith("pgettext")}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            count = CALLS.get(names.get(node.func.id, ""), 0)
            given = [a.value for a in node.args[:count] if isinstance(a, ast.Constant)]
            if count and len(given) == count:
                yield _named(node.func.id in contexts, *map(str, given))


def texts_of_template(source: str) -> Iterator[tuple[str, str]]:
    """Each text that a template marks, with its plural."""
    found: Any = Template(source).nodelist
    for node in found.get_nodes_by_type((TranslateNode, BlockTranslateNode)):
        if isinstance(node, TranslateNode):
            text = str(node.filter_expression.var.literal)
            context = node.message_context
            yield _named(True, str(context.var), text) if context else (text, "")
        else:
            text, _ = node.render_token_list(node.singular)
            plural, _ = node.render_token_list(node.plural) if node.plural else ("", [])
            yield _trimmed(node, text), _trimmed(node, plural)


def _named(has_context: bool, first: str, second: str = "") -> tuple[str, str]:
    return (f"{first}{CONTEXT_MARK}{second}", "") if has_context else (first, second)


def _trimmed(node: Any, text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text.strip()) if node.trimmed else text


def _entry(block: str) -> Entry:
    found: dict[str, str] = {}
    key, is_fuzzy = "", False
    for line in block.splitlines():
        if line.startswith("#"):
            is_fuzzy = is_fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        match = re.fullmatch(
            r'(?:(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)\s+)?("(?:.*)")', line
        )
        if match is None or not (match[1] or key):
            raise ValueError(f"not a line of a catalog: {line!r}")
        key = match[1] or key
        found[key] = found.get(key, "") + ast.literal_eval(match[2])
    words = tuple(found[name] for name in sorted(found) if name.startswith("msgstr"))
    text = CONTEXT_MARK.join(found[name] for name in ("msgctxt", "msgid") if name in found)
    return Entry(text, found.get("msgid_plural", ""), words, is_fuzzy)
