"""
What is to be planned, and what a plan is.

Moments are aware datetimes, durations timedeltas, distances meters. Keys are strings that the
caller can find its records by, different for every task, every aircraft, every pilot (an aircraft
and a pilot may have the same one); nothing else identifies a row, so the order of rows never
matters. A `label` is what people call it, in messages; the key unless given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

NONE: timedelta = timedelta(0)


@dataclass(frozen=True, order=True)
class Period:
    """A span of time, its end excluded."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True)
class Place:
    """Somewhere that work is done or somebody is based; places with one key are one place."""

    key: str
    lat: float
    lon: float


@dataclass(frozen=True)
class WindowSet:
    """
    When one circumstance lets work be done: a client's wish, daylight, an authorization, weather.

    Work needs all of its sets at once. `is_movable` says whether somebody here could agree to
    another time: a client can, the sun cannot.
    """

    kind: str
    periods: tuple[Period, ...]
    is_movable: bool = True


@dataclass(frozen=True)
class Task:
    """
    An operation to be planned, or left behind with a reason.

    It occupies aircraft and pilot for `duration` from its start, all of it inside every window set,
    and for `setup` on the site before the start, which may be outside them. `flight_time` is what
    it takes from flying limits and maintenance hours. `priority` goes from 1 (can wait) to 5 (a
    life depends on it). `wanted_by` is when it should have ended: later costs, but is allowed.
    `loads` are amounts of what an aircraft carries for the day, such as liters of spray.
    """

    key: str
    place: Place
    duration: timedelta
    windows: tuple[WindowSet, ...] = ()
    priority: int = 3
    value: float = 1.0
    flight_time: timedelta = NONE
    setup: timedelta = NONE
    capabilities: frozenset[str] = frozenset()
    qualifications: frozenset[str] = frozenset()
    wanted_by: datetime | None = None
    loads: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Aircraft:
    """
    A drone at its base: it begins and ends its day there, in `available`.

    `hours_left` is flying until maintenance falls due or a limit of the day is reached, and the
    plan consumes it. `turnround` is the time on the ground after one operation (battery change,
    packing) before it moves on.
    """

    key: str
    base: Place
    available: Period
    capabilities: frozenset[str] = frozenset()
    turnround: timedelta = NONE
    hours_left: timedelta | None = None
    loads: Mapping[str, int] = field(default_factory=dict)
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or self.key


@dataclass(frozen=True)
class Pilot:
    """
    A remote pilot: on duty from leaving the base until being back, within the shift.

    `max_flying` is what is left today after every longer limit; the caller has worked it out.
    """

    key: str
    base: Place
    shift: Period
    qualifications: frozenset[str] = frozenset()
    max_duty: timedelta | None = None
    max_flying: timedelta | None = None
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or self.key


@dataclass(frozen=True)
class Exclusion:
    """
    A red answer of the compliance engine: the combination of those named may not be planned.

    Only the task: nobody may fly it. Only an aircraft or a pilot: it may fly nothing. Any two or
    all three: this combination.
    """

    code: str
    message: str = ""
    task: str | None = None
    aircraft: str | None = None
    pilot: str | None = None


@dataclass(frozen=True)
class Commitment:
    """
    Work that is started or pinned, or another booking of an aircraft or a pilot: it never moves.

    Without a place it is at the base of the one it binds. `task` names the operation it fulfills.
    """

    key: str
    period: Period
    aircraft: str | None = None
    pilot: str | None = None
    place: Place | None = None
    flight_time: timedelta = NONE
    task: str | None = None
    loads: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Preference:
    """Who does a task, and when, in the published plan; to keep it so is worth `Weights.change`."""

    task: str
    aircraft: str
    pilot: str
    start: datetime


@dataclass(frozen=True)
class Weights:
    """
    What a plan is judged by; every weight is in seconds of travel.

    Served work comes first: priority p and value v are worth `prize * 2**(p - 1) * v`. Then
    lateness, travel, the number of pairs sent out, balance of duty between them, and change.
    """

    prize: int = 7_200
    lateness: float = 0.5
    unit: int = 600
    balance: float = 0.05
    change: int = 1_800


