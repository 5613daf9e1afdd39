"""
Names, e-mail addresses and telephone numbers in a form in which equal ones are equal.

Pure: values in, values out. What is stored beside what a person typed, never instead of it.
"""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass

from contacts.dialing import DIALING, TRUNK_ZERO

# Letters that Unicode does not take apart into a letter and an accent, and curly apostrophes.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
    | {"ħ": "h", "\u0131": "i", "\u2019": "'", "\u02bc": "'"}
)
# Signs that set the direction of writing over what the letters themselves have.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TITLES = frozenset({"dr", "mr", "mrs", "ms", "mx", "prof", "sir"})
_LEGAL_FORMS = frozenset(
    {"ab", "ag", "bv", "co", "gmbh", "inc", "kg", "llc", "ltd", "nv", "oy", "plc", "pte", "pty"}
    | {"sa", "sarl", "sas", "spa", "srl"}
    | {"company", "corp", "corporation", "incorporated", "limited", "proprietary"}
    | {"and", "the"}
)
_SPELLINGS = {
    "centre": "center",
    "hosp": "hospital",
    "intl": "international",
    "saint": "st",
    "svc": "service",
    "svcs": "services",
}
_APOSTROPHES = re.compile("['\u2019\u02bc`.]")
_WORD = re.compile(r"[^\W_]+")
_EXTENSION = re.compile(r"(?:ext\.?|extension|x|#)\s*([0-9]{1,8})\s*$", re.IGNORECASE)
_TYPED = re.compile(r"[0-9 ()./\-+\u2010-\u2015]*")
# ITU-T E.164: 15 digits at most, with the calling code.
_MOST_DIGITS = 15
_FEWEST_NATIONAL = 6
_ITALY = "+39"
# Understood as "from abroad" in every country, and the beginning of no national number.
_ABROAD = "00"
TAIL = 8


@dataclass(frozen=True)
class PhoneNumber:
    """
    A telephone number as far as it is known.

    `e164` is empty where the country is not known; `tail` is the end that every way of writing the
    number shares, for comparing with one whose country is not known.
    """

    e164: str
    digits: str
    extension: str

    @property
    def key(self) -> str:
        """What tells two numbers of one contact apart."""
        return self.e164 or self.digits

    @property
    def tail(self) -> str:
        return self.digits[-TAIL:] if len(self.digits) >= _FEWEST_NATIONAL else ""


def fault_in_name(name: str) -> str:
    """Name what is wrong with a name somebody typed; empty when it is sound."""
    kinds = {unicodedata.category(letter) for letter in name}
    if "Cc" in kinds or _TURNS & set(name):
        return "It holds control characters, or signs that turn the direction of writing."
    if not any(kind[0] in "LNPS" for kind in kinds):
        return "It holds nothing that can be read."
    return ""


def plain(text: str) -> str:
    """Lower case without accents: `Jos\u00e9 M\u00dcLLER` is `jose muller`."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def name_key(name: str, *, is_person: bool | None) -> str:
    """
    The words of a name in alphabetical order, without accents, a person's titles and a company's
    legal form; without either where it is not known which it is.

    `Garc\u00eda, Jos\u00e9` and `Jose Garcia` have one key, `Sky Aero Pty Ltd` and `SKY AERO` too.
    """
    text = _APOSTROPHES.sub("", plain(name))
    words = [_SPELLINGS.get(word, word) for word in _WORD.findall(text)]
    dropped = {True: _TITLES, False: _LEGAL_FORMS, None: _TITLES | _LEGAL_FORMS}[is_person]
    kept = [word for word in words if word not in dropped] or words
    return " ".join(sorted(kept)) or text.strip() or name.strip()


def email_key(address: str) -> str:
    """The address without regard to case, its domain as the DNS spells it."""
    local, _, domain = unicodedata.normalize("NFKC", address.strip()).casefold().rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode()
    return f"{local}@{domain}"


def read_phone(text: str, *, country: str = "") -> PhoneNumber:
    """
    Read a number as people write it; `country` (ISO 3166) is where a national one is dialed.

    Raises ValueError for what is not a telephone number.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    extension = ""
    if found := _EXTENSION.search(typed):
        extension, typed = found[1], typed[: found.start()].strip(" ,;")
    if not _TYPED.fullmatch(typed):
        raise ValueError("Digits, blanks and ()./-+ only, then perhaps an extension.")
    is_international = typed.startswith("+")
    if is_international and not typed.startswith(_ITALY):
        # "+44 (0)20": the zero is dialed inside the country only; an Italian one is dialed always.
        typed = typed.replace("(0)", "")
    digits = re.sub(r"[^0-9]", "", typed)
    if not 3 <= len(digits) <= _MOST_DIGITS + 4:
        raise ValueError("Between 3 and 15 digits.")
    whole = _without_trunk(digits) if is_international else _international(digits, country)
    if len(whole) > _MOST_DIGITS or (is_international and whole.startswith("0")):
        raise ValueError("That is not an international number.")
    is_whole = len(whole) > _FEWEST_NATIONAL and not whole.startswith("0")
    return PhoneNumber(f"+{whole}" if is_whole else "", digits, extension)


def _international(digits: str, country: str) -> str:
    """The number with its calling code, or nothing where that cannot be known."""
    dialing = DIALING.get(country)
    for abroad in (dialing.abroad if dialing else _ABROAD, _ABROAD):
        if digits.startswith(abroad) and len(digits) > len(abroad) + _FEWEST_NATIONAL:
            return _without_trunk(digits[len(abroad) :])
    if dialing is None:
        return ""
    national = digits
    has_trunk = dialing.trunk and digits.startswith(dialing.trunk)
    if has_trunk and dialing.trunk_length in (0, len(digits)):
        national = digits[len(dialing.trunk) :]
    fewest, most = dialing.lengths
    if len(national) > most and national.startswith(dialing.code):
        # Written as from abroad, without the plus sign.
        national = _without_trunk(national)[len(dialing.code) :]
    return dialing.code + national if fewest <= len(national) <= most else ""


def _without_trunk(whole: str) -> str:
    """`+61 0412` as it is dialed: without the zero that is for inside the country."""
    for length in (1, 2, 3):
        if whole[:length] in TRUNK_ZERO and whole.startswith("0", length):
            return whole[:length] + whole[length + 1 :]
    return whole
