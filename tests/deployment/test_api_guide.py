"""The exchanges of docs/API.md, as they stand there, in their order."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.users.factories import PASSWORD, UserFactory, grant

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "API.md"
BLOCK = re.compile(r"^```http\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"<(\w+)>")
# Each sign-in gives others.
TOKENS = ("access", "refresh", "next")
GRANTS = (
    "contacts.view_contact",
    "contacts.add_contact",
    "contacts.change_contact",
    "airports.view_airport",
)

pytestmark = pytest.mark.django_db


def parts(block: str) -> tuple[str, dict[str, str], Any]:
    """First line, headers and body of one message."""
    head, _, body = block.partition("\n\n")
    first, *lines = head.strip().split("\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return first, headers, json.loads(body) if body.strip() else None


def exchanges() -> list[tuple[str, str]]:
    blocks = BLOCK.findall(GUIDE.read_text())
    assert len(blocks) % 2 == 0
    return list(zip(blocks[::2], blocks[1::2], strict=True))


def filled(text: str, known: dict[str, str]) -> str:
    return NAME.sub(lambda found: known.get(found[1], found[0]), text)


def differences(wanted: Any, given: Any, known: dict[str, str], at: str = "") -> list[str]:
    """Where an answer is not as the guide shows it; a name takes the value that it stands for."""
    if wanted == "...":
        return [] if given not in (None, "") else [f"{at}: nothing"]
    name = NAME.fullmatch(wanted) if isinstance(wanted, str) else None
    if name:
        if name[1] in TOKENS:
            known[name[1]] = str(given)
        before = known.setdefault(name[1], str(given))
        return [] if before == str(given) else [f"{at}: another {name[1]}"]
    if isinstance(wanted, dict) and isinstance(given, dict):
        return [
            line
            for key, value in wanted.items()
            for line in differences(value, given.get(key), known, f"{at}/{key}")
        ]
    if isinstance(wanted, list) and isinstance(given, list) and len(wanted) == len(given):
        return [
            line
            for index, (left, right) in enumerate(zip(wanted, given, strict=True))
            for line in differences(left, right, known, f"{at}/{index}")
        ]
    return [] if wanted == given else [f"{at}: {given!r}, not {wanted!r}"]


def test_every_exchange_of_the_guide_is_answered_as_it_says():
    person = UserFactory(email="robin@example.com")
    for each in GRANTS:
        grant(person, each)
    assert PASSWORD in GUIDE.read_text()
    known: dict[str, str] = {}
    seen = []

    for request, response in exchanges():
        first, headers, body = parts(filled(request, known))
        method, address = first.split(" ")
        extra = {} if body is None else {"data": json.dumps(body)}
        answer = APIClient().generic(
            method,
            address,
            content_type=headers.pop("Content-Type", "application/json"),
            headers=headers,
            **extra,
        )
        status, wanted_headers, wanted = parts(response)
        given = json.loads(answer.content)
        assert f"HTTP/1.1 {answer.status_code}" == status, (first, given)
        assert {name: answer[name] for name in wanted_headers} == wanted_headers, first
        assert differences(wanted, given, known) == [], first
        seen.append(answer.status_code)

    assert len(seen) >= 12
    assert set(seen) >= {200, 201, 400, 401, 412, 422, 428}


def test_what_the_guide_refers_to_is_there():
    text = GUIDE.read_text()
    here = GUIDE.parent
    # Written beside this guide by the part of the product that sends them.
    missing = {name for name in re.findall(r"\]\((\w+\.md)\)", text) if not (here / name).exists()}

    assert missing <= {"WEBHOOKS.md"}


def test_an_answer_that_differs_is_told():
    """The control of the comparison."""
    known = {"contact": "7"}

    assert differences({"a": 1}, {"a": 2}, known) == ["/a: 2, not 1"]
    assert differences({"a": "<contact>"}, {"a": 8}, known) == ["/a: another contact"]
    assert differences([1], [], known) == [": [], not [1]"]
    assert differences({"a": "..."}, {}, known) == ["/a: nothing"]
