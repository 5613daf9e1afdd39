"""Who flies a trip, what is arranged for it, whom it carries and what is owed for it."""

from datetime import datetime, timedelta

from common import shown
from common.compliance.findings import Color
from common.desk.links import list_of, page_of
from common.desk.standing import Fact, Group
from common.desk.wording import age, clock, day, span
from documents.wording import money
from finance.models import Invoice, InvoiceStatus
from operations.models import (
    CrewLine,
    CrewStatus,
    DutyPeriod,
    DutyStatus,
    ServiceItem,
    ServiceStatus,
    Trip,
    TripLeg,
)
from operations.privacy import PATIENT_FIELDS, view_of
from operations.schedule import MAX_DUTY
from operations.services.assessment import TRIP
from users.models import User

MOST = 8
# From here on there is little left of a duty.
_NEAR = timedelta(hours=2)
_SETTLED = (ServiceStatus.CONFIRMED, ServiceStatus.NOT_APPLICABLE, ServiceStatus.CANCELLED)


def crew_facts(
    trip: Trip, user: User, now: datetime, *, leg: TripLeg | None = None
) -> tuple[Fact, ...]:
    """Each person of a trip or of one leg with what is left of their duty; 1 query."""
    rows = CrewLine.objects.assigned().filter(leg__trip=trip)
    if leg is not None:
        rows = rows.filter(leg=leg)
    lines = list(rows.select_related("person", "duty", "leg").order_by("leg__sequence", "pk"))
    people: dict[int, list[CrewLine]] = {}
    for line in lines:
        people.setdefault(line.person_id, []).append(line)
    facts = [_crew_fact(mine, user, now) for mine in list(people.values())[: 2 * MOST]]
    return tuple(facts) or (Fact(label="None", value="nobody is assigned", color=Color.RED),)


def _crew_fact(lines: list[CrewLine], user: User, now: datetime) -> Fact:
    person, duty = lines[0].person, lines[-1].duty
    legs = ", ".join(str(line.leg.sequence) for line in lines)
    waits = any(line.status == CrewStatus.OFFERED for line in lines)
    text, color = _duty(duty, now)
    return Fact(
        label=person.full_name,
        value=f"{lines[0].get_role_display()}, leg {legs}; {text}",
        link=page_of(person, user),
        color=Color.AMBER if waits and color != Color.RED else color,
        detail="has not answered the offer" if waits else "",
    )


def _duty(duty: DutyPeriod, now: datetime) -> tuple[str, Color | None]:
    """What is left of the longest duty that there may be, by the times as they are known now."""
    if duty.status == DutyStatus.ENDED:
        return "duty ended", None
    spare = MAX_DUTY - (duty.end_at - duty.report_at)
    if duty.status == DutyStatus.PLANNED:
        text, left = f"duty of {span(duty.end_at - duty.report_at)}, reports", spare
        text = f"{text} {age(duty.report_at, now)}"
    else:
        left = duty.report_at + MAX_DUTY - now
        text = f"{span(max(left, timedelta(0)))} of duty left"
    if min(left, spare) < timedelta(0):
        return f"{text}, over {span(MAX_DUTY)}", Color.RED
    return text, Color.AMBER if min(left, spare) < _NEAR else None


def service_facts(trip: Trip, user: User, now: datetime) -> tuple[Fact, ...]:
    """What is not confirmed yet, or no longer, by when it is needed; 1 query."""
    rows = ServiceItem.objects.filter(trip=trip).select_related("airport")
    items = list(rows.order_by("needed_at", "pk")[:200])
    left = [item for item in items if item.status not in _SETTLED or item.needs_recheck]
    if not items:
        return (Fact(label="None", value="nothing is arranged"),)
    if not left:
        return (Fact(label="None", value=f"all {len(items)} settled", color=Color.GREEN),)
    facts = [_service_fact(item, user, now) for item in left[:MOST]]
    if len(left) > MOST:
        more = list_of(ServiceItem, user, q=trip.number)
        facts.append(Fact(label="More", value=f"{len(left) - MOST} others", link=more))
    return tuple(facts)


def _service_fact(item: ServiceItem, user: User, now: datetime) -> Fact:
    where = f" at {item.airport}" if item.airport else ""
    zone = item.airport.timezone if item.airport else "UTC"
    is_late = item.needed_at is not None and item.needed_at <= now
    needed = f", needed {clock(item.needed_at, zone)}" if item.needed_at else ""
    return Fact(
        label=f"{item.get_kind_display()}{where}",
        value=f"{item.get_status_display()}{needed}",
        link=page_of(item, user),
        color=Color.RED if item.is_required and is_late else Color.AMBER,
        detail=item.recheck_because if item.needs_recheck else "",
    )


def patient_fact(trip: Trip, user: User) -> list[Fact]:
    """What the aircraft must take, as far as the reader's role goes; never who it is."""
    if trip.requirement is None:
        return []
    seen = view_of(PATIENT_FIELDS, user.has_perm).fields
    # None of these is sealed: nothing of who it is is opened.
    patient = trip.requirement.patient
    words = ["patient"]
    if "mass_kg" in seen:
        words.append(shown.mass(patient.mass_kg) if patient.mass_kg else "mass unknown")
    if "needs_stretcher" in seen:
        words.append("stretcher" if patient.needs_stretcher else "seated")
    is_unknown = "mass_kg" in seen and not patient.mass_kg
    is_numbered = "number" in seen
    return [
        Fact(
            label="Carries",
            value=", ".join(words),
            color=Color.AMBER if is_unknown else None,
            detail=patient.number if is_numbered else "",
            link=page_of(patient, user) if is_numbered else "",
        )
    ]


def money_facts(trip: Trip, user: User, now: datetime) -> list[Group]:
    """What was offered and what is billed, for who may see either; 1 query."""
    facts = []
    version = trip.quote_version
    if version is not None and user.has_perm("operations.view_quote"):
        offered = money(version.total, version.currency)
        facts.append(Fact(label="Offered", value=offered, link=page_of(version, user)))
    if user.has_perm("finance.view_invoice"):
        facts += _bills(trip, user, now)
    return [Group(title="Money", facts=tuple(facts))] if facts else []


def _bills(trip: Trip, user: User, now: datetime) -> list[Fact]:
    rows = Invoice.objects.visible_to(user).filter(subject=TRIP, subject_id=trip.pk)
    found = [
        Fact(
            label=bill.number or "Draft",
            value=f"{money(bill.total, bill.currency)}, {bill.get_status_display().lower()}",
            link=page_of(bill, user),
            color=Color.RED if bill.status == InvoiceStatus.OVERDUE else None,
            detail=f"due {day(bill.due_on)}" if bill.due_on else "",
        )
        for bill in rows.order_by("-pk")[:MOST]
    ]
    return found or [Fact(label="Billed", value="nothing yet")]
