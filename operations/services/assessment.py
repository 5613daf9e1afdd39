"""Assess trips and offers: afresh for decisions, cached for lists."""

from datetime import datetime
from typing import Any

import msgspec

from common.compliance.findings import Finding, Stage
from common.compliance.service import Judged, assess, record, settle, touch
from common.models import Verdict
from operations.models import QuoteVersion, Trip

TRIP = "operations.trip"
OFFER = "operations.quoteversion"


def trip_key(trip: Trip) -> str:
    """The dependency key of everything that belongs to one trip."""
    return f"trip:{trip.pk}"


def assess_trip(trip: Trip, *, stage: Stage, at: datetime) -> Judged:
    """Assess one trip afresh at a stage, storing nothing."""
    return assess(TRIP, trip.pk, stage=stage, at=at)


def assess_offer(version: QuoteVersion, *, stage: Stage, at: datetime) -> Judged:
    """Assess one offer afresh, as the trip it would become, storing nothing."""
    return assess(OFFER, version.pk, stage=stage, at=at)


def assess_subject(subject: Trip | QuoteVersion, *, stage: Stage, at: datetime) -> Judged:
    """The same question for either."""
    if isinstance(subject, Trip):
        return assess_trip(subject, stage=stage, at=at)
    return assess_offer(subject, stage=stage, at=at)


def record_assessment(judged: Judged) -> Verdict:
    """Store an assessment as the current verdict of its trip or offer."""
    return record([judged])[judged.subject_id]


def settle_older_offers(version: QuoteVersion) -> None:
    """Stop assessing the offers that a newer one takes the place of."""
    older = QuoteVersion.objects.filter(quote=version.quote_id, sequence__lt=version.sequence)
    for pk in older.order_by("pk").values_list("pk", flat=True):
        settle(OFFER, pk)


def mark_trip(trip: Trip, because: str) -> None:
    """Mark the trip's verdict stale after a change of what belongs to it."""
    touch(trip_key(trip), because=because)


def plain(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Findings as plain JSON values, for refusals and records."""
    found: list[dict[str, Any]] = msgspec.to_builtins(findings)
    return found
