"""What the demo's pilots and medical team hold, passed and flew before."""

from datetime import date, datetime, timedelta
from typing import Any

from operations.demo import cast
from operations.services.evidence import record_opsspec
from users.demo_people import Person
from users.models import User
from users.services.experience import declare_experience
from users.services.flying import declare_flight, declare_flying, record_check
from users.services.profiles import change_profile, own_profile
from users.services.qualifications import record_qualification, verify_qualification

BORN = date(1988, 5, 17)
TYPE = "B350"
CHECKS = ("135.293a", "135.293b", "135.297", "135.299", "135.343", "135.621", "61.56")
# Flown in the last 80 days, so that recency by day and night stands.
FLOWN_DAYS_AGO = (8, 16, 30, 44)


SPECIFICATIONS = (
    ("A024", "Air ambulance by aeroplane"),
    ("C055", "Alternate airport weather minima"),
    ("SMS", "Safety management system"),
)


def record_specifications(*, actor: Any, at: datetime) -> None:
    """Put on file what the authority allows the operator to do."""
    for code, title in SPECIFICATIONS:
        record_opsspec(
            code=code, title=title, issued_on=at.date() - timedelta(days=700), actor=actor, at=at
        )


def record_papers(people: dict[str, User], *, actor: Any, at: datetime) -> None:
    """Give pilots and medical team what their places on a flight ask for."""
    for person in cast.PILOTS:
        record_pilot(person, people[person.key], actor=actor, at=at)
    for person in cast.MEDICAL_TEAM:
        record_carer(person, people[person.key], actor=actor, at=at)


def record_carer(person: Person, user: User, *, actor: Any, at: datetime) -> None:
    """Registration and training of one member of the medical team."""
    today = at.date()
    _passport(user, actor=actor, at=at)
    expires_on = today + timedelta(days=400)
    kind = "medical_registration"
    _paper(person, user, kind, today, actor=actor, at=at, expires_on=expires_on)
    record_check(
        user,
        kind="135.621",
        done_on=today - timedelta(days=100),
        examiner="Training department",
        actor=actor,
        at=at,
    )


def _passport(user: User, *, actor: Any, at: datetime) -> None:
    change_profile(
        own_profile(user),
        version=None,
        actor=actor,
        at=at,
        nationality="US",
        travel_document_number=f"X{user.pk:07}",
        travel_document_expires_on=at.date() + timedelta(days=1_500),
    )


def record_pilot(person: Person, user: User, *, actor: Any, at: datetime) -> None:
    """Papers, checks, recent flying and hours of one pilot, as good as new at a moment."""
    today = at.date()
    user.date_of_birth = BORN
    user.save(update_fields=["date_of_birth", "updated_at"])
    _passport(user, actor=actor, at=at)
    _pilot_papers(person, user, today, actor=actor, at=at)
    _flying(user, today, actor=actor, at=at)
    declare_experience(
        user,
        category="aeroplane",
        role="in_command",
        flown_minutes=300_000,
        night_minutes=60_000,
        landings=4_000,
        cross_country_minutes=200_000,
        instrument_minutes=30_000,
        instrument_flight_minutes=20_000,
        as_of_on=today - timedelta(days=90),
        actor=actor,
        at=at,
    )


def _pilot_papers(person: Person, user: User, today: date, *, actor: Any, at: datetime) -> None:
    papers: list[tuple[str, dict[str, Any]]] = [
        ("license", {"classification": "ATP"}),
        ("rating", {"classification": "Instrument"}),
        ("rating", {"classification": "Type rating", "aircraft_type": TYPE}),
        ("medical", {"classification": "Class 1"}),
    ]
    for kind, more in papers:
        _paper(person, user, kind, today, actor=actor, at=at, **more)
    for kind in CHECKS:
        record_check(
            user,
            kind=kind,
            aircraft_type=TYPE if kind in ("135.293b", "135.299") else "",
            done_on=today - timedelta(days=45),
            examiner="R. Lindqvist, check pilot",
            actor=actor,
            at=at,
        )


def _paper(
    person: Person, user: User, kind: str, today: date, *, actor: Any, at: datetime, **more: Any
) -> None:
    paper = record_qualification(
        user,
        kind=kind,
        authority="FAA",
        number=f"DEMO-{person.key}-{kind}-{more.get('aircraft_type', '')}".rstrip("-"),
        issued_on=today - timedelta(days=60),
        actor=actor,
        at=at,
        **more,
    )
    verify_qualification(paper, actor=actor, at=at)


def _flying(user: User, today: date, *, actor: Any, at: datetime) -> None:
    for days in FLOWN_DAYS_AGO:
        off = at - timedelta(days=days)
        declare_flight(
            user,
            operator_name="Elsewhere Air (demo)",
            aircraft_type=TYPE,
            off_at=off,
            on_at=off + timedelta(hours=2),
            flight_min=120,
            day_takeoffs=1,
            day_landings=1,
            night_takeoffs=1,
            night_landings=1,
            approaches=2,
            actor=actor,
            at=at,
        )
    declare_flying(
        user,
        from_on=today - timedelta(days=800),
        until_on=today + timedelta(days=60),
        actor=actor,
        at=at,
    )
