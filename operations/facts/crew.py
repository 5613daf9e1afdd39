"""Gather the facts of everybody on many trips or offers, booked or only proposed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from operations.facts.clock import Quarter, Span, days_off, quarter_of, quarters_between
from operations.facts.people import (
    AssignedCrew,
    CheckFacts,
    CrewMemberFacts,
    DeclaredPeriod,
    DutyFacts,
    ExperienceFacts,
    FlightFacts,
    FlyingDay,
    PaperFacts,
    QuarterMinutes,
    QuarterRests,
)
from operations.facts.types import class_of, is_turbine
from operations.queries.crew_rows import CrewRows, PersonRow, fetch_crew_rows

FLIGHTS_BEFORE = timedelta(days=7)
FLIGHTS_AFTER = timedelta(days=3)
DAYS_BEFORE = timedelta(days=400)
Rows = Mapping[int, Sequence[Any]]


class _People(NamedTuple):
    """The rows by whom they are about."""

    people: Mapping[int, PersonRow]
    papers: Rows
    checks: Rows
    quarters: Rows
    flights: Rows
    duties: Rows
    days: Rows
    declared: Rows
    experience: Rows


def crew_facts(
    assigned: Sequence[AssignedCrew], *, now: datetime
) -> dict[int, tuple[CrewMemberFacts, ...]]:
    """
    The crew of many trips or offers, by `key`, in one statement however many there are.

    Each duty is one entry, in the order given; people who do not exist are left out. What a booked
    trip itself holds (`trip_id`) is left out of the other flying and duties, because the entries
    bring it as it is planned now. `now` has no part in the answer: flights to come count as those
    flown do; it is asked for so that callers cannot mix moments.
    """
    if not assigned:
        return {}
    rows = fetch_crew_rows(
        [entry.person_id for entry in assigned],
        first_at=min(entry.report_at for entry in assigned),
        last_at=max(entry.end_at for entry in assigned),
        trips=[entry.trip_id for entry in assigned if entry.trip_id is not None],
    )
    people = _grouped(rows)
    own: dict[tuple[int, int], list[AssignedCrew]] = defaultdict(list)
    for entry in assigned:
        own[entry.key, entry.person_id].append(entry)
    found: dict[int, list[CrewMemberFacts]] = defaultdict(list)
    for entry in assigned:
        if entry.person_id in people.people:
            found[entry.key].append(_member(entry, own[entry.key, entry.person_id], people))
    return {key: tuple(members) for key, members in found.items()}


def crew_keys(crew: Sequence[CrewMemberFacts]) -> frozenset[str]:
    """The dependency keys of a crew: touch one and the verdict is stale."""
    return frozenset(f"user:{member.user_id}" for member in crew)


def next_crew_change_at(crew: Sequence[CrewMemberFacts], at: datetime) -> datetime | None:
    """
    The next moment at which time alone may change what the rules say of a crew.

    Papers, limits and recency are judged on the trip's own days, so no clock turns them; what is
    left is the end of the quarter, at which missing days off are no longer a projection.
    """
    ends = {quarter_of(member.end_at).end_at for member in crew if member.is_pilot}
    return min((moment for moment in ends if moment > at), default=None)


def _grouped(rows: CrewRows) -> _People:
    return _People(
        {row.id: row for row in rows.people},
        *(
            _by_user(each)
            for each in (
                rows.papers,
                rows.checks,
                rows.quarters,
                rows.flights,
                rows.duties,
                rows.days,
                rows.declared,
                rows.experience,
            )
        ),
    )


def _by_user(rows: Sequence[Any]) -> Rows:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.user_id].append(row)
    return found


def _member(entry: AssignedCrew, own: Sequence[AssignedCrew], people: _People) -> CrewMemberFacts:
    user = entry.person_id
    person = people.people[user]
    elsewhere = [d for d in people.duties.get(user, ()) if not _is_own(d, entry)]
    return CrewMemberFacts(
        user_id=user,
        name=person.name,
        role=entry.role,
        report_at=entry.report_at,
        end_at=entry.end_at,
        sectors=entry.sectors,
        is_active=person.is_active,
        is_hospital_based=entry.is_hospital_based,
        date_of_birth=person.date_of_birth,
        papers=_papers(people.papers.get(user, ())),
        checks=_checks(people.checks.get(user, ())),
        quarters=_quarters(entry, own, people.quarters.get(user, ())),
        rests=_rests(entry, own, elsewhere),
        flights=_flights(entry, own, people.flights.get(user, ())),
        duties=tuple(
            DutyFacts(start_at=row.start_at, end_at=row.end_at, source=row.source)
            for row in elsewhere
            if _is_near(row, own)
        ),
        days=_days(people.days.get(user, ()), own),
        declared=tuple(
            DeclaredPeriod(from_on=row.from_on, until_on=row.until_on)
            for row in people.declared.get(user, ())
        ),
        experience=_experience(people.experience.get(user, ())),
    )


def _flights(
    entry: AssignedCrew, own: Sequence[AssignedCrew], rows: Sequence[Any]
) -> tuple[FlightFacts, ...]:
    return tuple(
        FlightFacts(
            start_at=row.start_at,
            end_at=row.end_at,
            minutes=row.minutes,
            pilots=row.pilots,
            is_flown=row.is_flown,
        )
        for row in rows
        if not _is_own(row, entry) and _is_near(row, own)
    )


def _is_near(row: Any, own: Sequence[AssignedCrew]) -> bool:
    """Near any duty on the trip: what is judged of a person is judged over all of them."""
    first = min(each.report_at for each in own) - FLIGHTS_BEFORE
    last = max(each.end_at for each in own) + FLIGHTS_AFTER
    return bool(row.start_at < last and row.end_at > first)


def _is_own(row: Any, entry: AssignedCrew) -> bool:
    return entry.trip_id is not None and row.trip_id == entry.trip_id


def _papers(rows: Sequence[Any]) -> tuple[PaperFacts, ...]:
    return tuple(
        PaperFacts(
            kind=row.kind,
            number=row.number,
            classification=row.classification,
            aircraft_type=row.aircraft_type,
            issued_on=row.issued_on,
            expires_on=row.expires_on,
            is_verified=row.is_verified,
        )
        for row in rows
    )


def _checks(rows: Sequence[Any]) -> tuple[CheckFacts, ...]:
    return tuple(
        CheckFacts(
            kind=row.kind,
            aircraft_type=row.aircraft_type,
            aircraft_class=class_of(row.type_code),
            done_on=row.done_on,
            base_month=row.base_month,
            is_passed=row.is_passed,
        )
        for row in rows
    )


def _quarters(
    entry: AssignedCrew, own: Sequence[AssignedCrew], rows: Sequence[Any]
) -> tuple[QuarterMinutes, ...]:
    """The calendar years the duties touch and the quarters beside them, also the empty ones."""
    first = min(each.report_at for each in own).astimezone(UTC).year
    last = max(each.end_at for each in own).astimezone(UTC).year
    wanted = [Quarter(first, 1).later(-1)]
    while wanted[-1] != Quarter(last, 4).later(1):
        wanted.append(wanted[-1].later(1))
    sums: dict[Quarter, float] = defaultdict(float)
    for row in rows:
        if not _is_own(row, entry):
            sums[quarter_of(row.start_at)] += row.minutes
    return tuple(
        QuarterMinutes(year=q.year, quarter=q.number, minutes=round(sums.get(q, 0.0), 6))
        for q in wanted
    )


def _rests(
    entry: AssignedCrew, own: Sequence[AssignedCrew], elsewhere: Sequence[Any]
) -> tuple[QuarterRests, ...]:
    duties = [Span(row.start_at, row.end_at) for row in elsewhere]
    duties += [Span(each.report_at, each.end_at) for each in own]
    return tuple(
        QuarterRests(year=q.year, quarter=q.number, count=days_off(duties, q.start_at, q.end_at))
        for q in quarters_between(entry.report_at, entry.end_at)
    )


def _days(rows: Sequence[Any], own: Sequence[AssignedCrew]) -> tuple[FlyingDay, ...]:
    last: date = max(each.end_at for each in own).astimezone(UTC).date()
    return tuple(
        FlyingDay(
            on=row.on,
            aircraft_type=row.aircraft_type,
            aircraft_class=class_of(row.type_code),
            is_turbine=is_turbine(row.type_code),
            minutes=row.minutes,
            day_takeoffs=row.day_takeoffs,
            day_landings=row.day_landings,
            night_takeoffs=row.night_takeoffs,
            night_landings=row.night_landings,
            approaches=row.approaches,
        )
        for row in rows
        if last - DAYS_BEFORE <= row.on <= last
    )


def _experience(rows: Sequence[Any]) -> ExperienceFacts | None:
    for row in rows:
        return ExperienceFacts(
            total_min=row.total_min,
            night_min=row.night_min,
            cross_country_min=row.cross_country_min,
            instrument_min=row.instrument_min,
            instrument_flight_min=row.instrument_flight_min,
        )
    return None
