"""Card numbers are found, and what only looks like one is left alone."""

import json
import random

import pytest
from django.test import Client

from common.card_numbers import card_number_place, holds_card_number, may_hold_card_number

# The numbers that schemes publish for tests.
PUBLISHED = [
    "4111111111111111",
    "4012888888881881",
    "4222222222222",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "6011111111111117",
    "3056930009020004",
    "3530111333300000",
    "6200000000000005",
]


@pytest.mark.parametrize("number", PUBLISHED)
def test_the_published_numbers_are_found_however_they_stand(number):
    written = [number, f"card {number}, thanks", f"no:{number}", f"({number})", f"+{number}"]
    if len(number) == 16:
        groups = [number[place : place + 4] for place in range(0, 16, 4)]
        written += [mark.join(groups) for mark in " -."]

    missed = [text for text in written if not holds_card_number(text)]

    # With a plus, up to fifteen digits are a telephone's.
    assert missed == ([f"+{number}"] if len(number) <= 15 else [])


@pytest.mark.parametrize(
    "text",
    [
        "4111\u00a01111\u00a01111\u00a01111",
        "4111\u20111111\u20111111\u20111111",
        "4111\u20131111\u20131111\u20131111",
        "4111  1111  1111  1111",
        "4111\t1111\t1111\t1111",
        "4111\u200b1111\u200b1111\u200b1111",
        "\uff14" + "\uff11" * 15,
        "\u0664" + "\u0661" * 15,
    ],
)
def test_a_number_from_a_web_page_or_another_keyboard_is_found(text):
    bodies = [json.dumps({"notes": text}, ensure_ascii=ascii_only) for ascii_only in (True, False)]

    assert holds_card_number(text)
    assert all(may_hold_card_number(body.encode()) for body in bodies)


def test_american_express_is_found_in_its_own_groups():
    assert holds_card_number("3782 822463 10005")


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "1111111111111117",
        "+4915112345678",
        "41111111-1111-1111-1111-111111111111",
        "a4111111111111111",
        "4111111111111111f",
        "0.4111111111111111",
        "1763795460123",
        "2026-03-14T22:30:00.000000Z",
        "51 824 753 556",
        "YSSY 142200Z 18010KT 9999 FEW030 20/05 Q1013",
        "4111 11111111 1111",
        "",
    ],
)
def test_what_is_something_else_is_left_alone(text):
    assert not holds_card_number(text)


def test_a_field_for_telephones_may_hold_one_without_its_plus():
    assert holds_card_number("4915112345678", key="note")
    assert not holds_card_number("4915112345678", key="phone")
    assert holds_card_number("4111111111111111", key="phone")


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": {"b": ["x", "4111111111111111"]}}, "/a/b/1"),
        ({"a": 4111111111111111}, "/a"),
        ({"4111111111111111": 1}, "/"),
        ({"a": [4.5, 4111111111111111, 2, 3]}, None),
        ({"a": 4111111111111112, "b": True, "c": None, "d": 1.5}, None),
    ],
)
def test_a_number_is_found_at_any_depth(value, place):
    assert card_number_place(value) == place


def test_one_in_ten_numbers_of_a_cards_shape_is_taken_for_one_and_hardly_any_other():
    dice = random.Random(7)  # noqa: S311 - a sample, not a secret
    shaped = [f"4{dice.randrange(10**15):015}" for _ in range(2000)]
    others = [str(dice.randrange(10**15, 10**16)) for _ in range(2000)]

    assert 0.08 < sum(map(holds_card_number, shaped)) / 2000 < 0.12
    assert sum(map(holds_card_number, others)) / 2000 < 0.04


@pytest.mark.parametrize("number", PUBLISHED)
def test_the_glance_at_the_bytes_misses_none(number):
    for text in (number, f"{number[:4]} {number[4:]}"):
        assert may_hold_card_number(json.dumps({"a": text}).encode())
    escaped = "".join(f"\\u{ord(digit):04x}" for digit in number)
    assert may_hold_card_number(f'{{"a": "{escaped}"}}'.encode())
    assert not may_hold_card_number(b'{"at": "2026-03-14T22:30:00Z", "id": 123456789012}')


CARD = "4111 1111 1111 1111"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps({"email": "a@b.example", "password": CARD}), "application/json"),
        (json.dumps({"email": 4111111111111111}), "application/json"),
        ('{"email": "\\u0034' + "1" * 15 + '"}', "application/json"),
    ],
)
def test_a_request_with_a_card_number_is_refused_and_not_quoted(api, caplog, body, content_type):
    answer = api.generic("POST", "/api/token/", body, content_type=content_type)

    assert (answer.status_code, answer.json()["code"]) == (400, "card_number_refused")
    assert answer["Content-Type"] == "application/problem+json"
    assert "4111" not in answer.content.decode()
    assert "4111" not in caplog.text


@pytest.mark.django_db
def test_an_address_with_a_card_number_is_refused(api):
    answer = api.get("/api/users/users/", {"search": CARD})

    assert (answer.status_code, answer.json()["code"]) == (400, "card_number_refused")


@pytest.mark.django_db
def test_a_form_of_the_admin_with_a_card_number_is_refused():
    answer = Client().post("/admin/login/", {"username": "x", "password": CARD})

    assert (answer.status_code, answer.json()["code"]) == (400, "card_number_refused")
    assert Client().post("/admin/login/", {"username": "x", "password": "y"}).status_code == 200