@dataclass(frozen=True)
class TravelTable:
    """A road router's answer: whole seconds from each place (row) to each (column), by key."""

    keys: tuple[str, ...]
    seconds: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Travel:
    """
    How long it takes from place to place.

    By the table where one is given and knows both places, else great circle times `road_factor`
    at `speed_ms`.
    """

    speed_ms: float = 60 / 3.6
    road_factor: float = 1.3
    table: TravelTable | None = None


@dataclass(frozen=True)
class Problem:
    """
    A centre's day.

    `not_before` is the earliest moment at which new work may start. `max_concurrent` bounds how
    many operations fly at once; `under_way` are flights of other days' plans, which count.
    """

    horizon: Period
    tasks: tuple[Task, ...]
    aircraft: tuple[Aircraft, ...]
    pilots: tuple[Pilot, ...]
    exclusions: tuple[Exclusion, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    preferences: tuple[Preference, ...] = ()
    travel: Travel = field(default_factory=Travel)
    weights: Weights = field(default_factory=Weights)
    not_before: datetime | None = None
    max_concurrent: int | None = None
    under_way: tuple[Period, ...] = ()


@dataclass(frozen=True)
class Limits:
    """
    How long to search.

    `seconds` stops by the wall clock, which no run repeats exactly. `iterations`, when given,
    stops by count instead: with the same seed the same problem gives the same plan. What takes
    longer than `at_most_s` all the same is stopped by the clock, and the plan says so (`TIME`).
    `explain_s` is how long may be looked for what would serve the tasks left behind.
    """

    seconds: float = 10.0
    iterations: int | None = None
    at_most_s: float | None = None
    processes: int = 2
    seed: int = 1
    explain_s: float | None = None


class Stopped(StrEnum):
    """Why a search ended."""

    DONE = "done"
    TIME = "time"
    ITERATIONS = "iterations"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Assignment:
    """
    One operation given to an aircraft and a pilot.

    They arrive at `arrives`, set up, fly the operation in `period`; `is_pinned` marks work that
    was a commitment of both.
    """

    task: str
    aircraft: str
    pilot: str
    period: Period
    arrives: datetime
    travel: timedelta = NONE
    is_pinned: bool = False


@dataclass(frozen=True)
class Stint:
    """An aircraft and a pilot out together, from leaving the aircraft's base until back there."""

    aircraft: str
    pilot: str
    period: Period
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reason:
    """Why a task is not served: a code to act on, whom it concerns, and the facts."""

    code: str
    message: str
    count: int = 1
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Relaxation:
    """
    A change of the facts that would serve a task, found by trying and confirmed by the checker.

    `minutes` says by how much for window, duty and hours; `aircraft` and `pilot` whom it concerns;
    `is_own` whether it is this company's or its client's to decide, and not the sun's or the law's.
    """

    kind: str
    message: str
    minutes: int = 0
    aircraft: str = ""
    pilot: str = ""
    names: tuple[str, ...] = ()
    is_own: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)


class Looked(StrEnum):
    """How far something was looked for: `PARTLY`, time ran out with something found."""

    FULLY = "fully"
    PARTLY = "partly"
    NOT_IN_TIME = "not_in_time"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True)
class Unassigned:
    """A task left behind: its reasons, and relaxations that would serve it, smallest first."""

    task: str
    reasons: tuple[Reason, ...]
    relaxations: tuple[Relaxation, ...] = ()
    looked: Looked = Looked.NOT_ASKED


@dataclass(frozen=True)
class Score:
    """What a plan is worth, in the units of `Weights`; a lower cost is better."""

    served: int
    prize: int
    unserved_prize: int
    lateness_s: int
    travel_s: int
    units: int
    balance_s: int
    changed: int
    cost: int


@dataclass(frozen=True)
class Plan:
    """A day planned: every task of the problem is in `assignments` or in `unassigned`."""

    assignments: tuple[Assignment, ...]
    unassigned: tuple[Unassigned, ...]
    stints: tuple[Stint, ...]
    score: Score
    input_hash: str
    seed: int
    stopped: Stopped = Stopped.DONE

    def of_task(self, key: str) -> Assignment | None:
        return next((each for each in self.assignments if each.task == key), None)


@dataclass(frozen=True)
class Progress:
    """How far a search is: share of its budget, best cost so far, and what it is doing."""

    share: float
    cost: int | None
    stage: str
