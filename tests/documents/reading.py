"""What a document says, held against what it was made from."""

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pypdf import PdfReader

from documents.models import Document
from documents.services import files


def pages_of(document: Document) -> list[str]:
    """The text of each page, without spaces: where a line ends is no matter."""
    reader = PdfReader(io.BytesIO(files.read(document)))
    return [squeezed(page.extract_text()) for page in reader.pages]


def text_of(document: Document) -> str:
    return "".join(pages_of(document))


def squeezed(text: str) -> str:
    return "".join(text.split())


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a snapshot with its path; yes and no only decide what is shown."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{number}]")
    elif not isinstance(value, bool):
        yield path.lstrip("."), str(value)


def unprinted(data: Mapping[str, Any], text: str) -> list[tuple[str, str]]:
    """What of a snapshot is not to be found in the text of its document."""
    return [(path, leaf) for path, leaf in leaves(data) if squeezed(leaf) not in text]


def data_of(document: Document) -> dict[str, Any]:
    """What a document was made from, opened where it is sealed."""
    kept = document.snapshot or json.loads(document.sealed_snapshot)
    found: dict[str, Any] = kept["data"]
    return found
