"""Crews for the demo trip, rested and in date whenever it is walked."""

from datetime import datetime, timedelta
from itertools import count

from django.db import transaction

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
    for number in count(1):
        crew = _crew(number)
        users = [User.objects.filter(email=person.email).first() for person in crew]
        if not all(users):
            return _hired(crew, password, at)
        if all(_may_fly(user, at) for user in users):
            return crew
    raise AssertionError("counting never ends")


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


def _may_fly(user: User, at: datetime) -> bool:
    lines = CrewLine.objects.filter(person=user, duty__end_at__gt=at - REST)
    return user.created_at > at - GOOD_FOR and not lines.exists()


def _hired(crew: Crew, password: str, at: datetime) -> Crew:
    people = make_accounts((cast.ADMIN, *crew), password, zone=places.ZONE, at=at)
    actor, before = people[cast.ADMIN.key], at - REST
    *flying, nurse = crew
    for person in flying:
        record_pilot(person, people[person.key], actor=actor, at=before)
    record_carer(nurse, people[nurse.key], actor=actor, at=before)
    return crew
