"""Who controls trips from the ground, and their duties, in sets: three statements at most."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db.models import F, Value
from django.db.models.functions import Lower, Upper

from aircraft.models import Aircraft
from common.models import ResourceBooking
from operations.facts.control import ControlFacts, DutySpan
from operations.facts.journeys import Journey
from operations.facts.papers import CabinFacts
from operations.models import ControlDuty, DutyPeriod
from users.models import User

# A week of rest is looked back on, and duties may be long.
BEFORE, AFTER = timedelta(days=9), timedelta(days=2)


def gather_control(
    journeys: Sequence[Journey], cabins: Mapping[int, CabinFacts]
) -> dict[int, ControlFacts]:
    """Operations control of the journeys by helicopter; nothing of others."""
    flown = [journey for journey in journeys if cabins[journey.aircraft_id].is_helicopter]
    if not flown:
        return {}
    fleet = Aircraft.objects.not_retired().filter(aircraft_type__category="H").count()
    people = {journey.control_specialist_id for journey in flown} - {None}
    names = {row.pk: row.full_name for row in User.objects.filter(pk__in=people).order_by("pk")}
    duties = _duties(flown, sorted(names))
    return {
        journey.key: ControlFacts(
            helicopters=fleet,
            specialist_id=journey.control_specialist_id,
            specialist=names.get(journey.control_specialist_id or 0, ""),
            duties=tuple(
                duty
                for duty in duties.get(journey.control_specialist_id or 0, ())
                if duty.end_at > journey.start_at - BEFORE
                and duty.start_at < journey.end_at + AFTER
            ),
        )
        for journey in flown
    }


def _duties(journeys: Sequence[Journey], people: Sequence[int]) -> dict[int, list[DutySpan]]:
    """Shifts, duties on trips, and what else holds the people, as the limits of crews count it."""
    first = min(journey.start_at for journey in journeys) - BEFORE
    last = max(journey.end_at for journey in journeys) + AFTER
    found: dict[int, list[DutySpan]] = defaultdict(list)
    if not people:
        return found
    held = ResourceBooking.objects.filter(resource_kind="person", is_live=True)
    held = held.exclude(source_type__startswith="operations.")
    sources = (
        (ControlDuty.objects.live(), "person_id", F("start_at"), F("end_at"), True),
        (DutyPeriod.objects.live(), "person_id", F("report_at"), F("end_at"), False),
        (
            held.exclude(source_type__contains="leave"),
            "resource_id",
            Lower("period"),
            Upper("period"),
            False,
        ),
    )
    first_rows, *more = [
        rows.filter(**{f"{holder}__in": people})
        .annotate(holder=F(holder), begins_at=start, ends_at=end, is_control=Value(is_control))
        .filter(ends_at__gt=first, begins_at__lt=last)
        .values_list("holder", "begins_at", "ends_at", "is_control")
        for rows, holder, start, end, is_control in sources
    ]
    spans = first_rows.union(*more, all=True).order_by("begins_at", "ends_at", "is_control")
    for person_id, start_at, end_at, is_control in spans:
        span = DutySpan(start_at=start_at, end_at=end_at, is_control=is_control)
        found[person_id].append(span)
    return found
