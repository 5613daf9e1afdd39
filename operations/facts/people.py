"""Facts about the people who fly a trip. Values only; None means nobody knows."""

from datetime import date, datetime, timedelta

from msgspec import Struct


class Sector(Struct, frozen=True, kw_only=True):
    """
    One flight of a person on the trip that is judged, planned or flown.

    Limits count from blocks to blocks (14 CFR 1.1): `out_at`, `in_at` and `block_min` where they
    are known, else the time in the air. `is_night` is whether it takes off or lands between one
    hour after sunset and one hour before sunrise.
    """

    leg: int
    off_at: datetime
    on_at: datetime
    flight_min: float
    out_at: datetime | None = None
    in_at: datetime | None = None
    block_min: float | None = None
    carries_persons: bool = False
    is_ifr: bool = True
    is_night: bool | None = None

    @property
    def start_at(self) -> datetime:
        return self.out_at or self.off_at

    @property
    def end_at(self) -> datetime:
        return self.in_at or self.on_at

    @property
    def minutes(self) -> float:
        """Flight time as limits count it."""
        return self.flight_min if self.block_min is None else self.block_min


class AssignedCrew(Struct, frozen=True, kw_only=True):
    """
    One duty of one person on a trip or an offer, booked or only proposed.

    `key` is the trip or offer it belongs to; several duties of a person may share it. `trip_id` is
    the booked trip whose own rows must not be counted twice, None for an offer.
    """

    key: int
    person_id: int
    role: str
    report_at: datetime
    end_at: datetime
    sectors: tuple[Sector, ...] = ()
    trip_id: int | None = None
    is_hospital_based: bool = False


class PaperFacts(Struct, frozen=True, kw_only=True):
    """A paper a person holds; the exam date of a medical is `issued_on`."""

    kind: str
    number: str = ""
    classification: str = ""
    aircraft_type: str = ""
    issued_on: date
    expires_on: date | None = None
    is_verified: bool = True

    def is_in_force(self, on: date) -> bool:
        """Verified, issued and not run out on a day; the day of expiry is the last valid one."""
        is_current = self.expires_on is None or on <= self.expires_on
        return self.is_verified and self.issued_on <= on and is_current


class CheckFacts(Struct, frozen=True, kw_only=True):
    """A check passed or failed; `base_month` is the first day of the month it counts for."""

    kind: str
    aircraft_type: str = ""
    aircraft_class: str = ""
    done_on: date
    base_month: date
    is_passed: bool = True


class QuarterMinutes(Struct, frozen=True, kw_only=True):
    """Commercial flying of one calendar quarter (UTC) other than the trip's: flown and planned."""

    year: int
    quarter: int
    minutes: float


class QuarterRests(Struct, frozen=True, kw_only=True):
    """Rest periods of 24 hours in one calendar quarter (UTC), with this trip and what is known."""

    year: int
    quarter: int
    count: int


class FlightFacts(Struct, frozen=True, kw_only=True):
    """A commercial flight near the trip that is not of it; `pilots` is how many flew it."""

    start_at: datetime
    end_at: datetime
    minutes: float
    pilots: int = 1
    is_flown: bool = True


class DutyFacts(Struct, frozen=True, kw_only=True):
    """A time that is no rest, near the trip and not of it: another trip, a drone, elsewhere."""

    start_at: datetime
    end_at: datetime
    source: str = ""


class FlyingDay(Struct, frozen=True, kw_only=True):
    """
    One day (UTC) of flying in one type: take-offs and landings as sole manipulator, minutes.

    `aircraft_class` is empty and `is_turbine` None for a type nobody described.
    """

    on: date
    aircraft_type: str = ""
    aircraft_class: str = ""
    is_turbine: bool | None = None
    minutes: int = 0
    day_takeoffs: int = 0
    day_landings: int = 0
    night_takeoffs: int = 0
    night_landings: int = 0
    approaches: int = 0


class DeclaredPeriod(Struct, frozen=True, kw_only=True):
    """Days, both included, for which all flying elsewhere is declared."""

    from_on: date
    until_on: date


class ExperienceFacts(Struct, frozen=True, kw_only=True):
    """Minutes in crewed aircraft, flown here and declared; None where a part was never declared."""

    total_min: int
    night_min: int
    cross_country_min: int | None = None
    instrument_min: int | None = None
    instrument_flight_min: int | None = None


class FlyingFacts(Struct, frozen=True, kw_only=True):
    """
    What the flying asks of its crew; None where the aircraft's type does not say.

    `aircraft_class` is category and class, such as `aeroplane multi land`. Under part 135 the
    recency of 61.57 gives way to that of 135.247 (61.57(e)(3)); `uses_relief` is the operator's
    word that its pilots comply.
    """

    category: str | None = None
    aircraft_class: str | None = None
    is_turbojet: bool | None = None
    is_turbine: bool | None = None
    is_multi_engine: bool | None = None
    needs_type_rating: bool | None = None
    is_part_135: bool = True
    uses_relief: bool = True
    is_scheduled: bool = False


class CrewMemberFacts(Struct, frozen=True, kw_only=True):
    """
    One duty of one person with a place on the trip; times are UTC.

    `quarters` covers the calendar years of the trip and the quarters beside them; `flights` and
    `duties` a week before the first to three days after the last duty of the person on the trip;
    `days` the 400 days before the end of that one.
    """

    user_id: int
    name: str
    role: str
    report_at: datetime
    end_at: datetime
    sectors: tuple[Sector, ...] = ()
    is_active: bool = True
    is_hospital_based: bool = False
    date_of_birth: date | None = None
    papers: tuple[PaperFacts, ...] = ()
    checks: tuple[CheckFacts, ...] = ()
    quarters: tuple[QuarterMinutes, ...] = ()
    rests: tuple[QuarterRests, ...] = ()
    flights: tuple[FlightFacts, ...] = ()
    duties: tuple[DutyFacts, ...] = ()
    days: tuple[FlyingDay, ...] = ()
    declared: tuple[DeclaredPeriod, ...] = ()
    experience: ExperienceFacts | None = None

    @property
    def is_pilot(self) -> bool:
        return self.role in ("pic", "sic", "relief")

    def of_kind(self, kind: str, on: date) -> tuple[PaperFacts, ...]:
        """Papers of a kind in force on a day."""
        return tuple(p for p in self.papers if p.kind == kind and p.is_in_force(on))

    def is_declared(self, first: date, last: date) -> bool:
        """Whether the declarations, taken together, cover every day from first to last."""
        day = first
        for period in sorted(self.declared, key=lambda each: each.from_on):
            if period.from_on > day:
                break
            day = max(day, period.until_on + timedelta(days=1))
        return day > last
