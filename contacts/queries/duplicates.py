"""Contacts that may be the same as one at hand, with how likely and why. Scores are ours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Q, QuerySet

from contacts.models import Contact, ContactEmail, ContactKind, ContactPhone
from contacts.normalization import PhoneNumber, email_key, name_key, read_phone

MOST = 20
_MOST_CANDIDATES = 50
_LEAST_SIMILARITY = 0.45
LEAST_SCORE = 0.35
# One mailbox is mostly one person's; a switchboard has many; an unknown country many numbers.
EMAIL_SCORE, PHONE_SCORE, TAIL_SCORE, NAME_SCORE = 0.9, 0.7, 0.4, 0.8
# A person has the telephone of their organization without being it.
OTHER_KIND_FACTOR = 0.4


@dataclass(frozen=True)
class Sought:
    """What is known of the contact whose duplicates are looked for."""

    name: str
    # Empty: not known whether a person or an organization.
    kind: str = ""
    country: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    pk: int | None = None


@dataclass(frozen=True)
class Reason:
    """One thing two contacts have in common: `name`, `email`, `phone` or `phone_end`."""

    kind: str
    score: float
    value: str


@dataclass
class Duplicate:
    """A contact that may be the same; `score` is between 0 and 1."""

    contact: Contact
    score: float = 0.0
    reasons: list[Reason] = field(default_factory=list)


def sought_like(contact: Contact) -> Sought:
    """What is known of a contact on file, for finding others like it."""
    phones = ContactPhone.objects.of(contact).values_list("e164", "number")
    return Sought(
        name=contact.name,
        kind=contact.kind,
        country=contact.country,
        emails=tuple(ContactEmail.objects.of(contact).values_list("address", flat=True)),
        phones=tuple(e164 or number for e164, number in phones),
        pk=contact.pk,
    )


def find_duplicates(sought: Sought, *, rows: QuerySet[Contact]) -> list[Duplicate]:
    """
    Contacts among `rows` that may be the one sought, most likely first, at most twenty.

    Four statements, each on an index and bounded: names by trigrams of their sorted words, e-mail
    addresses, telephone numbers, and the contacts found. Merged contacts are left out.
    """
    reasons: dict[int, list[Reason]] = {}
    for pk, reason in (*_by_email(sought), *_by_phone(sought), *_by_name(sought)):
        if pk != sought.pk:
            reasons.setdefault(pk, []).append(reason)
    contacts = rows.filter(pk__in=reasons, merged_into=None).select_related("parent")
    found = [_weighed(contact, reasons[contact.pk], sought) for contact in contacts]
    likely = [one for one in found if one.score >= LEAST_SCORE]
    return sorted(likely, key=lambda one: (-one.score, one.contact.pk))[:MOST]


def _weighed(contact: Contact, reasons: list[Reason], sought: Sought) -> Duplicate:
    best: dict[str, Reason] = {}
    for reason in reasons:
        family = reason.kind.removesuffix("_end")
        if family not in best or reason.score > best[family].score:
            best[family] = reason
    doubt = 1.0
    for reason in best.values():
        doubt *= 1 - reason.score
    is_other = sought.kind not in ("", contact.kind)
    score = (1 - doubt) * (OTHER_KIND_FACTOR if is_other else 1.0)
    ordered = sorted(best.values(), key=lambda reason: -reason.score)
    return Duplicate(contact=contact, score=round(score, 3), reasons=ordered)


def _by_email(sought: Sought) -> Iterable[tuple[int, Reason]]:
    keys = [email_key(address) for address in sought.emails]
    # Those of merged contacts would take the places of those that stand for them.
    rows = ContactEmail.objects.filter(key__in=keys, contact__merged_into=None).order_by("pk")
    for pk, address in rows.values_list("contact", "address")[:_MOST_CANDIDATES]:
        yield pk, Reason("email", EMAIL_SCORE, address)


def _by_phone(sought: Sought) -> Iterable[tuple[int, Reason]]:
    numbers = list(_readable(sought))
    whole = {number.e164 for number in numbers if number.e164}
    tails = {number.tail for number in numbers if number.tail}
    # Two known countries differ for certain; the end alone counts where one is not known.
    loose = {number.tail for number in numbers if number.tail and not number.e164}
    condition = Q(e164__in=whole) | Q(tail__in=tails, e164="") | Q(tail__in=loose)
    rows = ContactPhone.objects.filter(condition, contact__merged_into=None).order_by("pk")
    for pk, e164, number in rows.values_list("contact", "e164", "number")[:_MOST_CANDIDATES]:
        is_whole = e164 in whole
        kind, score = ("phone", PHONE_SCORE) if is_whole else ("phone_end", TAIL_SCORE)
        yield pk, Reason(kind, score, e164 or number)


def _readable(sought: Sought) -> Iterable[PhoneNumber]:
    for text in sought.phones:
        try:
            yield read_phone(text, country=sought.country)
        except ValueError:
            continue


def _by_name(sought: Sought) -> Sequence[tuple[int, Reason]]:
    if not sought.name.strip():
        return []
    is_person = sought.kind == ContactKind.PERSON if sought.kind else None
    key = name_key(sought.name, is_person=is_person)
    rows: Any = (
        Contact.objects.current()
        .filter(name_key__trigram_similar=key)
        .annotate(similarity=TrigramSimilarity("name_key", key))
        .filter(similarity__gte=_LEAST_SIMILARITY)
        .order_by("-similarity", "pk")
        .values_list("pk", "similarity", "name")[:_MOST_CANDIDATES]
    )
    return [(pk, Reason("name", round(NAME_SCORE * like, 3), name)) for pk, like, name in rows]
