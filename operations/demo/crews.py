"""Crews for the demo trip, rested and in date whenever it is walked."""

from datetime import datetime, timedelta
from itertools import count

from django.db import transaction
from django.db.models import QuerySet

from operations.demo import cast, places
from operations.demo.papers import record_carer, record_pilot
from operations.models import CrewLine
from users.demo_people import Person
from users.models import User
from users.services.demo_accounts import make_accounts

# Papers and recent flying of the demo's crews are good for longer than this.
GOOD_FOR = timedelta(days=25)
# A duty of today and the rest after it are over by then.
REST = timedelta(hours=36)

Crew = tuple[Person, Person, Person]


@transaction.atomic
def rested_crew(password: str, *, at: datetime) -> Crew:
    """
    Captain, first officer and nurse who may fly now; new ones when those there have just flown.

    So the demo can be walked as often as one likes, and nobody's rest is cut short.
    """
    crew = next(crew for crew in map(_crew, count(1)) if _is_new(crew) or _may_fly(crew, at))
    return _hired(crew, password, at) if _is_new(crew) else crew


def _crew(number: int) -> Crew:
    captain, second, nurse = cast.CAPTAIN, cast.FIRST_OFFICER, cast.NURSE
    if number == 1:
        return captain, second, nurse
    return _double(captain, number), _double(second, number), _double(nurse, number)


def _double(person: Person, number: int) -> Person:
    return Person(
        key=f"{person.key}{number}",
        first_name=person.first_name,
        last_name=f"{person.last_name} {number}",
        role=person.role,
        arn="",
        position=person.position,
    )


def _users(crew: Crew) -> QuerySet[User]:
    return User.objects.filter(email__in=[person.email for person in crew])


def _is_new(crew: Crew) -> bool:
    return not _users(crew).exists()


def _may_fly(crew: Crew, at: datetime) -> bool:
    tired = CrewLine.objects.filter(person__in=_users(crew), duty__end_at__gt=at - REST)
    is_stale = _users(crew).filter(created_at__lte=at - GOOD_FOR).exists()
    return not (is_stale or tired.exists())


def _hired(crew: Crew, password: str, at: datetime) -> Crew:
    people = make_accounts((cast.ADMIN, *crew), password, zone=places.ZONE, at=at)
    actor, before = people[cast.ADMIN.key], at - REST
    *flying, nurse = crew
    for person in flying:
        record_pilot(person, people[person.key], actor=actor, at=before)
    record_carer(nurse, people[nurse.key], actor=actor, at=before)
    return crew
