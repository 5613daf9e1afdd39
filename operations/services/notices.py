"""Mailing our own people what waits: occurrences, breaches, twins on file, emergency accesses."""

import logging
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.urls import reverse

from common.compliance.findings import Color
from common.mail.outbox import post
from common.models import StatusChange
from operations.mails import EMERGENCY_ACCESS, OCCURRENCE, PRIVACY_BREACH, RECORD_MATCH
from operations.models import (
    BreachStatus,
    BreakGlass,
    MatchStatus,
    Occurrence,
    OccurrenceReminder,
    Patient,
    PatientMatch,
    PrivacyBreach,
)
from operations.queries.occurrences import NOTICE, clocks, occurred_local
from users.models import User
from users.queries.people import holders_of

logger = logging.getLogger(__name__)
NOTIFY, FILE = "operations.notify_occurrence", "operations.file_occurrence"
SETTLE, REVIEW = "operations.settle_patientmatch", "operations.view_breakglass"
TELL_PERSONS = "operations.notify_privacybreach"
# 45 CFR 164.404(b), by the color of the clock; nothing before it turns.
BREACH_ASKS = {
    "": "Assess it, and tell them without unreasonable delay (45 CFR 164.404).",
    Color.AMBER: "Half of the 60 days are gone (45 CFR 164.404).",
    Color.RED: "The notice is late (45 CFR 164.404).",
}
# 49 CFR 830.5 and 830.15.
ASKED = {
    (NOTICE, Color.AMBER): "The notice to the NTSB is due, by the most expeditious means (830.5).",
    (NOTICE, Color.RED): "The notice to the NTSB is late (49 CFR 830.5).",
}


@transaction.atomic
def tell_of_occurrence(occurrence: Occurrence, *, at: datetime) -> int:
    """Mail those who may tell the NTSB that something happened; gives how many. Once each."""
    asks = "Nothing of it must be told to the NTSB by what is known so far."
    if occurrence.is_notifiable and occurrence.notified_at is None:
        asks = ASKED[NOTICE, Color.AMBER]
    return _tell(occurrence, asks, permission=NOTIFY, once="reported", at=at)


@transaction.atomic
def tell_of_reminder(reminder: OccurrenceReminder, *, at: datetime) -> int:
    """
    Mail those who may do what a clock asks for; gives how many.

    Nobody is told where it was done, or is due at another time, meanwhile.
    """
    occurrence = reminder.occurrence
    waits = any(
        each.kind == reminder.clock and each.due_at == reminder.due_at and each.done_at is None
        for each in clocks(occurrence, now=at)
    )
    if not waits:
        return 0
    due = reminder.due_at.astimezone(occurred_local(occurrence).tzinfo)
    word = "is late" if reminder.color == Color.RED else "is due"
    report = f"The report to the NTSB, form 6120.1, {word}: {due:%d %b %Y} (49 CFR 830.15)."
    return _tell(
        occurrence,
        ASKED.get((reminder.clock, Color(reminder.color)), report),
        permission=NOTIFY if reminder.clock == NOTICE else FILE,
        once=f"reminder:{reminder.pk}",
        at=at,
    )


@transaction.atomic
def tell_of_breach(breach: PrivacyBreach, *, step: str, at: datetime) -> int:
    """Mail those who record it that its persons wait for notice, unless that was done meanwhile."""
    if breach.status != BreachStatus.REPORTED:
        return 0
    context = {
        "number": breach.number,
        "persons": str(breach.persons_affected),
        "due": _utc(breach.due_at),
        "asks": BREACH_ASKS[step],
        "link": _link("privacybreach", breach.pk),
    }
    # Presumed again, it is told of again, though its clock is the one it had.
    again = StatusChange.objects.filter(
        content_type=ContentType.objects.get_for_model(breach),
        object_id=breach.pk,
        to_status=BreachStatus.REPORTED,
    ).count()
    clock = f"{breach.due_at.timestamp():.0f}:{again}"
    once = f"breach:{breach.pk}:{step or 'reported'}:{clock}"
    return _post(PRIVACY_BREACH.key, context, TELL_PERSONS, about=breach, once=once, at=at)


@transaction.atomic
def tell_of_match(match: PatientMatch, *, at: datetime) -> int:
    """Mail those who settle it that two patients may be one person, unless it is settled."""
    if match.status != MatchStatus.OPEN:
        return 0
    context = {
        "first": str(match.patient),
        "second": str(match.looks_like),
        "link": _link("patientmatch", match.pk),
    }
    return _post(RECORD_MATCH.key, context, SETTLE, about=match, once=f"match:{match.pk}", at=at)


@transaction.atomic
def tell_of_glass(glass: BreakGlass, *, at: datetime) -> int:
    """Mail those who review it that a whole record was opened, but not who opened it."""
    # The record itself stays closed: a mail that repeats a word of what was opened is refused, and
    # the one who opened it may share a name with its person.
    number = Patient.objects.values_list("number", flat=True).get(pk=glass.patient_id)
    context = {
        "number": number,
        "who": str(glass.user),
        "opened": _utc(glass.opened_at),
        "until": _utc(glass.expires_at),
        "link": _link("breakglass", glass.pk),
    }
    once = f"glass:{glass.pk}"
    return _post(
        EMERGENCY_ACCESS.key, context, REVIEW, about=glass, once=once, at=at, besides=glass.user
    )


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%d %b %Y %H:%M} UTC"


def _tell(occurrence: Occurrence, asks: str, *, permission: str, once: str, at: datetime) -> int:
    context = {
        "number": occurrence.number,
        "what": occurrence.get_event_display(),
        "aircraft": str(occurrence.aircraft),
        "occurred": f"{occurred_local(occurrence):%d %b %Y %H:%M} ({occurrence.time_zone})",
        "asks": asks,
        "link": _link("occurrence", occurrence.pk),
    }
    once = f"{occurrence.pk}:{once}"
    return _post(OCCURRENCE.key, context, permission, about=occurrence, once=once, at=at)


def _post(
    kind: str,
    context: dict[str, str],
    permission: str,
    *,
    about: models.Model,
    once: str,
    at: datetime,
    besides: User | None = None,
) -> int:
    people = [each for each in holders_of(permission, at=at).order_by("pk") if each != besides]
    if not people:
        logger.warning("Nobody holds %s: nobody is told of %s.", permission, about._meta.label)
    for person in people:
        post(kind, to=person.email, context=context, once=once, about=about, at=at)
    return len(people)


def _link(model: str, pk: int) -> str:
    return f"{settings.PUBLIC_URL}{reverse(f'admin:operations_{model}_change', args=[pk])}"
