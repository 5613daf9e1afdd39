import json
import math
from typing import Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser, MultiPartParser

from common.card_numbers import card_number_place, holds_card_number, may_hold_card_number

MAX_DEPTH = 32
MAX_INT_DIGITS = 18


class TooLarge(APIException):
    """The body is larger than this endpoint takes."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The request body is too large."


class StrictJSONParser(BaseParser):
    """
    JSON as RFC 8259 has it, and nothing that could be read in two ways.

    Refuses duplicate keys, NaN and infinities, NUL and lone surrogates in strings, integers beyond
    64 bits, nesting deeper than 32, bodies over the size limit, and anything but UTF-8. A card
    number in any field is refused, too: none is kept anywhere, not even by mistake in a note.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = read_limited(stream, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        value = strict_loads(body)
        if may_hold_card_number(body):
            refuse_card_numbers(value)
        return value


class CardNumberGiven(APIException):
    """A field holds what is a card number in all likelihood."""

    status_code = 400
    default_code = "card_number_refused"
    default_detail = "A field holds a card number. Cards are entered with the provider only."


def refuse_card_numbers(value: Any) -> None:
    """Raise CardNumberGiven for a value that holds a card number; the answer never quotes it."""
    if card_number_place(value) is not None:
        raise CardNumberGiven


class CleanMultiPartParser(MultiPartParser):
    """A form with files whose other fields hold no card number."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        found = super().parse(stream, media_type, parser_context)
        for name, values in found.data.lists():
            if any(holds_card_number(str(value), key=name) for value in values):
                raise CardNumberGiven
        return found


def read_limited(stream: Any, limit: int) -> bytes:
    """Read a request body of at most `limit` bytes, or raise TooLarge."""
    body = stream.read(limit + 1)
    if len(body) > limit:
        raise TooLarge
    return bytes(body)


def strict_loads(body: bytes) -> Any:
    """Parse strict JSON, or raise ParseError saying what is wrong."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_int=_bounded_int,
            parse_float=_finite_float,
        )
    except RecursionError as error:
        raise ParseError(f"The JSON is nested deeper than {MAX_DEPTH} levels.") from error
    except UnicodeDecodeError as error:
        raise ParseError("The body is not UTF-8.") from error
    except json.JSONDecodeError as error:
        raise ParseError(f"Not JSON: {error.msg} at character {error.pos}.") from error
    _check(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ParseError("An object has the same key twice.")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ParseError(f"{name} is not a JSON number.")


def _bounded_int(text: str) -> int:
    if len(text.lstrip("-")) > MAX_INT_DIGITS:
        raise ParseError("An integer has more than 18 digits.")
    return int(text)


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ParseError("A number is too large.")
    return value


def _check(value: Any) -> None:
    """Walk the value level by level: depth, and strings that no database could store."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ParseError(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
        below: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, dict):
                below.extend(item)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        level = below


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise ParseError("A string contains the NUL character.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ParseError("A string contains half a surrogate pair.")
