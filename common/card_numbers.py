"""
Numbers of payment cards in texts: found, so that they are never kept, logged or passed on.

A number counts as one when it has the length and the beginning of an issuer's cards and its check
digit fits (Luhn, ISO/IEC 7812-1): one in ten of random numbers that look like a card's. Those that
are known to be something else are left alone: a telephone number with its plus, a UUID, digits that
are part of a longer word such as a hash or a token, and the number of a bank account whose own
check fits (IBAN, ISO 13616).
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

# In a row, or in the groups that cards have; not a part of a longer word or of a fraction.
_CANDIDATE = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9]\.)"
    r"(?:[2-6][0-9]{12,18}"
    r"|[2-6][0-9]{3}([ .-])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{1,3})?"
    r"|3[0-9]{3}([ .-])[0-9]{6}\2[0-9]{4,5})"
    r"(?![0-9A-Za-z_])"
)
# What any of them looks like in the bytes of a request; nothing else need be looked at closely.
_TRACE = re.compile(rb"[2-6](?:[ \t.-]*[0-9]){12}|\\u|\\t|[^\x00-\x7f]")
_BLANKS = re.compile(r"[^\S\r\n]+")
_MINUS = "\N{MINUS SIGN}"
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_IBAN = re.compile(
    r"\b[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)\b"
)
_PHONE_KEY = re.compile(r"phone|mobile|fax|sms|tel|callsign", re.IGNORECASE)
LONGEST_PHONE = 15
SHORTEST = 13
# (first digits from, to, lengths), as issuers have them. Maestro's wide range is left out except
# for the numbers in use.
_ISSUERS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("4", "4", (13, 16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("300", "305", (14, 16)),
    ("36", "36", (14, 16)),
    ("38", "39", (14, 16)),
    ("6011", "6011", (16, 17, 18, 19)),
    ("644", "649", (16, 17, 18, 19)),
    ("65", "65", (16, 17, 18, 19)),
    ("3528", "3589", (16, 17, 18, 19)),
    ("62", "62", (16, 17, 18, 19)),
    ("5018", "5018", (16, 17, 18, 19)),
    ("5020", "5020", (16, 17, 18, 19)),
    ("5038", "5038", (16, 17, 18, 19)),
    ("5893", "5893", (16, 17, 18, 19)),
    ("6304", "6304", (16, 17, 18, 19)),
    ("6759", "6763", (16, 17, 18, 19)),
)


def holds_card_number(text: str, *, key: str = "") -> bool:
    """
    Whether a text holds what is a card number in all likelihood.

    `key` is the name of the field: a number of up to 15 digits in one for telephones is a
    telephone's.
    """
    if len(text) < SHORTEST:
        return False
    longest_other = LONGEST_PHONE if _PHONE_KEY.search(key) else 0
    text = _plain(text)
    cleaned = _UUID.sub(" ", text) if text.count("-") >= 4 else text
    cleaned = _IBAN.sub(_without_iban, cleaned)
    for match in _CANDIDATE.finditer(cleaned):
        digits = "".join(filter(str.isdigit, match.group()))
        is_phone = match.start() and cleaned[match.start() - 1] == "+"
        if len(digits) <= max(longest_other, LONGEST_PHONE if is_phone else 0):
            continue
        if _is_issued(digits) and _luhn(digits):
            return True
    return False


def _plain(text: str) -> str:
    """A text with the digits, dashes and blanks of any script as ASCII has them."""
    if not text.isascii():
        text = "".join(map(_plain_character, unicodedata.normalize("NFKC", text)))
    return _BLANKS.sub(" ", text)


def _plain_character(character: str) -> str:
    if character.isascii():
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    kind = unicodedata.category(character)
    if kind == "Pd" or character == _MINUS:
        return "-"
    # What is not seen, such as a soft hyphen or a joiner.
    return "" if kind == "Cf" else character


def may_hold_card_number(body: bytes) -> bool:
    """Whether it is worth looking: false for nearly every request, at the cost of one glance."""
    return _TRACE.search(body) is not None


def card_number_place(value: Any) -> str | None:
    """The JSON pointer of the first card number in a value, also one written as a number."""
    for pointer, key, leaf in _leaves(value):
        if isinstance(leaf, str) and holds_card_number(leaf, key=key):
            return pointer
        # A field of text takes a number, too. Fractions are nobody's card.
        if type(leaf) is int and leaf >= 10**13 and holds_card_number(str(leaf), key=key):
            return pointer
    return None


def _leaves(value: Any) -> Iterator[tuple[str, str, Any]]:
    stack = [("", "", value)]
    while stack:
        pointer, key, item = stack.pop()
        if isinstance(item, dict):
            for name, inner in item.items():
                yield f"{pointer}/", "", name
                stack.append((f"{pointer}/{name}"[:200], str(name), inner))
        elif isinstance(item, list):
            # Positions, samples: numbers in numbers, and far too many to look at one by one.
            if item and all(type(inner) in (float, int) for inner in item[:4]) and len(item) > 3:
                continue
            stack.extend((f"{pointer}/{place}", key, inner) for place, inner in enumerate(item))
        else:
            yield pointer, key, item


def _without_iban(match: re.Match[str]) -> str:
    """Nothing, for a bank account number; what stood there, for something that only looks so."""
    text = match.group().replace(" ", "")
    number = int("".join(str(int(each, 36)) for each in text[4:] + text[:4]))
    return " " if 15 <= len(text) <= 34 and number % 97 == 1 else match.group()


def _is_issued(digits: str) -> bool:
    for first, last, lengths in _ISSUERS:
        if first <= digits[: len(first)] <= last and len(digits) in lengths:
            return True
    return False


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
