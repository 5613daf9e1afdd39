"""
The facts of operations as they would be with another aircraft, another pilot, at another time.

Everything is read beforehand, in a number of statements that does not grow; each question after
that is answered without the database. The rules that judge the answer are the ones that judge a
release.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from airports.queries.conditions import WeatherFacts
from airports.queries.sun import SolarEvent, events_between
from flight_operations.facts.collector import operation_facts, operator_on_day
from flight_operations.facts.gathered_fleet import Fleet, gather_fleet
from flight_operations.facts.gathered_papers import Papers, group_papers
from flight_operations.facts.gathered_people import People, group_people, pilot_facts
from flight_operations.facts.gathered_site import Site, gather_sites
from flight_operations.facts.operation import OperationFacts
from flight_operations.facts.people import PilotFacts
from flight_operations.facts.rows import (
    OperationRow,
    Others,
    PilotRow,
    PlanRow,
    Rows,
    StintRow,
    VolumeRow,
    fetch_rows,
)
from rpas.airworthiness import AircraftFacts
from rpas.queries.airworthiness import AircraftDay


class Trial(NamedTuple):
    """One question: this operation, flown with that aircraft by that pilot from then on."""

    operation_id: int
    aircraft_id: int
    pilot_id: int
    start_at: datetime


@dataclass
class WhatIf:
    """What was read, and the trials that can be put together from it."""

    rows: Mapping[int, OperationRow]
    people: People
    pilots: Mapping[int, PilotRow]
    papers: Papers
    fleet: Fleet
    sites: Mapping[int, Site]
    # Whether each site was asked about the whole span, not about the time of one trial.
    is_wide: bool
    _passages: dict[int, tuple[SolarEvent, ...]] = field(default_factory=dict)
    _moments: dict[tuple[int, datetime], OperationFacts] = field(default_factory=dict)
    _aircraft: dict[tuple[int, date, int], AircraftFacts] = field(default_factory=dict)
    _pilots: dict[tuple[int, int, str, date], PilotFacts] = field(default_factory=dict)

    def facts(self, trial: Trial, *, planned_min: int | None = None) -> OperationFacts:
        """
        The operation as it would be in this trial.

        `planned_min` is what the aircraft flies that day up to and with this operation; without it,
        this operation alone. Who and what is the same in two trials is the same object in both.
        """
        moment = self._moment(trial)
        minutes = planned_min or -(-int(self.duration(trial.operation_id).total_seconds()) // 60)
        aircraft = self._machine(trial.aircraft_id, moment.rule_date, minutes)
        pilot = self._person(trial, moment.rule_date, aircraft.category)
        return replace(moment, aircraft=aircraft, pilot=pilot)

    def duration(self, operation_id: int) -> timedelta:
        """How long an operation is planned to take."""
        row = self.rows[operation_id]
        return row.planned_end_at - row.planned_start_at

    def category(self, aircraft_id: int, on: date) -> str:
        """The weight category of an aircraft."""
        return self.fleet.aircraft[AircraftDay(aircraft_id, on)].category

    def passages(self, operation_id: int) -> tuple[SolarEvent, ...]:
        """The passages of the sun at an operation's launch site, days around the span."""
        row = self.rows[operation_id]
        if operation_id not in self._passages:
            self._passages[operation_id] = () if row.plan is None else _passages(row, row.plan)
        return self._passages[operation_id]

    def _moment(self, trial: Trial) -> OperationFacts:
        key = (trial.operation_id, trial.start_at)
        if key not in self._moments:
            self._moments[key] = self._at(trial)
        return self._moments[key]

    def _at(self, trial: Trial) -> OperationFacts:
        row = self.rows[trial.operation_id]
        row = replace(
            row,
            planned_start_at=trial.start_at,
            planned_end_at=trial.start_at + self.duration(row.id),
            aircraft_id=trial.aircraft_id,
        )
        zone = ZoneInfo(row.timezone)
        on = row.planned_start_at.astimezone(zone).date()
        site = self.sites.get(row.id, Site())
        if self.is_wide and site.weather is not None:
            site = site._replace(weather=_cut(site.weather, row))
        return operation_facts(
            row,
            zone=zone,
            aircraft=self.fleet.aircraft[AircraftDay(trial.aircraft_id, on)],
            operator=operator_on_day(self.fleet.operators[row.operator_id], self.papers, on),
            people=self.people,
            papers=self.papers,
            site=_shifted(site, row.planned_start_at - self.rows[row.id].planned_start_at),
            passages=self.passages(row.id),
        )

    def _machine(self, pk: int, on: date, minutes: int) -> AircraftFacts:
        key = (pk, on, minutes)
        if key not in self._aircraft:
            known = self.fleet.aircraft[AircraftDay(pk, on)]
            self._aircraft[key] = replace(
                known, planned_min=minutes, planned_cycles=1, planned_flights=1
            )
        return self._aircraft[key]

    def _person(self, trial: Trial, on: date, category: str) -> PilotFacts:
        row, person = self.rows[trial.operation_id], self.pilots[trial.pilot_id]
        key = (person.user_id, row.operator_id, category, on)
        if key in self._pilots and self.is_wide:
            return self._pilots[key]
        asked = replace(
            row,
            pilot_id=person.user_id,
            pilot_name=person.name,
            pilot_is_active=person.is_active,
            pilot_arn=person.arn,
        )
        zone = ZoneInfo(row.timezone)
        found = pilot_facts(asked, self.people, on=on, zone=zone, category=category)
        self._pilots[key] = found
        return found


