"""Release a trip for flight, and take a release back when anything it rests on changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from aircraft.models import FLEET_SCOPE
from common import audit
from common.compliance.findings import Color, Finding, Stage
from common.compliance.service import findings_of
from common.compliance.states import not_covered
from common.lifecycle import locked, move, require_move
from common.models import Verdict
from common.outbox import announce
from operations.events import TripReleased
from operations.exceptions import (
    AcknowledgementsMissing,
    CrewNotAnswered,
    FlightReleaseMissing,
)
from operations.models import (
    CrewLine,
    CrewStatus,
    FlightRelease,
    LegStatus,
    Trip,
    TripLeg,
    TripStatus,
)
from operations.plan_hash import plan_hash
from operations.queries.release_document import release_document
from operations.services.access import refuse_patient_of
from operations.services.assessment import mark_trip, plain
from operations.services.control import name_releaser
from operations.services.gate import require_no_red
from operations.services.ledger import lock_trip
from operations.services.trip_changes import take_release_back

# The rule that speaks of papers and not of the flight.
PAPERS_OVERTAKEN = "DOC-FREEZE"


@transaction.atomic
def release_trip(
    trip: Trip, *, acknowledgements: Sequence[dict[str, str]], actor: Any, at: datetime
) -> FlightRelease:
    """
    Release a planned trip on a fresh assessment, binding its plan and that verdict.

    Every amber finding needs an acknowledgement (rule and note). A trip under way whose release was
    taken back is released for the flights that are left. Locks aircraft, trip, legs. Raises
    NotLegal with the red findings, AcknowledgementsMissing with the amber ones,
    CrewNotAnswered, TransitionNotAllowed, TripMoved.
    """
    trip = lock_trip(trip)
    legs = _lock_legs(trip, LegStatus.SCHEDULED)
    is_under_way = trip.status == TripStatus.ACTIVE and bool(legs)
    if not is_under_way:
        require_move(trip, TripStatus.RELEASED)
    _refuse_unanswered(trip, legs)
    refuse_noted_names(trip, acknowledgements)
    name_releaser(trip, legs, actor)
    verdict = require_no_red(trip, stage=Stage.RELEASE, at=at, doing="released")
    refuse_unacknowledged(trip, findings_of(verdict), acknowledgements, doing="released")
    # The plan that was judged, not one read anew.
    trip.plan_hash = verdict.facts["plan_hash"]
    if is_under_way:
        trip.save(update_fields=["plan_hash", "updated_at"])
    else:
        move(trip, TripStatus.RELEASED, actor=actor, at=at)
    for leg in legs:
        move(leg, LegStatus.RELEASED, actor=actor, at=at)
    release = _write(trip, verdict, acknowledgements, actor=actor, at=at)
    audit.record("trip.released", trip, actor=actor, at=at, scope=FLEET_SCOPE, verdict=verdict.pk)
    announce(TripReleased(trip_id=trip.pk, release_id=release.pk))
    return release


@transaction.atomic
def revoke_release(trip: Trip, *, because: str, actor: Any, at: datetime) -> FlightRelease:
    """
    Take back a release; the trip is planned again and its legs wait.

    Raises FlightReleaseMissing when there is none, TransitionNotAllowed once the trip is under way.
    """
    trip = locked(trip)
    release = FlightRelease.objects.live().filter(trip=trip).first()
    if release is None:
        raise FlightReleaseMissing(trip=trip.number)
    require_move(trip, TripStatus.PLANNING)
    if actor is not None:
        refuse_patient_of(trip.requirement, reason=because)
    take_release_back(trip, because=because, actor=actor, at=at)
    mark_trip(trip, "release revoked")
    release.refresh_from_db()
    return release


def release_of_plan(trip: Trip) -> FlightRelease | None:
    """
    The live release of a locked trip where it binds the plan as it stands, else None.

    What else may have changed is rechecked after commit; no flight leaves in between.
    """
    release = FlightRelease.objects.live().filter(trip=trip).select_related("verdict").first()
    return release if release is not None and release.plan_hash == plan_hash(trip) else None


@transaction.atomic
def recheck_release(trip: Trip, verdict: Verdict, *, at: datetime) -> bool:
    """
    Hold a new verdict against the live release and revoke it when it is no longer covered.

    A report that only grew older takes nothing back before it is too old to count, which is red:
    nobody changed anything, and at off blocks the rules are asked again. Nor does a paper that is
    to be made anew: the flight is the one released. Returns whether it was revoked.
    """
    trip = locked(trip)
    release = _live(trip)
    # News from before the release may be delivered late.
    if release is None or verdict.pk <= release.verdict_id:
        return False
    uncovered = not_covered(release.verdict, findings_of(verdict))
    worse = [finding for finding in uncovered if not _takes_nothing_back(finding)]
    if not worse:
        return False
    because = "; ".join(f"{f.rule}: {f.message}" for f in worse)[:2000]
    revoke_release(trip, because=because, actor=None, at=at)
    return True


@transaction.atomic
def recheck_plan(trip: Trip, *, at: datetime) -> bool:
    """Revoke the live release of a trip that is no longer planned as it was released."""
    trip = locked(trip)
    release = _live(trip)
    if release is None or plan_hash(trip) == release.plan_hash:
        return False
    revoke_release(trip, because="The plan is not the one released.", actor=None, at=at)
    return True


def _write(
    trip: Trip,
    verdict: Verdict,
    acknowledgements: Sequence[dict[str, str]],
    *,
    actor: Any,
    at: datetime,
) -> FlightRelease:
    return FlightRelease.objects.create(
        trip=trip,
        plan_hash=trip.plan_hash,
        verdict=verdict,
        acknowledgements=list(acknowledgements),
        document=release_document(
            trip, verdict, plan_hash=trip.plan_hash, released_by=actor, at=at
        ),
        released_by=actor,
        released_at=at,
    )


def _live(trip: Trip) -> FlightRelease | None:
    """The live release of a trip that has not left; under way it can no longer be taken back."""
    if trip.status != TripStatus.RELEASED:
        return None
    return FlightRelease.objects.live().filter(trip=trip).select_related("verdict").first()


def _takes_nothing_back(finding: Finding) -> bool:
    is_tolerated = finding.is_by_time or finding.rule == PAPERS_OVERTAKEN
    return is_tolerated and finding.color == Color.AMBER


def _lock_legs(trip: Trip, status: str) -> list[TripLeg]:
    rows = TripLeg.objects.filter(trip=trip, status=status)
    return list(rows.select_for_update(of=("self",), no_key=True).order_by("sequence"))


def _refuse_unanswered(trip: Trip, legs: Sequence[TripLeg]) -> None:
    """Who was only offered a place may still decline it: a flight needs their word."""
    lines = CrewLine.objects.filter(leg__in=legs, status=CrewStatus.OFFERED)
    names = {line.person.full_name for line in lines.select_related("person")}
    if names:
        raise CrewNotAnswered(trip=trip.number, people=", ".join(sorted(names)))


def refuse_noted_names(
    trip: Trip, acknowledgements: Sequence[dict[str, str]], *, reason: str = ""
) -> None:
    """Raise InvalidInput where a note or the reason names the patient: many read them."""
    refuse_patient_of(trip.requirement, reason=reason)
    for entry in acknowledgements:
        refuse_patient_of(trip.requirement, acknowledgements=entry["note"])


def unacknowledged(
    findings: Sequence[Finding], acknowledgements: Sequence[dict[str, str]]
) -> tuple[Finding, ...]:
    """The amber findings of rules that nobody noted anything to."""
    noted = {entry["rule"] for entry in acknowledgements}
    return tuple(f for f in findings if f.color == Color.AMBER and f.rule not in noted)


def refuse_unacknowledged(
    trip: Trip,
    findings: Sequence[Finding],
    acknowledgements: Sequence[dict[str, str]],
    *,
    doing: str,
) -> None:
    """Raise AcknowledgementsMissing with the amber findings that lack one, where some do."""
    missing = unacknowledged(findings, acknowledgements)
    if missing:
        raise AcknowledgementsMissing(
            trip=trip.number,
            doing=doing,
            count=len(missing),
            rules=", ".join(sorted({finding.rule for finding in missing})),
            findings=plain(missing),
        )
