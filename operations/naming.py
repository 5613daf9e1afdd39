"""Patients' names and record numbers in the form in which equal ones are equal. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from contacts.normalization import name_key, plain

_NEITHER_LETTER_NOR_DIGIT = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W_]+")


def record_key(number: str) -> str:
    """A medical record number without spaces, dashes and case: `mrn 00-417` is `MRN00417`."""
    text = unicodedata.normalize("NFKC", number).upper()
    return _NEITHER_LETTER_NOR_DIGIT.sub("", text)


def birth_key(family_name: str, given_names: str, born: date) -> str:
    """Family name, first given name and birth date; second given names are often left out."""
    first, *_ = given_names.split() or [""]
    names = [name_key(name, is_person=False) for name in (family_name, first)]
    return "|".join([*names, born.isoformat()])


def is_named_in(names: Iterable[str | None], text: str) -> bool:
    """Whether a word of one of the names, of three letters or more, stands in a text as a word."""
    told = set(_WORD.findall(plain(text)))
    words = {word for name in names for word in _WORD.findall(plain(name or ""))}
    return any(len(word) > 2 for word in words & told)