def _passages(row: OperationRow, plan: PlanRow) -> tuple[SolarEvent, ...]:
    return events_between(
        lat=plan.launch_lat,
        lon=plan.launch_lon,
        start=row.planned_start_at - timedelta(days=3),
        end=row.planned_end_at + timedelta(days=5),
    )


def _shifted(site: Site, by: timedelta) -> Site:
    """The volumes move with the flight."""
    moved = tuple(
        replace(volume, starts_at=volume.starts_at + by, ends_at=volume.ends_at + by)
        for volume in site.volumes
    )
    return site._replace(volumes=moved) if by else site


def gather_span(
    ids: Sequence[int],
    *,
    aircraft: Sequence[int],
    pilots: Sequence[int],
    span: tuple[datetime, datetime],
    at: datetime,
) -> WhatIf:
    """
    Read what is needed to try operations with any of these aircraft and pilots within a span.

    Airspace and aerodromes are those of the whole span: what is active for a part of it counts
    throughout. The pilots' other work leaves these operations out.
    """
    gathered = fetch_rows(ids, timed_rules=(), others=Others(pilots, *span))
    wide = _moved(gathered, dict.fromkeys(ids, span))
    return _what_if(gathered, wide, aircraft, _days(gathered, [span]), at, is_wide=True)


