"""What an offer keeps of its price, and the hash of what the customer agrees to."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from operations.itinerary import Itinerary
from operations.pricing.book import PriceBook
from operations.pricing.facts import PriceFacts

S = TypeVar("S", bound=Struct)


class PriceInputs(Struct, frozen=True, kw_only=True):
    """
    All that a price was made from beside the itinerary: enough to make it again.

    `care` is the hash of what the patient needed then, empty without a patient.
    """

    book: PriceBook
    facts: PriceFacts
    care: str = ""


def as_json(value: Struct) -> Any:
    """A Struct as plain JSON values; decimals and times become text."""
    return msgspec.to_builtins(value)


def itinerary_of(data: Any) -> Itinerary:
    """The plan kept as JSON; raises msgspec.ValidationError."""
    return msgspec.convert(data, Itinerary)


def inputs_of(data: Any) -> PriceInputs:
    """The inputs kept as JSON; raises msgspec.ValidationError."""
    return msgspec.convert(data, PriceInputs)


def content_hash(content: Mapping[str, Any]) -> str:
    """The SHA-256 of JSON values, whatever the order of their names."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