def gather_trials(trials: Sequence[Trial], *, at: datetime) -> dict[int, OperationFacts]:
    """
    The facts of a whole plan, one trial an operation, each as it will be when all of them hold.

    A pilot's other work is that of the plan and of the operations outside it; an aircraft comes
    with the minutes of its earlier flights of that day.
    """
    if not trials:
        return {}
    last = max(trial.start_at for trial in trials) + timedelta(days=1)
    others = Others(
        sorted({trial.pilot_id for trial in trials}),
        min(trial.start_at for trial in trials),
        last,
    )
    gathered = fetch_rows([trial.operation_id for trial in trials], timed_rules=(), others=others)
    length = {row.id: row.planned_end_at - row.planned_start_at for row in gathered.operations}
    known = sorted((t for t in trials if t.operation_id in length), key=lambda t: t.start_at)
    times = {t.operation_id: (t.start_at, t.start_at + length[t.operation_id]) for t in known}
    found = _what_if(
        gathered,
        _moved(gathered, times),
        sorted({trial.aircraft_id for trial in known}),
        _days(gathered, times.values()),
        at,
        is_wide=False,
        stints=[StintRow(t.operation_id, t.pilot_id, *times[t.operation_id]) for t in known],
    )
    flown: dict[int, int] = {}
    facts = {}
    for trial in known:
        minutes = -(-int(length[trial.operation_id].total_seconds()) // 60)
        flown[trial.aircraft_id] = flown.get(trial.aircraft_id, 0) + minutes
        facts[trial.operation_id] = found.facts(trial, planned_min=flown[trial.aircraft_id])
    return facts


def _what_if(
    gathered: Rows,
    placed: Rows,
    aircraft: Sequence[int],
    days: Iterable[date],
    at: datetime,
    *,
    is_wide: bool,
    stints: Sequence[StintRow] = (),
) -> WhatIf:
    planned = {row.id for row in gathered.operations}
    outside = [stint for stint in gathered.stints if stint.operation_id not in planned]
    everyone = replace(gathered, stints=tuple(sorted([*outside, *stints], key=_by_time)))
    questions = [AircraftDay(pk, day) for pk in sorted(set(aircraft)) for day in sorted(set(days))]
    sites = gather_sites(placed, at)
    if is_wide:
        sites = {pk: _with_own_times(site, gathered, pk) for pk, site in sites.items()}
    return WhatIf(
        rows={row.id: row for row in (gathered if is_wide else placed).operations},
        people=group_people(everyone),
        pilots={row.user_id: row for row in gathered.pilots},
        papers=group_papers(gathered),
        fleet=gather_fleet(questions, (row.operator_id for row in gathered.operations)),
        sites=sites,
        is_wide=is_wide,
    )


def _by_time(stint: StintRow) -> tuple[datetime, int]:
    return stint.start_at, stint.operation_id


def _moved(rows: Rows, times: Mapping[int, tuple[datetime, datetime]]) -> Rows:
    """The operations and their volumes at other times; parts of a flight move with it."""
    before = {row.id: (row.planned_start_at, row.planned_end_at) for row in rows.operations}
    operations = tuple(
        replace(row, planned_start_at=times[row.id][0], planned_end_at=times[row.id][1])
        for row in rows.operations
        if row.id in times
    )
    volumes = tuple(
        _moved_volume(volume, before[volume.operation_id], times[volume.operation_id])
        for volume in rows.volumes
        if volume.operation_id in times
    )
    return replace(rows, operations=operations, volumes=volumes)


def _moved_volume(
    volume: VolumeRow, before: tuple[datetime, datetime], after: tuple[datetime, datetime]
) -> VolumeRow:
    if after[1] - after[0] != before[1] - before[0]:
        return replace(volume, starts_at=after[0], ends_at=after[1])
    by = after[0] - before[0]
    return replace(volume, starts_at=volume.starts_at + by, ends_at=volume.ends_at + by)


def _with_own_times(site: Site, rows: Rows, operation_id: int) -> Site:
    """The site as it was found for the whole span, with the volumes at their own times again."""
    times = {
        row.sequence: (row.starts_at, row.ends_at)
        for row in rows.volumes
        if row.operation_id == operation_id
    }
    volumes = tuple(
        replace(volume, starts_at=times[volume.sequence][0], ends_at=times[volume.sequence][1])
        for volume in site.volumes
    )
    return site._replace(volumes=volumes)


def _days(rows: Rows, spans: Iterable[tuple[datetime, datetime]]) -> set[date]:
    """Every operator's local days that the spans touch."""
    zones = {ZoneInfo(row.timezone) for row in rows.operations}
    days = set()
    for start, end in spans:
        for zone in zones:
            day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
            while day <= last:
                days.add(day)
                day += timedelta(days=1)
    return days


def _cut(weather: WeatherFacts, row: OperationRow) -> WeatherFacts:
    """The forecast of the span, cut to the parts that overlap the time of the trial."""
    forecast = weather.forecast
    if forecast is None:
        return weather
    start, end = row.planned_start_at, row.planned_end_at
    mine = replace(
        forecast,
        covers_window=forecast.valid_from <= start and forecast.valid_until >= end,
        groups=tuple(g for g in forecast.groups if g.valid_from < end and g.valid_until > start),
    )
    return replace(weather, forecast=mine)
